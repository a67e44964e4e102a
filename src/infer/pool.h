/* Worker threads. Inside this room only; hr_pool_new and _free are in network.h. */
#ifndef HR_INFER_POOL_H
#define HR_INFER_POOL_H

#include "infer/network.h"

/* One task of a parallel loop. `worker` is 0 (the caller) to hr_pool_threads - 1. */
typedef void hr_task_fn(void *context, int task, int worker);

/* Run tasks 0 .. count - 1, each once, in any order, and return when all are done. `pool` NULL: in this thread. */
void hr_pool_run(struct hr_pool *pool, hr_task_fn *function, void *context, int count);

#endif
