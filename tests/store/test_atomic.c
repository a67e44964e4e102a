/* Whole or not at all. The system calls of a write are wrapped (-Wl,--wrap), so that it can be
 * stopped, fail or be killed at each of them. */
#include "support/check.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "store/store.h"
#include "support/temporary.h"

int __real_openat(int folder, const char *name, int flags, ...);
int __real_close(int fd);
int __real_fchmod(int fd, mode_t mode);
int __real_fsync(int fd);
int __real_renameat(int from, const char *old_name, int to, const char *new_name);
ssize_t __real_write(int fd, const void *bytes, size_t size);

int __wrap_openat(int folder, const char *name, int flags, ...);
int __wrap_close(int fd);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fsync(int fd);
int __wrap_renameat(int from, const char *old_name, int to, const char *new_name);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);

/* What the wrapped calls do. `calls` is the story so far, one letter a call. */
static struct {
    bool on;
    char calls[64];
    size_t fail_at; /* this call fails with fail_errno; SIZE_MAX: none */
    int fail_errno;
    size_t kill_at;    /* before this call the process is killed; SIZE_MAX: none */
    size_t write_most; /* a write takes no more bytes than this; 0: all */
    int interruptions; /* so many writes are interrupted by a signal first */
    mode_t part_mode;  /* permissions of the hidden file when it was first written to */
} script;

static void script_reset(void)
{
    memset(&script, 0, sizeof script);
    script.fail_at = SIZE_MAX;
    script.kill_at = SIZE_MAX;
}

/* False: the call is to fail; errno is set. */
static bool step(char letter)
{
    if (!script.on)
        return true;
    size_t at = strlen(script.calls);
    if (at == script.kill_at)
        kill(getpid(), SIGKILL);
    if (at + 1 < sizeof script.calls)
        script.calls[at] = letter;
    errno = script.fail_errno;
    return at != script.fail_at;
}

int __wrap_openat(int folder, const char *name, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return step('o') ? __real_openat(folder, name, flags, mode) : -1;
}

int __wrap_close(int fd)
{
    bool good = step('c');
    int result = __real_close(fd);
    errno = good ? errno : script.fail_errno;
    return good ? result : -1;
}

int __wrap_fchmod(int fd, mode_t mode)
{
    return step('m') ? __real_fchmod(fd, mode) : -1;
}

int __wrap_fsync(int fd)
{
    return step('s') ? __real_fsync(fd) : -1;
}

int __wrap_renameat(int from, const char *old_name, int to, const char *new_name)
{
    return step('r') ? __real_renameat(from, old_name, to, new_name) : -1;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    if (!script.on)
        return __real_write(fd, bytes, size);
    struct stat info;
    if (script.part_mode == 0 && fstat(fd, &info) == 0)
        script.part_mode = info.st_mode & 0777;
    if (script.interruptions > 0) {
        script.interruptions--;
        errno = EINTR;
        return -1;
    }
    if (script.write_most > 0 && size > script.write_most)
        size = script.write_most;
    return step('w') ? __real_write(fd, bytes, size) : -1;
}

struct fixture {
    struct temporary folder;
    struct hr_store store;
};

static int make(void **state)
{
    static struct fixture fixture;
    struct hr_error error;
    script_reset();
    temporary_make(&fixture.folder);
    assert_ok(hr_store_open_folder(&fixture.store, fixture.folder.path, false, &error), &error);
    *state = &fixture;
    return 0;
}

static int clean(void **state)
{
    struct fixture *fixture = *state;
    script_reset();
    hr_store_close(&fixture->store);
    temporary_remove(&fixture->folder);
    return 0;
}

static enum hr_status put(struct fixture *fixture, const char *text, struct hr_error *error)
{
    script.on = true;
    enum hr_status status = fixture->store.put(fixture->store.context, "report.csv", hr_view_text(text), error);
    script.on = false;
    return status;
}

