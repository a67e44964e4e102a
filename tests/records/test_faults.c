/* Every call by which SQLite reads and writes files, and every one by which the keys are written, failed in turn: once,
 * and from then on as a full disk does. The change is there whole or not at all, what was said to be done is done, and
 * the same command given again ends it. */
#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "records/seal.h"
#include "records/support.h"

/* --- what fails --- */

static struct {
    long calls;   /* since it was set */
    long fail_at; /* which one; -1: none */
    bool for_good;
} fault = {.fail_at = -1};

static bool fails_now(void)
{
    long call = fault.calls++;
    return fault.fail_at >= 0 && (call == fault.fail_at || (fault.for_good && call > fault.fail_at));
}

/* The keys' own calls (linked with --wrap). */
ssize_t __real_write(int file, const void *bytes, size_t size);
int __real_fsync(int file);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int file, const void *bytes, size_t size);
int __wrap_fsync(int file);
int __wrap_rename(const char *from, const char *to);

ssize_t __wrap_write(int file, const void *bytes, size_t size)
{
    if (!fails_now())
        return __real_write(file, bytes, size);
    errno = ENOSPC;
    return -1;
}

int __wrap_fsync(int file)
{
    if (!fails_now())
        return __real_fsync(file);
    errno = EIO;
    return -1;
}

int __wrap_rename(const char *from, const char *to)
{
    if (!fails_now())
        return __real_rename(from, to);
    errno = EACCES;
    return -1;
}

/* SQLite's: a file system in front of its own (https://www.sqlite.org/vfs.html). */
struct front {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs *behind, in_front;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct front *)file)->real;
}

static int front_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int front_read(sqlite3_file *file, void *into, int size, sqlite3_int64 at)
{
    return fails_now() ? SQLITE_IOERR_READ : real_of(file)->pMethods->xRead(real_of(file), into, size, at);
}

static int front_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    return fails_now() ? SQLITE_FULL : real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
}

static int front_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return fails_now() ? SQLITE_IOERR_TRUNCATE : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int front_sync(sqlite3_file *file, int flags)
{
    return fails_now() ? SQLITE_IOERR_FSYNC : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int front_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return fails_now() ? SQLITE_IOERR_FSTAT : real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int front_lock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int front_unlock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int front_is_reserved(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int front_control(sqlite3_file *file, int what, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int front_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int front_device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int front_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return fails_now() ? SQLITE_IOERR_SHMMAP : real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int front_shm_lock(sqlite3_file *file, int from, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), from, count, flags);
}

static void front_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int front_unmap(sqlite3_file *file, int delete)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete);
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = front_close,
                                           .xRead = front_read,
                                           .xWrite = front_write,
                                           .xTruncate = front_truncate,
                                           .xSync = front_sync,
                                           .xFileSize = front_size,
                                           .xLock = front_lock,
                                           .xUnlock = front_unlock,
                                           .xCheckReservedLock = front_is_reserved,
                                           .xFileControl = front_control,
                                           .xSectorSize = front_sector,
                                           .xDeviceCharacteristics = front_device,
                                           .xShmMap = front_map,
                                           .xShmLock = front_shm_lock,
                                           .xShmBarrier = front_barrier,
                                           .xShmUnmap = front_unmap};

static int front_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct front *front = (struct front *)file;
    (void)vfs;
    front->base.pMethods = NULL;
    front->real = (sqlite3_file *)(void *)(front + 1);
    if (fails_now())
        return SQLITE_CANTOPEN;
    int code = behind->xOpen(behind, name, front->real, flags, out_flags);
    if (code == SQLITE_OK)
        front->base.pMethods = &methods;
    return code;
}

static int front_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return fails_now() ? SQLITE_IOERR_DELETE : behind->xDelete(behind, name, sync);
}

static int put_in_front(void **state)
{
    (void)state;
    behind = sqlite3_vfs_find(NULL);
    in_front = *behind;
    in_front.zName = "in front";
    in_front.szOsFile = (int)sizeof(struct front) + behind->szOsFile;
    in_front.xOpen = front_open;
    in_front.xDelete = front_delete;
    return sqlite3_vfs_register(&in_front, 1);
}

/* --- a class, and what is done to it --- */

static const struct test_folder *folder; /* of the test that runs */
static bool sealed;

