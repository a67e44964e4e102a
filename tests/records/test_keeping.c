/* What is kept too long: it reaches no gallery, and a purge leaves no byte of it. */
#include "base/clock.h"
#include "records/audit.h"
#include "records/keeping.h"
#include "records/observations.h"
#include "records/sql.h"
#include "records/support.h"

#define DAY_US INT64_C(86400000000)
#define MINUTE_US INT64_C(60000000)

static struct hr_database *opened(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    return database;
}

static int64_t now_us(void)
{
    return hr_clock_system()->wall_us(NULL);
}

/* A face of test_vector(seed) that is `age_us` old. */
static void add_face(struct hr_database *database, const char *id, const char *sha256, unsigned seed, int64_t age_us)
{
    float vector[128];
    test_vector(vector, 128, seed);
    struct hr_face_record face = test_face(id, vector, 128);
    face.origin_sha256 = sha256;
    face.created_us = now_us() - age_us;
    assert_ok(hr_database_add_face(database, &face, &test_error));
}

/* A class of two: the first has a face of 11 days and one of 9, the second one of 20. */
static void fill(struct hr_database *database)
{
    struct hr_student ada = test_student("1", "ada", "", ""), ben = test_student("2", "ben", "", "");
    assert_ok(hr_database_put_student(database, &ada, NULL, &test_error));
    assert_ok(hr_database_put_student(database, &ben, NULL, &test_error));
    add_face(database, "1", "aa", 1, 11 * DAY_US);
    add_face(database, "1", "bb", 2, 9 * DAY_US);
    add_face(database, "2", "cc", 3, 20 * DAY_US);
}

static enum hr_status count_face(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    (void)record;
    (void)error;
    (*(size_t *)context)++;
    return HR_OK;
}

/* As a gallery would be given them. */
static size_t faces_for_a_gallery(struct hr_database *database)
{
    size_t all = 0, of_model = 0;
    assert_ok(hr_database_each_face(database, NULL, count_face, &all, &test_error));
    assert_ok(hr_database_each_face(database, "test-model", count_face, &of_model, &test_error));
    assert_int_equal(all, of_model);
    return all;
}

static size_t faces_of(struct hr_database *database, const char *id)
{
    size_t count = 0;
    assert_ok(hr_database_each_face_of(database, id, count_face, &count, &test_error));
    return count;
}

static void set_days(struct hr_database *database, enum hr_kept kind, int days)
{
    assert_ok(hr_database_set_keeping(database, kind, days, &test_error));
}

static struct hr_overdue purge(struct hr_database *database)
{
    struct hr_overdue removed;
    assert_ok(hr_database_purge(database, &removed, &test_error));
    return removed;
}

static int64_t ask(struct hr_database *database, const char *sql)
{
    int64_t answer = -1;
    assert_ok(hr_sql_integer(database, sql, "asking", &answer, &test_error));
    return answer;
}

static void until_a_time_is_set_everything_is_kept(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_keeping keeping;
    fill(database);
    assert_ok(hr_database_keeping(database, &keeping, &test_error));
    for (int i = 0; i < HR_KEPT_COUNT; i++) {
        assert_int_equal(keeping.days[i], 0);
        assert_true(hr_keeping_from_us(&keeping, (enum hr_kept)i) == INT64_MIN);
    }
    struct hr_overdue removed = purge(database);
    assert_false(hr_overdue_any(&removed));
    assert_int_equal(faces_for_a_gallery(database), 3);
    assert_int_equal(ask(database, "SELECT count(*) FROM audit"), 0);
    hr_database_close(database);
}

