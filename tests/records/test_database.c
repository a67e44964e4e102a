/* Opening homeroom.db: what is made, what is refused and how, who may read while another writes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records/sql.h"
#include "records/support.h"

static struct hr_database *opened(const char *path, enum hr_database_mode mode)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, path, mode, &test_error));
    return database;
}

static bool exists(const char *path, const char *ending)
{
    char name[256];
    snprintf(name, sizeof name, "%s%s", path, ending);
    return access(name, F_OK) == 0;
}

static void create_makes_a_file_for_its_owner_alone(void **state)
{
    struct test_folder *folder = *state;
    struct stat info;
    umask(0);
    struct hr_database *database = opened(folder->database, HR_DATABASE_CREATE);
    assert_int_equal(hr_database_schema_version(database), hr_schema_current.version);
    test_add_student(database, "1", "ada", 1);
    char log[256];
    snprintf(log, sizeof log, "%s-wal", folder->database);
    assert_int_equal(stat(log, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    hr_database_close(database);
    assert_int_equal(stat(folder->database, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    /* one file: the log went with the last one to close it */
    assert_false(exists(folder->database, "-wal"));
    assert_false(exists(folder->database, "-shm"));
}

static void closing_nothing_is_allowed(void **state)
{
    (void)state;
    hr_database_close(NULL);
}

static void a_missing_database_is_not_found(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    assert_fails(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error), HR_ERR_NOT_FOUND,
                 "there is no database");
    assert_null(database);
    assert_fails(hr_database_open(&database, folder->database, HR_DATABASE_WRITE, &test_error), HR_ERR_NOT_FOUND,
                 "there is no database");
    assert_false(exists(folder->database, ""));
}

static void create_in_a_missing_folder_says_so(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    char path[256];
    snprintf(path, sizeof path, "%s/nowhere/homeroom.db", folder->path);
    assert_fails(hr_database_open(&database, path, HR_DATABASE_CREATE, &test_error), HR_ERR_NOT_FOUND,
                 "nowhere/homeroom.db");
}

static void a_folder_and_a_pipe_are_refused(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    assert_fails(hr_database_open(&database, folder->path, HR_DATABASE_READ, &test_error), HR_ERR_ARGUMENT,
                 "is a folder");
    assert_int_equal(mkfifo(folder->database, 0600), 0);
    assert_fails(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error), HR_ERR_ARGUMENT,
                 "is not a file");
}

static void text_is_not_a_database_and_stays_as_it_is(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    static const char text[] = "id,name\n1,ada\nThis is a table, and not a database at all.\n"
                               "It is longer than the header of SQLite is, which is 100 bytes.\n";
    test_write_file(folder->database, hr_view_text(text));
    for (int mode = HR_DATABASE_READ; mode <= HR_DATABASE_CREATE; mode++)
        assert_fails(hr_database_open(&database, folder->database, (enum hr_database_mode)mode, &test_error),
                     HR_ERR_DATABASE, "is not a homeroom database");
    struct hr_buffer now;
    test_read_file(folder->database, &now);
    assert_true(hr_view_equal(hr_buffer_view(&now), hr_view_text(text)));
    hr_buffer_clear(&now);
}

static void another_programs_database_is_refused(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(folder->database, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "CREATE TABLE songs(title)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    for (int mode = HR_DATABASE_READ; mode <= HR_DATABASE_CREATE; mode++)
        assert_fails(hr_database_open(&database, folder->database, (enum hr_database_mode)mode, &test_error),
                     HR_ERR_DATABASE, "not one of homeroom's");
}

static void an_empty_file_can_be_made_a_database_but_not_read(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    test_write_file(folder->database, hr_view_of("", 0));
    assert_fails(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error), HR_ERR_DATABASE,
                 "is empty");
    hr_database_close(opened(folder->database, HR_DATABASE_WRITE));
    hr_database_close(opened(folder->database, HR_DATABASE_READ));
}

