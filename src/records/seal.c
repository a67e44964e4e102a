/* The database under the vault's keys. */
#include "records/seal.h"

#include <sodium.h>
#include <stdlib.h>

#include "records/audit.h"

/* The version of the schema that has the tables of this file. */
#define SEALED_SINCE 6

/* Every sealed column, as it is in a table's rows under the name that stands in the statements. */
#define SEAL_STUDENTS(WHAT)                                                                                            \
    "UPDATE students SET name = " WHAT("key", "name") ", major = " WHAT("key", "major") ", year = " WHAT(              \
        "key", "year") ", extra = " WHAT("key", "extra")
#define SEAL_FACES(WHAT) "UPDATE faces SET vector = " WHAT("student", "vector") ", origin = " WHAT("student", "origin")
#define SEAL(KEY, COLUMN) "seal(" KEY ", '" COLUMN "', " COLUMN ")"
#define UNSEAL(KEY, COLUMN) "unseal(" KEY ", '" COLUMN "', " COLUMN ")"
#define RESEAL(KEY, COLUMN) "seal(" KEY ", '" COLUMN "', unseal(" KEY ", '" COLUMN "', " COLUMN "))"
#define UNREADABLE_STUDENTS "students WHERE NOT readable(key, 'name', name)"
#define UNREADABLE_FACES "faces WHERE NOT readable(student, 'vector', vector)"

/* --- the functions of SQL --- */

static enum hr_key_kind kind_of(const char *column)
{
    return strcmp(column, "vector") == 0 || strcmp(column, "origin") == 0 ? HR_KEY_FACES : HR_KEY_RECORD;
}

/* Our own texts: never NULL. */
static const char *column_of(sqlite3_value *value)
{
    const unsigned char *text = sqlite3_value_text(value);
    return text != NULL ? (const char *)text : "";
}

static struct hr_view bytes_of(sqlite3_value *value)
{
    const void *bytes = sqlite3_value_blob(value); /* before the size */
    return hr_view_of(bytes, (size_t)sqlite3_value_bytes(value));
}

static void fail(sqlite3_context *context, const struct hr_error *error)
{
    if (error->code == HR_ERR_MEMORY)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_error(context, error->text, -1);
}

/* The keys of a student who has none yet, both: in the order of students they are added at the end. */
static enum hr_status ensure_keys(struct hr_database *database, int64_t student, struct hr_error *error)
{
    struct hr_keyring *ring = hr_vault_ring(database->vault);
    if (hr_keyring_has(ring, student, HR_KEY_RECORD, 0, NULL))
        return HR_OK;
    if (sqlite3_get_autocommit(database->handle) != 0)
        return hr_error_set(error, HR_ERR_INTERNAL, "a student is added outside of a transaction");
    enum hr_status status = hr_keyring_add(ring, student, HR_KEY_RECORD, error);
    if (status == HR_OK)
        status = hr_keyring_add(ring, student, HR_KEY_FACES, error);
    hr_vault_note_added(database->vault);
    return status;
}

