#include "records/tasks.h"

#include <string.h>

#include "base/clock.h"
#include "records/sql.h"

#define DOING "asking for uploads and tasks"

static const char *const state_names[HR_TASK_STATE_COUNT] = {"waiting", "running", "done", "failed"};

const char *hr_task_state_name(enum hr_task_state state)
{
    return state_names[state];
}

/* --- uploads --- */

enum hr_status hr_upload_add(struct hr_database *database, const struct hr_upload_record *upload,
                             struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_UPLOAD_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, upload->id);
    sqlite3_bind_int64(statement, 2, upload->account);
    hr_sql_bind_text(statement, 3, upload->video);
    hr_sql_bind_text(statement, 4, upload->class_id);
    sqlite3_bind_int64(statement, 5, upload->lesson);
    hr_sql_bind_text(statement, 6, upload->camera);
    hr_sql_bind_text(statement, 7, upload->start);
    sqlite3_bind_int64(statement, 8, upload->modified_us);
    sqlite3_bind_int64(statement, 9, upload->size_bytes);
    sqlite3_bind_int64(statement, 10, hr_clock_wall_now_us());
    return hr_sql_finish(database, statement, "adding an upload", NULL, error);
}

static struct hr_upload_record upload_of(sqlite3_stmt *statement)
{
    return (struct hr_upload_record){.id = hr_sql_text(statement, 0),
                                     .account = sqlite3_column_int64(statement, 1),
                                     .video = hr_sql_text(statement, 2),
                                     .class_id = hr_sql_text(statement, 3),
                                     .lesson = sqlite3_column_int64(statement, 4),
                                     .camera = hr_sql_text(statement, 5),
                                     .start = hr_sql_text(statement, 6),
                                     .modified_us = sqlite3_column_int64(statement, 7),
                                     .size_bytes = sqlite3_column_int64(statement, 8),
                                     .made_us = sqlite3_column_int64(statement, 9),
                                     .account_name = hr_sql_text(statement, 10)};
}

enum hr_status hr_upload_find(struct hr_database *database, const char *id, hr_upload_record_fn *each, void *context,
                              struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_UPLOAD_FIND, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    status = hr_sql_step(database, statement, DOING, error);
    if (status == HR_OK) {
        struct hr_upload_record upload = upload_of(statement);
        status = each(context, &upload, error);
    } else if (status == HR_END) {
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_upload", NULL, "there is no such upload");
    }
    hr_sql_end(statement);
    return status;
}

enum hr_status hr_upload_each(struct hr_database *database, hr_upload_record_fn *each, void *context,
                              struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_UPLOADS, &statement, error);
    if (status != HR_OK)
        return status;
    while (hr_sql_next(database, statement, DOING, &status, error)) {
        struct hr_upload_record upload = upload_of(statement);
        status = each(context, &upload, error);
    }
    return status;
}

enum hr_status hr_upload_remove(struct hr_database *database, const char *id, struct hr_error *error)
{
    sqlite3_stmt *statement;
    size_t removed = 0;
    enum hr_status status = hr_sql_start(database, HR_SQL_UPLOAD_DELETE, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    status = hr_sql_finish(database, statement, "removing an upload", &removed, error);
    return status == HR_OK && removed == 0
               ? hr_error_named(error, HR_ERR_NOT_FOUND, "no_upload", NULL, "there is no such upload")
               : status;
}

/* --- tasks --- */

static enum hr_task_state state_of(const char *name)
{
    for (int i = 0; i < HR_TASK_STATE_COUNT; i++)
        if (strcmp(name, state_names[i]) == 0)
            return (enum hr_task_state)i;
    return HR_TASK_FAILED;
}

static struct hr_task_record task_of(sqlite3_stmt *statement)
{
    return (struct hr_task_record){.key = sqlite3_column_int64(statement, 0),
                                   .account = hr_sql_text(statement, 1),
                                   .file = hr_sql_text(statement, 2),
                                   .video = hr_sql_text(statement, 3),
                                   .class_id = hr_sql_text(statement, 4),
                                   .lesson = sqlite3_column_int64(statement, 5),
                                   .camera = hr_sql_text(statement, 6),
                                   .start = hr_sql_text(statement, 7),
                                   .modified_us = sqlite3_column_int64(statement, 8),
                                   .state = state_of(hr_sql_text(statement, 9)),
                                   .tries = sqlite3_column_int(statement, 10),
                                   .message = hr_sql_text(statement, 11),
                                   .made_us = sqlite3_column_int64(statement, 12),
                                   .began_us = sqlite3_column_int64(statement, 13),
                                   .ended_us = sqlite3_column_int64(statement, 14),
                                   .reason = hr_sql_text(statement, 15),
                                   .value = hr_sql_text(statement, 16),
                                   .certain = (size_t)sqlite3_column_int64(statement, 17),
                                   .unknown = (size_t)sqlite3_column_int64(statement, 18)};
}

static enum hr_status insert(struct hr_database *database, const struct hr_task_record *task, int64_t *key,
                             struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_TASK_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, task->account);
    hr_sql_bind_text(statement, 2, task->file);
    hr_sql_bind_text(statement, 3, task->video);
    hr_sql_bind_text(statement, 4, task->class_id);
    sqlite3_bind_int64(statement, 5, task->lesson);
    hr_sql_bind_text(statement, 6, task->camera);
    hr_sql_bind_text(statement, 7, task->start);
    sqlite3_bind_int64(statement, 8, task->modified_us);
    sqlite3_bind_int64(statement, 9, hr_clock_wall_now_us());
    status = hr_sql_step(database, statement, "adding a task", error);
    *key = status == HR_OK ? sqlite3_column_int64(statement, 0) : 0;
    hr_sql_end(statement);
    return status;
}

