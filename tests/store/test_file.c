/* One file by its path: streams, reading, writing. */
#include "support/check.h"

#include <sys/wait.h>

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

static void stream_of_a_file(void **state)
{
    struct temporary_path path = temporary_path(*state, "a.mp4");
    temporary_write(path.text, "0123456789", 10);
    struct hr_error error;
    struct hr_stream stream;
    char into[16];
    size_t got = 0;
    assert_ok(hr_file_open_stream(&stream, path.text, NULL, &error), &error);
    assert_int_equal(stream.size_bytes, 10);
    assert_ok(stream.read(stream.context, into, 4, &got, &error), &error);
    assert_int_equal(got, 4);
    assert_memory_equal(into, "0123", 4);
    assert_ok(stream.read(stream.context, into, sizeof into, &got, &error), &error);
    assert_int_equal(got, 6);
    assert_memory_equal(into, "456789", 6);
    assert_int_equal(stream.read(stream.context, into, 4, &got, &error), HR_END);
    assert_ok(stream.seek(stream.context, 2, &error), &error);
    assert_ok(stream.read(stream.context, into, 1, &got, &error), &error);
    assert_memory_equal(into, "2", 1);
    assert_ok(stream.seek(stream.context, 1000, &error), &error);
    assert_int_equal(stream.read(stream.context, into, 4, &got, &error), HR_END);
    assert_error(stream.seek(stream.context, UINT64_MAX, &error), HR_ERR_IO, &error, "a.mp4");
    hr_stream_close(&stream);
}

/* A file that shrinks while it is read ends early; it is no crash. */
static void stream_of_a_file_that_shrinks(void **state)
{
    struct temporary_path path = temporary_path(*state, "a.mp4");
    temporary_write(path.text, "0123456789", 10);
    struct hr_error error;
    struct hr_stream stream;
    char into[16];
    size_t got = 0;
    assert_ok(hr_file_open_stream(&stream, path.text, NULL, &error), &error);
    assert_int_equal(truncate(path.text, 3), 0);
    assert_ok(stream.read(stream.context, into, sizeof into, &got, &error), &error);
    assert_int_equal(got, 3);
    assert_int_equal(stream.read(stream.context, into, sizeof into, &got, &error), HR_END);
    hr_stream_close(&stream);
}

static void stream_of_a_pipe_reads_on_only(void **state)
{
    struct temporary_path path = temporary_path(*state, "pipe");
    assert_int_equal(mkfifo(path.text, 0666), 0);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        int fd = open(path.text, O_WRONLY);
        ssize_t first = write(fd, "abc", 3), second = write(fd, "def", 3);
        _exit(first == 3 && second == 3 ? 0 : 1);
    }
    struct hr_error error;
    struct hr_stream stream;
    assert_ok(hr_file_open_stream(&stream, path.text, NULL, &error), &error);
    assert_null(stream.seek);
    assert_true(stream.size_bytes == HR_STREAM_SIZE_UNKNOWN);
    char into[16];
    size_t size = 0, got = 0;
    enum hr_status status;
    while ((status = stream.read(stream.context, into + size, 4, &got, &error)) == HR_OK)
        size += got;
    assert_int_equal(status, HR_END);
    assert_int_equal(size, 6);
    assert_memory_equal(into, "abcdef", 6);
    hr_stream_close(&stream);
    int how = 0;
    assert_int_equal(waitpid(writer, &how, 0), writer);
    assert_int_equal(how, 0);
}

/* A pipe that nobody has opened for writing, and one whose writer says nothing (any more): the deadline
 * and the flag end the wait. */
static void a_silent_pipe_is_waited_for_until_the_deadline(void **state)
{
    struct temporary_path path = temporary_path(*state, "silent");
    struct hr_error error;
    struct hr_stream stream;
    struct hr_buffer buffer;
    char into[16];
    size_t got = 0;
    struct hr_stop stop = {true};
    const struct hr_deadline soon = hr_deadline_after(hr_clock_system(), 1, NULL);
    const struct hr_deadline stopped = hr_deadline_after(hr_clock_system(), 0, &stop);
    assert_int_equal(mkfifo(path.text, 0666), 0);
    assert_ok(hr_file_open_stream(&stream, path.text, &soon, &error), &error);
    assert_error(stream.read(stream.context, into, 4, &got, &error), HR_ERR_DEADLINE, &error, "silent");
    int writer = open(path.text, O_WRONLY);
    assert_true(writer >= 0);
    assert_error(stream.read(stream.context, into, 4, &got, &error), HR_ERR_DEADLINE, &error, "silent");
    hr_stream_close(&stream);

    hr_buffer_init(&buffer, 100);
    assert_error(hr_file_read(&buffer, path.text, &stopped, &error), HR_ERR_DEADLINE, &error, "silent");
    atomic_store(&stop.requested, false);
    assert_ok(hr_file_open_stream(&stream, path.text, &stopped, &error), &error);
    assert_int_equal(write(writer, "abc", 3), 3);
    assert_ok(stream.read(stream.context, into, sizeof into, &got, &error), &error);
    assert_int_equal(got, 3);
    atomic_store(&stop.requested, true);
    assert_error(stream.read(stream.context, into, 4, &got, &error), HR_ERR_DEADLINE, &error, "silent");
    atomic_store(&stop.requested, false);
    close(writer);
    assert_int_equal(stream.read(stream.context, into, 4, &got, &error), HR_END);
    hr_stream_close(&stream);
    hr_buffer_clear(&buffer);
}

