/* The roll of a lesson from what was seen: by the clock, to the second, and never more certain than what was filmed. */
#include <math.h>

#include "classroom/roll.h"
#include "records/consent.h"
#include "records/corrections.h"
#include "records/support.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
/* 2026-11-27 08:00 to 08:45, in UTC. */
#define START (INT64_C(1795766400) * SECOND)
#define END (START + 45 * MINUTE)

struct sight {
    const char *student; /* NULL: nobody's */
    const char *band;
    int64_t from_us, to_us; /* first and last sight, from the lesson's start */
    const char *candidate;  /* NULL: none */
};

static struct hr_database *database;
static int64_t lesson;

static int make_class(void **state)
{
    static const char *const names[] = {"Ada", "Ben", "Cleo", "Dora"};
    struct hr_class_record class = {.id = "8b", .title = "Physics", .zone = "UTC", .late_min = 5, .early_min = 5};
    struct hr_lesson_record record = {
        .class_id = "8b", .day = "2026-11-27", .start_us = START, .end_us = END, .title = "Light"};
    char id[2] = "1";
    (void)state;
    assert_ok(hr_database_open_memory(&database, (struct hr_view){0}, "class", HR_DATABASE_CREATE, &test_error));
    assert_ok(hr_database_put_class(database, &class, NULL, &test_error));
    for (int i = 0; i < 4; i++, id[0]++) {
        test_add_student(database, id, names[i], (unsigned)i);
        if (i < 3)
            assert_ok(hr_database_enrol(database, "8b", id, "2026-09-01", NULL, &test_error));
    }
    assert_ok(hr_database_put_lesson(database, &record, &lesson, &test_error));
    return 0;
}

static int drop_class(void **state)
{
    (void)state;
    hr_database_close(database);
    return 0;
}

/* A recording from then on, so long, looked at once a second. */
static void film(const char *video, const char *camera, int64_t from_us, int64_t duration_us,
                 const struct sight *sights, size_t count)
{
    struct hr_track_record tracks[8];
    struct hr_observation_record head = {.video = video,
                                         .version = "",
                                         .codec = "h264",
                                         .models = "test",
                                         .duration_us = duration_us,
                                         .samples_per_s = 1,
                                         .unknown_people = 2};
    int64_t key;
    for (size_t i = 0; i < count; i++) {
        tracks[i] = (struct hr_track_record){.student_id = sights[i].student,
                                             .band = sights[i].band,
                                             .reason = "accepted",
                                             .model_id = "test",
                                             .first_us = sights[i].from_us - from_us,
                                             .last_us = sights[i].to_us - from_us,
                                             .sightings = 7,
                                             .similarity = 0.8,
                                             .margin = (double)NAN,
                                             .best = "[]",
                                             .places = "[]"};
        if (sights[i].candidate != NULL) {
            tracks[i].candidates[0] = (struct hr_candidate_record){sights[i].candidate, 0.5};
            tracks[i].candidate_count = 1;
        }
    }
    assert_ok(hr_database_begin(database, &test_error));
    assert_ok(hr_database_keep_within(database, &head, tracks, count, &key, &test_error));
    assert_ok(hr_database_add_recording(
        database, key, &(struct hr_recording_place){.lesson = lesson, .start_us = START + from_us, .camera = camera},
        &test_error));
    assert_ok(hr_database_commit(database, &test_error));
}

static void film_all(const struct sight *sights, size_t count)
{
    film("lesson.mp4", "", 0, 45 * MINUTE, sights, count);
}

static struct hr_roll made(void)
{
    struct hr_roll roll;
    assert_ok(hr_roll_make(&roll, database, lesson, &test_error));
    return roll;
}

static const struct hr_roll_entry *entry_of(const struct hr_roll *roll, const char *name)
{
    for (size_t i = 0; i < roll->count; i++)
        if (strcmp(roll->entries[i].name, name) == 0)
            return &roll->entries[i];
    return NULL;
}

static void assert_presence(const char *name, const char *wanted)
{
    struct hr_roll roll = made();
    const struct hr_roll_entry *entry = entry_of(&roll, name);
    if (entry == NULL)
        fail_msg("%s is not on the roll", name);
    else
        assert_string_equal(hr_presence_name(entry->presence), wanted);
    hr_roll_clear(&roll);
}

