/* Who does not agree to be recognised: no face is kept or added, none reaches a gallery, and what was kept of videos
 * names him no more. */
#include "records/audit.h"
#include "records/consent.h"
#include "records/observations.h"
#include "records/sql.h"
#include "records/support.h"

static struct hr_database *opened(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    return database;
}

static int64_t ask(struct hr_database *database, const char *sql)
{
    int64_t answer = -1;
    assert_ok(hr_sql_integer(database, sql, "asking", &answer, &test_error));
    return answer;
}

static struct hr_consent_record consent_of(struct hr_database *database, const char *id)
{
    struct hr_consent_record record;
    assert_ok(hr_database_consent(database, id, &record, &test_error));
    return record;
}

static enum hr_status note_owner(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    (void)error;
    strncat(context, record->student_id, 8);
    return HR_OK;
}

static void a_refusal_removes_the_faces_and_leaves_the_student(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder);
    struct hr_buffer bytes;
    float vector[128];
    size_t removed = 0;
    test_add_student(database, "1", "ada of the long name", 1);
    test_add_student(database, "2", "ben of the long name", 2);
    assert_ok(hr_database_set_consent(database, "1", false, &removed, &test_error));
    assert_int_equal(removed, 1);
    assert_int_equal(consent_of(database, "1").consent, HR_CONSENT_REFUSED);
    assert_true(consent_of(database, "1").since_us > 1700000000000000);
    assert_int_equal(ask(database, "SELECT count(*) FROM students"), 2);
    assert_int_equal(ask(database, "SELECT count(*) FROM faces"), 1);
    hr_database_close(database);
    test_vector(vector, 128, 1);
    test_read_file(folder->database, &bytes);
    assert_false(test_holds(hr_buffer_view(&bytes), hr_view_of(vector, 32)));
    assert_true(test_holds(hr_buffer_view(&bytes), hr_view_text("ada of the long name")));
    hr_buffer_clear(&bytes);
}

static void a_face_of_who_refused_is_refused(void **state)
{
    struct hr_database *database = opened(*state);
    float vector[128];
    size_t removed = 0;
    test_vector(vector, 128, 3);
    assert_ok(hr_database_ensure_student(database, "1", NULL, &test_error));
    assert_ok(hr_database_set_consent(database, "1", false, &removed, &test_error));
    struct hr_face_record face = test_face("1", vector, 128);
    assert_fails(hr_database_add_face(database, &face, &test_error), HR_ERR_PERMISSION, "does not agree");
    assert_fails(hr_database_take_consent(database, "1", &test_error), HR_ERR_PERMISSION, "does not agree");
    assert_int_equal(ask(database, "SELECT count(*) FROM faces"), 0);
    assert_ok(hr_database_set_consent(database, "1", true, &removed, &test_error));
    assert_ok(hr_database_add_face(database, &face, &test_error));
    assert_fails(hr_database_set_consent(database, "9", false, &removed, &test_error), HR_ERR_NOT_FOUND, "'9'");
    hr_database_close(database);
}

/* However faces of his got into the file, by another program or before a crash. */
static void a_gallery_is_given_no_face_of_who_refused(void **state)
{
    struct hr_database *database = opened(*state);
    char all[64] = "", of_model[64] = "";
    test_add_student(database, "1", "ada", 1);
    test_add_student(database, "2", "ben", 2);
    assert_ok(hr_sql_run(database, "UPDATE students SET consent = 'no' WHERE id = '1'", "a test", &test_error));
    assert_ok(hr_database_each_face(database, NULL, note_owner, all, &test_error));
    assert_ok(hr_database_each_face(database, "test-model", note_owner, of_model, &test_error));
    assert_string_equal(all, "2");
    assert_string_equal(of_model, "2");
    hr_database_close(database);
}

static void what_was_kept_of_videos_names_him_no_more(void **state)
{
    struct hr_database *database = opened(*state);
    size_t removed = 0;
    struct hr_observation_record lesson = {.video = "v", .version = "", .codec = "", .models = ""};
    struct hr_track_record track = {.student_id = "1",
                                    .band = "certain",
                                    .reason = "accepted",
                                    .model_id = "m",
                                    .best = "[]",
                                    .places = "[]",
                                    .candidates = {{"1", 0.7}, {"2", 0.1}},
                                    .candidate_count = 2};
    test_add_student(database, "1", "ada", 1);
    test_add_student(database, "2", "ben", 2);
    assert_ok(hr_database_keep(database, &lesson, &track, 1, &test_error));
    assert_ok(hr_database_set_consent(database, "1", false, &removed, &test_error));
    assert_int_equal(ask(database, "SELECT count(*) FROM tracks"), 1);
    assert_int_equal(ask(database, "SELECT count(*) FROM tracks WHERE student IS NOT NULL"), 0);
    assert_int_equal(ask(database, "SELECT count(*) FROM candidates"), 1);
    hr_database_close(database);
}

static void enrolling_takes_the_agreement_of_whom_nobody_asked(void **state)
{
    struct hr_database *database = opened(*state);
    size_t removed = 0;
    assert_ok(hr_database_ensure_student(database, "1", NULL, &test_error));
    assert_int_equal(consent_of(database, "1").consent, HR_CONSENT_NOT_ASKED);
    assert_int_equal(consent_of(database, "1").since_us, 0);
    assert_ok(hr_database_take_consent(database, "1", &test_error));
    int64_t since_us = consent_of(database, "1").since_us;
    assert_int_equal(consent_of(database, "1").consent, HR_CONSENT_GIVEN);
    assert_true(since_us > 1700000000000000);
    assert_ok(hr_database_take_consent(database, "1", &test_error));
    assert_int_equal(consent_of(database, "1").since_us, since_us);
    assert_ok(hr_database_take_consent(database, "nobody yet", &test_error));
    assert_ok(hr_database_set_consent(database, "1", false, &removed, &test_error));
    hr_database_close(database);
}

static void two_who_say_different_things_are_not_joined(void **state)
{
    struct hr_database *database = opened(*state);
    size_t count = 0;
    test_add_student(database, "1", "ada", 1);
    test_add_student(database, "2", "ada", 2);
    assert_ok(hr_database_set_consent(database, "2", false, &count, &test_error));
    assert_fails(hr_database_merge(database, "1", "2", &count, &test_error), HR_ERR_CONFLICT, "does not agree");
    assert_fails(hr_database_merge(database, "2", "1", &count, &test_error), HR_ERR_CONFLICT, "does not agree");
    assert_int_equal(ask(database, "SELECT count(*) FROM faces WHERE student = 1"), 1);
    assert_ok(hr_database_set_consent(database, "1", false, &count, &test_error));
    assert_ok(hr_database_merge(database, "1", "2", &count, &test_error));
    assert_int_equal(consent_of(database, "1").consent, HR_CONSENT_REFUSED);
    hr_database_close(database);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_refusal_removes_the_faces_and_leaves_the_student), TEST(a_face_of_who_refused_is_refused),
        TEST(a_gallery_is_given_no_face_of_who_refused),          TEST(what_was_kept_of_videos_names_him_no_more),
        TEST(enrolling_takes_the_agreement_of_whom_nobody_asked), TEST(two_who_say_different_things_are_not_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
