/* Who may use the page, what is signed in, and what was given to be done. */
#include "records/accounts.h"
#include "records/audit.h"
#include "records/classes.h"
#include "records/sql.h"
#include "records/support.h"
#include "records/tasks.h"

static struct hr_database *database;
static const char password[] = "a long sentence";

static int make(void **state)
{
    if (test_folder_make(state) != 0)
        return -1;
    struct test_folder *folder = *state;
    struct hr_class_record class = {.id = "8b", .title = "", .zone = "UTC", .late_min = 5, .early_min = 5};
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    assert_ok(hr_database_put_class(database, &class, NULL, &test_error));
    return 0;
}

static int drop(void **state)
{
    hr_database_close(database);
    return test_folder_remove(state);
}

static int64_t add(const char *name, enum hr_role role)
{
    int64_t key;
    assert_ok(hr_account_add(database, name, role, password, &key, &test_error));
    return key;
}

static void a_password_is_asked_for_and_kept_as_a_hash(void **state)
{
    struct test_folder *folder = *state;
    struct hr_account account;
    struct hr_buffer bytes;
    int64_t key = add("ada", HR_ROLE_ADMINISTRATOR), other;
    assert_ok(hr_account_check(database, "ada", password, &account, &test_error));
    assert_true(account.key == key && account.role == HR_ROLE_ADMINISTRATOR);
    assert_fails(hr_account_check(database, "ada", "another one", &account, &test_error), HR_ERR_PERMISSION,
                 "not right");
    assert_fails(hr_account_check(database, "bob", password, &account, &test_error), HR_ERR_PERMISSION, "not right");
    assert_fails(hr_account_add(database, "ada", HR_ROLE_TEACHER, password, &other, &test_error), HR_ERR_CONFLICT,
                 "'ada'");
    assert_fails(hr_account_add(database, "bob", HR_ROLE_TEACHER, "short", &other, &test_error), HR_ERR_ARGUMENT,
                 "10 to");
    assert_fails(hr_account_add(database, "b\nb", HR_ROLE_TEACHER, password, &other, &test_error), HR_ERR_ARGUMENT,
                 "name");
    hr_database_close(database);
    test_read_file(folder->database, &bytes);
    assert_false(test_holds(hr_buffer_view(&bytes), hr_view_text(password)));
    assert_true(test_holds(hr_buffer_view(&bytes), hr_view_text("$argon2id$")));
    hr_buffer_clear(&bytes);
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_WRITE, &test_error));
}

static void there_is_always_an_administrator(void **state)
{
    int64_t ada = add("ada", HR_ROLE_ADMINISTRATOR), bob = add("bob", HR_ROLE_TEACHER);
    (void)state;
    assert_fails(hr_account_remove(database, ada, &test_error), HR_ERR_CONFLICT, "administrator");
    assert_fails(hr_account_set_role(database, ada, HR_ROLE_TEACHER, &test_error), HR_ERR_CONFLICT, "administrator");
    assert_ok(hr_account_set_role(database, bob, HR_ROLE_ADMINISTRATOR, &test_error));
    assert_ok(hr_account_remove(database, ada, &test_error));
    assert_fails(hr_account_remove(database, ada, &test_error), HR_ERR_NOT_FOUND, "no such account");
}

static void a_teacher_sees_the_classes_given_to_him(void **state)
{
    struct hr_account account;
    static const char *const classes[] = {"8b"}, *const none[] = {"9z"};
    int64_t bob = add("bob", HR_ROLE_TEACHER);
    bool may = true;
    (void)state;
    assert_ok(hr_account_find(database, "bob", &account, &test_error));
    assert_ok(hr_account_may_see(database, &account, "8b", &may, &test_error));
    assert_false(may);
    assert_ok(hr_account_set_classes(database, bob, classes, 1, &test_error));
    assert_ok(hr_account_may_see(database, &account, "8b", &may, &test_error));
    assert_true(may);
    assert_fails(hr_account_set_classes(database, bob, none, 1, &test_error), HR_ERR_NOT_FOUND, "'9z'");
    assert_ok(hr_account_may_see(database, &account, "8b", &may, &test_error)); /* all or nothing */
    assert_true(may);
    account.role = HR_ROLE_ADMINISTRATOR;
    assert_ok(hr_account_may_see(database, &account, "9z", &may, &test_error));
    assert_true(may);
}