static void who_comes_within_the_grace_is_present(void **state)
{
    (void)state;
    film_all((const struct sight[]){{"1", "certain", 5 * MINUTE, 40 * MINUTE - SECOND, NULL},
                                    {"2", "certain", 5 * MINUTE + SECOND, 45 * MINUTE - SECOND, NULL},
                                    {"3", "certain", 0, 40 * MINUTE - 2 * SECOND, NULL}},
             3);
    struct hr_roll roll = made();
    const struct hr_roll_entry *ada = entry_of(&roll, "Ada");
    assert_int_equal(ada->presence, HR_PRESENCE_PRESENT);
    assert_true(ada->arrived_us == START + 5 * MINUTE);
    assert_true(ada->left_us == START + 40 * MINUTE - SECOND);
    assert_true(ada->seen_us == 35 * MINUTE);
    assert_int_equal(ada->sightings, 7);
    assert_int_equal(entry_of(&roll, "Ben")->presence, HR_PRESENCE_LATE);
    assert_int_equal(entry_of(&roll, "Cleo")->presence, HR_PRESENCE_LEFT_EARLY);
    assert_int_equal(roll.gap_count, 0);
    assert_int_equal(roll.count, 3);
    assert_int_equal(roll.unknown_people, 2);
    hr_roll_clear(&roll);
}

static void of_what_was_not_filmed_nothing_follows(void **state)
{
    (void)state;
    film("late.mp4", "", 10 * MINUTE, 25 * MINUTE,
         (const struct sight[]){{"1", "certain", 10 * MINUTE, 35 * MINUTE - SECOND, NULL}}, 1);
    struct hr_roll roll = made();
    assert_int_equal(entry_of(&roll, "Ada")->presence, HR_PRESENCE_PRESENT);
    assert_int_equal(entry_of(&roll, "Ben")->presence, HR_PRESENCE_NOT_FILMED);
    assert_int_equal(roll.gap_count, 2);
    assert_true(roll.gaps[0].start_us == START && roll.gaps[0].end_us == START + 10 * MINUTE);
    assert_true(roll.gaps[1].start_us == START + 35 * MINUTE && roll.gaps[1].end_us == END);
    hr_roll_clear(&roll);
}

static void parts_and_cameras_are_one_lesson(void **state)
{
    (void)state;
    film("a.mp4", "front", 0, 20 * MINUTE, (const struct sight[]){{"1", "certain", 0, 20 * MINUTE - SECOND, NULL}}, 1);
    film("b.mp4", "front", 20 * MINUTE + 59 * SECOND, 25 * MINUTE,
         (const struct sight[]){{"2", "certain", 21 * MINUTE, 22 * MINUTE, NULL}}, 1);
    film("back.mp4", "back", 0, 44 * MINUTE + SECOND,
         (const struct sight[]){{"1", "certain", 10 * MINUTE, 44 * MINUTE, NULL},
                                {"2", "certain", MINUTE, 2 * MINUTE - SECOND, NULL}},
         2);
    struct hr_roll roll = made();
    assert_int_equal(roll.recording_count, 3);
    assert_int_equal(roll.gap_count, 0);
    assert_true(entry_of(&roll, "Ada")->seen_us == 44 * MINUTE + SECOND);
    assert_int_equal(entry_of(&roll, "Ada")->presence, HR_PRESENCE_PRESENT);
    assert_true(entry_of(&roll, "Ben")->arrived_us == START + MINUTE);
    assert_true(entry_of(&roll, "Ben")->seen_us == 2 * MINUTE + SECOND);
    assert_int_equal(entry_of(&roll, "Ben")->presence, HR_PRESENCE_LEFT_EARLY);
    assert_int_equal(entry_of(&roll, "Cleo")->presence, HR_PRESENCE_ABSENT);
    hr_roll_clear(&roll);
}

static void a_pause_of_a_minute_leaves_nobody_absent(void **state)
{
    (void)state;
    film("a.mp4", "", 0, 20 * MINUTE, NULL, 0);
    film("b.mp4", "", 21 * MINUTE, 24 * MINUTE, NULL, 0);
    assert_presence("Ada", "not_filmed");
    film("c.mp4", "", 20 * MINUTE, 30 * SECOND, NULL, 0);
    assert_presence("Ada", "absent");
}

