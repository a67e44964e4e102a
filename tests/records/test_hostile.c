/* A database that somebody else has made, or changed: what it could have run, ask for, or never end. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "records/sql.h"
#include "records/support.h"

static void make(const char *path)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, path, HR_DATABASE_CREATE, &test_error));
    test_add_student(database, "1", "Ada Lovelace", 1);
    hr_database_close(database);
}

/* By a program that is not ours. */
static void change(const char *path, const char *sql)
{
    sqlite3 *handle = NULL;
    char *text = NULL;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, &text) != SQLITE_OK)
        fail_msg("%s: %s", sql, text);
    sqlite3_close(handle);
}

static void what_is_not_ours_is_refused(void **state)
{
    struct test_folder *folder = *state;
    static const char *const changes[] = {
        "CREATE VIEW more AS SELECT id FROM students",
        "ALTER TABLE faces RENAME TO hidden; CREATE VIEW faces AS SELECT * FROM hidden",
        "CREATE TRIGGER t AFTER INSERT ON students BEGIN DELETE FROM faces; END",
        "CREATE TRIGGER t AFTER UPDATE ON removals BEGIN DELETE FROM faces; END",
        "CREATE INDEX more ON students(upper(name))",
        "CREATE INDEX more ON faces(student) WHERE quality > 0.5",
        "CREATE TABLE more(x)",
        "CREATE VIRTUAL TABLE more USING fts5(x)",
        "ALTER TABLE students ADD COLUMN more TEXT",
        "ALTER TABLE students ADD COLUMN more TEXT GENERATED ALWAYS AS (upper(name))",
        "DROP INDEX students_by_name",
        "DROP TABLE candidates",
        "DROP INDEX faces_by_student; CREATE INDEX faces_by_student ON faces(model_id, student, origin_sha256)",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'faces'",
        "ANALYZE",
        "PRAGMA user_version = 4",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = 0",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        make(folder->database);
        change(folder->database, changes[i]);
        for (int mode = HR_DATABASE_READ; mode <= HR_DATABASE_CREATE; mode++) {
            struct hr_database *database = NULL;
            memset(&test_error, 0, sizeof test_error);
            enum hr_status status =
                hr_database_open(&database, folder->database, (enum hr_database_mode)mode, &test_error);
            if (status != HR_ERR_DATABASE || strstr(test_error.text, "than homeroom makes") == NULL)
                fail_msg("%s: mode %d: %s '%s'", changes[i], mode, hr_status_name(status), test_error.text);
        }
        struct hr_buffer bytes;
        struct hr_database *database = NULL;
        test_read_file(folder->database, &bytes);
        assert_fails(
            hr_database_open_memory(&database, hr_buffer_view(&bytes), "s3://b/k", HR_DATABASE_READ, &test_error),
            HR_ERR_DATABASE, "than homeroom makes");
        hr_buffer_clear(&bytes);
        unlink(folder->database);
    }
}

static void ours_is_ours_after_all_that_we_do(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    make(folder->database);
    change(folder->database, "VACUUM; REINDEX; PRAGMA optimize");
    for (int i = 0; i < 3; i++) {
        assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_WRITE, &test_error));
        test_add_student(database, "2", "Grace Hopper", 2);
        assert_ok(hr_database_forget(database, "2", NULL, &test_error));
        hr_database_close(database);
    }
}

/* The same without an end as rows whose pages point in circles. */
static const char endless[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

static void no_statement_goes_on_for_ever(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    int64_t ignored;
    make(folder->database);
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error));
    assert_true(database->steps_max == HR_LIMIT_DATABASE_STEPS);
    database->steps_max = 3 << 20; /* the limit itself takes a quarter of a minute */
    assert_fails(hr_sql_integer(database, endless, "reading it", &ignored, &test_error), HR_ERR_DATABASE,
                 "does not come to an end");
    /* Each statement has all of it. */
    for (int i = 0; i < 5; i++)
        assert_ok(hr_sql_integer(database,
                                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 80000)"
                                 " SELECT max(i) FROM n",
                                 "reading it", &ignored, &test_error));
    hr_database_close(database);
}

