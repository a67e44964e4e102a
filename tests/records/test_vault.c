/* Sealing: what lies in the database under keys apart, and that a copy of it forgets whoever is forgotten. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "records/audit.h"
#include "records/consent.h"
#include "records/keeping.h"
#include "records/seal.h"
#include "records/support.h"

static const char ada[] = "Ada of the very long name", ben[] = "Ben of the very long name";

static struct hr_master_key key_of(int digit)
{
    char text[HR_MASTER_KEY_TEXT_SIZE];
    struct hr_master_key key;
    memset(text, '0' + digit, sizeof text - 1);
    assert_ok(hr_master_key_parse(hr_view_of(text, sizeof text - 1), &key, &test_error));
    return key;
}

static void ring_path(const struct test_folder *folder, char out[200])
{
    snprintf(out, 200, "%s/the.keys", folder->path);
}

static struct hr_vault *vault_of(const struct test_folder *folder, int digit)
{
    struct hr_vault *vault = NULL;
    struct hr_master_key key = key_of(digit);
    char path[200];
    ring_path(folder, path);
    assert_ok(hr_vault_open_file(&vault, path, &key, &test_error));
    return vault;
}

static struct hr_database *opened(const struct test_folder *folder, enum hr_database_mode mode)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, mode, &test_error));
    return database;
}

static struct hr_database *unlocked(const struct test_folder *folder, enum hr_database_mode mode, int digit)
{
    struct hr_database *database = opened(folder, mode);
    assert_ok(hr_database_unlock(database, vault_of(folder, digit), &test_error));
    return database;
}

static int64_t ask(struct hr_database *database, const char *sql)
{
    int64_t answer = -1;
    assert_ok(hr_sql_integer(database, sql, "asking", &answer, &test_error));
    return answer;
}

static void add(struct hr_database *database, const char *id, const char *name, unsigned seed)
{
    assert_ok(hr_database_begin(database, &test_error));
    test_add_student(database, id, name, seed);
    assert_ok(hr_database_commit(database, &test_error));
}

static void add_face(struct hr_database *database, const char *id, const char *origin, unsigned seed)
{
    assert_ok(hr_database_begin(database, &test_error));
    test_add_face(database, id, "test-model", origin, "", seed);
    assert_ok(hr_database_commit(database, &test_error));
}

/* Two students with a face each, sealed with key 1. */
static void make_class(const struct test_folder *folder)
{
    struct hr_database *database = unlocked(folder, HR_DATABASE_CREATE, 1);
    add(database, "1", ada, 1);
    add(database, "2", ben, 2);
    hr_database_close(database);
}

static void copy_file(const char *from, const char *to)
{
    struct hr_buffer bytes;
    test_read_file(from, &bytes);
    test_write_file(to, hr_buffer_view(&bytes));
    hr_buffer_clear(&bytes);
    chmod(to, 0600);
}

/* Of the whole folder's files: database, log, keys. */
static bool folder_holds(const struct test_folder *folder, struct hr_view bytes)
{
    static const char *const endings[] = {"homeroom.db", "homeroom.db-wal", "the.keys", "backup"};
    bool found = false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[200];
        struct hr_buffer file;
        snprintf(path, sizeof path, "%s/%s", folder->path, endings[i]);
        if (access(path, F_OK) != 0)
            continue;
        test_read_file(path, &file);
        found = found || test_holds(hr_buffer_view(&file), bytes);
        hr_buffer_clear(&file);
    }
    return found;
}

struct seen {
    char ids[64];
    size_t right; /* faces whose vector is that of the student's seed */
};

static enum hr_status see(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    struct seen *seen = context;
    float vector[128];
    (void)error;
    test_vector(vector, 128, (unsigned)atoi(record->student_id));
    strncat(seen->ids, record->student_id, 8);
    seen->right += hr_view_equal(record->vector, hr_view_of(vector, sizeof vector)) &&
                   strcmp(record->origin, "photo of a test") == 0;
    return HR_OK;
}

static struct seen faces_of(struct hr_database *database)
{
    struct seen seen = {0};
    assert_ok(hr_database_each_face(database, NULL, see, &seen, &test_error));
    return seen;
}

