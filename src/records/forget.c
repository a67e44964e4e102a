/* Removing a student with every trace, and looking whether it is true.
 *
 * SQLite overwrites what is deleted (secure_delete), hr_sql_tidy what it has left of it, and a checkpoint empties
 * the log. None of it is taken on trust: the bytes of the files are searched for what the student's records were
 * made of. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "records/seal.h"
#include "records/search.h"

/* A vector is searched for in windows of this size, one in each HR_TRACE_BYTES_MAX: some window is whole even if the
 * vector is split over pages. */
#define WINDOW_BYTES 32
#define CHUNK_BYTES ((size_t)1 << 20)

struct traces {
    struct hr_trace *items; /* owned */
    size_t count;
    size_t capacity;
    size_t faces;
    const char *origin; /* only the face records of it; NULL: the student with all */
    bool all_faces;     /* all face records; the student stays */
    char others[256];   /* origins that stay, for an error's text */
};

/* Zeros, or any other byte over and over, say nothing. */
static bool telling(struct hr_view bytes)
{
    for (size_t i = 1; i < bytes.size; i++)
        if (bytes.data[i] != bytes.data[0])
            return bytes.size >= HR_TRACE_BYTES_MIN;
    return false;
}

static bool known(const struct traces *traces, struct hr_view bytes)
{
    for (size_t i = 0; i < traces->count; i++)
        if (hr_view_equal(hr_view_of(traces->items[i].bytes, traces->items[i].size), bytes))
            return true;
    return false;
}

static enum hr_status add_trace(struct traces *traces, struct hr_view bytes, struct hr_error *error)
{
    if (bytes.size > HR_TRACE_BYTES_MAX)
        bytes.size = HR_TRACE_BYTES_MAX;
    if (!telling(bytes) || known(traces, bytes))
        return HR_OK;
    if (traces->count == traces->capacity) {
        size_t capacity = traces->capacity * 2 + 16, size;
        struct hr_trace *items = NULL;
        if (hr_size_multiply(capacity, sizeof *items, &size))
            items = realloc(traces->items, size);
        if (items == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory to check what is removed");
        traces->items = items;
        traces->capacity = capacity;
    }
    struct hr_trace *trace = &traces->items[traces->count++];
    *trace = (struct hr_trace){.size = bytes.size};
    memcpy(trace->bytes, bytes.data, bytes.size);
    return HR_OK;
}

/* --- what there is to remove --- */

static void note_origin(struct traces *traces, const char *origin)
{
    size_t length = strlen(traces->others);
    char quoted[96];
    snprintf(quoted, sizeof quoted, "'%.80s'", origin);
    if (strstr(traces->others, quoted) == NULL && length + sizeof quoted + 2 < sizeof traces->others)
        snprintf(traces->others + length, sizeof traces->others - length, "%s%s", length > 0 ? ", " : "", quoted);
}

/* Model and hash lie side by side in the index. */
static enum hr_status trace_face_index(struct traces *traces, const char *model_id, const char *origin_sha256,
                                       struct hr_error *error)
{
    struct hr_buffer row;
    hr_buffer_init(&row, SIZE_MAX / 8);
    hr_buffer_append_text(&row, model_id);
    hr_buffer_append_text(&row, origin_sha256);
    enum hr_status status = hr_buffer_check(&row, error);
    if (status == HR_OK)
        status = add_trace(traces, hr_buffer_view(&row), error);
    hr_buffer_clear(&row);
    return status;
}

/* Windows of what may be split over pages. */
static enum hr_status trace_bytes(struct traces *traces, struct hr_view bytes, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t at = 0; status == HR_OK && at < bytes.size; at += HR_TRACE_BYTES_MAX) {
        size_t left = bytes.size - at;
        status = add_trace(traces, hr_view_of(bytes.data + at, left < WINDOW_BYTES ? left : WINDOW_BYTES), error);
    }
    return status;
}

/* A row of HR_SQL_FACES_AS_STORED. */
static enum hr_status trace_face(struct traces *traces, sqlite3_stmt *statement, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    const char *origin = hr_sql_text(statement, 4);
    if (traces->origin != NULL && strcmp(origin, traces->origin) != 0) {
        note_origin(traces, origin);
        return HR_OK;
    }
    traces->faces++;
    struct hr_view vector = hr_view_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
    status = trace_bytes(traces, vector, error);
    if (status == HR_OK)
        status = add_trace(traces, hr_view_text(hr_sql_text(statement, 1)), error);
    if (status == HR_OK)
        status = trace_face_index(traces, hr_sql_text(statement, 2), hr_sql_text(statement, 3), error);
    return status;
}

