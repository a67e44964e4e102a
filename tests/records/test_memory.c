/* A database whose file is not on this machine. */
#include "records/support.h"

#include "records/database.h"

static struct hr_view view_of_file(const char *path, struct hr_buffer *buffer)
{
    test_read_file(path, buffer);
    return hr_buffer_view(buffer);
}

static struct hr_student find(struct hr_database *database, const char *id)
{
    struct hr_student student;
    struct hr_roster roster = hr_database_roster(database);
    assert_ok(hr_roster_get(&roster, &id, 1, &student, &test_error));
    return student;
}

static void assert_name(struct hr_database *database, const char *id, const char *name)
{
    struct hr_student student = find(database, id);
    assert_true(student.found);
    assert_string_equal(student.name, name);
    hr_student_clear(&student);
}

static void make_file(const char *path)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, path, HR_DATABASE_CREATE, &test_error));
    test_add_student(database, "44", "Barack Obama", 44);
    test_add_student(database, "46", "Joe Biden", 46);
    hr_database_close(database);
}

static void a_files_bytes_are_read_and_not_changed(void **state)
{
    const struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_database_counts counts;
    struct hr_buffer bytes;
    make_file(folder->database);
    struct hr_view view = view_of_file(folder->database, &bytes);
    assert_int_equal(view.data[18], 2); /* the file says that it has a log */
    assert_ok(hr_database_open_memory(&database, view, "s3://class/homeroom.db", HR_DATABASE_READ, &test_error));
    hr_buffer_clear(&bytes); /* they were copied */
    assert_name(database, "46", "Joe Biden");
    assert_ok(hr_database_check(database, &counts, &test_error));
    assert_int_equal(counts.faces, 2);
    struct hr_student student = test_student("47", "New", "", "");
    assert_fails(hr_database_put_student(database, &student, NULL, &test_error), HR_ERR_PERMISSION,
                 "s3://class/homeroom.db");
    hr_database_close(database);
}

static void changes_are_in_the_new_bytes(void **state)
{
    const struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_buffer bytes, changed;
    make_file(folder->database);
    struct hr_view view = view_of_file(folder->database, &bytes);
    assert_ok(hr_database_open_memory(&database, view, "memory", HR_DATABASE_WRITE, &test_error));
    for (int i = 0; i < 500; i++) { /* more than there is room for */
        char id[16];
        snprintf(id, sizeof id, "new-%d", i);
        test_add_student(database, id, "New", (unsigned)i + 1000);
    }
    hr_buffer_init(&changed, HR_DATABASE_MEMORY_BYTES_MAX);
    assert_ok(hr_database_bytes(database, &changed, &test_error));
    hr_database_close(database);
    assert_true(changed.size > bytes.size);

    /* As a file they are a database like any other. */
    test_write_file(folder->database, hr_buffer_view(&changed));
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error));
    assert_name(database, "new-499", "New");
    assert_name(database, "44", "Barack Obama");
    hr_database_close(database);
    hr_buffer_clear(&bytes);
    hr_buffer_clear(&changed);
}

static void a_new_one_begins_with_nothing(void **state)
{
    (void)state;
    struct hr_database *database = NULL;
    struct hr_buffer bytes;
    struct hr_view nothing = {0};
    assert_fails(hr_database_open_memory(&database, nothing, "memory", HR_DATABASE_READ, &test_error), HR_ERR_DATABASE,
                 "is empty");
    assert_ok(hr_database_open_memory(&database, nothing, "memory", HR_DATABASE_CREATE, &test_error));
    test_add_student(database, "1", "One", 1);
    hr_buffer_init(&bytes, HR_DATABASE_MEMORY_BYTES_MAX);
    assert_ok(hr_database_bytes(database, &bytes, &test_error));
    hr_database_close(database);
    assert_ok(hr_database_open_memory(&database, hr_buffer_view(&bytes), "memory", HR_DATABASE_READ, &test_error));
    assert_name(database, "1", "One");
    hr_database_close(database);
    hr_buffer_clear(&bytes);
}

static void what_is_no_database_is_refused(void **state)
{
    (void)state;
    struct hr_database *database = NULL;
    char page[4096];
    memset(page, 'x', sizeof page);
    assert_fails(hr_database_open_memory(&database, hr_view_of(page, sizeof page), "s3://b/photo", HR_DATABASE_READ,
                                         &test_error),
                 HR_ERR_DATABASE, "'s3://b/photo' is not a homeroom database");
    assert_fails(
        hr_database_open_memory(&database, hr_view_text("short"), "s3://b/text", HR_DATABASE_READ, &test_error),
        HR_ERR_DATABASE, "s3://b/text");
    assert_fails(hr_database_open_memory(&database, hr_view_of(page, HR_DATABASE_MEMORY_BYTES_MAX + 1), "s3://b/large",
                                         HR_DATABASE_READ, &test_error),
                 HR_ERR_LIMIT, "s3://b/large");
    assert_null(database);
}

/* The bytes that will be uploaded hold nothing of somebody who was forgotten. */
static void forgotten_is_not_in_the_bytes(void **state)
{
    const struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_buffer bytes, changed;
    struct hr_removal removal = {0};
    float vector[128];
    make_file(folder->database);
    struct hr_view view = view_of_file(folder->database, &bytes);
    test_vector(vector, 128, 44);
    assert_true(test_holds(view, hr_view_of(vector, sizeof vector)));
    assert_ok(hr_database_open_memory(&database, view, "memory", HR_DATABASE_WRITE, &test_error));
    assert_ok(hr_database_forget(database, "44", &removal, &test_error));
    assert_int_equal(removal.faces, 1);
    hr_buffer_init(&changed, HR_DATABASE_MEMORY_BYTES_MAX);
    assert_ok(hr_database_bytes(database, &changed, &test_error));
    assert_false(test_holds(hr_buffer_view(&changed), hr_view_of(vector, sizeof vector)));
    assert_false(test_holds(hr_buffer_view(&changed), hr_view_text("Barack Obama")));
    assert_true(test_holds(hr_buffer_view(&changed), hr_view_text("Joe Biden")));
    hr_database_close(database);
    hr_buffer_clear(&bytes);
    hr_buffer_clear(&changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_files_bytes_are_read_and_not_changed, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(changes_are_in_the_new_bytes, test_folder_make, test_folder_remove),
        cmocka_unit_test(a_new_one_begins_with_nothing),
        cmocka_unit_test(what_is_no_database_is_refused),
        cmocka_unit_test_setup_teardown(forgotten_is_not_in_the_bytes, test_folder_make, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