static void nobody_in_doubt_is_absent_or_present(void **state)
{
    (void)state;
    film_all((const struct sight[]){{"1", "review", MINUTE, 2 * MINUTE, NULL},
                                    {NULL, "review", MINUTE, 2 * MINUTE, "2"},
                                    {NULL, "unknown", MINUTE, 2 * MINUTE, "3"}},
             3);
    assert_presence("Ada", "review");
    assert_presence("Ben", "review");
    assert_presence("Cleo", "absent");
    film("back.mp4", "back", 0, 45 * MINUTE, (const struct sight[]){{"1", "certain", 0, 45 * MINUTE, NULL}}, 1);
    assert_presence("Ada", "present");
}

static void who_cannot_be_recognised_is_marked_by_hand(void **state)
{
    size_t removed;
    (void)state;
    assert_ok(hr_database_set_consent(database, "1", false, &removed, &test_error));
    assert_ok(hr_database_forget_faces(database, "2", NULL, &test_error));
    film_all(NULL, 0);
    assert_presence("Ada", "unmarked");
    assert_presence("Ben", "unmarked");
    assert_presence("Cleo", "absent");
    assert_ok(hr_database_mark(database, lesson, "1", "present", "", &test_error));
    assert_presence("Ada", "present");
}

static void a_guest_is_seen_and_not_enrolled(void **state)
{
    (void)state;
    film_all((const struct sight[]){{"4", "certain", 0, MINUTE, NULL}}, 1);
    assert_presence("Dora", "not_enrolled");
    assert_ok(hr_database_enrol(database, "8b", "4", "2026-11-28", NULL, &test_error));
    assert_presence("Dora", "not_enrolled");
    assert_ok(hr_database_leave(database, "8b", "3", "2026-11-26", &test_error));
    struct hr_roll roll = made();
    assert_null(entry_of(&roll, "Cleo"));
    hr_roll_clear(&roll);
}

static void a_mark_outranks_what_was_seen_and_stands_beside_it(void **state)
{
    (void)state;
    film_all((const struct sight[]){{"1", "certain", 0, 45 * MINUTE, NULL}}, 1);
    assert_ok(hr_database_mark(database, lesson, "1", "absent", "", &test_error));
    assert_ok(hr_database_mark(database, lesson, "1", "excused", "ill", &test_error));
    struct hr_roll roll = made();
    const struct hr_roll_entry *ada = entry_of(&roll, "Ada");
    assert_true(ada->by_hand);
    assert_int_equal(ada->presence, HR_PRESENCE_EXCUSED);
    assert_int_equal(ada->seen, HR_PRESENCE_PRESENT);
    assert_string_equal(ada->note, "ill");
    assert_true(ada->arrived_us == START);
    hr_roll_clear(&roll);
    assert_ok(hr_database_mark(database, lesson, "1", NULL, NULL, &test_error));
    assert_presence("Ada", "absent");
    assert_ok(hr_database_mark(database, lesson, "1", NULL, NULL, &test_error));
    assert_presence("Ada", "present");
    assert_fails(hr_database_mark(database, lesson, "1", NULL, NULL, &test_error), HR_ERR_NOT_FOUND, "no mark");
    assert_fails(hr_database_mark(database, lesson, "9", "absent", "", &test_error), HR_ERR_NOT_FOUND, "'9'");
}

/* "Present" beside a bar that is empty now says why. */
static void what_was_deleted_since_is_said_in_a_finished_roll(void **state)
{
    size_t removed;
    (void)state;
    film_all((const struct sight[]){{"1", "certain", 0, 45 * MINUTE - SECOND, NULL},
                                    {"2", "certain", 10 * MINUTE, 45 * MINUTE - SECOND, NULL}},
             2);
    struct hr_roll roll = made();
    assert_string_equal(hr_roll_reason_name(entry_of(&roll, "Ada")->reason), "seen");
    assert_false(entry_of(&roll, "Ada")->refuses);
    assert_ok(hr_roll_finish(&roll, database, &test_error));
    hr_roll_clear(&roll);
    assert_ok(hr_database_set_consent(database, "1", false, &removed, &test_error));
    roll = made();
    const struct hr_roll_entry *ada = entry_of(&roll, "Ada");
    assert_int_equal(ada->presence, HR_PRESENCE_PRESENT);
    assert_true(ada->refuses);
    assert_int_equal(ada->reason, HR_ROLL_REASON_CONSENT_TAKEN_BACK);
    assert_string_equal(ada->why, "seen then; what was seen was deleted when consent was taken back");
    assert_int_equal(entry_of(&roll, "Ben")->reason, HR_ROLL_REASON_LATE);
    hr_roll_clear(&roll);
    /* Agreeing later brings nothing back; nor is anything left when the recording is forgotten. */
    assert_ok(hr_database_set_consent(database, "1", true, &removed, &test_error));
    assert_ok(hr_database_forget_video(database, "lesson.mp4", &removed, &test_error));
    roll = made();
    assert_int_equal(entry_of(&roll, "Ada")->reason, HR_ROLL_REASON_DELETED);
    assert_int_equal(entry_of(&roll, "Ben")->reason, HR_ROLL_REASON_DELETED);
    hr_roll_clear(&roll);
}