static struct hr_vault *vault(void)
{
    struct hr_vault *out = NULL;
    struct hr_master_key key = {.bytes = {7}};
    char path[200];
    snprintf(path, sizeof path, "%s/the.keys", folder->path);
    assert_ok(hr_vault_open_file(&out, path, &key, &test_error));
    return out;
}

static enum hr_status open_class(enum hr_database_mode mode, struct hr_database **out, struct hr_error *error)
{
    enum hr_status status = hr_database_open(out, folder->database, mode, error);
    if (status == HR_OK && sealed)
        status = hr_database_unlock(*out, vault(), error);
    if (status != HR_OK) {
        hr_database_close(*out);
        *out = NULL;
    }
    return status;
}

static const char forgotten[] = "Ada of the very long name";

static void make_class(void)
{
    struct hr_database *database = NULL;
    assert_ok(open_class(HR_DATABASE_CREATE, &database, &test_error));
    assert_ok(hr_database_begin(database, &test_error));
    test_add_student(database, "1", forgotten, 1);
    test_add_student(database, "2", "Ben", 2);
    test_add_student(database, "3", "Cleo", 3);
    assert_ok(hr_database_commit(database, &test_error));
    hr_database_close(database);
}

static enum hr_status add_to(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    struct hr_buffer *out = context;
    char hash[HR_SHA256_HEX_SIZE];
    enum hr_status status = hr_sha256_hex(record->vector, hash, error);
    hr_buffer_append_format(out, "face of %s: %s %s\n", record->student_id, record->origin, hash);
    return status;
}

/* All that there is to know. */
static void describe(struct hr_buffer *out)
{
    struct hr_database *database = NULL;
    struct hr_database_counts counts;
    struct hr_student *students = NULL;
    size_t count = 0;
    hr_buffer_init(out, (size_t)1 << 20);
    assert_ok(open_class(HR_DATABASE_READ, &database, &test_error));
    assert_ok(hr_database_check(database, &counts, &test_error));
    assert_ok(hr_database_students(database, &students, NULL, &count, &test_error));
    for (size_t i = 0; i < count; i++)
        hr_buffer_append_format(out, "%s: %s, %s\n", students[i].id, students[i].name, students[i].year);
    hr_students_free(students, count);
    assert_ok(hr_database_each_face(database, NULL, add_to, out, &test_error));
    hr_database_close(database);
}

typedef enum hr_status change_fn(struct hr_database *database, struct hr_error *error);

static enum hr_status import(struct hr_database *database, struct hr_error *error)
{
    struct hr_student one = test_student("2", "Benjamin", "math", "4"), two = test_student("4", "Dora", "art", "1");
    float vector[128];
    test_vector(vector, 128, 4);
    struct hr_face_record face = test_face("4", vector, 128);
    face.origin_sha256 = "44";
    bool known = false;
    enum hr_status status = hr_database_begin(database, error);
    if (status == HR_OK)
        status = hr_database_put_student(database, &one, NULL, error);
    if (status == HR_OK)
        status = hr_database_put_student(database, &two, NULL, error);
    if (status == HR_OK)
        status = hr_database_has_face(database, "4", face.model_id, "44", &known, error);
    if (status == HR_OK && !known)
        status = hr_database_add_face(database, &face, error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK)
        hr_database_rollback(database);
    return status;
}

static enum hr_status rename_one(struct hr_database *database, struct hr_error *error)
{
    return hr_database_rename(database, "2", NULL, "Bernard", error);
}

static enum hr_status merge(struct hr_database *database, struct hr_error *error)
{
    size_t moved;
    return hr_database_merge(database, "3", "2", &moved, error);
}

static enum hr_status forget(struct hr_database *database, struct hr_error *error)
{
    return hr_database_forget(database, "1", NULL, error);
}

static enum hr_status renew(struct hr_database *database, struct hr_error *error)
{
    return hr_database_renew_keys(database, NULL, error);
}

/* --- every call in turn --- */

static void copy_here(const char *from, const char *name)
{
    struct hr_buffer bytes;
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    test_read_file(from, &bytes);
    test_write_file(path, hr_buffer_view(&bytes));
    chmod(path, 0600);
    hr_buffer_clear(&bytes);
}

static void put_back(void)
{
    static const char *const names[] = {"homeroom.db", "the.keys"};
    static const char *const beside[] = {"homeroom.db-wal", "homeroom.db-shm", "homeroom.db-journal", "the.keys.new"};
    char path[200];
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(path, sizeof path, "%s/%s", folder->path, beside[i]);
        (void)unlink(path);
    }
    for (size_t i = 0; i < (sealed ? 2u : 1u); i++) {
        snprintf(path, sizeof path, "%s/before-%s", folder->path, names[i]);
        copy_here(path, names[i]);
    }
}

