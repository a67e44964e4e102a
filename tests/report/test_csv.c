#include "support/check.h"

#include <locale.h>
#include <stdio.h>

#include "base/limits.h"
#include "report/sample.h"
#include "report/text.h"

static void assert_csv(const struct hr_observation *report, const char *columns, const char *expected)
{
    struct hr_error error;
    struct hr_report_columns wanted = hr_report_columns_default();
    if (columns != NULL)
        assert_ok(hr_report_columns_parse(&wanted, columns, &error), &error);
    struct hr_buffer out;
    hr_buffer_init(&out, 1 << 20);
    assert_ok(hr_report_write_csv(report, &wanted, &out, &error), &error);
    assert_string_equal(hr_buffer_text(&out), expected);
    hr_buffer_clear(&out);
}

static void default_columns(void **state)
{
    (void)state;
    struct hr_observation report = sample_report();
    assert_csv(&report, NULL, "name,major,year\r\nAda Lovelace,Mathematics,2\r\ns2,,\r\n");
}

static void all_columns(void **state)
{
    (void)state;
    struct hr_observation report = sample_report();
    assert_csv(&report, "all",
               "id,name,major,year,first_seen,last_seen,sightings,similarity,margin,tracks,band,"
               "reason,stranger_chance,video\r\n"
               "s1,Ada Lovelace,Mathematics,2,00:00:00.500,00:00:04.000,7,0.7124,0.2785,2,certain,"
               "accepted,3.4e-8,lesson.mp4\r\n"
               "s2,s2,,,00:00:01.500,00:00:01.500,1,0.4411,0.0702,1,review,weak,0.0117,"
               "lesson.mp4\r\n");
}

static void who_is_left_out_has_no_row(void **state)
{
    (void)state;
    struct hr_observed_student students[2];
    memcpy(students, sample_students, sizeof students);
    students[1].left_out = true;
    struct hr_observation report = {.students = students, .student_count = 2};
    assert_csv(&report, "id,band", "id,band\r\ns1,certain\r\n");
}

static void chances_have_two_digits(void **state)
{
    (void)state;
    const struct {
        double chance;
        const char *text;
    } cases[] = {{1, "1.0000"},       {0.25, "0.2500"}, {0.001, "0.0010"}, {0.000999, "1.0e-3"},
                 {3.42e-8, "3.4e-8"}, {1e-120, "0"},    {0, "0"},          {NAN, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hr_observed_student student = {.seen.id = "s1", .seen.stranger_chance = cases[i].chance};
        struct hr_observation report = {.students = &student, .student_count = 1};
        char expected[64];
        snprintf(expected, sizeof expected, "id,stranger_chance\r\ns1,%s\r\n", cases[i].text);
        assert_csv(&report, "id,stranger_chance", expected);
    }
}

static void nobody_gives_the_header(void **state)
{
    (void)state;
    struct hr_observation report = {0};
    assert_csv(&report, NULL, "name,major,year\r\n");
    assert_csv(&report, "id", "id\r\n");
}

/* One cell in one column, so that the expected bytes are all there is. */
static void assert_cell(const char *text, const char *expected)
{
    struct hr_observed_student student = {.seen.name = text};
    struct hr_observation report = {.students = &student, .student_count = 1};
    char row[256];
    snprintf(row, sizeof row, "name\r\n%s\r\n", expected);
    assert_csv(&report, "name", row);
}

static void cells_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    assert_cell("plain text", "plain text");
    assert_cell("Zoë 陈 \xF0\x9F\x98\x80", "Zoë 陈 \xF0\x9F\x98\x80");
    assert_cell("Lovelace, Ada", "\"Lovelace, Ada\"");
    assert_cell("the \"Countess\"", "\"the \"\"Countess\"\"\"");
    assert_cell("\"", "\"\"\"\"");
    assert_cell("two\nlines", "\"two\nlines\"");
    assert_cell("two\r\nlines", "\"two\r\nlines\"");
    assert_cell(" space ", " space ");
    assert_cell("a;b\tc", "a;b\tc");
    assert_cell("O'Hara", "O'Hara");
}