static void assert_names(struct hr_database *database, const char *first, const char *second)
{
    struct hr_student *students = NULL;
    size_t count = 0;
    assert_ok(hr_database_students(database, &students, NULL, &count, &test_error));
    assert_int_equal(count, (first != NULL) + (second != NULL));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(students[i].name, i == 0 && first != NULL ? first : second);
    hr_students_free(students, count);
}

static void what_is_sealed_is_read_with_the_key_and_stands_nowhere_in_the_clear(void **state)
{
    const struct test_folder *folder = *state;
    float vector[128];
    make_class(folder);
    test_vector(vector, 128, 1);
    assert_false(folder_holds(folder, hr_view_of(vector, 16)));
    assert_false(folder_holds(folder, hr_view_text("Ada of the")));
    assert_false(folder_holds(folder, hr_view_text("photo of a")));
    struct hr_database *database = unlocked(folder, HR_DATABASE_READ, 1);
    assert_names(database, ada, ben);
    struct seen seen = faces_of(database);
    assert_string_equal(seen.ids, "12");
    assert_int_equal(seen.right, 2);
    hr_database_close(database);
}

static void only_its_own_keys_open_it(void **state)
{
    const struct test_folder *folder = *state;
    struct hr_vault *vault = NULL;
    struct hr_master_key other = key_of(2), key = key_of(1);
    struct hr_student *students = NULL;
    size_t count;
    char path[200], elsewhere[240];
    make_class(folder);
    ring_path(folder, path);
    assert_fails(hr_vault_open_file(&vault, path, &other, &test_error), HR_ERR_PERMISSION, "another one");
    struct hr_database *database = opened(folder, HR_DATABASE_WRITE);
    assert_fails(hr_database_begin(database, &test_error), HR_ERR_PERMISSION, "sealed");
    assert_fails(hr_database_students(database, &students, NULL, &count, &test_error), HR_ERR_DATABASE, "sealed");
    assert_fails(hr_database_unlock(database, NULL, &test_error), HR_ERR_PERMISSION, "--key-file");
    /* Keys that are gone, and those of another class. */
    snprintf(elsewhere, sizeof elsewhere, "%s/none.keys", folder->path);
    assert_ok(hr_vault_open_file(&vault, elsewhere, &key, &test_error));
    assert_fails(hr_database_unlock(database, vault, &test_error), HR_ERR_PERMISSION, "bring them back");
    struct hr_database *other_class = NULL;
    assert_ok(hr_database_open_memory(&other_class, (struct hr_view){0}, "other", HR_DATABASE_CREATE, &test_error));
    assert_ok(hr_vault_open_file(&vault, elsewhere, &key, &test_error));
    assert_ok(hr_database_unlock(other_class, vault, &test_error));
    hr_database_close(other_class);
    assert_ok(hr_vault_open_file(&vault, elsewhere, &key, &test_error));
    assert_fails(hr_database_unlock(database, vault, &test_error), HR_ERR_PERMISSION, "other keys");
    hr_database_close(database);
}

