/* Classes: who is in which on which day, and when they meet. */
#include "records/classes.h"
#include "records/lessons.h"
#include "records/sql.h"
#include "records/support.h"

static struct hr_database *opened(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    struct hr_class_record class = {.id = "8b", .late_min = -1, .early_min = -1};
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    test_add_student(database, "1", "Ada", 1);
    test_add_student(database, "2", "Ben", 2);
    assert_ok(hr_database_put_class(database, &class, NULL, &test_error));
    return database;
}

static enum hr_status note_member(void *context, const struct hr_member_record *member, struct hr_error *error)
{
    (void)error;
    snprintf((char *)context + strlen(context), 64, "%s %s-%s;", member->student_id, member->from_day, member->to_day);
    return HR_OK;
}

static void assert_members(struct hr_database *database, const char *day, const char *wanted)
{
    char seen[256] = "";
    assert_ok(hr_database_each_member(database, "8b", day, note_member, seen, &test_error));
    assert_string_equal(seen, wanted);
}

static void days_are_days_of_the_calendar(void **state)
{
    (void)state;
    assert_int_equal(hr_day_weekday("2026-11-27"), 5);
    assert_int_equal(hr_day_weekday("2024-02-29"), 4);
    assert_int_equal(hr_day_weekday("2000-01-01"), 6);
    assert_int_equal(hr_day_weekday("2026-03-01"), 7);
    static const char *const none[] = {"2026-02-29", "2026-13-01", "2026-00-10",  "2026-1-1",  "27.11.2026",
                                       "2026-11-31", "",           "2026-11-27x", "2026-11-2", "1969-12-31"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(hr_day_weekday(none[i]), 0);
}

static void a_student_is_in_a_class_from_a_day_to_a_day(void **state)
{
    struct hr_database *database = opened(*state);
    bool changed = false;
    assert_ok(hr_database_enrol(database, "8b", "1", "2026-09-01", &changed, &test_error));
    assert_true(changed);
    assert_ok(hr_database_enrol(database, "8b", "1", "2026-10-01", &changed, &test_error));
    assert_false(changed);
    assert_ok(hr_database_leave(database, "8b", "1", "2026-10-31", &test_error));
    assert_members(database, "2026-08-31", "");
    assert_members(database, "2026-09-01", "1 2026-09-01-2026-10-31;");
    assert_members(database, "2026-10-31", "1 2026-09-01-2026-10-31;");
    assert_members(database, "2026-11-01", "");
    assert_fails(hr_database_leave(database, "8b", "1", "2026-11-02", &test_error), HR_ERR_NOT_FOUND, "not in class");
    assert_ok(hr_database_enrol(database, "8b", "1", "2026-11-15", &changed, &test_error));
    assert_true(changed);
    assert_ok(hr_database_enrol(database, "8b", "2", "2026-11-15", &changed, &test_error));
    assert_members(database, NULL, "1 2026-09-01-2026-10-31;1 2026-11-15-;2 2026-11-15-;");
    assert_fails(hr_database_enrol(database, "9c", "1", "2026-11-15", NULL, &test_error), HR_ERR_NOT_FOUND, "'9c'");
    assert_fails(hr_database_enrol(database, "8b", "7", "2026-11-15", NULL, &test_error), HR_ERR_NOT_FOUND, "'7'");
    assert_fails(hr_database_enrol(database, "8b", "1", "soon", NULL, &test_error), HR_ERR_ARGUMENT, "no day");
    assert_ok(hr_database_forget(database, "1", NULL, &test_error));
    assert_members(database, NULL, "2 2026-11-15-;");
    hr_database_close(database);
}

static enum hr_status note_class(void *context, const struct hr_class_record *class, struct hr_error *error)
{
    (void)error;
    snprintf((char *)context + strlen(context), 128, "%s '%s' %s %d %d;", class->id, class->title, class->zone,
             class->late_min, class->early_min);
    return HR_OK;
}

static void a_class_is_changed_in_what_is_given(void **state)
{
    struct hr_database *database = opened(*state);
    char seen[512] = "";
    struct hr_class_record class = {
        .id = "8b", .title = "Physics", .zone = "Europe/Berlin", .late_min = 10, .early_min = -1};
    struct hr_class_record only_zone = {.id = "8b", .zone = "UTC", .late_min = -1, .early_min = 3};
    bool added = true;
    assert_ok(hr_database_put_class(database, &class, &added, &test_error));
    assert_false(added);
    assert_ok(hr_database_each_class(database, note_class, seen, &test_error));
    assert_string_equal(seen, "8b 'Physics' Europe/Berlin 10 5;");
    assert_ok(hr_database_put_class(database, &only_zone, &added, &test_error));
    seen[0] = '\0';
    assert_ok(hr_database_class(database, "8b", note_class, seen, &test_error));
    assert_string_equal(seen, "8b 'Physics' UTC 10 3;");
    class.id = "8 b";
    assert_fails(hr_database_put_class(database, &class, NULL, &test_error), HR_ERR_ARGUMENT, "without blanks");
    assert_fails(hr_database_class(database, "none", note_class, seen, &test_error), HR_ERR_NOT_FOUND, "'none'");
    hr_database_close(database);
}

static enum hr_status note_slot(void *context, const struct hr_slot_record *slot, struct hr_error *error)
{
    (void)error;
    snprintf((char *)context + strlen(context), 64, "%d %d-%d;", slot->weekday, slot->start_min, slot->end_min);
    return HR_OK;
}

static void assert_slots(struct hr_database *database, const char *day, const char *wanted)
{
    char seen[256] = "";
    assert_ok(hr_database_each_slot(database, "8b", day, note_slot, seen, &test_error));
    assert_string_equal(seen, wanted);
}

static void a_timetable_has_its_exceptions(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_slot_record friday = {5, 480, 525}, monday = {1, 600, 645}, longer = {5, 480, 570}, gone = {1, 600, 0},
                          wrong = {8, 480, 525}, backwards = {5, 525, 480};
    assert_ok(hr_database_put_slot(database, "8b", &friday, &test_error));
    assert_ok(hr_database_put_slot(database, "8b", &monday, &test_error));
    assert_slots(database, NULL, "1 600-645;5 480-525;");
    assert_ok(hr_database_put_slot(database, "8b", &longer, &test_error));
    assert_slots(database, "2026-11-27", "5 480-570;");
    assert_slots(database, "2026-11-28", "");
    assert_ok(hr_database_put_day_off(database, "8b", "2026-11-27", true, &test_error));
    assert_slots(database, "2026-11-27", "");
    assert_slots(database, "2026-12-04", "5 480-570;");
    assert_ok(hr_database_put_day_off(database, "8b", "2026-11-27", false, &test_error));
    assert_slots(database, "2026-11-27", "5 480-570;");
    assert_ok(hr_database_put_slot(database, "8b", &gone, &test_error));
    assert_slots(database, NULL, "5 480-570;");
    assert_fails(hr_database_put_slot(database, "8b", &wrong, &test_error), HR_ERR_ARGUMENT, "begins and ends");
    assert_fails(hr_database_put_slot(database, "8b", &backwards, &test_error), HR_ERR_ARGUMENT, "begins and ends");
    hr_database_close(database);
}

static enum hr_status note_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    (void)error;
    snprintf((char *)context + strlen(context), 64, "%s %lld;", lesson->title, (long long)lesson->end_us);
    return HR_OK;
}

