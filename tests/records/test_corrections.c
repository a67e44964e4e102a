/* What people say of what was seen, what is kept of faces for it, and that both go when they should. */
#include <math.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/classes.h"
#include "records/consent.h"
#include "records/corrections.h"
#include "records/keeping.h"
#include "records/lessons.h"
#include "records/sql.h"
#include "records/support.h"
#include "records/vault.h"
#include "records/views.h"

#define SECOND INT64_C(1000000)
#define DAY_US INT64_C(86400000000)
#define START (INT64_C(1795766400) * SECOND)
enum { NUMBERS = 128 };

static struct hr_database *database;
static struct test_folder *folder;
static int64_t lesson, observation;
static struct hr_track_record tracks[3];

static void add_student(const char *id, const char *name)
{
    struct hr_student student = test_student(id, name, "", "");
    assert_ok(hr_database_put_student(database, &student, NULL, &test_error));
    assert_ok(hr_database_enrol(database, "8b", id, "2026-09-01", NULL, &test_error));
}

/* A recording of three faces: Ada, perhaps Ben, and nobody known; `made_us` is when it was looked at. */
static void film(int64_t made_us)
{
    static const char *const students[] = {"1", "2", NULL}, *const bands[] = {"certain", "review", "unknown"};
    struct hr_observation_record head = {.video = "a.mp4",
                                         .version = "",
                                         .codec = "h264",
                                         .models = "test",
                                         .made_us = made_us,
                                         .duration_us = 60 * SECOND,
                                         .samples_per_s = 1,
                                         .false_present = 0.001,
                                         .frames = 60,
                                         .unknown_people = 1};
    for (size_t i = 0; i < 3; i++)
        tracks[i] = (struct hr_track_record){.student_id = students[i],
                                             .person = i == 2,
                                             .band = bands[i],
                                             .reason = "accepted",
                                             .model_id = "test",
                                             .last_us = 50 * SECOND,
                                             .sightings = 50,
                                             .similarity = 0.7 - 0.1 * (double)i,
                                             .margin = (double)NAN,
                                             .best = "[]",
                                             .places = "[]"};
    tracks[1].candidates[0] = (struct hr_candidate_record){"2", 0.6};
    tracks[1].candidate_count = 1;
    assert_ok(hr_database_begin(database, &test_error));
    assert_ok(hr_database_keep_within(database, &head, tracks, 3, &observation, &test_error));
    assert_ok(hr_database_add_recording(database, observation,
                                        &(struct hr_recording_place){.lesson = lesson, .start_us = START, .camera = ""},
                                        &test_error));
    assert_ok(hr_database_commit(database, &test_error));
}

static int64_t now_us(void)
{
    return hr_clock_system()->wall_us(NULL);
}

static int make(void **state)
{
    struct hr_class_record class = {.id = "8b", .title = "Physics", .zone = "UTC", .late_min = 5, .early_min = 5};
    struct hr_lesson_record record = {
        .class_id = "8b", .day = "2026-11-27", .start_us = START, .end_us = START + 60 * SECOND, .title = ""};
    test_folder_make(state);
    folder = *state;
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    assert_ok(hr_database_put_class(database, &class, NULL, &test_error));
    add_student("1", "Ada");
    add_student("2", "Ben");
    assert_ok(hr_database_put_lesson(database, &record, &lesson, &test_error));
    film(now_us());
    return 0;
}

static int drop(void **state)
{
    hr_database_close(database);
    return test_folder_remove(state);
}

/* --- corrections --- */

static int64_t say(enum hr_correction_kind kind, const char *student, int64_t track)
{
    int64_t change = 0;
    assert_ok(hr_database_correct(database, kind, student, &track, 1, &change, &test_error));
    return change;
}

static enum hr_status ignore_change(void *context, const struct hr_change_record *change, struct hr_error *error)
{
    (void)context;
    (void)change;
    (void)error;
    return HR_OK;
}

