#include "records/sql.h"

#include "base/clock.h"
#include "base/limits.h"

#define STUDENT_COLUMNS "s.id, s.name, s.major, s.year, s.extra"
#define FACE_COLUMNS                                                                                                   \
    "s.id, f.model_id, f.vector, f.origin, f.origin_sha256, f.created_us, f.quality, f.face_px, f.verdict"
/* In the order of the faces; whose they are is looked up for each. */
#define FACES_FIRST " FROM faces AS f CROSS JOIN students AS s ON s.key = f.student"
#define KEY_OF(PLACE) "(SELECT key FROM students WHERE id = " PLACE ")"
/* The bytes of a record as they lie in the file, in its table and in its two indexes. */
#define STUDENT_BYTES                                                                                                  \
    "CAST(id || name || major || year || extra AS BLOB) AS in_table, CAST(name AS BLOB), CAST(id AS BLOB)"
/* What was made before it is kept no longer, at the time NOW; NULL: for ever. */
#define LAST_DAY(KIND, NOW) "(SELECT " NOW " - days * 86400000000 FROM keeping WHERE kind = '" KIND "')"
#define IS_KEPT(NOW) "f.created_us >= coalesce(" LAST_DAY("faces", NOW) ", f.created_us)"
/* The views (n) of each photo or video: it has a vector of each model that was there, and counts once. */
#define VIEWS(WHERE)                                                                                                   \
    "(SELECT max(n) AS n FROM (SELECT student, origin, origin_sha256, count(*) AS n FROM faces" WHERE                  \
    " GROUP BY student, origin, origin_sha256, model_id)"                                                              \
    " GROUP BY student, origin, origin_sha256)"
/* Ids that are numbers in the order of numbers, then all others as text. */
#define BY_ID                                                                                                          \
    "ORDER BY s.id GLOB '*[^0-9]*',"                                                                                   \
    " CASE WHEN s.id GLOB '*[^0-9]*' THEN 0 ELSE length(s.id) END, s.id"

