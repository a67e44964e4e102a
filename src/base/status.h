/* Status codes, and the one table that says what each means to a shell, a web client and a retry
 * loop. */
#ifndef HR_BASE_STATUS_H
#define HR_BASE_STATUS_H

#include "homeroom.h"

struct hr_status_info {
    const char *name;    /* "not_found", stable: logs and JSON carry it */
    const char *meaning; /* one line for the manual */
    int exit_status;     /* of the homeroom program */
    int http_status;
    bool retryable; /* the same call may succeed later */
};

/* Never NULL; an unknown code gives the entry of HR_ERR_INTERNAL. */
const struct hr_status_info *hr_status_info(enum hr_status status);

/* Write code and text into `error` (may be NULL) and return `code`, so that
 *     return hr_error_set(error, HR_ERR_FORMAT, "byte %zu: ...", at);
 * reads as one line. Text that does not fit is cut at a whole UTF-8 character. */
enum hr_status hr_error_set(struct hr_error *error, enum hr_status code, const char *format, ...) HR_PRINTF(3, 4);

/* The same with ": " and the text of errno `saved_errno` behind; the code is chosen from errno
 * (ENOENT -> NOT_FOUND, EACCES -> PERMISSION, ENOMEM -> MEMORY, else IO). */
enum hr_status hr_error_set_errno(struct hr_error *error, int saved_errno, const char *format, ...) HR_PRINTF(3, 4);

/* The same with a reason, for programs that have words of their own: a static word that stays the same
 * ("password_length"), and what their words need (NULL: nothing). */
enum hr_status hr_error_named(struct hr_error *error, enum hr_status code, const char *reason, const char *value,
                              const char *format, ...) HR_PRINTF(5, 6);

/* Say whose fault it is, unless somebody nearer to it has said so. Returns error's code (HR_ERR_INTERNAL when error is
 * NULL). */
enum hr_status hr_error_from(struct hr_error *error, enum hr_origin origin);

/* Put context in front of the text that is there: "reading 'a.mp4'" + ": " + text. Returns error's
 * code (HR_ERR_INTERNAL when error is NULL), so that a caller can `return hr_error_prefix(...)`. */
enum hr_status hr_error_prefix(struct hr_error *error, const char *format, ...) HR_PRINTF(2, 3);

#endif
