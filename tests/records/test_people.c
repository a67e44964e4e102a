/* Who a student is: found by what a person wrote, renamed, merged, and one photo of him forgotten. */
#include "base/limits.h"
#include "records/find.h"
#include "records/sql.h"
#include "records/support.h"

static struct hr_database *opened(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    return database;
}

static void put(struct hr_database *database, const char *id, const char *name)
{
    struct hr_student student = test_student(id, name, "", "");
    assert_ok(hr_database_put_student(database, &student, NULL, &test_error));
}

static void add_face(struct hr_database *database, const char *id, const char *origin, const char *sha256,
                     unsigned seed)
{
    test_add_face(database, id, "test-model", origin, sha256, seed);
}

/* What is known of a student, with the number of his faces; id "" when there is no such student. */
struct known {
    char id[64], name[64], major[64], year[64];
    size_t faces;
};

static struct known read_student(struct hr_database *database, const char *id)
{
    struct hr_student *students;
    struct known known = {.faces = SIZE_MAX};
    size_t *counts, count;
    assert_ok(hr_database_students(database, &students, &counts, &count, &test_error));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(students[i].id, id) != 0)
            continue;
        known.faces = counts[i];
        snprintf(known.id, sizeof known.id, "%s", students[i].id);
        snprintf(known.name, sizeof known.name, "%s", students[i].name);
        snprintf(known.major, sizeof known.major, "%s", students[i].major);
        snprintf(known.year, sizeof known.year, "%s", students[i].year);
    }
    hr_students_free(students, count);
    free(counts);
    return known;
}

/* Every row of both tables in one text, to see what a call has changed. The test frees it. */
static char *dump(struct hr_database *database)
{
    static const char *const tables[] = {
        "SELECT quote(id) || quote(name) || quote(major) || quote(year) || quote(extra) || listed FROM students"
        " ORDER BY id",
        "SELECT id || '/' || student || quote(model_id) || hex(vector) || quote(origin) || quote(origin_sha256)"
        " || created_us || '/' || quality || '/' || face_px || quote(verdict) FROM faces ORDER BY id"};
    struct hr_buffer text;
    hr_buffer_init(&text, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        sqlite3_stmt *statement = NULL;
        assert_int_equal(sqlite3_prepare_v2(database->handle, tables[i], -1, &statement, NULL), SQLITE_OK);
        while (sqlite3_step(statement) == SQLITE_ROW)
            hr_buffer_append_format(&text, "%s\n", (const char *)sqlite3_column_text(statement, 0));
        assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    }
    assert_false(text.failed);
    char *copy = strdup(hr_buffer_text(&text));
    assert_non_null(copy);
    hr_buffer_clear(&text);
    return copy;
}

/* The rows are as in `before` (freed here), and no transaction was left open. */
static void assert_unchanged(struct hr_database *database, char *before)
{
    char *after = dump(database);
    assert_string_equal(after, before);
    free(before);
    free(after);
    assert_ok(hr_database_begin(database, &test_error));
    hr_database_rollback(database);
}

static int64_t ask(struct hr_database *database, const char *sql)
{
    int64_t answer = -1;
    assert_ok(hr_sql_integer(database, sql, "asking", &answer, &test_error));
    return answer;
}

static void run(struct hr_database *database, const char *sql)
{
    assert_ok(hr_sql_run(database, sql, "preparing the test", &test_error));
}

static size_t faces_of(struct hr_database *database, const char *id)
{
    return read_student(database, id).faces;
}

static void assert_name(struct hr_database *database, const char *id, const char *name)
{
    assert_string_equal(read_student(database, id).name, name);
}

/* Whether the file or its log still has these bytes. */
static bool left_in_the_file(const struct test_folder *folder, struct hr_view trace)
{
    struct hr_buffer bytes;
    char log[200];
    test_read_file(folder->database, &bytes);
    bool found = test_holds(hr_buffer_view(&bytes), trace);
    hr_buffer_clear(&bytes);
    snprintf(log, sizeof log, "%s-wal", folder->database);
    FILE *file = fopen(log, "rb");
    if (file == NULL)
        return found;
    fclose(file);
    test_read_file(log, &bytes);
    found |= test_holds(hr_buffer_view(&bytes), trace);
    hr_buffer_clear(&bytes);
    return found;
}

/* --- found by a word --- */

#define COMPOSED                                                                                                       \
    "Ren\xC3\xA9"                                                                                                      \
    "e M\xC3\xBCller" /* NFC */
#define DECOMPOSED                                                                                                     \
    "Rene\xCC\x81"                                                                                                     \
    "e Mu\xCC\x88ller" /* NFD */

static void assert_found(const struct hr_student_finder *finder, const char *word, const char *id, bool exact)
{
    const char *found = NULL;
    bool is_exact = !exact;
    assert_ok(hr_student_find(finder, word, &found, &is_exact, &test_error));
    assert_string_equal(found, id);
    assert_int_equal(is_exact, exact);
}

