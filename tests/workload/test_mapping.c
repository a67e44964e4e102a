/* The mapping file. */
#include <stdio.h>

#include "support/check.h"

#include "workload/mapping.h"

static enum hr_status parse(struct hr_mapping *mapping, const char *text, struct hr_error *error)
{
    return hr_mapping_parse(mapping, hr_view_text(text), error);
}

static void assert_entry(const struct hr_mapping *mapping, const char *name, const char *major, const char *year)
{
    const struct hr_mapping_entry *entry = hr_mapping_find(mapping, name);
    assert_non_null(entry);
    assert_string_equal(entry->major, major);
    assert_string_equal(entry->year, year);
}

static void lines_in_any_order(void **state)
{
    (void)state;
    struct hr_mapping mapping;
    struct hr_error error = {0};
    assert_ok(parse(&mapping, "b.mp4:physics,junior\na.mp4:math,senior\ntest_10.mp4:law,x", &error), &error);
    assert_int_equal(mapping.count, 3);
    assert_entry(&mapping, "a.mp4", "math", "senior");
    assert_entry(&mapping, "b.mp4", "physics", "junior");
    assert_entry(&mapping, "test_10.mp4", "law", "x");
    assert_null(hr_mapping_find(&mapping, "c.mp4"));
    hr_mapping_clear(&mapping);
}

static void what_editors_make_of_it(void **state)
{
    (void)state;
    struct hr_mapping mapping;
    struct hr_error error = {0};
    assert_ok(parse(&mapping, "\xef\xbb\xbf a.mp4 : math , senior \r\n\r\n  \nc:d.mp4:l\xc3\xa4w,\r\n", &error),
              &error);
    assert_int_equal(mapping.count, 2);
    assert_entry(&mapping, "a.mp4", "math", "senior");
    assert_entry(&mapping, "c:d.mp4", "l\xc3\xa4w", ""); /* nothing is a year, too */
    hr_mapping_clear(&mapping);
}

static void nothing(void **state)
{
    (void)state;
    struct hr_mapping mapping;
    struct hr_error error = {0};
    assert_ok(hr_mapping_parse(&mapping, hr_view_of(NULL, 0), &error), &error);
    assert_int_equal(mapping.count, 0);
    assert_null(hr_mapping_find(&mapping, "a.mp4"));
    hr_mapping_clear(&mapping);
}

static void damaged_lines(void **state)
{
    (void)state;
    static const char *const lines[] = {"a.mp4",       "a.mp4:math",   "a.mp4,math:senior",
                                        "a.mp4:b,c,d", ":math,senior", "a.mp4 math,senior"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct hr_mapping mapping;
        struct hr_error error = {0};
        char text[64];
        snprintf(text, sizeof text, "ok.mp4:x,y\n\n%s\n", lines[i]);
        assert_error(parse(&mapping, text, &error), HR_ERR_FORMAT, &error, "line 3 ");
        assert_null(mapping.entries);
    }
}

static void said_twice(void **state)
{
    (void)state;
    struct hr_mapping mapping;
    struct hr_error error = {0};
    assert_ok(parse(&mapping, "a.mp4:x,y\nb.mp4:x,y\na.mp4:x,y\n", &error), &error);
    assert_int_equal(mapping.count, 2);
    hr_mapping_clear(&mapping);
    assert_error(parse(&mapping, "a.mp4:x,y\na.mp4:x,z\n", &error), HR_ERR_FORMAT, &error, "'a.mp4'");
}

static void not_text(void **state)
{
    (void)state;
    struct hr_mapping mapping;
    struct hr_error error = {0};
    assert_error(parse(&mapping, "a.mp4:\xff,y\n", &error), HR_ERR_FORMAT, &error, "UTF-8");
    assert_error(hr_mapping_parse(&mapping, hr_view_of("a:b,c\0", 6), &error), HR_ERR_FORMAT, &error, "UTF-8");
}

/* Blank lines up to the limit, and one byte more. */
static void size_limit(void **state)
{
    (void)state;
    struct hr_mapping mapping;
    struct hr_error error = {0};
    uint8_t *text = malloc(HR_MAPPING_BYTES_MAX + 1);
    assert_non_null(text);
    memset(text, ' ', HR_MAPPING_BYTES_MAX + 1);
    assert_ok(hr_mapping_parse(&mapping, hr_view_of(text, HR_MAPPING_BYTES_MAX), &error), &error);
    hr_mapping_clear(&mapping);
    assert_error(hr_mapping_parse(&mapping, hr_view_of(text, HR_MAPPING_BYTES_MAX + 1), &error), HR_ERR_LIMIT, &error,
                 "at most");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_any_order),
        cmocka_unit_test(what_editors_make_of_it),
        cmocka_unit_test(nothing),
        cmocka_unit_test(damaged_lines),
        cmocka_unit_test(said_twice),
        cmocka_unit_test(not_text),
        cmocka_unit_test(size_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
