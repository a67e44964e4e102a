/* Which photos are to be enrolled, and for whom: from the command line or from a folder. */
#ifndef HR_CLI_PHOTOS_H
#define HR_CLI_PHOTOS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct hr_offered_photo {
    char *student;        /* owned: id or name, as the folder or file has it, in NFC; NULL: left out */
    char *path;           /* owned */
    const char *left_out; /* why, static text; NULL: it is a photo */
};

struct hr_photos {
    struct hr_offered_photo *items; /* owned */
    size_t count;
    size_t capacity;
};

void hr_photos_clear(struct hr_photos *photos); /* frees; safe on a zeroed one */

/* Copies both. ARGUMENT, LIMIT or FORMAT when the id cannot be one. */
enum hr_status hr_photos_add(struct hr_photos *photos, const char *student_id, const char *path,
                             struct hr_error *error) HR_MUST_USE;

/* `dir` holds a folder per student, named by the student's id or name, or files ID.jpg; sorted by name.
 * Hidden names are passed over. NOT_FOUND when there is not a single photo. */
enum hr_status hr_photos_from_folder(struct hr_photos *photos, const char *dir, struct hr_error *error) HR_MUST_USE;

#endif