static void times_are_kept_and_noted(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_keeping keeping;
    enum hr_kept kind;
    set_days(database, HR_KEPT_FACES, 10);
    set_days(database, HR_KEPT_FACES, 400);
    set_days(database, HR_KEPT_AUDIT, HR_KEEPING_DAYS_MAX);
    hr_database_close(database);
    database = opened(*state);
    assert_ok(hr_database_keeping(database, &keeping, &test_error));
    assert_int_equal(keeping.days[HR_KEPT_FACES], 400);
    assert_int_equal(keeping.days[HR_KEPT_OBSERVATIONS], 0);
    assert_int_equal(keeping.days[HR_KEPT_AUDIT], HR_KEEPING_DAYS_MAX);
    int64_t from_us = hr_keeping_from_us(&keeping, HR_KEPT_FACES), wanted_us = now_us() - 400 * DAY_US;
    assert_true(from_us <= wanted_us && wanted_us - from_us < MINUTE_US);
    set_days(database, HR_KEPT_FACES, 0);
    assert_ok(hr_database_keeping(database, &keeping, &test_error));
    assert_int_equal(keeping.days[HR_KEPT_FACES], 0);
    assert_fails(hr_database_set_keeping(database, HR_KEPT_FACES, HR_KEEPING_DAYS_MAX + 1, &test_error),
                 HR_ERR_ARGUMENT, "36500");
    assert_fails(hr_database_set_keeping(database, HR_KEPT_FACES, -1, &test_error), HR_ERR_ARGUMENT, "not -1");
    assert_int_equal(ask(database, "SELECT count(*) FROM audit WHERE what = 'keeping_faces'"), 3);
    assert_int_equal(ask(database, "SELECT count FROM audit WHERE key = 2"), 400);
    for (int i = 0; i < HR_KEPT_COUNT; i++) {
        assert_true(hr_kept_parse(&kind, hr_kept_name((enum hr_kept)i)));
        assert_int_equal(kind, i);
    }
    assert_false(hr_kept_parse(&kind, "students"));
    hr_database_close(database);
}

static void a_face_that_is_too_old_reaches_no_gallery(void **state)
{
    struct hr_database *database = opened(*state);
    bool there;
    fill(database);
    set_days(database, HR_KEPT_FACES, 10);
    assert_int_equal(faces_for_a_gallery(database), 1);
    assert_int_equal(faces_of(database, "1"), 2); /* what is held of a student is held until it is purged */
    assert_ok(hr_database_has_face(database, "1", "test-model", "aa", &there, &test_error));
    assert_false(there); /* the photo may be enrolled anew */
    assert_ok(hr_database_has_face(database, "1", "test-model", "bb", &there, &test_error));
    assert_true(there);
    set_days(database, HR_KEPT_FACES, 0);
    assert_int_equal(faces_for_a_gallery(database), 3);
    hr_database_close(database);
}

static void the_time_is_a_number_of_whole_days(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_student ada = test_student("1", "ada", "", "");
    assert_ok(hr_database_put_student(database, &ada, NULL, &test_error));
    add_face(database, "1", "aa", 1, DAY_US - MINUTE_US);
    add_face(database, "1", "bb", 2, DAY_US + 1);
    add_face(database, "1", "cc", 3, -DAY_US); /* of a clock that went wrong */
    set_days(database, HR_KEPT_FACES, 1);
    assert_int_equal(faces_for_a_gallery(database), 2);
    assert_int_equal(purge(database).rows[HR_KEPT_FACES], 1);
    assert_int_equal(faces_of(database, "1"), 2);
    hr_database_close(database);
}

static bool file_holds(const struct test_folder *folder, struct hr_view bytes)
{
    static const char *const ends[] = {"", "-wal"};
    bool found = false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[sizeof folder->database + 8];
        struct hr_buffer content;
        snprintf(name, sizeof name, "%s%s", folder->database, ends[i]);
        FILE *file = fopen(name, "rb");
        if (file == NULL)
            continue;
        fclose(file);
        test_read_file(name, &content);
        found |= content.size > 0 && test_holds(hr_buffer_view(&content), bytes);
        hr_buffer_clear(&content);
    }
    return found;
}

static bool file_holds_face(const struct test_folder *folder, unsigned seed)
{
    float vector[128];
    test_vector(vector, 128, seed);
    return file_holds(folder, hr_view_of(vector, 32));
}