static void keep_before(void)
{
    char path[200];
    copy_here(folder->database, "before-homeroom.db");
    snprintf(path, sizeof path, "%s/the.keys", folder->path);
    if (sealed)
        copy_here(path, "before-the.keys");
}

static enum hr_status run(change_fn *change, long fail_at, bool for_good, struct hr_error *error)
{
    struct hr_database *database = NULL;
    *error = (struct hr_error){0};
    enum hr_status status = open_class(HR_DATABASE_WRITE, &database, error);
    fault.calls = 0;
    fault.fail_at = fail_at;
    fault.for_good = for_good;
    if (status == HR_OK)
        status = change(database, error);
    hr_database_close(database);
    fault.fail_at = -1;
    return status;
}

static bool same(const struct hr_buffer *a, const struct hr_buffer *b)
{
    return hr_view_equal(hr_buffer_view(a), hr_buffer_view(b));
}

static void assert_no_bytes_of_the_forgotten(long at)
{
    float vector[128];
    struct hr_buffer bytes;
    test_vector(vector, 128, 1);
    test_read_file(folder->database, &bytes);
    if (test_holds(hr_buffer_view(&bytes), hr_view_of(vector, 32)) ||
        test_holds(hr_buffer_view(&bytes), hr_view_text(forgotten)))
        fail_msg("with call %ld failed, bytes of the forgotten stay", at);
    hr_buffer_clear(&bytes);
}

static void check(change_fn *change, long at, bool for_good, const struct hr_buffer *before,
                  const struct hr_buffer *after)
{
    struct hr_error error;
    struct hr_buffer found;
    put_back();
    enum hr_status status = run(change, at, for_good, &error);
    if (status != HR_OK && (error.code != status || error.text[0] == '\0'))
        fail_msg("with call %ld failed: %s without a reason", at, hr_status_name(status));
    describe(&found);
    if (!same(&found, after) && (status == HR_OK || !same(&found, before)))
        fail_msg("with call %ld failed%s (%s): there is\n%s", at, for_good ? " and all later ones" : "",
                 status == HR_OK ? "it said that all was well" : error.text, hr_buffer_text(&found));
    hr_buffer_clear(&found);
    status = run(change, -1, false, &error);
    if (status != HR_OK && status != HR_ERR_NOT_FOUND)
        fail_msg("with call %ld failed, the next time: %s", at, error.text);
    describe(&found);
    if (!same(&found, after))
        fail_msg("with call %ld failed, the next time there is\n%s", at, hr_buffer_text(&found));
    hr_buffer_clear(&found);
    if (change == forget)
        assert_no_bytes_of_the_forgotten(at);
}

static void fail_in_turn(change_fn *change, const char *name)
{
    struct hr_error error;
    struct hr_buffer before, after;
    keep_before();
    describe(&before);
    assert_int_equal(run(change, -1, false, &error), HR_OK);
    long calls = fault.calls;
    describe(&after);
    assert_true(calls > 5);
    /* The everyday run takes every seventh one, the long one all. */
    for (long at = 0; at < calls; at += getenv("HOMEROOM_ALL_FAULTS") != NULL ? 1 : 7) {
        check(change, at, false, &before, &after);
        check(change, at, true, &before, &after);
    }
    print_message("%s%s: %ld calls\n", name, sealed ? ", sealed" : "", calls);
    put_back();
    hr_buffer_clear(&before);
    hr_buffer_clear(&after);
}

static void changes_are_whole_whatever_fails(void **state)
{
    folder = *state;
    make_class();
    fail_in_turn(import, "import");
    fail_in_turn(rename_one, "rename");
    fail_in_turn(merge, "merge");
    fail_in_turn(forget, "forget");
    if (sealed)
        fail_in_turn(renew, "renew");
}

static void sealed_changes_are_whole_whatever_fails(void **state)
{
    sealed = true;
    changes_are_whole_whatever_fails(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes_are_whole_whatever_fails, test_folder_make, test_folder_remove),
        cmocka_unit_test_setup_teardown(sealed_changes_are_whole_whatever_fails, test_folder_make, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, put_in_front, NULL);
}