static void a_word_is_an_id_or_a_name_in_any_form(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_student_finder *finder;
    put(database, "17", COMPOSED);
    put(database, "s-18", "Anna Lee");
    put(database, "19", "STRASSE \xC3\x9F"); /* sharp s folds to ss */
    assert_ok(hr_student_finder_new(&finder, database, &test_error));
    assert_found(finder, "17", "17", true);
    assert_found(finder, "S-18", "s-18", false);
    assert_found(finder, COMPOSED, "17", false);
    assert_found(finder, DECOMPOSED, "17", false);
    assert_found(finder,
                 "REN\xC3\x89"
                 "E M\xC3\x9CLLER",
                 "17", false);
    assert_found(finder, "anna_lee", "s-18", false);
    assert_found(finder, "  Anna   Lee ", "s-18", false);
    assert_found(finder, "\xEF\xBC\xA1nna Lee", "s-18", false); /* a wide A */
    assert_found(finder,
                 "stra\xC3\x9F"
                 "e ss",
                 "19", false);
    hr_student_finder_free(finder);
    hr_database_close(database);
}

static void an_id_counts_before_a_name_and_letters_before_forms(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_student_finder *finder;
    put(database, "anna", "Berta");
    put(database, "2", "anna");
    put(database, "3", "Carl");
    put(database, "4", "CARL");
    assert_ok(hr_student_finder_new(&finder, database, &test_error));
    assert_found(finder, "anna", "anna", true);
    assert_found(finder, "Carl", "3", false);
    assert_found(finder, "CARL", "4", false);
    const char *found = NULL;
    assert_fails(hr_student_find(finder, "carl", &found, NULL, &test_error), HR_ERR_CONFLICT, "3");
    assert_non_null(strstr(test_error.text, "4"));
    hr_student_finder_free(finder);
    hr_database_close(database);
}

static void nobody_is_refused_with_who_is_near(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_student_finder *finder;
    put(database, "1001", "Barack Obama");
    put(database, "1002", "Joe Biden");
    const char *found = NULL;
    assert_ok(hr_student_finder_new(&finder, database, &test_error));
    assert_fails(hr_student_find(finder, "Barrack Obama", &found, NULL, &test_error), HR_ERR_NOT_FOUND,
                 "near: 1001 (Barack Obama)");
    assert_null(strstr(test_error.text, "Biden"));
    assert_fails(hr_student_find(finder, "1003", &found, NULL, &test_error), HR_ERR_NOT_FOUND, "1001");
    assert_fails(hr_student_find(finder, "somebody else", &found, NULL, &test_error), HR_ERR_NOT_FOUND,
                 "no student has the id or name 'somebody else'");
    assert_null(strstr(test_error.text, "near"));
    assert_fails(hr_student_find(finder, "\xFF\xFE", &found, NULL, &test_error), HR_ERR_NOT_FOUND, "no student");
    hr_student_finder_free(finder);
    hr_database_close(database);
}

/* --- renamed --- */

static void a_new_id_or_name_keeps_the_faces_and_leaves_no_old_one(void **state)
{
    static const char old_name[] = "An Old And Telling Name";
    struct hr_database *database = opened(*state);
    put(database, "an-old-and-telling-id", old_name);
    add_face(database, "an-old-and-telling-id", "a.jpg", "", 1);
    assert_ok(hr_database_rename(database, "an-old-and-telling-id", "17", "New", &test_error));
    assert_int_equal(faces_of(database, "17"), 1);
    assert_int_equal(faces_of(database, "an-old-and-telling-id"), SIZE_MAX);
    assert_name(database, "17", "New");
    assert_ok(hr_database_rename(database, "17", "17", NULL, &test_error)); /* itself: nothing to do */
    assert_name(database, "17", "New");
    hr_database_close(database);
    assert_false(left_in_the_file(*state, hr_view_text(old_name)));
    assert_false(left_in_the_file(*state, hr_view_text("an-old-and-telling-id")));
}

static void renaming_is_refused_and_changes_nothing(void **state)
{
    struct hr_database *database = opened(*state);
    put(database, "1", "One");
    put(database, "2", "Two");
    add_face(database, "1", "a.jpg", "", 1);
    assert_fails(hr_database_rename(database, "1", "2", "Other", &test_error), HR_ERR_CONFLICT, "homeroom merge");
    assert_fails(hr_database_rename(database, "3", "4", NULL, &test_error), HR_ERR_NOT_FOUND, "'3'");
    assert_fails(hr_database_rename(database, "3", NULL, "Three", &test_error), HR_ERR_NOT_FOUND, "'3'");
    assert_fails(hr_database_rename(database, "1", "", NULL, &test_error), HR_ERR_ARGUMENT, "id");
    assert_name(database, "1", "One");
    assert_int_equal(faces_of(database, "1"), 1);
    assert_int_equal(faces_of(database, "2"), 0);
    hr_database_close(database);
}