static void of_what_is_purged_no_byte_is_left(void **state)
{
    struct hr_database *database = opened(*state);
    fill(database);
    set_days(database, HR_KEPT_FACES, 10);
    assert_true(file_holds_face(*state, 1) && file_holds_face(*state, 2) && file_holds_face(*state, 3));
    struct hr_overdue overdue, removed;
    assert_ok(hr_database_overdue(database, &overdue, &test_error));
    assert_int_equal(overdue.rows[HR_KEPT_FACES], 2);
    assert_true(file_holds_face(*state, 1)); /* it was only asked */
    removed = purge(database);
    assert_memory_equal(&removed, &overdue, sizeof removed);
    assert_false(file_holds_face(*state, 1));
    assert_true(file_holds_face(*state, 2));
    assert_false(file_holds_face(*state, 3));
    assert_int_equal(faces_of(database, "2"), 0);
    assert_int_equal(ask(database, "SELECT count(*) FROM students"), 2);
    assert_int_equal(ask(database, "SELECT count(*) FROM removals"), 0);
    assert_int_equal(ask(database, "SELECT count FROM audit WHERE what = 'purge_faces' AND student IS NULL"), 2);
    removed = purge(database);
    assert_false(hr_overdue_any(&removed));
    assert_int_equal(ask(database, "SELECT count(*) FROM audit WHERE what LIKE 'purge%'"), 1);
    hr_database_close(database);
}

static void each_kind_has_its_own_time(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_observation_record lesson = {.video = "of long ago.mp4", .version = "", .codec = "", .models = ""};
    struct hr_track_record track = {.student_id = "1",
                                    .band = "certain",
                                    .reason = "accepted",
                                    .model_id = "a",
                                    .best = "[]",
                                    .places = "[]",
                                    .candidates = {{"1", 0.7}},
                                    .candidate_count = 1};
    fill(database);
    lesson.made_us = now_us() - 40 * DAY_US;
    assert_ok(hr_database_keep(database, &lesson, &track, 1, &test_error));
    lesson.video = "of yesterday.mp4";
    lesson.made_us = now_us() - DAY_US;
    assert_ok(hr_database_keep(database, &lesson, &track, 1, &test_error));
    assert_ok(hr_sql_run(database,
                         "INSERT INTO audit(at_us, who, what, student, count) VALUES (1, 'user x', 'enrol', 1, 1)",
                         "making a note", &test_error));
    set_days(database, HR_KEPT_OBSERVATIONS, 30);
    struct hr_overdue removed = purge(database);
    assert_int_equal(removed.rows[HR_KEPT_FACES], 0);
    assert_int_equal(removed.rows[HR_KEPT_OBSERVATIONS], 1);
    assert_int_equal(removed.rows[HR_KEPT_AUDIT], 0);
    assert_int_equal(ask(database, "SELECT count(*) FROM tracks"), 1);
    assert_int_equal(ask(database, "SELECT count(*) FROM candidates"), 1);
    assert_false(file_holds(*state, hr_view_text("of long ago.mp4")));
    assert_true(file_holds(*state, hr_view_text("of yesterday.mp4")));
    set_days(database, HR_KEPT_AUDIT, 30);
    assert_int_equal(purge(database).rows[HR_KEPT_AUDIT], 1);
    assert_int_equal(ask(database, "SELECT count(*) FROM audit WHERE at_us = 1"), 0);
    assert_int_equal(ask(database, "SELECT count FROM audit WHERE what = 'purge_audit'"), 1);
    assert_int_equal(faces_for_a_gallery(database), 3);
    hr_database_close(database);
}