static void a_kept_reason_is_known_by_its_text(void **state)
{
    bool corrected;
    char text[160];
    (void)state;
    for (int i = 1; i < HR_ROLL_REASON_COUNT; i++) {
        assert_int_equal(hr_roll_reason_of_text(hr_roll_reason_text((enum hr_roll_reason)i), &corrected), i);
        assert_false(corrected);
        snprintf(text, sizeof text, "%s, as it was corrected", hr_roll_reason_text((enum hr_roll_reason)i));
        assert_int_equal(hr_roll_reason_of_text(text, &corrected), i);
        assert_true(corrected);
    }
    assert_int_equal(hr_roll_reason_of_text("as another program says", &corrected), HR_ROLL_REASON_NONE);
}

static void a_finished_roll_stays_as_it_is_until_it_is_opened_again(void **state)
{
    (void)state;
    film_all((const struct sight[]){{"1", "certain", 0, 45 * MINUTE, NULL}}, 1);
    assert_ok(hr_database_mark(database, lesson, "2", "excused", "ill", &test_error));
    struct hr_roll roll = made();
    assert_ok(hr_roll_finish(&roll, database, &test_error));
    assert_fails(hr_roll_finish(&roll, database, &test_error), HR_ERR_CONFLICT, "finished");
    hr_roll_clear(&roll);
    assert_fails(hr_database_mark(database, lesson, "1", "late", "", &test_error), HR_ERR_CONFLICT, "reopen");
    assert_fails(hr_database_remove_lesson(database, lesson, &test_error), HR_ERR_CONFLICT, "finished");
    assert_ok(hr_database_leave(database, "8b", "1", "2026-11-26", &test_error));
    assert_ok(hr_database_forget(database, "3", NULL, &test_error));
    roll = made();
    assert_int_equal(roll.count, 2); /* who is forgotten is forgotten here as well */
    assert_true(roll.finished_us > 0);
    assert_int_equal(entry_of(&roll, "Ada")->presence, HR_PRESENCE_PRESENT);
    assert_true(entry_of(&roll, "Ada")->left_us == START + 45 * MINUTE);
    assert_string_equal(entry_of(&roll, "Ben")->note, "ill");
    hr_roll_clear(&roll);
    assert_ok(hr_database_reopen_lesson(database, lesson, &test_error));
    assert_fails(hr_database_reopen_lesson(database, lesson, &test_error), HR_ERR_CONFLICT, "not finished");
    roll = made();
    assert_int_equal(entry_of(&roll, "Ada")->presence, HR_PRESENCE_NOT_ENROLLED); /* has left since */
    hr_roll_clear(&roll);
}

static void a_recording_that_is_given_again_is_replaced(void **state)
{
    (void)state;
    film_all((const struct sight[]){{"1", "certain", 0, 45 * MINUTE, NULL}}, 1);
    film_all((const struct sight[]){{"2", "certain", 0, 45 * MINUTE, NULL}}, 1);
    assert_presence("Ada", "absent");
    assert_presence("Ben", "present");
    struct hr_roll roll = made();
    assert_int_equal(roll.recording_count, 1);
    hr_roll_clear(&roll);
}

static void students_who_are_joined_keep_their_lessons(void **state)
{
    size_t moved;
    (void)state;
    film_all((const struct sight[]){{"4", "certain", 0, 45 * MINUTE, NULL}}, 1);
    assert_ok(hr_database_mark(database, lesson, "2", "excused", "", &test_error));
    assert_ok(hr_database_merge(database, "1", "4", &moved, &test_error));
    assert_presence("Ada", "present");
    assert_ok(hr_database_merge(database, "3", "2", &moved, &test_error));
    assert_presence("Cleo", "excused");
}