static void keys_and_key_files_are_closed_to_others(void **state)
{
    const struct test_folder *folder = *state;
    struct hr_vault *vault = NULL;
    struct hr_master_key key = key_of(1), read;
    struct stat info;
    char path[200], text[HR_MASTER_KEY_TEXT_SIZE], again[HR_MASTER_KEY_TEXT_SIZE];
    make_class(folder);
    ring_path(folder, path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    chmod(path, 0604);
    assert_fails(hr_vault_open_file(&vault, path, &key, &test_error), HR_ERR_PERMISSION, "chmod 600");
    snprintf(path, sizeof path, "%s/key", folder->path);
    assert_ok(hr_master_key_new_text(text, &test_error));
    assert_ok(hr_master_key_new_text(again, &test_error));
    assert_string_not_equal(text, again);
    test_write_file(path, hr_view_of(text, sizeof text - 1));
    chmod(path, 0604);
    assert_fails(hr_master_key_read_file(path, &read, &test_error), HR_ERR_PERMISSION, "chmod 600");
    chmod(path, 0600);
    assert_ok(hr_master_key_read_file(path, &read, &test_error));
    assert_fails(hr_master_key_parse(hr_view_text("12"), &read, &test_error), HR_ERR_ARGUMENT, "64 hexadecimal");
    text[3] = 'g';
    assert_fails(hr_master_key_parse(hr_view_text(text), &read, &test_error), HR_ERR_ARGUMENT, "64 hexadecimal");
    assert_null(strstr(test_error.text, text));
}

static void a_change_without_the_key_is_found(void **state)
{
    static const char *const changes[] = {
        /* another student's, another column's, a sealed one that was changed, one that was never sealed */
        "UPDATE faces SET vector = (SELECT vector FROM faces WHERE student = 2) WHERE student = 1",
        "UPDATE students SET name = major WHERE key = 1",
        "UPDATE faces SET vector = CAST(substr(vector, 1, 60) || iif(substr(vector, 61, 1) = x'00', x'01', x'00') || "
        "substr(vector, 62) AS BLOB) WHERE student = 1",
        "UPDATE students SET name = 'Eve' WHERE key = 1"};
    const struct test_folder *folder = *state;
    char backup[200];
    make_class(folder);
    snprintf(backup, sizeof backup, "%s/backup", folder->path);
    copy_file(folder->database, backup);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct hr_student *students = NULL;
        struct seen seen = {0};
        size_t count;
        copy_file(backup, folder->database);
        struct hr_database *database = opened(folder, HR_DATABASE_WRITE);
        assert_ok(hr_sql_run(database, changes[i], "tampering", &test_error));
        hr_database_close(database);
        database = unlocked(folder, HR_DATABASE_READ, 1);
        if (i % 2 == 0)
            assert_fails(hr_database_each_face(database, NULL, see, &seen, &test_error), HR_ERR_DATABASE, "changed");
        else
            assert_fails(hr_database_students(database, &students, NULL, &count, &test_error), HR_ERR_DATABASE,
                         "changed");
        hr_database_close(database);
    }
}

static void a_backup_forgets_whoever_is_forgotten(void **state)
{
    const struct test_folder *folder = *state;
    char backup[200];
    struct hr_unreadable gone;
    struct hr_student student = test_student("1", "Ada again", "", "");
    make_class(folder);
    snprintf(backup, sizeof backup, "%s/backup", folder->path);
    copy_file(folder->database, backup);
    struct hr_database *database = unlocked(folder, HR_DATABASE_WRITE, 1);
    add(database, "3", "Cleo", 3); /* later than the backup: her key must outlive its return */
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_names(database, ben, "Cleo");
    hr_database_close(database);
    char kept[200];
    snprintf(kept, sizeof kept, "%s/kept", folder->path);
    copy_file(folder->database, kept);

    copy_file(backup, folder->database);
    database = unlocked(folder, HR_DATABASE_WRITE, 1);
    assert_names(database, ben, NULL);
    assert_string_equal(faces_of(database).ids, "2");
    assert_ok(hr_database_unreadable(database, &gone, &test_error));
    assert_int_equal(gone.students, 1);
    assert_int_equal(gone.faces, 1);
    assert_fails(
        hr_sql_run(database, "SELECT unseal(key, 'name', name) FROM students WHERE key = 1", "prying", &test_error),
        HR_ERR_DATABASE, "forgotten after this copy");
    /* Not even by writing over it. */
    assert_ok(hr_database_begin(database, &test_error));
    assert_fails(hr_database_put_student(database, &student, NULL, &test_error), HR_ERR_DATABASE, "keys prune");
    hr_database_rollback(database);
    assert_ok(hr_database_prune(database, &gone, &test_error));
    assert_int_equal(ask(database, "SELECT count(*) FROM students"), 1);
    assert_int_equal(ask(database, "SELECT count(*) FROM faces"), 1);
    assert_ok(hr_database_prune(database, &gone, &test_error));
    assert_int_equal(gone.students, 0);
    hr_database_close(database);

    copy_file(kept, folder->database);
    database = unlocked(folder, HR_DATABASE_READ, 1);
    assert_names(database, ben, "Cleo");
    hr_database_close(database);
}

