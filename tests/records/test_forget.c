/* Face records, and forgetting: what is left is looked for in the bytes of the file. */
#include <math.h>

#include "base/limits.h"
#include "records/sql.h"
#include "records/support.h"

static struct hr_database *opened(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    return database;
}

static struct hr_database_counts counted(struct hr_database *database)
{
    struct hr_database_counts counts;
    assert_ok(hr_database_check(database, &counts, &test_error));
    return counts;
}

/* --- face records --- */

struct walk {
    size_t count;
    size_t stop_at; /* 0: never */
    char seen[256]; /* the origins, one after the other */
    double quality;
    int64_t created_us;
    float vector[128];
};

static enum hr_status step(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    struct walk *walk = context;
    walk->count++;
    strncat(walk->seen, record->origin, sizeof walk->seen - strlen(walk->seen) - 1);
    walk->quality = record->quality;
    walk->created_us = record->created_us;
    if (record->vector.size == sizeof walk->vector)
        memcpy(walk->vector, record->vector.data, sizeof walk->vector);
    if (walk->count == walk->stop_at)
        return hr_error_set(error, HR_ERR_DEADLINE, "enough");
    return HR_OK;
}

static void face_records_are_walked_in_the_order_of_their_making(void **state)
{
    struct hr_database *database = opened(*state);
    struct walk all = {0}, of_model = {0}, of_student = {0}, of_nobody = {0};
    assert_ok(hr_database_ensure_student(database, "z", NULL, &test_error));
    assert_ok(hr_database_ensure_student(database, "a", NULL, &test_error));
    test_add_face(database, "z", "m1", "1,", "", 1);
    test_add_face(database, "a", "m2", "2,", "", 2);
    test_add_face(database, "z", "m2", "3,", "", 3);
    test_add_face(database, "a", "m1", "4,", "", 4);
    assert_ok(hr_database_each_face(database, NULL, step, &all, &test_error));
    assert_string_equal(all.seen, "1,2,3,4,");
    assert_ok(hr_database_each_face(database, "m2", step, &of_model, &test_error));
    assert_string_equal(of_model.seen, "2,3,");
    assert_ok(hr_database_each_face_of(database, "z", step, &of_student, &test_error));
    assert_string_equal(of_student.seen, "1,3,");
    assert_ok(hr_database_each_face_of(database, "nobody", step, &of_nobody, &test_error));
    assert_int_equal(of_nobody.count, 0);
    float vector[128];
    test_vector(vector, 128, 4);
    assert_memory_equal(all.vector, vector, sizeof vector);
    assert_true(all.quality == 0.5);
    assert_int_equal(all.created_us, 1700000000000000);
    hr_database_close(database);
}

static void a_walk_can_be_stopped_and_begun_again(void **state)
{
    struct hr_database *database = opened(*state);
    struct walk walk = {.stop_at = 2}, again = {0};
    for (unsigned i = 1; i <= 3; i++)
        test_add_student(database, "1", "ada", i);
    assert_fails(hr_database_each_face(database, NULL, step, &walk, &test_error), HR_ERR_DEADLINE, "enough");
    assert_int_equal(walk.count, 2);
    assert_ok(hr_database_each_face(database, NULL, step, &again, &test_error));
    assert_int_equal(again.count, 3);
    hr_database_close(database);
}

static enum hr_status nested(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    (void)record;
    struct walk inner = {0};
    return hr_database_each_face(context, NULL, step, &inner, error);
}

static void a_walk_within_itself_is_refused(void **state)
{
    struct hr_database *database = opened(*state);
    test_add_student(database, "1", "ada", 1);
    assert_fails(hr_database_each_face(database, NULL, nested, database, &test_error), HR_ERR_INTERNAL,
                 "within itself");
    hr_database_close(database);
}

static void a_face_needs_a_student(void **state)
{
    struct hr_database *database = opened(*state);
    float vector[128];
    test_vector(vector, 128, 1);
    struct hr_face_record face = test_face("nobody", vector, 128);
    assert_fails(hr_database_add_face(database, &face, &test_error), HR_ERR_NOT_FOUND, "there is no student 'nobody'");
    hr_database_close(database);
}

static void refuse(struct hr_database *database, struct hr_face_record face, enum hr_status status, const char *part)
{
    assert_fails(hr_database_add_face(database, &face, &test_error), status, part);
}