static void a_lesson_begins_at_a_moment_once(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_lesson_record lesson = {
        .class_id = "8b", .day = "2026-11-27", .start_us = 1000000, .end_us = 2000000, .title = "Light"};
    int64_t first = 0, second = 0;
    char seen[256] = "";
    assert_ok(hr_database_put_lesson(database, &lesson, &first, &test_error));
    lesson.end_us = 3000000;
    lesson.title = NULL;
    assert_ok(hr_database_put_lesson(database, &lesson, &second, &test_error));
    assert_true(first == second);
    assert_ok(hr_database_each_lesson(database, "8b", note_lesson, seen, &test_error));
    assert_string_equal(seen, "Light 3000000;");
    lesson.end_us = lesson.start_us;
    assert_fails(hr_database_put_lesson(database, &lesson, &second, &test_error), HR_ERR_ARGUMENT, "ends after");
    lesson = (struct hr_lesson_record){.class_id = "none", .day = "2026-11-27", .start_us = 1, .end_us = 2};
    assert_fails(hr_database_put_lesson(database, &lesson, &second, &test_error), HR_ERR_NOT_FOUND, "'none'");
    assert_fails(hr_database_lesson(database, 99, note_lesson, seen, &test_error), HR_ERR_NOT_FOUND, "no lesson 99");
    hr_database_close(database);
}

static void a_class_goes_with_all_that_was_seen_in_it(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_lesson_record lesson = {.class_id = "8b", .day = "2026-11-27", .start_us = 1000000, .end_us = 2000000};
    struct hr_observation_record head = {
        .video = "a very long name of a video.mp4", .version = "", .codec = "", .models = ""};
    int64_t key = 0, observation = 0, rows = 0;
    assert_ok(hr_database_enrol(database, "8b", "1", "2026-09-01", NULL, &test_error));
    assert_ok(hr_database_put_lesson(database, &lesson, &key, &test_error));
    assert_ok(hr_database_begin(database, &test_error));
    assert_ok(hr_database_keep_within(database, &head, NULL, 0, &observation, &test_error));
    assert_ok(hr_database_add_recording(database, observation,
                                        &(struct hr_recording_place){.lesson = key, .start_us = 1000000, .camera = ""},
                                        &test_error));
    assert_ok(hr_database_commit(database, &test_error));
    assert_ok(hr_database_mark(database, key, "1", "late", "", &test_error));
    assert_ok(hr_database_remove_class(database, "8b", &test_error));
    assert_fails(hr_database_remove_class(database, "8b", &test_error), HR_ERR_NOT_FOUND, "'8b'");
    assert_ok(hr_sql_integer(database,
                             "SELECT (SELECT count(*) FROM lessons) + (SELECT count(*) FROM marks) +"
                             " (SELECT count(*) FROM members) + (SELECT count(*) FROM observations)",
                             "counting", &rows, &test_error));
    assert_int_equal(rows, 0);
    hr_database_close(database);
    struct hr_buffer bytes;
    test_read_file(((struct test_folder *)*state)->database, &bytes);
    assert_false(test_holds(hr_buffer_view(&bytes), hr_view_text(head.video)));
    hr_buffer_clear(&bytes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(days_are_days_of_the_calendar),       TEST(a_student_is_in_a_class_from_a_day_to_a_day),
        TEST(a_class_is_changed_in_what_is_given), TEST(a_timetable_has_its_exceptions),
        TEST(a_lesson_begins_at_a_moment_once),    TEST(a_class_goes_with_all_that_was_seen_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