/* The student stays, in the backup as well; the faces don't. */
static void a_backup_forgets_a_photo_and_the_faces_of_who_refuses(void **state)
{
    const struct test_folder *folder = *state;
    char backup[200];
    size_t removed = 0;
    make_class(folder);
    struct hr_database *database = unlocked(folder, HR_DATABASE_WRITE, 1);
    add_face(database, "1", "another photo", 7);
    hr_database_close(database);
    snprintf(backup, sizeof backup, "%s/backup", folder->path);
    copy_file(folder->database, backup);
    database = unlocked(folder, HR_DATABASE_WRITE, 1);
    assert_ok(hr_database_forget_photo(database, "1", "another photo", NULL, &test_error));
    struct seen seen = faces_of(database);
    assert_string_equal(seen.ids, "12");
    assert_int_equal(seen.right, 2);
    assert_ok(hr_database_set_consent(database, "2", false, &removed, &test_error));
    assert_int_equal(removed, 1);
    hr_database_close(database);
    copy_file(backup, folder->database);
    database = unlocked(folder, HR_DATABASE_READ, 1);
    assert_names(database, ada, ben);
    assert_string_equal(faces_of(database).ids, "");
    hr_database_close(database);
}

/* Of what was kept for too long a backup has no face, either. */
static void a_backup_forgets_what_was_too_old(void **state)
{
    const struct test_folder *folder = *state;
    char backup[200];
    struct hr_overdue removed;
    make_class(folder);
    snprintf(backup, sizeof backup, "%s/backup", folder->path);
    copy_file(folder->database, backup);
    struct hr_database *database = unlocked(folder, HR_DATABASE_WRITE, 1);
    assert_ok(hr_sql_run(database, "UPDATE faces SET created_us = 9000000000000000 WHERE student = 2",
                         "making it newer", &test_error));
    assert_ok(hr_database_set_keeping(database, HR_KEPT_FACES, 30, &test_error));
    assert_ok(hr_database_purge(database, &removed, &test_error));
    assert_int_equal(removed.rows[HR_KEPT_FACES], 1);
    assert_string_equal(faces_of(database).ids, "2");
    assert_int_equal(faces_of(database).right, 1);
    hr_database_close(database);
    copy_file(backup, folder->database);
    database = unlocked(folder, HR_DATABASE_READ, 1);
    assert_names(database, ada, ben);
    assert_string_equal(faces_of(database).ids, "2");
    hr_database_close(database);
}

/* As a program that was killed between the change and the keys leaves it. */
static void keys_that_were_to_go_go_with_the_next_opening(void **state)
{
    const struct test_folder *folder = *state;
    char ring[200], before[200];
    make_class(folder);
    ring_path(folder, ring);
    snprintf(before, sizeof before, "%s/before", folder->path);
    copy_file(ring, before);
    struct hr_database *database = unlocked(folder, HR_DATABASE_WRITE, 1);
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    hr_database_close(database);
    copy_file(before, ring);
    database = unlocked(folder, HR_DATABASE_READ, 1);
    assert_true(hr_keyring_has(hr_vault_ring(hr_database_vault(database)), 1, HR_KEY_FACES, 0, NULL));
    hr_database_close(database);
    hr_database_close(unlocked(folder, HR_DATABASE_WRITE, 1));
    database = unlocked(folder, HR_DATABASE_READ, 1);
    assert_false(hr_keyring_has(hr_vault_ring(hr_database_vault(database)), 1, HR_KEY_FACES, 0, NULL));
    assert_false(hr_keyring_has(hr_vault_ring(hr_database_vault(database)), 1, HR_KEY_RECORD, 0, NULL));
    assert_true(hr_keyring_has(hr_vault_ring(hr_database_vault(database)), 2, HR_KEY_FACES, 0, NULL));
    hr_database_close(database);
}