static enum hr_status trace_faces(struct hr_database *database, const char *id, struct traces *traces,
                                  struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_FACES_AS_STORED, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    while (hr_sql_next(database, statement, "reading the face records", &status, error)) {
        status = trace_face(traces, statement, error);
    }
    return status;
}

static enum hr_status trace_student(struct hr_database *database, const char *id, struct traces *traces,
                                    struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status =
        hr_sql_student_row(database, HR_SQL_STUDENT_BYTES, id, "looking up a student", &statement, error);
    for (int column = 0; status == HR_OK && column < 3; column++) {
        const void *bytes = sqlite3_column_blob(statement, column);
        size_t size = (size_t)sqlite3_column_bytes(statement, column);
        status = add_trace(traces, hr_view_of(bytes, size), error);
    }
    hr_sql_end(statement);
    return status;
}

/* What classes keep of him. */
static enum hr_status trace_views(struct hr_database *database, const char *id, struct traces *traces,
                                  struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_VIEWS_OF_STUDENT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    while (hr_sql_next(database, statement, "reading kept pictures", &status, error)) {
        static const int columns[] = {1, 4}; /* vector and picture */
        for (int i = 0; status == HR_OK && i < 2; i++) {
            int column = columns[i];
            const void *bytes = sqlite3_column_blob(statement, column); /* before the size */
            status = trace_bytes(traces, hr_view_of(bytes, (size_t)sqlite3_column_bytes(statement, column)), error);
        }
    }
    return status;
}

static enum hr_status delete_of(struct hr_database *database, enum hr_sql which, const char *id, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    return hr_sql_finish(database, statement, "removing a student", NULL, error);
}

static enum hr_status delete_rows(struct hr_database *database, const char *id, const struct traces *traces,
                                  struct hr_error *error)
{
    sqlite3_stmt *statement;
    bool all = traces->origin == NULL && !traces->all_faces;
    enum hr_sql which = all                 ? HR_SQL_STUDENT_DELETE
                        : traces->all_faces ? HR_SQL_FACES_DELETE_STUDENT
                                            : HR_SQL_FACES_DELETE_ORIGIN;
    enum hr_status status = traces->all_faces ? HR_OK : hr_audit_removal(database, id, all, traces->faces, error);
    if (status == HR_OK && all)
        status = hr_seal_note_destroyed(database, id, error);
    if (status == HR_OK)
        status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    if (traces->origin != NULL)
        hr_sql_bind_text(statement, 2, traces->origin);
    status = hr_sql_finish(database, statement, all ? "removing a student" : "removing a photo", NULL, error);
    return status == HR_OK && !all && traces->faces > 0 ? hr_seal_renew_faces(database, id, error) : status;
}

static enum hr_status remove_rows(struct hr_database *database, const char *id, struct traces *traces,
                                  struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    if (traces->origin == NULL && !traces->all_faces)
        status = trace_student(database, id, traces, error);
    if (status == HR_OK)
        status = trace_faces(database, id, traces, error);
    if (status == HR_OK && traces->origin != NULL && traces->faces == 0)
        status = hr_error_set(error, HR_ERR_NOT_FOUND, "student '%s' has no photo '%s'; there %s%s", id, traces->origin,
                              traces->others[0] != '\0' ? "are " : "is none at all", traces->others);
    if (status == HR_OK && traces->origin == NULL)
        status = trace_views(database, id, traces, error);
    if (status == HR_OK)
        status = hr_sql_note_removal(database, error);
    if (status == HR_OK && traces->origin == NULL)
        status = delete_of(database, HR_SQL_VIEWS_DELETE_STUDENT, id, error);
    /* What a merge has kept of somebody with this id. */
    if (status == HR_OK && traces->origin == NULL && !traces->all_faces)
        status = delete_of(database, HR_SQL_MERGES_FORGET, id, error);
    if (status == HR_OK)
        status = delete_rows(database, id, traces, error);
    return hr_database_end(database, status, error);
}

/* --- looking whether it is gone --- */

/* Marks the traces that stand in a file. It is read through SQLite's own handle: closing another
 * descriptor of the database would drop the locks that this process holds on it. */
