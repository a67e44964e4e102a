/* What is noted while a job is worked on, so that a video that ends the program is known before it is begun again: a
 * hidden file beside the reports, gone when the work ends, whatever came of it. Inside this room only.
 *
 * The note says which process begins, and how often that was tried. Of a note whose process lives (somebody else works
 * on the video right now), and of another machine's that is not a day old, nothing can be told: it does not count. */
#ifndef HR_JOBS_ATTEMPTS_H
#define HR_JOBS_ATTEMPTS_H

#include "store/store.h"

/* A video during which the program was ended so often is left for later. */
enum { HR_ATTEMPTS_MAX = 2 };

struct hr_attempt {
    const struct hr_store *store; /* NULL: nothing is noted */
    char name[96];
    bool is_ours; /* the note: it is removed at the end */
};

/* *before: how often the work was begun and not ended. Less than HR_ATTEMPTS_MAX: it is noted that it begins again. */
enum hr_status hr_attempt_begin(struct hr_attempt *attempt, const struct hr_store *store, const char *source,
                                unsigned *before, struct hr_error *error) HR_MUST_USE;
/* The work ended, well or not. */
void hr_attempt_end(struct hr_attempt *attempt);

#endif
