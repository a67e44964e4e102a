/* A copy of the database, and the way back. */
#include <sys/stat.h>
#include <unistd.h>

#include "records/backup.h"
#include "records/seal.h"
#include "records/support.h"

static struct hr_database *opened(const struct test_folder *folder, enum hr_database_mode mode)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, mode, &test_error));
    return database;
}

static void copy_name(const struct test_folder *folder, char out[200])
{
    snprintf(out, 200, "%s/copy.db", folder->path);
}

static size_t count_of(struct hr_database *database)
{
    struct hr_student *students = NULL;
    size_t count = 0;
    assert_ok(hr_database_students(database, &students, NULL, &count, &test_error));
    hr_students_free(students, count);
    return count;
}

static void a_copy_is_whole_and_comes_back(void **state)
{
    struct hr_database *database = opened(*state, HR_DATABASE_CREATE), *reader;
    struct stat info;
    char path[200];
    copy_name(*state, path);
    test_add_student(database, "1", "Ada of the very long name", 1);
    assert_ok(hr_database_backup(database, path, &test_error));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_fails(hr_database_backup(database, path, &test_error), HR_ERR_CONFLICT, "already");
    test_add_student(database, "2", "Ben of the very long name", 2);
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    reader = opened(*state, HR_DATABASE_READ);
    assert_ok(hr_database_restore(database, path, &test_error));
    assert_int_equal(count_of(database), 1);
    assert_int_equal(count_of(reader), 1);
    hr_database_close(reader);
    hr_database_close(database);
    struct hr_buffer bytes;
    test_read_file(((struct test_folder *)*state)->database, &bytes);
    assert_true(test_holds(hr_buffer_view(&bytes), hr_view_text("Ada of the very long name")));
    assert_false(test_holds(hr_buffer_view(&bytes), hr_view_text("Ben of the very long name")));
    hr_buffer_clear(&bytes);
}

/* In the middle of somebody's change it has what was before. */
static void a_copy_is_of_one_moment(void **state)
{
    struct hr_database *writer = opened(*state, HR_DATABASE_CREATE), *copy = NULL;
    char path[200];
    copy_name(*state, path);
    test_add_student(writer, "1", "Ada", 1);
    assert_ok(hr_database_begin(writer, &test_error));
    test_add_student(writer, "2", "Ben", 2);
    struct hr_database *reader = opened(*state, HR_DATABASE_READ);
    assert_ok(hr_database_backup(reader, path, &test_error));
    assert_ok(hr_database_commit(writer, &test_error));
    hr_database_close(reader);
    hr_database_close(writer);
    assert_ok(hr_database_open(&copy, path, HR_DATABASE_READ, &test_error));
    assert_int_equal(count_of(copy), 1);
    hr_database_close(copy);
}

static void what_is_no_copy_is_refused_and_changes_nothing(void **state)
{
    struct hr_database *database = opened(*state, HR_DATABASE_CREATE);
    struct hr_buffer bytes;
    char path[200];
    copy_name(*state, path);
    test_add_student(database, "1", "Ada", 1);
    assert_fails(hr_database_restore(database, path, &test_error), HR_ERR_NOT_FOUND, "copy.db");
    test_write_file(path, hr_view_text("this is no database at all, and longer than a header would be, for sure"));
    assert_fails(hr_database_restore(database, path, &test_error), HR_ERR_DATABASE, "not a homeroom database");
    assert_int_equal(unlink(path), 0);
    assert_ok(hr_database_backup(database, path, &test_error));
    test_read_file(path, &bytes);
    bytes.size = bytes.size * 2 / 3 + 100;
    test_write_file(path, hr_buffer_view(&bytes));
    hr_buffer_clear(&bytes);
    if (hr_database_restore(database, path, &test_error) == HR_OK)
        fail_msg("a copy that was cut off was taken");
    assert_int_equal(count_of(database), 1);
    hr_database_close(database);
}

static struct hr_vault *new_vault(const char *name)
{
    struct hr_vault *vault = NULL;
    struct hr_master_key key = {.bytes = {5}};
    assert_ok(hr_vault_open_memory(&vault, (struct hr_view){0}, name, &key, &test_error));
    return vault;
}

static void a_sealed_copy_belongs_to_its_keys(void **state)
{
    struct hr_database *database = opened(*state, HR_DATABASE_CREATE), *other = NULL;
    struct hr_unreadable gone;
    char path[200];
    copy_name(*state, path);
    assert_ok(hr_database_unlock(database, new_vault("keys"), &test_error));
    assert_ok(hr_database_begin(database, &test_error));
    test_add_student(database, "1", "Ada of the very long name", 1);
    test_add_student(database, "2", "Ben", 2);
    assert_ok(hr_database_commit(database, &test_error));
    assert_ok(hr_database_backup(database, path, &test_error));
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_ok(hr_database_restore(database, path, &test_error));
    assert_int_equal(count_of(database), 1); /* who is forgotten stays so */
    assert_ok(hr_database_unreadable(database, &gone, &test_error));
    assert_int_equal(gone.students, 1);
    hr_database_close(database);

    assert_ok(hr_database_open_memory(&other, (struct hr_view){0}, "other", HR_DATABASE_CREATE, &test_error));
    assert_fails(hr_database_restore(other, path, &test_error), HR_ERR_CONFLICT, "the database is not");
    assert_ok(hr_database_unlock(other, new_vault("other keys"), &test_error));
    assert_fails(hr_database_restore(other, path, &test_error), HR_ERR_CONFLICT, "other keys");
    hr_database_close(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_copy_is_whole_and_comes_back),
        TEST(a_copy_is_of_one_moment),
        TEST(what_is_no_copy_is_refused_and_changes_nothing),
        TEST(a_sealed_copy_belongs_to_its_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
