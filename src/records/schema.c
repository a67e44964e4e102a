/* What homeroom.db holds, and how an older one becomes a newer one. A released step is never
 * changed: a new need is a new step. */
#include "records/sql.h"

/* "HmRm": how file(1) and we tell a homeroom database from any other SQLite file. */
#define APPLICATION_ID 0x486d526d
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static const char *const steps[] = {
    /* 1. `extra`: a JSON object of further columns, in their order; '' for none. The order of
     * faces.id is the order of their making. */
    "CREATE TABLE students("
    " id TEXT NOT NULL PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " major TEXT NOT NULL,"
    " year TEXT NOT NULL,"
    " extra TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX students_by_name ON students(name);"
    "CREATE TABLE faces("
    " id INTEGER PRIMARY KEY,"
    " student_id TEXT NOT NULL REFERENCES students(id) ON DELETE CASCADE,"
    " model_id TEXT NOT NULL,"
    " vector BLOB NOT NULL,"
    " origin TEXT NOT NULL,"
    " origin_sha256 TEXT NOT NULL,"
    " created_us INTEGER NOT NULL,"
    " quality REAL NOT NULL"
    ") STRICT;"
    "CREATE INDEX faces_by_student ON faces(student_id, model_id, origin_sha256);",
    /* 2. `listed`: 1 when the row came from a table of students, 0 when enrolling made it. `face_px`: width of the
     * face in its photo, 0 when not known. `verdict`: a word of enrolment on a photo that was taken all the same. */
    "ALTER TABLE students ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;"
    "UPDATE students SET listed = 1 WHERE name <> id OR major <> '' OR year <> '' OR extra <> '';"
    "ALTER TABLE faces ADD COLUMN face_px REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE faces ADD COLUMN verdict TEXT NOT NULL DEFAULT '';",
    /* 3. Rows know a student by a key of our own, which is never used again: an id may change, and what is kept of a
     * class outlives a student who is forgotten. */
    "CREATE TABLE students_new("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " id TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL,"
    " major TEXT NOT NULL,"
    " year TEXT NOT NULL,"
    " extra TEXT NOT NULL,"
    " listed INTEGER NOT NULL"
    ") STRICT;"
    "INSERT INTO students_new(id, name, major, year, extra, listed)"
    " SELECT id, name, major, year, extra, listed FROM students ORDER BY id;"
    "CREATE TABLE faces_new("
    " id INTEGER PRIMARY KEY,"
    " student INTEGER NOT NULL REFERENCES students_new(key) ON DELETE CASCADE,"
    " model_id TEXT NOT NULL,"
    " vector BLOB NOT NULL,"
    " origin TEXT NOT NULL,"
    " origin_sha256 TEXT NOT NULL,"
    " created_us INTEGER NOT NULL,"
    " quality REAL NOT NULL,"
    " face_px REAL NOT NULL,"
    " verdict TEXT NOT NULL"
    ") STRICT;"
    "INSERT INTO faces_new"
    " SELECT f.id, s.key, f.model_id, f.vector, f.origin, f.origin_sha256, f.created_us, f.quality, f.face_px,"
    " f.verdict"
    " FROM faces AS f JOIN students_new AS s ON s.id = f.student_id;"
    "DROP TABLE faces;"
    "DROP TABLE students;"
    "ALTER TABLE students_new RENAME TO students;"
    "ALTER TABLE faces_new RENAME TO faces;"
    "CREATE INDEX students_by_name ON students(name);"
    "CREATE INDEX faces_by_student ON faces(student, model_id, origin_sha256);",
    /* 4. What was seen in videos, where it is kept. A student who is forgotten leaves tracks of nobody. `best` and
     * `places` are JSON: they are shown, and never searched. */
    "CREATE TABLE observations("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " video TEXT NOT NULL,"
    " version TEXT NOT NULL,"
    " made_us INTEGER NOT NULL,"
    " duration_us INTEGER NOT NULL,"
    " width_px INTEGER NOT NULL,"
    " height_px INTEGER NOT NULL,"
    " codec TEXT NOT NULL,"
    " frames INTEGER NOT NULL,"
    " faces INTEGER NOT NULL,"
    " samples_per_s REAL NOT NULL,"
    " false_present REAL NOT NULL,"
    " includes_review INTEGER NOT NULL,"
    " class_generation INTEGER NOT NULL,"
    " models TEXT NOT NULL,"
    " unknown_people INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX observations_by_video ON observations(video);"
    "CREATE TABLE tracks("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " observation INTEGER NOT NULL REFERENCES observations(key) ON DELETE CASCADE,"
    " student INTEGER REFERENCES students(key) ON DELETE SET NULL,"
    " person INTEGER NOT NULL,"
    " band TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " model_id TEXT NOT NULL,"
    " camera INTEGER NOT NULL,"
    " first_us INTEGER NOT NULL,"
    " last_us INTEGER NOT NULL,"
    " sightings INTEGER NOT NULL,"
    " views INTEGER NOT NULL,"
    " face_px REAL NOT NULL,"
    " similarity REAL,"
    " margin REAL,"
    " stranger_chance REAL NOT NULL,"
    " best TEXT NOT NULL,"
    " places TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX tracks_by_observation ON tracks(observation);"
    "CREATE INDEX tracks_by_student ON tracks(student);"
    "CREATE TABLE candidates("
    " track INTEGER NOT NULL REFERENCES tracks(key) ON DELETE CASCADE,"
    " rank INTEGER NOT NULL,"
    " student INTEGER NOT NULL REFERENCES students(key) ON DELETE CASCADE,"
    " similarity REAL NOT NULL,"
    " PRIMARY KEY (track, rank)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX candidates_by_student ON candidates(student);",
    /* 5. `consent`: 'yes', 'no', or '' for not asked; `consent_us`: when that was said. Who was enrolled before had
     * agreed to it then. `audit`
     * names students by their key alone. `removals`: a row while traces of something that was removed are still to be
     * cleaned away; it does not say of what. */
    "ALTER TABLE students ADD COLUMN consent TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE students ADD COLUMN consent_us INTEGER NOT NULL DEFAULT 0;"
    "UPDATE students SET consent = 'yes', consent_us = (SELECT min(created_us) FROM faces WHERE student = key)"
    " WHERE key IN (SELECT student FROM faces);"
    "CREATE TABLE audit("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " at_us INTEGER NOT NULL,"
    " who TEXT NOT NULL,"
    " what TEXT NOT NULL,"
    " student INTEGER,"
    " count INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX audit_by_student ON audit(student);"
    "CREATE TABLE removals(key INTEGER PRIMARY KEY) STRICT;",
    /* 6. `sealed`: one row, the name of the ring of keys, where the database is sealed (records/vault.h): then name,
     * major, year and extra, vector and origin are under keys. `destroyed`: students whose keys are to be in no ring
     * any more, by their key here. */
    "CREATE TABLE sealed(ring BLOB NOT NULL) STRICT;"
    "CREATE TABLE destroyed(student INTEGER PRIMARY KEY) STRICT;",
    /* 7. Classes and lessons (records/classes.h, records/lessons.h). Days are texts, "2026-11-27", '' being open. The
     * last of a student's marks counts. A student who is forgotten is gone from all of it. */
    "CREATE TABLE classes("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " id TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL,"
    " zone TEXT NOT NULL,"
    " late_min INTEGER NOT NULL,"
    " early_min INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE members("
    " class INTEGER NOT NULL REFERENCES classes(key) ON DELETE CASCADE,"
    " student INTEGER NOT NULL REFERENCES students(key) ON DELETE CASCADE,"
    " from_day TEXT NOT NULL,"
    " to_day TEXT NOT NULL,"
    " PRIMARY KEY (class, student, from_day)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX members_by_student ON members(student);"
    "CREATE TABLE slots("
    " class INTEGER NOT NULL REFERENCES classes(key) ON DELETE CASCADE,"
    " weekday INTEGER NOT NULL,"
    " start_min INTEGER NOT NULL,"
    " end_min INTEGER NOT NULL,"
    " PRIMARY KEY (class, weekday, start_min)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE days_off("
    " class INTEGER NOT NULL REFERENCES classes(key) ON DELETE CASCADE,"
    " day TEXT NOT NULL,"
    " PRIMARY KEY (class, day)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE lessons("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " class INTEGER NOT NULL REFERENCES classes(key) ON DELETE CASCADE,"
    " title TEXT NOT NULL,"
    " day TEXT NOT NULL,"
    " start_us INTEGER NOT NULL,"
    " end_us INTEGER NOT NULL,"
    " finished_us INTEGER NOT NULL,"
    " UNIQUE (class, start_us)"
    ") STRICT;"
    "CREATE TABLE recordings("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " lesson INTEGER NOT NULL REFERENCES lessons(key) ON DELETE CASCADE,"
    " observation INTEGER NOT NULL UNIQUE REFERENCES observations(key) ON DELETE CASCADE,"
    " camera TEXT NOT NULL,"
    " start_us INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX recordings_by_lesson ON recordings(lesson);"
    "CREATE TABLE marks("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " lesson INTEGER NOT NULL REFERENCES lessons(key) ON DELETE CASCADE,"
    " student INTEGER NOT NULL REFERENCES students(key) ON DELETE CASCADE,"
    " status TEXT NOT NULL,"
    " note TEXT NOT NULL,"
    " who TEXT NOT NULL,"
    " at_us INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX marks_by_lesson ON marks(lesson, student);"
    "CREATE INDEX marks_by_student ON marks(student);"
    "CREATE TABLE finals("
    " lesson INTEGER NOT NULL REFERENCES lessons(key) ON DELETE CASCADE,"
    " student INTEGER NOT NULL REFERENCES students(key) ON DELETE CASCADE,"
    " status TEXT NOT NULL,"
    " why TEXT NOT NULL,"
    " by_hand INTEGER NOT NULL,"
    " arrived_us INTEGER NOT NULL,"
    " left_us INTEGER NOT NULL,"
    " seen_us INTEGER NOT NULL,"
    " sightings INTEGER NOT NULL,"
    " similarity REAL,"
    " PRIMARY KEY (lesson, student)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX finals_by_student ON finals(student);",
    /* 8. How many days each kind of data is kept (records/keeping.h); without a row: for ever. */
    "CREATE TABLE keeping("
    " kind TEXT NOT NULL PRIMARY KEY,"
    " days INTEGER NOT NULL CHECK (days BETWEEN 1 AND 36500)"
    ") STRICT, WITHOUT ROWID;",
    /* 9. What people say of what was seen (records/corrections.h): a change is one thing that somebody said, of any
     * number of tracks; `undone_us`: 0 while it holds. `decisions`: what a track is now taken for, when its vector was
     * compared again, with `choices` for its candidates. `views` (records/views.h): kept for the class's `keep_days`,
     * none when that is 0. `enrolled`: the faces that a change has added. `guests`: everybody
     * in the database was looked for, not the class alone. `joined` and `moves`: of a change that joined two students,
     * whom it removed and which rows were his, so that it can be taken back. */
    "ALTER TABLE classes ADD COLUMN keep_days INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE recordings ADD COLUMN guests INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE changes("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"
    " student INTEGER REFERENCES students(key) ON DELETE CASCADE,"
    " who TEXT NOT NULL,"
    " at_us INTEGER NOT NULL,"
    " undone_by TEXT NOT NULL,"
    " undone_us INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX changes_by_student ON changes(student);"
    "CREATE TABLE corrections("
    " track INTEGER NOT NULL REFERENCES tracks(key) ON DELETE CASCADE,"
    " change INTEGER NOT NULL REFERENCES changes(key) ON DELETE CASCADE,"
    " PRIMARY KEY (track, change)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX corrections_by_change ON corrections(change);"
    "CREATE TABLE enrolled("
    " face INTEGER PRIMARY KEY REFERENCES faces(id) ON DELETE CASCADE,"
    " change INTEGER NOT NULL REFERENCES changes(key) ON DELETE CASCADE"
    ") STRICT;"
    "CREATE INDEX enrolled_by_change ON enrolled(change);"
    "CREATE TABLE decisions("
    " track INTEGER PRIMARY KEY REFERENCES tracks(key) ON DELETE CASCADE,"
    " student INTEGER REFERENCES students(key) ON DELETE SET NULL,"
    " band TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " model_id TEXT NOT NULL,"
    " similarity REAL,"
    " margin REAL,"
    " stranger_chance REAL NOT NULL"
    ") STRICT;"
    "CREATE INDEX decisions_by_student ON decisions(student);"
    "CREATE TABLE choices("
    " track INTEGER NOT NULL REFERENCES decisions(track) ON DELETE CASCADE,"
    " rank INTEGER NOT NULL,"
    " student INTEGER NOT NULL REFERENCES students(key) ON DELETE CASCADE,"
    " similarity REAL NOT NULL,"
    " PRIMARY KEY (track, rank)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX choices_by_student ON choices(student);"
    "CREATE TABLE joined("
    " change INTEGER PRIMARY KEY REFERENCES changes(key) ON DELETE CASCADE,"
    " key INTEGER NOT NULL,"
    " id TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " major TEXT NOT NULL,"
    " year TEXT NOT NULL,"
    " extra TEXT NOT NULL,"
    " listed INTEGER NOT NULL,"
    " consent TEXT NOT NULL,"
    " consent_us INTEGER NOT NULL,"
    " kept_name TEXT NOT NULL,"
    " kept_major TEXT NOT NULL,"
    " kept_year TEXT NOT NULL,"
    " kept_extra TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE moves("
    " change INTEGER NOT NULL REFERENCES changes(key) ON DELETE CASCADE,"
    " kind TEXT NOT NULL,"
    " row INTEGER NOT NULL,"
    " detail TEXT NOT NULL,"
    " PRIMARY KEY (change, kind, row, detail)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE views("
    " track INTEGER PRIMARY KEY REFERENCES tracks(key) ON DELETE CASCADE,"
    " vector BLOB NOT NULL,"
    " sharpness REAL NOT NULL,"
    " frontal REAL NOT NULL,"
    " picture BLOB NOT NULL"
    ") STRICT;",
    /* 10. The page: who may sign in (records/accounts.h), and what is to be done (records/tasks.h). `password`: of
     * argon2id, as libsodium writes it. `logins`: hashes of secrets that browsers and programs hold; `label`: of a
     * program's; "" of a browser's. `uploads`: videos of which a part has come. `tasks`: whole ones; `file`: where it
     * lies, "" once it is gone; `ends`: how often in a row the program was ended at `place_us` of it. */
    "CREATE TABLE accounts("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE,"
    " role TEXT NOT NULL,"
    " password TEXT NOT NULL,"
    " made_us INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE account_classes("
    " account INTEGER NOT NULL REFERENCES accounts(key) ON DELETE CASCADE,"
    " class INTEGER NOT NULL REFERENCES classes(key) ON DELETE CASCADE,"
    " PRIMARY KEY (account, class)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX account_classes_by_class ON account_classes(class);"
    "CREATE TABLE logins("
    " hash BLOB PRIMARY KEY,"
    " account INTEGER NOT NULL REFERENCES accounts(key) ON DELETE CASCADE,"
    " label TEXT NOT NULL,"
    " made_us INTEGER NOT NULL,"
    " seen_us INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX logins_by_account ON logins(account);"
    "CREATE TABLE uploads("
    " id TEXT PRIMARY KEY,"
    " account INTEGER NOT NULL REFERENCES accounts(key) ON DELETE CASCADE,"
    " video TEXT NOT NULL,"
    " class TEXT NOT NULL,"
    " lesson INTEGER NOT NULL,"
    " camera TEXT NOT NULL,"
    " start TEXT NOT NULL,"
    " modified_us INTEGER NOT NULL,"
    " size_bytes INTEGER NOT NULL,"
    " made_us INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX uploads_by_account ON uploads(account);"
    "CREATE TABLE tasks("
    " key INTEGER PRIMARY KEY AUTOINCREMENT,"
    " account TEXT NOT NULL,"
    " file TEXT NOT NULL,"
    " video TEXT NOT NULL,"
    " class TEXT NOT NULL,"
    " lesson INTEGER NOT NULL,"
    " camera TEXT NOT NULL,"
    " start TEXT NOT NULL,"
    " modified_us INTEGER NOT NULL,"
    " state TEXT NOT NULL,"
    " tries INTEGER NOT NULL,"
    " place_us INTEGER NOT NULL,"
    " ends INTEGER NOT NULL,"
    " message TEXT NOT NULL,"
    " made_us INTEGER NOT NULL,"
    " began_us INTEGER NOT NULL,"
    " ended_us INTEGER NOT NULL"
    ") STRICT;",
    /* 11. What came of a task, for programs: `reason` and `value` of a failure, how many were `certain` and `unknown`.
     * `start_by`: what says when a recording began (records/lessons.h); '' of older ones. */
    "ALTER TABLE tasks ADD COLUMN reason TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tasks ADD COLUMN value TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tasks ADD COLUMN certain INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tasks ADD COLUMN unknown INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE recordings ADD COLUMN start_by TEXT NOT NULL DEFAULT '';",
    /* 12. What a lesson's recordings were estimated to take, and took (records/work.h); 0 where it is not known. */
    "CREATE TABLE work("
    " lesson INTEGER NOT NULL REFERENCES lessons(key) ON DELETE CASCADE,"
    " video TEXT NOT NULL,"
    " at_us INTEGER NOT NULL,"
    " estimated_wall_us INTEGER NOT NULL,"
    " estimated_processor_us INTEGER NOT NULL,"
    " estimated_memory_bytes INTEGER NOT NULL,"
    " wall_us INTEGER NOT NULL,"
    " processor_us INTEGER NOT NULL,"
    " memory_bytes INTEGER NOT NULL,"
    " PRIMARY KEY (lesson, video)"
    ") STRICT, WITHOUT ROWID;",
};

