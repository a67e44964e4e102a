/* Says again and again that the message in hand is being worked on, from a thread of its own: a
 * lecture takes longer than a queue waits for an answer. Inside this room only. */
#ifndef HR_NATS_PULSE_H
#define HR_NATS_PULSE_H

#include <pthread.h>

#include "nats/queue.h"

struct hr_nats_pulse {
    const struct hr_nats_queue *queue;
    int64_t period_ms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ended;
};

/* `pulse` stays where it is until it was ended. */
enum hr_status hr_nats_pulse_start(struct hr_nats_pulse *pulse, const struct hr_nats_queue *queue,
                                   int64_t period_ms, struct hr_error *error) HR_MUST_USE;
/* Returns when no more is said. */
void hr_nats_pulse_end(struct hr_nats_pulse *pulse);

#endif
