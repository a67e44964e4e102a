#include "records/sql.h"

#include <math.h>

#include "base/clock.h"
#include "base/limits.h"
#include "records/seal.h"

/* Columns that may be sealed (records/seal.h). */
#define OPEN(TABLE, KEY, COLUMN) "unseal(" TABLE "." KEY ", '" COLUMN "', " TABLE "." COLUMN ")"
#define RECORD(COLUMN) OPEN("s", "key", COLUMN)
#define FACE(COLUMN) OPEN("f", "student", COLUMN)
#define READABLE_STUDENT "readable(s.key, 'name', s.name)"
#define READABLE_FACE "readable(f.student, 'vector', f.vector)"
#define STUDENT_COLUMNS "s.id, " RECORD("name") ", " RECORD("major") ", " RECORD("year") ", " RECORD("extra")
#define FACE_COLUMNS                                                                                                   \
    "s.id, f.model_id, " FACE("vector") ", " FACE(                                                                     \
        "origin") ", f.origin_sha256, f.created_us, f.quality, f.face_px, f.verdict"
/* In the order of the faces; whose they are is looked up for each. */
#define FACES_FIRST " FROM faces AS f CROSS JOIN students AS s ON s.key = f.student"
#define KEY_OF(PLACE) "(SELECT key FROM students WHERE id = " PLACE ")"
/* ?4: a class, '' for everybody; ?5: a day. */
#define IN_CLASS                                                                                                       \
    " AND (?4 = '' OR EXISTS (SELECT 1 FROM members AS m WHERE m.student = s.key AND m.class = " CLASS_OF(             \
        "?4") " AND m.from_day <= ?5 AND (m.to_day = '' OR m.to_day >= ?5)))"
#define CLASS_OF(PLACE) "(SELECT key FROM classes WHERE id = " PLACE ")"
#define CLASS_COLUMNS                                                                                                  \
    "c.id, c.title, c.zone, c.late_min, c.early_min, (SELECT count(DISTINCT student) FROM members"                     \
    " WHERE class = c.key AND (to_day = '' OR to_day >= date('now'))), (SELECT count(*) FROM lessons"                  \
    " WHERE class = c.key), c.keep_days"
/* From a track (t) on to its class (c). */
#define CLASS_OF_TRACK                                                                                                 \
    "JOIN recordings AS r ON r.observation = t.observation JOIN lessons AS l ON l.key = r.lesson"                      \
    " JOIN classes AS c ON c.key = l.class"
#define KEPT_US "c.keep_days * 86400000000"
#define VIEWS_TOO_OLD(NOW)                                                                                             \
    "SELECT t.key FROM views AS v JOIN tracks AS t ON t.key = v.track JOIN observations AS o ON o.key = t.observation" \
    " " CLASS_OF_TRACK " WHERE o.made_us < " NOW " - " KEPT_US
/* A view (v) of a track that was, or is, taken for ?1, by the program or by somebody. */
#define VIEW_OF_STUDENT                                                                                                \
    "v.track IN (SELECT key FROM tracks WHERE student = " KEY_OF(                                                      \
        "?1") " UNION SELECT track FROM decisions"                                                                     \
              " WHERE student = " KEY_OF(                                                                              \
                  "?1") " UNION SELECT c.track FROM corrections AS c JOIN changes AS h ON h.key = c.change"            \
                        " WHERE h.kind = 'is' AND h.student = " KEY_OF("?1") ")"
#define OBSERVATION_COLUMNS                                                                                            \
    "key, video, version, made_us, duration_us, width_px, height_px, codec, frames, faces, samples_per_s,"             \
    " false_present, includes_review, class_generation, models, unknown_people"
#define JOINED_KEY "(SELECT key FROM joined WHERE change = ?1)"
#define MOVED(KIND) "(SELECT row FROM moves WHERE change = ?1 AND kind = '" KIND "')"
#define CHANGE_COLUMNS                                                                                                 \
    "h.key, h.kind, s.id, h.who, h.at_us, h.undone_by, h.undone_us,"                                                   \
    " (SELECT count(*) FROM corrections WHERE change = h.key),"                                                        \
    " (SELECT min(track) FROM corrections WHERE change = h.key)"                                                       \
    " FROM changes AS h LEFT JOIN students AS s ON s.key = h.student"
#define LESSON_COLUMNS                                                                                                 \
    "l.key, c.id, l.title, l.start_us, l.end_us, l.day, l.finished_us, (SELECT count(*) FROM recordings"               \
    " WHERE lesson = l.key), (SELECT coalesce(max(guests), 0) FROM recordings WHERE lesson = l.key)"                   \
    " FROM lessons AS l JOIN classes AS c ON c.key = l.class"
/* The bytes of a record as they lie in the file, in its table and in its two indexes. */
#define STUDENT_BYTES                                                                                                  \
    "CAST(id || name || major || year || extra AS BLOB) AS in_table, CAST(name AS BLOB), CAST(id AS BLOB)"
/* What was made before it is kept no longer, at the time NOW; NULL: for ever. */
#define LAST_DAY(KIND, NOW) "(SELECT " NOW " - days * 86400000000 FROM keeping WHERE kind = '" KIND "')"
#define IS_KEPT(NOW) "f.created_us >= coalesce(" LAST_DAY("faces", NOW) ", f.created_us)"
/* The views (n) of each photo or video: it has a vector of each model that was there, and counts once. */
#define VIEWS(WHERE)                                                                                                   \
    "(SELECT max(n) AS n FROM (SELECT f.student, " FACE(                                                               \
        "origin") " AS place, f.origin_sha256, count(*) AS n"                                                          \
                  " FROM faces AS f WHERE " READABLE_FACE WHERE                                                        \
                  " GROUP BY f.student, place, f.origin_sha256, f.model_id)"                                           \
                  " GROUP BY student, place, origin_sha256)"
/* An empty column of a becomes b's. */
#define FILL(COLUMN)                                                                                                   \
    " " COLUMN " = seal(a.key, '" COLUMN "', CASE " OPEN("a", "key", COLUMN) " WHEN '' THEN " OPEN(                    \
        "b", "key", COLUMN) " ELSE " OPEN("a", "key", COLUMN) " END),"
/* Ids that are numbers in the order of numbers, then all others as text. */
#define BY_ID                                                                                                          \
    "ORDER BY s.id GLOB '*[^0-9]*',"                                                                                   \
    " CASE WHEN s.id GLOB '*[^0-9]*' THEN 0 ELSE length(s.id) END, s.id"

