/* What a report must say. */
#include "support/check.h"

#include "workload/check.h"

static const struct hr_mapping_entry expected = {"test_0.mp4", "physics", "junior"};

static void right(void **state)
{
    (void)state;
    static const char *const reports[] = {
        "name,major,year\r\nsome_one,physics,junior\r\n",
        "name,major,year\nsome_one,physics,junior",
        "\"name\",\"major\",\"year\"\n\"One, Some\",\"physics\",\"junior\"\n",
    };
    char reason[HR_WORKLOAD_REASON_SIZE];
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        if (!hr_workload_check_csv(hr_view_text(reports[i]), &expected, reason))
            fail_msg("%zu: %s", i, reason);
        assert_string_equal(reason, "");
    }
}

static void wrong(void **state)
{
    (void)state;
    static const struct {
        const char *report;
        const char *reason;
    } cases[] = {
        {"", "header"},
        {"name;major;year\nx;physics;junior\n", "header"},
        {"id,name,major,year\n1,x,physics,junior\n", "header"},
        {"name,year,major\nx,junior,physics\n", "header"},
        {"x,physics,junior\n", "header"},
        {"name,major,year\n", "0 rows"},
        {"name,major,year\nx,physics,junior\ny,math,senior\n", "2 rows"},
        {"name,major,year\nx,physics,junior\nx,physics,junior\n", "2 rows"},
        {"name,major,year\nx,physics\n", "2 cells"},
        {"name,major,year\nx,physics,junior,\n", "4 cells"},
        {"name,major,year\nx,math,junior\n", "math,junior instead of physics,junior"},
        {"name,major,year\nx,physics,senior\n", "physics,senior instead of physics,junior"},
        {"name,major,year\nx,physics,Junior\n", "instead of"},
        {"name,major,year\nx,physics,junior2\n", "instead of"},
        {"name,major,year\n\"x,physics,junior\n", "not a CSV"},
    };
    char reason[HR_WORKLOAD_REASON_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(hr_workload_check_csv(hr_view_text(cases[i].report), &expected, reason));
        if (strstr(reason, cases[i].reason) == NULL)
            fail_msg("%zu: '%s' does not say '%s'", i, reason, cases[i].reason);
    }
}

/* A name is nobody's business in a message. */
static void reasons_name_nobody(void **state)
{
    (void)state;
    char reason[HR_WORKLOAD_REASON_SIZE];
    assert_false(hr_workload_check_csv(hr_view_text("name,major,year\nsome_one,math,senior\n"), &expected, reason));
    assert_null(strstr(reason, "some_one"));
}

static void error_reports(void **state)
{
    (void)state;
    static const struct {
        const char *report;
        const char *reason;
        bool final;
    } cases[] = {
        {"{\"code\":\"format\",\"message\":\"not a video\"}", "format: not a video", true},
        {"{\"code\":\"limit\",\"message\":\"m\",\"try_again\":false}", "limit: m", true},
        {"{\"code\":\"throttled\",\"message\":\"later\",\"try_again\":true}", "throttled: later", false},
        {"{}", "error", true},
        {"{\"code\":7,\"message\":[]}", "error", true},
        {"not JSON", "an error report that is not JSON", true},
        {"", "an error report that is not JSON", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char reason[HR_WORKLOAD_REASON_SIZE];
        assert_int_equal(hr_workload_read_error(hr_view_text(cases[i].report), reason), cases[i].final);
        assert_string_equal(reason, cases[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right),
        cmocka_unit_test(wrong),
        cmocka_unit_test(reasons_name_nobody),
        cmocka_unit_test(error_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