enum hr_status hr_task_add(struct hr_database *database, const struct hr_task_record *task, const char *upload,
                           int64_t *key, struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = insert(database, task, key, error);
    if (status == HR_OK && upload != NULL)
        status = hr_upload_remove(database, upload, error);
    return hr_database_end(database, status, error);
}

/* The rows of a statement that has been started. */
static enum hr_status walk(struct hr_database *database, sqlite3_stmt *statement, hr_task_record_fn *each,
                           void *context, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    while (hr_sql_next(database, statement, DOING, &status, error)) {
        struct hr_task_record task = task_of(statement);
        status = each(context, &task, error);
    }
    return status;
}

enum hr_status hr_task_each(struct hr_database *database, int64_t key, hr_task_record_fn *each, void *context,
                            struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_TASKS, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    return walk(database, statement, each, context, error);
}

enum hr_status hr_task_each_open(struct hr_database *database, hr_task_record_fn *each, void *context,
                                 struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_TASKS_OPEN, &statement, error);
    if (status != HR_OK)
        return status;
    return walk(database, statement, each, context, error);
}

static enum hr_status set(struct hr_database *database, enum hr_sql which, int64_t key, int64_t number,
                          struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    sqlite3_bind_int64(statement, 2, number);
    return hr_sql_finish(database, statement, "changing a task", NULL, error);
}

static enum hr_status take_next(struct hr_database *database, hr_task_record_fn *each, void *context,
                                struct hr_error *error)
{
    sqlite3_stmt *statement;
    int64_t key = 0;
    enum hr_status status = hr_sql_start(database, HR_SQL_TASK_NEXT, &statement, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_step(database, statement, DOING, error);
    if (status == HR_OK) {
        struct hr_task_record task = task_of(statement);
        key = task.key;
        task.tries++;
        status = each(context, &task, error);
    }
    hr_sql_end(statement);
    return status == HR_OK ? set(database, HR_SQL_TASK_BEGIN, key, hr_clock_wall_now_us(), error) : status;
}

enum hr_status hr_task_begin(struct hr_database *database, hr_task_record_fn *each, void *context,
                             struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = take_next(database, each, context, error);
    if (status == HR_END) {
        hr_database_rollback(database);
        return HR_END;
    }
    return hr_database_end(database, status, error);
}

enum hr_status hr_task_set_lesson(struct hr_database *database, int64_t key, int64_t lesson, struct hr_error *error)
{
    return set(database, HR_SQL_TASK_LESSON, key, lesson, error);
}

enum hr_status hr_task_end(struct hr_database *database, const struct hr_task_record *end, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_TASK_END, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, end->key);
    hr_sql_bind_text(statement, 2, hr_task_state_name(end->state));
    hr_sql_bind_text(statement, 3, end->message);
    sqlite3_bind_int64(statement, 4, hr_clock_wall_now_us());
    hr_sql_bind_text(statement, 5, end->reason);
    hr_sql_bind_text(statement, 6, end->value);
    sqlite3_bind_int64(statement, 7, (sqlite3_int64)end->certain);
    sqlite3_bind_int64(statement, 8, (sqlite3_int64)end->unknown);
    return hr_sql_finish(database, statement, "ending a task", NULL, error);
}

enum hr_status hr_task_remove(struct hr_database *database, int64_t key, struct hr_error *error)
{
    size_t removed = 0;
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_TASK_DELETE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    status = hr_sql_finish(database, statement, "removing a task", &removed, error);
    return status == HR_OK && removed == 0
               ? hr_error_named(error, HR_ERR_NOT_FOUND, "no_task", NULL, "there is no such task")
               : status;
}

enum hr_status hr_task_broken_off(struct hr_database *database, int64_t key, int64_t place_us, struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = set(database, HR_SQL_TASK_BROKEN_OFF, key, place_us, error);
    if (status == HR_OK)
        status = set(database, HR_SQL_TASK_GIVE_UP, key, hr_clock_wall_now_us(), error);
    return hr_database_end(database, status, error);
}

enum hr_status hr_task_leave(struct hr_database *database, int64_t key, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_TASK_LEAVE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    return hr_sql_finish(database, statement, "leaving a task", NULL, error);
}