static void what_is_no_file_is_refused_clearly(void **state)
{
    const struct temporary *folder = *state;
    struct temporary_path missing = temporary_path(folder, "none.mp4");
    struct hr_error error;
    struct hr_stream stream;
    assert_error(hr_file_open_stream(&stream, folder->path, NULL, &error), HR_ERR_ARGUMENT, &error,
                 "is a folder, not a file");
    assert_null(stream.context);
    assert_error(hr_file_open_stream(&stream, missing.text, NULL, &error), HR_ERR_NOT_FOUND, &error, missing.text);
    assert_error(hr_file_open_stream(&stream, "", NULL, &error), HR_ERR_NOT_FOUND, &error, "''");
    hr_stream_close(&stream);
}

/* Opening must not use up descriptors, whichever way it ends. */
static void no_descriptor_is_left_open(void **state)
{
    const struct temporary *folder = *state;
    struct temporary_path path = temporary_path(folder, "a");
    temporary_write(path.text, "x", 1);
    size_t before = temporary_count("/proc/self/fd");
    for (int i = 0; i < 3; i++) {
        struct hr_error error;
        struct hr_stream stream;
        struct hr_store store;
        struct hr_store_item *items;
        size_t count;
        assert_int_equal(hr_file_open_stream(&stream, folder->path, NULL, &error), HR_ERR_ARGUMENT);
        assert_ok(hr_file_open_stream(&stream, path.text, NULL, &error), &error);
        hr_stream_close(&stream);
        assert_ok(hr_file_write(path.text, hr_view_text("y"), &error), &error);
        assert_ok(hr_store_open_folder(&store, folder->path, false, &error), &error);
        assert_ok(store.list(store.context, &items, &count, &error), &error);
        hr_store_items_free(items, count);
        hr_store_close(&store);
    }
    assert_int_equal(temporary_count("/proc/self/fd"), before);
}

/* At, below and above the buffer's cap. */
static void read_holds_the_cap(void **state)
{
    struct temporary_path path = temporary_path(*state, "a.json");
    char bytes[40002];
    memset(bytes, 'x', sizeof bytes);
    for (size_t size = 39999; size <= 40001; size++) {
        temporary_write(path.text, bytes, size);
        struct hr_error error;
        struct hr_buffer buffer;
        hr_buffer_init(&buffer, 40000);
        enum hr_status status = hr_file_read(&buffer, path.text, NULL, &error);
        if (size <= 40000) {
            assert_ok(status, &error);
            assert_int_equal(buffer.size, size);
            assert_memory_equal(buffer.data, bytes, size);
        } else {
            assert_error(status, HR_ERR_LIMIT, &error, "larger than the limit of 40000 bytes");
            assert_non_null(strstr(error.text, path.text));
        }
        hr_buffer_clear(&buffer);
    }
}

/* A file whose size the system does not know beforehand, as those of /proc. */
static void read_holds_the_cap_without_a_known_size(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 10);
    assert_error(hr_file_read(&buffer, "/proc/self/status", NULL, &error), HR_ERR_LIMIT, &error,
                 "larger than the limit of 10 bytes");
    hr_buffer_clear(&buffer);
    hr_buffer_init(&buffer, 1 << 20);
    assert_ok(hr_file_read(&buffer, "/proc/self/status", NULL, &error), &error);
    assert_memory_equal(hr_buffer_text(&buffer), "Name:", 5);
    hr_buffer_clear(&buffer);
}

static void read_adds_to_the_buffer(void **state)
{
    struct temporary_path path = temporary_path(*state, "a");
    temporary_write(path.text, "b\0c", 3);
    struct hr_error error;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 4);
    hr_buffer_append_text(&buffer, "a");
    assert_ok(hr_file_read(&buffer, path.text, NULL, &error), &error);
    assert_int_equal(buffer.size, 4);
    assert_memory_equal(buffer.data, "ab\0c", 5);
    hr_buffer_clear(&buffer);
    assert_int_equal(hr_file_read(&buffer, "/", NULL, &error), HR_ERR_ARGUMENT);
    assert_int_equal(hr_file_read(&buffer, "/nowhere", NULL, &error), HR_ERR_NOT_FOUND);
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