static void face_records_are_held_to_their_limits(void **state)
{
    struct hr_database *database = opened(*state);
    static float vector[HR_LIMIT_FACE_VECTOR_BYTES / sizeof(float) + 1];
    const size_t most = HR_LIMIT_FACE_VECTOR_BYTES / sizeof(float);
    assert_ok(hr_database_ensure_student(database, "1", NULL, &test_error));
    struct hr_face_record face = test_face("1", vector, most - 1);
    assert_ok(hr_database_add_face(database, &face, &test_error));
    face = test_face("1", vector, most);
    assert_ok(hr_database_add_face(database, &face, &test_error));
    refuse(database, test_face("1", vector, most + 1), HR_ERR_LIMIT, "16388 bytes");
    refuse(database, test_face("1", vector, 0), HR_ERR_LIMIT, "0 bytes");
    face.vector.size = 511;
    refuse(database, face, HR_ERR_LIMIT, "511 bytes");
    face = test_face("1", vector, 128);
    face.quality = 1.01;
    refuse(database, face, HR_ERR_ARGUMENT, "quality");
    face.quality = (double)NAN;
    refuse(database, face, HR_ERR_ARGUMENT, "quality");
    face = test_face("1", vector, 128);
    face.origin = "\xff";
    refuse(database, face, HR_ERR_FORMAT, "not UTF-8");
    face = test_face("1", vector, 128);
    face.model_id = "";
    refuse(database, face, HR_ERR_ARGUMENT, "without the model");
    assert_int_equal(counted(database).faces, 2);
    hr_database_close(database);
}

static bool has(struct hr_database *database, const char *id, const char *model, const char *sha256)
{
    bool known = true;
    assert_ok(hr_database_has_face(database, id, model, sha256, &known, &test_error));
    return known;
}

static void a_known_origin_is_found_for_its_student_and_model_alone(void **state)
{
    struct hr_database *database = opened(*state);
    assert_ok(hr_database_ensure_student(database, "1", NULL, &test_error));
    assert_ok(hr_database_ensure_student(database, "2", NULL, &test_error));
    test_add_face(database, "1", "m", "photo", "abcd", 1);
    test_add_face(database, "1", "m", "photo", "", 2);
    assert_true(has(database, "1", "m", "abcd"));
    assert_false(has(database, "1", "m", "abce"));
    assert_false(has(database, "1", "n", "abcd"));
    assert_false(has(database, "2", "m", "abcd"));
    assert_false(has(database, "1", "m", "")); /* not known is not the same as alike */
    hr_database_close(database);
}

/* --- forgetting --- */

/* Everything of the student stands in the file before, and nothing after. */
static void forgetting_leaves_no_byte(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder);
    struct hr_buffer bytes;
    struct hr_removal removed = {.faces = 0};
    float vector[128], other[128];
    test_vector(vector, 128, 7);
    test_vector(other, 128, 8);
    for (unsigned i = 100; i < 140; i++) { /* so that pages are many and freed ones lie between */
        char id[16];
        snprintf(id, sizeof id, "s%u", i);
        test_add_student(database, id, "somebody", i);
        if (i == 120) {
            test_add_student(database, "jane-4711", "Jane Forgettable", 7);
            test_add_face(database, "jane-4711", "test-model", "photo jane-portrait.jpg",
                          "0123456789abcdef0123456789abcdef", 9);
        }
    }
    test_add_student(database, "kept", "Kept Student", 8);
    hr_database_close(database);
    test_read_file(folder->database, &bytes);
    assert_true(test_holds(hr_buffer_view(&bytes), hr_view_of(vector, sizeof vector)));
    assert_true(test_holds(hr_buffer_view(&bytes), hr_view_text("jane-4711")));
    hr_buffer_clear(&bytes);

    database = opened(folder);
    assert_ok(hr_database_forget(database, "jane-4711", &removed, &test_error));
    assert_int_equal(removed.faces, 2);
    assert_int_equal(counted(database).students, 41);
    assert_int_equal(counted(database).faces, 41);
    char log[256];
    snprintf(log, sizeof log, "%s-wal", folder->database);
    test_read_file(log, &bytes); /* while it is still open */
    assert_int_equal(bytes.size, 0);
    hr_buffer_clear(&bytes);
    hr_database_close(database);

    test_read_file(folder->database, &bytes);
    struct hr_view view = hr_buffer_view(&bytes);
    for (size_t at = 0; at < sizeof vector; at += 32)
        assert_false(test_holds(view, hr_view_of((uint8_t *)vector + at, 32)));
    assert_false(test_holds(view, hr_view_text("jane")));
    assert_false(test_holds(view, hr_view_text("Jane")));
    assert_false(test_holds(view, hr_view_text("0123456789abcdef")));
    assert_true(test_holds(view, hr_view_of(other, sizeof other)));
    hr_buffer_clear(&bytes);
}

/* A vector as large as it may be lies on several pages. */
static void forgetting_finds_vectors_on_many_pages(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder);
    static float vector[HR_LIMIT_FACE_VECTOR_BYTES / sizeof(float)];
    test_vector(vector, sizeof vector / sizeof *vector, 5);
    assert_ok(hr_database_ensure_student(database, "1", NULL, &test_error));
    struct hr_face_record face = test_face("1", vector, sizeof vector / sizeof *vector);
    assert_ok(hr_database_add_face(database, &face, &test_error));
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_int_equal(counted(database).faces, 0);
    hr_database_close(database);
}

static void whoever_is_not_there_cannot_be_forgotten(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_removal removed = {.faces = 9};
    test_add_student(database, "1", "ada", 1);
    assert_fails(hr_database_forget(database, "2", &removed, &test_error), HR_ERR_NOT_FOUND, "there is no student '2'");
    assert_int_equal(removed.faces, 0);
    assert_int_equal(counted(database).faces, 1);
    assert_ok(hr_database_forget(database, "1", &removed, &test_error));
    assert_fails(hr_database_forget(database, "1", &removed, &test_error), HR_ERR_NOT_FOUND, "there is no student '1'");
    hr_database_close(database);
}