static enum hr_status search_file(struct hr_database *database, sqlite3_file *file, struct traces *traces,
                                  struct hr_error *error)
{
    sqlite3_int64 left = 0;
    if (file == NULL || file->pMethods == NULL) /* no log is open */
        return HR_OK;
    int code = file->pMethods->xFileSize(file, &left);
    if (code != SQLITE_OK)
        return hr_sql_fail(database, code, "checking it", error);
    struct hr_search *search = hr_search_new(traces->items, traces->count);
    uint8_t *bytes = malloc(HR_TRACE_BYTES_MAX + CHUNK_BYTES);
    if (bytes == NULL || search == NULL) {
        free(bytes);
        hr_search_free(search);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to check '%s'", database->path);
    }
    /* The end of a chunk is kept before the next one: a trace may lie across both. */
    size_t kept = 0;
    for (sqlite3_int64 at = 0; left > 0 && code == SQLITE_OK;) {
        size_t size = left < (sqlite3_int64)CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
        code = file->pMethods->xRead(file, bytes + kept, (int)size, at);
        at += (sqlite3_int64)size;
        left -= (sqlite3_int64)size;
        size += kept;
        hr_search(search, hr_view_of(bytes, size));
        kept = size < HR_TRACE_BYTES_MAX ? size : HR_TRACE_BYTES_MAX;
        memmove(bytes, bytes + size - kept, kept);
    }
    free(bytes);
    hr_search_free(search);
    return code == SQLITE_OK ? HR_OK : hr_sql_fail(database, code, "checking it", error);
}

/* Another student's record may hold the same bytes: one photo of two, one vector imported twice. */
static enum hr_status in_use(struct hr_database *database, const struct hr_trace *trace, bool *out,
                             struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_BYTES_IN_USE, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_bytes(statement, 1, hr_view_of(trace->bytes, trace->size));
    status = hr_sql_step(database, statement, "checking what was found", error);
    *out = status == HR_OK;
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

static enum hr_status verify(struct hr_database *database, struct traces *traces, struct hr_error *error)
{
    static const int files[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        sqlite3_file *file = NULL;
        int code = sqlite3_file_control(database->handle, "main", files[i], &file);
        if (code != SQLITE_OK)
            return hr_sql_fail(database, code, "checking it", error);
        enum hr_status status = search_file(database, file, traces, error);
        if (status != HR_OK)
            return status;
    }
    for (size_t i = 0; i < traces->count; i++) {
        bool used = false;
        if (!traces->items[i].found)
            continue;
        enum hr_status status = in_use(database, &traces->items[i], &used, error);
        if (status != HR_OK)
            return status;
        if (!used)
            return hr_error_set(error, HR_ERR_INTERNAL,
                                "the student is removed, but bytes of the records are still found "
                                "in '%s'",
                                database->path);
    }
    return HR_OK;
}

static enum hr_status forget(struct hr_database *database, const char *id, struct traces *traces,
                             struct hr_removal *removal, struct hr_error *error)
{
    if (removal != NULL)
        *removal = (struct hr_removal){0};
    if (sqlite3_get_autocommit(database->handle) == 0)
        return hr_error_set(error, HR_ERR_INTERNAL, "a student is forgotten within a transaction");
    /* Before anything is changed: somebody who reads now would keep the log from being emptied. */
    enum hr_status status = hr_sql_empty_log(database, error);
    if (status != HR_OK)
        return status;
    status = remove_rows(database, id, traces, error);
    if (status != HR_OK)
        goto out;
    if (removal != NULL)
        *removal = (struct hr_removal){.faces = traces->faces, .searched = traces->count > 0};
    status = hr_seal_destroy_keys(database, error);
    if (status == HR_OK)
        status = hr_sql_tidy(database, error);
    if (status != HR_OK) {
        hr_error_prefix(error, "the student is removed, but traces may stay until every program "
                               "has closed the database");
        goto out;
    }
    status = verify(database, traces, error);
out:
    free(traces->items);
    return status;
}

enum hr_status hr_database_forget(struct hr_database *database, const char *id, struct hr_removal *removal,
                                  struct hr_error *error)
{
    struct traces traces = {0};
    return forget(database, id, &traces, removal, error);
}

enum hr_status hr_database_forget_photo(struct hr_database *database, const char *id, const char *origin,
                                        struct hr_removal *removal, struct hr_error *error)
{
    struct traces traces = {.origin = origin};
    return forget(database, id, &traces, removal, error);
}

enum hr_status hr_database_forget_faces(struct hr_database *database, const char *id, size_t *faces_removed,
                                        struct hr_error *error)
{
    struct traces traces = {.all_faces = true};
    struct hr_removal removal;
    enum hr_status status = forget(database, id, &traces, &removal, error);
    if (faces_removed != NULL)
        *faces_removed = removal.faces;
    return status;
}