static const char *const sql_texts[HR_SQL_COUNT] = {
    /* IMMEDIATE: whoever will write waits at the beginning, where waiting can still succeed. */
    [HR_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [HR_SQL_COMMIT] = "COMMIT",
    [HR_SQL_ROLLBACK] = "ROLLBACK",
    /* The row's key is known before it is made, as the values are sealed for it: the one that AUTOINCREMENT gives. */
    [HR_SQL_STUDENT_INSERT] =
        "INSERT INTO students(key, id, name, major, year, extra, listed)"
        " SELECT k, ?1, seal(k, 'name', ?2), seal(k, 'major', ?3), seal(k, 'year', ?4), seal(k, 'extra', "
        "?5), ?6"
        " FROM (SELECT 1 + max(coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'students'), 0),"
        " coalesce((SELECT max(key) FROM students), 0)) AS k) WHERE true ON CONFLICT(id) DO NOTHING",
    [HR_SQL_STUDENT_UPDATE] = "UPDATE students AS s SET name = seal(key, 'name', ?2), major = seal(key, 'major', ?3),"
                              " year = seal(key, 'year', ?4), extra = seal(key, 'extra', ?5), listed = max(listed, ?6)"
                              " WHERE id = ?1 AND (" RECORD("name") " <> ?2 OR " RECORD("major") " <> ?3 OR " RECORD(
                                  "year") " <> ?4 OR " RECORD("extra") " <> ?5 OR listed < ?6)",
    [HR_SQL_STUDENT_ID] = "UPDATE students SET id = ?2 WHERE id = ?1",
    [HR_SQL_STUDENT_NAME] = "UPDATE students SET name = seal(key, 'name', ?2) WHERE id = ?1",
    /* Empty columns of ?1 are filled from ?2. A name that is only the id is none. */
    [HR_SQL_STUDENT_FILL] =
        "UPDATE students AS a SET name = seal(a.key, 'name', CASE WHEN " OPEN("a", "key", "name") " = a.id AND " OPEN(
            "b", "key", "name") " <> b.id THEN " OPEN("b", "key", "name") " ELSE " OPEN("a", "key",
                                                                                        "name") " END)," FILL("major")
            FILL("year") FILL("extra") " listed = max(a.listed, b.listed),"
                                       " consent = CASE a.consent WHEN '' THEN b.consent ELSE a.consent END,"
                                       " consent_us = CASE a.consent WHEN '' THEN b.consent_us ELSE a.consent_us END"
                                       " FROM students AS b WHERE a.id = ?1 AND b.id = ?2",
    [HR_SQL_STUDENTS_NAMES] =
        "SELECT s.id, " RECORD("name") " FROM students AS s WHERE " READABLE_STUDENT " ORDER BY s.id",
    [HR_SQL_STUDENTS_IDS] = "SELECT id, listed FROM students ORDER BY id",
    [HR_SQL_STUDENTS_LISTED] = "SELECT 1 FROM students WHERE listed LIMIT 1",
    [HR_SQL_STUDENT_DELETE] = "DELETE FROM students WHERE id = ?1",
    [HR_SQL_STUDENT_BYTES] = "SELECT " STUDENT_BYTES " FROM students WHERE id = ?1",
    /* ?1: a JSON array of ids; the answer carries the place in it. */
    [HR_SQL_STUDENTS_BY_IDS] = "SELECT asked.key, " STUDENT_COLUMNS " FROM json_each(?1) AS asked"
                               " CROSS JOIN students AS s ON s.id = asked.value AND " READABLE_STUDENT,
    [HR_SQL_STUDENTS_ALL] = "SELECT (SELECT coalesce(sum(n), 0) FROM " VIEWS(
        " AND f.student = s.key") "), " STUDENT_COLUMNS " FROM students AS s WHERE " READABLE_STUDENT " " BY_ID,
    [HR_SQL_FACE_INSERT] = "INSERT INTO faces(student, model_id, vector, origin, origin_sha256,"
                           " created_us, quality, face_px, verdict)"
                           " SELECT s.key, ?2, seal(s.key, 'vector', ?3), seal(s.key, 'origin', ?4), ?5, ?6, ?7, ?8, ?9"
                           " FROM students AS s WHERE s.id = ?1 AND s.consent <> 'no' AND " READABLE_STUDENT,
    /* What ?2 has of ?1's photos already stays behind, and goes with ?1. */
    [HR_SQL_FACES_MOVE] =
        "UPDATE OR FAIL faces AS f SET student = " KEY_OF("?2") ", vector = seal(" KEY_OF("?2") ", 'vector', " FACE(
            "vector") "), origin = seal(" KEY_OF("?2") ", 'origin', " FACE("origin") ") WHERE " READABLE_FACE
                                                                                     " AND student = " KEY_OF(
                                                                                         "?1") " AND NOT EXISTS"
                                                                                               " (SELECT 1 "
                                                                                               "FROM faces "
                                                                                               "AS o WHERE "
                                                                                               "o.student "
                                                                                               "= " KEY_OF("?2") " AND "
                                                                                                                 "o."
                                                                                                                 "model"
                                                                                                                 "_id "
                                                                                                                 "= "
                                                                                                                 "f."
                                                                                                                 "model"
                                                                                                                 "_id"
                                                                                                                 " AND "
                                                                                                                 "o."
                                                                                                                 "origi"
                                                                                                                 "n_"
                                                                                                                 "sha25"
                                                                                                                 "6 = "
                                                                                                                 "f."
                                                                                                                 "origi"
                                                                                                                 "n_"
                                                                                                                 "sha25"
                                                                                                                 "6 "
                                                                                                                 "AND "
                                                                                                                 "o."
                                                                                                                 "origi"
                                                                                                                 "n_"
                                                                                                                 "sha25"
                                                                                                                 "6 <> "
                                                                                                                 "'')",
    [HR_SQL_FACES_DELETE_ORIGIN] =
        "DELETE FROM faces AS f WHERE student = " KEY_OF("?1") " AND " READABLE_FACE " AND " FACE("origin") " = ?2",
    [HR_SQL_FACES_MODELS] = "SELECT s.id, f.model_id, count(*) FROM students AS s JOIN faces AS f ON f.student = s.key"
                            " WHERE " READABLE_FACE " GROUP BY s.id, f.model_id ORDER BY s.id, f.model_id",
    [HR_SQL_FACE_EXISTS] = "SELECT 1 FROM faces AS f WHERE student = " KEY_OF(
        "?1") " AND model_id = ?2 AND origin_sha256 = ?3 AND " IS_KEPT("?4") " LIMIT 1",
    /* ?1: now; ?2: a model; ?4, ?5: a class and a day. */
    [HR_SQL_FACES_ALL] = "SELECT " FACE_COLUMNS FACES_FIRST " WHERE s.consent <> 'no' AND " READABLE_FACE
                         " AND " IS_KEPT("?1") IN_CLASS " ORDER BY f.id",
    [HR_SQL_FACES_OF_MODEL] =
        "SELECT " FACE_COLUMNS FACES_FIRST " WHERE s.consent <> 'no' AND f.model_id = ?2 AND " READABLE_FACE
        " AND " IS_KEPT("?1") IN_CLASS " ORDER BY f.id",
    [HR_SQL_FACES_OF_STUDENT] = "SELECT " FACE_COLUMNS " FROM students AS s CROSS JOIN faces AS f ON f.student = s.key"
                                " WHERE s.id = ?1 AND " READABLE_FACE " ORDER BY f.id",
    [HR_SQL_BYTES_IN_USE] = "SELECT 1 FROM faces WHERE instr(vector, ?1) OR instr(CAST(origin AS BLOB), ?1)"
                            " OR instr(CAST(model_id || origin_sha256 AS BLOB), ?1)"
                            " UNION ALL SELECT 1 FROM (SELECT " STUDENT_BYTES " FROM students)"
                            " WHERE instr(in_table, ?1)"
                            " UNION ALL SELECT 1 FROM views WHERE instr(vector, ?1) OR instr(picture, ?1)"
                            " UNION ALL SELECT 1 FROM observations WHERE instr(CAST(video AS BLOB), ?1) LIMIT 1",
    [HR_SQL_COUNTS] =
        "SELECT (SELECT count(*) FROM students AS s WHERE " READABLE_STUDENT "), (SELECT coalesce(sum(n), 0)"
        " FROM " VIEWS("") "), (SELECT count(*) FROM students AS s WHERE " READABLE_STUDENT " AND NOT EXISTS"
                           " (SELECT 1 FROM faces AS f WHERE f.student = s.key AND " READABLE_FACE "))",
    [HR_SQL_OBSERVATION_INSERT] =
        "INSERT INTO observations(video, version, made_us, duration_us, width_px, height_px, codec, "
        "frames, faces,"
        " samples_per_s, false_present, includes_review, class_generation, models, unknown_people)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    [HR_SQL_TRACK_INSERT] =
        "INSERT INTO tracks(observation, student, person, band, reason, model_id, camera, first_us, "
        "last_us,"
        " sightings, views, face_px, similarity, margin, stranger_chance, best, places)"
        " VALUES (?1, " KEY_OF("?2") ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    [HR_SQL_CANDIDATE_INSERT] = "INSERT INTO candidates(track, rank, similarity, student)"
                                " SELECT ?1, ?2, ?3, key FROM students WHERE id = ?4",
    [HR_SQL_OBSERVATIONS] = "SELECT " OBSERVATION_COLUMNS " FROM observations ORDER BY key",
    [HR_SQL_OBSERVATIONS_OF] =
        "WITH his(k) AS (SELECT key FROM students WHERE id = ?1) SELECT " OBSERVATION_COLUMNS " FROM observations"
        " WHERE key IN (SELECT observation FROM tracks, his WHERE student = k UNION SELECT t.observation FROM his"
        " CROSS JOIN candidates AS c ON c.student = k JOIN tracks AS t ON t.key = c.track) ORDER BY key",
    [HR_SQL_TRACKS_OF] = "SELECT t.key, s.id, t.person, t.band, t.reason, t.model_id, t.camera, t.first_us, t.last_us,"
                         " t.sightings, t.views, t.face_px, t.similarity, t.margin, t.stranger_chance, t.best, t.places"
                         " FROM tracks AS t LEFT JOIN students AS s ON s.key = t.student"
                         " WHERE t.observation = ?1 ORDER BY t.key",
    /* What it is taken for now, in the same columns. */
    [HR_SQL_TRACKS_NOW] = "SELECT t.key, s.id, t.person, coalesce(d.band, t.band), coalesce(d.reason, t.reason),"
                          " coalesce(d.model_id, t.model_id), t.camera, t.first_us, t.last_us, t.sightings, t.views, "
                          "t.face_px,"
                          " iif(d.track, d.similarity, t.similarity), iif(d.track, d.margin, t.margin),"
                          " coalesce(d.stranger_chance, t.stranger_chance), t.best, t.places"
                          " FROM tracks AS t LEFT JOIN decisions AS d ON d.track = t.key"
                          " LEFT JOIN students AS s ON s.key = iif(d.track, d.student, t.student)"
                          " WHERE t.observation = ?1 ORDER BY t.key",
    [HR_SQL_CANDIDATES_NOW] =
        "SELECT s.id, c.similarity FROM (SELECT rank, student, similarity FROM choices WHERE track = ?1 "
        "UNION ALL"
        " SELECT rank, student, similarity FROM candidates WHERE track = ?1 AND NOT EXISTS"
        " (SELECT 1 FROM decisions WHERE track = ?1)) AS c JOIN students AS s ON s.key = c.student ORDER "
        "BY c.rank",
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
    [HR_SQL_ROOTS] = "SELECT rootpage FROM sqlite_schema WHERE rootpage > 0",
    [HR_SQL_WORK] = "SELECT video, estimated_wall_us, estimated_processor_us, estimated_memory_bytes, wall_us,"
                    " processor_us, memory_bytes FROM work WHERE lesson = ?1 ORDER BY video",
    [HR_SQL_WORK_ESTIMATED] =
        "INSERT INTO work VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0) ON CONFLICT DO UPDATE SET at_us = ?3,"
        " estimated_wall_us = ?4, estimated_processor_us = ?5, estimated_memory_bytes = ?6",
    [HR_SQL_WORK_TOOK] =
        "INSERT INTO work VALUES (?1, ?2, ?3, 0, 0, 0, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET at_us = ?3,"
        " wall_us = ?4, processor_us = ?5, memory_bytes = ?6",
    [HR_SQL_WORK_FORGET] = "DELETE FROM work WHERE video = ?1",
    [HR_SQL_WORK_PURGE] = "DELETE FROM work WHERE at_us < " LAST_DAY("observations", "?1"),
    [HR_SQL_CONSENT] = "SELECT consent, consent_us FROM students WHERE id = ?1",
    /* ?4: only of whom nobody has asked. */
    [HR_SQL_CONSENT_SET] =
        "UPDATE students SET consent = ?2, consent_us = ?3 WHERE id = ?1 AND (NOT ?4 OR consent = '')",
    [HR_SQL_CONSENT_ALL] =
        "SELECT s.id, " RECORD("name") ", s.consent, s.consent_us FROM students AS s WHERE " READABLE_STUDENT " " BY_ID,
    [HR_SQL_CONSENT_REFUSED] = "SELECT count(*) FROM students WHERE id IN (?1, ?2) AND consent = 'no'",
    [HR_SQL_FACES_DELETE_STUDENT] = "DELETE FROM faces WHERE student = " KEY_OF("?1"),
    [HR_SQL_TRACKS_UNNAME] = "UPDATE tracks SET student = NULL WHERE student = " KEY_OF("?1"),
    [HR_SQL_CANDIDATES_UNNAME] = "DELETE FROM candidates WHERE student = " KEY_OF("?1"),
    [HR_SQL_DECISIONS_UNNAME] = "UPDATE decisions SET student = NULL WHERE student = " KEY_OF("?1"),
    [HR_SQL_CHOICES_UNNAME] = "DELETE FROM choices WHERE student = " KEY_OF("?1"),
    [HR_SQL_CHANGES_UNNAME] = "DELETE FROM changes WHERE student = " KEY_OF("?1"),
    [HR_SQL_STUDENT_STANDING] = "SELECT key, listed FROM students WHERE id = ?1",
    [HR_SQL_AUDIT_INSERT] =
        "INSERT INTO audit(at_us, who, what, student, count) VALUES (?1, ?2, ?3, " KEY_OF("?4") ", ?5)",
    [HR_SQL_AUDIT_FORGET] = "DELETE FROM audit WHERE student = " KEY_OF("?1"),
    [HR_SQL_AUDIT_MOVE] = "UPDATE audit SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    [HR_SQL_AUDIT_ALL] = "SELECT at_us, who, what, student, count FROM audit ORDER BY key",
    [HR_SQL_AUDIT_OF] =
        "SELECT at_us, who, what, student, count FROM audit WHERE student = " KEY_OF("?1") " ORDER BY key",
    [HR_SQL_SEALED] = "SELECT ring FROM sealed",
    [HR_SQL_SEALED_INSERT] = "INSERT INTO sealed(ring) VALUES (?1)",
    [HR_SQL_DESTROYED] = "SELECT student FROM destroyed",
    [HR_SQL_DESTROYED_INSERT] = "INSERT OR IGNORE INTO destroyed(student) SELECT key FROM students WHERE id = ?1",
    [HR_SQL_FACES_RESEAL] = "UPDATE faces AS f SET vector = seal(student, 'vector', " FACE(
        "vector") "), origin = seal(student, 'origin', " FACE("origin") ") WHERE student = ?1 "
                                                                        "AND " READABLE_FACE,
    /* A face as it lies in the file, and where it came from. */
    [HR_SQL_FACES_AS_STORED] = "SELECT f.vector, f.origin, f.model_id, f.origin_sha256, CASE WHEN " READABLE_FACE
                               " THEN " FACE("origin") " ELSE '' END FROM faces AS f WHERE f.student = " KEY_OF("?1"),
    /* For each student and kind of key (enum hr_key_kind) the oldest that something is sealed with. */
    [HR_SQL_GENERATIONS] = "SELECT key, 1, generation(name) FROM students UNION ALL"
                           " SELECT key, 2, (SELECT min(generation(vector)) FROM faces WHERE student = students.key)"
                           " FROM students",
    [HR_SQL_CLASS_INSERT] = "INSERT INTO classes(id, title, zone, late_min, early_min) VALUES (?1, coalesce(?2, ?1),"
                            " coalesce(?3, 'UTC'), coalesce(?4, 5), coalesce(?5, 5)) ON CONFLICT(id) DO NOTHING",
    [HR_SQL_CLASS_UPDATE] = "UPDATE classes SET title = coalesce(?2, title), zone = coalesce(?3, zone),"
                            " late_min = coalesce(?4, late_min), early_min = coalesce(?5, early_min) WHERE id = ?1",
    [HR_SQL_CLASS] = "SELECT " CLASS_COLUMNS " FROM classes AS c WHERE c.id = ?1",
    [HR_SQL_CLASSES] = "SELECT " CLASS_COLUMNS " FROM classes AS c ORDER BY c.id",
    [HR_SQL_CLASS_OBSERVATIONS_DELETE] =
        "DELETE FROM observations WHERE key IN (SELECT observation FROM recordings WHERE lesson IN"
        " (SELECT key FROM lessons WHERE class = " CLASS_OF("?1") "))",
    [HR_SQL_CLASS_DELETE] = "DELETE FROM classes WHERE id = ?1",
    /* ?3: a day. */
    [HR_SQL_MEMBER_NOW] = "SELECT 1 FROM members WHERE class = " CLASS_OF("?1") " AND student = " KEY_OF(
        "?2") " AND (?3 = '' OR from_day <= ?3) AND (to_day = '' OR to_day >= ?3)",
    [HR_SQL_MEMBER_INSERT] =
        "INSERT OR REPLACE INTO members(class, student, from_day, to_day)"
        " SELECT c.key, s.key, ?3, '' FROM classes AS c, students AS s WHERE c.id = ?1 AND s.id = ?2",
    [HR_SQL_MEMBER_LEAVE] = "UPDATE members SET to_day = ?3 WHERE class = " CLASS_OF("?1") " AND student = " KEY_OF(
        "?2") " AND from_day <= ?3 AND (to_day = '' OR to_day >= ?3)",
    [HR_SQL_MEMBERS] = "SELECT s.id, " RECORD(
        "name") " AS name, m.from_day, m.to_day, s.consent = 'no',"
                " (SELECT count(DISTINCT f.origin_sha256) FROM faces AS f WHERE f.student = s.key AND " READABLE_FACE
                ")"
                " FROM members AS m JOIN students AS s ON s.key = m.student WHERE m.class = " CLASS_OF(
                    "?1") " AND " READABLE_STUDENT
                          " AND (?2 = '' OR (m.from_day <= ?2 AND (m.to_day = '' OR m.to_day >= ?2)))"
                          " ORDER BY name, s.id, m.from_day",
    [HR_SQL_SLOT_PUT] = "INSERT INTO slots(class, weekday, start_min, end_min) SELECT key, ?2, ?3, ?4 FROM classes"
                        " WHERE id = ?1 ON CONFLICT(class, weekday, start_min) DO UPDATE SET end_min = ?4",
    [HR_SQL_SLOT_DELETE] = "DELETE FROM slots WHERE class = " CLASS_OF("?1") " AND weekday = ?2 AND start_min = ?3",
    [HR_SQL_SLOTS] = "SELECT weekday, start_min, end_min FROM slots WHERE class = " CLASS_OF(
        "?1") " AND (?2 = '' OR (weekday = ?3 AND NOT EXISTS (SELECT 1 FROM days_off WHERE class = "
              "slots.class"
              " AND day = ?2))) ORDER BY weekday, start_min",
    [HR_SQL_DAY_OFF_PUT] = "INSERT OR REPLACE INTO days_off(class, day) SELECT key, ?2 FROM classes WHERE id = ?1",
    [HR_SQL_DAY_OFF_DELETE] = "DELETE FROM days_off WHERE class = " CLASS_OF("?1") " AND day = ?2",
    [HR_SQL_LESSON_PUT] = "INSERT INTO lessons(class, title, day, start_us, end_us, finished_us) SELECT key, "
                          "coalesce(?2, ''), ?3, ?4, ?5, 0"
                          " FROM classes WHERE id = ?1 ON CONFLICT(class, start_us) DO UPDATE SET title = coalesce(?2, "
                          "title), end_us = ?5",
    [HR_SQL_LESSON_AT] = "SELECT key, finished_us FROM lessons WHERE class = " CLASS_OF("?1") " AND start_us = ?2",
    [HR_SQL_LESSON] = "SELECT " LESSON_COLUMNS " WHERE l.key = ?1",
    [HR_SQL_LESSONS] = "SELECT " LESSON_COLUMNS " WHERE ?1 = '' OR c.id = ?1 ORDER BY l.start_us, c.id",
    [HR_SQL_LESSON_STATE] = "SELECT finished_us FROM lessons WHERE key = ?1",
    [HR_SQL_LESSON_SET_STATE] = "UPDATE lessons SET finished_us = ?2 WHERE key = ?1",
    [HR_SQL_LESSON_OBSERVATIONS_DELETE] =
        "DELETE FROM observations WHERE key IN (SELECT observation FROM recordings WHERE lesson = ?1)",
    [HR_SQL_LESSON_DELETE] = "DELETE FROM lessons WHERE key = ?1",
    /* What was there of the same video and camera, but for the new one (?2). */
    [HR_SQL_RECORDING_REPLACED] =
        "DELETE FROM observations WHERE key IN (SELECT o.key FROM recordings AS r JOIN observations AS o"
        " ON o.key = r.observation JOIN observations AS n ON n.key = ?2 WHERE r.lesson = ?1 AND o.key <> "
        "n.key"
        " AND o.video = n.video AND r.camera = ?3)",
    [HR_SQL_RECORDING_INSERT] = "INSERT INTO recordings(lesson, observation, camera, start_us, guests, start_by)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [HR_SQL_RECORDING_LESSON] = "SELECT lesson FROM recordings WHERE observation = ?1",
    [HR_SQL_RECORDING_MOVE] = "UPDATE recordings SET lesson = ?2, start_us = ?3, start_by = ?4 WHERE observation = ?1",
    [HR_SQL_RECORDINGS] = "SELECT o.key, o.video, o.version, r.camera, r.start_us, o.duration_us, o.samples_per_s, "
                          "o.unknown_people,"
                          " o.false_present, o.frames, r.start_by"
                          " FROM recordings AS r JOIN observations AS o ON o.key = r.observation WHERE r.lesson = ?1"
                          " ORDER BY r.start_us, r.camera, o.key",
    [HR_SQL_MARK_INSERT] = "INSERT INTO marks(lesson, student, status, note, who, at_us)"
                           " SELECT ?1, key, ?3, ?4, ?5, ?6 FROM students WHERE id = ?2",
    [HR_SQL_MARK_DELETE_LAST] = "DELETE FROM marks WHERE key = (SELECT max(key) FROM marks WHERE lesson = ?1"
                                " AND student = " KEY_OF("?2") ")",
    [HR_SQL_MARKS] = "SELECT s.id, m.status, m.note, m.who, m.at_us FROM marks AS m JOIN students AS s"
                     " ON s.key = m.student WHERE m.lesson = ?1 AND m.key ="
                     " (SELECT max(key) FROM marks WHERE lesson = m.lesson AND student = m.student) ORDER BY m.key",
    [HR_SQL_FINAL_INSERT] = "INSERT INTO finals(lesson, student, status, why, by_hand, arrived_us, "
                            "left_us, seen_us, sightings, similarity)"
                            " SELECT ?1, key, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM students WHERE id = ?2",
    [HR_SQL_FINALS_DELETE] = "DELETE FROM finals WHERE lesson = ?1",
    [HR_SQL_FINALS] =
        "SELECT s.id, " RECORD("name") " AS name, f.status, f.why, f.by_hand, f.arrived_us, f.left_us,"
                                       " f.seen_us, f.sightings, f.similarity FROM finals AS f JOIN "
                                       "students AS s ON s.key = f.student"
                                       " WHERE f.lesson = ?1 AND " READABLE_STUDENT " ORDER BY name, s.id",
    /* What ?2 has already stays his; of ?1 it goes with him. */
    [HR_SQL_MEMBERS_MOVE] = "UPDATE OR IGNORE members SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    [HR_SQL_MARKS_MOVE] = "UPDATE marks SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    [HR_SQL_FINALS_MOVE] = "UPDATE OR IGNORE finals SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    /* Every lesson that has anything of him: the last mark, and the row of a finished roll. */
    [HR_SQL_LESSONS_OF_STUDENT] =
        "SELECT c.id, l.day, l.start_us, l.end_us, m.status, m.note, m.at_us, f.status, f.why, "
        "f.arrived_us, f.left_us"
        " FROM lessons AS l JOIN classes AS c ON c.key = l.class LEFT JOIN marks AS m ON m.key = (SELECT "
        "max(key)"
        " FROM marks WHERE lesson = l.key AND student = " KEY_OF(
            "?1") ") LEFT JOIN finals AS f ON f.lesson = l.key"
                  " AND f.student = " KEY_OF(
                      "?1") " WHERE m.key IS NOT NULL OR f.lesson IS NOT NULL ORDER BY l.start_us",
    [HR_SQL_CHANGE_INSERT] = "INSERT INTO changes(kind, student, who, at_us, undone_by, undone_us)"
                             " VALUES (?1, " KEY_OF("?2") ", ?3, ?4, '', 0)",
    [HR_SQL_CHANGE_LAST] = "SELECT max(key) FROM changes WHERE undone_us = 0 AND kind <> 'merge'",
    [HR_SQL_CHANGE_UNDO] = "UPDATE changes SET undone_by = ?2, undone_us = ?3 WHERE key = ?1",
    [HR_SQL_CHANGE] = "SELECT " CHANGE_COLUMNS " WHERE h.key = ?1 AND h.kind <> 'merge'",
    /* ?1: a lesson, 0: of any; ?2: a class, '': of any. */
    [HR_SQL_CHANGES] = "SELECT " CHANGE_COLUMNS
                       " WHERE h.kind <> 'merge' AND ((?1 = 0 AND ?2 = '') OR EXISTS (SELECT 1 FROM corrections AS c"
                       " JOIN tracks AS t ON t.key = c.track JOIN recordings AS r ON r.observation = t.observation"
                       " JOIN lessons AS l ON l.key = r.lesson WHERE c.change = h.key AND (?1 = 0 OR l.key = ?1)"
                       " AND (?2 = '' OR l.class = " CLASS_OF("?2") "))) ORDER BY h.key",
    [HR_SQL_CHANGES_OF_STUDENT] =
        "SELECT " CHANGE_COLUMNS " WHERE h.kind <> 'merge' AND h.student = " KEY_OF("?1") " ORDER BY h.key",
    [HR_SQL_CORRECTION_INSERT] = "INSERT INTO corrections(track, change) VALUES (?1, ?2)",
    /* Those that hold, and what the track was taken for when nobody had said anything. */
    [HR_SQL_CORRECTIONS_OF_CLASS] =
        "SELECT c.track, h.kind, s.id, t.student IS h.student OR d.student IS h.student,"
        " iif(d.student IS h.student, d.model_id, t.model_id), iif(d.student IS h.student, d.similarity, "
        "t.similarity)"
        " FROM lessons AS l CROSS JOIN recordings AS r ON r.lesson = l.key"
        " CROSS JOIN tracks AS t ON t.observation = r.observation"
        " CROSS JOIN corrections AS c ON c.track = t.key JOIN changes AS h ON h.key = c.change"
        " LEFT JOIN students AS s ON s.key = h.student LEFT JOIN decisions AS d ON d.track = t.key"
        " WHERE l.class = " CLASS_OF("?1") " AND h.undone_us = 0 ORDER BY h.key, c.track",
    /* A finished lesson that a change says anything of. */
    [HR_SQL_CORRECTION_FINISHED] =
        "SELECT l.key FROM corrections AS c JOIN tracks AS t ON t.key = c.track JOIN recordings AS r"
        " ON r.observation = t.observation JOIN lessons AS l ON l.key = r.lesson WHERE c.change = ?1"
        " AND l.finished_us <> 0 LIMIT 1",
    [HR_SQL_TRACK_LESSON] = "SELECT r.lesson, t.observation FROM tracks AS t JOIN recordings AS r ON "
                            "r.observation = t.observation"
                            " WHERE t.key = ?1",
    [HR_SQL_MERGE_INSERT] = "INSERT INTO changes(kind, student, who, at_us, undone_by, undone_us)"
                            " VALUES ('merge', " KEY_OF("?1") ", ?2, ?3, '', 0)",
    /* ?1 stays, ?2 goes; ?3: the change. */
    [HR_SQL_JOINED_INSERT] =
        "INSERT INTO joined SELECT ?3, b.key, b.id, b.name, b.major, b.year, b.extra, b.listed, b.consent, "
        "b.consent_us,"
        " a.name, a.major, a.year, a.extra FROM students AS a, students AS b WHERE a.id = ?1 AND b.id = ?2",
    /* 'copy': a face of his that is left behind, for the other one has it: by that of the other. 'took': a membership
     * that the other one did not have. */
    [HR_SQL_MOVES_INSERT] =
        "WITH one(k) AS (SELECT key FROM students WHERE id = ?1), other(k) AS (SELECT key FROM students WHERE id = ?2)"
        " INSERT INTO moves(change, kind, row, detail)"
        " SELECT ?3, 'face', id, '' FROM faces, other WHERE student = k"
        " UNION SELECT ?3, 'copy', o.id, '' FROM other, one, faces AS f JOIN faces AS o ON o.student = one.k"
        " AND o.model_id = f.model_id AND o.origin_sha256 = f.origin_sha256 AND o.origin_sha256 <> ''"
        " WHERE f.student = other.k"
        " UNION ALL SELECT ?3, 'track', key, '' FROM tracks, other WHERE student = k"
        " UNION ALL SELECT ?3, 'candidate', track, rank FROM candidates, other WHERE student = k"
        " UNION ALL SELECT ?3, 'decision', track, '' FROM decisions, other WHERE student = k"
        " UNION ALL SELECT ?3, 'choice', track, rank FROM choices, other WHERE student = k"
        " UNION ALL SELECT ?3, 'change', key, '' FROM changes, other WHERE student = k"
        " UNION ALL SELECT ?3, 'member', class, from_day || '/' || to_day FROM members, other WHERE student = k"
        " UNION ALL SELECT ?3, 'took', class, from_day FROM members AS m, other WHERE student = k AND NOT EXISTS"
        " (SELECT 1 FROM members, one WHERE class = m.class AND from_day = m.from_day AND student = one.k)"
        " UNION ALL SELECT ?3, 'mark', key, '' FROM marks, other WHERE student = k"
        " UNION ALL SELECT ?3, 'final', lesson, '' FROM finals AS f, other WHERE student = k AND NOT EXISTS"
        " (SELECT 1 FROM finals, one WHERE lesson = f.lesson AND student = one.k)"
        " UNION ALL SELECT ?3, 'audit', key, '' FROM audit, other WHERE student = k",
    [HR_SQL_MERGE_LAST] = "SELECT max(key) FROM changes WHERE undone_us = 0 AND kind = 'merge'",
    [HR_SQL_MERGE] = "SELECT s.id, j.id FROM changes AS h JOIN students AS s ON s.key = h.student JOIN joined AS j"
                     " ON j.change = h.key WHERE h.key = ?1 AND h.kind = 'merge' AND h.undone_us = 0",
    [HR_SQL_MERGES_DELETE] = "DELETE FROM changes WHERE kind = 'merge'",
    [HR_SQL_MERGES_FORGET] = "DELETE FROM changes WHERE key IN (SELECT change FROM joined WHERE id = ?1)",
    [HR_SQL_UNMERGE_STUDENT] =
        "INSERT INTO students(key, id, name, major, year, extra, listed, consent, consent_us)"
        " SELECT key, id, name, major, year, extra, listed, consent, consent_us FROM joined WHERE change = "
        "?1",
    /* What was filled in and is as it was filled in is empty again. */
    [HR_SQL_UNMERGE_FILL] = "UPDATE students AS a SET name = iif(a.name = j.name, j.kept_name, a.name),"
                            " major = iif(a.major = j.major, j.kept_major, a.major), year = iif(a.year = "
                            "j.year, j.kept_year, a.year),"
                            " extra = iif(a.extra = j.extra, j.kept_extra, a.extra) FROM joined AS j"
                            " WHERE j.change = ?1 AND a.key = (SELECT student FROM changes WHERE key = ?1)",
    [HR_SQL_UNMERGE_FACES] = "UPDATE faces SET student = " JOINED_KEY " WHERE id IN " MOVED("face"),
    [HR_SQL_UNMERGE_COPIES] =
        "INSERT INTO faces(student, model_id, vector, origin, origin_sha256, created_us, quality, face_px, "
        "verdict)"
        " SELECT " JOINED_KEY ", model_id, vector, origin, origin_sha256, created_us, quality, face_px, verdict"
        " FROM faces WHERE id IN " MOVED("copy"),
    [HR_SQL_UNMERGE_TRACKS] = "UPDATE tracks SET student = " JOINED_KEY " WHERE key IN " MOVED("track"),
    [HR_SQL_UNMERGE_CANDIDATES] = "UPDATE candidates AS c SET student = " JOINED_KEY
                                  " WHERE EXISTS (SELECT 1 FROM moves WHERE change = ?1 AND kind = 'candidate'"
                                  " AND row = c.track AND detail = c.rank)",
    [HR_SQL_UNMERGE_DECISIONS] = "UPDATE decisions SET student = " JOINED_KEY " WHERE track IN " MOVED("decision"),
    [HR_SQL_UNMERGE_CHOICES] = "UPDATE choices AS c SET student = " JOINED_KEY
                               " WHERE EXISTS (SELECT 1 FROM moves WHERE change = ?1 AND kind = 'choice'"
                               " AND row = c.track AND detail = c.rank)",
    [HR_SQL_UNMERGE_CHANGES] = "UPDATE changes SET student = " JOINED_KEY " WHERE key IN " MOVED("change"),
    [HR_SQL_UNMERGE_LEAVE] = "DELETE FROM members AS m WHERE student = (SELECT student FROM changes WHERE key = ?1)"
                             " AND EXISTS (SELECT 1 FROM moves WHERE change = ?1 AND kind = 'took' AND row = m.class"
                             " AND detail = m.from_day)",
    [HR_SQL_UNMERGE_MEMBERS] =
        "INSERT OR IGNORE INTO members(class, student, from_day, to_day) SELECT m.row, " JOINED_KEY ","
        " substr(m.detail, 1, instr(m.detail, '/') - 1), substr(m.detail, instr(m.detail, '/') + 1)"
        " FROM moves AS m JOIN classes AS c ON c.key = m.row WHERE m.change = ?1 AND m.kind = 'member'",
    [HR_SQL_UNMERGE_MARKS] = "UPDATE marks SET student = " JOINED_KEY " WHERE key IN " MOVED("mark"),
    [HR_SQL_UNMERGE_FINALS] =
        "UPDATE OR IGNORE finals SET student = " JOINED_KEY
        " WHERE student = (SELECT student FROM changes WHERE key = ?1) AND lesson IN " MOVED("final"),
    [HR_SQL_UNMERGE_AUDIT] = "UPDATE audit SET student = " JOINED_KEY " WHERE key IN " MOVED("audit"),
    /* From ?1 to ?2, of the origin ?3. */
    [HR_SQL_FACES_SPLIT] =
        "UPDATE faces AS f SET student = " KEY_OF("?2") ", vector = seal(" KEY_OF("?2") ", 'vector', " FACE(
            "vector") "), origin = seal(" KEY_OF("?2") ", 'origin', " FACE("origin") ") WHERE student "
                                                                                     "= " KEY_OF(
                                                                                         "?1") " AN"
                                                                                               "D"
                                                                                               " " READABLE_FACE " AN"
                                                                                               "D"
                                                                                               " " FACE(
                                                                                                   "origin") " = ?3",
    [HR_SQL_ACCOUNTS] = "SELECT key, name, role, made_us FROM accounts ORDER BY name",
    [HR_SQL_ACCOUNT_INSERT] = "INSERT INTO accounts(name, role, password, made_us) VALUES (?1, ?2, ?3, ?4)"
                              " ON CONFLICT (name) DO NOTHING RETURNING key",
    [HR_SQL_ACCOUNT_FIND] = "SELECT key, name, role, made_us, password FROM accounts WHERE name = ?1",
    [HR_SQL_ACCOUNT_SET_PASSWORD] = "UPDATE accounts SET password = ?2 WHERE key = ?1",
    [HR_SQL_ACCOUNT_SET_ROLE] = "UPDATE accounts SET role = ?2 WHERE key = ?1",
    [HR_SQL_ACCOUNT_DELETE] = "DELETE FROM accounts WHERE key = ?1",
    [HR_SQL_STUDENT_CLASSES] = "SELECT DISTINCT c.id FROM members AS m JOIN classes AS c ON c.key = m.class"
                               " JOIN students AS s ON s.key = m.student WHERE s.id = ?1 ORDER BY c.id",
    [HR_SQL_ACCOUNT_CLASSES] =
        "SELECT c.id FROM account_classes AS a JOIN classes AS c ON c.key = a.class WHERE a.account = ?1 ORDER BY c.id",
    [HR_SQL_ACCOUNT_CLASSES_DELETE] = "DELETE FROM account_classes WHERE account = ?1",
    [HR_SQL_ACCOUNT_CLASS_INSERT] =
        "INSERT INTO account_classes(account, class) SELECT ?1, key FROM classes WHERE id = ?2"
        " ON CONFLICT DO UPDATE SET class = excluded.class RETURNING 1",
    [HR_SQL_ACCOUNT_MAY] = "SELECT EXISTS (SELECT 1 FROM account_classes AS a JOIN classes AS c ON c.key = a.class"
                           " WHERE a.account = ?1 AND c.id = ?2)",
    [HR_SQL_ACCOUNT_MAY_STUDENT] =
        "SELECT EXISTS (SELECT 1 FROM account_classes AS a JOIN members AS m ON m.class = a.class"
        " JOIN students AS s ON s.key = m.student WHERE a.account = ?1 AND s.id = ?2)",
    [HR_SQL_ACCOUNT_MAY_ALL] =
        "SELECT min(EXISTS (SELECT 1 FROM account_classes AS a WHERE a.account = ?1 AND a.class = m.class))"
        " FROM members AS m JOIN students AS s ON s.key = m.student WHERE s.id = ?2",
    [HR_SQL_ADMINISTRATORS] = "SELECT count(*) FROM accounts WHERE role = 'administrator' AND key <> ?1",
    [HR_SQL_LOGIN_INSERT] = "INSERT INTO logins(hash, account, label, made_us, seen_us) VALUES (?1, ?2, ?3, ?4, ?4)",
    [HR_SQL_LOGIN_FIND] = "SELECT a.key, a.name, a.role, l.label, l.made_us, l.seen_us FROM logins AS l"
                          " JOIN accounts AS a ON a.key = l.account WHERE l.hash = ?1",
    [HR_SQL_LOGIN_SEEN] = "UPDATE logins SET seen_us = ?2 WHERE hash = ?1",
    [HR_SQL_LOGIN_DELETE] = "DELETE FROM logins WHERE hash = ?1",
    [HR_SQL_LOGINS_DELETE] = "DELETE FROM logins WHERE account = ?1",
    [HR_SQL_LOGINS_PURGE] = "DELETE FROM logins WHERE label = '' AND (made_us < ?1 OR seen_us < ?2)",
    [HR_SQL_UPLOAD_INSERT] = "INSERT INTO uploads(id, account, video, class, lesson, camera, start, modified_us,"
                             " size_bytes, made_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [HR_SQL_UPLOAD_FIND] = "SELECT u.id, u.account, u.video, u.class, u.lesson, u.camera, u.start, u.modified_us,"
                           " u.size_bytes, u.made_us, a.name FROM uploads AS u JOIN accounts AS a ON a.key = u.account"
                           " WHERE u.id = ?1",
    [HR_SQL_UPLOADS] = "SELECT u.id, u.account, u.video, u.class, u.lesson, u.camera, u.start, u.modified_us,"
                       " u.size_bytes, u.made_us, a.name FROM uploads AS u JOIN accounts AS a ON a.key = u.account"
                       " ORDER BY u.made_us",
    [HR_SQL_UPLOAD_DELETE] = "DELETE FROM uploads WHERE id = ?1",
    [HR_SQL_TASK_INSERT] =
        "INSERT INTO tasks(account, file, video, class, lesson, camera, start, modified_us, state, tries, message,"
        " place_us, ends, made_us, began_us, ended_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting', 0, '', 0, 0, "
        "?9, 0, 0)"
        " RETURNING key",
    [HR_SQL_TASK_NEXT] =
        "SELECT key, account, file, video, class, lesson, camera, start, modified_us, state, tries, message, made_us,"
        " began_us, ended_us, reason, value, certain, unknown FROM tasks WHERE state = 'waiting' ORDER BY key LIMIT 1",
    [HR_SQL_TASK_BEGIN] = "UPDATE tasks SET state = 'running', tries = tries + 1, began_us = ?2"
                          " WHERE key = ?1 AND state = 'waiting'",
    [HR_SQL_TASK_LESSON] = "UPDATE tasks SET lesson = ?2 WHERE key = ?1",
    [HR_SQL_TASK_END] = "UPDATE tasks SET state = ?2, message = ?3, file = '', ended_us = ?4,"
                        " reason = ?5, value = ?6, certain = ?7, unknown = ?8 WHERE key = ?1",
    [HR_SQL_TASKS] =
        "SELECT key, account, file, video, class, lesson, camera, start, modified_us, state, tries, message, made_us,"
        " began_us, ended_us, reason, value, certain, unknown FROM tasks WHERE ?1 = 0 OR key = ?1 ORDER BY key DESC "
        "LIMIT 500",
    [HR_SQL_TASKS_OPEN] =
        "SELECT key, account, file, video, class, lesson, camera, start, modified_us, state, tries, message, made_us,"
        " began_us, ended_us, reason, value, certain, unknown FROM tasks WHERE state IN ('waiting', 'running') ORDER "
        "BY key",
    [HR_SQL_TASK_DELETE] = "DELETE FROM tasks WHERE key = ?1 AND state <> 'running'",
    [HR_SQL_TASK_BROKEN_OFF] = "UPDATE tasks SET ends = CASE WHEN place_us = ?2 THEN ends + 1 ELSE 1 END,"
                               " place_us = ?2, state = 'waiting' WHERE key = ?1 AND state = 'running'",
    [HR_SQL_TASK_GIVE_UP] =
        "UPDATE tasks SET state = 'failed', ended_us = ?2, reason = 'given_up', value = ends, message = 'the program "
        "was ended ' || ends || ' times at the"
        " same place of this video' WHERE key = ?1 AND ends >= CASE WHEN place_us < 0 THEN 5 ELSE 3 END",
    [HR_SQL_TASK_LEAVE] = "UPDATE tasks SET state = 'waiting' WHERE key = ?1 AND state = 'running'",
    [HR_SQL_CLASS_KEEP] = "UPDATE classes SET keep_days = ?2 WHERE id = ?1",
    [HR_SQL_CLASSES_KEEPING] = "SELECT id FROM classes WHERE keep_days > 0 LIMIT 1",
    [HR_SQL_VIEW_INSERT] = "INSERT INTO views(track, vector, sharpness, frontal, picture) SELECT t.key, ?2, ?3, ?4, ?5"
                           " FROM tracks AS t " CLASS_OF_TRACK " WHERE t.key = ?1 AND c.keep_days > 0",
    /* ?2: now. */
    [HR_SQL_VIEWS_OF] =
        "SELECT v.track, v.vector, v.sharpness, v.frontal, v.picture, o.models FROM tracks AS t"
        " JOIN views AS v ON v.track = t.key JOIN observations AS o ON o.key = "
        "t.observation " CLASS_OF_TRACK " WHERE t.observation = ?1 AND o.made_us >= ?2 - " KEPT_US " ORDER BY v.track",
    [HR_SQL_VIEW_HAS_PICTURE] =
        "SELECT 1 FROM tracks AS t JOIN views AS v ON v.track = t.key JOIN observations AS o ON o.key = "
        "t.observation " CLASS_OF_TRACK " WHERE t.key = ?1 AND length(v.picture) > 0"
        " AND o.made_us >= ?2 - " KEPT_US,
    [HR_SQL_VIEWS_OF_STUDENT] =
        "SELECT v.track, v.vector, v.sharpness, v.frontal, v.picture, o.models FROM views AS v JOIN tracks "
        "AS t"
        " ON t.key = v.track JOIN observations AS o ON o.key = t.observation WHERE " VIEW_OF_STUDENT
        " ORDER BY v.track",
    [HR_SQL_VIEW_DELETE] = "DELETE FROM views WHERE track = ?1",
    [HR_SQL_VIEWS_DELETE_CLASS] =
        "DELETE FROM views WHERE track IN (SELECT t.key FROM tracks AS t " CLASS_OF_TRACK " WHERE c.id = ?1)",
    [HR_SQL_VIEWS_DELETE_STUDENT] = "DELETE FROM views AS v WHERE " VIEW_OF_STUDENT,
    [HR_SQL_VIEWS_PURGE] = "DELETE FROM views WHERE track IN (" VIEWS_TOO_OLD("?1") ")",
    [HR_SQL_DECISION_DELETE] = "DELETE FROM decisions WHERE track = ?1",
    [HR_SQL_DECISION_INSERT] =
        "INSERT INTO decisions(track, student, band, reason, model_id, similarity, margin, stranger_chance)"
        " VALUES (?1, " KEY_OF("?2") ", ?3, ?4, ?5, ?6, ?7, ?8)",
    [HR_SQL_CHOICE_INSERT] = "INSERT INTO choices(track, rank, similarity, student)"
                             " SELECT ?1, ?2, ?3, key FROM students WHERE id = ?4",
    [HR_SQL_ENROLLED_INSERT] = "INSERT INTO enrolled(face, change) VALUES (?1, ?2)",
    [HR_SQL_ENROLLED_DELETE] = "DELETE FROM faces WHERE id IN (SELECT face FROM enrolled WHERE change = ?1)",
    [HR_SQL_CHANGES_MOVE] = "UPDATE changes SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    [HR_SQL_DECISIONS_MOVE] = "UPDATE decisions SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    [HR_SQL_CHOICES_JOIN] = "DELETE FROM choices AS c WHERE c.student IN (" KEY_OF("?1") ", " KEY_OF(
        "?2") ") AND EXISTS"
              " (SELECT 1 FROM choices AS o WHERE o.track = c.track AND o.rank < c.rank"
              " AND o.student IN (" KEY_OF("?1") ", " KEY_OF("?2") "))",
    [HR_SQL_CHOICES_MOVE] = "UPDATE choices SET student = " KEY_OF("?2") " WHERE student = " KEY_OF("?1"),
    [HR_SQL_KEEPING] = "SELECT kind, days FROM keeping",
    [HR_SQL_KEEPING_SET] = "INSERT INTO keeping(kind, days) VALUES (?1, ?2) ON CONFLICT(kind) DO UPDATE "
                           "SET days = excluded.days",
    [HR_SQL_KEEPING_FOREVER] = "DELETE FROM keeping WHERE kind = ?1",
    [HR_SQL_OVERDUE] = "SELECT (SELECT count(*) FROM faces WHERE created_us < " LAST_DAY(
        "faces", "?1") "),"
                       " (SELECT count(*) FROM observations WHERE made_us < " LAST_DAY(
                           "observations", "?1") "),"
                                                 " (SELECT count(*) FROM audit WHERE at_us < " LAST_DAY(
                                                     "audit", "?1") "),"
                                                                    " (SELECT count(*) FROM (" VIEWS_TOO_OLD("?1") "))",
    [HR_SQL_STUDENTS_OVERDUE] = "SELECT DISTINCT student FROM faces WHERE created_us < " LAST_DAY("faces", "?1"),
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
    enum hr_status status = hr_seal_functions(database, error);
    return status == HR_OK ? hr_sql_run(database, connection_sql, "setting it up", error) : status;
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
    if (code == SQLITE_CONSTRAINT_COMMITHOOK && error != NULL) {
        *error = database->vault_error;
        return error->code;
    }
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

int hr_sql_bind_real(sqlite3_stmt *statement, int index, double number)
{
    return isfinite(number) ? sqlite3_bind_double(statement, index, number) : sqlite3_bind_null(statement, index);
}

int hr_sql_bind_bytes(sqlite3_stmt *statement, int index, struct hr_view bytes)
{
    return sqlite3_bind_blob64(statement, index, bytes.data, bytes.size, SQLITE_STATIC);
}

void hr_sql_bind_now(sqlite3_stmt *statement, int index)
{
    sqlite3_bind_int64(statement, index, hr_clock_wall_now_us());
}

enum hr_status hr_sql_begin_own(struct hr_database *database, bool *own, struct hr_error *error)
{
    *own = sqlite3_get_autocommit(database->handle) != 0;
    return *own ? hr_database_begin(database, error) : HR_OK;
}

enum hr_status hr_sql_end_own(struct hr_database *database, bool own, enum hr_status status, struct hr_error *error)
{
    return own ? hr_database_end(database, status, error) : status;
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

bool hr_sql_next(struct hr_database *database, sqlite3_stmt *statement, const char *doing, enum hr_status *status,
                 struct hr_error *error)
{
    if (*status == HR_OK) {
        *status = hr_sql_step(database, statement, doing, error);
        if (*status == HR_OK)
            return true;
        if (*status == HR_END)
            *status = HR_OK;
    }
    hr_sql_end(statement);
    return false;
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
    return hr_error_named(error, HR_ERR_NOT_FOUND, "no_student", id, "there is no student '%s'", id);
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
