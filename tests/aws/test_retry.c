/* When to try again, on a clock that does not tick. */
#include "support/check.h"

#include "fake.h"

static struct hr_retry retry_of(struct fake_clock *clock, struct hr_retry_budget *budget)
{
    return (struct hr_retry){
        .policy = hr_retry_policy_default(), .budget = budget, .clock = &clock->clock, .random = {fake_chance, NULL}};
}

static void delays_double_up_to_the_most(void **state)
{
    (void)state;
    struct fake_clock clock;
    fake_clock_init(&clock);
    struct hr_retry retry = retry_of(&clock, NULL);
    static const int64_t transient_ms[] = {100, 200, 400, 800, 1600};
    for (size_t i = 0; i < 5; i++) {
        clock.slept_us = 0;
        assert_true(hr_retry_again(&retry, HR_RETRY_TRANSIENT, 0));
        assert_int_equal(clock.slept_us, transient_ms[i] * 1000);
    }
    assert_false(hr_retry_again(&retry, HR_RETRY_TRANSIENT, 0));
    retry = retry_of(&clock, NULL);
    retry.policy.attempts_max = 20;
    for (int i = 0; i < 19; i++) {
        clock.slept_us = 0;
        assert_true(hr_retry_again(&retry, HR_RETRY_THROTTLED, 0));
    }
    assert_int_equal(clock.slept_us, 20000000);
}

static uint32_t half_chance(void *context)
{
    (void)context;
    return UINT32_MAX / 2;
}

static void delay_is_a_random_part(void **state)
{
    (void)state;
    struct fake_clock clock;
    fake_clock_init(&clock);
    struct hr_retry retry = retry_of(&clock, NULL);
    retry.random.next = half_chance;
    assert_true(hr_retry_again(&retry, HR_RETRY_TRANSIENT, 0));
    assert_in_range(clock.slept_us, 49000, 50000);
}

static void service_may_ask_for_more(void **state)
{
    (void)state;
    struct fake_clock clock;
    fake_clock_init(&clock);
    struct hr_retry retry = retry_of(&clock, NULL);
    assert_true(hr_retry_again(&retry, HR_RETRY_THROTTLED, 3000));
    assert_int_equal(clock.slept_us, 3000000);
    clock.slept_us = 0;
    assert_true(hr_retry_again(&retry, HR_RETRY_THROTTLED, INT64_MAX));
    assert_int_equal(clock.slept_us, 20000000);
}

static void what_will_not_help_is_not_tried(void **state)
{
    (void)state;
    struct fake_clock clock;
    fake_clock_init(&clock);
    struct hr_retry retry = retry_of(&clock, NULL);
    assert_false(hr_retry_again(&retry, HR_RETRY_NO, 0));
    const struct hr_deadline deadline = {&clock.clock, clock.now_us + 100000, NULL};
    retry.deadline = &deadline;
    retry.attempts = 0;
    assert_false(hr_retry_again(&retry, HR_RETRY_TRANSIENT, 0));
    assert_int_equal(clock.slept_us, 0);
    const struct hr_deadline later = {&clock.clock, clock.now_us + 100001, NULL};
    retry.deadline = &later;
    retry.attempts = 0;
    assert_true(hr_retry_again(&retry, HR_RETRY_TRANSIENT, 0));
}

static void budget_is_shared_and_refilled(void **state)
{
    (void)state;
    struct fake_clock clock;
    struct hr_retry_budget budget;
    fake_clock_init(&clock);
    hr_retry_budget_init(&budget, 12);
    struct hr_retry one = retry_of(&clock, &budget), two = retry_of(&clock, &budget);
    assert_true(hr_retry_again(&one, HR_RETRY_TRANSIENT, 0));
    assert_true(hr_retry_again(&two, HR_RETRY_TRANSIENT, 0));
    assert_false(hr_retry_again(&one, HR_RETRY_TRANSIENT, 0));
    hr_retry_done(&two);
    assert_int_equal(atomic_load(&budget.tokens), 7);
    for (int i = 0; i < 20; i++) {
        struct hr_retry easy = retry_of(&clock, &budget);
        hr_retry_done(&easy);
    }
    assert_int_equal(atomic_load(&budget.tokens), 12);
}

static void sleep_ends_when_asked(void **state)
{
    (void)state;
    struct fake_clock clock;
    struct hr_stop stop = {false};
    fake_clock_init(&clock);
    const struct hr_deadline deadline = {&clock.clock, clock.now_us + 250000, &stop};
    assert_false(hr_sleep_until_deadline(&clock.clock, 10000000, &deadline));
    assert_int_equal(clock.slept_us, 300000);
    assert_true(hr_sleep_until_deadline(&clock.clock, 150000, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_double_up_to_the_most),  cmocka_unit_test(delay_is_a_random_part),
        cmocka_unit_test(service_may_ask_for_more),      cmocka_unit_test(what_will_not_help_is_not_tried),
        cmocka_unit_test(budget_is_shared_and_refilled), cmocka_unit_test(sleep_ends_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