static const char *const sql_texts[HR_SQL_COUNT] = {
    /* IMMEDIATE: whoever will write waits at the beginning, where waiting can still succeed. */
    [HR_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [HR_SQL_COMMIT] = "COMMIT",
    [HR_SQL_ROLLBACK] = "ROLLBACK",
    [HR_SQL_STUDENT_INSERT] = "INSERT INTO students(id, name, major, year, extra, listed)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(id) DO NOTHING",
    [HR_SQL_STUDENT_UPDATE] =
        "UPDATE students SET name = ?2, major = ?3, year = ?4, extra = ?5, listed = max(listed, ?6)"
        " WHERE id = ?1 AND (name <> ?2 OR major <> ?3 OR year <> ?4 OR extra <> ?5 OR listed < ?6)",
    [HR_SQL_STUDENT_ID] = "UPDATE students SET id = ?2 WHERE id = ?1",
    [HR_SQL_STUDENT_NAME] = "UPDATE students SET name = ?2 WHERE id = ?1",
    /* Empty columns of ?1 are filled from ?2. A name that is only the id is none. */
    [HR_SQL_STUDENT_FILL] =
        "UPDATE students AS a SET name = CASE WHEN a.name = a.id AND b.name <> b.id THEN b.name"
        " ELSE a.name END, major = CASE a.major WHEN '' THEN b.major ELSE a.major END,"
        " year = CASE a.year WHEN '' THEN b.year ELSE a.year END,"
        " extra = CASE a.extra WHEN '' THEN b.extra ELSE a.extra END, listed = max(a.listed, b.listed),"
        " consent = CASE a.consent WHEN '' THEN b.consent ELSE a.consent END,"
        " consent_us = CASE a.consent WHEN '' THEN b.consent_us ELSE a.consent_us END"
        " FROM students AS b WHERE a.id = ?1 AND b.id = ?2",
    [HR_SQL_STUDENTS_NAMES] = "SELECT id, name FROM students ORDER BY id",
    [HR_SQL_STUDENTS_IDS] = "SELECT id, listed FROM students ORDER BY id",
    [HR_SQL_STUDENTS_LISTED] = "SELECT 1 FROM students WHERE listed LIMIT 1",
    [HR_SQL_STUDENT_DELETE] = "DELETE FROM students WHERE id = ?1",
    [HR_SQL_STUDENT_BYTES] = "SELECT " STUDENT_BYTES " FROM students WHERE id = ?1",
    /* ?1: a JSON array of ids; the answer carries the place in it. */
    [HR_SQL_STUDENTS_BY_IDS] = "SELECT asked.key, " STUDENT_COLUMNS " FROM json_each(?1) AS asked"
                               " CROSS JOIN students AS s ON s.id = asked.value",
    [HR_SQL_STUDENTS_ALL] = "SELECT (SELECT coalesce(sum(n), 0) FROM " VIEWS(
        " WHERE student = s.key") "), " STUDENT_COLUMNS " FROM students AS s " BY_ID,
    [HR_SQL_FACE_INSERT] =
        "INSERT INTO faces(student, model_id, vector, origin, origin_sha256,"
        " created_us, quality, face_px, verdict)"
        " SELECT key, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM students WHERE id = ?1 AND consent <> 'no'",
    /* What ?2 has of ?1's photos already stays behind, and goes with ?1. */
    [HR_SQL_FACES_MOVE] = "UPDATE OR FAIL faces SET student = " KEY_OF("?2") " WHERE student = " KEY_OF(
        "?1") " AND NOT EXISTS"
              " (SELECT 1 FROM faces AS f WHERE f.student = " KEY_OF(
                  "?2") " AND f.model_id = faces.model_id"
                        " AND f.origin_sha256 = faces.origin_sha256 AND f.origin_sha256 <> '')",
    [HR_SQL_FACES_DELETE_ORIGIN] = "DELETE FROM faces WHERE student = " KEY_OF("?1") " AND origin = ?2",
    [HR_SQL_FACES_MODELS] = "SELECT s.id, f.model_id, count(*) FROM students AS s JOIN faces AS f ON f.student = s.key"
                            " GROUP BY s.id, f.model_id ORDER BY s.id, f.model_id",
    [HR_SQL_FACE_EXISTS] = "SELECT 1 FROM faces AS f WHERE student = " KEY_OF(
        "?1") " AND model_id = ?2"
              " AND origin_sha256 = ?3 AND " IS_KEPT("?4") " LIMIT 1",
    [HR_SQL_FACES_ALL] =
        "SELECT " FACE_COLUMNS FACES_FIRST " WHERE s.consent <> 'no' AND " IS_KEPT("?1") " ORDER BY f.id",
    [HR_SQL_FACES_OF_MODEL] = "SELECT " FACE_COLUMNS FACES_FIRST " WHERE s.consent <> 'no' AND f.model_id = ?2"
                              " AND " IS_KEPT("?1") " ORDER BY f.id",
    [HR_SQL_FACES_OF_STUDENT] = "SELECT " FACE_COLUMNS " FROM students AS s CROSS JOIN faces AS f ON f.student = s.key"
                                " WHERE s.id = ?1 ORDER BY f.id",
    [HR_SQL_BYTES_IN_USE] = "SELECT 1 FROM faces WHERE instr(vector, ?1) OR instr(CAST(origin AS BLOB), ?1)"
                            " OR instr(CAST(model_id || origin_sha256 AS BLOB), ?1)"
                            " UNION ALL SELECT 1 FROM (SELECT " STUDENT_BYTES " FROM students)"
                            " WHERE instr(in_table, ?1)"
                            " UNION ALL SELECT 1 FROM observations WHERE instr(CAST(video AS BLOB), ?1) LIMIT 1",
    [HR_SQL_COUNTS] = "SELECT (SELECT count(*) FROM students), (SELECT coalesce(sum(n), 0)"
                      " FROM " VIEWS("") "),"
                                         " (SELECT count(*) FROM students AS s WHERE NOT EXISTS"
                                         " (SELECT 1 FROM faces WHERE student = s.key))",
    [HR_SQL_OBSERVATION_INSERT] =
        "INSERT INTO observations(video, version, made_us, duration_us, width_px, height_px, codec, frames, faces,"
        " samples_per_s, false_present, includes_review, class_generation, models, unknown_people)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    [HR_SQL_TRACK_INSERT] =
        "INSERT INTO tracks(observation, student, person, band, reason, model_id, camera, first_us, last_us,"
        " sightings, views, face_px, similarity, margin, stranger_chance, best, places)"
        " VALUES (?1, " KEY_OF("?2") ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    [HR_SQL_CANDIDATE_INSERT] = "INSERT INTO candidates(track, rank, similarity, student)"
                                " SELECT ?1, ?2, ?3, key FROM students WHERE id = ?4",
    [HR_SQL_OBSERVATIONS] =
        "SELECT key, video, version, made_us, duration_us, width_px, height_px, codec, frames, faces,"
        " samples_per_s, false_present, includes_review, class_generation, models, unknown_people"
        " FROM observations ORDER BY key",
    [HR_SQL_TRACKS_OF] = "SELECT t.key, s.id, t.person, t.band, t.reason, t.model_id, t.camera, t.first_us, t.last_us,"
                         " t.sightings, t.views, t.face_px, t.similarity, t.margin, t.stranger_chance, t.best, t.places"
                         " FROM tracks AS t LEFT JOIN students AS s ON s.key = t.student"
                         " WHERE t.observation = ?1 ORDER BY t.key",
    [HR_SQL_CANDIDATES] = "SELECT s.id, c.similarity FROM candidates AS c JOIN students AS s ON s.key = c.student"
                          " WHERE c.track = ?1 ORDER BY c.rank",
    [HR_SQL_TRACKS_MOVE] = "UPDATE tracks SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    /* A track that has both keeps the better one. */
    [HR_SQL_CANDIDATES_JOIN] = "DELETE FROM candidates AS c WHERE c.student IN (" KEY_OF("?1") ", " KEY_OF(
        "?2") ") AND EXISTS"
              " (SELECT 1 FROM candidates AS o WHERE o.track = c.track AND o.rank < c.rank"
              " AND o.student IN (" KEY_OF("?1") ", " KEY_OF("?2") "))",
    [HR_SQL_CANDIDATES_MOVE] = "UPDATE candidates SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    [HR_SQL_OBSERVATIONS_DELETE] = "DELETE FROM observations WHERE video = ?1",
    [HR_SQL_REMOVAL_NOTE] = "INSERT INTO removals DEFAULT VALUES",
    [HR_SQL_REMOVALS_DONE] = "DELETE FROM removals",
    [HR_SQL_CONSENT] = "SELECT consent, consent_us FROM students WHERE id = ?1",
    /* ?4: only of whom nobody has asked. */
    [HR_SQL_CONSENT_SET] =
        "UPDATE students SET consent = ?2, consent_us = ?3 WHERE id = ?1 AND (NOT ?4 OR consent = '')",
    [HR_SQL_CONSENT_ALL] = "SELECT s.id, s.name, s.consent, s.consent_us FROM students AS s " BY_ID,
    [HR_SQL_CONSENT_REFUSED] = "SELECT count(*) FROM students WHERE id IN (?1, ?2) AND consent = 'no'",
    [HR_SQL_FACES_DELETE_STUDENT] = "DELETE FROM faces WHERE student = " KEY_OF("?1"),
    [HR_SQL_TRACKS_UNNAME] = "UPDATE tracks SET student = NULL WHERE student = " KEY_OF("?1"),
    [HR_SQL_CANDIDATES_UNNAME] = "DELETE FROM candidates WHERE student = " KEY_OF("?1"),
    [HR_SQL_STUDENT_STANDING] = "SELECT key, listed FROM students WHERE id = ?1",
    [HR_SQL_AUDIT_INSERT] =
        "INSERT INTO audit(at_us, who, what, student, count) VALUES (?1, ?2, ?3, " KEY_OF("?4") ", ?5)",
    [HR_SQL_AUDIT_FORGET] = "DELETE FROM audit WHERE student = " KEY_OF("?1"),
    [HR_SQL_AUDIT_MOVE] = "UPDATE audit SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    [HR_SQL_AUDIT_ALL] = "SELECT at_us, who, what, student, count FROM audit ORDER BY key",
    [HR_SQL_AUDIT_OF] =
        "SELECT at_us, who, what, student, count FROM audit WHERE student = " KEY_OF("?1") " ORDER BY key",
    [HR_SQL_KEEPING] = "SELECT kind, days FROM keeping",
    [HR_SQL_KEEPING_SET] =
        "INSERT INTO keeping(kind, days) VALUES (?1, ?2) ON CONFLICT(kind) DO UPDATE SET days = excluded.days",
    [HR_SQL_KEEPING_FOREVER] = "DELETE FROM keeping WHERE kind = ?1",
    [HR_SQL_OVERDUE] = "SELECT (SELECT count(*) FROM faces WHERE created_us < " LAST_DAY(
        "faces", "?1") "),"
                       " (SELECT count(*) FROM observations WHERE made_us < " LAST_DAY(
                           "observations", "?1") "),"
                                                 " (SELECT count(*) FROM audit WHERE at_us < " LAST_DAY("audit",
                                                                                                        "?1") ")",
    [HR_SQL_FACES_PURGE] = "DELETE FROM faces WHERE created_us < " LAST_DAY("faces", "?1"),
    [HR_SQL_OBSERVATIONS_PURGE] = "DELETE FROM observations WHERE made_us < " LAST_DAY("observations", "?1"),
    [HR_SQL_AUDIT_PURGE] = "DELETE FROM audit WHERE at_us < " LAST_DAY("audit", "?1"),
};

static enum hr_status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return HR_ERR_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return HR_ERR_UNAVAILABLE;
    case SQLITE_CANTOPEN: /* it is there: hr_database_open looked */
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return HR_ERR_PERMISSION;
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return HR_ERR_IO;
    case SQLITE_CONSTRAINT:
        return HR_ERR_CONFLICT;
    case SQLITE_TOOBIG:
        return HR_ERR_LIMIT;
    default:
        return HR_ERR_DATABASE;
    }
}