/* Columns beyond the four, the mark of a table and the faces themselves belong to the record, too. */
static void renaming_changes_nothing_but_what_is_said(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_field extra = {.key = (char *)"room", .value = (char *)"B 12"};
    struct hr_student student = test_student("1", "One", "law", "senior");
    student.extra = &extra;
    student.extra_count = 1;
    assert_ok(hr_database_put_student(database, &student, NULL, &test_error));
    put(database, "2", "Two");
    add_face(database, "1", "a.jpg", "0011", 1);
    add_face(database, "2", "b.jpg", "0022", 2);
    add_face(database, "1", "c.jpg", "", 3);
    run(database, "CREATE TEMP TABLE before AS SELECT * FROM faces;"
                  "CREATE TEMP TABLE record AS SELECT * FROM students WHERE id = '1'");
    assert_ok(hr_database_rename(database, "1", NULL, "Uno", &test_error));
    assert_name(database, "1", "Uno");
    assert_ok(hr_database_rename(database, "1", "17", NULL, &test_error));
    assert_name(database, "17", "Uno");
    assert_int_equal(ask(database, "SELECT count(*) FROM students AS s JOIN record AS r ON s.major = r.major"
                                   " AND s.year = r.year AND s.extra = r.extra AND s.listed = r.listed"
                                   " WHERE s.id = '17' AND s.extra LIKE '%B 12%' AND s.listed"),
                     1);
    assert_int_equal(ask(database, "SELECT count(*) FROM (SELECT * FROM before EXCEPT SELECT * FROM faces)"), 0);
    assert_int_equal(ask(database, "SELECT count(*) FROM faces"), 3);
    assert_int_equal(faces_of(database, "17"), 2);
    hr_database_close(database);
}

static void names_and_ids_that_are_none_are_refused(void **state)
{
    static char long_id[HR_LIMIT_STUDENT_ID_BYTES + 2], long_name[HR_LIMIT_CELL_BYTES + 2];
    struct hr_database *database = opened(*state);
    put(database, "1", "One");
    char *before = dump(database);
    memset(long_id, 'x', sizeof long_id - 1);
    memset(long_name, 'x', sizeof long_name - 1);
    assert_fails(hr_database_rename(database, "1", long_id, NULL, &test_error), HR_ERR_LIMIT, "the id has 256 bytes");
    assert_fails(hr_database_rename(database, "1", "a\nb", NULL, &test_error), HR_ERR_FORMAT, "control character");
    assert_fails(hr_database_rename(database, "1", "\xFF", NULL, &test_error), HR_ERR_FORMAT, "UTF-8");
    assert_fails(hr_database_rename(database, "1", NULL, long_name, &test_error), HR_ERR_LIMIT, "the name has 4097");
    /* The id would do: a name that does not keeps it from being changed. */
    assert_fails(hr_database_rename(database, "1", "2", "\xFF", &test_error), HR_ERR_FORMAT, "the name is not UTF-8");
    assert_unchanged(database, before);
    long_id[HR_LIMIT_STUDENT_ID_BYTES] = long_name[HR_LIMIT_CELL_BYTES] = '\0';
    assert_ok(hr_database_rename(database, "1", long_id, long_name, &test_error));
    assert_int_equal(ask(database, "SELECT length(id) * 10000 + length(name) FROM students"), 2554096);
    hr_database_close(database);
}

/* Several statements make one change: when a later one fails, the earlier ones did not happen. The triggers stand for
 * whatever may go wrong there. */
static const char *const obstacles[] = {
    "CREATE TRIGGER t BEFORE DELETE ON students BEGIN SELECT RAISE(FAIL, 'an obstacle'); END",
    "CREATE TRIGGER t AFTER UPDATE ON faces WHEN OLD.origin = 'b.jpg' BEGIN SELECT RAISE(FAIL, 'an obstacle'); END",
    "CREATE TRIGGER t AFTER UPDATE OF name ON students BEGIN SELECT RAISE(FAIL, 'an obstacle'); END",
};

static void two_with_faces(struct hr_database *database)
{
    put(database, "1", "1");
    put(database, "2", "Two");
    add_face(database, "1", "a.jpg", "0011", 1);
    add_face(database, "1", "b.jpg", "0022", 2);
    add_face(database, "2", "a.jpg", "0033", 3);
    add_face(database, "2", "b.jpg", "0044", 4);
}

static void a_change_that_fails_midway_is_none(void **state)
{
    struct hr_database *database = opened(*state);
    size_t moved = 99;
    two_with_faces(database);
    for (size_t i = 0; i < sizeof obstacles / sizeof *obstacles; i++) {
        char *before = dump(database);
        sqlite3_db_config(database->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL); /* off: no file has one */
        run(database, obstacles[i]);
        if (strstr(obstacles[i], "OF name") != NULL) /* an id is changed in one row, a name in the next statement */
            assert_fails(hr_database_rename(database, "1", "3", "Three", &test_error), HR_ERR_CONFLICT, "an obstacle");
        assert_fails(hr_database_merge(database, "1", "2", &moved, &test_error), HR_ERR_CONFLICT, "an obstacle");
        run(database, "DROP TRIGGER t");
        assert_unchanged(database, before);
    }
    /* Without an obstacle the same calls succeed. */
    assert_ok(hr_database_merge(database, "1", "2", &moved, &test_error));
    assert_ok(hr_database_rename(database, "1", "3", "Three", &test_error));
    hr_database_close(database);
}

