/* Prints a report that is built in, for the readers in test_formats.py:
 *     print_report sample|nasty csv|json */
#include <stdio.h>
#include <string.h>

#include "report/sample.h"

static const struct hr_observed_student nasty_students[] = {
    {.seen.id = "quotes", .seen.name = "\"Ada\"", .seen.major = "a, \"b\"", .seen.year = "\"", .seen.has_record = true},
    {.seen.id = "lines", .seen.name = "two\r\nlines", .seen.major = "two\nlines", .seen.year = "ends in CR\r"},
    {.seen.id = "formulas", .seen.name = "=1+1", .seen.major = "+1", .seen.year = "-1"},
    {.seen.id = "@SUM(A1:A9)", .seen.name = "\t=1", .seen.major = "\r=1", .seen.year = "=cmd|' /C calc'!A0"},
    {.seen.id = "hidden formulas", .seen.name = "x;=1+1", .seen.major = "x\t=1+1", .seen.year = "x\n=1+1"},
    {.seen.id = "spaces", .seen.name = " in front", .seen.major = "behind ", .seen.year = " "},
    {.seen.id = "unicode", .seen.name = "Zoë 陈 \xF0\x9F\x98\x80", .seen.major = "ａ", .seen.year = "\xE2\x80\xAE"},
    {.seen.id = "not UTF-8", .seen.name = "Jos\xE9", .seen.major = "\xED\xA0\x80", .seen.year = "\xFF"},
    {.seen.id = "empty", .seen.name = "", .seen.major = "", .seen.year = NULL, .seen.margin = INFINITY},
    {.seen.id = "last", .seen.name = "'", .seen.major = "''", .seen.year = ",", .seen.last_us = INT64_MAX},
};

static struct hr_observation nasty_report(void)
{
    return (struct hr_observation){.video = "\xFF\n\"=1.mp4",
                                   .students = nasty_students,
                                   .student_count = sizeof nasty_students / sizeof *nasty_students};
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 3)
        return 2;
    struct hr_observation report = strcmp(arguments[1], "nasty") == 0 ? nasty_report() : sample_report();
    struct hr_error error;
    struct hr_report_columns columns;
    struct hr_buffer out;
    hr_buffer_init(&out, 1 << 20);
    enum hr_status status = hr_report_columns_parse(&columns, "all", &error);
    if (status == HR_OK)
        status = strcmp(arguments[2], "csv") == 0 ? hr_report_write_csv(&report, &columns, &out, &error)
                                                  : hr_report_write_json(&report, &out, &error);
    if (status == HR_OK)
        fwrite(out.data, 1, out.size, stdout);
    else
        fprintf(stderr, "%s\n", error.text);
    hr_buffer_clear(&out);
    return status == HR_OK ? 0 : 1;
}
