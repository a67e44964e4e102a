#include "jobs/desk.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* A list of jobs in hand. */
struct shift {
    const struct hr_desk *desk;
    struct hr_snapshot *snapshot; /* held */
    size_t count;
    int threads_each;

    pthread_mutex_t lock; /* of all below */
    size_t next;          /* to be taken by a worker */
    size_t told;          /* handed to `done` */
    bool *ended;
    struct hr_error worker_error; /* of a worker that could not start */
};

/* Tells, under the lock, of every job whose turn has come. */
static void tell(struct shift *shift)
{
    for (; shift->told < shift->count && shift->ended[shift->told]; shift->told++)
        shift->desk->done(shift->desk->context, shift->told, NULL);
}

static void work_on(struct shift *shift, struct hr_session *session)
{
    const struct hr_desk *desk = shift->desk;
    pthread_mutex_lock(&shift->lock);
    while (shift->next < shift->count && !hr_stop_requested(desk->stop)) {
        size_t index = shift->next++;
        pthread_mutex_unlock(&shift->lock);
        desk->run(desk->context, index, session, shift->snapshot);
        pthread_mutex_lock(&shift->lock);
        shift->ended[index] = true;
        tell(shift);
    }
    pthread_mutex_unlock(&shift->lock);
}

static void *work(void *argument)
{
    struct shift *shift = argument;
    struct hr_session *session = NULL;
    struct hr_error error;
    if (hr_session_new(&session, shift->desk->engine, shift->threads_each, &error) == HR_OK) {
        work_on(shift, session);
    } else {
        pthread_mutex_lock(&shift->lock);
        shift->worker_error = error;
        pthread_mutex_unlock(&shift->lock);
    }
    hr_session_free(session);
    return NULL;
}

/* Jobs that were never begun: somebody asked to stop, or no worker could start. Those that were are told already, but
 * for what stands behind one that was not. */
static void tell_rest(struct shift *shift)
{
    struct hr_error why = shift->worker_error;
    if (why.code == HR_OK)
        hr_error_set(&why, HR_ERR_DEADLINE, "not begun");
    for (; shift->told < shift->count; shift->told++)
        shift->desk->done(shift->desk->context, shift->told, shift->ended[shift->told] ? NULL : &why);
}

static int processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > HR_LIMIT_THREADS ? HR_LIMIT_THREADS : (int)count;
}

enum hr_status hr_desk_run(const struct hr_desk *desk, size_t count, struct hr_error *error)
{
    int threads = desk->threads > 0 ? desk->threads : processors();
    size_t workers = desk->workers > 0 ? (size_t)desk->workers : (size_t)threads;
    workers = workers > count ? count : workers > HR_LIMIT_THREADS ? HR_LIMIT_THREADS : workers;
    int threads_each = threads / (int)(workers > 0 ? workers : 1);
    struct shift shift = {.desk = desk,
                          .count = count,
                          .threads_each = threads_each > 0 ? threads_each : 1,
                          .ended = calloc(count + 1, sizeof *shift.ended)};
    if (shift.ended == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu jobs", count);
    shift.snapshot = hr_engine_hold(desk->engine);
    pthread_mutex_init(&shift.lock, NULL);

    pthread_t others[HR_LIMIT_THREADS];
    size_t started = 0;
    while (started + 1 < workers && pthread_create(&others[started], NULL, work, &shift) == 0)
        started++;
    if (count > 0)
        work(&shift); /* this thread is a worker, too */
    for (size_t i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    tell_rest(&shift);

    pthread_mutex_destroy(&shift.lock);
    hr_snapshot_release(shift.snapshot);
    free(shift.ended);
    return HR_OK;
}