static void what_is_signed_in_ends(void **state)
{
    char first[HR_SECRET_SIZE], second[HR_SECRET_SIZE], csrf[33], again[33], label[HR_ACCOUNT_NAME_BYTES + 1];
    struct hr_account account;
    int64_t ada = add("ada", HR_ROLE_ADMINISTRATOR);
    (void)state;
    assert_ok(hr_login_begin(database, ada, "", first, &test_error));
    assert_ok(hr_login_begin(database, ada, "a program", second, &test_error));
    assert_string_not_equal(first, second);
    assert_ok(hr_login_find(database, first, &account, label, &test_error));
    assert_string_equal(account.name, "ada");
    assert_string_equal(label, "");
    hr_login_csrf(first, csrf);
    hr_login_csrf(second, again);
    assert_int_equal(strlen(csrf), 32);
    assert_string_not_equal(csrf, again);
    assert_ok(hr_login_end(database, first, &test_error));
    assert_fails(hr_login_find(database, first, &account, label, &test_error), HR_ERR_PERMISSION, "sign in again");
    /* A browser that nobody used for twelve hours; a program stays. */
    assert_ok(hr_login_begin(database, ada, "", first, &test_error));
    assert_ok(hr_sql_run(database, "UPDATE logins SET seen_us = seen_us - 43201000000", "testing", &test_error));
    assert_fails(hr_login_find(database, first, &account, label, &test_error), HR_ERR_PERMISSION, "sign in again");
    assert_ok(hr_login_find(database, second, &account, label, &test_error));
    assert_string_equal(label, "a program");
    /* Another password ends everything. */
    assert_ok(hr_account_set_password(database, ada, "another sentence", &test_error));
    assert_fails(hr_login_find(database, second, &account, label, &test_error), HR_ERR_PERMISSION, "sign in again");
}

static void what_is_done_has_the_accounts_name(void **state)
{
    (void)state;
    hr_database_act_as(database, "ada");
    assert_ok(hr_database_note(database, "purge", NULL, 1, &test_error));
    assert_string_equal(hr_audit_user(database), "ada");
}

/* --- uploads and tasks --- */

struct seen {
    size_t count;
    int64_t key, lesson;
    enum hr_task_state state;
    int tries;
    char message[128], file[64];
};

static enum hr_status see(void *context, const struct hr_task_record *task, struct hr_error *error)
{
    struct seen *seen = context;
    (void)error;
    *seen = (struct seen){seen->count + 1, task->key, task->lesson, task->state, task->tries, "", ""};
    snprintf(seen->message, sizeof seen->message, "%s", task->message);
    snprintf(seen->file, sizeof seen->file, "%s", task->file);
    return HR_OK;
}

static enum hr_status see_upload(void *context, const struct hr_upload_record *upload, struct hr_error *error)
{
    (void)error;
    *(int64_t *)context = upload->size_bytes;
    assert_string_equal(upload->account_name, "ada");
    return HR_OK;
}