static void whoever_only_reads_changes_nobody(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder);
    size_t number = 0;
    two_with_faces(database);
    hr_database_close(database);
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error));
    char *before = dump(database);
    assert_fails(hr_database_rename(database, "1", "3", NULL, &test_error), HR_ERR_PERMISSION, "");
    assert_fails(hr_database_merge(database, "1", "2", &number, &test_error), HR_ERR_PERMISSION, "");
    assert_fails(hr_database_forget_photo(database, "1", "a.jpg", NULL, &test_error), HR_ERR_PERMISSION, "");
    char *after = dump(database);
    assert_string_equal(after, before);
    free(before);
    free(after);
    hr_database_close(database);
}

/* --- merged --- */

static void merging_moves_faces_and_fills_what_is_empty(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_student first = test_student("1", "1", "law", "");
    struct hr_student second = test_student("a-second-id-of-one-person", "Anna Lee", "history", "senior");
    size_t moved = 99;
    assert_ok(hr_database_put_student(database, &first, NULL, &test_error));
    assert_ok(hr_database_put_student(database, &second, NULL, &test_error));
    add_face(database, "1", "a.jpg", "0011", 1);
    add_face(database, second.id, "a again.jpg", "0011", 1); /* the same photo */
    add_face(database, second.id, "b.jpg", "0022", 2);
    assert_ok(hr_database_merge(database, "1", second.id, &moved, &test_error));
    assert_int_equal(moved, 1);
    assert_int_equal(faces_of(database, "1"), 2);
    assert_int_equal(faces_of(database, second.id), SIZE_MAX);
    struct known student = read_student(database, "1");
    assert_string_equal(student.name, "Anna Lee"); /* a name that was but the id is none */
    assert_string_equal(student.major, "law");
    assert_string_equal(student.year, "senior");
    /* Kept so that it can be taken back, and gone with the one. */
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    hr_database_close(database);
    assert_false(left_in_the_file(*state, hr_view_text("a-second-id-of-one-person")));
}

static void merging_is_refused_and_changes_nothing(void **state)
{
    struct hr_database *database = opened(*state);
    size_t moved = 0;
    put(database, "1", "One");
    add_face(database, "1", "a.jpg", "", 1);
    assert_fails(hr_database_merge(database, "1", "1", &moved, &test_error), HR_ERR_ARGUMENT, "one student already");
    assert_fails(hr_database_merge(database, "1", "2", &moved, &test_error), HR_ERR_NOT_FOUND, "'2'");
    assert_fails(hr_database_merge(database, "2", "1", &moved, &test_error), HR_ERR_NOT_FOUND, "'2'");
    assert_name(database, "1", "One");
    assert_int_equal(faces_of(database, "1"), 1);
    hr_database_close(database);
}

/* A photo is the same when its hash and the model are; of one whose hash is not known nobody can tell. */
static void only_photos_that_both_have_stay_once(void **state)
{
    struct hr_database *database = opened(*state);
    size_t moved = 99;
    put(database, "1", "One");
    put(database, "2", "Two");
    test_add_face(database, "1", "m", "a.jpg", "0011", 1);
    test_add_face(database, "1", "m", "import", "", 2);
    test_add_face(database, "2", "m", "a copy.jpg", "0011", 3); /* stays behind */
    test_add_face(database, "2", "n", "a copy.jpg", "0011", 4); /* of another model */
    test_add_face(database, "2", "m", "import", "", 5);
    test_add_face(database, "2", "m", "import", "", 6);
    test_add_face(database, "2", "m", "video", "0022", 7); /* three views of one video */
    test_add_face(database, "2", "m", "video", "0022", 8);
    test_add_face(database, "2", "m", "video", "0022", 9);
    assert_ok(hr_database_merge(database, "1", "2", &moved, &test_error));
    assert_int_equal(moved, 6);
    assert_int_equal(ask(database, "SELECT count(*) FROM faces AS f JOIN students AS s ON s.key = f.student"
                                   " WHERE s.id = '1'"),
                     8);
    assert_int_equal(ask(database, "SELECT count(*) FROM faces"), 8);
    assert_int_equal(ask(database, "SELECT count(*) FROM faces WHERE origin_sha256 = '0022'"), 3);
    assert_int_equal(ask(database, "SELECT count(*) FROM faces WHERE origin = 'a copy.jpg' AND model_id = 'm'"), 0);
    hr_database_close(database);
    float vector[128];
    for (unsigned seed = 1; seed <= 9; seed++) { /* nothing of what stayed behind, all of the others */
        test_vector(vector, 128, seed);
        assert_int_equal(left_in_the_file(*state, hr_view_of(vector, 64)), seed != 3);
    }
}