/* How many steps go by between two looks. Small statements are never looked at: they end by themselves, and what is in
 * hand when somebody asks to stop can still be written down. */
enum { STEPS_PER_LOOK = 1 << 20 };

static int look(void *context)
{
    struct hr_database *database = context;
    database->steps += STEPS_PER_LOOK;
    return hr_stop_requested(database->stop) || database->steps > database->steps_max;
}

static enum hr_status interrupted(const struct hr_database *database, struct hr_error *error)
{
    if (hr_stop_requested(database->stop))
        return hr_error_set(error, HR_ERR_DEADLINE, "'%s': stopped", database->path);
    return hr_error_set(
        error, HR_ERR_DATABASE,
        "'%s': reading it does not come to an end: it is damaged, or made to mislead; bring back your last "
        "backup of it",
        database->path);
}

/* What a file could say that it wants run, and what it could ask for. */
static void set_limits(sqlite3 *handle)
{
    static const int off[] = {
        SQLITE_DBCONFIG_ENABLE_VIEW,          SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_TRUSTED_SCHEMA,
        SQLITE_DBCONFIG_WRITABLE_SCHEMA,      SQLITE_DBCONFIG_DQS_DDL,        SQLITE_DBCONFIG_DQS_DML,
        SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION};
    enum { VALUE_BYTES_MAX = 256 << 20, COLUMNS_MAX = 64, ATTACHED_BY_VACUUM = 1 };
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        sqlite3_db_config(handle, off[i], 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    sqlite3_limit(handle, SQLITE_LIMIT_COLUMN, COLUMNS_MAX);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, ATTACHED_BY_VACUUM);
}