/* Its log cannot be emptied while it reads: then nothing is removed, and the next one does it. */
static void while_somebody_reads_nothing_is_removed(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder), *reader = NULL;
    struct hr_overdue removed;
    fill(database);
    set_days(database, HR_KEPT_FACES, 10);
    assert_ok(hr_database_open(&reader, folder->database, HR_DATABASE_READ, &test_error));
    assert_ok(hr_sql_run(reader, "BEGIN", "reading", &test_error));
    assert_int_equal(ask(reader, "SELECT count(*) FROM faces"), 3);
    test_add_student(database, "3", "cy", 4); /* something that waits in the log */
    sqlite3_busy_timeout(database->handle, 0);
    assert_fails(hr_database_purge(database, &removed, &test_error), HR_ERR_UNAVAILABLE, "in use");
    assert_int_equal(faces_of(database, "1"), 2);
    hr_database_close(reader);
    assert_int_equal(purge(database).rows[HR_KEPT_FACES], 3);
    hr_database_close(database);
}

/* Somebody has begun to read just then: the bytes wait for the next one to open it. */
static void traces_that_had_to_stay_are_cleaned_away_later(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder), *reader = NULL;
    struct hr_overdue removed;
    fill(database);
    set_days(database, HR_KEPT_FACES, 10);
    assert_ok(hr_sql_empty_log(database, &test_error));
    assert_ok(hr_database_open(&reader, folder->database, HR_DATABASE_READ, &test_error));
    assert_ok(hr_sql_run(reader, "BEGIN", "reading", &test_error));
    assert_int_equal(ask(reader, "SELECT count(*) FROM faces"), 3);
    sqlite3_busy_timeout(database->handle, 0);
    assert_fails(hr_database_purge(database, &removed, &test_error), HR_ERR_UNAVAILABLE, "traces may stay");
    assert_int_equal(removed.rows[HR_KEPT_FACES], 2);
    assert_int_equal(faces_of(database, "1"), 1);
    assert_true(file_holds_face(folder, 1));
    assert_ok(hr_sql_run(reader, "COMMIT", "reading", &test_error));
    hr_database_close(database);
    database = opened(folder);
    assert_true(hr_database_finished_removal(database));
    assert_false(file_holds_face(folder, 1));
    assert_true(file_holds_face(folder, 2));
    hr_database_close(reader);
    hr_database_close(database);
}

static void not_within_a_transaction(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_overdue removed;
    assert_ok(hr_database_begin(database, &test_error));
    assert_fails(hr_database_purge(database, &removed, &test_error), HR_ERR_INTERNAL, "transaction");
    hr_database_rollback(database);
    hr_database_close(database);
}

static void a_database_in_memory_is_purged_likewise(void **state)
{
    struct hr_database *database = NULL;
    struct hr_buffer bytes;
    float vector[128];
    (void)state;
    assert_ok(hr_database_open_memory(&database, hr_view_text(""), "s3://a/b", HR_DATABASE_CREATE, &test_error));
    fill(database);
    set_days(database, HR_KEPT_FACES, 10);
    assert_int_equal(purge(database).rows[HR_KEPT_FACES], 2);
    hr_buffer_init(&bytes, HR_DATABASE_MEMORY_BYTES_MAX);
    assert_ok(hr_database_bytes(database, &bytes, &test_error));
    for (unsigned seed = 1; seed <= 3; seed++) {
        test_vector(vector, 128, seed);
        assert_int_equal(test_holds(hr_buffer_view(&bytes), hr_view_of(vector, 32)), seed == 2);
    }
    hr_buffer_clear(&bytes);
    hr_database_close(database);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(until_a_time_is_set_everything_is_kept),
        TEST(times_are_kept_and_noted),
        TEST(a_face_that_is_too_old_reaches_no_gallery),
        TEST(the_time_is_a_number_of_whole_days),
        TEST(of_what_is_purged_no_byte_is_left),
        TEST(each_kind_has_its_own_time),
        TEST(while_somebody_reads_nothing_is_removed),
        TEST(not_within_a_transaction),
        TEST(traces_that_had_to_stay_are_cleaned_away_later),
        TEST(a_database_in_memory_is_purged_likewise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