static void an_upload_becomes_a_task_that_is_done_once(void **state)
{
    int64_t ada = add("ada", HR_ROLE_ADMINISTRATOR), key = 0, size = 0;
    struct hr_upload_record upload = {
        .id = "x1", .account = ada, .video = "a.mp4", .class_id = "8b", .camera = "", .start = "", .size_bytes = 1000};
    struct hr_task_record task = {
        .account = "ada", .file = "x1", .video = "a.mp4", .class_id = "8b", .camera = "", .start = ""};
    struct seen seen = {0};
    (void)state;
    assert_ok(hr_upload_add(database, &upload, &test_error));
    assert_ok(hr_upload_find(database, "x1", see_upload, &size, &test_error));
    assert_true(size == 1000);
    assert_ok(hr_task_add(database, &task, "x1", &key, &test_error));
    assert_fails(hr_upload_find(database, "x1", see_upload, &size, &test_error), HR_ERR_NOT_FOUND, "upload");
    assert_ok(hr_task_begin(database, see, &seen, &test_error));
    assert_true(seen.key == key && seen.tries == 1);
    assert_int_equal(hr_task_begin(database, see, &seen, &test_error), HR_END);
    assert_ok(hr_task_set_lesson(database, key, 7, &test_error));
    assert_ok(hr_task_end(
        database,
        &(struct hr_task_record){
            .key = key, .state = HR_TASK_DONE, .message = "3 students", .reason = "", .value = "", .certain = 3},
        &test_error));
    assert_ok(hr_task_each(database, key, see, &seen, &test_error));
    assert_true(seen.state == HR_TASK_DONE && seen.lesson == 7);
    assert_string_equal(seen.file, "");
    assert_string_equal(seen.message, "3 students");
    assert_ok(hr_task_remove(database, key, &test_error));
    assert_fails(hr_task_remove(database, key, &test_error), HR_ERR_NOT_FOUND, "task");
}

static struct seen begin_and_break_off(int64_t key, int64_t place_us)
{
    struct seen seen = {0};
    assert_ok(hr_task_begin(database, see, &seen, &test_error));
    assert_ok(hr_task_broken_off(database, key, place_us, &test_error));
    assert_ok(hr_task_each(database, key, see, &seen, &test_error));
    return seen;
}

static void a_task_that_ends_the_program_at_one_place_is_given_up(void **state)
{
    struct hr_task_record task = {
        .account = "ada", .file = "x1", .video = "a.mp4", .class_id = "8b", .camera = "", .start = ""};
    struct seen seen = {0};
    int64_t key;
    (void)state;
    assert_ok(hr_task_add(database, &task, NULL, &key, &test_error));
    assert_true(begin_and_break_off(key, 5000000).state == HR_TASK_WAITING);
    assert_true(begin_and_break_off(key, 3000000).state == HR_TASK_WAITING); /* somebody has ended it: not the video */
    for (int i = 0; i < 4; i++)
        assert_true(begin_and_break_off(key, -1).state == HR_TASK_WAITING);
    assert_ok(hr_task_begin(database, see, &seen, &test_error));
    assert_ok(hr_task_leave(database, key, &test_error)); /* in order: that counts for nothing */
    assert_true(begin_and_break_off(key, 3000000).state == HR_TASK_WAITING);
    assert_true(begin_and_break_off(key, 3000000).state == HR_TASK_WAITING);
    seen = begin_and_break_off(key, 3000000);
    assert_true(seen.state == HR_TASK_FAILED);
    assert_string_equal(seen.file, "x1"); /* for who cleans up */
    assert_non_null(strstr(seen.message, "ended 3 times"));
    assert_int_equal(hr_task_begin(database, see, &seen, &test_error), HR_END);
}

static void a_task_that_never_comes_to_a_picture_is_given_up(void **state)
{
    struct hr_task_record task = {
        .account = "ada", .file = "x1", .video = "a.mp4", .class_id = "8b", .camera = "", .start = ""};
    int64_t key;
    (void)state;
    assert_ok(hr_task_add(database, &task, NULL, &key, &test_error));
    for (int i = 0; i < 4; i++)
        assert_true(begin_and_break_off(key, -1).state == HR_TASK_WAITING);
    assert_true(begin_and_break_off(key, -1).state == HR_TASK_FAILED);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(a_password_is_asked_for_and_kept_as_a_hash),
                                       TEST(there_is_always_an_administrator),
                                       TEST(a_teacher_sees_the_classes_given_to_him),
                                       TEST(what_is_signed_in_ends),
                                       TEST(what_is_done_has_the_accounts_name),
                                       TEST(an_upload_becomes_a_task_that_is_done_once),
                                       TEST(a_task_that_ends_the_program_at_one_place_is_given_up),
                                       TEST(a_task_that_never_comes_to_a_picture_is_given_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