static void two_records_of_one_student_are_joined_under_one_key(void **state)
{
    const struct test_folder *folder = *state;
    size_t moved = 0;
    make_class(folder);
    struct hr_database *database = unlocked(folder, HR_DATABASE_WRITE, 1);
    add(database, "3", "3", 3);
    assert_ok(hr_database_merge(database, "3", "2", &moved, &test_error));
    assert_int_equal(moved, 1);
    hr_database_close(database);
    database = unlocked(folder, HR_DATABASE_READ, 1);
    assert_names(database, ada, ben); /* a name that is the id is none */
    assert_string_equal(faces_of(database).ids, "133");
    assert_false(hr_keyring_has(hr_vault_ring(hr_database_vault(database)), 2, HR_KEY_RECORD, 0, NULL));
    hr_database_close(database);
}

static void renaming_and_importing_again_change_what_is_sealed(void **state)
{
    const struct test_folder *folder = *state;
    enum hr_upsert what;
    make_class(folder);
    struct hr_database *database = unlocked(folder, HR_DATABASE_WRITE, 1);
    assert_ok(hr_database_rename(database, "1", "11", "Adele", &test_error));
    assert_ok(hr_database_begin(database, &test_error));
    struct hr_student same = test_student("2", ben, "physics", "junior");
    assert_ok(hr_database_put_student(database, &same, &what, &test_error));
    assert_int_equal(what, HR_UPSERT_SAME);
    same.year = (char *)"senior";
    assert_ok(hr_database_put_student(database, &same, &what, &test_error));
    assert_int_equal(what, HR_UPSERT_CHANGED);
    assert_ok(hr_database_commit(database, &test_error));
    assert_names(database, ben, "Adele");
    hr_database_close(database);
}

