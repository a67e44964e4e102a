#include "support/check.h"

#include <stdio.h>

#include "base/json.h"
#include "base/text.h"

/* In UTF-8. */
static const char *const controls[] = {
    "\x01",         "\t",           "\n",           "\x1B",         "\x1F",         "\x7F", /* C0 and DEL */
    "\xC2\x80",     "\xC2\x9B",     "\xC2\x9F",                                             /* C1 */
    "\xD8\x9C",     "\xE2\x80\x8E", "\xE2\x80\x8F",                                         /* marks of direction */
    "\xE2\x80\xA8", "\xE2\x80\xA9",                                                 /* line and paragraph separators */
    "\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAC", "\xE2\x80\xAD", "\xE2\x80\xAE", /* embeddings, overrides */
    "\xE2\x81\xA6", "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9"};                /* isolates */
/* Beside them, and letters of people who write from the right. */
static const char *const letters[] = {" ",
                                      "~",
                                      "\xC2\xA0",
                                      "\xD8\x9B",
                                      "\xD8\x9D",
                                      "\xE2\x80\x8D",
                                      "\xE2\x80\x90",
                                      "\xE2\x80\xA7",
                                      "\xE2\x80\xAF",
                                      "\xE2\x81\xA5",
                                      "\xE2\x81\xAA",
                                      "\xD7\xA9",
                                      "\xD9\x85",
                                      "\xF0\x9F\x98\x80"};

static void shown(const char *text, bool lines, char *out, size_t size)
{
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 4096);
    (lines ? hr_text_show_lines : hr_text_show)(&buffer, text);
    snprintf(out, size, "%s", hr_buffer_text(&buffer));
    hr_buffer_clear(&buffer);
}

static void nothing_steers_the_terminal(void **state)
{
    (void)state;
    char text[64], out[64];
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        snprintf(text, sizeof text, "a%sb", controls[i]);
        shown(text, false, out, sizeof out);
        assert_string_equal(out, "a?b");
        shown(text, true, out, sizeof out);
        bool kept = controls[i][0] == '\t' || controls[i][0] == '\n';
        assert_string_equal(out, kept ? text : "a?b");
    }
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        shown(letters[i], false, out, sizeof out);
        assert_string_equal(out, letters[i]);
    }
    shown("a\x9B\xE2\x80", false, out, sizeof out);
    assert_string_equal(out, "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

/* The same value, in ASCII. */
static void json_escapes_what_steers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        for (int pretty = 0; pretty < 2; pretty++) {
            struct hr_error error;
            struct hr_buffer out;
            struct hr_json *object = hr_json_object_new(), *read = NULL;
            char text[64];
            snprintf(text, sizeof text, "\xD7\xA9%s\"\\", controls[i]);
            hr_buffer_init(&out, 4096);
            assert_true(hr_json_set(object, text, hr_json_text_new(text)));
            assert_ok(hr_json_print(object, pretty == 1, &out, &error), &error);
            assert_int_equal(strlen(hr_buffer_text(&out)), out.size);
            if (pretty == 0)
                assert_null(strstr(hr_buffer_text(&out), controls[i]));
            assert_non_null(strstr(hr_buffer_text(&out), "\xD7\xA9"));
            assert_ok(hr_json_parse(&read, hr_buffer_view(&out), &error), &error);
            assert_string_equal(hr_json_text(hr_json_get(read, text)), text);
            hr_json_free(read);
            hr_json_free(object);
            hr_buffer_clear(&out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_steers_the_terminal),
        cmocka_unit_test(json_escapes_what_steers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