/* NULL: that there is no such file. Visible to others is only what the store lists. */
static void assert_visible(struct fixture *fixture, const char *text)
{
    struct hr_error error;
    struct hr_store_item *items;
    size_t count;
    struct hr_store *store = &fixture->store;
    assert_ok(store->list(store->context, &items, &count, &error), &error);
    assert_int_equal(count, text != NULL);
    hr_store_items_free(items, count);
    if (text == NULL)
        return;
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, 1000);
    struct temporary_path path = temporary_path(&fixture->folder, "report.csv");
    assert_ok(hr_file_read(&bytes, path.text, NULL, &error), &error);
    assert_string_equal(hr_buffer_text(&bytes), text);
    hr_buffer_clear(&bytes);
}

/* Made, written, synced and closed, only then renamed, then the folder synced. */
static void calls_come_in_the_safe_order(void **state)
{
    struct fixture *fixture = *state;
    struct hr_error error;
    assert_ok(put(fixture, "first", &error), &error);
    assert_string_equal(script.calls, "owscrs");
    script_reset();
    assert_ok(put(fixture, "second", &error), &error);
    assert_string_equal(script.calls, "owmscrs");
}

static void short_and_interrupted_writes_go_on(void **state)
{
    struct fixture *fixture = *state;
    struct hr_error error;
    script.write_most = 2;
    script.interruptions = 3;
    assert_ok(put(fixture, "12345", &error), &error);
    assert_string_equal(script.calls, "owwwscrs");
    assert_visible(fixture, "12345");
}

/* What replaces a private report is private from its first byte on, not only when it is done. */
static void private_report_is_private_while_it_is_written(void **state)
{
    struct fixture *fixture = *state;
    struct hr_error error;
    assert_int_equal(chmod(fixture->folder.path, 0755), 0);
    mode_t before = umask(022);
    enum hr_status first = put(fixture, "first", &error);
    assert_int_equal(script.part_mode, 0644);
    script_reset();
    assert_int_equal(chmod(temporary_path(&fixture->folder, "report.csv").text, 0600), 0);
    enum hr_status second = put(fixture, "second", &error);
    umask(before);
    assert_int_equal(first, HR_OK);
    assert_int_equal(second, HR_OK);
    assert_int_equal(script.part_mode, 0600);
}

/* Each call of a first write fails in turn: no file, not even a hidden one. */
static void failure_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    for (size_t at = 0; at < strlen("owscr"); at++) {
        struct hr_error error;
        script_reset();
        script.fail_at = at;
        script.fail_errno = ENOSPC;
        assert_error(put(fixture, "12345", &error), HR_ERR_IO, &error, "No space left");
        assert_non_null(strstr(error.text, "report.csv"));
        assert_int_equal(temporary_count(fixture->folder.path), 0);
    }
}

/* Each call of a second write fails in turn: the first report stays as it was. */
static void failure_keeps_what_was_there(void **state)
{
    struct fixture *fixture = *state;
    struct hr_error error;
    assert_ok(put(fixture, "before", &error), &error);
    for (size_t at = 0; at < strlen("owmscr"); at++) {
        script_reset();
        script.fail_at = at;
        script.fail_errno = EIO;
        assert_int_equal(put(fixture, "after", &error), HR_ERR_IO);
        assert_visible(fixture, "before");
        assert_int_equal(temporary_count(fixture->folder.path), 1);
    }
}

static void folder_that_cannot_be_synced(void **state)
{
    struct fixture *fixture = *state;
    struct hr_error error;
    script.fail_at = strlen("owscr");
    script.fail_errno = EINVAL; /* a file system without that call: nothing more to do */
    assert_ok(put(fixture, "12345", &error), &error);
    script_reset();
    script.fail_at = strlen("owmscr");
    script.fail_errno = EIO;
    assert_error(put(fixture, "67890", &error), HR_ERR_IO, &error, "syncing the folder");
    assert_visible(fixture, "67890"); /* whole all the same */
}

