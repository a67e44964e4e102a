/* Opening, closing, transactions and the health of homeroom.db. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "records/seal.h"

/* How long a statement waits for another program's transaction. */
#define BUSY_TIMEOUT_MS 5000

/* Whether the file is there, and a plain file. NOT_FOUND is without a text. */
static enum hr_status check_file(const char *path, struct hr_error *error)
{
    struct stat info;
    if (stat(path, &info) == 0) {
        if (S_ISREG(info.st_mode))
            return HR_OK;
        return hr_error_set(error, HR_ERR_ARGUMENT, "the database '%s' is %s", path,
                            S_ISDIR(info.st_mode) ? "a folder" : "not a file");
    }
    return errno == ENOENT ? HR_ERR_NOT_FOUND : hr_error_set_errno(error, errno, "the database '%s'", path);
}

/* The path as an SQLite URI, so that no name means more than a file ("file:x", ":memory:"). NULL
 * when out of memory. */
static char *uri_of(const char *path, const char *query)
{
    struct hr_buffer uri;
    hr_buffer_init(&uri, SIZE_MAX / 8);
    hr_buffer_append_text(&uri, path[0] == '/' ? "file://" : "file:./");
    for (const char *c = path; *c != '\0'; c++) {
        if (strchr("%?#", *c) != NULL)
            hr_buffer_append_format(&uri, "%%%02X", (unsigned)(unsigned char)*c);
        else
            hr_buffer_append(&uri, hr_view_of(c, 1));
    }
    hr_buffer_append_text(&uri, query);
    if (uri.failed)
        hr_buffer_clear(&uri);
    return (char *)uri.data; /* the caller's (free) */
}

