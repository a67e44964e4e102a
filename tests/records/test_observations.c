/* What was seen in videos, kept: it comes back as it was, and a student who is forgotten leaves tracks of nobody. */
#include <math.h>

#include "records/observations.h"
#include "records/sql.h"
#include "records/support.h"

static const struct hr_observation_record lesson = {.video = "lesson.mp4",
                                                    .version = "17-1.0-3",
                                                    .made_us = 1700000000000000,
                                                    .duration_us = 4200000,
                                                    .width_px = 1280,
                                                    .height_px = 720,
                                                    .codec = "h264",
                                                    .frames = 9,
                                                    .faces = 14,
                                                    .samples_per_s = 2,
                                                    .false_present = 0.001,
                                                    .includes_review = true,
                                                    .class_generation = 3,
                                                    .models = "a b",
                                                    .unknown_people = 1};

static struct hr_track_record track_of(const char *student_id)
{
    return (struct hr_track_record){.student_id = student_id,
                                    .person = student_id == NULL,
                                    .band = student_id != NULL ? "certain" : "unknown",
                                    .reason = "accepted",
                                    .model_id = "a",
                                    .camera = 1,
                                    .first_us = 500000,
                                    .last_us = 2000000,
                                    .sightings = 4,
                                    .views = 3,
                                    .face_px = 96.5,
                                    .similarity = 0.7124,
                                    .margin = (double)INFINITY,
                                    .stranger_chance = 3e-8,
                                    .best = "[1000,1,2,30,40]",
                                    .places = "[[500,1,2,30,40]]",
                                    .candidates = {{"1", 0.7124}, {"2", 0.2}},
                                    .candidate_count = 2};
}

static struct hr_database *opened(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    return database;
}

static void keep(struct hr_database *database)
{
    struct hr_track_record tracks[] = {track_of("1"), track_of("2"), track_of(NULL)};
    assert_ok(hr_database_keep(database, &lesson, tracks, 3, &test_error));
}

/* Every track in a line: whose, and who could be meant. */
struct read {
    struct hr_database *database;
    struct hr_buffer text;
    size_t observations;
    struct hr_observation_record last;
    double margin;
};

static enum hr_status read_track(void *context, const struct hr_track_record *track, struct hr_error *error)
{
    struct read *read = context;
    (void)error;
    hr_buffer_append_format(&read->text, "%s", track->student_id != NULL ? track->student_id : "-");
    for (size_t i = 0; i < track->candidate_count; i++)
        hr_buffer_append_format(&read->text, " %s:%.4f", track->candidates[i].student_id,
                                track->candidates[i].similarity);
    hr_buffer_append_format(&read->text, " %s %s %zu\n", track->best, track->places, track->person);
    read->margin = track->margin;
    return HR_OK;
}

static enum hr_status read_observation(void *context, const struct hr_observation_record *observation,
                                       struct hr_error *error)
{
    struct read *read = context;
    read->observations++;
    read->last = *observation;
    assert_string_equal(observation->video, lesson.video);
    assert_string_equal(observation->version, lesson.version);
    assert_string_equal(observation->models, lesson.models);
    return hr_database_each_track(read->database, observation->key, read_track, read, error);
}

/* The texts of all tracks; the test frees. */
static char *read_all(struct hr_database *database, struct read *read)
{
    *read = (struct read){.database = database};
    hr_buffer_init(&read->text, 65536);
    assert_ok(hr_database_each_observation(database, read_observation, read, &test_error));
    char *text = strdup(hr_buffer_text(&read->text));
    hr_buffer_clear(&read->text);
    return text;
}

static void what_was_kept_comes_back(void **state)
{
    struct hr_database *database = opened(*state);
    struct read read;
    test_add_student(database, "1", "Ada", 1);
    test_add_student(database, "2", "Bob", 2);
    keep(database);
    keep(database); /* a second look is another observation */
    char *text = read_all(database, &read);
    assert_int_equal(read.observations, 2);
    assert_int_equal(read.last.made_us, lesson.made_us);
    assert_int_equal(read.last.width_px, 1280);
    assert_int_equal(read.last.unknown_people, 1);
    assert_int_equal(read.last.class_generation, 3);
    assert_true(read.last.includes_review && isnan(read.margin));
    assert_non_null(strstr(text, "1 1:0.7124 2:0.2000 [1000,1,2,30,40] [[500,1,2,30,40]] 0\n"
                                 "2 1:0.7124 2:0.2000 [1000,1,2,30,40] [[500,1,2,30,40]] 0\n"
                                 "- 1:0.7124 2:0.2000 [1000,1,2,30,40] [[500,1,2,30,40]] 1\n"));
    free(text);
    hr_database_close(database);
}

