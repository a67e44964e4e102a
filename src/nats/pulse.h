/* Stands beside the work on a message, in a thread of its own: says again and again that it is
 * being worked on, as a lecture takes longer than a queue waits for an answer; and interrupts it
 * when the worker shall end and the work does not. Inside this room only. */
#ifndef HR_NATS_PULSE_H
#define HR_NATS_PULSE_H

#include <pthread.h>

#include "base/clock.h"
#include "nats/queue.h"

struct hr_nats_pulse_options {
    const struct hr_nats_queue *queue;
    int64_t period_ms;
    const struct hr_stop *stop; /* may be NULL */
    int64_t grace_ms;           /* from `stop` on until `interrupt` is called, once */
    void (*interrupt)(void *context);
    void *context;
};

struct hr_nats_pulse {
    struct hr_nats_pulse_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ended;
};

/* `pulse` stays where it is until it was ended. */
enum hr_status hr_nats_pulse_start(struct hr_nats_pulse *pulse, const struct hr_nats_pulse_options *options,
                                   struct hr_error *error) HR_MUST_USE;
/* Returns when no more is said or interrupted. */
void hr_nats_pulse_end(struct hr_nats_pulse *pulse);

#endif
