#include "support/check.h"

#include "base/clock.h"

static void iso8601(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {INT64_C(1769860800999999), "2026-01-31T12:00:00Z"},
        {INT64_C(951782399000000), "2000-02-28T23:59:59Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00Z"},
        {INT64_C(4102444800000000), "2100-01-01T00:00:00Z"},
        {INT64_C(-86400000000), "1969-12-31T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[HR_CLOCK_ISO8601_SIZE];
        hr_clock_iso8601(cases[i].wall_us, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* The largest time there is, in a block of exactly the promised size. */
static void iso8601_stays_inside(void **state)
{
    (void)state;
    char *text = malloc(HR_CLOCK_ISO8601_SIZE);
    hr_clock_iso8601(INT64_MAX, text);
    assert_true(strlen(text) < HR_CLOCK_ISO8601_SIZE);
    hr_clock_iso8601(INT64_MIN, text);
    assert_true(strlen(text) < HR_CLOCK_ISO8601_SIZE);
    free(text);
}

static int64_t fake_now_us(void *context)
{
    return *(const int64_t *)context;
}

static void deadline_by_time(void **state)
{
    (void)state;
    int64_t now_us = 0;
    const struct hr_clock clock = {fake_now_us, fake_now_us, NULL, &now_us};
    const struct hr_deadline deadline = {.clock = &clock, .at_monotonic_us = 1000};
    now_us = 999;
    assert_false(hr_deadline_passed(&deadline));
    now_us = 1000;
    assert_true(hr_deadline_passed(&deadline));
    now_us = 1001;
    assert_true(hr_deadline_passed(&deadline));
}

static void deadline_without_a_time_does_not_pass(void **state)
{
    (void)state;
    int64_t now_us = INT64_MAX;
    const struct hr_clock clock = {fake_now_us, fake_now_us, NULL, &now_us};
    const struct hr_deadline deadline = {.clock = &clock, .at_monotonic_us = INT64_MAX};
    assert_false(hr_deadline_passed(&deadline));
    assert_false(hr_deadline_passed(NULL));
}

/* A limit that no clock can count to is none, and does not overflow into one that has passed. */
static void deadline_after_a_time(void **state)
{
    (void)state;
    int64_t now_us = 5000;
    struct hr_stop stop = {false};
    const struct hr_clock clock = {fake_now_us, fake_now_us, NULL, &now_us};
    static const struct {
        int64_t timeout_ms, at_us;
    } cases[] = {{0, INT64_MAX},
                 {-1, INT64_MAX},
                 {INT64_MIN, INT64_MAX},
                 {1, 6000},
                 {INT64_MAX / 1000 - 5, (INT64_MAX / 1000 - 5) * 1000 + 5000},
                 {INT64_MAX / 1000, INT64_MAX},
                 {INT64_MAX / 1000 + 1, INT64_MAX},
                 {INT64_MAX, INT64_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_deadline deadline = hr_deadline_after(&clock, cases[i].timeout_ms, &stop);
        assert_int_equal(deadline.at_monotonic_us, cases[i].at_us);
        assert_false(hr_deadline_passed(&deadline));
        assert_ptr_equal(deadline.stop, &stop);
    }
}

static void deadline_by_flag(void **state)
{
    (void)state;
    int64_t now_us = 0;
    struct hr_stop stop = {false};
    const struct hr_clock clock = {fake_now_us, fake_now_us, NULL, &now_us};
    const struct hr_deadline deadline = {.clock = &clock, .at_monotonic_us = INT64_MAX, .stop = &stop};
    assert_false(hr_deadline_passed(&deadline));
    atomic_store(&stop.requested, true);
    assert_true(hr_deadline_passed(&deadline));
}

static void system_clock_goes_forward(void **state)
{
    (void)state;
    const struct hr_clock *clock = hr_clock_system();
    int64_t before_us = clock->monotonic_us(clock->context);
    clock->sleep_us(clock->context, 0);
    clock->sleep_us(clock->context, -5);
    clock->sleep_us(clock->context, 1000);
    assert_true(clock->monotonic_us(clock->context) >= before_us + 1000);
    assert_true(clock->wall_us(clock->context) > INT64_C(1700000000000000));
    assert_true(hr_clock_process_cpu_us() >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso8601),
        cmocka_unit_test(iso8601_stays_inside),
        cmocka_unit_test(deadline_by_time),
        cmocka_unit_test(deadline_without_a_time_does_not_pass),
        cmocka_unit_test(deadline_after_a_time),
        cmocka_unit_test(deadline_by_flag),
        cmocka_unit_test(system_clock_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