static enum hr_status open_handle(struct hr_database *database, bool may_write, const char *query,
                                  struct hr_error *error)
{
    char *uri = uri_of(database->path, query);
    if (uri == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to open '%s'", database->path);
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (may_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    int code = sqlite3_open_v2(uri, &database->handle, flags, NULL);
    free(uri);
    if (code != SQLITE_OK)
        return hr_sql_fail(database, code, "opening it", error);
    sqlite3_busy_timeout(database->handle, BUSY_TIMEOUT_MS);
    return hr_sql_protect(database, error);
}

/* Whether a log of changes that are not in the file yet stands beside it. */
static bool has_log(const char *path)
{
    struct hr_buffer name;
    struct stat info;
    hr_buffer_init(&name, SIZE_MAX / 8);
    hr_buffer_append_format(&name, "%s-wal", path);
    bool there = stat(hr_buffer_text(&name), &info) == 0 && info.st_size > 0;
    hr_buffer_clear(&name);
    return there;
}

static bool readable_at_all(struct hr_database *database, struct hr_error *error)
{
    int64_t ignored;
    return hr_sql_integer(database, "PRAGMA user_version", "reading it", &ignored, error) == HR_OK;
}

/* Without a lock file, which nobody else may then have, either: with a log on a disk that is full. */
static enum hr_status open_alone(struct hr_database *database, struct hr_error *error)
{
    enum hr_status status = open_handle(database, true, "", error);
    if (status == HR_OK)
        status =
            hr_sql_run(database, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON", "setting it up", error);
    if (status == HR_OK && !readable_at_all(database, error))
        status = error != NULL ? error->code : HR_ERR_DATABASE;
    return status;
}

/* Reading needs a lock file beside a database in WAL mode. In a folder that may not be written (a
 * read-only mount, a backup) there can be none: then nobody else can write either, and the file is
 * read as it stands, unless a log beside it says that it is not complete. */
static enum hr_status open_to_read(struct hr_database *database, struct hr_error *error)
{
    /* Opened to write where that is allowed, so that the last one to close tidies the log away; but
     * nothing is changed through it. */
    enum hr_status status = open_handle(database, true, "", error);
    if (status == HR_OK)
        status = hr_sql_run(database, "PRAGMA query_only = ON", "setting it up", error);
    if (status != HR_OK)
        return status;
    if (readable_at_all(database, error))
        return HR_OK;
    int code = sqlite3_errcode(database->handle) & 0xff;
    bool full = code == SQLITE_FULL || code == SQLITE_IOERR; /* no room for the lock file */
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY && !full)
        return error != NULL ? error->code : HR_ERR_DATABASE;
    sqlite3_close(database->handle);
    database->handle = NULL;
    if (!has_log(database->path))
        return open_handle(database, false, "?immutable=1", error);
    if (full)
        return open_alone(database, error);
    return hr_error_set(error, HR_ERR_PERMISSION,
                        "'%s' cannot be read here: changes wait in the log beside it, and "
                        "its folder may not be written",
                        database->path);
}

/* Readers and one writer do not wait for each other. Kept in the file; asked for after the check that the file is ours.
 * SQLite does not wait for others here, so that we do. */
static enum hr_status keep_a_log(struct hr_database *database, struct hr_error *error)
{
    enum { STEP_MS = 20 };
    for (int waited_ms = 0;; waited_ms += STEP_MS) {
        enum hr_status status = hr_sql_run(database, "PRAGMA journal_mode = WAL", "switching to a log", error);
        int code = sqlite3_errcode(database->handle) & 0xff;
        if (status == HR_OK || (code != SQLITE_BUSY && code != SQLITE_LOCKED) || waited_ms >= BUSY_TIMEOUT_MS)
            return status;
        sqlite3_sleep(STEP_MS);
    }
}

static enum hr_status open_to_write(struct hr_database *database, const struct hr_schema *schema,
                                    struct hr_error *error)
{
    database->may_write = true;
    enum hr_status status = open_handle(database, true, "", error);
    if (status == HR_OK && sqlite3_db_readonly(database->handle, "main") == 1)
        status = hr_error_set(error, HR_ERR_PERMISSION, "the database '%s' may not be written", database->path);
    if (status == HR_OK)
        status = hr_schema_prepare(database, schema, true, error);
    if (status == HR_OK)
        status = keep_a_log(database, error);
    return status == HR_OK ? hr_sql_finish_removal(database, error) : status;
}

/* A reader found an older database: somebody has to write it once. */
static enum hr_status upgrade_and_read(struct hr_database **out, const char *path, const struct hr_schema *schema,
                                       struct hr_error *error)
{
    struct hr_database *writer = NULL;
    enum hr_status status = hr_database_open_schema(&writer, path, HR_DATABASE_WRITE, schema, error);
    if (status != HR_OK)
        return hr_error_prefix(error,
                               "'%s' was made by an older homeroom and must be brought up "
                               "to date",
                               path);
    hr_database_close(writer);
    return hr_database_open_schema(out, path, HR_DATABASE_READ, schema, error);
}

static enum hr_status open_file(struct hr_database **out, const char *path, enum hr_database_mode mode,
                                const struct hr_schema *schema, struct hr_error *error)
{
    bool older = false;
    enum hr_status status = HR_OK;
    struct hr_database *database = calloc(1, sizeof *database);
    if (database != NULL)
        database->path = strdup(path);
    if (database == NULL || database->path == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory to open '%s'", path);
        goto out;
    }
    if (mode == HR_DATABASE_READ) {
        status = open_to_read(database, error);
        if (status == HR_OK)
            status = hr_schema_prepare(database, schema, false, error);
        older = database->schema_version > 0 && database->schema_version < schema->version;
    } else {
        status = open_to_write(database, schema, error);
    }
    if (status == HR_OK)
        status = hr_seal_look(database, error);
    if (status != HR_OK)
        goto out;
    *out = database;
    database = NULL;
out:
    hr_database_close(database);
    return older ? upgrade_and_read(out, path, schema, error) : status;
}

/* --- a new one --- */

int hr_sql_name_file(const char *made, const char *path)
{
    if (renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    /* Not every file system can rename so. */
    if ((errno == EINVAL || errno == ENOSYS) && link(made, path) == 0 && unlink(made) == 0)
        return 0;
    return errno;
}

/* Unless another program was faster: theirs is as good. */
static int publish(const char *made, const char *path)
{
    int problem = hr_sql_name_file(made, path);
    if (problem == EEXIST)
        return unlink(made);
    errno = problem;
    return problem == 0 ? 0 : -1;
}

/* Several programs may make the database at once. Each makes a whole one beside it, with all tables, readable by its
 * owner alone, and the first to give it the name wins: nobody ever sees, or removes, what another has begun. */
static enum hr_status make_file(const char *path, const struct hr_schema *schema, struct hr_error *error)
{
    struct hr_buffer name;
    struct hr_database *database = NULL;
    hr_buffer_init(&name, SIZE_MAX / 8);
    hr_buffer_append_format(&name, "%s.new-XXXXXX", path);
    if (name.failed)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to make '%s'", path);
    char *made = (char *)name.data;
    enum hr_status status = HR_OK;
    int file = mkostemp(made, O_CLOEXEC);
    if (file < 0) {
        status = hr_error_set_errno(error, errno, "making the database '%s'", path);
        goto out;
    }
    close(file);
    status = open_file(&database, made, HR_DATABASE_WRITE, schema, error);
    hr_database_close(database); /* its log goes with the last one to close */
    if (status == HR_OK && publish(made, path) != 0)
        status = hr_error_set_errno(error, errno, "making the database '%s'", path);
    if (status != HR_OK)
        unlink(made);
out:
    hr_buffer_clear(&name);
    return status;
}

enum hr_status hr_database_open_schema(struct hr_database **out, const char *path, enum hr_database_mode mode,
                                       const struct hr_schema *schema, struct hr_error *error)
{
    *out = NULL;
    enum hr_status status = check_file(path, error);
    if (status == HR_ERR_NOT_FOUND && mode == HR_DATABASE_CREATE)
        status = make_file(path, schema, error);
    else if (status == HR_ERR_NOT_FOUND)
        status = hr_error_set(error, HR_ERR_NOT_FOUND,
                              "there is no database '%s': import students or enroll somebody first", path);
    return status == HR_OK ? open_file(out, path, mode, schema, error) : status;
}

enum hr_status hr_database_open(struct hr_database **out, const char *path, enum hr_database_mode mode,
                                struct hr_error *error)
{
    return hr_database_open_schema(out, path, mode, &hr_schema_current, error);
}

/* ---- in memory ---- */

/* Places in a database file's header (https://www.sqlite.org/fileformat2.html, 1.3): 2 says that a
 * log may stand beside the file. In memory there is none, and SQLite refuses to read without. */
enum { HEADER_BYTES = 100, WRITE_VERSION_AT = 18, READ_VERSION_AT = 19, WITHOUT_LOG = 1 };

static enum hr_status load_bytes(struct hr_database *database, struct hr_view bytes, struct hr_error *error)
{
    uint8_t *copy = sqlite3_malloc64(bytes.size);
    if (copy == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to open '%s'", database->path);
    memcpy(copy, bytes.data, bytes.size);
    if (bytes.size >= HEADER_BYTES)
        copy[WRITE_VERSION_AT] = copy[READ_VERSION_AT] = WITHOUT_LOG;
    int code = sqlite3_deserialize(database->handle, "main", copy, (sqlite3_int64)bytes.size, (sqlite3_int64)bytes.size,
                                   SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
    return code == SQLITE_OK ? HR_OK : hr_sql_fail(database, code, "opening it", error);
}

static enum hr_status open_in_memory(struct hr_database *database, struct hr_view bytes, struct hr_error *error)
{
    int code = sqlite3_open_v2(":memory:", &database->handle,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code != SQLITE_OK)
        return hr_sql_fail(database, code, "opening it", error);
    enum hr_status status = bytes.size > 0 ? load_bytes(database, bytes, error) : HR_OK;
    if (status != HR_OK)
        return status;
    return hr_sql_protect(database, error);
}

enum hr_status hr_database_open_memory(struct hr_database **out, struct hr_view bytes, const char *name,
                                       enum hr_database_mode mode, struct hr_error *error)
{
    *out = NULL;
    if (bytes.size > HR_DATABASE_MEMORY_BYTES_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "'%s' is larger than the limit of %zu bytes", name,
                            HR_DATABASE_MEMORY_BYTES_MAX);
    if (bytes.size == 0 && mode == HR_DATABASE_READ)
        return hr_error_set(error, HR_ERR_DATABASE, "'%s' is empty: import students or enroll somebody first", name);
    struct hr_database *database = calloc(1, sizeof *database);
    if (database != NULL)
        database->path = strdup(name);
    enum hr_status status = HR_OK;
    if (database == NULL || database->path == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory to open '%s'", name);
    if (status == HR_OK)
        status = open_in_memory(database, bytes, error);
    /* An older one is brought up to date in memory, whoever owns the file. */
    if (status == HR_OK)
        status = hr_schema_prepare(database, &hr_schema_current, true, error);
    if (status == HR_OK)
        status = hr_seal_look(database, error);
    if (status == HR_OK && mode == HR_DATABASE_READ)
        status = hr_sql_run(database, "PRAGMA query_only = ON", "setting it up", error);
    if (status != HR_OK) {
        hr_database_close(database);
        return status;
    }
    database->may_write = mode != HR_DATABASE_READ;
    *out = database;
    return HR_OK;
}

enum hr_status hr_database_bytes(struct hr_database *database, struct hr_buffer *out, struct hr_error *error)
{
    sqlite3_int64 size = 0;
    uint8_t *bytes = sqlite3_serialize(database->handle, "main", &size, 0);
    if (bytes == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to write '%s'", database->path);
    hr_buffer_append(out, hr_view_of(bytes, (size_t)size));
    sqlite3_free(bytes);
    return hr_buffer_check(out, error);
}

void hr_database_close(struct hr_database *database)
{
    if (database == NULL)
        return;
    for (size_t i = 0; i < HR_SQL_COUNT; i++)
        sqlite3_finalize(database->statements[i]);
    sqlite3_close(database->handle);
    hr_vault_free(database->vault);
    free(database->path);
    free(database);
}

void hr_database_obey(struct hr_database *database, const struct hr_stop *stop)
{
    database->stop = stop;
}

bool hr_database_finished_removal(const struct hr_database *database)
{
    return database->finished_removal;
}

const char *hr_database_name(const struct hr_database *database)
{
    return database->path;
}

int hr_database_schema_version(const struct hr_database *database)
{
    return database->schema_version;
}

enum hr_status hr_database_begin(struct hr_database *database, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    if (database->is_sealed && database->vault == NULL)
        return hr_error_set(error, HR_ERR_PERMISSION, "'%s' is sealed, and was not opened with its key",
                            database->path);
    status = hr_sql_do(database, HR_SQL_BEGIN, "beginning a change", error);
    if (status != HR_OK || database->vault == NULL)
        return status;
    /* Under the lock: nobody else adds keys from here on. */
    status = hr_vault_refresh(database->vault, error);
    if (status != HR_OK)
        hr_database_rollback(database);
    return status;
}

enum hr_status hr_database_commit(struct hr_database *database, struct hr_error *error)
{
    return hr_sql_do(database, HR_SQL_COMMIT, "writing a change", error);
}

void hr_database_rollback(struct hr_database *database)
{
    /* SQLite rolls back by itself after some failures (disk full): then there is nothing to do. */
    if (sqlite3_get_autocommit(database->handle) == 0) {
        enum hr_status ignored = hr_sql_do(database, HR_SQL_ROLLBACK, "taking back a change", NULL);
        (void)ignored;
    }
}

enum hr_status hr_database_end(struct hr_database *database, enum hr_status status, struct hr_error *error)
{
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK)
        hr_database_rollback(database);
    return status;
}

/* SQLite takes the end of a last page that was cut off for zeros. */
static enum hr_status check_size(struct hr_database *database, struct hr_error *error)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int64_t page_size = 0;
    enum hr_status status = hr_sql_integer(database, "PRAGMA page_size", "checking it", &page_size, error);
    if (status != HR_OK)
        return status;
    int code = sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code == SQLITE_OK && file != NULL && file->pMethods != NULL)
        code = file->pMethods->xFileSize(file, &size);
    if (code != SQLITE_OK)
        return hr_sql_fail(database, code, "checking it", error);
    if (size % page_size != 0)
        return hr_error_set(error, HR_ERR_DATABASE,
                            "'%s' is damaged, its end is missing: bring back your last backup of it", database->path);
    return HR_OK;
}

enum hr_status hr_database_check(struct hr_database *database, struct hr_database_counts *out, struct hr_error *error)
{
    int64_t broken = 0;
    enum hr_status status = check_size(database, error);
    if (status == HR_OK)
        status = hr_sql_integer(database, "SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'",
                                "checking it", &broken, error);
    if (status == HR_OK && broken == 0)
        status =
            hr_sql_integer(database, "SELECT count(*) FROM pragma_foreign_key_check", "checking it", &broken, error);
    if (status != HR_OK)
        return status;
    if (broken != 0)
        return hr_error_set(error, HR_ERR_DATABASE, "'%s' is damaged: bring back your last backup of it",
                            database->path);
    if (out == NULL)
        return HR_OK;
    sqlite3_stmt *statement;
    *out = (struct hr_database_counts){0};
    status = hr_sql_start(database, HR_SQL_COUNTS, &statement, error);
    if (status == HR_OK)
        status = hr_sql_step(database, statement, "counting", error);
    if (status == HR_OK) {
        out->students = (size_t)sqlite3_column_int64(statement, 0);
        out->faces = (size_t)sqlite3_column_int64(statement, 1);
        out->students_without_face = (size_t)sqlite3_column_int64(statement, 2);
    }
    hr_sql_end(statement);
    return status;
}
