#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The one table. Exit statuses follow the manual: 1 is kept for "did not find what was asked" style
 * answers of single commands, 2 for usage, 3 and up for the failures below. */
static const struct hr_status_info status_table[HR_STATUS_COUNT] = {
    [HR_OK] = {"ok", "done", 0, 200, false},
    [HR_END] = {"end", "nothing more", 0, 200, false},
    [HR_ERR_ARGUMENT] = {"argument", "an argument makes no sense", 2, 400, false},
    [HR_ERR_NOT_FOUND] = {"not_found", "a file or student is not there", 3, 404, false},
    [HR_ERR_PERMISSION] = {"permission", "access is not allowed", 4, 403, false},
    [HR_ERR_IO] = {"io", "reading or writing failed", 5, 500, true},
    [HR_ERR_FORMAT] = {"format", "the input is not what it should be, or damaged", 6, 422, false},
    [HR_ERR_UNSUPPORTED] = {"unsupported", "well formed, but not supported", 7, 415, false},
    [HR_ERR_LIMIT] = {"limit", "a named limit was passed", 8, 413, false},
    [HR_ERR_MEMORY] = {"memory", "out of memory", 9, 503, true},
    [HR_ERR_DEADLINE] = {"deadline", "stopped by the deadline or on request", 10, 504, true},
    [HR_ERR_MODEL] = {"model", "a model is missing, damaged or of another kind", 11, 500, false},
    [HR_ERR_DATABASE] = {"database", "the student database refused", 12, 500, false},
    [HR_ERR_CONFLICT] = {"conflict", "it is there already, or was changed meanwhile", 13, 409, false},
    [HR_ERR_THROTTLED] = {"throttled", "a service asked to slow down", 14, 429, true},
    [HR_ERR_UNAVAILABLE] = {"unavailable", "a service cannot be reached", 15, 503, true},
    [HR_ERR_INTERNAL] = {"internal", "a mistake in homeroom", 70, 500, false},
};

const struct hr_status_info *hr_status_info(enum hr_status status)
{
    if ((unsigned)status >= HR_STATUS_COUNT)
        status = HR_ERR_INTERNAL;
    return &status_table[status];
}

const char *hr_status_name(enum hr_status status)
{
    return hr_status_info(status)->name;
}

const char *hr_version(void)
{
    return HR_VERSION;
}

/* Cut a UTF-8 text that snprintf may have cut in the middle of a character. */
static void trim_broken_tail(char *text)
{
    size_t length = strlen(text);
    size_t back = 0;
    while (back < length && back < 3 && ((unsigned char)text[length - 1 - back] & 0xC0) == 0x80)
        back++;
    if (back >= length)
        return;
    unsigned char lead = (unsigned char)text[length - 1 - back];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (want > back + 1)
        text[length - 1 - back] = '\0';
}

static void set_text(struct hr_error *error, const char *format, va_list arguments)
{
    int written = vsnprintf(error->text, sizeof error->text, format, arguments);
    if (written >= (int)sizeof error->text)
        trim_broken_tail(error->text);
}

enum hr_status hr_error_set(struct hr_error *error, enum hr_status code, const char *format, ...)
{
    if (error != NULL) {
        error->code = code;
        error->origin = HR_ORIGIN_UNKNOWN;
        error->reason = NULL;
        error->value[0] = '\0';
        va_list arguments;
        va_start(arguments, format);
        set_text(error, format, arguments);
        va_end(arguments);
    }
    return code;
}

enum hr_status hr_error_named(struct hr_error *error, enum hr_status code, const char *reason, const char *value,
                              const char *format, ...)
{
    if (error != NULL) {
        *error = (struct hr_error){.code = code, .origin = HR_ORIGIN_UNKNOWN, .reason = reason};
        va_list arguments;
        va_start(arguments, format);
        set_text(error, format, arguments);
        va_end(arguments);
        if (snprintf(error->value, sizeof error->value, "%s", value != NULL ? value : "") >= (int)sizeof error->value)
            trim_broken_tail(error->value);
    }
    return code;
}

enum hr_status hr_error_from(struct hr_error *error, enum hr_origin origin)
{
    if (error == NULL)
        return HR_ERR_INTERNAL;
    if (error->origin == HR_ORIGIN_UNKNOWN)
        error->origin = origin;
    return error->code;
}

static enum hr_status status_of_errno(int saved_errno)
{
    switch (saved_errno) {
    case ENOENT:
    case ENOTDIR:
        return HR_ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return HR_ERR_PERMISSION;
    case ENOMEM:
        return HR_ERR_MEMORY;
    case EEXIST:
        return HR_ERR_CONFLICT;
    default:
        return HR_ERR_IO;
    }
}

enum hr_status hr_error_set_errno(struct hr_error *error, int saved_errno, const char *format, ...)
{
    enum hr_status code = status_of_errno(saved_errno);
    if (error != NULL) {
        error->code = code;
        error->origin = HR_ORIGIN_UNKNOWN;
        error->reason = NULL;
        error->value[0] = '\0';
        va_list arguments;
        va_start(arguments, format);
        set_text(error, format, arguments);
        va_end(arguments);
        char reason[128];
        size_t used = strlen(error->text);
        /* GNU strerror_r: may return a static text and leave `reason` alone. */
        snprintf(error->text + used, sizeof error->text - used, ": %s", strerror_r(saved_errno, reason, sizeof reason));
        trim_broken_tail(error->text);
    }
    return code;
}

enum hr_status hr_error_prefix(struct hr_error *error, const char *format, ...)
{
    if (error == NULL)
        return HR_ERR_INTERNAL;
    char before[HR_ERROR_TEXT_MAX];
    memcpy(before, error->text, sizeof before);
    va_list arguments;
    va_start(arguments, format);
    set_text(error, format, arguments);
    va_end(arguments);
    size_t used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, ": %.*s", (int)sizeof before - 1, before);
    trim_broken_tail(error->text);
    return error->code;
}

const char *hr_band_name(enum hr_band band)
{
    static const char *const names[HR_BAND_COUNT] = {
        [HR_BAND_UNKNOWN] = "unknown", [HR_BAND_REVIEW] = "review", [HR_BAND_CERTAIN] = "certain"};
    return names[band];
}
