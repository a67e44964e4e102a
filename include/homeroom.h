/* homeroom: recognise the enrolled students in a classroom video.
 *
 * The one public header of libhomeroom. Two lifetimes:
 *
 *   engine    models, gallery and student table; read-only after opening, may be shared by all threads
 *   session   decoder, scratch memory and tracks of one video at a time; one per worker thread
 *
 * Every function that can fail returns `enum hr_status` and fills the caller's `struct hr_error`.
 * All text is UTF-8. All sizes are in pixels and all times in microseconds of presentation time unless a
 * name says otherwise. Nothing here writes to the terminal.
 */
#ifndef HOMEROOM_H
#define HOMEROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HR_MUST_USE __attribute__((warn_unused_result))
#define HR_PRINTF(format_index, first_argument) \
    __attribute__((format(printf, format_index, first_argument)))
#define HR_API __attribute__((visibility("default")))
#else
#define HR_MUST_USE
#define HR_PRINTF(format_index, first_argument)
#define HR_API
#endif

/* What can happen. base/status.c has the one table that gives each code its name, its exit status, its HTTP
 * status and whether trying again can help. */
enum hr_status {
    HR_OK = 0,
    HR_END,             /* no more frames, rows, items: a result, not an error */
    HR_ERR_ARGUMENT,    /* the caller's or user's argument makes no sense */
    HR_ERR_NOT_FOUND,   /* the file, student or table is not there */
    HR_ERR_PERMISSION,  /* it is there but may not be read or written */
    HR_ERR_IO,          /* reading or writing failed half way */
    HR_ERR_FORMAT,      /* the bytes are not what they should be: not a video, a damaged model, bad CSV */
    HR_ERR_UNSUPPORTED, /* well formed, but of a kind that homeroom does not handle */
    HR_ERR_LIMIT,       /* a named limit of base/limits.h was passed */
    HR_ERR_MEMORY,      /* out of memory */
    HR_ERR_DEADLINE,    /* the deadline passed or the caller asked to stop */
    HR_ERR_MODEL,       /* a model is missing, damaged or not the one the gallery was made with */
    HR_ERR_DATABASE,    /* the student database refused */
    HR_ERR_CONFLICT,    /* somebody else changed it, or it is there already */
    HR_ERR_THROTTLED,   /* a service asked us to slow down */
    HR_ERR_UNAVAILABLE, /* a service cannot be reached */
    HR_ERR_INTERNAL,    /* a mistake of ours */
    HR_STATUS_COUNT
};

#define HR_ERROR_TEXT_MAX 512

/* Filled by the function that failed; the leaf writes the foreign reason, callers put context in front. */
struct hr_error {
    enum hr_status code;
    char text[HR_ERROR_TEXT_MAX];
};

HR_API const char *hr_status_name(enum hr_status status);
HR_API const char *hr_version(void);

#ifdef __cplusplus
}
#endif
#endif
