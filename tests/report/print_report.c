/* Prints a report that is built in, for the readers in test_formats.py:
 *     print_report sample|nasty csv|json */
#include <stdio.h>
#include <string.h>

#include "report/sample.h"

static const struct hr_report_student nasty_students[] = {
    {.id = "quotes", .name = "\"Ada\"", .major = "a, \"b\"", .year = "\"", .has_record = true},
    {.id = "lines", .name = "two\r\nlines", .major = "two\nlines", .year = "ends in CR\r"},
    {.id = "formulas", .name = "=1+1", .major = "+1", .year = "-1"},
    {.id = "@SUM(A1:A9)", .name = "\t=1", .major = "\r=1", .year = "=cmd|' /C calc'!A0"},
    {.id = "hidden formulas", .name = "x;=1+1", .major = "x\t=1+1", .year = "x\n=1+1"},
    {.id = "spaces", .name = " in front", .major = "behind ", .year = " "},
    {.id = "unicode", .name = "Zoë 陈 \xF0\x9F\x98\x80", .major = "ａ", .year = "\xE2\x80\xAE"},
    {.id = "not UTF-8", .name = "Jos\xE9", .major = "\xED\xA0\x80", .year = "\xFF"},
    {.id = "empty", .name = "", .major = "", .year = NULL, .margin = INFINITY},
    {.id = "last", .name = "'", .major = "''", .year = ",", .last_us = INT64_MAX},
};

static struct hr_report nasty_report(void)
{
    return (struct hr_report){.video = "\xFF\n\"=1.mp4",
                              .students = nasty_students,
                              .student_count = sizeof nasty_students / sizeof *nasty_students};
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 3)
        return 2;
    struct hr_report report =
        strcmp(arguments[1], "nasty") == 0 ? nasty_report() : sample_report();
    struct hr_error error;
    struct hr_report_columns columns;
    struct hr_buffer out;
    hr_buffer_init(&out, 1 << 20);
    enum hr_status status = hr_report_columns_parse(&columns, "all", &error);
    if (status == HR_OK)
        status = strcmp(arguments[2], "csv") == 0
                     ? hr_report_write_csv(&report, &columns, &out, &error)
                     : hr_report_write_json(&report, &out, &error);
    if (status == HR_OK)
        fwrite(out.data, 1, out.size, stdout);
    else
        fprintf(stderr, "%s\n", error.text);
    hr_buffer_clear(&out);
    return status == HR_OK ? 0 : 1;
}
