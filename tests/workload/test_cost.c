/* REPORT lines and money. */
#include "support/check.h"

#include "workload/cost.h"

static void assert_near(double value, double expected)
{
    assert_true(value > expected * 0.999999 && value < expected * 1.000001);
}

static void plain_lines(void **state)
{
    (void)state;
    static const char log[] =
        "START RequestId: 1 Version: $LATEST\n"
        "Duration: 5 ms Billed Duration: 99999 ms\n"
        "REPORT RequestId: 1\tDuration: 812.30 ms\tBilled Duration: 813 ms\tMemory Size: 1769 MB\t"
        "Max Memory Used: 200 MB\tInit Duration: 310.5 ms\t\n"
        "2026-11-24T10:00:00Z REPORT RequestId: 2  Duration: 100.1 ms  Billed Duration: 101 ms  "
        "Memory Size: 1769 MB  Max Memory Used: 200 MB\r\n"
        "REPORT RequestId: 3\tDuration: 1 ms\n"
        "REPORT RequestId: 4\tInit Duration: 9.5 ms\tDuration: 1 ms\tBilled Duration: 86 ms\t"
        "Memory Size: 512 MB\tMax Memory Used: 512 MB";
    struct hr_durations durations;
    struct hr_error error = {0};
    assert_ok(hr_durations_parse(&durations, hr_view_text(log), &error), &error);
    assert_int_equal(durations.count, 3);
    assert_near(durations.billed_ms, 813 + 101 + 86);
    assert_int_equal(durations.cold, 2);
    assert_near(durations.init_ms, 320);
    assert_int_equal(durations.memory_mb, 512);
}

static void json_lines(void **state)
{
    (void)state;
    static const char log[] =
        "{\"time\":\"x\",\"type\":\"platform.start\",\"record\":{\"requestId\":\"1\"}}\n"
        "{\"type\":\"platform.report\",\"record\":{\"requestId\":\"1\",\"metrics\":{\"durationMs\":"
        "812.3,\"billedDurationMs\":813,\"memorySizeMB\":1769,\"maxMemoryUsedMB\":200,"
        "\"initDurationMs\":300.5},\"status\":\"success\"}}\n"
        "1764000000 {\"type\":\"platform.report\",\"record\":{\"metrics\":{\"billedDurationMs\":187,"
        "\"memorySizeMB\":1769}}}\n"
        "{\"type\":\"platform.report\",\"record\":{\"metrics\":{}}}\n"
        "{\"type\":\"platform.report\",\"record\":\n"
        "{\"message\":\"platform.report\"}\n";
    struct hr_durations durations;
    struct hr_error error = {0};
    assert_ok(hr_durations_parse(&durations, hr_view_text(log), &error), &error);
    assert_int_equal(durations.count, 2);
    assert_near(durations.billed_ms, 1000);
    assert_int_equal(durations.cold, 1);
    assert_near(durations.init_ms, 300.5);
    assert_int_equal(durations.memory_mb, 1769);
}

static void nothing_billed(void **state)
{
    (void)state;
    static const char *const logs[] = {"", "\n\n", "REPORT RequestId: 1\tBilled Duration: much ms\n",
                                       "REPORT RequestId: 1\tBilled Duration: -5 ms\n",
                                       "REPORT RequestId: 1\tBilled Duration: nan"};
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        struct hr_durations durations;
        struct hr_error error = {0};
        assert_error(hr_durations_parse(&durations, hr_view_text(logs[i]), &error), HR_ERR_NOT_FOUND, &error, "REPORT");
    }
}

/* A line of other people's that is longer than any of ours does not hide the next. */
static void long_line(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    static const char report[] = "\nREPORT RequestId: 1\tBilled Duration: 5 ms\n";
    char *log = malloc(LONG + sizeof report);
    assert_non_null(log);
    memset(log, '{', LONG);
    memcpy(log + LONG, report, sizeof report);
    struct hr_durations durations;
    struct hr_error error = {0};
    assert_ok(hr_durations_parse(&durations, hr_view_text(log), &error), &error);
    assert_int_equal(durations.count, 1);
    free(log);
}

static void money(void **state)
{
    (void)state;
    /* One second at 1 GB: a thousand GB-seconds, a thousand calls. */
    struct hr_cost_terms terms = {.gb_s_usd = 0.0000166667, .million_calls_usd = 0.20, .memory_mb = 1024};
    assert_near(hr_cost_thousand_usd(&terms, 1000), 0.0166667 + 0.0002);
    terms.memory_mb = 2048;
    terms.million_calls_usd = 0;
    assert_near(hr_cost_thousand_usd(&terms, 500), 0.0166667);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_lines), cmocka_unit_test(json_lines), cmocka_unit_test(nothing_billed),
        cmocka_unit_test(long_line),   cmocka_unit_test(money),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
