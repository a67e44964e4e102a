#include "support/check.h"

#include <stdio.h>

#include "base/json.h"
#include "base/log.h"

/* What was written while a test ran. */
struct capture {
    FILE *stream;
    char *text;
    size_t size;
    struct hr_log log;
};

static void capture_open(struct capture *capture, enum hr_log_level level, bool json)
{
    *capture = (struct capture){0};
    capture->stream = open_memstream(&capture->text, &capture->size);
    assert_non_null(capture->stream);
    capture->log = (struct hr_log){capture->stream, level, json};
}

static void capture_close(struct capture *capture)
{
    fclose(capture->stream);
    free(capture->text);
}

static void text_lines(void **state)
{
    (void)state;
    struct capture capture;
    capture_open(&capture, HR_LOG_DEBUG, false);
    const struct hr_log_field fields[] = {{"video", "a.mp4", 0}, {"frames", NULL, 12}, {"ms", NULL, 0.25}, {0}};
    hr_log_write(&capture.log, HR_LOG_INFO, NULL, "%d frames", 3);
    hr_log_write(&capture.log, HR_LOG_WARNING, fields, "damaged");
    hr_log_write(&capture.log, HR_LOG_ERROR, NULL, "failed");
    hr_log_write(&capture.log, HR_LOG_DEBUG, NULL, "looking");
    assert_string_equal(capture.text, "3 frames\n"
                                      "warning: damaged video=a.mp4 frames=12 ms=0.25\n"
                                      "error: failed\n"
                                      "debug: looking\n");
    capture_close(&capture);
}

/* A name that shows as another, or writes lines of its own. */
static void no_line_steers_the_terminal(void **state)
{
    (void)state;
    const char *text = "a\x1B[2J\xC2\x9B"
                       "2J\xE2\x80\xAE"
                       "b\xE2\x80\xA8"
                       "c\nd";
    const struct hr_log_field fields[] = {{"video", text, 0}, {0}};
    for (int json = 0; json < 2; json++) {
        struct capture capture;
        capture_open(&capture, HR_LOG_DEBUG, json == 1);
        hr_log_write(&capture.log, HR_LOG_INFO, fields, "%s", text);
        if (json == 0) {
            assert_string_equal(capture.text, "a?[2J?2J?b?c?d video=a?[2J?2J?b?c?d\n");
        } else {
            struct hr_json *line = NULL;
            struct hr_error error;
            assert_ok(hr_json_parse(&line, hr_view_text(capture.text), &error), &error);
            assert_string_equal(hr_json_text(hr_json_get(line, "message")), text);
            assert_string_equal(hr_json_text(hr_json_get(line, "video")), text);
            hr_json_free(line);
            for (const char *at = capture.text; at[1] != '\0'; at++)
                assert_in_range(*at, ' ', '~');
        }
        capture_close(&capture);
    }
}

static void levels_below_are_silent(void **state)
{
    (void)state;
    struct capture capture;
    capture_open(&capture, HR_LOG_WARNING, false);
    hr_log_write(&capture.log, HR_LOG_DEBUG, NULL, "a");
    hr_log_write(&capture.log, HR_LOG_INFO, NULL, "b");
    hr_log_write(&capture.log, HR_LOG_WARNING, NULL, "c");
    assert_string_equal(capture.text, "warning: c\n");
    hr_log_write(NULL, HR_LOG_ERROR, NULL, "nobody");
    hr_log_write(&(struct hr_log){0}, HR_LOG_ERROR, NULL, "nobody");
    capture_close(&capture);
}

/* One line, whatever is in the names: a file may be called "x\nerror: all lost". */
static void text_lines_stay_lines(void **state)
{
    (void)state;
    struct capture capture;
    capture_open(&capture, HR_LOG_INFO, false);
    const struct hr_log_field fields[] = {{"video", "\x1B[2J\xE9", 0}, {0}};
    hr_log_write(&capture.log, HR_LOG_INFO, fields, "x\nerror: y\r\x7F Zoë");
    assert_string_equal(capture.text, "x?error: y?? Zoë video=?[2J\xEF\xBF\xBD\n");
    capture_close(&capture);
}