/* secure_delete: removed records are overwritten with zeros. temp_store: face vectors never reach a temporary file.
 * mmap_size: a file that somebody shortens must be an error, no signal. cell_size_check: a forged file must not mislead
 * the reader. */
static const char connection_sql[] = "PRAGMA foreign_keys = ON;"
                                     "PRAGMA secure_delete = ON;"
                                     "PRAGMA temp_store = MEMORY;"
                                     "PRAGMA mmap_size = 0;"
                                     "PRAGMA cell_size_check = ON;";

enum hr_status hr_sql_protect(struct hr_database *database, struct hr_error *error)
{
    sqlite3_hard_heap_limit64(HR_LIMIT_DATABASE_HEAP_BYTES); /* of the whole program */
    set_limits(database->handle);
    if (database->steps_max == 0)
        database->steps_max = HR_LIMIT_DATABASE_STEPS;
    sqlite3_progress_handler(database->handle, STEPS_PER_LOOK, look, database);
    return hr_sql_run(database, connection_sql, "setting it up", error);
}

/* "disk I/O error" is a full disk, a limit on the size of files, a cable: the system's word says which. "" where it has
 * none. */
static const char *system_word(const struct hr_database *database, int code)
{
    int kind = code & 0xff;
    int number = database->handle != NULL ? sqlite3_system_errno(database->handle) : 0;
    return (kind == SQLITE_IOERR || kind == SQLITE_FULL) && number != 0 ? strerrordesc_np(number) : "";
}