static enum hr_status undo(int64_t change)
{
    int64_t track;
    return hr_database_undo(database, change, ignore_change, NULL, &track, &test_error);
}

static enum hr_status list_change(void *context, const struct hr_change_record *change, struct hr_error *error)
{
    char *text = context;
    size_t length = strlen(text);
    (void)error;
    assert_true(change->at_us > 0 && strncmp(change->who, "user ", 5) == 0);
    snprintf(text + length, 200 - length, "%s%s%s/%zu%s ", hr_correction_name(change->kind),
             change->student_id != NULL ? " " : "", change->student_id != NULL ? change->student_id : "",
             change->track_count, change->undone_us != 0 ? " undone" : "");
    return HR_OK;
}

static void assert_changes(const char *wanted)
{
    char text[200] = "";
    assert_ok(hr_database_each_change(database, lesson, NULL, list_change, text, &test_error));
    assert_string_equal(text, wanted);
}

static void what_was_said_is_kept_with_what_was_taken_back(void **state)
{
    (void)state;
    int64_t all[] = {tracks[0].key, tracks[2].key}, change;
    say(HR_CORRECTION_NOT, "2", tracks[1].key);
    assert_ok(hr_database_correct(database, HR_CORRECTION_IS, "2", all, 2, &change, &test_error));
    say(HR_CORRECTION_NOBODY, NULL, tracks[2].key);
    assert_ok(undo(0));
    assert_changes("not 2/1 is 2/2 nobody/1 undone ");
    assert_ok(undo(change));
    assert_changes("not 2/1 is 2/2 undone nobody/1 undone ");
    assert_fails(undo(change), HR_ERR_CONFLICT, "was taken back before");
    assert_ok(undo(0));
    assert_fails(undo(0), HR_ERR_NOT_FOUND, "no correction to take back");
    assert_fails(undo(99), HR_ERR_NOT_FOUND, "no correction 99");
}

static void what_cannot_be_said_changes_nothing(void **state)
{
    int64_t change, none = 99, some[] = {tracks[0].key, 99};
    size_t removed;
    (void)state;
    assert_fails(hr_database_correct(database, HR_CORRECTION_IS, "1", &none, 1, &change, &test_error), HR_ERR_NOT_FOUND,
                 "no lesson has a track 99");
    assert_fails(hr_database_correct(database, HR_CORRECTION_IS, "1", some, 2, &change, &test_error), HR_ERR_NOT_FOUND,
                 "track 99");
    assert_fails(hr_database_correct(database, HR_CORRECTION_IS, "7", some, 1, &change, &test_error), HR_ERR_NOT_FOUND,
                 "'7'");
    assert_ok(hr_database_set_consent(database, "2", false, &removed, &test_error));
    assert_fails(hr_database_correct(database, HR_CORRECTION_IS, "2", some, 1, &change, &test_error), HR_ERR_PERMISSION,
                 "lesson mark");
    assert_changes("");
    assert_ok(hr_database_finish_lesson(database, lesson, NULL, 0, &test_error));
    assert_fails(hr_database_correct(database, HR_CORRECTION_IS, "1", some, 1, &change, &test_error), HR_ERR_CONFLICT,
                 "lesson reopen");
    assert_changes("");
}

static enum hr_status take_first(void *context, const struct hr_correction_record *record, struct hr_error *error)
{
    (void)error;
    *(struct hr_correction_record *)context = *record;
    return HR_OK;
}

static void it_is_known_what_a_rejected_track_was_taken_for(void **state)
{
    struct hr_correction_record record = {0};
    (void)state;
    say(HR_CORRECTION_NOT, "1", tracks[0].key);
    assert_ok(hr_database_each_correction(database, "8b", take_first, &record, &test_error));
    assert_true(record.was_taken_for && fabs(record.similarity - 0.7) < 1e-9);
    assert_ok(undo(0));
    record.track = 0;
    assert_ok(hr_database_each_correction(database, "8b", take_first, &record, &test_error));
    assert_true(record.track == 0);
    say(HR_CORRECTION_NOT, "1", tracks[1].key);
    assert_ok(hr_database_each_correction(database, "8b", take_first, &record, &test_error));
    assert_false(record.was_taken_for);
}