static void short_gaps_are_told_and_count_together(void **state)
{
    (void)state;
    film("a.mp4", "", 0, 15 * MINUTE, NULL, 0);
    film("b.mp4", "", 15 * MINUTE + 5 * SECOND, 10 * MINUTE, NULL, 0); /* five seconds: between two parts */
    film("c.mp4", "", 25 * MINUTE + 35 * SECOND, 10 * MINUTE, NULL, 0);
    film("d.mp4", "", 35 * MINUTE + 35 * SECOND, 9 * MINUTE + 25 * SECOND, NULL, 0);
    struct hr_roll roll = made();
    assert_int_equal(roll.gap_count, 1);
    assert_true(roll.gaps[0].start_us == START + 25 * MINUTE + 5 * SECOND);
    assert_true(roll.gaps[0].end_us == START + 25 * MINUTE + 35 * SECOND);
    hr_roll_clear(&roll);
    assert_presence("Ada", "absent");
    film("d.mp4", "", 36 * MINUTE + 5 * SECOND, 8 * MINUTE + 55 * SECOND, NULL, 0); /* in place of the other */
    assert_presence("Ada", "not_filmed");
}

static void who_may_have_been_there_before_is_not_late_for_certain(void **state)
{
    (void)state;
    film_all((const struct sight[]){{"1", "certain", 20 * MINUTE, 44 * MINUTE, NULL},
                                    {"1", "review", 0, 19 * MINUTE, NULL},
                                    {"2", "certain", 0, 20 * MINUTE, NULL},
                                    {"3", "review", 21 * MINUTE, 44 * MINUTE, "2"},
                                    {"3", "certain", 20 * MINUTE, 44 * MINUTE, NULL}},
             5);
    struct hr_roll roll = made();
    assert_int_equal(entry_of(&roll, "Ada")->presence, HR_PRESENCE_REVIEW);
    assert_true(entry_of(&roll, "Ada")->arrived_us == START + 20 * MINUTE);
    assert_string_equal(entry_of(&roll, "Ada")->why, "seen, and somebody may be him before that");
    assert_int_equal(entry_of(&roll, "Ben")->presence, HR_PRESENCE_REVIEW);
    assert_string_equal(entry_of(&roll, "Ben")->why, "seen, and somebody may be him after that");
    assert_int_equal(entry_of(&roll, "Cleo")->presence, HR_PRESENCE_LATE);
    hr_roll_clear(&roll);
}

/* --- corrections --- */

static int64_t last_track;

static enum hr_status take_track(void *context, const struct hr_track_record *track, struct hr_error *error)
{
    (void)context;
    (void)error;
    last_track = track->key;
    return HR_OK;
}

static enum hr_status take_recording(void *context, const struct hr_recording_record *recording, struct hr_error *error)
{
    return hr_database_each_track(context, recording->observation, take_track, NULL, error);
}

/* Says it of the last track that was filmed; gives its number. */
static int64_t say(enum hr_correction_kind kind, const char *student)
{
    int64_t change;
    assert_ok(hr_database_each_recording(database, lesson, take_recording, database, &test_error));
    assert_ok(hr_database_correct(database, kind, student, &last_track, 1, &change, &test_error));
    return change;
}

static enum hr_status ignore_change(void *context, const struct hr_change_record *change, struct hr_error *error)
{
    (void)context;
    (void)change;
    (void)error;
    return HR_OK;
}

static void take_back(int64_t change)
{
    int64_t track;
    assert_ok(hr_database_undo(database, change, ignore_change, NULL, &track, &test_error));
}

static void the_roll_follows_what_is_said_and_taken_back(void **state)
{
    (void)state;
    film_all((const struct sight[]){{"1", "certain", 0, 45 * MINUTE - SECOND, NULL}}, 1);
    int64_t not_ada = say(HR_CORRECTION_NOT, "1");
    assert_presence("Ada", "absent");
    int64_t is_ben = say(HR_CORRECTION_IS, "2");
    assert_presence("Ben", "present");
    struct hr_roll roll = made();
    assert_string_equal(entry_of(&roll, "Ben")->why, "seen, as it was corrected");
    hr_roll_clear(&roll);
    int64_t nobody = say(HR_CORRECTION_NOBODY, NULL);
    assert_presence("Ben", "absent");
    take_back(nobody);
    assert_presence("Ben", "present");
    take_back(is_ben);
    assert_presence("Ben", "absent");
    assert_presence("Ada", "absent");
    take_back(not_ada);
    assert_presence("Ada", "present");
    assert_presence("Ben", "absent");
}

