/* What the loop needs of a queue: one message in hand at a time, and an answer to each. NATS is one
 * such queue (nats/consumer.h); the tests have another. */
#ifndef HR_NATS_QUEUE_H
#define HR_NATS_QUEUE_H

#include "base/status.h"
#include "base/view.h"

struct hr_nats_message {
    struct hr_view body; /* borrowed until the message is answered */
    uint64_t sequence;   /* its number in the stream, the same at each delivery */
    unsigned deliveries; /* 1 when it comes for the first time */
};

/* `next` drops whatever is in hand unanswered: it comes again when the queue misses an answer. */
struct hr_nats_queue {
    /* HR_OK: a message is in hand. HR_END: none came within `patience_ms`. UNAVAILABLE: the queue
     * cannot be reached at the moment. */
    enum hr_status (*next)(void *context, int64_t patience_ms, struct hr_nats_message *out, struct hr_error *error);
    /* The message in hand is being worked on: its time begins anew. From any thread. */
    enum hr_status (*working)(void *context, struct hr_error *error);
    /* Its work is done: it never comes again. */
    enum hr_status (*done)(void *context, struct hr_error *error);
    /* It comes again, to whoever is free then, after `delay_ms`. */
    enum hr_status (*again)(void *context, int64_t delay_ms, struct hr_error *error);
    /* It is put aside with the reason, for a person to look at, and never comes again. When it
     * could not be put aside it stays in hand. */
    enum hr_status (*dead)(void *context, const struct hr_error *reason, struct hr_error *error);
    void *context;
};

#endif