static void names_that_mean_something_to_sqlite_are_plain_files(void **state)
{
    struct test_folder *folder = *state;
    static const char *const names[] = {":memory:", "file:a.db", "a?mode=memory",
                                        "b#c",      "50%41.db",  "d\xc3\xa9j\xc3\xa0.db"};
    char here[4096], path[512];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder->path), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        hr_database_close(opened(names[i], HR_DATABASE_CREATE)); /* as a relative path */
        hr_database_close(opened(names[i], HR_DATABASE_READ));
        snprintf(path, sizeof path, "%s/%s", folder->path, names[i]);
        hr_database_close(opened(path, HR_DATABASE_WRITE)); /* and as an absolute one */
        struct stat info;
        assert_int_equal(stat(path, &info), 0);
        assert_true(info.st_size > 0);
    }
    assert_int_equal(chdir(here), 0);
}

/* A byte changed on a page in use is found by the check; a page of nonsense at once. */
static void damage_is_found(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder->database, HR_DATABASE_CREATE);
    assert_ok(hr_database_begin(database, &test_error));
    for (unsigned i = 0; i < 300; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", i);
        test_add_student(database, id, "somebody", i);
    }
    assert_ok(hr_database_commit(database, &test_error));
    hr_database_close(database);

    struct hr_buffer bytes;
    struct hr_database_counts counts;
    test_read_file(folder->database, &bytes);
    memset(bytes.data + 5 * 4096, 0xA5, 8 * 4096);
    test_write_file(folder->database, hr_buffer_view(&bytes));
    hr_buffer_clear(&bytes);
    database = opened(folder->database, HR_DATABASE_READ);
    assert_fails(hr_database_check(database, &counts, &test_error), HR_ERR_DATABASE, "is damaged");
    hr_database_close(database);
}

/* However many bytes are left: an answer, and no crash. */
static void a_file_cut_short_gives_an_error_or_the_check_does(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder->database, HR_DATABASE_CREATE);
    test_add_student(database, "1", "ada", 1);
    hr_database_close(database);
    struct hr_buffer whole;
    test_read_file(folder->database, &whole);
    for (size_t size = 1; size < whole.size; size += 509) {
        struct hr_database_counts counts;
        test_write_file(folder->database, hr_view_of(whole.data, size));
        memset(&test_error, 0, sizeof test_error);
        enum hr_status status = hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error);
        if (status == HR_OK)
            status = hr_database_check(database, &counts, &test_error);
        hr_database_close(database);
        database = NULL;
        assert_int_equal(status, HR_ERR_DATABASE);
        assert_int_not_equal(test_error.text[0], '\0');
    }
    hr_buffer_clear(&whole);
}

static void a_reader_changes_nothing(void **state)
{
    struct test_folder *folder = *state;
    hr_database_close(opened(folder->database, HR_DATABASE_CREATE));
    struct hr_database *database = opened(folder->database, HR_DATABASE_READ);
    struct hr_student student = test_student("1", "ada", "", "");
    assert_fails(hr_database_put_student(database, &student, NULL, &test_error), HR_ERR_PERMISSION,
                 "writing a student");
    hr_database_close(database);
}

/* Runs `test` as somebody whom permissions hold back; root is asked to be nobody meanwhile. */
static void as_nobody(struct test_folder *folder, void (*test)(struct test_folder *folder))
{
    uid_t before = geteuid();
    if (before == 0) {
        assert_int_equal(chown(folder->database, 65534, 65534), 0);
        assert_int_equal(chown(folder->path, 65534, 65534), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    test(folder);
    if (before == 0)
        assert_int_equal(seteuid(before), 0);
    assert_int_equal(chmod(folder->path, 0700), 0);
}

static void read_in_read_only_folder(struct test_folder *folder)
{
    const char *ids[] = {"1"};
    struct hr_student student;
    struct hr_database *database = NULL;
    assert_int_equal(chmod(folder->database, 0400), 0);
    assert_int_equal(chmod(folder->path, 0500), 0);
    database = opened(folder->database, HR_DATABASE_READ);
    struct hr_roster roster = hr_database_roster(database);
    assert_ok(hr_roster_get(&roster, ids, 1, &student, &test_error));
    assert_string_equal(student.name, "ada");
    hr_student_clear(&student);
    hr_database_close(database);
    assert_fails(hr_database_open(&database, folder->database, HR_DATABASE_WRITE, &test_error), HR_ERR_PERMISSION,
                 "may not be written");
}

static void a_read_only_folder_can_be_read(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder->database, HR_DATABASE_CREATE);
    test_add_student(database, "1", "ada", 1);
    hr_database_close(database);
    as_nobody(folder, read_in_read_only_folder);
}

static void read_with_log(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    char log[256];
    snprintf(log, sizeof log, "%s-wal", folder->database);
    test_write_file(log, hr_view_text("changes"));
    assert_int_equal(chmod(log, 0400), 0);
    assert_int_equal(chmod(folder->path, 0500), 0);
    assert_fails(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error), HR_ERR_PERMISSION,
                 "changes wait in the log");
}