static void merging_keeps_what_the_first_has(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_field first_extra = {.key = (char *)"room", .value = (char *)"B 12"};
    struct hr_field second_extra = {.key = (char *)"room", .value = (char *)"C 13"};
    struct hr_student first = test_student("1", "One", "law", "junior");
    struct hr_student second = test_student("2", "Two", "history", "senior");
    size_t moved = 99;
    first.extra = &first_extra;
    second.extra = &second_extra;
    first.extra_count = second.extra_count = 1;
    assert_ok(hr_database_put_student(database, &first, NULL, &test_error));
    assert_ok(hr_database_put_student(database, &second, NULL, &test_error));
    run(database, "CREATE TEMP TABLE record AS SELECT * FROM students WHERE id = '1'");
    assert_ok(hr_database_merge(database, "1", "2", &moved, &test_error));
    assert_int_equal(moved, 0);
    assert_int_equal(ask(database, "SELECT count(*) FROM (SELECT * FROM record EXCEPT SELECT * FROM students)"), 0);
    assert_int_equal(ask(database, "SELECT count(*) FROM students"), 1);
    /* Whoever was made by enrolling has nothing of his own. */
    assert_ok(hr_database_ensure_student(database, "17", NULL, &test_error));
    assert_ok(hr_database_ensure_student(database, "18", NULL, &test_error));
    assert_ok(hr_database_merge(database, "17", "18", &moved, &test_error));
    assert_name(database, "17", "17"); /* a name that is but another id is none */
    assert_int_equal(ask(database, "SELECT listed FROM students WHERE id = '17'"), 0);
    assert_ok(hr_database_merge(database, "17", "1", &moved, &test_error));
    assert_name(database, "17", "One");
    assert_int_equal(ask(database, "SELECT count(*) FROM students WHERE listed AND extra LIKE '%B 12%'"
                                   " AND major = 'law' AND year = 'junior'"),
                     1);
    hr_database_close(database);
}

static void merging_with_nobody_leaves_every_row(void **state)
{
    struct hr_database *database = opened(*state);
    size_t moved;
    two_with_faces(database);
    char *before = dump(database);
    static const char *const pairs[][2] = {{"1", "1"}, {"1", "nobody"}, {"nobody", "1"}, {"nobody", "none"}, {"1", ""}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        moved = 99;
        assert_fails(hr_database_merge(database, pairs[i][0], pairs[i][1], &moved, &test_error),
                     i == 0 ? HR_ERR_ARGUMENT : HR_ERR_NOT_FOUND, pairs[i][1]);
        assert_int_equal(moved, 0);
    }
    assert_unchanged(database, before);
    hr_database_close(database);
}

/* --- one photo --- */

static void every_record_of_one_photo_goes(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_removal removed = {.faces = 99};
    put(database, "1", "One");
    test_add_face(database, "1", "m", "a.jpg", "0011", 1);
    test_add_face(database, "1", "n", "a.jpg", "0011", 2);
    test_add_face(database, "1", "m", "a.jpg and more", "0022", 3); /* begins alike */
    test_add_face(database, "1", "m", "A.JPG", "0033", 4);
    test_add_face(database, "1", "m", "%", "0044", 5);
    assert_ok(hr_database_forget_photo(database, "1", "a.jpg", &removed, &test_error));
    assert_int_equal(removed.faces, 2);
    assert_int_equal(ask(database, "SELECT count(*) FROM faces WHERE origin <> 'a.jpg'"), 3);
    assert_ok(hr_database_forget_photo(database, "1", "%", NULL, &test_error)); /* a name, no pattern */
    assert_int_equal(ask(database, "SELECT count(*) FROM faces"), 2);
    hr_database_close(database);
}

/* The records of photos without a hash are alike in student, model and hash: what stays is no trace of what goes. */
static void a_photo_without_a_hash_goes_and_its_like_stays(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_removal removed = {.faces = 99};
    put(database, "a-student-with-a-long-id", "One");
    add_face(database, "a-student-with-a-long-id", "photo number one.jpg", "", 1);
    add_face(database, "a-student-with-a-long-id", "not photo number one.jpg", "", 2);
    assert_ok(
        hr_database_forget_photo(database, "a-student-with-a-long-id", "photo number one.jpg", &removed, &test_error));
    assert_int_equal(removed.faces, 1);
    hr_database_close(database);
    float vector[128];
    for (unsigned seed = 1; seed <= 2; seed++) {
        test_vector(vector, 128, seed);
        assert_int_equal(left_in_the_file(*state, hr_view_of(vector, 64)), seed == 2);
    }
}

static void a_photo_that_is_not_there_says_which_are(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_removal removed = {.faces = 99};
    put(database, "1", "One");
    put(database, "2", "Two");
    assert_fails(hr_database_forget_photo(database, "1", "a.jpg", &removed, &test_error), HR_ERR_NOT_FOUND,
                 "student '1' has no photo 'a.jpg'; there is none at all");
    assert_int_equal(removed.faces, 0);
    test_add_face(database, "1", "m", "b.jpg", "0011", 1);
    test_add_face(database, "1", "n", "b.jpg", "0011", 2);
    test_add_face(database, "1", "m", "c.jpg", "0022", 3);
    test_add_face(database, "2", "m", "d.jpg", "0033", 4);
    char *before = dump(database);
    removed.faces = 99;
    assert_fails(hr_database_forget_photo(database, "1", "d.jpg", &removed, &test_error), HR_ERR_NOT_FOUND,
                 "there are 'b.jpg', 'c.jpg'"); /* each once, and nobody else's */
    assert_null(strstr(test_error.text, "'c.jpg',"));
    assert_int_equal(removed.faces, 0);
    assert_unchanged(database, before);
    for (int i = 0; i < 100; i++) { /* more than a text has room for */
        char origin[160];
        snprintf(origin, sizeof origin,
                 "%d, a photo in a folder of a name that is longer than anybody would like to"
                 " read it in a message about something else.jpg",
                 i);
        add_face(database, "1", origin, "", 5);
    }
    assert_fails(hr_database_forget_photo(database, "1", "d.jpg", &removed, &test_error), HR_ERR_NOT_FOUND, "'b.jpg'");
    hr_database_close(database);
}

