/* What runs for long purges at its start and every hour, and tries again what failed. */
#include "support/check.h"

#include "jobs/upkeep.h"
#include "records/sql.h"
#include "support/temporary.h"

#define MINUTE_US INT64_C(60000000)
#define DAY_US INT64_C(86400000000)

struct place {
    struct temporary folder;
    struct temporary_path database;
    struct hr_class_place class;
    struct hr_clock clock;
    int64_t now_us;
    struct hr_upkeep upkeep;
    struct hr_overdue removed;
    struct hr_error error;
};

static int64_t fake_now(void *context)
{
    return ((struct place *)context)->now_us;
}

static void add_face(struct place *place, const char *id, int64_t age_us)
{
    struct hr_database *database = NULL;
    static const float vector[4] = {1, 2, 3, 4};
    const struct hr_clock *clock = hr_clock_system();
    struct hr_face_record face = {.student_id = id,
                                  .model_id = "m",
                                  .vector = hr_view_of(vector, sizeof vector),
                                  .origin = "photo",
                                  .origin_sha256 = "",
                                  .created_us = clock->wall_us(clock->context) - age_us};
    assert_ok(hr_database_open(&database, place->database.text, HR_DATABASE_CREATE, &place->error), &place->error);
    assert_ok(hr_database_ensure_student(database, id, NULL, &place->error), &place->error);
    assert_ok(hr_database_add_face(database, &face, &place->error), &place->error);
    assert_ok(hr_database_set_keeping(database, HR_KEPT_FACES, 10, &place->error), &place->error);
    hr_database_close(database);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    temporary_make(&place->folder);
    place->database = temporary_path(&place->folder, "homeroom.db");
    place->class.database = place->database.text;
    place->clock = *hr_clock_system();
    place->clock.monotonic_us = fake_now;
    place->clock.context = place;
    place->now_us = 5;
    place->upkeep = hr_upkeep_begin(&place->class, &place->clock);
    add_face(place, "1", 20 * DAY_US);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    temporary_remove(&place->folder);
    free(place);
    return 0;
}

static enum hr_status run(struct place *place)
{
    return hr_upkeep_run(&place->upkeep, &place->removed, &place->error);
}

static void it_is_done_at_the_start_and_every_hour(void **state)
{
    struct place *place = *state;
    assert_int_equal(run(place), HR_OK);
    assert_int_equal(place->removed.rows[HR_KEPT_FACES], 1);
    add_face(place, "2", 20 * DAY_US);
    for (int minute = 0; minute < 60; minute++, place->now_us += MINUTE_US) {
        assert_int_equal(run(place), HR_END);
        assert_false(hr_overdue_any(&place->removed));
    }
    assert_int_equal(run(place), HR_OK);
    assert_int_equal(place->removed.rows[HR_KEPT_FACES], 1);
    place->now_us += 61 * MINUTE_US;
    assert_int_equal(run(place), HR_END); /* nothing is too old */
}

static void a_database_that_is_in_use_is_tried_again_in_a_minute(void **state)
{
    struct place *place = *state;
    struct hr_database *writer = NULL;
    assert_ok(hr_database_open(&writer, place->database.text, HR_DATABASE_WRITE, &place->error), &place->error);
    assert_ok(hr_database_begin(writer, &place->error), &place->error);
    assert_int_equal(run(place), HR_ERR_UNAVAILABLE);
    hr_database_rollback(writer);
    assert_int_equal(run(place), HR_END);
    place->now_us += MINUTE_US;
    assert_int_equal(run(place), HR_OK);
    hr_database_close(writer);
}

static void what_can_not_be_done_is_tried_again_in_an_hour(void **state)
{
    struct place *place = *state;
    struct temporary_path away = temporary_path(&place->folder, "away");
    assert_int_equal(rename(place->database.text, away.text), 0);
    assert_int_equal(run(place), HR_ERR_NOT_FOUND);
    assert_int_equal(rename(away.text, place->database.text), 0);
    place->now_us += 59 * MINUTE_US;
    assert_int_equal(run(place), HR_END);
    place->now_us += MINUTE_US;
    assert_int_equal(run(place), HR_OK);
}

/* Without a way to Amazon, any call would fail. */
static void a_database_in_a_bucket_is_left_alone(void **state)
{
    struct place *place = *state;
    place->class.database = "s3://bucket/homeroom.db";
    assert_int_equal(run(place), HR_END);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_done_at_the_start_and_every_hour),
        TEST(a_database_that_is_in_use_is_tried_again_in_a_minute),
        TEST(what_can_not_be_done_is_tried_again_in_an_hour),
        TEST(a_database_in_a_bucket_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
