/* How an older database becomes a newer one, with a made-up history of three versions. */
#include "records/sql.h"
#include "records/support.h"

static const char *const steps[] = {
    "CREATE TABLE students(id TEXT PRIMARY KEY, full_name TEXT) WITHOUT ROWID;"
    "INSERT INTO students VALUES ('1', 'ada')",
    "ALTER TABLE students RENAME COLUMN full_name TO name",
    "ALTER TABLE students ADD COLUMN major TEXT NOT NULL DEFAULT 'none'",
};
static const char *const broken_steps[] = {
    "CREATE TABLE students(id TEXT PRIMARY KEY, full_name TEXT) WITHOUT ROWID;"
    "INSERT INTO students VALUES ('1', 'ada')",
    "ALTER TABLE students RENAME COLUMN full_name TO name; INSERT INTO nowhere VALUES (1)",
};

static struct hr_schema version(int count)
{
    return (struct hr_schema){.steps = steps, .version = count};
}

static void make(const char *path, int count)
{
    struct hr_database *database = NULL;
    struct hr_schema schema = version(count);
    assert_ok(hr_database_open_schema(&database, path, HR_DATABASE_CREATE, &schema, &test_error));
    assert_int_equal(hr_database_schema_version(database), count);
    hr_database_close(database);
}

static int64_t ask(struct hr_database *database, const char *sql)
{
    int64_t answer = -1;
    assert_ok(hr_sql_integer(database, sql, "asking", &answer, &test_error));
    return answer;
}

static void steps_are_taken_from_where_the_file_is(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    for (int from = 1; from <= 3; from++) {
        struct hr_schema newest = version(3);
        char path[256];
        snprintf(path, sizeof path, "%s/%d.db", folder->path, from);
        make(path, from);
        assert_ok(hr_database_open_schema(&database, path, HR_DATABASE_WRITE, &newest, &test_error));
        assert_int_equal(hr_database_schema_version(database), 3);
        assert_int_equal(ask(database, "PRAGMA user_version"), 3);
        assert_int_equal(ask(database, "SELECT count(*) FROM students WHERE name = 'ada' AND major = 'none'"), 1);
        hr_database_close(database);
    }
}

static void a_reader_brings_an_older_one_up_to_date(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_schema newest = version(3);
    make(folder->database, 1);
    assert_ok(hr_database_open_schema(&database, folder->database, HR_DATABASE_READ, &newest, &test_error));
    assert_int_equal(ask(database, "SELECT count(*) FROM students WHERE name = 'ada'"), 1);
    assert_int_equal(ask(database, "PRAGMA query_only"), 1);
    hr_database_close(database);
}

static void a_newer_one_is_refused_in_every_mode(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_schema older = version(2);
    make(folder->database, 3);
    for (int mode = HR_DATABASE_READ; mode <= HR_DATABASE_CREATE; mode++)
        assert_fails(
            hr_database_open_schema(&database, folder->database, (enum hr_database_mode)mode, &older, &test_error),
            HR_ERR_DATABASE, "made by a newer homeroom (its version is 3");
    struct hr_schema same = version(3);
    assert_ok(hr_database_open_schema(&database, folder->database, HR_DATABASE_READ, &same, &test_error));
    hr_database_close(database);
}

static void a_step_that_fails_leaves_the_version_before(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_schema broken = {.steps = broken_steps, .version = 2};
    make(folder->database, 1);
    assert_fails(hr_database_open_schema(&database, folder->database, HR_DATABASE_WRITE, &broken, &test_error),
                 HR_ERR_DATABASE, "bringing its tables up to date");
    assert_fails(hr_database_open_schema(&database, folder->database, HR_DATABASE_READ, &broken, &test_error),
                 HR_ERR_DATABASE, "made by an older homeroom");
    struct hr_schema first = version(1);
    assert_ok(hr_database_open_schema(&database, folder->database, HR_DATABASE_READ, &first, &test_error));
    assert_int_equal(ask(database, "SELECT count(full_name) FROM students"), 1);
    hr_database_close(database);
}

static void a_new_file_whose_first_step_fails_does_not_stay(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    static const char *const bad[] = {"CREATE TABLE students(id); CREATE NONSENSE"};
    struct hr_schema schema = {.steps = bad, .version = 1};
    assert_fails(hr_database_open_schema(&database, folder->database, HR_DATABASE_CREATE, &schema, &test_error),
                 HR_ERR_DATABASE, "bringing its tables up to date");
    assert_fails(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error), HR_ERR_NOT_FOUND,
                 "there is no database");
}