static void a_copy_of_a_photos_vector_is_found_and_told(void **state)
{
    struct hr_database *database = opened(*state);
    two_with_faces(database);
    run(database, "CREATE TABLE copies AS SELECT vector FROM faces WHERE student = (SELECT key FROM students WHERE id "
                  "= '1') AND origin = 'a.jpg'");
    assert_ok(hr_database_forget_photo(database, "1", "b.jpg", NULL, &test_error)); /* it is not b's */
    assert_fails(hr_database_forget_photo(database, "1", "a.jpg", NULL, &test_error), HR_ERR_INTERNAL, "still found");
    hr_database_close(database);
}

static void a_photo_of_two_stays_with_the_other(void **state)
{
    struct hr_database *database = opened(*state);
    put(database, "1", "One");
    put(database, "2", "Two");
    add_face(database, "1", "photo of the whole class.jpg", "0123456789abcdef0123", 1);
    add_face(database, "2", "photo of the whole class.jpg", "0123456789abcdef0123", 1);
    assert_ok(hr_database_forget_photo(database, "1", "photo of the whole class.jpg", NULL, &test_error));
    assert_int_equal(faces_of(database, "1"), 0);
    assert_int_equal(faces_of(database, "2"), 1);
    hr_database_close(database);
}

static void a_photo_is_not_forgotten_by_halves(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder), *reader = NULL;
    struct hr_removal removed = {.faces = 99};
    two_with_faces(database);
    assert_ok(hr_database_begin(database, &test_error));
    assert_fails(hr_database_forget_photo(database, "1", "a.jpg", &removed, &test_error), HR_ERR_INTERNAL,
                 "within a transaction");
    hr_database_rollback(database);
    /* Somebody reads an older state, which keeps the log from being emptied. */
    assert_ok(hr_database_open(&reader, folder->database, HR_DATABASE_READ, &test_error));
    sqlite3_busy_timeout(database->handle, 20);
    run(reader, "BEGIN");
    assert_int_equal(faces_of(reader, "1"), 2);
    put(database, "3", "Three");
    char *before = dump(database);
    assert_fails(hr_database_forget_photo(database, "1", "a.jpg", &removed, &test_error), HR_ERR_UNAVAILABLE,
                 "in use by another program");
    assert_int_equal(removed.faces, 0);
    assert_unchanged(database, before);
    run(reader, "COMMIT");
    assert_ok(hr_database_forget_photo(database, "1", "a.jpg", &removed, &test_error));
    assert_int_equal(removed.faces, 1);
    hr_database_close(reader);
    hr_database_close(database);
}

static void one_photo_goes_and_the_student_stays(void **state)
{
    struct hr_database *database = opened(*state);
    float gone[128];
    struct hr_removal removed = {.faces = 0};
    put(database, "1", "One");
    put(database, "2", "Two");
    add_face(database, "1", "a photo of the first.jpg", "0011", 1);
    add_face(database, "1", "another photo of the first.jpg", "0022", 2);
    add_face(database, "2", "a photo of the first.jpg", "0033", 3);
    assert_fails(hr_database_forget_photo(database, "1", "c.jpg", &removed, &test_error), HR_ERR_NOT_FOUND,
                 "another photo of the first.jpg");
    assert_fails(hr_database_forget_photo(database, "3", "c.jpg", &removed, &test_error), HR_ERR_NOT_FOUND, "'3'");
    assert_int_equal(faces_of(database, "1"), 2);
    assert_ok(hr_database_forget_photo(database, "1", "another photo of the first.jpg", &removed, &test_error));
    assert_int_equal(removed.faces, 1);
    assert_int_equal(faces_of(database, "1"), 1);
    assert_int_equal(faces_of(database, "2"), 1);
    assert_ok(hr_database_forget_photo(database, "1", "a photo of the first.jpg", &removed, &test_error));
    assert_int_equal(faces_of(database, "1"), 0);
    assert_int_equal(faces_of(database, "2"), 1); /* the same name, another student's */
    assert_name(database, "1", "One");
    hr_database_close(database);
    for (unsigned seed = 1; seed <= 2; seed++) {
        test_vector(gone, 128, seed);
        assert_false(left_in_the_file(*state, hr_view_of(gone, 64)));
    }
    test_vector(gone, 128, 3);
    assert_true(left_in_the_file(*state, hr_view_of(gone, 64))); /* so the search can find something */
    assert_false(left_in_the_file(*state, hr_view_text("another photo of the first.jpg")));
}

/* --- what an older version made --- */