/* "\xC2\x9B" is what ESC [ is as one letter: a terminal does as it says. */
static void text_lines_command_no_terminal(void **state)
{
    (void)state;
    struct capture capture;
    capture_open(&capture, HR_LOG_INFO, false);
    hr_log_write(&capture.log, HR_LOG_INFO, NULL,
                 "a\xC2\x9B"
                 "2J\xC2\xA0z\xC2\x80");
    assert_string_equal(capture.text, "a?2J\xC2\xA0z?\n");
    capture_close(&capture);
}

static struct hr_json *parse_line(const struct capture *capture)
{
    assert_true(capture->size > 0);
    assert_int_equal(capture->text[capture->size - 1], '\n');
    assert_ptr_equal(strchr(capture->text, '\n'), capture->text + capture->size - 1);
    struct hr_error error;
    struct hr_json *line = NULL;
    assert_ok(hr_json_parse(&line, hr_view_of(capture->text, capture->size), &error), &error);
    return line;
}

static void json_lines(void **state)
{
    (void)state;
    struct capture capture;
    capture_open(&capture, HR_LOG_INFO, true);
    const struct hr_log_field fields[] = {{"video", "a\"b.mp4", 0}, {"frames", NULL, 12}, {"total_ms", NULL, 0.5}, {0}};
    hr_log_write(&capture.log, HR_LOG_INFO, fields, "two\nlines");
    struct hr_json *line = parse_line(&capture);
    const char *key = NULL;
    const char *time = hr_json_text(hr_json_member(line, 0, &key));
    assert_string_equal(key, "time");
    assert_int_equal(strlen(time), strlen("2026-01-31T12:00:00Z"));
    assert_string_equal(hr_json_text(hr_json_get(line, "level")), "info");
    assert_string_equal(hr_json_text(hr_json_get(line, "message")), "two\nlines");
    assert_string_equal(hr_json_text(hr_json_get(line, "video")), "a\"b.mp4");
    assert_int_equal(hr_json_type(hr_json_get(line, "frames")), HR_JSON_INTEGER);
    assert_int_equal(hr_json_integer(hr_json_get(line, "frames")), 12);
    assert_true(hr_json_number(hr_json_get(line, "total_ms")) == 0.5);
    hr_json_free(line);
    capture_close(&capture);
}

static void json_lines_are_utf8(void **state)
{
    (void)state;
    struct capture capture;
    capture_open(&capture, HR_LOG_INFO, true);
    const struct hr_log_field fields[] = {{"video", "\xE9t\xE9.mp4", 0}, {0}};
    hr_log_write(&capture.log, HR_LOG_ERROR, fields, "not \xFF this");
    struct hr_json *line = parse_line(&capture);
    assert_string_equal(hr_json_text(hr_json_get(line, "message")), "not \xEF\xBF\xBD this");
    assert_string_equal(hr_json_text(hr_json_get(line, "video")), "\xEF\xBF\xBDt\xEF\xBF\xBD.mp4");
    hr_json_free(line);
    capture_close(&capture);
}

/* A field that is far too long must not leave half a line, nor swallow the line's end. */
static void line_that_is_too_long_is_said_to_be_lost(void **state)
{
    (void)state;
    size_t size = 100000;
    char *huge = malloc(size + 1);
    memset(huge, 'x', size);
    huge[size] = '\0';
    const struct hr_log_field fields[] = {{"huge", huge, 0}, {0}};
    struct capture capture;
    capture_open(&capture, HR_LOG_INFO, true);
    hr_log_write(&capture.log, HR_LOG_INFO, fields, "message");
    struct hr_json *line = parse_line(&capture);
    assert_string_equal(hr_json_text(hr_json_get(line, "level")), "error");
    assert_non_null(strstr(hr_json_text(hr_json_get(line, "message")), "lost"));
    hr_json_free(line);
    capture_close(&capture);
    capture_open(&capture, HR_LOG_INFO, false);
    hr_log_write(&capture.log, HR_LOG_INFO, fields, "message");
    assert_string_equal(capture.text, "error: a log line is lost\n");
    capture_close(&capture);
    free(huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_lines),
        cmocka_unit_test(no_line_steers_the_terminal),
        cmocka_unit_test(levels_below_are_silent),
        cmocka_unit_test(text_lines_stay_lines),
        cmocka_unit_test(text_lines_command_no_terminal),
        cmocka_unit_test(json_lines),
        cmocka_unit_test(json_lines_are_utf8),
        cmocka_unit_test(line_that_is_too_long_is_said_to_be_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
