/* Who a student is: found by what a person wrote, renamed, merged, and one photo of him forgotten. */
#include "roster/find.h"
#include "roster/sql.h"
#include "roster/support.h"

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
    float vector[128];
    test_vector(vector, 128, seed);
    struct hr_face_record face = test_face(id, vector, 128);
    face.origin = origin;
    face.origin_sha256 = sha256;
    assert_ok(hr_database_add_face(database, &face, &test_error));
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

#define COMPOSED "Ren\xC3\xA9""e M\xC3\xBCller"     /* NFC */
#define DECOMPOSED "Rene\xCC\x81""e Mu\xCC\x88ller" /* NFD */

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
    assert_found(finder, "REN\xC3\x89""E M\xC3\x9CLLER", "17", false);
    assert_found(finder, "anna_lee", "s-18", false);
    assert_found(finder, "  Anna   Lee ", "s-18", false);
    assert_found(finder, "\xEF\xBC\xA1nna Lee", "s-18", false); /* a wide A */
    assert_found(finder, "stra\xC3\x9F""e ss", "19", false);
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

/* --- one photo --- */

static void one_photo_goes_and_the_student_stays(void **state)
{
    struct hr_database *database = opened(*state);
    float gone[128];
    size_t removed = 0;
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
    assert_int_equal(removed, 1);
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

static int64_t ask(struct hr_database *database, const char *sql)
{
    int64_t answer = -1;
    assert_ok(hr_sql_integer(database, sql, "asking", &answer, &test_error));
    return answer;
}

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
    assert_int_equal(hr_database_schema_version(database), 2);
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
        FOLDER_TEST(merging_moves_faces_and_fills_what_is_empty),
        FOLDER_TEST(merging_is_refused_and_changes_nothing),
        FOLDER_TEST(one_photo_goes_and_the_student_stays),
        FOLDER_TEST(a_database_of_the_first_version_keeps_everybody),
        FOLDER_TEST(enrolling_alone_makes_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