static void connections_are_set_up_as_promised(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    assert_int_equal(ask(database, "PRAGMA foreign_keys"), 1);
    assert_int_equal(ask(database, "PRAGMA secure_delete"), 1);
    assert_int_equal(ask(database, "PRAGMA busy_timeout"), 5000);
    assert_int_equal(ask(database, "PRAGMA trusted_schema"), 0);
    assert_int_equal(ask(database, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(ask(database, "PRAGMA application_id"), 0x486d526d);
    hr_database_close(database);
}

/* --- the program's own history --- */

/* As a program of version 1 left it: one student of a table with a further column, one whom enrolling made, and a
 * face of each. */
static const char class_of_version_1[] =
    "INSERT INTO students VALUES ('17', 'ada', 'math', 'senior', '{\"room\":\"4\"}'), ('42', '42', '', '', '');"
    "INSERT INTO faces VALUES (1, '17', 'm1', x'0000803f00000040', 'photo a.jpg', 'aa', 1700000000000000, 0.75),"
    " (2, '42', 'm1', x'0000c03f00000000', 'photo b.jpg', 'bb', 1700000001000000, 0.5);";

static void make_class_of_version_1(const char *path)
{
    struct hr_database *database = NULL;
    struct hr_schema first = hr_schema_current;
    first.version = 1;
    assert_ok(hr_database_open_schema(&database, path, HR_DATABASE_CREATE, &first, &test_error));
    assert_ok(hr_sql_run(database, class_of_version_1, "filling it", &test_error));
    hr_database_close(database);
}

static void assert_students_kept(struct hr_database *database)
{
    struct hr_student *students = NULL;
    size_t count = 0;
    assert_ok(hr_database_students(database, &students, NULL, &count, &test_error));
    assert_int_equal(count, 2);
    assert_string_equal(students[0].id, "17");
    assert_string_equal(students[0].name, "ada");
    assert_string_equal(students[0].major, "math");
    assert_string_equal(students[0].year, "senior");
    assert_int_equal(students[0].extra_count, 1);
    assert_string_equal(students[0].extra[0].key, "room");
    assert_string_equal(students[0].extra[0].value, "4");
    assert_string_equal(students[1].id, "42");
    assert_string_equal(students[1].name, "42");
    assert_int_equal(students[1].extra_count, 0);
    hr_students_free(students, count);
    assert_int_equal(ask(database, "SELECT count(*) FROM students WHERE listed AND id = '17'"), 1);
    assert_int_equal(ask(database, "SELECT count(*) FROM students WHERE listed"), 1);
}

static enum hr_status assert_face_kept(void *context, const struct hr_face_record *face, struct hr_error *error)
{
    static const struct {
        const char *student_id, *origin, *origin_sha256;
        float vector[2];
        double quality;
    } kept[] = {{"17", "photo a.jpg", "aa", {1, 2}, 0.75}, {"42", "photo b.jpg", "bb", {1.5F, 0}, 0.5}};
    size_t i = (*(size_t *)context)++;
    (void)error;
    assert_in_range(i, 0, 1);
    assert_string_equal(face->student_id, kept[i].student_id);
    assert_string_equal(face->model_id, "m1");
    assert_string_equal(face->origin, kept[i].origin);
    assert_string_equal(face->origin_sha256, kept[i].origin_sha256);
    assert_int_equal(face->created_us, INT64_C(1700000000000000) + (int64_t)i * 1000000);
    assert_int_equal(face->vector.size, sizeof kept[i].vector);
    assert_memory_equal(face->vector.data, kept[i].vector, sizeof kept[i].vector);
    assert_true(face->quality == kept[i].quality && face->face_px == 0);
    assert_string_equal(face->verdict, "");
    return HR_OK;
}

static void assert_class_kept(struct hr_database *database)
{
    size_t faces = 0;
    struct hr_database_counts counts;
    assert_int_equal(hr_database_schema_version(database), hr_schema_current.version);
    assert_students_kept(database);
    assert_ok(hr_database_each_face(database, NULL, assert_face_kept, &faces, &test_error));
    assert_int_equal(faces, 2);
    assert_int_equal(ask(database, "SELECT count(*) FROM students WHERE consent = 'yes'"
                                   " AND consent_us = 1700000000000000 + (id = '42') * 1000000"),
                     2);
    assert_ok(hr_database_check(database, &counts, &test_error));
}

static void a_class_of_version_1_is_kept(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    for (int mode = HR_DATABASE_READ; mode <= HR_DATABASE_CREATE; mode++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%d.db", folder->path, mode);
        make_class_of_version_1(path);
        assert_ok(hr_database_open(&database, path, (enum hr_database_mode)mode, &test_error));
        assert_class_kept(database);
        hr_database_close(database);
    }
}

/* As from a bucket. */
static void a_class_of_version_1_is_kept_in_memory(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_buffer bytes;
    make_class_of_version_1(folder->database);
    test_read_file(folder->database, &bytes);
    assert_ok(hr_database_open_memory(&database, hr_buffer_view(&bytes), "s3://b/k", HR_DATABASE_READ, &test_error));
    assert_class_kept(database);
    hr_database_close(database);
    hr_buffer_clear(&bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps_are_taken_from_where_the_file_is),
        TEST(a_reader_brings_an_older_one_up_to_date),
        TEST(a_newer_one_is_refused_in_every_mode),
        TEST(a_step_that_fails_leaves_the_version_before),
        TEST(a_new_file_whose_first_step_fails_does_not_stay),
        TEST(connections_are_set_up_as_promised),
        TEST(a_class_of_version_1_is_kept),
        TEST(a_class_of_version_1_is_kept_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
