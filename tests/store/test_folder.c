/* What a folder has and its twin in memory has not: links, folders in it, permissions. */
#include "support/check.h"

#include <sys/wait.h>
#include <time.h>

#include "store/store.h"
#include "support/temporary.h"

static int make(void **state)
{
    static struct temporary folder;
    temporary_make(&folder);
    *state = &folder;
    return 0;
}

static int clean(void **state)
{
    temporary_remove(*state);
    return 0;
}

static void list_leaves_out_what_is_not_a_file(void **state)
{
    const struct temporary *folder = *state;
    struct hr_error error;
    struct hr_store store;
    temporary_write(temporary_path(folder, "file").text, "1", 1);
    assert_int_equal(mkdir(temporary_path(folder, "folder").text, 0777), 0);
    temporary_write(temporary_path(folder, "folder/inside").text, "1", 1);
    assert_int_equal(mkfifo(temporary_path(folder, "pipe").text, 0666), 0);
    assert_int_equal(symlink("file", temporary_path(folder, "link").text), 0);
    assert_int_equal(symlink("nowhere", temporary_path(folder, "dangling").text), 0);
    assert_int_equal(symlink("folder", temporary_path(folder, "link-to-folder").text), 0);
    assert_ok(hr_store_open_folder(&store, folder->path, false, &error), &error);
    struct hr_store_item *items;
    size_t count;
    assert_ok(store.list(store.context, &items, &count, &error), &error);
    assert_int_equal(count, 2);
    assert_string_equal(items[0].name, "file");
    assert_string_equal(items[1].name, "link");
    assert_int_equal(items[1].size_bytes, 1);
    hr_store_items_free(items, count);
    hr_store_close(&store);
}

static void put_replaces_a_link_and_not_its_target(void **state)
{
    const struct temporary *folder = *state;
    struct hr_error error;
    struct hr_store store;
    struct stat info;
    temporary_write(temporary_path(folder, "target").text, "old", 3);
    assert_int_equal(symlink("target", temporary_path(folder, "link").text), 0);
    assert_ok(hr_store_open_folder(&store, folder->path, false, &error), &error);
    assert_ok(store.put(store.context, "link", hr_view_text("longer"), &error), &error);
    assert_int_equal(lstat(temporary_path(folder, "link").text, &info), 0);
    assert_true(S_ISREG(info.st_mode));
    assert_int_equal(info.st_size, 6);
    assert_int_equal(stat(temporary_path(folder, "target").text, &info), 0);
    assert_int_equal(info.st_size, 3);
    hr_store_close(&store);
}

static void folders_in_it_are_not_files(void **state)
{
    const struct temporary *folder = *state;
    struct hr_error error;
    struct hr_store store;
    struct hr_store_item item;
    struct hr_stream stream;
    assert_int_equal(mkdir(temporary_path(folder, "sub").text, 0777), 0);
    assert_ok(hr_store_open_folder(&store, folder->path, false, &error), &error);
    assert_error(store.stat(store.context, "sub", &item, &error), HR_ERR_ARGUMENT, &error, "not a regular file");
    assert_error(store.open(store.context, "sub", &stream, NULL, &error), HR_ERR_ARGUMENT, &error, "is a folder");
    assert_error(store.put(store.context, "sub", hr_view_text("x"), &error), HR_ERR_ARGUMENT, &error, "a folder");
    assert_int_not_equal(store.remove(store.context, "sub", &error), HR_OK);
    assert_int_equal(temporary_count(folder->path), 1);
    hr_store_close(&store);
}

static void missing_folder_is_made_when_asked(void **state)
{
    const struct temporary *folder = *state;
    struct hr_error error;
    struct hr_store store;
    static const char *const names[] = {"one", "a/b/c", "trailing/", "double//slash", "a/b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct temporary_path path = temporary_path(folder, names[i]);
        assert_ok(hr_store_open_folder(&store, path.text, true, &error), &error);
        assert_ok(store.put(store.context, "file", hr_view_text("x"), &error), &error);
        hr_store_close(&store);
        struct stat info;
        assert_int_equal(stat(path.text, &info), 0);
        assert_true(S_ISDIR(info.st_mode));
        assert_int_equal(info.st_mode & 0777, 0700);
    }
}