/* What a spreadsheet would compute; see OWASP, "CSV Injection". */
static void formulas_are_neutralised(void **state)
{
    (void)state;
    assert_cell("=1+1", "'=1+1");
    assert_cell("+1", "'+1");
    assert_cell("-1", "'-1");
    assert_cell("@SUM(A1)", "'@SUM(A1)");
    assert_cell("\ta", "'\ta");
    assert_cell("\t=1", "'\t'=1");
    assert_cell("\r=1", "\"'\r'=1\"");
    assert_cell("=", "'=");
    assert_cell("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
    assert_cell("a=1", "a=1");
    assert_cell("2-3", "2-3");
    /* Where lists are separated by semicolons or tabs, quotes inside a line protect nothing. */
    assert_cell("x;=1+1;@y", "x;'=1+1;'@y");
    assert_cell("x\t-1", "x\t'-1");
    assert_cell("x\n=1+1", "\"x\n'=1+1\"");
    assert_cell("x;;=", "x;;'=");
    assert_cell("x; y; z", "x; y; z");
}

static void numbers_are_not_formulas(void **state)
{
    (void)state;
    struct hr_observed_student student = {.seen.similarity = 0.5, .seen.margin = -0.01234};
    struct hr_observation report = {.students = &student, .student_count = 1};
    assert_csv(&report, "similarity,margin", "similarity,margin\r\n0.5000,-0.0123\r\n");
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    (void)state;
    assert_cell("Jos\xE9", "Jos\xEF\xBF\xBD");
    assert_cell("\xFF,", "\"\xEF\xBF\xBD,\"");
}

/* An empty line would be skipped by readers: the student would be lost. */
static void empty_cell_alone_is_still_a_row(void **state)
{
    (void)state;
    assert_cell("", "\"\"");
    assert_cell(NULL, "\"\"");
    struct hr_observed_student student = {.seen.id = "s1"};
    struct hr_observation report = {.students = &student, .student_count = 1};
    assert_csv(&report, NULL, "name,major,year\r\n,,\r\n");
}

static void numbers_that_do_not_exist_are_empty(void **state)
{
    (void)state;
    struct hr_observed_student student = {.seen.id = "s1", .seen.similarity = NAN, .seen.margin = INFINITY};
    struct hr_observation report = {.students = &student, .student_count = 1};
    assert_csv(&report, "id,similarity,margin,tracks", "id,similarity,margin,tracks\r\ns1,,,0\r\n");
}

static void numbers_have_a_point_in_every_locale(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C"};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        if (setlocale(LC_ALL, locales[i]) == NULL)
            print_message("no locale %s here: not tried\n", locales[i]);
        struct hr_buffer out;
        hr_buffer_init(&out, 100);
        hr_report_append_decimal(&out, 1234.56789);
        assert_string_equal(hr_buffer_text(&out), "1234.5679");
        hr_buffer_clear(&out);
    }
    setlocale(LC_ALL, "C");
}

static void decimals_are_rounded(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0, "0.0000"},    {-0.0, "0.0000"},    {0.00004, "0.0000"}, {-0.00004, "0.0000"},      {0.00006, "0.0001"},
        {0.6f, "0.6000"}, {0.99996, "1.0000"}, {-0.5, "-0.5000"},   {-1.00006, "-1.0001"},     {INFINITY, ""},
        {-INFINITY, ""},  {NAN, ""},           {1e300, ""},         {123456.7, "123456.7000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_buffer out;
        hr_buffer_init(&out, 100);
        hr_report_append_decimal(&out, cases[i].number);
        assert_string_equal(hr_buffer_text(&out), cases[i].text);
        hr_buffer_clear(&out);
    }
}

