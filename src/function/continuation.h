/* What is kept of a video between two events: in the output bucket, under ".homeroom/", until the
 * report is written. Vectors and places of faces, and of each face in sight a grey thumbnail of 12 by
 * 12 cells; the bucket is encrypted and the template lets such objects expire. Inside this room only. */
#ifndef HR_FUNCTION_CONTINUATION_H
#define HR_FUNCTION_CONTINUATION_H

#include "function/function.h"

struct hr_continuation {
    const struct hr_function *function;
    const struct hr_deadline *deadline;
    char key[1200];
    struct hr_buffer state; /* what was kept; empty: nothing */
    struct hr_part part;    /* for the classroom */
};

/* Asks for what was kept, when the video is large enough to have been put down. */
enum hr_status hr_continuation_open(struct hr_continuation *kept,
                                    const struct hr_function *function, const char *source,
                                    uint64_t video_bytes, const struct hr_deadline *deadline,
                                    struct hr_error *error) HR_MUST_USE;
void hr_continuation_close(struct hr_continuation *kept); /* frees */

/* Whether recognition failed because of what was kept. */
bool hr_continuation_is_unusable(const struct hr_continuation *kept, enum hr_status status);
/* Begin again without it. */
void hr_continuation_forget(struct hr_continuation *kept);

/* Keeps what was put down and sends the news to the queue. Without a queue: DEADLINE. */
enum hr_status hr_continuation_keep(struct hr_continuation *kept,
                                    const struct hr_event_object *news, const char *etag,
                                    struct hr_error *error) HR_MUST_USE;
/* The report is written: nothing is kept any more. Only when something was. */
void hr_continuation_remove(struct hr_continuation *kept);

#endif
