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
        assert_ok(
            hr_database_open_schema(&database, path, HR_DATABASE_WRITE, &newest, &test_error));
        assert_int_equal(hr_database_schema_version(database), 3);
        assert_int_equal(ask(database, "PRAGMA user_version"), 3);
        assert_int_equal(
            ask(database, "SELECT count(*) FROM students WHERE name = 'ada' AND major = 'none'"),
            1);
        hr_database_close(database);
    }
}

static void a_reader_brings_an_older_one_up_to_date(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_schema newest = version(3);
    make(folder->database, 1);
    assert_ok(hr_database_open_schema(&database, folder->database, HR_DATABASE_READ, &newest,
                                      &test_error));
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
        assert_fails(hr_database_open_schema(&database, folder->database,
                                             (enum hr_database_mode)mode, &older, &test_error),
                     HR_ERR_DATABASE, "made by a newer homeroom (its version is 3");
    struct hr_schema same = version(3);
    assert_ok(
        hr_database_open_schema(&database, folder->database, HR_DATABASE_READ, &same, &test_error));
    hr_database_close(database);
}

static void a_step_that_fails_leaves_the_version_before(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_schema broken = {.steps = broken_steps, .version = 2};
    make(folder->database, 1);
    assert_fails(hr_database_open_schema(&database, folder->database, HR_DATABASE_WRITE, &broken,
                                         &test_error),
                 HR_ERR_DATABASE, "bringing its tables up to date");
    assert_fails(hr_database_open_schema(&database, folder->database, HR_DATABASE_READ, &broken,
                                         &test_error),
                 HR_ERR_DATABASE, "made by an older homeroom");
    struct hr_schema first = version(1);
    assert_ok(hr_database_open_schema(&database, folder->database, HR_DATABASE_READ, &first,
                                      &test_error));
    assert_int_equal(ask(database, "SELECT count(full_name) FROM students"), 1);
    hr_database_close(database);
}

static void a_new_file_whose_first_step_fails_does_not_stay(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    static const char *const bad[] = {"CREATE TABLE students(id); CREATE NONSENSE"};
    struct hr_schema schema = {.steps = bad, .version = 1};
    assert_fails(hr_database_open_schema(&database, folder->database, HR_DATABASE_CREATE, &schema,
                                         &test_error),
                 HR_ERR_DATABASE, "bringing its tables up to date");
    assert_fails(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error),
                 HR_ERR_NOT_FOUND, "there is no database");
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