/* The check must be able to fail: here something keeps a copy of the vector. */
static void a_trace_that_is_left_is_found_and_told(void **state)
{
    struct hr_database *database = opened(*state);
    test_add_student(database, "1", "ada", 1);
    assert_ok(hr_sql_run(database, "CREATE TABLE copies AS SELECT vector FROM faces", "copying", &test_error));
    assert_fails(hr_database_forget(database, "1", NULL, &test_error), HR_ERR_INTERNAL, "still found");
    hr_database_close(database);
}

static void a_copy_of_part_of_a_large_vector_is_found(void **state)
{
    struct hr_database *database = opened(*state);
    static float vector[4096];
    test_vector(vector, 4096, 5);
    assert_ok(hr_database_ensure_student(database, "1", NULL, &test_error));
    struct hr_face_record face = test_face("1", vector, 4096);
    assert_ok(hr_database_add_face(database, &face, &test_error));
    assert_ok(hr_sql_run(database, "CREATE TABLE copies AS SELECT substr(vector, 9001, 300) FROM faces", "copying",
                         &test_error));
    assert_fails(hr_database_forget(database, "1", NULL, &test_error), HR_ERR_INTERNAL, "still found");
    hr_database_close(database);
}

/* What another student shares is not a trace: the same vector imported twice, one photo of two. */
static void what_another_student_has_too_is_no_trace(void **state)
{
    struct hr_database *database = opened(*state);
    test_add_student(database, "1", "somebody with a long name", 1);
    test_add_student(database, "11", "somebody with a long name", 1);
    test_add_face(database, "1", "m", "photo of the whole class", "0123456789abcdef0123", 2);
    test_add_face(database, "11", "m", "photo of the whole class", "0123456789abcdef0123", 2);
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_int_equal(counted(database).faces, 2);
    hr_database_close(database);
}

static void a_vector_of_zeros_is_no_reason_to_fail(void **state)
{
    struct hr_database *database = opened(*state);
    static const float zeros[128];
    assert_ok(hr_database_ensure_student(database, "1", NULL, &test_error));
    struct hr_face_record face = test_face("1", zeros, 128);
    assert_ok(hr_database_add_face(database, &face, &test_error));
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    hr_database_close(database);
}

static void nothing_is_changed_while_somebody_reads_an_older_state(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder);
    struct hr_database *reader = NULL;
    test_add_student(database, "1", "ada", 1);
    assert_ok(hr_database_open(&reader, folder->database, HR_DATABASE_READ, &test_error));
    sqlite3_busy_timeout(database->handle, 20);
    assert_ok(hr_sql_run(reader, "BEGIN", "beginning", &test_error));
    assert_int_equal(counted(reader).students, 1);
    test_add_student(database, "2", "bob", 2);
    assert_fails(hr_database_forget(database, "1", NULL, &test_error), HR_ERR_UNAVAILABLE, "in use by another program");
    assert_int_equal(counted(database).students, 2);
    assert_ok(hr_sql_run(reader, "COMMIT", "ending", &test_error));
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_int_equal(counted(reader).students, 1);
    hr_database_close(reader);
    hr_database_close(database);
}

static void forgetting_within_a_transaction_is_our_mistake(void **state)
{
    struct hr_database *database = opened(*state);
    test_add_student(database, "1", "ada", 1);
    assert_ok(hr_database_begin(database, &test_error));
    assert_fails(hr_database_forget(database, "1", NULL, &test_error), HR_ERR_INTERNAL, "within a transaction");
    hr_database_rollback(database);
    hr_database_close(database);
}

static void a_reader_cannot_forget(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder);
    test_add_student(database, "1", "ada", 1);
    hr_database_close(database);
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_READ, &test_error));
    assert_fails(hr_database_forget(database, "1", NULL, &test_error), HR_ERR_PERMISSION, "");
    assert_int_equal(counted(database).faces, 1);
    hr_database_close(database);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(face_records_are_walked_in_the_order_of_their_making),
        TEST(a_walk_can_be_stopped_and_begun_again),
        TEST(a_walk_within_itself_is_refused),
        TEST(a_face_needs_a_student),
        TEST(face_records_are_held_to_their_limits),
        TEST(a_known_origin_is_found_for_its_student_and_model_alone),
        TEST(forgetting_leaves_no_byte),
        TEST(forgetting_finds_vectors_on_many_pages),
        TEST(whoever_is_not_there_cannot_be_forgotten),
        TEST(a_trace_that_is_left_is_found_and_told),
        TEST(a_copy_of_part_of_a_large_vector_is_found),
        TEST(what_another_student_has_too_is_no_trace),
        TEST(a_vector_of_zeros_is_no_reason_to_fail),
        TEST(nothing_is_changed_while_somebody_reads_an_older_state),
        TEST(forgetting_within_a_transaction_is_our_mistake),
        TEST(a_reader_cannot_forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