enum hr_status hr_sql_fail(const struct hr_database *database, int code, const char *doing, struct hr_error *error)
{
    const char *path = database->path;
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        return hr_error_set(error, HR_ERR_DATABASE, "'%s' is not a homeroom database (not an SQLite file)", path);
    case SQLITE_CORRUPT:
        return hr_error_set(error, HR_ERR_DATABASE, "'%s' is damaged (%s): bring back your last backup of it", path,
                            sqlite3_errmsg(database->handle));
    case SQLITE_INTERRUPT:
        return interrupted(database, error);
    case SQLITE_BUSY:
        return hr_error_set(error, HR_ERR_UNAVAILABLE,
                            "'%s' is in use by another program: try again when it is done (%s)", path, doing);
    default: {
        const char *word = system_word(database, code);
        return hr_error_set(error, status_of(code), "'%s': %s: %s%s%s", path, doing,
                            database->handle != NULL ? sqlite3_errmsg(database->handle) : sqlite3_errstr(code),
                            word != NULL && word[0] != '\0' ? ": " : "", word != NULL ? word : "");
    }
    }
}

enum hr_status hr_sql_run(struct hr_database *database, const char *sql, const char *doing, struct hr_error *error)
{
    database->steps = 0;
    int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? HR_OK : hr_sql_fail(database, code, doing, error);
}

enum hr_status hr_sql_integer(struct hr_database *database, const char *sql, const char *doing, int64_t *out,
                              struct hr_error *error)
{
    sqlite3_stmt *statement = NULL;
    database->steps = 0;
    int code = sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum hr_status status = HR_OK;
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        status = hr_sql_fail(database, code, doing, error);
    sqlite3_finalize(statement);
    return status;
}

enum hr_status hr_sql_start(struct hr_database *database, enum hr_sql which, sqlite3_stmt **out, struct hr_error *error)
{
    sqlite3_stmt **kept = &database->statements[which];
    *out = NULL;
    database->steps = 0;
    if (*kept == NULL) {
        int code = sqlite3_prepare_v3(database->handle, sql_texts[which], -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
        if (code != SQLITE_OK)
            return hr_sql_fail(database, code, "preparing a statement", error);
    }
    /* A walk over rows whose callback starts the same walk again would lose its place. */
    if (sqlite3_stmt_busy(*kept))
        return hr_error_set(error, HR_ERR_INTERNAL, "'%s': a walk over its rows within itself", database->path);
    *out = *kept;
    return HR_OK;
}

void hr_sql_end(sqlite3_stmt *statement)
{
    if (statement == NULL)
        return;
    sqlite3_reset(statement); /* repeats the step's failure, which is reported already */
    sqlite3_clear_bindings(statement);
}

int hr_sql_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    return sqlite3_bind_text64(statement, index, text, strlen(text), SQLITE_STATIC, SQLITE_UTF8);
}

int hr_sql_bind_bytes(sqlite3_stmt *statement, int index, struct hr_view bytes)
{
    return sqlite3_bind_blob64(statement, index, bytes.data, bytes.size, SQLITE_STATIC);
}

void hr_sql_bind_now(sqlite3_stmt *statement, int index)
{
    const struct hr_clock *clock = hr_clock_system();
    sqlite3_bind_int64(statement, index, clock->wall_us(clock->context));
}

enum hr_status hr_sql_step(struct hr_database *database, sqlite3_stmt *statement, const char *doing,
                           struct hr_error *error)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return HR_OK;
    if (code == SQLITE_DONE)
        return HR_END;
    return hr_sql_fail(database, sqlite3_extended_errcode(database->handle), doing, error);
}

enum hr_status hr_sql_finish(struct hr_database *database, sqlite3_stmt *statement, const char *doing, size_t *changed,
                             struct hr_error *error)
{
    enum hr_status status = hr_sql_step(database, statement, doing, error);
    if (status == HR_OK || status == HR_END) {
        if (changed != NULL)
            *changed = (size_t)sqlite3_changes(database->handle);
        status = HR_OK;
    }
    hr_sql_end(statement);
    return status;
}

enum hr_status hr_sql_do(struct hr_database *database, enum hr_sql which, const char *doing, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    return status == HR_OK ? hr_sql_finish(database, statement, doing, NULL, error) : status;
}

enum hr_status hr_sql_no_student(const char *id, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_NOT_FOUND, "there is no student '%s'", id);
}

enum hr_status hr_sql_student_row(struct hr_database *database, enum hr_sql which, const char *id, const char *doing,
                                  sqlite3_stmt **out, struct hr_error *error)
{
    enum hr_status status = hr_sql_start(database, which, out, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(*out, 1, id);
    status = hr_sql_step(database, *out, doing, error);
    if (status == HR_OK)
        return HR_OK;
    hr_sql_end(*out);
    *out = NULL;
    return status == HR_END ? hr_sql_no_student(id, error) : status;
}

const char *hr_sql_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text != NULL ? (const char *)text : "";
}