static void a_database_of_the_first_version_keeps_everybody(void **state)
{
    struct test_folder *folder = *state;
    struct hr_schema first = {.steps = hr_schema_current.steps, .version = 1};
    struct hr_database *database = NULL;
    assert_ok(hr_database_open_schema(&database, folder->database, HR_DATABASE_CREATE, &first, &test_error));
    assert_ok(hr_sql_run(database,
                         "INSERT INTO students VALUES ('1', 'Ada', 'law', '', ''), ('2', '2', '', '', '');"
                         "INSERT INTO faces VALUES (1, '1', 'm', x'00000000', 'a.jpg', '0011', 7, 0.5),"
                         " (2, '2', 'm', x'00000000', 'b.jpg', '0022', 8, 0.5)",
                         "filling it", &test_error));
    hr_database_close(database);
    database = opened(folder);
    assert_int_equal(hr_database_schema_version(database), hr_schema_current.version);
    assert_int_equal(faces_of(database, "1"), 1);
    assert_int_equal(faces_of(database, "2"), 1);
    /* Who had more than an id came from a table; the face's size is not known. */
    assert_int_equal(ask(database, "SELECT group_concat(id) FROM students WHERE listed"), 1);
    assert_int_equal(ask(database, "SELECT count(*) FROM faces WHERE face_px = 0 AND verdict = ''"), 2);
    bool table = false;
    assert_ok(hr_database_has_table(database, &table, &test_error));
    assert_true(table);
    hr_database_close(database);
}