static void times_are_rounded_to_milliseconds(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, 0, "00:00:00.000"},
        {499, 0, "00:00:00.000"},
        {500, 1, "00:00:00.001"},
        {33367, 33, "00:00:00.033"},
        {999499, 999, "00:00:00.999"},
        {999500, 1000, "00:00:01.000"},
        {INT64_C(59999999), 60000, "00:01:00.000"},
        {INT64_C(3723004000), 3723004, "01:02:03.004"},
        {INT64_C(14400000000), 14400000, "04:00:00.000"},
        {INT64_C(360000000000), 360000000, "100:00:00.000"},
        {-1, 0, "00:00:00.000"},
        {INT64_MIN, 0, "00:00:00.000"},
        {INT64_MAX, INT64_C(9223372036854776), "2562047788:00:54.776"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[HR_REPORT_TIME_SIZE];
        hr_report_time_text(cases[i].us, text);
        assert_string_equal(text, cases[i].text);
        assert_true(hr_report_time_ms(cases[i].us) == cases[i].ms);
    }
}

/* At, below and above what the buffer may hold. */
static void report_that_is_too_large_is_refused(void **state)
{
    (void)state;
    struct hr_observation report = sample_report();
    struct hr_report_columns columns = hr_report_columns_default();
    size_t whole = strlen("name,major,year\r\nAda Lovelace,Mathematics,2\r\ns2,,\r\n");
    for (size_t cap = whole - 1; cap <= whole + 1; cap++) {
        struct hr_error error;
        struct hr_buffer out;
        hr_buffer_init(&out, cap);
        enum hr_status status = hr_report_write_csv(&report, &columns, &out, &error);
        assert_int_equal(status, cap < whole ? HR_ERR_LIMIT : HR_OK);
        hr_buffer_clear(&out);
    }
}

/* As the program writes a report: rows of one length until the limit is reached, and one more. */
static void a_report_is_limited(void **state)
{
    (void)state;
    enum { ROW_BYTES = 4096, COLUMNS_BYTES = sizeof "name\r\n" - 1 };
    static char name[ROW_BYTES - 1];
    memset(name, 'n', sizeof name - 1);
    const size_t at_most = (HR_LIMIT_REPORT_BYTES - COLUMNS_BYTES) / ROW_BYTES;
    struct hr_observed_student *students = calloc(at_most + 1, sizeof *students);
    assert_non_null(students);
    for (size_t i = 0; i <= at_most; i++)
        students[i].seen.name = name;
    struct hr_report_columns columns = {{HR_COLUMN_NAME}, 1};
    for (size_t more = 0; more <= 1; more++) {
        struct hr_observation report = {.students = students, .student_count = at_most + more};
        struct hr_error error;
        struct hr_buffer out;
        hr_buffer_init(&out, HR_LIMIT_REPORT_BYTES);
        enum hr_status status = hr_report_write_csv(&report, &columns, &out, &error);
        if (more == 0)
            assert_int_equal(out.size, COLUMNS_BYTES + at_most * ROW_BYTES);
        else
            assert_error(status, HR_ERR_LIMIT, &error, "more than the limit of 67108864 bytes");
        hr_buffer_clear(&out);
    }
    free(students);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_columns),
        cmocka_unit_test(all_columns),
        cmocka_unit_test(who_is_left_out_has_no_row),
        cmocka_unit_test(chances_have_two_digits),
        cmocka_unit_test(nobody_gives_the_header),
        cmocka_unit_test(cells_are_quoted_where_they_must_be),
        cmocka_unit_test(formulas_are_neutralised),
        cmocka_unit_test(numbers_are_not_formulas),
        cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
        cmocka_unit_test(empty_cell_alone_is_still_a_row),
        cmocka_unit_test(numbers_that_do_not_exist_are_empty),
        cmocka_unit_test(numbers_have_a_point_in_every_locale),
        cmocka_unit_test(decimals_are_rounded),
        cmocka_unit_test(times_are_rounded_to_milliseconds),
        cmocka_unit_test(report_that_is_too_large_is_refused),
        cmocka_unit_test(a_report_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
