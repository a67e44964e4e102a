/* Looks at the videos that were sent, one after the other, on a thread of its own; a program that is ended meanwhile
 * goes on with them at its next start. Inside this room only. */
#ifndef HR_WEB_WORKER_H
#define HR_WEB_WORKER_H

#include "web/request.h"

struct hr_worker; /* opaque */

/* It begins with hr_worker_start: when nothing can go wrong any more at the start of the server. */
enum hr_status hr_worker_new(struct hr_worker **out, struct hr_web *web, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_worker_start(struct hr_worker *worker, struct hr_error *error) HR_MUST_USE;
/* The one in hand is given up, and waits. */
void hr_worker_free(struct hr_worker *worker);

/* There is something to do. Any thread. */
void hr_worker_wake(struct hr_worker *worker);
/* How far the task in hand is: 0..1, and the seconds left as far as one can tell (-1: not yet). False: it is another
 * one. Any thread. */
bool hr_worker_progress(struct hr_worker *worker, int64_t task, double *share, double *left_s);
/* Ends it, if it is the one in hand: else false. Any thread. */
bool hr_worker_end(struct hr_worker *worker, int64_t task);

#endif