static void a_read_only_folder_with_a_log_is_not_half_read(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder->database, HR_DATABASE_CREATE);
    test_add_student(database, "1", "ada", 1);
    hr_database_close(database);
    as_nobody(folder, read_with_log);
}

static void read_forbidden(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    assert_int_equal(chmod(folder->database, 0), 0);
    assert_fails(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error), HR_ERR_PERMISSION,
                 folder->database);
    assert_int_equal(chmod(folder->database, 0600), 0);
}

static void a_file_that_may_not_be_read_says_so(void **state)
{
    struct test_folder *folder = *state;
    hr_database_close(opened(folder->database, HR_DATABASE_CREATE));
    as_nobody(folder, read_forbidden);
}

static size_t count_students(struct hr_database *database)
{
    struct hr_database_counts counts;
    assert_ok(hr_database_check(database, &counts, &test_error));
    return counts.students;
}

static void what_is_rolled_back_never_was(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder->database, HR_DATABASE_CREATE);
    assert_ok(hr_database_begin(database, &test_error));
    test_add_student(database, "1", "ada", 1);
    hr_database_rollback(database);
    assert_int_equal(count_students(database), 0);
    hr_database_rollback(database); /* without a transaction: nothing */
    assert_ok(hr_database_begin(database, &test_error));
    test_add_student(database, "2", "bob", 2);
    assert_ok(hr_database_commit(database, &test_error));
    assert_int_equal(count_students(database), 1);
    assert_ok(hr_database_begin(database, &test_error));
    assert_fails(hr_database_begin(database, &test_error), HR_ERR_DATABASE, "beginning a change");
    hr_database_rollback(database);
    hr_database_close(database);
}

static void closing_within_a_transaction_takes_it_back(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder->database, HR_DATABASE_CREATE);
    assert_ok(hr_database_begin(database, &test_error));
    test_add_student(database, "1", "ada", 1);
    hr_database_close(database);
    database = opened(folder->database, HR_DATABASE_READ);
    assert_int_equal(count_students(database), 0);
    hr_database_close(database);
}

static void a_reader_sees_the_state_before_an_open_change(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *writer = opened(folder->database, HR_DATABASE_CREATE);
    struct hr_database *reader = opened(folder->database, HR_DATABASE_READ);
    test_add_student(writer, "1", "ada", 1);
    assert_int_equal(count_students(reader), 1);
    assert_ok(hr_database_begin(writer, &test_error));
    test_add_student(writer, "2", "bob", 2);
    assert_int_equal(count_students(reader), 1); /* neither waits nor sees half */
    assert_ok(hr_database_commit(writer, &test_error));
    assert_int_equal(count_students(reader), 2);
    hr_database_close(reader);
    hr_database_close(writer);
}

static void a_second_writer_waits_and_then_says_who_is_in_the_way(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *first = opened(folder->database, HR_DATABASE_CREATE);
    struct hr_database *second = opened(folder->database, HR_DATABASE_WRITE);
    sqlite3_busy_timeout(second->handle, 20); /* the test need not wait as long as a user */
    assert_ok(hr_database_begin(first, &test_error));
    assert_fails(hr_database_begin(second, &test_error), HR_ERR_UNAVAILABLE, "in use by another program");
    hr_database_rollback(first);
    assert_ok(hr_database_begin(second, &test_error));
    hr_database_rollback(second);
    hr_database_close(second);
    hr_database_close(first);
}

