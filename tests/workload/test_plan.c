/* Which clip goes under which name. */
#include <stdio.h>

#include "support/check.h"

#include "workload/plan.h"

enum { PLANS = 40 };

/* The clips' names between blanks; the expected clips likewise. */
struct job {
    const char *mapping;
    const char *const *names;
    size_t name_count;
    size_t count;
};

static enum hr_status make(const struct job *job, struct hr_mapping *mapping, struct hr_workload_plan *plan,
                           struct hr_error *error)
{
    assert_ok(hr_mapping_parse(mapping, hr_view_text(job->mapping), error), error);
    return hr_workload_plan(plan, job->count, job->names, job->name_count, mapping, error);
}

static void assert_clips(const struct job *job, const size_t *clips)
{
    struct hr_mapping mapping;
    struct hr_workload_plan plan[PLANS];
    struct hr_error error = {0};
    assert_ok(make(job, &mapping, plan, &error), &error);
    for (size_t i = 0; i < job->count; i++)
        assert_int_equal(plan[i].clip, clips[i]);
    hr_mapping_clear(&mapping);
}

/* The course's: clip 3 is missing, and from 9 on the names are one ahead of the clips. */
static void as_in_the_course(void **state)
{
    (void)state;
    static const char *const names[] = {"test_0.mp4", "test_1.mp4", "test_2.mp4", "test_4.mp4",
                                        "test_5.mp4", "test_6.mp4", "test_7.mp4", "test_8.mp4"};
    static const size_t clip_of[] = {0, 1, 2, 2, 3, 4, 5, 6, 7};
    char text[2048] = "";
    size_t at = 0, clips[PLANS];
    for (size_t i = 0; i < PLANS; i++) {
        clips[i] = i < 9 ? clip_of[i] : (i - 9) % 8 < 3 ? (i - 9) % 8 : clip_of[(i - 9) % 8 + 1];
        at += (size_t)snprintf(text + at, sizeof text - at, "test_%zu.mp4:major%zu,year\n", i, clips[i]);
    }
    assert_clips(&(struct job){text, names, 8, PLANS}, clips);
}

static void equal_clips_take_turns(void **state)
{
    (void)state;
    static const char *const names[] = {"test_0.mp4", "test_1.mp4", "test_2.mp4"};
    static const size_t clips[] = {0, 1, 2, 2, 0, 2, 0, 1};
    assert_clips(&(struct job){"test_0.mp4:a,x\ntest_1.mp4:b,x\ntest_2.mp4:a,x\ntest_3.mp4:a,x\n"
                               "test_4.mp4:a,x\ntest_5.mp4:a,x\ntest_6.mp4:a,x\ntest_7.mp4:b,x\n",
                               names, 3, 8},
                 clips);
}

static void clips_of_other_names_take_turns(void **state)
{
    (void)state;
    static const char *const names[] = {"anna.mp4", "bert.mp4"};
    static const size_t clips[] = {0, 1, 0};
    assert_clips(&(struct job){"test_0.mp4:a,x\ntest_1.mp4:b,x\ntest_2.mp4:a,x\n", names, 2, 3}, clips);
}

static void more_videos_than_lines(void **state)
{
    (void)state;
    static const char *const names[] = {"test_0.mp4", "test_1.mp4"};
    const struct job job = {"test_0.mp4:a,x\ntest_1.mp4:b,x\n", names, 2, 5};
    struct hr_mapping mapping;
    struct hr_workload_plan plan[PLANS];
    struct hr_error error = {0};
    assert_ok(make(&job, &mapping, plan, &error), &error);
    for (size_t i = 0; i < job.count; i++) {
        assert_int_equal(plan[i].clip, i % 2);
        assert_string_equal(plan[i].expected->major, i % 2 == 0 ? "a" : "b");
    }
    hr_mapping_clear(&mapping);
}

static void refused(const struct job *job, const char *because)
{
    struct hr_mapping mapping;
    struct hr_workload_plan plan[PLANS];
    struct hr_error error = {0};
    assert_error(make(job, &mapping, plan, &error), HR_ERR_NOT_FOUND, &error, because);
    hr_mapping_clear(&mapping);
}

static void what_cannot_be_planned(void **state)
{
    (void)state;
    static const char *const names[] = {"test_0.mp4", "x.mp4"};
    refused(&(struct job){"test_0.mp4:a,x\n", names, 0, 1}, "no clip");
    refused(&(struct job){"test_0.mp4:a,x\ntest_1.mp4:b,x\n", names, 1, 2},
            "no clip of the folder gives b,x, which the mapping wants for 'test_1.mp4'");
    refused(&(struct job){"test_0.mp4:a,x\n", names, 2, 2}, "nothing of 'test_1.mp4', nor of the clip 'x.mp4'");
}

static void order_of_names(void **state)
{
    (void)state;
    assert_true(hr_workload_name_order("test_9.mp4", "test_10.mp4") < 0);
    assert_true(hr_workload_name_order("test_2.mp4", "test_10.mp4") < 0);
    assert_true(hr_workload_name_order("b", "a") > 0);
    assert_int_equal(hr_workload_name_order("a", "a"), 0);
}

static void names(void **state)
{
    (void)state;
    char name[HR_WORKLOAD_NAME_SIZE];
    size_t index = 7;
    const char *rest;
    hr_workload_name(HR_WORKLOAD_VIDEOS_MAX - 1, name);
    assert_string_equal(name, "test_99999.mp4");
    assert_true(hr_workload_name_parse(name, &index, &rest));
    assert_int_equal(index, 99999);
    assert_string_equal(rest, ".mp4");
    assert_true(hr_workload_name_parse("test_0.error.json", &index, &rest));
    assert_int_equal(index, 0);
    assert_string_equal(rest, ".error.json");
    static const char *const others[] = {"",
                                         "test_",
                                         "test_.csv",
                                         "test_1",
                                         "test_01.csv",
                                         "test_-1.csv",
                                         "Test_1.csv",
                                         "test_1x.csv",
                                         "test_100000.csv",
                                         "test_99999999999999999999999.csv",
                                         "my_test_1.csv"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(hr_workload_name_parse(others[i], &index, &rest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_in_the_course),
        cmocka_unit_test(equal_clips_take_turns),
        cmocka_unit_test(clips_of_other_names_take_turns),
        cmocka_unit_test(more_videos_than_lines),
        cmocka_unit_test(what_cannot_be_planned),
        cmocka_unit_test(order_of_names),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
