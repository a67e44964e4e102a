#include "infer/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"

/* Layers follow each other within microseconds, so a worker looks for the next one for a short while before it
 * goes to sleep; an idle pool costs nothing. */
enum { SPINS = 4000 };

/* How long the caller looks for the last task to end before it lets other threads have its processor. */
enum { PATIENCE = 2000 };

struct hr_pool {
    int threads;
    pthread_t workers[HR_LIMIT_THREADS];
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int sleeping; /* under the lock */

    /* The loop that is running. Written while no task is left, published by `tasks`. */
    hr_task_fn *function;
    void *context;
    /* Count of tasks in the upper half, next one in the lower: a worker that comes late, or to an old loop, takes
     * a number past the count and touches nothing. */
    atomic_uint_fast64_t tasks;
    atomic_int finished; /* tasks of the loop */
    atomic_uint round;   /* goes up with each loop */
    atomic_bool ending;
    atomic_int started; /* gives each worker its number */
};

static inline void rest(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_tasks(struct hr_pool *pool, int worker)
{
    for (;;) {
        uint64_t taken = atomic_fetch_add_explicit(&pool->tasks, 1, memory_order_acq_rel);
        uint32_t task = (uint32_t)taken, count = (uint32_t)(taken >> 32);
        if (task >= count)
            return;
        /* This task is not finished, so that the loop's function and context stay as they are. */
        pool->function(pool->context, (int)task, worker);
        atomic_fetch_add_explicit(&pool->finished, 1, memory_order_release);
    }
}

/* Waits until the round is another than `seen`. */
static void wait_for_round(struct hr_pool *pool, unsigned seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->round, memory_order_acquire) != seen)
            return;
        rest();
    }
    pthread_mutex_lock(&pool->lock);
    pool->sleeping++;
    while (atomic_load_explicit(&pool->round, memory_order_acquire) == seen)
        pthread_cond_wait(&pool->wake, &pool->lock);
    pool->sleeping--;
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *argument)
{
    struct hr_pool *pool = argument;
    int worker = 1 + atomic_fetch_add(&pool->started, 1);
    unsigned seen = 0;
    for (;;) {
        wait_for_round(pool, seen);
        seen = atomic_load_explicit(&pool->round, memory_order_acquire);
        if (atomic_load(&pool->ending))
            return NULL;
        take_tasks(pool, worker);
    }
}

static void next_round(struct hr_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add_explicit(&pool->round, 1, memory_order_release);
    if (pool->sleeping > 0)
        pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

/* Waits for the tasks that workers are at. Workers that were never given a processor hold none. */
static void wait_for_tasks(struct hr_pool *pool, int count)
{
    for (int spins = 0; atomic_load_explicit(&pool->finished, memory_order_acquire) < count; spins++) {
        rest();
        if (spins > PATIENCE) /* more threads than processors */
            sched_yield();
    }
}

void hr_pool_run(struct hr_pool *pool, hr_task_fn *function, void *context, int count)
{
    if (pool == NULL || pool->threads == 1 || count <= 1) {
        for (int task = 0; task < count; task++)
            function(context, task, 0);
        return;
    }
    pool->function = function;
    pool->context = context;
    atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->tasks, (uint64_t)count << 32, memory_order_release);
    next_round(pool);
    take_tasks(pool, 0);
    wait_for_tasks(pool, count);
}

enum hr_status hr_pool_new(struct hr_pool **out, int threads, struct hr_error *error)
{
    *out = NULL;
    if (threads < 1 || threads > HR_LIMIT_THREADS)
        return hr_error_set(error, HR_ERR_ARGUMENT, "%d threads: from 1 to %d can be used", threads, HR_LIMIT_THREADS);
    struct hr_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for worker threads");
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->threads = 1;
    while (pool->threads < threads) {
        if (pthread_create(&pool->workers[pool->threads], NULL, work, pool) != 0) {
            int started = pool->threads;
            hr_pool_free(pool);
            return hr_error_set(error, HR_ERR_MEMORY, "thread %d of %d could not be started", started + 1, threads);
        }
        pool->threads++;
    }
    *out = pool;
    return HR_OK;
}

void hr_pool_free(struct hr_pool *pool)
{
    if (pool == NULL)
        return;
    atomic_store(&pool->ending, true);
    next_round(pool);
    for (int i = 1; i < pool->threads; i++)
        pthread_join(pool->workers[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

int hr_pool_threads(const struct hr_pool *pool)
{
    return pool != NULL ? pool->threads : 1;
}
