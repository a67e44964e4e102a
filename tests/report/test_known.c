/* What is a report, and what only looks like one. */
#include "support/check.h"

#include "report/report.h"

static bool is_one(const char *text)
{
    return hr_report_is_one(hr_view_text(text));
}

static void reports_of_every_kind_are_known(void **state)
{
    (void)state;
    assert_true(is_one("name,major,year\r\n"));
    assert_true(is_one("name,major,year\r\nAnna,Law,senior\r\n"));
    assert_true(is_one("id,name,first_seen\r\n"));
    assert_true(is_one("band\r\n"));
    assert_true(is_one("name,distance,margin\r\n")); /* of the first version */
    assert_true(is_one("{\n  \"schema\": \"homeroom-report/2\",\n"));
    assert_true(is_one("{\n  \"schema\": \"homeroom-report/1\",\n"));
}

static void what_could_be_somebodys_is_not(void **state)
{
    (void)state;
    static const char *const others[] = {"",
                                         "\r\n",
                                         "name,major,year\n",
                                         "id,name,major,year\r\n",
                                         "id,name\r\n",
                                         "id\r\n",
                                         "name,major,year,remarks\r\n",
                                         "Name,Major,Year\r\n",
                                         "name;major;year\r\n",
                                         "band,remarks\r\n",
                                         "name,major,year",
                                         "band,\r\n",
                                         "{\"schema\": 5}",
                                         "{}",
                                         "\xEF\xBB\xBFname,major,year\r\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_one(others[i]))
            fail_msg("'%s' is taken for a report", others[i]);
    assert_false(hr_report_is_one(hr_view_of(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_of_every_kind_are_known),
        cmocka_unit_test(what_could_be_somebodys_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