static int files_in(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

enum { WRITERS = 6, STUDENTS_EACH = 20 };

/* In a process of its own. */
static int write_students(const char *path, int writer)
{
    struct hr_database *database = NULL;
    struct hr_error error;
    enum hr_status status = hr_database_open(&database, path, HR_DATABASE_CREATE, &error);
    for (int i = 0; status == HR_OK && i < STUDENTS_EACH; i++) {
        char id[32];
        snprintf(id, sizeof id, "%d-%d", writer, i);
        status = hr_database_ensure_student(database, id, NULL, &error);
    }
    hr_database_close(database);
    if (status != HR_OK)
        fprintf(stderr, "writer %d: %s\n", writer, error.text);
    return status == HR_OK ? 0 : 1;
}

static void write_side_by_side(const char *path)
{
    pid_t children[WRITERS];
    for (int writer = 0; writer < WRITERS; writer++) {
        children[writer] = fork();
        assert_true(children[writer] >= 0);
        if (children[writer] == 0)
            _exit(write_students(path, writer));
    }
    for (int writer = 0; writer < WRITERS; writer++) {
        int result = -1;
        assert_int_equal(waitpid(children[writer], &result, 0), children[writer]);
        assert_int_equal(result, 0);
    }
    struct hr_database *database = opened(path, HR_DATABASE_READ);
    assert_int_equal(count_students(database), WRITERS * STUDENTS_EACH);
    hr_database_close(database);
}

/* Several programs make the database at once: each change whole, none lost, nobody refused, and nothing beside it. */
static void processes_write_side_by_side(void **state)
{
    enum { ROUNDS = 20 };
    struct test_folder *folder = *state;
    for (int round = 0; round < ROUNDS; round++) {
        write_side_by_side(folder->database);
        assert_int_equal(files_in(folder->path), 1);
        assert_int_equal(unlink(folder->database), 0);
    }
    /* An empty file that somebody made is filled by whoever comes first. */
    for (int round = 0; round < ROUNDS; round++) {
        test_write_file(folder->database, hr_view_text(""));
        write_side_by_side(folder->database);
        assert_int_equal(unlink(folder->database), 0);
    }
}

static void counts_tell_who_has_no_face(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database_counts counts;
    struct hr_database *database = opened(folder->database, HR_DATABASE_CREATE);
    test_add_student(database, "1", "ada", 1);
    test_add_student(database, "1", "ada", 2);
    assert_ok(hr_database_ensure_student(database, "2", NULL, &test_error));
    assert_ok(hr_database_check(database, &counts, &test_error));
    assert_int_equal(counts.students, 2);
    assert_int_equal(counts.faces, 2);
    assert_int_equal(counts.students_without_face, 1);
    hr_database_close(database);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(create_makes_a_file_for_its_owner_alone),
        TEST(closing_nothing_is_allowed),
        TEST(a_missing_database_is_not_found),
        TEST(create_in_a_missing_folder_says_so),
        TEST(a_folder_and_a_pipe_are_refused),
        TEST(text_is_not_a_database_and_stays_as_it_is),
        TEST(another_programs_database_is_refused),
        TEST(an_empty_file_can_be_made_a_database_but_not_read),
        TEST(names_that_mean_something_to_sqlite_are_plain_files),
        TEST(damage_is_found),
        TEST(a_file_cut_short_gives_an_error_or_the_check_does),
        TEST(a_reader_changes_nothing),
        TEST(a_read_only_folder_can_be_read),
        TEST(a_read_only_folder_with_a_log_is_not_half_read),
        TEST(a_file_that_may_not_be_read_says_so),
        TEST(what_is_rolled_back_never_was),
        TEST(closing_within_a_transaction_takes_it_back),
        TEST(a_reader_sees_the_state_before_an_open_change),
        TEST(a_second_writer_waits_and_then_says_who_is_in_the_way),
        TEST(processes_write_side_by_side),
        TEST(counts_tell_who_has_no_face),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
