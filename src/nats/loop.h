/* The loop of a worker: takes one message of a queue, hands it to a callback, answers the queue
 * when the work is done. Whatever ends the worker in between, the message comes again: nothing is
 * lost, and a handler must bear the same message twice. Knows nothing of what the messages are
 * about. */
#ifndef HR_NATS_LOOP_H
#define HR_NATS_LOOP_H

#include "base/clock.h"
#include "nats/decide.h"
#include "nats/queue.h"

/* Anything but HANDLED says the reason in `error`. */
typedef enum hr_nats_result hr_nats_handler(void *context, const struct hr_nats_message *message,
                                            struct hr_error *error);

/* What the loop has to tell beside the handler's own words. */
enum hr_nats_event_kind {
    HR_NATS_EVENT_REPEATED,   /* the message is not here for the first time */
    HR_NATS_EVENT_AGAIN,      /* the message comes again after `delay_ms`, because of `reason` */
    HR_NATS_EVENT_DEAD,       /* it was put aside because of `reason` */
    HR_NATS_EVENT_UNANSWERED, /* the answer did not reach the queue: it comes again */
    HR_NATS_EVENT_AWAY,       /* the queue cannot be reached; tried again. `message` is NULL */
    HR_NATS_EVENT_BACK        /* it can be reached again. `message` and `reason` are NULL */
};
struct hr_nats_event {
    enum hr_nats_event_kind kind;
    const struct hr_nats_message *message;
    const struct hr_error *reason;
    int64_t delay_ms;
};

struct hr_nats_loop_options {
    const struct hr_nats_queue *queue;
    hr_nats_handler *handler;
    void *context;
    void (*on_event)(void *context, const struct hr_nats_event *event); /* may be NULL */
    void (*idle)(void *context);      /* when no message is in hand: before each, and every second or so; may be NULL */
    const struct hr_clock *clock;     /* NULL: the system's */
    const struct hr_stop *stop;       /* ends the loop after the message in hand; may be NULL */
    int64_t grace_ms;                 /* how long the message in hand may then still take */
    void (*interrupt)(void *context); /* called after that, from another thread: the handler shall
                                         return INTERRUPTED soon; NULL: it takes what it takes */
    bool once;                        /* ends when no message waits */
    unsigned deliveries_max;          /* see nats/decide.h; at least 1 */
    int64_t ack_wait_ms;              /* after which the queue gives a message to somebody else */
    int64_t away_max_ms;              /* a queue that is away for longer ends the loop */
};

/* HR_OK when `stop` was set or the queue is empty (`once`); UNAVAILABLE and the like when the queue
 * was away for too long. */
enum hr_status hr_nats_run(const struct hr_nats_loop_options *options, struct hr_error *error) HR_MUST_USE;

#endif
