#include "records/keeping.h"

#include <stdlib.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/seal.h"

#define DAY_US INT64_C(86400000000)

static const struct {
    const char *name;
    enum hr_sql purge;
    const char *purged, *set; /* in the audit log */
} kinds[HR_KEPT_COUNT] = {
    [HR_KEPT_FACES] = {"faces", HR_SQL_FACES_PURGE, "purge_faces", "keeping_faces"},
    [HR_KEPT_OBSERVATIONS] = {"observations", HR_SQL_OBSERVATIONS_PURGE, "purge_observations", "keeping_observations"},
    [HR_KEPT_AUDIT] = {"audit", HR_SQL_AUDIT_PURGE, "purge_audit", "keeping_audit"},
};

const char *hr_kept_name(enum hr_kept kind)
{
    return kinds[kind].name;
}

bool hr_kept_parse(enum hr_kept *out, const char *name)
{
    for (int i = 0; i < HR_KEPT_COUNT; i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        *out = (enum hr_kept)i;
        return true;
    }
    return false;
}

/* --- the times --- */

enum hr_status hr_database_keeping(struct hr_database *database, struct hr_keeping *out, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_kept kind;
    *out = (struct hr_keeping){0};
    enum hr_status status = hr_sql_start(database, HR_SQL_KEEPING, &statement, error);
    if (status != HR_OK)
        return status;
    while ((status = hr_sql_step(database, statement, "reading how long data is kept", error)) == HR_OK)
        if (hr_kept_parse(&kind, hr_sql_text(statement, 0)))
            out->days[kind] = sqlite3_column_int(statement, 1);
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

static enum hr_status write_days(struct hr_database *database, enum hr_kept kind, int days, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status =
        hr_sql_start(database, days > 0 ? HR_SQL_KEEPING_SET : HR_SQL_KEEPING_FOREVER, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, kinds[kind].name);
    if (days > 0)
        sqlite3_bind_int(statement, 2, days);
    return hr_sql_finish(database, statement, "writing how long data is kept", NULL, error);
}

enum hr_status hr_database_set_keeping(struct hr_database *database, enum hr_kept kind, int days,
                                       struct hr_error *error)
{
    if (days < 0 || days > HR_KEEPING_DAYS_MAX)
        return hr_error_named(error, HR_ERR_ARGUMENT, "days", NULL,
                              "data is kept from 1 to %d days, or for ever, not %d", HR_KEEPING_DAYS_MAX, days);
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = write_days(database, kind, days, error);
    if (status == HR_OK)
        status = hr_database_note(database, kinds[kind].set, NULL, (size_t)days, error);
    return hr_database_end(database, status, error);
}

int64_t hr_keeping_from_us(const struct hr_keeping *keeping, enum hr_kept kind)
{
    int days = keeping->days[kind];
    return days > 0 ? hr_clock_wall_now_us() - days * DAY_US : INT64_MIN;
}

/* --- what is too old --- */

bool hr_overdue_any(const struct hr_overdue *overdue)
{
    size_t rows = 0;
    for (int i = 0; i < HR_KEPT_COUNT; i++)
        rows += overdue->rows[i];
    return rows + overdue->views > 0;
}

enum hr_status hr_database_overdue(struct hr_database *database, struct hr_overdue *out, struct hr_error *error)
{
    sqlite3_stmt *statement;
    *out = (struct hr_overdue){0};
    enum hr_status status = hr_sql_start(database, HR_SQL_OVERDUE, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_now(statement, 1);
    status = hr_sql_step(database, statement, "looking for what is too old", error);
    for (int i = 0; status == HR_OK && i < HR_KEPT_COUNT; i++)
        out->rows[i] = (size_t)sqlite3_column_int64(statement, i);
    if (status == HR_OK)
        out->views = (size_t)sqlite3_column_int64(statement, HR_KEPT_COUNT);
    hr_sql_end(statement);
    return status;
}

static enum hr_status purge_rows(struct hr_database *database, enum hr_sql which, const char *noted, size_t *removed,
                                 struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_now(statement, 1);
    status = hr_sql_finish(database, statement, "removing what is too old", removed, error);
    if (status == HR_OK && *removed > 0)
        status = hr_database_note(database, noted, NULL, *removed, error);
    return status;
}

/* What recordings took, which says no more of what was seen in them than that there were some. */
static enum hr_status purge_work(struct hr_database *database, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_WORK_PURGE, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_now(statement, 1);
    return hr_sql_finish(database, statement, "removing what is too old", NULL, error);
}

/* Whoever loses faces by their age: in a sealed database what is left of theirs gets new keys, so that no older copy
 * has those that went. */
struct losers {
    int64_t *students; /* owned */
    size_t count, capacity;
};

static enum hr_status find_losers(struct hr_database *database, struct losers *out, struct hr_error *error)
{
    sqlite3_stmt *statement;
    if (database->vault == NULL)
        return HR_OK;
    enum hr_status status = hr_sql_start(database, HR_SQL_STUDENTS_OVERDUE, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_now(statement, 1);
    while ((status = hr_sql_step(database, statement, "looking for what is too old", error)) == HR_OK) {
        if (out->count == out->capacity) {
            size_t capacity = 2 * out->capacity + 64;
            int64_t *students = reallocarray(out->students, capacity, sizeof *students);
            if (students == NULL) {
                status = hr_error_set(error, HR_ERR_MEMORY, "no memory to remove what is too old");
                break;
            }
            out->students = students;
            out->capacity = capacity;
        }
        out->students[out->count++] = sqlite3_column_int64(statement, 0);
    }
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

static enum hr_status renew_keys(struct hr_database *database, const struct losers *losers, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < losers->count; i++)
        status = hr_seal_renew_faces_of(database, losers->students[i], error);
    return status;
}

static enum hr_status remove_rows(struct hr_database *database, struct hr_overdue *out, struct hr_error *error)
{
    struct losers losers = {0};
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_note_removal(database, error);
    if (status == HR_OK)
        status = find_losers(database, &losers, error);
    for (int i = 0; status == HR_OK && i < HR_KEPT_COUNT; i++)
        status = purge_rows(database, kinds[i].purge, kinds[i].purged, &out->rows[i], error);
    if (status == HR_OK)
        status = purge_rows(database, HR_SQL_VIEWS_PURGE, "purge_views", &out->views, error);
    if (status == HR_OK)
        status = purge_work(database, error);
    if (status == HR_OK)
        status = renew_keys(database, &losers, error);
    free(losers.students);
    return hr_database_end(database, status, error);
}

enum hr_status hr_database_purge(struct hr_database *database, struct hr_overdue *out, struct hr_error *error)
{
    *out = (struct hr_overdue){0};
    if (sqlite3_get_autocommit(database->handle) == 0)
        return hr_error_set(error, HR_ERR_INTERNAL, "a purge within a transaction");
    enum hr_status status = hr_database_overdue(database, out, error);
    if (status != HR_OK || !hr_overdue_any(out))
        return status;
    /* Before anything is changed: somebody who reads now would keep the log from being emptied. */
    status = hr_sql_empty_log(database, error);
    if (status == HR_OK)
        status = remove_rows(database, out, error);
    if (status != HR_OK)
        return status;
    status = hr_seal_destroy_keys(database, error);
    if (status == HR_OK)
        status = hr_sql_tidy(database, error);
    return status == HR_OK ? HR_OK
                           : hr_error_prefix(error, "what was too old is removed, but traces may stay until every "
                                                    "program has closed the database");
}
