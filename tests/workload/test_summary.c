/* Percentiles, throughput, and which clock counts. */
#include "support/check.h"

#include "workload/summary.h"

enum { VIDEOS = 100 };

static void assert_near(double value, double expected)
{
    assert_true(value > expected - 1e-9 && value < expected + 1e-9);
}

/* The i-th needs i + 1 seconds by own observation; on the server half a second less. In an order
 * that is not sorted. */
static void fill(struct hr_workload_video *videos, int64_t fraction_us)
{
    for (int64_t i = 0; i < VIDEOS; i++) {
        int64_t took_us = ((i * 37) % VIDEOS + 1) * 1000000;
        videos[i] = (struct hr_workload_video){.outcome = HR_WORKLOAD_RIGHT,
                                               .upload_start_us = 1000000 + i,
                                               .upload_end_us = 2000000,
                                               .seen_us = 2000000 + took_us,
                                               .video_modified_us = 5000000,
                                               .report_modified_us = 5000000 + took_us - fraction_us};
    }
}

static void percentiles(void **state)
{
    (void)state;
    static struct hr_workload_video videos[VIDEOS];
    struct hr_workload_summary summary;
    struct hr_error error = {0};
    fill(videos, 500000);
    assert_ok(hr_workload_summarize(&summary, videos, VIDEOS, &error), &error);
    assert_int_equal(summary.own.count, VIDEOS);
    assert_near(summary.own.mean_s, 50.5);
    assert_near(summary.own.p50_s, 50);
    assert_near(summary.own.p90_s, 90);
    assert_near(summary.own.p95_s, 95);
    assert_near(summary.own.p99_s, 99);
    assert_near(summary.own.max_s, 100);
    assert_near(summary.server.p50_s, 49.5);
    assert_ptr_equal(hr_workload_latency_of(&summary), &summary.server);
    assert_near(summary.duration_s, 101);
    assert_near(summary.throughput_per_s, 100.0 / 101);
}

static void few(void **state)
{
    (void)state;
    static struct hr_workload_video videos[VIDEOS];
    struct hr_workload_summary summary;
    struct hr_error error = {0};
    fill(videos, 500000);
    assert_ok(hr_workload_summarize(&summary, videos, 1, &error), &error);
    assert_near(summary.own.p50_s, 1);
    assert_near(summary.own.p99_s, 1);
    assert_ok(hr_workload_summarize(&summary, videos, 2, &error), &error);
    assert_near(summary.own.p50_s, 1);
    assert_near(summary.own.p90_s, 38);
}

static void whole_seconds_are_too_coarse(void **state)
{
    (void)state;
    static struct hr_workload_video videos[VIDEOS];
    struct hr_workload_summary summary;
    struct hr_error error = {0};
    fill(videos, 0);
    assert_ok(hr_workload_summarize(&summary, videos, VIDEOS, &error), &error);
    assert_int_equal(summary.server.count, VIDEOS);
    assert_ptr_equal(hr_workload_latency_of(&summary), &summary.own);
}

static void times_that_are_not_known(void **state)
{
    (void)state;
    static struct hr_workload_video videos[VIDEOS];
    struct hr_workload_summary summary;
    struct hr_error error = {0};
    fill(videos, 500000);
    videos[3].video_modified_us = 0; /* replaced or removed meanwhile */
    assert_ok(hr_workload_summarize(&summary, videos, VIDEOS, &error), &error);
    assert_int_equal(summary.server.count, VIDEOS - 1);
    assert_ptr_equal(hr_workload_latency_of(&summary), &summary.own);
}

static void only_reports_have_a_latency(void **state)
{
    (void)state;
    static struct hr_workload_video videos[VIDEOS];
    struct hr_workload_summary summary;
    struct hr_error error = {0};
    fill(videos, 500000);
    videos[0].outcome = HR_WORKLOAD_WRONG;
    videos[1].outcome = HR_WORKLOAD_FAILED;
    videos[2].outcome = HR_WORKLOAD_MISSING;
    videos[3].outcome = HR_WORKLOAD_OPEN;
    videos[4].outcome = HR_WORKLOAD_UNSENT;
    videos[4].upload_end_us = 0;
    assert_ok(hr_workload_summarize(&summary, videos, VIDEOS, &error), &error);
    assert_int_equal(summary.own.count, VIDEOS - 4);
    assert_int_equal(summary.counts.videos, VIDEOS);
    assert_int_equal(summary.counts.uploaded, VIDEOS - 1);
    assert_int_equal(summary.counts.of[HR_WORKLOAD_RIGHT], VIDEOS - 5);
    assert_int_equal(summary.counts.of[HR_WORKLOAD_UNSENT], 1);
}

static void nothing_came(void **state)
{
    (void)state;
    struct hr_workload_video video = {.outcome = HR_WORKLOAD_MISSING, .upload_start_us = 1, .upload_end_us = 2};
    struct hr_workload_summary summary;
    struct hr_error error = {0};
    assert_ok(hr_workload_summarize(&summary, &video, 1, &error), &error);
    assert_int_equal(hr_workload_latency_of(&summary)->count, 0);
    assert_near(summary.throughput_per_s, 0);
    assert_near(summary.duration_s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles),
        cmocka_unit_test(few),
        cmocka_unit_test(whole_seconds_are_too_coarse),
        cmocka_unit_test(times_that_are_not_known),
        cmocka_unit_test(only_reports_have_a_latency),
        cmocka_unit_test(nothing_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
