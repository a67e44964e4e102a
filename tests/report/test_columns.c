#include "support/check.h"

#include "report/report.h"

static void assert_columns(const char *text, const char *expected)
{
    struct hr_error error;
    struct hr_report_columns columns;
    assert_ok(hr_report_columns_parse(&columns, text, &error), &error);
    char names[256] = "";
    for (size_t i = 0; i < columns.count; i++) {
        strncat(names, i > 0 ? "," : "", 2);
        strncat(names, hr_report_column_name(columns.items[i]), 32);
    }
    assert_string_equal(names, expected);
}

static void default_is_what_the_replaced_system_wrote(void **state)
{
    (void)state;
    struct hr_report_columns columns = hr_report_columns_default();
    assert_int_equal(columns.count, 3);
    assert_int_equal(columns.items[0], HR_COLUMN_NAME);
    assert_int_equal(columns.items[1], HR_COLUMN_MAJOR);
    assert_int_equal(columns.items[2], HR_COLUMN_YEAR);
}

static void columns_come_in_the_order_asked_for(void **state)
{
    (void)state;
    assert_columns("id", "id");
    assert_columns("id,name,first_seen", "id,name,first_seen");
    assert_columns("year,id", "year,id");
    assert_columns(" id , margin ", "id,margin");
    assert_columns("+id,margin", "name,major,year,id,margin");
    assert_columns(" + id", "name,major,year,id");
    assert_columns("all", "id,name,major,year,first_seen,last_seen,sightings,similarity,margin,tracks,band,"
                          "reason,stranger_chance,video");
    assert_columns("id,name,major,year,first_seen,last_seen,sightings,similarity,margin,tracks",
                   "id,name,major,year,first_seen,last_seen,sightings,similarity,margin,tracks");
}

static void assert_refused(const char *text, const char *part)
{
    struct hr_error error;
    struct hr_report_columns columns = {.count = 77};
    assert_error(hr_report_columns_parse(&columns, text, &error), HR_ERR_ARGUMENT, &error, part);
    assert_int_equal(columns.count, 77);
}

static void unknown_column_is_named_with_the_possible_ones(void **state)
{
    (void)state;
    assert_refused("id,nane", "'nane'");
    for (int i = 0; i < HR_COLUMN_COUNT; i++)
        assert_refused("nane", hr_report_column_name((enum hr_report_column)i));
    assert_refused("ID", "'ID'");
    assert_refused("id;name", "'id;name'");
    assert_refused("id,all", "'all' by itself");
    assert_refused("+all", "'all' by itself");
    assert_refused("id,,name", "''");
    assert_refused("id,", "''");
    assert_refused(",id", "''");
    assert_refused("i", "'i'");
    assert_refused("", "no column is named");
    assert_refused("  ", "no column is named");
    assert_refused("+", "no column is named");
}

static void repeated_column_is_refused(void **state)
{
    (void)state;
    assert_refused("id,name,id", "'id' is asked for twice");
    assert_refused("+name", "'name' is asked for twice");
}

static void endless_name_is_cut_in_the_text(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_refused(text, "possible are id");
}

static void column_out_of_range_has_no_name(void **state)
{
    (void)state;
    assert_string_equal(hr_report_column_name(HR_COLUMN_COUNT), "");
    assert_string_equal(hr_report_column_name((enum hr_report_column) - 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_is_what_the_replaced_system_wrote),
        cmocka_unit_test(columns_come_in_the_order_asked_for),
        cmocka_unit_test(unknown_column_is_named_with_the_possible_ones),
        cmocka_unit_test(repeated_column_is_refused),
        cmocka_unit_test(endless_name_is_cut_in_the_text),
        cmocka_unit_test(column_out_of_range_has_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