const struct hr_schema hr_schema_current = {.steps = steps, .version = sizeof steps / sizeof *steps};

static enum hr_status read_version(struct hr_database *database, int64_t *version, struct hr_error *error)
{
    return hr_sql_integer(database, "PRAGMA user_version", "reading its version", version, error);
}

static enum hr_status newer(const struct hr_database *database, int64_t version, const struct hr_schema *schema,
                            struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_DATABASE,
                        "'%s' was made by a newer homeroom (its version is %lld, this program "
                        "knows %d): update homeroom",
                        database->path, (long long)version, schema->version);
}

/* The step from `version` on, within a transaction. */
static enum hr_status apply(struct hr_database *database, const char *sql, int64_t version, struct hr_error *error)
{
    char stamp[96];
    sqlite3_snprintf(sizeof stamp, stamp, "PRAGMA user_version = %lld; PRAGMA application_id = " TEXT(APPLICATION_ID),
                     version + 1);
    enum hr_status status = hr_sql_run(database, sql, "bringing its tables up to date", error);
    if (status == HR_OK)
        status = hr_sql_run(database, stamp, "writing its version", error);
    return status;
}

/* One step, all of it or nothing. The version is read again under the lock: another program may
 * have taken the step meanwhile. *version becomes what the file has then. */