static enum hr_status note_student(void *context, const struct hr_track_record *track, struct hr_error *error)
{
    (void)error;
    if (track->key == tracks[2].key)
        snprintf(context, 40, "%s %s %zu", track->student_id != NULL ? track->student_id : "none", track->band,
                 track->candidate_count);
    return HR_OK;
}

static void a_later_decision_stands_beside_what_was_seen(void **state)
{
    char now[40], seen[40];
    struct hr_track_record again = {.key = tracks[2].key,
                                    .student_id = "2",
                                    .band = "certain",
                                    .reason = "accepted",
                                    .model_id = "test",
                                    .similarity = 0.9,
                                    .margin = (double)NAN,
                                    .candidates = {{"2", 0.9}, {"1", 0.1}},
                                    .candidate_count = 2};
    (void)state;
    for (int i = 0; i < 2; i++) { /* twice is as once */
        assert_ok(hr_database_begin(database, &test_error));
        assert_ok(hr_database_decide_again(database, &again, &test_error));
        assert_ok(hr_database_commit(database, &test_error));
    }
    assert_ok(hr_database_each_track_now(database, observation, note_student, now, &test_error));
    assert_ok(hr_database_each_track(database, observation, note_student, seen, &test_error));
    assert_string_equal(now, "2 certain 2");
    assert_string_equal(seen, "none unknown 0");
    size_t moved;
    assert_ok(hr_database_merge(database, "1", "2", &moved, &test_error));
    assert_ok(hr_database_each_track_now(database, observation, note_student, now, &test_error));
    assert_string_equal(now, "1 certain 1");
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_ok(hr_database_each_track_now(database, observation, note_student, now, &test_error));
    assert_string_equal(now, "none certain 0");
}

static int64_t number(const char *sql)
{
    int64_t out = -1;
    assert_ok(hr_sql_integer(database, sql, "counting", &out, &test_error));
    return out;
}

static void a_merge_and_its_undo_take_lessons_and_corrections_along(void **state)
{
    static const char *const of_ben[] = {
        "SELECT count(*) FROM tracks WHERE student = (SELECT key FROM students WHERE id = '2')",
        "SELECT count(*) FROM candidates WHERE student = (SELECT key FROM students WHERE id = '2')",
        "SELECT count(*) FROM members WHERE student = (SELECT key FROM students WHERE id = '2')",
        "SELECT count(*) FROM marks WHERE student = (SELECT key FROM students WHERE id = '2')",
        "SELECT count(*) FROM changes WHERE kind <> 'merge' AND student = (SELECT key FROM students WHERE id = '2')",
        "SELECT count(*) FROM finals WHERE student = (SELECT key FROM students WHERE id = '2')",
        "SELECT count(*) FROM members"};
    enum { COUNT = sizeof of_ben / sizeof *of_ben };
    int64_t before[COUNT];
    struct hr_parted parted;
    struct hr_final_record final = {.student_id = "2", .status = "present", .why = "", .similarity = (double)NAN};
    size_t moved;
    (void)state;
    say(HR_CORRECTION_IS, "2", tracks[2].key);
    assert_ok(hr_database_mark(database, lesson, "2", "late", "", &test_error));
    assert_ok(hr_database_finish_lesson(database, lesson, &final, 1, &test_error));
    for (size_t i = 0; i < COUNT; i++)
        before[i] = number(of_ben[i]);
    assert_ok(hr_database_merge(database, "1", "2", &moved, &test_error));
    assert_int_equal(number("SELECT count(*) FROM finals WHERE student = (SELECT key FROM students WHERE id = '1')"),
                     1);
    assert_changes("is 1/1 ");
    assert_ok(hr_database_unmerge(database, &parted, &test_error));
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(number(of_ben[i]), before[i]);
    assert_changes("is 2/1 ");
}

/* --- views --- */