static void forgetting_a_student_leaves_the_class_its_history(void **state)
{
    struct hr_database *database = opened(*state);
    struct read read;
    test_add_student(database, "1", "Ada", 1);
    test_add_student(database, "2", "Bob", 2);
    keep(database);
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    char *text = read_all(database, &read);
    assert_string_equal(text, "- 2:0.2000 [1000,1,2,30,40] [[500,1,2,30,40]] 0\n"
                              "2 2:0.2000 [1000,1,2,30,40] [[500,1,2,30,40]] 0\n"
                              "- 2:0.2000 [1000,1,2,30,40] [[500,1,2,30,40]] 1\n");
    free(text);
    /* Another student who gets the id is another person. */
    test_add_student(database, "1", "Eve", 3);
    text = read_all(database, &read);
    assert_null(strstr(text, "1 2:"));
    free(text);
    hr_database_close(database);
}

/* A video may be called after the student, or have enrolled him. */
static void forgetting_is_not_held_up_by_a_video_s_name(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_observation_record named = lesson;
    struct hr_track_record tracks[] = {track_of("1")};
    named.video = "Interview of Christopher Columbus.mp4";
    test_add_student(database, "1", "Christopher Columbus", 1);
    assert_ok(hr_database_keep(database, &named, tracks, 1, &test_error));
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    hr_database_close(database);
}

static void renaming_and_merging_take_along_what_was_kept(void **state)
{
    struct hr_database *database = opened(*state);
    struct read read;
    size_t moved = 0;
    test_add_student(database, "1", "Ada", 1);
    test_add_student(database, "2", "Bob", 2);
    keep(database);
    assert_ok(hr_database_rename(database, "1", "17", NULL, &test_error));
    assert_ok(hr_database_merge(database, "17", "2", &moved, &test_error));
    char *text = read_all(database, &read);
    assert_string_equal(text, "17 17:0.7124 [1000,1,2,30,40] [[500,1,2,30,40]] 0\n"
                              "17 17:0.7124 [1000,1,2,30,40] [[500,1,2,30,40]] 0\n"
                              "- 17:0.7124 [1000,1,2,30,40] [[500,1,2,30,40]] 1\n");
    free(text);
    hr_database_close(database);
}

static void a_video_is_forgotten_by_its_name(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = opened(folder);
    size_t removed = 0;
    int64_t rows = -1;
    test_add_student(database, "1", "Ada", 1);
    keep(database);
    keep(database);
    assert_fails(hr_database_forget_video(database, "other.mp4", &removed, &test_error), HR_ERR_NOT_FOUND, "other.mp4");
    assert_ok(hr_database_forget_video(database, "lesson.mp4", &removed, &test_error));
    assert_int_equal(removed, 2);
    assert_ok(hr_sql_integer(database, "SELECT (SELECT count(*) FROM tracks) + (SELECT count(*) FROM candidates)",
                             "counting", &rows, &test_error));
    assert_int_equal(rows, 0);
    hr_database_close(database);
    struct hr_buffer bytes;
    test_read_file(folder->database, &bytes);
    assert_false(test_holds(hr_buffer_view(&bytes), hr_view_text("lesson.mp4")));
    hr_buffer_clear(&bytes);
}

/* A name that is no text, and nothing of it stays. */
static void what_fails_keeps_nothing(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_observation_record bad = lesson;
    struct hr_track_record tracks[] = {track_of(NULL)};
    int64_t rows = -1;
    bad.video = "\xFF.mp4";
    assert_int_not_equal(hr_database_keep(database, &bad, tracks, 1, &test_error), HR_OK);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL); /* off: no file has one */
    assert_ok(hr_sql_run(database,
                         "CREATE TRIGGER t BEFORE INSERT ON tracks BEGIN SELECT RAISE(FAIL, 'an obstacle'); END",
                         "preparing the test", &test_error));
    assert_fails(hr_database_keep(database, &lesson, tracks, 1, &test_error), HR_ERR_CONFLICT, "an obstacle");
    assert_ok(hr_sql_integer(database, "SELECT count(*) FROM observations", "counting", &rows, &test_error));
    assert_int_equal(rows, 0);
    hr_database_close(database);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_kept_comes_back),
        TEST(forgetting_a_student_leaves_the_class_its_history),
        TEST(forgetting_is_not_held_up_by_a_video_s_name),
        TEST(renaming_and_merging_take_along_what_was_kept),
        TEST(a_video_is_forgotten_by_its_name),
        TEST(what_fails_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