static void whom_a_candidate_is_not_is_no_longer_in_review(void **state)
{
    (void)state;
    film_all((const struct sight[]){{"1", "review", 0, 44 * MINUTE, "2"}}, 1);
    assert_presence("Ada", "review");
    assert_presence("Ben", "review");
    int64_t not_ben = say(HR_CORRECTION_NOT, "2");
    assert_presence("Ada", "review");
    assert_presence("Ben", "absent");
    take_back(not_ben);
    say(HR_CORRECTION_IS, "2");
    assert_presence("Ada", "absent");
    assert_presence("Ben", "present");
}

static void a_look_alike_is_certain_no_longer(void **state)
{
    (void)state;
    film("a.mp4", "", 0, 45 * MINUTE, (const struct sight[]){{"1", "certain", 0, MINUTE, NULL}}, 1);
    int64_t first = say(HR_CORRECTION_NOT, "1");
    film("b.mp4", "", 0, 45 * MINUTE, (const struct sight[]){{"1", "certain", 2 * MINUTE, 44 * MINUTE, NULL}}, 1);
    assert_presence("Ada", "present"); /* once may be a slip */
    say(HR_CORRECTION_NOT, "1");
    assert_presence("Ada", "absent");
    film("c.mp4", "", 0, 45 * MINUTE, (const struct sight[]){{"1", "certain", 0, 44 * MINUTE, NULL}}, 1);
    assert_presence("Ada", "review"); /* as alike as those were */
    take_back(first);
    assert_presence("Ada", "present");
}

static void unknown_people_are_counted_as_they_stand(void **state)
{
    struct hr_roll roll;
    (void)state;
    film_all((const struct sight[]){{"1", "certain", 0, MINUTE, NULL}}, 1); /* and two unknown without a view */
    int64_t not_ada = say(HR_CORRECTION_NOT, "1");
    roll = made();
    assert_int_equal(roll.unknown_people, 3);
    hr_roll_clear(&roll);
    take_back(not_ada);
    say(HR_CORRECTION_NOBODY, NULL);
    roll = made();
    assert_int_equal(roll.unknown_people, 2);
    hr_roll_clear(&roll);
}

int main(void)
{
#define WITH_A_CLASS(test) cmocka_unit_test_setup_teardown(test, make_class, drop_class)
    const struct CMUnitTest tests[] = {
        WITH_A_CLASS(who_comes_within_the_grace_is_present),
        WITH_A_CLASS(short_gaps_are_told_and_count_together),
        WITH_A_CLASS(who_may_have_been_there_before_is_not_late_for_certain),
        WITH_A_CLASS(the_roll_follows_what_is_said_and_taken_back),
        WITH_A_CLASS(whom_a_candidate_is_not_is_no_longer_in_review),
        WITH_A_CLASS(a_look_alike_is_certain_no_longer),
        WITH_A_CLASS(unknown_people_are_counted_as_they_stand),
        WITH_A_CLASS(of_what_was_not_filmed_nothing_follows),
        WITH_A_CLASS(parts_and_cameras_are_one_lesson),
        WITH_A_CLASS(a_pause_of_a_minute_leaves_nobody_absent),
        WITH_A_CLASS(nobody_in_doubt_is_absent_or_present),
        WITH_A_CLASS(who_cannot_be_recognised_is_marked_by_hand),
        WITH_A_CLASS(a_guest_is_seen_and_not_enrolled),
        WITH_A_CLASS(a_mark_outranks_what_was_seen_and_stands_beside_it),
        WITH_A_CLASS(what_was_deleted_since_is_said_in_a_finished_roll),
        WITH_A_CLASS(a_kept_reason_is_known_by_its_text),
        WITH_A_CLASS(a_finished_roll_stays_as_it_is_until_it_is_opened_again),
        WITH_A_CLASS(a_recording_that_is_given_again_is_replaced),
        WITH_A_CLASS(students_who_are_joined_keep_their_lessons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