static void keep_views(void)
{
    float numbers[NUMBERS];
    assert_ok(hr_database_begin(database, &test_error));
    for (unsigned i = 0; i < 3; i++) {
        uint8_t picture[600];
        for (size_t k = 0; k < sizeof picture; k++)
            picture[k] = (uint8_t)(k * 7 + i * 31 + 1);
        test_vector(numbers, NUMBERS, 70 + i);
        struct hr_view_record view = {.track = tracks[i].key,
                                      .vector = hr_view_of(numbers, sizeof numbers),
                                      .sharpness = 0.5,
                                      .frontal = 1,
                                      .picture = hr_view_of(picture, sizeof picture)};
        assert_ok(hr_database_keep_view(database, &view, &test_error));
    }
    assert_ok(hr_database_commit(database, &test_error));
}

static enum hr_status count_view(void *context, const struct hr_view_record *view, const char *models,
                                 struct hr_error *error)
{
    (void)error;
    assert_string_equal(models, "test");
    assert_true(view->picture.size == 600 && view->vector.size == NUMBERS * sizeof(float));
    (*(size_t *)context)++;
    return HR_OK;
}

static size_t views(void)
{
    size_t count = 0;
    assert_ok(hr_database_each_view(database, observation, count_view, &count, &test_error));
    return count;
}

static bool bytes_have(const char *path, struct hr_view needle)
{
    struct hr_buffer bytes;
    test_read_file(path, &bytes);
    bool found = bytes.size > 0 && test_holds(hr_buffer_view(&bytes), needle);
    hr_buffer_clear(&bytes);
    return found;
}

/* Whether the file or its log have the first numbers of a track's vector, wherever SQLite put them. */
static bool file_has(unsigned track)
{
    char log[200];
    float numbers[NUMBERS];
    struct hr_view needle = hr_view_of(numbers, 8 * sizeof *numbers);
    test_vector(numbers, NUMBERS, 70 + track);
    snprintf(log, sizeof log, "%s-wal", folder->database);
    return bytes_have(folder->database, needle) || bytes_have(log, needle);
}

static void nothing_is_kept_unless_the_class_says_so(void **state)
{
    size_t removed;
    (void)state;
    keep_views();
    assert_int_equal(views(), 0);
    assert_fails(hr_database_set_keep_days(database, "8b", 366, &removed, &test_error), HR_ERR_ARGUMENT, "365");
    assert_fails(hr_database_set_keep_days(database, "9c", 1, &removed, &test_error), HR_ERR_NOT_FOUND, "'9c'");
    assert_ok(hr_database_set_keep_days(database, "8b", 14, &removed, &test_error));
    keep_views();
    assert_int_equal(views(), 3);
    assert_true(file_has(0) && file_has(1) && file_has(2));
    assert_ok(hr_database_set_keep_days(database, "8b", 0, &removed, &test_error));
    assert_int_equal(removed, 3);
    assert_false(file_has(0) || file_has(1) || file_has(2));
}

static void what_is_kept_too_long_is_read_by_nobody_and_purged(void **state)
{
    struct hr_overdue overdue;
    size_t removed;
    (void)state;
    assert_ok(hr_database_set_keep_days(database, "8b", 14, &removed, &test_error));
    film(now_us() - 13 * DAY_US);
    keep_views();
    assert_ok(hr_database_overdue(database, &overdue, &test_error));
    assert_int_equal(overdue.views, 0);
    assert_int_equal(views(), 3);
    assert_ok(hr_database_set_keep_days(database, "8b", 12, &removed, &test_error));
    assert_int_equal(views(), 0);
    assert_ok(hr_database_overdue(database, &overdue, &test_error));
    assert_int_equal(overdue.views, 3);
    assert_true(file_has(2));
    assert_ok(hr_database_purge(database, &overdue, &test_error));
    assert_int_equal(overdue.views, 3);
    assert_false(file_has(0) || file_has(1) || file_has(2));
}