/* Bytes in a column for text: in base64. */
static void give_text(sqlite3_context *context, const uint8_t *bytes, size_t size)
{
    size_t room = sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    char *text = sqlite3_malloc64(room);
    if (text == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    sodium_bin2base64(text, room, bytes, size, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    sqlite3_result_text64(context, text, room - 1, sqlite3_free, SQLITE_UTF8);
}

static void seal(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct hr_database *database = sqlite3_user_data(context);
    struct hr_error error = {0};
    (void)count;
    if (database->vault == NULL) {
        sqlite3_result_value(context, values[2]);
        return;
    }
    int64_t student = sqlite3_value_int64(values[0]);
    const char *column = column_of(values[1]);
    bool is_text = sqlite3_value_type(values[2]) == SQLITE_TEXT;
    struct hr_view bytes = bytes_of(values[2]);
    size_t size = bytes.size + HR_SEAL_BYTES;
    uint8_t *sealed = sqlite3_malloc64(size);
    enum hr_status status = sealed != NULL ? ensure_keys(database, student, &error)
                                           : hr_error_set(&error, HR_ERR_MEMORY, "no memory to seal a record");
    if (status == HR_OK)
        status =
            hr_keyring_seal(hr_vault_ring(database->vault), student, kind_of(column), column, bytes, sealed, &error);
    if (status != HR_OK)
        fail(context, &error);
    else if (is_text)
        give_text(context, sealed, size);
    else
        sqlite3_result_blob64(context, sealed, size, SQLITE_TRANSIENT);
    sqlite3_free(sealed);
}

/* The sealed bytes of a column's value: as they are, or out of base64 into *owned. */
static bool sealed_bytes(sqlite3_value *value, struct hr_view *out, uint8_t **owned)
{
    size_t size = 0;
    *owned = NULL;
    *out = bytes_of(value);
    if (sqlite3_value_type(value) != SQLITE_TEXT)
        return true;
    *owned = sqlite3_malloc64(out->size + 1);
    if (*owned == NULL)
        return false;
    if (sodium_base642bin(*owned, out->size + 1, (const char *)out->data, out->size, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
        size = 0; /* not sealed */
    *out = hr_view_of(*owned, size);
    return true;
}

/* Another program may have added the student just now: it wrote the key before the row. */
static bool has_key(struct hr_database *database, int64_t student, const char *column, struct hr_view sealed)
{
    uint32_t generation = hr_sealed_generation(sealed);
    if (generation == 0) /* no seal at all: that is for unseal to say */
        return true;
    if (hr_keyring_has(hr_vault_ring(database->vault), student, kind_of(column), generation, NULL))
        return true;
    return hr_vault_refresh(database->vault, NULL) == HR_OK &&
           hr_keyring_has(hr_vault_ring(database->vault), student, kind_of(column), generation, NULL);
}

static enum hr_status open_value(struct hr_database *database, int64_t student, const char *column,
                                 struct hr_view sealed, uint8_t *out, struct hr_error *error)
{
    if (!has_key(database, student, column, sealed))
        return hr_error_set(error, HR_ERR_DATABASE,
                            "a student was forgotten after this copy of the database was made ('homeroom keys prune' "
                            "removes what is left)");
    return hr_keyring_unseal(hr_vault_ring(database->vault), student, kind_of(column), column, sealed, out, error);
}

/* Whether the function has nothing to do; says so where the database is sealed and nobody has opened it. */
static bool is_plain(sqlite3_context *context, const struct hr_database *database, sqlite3_value *value)
{
    if (database->vault != NULL)
        return false;
    if (database->is_sealed)
        sqlite3_result_error(context, "it is sealed, and was not opened with its key", -1);
    else
        sqlite3_result_value(context, value);
    return true;
}

static void unseal(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct hr_database *database = sqlite3_user_data(context);
    struct hr_error error = {0};
    struct hr_view sealed;
    uint8_t *decoded = NULL, *plain = NULL;
    (void)count;
    if (is_plain(context, database, values[2]))
        return;
    bool is_text = sqlite3_value_type(values[2]) == SQLITE_TEXT;
    enum hr_status status = HR_ERR_MEMORY;
    if (sealed_bytes(values[2], &sealed, &decoded))
        plain = sqlite3_malloc64(sealed.size + 1);
    if (plain != NULL)
        status = open_value(database, sqlite3_value_int64(values[0]), column_of(values[1]), sealed, plain, &error);
    size_t size = status == HR_OK ? sealed.size - HR_SEAL_BYTES : 0;
    if (plain == NULL)
        sqlite3_result_error_nomem(context);
    else if (status != HR_OK)
        fail(context, &error);
    else if (is_text)
        sqlite3_result_text64(context, (const char *)plain, size, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_result_blob64(context, plain, size, SQLITE_TRANSIENT);
    if (plain != NULL)
        sodium_memzero(plain, size);
    sqlite3_free(plain);
    sqlite3_free(decoded);
}

static void readable(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct hr_database *database = sqlite3_user_data(context);
    struct hr_view sealed;
    uint8_t *decoded = NULL;
    (void)count;
    if (database->vault == NULL) { /* what is sealed and not opened fails where it is read */
        sqlite3_result_int(context, 1);
        return;
    }
    if (sealed_bytes(values[2], &sealed, &decoded))
        sqlite3_result_int(context, has_key(database, sqlite3_value_int64(values[0]), column_of(values[1]), sealed));
    else
        sqlite3_result_error_nomem(context);
    sqlite3_free(decoded);
}

static void generation(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct hr_view sealed;
    uint8_t *decoded = NULL;
    (void)count;
    if (sealed_bytes(values[0], &sealed, &decoded))
        sqlite3_result_int64(context, hr_sealed_generation(sealed));
    else
        sqlite3_result_error_nomem(context);
    sqlite3_free(decoded);
}

/* New keys are in their file before a row that needs them is in the database. */
static int before_commit(void *context)
{
    struct hr_database *database = context;
    if (database->vault == NULL || !hr_vault_has_added(database->vault))
        return 0;
    return hr_vault_save(database->vault, &database->vault_error) == HR_OK ? 0 : 1;
}

enum hr_status hr_seal_functions(struct hr_database *database, struct hr_error *error)
{
    static const struct {
        const char *name;
        int count;
        void (*run)(sqlite3_context *context, int count, sqlite3_value **values);
    } functions[] = {
        {"seal", 3, seal}, {"unseal", 3, unseal}, {"readable", 3, readable}, {"generation", 1, generation}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        int code =
            sqlite3_create_function_v2(database->handle, functions[i].name, functions[i].count,
                                       SQLITE_UTF8 | SQLITE_DIRECTONLY, database, functions[i].run, NULL, NULL, NULL);
        if (code != SQLITE_OK)
            return hr_sql_fail(database, code, "setting it up", error);
    }
    sqlite3_commit_hook(database->handle, before_commit, database);
    return HR_OK;
}

enum hr_status hr_seal_look(struct hr_database *database, struct hr_error *error)
{
    int64_t rows = 0;
    if (database->schema_version < SEALED_SINCE)
        return HR_OK;
    enum hr_status status = hr_sql_integer(database, "SELECT count(*) FROM sealed", "reading it", &rows, error);
    database->is_sealed = rows > 0;
    return status;
}

/* --- opening --- */

bool hr_database_is_sealed(const struct hr_database *database)
{
    return database->is_sealed;
}

struct hr_vault *hr_database_vault(struct hr_database *database)
{
    return database->vault;
}

/* Within a transaction. */
static enum hr_status note_ring(struct hr_database *database, const struct hr_keyring *ring, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_SEALED_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_bytes(statement, 1, hr_view_of(hr_keyring_id(ring), HR_KEYRING_ID_BYTES));
    return hr_sql_finish(database, statement, "sealing it", NULL, error);
}

/* HR_OK when the vault is that of this database. */
static enum hr_status check_ring(struct hr_database *database, struct hr_vault *vault, struct hr_error *error)
{
    sqlite3_stmt *statement;
    if (hr_vault_is_new(vault))
        return hr_error_set(error, HR_ERR_PERMISSION,
                            "'%s' is sealed, and its keys '%s' are not there: bring them back, nothing can be read "
                            "without them",
                            database->path, hr_vault_name(vault));
    enum hr_status status = hr_sql_start(database, HR_SQL_SEALED, &statement, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_step(database, statement, "reading it", error);
    struct hr_view id = hr_view_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
    if (status == HR_OK && !hr_view_equal(id, hr_view_of(hr_keyring_id(hr_vault_ring(vault)), HR_KEYRING_ID_BYTES)))
        status = hr_error_set(error, HR_ERR_PERMISSION, "'%s' was sealed with other keys than those in '%s'",
                              database->path, hr_vault_name(vault));
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

static enum hr_status has_students(struct hr_database *database, bool *out, struct hr_error *error)
{
    int64_t rows = 0;
    enum hr_status status =
        hr_sql_integer(database, "SELECT EXISTS (SELECT 1 FROM students)", "reading it", &rows, error);
    *out = rows > 0;
    return status;
}

/* A database without students. */
static enum hr_status begin_sealed(struct hr_database *database, struct hr_vault *vault, struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    database->vault = vault;
    hr_vault_note_added(vault);
    status = note_ring(database, hr_vault_ring(vault), error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status == HR_OK) {
        database->is_sealed = true;
    } else {
        hr_database_rollback(database);
        database->vault = NULL;
    }
    return status;
}

static enum hr_status not_sealed(const struct hr_database *database, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_CONFLICT, "a key is given, and '%s' is not sealed: 'homeroom keys seal' seals it",
                        database->path);
}

static enum hr_status unlock(struct hr_database *database, struct hr_vault *vault, struct hr_error *error)
{
    bool some = false;
    if (database->is_sealed) {
        enum hr_status status = check_ring(database, vault, error);
        if (status != HR_OK)
            return status;
        database->vault = vault;
        return database->may_write ? hr_seal_destroy_keys(database, error) : HR_OK;
    }
    enum hr_status status = has_students(database, &some, error);
    if (status != HR_OK)
        return status;
    if (some || !database->may_write)
        return not_sealed(database, error);
    if (!hr_vault_is_new(vault))
        return hr_error_set(error, HR_ERR_CONFLICT,
                            "'%s' holds keys of another database, and '%s' is a new one: take another name for the "
                            "keys (--keyring)",
                            hr_vault_name(vault), database->path);
    return begin_sealed(database, vault, error);
}

enum hr_status hr_database_unlock(struct hr_database *database, struct hr_vault *vault, struct hr_error *error)
{
    if (vault == NULL && database->is_sealed)
        return hr_error_set(error, HR_ERR_PERMISSION,
                            "'%s' is sealed: say where its key is (--key-file, or HOMEROOM_KEY)", database->path);
    if (vault == NULL)
        return HR_OK;
    enum hr_status status = unlock(database, vault, error);
    if (status != HR_OK && database->vault == NULL)
        hr_vault_free(vault);
    return status;
}

/* --- forgetting --- */

enum hr_status hr_seal_note_destroyed(struct hr_database *database, const char *student_id, struct hr_error *error)
{
    sqlite3_stmt *statement;
    if (database->vault == NULL)
        return HR_OK;
    enum hr_status status = hr_sql_start(database, HR_SQL_DESTROYED_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student_id);
    return hr_sql_finish(database, statement, "noting that keys are to be destroyed", NULL, error);
}

enum hr_status hr_seal_renew_faces(struct hr_database *database, const char *student_id, struct hr_error *error)
{
    struct hr_student_standing standing;
    if (database->vault == NULL)
        return HR_OK;
    enum hr_status status = hr_database_standing(database, student_id, &standing, error);
    return status == HR_OK ? hr_seal_renew_faces_of(database, standing.key, error) : status;
}

enum hr_status hr_seal_renew_faces_of(struct hr_database *database, int64_t student, struct hr_error *error)
{
    sqlite3_stmt *statement;
    if (database->vault == NULL)
        return HR_OK;
    enum hr_status status = hr_keyring_add(hr_vault_ring(database->vault), student, HR_KEY_FACES, error);
    if (status != HR_OK)
        return status;
    hr_vault_note_added(database->vault);
    status = hr_sql_start(database, HR_SQL_FACES_RESEAL, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, student);
    return hr_sql_finish(database, statement, "renewing a student's key", NULL, error);
}

/* Those of students who are gone. */
static enum hr_status destroy_of_students(struct hr_database *database, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_DESTROYED, &statement, error);
    if (status != HR_OK)
        return status;
    while ((status = hr_sql_step(database, statement, "reading which keys are to be destroyed", error)) == HR_OK)
        hr_keyring_destroy(hr_vault_ring(database->vault), sqlite3_column_int64(statement, 0));
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

/* Those that were renewed, where nothing is under them any more; of a student without faces all but the newest. */
static enum hr_status destroy_older(struct hr_database *database, struct hr_error *error)
{
    sqlite3_stmt *statement;
    struct hr_keyring *ring = hr_vault_ring(database->vault);
    enum hr_status status = hr_sql_start(database, HR_SQL_GENERATIONS, &statement, error);
    if (status != HR_OK)
        return status;
    while ((status = hr_sql_step(database, statement, "reading which keys are in use", error)) == HR_OK) {
        int64_t student = sqlite3_column_int64(statement, 0);
        enum hr_key_kind kind = (enum hr_key_kind)sqlite3_column_int(statement, 1);
        uint32_t oldest = UINT32_MAX;
        hr_keyring_has(ring, student, kind, 0, &oldest);
        if (sqlite3_column_type(statement, 2) != SQLITE_NULL && (uint32_t)sqlite3_column_int64(statement, 2) < oldest)
            oldest = (uint32_t)sqlite3_column_int64(statement, 2);
        hr_keyring_destroy_older(ring, student, kind, oldest);
    }
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

enum hr_status hr_seal_destroy_keys(struct hr_database *database, struct hr_error *error)
{
    if (database->vault == NULL)
        return HR_OK;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = destroy_of_students(database, error);
    if (status == HR_OK && hr_keyring_is_renewed(hr_vault_ring(database->vault)))
        status = destroy_older(database, error);
    if (status == HR_OK && hr_vault_has_destroyed(database->vault))
        status = hr_vault_save(database->vault, error);
    hr_database_rollback(database);
    return status;
}

/* --- the whole database --- */

/* What `sql` does to all rows, with a line in the audit log, and the file anew: nothing of what was there is left. */
static enum hr_status change_all(struct hr_database *database, const char *sql, const char *what,
                                 struct hr_error *error)
{
    enum hr_status status = hr_sql_run(database, sql, "sealing it", error);
    if (status == HR_OK)
        status = hr_database_note(database, what, NULL, 0, error);
    if (status == HR_OK)
        status = hr_sql_note_removal(database, error);
    return status == HR_OK ? hr_database_commit(database, error) : status;
}

/* There are no keys for the faces of people who are not enrolled. */
static enum hr_status check_views(struct hr_database *database, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CLASSES_KEEPING, &statement, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_step(database, statement, "looking at its classes", error);
    if (status == HR_OK)
        status =
            hr_error_set(error, HR_ERR_CONFLICT,
                         "class '%s' keeps pictures of what a camera sees, which cannot be sealed: 'homeroom class "
                         "keep %s 0' removes them",
                         hr_sql_text(statement, 0), hr_sql_text(statement, 0));
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

enum hr_status hr_database_seal(struct hr_database *database, struct hr_vault *vault, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    if (database->is_sealed)
        status = hr_error_set(error, HR_ERR_CONFLICT, "'%s' is sealed already", database->path);
    else if (!hr_vault_is_new(vault))
        status = hr_error_set(error, HR_ERR_CONFLICT, "'%s' is there already, with keys of another database",
                              hr_vault_name(vault));
    if (status == HR_OK)
        status = check_views(database, error);
    if (status == HR_OK)
        status = hr_database_begin(database, error);
    if (status != HR_OK) {
        hr_vault_free(vault);
        return status;
    }
    database->vault = vault;
    hr_vault_note_added(vault);
    status = note_ring(database, hr_vault_ring(vault), error);
    if (status == HR_OK) /* names of students who were joined */
        status = hr_sql_do(database, HR_SQL_MERGES_DELETE, "sealing it", error);
    if (status == HR_OK)
        status = change_all(database, SEAL_STUDENTS(SEAL) ";" SEAL_FACES(SEAL), "seal", error);
    if (status != HR_OK) {
        hr_database_rollback(database);
        database->vault = NULL;
        hr_vault_free(vault);
        return status;
    }
    database->is_sealed = true;
    return hr_sql_tidy(database, error);
}

enum hr_status hr_database_unseal(struct hr_database *database, struct hr_error *error)
{
    struct hr_unreadable gone;
    struct hr_vault *vault = database->vault;
    if (vault == NULL)
        return hr_error_set(error, HR_ERR_CONFLICT, "'%s' is not sealed", database->path);
    enum hr_status status = hr_database_prune(database, &gone, error);
    if (status == HR_OK)
        status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status =
        change_all(database, SEAL_STUDENTS(UNSEAL) ";" SEAL_FACES(UNSEAL) "; DELETE FROM sealed; DELETE FROM destroyed",
                   "unseal", error);
    if (status != HR_OK) {
        hr_database_rollback(database);
        return status;
    }
    database->vault = NULL;
    database->is_sealed = false;
    status = hr_vault_remove(vault, error);
    hr_vault_free(vault);
    return status == HR_OK ? hr_sql_tidy(database, error) : status;
}

enum hr_status hr_database_renew_keys(struct hr_database *database, const struct hr_master_key *key,
                                      struct hr_error *error)
{
    static const char sql[] = SEAL_STUDENTS(RESEAL) " WHERE readable(key, 'name', name);" SEAL_FACES(
        RESEAL) " WHERE readable(student, 'vector', vector)";
    if (database->vault == NULL)
        return hr_error_set(error, HR_ERR_CONFLICT, "'%s' is not sealed: there are no keys to renew", database->path);
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_keyring_renew_all(hr_vault_ring(database->vault), error);
    hr_vault_note_added(database->vault);
    if (status == HR_OK && key != NULL)
        status = hr_vault_set_key(database->vault, key, error);
    if (status == HR_OK)
        status = change_all(database, sql, "renew_keys", error);
    if (status != HR_OK) {
        hr_database_rollback(database);
        return status;
    }
    status = hr_seal_destroy_keys(database, error);
    return status == HR_OK ? hr_sql_tidy(database, error) : status;
}

/* --- what was forgotten after this copy was made --- */

enum hr_status hr_database_unreadable(struct hr_database *database, struct hr_unreadable *out, struct hr_error *error)
{
    int64_t students = 0, faces = 0;
    *out = (struct hr_unreadable){0};
    if (database->vault == NULL)
        return HR_OK;
    enum hr_status status =
        hr_sql_integer(database, "SELECT count(*) FROM " UNREADABLE_STUDENTS, "counting", &students, error);
    if (status == HR_OK)
        status = hr_sql_integer(database, "SELECT count(*) FROM " UNREADABLE_FACES, "counting", &faces, error);
    *out = (struct hr_unreadable){.students = (size_t)students, .faces = (size_t)faces};
    return status;
}

enum hr_status hr_database_prune(struct hr_database *database, struct hr_unreadable *removed, struct hr_error *error)
{
    enum hr_status status = hr_database_unreadable(database, removed, error);
    if (status != HR_OK || (removed->students == 0 && removed->faces == 0))
        return status;
    status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = change_all(database,
                        "INSERT OR IGNORE INTO destroyed SELECT key FROM " UNREADABLE_STUDENTS
                        "; DELETE FROM " UNREADABLE_STUDENTS "; DELETE FROM " UNREADABLE_FACES,
                        "prune", error);
    if (status != HR_OK) {
        hr_database_rollback(database);
        return status;
    }
    return hr_sql_tidy(database, error);
}