static void enrolling_alone_makes_no_table(void **state)
{
    struct hr_database *database = opened(*state);
    bool table = true;
    assert_ok(hr_database_has_table(database, &table, &test_error));
    assert_false(table);
    assert_ok(hr_database_ensure_student(database, "17", NULL, &test_error));
    assert_ok(hr_database_has_table(database, &table, &test_error));
    assert_false(table);
    put(database, "18", "Anna");
    assert_ok(hr_database_has_table(database, &table, &test_error));
    assert_true(table);
    hr_database_close(database);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

/* A Mac's file names have accents behind their letters. */
static void accents_compare_in_whatever_form(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_student_finder *finder = NULL;
    const char *id = NULL;
    put(database, "1", "Jos\xC3\xA9");
    put(database, "2", "JOS\xC3\x89");
    put(database, "3", "x");
    assert_ok(hr_database_rename(database, "3", "Zoe\xCC\x88", "Zoe\xCC\x88", &test_error));
    assert_string_equal(read_student(database, "Zo\xC3\xAB").name, "Zo\xC3\xAB");
    assert_ok(hr_student_finder_new(&finder, database, &test_error));
    assert_ok(hr_student_find(finder, "Jose\xCC\x81", &id, NULL, &test_error));
    assert_string_equal(id, "1"); /* equal to the letter, in one form */
    assert_fails(hr_student_find(finder, "jose\xCC\x81", &id, NULL, &test_error), HR_ERR_CONFLICT, "1, 2");
    hr_student_finder_free(finder);
    hr_database_close(database);
}

static void everybody_of_one_name_is_found(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_student_finder *finder = NULL;
    const char *ids[2] = {NULL, NULL};
    size_t count;
    put(database, "3", "Jos\xC3\xA9");
    put(database, "1", "Jose\xCC\x81");
    put(database, "2", "JOS\xC3\x89"); /* case counts here */
    put(database, "4", "Jos\xC3\xA9");
    put(database, "Jos\xC3\xA9", "somebody");
    assert_ok(hr_student_finder_new(&finder, database, &test_error));
    assert_ok(hr_student_find_same(finder, "Jose\xCC\x81", true, ids, 2, &count, &test_error));
    assert_int_equal(count, 3);
    assert_string_equal(ids[0], "1");
    assert_string_equal(ids[1], "3");
    assert_ok(hr_student_find_same(finder, "Jose\xCC\x81", false, ids, 2, &count, &test_error));
    assert_int_equal(count, 1);
    assert_string_equal(ids[0], "Jos\xC3\xA9");
    assert_ok(hr_student_find_same(finder, "nobody", true, ids, 2, &count, &test_error));
    assert_int_equal(count, 0);
    hr_student_finder_free(finder);
    hr_database_close(database);
}

static void a_merge_is_taken_back_to_the_last_row(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_student ada = test_student("17", "Ada", "", "2"), other = test_student("18", "Ada L.", "maths", "");
    struct hr_parted parted;
    size_t moved;
    assert_ok(hr_database_put_student(database, &ada, NULL, &test_error));
    assert_ok(hr_database_put_student(database, &other, NULL, &test_error));
    add_face(database, "17", "a.jpg", "aa", 1);
    add_face(database, "18", "b.jpg", "bb", 2);
    char *before = dump(database);
    assert_fails(hr_database_unmerge(database, &parted, &test_error), HR_ERR_NOT_FOUND, "no two students");
    for (int i = 0; i < 2; i++) { /* and again */
        assert_ok(hr_database_merge(database, "17", "18", &moved, &test_error));
        assert_string_equal(read_student(database, "17").major, "maths");
        assert_ok(hr_database_unmerge(database, &parted, &test_error));
        assert_string_equal(parted.id, "17");
        assert_string_equal(parted.other, "18");
        char *after = dump(database);
        assert_string_equal(after, before);
        free(after);
    }
    free(before);
    hr_database_close(database);
}

static void a_merge_that_cannot_be_taken_back_stays(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_parted parted;
    size_t moved;
    put(database, "17", "Ada");
    put(database, "18", "Ada L.");
    add_face(database, "17", "a.jpg", "aa", 1);
    add_face(database, "18", "a copy.jpg", "aa", 1); /* one photo of both: left behind, and copied back */
    assert_ok(hr_database_merge(database, "17", "18", &moved, &test_error));
    put(database, "18", "Ben");
    assert_fails(hr_database_unmerge(database, &parted, &test_error), HR_ERR_CONFLICT, "rename that one first");
    assert_string_equal(read_student(database, "18").name, "Ben");
    assert_ok(hr_database_rename(database, "18", "19", NULL, &test_error));
    assert_ok(hr_database_rename(database, "17", NULL, "Ada Lovelace", &test_error)); /* said since: stays */
    assert_ok(hr_database_unmerge(database, &parted, &test_error));
    assert_int_equal(read_student(database, "18").faces, 1);
    assert_int_equal(read_student(database, "17").faces, 1);
    assert_string_equal(read_student(database, "17").name, "Ada Lovelace");
    assert_ok(hr_database_forget(database, "18", NULL, &test_error)); /* nothing of him is left of the merge */
    put(database, "18", "A long name that is known again");
    assert_ok(hr_database_merge(database, "17", "18", &moved, &test_error));
    put(database, "18", "A long name that is known again");
    assert_ok(hr_database_forget(database, "18", NULL, &test_error));
    assert_fails(hr_database_unmerge(database, &parted, &test_error), HR_ERR_NOT_FOUND, "no two students");
    put(database, "18", "Ada L.");
    assert_ok(hr_database_merge(database, "17", "18", &moved, &test_error));
    assert_ok(hr_database_forget(database, "17", NULL, &test_error)); /* and the one within */
    assert_fails(hr_database_unmerge(database, &parted, &test_error), HR_ERR_NOT_FOUND, "no two students");
    hr_database_close(database);
}

static void photos_go_from_one_to_another_and_back(void **state)
{
    struct hr_database *database = opened(*state);
    const char *photos[] = {"b.jpg", "c.jpg"}, *none[] = {"b.jpg", "x.jpg"};
    size_t moved;
    put(database, "17", "Ada");
    add_face(database, "17", "a.jpg", "aa", 1);
    add_face(database, "17", "b.jpg", "bb", 2);
    add_face(database, "17", "c.jpg", "cc", 3);
    assert_fails(hr_database_split(database, "17", "20", none, 2, &moved, &test_error), HR_ERR_NOT_FOUND, "'x.jpg'");
    assert_string_equal(read_student(database, "20").id, "");
    assert_ok(hr_database_split(database, "17", "20", photos, 2, &moved, &test_error));
    assert_int_equal(moved, 2);
    assert_int_equal(read_student(database, "17").faces, 1);
    assert_int_equal(read_student(database, "20").faces, 2);
    assert_ok(hr_database_merge(database, "17", "20", &moved, &test_error));
    assert_int_equal(read_student(database, "17").faces, 3);
    hr_database_close(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(accents_compare_in_whatever_form),
        FOLDER_TEST(everybody_of_one_name_is_found),
        FOLDER_TEST(a_word_is_an_id_or_a_name_in_any_form),
        FOLDER_TEST(an_id_counts_before_a_name_and_letters_before_forms),
        FOLDER_TEST(nobody_is_refused_with_who_is_near),
        FOLDER_TEST(a_new_id_or_name_keeps_the_faces_and_leaves_no_old_one),
        FOLDER_TEST(renaming_is_refused_and_changes_nothing),
        FOLDER_TEST(renaming_changes_nothing_but_what_is_said),
        FOLDER_TEST(names_and_ids_that_are_none_are_refused),
        FOLDER_TEST(a_change_that_fails_midway_is_none),
        FOLDER_TEST(whoever_only_reads_changes_nobody),
        FOLDER_TEST(merging_moves_faces_and_fills_what_is_empty),
        FOLDER_TEST(merging_is_refused_and_changes_nothing),
        FOLDER_TEST(only_photos_that_both_have_stay_once),
        FOLDER_TEST(merging_keeps_what_the_first_has),
        FOLDER_TEST(merging_with_nobody_leaves_every_row),
        FOLDER_TEST(a_merge_is_taken_back_to_the_last_row),
        FOLDER_TEST(a_merge_that_cannot_be_taken_back_stays),
        FOLDER_TEST(photos_go_from_one_to_another_and_back),
        FOLDER_TEST(one_photo_goes_and_the_student_stays),
        FOLDER_TEST(every_record_of_one_photo_goes),
        FOLDER_TEST(a_photo_without_a_hash_goes_and_its_like_stays),
        FOLDER_TEST(a_photo_that_is_not_there_says_which_are),
        FOLDER_TEST(a_copy_of_a_photos_vector_is_found_and_told),
        FOLDER_TEST(a_photo_of_two_stays_with_the_other),
        FOLDER_TEST(a_photo_is_not_forgotten_by_halves),
        FOLDER_TEST(a_database_of_the_first_version_keeps_everybody),
        FOLDER_TEST(enrolling_alone_makes_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
