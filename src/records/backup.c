#include "records/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "records/audit.h"
#include "records/seal.h"

/* How long the way back waits for others. */
enum { WAIT_MS = 5000, STEP_MS = 20 };

/* --- away --- */

static enum hr_status vacuum_into(struct hr_database *database, const char *path, struct hr_error *error)
{
    sqlite3_stmt *statement = NULL;
    /* Nothing of the database itself is changed; who only reads may make a copy. */
    enum hr_status status = hr_sql_run(database, "PRAGMA query_only = OFF", "copying it", error);
    if (status != HR_OK)
        return status;
    database->steps = 0;
    int code = sqlite3_prepare_v2(database->handle, "VACUUM INTO ?1", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = hr_sql_bind_text(statement, 1, path);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    status = code == SQLITE_DONE ? HR_OK : hr_sql_fail(database, code, "copying it", error);
    sqlite3_finalize(statement);
    if (!database->may_write && hr_sql_run(database, "PRAGMA query_only = ON", "copying it", NULL) != HR_OK)
        status = status == HR_OK ? hr_error_set(error, HR_ERR_DATABASE, "'%s' was not left as it was", database->path)
                                 : status;
    return status;
}

static enum hr_status sync_file(const char *path, struct hr_error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fsync(file) != 0) {
        enum hr_status status = hr_error_set_errno(error, errno, "writing '%s'", path);
        if (file >= 0)
            close(file);
        return status;
    }
    close(file);
    return HR_OK;
}

/* Gives it the name, if nobody has it. */
static enum hr_status publish(const char *made, const char *path, struct hr_error *error)
{
    int problem = hr_sql_name_file(made, path);
    if (problem == 0)
        return HR_OK;
    if (problem == EEXIST)
        return hr_error_set(error, HR_ERR_CONFLICT, "'%s' is there already, and stays as it is: say another name",
                            path);
    return hr_error_set_errno(error, problem, "writing '%s'", path);
}

enum hr_status hr_database_backup(struct hr_database *database, const char *path, struct hr_error *error)
{
    struct hr_buffer name;
    hr_buffer_init(&name, SIZE_MAX / 8);
    hr_buffer_append_format(&name, "%s.new-XXXXXX", path);
    enum hr_status status = hr_buffer_check(&name, error);
    if (status != HR_OK)
        return status;
    char *made = (char *)name.data;
    int file = access(path, F_OK) == 0 ? -1 : mkostemp(made, O_CLOEXEC); /* its owner's alone */
    if (file < 0) {
        status = access(path, F_OK) == 0
                     ? hr_error_set(error, HR_ERR_CONFLICT,
                                    "'%s' is there already, and stays as it is: say another name", path)
                     : hr_error_set_errno(error, errno, "writing '%s'", path);
        hr_buffer_clear(&name);
        return status;
    }
    close(file);
    status = vacuum_into(database, made, error); /* an empty file is as good as none */
    if (status == HR_OK)
        status = sync_file(made, error);
    if (status == HR_OK)
        status = publish(made, path, error);
    if (status != HR_OK)
        (void)unlink(made);
    hr_buffer_clear(&name);
    return status;
}

/* --- and back --- */

/* The ring that a database was sealed with; empty: it is not sealed. */
static enum hr_status ring_of(struct hr_database *database, struct hr_buffer *out, struct hr_error *error)
{
    sqlite3_stmt *statement;
    hr_buffer_init(out, HR_KEYRING_ID_BYTES);
    enum hr_status status = hr_sql_start(database, HR_SQL_SEALED, &statement, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_step(database, statement, "reading it", error);
    if (status == HR_OK)
        hr_buffer_append(out,
                         hr_view_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0)));
    hr_sql_end(statement);
    return status == HR_END || status == HR_OK ? hr_buffer_check(out, error) : status;
}

static enum hr_status check_same_ring(struct hr_database *database, struct hr_database *copy, const char *path,
                                      struct hr_error *error)
{
    struct hr_buffer ours, theirs = {0};
    enum hr_status status = ring_of(database, &ours, error);
    if (status == HR_OK)
        status = ring_of(copy, &theirs, error);
    if (status == HR_OK && !hr_view_equal(hr_buffer_view(&ours), hr_buffer_view(&theirs)))
        status = hr_error_set(error, HR_ERR_CONFLICT,
                              ours.size == 0     ? "'%s' is sealed, and the database is not"
                              : theirs.size == 0 ? "'%s' is not sealed, and the database is"
                                                 : "'%s' was sealed with other keys than the database",
                              path);
    hr_buffer_clear(&ours);
    hr_buffer_clear(&theirs);
    return status;
}

static enum hr_status copy_pages(struct hr_database *database, struct hr_database *copy, struct hr_error *error)
{
    sqlite3_backup *backup = sqlite3_backup_init(database->handle, "main", copy->handle, "main");
    if (backup == NULL)
        return hr_sql_fail(database, sqlite3_extended_errcode(database->handle), "bringing it back", error);
    int code = SQLITE_BUSY;
    for (int waited_ms = 0; (code == SQLITE_BUSY || code == SQLITE_LOCKED) && waited_ms <= WAIT_MS;
         waited_ms += STEP_MS) {
        code = sqlite3_backup_step(backup, -1);
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
            sqlite3_sleep(STEP_MS);
    }
    int end = sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE && end == SQLITE_OK)
        return HR_OK;
    return hr_sql_fail(database, end != SQLITE_OK ? end : code, "bringing it back", error);
}

static enum hr_status note_restored(struct hr_database *database, struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_note(database, "restore", NULL, 1, error);
    if (status == HR_OK)
        status = hr_sql_note_removal(database, error); /* what was there and is not in the copy */
    return hr_database_end(database, status, error);
}

enum hr_status hr_database_restore(struct hr_database *database, const char *path, struct hr_error *error)
{
    struct hr_database *copy = NULL;
    /* Also brings an older one up to date, where it may be written. */
    enum hr_status status = hr_database_open(&copy, path, HR_DATABASE_READ, error);
    if (status == HR_OK)
        status = hr_database_check(copy, NULL, error);
    if (status == HR_OK)
        status = check_same_ring(database, copy, path, error);
    if (status == HR_OK)
        status = copy_pages(database, copy, error);
    hr_database_close(copy);
    if (status == HR_OK)
        status = note_restored(database, error);
    return status == HR_OK ? hr_sql_tidy(database, error) : status;
}
