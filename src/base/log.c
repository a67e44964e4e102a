#include "base/log.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/json.h"

/* A longer line is a mistake. */
#define LINE_MAX_BYTES 65536

static const char *const level_names[] = {"debug", "info", "warning", "error"};

/* Control characters of a message (a file's name may have them) could begin a line of their own or
 * command the terminal: C0 and DEL, and the C1 controls, which are C2 80 .. C2 9F in UTF-8. */
static void append_printable(struct hr_buffer *line, const char *text)
{
    size_t before = line->size;
    hr_buffer_append_utf8(line, text);
    for (size_t i = before; i < line->size; i++) {
        bool c1 = line->data[i] == 0xC2 && i + 1 < line->size && line->data[i + 1] >= 0x80 && line->data[i + 1] <= 0x9F;
        if (line->data[i] < 0x20 || line->data[i] == 0x7F || c1)
            line->data[i] = '?';
        if (c1)
            line->data[i + 1] = '?';
    }
}

static void append_text_fields(struct hr_buffer *line, const struct hr_log_field *fields)
{
    for (; fields != NULL && fields->key != NULL; fields++) {
        hr_buffer_append_format(line, " %s=", fields->key);
        if (fields->text != NULL)
            append_printable(line, fields->text);
        else
            hr_buffer_append_format(line, "%g", fields->number);
    }
}

static bool set_utf8(struct hr_json *object, const char *key, const char *text)
{
    struct hr_buffer clean;
    hr_buffer_init(&clean, LINE_MAX_BYTES);
    hr_buffer_append_utf8(&clean, text);
    bool good = !clean.failed && hr_json_set(object, key, hr_json_text_new(hr_buffer_text(&clean)));
    hr_buffer_clear(&clean);
    return good;
}

/* Counts as whole numbers: readers of logs dislike 3.0 frames. */
static struct hr_json *number_new(double number)
{
    bool whole = number >= -1e15 && number <= 1e15 && number == (double)(int64_t)number;
    return whole ? hr_json_integer_new((int64_t)number) : hr_json_real_new(number);
}

static void append_json_line(struct hr_buffer *line, enum hr_log_level level, const struct hr_log_field *fields,
                             const char *message)
{
    char now[HR_CLOCK_ISO8601_SIZE];
    hr_clock_iso8601(hr_clock_system()->wall_us(NULL), now);
    struct hr_json *object = hr_json_object_new();
    bool good = hr_json_set(object, "time", hr_json_text_new(now));
    good = hr_json_set(object, "level", hr_json_text_new(level_names[level])) && good;
    good = set_utf8(object, "message", message) && good;
    for (; fields != NULL && fields->key != NULL; fields++) {
        if (fields->text != NULL)
            good = set_utf8(object, fields->key, fields->text) && good;
        else
            good = hr_json_set(object, fields->key, number_new(fields->number)) && good;
    }
    struct hr_error ignored;
    if (hr_json_write(object, false, line, &ignored) != HR_OK || !good)
        line->failed = true;
    hr_json_free(object);
}

/* What is said when a line is too long or memory is out. */
static const char *lost_line(bool json)
{
    return json ? "{\"level\":\"error\",\"message\":\"a log line is lost\"}\n" : "error: a log line is lost\n";
}

void hr_log_write(const struct hr_log *log, enum hr_log_level level, const struct hr_log_field *fields,
                  const char *format, ...)
{
    if (log == NULL || log->stream == NULL || level < log->level)
        return;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);

    struct hr_buffer line;
    hr_buffer_init(&line, LINE_MAX_BYTES);
    if (log->json) {
        append_json_line(&line, level, fields, message);
    } else {
        if (level != HR_LOG_INFO)
            hr_buffer_append_format(&line, "%s: ", level_names[level]);
        append_printable(&line, message);
        append_text_fields(&line, fields);
    }
    hr_buffer_append_text(&line, "\n");
    const char *text = line.failed ? lost_line(log->json) : hr_buffer_text(&line);
    /* One fwrite, so that lines of several threads do not mix. */
    fwrite(text, 1, strlen(text), log->stream);
    fflush(log->stream);
    hr_buffer_clear(&line);
}