static void folder_that_cannot_be_opened(void **state)
{
    const struct temporary *folder = *state;
    struct hr_error error;
    struct hr_store store;
    struct temporary_path missing = temporary_path(folder, "missing");
    struct temporary_path file = temporary_path(folder, "file");
    struct temporary_path below = temporary_path(folder, "file/below");
    temporary_write(file.text, "1", 1);
    assert_error(hr_store_open_folder(&store, missing.text, false, &error), HR_ERR_NOT_FOUND, &error, missing.text);
    assert_error(hr_store_open_folder(&store, file.text, false, &error), HR_ERR_ARGUMENT, &error,
                 "is a file, not a folder");
    assert_int_not_equal(hr_store_open_folder(&store, file.text, true, &error), HR_OK);
    assert_int_not_equal(hr_store_open_folder(&store, below.text, true, &error), HR_OK);
    assert_error(hr_store_open_folder(&store, "", false, &error), HR_ERR_NOT_FOUND, &error, "''");
    assert_int_not_equal(hr_store_open_folder(&store, "", true, &error), HR_OK);
    hr_store_close(&store); /* zeroed by the failure */
}

static void folder_goes_on_when_it_is_renamed(void **state)
{
    const struct temporary *folder = *state;
    struct hr_error error;
    struct hr_store store;
    struct temporary_path before = temporary_path(folder, "before");
    struct temporary_path after = temporary_path(folder, "after");
    assert_ok(hr_store_open_folder(&store, before.text, true, &error), &error);
    assert_int_equal(rename(before.text, after.text), 0);
    assert_ok(store.put(store.context, "file", hr_view_text("x"), &error), &error);
    assert_int_equal(temporary_count(after.text), 1);
    hr_store_close(&store);
}

static void age(const char *path, int seconds)
{
    struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* What a killed writer left may hold students' records; what another one is writing stays. */
static void old_parts_are_removed(void **state)
{
    const struct temporary *folder = *state;
    static const struct {
        const char *name;
        int age_s;
        bool stays;
    } files[] = {
        {".homeroom-0123456789abcdef.part", 2 * 3600, false},
        {".homeroom-fedcba9876543210.part", 60, true},
        {".homeroom-notes", 2 * 3600, true},
        {"report.part", 2 * 3600, true},
        {"report.csv", 2 * 3600, true},
    };
    struct hr_error error;
    struct hr_store store;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct temporary_path path = temporary_path(folder, files[i].name);
        temporary_write(path.text, "x", 1);
        age(path.text, files[i].age_s);
    }
    assert_ok(hr_store_open_folder(&store, folder->path, false, &error), &error);
    hr_store_close(&store);
    assert_int_equal(temporary_count(folder->path), 5); /* opened to read: nothing is removed */
    assert_ok(hr_store_open_folder(&store, folder->path, true, &error), &error);
    hr_store_close(&store);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(access(temporary_path(folder, files[i].name).text, F_OK) == 0, files[i].stays);
}

/* In a process that may not, since root may everything. */
static int put_as_nobody(const char *path)
{
    struct hr_error error;
    struct hr_store store;
    if (geteuid() == 0 && setuid(65534) != 0)
        return 100;
    if (hr_store_open_folder(&store, path, false, &error) != HR_OK)
        return 101;
    enum hr_status status = store.put(store.context, "file", hr_view_text("x"), &error);
    hr_store_close(&store);
    return status == HR_ERR_PERMISSION && strstr(error.text, "file") != NULL ? 0 : 102;
}

static void folder_that_may_not_be_written(void **state)
{
    const struct temporary *folder = *state;
    assert_int_equal(chmod(folder->path, 0555), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(put_as_nobody(folder->path));
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(chmod(folder->path, 0755), 0);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    assert_int_equal(temporary_count(folder->path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(list_leaves_out_what_is_not_a_file, make, clean),
        cmocka_unit_test_setup_teardown(put_replaces_a_link_and_not_its_target, make, clean),
        cmocka_unit_test_setup_teardown(folders_in_it_are_not_files, make, clean),
        cmocka_unit_test_setup_teardown(missing_folder_is_made_when_asked, make, clean),
        cmocka_unit_test_setup_teardown(folder_that_cannot_be_opened, make, clean),
        cmocka_unit_test_setup_teardown(folder_goes_on_when_it_is_renamed, make, clean),
        cmocka_unit_test_setup_teardown(old_parts_are_removed, make, clean),
        cmocka_unit_test_setup_teardown(folder_that_may_not_be_written, make, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