/* Where others may enter; in a folder that is one user's alone, a file is, too. */
static void new_file_respects_the_umask(void **state)
{
    static const mode_t masks[] = {022, 077, 002, 000};
    const struct temporary *folder = *state;
    assert_int_equal(chmod(folder->path, 0710), 0);
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        char name[16];
        snprintf(name, sizeof name, "file%zu", i);
        struct temporary_path path = temporary_path(*state, name);
        struct hr_error error;
        mode_t before = umask(masks[i]);
        enum hr_status status = hr_file_write(path.text, hr_view_text("x"), &error);
        umask(before);
        assert_ok(status, &error);
        assert_int_equal(mode_of(path.text), 0666 & ~masks[i]);
    }
}

static void new_file_in_a_private_folder_is_private(void **state)
{
    const struct temporary *folder = *state;
    struct temporary_path path = temporary_path(folder, "report.csv");
    struct hr_error error;
    assert_int_equal(chmod(folder->path, 0700), 0);
    mode_t before = umask(0);
    enum hr_status status = hr_file_write(path.text, hr_view_text("x"), &error);
    umask(before);
    assert_ok(status, &error);
    assert_int_equal(mode_of(path.text), 0600);
}

/* Records that somebody made private stay private, whatever the umask of the next run. */
static void replaced_file_hands_on_its_permissions(void **state)
{
    struct temporary_path path = temporary_path(*state, "report.csv");
    static const mode_t modes[] = {0600, 0640, 0444, 0666};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct hr_error error;
        temporary_write(path.text, "old", 3);
        assert_int_equal(chmod(path.text, modes[i]), 0);
        mode_t before = umask(027);
        enum hr_status status = hr_file_write(path.text, hr_view_text("newer"), &error);
        umask(before);
        assert_ok(status, &error);
        assert_int_equal(mode_of(path.text), modes[i]);
        assert_int_equal(unlink(path.text), 0);
    }
}

static void write_by_every_kind_of_path(void **state)
{
    const struct temporary *folder = *state;
    struct hr_error error;
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder->path), 0);
    assert_int_equal(mkdir("sub", 0777), 0);
    static const char *const paths[] = {"bare", "./dotted", "sub/deeper", "sub/../up"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_ok(hr_file_write(paths[i], hr_view_text("x"), &error), &error);
        struct stat info;
        assert_int_equal(stat(paths[i], &info), 0);
        assert_int_equal(info.st_size, 1);
    }
    assert_int_equal(chdir(before), 0);
    assert_int_equal(temporary_count(folder->path), 4);
}

static void paths_that_cannot_be_written(void **state)
{
    const struct temporary *folder = *state;
    static const char *const no_names[] = {"", "/", "a/", ".", "..", "a/.", "a/.."};
    struct hr_error error;
    for (size_t i = 0; i < sizeof no_names / sizeof *no_names; i++)
        assert_error(hr_file_write(no_names[i], hr_view_text("x"), &error), HR_ERR_ARGUMENT, &error,
                     "not the name of a file");
    struct temporary_path missing = temporary_path(folder, "missing/a.csv");
    assert_error(hr_file_write(missing.text, hr_view_text("x"), &error), HR_ERR_NOT_FOUND, &error, "the folder of");
    assert_error(hr_file_write(folder->path, hr_view_text("x"), &error), HR_ERR_ARGUMENT, &error, "is a folder");
    struct temporary_path pipe = temporary_path(folder, "pipe");
    assert_int_equal(mkfifo(pipe.text, 0666), 0);
    assert_error(hr_file_write(pipe.text, hr_view_text("x"), &error), HR_ERR_ARGUMENT, &error, "not a regular file");
    struct temporary_path null = temporary_path(folder, "null");
    assert_int_equal(symlink("/dev/null", null.text), 0);
    assert_error(hr_file_write(null.text, hr_view_text("x"), &error), HR_ERR_ARGUMENT, &error, "not a regular file");
    assert_int_equal(temporary_count(folder->path), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stream_of_a_file, make, clean),
        cmocka_unit_test_setup_teardown(stream_of_a_file_that_shrinks, make, clean),
        cmocka_unit_test_setup_teardown(stream_of_a_pipe_reads_on_only, make, clean),
        cmocka_unit_test_setup_teardown(a_silent_pipe_is_waited_for_until_the_deadline, make, clean),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_refused_clearly, make, clean),
        cmocka_unit_test_setup_teardown(no_descriptor_is_left_open, make, clean),
        cmocka_unit_test_setup_teardown(read_holds_the_cap, make, clean),
        cmocka_unit_test_setup_teardown(read_holds_the_cap_without_a_known_size, make, clean),
        cmocka_unit_test_setup_teardown(read_adds_to_the_buffer, make, clean),
        cmocka_unit_test_setup_teardown(new_file_respects_the_umask, make, clean),
        cmocka_unit_test_setup_teardown(new_file_in_a_private_folder_is_private, make, clean),
        cmocka_unit_test_setup_teardown(replaced_file_hands_on_its_permissions, make, clean),
        cmocka_unit_test_setup_teardown(write_by_every_kind_of_path, make, clean),
        cmocka_unit_test_setup_teardown(paths_that_cannot_be_written, make, clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
