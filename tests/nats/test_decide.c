/* What becomes of a message after somebody tried. */
#include "support/check.h"

#include "nats/decide.h"

static struct hr_nats_answer decide(enum hr_nats_result result, uint64_t sequence, unsigned deliveries)
{
    struct hr_nats_try tried = {.sequence = sequence, .deliveries = deliveries, .deliveries_max = 8};
    return hr_nats_decide(result, &tried);
}

static void done_is_done(void **state)
{
    (void)state;
    assert_int_equal(decide(HR_NATS_HANDLED, 1, 1).verdict, HR_NATS_DONE);
    assert_int_equal(decide(HR_NATS_HANDLED, 1, 15).verdict, HR_NATS_DONE);
}

static void what_cannot_be_understood_is_not_tried_twice(void **state)
{
    (void)state;
    assert_int_equal(decide(HR_NATS_HOPELESS, 1, 1).verdict, HR_NATS_DEAD);
}

static void who_was_interrupted_gives_it_back_at_once_however_often(void **state)
{
    (void)state;
    for (unsigned deliveries = 1; deliveries < 20; deliveries++) {
        struct hr_nats_answer answer = decide(HR_NATS_INTERRUPTED, 1, deliveries);
        assert_int_equal(answer.verdict, HR_NATS_AGAIN);
        assert_int_equal(answer.delay_ms, 0);
    }
}

static void a_failure_comes_again_until_its_last_try(void **state)
{
    (void)state;
    assert_int_equal(decide(HR_NATS_FAILED, 1, 7).verdict, HR_NATS_AGAIN);
    assert_int_equal(decide(HR_NATS_FAILED, 1, 8).verdict, HR_NATS_DEAD);
    assert_int_equal(decide(HR_NATS_FAILED, 1, 9).verdict, HR_NATS_DEAD);
}

/* 5 s, 20 s, 80 s, 320 s, then 10 minutes; up to half of it less. */
static void delays_grow_up_to_a_bound(void **state)
{
    static const int64_t longest[] = {5000, 20000, 80000, 320000, 600000, 600000, 600000};
    (void)state;
    for (unsigned i = 0; i < sizeof longest / sizeof longest[0]; i++)
        for (uint64_t sequence = 0; sequence < 500; sequence++) {
            int64_t delay = decide(HR_NATS_FAILED, sequence, i + 1).delay_ms;
            assert_in_range(delay, longest[i] / 2, longest[i]);
        }
    struct hr_nats_try late = {.sequence = 1, .deliveries = UINT32_MAX - 1, .deliveries_max = UINT32_MAX};
    assert_in_range(hr_nats_decide(HR_NATS_FAILED, &late).delay_ms, 300000, 600000);
}

/* A hundred that failed together come back spread over all of the time. */
static void delays_are_spread(void **state)
{
    unsigned tenths[10] = {0};
    (void)state;
    for (uint64_t sequence = 1; sequence <= 100; sequence++) {
        int64_t delay = decide(HR_NATS_FAILED, sequence, 1).delay_ms;
        tenths[(delay - 2500) * 10 / 2501]++;
    }
    for (unsigned i = 0; i < 10; i++)
        assert_in_range(tenths[i], 3, 25);
}

static bool deadly(unsigned deliveries, unsigned deliveries_max)
{
    struct hr_nats_try tried = {.deliveries = deliveries, .deliveries_max = deliveries_max};
    return hr_nats_is_deadly(&tried);
}

static void what_ends_its_workers_is_deadly(void **state)
{
    (void)state;
    assert_false(deadly(1, 1));
    assert_false(deadly(2, 1));
    assert_true(deadly(3, 1));
    assert_false(deadly(16, 8));
    assert_true(deadly(17, 8));
    assert_true(deadly(UINT32_MAX, 8));
    assert_false(deadly(UINT32_MAX, UINT32_MAX)); /* no overflow on the way */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(done_is_done),
        cmocka_unit_test(what_cannot_be_understood_is_not_tried_twice),
        cmocka_unit_test(who_was_interrupted_gives_it_back_at_once_however_often),
        cmocka_unit_test(a_failure_comes_again_until_its_last_try),
        cmocka_unit_test(delays_grow_up_to_a_bound),
        cmocka_unit_test(delays_are_spread),
        cmocka_unit_test(what_ends_its_workers_is_deadly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