static enum hr_status take_step(struct hr_database *database, const struct hr_schema *schema, int64_t *version,
                                struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    int64_t found = 0;
    status = read_version(database, &found, error);
    if (status == HR_OK && found > schema->version)
        status = newer(database, found, schema, error);
    if (status == HR_OK && found < schema->version) {
        status = apply(database, schema->steps[found], found, error);
        found++;
    }
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status == HR_OK)
        *version = found;
    else
        hr_database_rollback(database);
    return status;
}

/* --- to the letter --- */

/* The tables of a version as they come out of our own steps. */
static enum hr_status make_reference(sqlite3 **out, const struct hr_schema *schema, int version, struct hr_error *error)
{
    int code = sqlite3_open_v2(":memory:", out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    for (int i = 0; code == SQLITE_OK && i < version; i++)
        code = sqlite3_exec(*out, schema->steps[i], NULL, NULL, NULL);
    if (code == SQLITE_OK)
        return HR_OK;
    return hr_error_set(error, code == SQLITE_NOMEM ? HR_ERR_MEMORY : HR_ERR_INTERNAL, "no tables to compare with: %s",
                        sqlite3_errstr(code));
}

static const char schema_sql[] =
    "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name";

/* As text, but for what another SQLite may write otherwise when it renames a table. */
static bool same_words(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == '"' || *a == ' ')
            a++;
        while (*b == '"' || *b == ' ')
            b++;
        if (*a != *b)
            return false;
        if (*a == '\0')
            return true;
    }
}