static void whoever_asks_to_stop_ends_it(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_stop *stop = hr_stop_new();
    int64_t ignored;
    make(folder->database);
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_WRITE, &test_error));
    hr_database_obey(database, stop);
    hr_stop_request(stop);
    assert_fails(hr_sql_integer(database, endless, "reading it", &ignored, &test_error), HR_ERR_DEADLINE, "stopped");
    test_add_student(database, "2", "Grace Hopper", 2); /* what is small is still written */
    hr_database_close(database);
    hr_stop_free(stop);
}

static int64_t ask(struct hr_database *database, const char *sql)
{
    int64_t answer = -1;
    assert_ok(hr_sql_integer(database, sql, "reading it", &answer, &test_error));
    return answer;
}

static void nothing_is_inherited(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    make(folder->database);
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_WRITE, &test_error));
    assert_int_equal(ask(database, "PRAGMA synchronous"), 2);
    assert_int_equal(ask(database, "PRAGMA temp_store"), 2);
    assert_int_equal(ask(database, "PRAGMA cell_size_check"), 1);
    assert_int_equal(ask(database, "PRAGMA writable_schema"), 0);
    assert_true(ask(database, "PRAGMA hard_heap_limit") == HR_LIMIT_DATABASE_HEAP_BYTES);
    int off[] = {SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
                 SQLITE_DBCONFIG_TRUSTED_SCHEMA};
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        int on = -1;
        assert_int_equal(sqlite3_db_config(database->handle, off[i], -1, &on), SQLITE_OK);
        assert_int_equal(on, 0);
    }
    assert_int_equal(sqlite3_limit(database->handle, SQLITE_LIMIT_LENGTH, -1), 256 << 20);
    hr_database_close(database);
}

static void memory_has_a_limit(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    int64_t ignored;
    make(folder->database);
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error));
    sqlite3_int64 before = sqlite3_hard_heap_limit64(sqlite3_memory_used() + (8 << 20));
    assert_fails(hr_sql_integer(database, "SELECT length(randomblob(100000000))", "reading it", &ignored, &test_error),
                 HR_ERR_MEMORY, "");
    sqlite3_hard_heap_limit64(before);
    assert_int_equal(ask(database, "SELECT count(*) FROM students"), 1);
    hr_database_close(database);
}

/* --- a full disk --- */

static void fill(const char *folder)
{
    static char block[4096];
    char path[512];
    snprintf(path, sizeof path, "%s/filler", folder);
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    memset(block, 'x', sizeof block);
    while (write(file, block, sizeof block) > 0)
        continue;
    close(file);
}

/* In a child, whose mount goes with it. 77: it can't mount. */
static int read_on_a_full_disk(const char *folder, bool with_log)
{
    char path[512];
    struct hr_database *database = NULL;
    struct hr_database_counts counts;
    snprintf(path, sizeof path, "%s/homeroom.db", folder);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=1m") != 0)
        return 77;
    make(path);
    pid_t writer = fork();
    if (writer == 0) { /* ends without closing it: a log stays behind, or none */
        if (with_log) {
            assert_ok(hr_database_open(&database, path, HR_DATABASE_WRITE, &test_error));
            test_add_student(database, "2", "Grace Hopper", 2);
            char shared[600];
            snprintf(shared, sizeof shared, "%s-shm", path);
            unlink(shared);
        }
        _exit(0);
    }
    waitpid(writer, NULL, 0);
    fill(folder);
    if (hr_database_open(&database, path, HR_DATABASE_READ, &test_error) != HR_OK) {
        fprintf(stderr, "opening: %s\n", test_error.text);
        return 1;
    }
    if (hr_database_check(database, &counts, &test_error) != HR_OK || counts.students != (with_log ? 2 : 1))
        return 2;
    hr_database_close(database);
    if (hr_database_open(&database, path, HR_DATABASE_WRITE, &test_error) == HR_OK)
        return 3; /* and whoever would write is told */
    return test_error.text[0] != '\0' ? 0 : 4;
}

static void a_full_disk_can_be_read(void **state)
{
    struct test_folder *folder = *state;
    for (int with_log = 0; with_log < 2; with_log++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(read_on_a_full_disk(folder->path, with_log));
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
            print_message("SKIPPED: only root can mount a small disk\n");
            skip();
        }
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_refused, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(ours_is_ours_after_all_that_we_do, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(no_statement_goes_on_for_ever, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(whoever_asks_to_stop_ends_it, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(nothing_is_inherited, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(memory_has_a_limit, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(a_full_disk_can_be_read, test_folder_make, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