static void who_is_forgotten_or_refuses_leaves_no_view(void **state)
{
    size_t removed;
    (void)state;
    assert_ok(hr_database_set_keep_days(database, "8b", 14, &removed, &test_error));
    keep_views();
    say(HR_CORRECTION_IS, "1", tracks[2].key);
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_false(file_has(0) || file_has(2));
    assert_true(file_has(1));
    assert_int_equal(views(), 1);
    assert_ok(hr_database_set_consent(database, "2", false, &removed, &test_error));
    assert_int_equal(views(), 0);
    assert_false(file_has(1));
}

static void somebody_unknown_can_be_forgotten(void **state)
{
    size_t removed;
    (void)state;
    assert_ok(hr_database_set_keep_days(database, "8b", 14, &removed, &test_error));
    keep_views();
    assert_ok(hr_database_forget_views(database, &tracks[2].key, 1, &removed, &test_error));
    assert_int_equal(removed, 1);
    assert_int_equal(views(), 2);
    assert_false(file_has(2));
}

static void what_a_correction_enrolled_goes_with_it(void **state)
{
    float numbers[NUMBERS];
    int64_t change = 0, track = tracks[2].key;
    (void)state;
    test_vector(numbers, NUMBERS, 70);
    struct hr_face_record face = test_face("2", numbers, NUMBERS);
    face.created_us = now_us();
    assert_ok(hr_database_begin(database, &test_error));
    assert_ok(hr_database_correct(database, HR_CORRECTION_IS, "2", &track, 1, &change, &test_error));
    assert_ok(hr_database_add_face(database, &face, &test_error));
    assert_ok(hr_database_note_enrolled(database, change, &test_error));
    assert_ok(hr_database_commit(database, &test_error));
    assert_true(file_has(0));
    assert_ok(hr_database_undo(database, change, ignore_change, NULL, &track, &test_error));
    assert_true(track == tracks[2].key);
    assert_false(file_has(0));
    struct hr_database_counts counts;
    assert_ok(hr_database_check(database, &counts, &test_error));
    assert_int_equal(counts.faces, 0);
}

static void what_is_kept_cannot_be_sealed(void **state)
{
    struct hr_master_key key = {.bytes = {1, 2, 3}};
    struct hr_vault *vault = NULL;
    size_t removed;
    (void)state;
    assert_ok(hr_database_set_keep_days(database, "8b", 14, &removed, &test_error));
    assert_ok(hr_vault_open_memory(&vault, (struct hr_view){0}, "ring", &key, &test_error));
    assert_fails(hr_database_seal(database, vault, &test_error), HR_ERR_CONFLICT, "class keep 8b 0");
    assert_ok(hr_database_set_keep_days(database, "8b", 0, &removed, &test_error));
    assert_ok(hr_vault_open_memory(&vault, (struct hr_view){0}, "ring", &key, &test_error));
    assert_ok(hr_database_seal(database, vault, &test_error));
    assert_fails(hr_database_set_keep_days(database, "8b", 14, &removed, &test_error), HR_ERR_UNSUPPORTED, "sealed");
}

#define WITH_CLASS(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_CLASS(what_was_said_is_kept_with_what_was_taken_back),
                                       WITH_CLASS(what_cannot_be_said_changes_nothing),
                                       WITH_CLASS(it_is_known_what_a_rejected_track_was_taken_for),
                                       WITH_CLASS(a_later_decision_stands_beside_what_was_seen),
                                       WITH_CLASS(a_merge_and_its_undo_take_lessons_and_corrections_along),
                                       WITH_CLASS(nothing_is_kept_unless_the_class_says_so),
                                       WITH_CLASS(what_is_kept_too_long_is_read_by_nobody_and_purged),
                                       WITH_CLASS(who_is_forgotten_or_refuses_leaves_no_view),
                                       WITH_CLASS(somebody_unknown_can_be_forgotten),
                                       WITH_CLASS(what_a_correction_enrolled_goes_with_it),
                                       WITH_CLASS(what_is_kept_cannot_be_sealed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
