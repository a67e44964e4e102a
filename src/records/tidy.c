/* What a removal leaves behind, and how the file gets rid of it. */
#include <stdio.h>

#include "base/clock.h"
#include "records/scrub.h"

/* The version of the schema that has the table of removals. */
#define REMOVALS_SINCE 5
/* How often others may write just then before the file is written anew instead. */
#define TRIES 20

/* SQLite waits for readers and writers here, but not for another connection that empties the log just then. */
enum hr_status hr_sql_empty_log(struct hr_database *database, struct hr_error *error)
{
    enum { STEP_MS = 10, STEPS_MAX = 50 };
    const int64_t patience_us = INT64_C(5000000);
    int64_t begin_us = hr_clock_now_us();
    int code = SQLITE_BUSY;
    for (int i = 0; i < STEPS_MAX && (code & 0xff) == SQLITE_BUSY; i++) {
        if (i > 0)
            sqlite3_sleep(STEP_MS);
        code = sqlite3_wal_checkpoint_v2(database->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        if (hr_clock_now_us() - begin_us >= patience_us)
            break;
    }
    return code == SQLITE_OK ? HR_OK : hr_sql_fail(database, code, "emptying its log", error);
}

static bool has_removals(const struct hr_database *database)
{
    return database->schema_version >= REMOVALS_SINCE;
}

enum hr_status hr_sql_note_removal(struct hr_database *database, struct hr_error *error)
{
    return has_removals(database) ? hr_sql_do(database, HR_SQL_REMOVAL_NOTE, "noting a removal", error) : HR_OK;
}

static enum hr_status note_done(struct hr_database *database, struct hr_error *error)
{
    return has_removals(database) ? hr_sql_do(database, HR_SQL_REMOVALS_DONE, "noting that a removal is done", error)
                                  : HR_OK;
}

/* Whether it is a file with a log beside it: not one in memory, nor on a disk that can't have one. */
static enum hr_status look_for_log(struct hr_database *database, bool *out, struct hr_error *error)
{
    int64_t found = 0;
    enum hr_status status =
        hr_sql_integer(database, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", "reading it", &found, error);
    *out = found != 0;
    return status;
}

/* Within a write transaction: nobody can add to the log then. */
static enum hr_status is_log_empty(struct hr_database *database, bool *out, struct hr_error *error)
{
    sqlite3_file *log = NULL;
    sqlite3_int64 size = 0;
    int code = sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (code == SQLITE_OK && log != NULL && log->pMethods != NULL)
        code = log->pMethods->xFileSize(log, &size);
    *out = code == SQLITE_OK && size == 0;
    return code == SQLITE_OK ? HR_OK : hr_sql_fail(database, code, "emptying its log", error);
}

/* A write transaction with an empty log, so that all there is lies in the file, and neither a writer nor whoever
 * empties the log writes there meanwhile. *begun: false when others were faster each time. */
static enum hr_status begin_alone(struct hr_database *database, bool *begun, struct hr_error *error)
{
    *begun = false;
    for (int i = 0; i < TRIES; i++) {
        enum hr_status status = hr_sql_empty_log(database, error);
        if (status == HR_OK) {
            /* Pages that are kept in memory have what is about to be overwritten, and would be written again. Those of
             * other connections are dropped by their next transaction, as this one changes the file. */
            sqlite3_db_release_memory(database->handle);
            status = hr_sql_do(database, HR_SQL_BEGIN, "cleaning it", error);
        }
        if (status == HR_OK)
            status = is_log_empty(database, begun, error);
        if (status != HR_OK || *begun)
            return status;
        hr_database_rollback(database);
    }
    return HR_OK;
}

/* In place. *done: false when the file has to be written anew. */
static enum hr_status scrub(struct hr_database *database, bool *done, struct hr_error *error)
{
    bool begun = false;
    enum hr_scrubbed scrubbed = HR_SCRUB_STRANGE;
    enum hr_status status = begin_alone(database, &begun, error);
    if (status == HR_OK && begun)
        status = hr_sql_scrub(database, &scrubbed, error);
    *done = scrubbed == HR_SCRUBBED;
    if (status == HR_OK && *done) {
        status = note_done(database, error);
        if (status == HR_OK)
            status = hr_database_commit(database, error);
    }
    hr_database_rollback(database);
    sqlite3_db_release_memory(database->handle);
    return status == HR_OK && *done ? hr_sql_empty_log(database, error) : status;
}

static enum hr_status write_anew(struct hr_database *database, struct hr_error *error)
{
    enum hr_status status = hr_sql_run(database, "VACUUM", "writing it anew", error);
    if (status == HR_OK)
        status = hr_sql_empty_log(database, error);
    if (status == HR_OK)
        status = note_done(database, error);
    return status == HR_OK ? hr_sql_empty_log(database, error) : status;
}

enum hr_status hr_sql_tidy(struct hr_database *database, struct hr_error *error)
{
    bool has_log = false, done = false;
    enum hr_status status = look_for_log(database, &has_log, error);
    if (status == HR_OK && has_log)
        status = scrub(database, &done, error);
    return status == HR_OK && !done ? write_anew(database, error) : status;
}

enum hr_status hr_sql_finish_removal(struct hr_database *database, struct hr_error *error)
{
    int64_t pending = 0;
    if (!has_removals(database))
        return HR_OK;
    enum hr_status status =
        hr_sql_integer(database, "SELECT EXISTS (SELECT 1 FROM removals)", "reading it", &pending, error);
    if (status != HR_OK || pending == 0)
        return status;
    status = hr_sql_tidy(database, error);
    database->finished_removal = status == HR_OK;
    /* Somebody reads an older state: the next one to open it cleans up. */
    return status == HR_ERR_UNAVAILABLE ? HR_OK : status;
}