static void what_was_in_the_clear_is_sealed_whole_and_back(void **state)
{
    const struct test_folder *folder = *state;
    struct hr_vault *vault = NULL;
    float vector[128];
    char path[200];
    struct hr_database *database = opened(folder, HR_DATABASE_CREATE);
    add(database, "1", ada, 1);
    add(database, "2", ben, 2);
    assert_fails(hr_database_unlock(database, vault_of(folder, 1), &test_error), HR_ERR_CONFLICT, "keys seal");
    assert_ok(hr_database_seal(database, vault_of(folder, 1), &test_error));
    assert_fails(hr_database_seal(database, vault_of(folder, 1), &test_error), HR_ERR_CONFLICT, "already");
    assert_names(database, ada, ben);
    hr_database_close(database);
    test_vector(vector, 128, 1);
    assert_false(folder_holds(folder, hr_view_of(vector, 16)));
    assert_false(folder_holds(folder, hr_view_text("Ada of the")));
    database = unlocked(folder, HR_DATABASE_WRITE, 1);
    assert_int_equal(faces_of(database).right, 2);
    assert_ok(hr_database_unseal(database, &test_error));
    assert_names(database, ada, ben);
    hr_database_close(database);
    database = opened(folder, HR_DATABASE_READ);
    assert_ok(hr_database_unlock(database, vault, &test_error));
    assert_int_equal(faces_of(database).right, 2);
    hr_database_close(database);
    ring_path(folder, path);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void after_renewal_neither_the_old_keys_nor_the_old_key_open_it(void **state)
{
    const struct test_folder *folder = *state;
    char ring[200], before[200];
    struct hr_vault *vault = NULL;
    struct hr_master_key old = key_of(1), new_key = key_of(2);
    struct hr_unreadable gone;
    make_class(folder);
    ring_path(folder, ring);
    snprintf(before, sizeof before, "%s/before", folder->path);
    copy_file(ring, before);
    struct hr_database *database = unlocked(folder, HR_DATABASE_WRITE, 1);
    assert_ok(hr_database_renew_keys(database, &new_key, &test_error));
    assert_false(hr_keyring_is_renewed(hr_vault_ring(hr_database_vault(database))));
    hr_database_close(database);
    assert_fails(hr_vault_open_file(&vault, ring, &old, &test_error), HR_ERR_PERMISSION, "another one");
    database = unlocked(folder, HR_DATABASE_WRITE, 2);
    assert_names(database, ada, ben);
    assert_int_equal(faces_of(database).right, 2);
    assert_ok(hr_database_renew_keys(database, NULL, &test_error));
    assert_int_equal(faces_of(database).right, 2);
    hr_database_close(database);
    copy_file(before, ring);
    database = unlocked(folder, HR_DATABASE_READ, 1);
    assert_ok(hr_database_unreadable(database, &gone, &test_error));
    assert_int_equal(gone.students, 2);
    assert_int_equal(gone.faces, 2);
    hr_database_close(database);
}

/* As a renewal leaves it that was killed behind the keys and before the rows. */
static void keys_that_nothing_needs_yet_do_no_harm(void **state)
{
    const struct test_folder *folder = *state;
    make_class(folder);
    struct hr_database *database = unlocked(folder, HR_DATABASE_WRITE, 1);
    struct hr_keyring *ring = hr_vault_ring(hr_database_vault(database));
    assert_ok(hr_database_begin(database, &test_error));
    assert_ok(hr_keyring_renew_all(ring, &test_error));
    assert_ok(hr_vault_save(hr_database_vault(database), &test_error));
    hr_database_close(database);
    database = unlocked(folder, HR_DATABASE_WRITE, 1); /* destroys what nothing needs, and nothing else */
    assert_int_equal(faces_of(database).right, 2);
    add_face(database, "1", "another photo", 7);
    assert_names(database, ada, ben);
    assert_string_equal(faces_of(database).ids, "121");
    assert_ok(hr_database_forget_photo(database, "1", "another photo", NULL, &test_error));
    assert_int_equal(faces_of(database).right, 2);
    hr_database_close(database);
}

static void two_programs_that_add_at_once_lose_no_key(void **state)
{
    const struct test_folder *folder = *state;
    make_class(folder);
    struct hr_database *reader = unlocked(folder, HR_DATABASE_READ, 1);
    struct hr_database *one = unlocked(folder, HR_DATABASE_WRITE, 1), *two = unlocked(folder, HR_DATABASE_WRITE, 1);
    add(one, "3", "three", 3);
    add(two, "4", "four", 4);
    add(one, "5", "five", 5);
    assert_ok(hr_database_forget(two, "3", NULL, &test_error));
    add(one, "6", "six", 6);
    struct seen seen = faces_of(reader);
    assert_string_equal(seen.ids, "12456");
    assert_int_equal(seen.right, 5);
    hr_database_close(one);
    hr_database_close(two);
    hr_database_close(reader);
    reader = unlocked(folder, HR_DATABASE_READ, 1);
    assert_int_equal(faces_of(reader).right, 5);
    hr_database_close(reader);
}

static void nothing_is_added_whose_key_cannot_be_kept(void **state)
{
    const struct test_folder *folder = *state;
    char beside[240];
    make_class(folder);
    snprintf(beside, sizeof beside, "%s/the.keys.new", folder->path);
    struct hr_database *database = unlocked(folder, HR_DATABASE_WRITE, 1);
    assert_int_equal(mkdir(beside, 0700), 0);
    assert_ok(hr_database_begin(database, &test_error));
    test_add_student(database, "3", "three", 3);
    assert_fails(hr_database_commit(database, &test_error), test_error.code, "writing the keys");
    hr_database_rollback(database);
    assert_int_equal(ask(database, "SELECT count(*) FROM students"), 2);
    assert_int_equal(rmdir(beside), 0);
    add(database, "3", "three", 3);
    assert_int_equal(faces_of(database).right, 3);
    hr_database_close(database);
}

static void a_ring_in_memory_is_kept_by_who_has_it(void **state)
{
    struct hr_database *database = NULL;
    struct hr_vault *vault = NULL;
    struct hr_master_key key = key_of(1);
    struct hr_buffer file, with, without;
    struct hr_view wrapped;
    (void)state;
    key.wrapped = hr_view_text("what a service needs");
    hr_buffer_init(&file, SIZE_MAX / 8);
    hr_buffer_init(&with, SIZE_MAX / 8);
    hr_buffer_init(&without, SIZE_MAX / 8);
    assert_ok(hr_database_open_memory(&database, (struct hr_view){0}, "class", HR_DATABASE_CREATE, &test_error));
    assert_ok(hr_vault_open_memory(&vault, (struct hr_view){0}, "class.keys", &key, &test_error));
    assert_ok(hr_database_unlock(database, vault, &test_error));
    add(database, "1", ada, 1);
    add(database, "2", ben, 2);
    assert_true(hr_vault_has_added(vault));
    assert_false(hr_vault_has_destroyed(vault));
    assert_ok(hr_database_bytes(database, &file, &test_error));
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_true(hr_vault_has_destroyed(vault));
    assert_ok(hr_vault_bytes(vault, true, &with, &test_error));
    assert_ok(hr_vault_bytes(vault, false, &without, &test_error));
    assert_true(with.size > without.size);
    hr_database_close(database);
    assert_ok(hr_vault_wrapped(hr_buffer_view(&with), "class.keys", &wrapped, &test_error));
    assert_true(hr_view_equal(wrapped, key.wrapped));
    for (int i = 0; i < 2; i++) {
        assert_ok(hr_database_open_memory(&database, hr_buffer_view(&file), "class", HR_DATABASE_READ, &test_error));
        assert_ok(
            hr_vault_open_memory(&vault, hr_buffer_view(i == 0 ? &with : &without), "class.keys", &key, &test_error));
        assert_ok(hr_database_unlock(database, vault, &test_error));
        assert_string_equal(faces_of(database).ids, i == 0 ? "12" : "2");
        hr_database_close(database);
    }
    hr_buffer_clear(&file);
    hr_buffer_clear(&with);
    hr_buffer_clear(&without);
}

static void damaged_rings_are_refused(void **state)
{
    const struct test_folder *folder = *state;
    struct hr_vault *vault = NULL;
    struct hr_master_key key = key_of(1);
    struct hr_buffer file;
    char path[200];
    make_class(folder);
    ring_path(folder, path);
    test_read_file(path, &file);
    for (size_t size = 0; size < file.size; size++)
        if (size > 0 && hr_vault_open_memory(&vault, hr_view_of(file.data, size), "keys", &key, &test_error) == HR_OK)
            fail_msg("%zu of %zu bytes were taken for a ring", size, file.size);
    for (size_t at = 0; at < file.size; at++) {
        file.data[at] ^= 1;
        if (hr_vault_open_memory(&vault, hr_buffer_view(&file), "keys", &key, &test_error) == HR_OK)
            fail_msg("a change of byte %zu was not found", at);
        file.data[at] ^= 1;
    }
    assert_ok(hr_vault_open_memory(&vault, hr_buffer_view(&file), "keys", &key, &test_error));
    hr_vault_free(vault);
    hr_buffer_clear(&file);
    assert_int_equal(truncate(path, (off_t)(HR_LIMIT_KEYRING_BYTES + 1)), 0);
    assert_fails(hr_vault_open_file(&vault, path, &key, &test_error), HR_ERR_LIMIT, "limit");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, test_folder_make, test_folder_remove)
        IN_A_FOLDER(what_is_sealed_is_read_with_the_key_and_stands_nowhere_in_the_clear),
        IN_A_FOLDER(only_its_own_keys_open_it),
        IN_A_FOLDER(keys_and_key_files_are_closed_to_others),
        IN_A_FOLDER(a_change_without_the_key_is_found),
        IN_A_FOLDER(a_backup_forgets_whoever_is_forgotten),
        IN_A_FOLDER(a_backup_forgets_a_photo_and_the_faces_of_who_refuses),
        IN_A_FOLDER(a_backup_forgets_what_was_too_old),
        IN_A_FOLDER(keys_that_were_to_go_go_with_the_next_opening),
        IN_A_FOLDER(two_records_of_one_student_are_joined_under_one_key),
        IN_A_FOLDER(renaming_and_importing_again_change_what_is_sealed),
        IN_A_FOLDER(what_was_in_the_clear_is_sealed_whole_and_back),
        IN_A_FOLDER(after_renewal_neither_the_old_keys_nor_the_old_key_open_it),
        IN_A_FOLDER(keys_that_nothing_needs_yet_do_no_harm),
        IN_A_FOLDER(two_programs_that_add_at_once_lose_no_key),
        IN_A_FOLDER(nothing_is_added_whose_key_cannot_be_kept),
        IN_A_FOLDER(a_ring_in_memory_is_kept_by_who_has_it),
        IN_A_FOLDER(damaged_rings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