static bool same_object(sqlite3_stmt *found, sqlite3_stmt *wanted)
{
    for (int column = 0; column < 4; column++)
        if (!same_words(hr_sql_text(found, column), hr_sql_text(wanted, column)))
            return false;
    return true;
}

static enum hr_status not_ours(const struct hr_database *database, struct hr_error *error)
{
    return hr_error_set(
        error, HR_ERR_DATABASE,
        "'%s' has other tables, indexes, views or triggers than homeroom makes: somebody has changed it; "
        "bring back your last backup of it",
        database->path);
}

static enum hr_status compare(struct hr_database *database, sqlite3_stmt *found, sqlite3_stmt *wanted,
                              struct hr_error *error)
{
    for (;;) {
        int have = sqlite3_step(found), want = sqlite3_step(wanted);
        if (have != SQLITE_ROW && have != SQLITE_DONE)
            return hr_sql_fail(database, have, "reading its tables", error);
        if (have != want)
            return not_ours(database, error);
        if (have == SQLITE_DONE)
            return HR_OK;
        if (!same_object(found, wanted))
            return not_ours(database, error);
    }
}

/* Whether the file has exactly the tables and indexes of this version, word for word, and nothing else: no view, no
 * trigger, nothing that runs when we read or write. */
static enum hr_status check_tables(struct hr_database *database, const struct hr_schema *schema, int version,
                                   struct hr_error *error)
{
    sqlite3 *reference = NULL;
    sqlite3_stmt *found = NULL, *wanted = NULL;
    enum hr_status status = make_reference(&reference, schema, version, error);
    database->steps = 0;
    if (status == HR_OK) {
        int code = sqlite3_prepare_v2(reference, schema_sql, -1, &wanted, NULL);
        if (code == SQLITE_OK)
            code = sqlite3_prepare_v2(database->handle, schema_sql, -1, &found, NULL);
        status = code == SQLITE_OK ? compare(database, found, wanted, error)
                                   : hr_sql_fail(database, code, "reading its tables", error);
    }
    sqlite3_finalize(found);
    sqlite3_finalize(wanted);
    sqlite3_close(reference);
    return status;
}

