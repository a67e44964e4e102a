#include "records/work.h"

#include "base/clock.h"
#include "records/sql.h"
#include "roster/student.h"

static enum hr_status put(struct hr_database *database, enum hr_sql which, int64_t lesson, const char *video,
                          const struct hr_work *work, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_cell_check(hr_view_text(video), "name of a video", error);
    if (status == HR_OK)
        status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_start(database, which, &statement, error);
    if (status == HR_OK) {
        sqlite3_bind_int64(statement, 1, lesson);
        hr_sql_bind_text(statement, 2, video);
        sqlite3_bind_int64(statement, 3, hr_clock_system()->wall_us(NULL));
        sqlite3_bind_int64(statement, 4, work->wall_us);
        sqlite3_bind_int64(statement, 5, work->processor_us);
        sqlite3_bind_int64(statement, 6, work->memory_bytes);
        status = hr_sql_finish(database, statement, "writing what a recording takes", NULL, error);
    }
    return hr_database_end(database, status, error);
}

enum hr_status hr_database_put_estimate(struct hr_database *database, int64_t lesson, const char *video,
                                        const struct hr_work *work, struct hr_error *error)
{
    return put(database, HR_SQL_WORK_ESTIMATED, lesson, video, work, error);
}

enum hr_status hr_database_put_took(struct hr_database *database, int64_t lesson, const char *video,
                                    const struct hr_work *work, struct hr_error *error)
{
    return put(database, HR_SQL_WORK_TOOK, lesson, video, work, error);
}

static struct hr_work work_of(sqlite3_stmt *statement, int first)
{
    return (struct hr_work){.wall_us = sqlite3_column_int64(statement, first),
                            .processor_us = sqlite3_column_int64(statement, first + 1),
                            .memory_bytes = sqlite3_column_int64(statement, first + 2)};
}

enum hr_status hr_database_each_work(struct hr_database *database, int64_t lesson, hr_work_record_fn *each,
                                     void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_WORK, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    while (hr_sql_next(database, statement, "reading what recordings take", &status, error)) {
        struct hr_work_record record = {
            .video = hr_sql_text(statement, 0), .estimated = work_of(statement, 1), .took = work_of(statement, 4)};
        status = each(context, &record, error);
    }
    return status;
}
