/* Log lines, written at the program's top only: short text on a terminal, one JSON object per line
 * on a server. Library code does not log; it returns errors and warnings.
 *
 * Never put a face, a vector, a secret or, at info level and above, a student's name or id into a
 * line. Threads: one call writes one whole line. */
#ifndef HR_BASE_LOG_H
#define HR_BASE_LOG_H

#include <stdint.h>
#include <stdio.h>

#include "homeroom.h"

enum hr_log_level { HR_LOG_DEBUG, HR_LOG_INFO, HR_LOG_WARNING, HR_LOG_ERROR };

struct hr_log {
    FILE *stream; /* borrowed */
    enum hr_log_level level;
    bool json;
};

/* A field of a JSON line; in text form it is added as " key=value". An array ends with key NULL. */
struct hr_log_field {
    const char *key;
    const char *text; /* NULL: `number` is meant */
    double number;
};

void hr_log_write(const struct hr_log *log, enum hr_log_level level, const struct hr_log_field *fields,
                  const char *format, ...) HR_PRINTF(4, 5);
#endif