/* A file of another program must not get our tables, and one that was changed must not run what it likes. An empty
 * one may. In one transaction, as another program may be making the tables, or newer ones, right now. */
static enum hr_status look_at(struct hr_database *database, const struct hr_schema *schema, bool *empty,
                              int64_t *version, struct hr_error *error)
{
    int64_t application = 0, objects = 0;
    enum hr_status status =
        hr_sql_integer(database, "SELECT count(*) FROM sqlite_schema", "reading its tables", &objects, error);
    if (status == HR_OK)
        status = hr_sql_integer(database, "PRAGMA application_id", "reading its header", &application, error);
    if (status == HR_OK)
        status = read_version(database, version, error);
    if (status != HR_OK)
        return status;
    *empty = application == 0 && objects == 0;
    if (application != APPLICATION_ID && !*empty)
        return hr_error_set(error, HR_ERR_DATABASE, "'%s' is an SQLite database, but not one of homeroom's",
                            database->path);
    if (*version > schema->version || *version < 0)
        return newer(database, *version, schema, error);
    return *empty ? HR_OK : check_tables(database, schema, (int)*version, error);
}

static enum hr_status check_ours(struct hr_database *database, const struct hr_schema *schema, bool *empty,
                                 int64_t *version, struct hr_error *error)
{
    enum hr_status status = hr_sql_run(database, "BEGIN", "reading its header", error);
    if (status != HR_OK)
        return status;
    status = look_at(database, schema, empty, version, error);
    hr_database_rollback(database);
    return status;
}

enum hr_status hr_schema_prepare(struct hr_database *database, const struct hr_schema *schema, bool may_write,
                                 struct hr_error *error)
{
    int64_t version = 0;
    bool empty = false;
    enum hr_status status = check_ours(database, schema, &empty, &version, error);
    /* Whatever the system's SQLite was built to do: what was reported as done is on the disk after a power cut, too. */
    if (status == HR_OK && may_write)
        status = hr_sql_run(database, "PRAGMA synchronous = FULL", "setting it up", error);
    if (status != HR_OK)
        return status;
    database->schema_version = (int)version;
    if (!may_write && empty)
        return hr_error_set(error, HR_ERR_DATABASE, "'%s' is empty: import students or enroll somebody first",
                            database->path);
    if (!may_write && version < schema->version)
        return hr_error_set(error, HR_ERR_DATABASE,
                            "'%s' was made by an older homeroom (version %lld, this program needs "
                            "%d) and cannot be brought up to date: it may not be written",
                            database->path, (long long)version, schema->version);
    while (status == HR_OK && version < schema->version)
        status = take_step(database, schema, &version, error);
    database->schema_version = (int)version;
    return status;
}