/* Killed before each call in turn: nobody sees a report, or sees the one from before. */
static void killed_writer_leaves_nothing_visible(void **state)
{
    struct fixture *fixture = *state;
    for (int before = 0; before <= 1; before++) {
        const char *story = before ? "owmscr" : "owscr";
        struct hr_error error;
        if (before)
            assert_ok(put(fixture, "before", &error), &error);
        for (size_t at = 0; at < strlen(story); at++) {
            script_reset();
            script.kill_at = at;
            script.write_most = 2;
            pid_t writer = fork();
            assert_true(writer >= 0);
            if (writer == 0)
                _exit(put(fixture, "af", &error) == HR_OK ? 1 : 2);
            int how = 0;
            assert_int_equal(waitpid(writer, &how, 0), writer);
            assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
            assert_visible(fixture, before ? "before" : NULL);
        }
        script_reset();
        assert_ok(put(fixture, "after", &error), &error);
        assert_visible(fixture, "after");
        assert_ok(fixture->store.remove(fixture->store.context, "report.csv", &error), &error);
    }
}

enum { ROUNDS = 100, SMALL_BYTES = 100000, LARGE_BYTES = 300000 };

/* Writes 'a' SMALL_BYTES times and 'b' LARGE_BYTES times by turns. */
static int write_by_turns(const char *path)
{
    uint8_t *bytes = malloc(LARGE_BYTES);
    struct hr_error error;
    enum hr_status status = bytes != NULL ? HR_OK : HR_ERR_MEMORY;
    for (int i = 0; i < ROUNDS && status == HR_OK; i++) {
        bool large = i % 2 == 1;
        memset(bytes, large ? 'b' : 'a', LARGE_BYTES);
        status = hr_file_write(path, hr_view_of(bytes, large ? LARGE_BYTES : SMALL_BYTES), &error);
    }
    free(bytes);
    return status == HR_OK ? 0 : 1;
}

static bool is_whole(struct hr_view bytes)
{
    uint8_t letter = bytes.size == SMALL_BYTES ? 'a' : bytes.size == LARGE_BYTES ? 'b' : 0;
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i] != letter)
            return false;
    return letter != 0;
}

static void reader_beside_a_writer_never_sees_half_a_file(void **state)
{
    struct fixture *fixture = *state;
    struct temporary_path path = temporary_path(&fixture->folder, "report.csv");
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0)
        _exit(write_by_turns(path.text));
    int how = 0;
    pid_t ended = 0;
    size_t seen = 0;
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, 1 << 20);
    while (ended == 0 || seen == 0) {
        if (ended == 0)
            ended = waitpid(writer, &how, WNOHANG);
        struct hr_error error;
        enum hr_status status = hr_file_read(&bytes, path.text, NULL, &error);
        if (status == HR_OK) {
            assert_true(is_whole(hr_buffer_view(&bytes)));
            seen++;
        } else {
            assert_int_equal(status, HR_ERR_NOT_FOUND);
            assert_int_equal(seen, 0); /* once there, always there */
        }
        hr_buffer_clear(&bytes);
        assert_true(ended >= 0);
    }
    assert_int_equal(how, 0);
    assert_int_equal(temporary_count(fixture->folder.path), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_come_in_the_safe_order, make, clean),
        cmocka_unit_test_setup_teardown(short_and_interrupted_writes_go_on, make, clean),
        cmocka_unit_test_setup_teardown(private_report_is_private_while_it_is_written, make, clean),
        cmocka_unit_test_setup_teardown(failure_leaves_nothing, make, clean),
        cmocka_unit_test_setup_teardown(failure_keeps_what_was_there, make, clean),
        cmocka_unit_test_setup_teardown(folder_that_cannot_be_synced, make, clean),
        cmocka_unit_test_setup_teardown(killed_writer_leaves_nothing_visible, make, clean),
        cmocka_unit_test_setup_teardown(reader_beside_a_writer_never_sees_half_a_file, make, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
