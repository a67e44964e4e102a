#include "nats/pulse.h"

#include <time.h>

/* How often it is looked whether the worker shall end. */
#define TICK_MS INT64_C(200)

static struct timespec after_ms(int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* True when the time passed, false when it is over. */
static bool wait_ms(struct hr_nats_pulse *pulse, int64_t ms)
{
    struct timespec at = after_ms(ms);
    int late = 0;
    pthread_mutex_lock(&pulse->lock);
    while (!pulse->ended && late == 0)
        late = pthread_cond_timedwait(&pulse->changed, &pulse->lock, &at);
    bool ended = pulse->ended;
    pthread_mutex_unlock(&pulse->lock);
    return !ended;
}

static void *beat(void *context)
{
    struct hr_nats_pulse *pulse = context;
    const struct hr_nats_pulse_options *options = &pulse->options;
    const int64_t tick_ms = options->period_ms < TICK_MS ? options->period_ms : TICK_MS;
    int64_t since_beat_ms = 0, since_stop_ms = 0;
    bool interrupted = options->interrupt == NULL || options->stop == NULL;
    struct hr_error ignored;
    while (wait_ms(pulse, tick_ms)) {
        since_beat_ms += tick_ms;
        if (since_beat_ms >= options->period_ms) {
            /* A beat that is lost is followed by others; when all are, somebody else gets the
             * message, and of two that do the same work one finds it done. */
            (void)!options->queue->working(options->queue->context, &ignored);
            since_beat_ms = 0;
        }
        if (interrupted || !hr_stop_requested(options->stop))
            continue;
        interrupted = since_stop_ms >= options->grace_ms;
        if (interrupted)
            options->interrupt(options->context);
        since_stop_ms += tick_ms;
    }
    return NULL;
}

enum hr_status hr_nats_pulse_start(struct hr_nats_pulse *pulse, const struct hr_nats_pulse_options *options,
                                   struct hr_error *error)
{
    *pulse = (struct hr_nats_pulse){.options = *options};
    if (pulse->options.period_ms < 1)
        pulse->options.period_ms = 1;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pulse->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&pulse->lock, NULL);
    int failure = pthread_create(&pulse->thread, NULL, beat, pulse);
    if (failure == 0)
        return HR_OK;
    pthread_cond_destroy(&pulse->changed);
    pthread_mutex_destroy(&pulse->lock);
    return hr_error_set_errno(error, failure, "starting a thread");
}

void hr_nats_pulse_end(struct hr_nats_pulse *pulse)
{
    pthread_mutex_lock(&pulse->lock);
    pulse->ended = true;
    pthread_cond_signal(&pulse->changed);
    pthread_mutex_unlock(&pulse->lock);
    pthread_join(pulse->thread, NULL);
    pthread_cond_destroy(&pulse->changed);
    pthread_mutex_destroy(&pulse->lock);
}
