/* Whose fault an error is decides what is done about it. */
#include "support/check.h"

#include "jobs/policy.h"

static enum hr_policy policy(enum hr_origin origin, enum hr_status code)
{
    struct hr_error error = {0};
    (void)!hr_error_set(&error, code, "something");
    (void)!hr_error_from(&error, origin);
    return hr_policy_of(&error);
}

static void a_bad_video_is_bad_for_good(void **state)
{
    (void)state;
    assert_int_equal(policy(HR_ORIGIN_INPUT, HR_ERR_FORMAT), HR_POLICY_BAD_INPUT);
    assert_int_equal(policy(HR_ORIGIN_INPUT, HR_ERR_UNSUPPORTED), HR_POLICY_BAD_INPUT);
    assert_int_equal(policy(HR_ORIGIN_INPUT, HR_ERR_LIMIT), HR_POLICY_BAD_INPUT);
}

static void the_same_words_of_a_table_are_not_about_the_video(void **state)
{
    (void)state;
    assert_int_equal(policy(HR_ORIGIN_RECORDS, HR_ERR_FORMAT), HR_POLICY_AGAIN);
    assert_int_equal(policy(HR_ORIGIN_RECORDS, HR_ERR_LIMIT), HR_POLICY_AGAIN);
    assert_int_equal(policy(HR_ORIGIN_SERVICE, HR_ERR_FORMAT), HR_POLICY_AGAIN);
    assert_int_equal(policy(HR_ORIGIN_UNKNOWN, HR_ERR_FORMAT), HR_POLICY_OURS);
    assert_int_equal(policy(HR_ORIGIN_OURS, HR_ERR_ARGUMENT), HR_POLICY_OURS);
}

static void what_may_pass_is_tried_again(void **state)
{
    (void)state;
    /* A service that went away while the video was being read. */
    assert_int_equal(policy(HR_ORIGIN_INPUT, HR_ERR_UNAVAILABLE), HR_POLICY_AGAIN);
    assert_int_equal(policy(HR_ORIGIN_INPUT, HR_ERR_MEMORY), HR_POLICY_AGAIN);
    assert_int_equal(policy(HR_ORIGIN_UNKNOWN, HR_ERR_THROTTLED), HR_POLICY_AGAIN);
    assert_int_equal(policy(HR_ORIGIN_INPUT, HR_ERR_MODEL), HR_POLICY_OURS);
}

static void the_nearest_says_whose_fault_it_is(void **state)
{
    (void)state;
    struct hr_error error = {0};
    assert_int_equal(hr_error_set(&error, HR_ERR_FORMAT, "rubbish"), HR_ERR_FORMAT);
    assert_int_equal(hr_error_from(&error, HR_ORIGIN_RECORDS), HR_ERR_FORMAT);
    assert_int_equal(hr_error_from(&error, HR_ORIGIN_INPUT), HR_ERR_FORMAT);
    assert_int_equal(error.origin, HR_ORIGIN_RECORDS);
    /* A prefix keeps it, another error does not. */
    assert_int_equal(hr_error_prefix(&error, "the table"), HR_ERR_FORMAT);
    assert_int_equal(error.origin, HR_ORIGIN_RECORDS);
    assert_int_equal(hr_error_set(&error, HR_ERR_LIMIT, "much"), HR_ERR_LIMIT);
    assert_int_equal(error.origin, HR_ORIGIN_UNKNOWN);
    assert_int_equal(hr_error_set_errno(&error, 2, "a file"), HR_ERR_NOT_FOUND);
    assert_int_equal(error.origin, HR_ORIGIN_UNKNOWN);
    assert_int_equal(hr_error_from(NULL, HR_ORIGIN_INPUT), HR_ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_video_is_bad_for_good),
        cmocka_unit_test(the_same_words_of_a_table_are_not_about_the_video),
        cmocka_unit_test(what_may_pass_is_tried_again),
        cmocka_unit_test(the_nearest_says_whose_fault_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
