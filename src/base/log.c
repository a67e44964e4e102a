#include "base/log.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/json.h"

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static void append_text_fields(struct hr_buffer *line, const struct hr_log_field *fields)
{
    for (; fields != NULL && fields->key != NULL; fields++) {
        if (fields->text != NULL)
            hr_buffer_append_format(line, " %s=%s", fields->key, fields->text);
        else
            hr_buffer_append_format(line, " %s=%g", fields->key, fields->number);
    }
}

static void append_json_line(struct hr_buffer *line, enum hr_log_level level,
                             const struct hr_log_field *fields, const char *message)
{
    char now[HR_CLOCK_ISO8601_SIZE];
    hr_clock_iso8601(hr_clock_system()->wall_us(NULL), now);
    struct hr_json *object = hr_json_object_new();
    hr_json_set(object, "time", hr_json_text_new(now));
    hr_json_set(object, "level", hr_json_text_new(level_names[level]));
    if (!hr_json_set(object, "message", hr_json_text_new(message)))
        hr_json_set(object, "message", hr_json_text_new("(text that is not UTF-8)"));
    for (; fields != NULL && fields->key != NULL; fields++)
        hr_json_set(object, fields->key,
                    fields->text != NULL ? hr_json_text_new(fields->text)
                                         : hr_json_real_new(fields->number));
    struct hr_error ignored;
    if (hr_json_write(object, false, line, &ignored) != HR_OK)
        hr_buffer_append_text(line, "{\"level\":\"error\",\"message\":\"log line lost\"}");
    hr_json_free(object);
}

void hr_log_write(const struct hr_log *log, enum hr_log_level level,
                  const struct hr_log_field *fields, const char *format, ...)
{
    if (log == NULL || log->stream == NULL || level < log->level)
        return;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);

    struct hr_buffer line;
    hr_buffer_init(&line, 65536);
    if (log->json) {
        append_json_line(&line, level, fields, message);
    } else {
        if (level != HR_LOG_INFO)
            hr_buffer_append_format(&line, "%s: ", level_names[level]);
        hr_buffer_append_text(&line, message);
        append_text_fields(&line, fields);
    }
    hr_buffer_append_text(&line, "\n");
    /* One fwrite, so that lines of several threads do not mix. */
    if (line.size > 0)
        fwrite(line.data, 1, line.size, log->stream);
    fflush(log->stream);
    hr_buffer_clear(&line);
}
