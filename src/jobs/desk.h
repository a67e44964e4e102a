/* Many jobs at once: workers with a session each take the next one from a list. What came of them is told in the order
 * of the list, each as soon as those before it are told. */
#ifndef HR_JOBS_DESK_H
#define HR_JOBS_DESK_H

#include "classroom/engine.h"

struct hr_desk {
    struct hr_engine *engine;   /* borrowed */
    int threads;                /* for all together; 0: one per processor */
    int workers;                /* jobs at a time; 0: one per thread. One job per processor beats one job on all of
                                   them: nothing waits for anything. */
    const struct hr_stop *stop; /* no job is begun any more; running ones end by their own. May be NULL */
    /* Does job `index`, and keeps what came of it. Called by several threads at once; all jobs of a call are held
     * against the same snapshot of the class. */
    void (*run)(void *context, size_t index, struct hr_session *session, struct hr_snapshot *snapshot);
    /* Tells what came of it: in order, one call at a time. `not_begun`: why `run` was not called; else NULL. */
    void (*done)(void *context, size_t index, const struct hr_error *not_begun);
    void *context;
};

/* Jobs 0 to count - 1: `done` is called for each. Only MEMORY. */
enum hr_status hr_desk_run(const struct hr_desk *desk, size_t count, struct hr_error *error) HR_MUST_USE;

#endif
