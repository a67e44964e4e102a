#include "infer/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"

/* Layers follow each other within microseconds, so a worker looks for the next one for a short while before it
 * goes to sleep; an idle pool costs nothing. */
enum { SPINS = 4000 };

struct hr_pool {
    int threads;
    pthread_t workers[HR_LIMIT_THREADS];
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int sleeping; /* under the lock */

    hr_task_fn *function;
    void *context;
    int count;
    atomic_int next;     /* task to be taken */
    atomic_uint round;   /* goes up with each parallel loop */
    atomic_int working;  /* workers that have not finished the round */
    atomic_bool ending;
    atomic_int started;  /* gives each worker its number */
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
        int task = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (task >= pool->count)
            return;
        pool->function(pool->context, task, worker);
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
        atomic_fetch_sub_explicit(&pool->working, 1, memory_order_release);
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

void hr_pool_run(struct hr_pool *pool, hr_task_fn *function, void *context, int count)
{
    if (pool == NULL || pool->threads == 1 || count <= 1) {
        for (int task = 0; task < count; task++)
            function(context, task, 0);
        return;
    }
    pool->function = function;
    pool->context = context;
    pool->count = count;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->working, pool->threads - 1, memory_order_relaxed);
    next_round(pool);
    take_tasks(pool, 0);
    for (unsigned spins = 0; atomic_load_explicit(&pool->working, memory_order_acquire) > 0; spins++) {
        rest();
        if (spins % 1024 == 1023) /* more threads than processors: let the worker have this one */
            sched_yield();
    }
}

enum hr_status hr_pool_new(struct hr_pool **out, int threads, struct hr_error *error)
{
    *out = NULL;
    if (threads < 1 || threads > HR_LIMIT_THREADS)
        return hr_error_set(error, HR_ERR_ARGUMENT, "%d threads: 1 to %d are possible", threads,
                            HR_LIMIT_THREADS);
    struct hr_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for worker threads");
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->threads = 1;
    while (pool->threads < threads) {
        if (pthread_create(&pool->workers[pool->threads], NULL, work, pool) != 0) {
            hr_pool_free(pool);
            return hr_error_set(error, HR_ERR_MEMORY, "thread %d of %d could not be started",
                                pool->threads + 1, threads);
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
