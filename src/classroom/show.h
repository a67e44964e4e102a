/* A lesson as one page of HTML that needs nothing else: no script, no server, no file beside it. */
#ifndef HR_CLASSROOM_SHOW_H
#define HR_CLASSROOM_SHOW_H

#include "base/buffer.h"
#include "classroom/roll.h"
#include "face/embed.h"

struct hr_show_options {
    /* The clock ("08:05:30") in a time zone at that moment. */
    void (*clock)(const char *zone, int64_t wall_us, char out[9]);
    const struct hr_vector_layout *known; /* the models that are here; NULL: unknown people are not compared */
    size_t pictures_max;                  /* the page has no more; those of the largest faces */
};

/* The roll, for every student when he was in sight, the pictures that the class keeps, what is to be looked at, and the
 * unknown people. Adds to an initialised buffer. NOT_FOUND; LIMIT when it does not fit into the buffer. */
enum hr_status hr_lesson_show(struct hr_database *database, int64_t lesson, const struct hr_show_options *options,
                              struct hr_buffer *out, struct hr_error *error) HR_MUST_USE;

#endif
