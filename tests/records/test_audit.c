/* Who did what to whose data: by keys, without a name, and nothing of who is forgotten. */
#include "records/audit.h"
#include "records/consent.h"
#include "records/sql.h"
#include "records/support.h"

static struct hr_database *opened(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    return database;
}

struct log {
    char text[512];
    char who[96];
    int64_t last_us;
};

static enum hr_status read_note(void *context, const struct hr_audit_record *record, struct hr_error *error)
{
    struct log *log = context;
    size_t length = strlen(log->text);
    (void)error;
    snprintf(log->text + length, sizeof log->text - length, "%s %lld %lld\n", record->what, (long long)record->student,
             (long long)record->count);
    snprintf(log->who, sizeof log->who, "%s", record->who);
    assert_true(record->at_us >= log->last_us && record->at_us > 1700000000000000);
    log->last_us = record->at_us;
    return HR_OK;
}

static struct log log_of(struct hr_database *database, const char *id)
{
    struct log log = {0};
    assert_ok(hr_database_each_note(database, id, read_note, &log, &test_error));
    return log;
}

static void what_is_done_to_a_student_is_noted_with_the_key(void **state)
{
    struct hr_database *database = opened(*state);
    size_t count = 0;
    struct hr_student_standing standing;
    test_add_student(database, "1", "ada", 1);
    test_add_student(database, "2", "ben", 2);
    assert_ok(hr_database_note(database, "enrol", "2", 1, &test_error));
    assert_ok(hr_database_note(database, "export", NULL, 2, &test_error));
    assert_ok(hr_database_rename(database, "2", "3", "cy", &test_error));
    assert_ok(hr_database_forget_photo(database, "3", "photo of a test", NULL, &test_error));
    assert_ok(hr_database_set_consent(database, "3", false, &count, &test_error));
    assert_string_equal(log_of(database, NULL).text,
                        "enrol 2 1\nexport 0 2\nrename 2 0\nforget_photo 2 1\nconsent_no 2 0\n");
    assert_string_equal(log_of(database, "3").text, "enrol 2 1\nrename 2 0\nforget_photo 2 1\nconsent_no 2 0\n");
    assert_string_equal(log_of(database, "1").text, "");
    assert_memory_equal(log_of(database, NULL).who, "user ", 5);
    assert_ok(hr_database_standing(database, "3", &standing, &test_error));
    assert_int_equal(standing.key, 2);
    assert_true(standing.listed);
    assert_fails(hr_database_standing(database, "2", &standing, &test_error), HR_ERR_NOT_FOUND, "'2'");
    hr_database_close(database);
}

static void of_who_is_forgotten_only_that_stays(void **state)
{
    struct hr_database *database = opened(*state);
    test_add_student(database, "1", "ada", 1);
    test_add_student(database, "2", "ben", 2);
    assert_ok(hr_database_note(database, "enrol", "1", 1, &test_error));
    assert_ok(hr_database_note(database, "enrol", "2", 1, &test_error));
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_string_equal(log_of(database, NULL).text, "enrol 2 1\nforget 0 1\n");
    hr_database_close(database);
}

static void who_is_joined_brings_his_notes_along(void **state)
{
    struct hr_database *database = opened(*state);
    size_t moved = 0;
    test_add_student(database, "1", "ada", 1);
    test_add_student(database, "2", "ada", 2);
    assert_ok(hr_database_note(database, "enrol", "2", 1, &test_error));
    assert_ok(hr_database_merge(database, "1", "2", &moved, &test_error));
    assert_string_equal(log_of(database, "1").text, "enrol 1 1\nmerge 1 1\n");
    hr_database_close(database);
}

static void what_is_taken_back_is_not_noted(void **state)
{
    struct hr_database *database = opened(*state);
    assert_ok(hr_database_begin(database, &test_error));
    assert_ok(hr_database_note(database, "import", NULL, 5, &test_error));
    hr_database_rollback(database);
    assert_string_equal(log_of(database, NULL).text, "");
    hr_database_close(database);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_done_to_a_student_is_noted_with_the_key),
        TEST(of_who_is_forgotten_only_that_stays),
        TEST(who_is_joined_brings_his_notes_along),
        TEST(what_is_taken_back_is_not_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
