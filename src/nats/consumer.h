/* A durable pull consumer of a NATS JetStream stream, shared by any number of workers, as a queue
 * for nats/loop.h. One message in hand; one thread at a time, but for `working`.
 * https://docs.nats.io/nats-concepts/jetstream/consumers */
#ifndef HR_NATS_CONSUMER_H
#define HR_NATS_CONSUMER_H

#include "nats/place.h"
#include "nats/queue.h"

/* Where messages go that were put aside, with headers that say where they come from and why. A
 * stream that takes this subject is made when there is none. */
#define HR_NATS_DEAD_SUBJECT "homeroom.dead"
#define HR_NATS_DEAD_STREAM "HOMEROOM_DEAD"
/* How long it keeps them. */
#define HR_NATS_DEAD_DAYS 30

/* All texts are borrowed for the call of hr_nats_consumer_open; NULL where not required. */
struct hr_nats_consumer_options {
    const struct hr_nats_place *place;
    const char *stream;           /* required */
    const char *subject;          /* that messages are sent to; required */
    const char *consumer;         /* the name that its workers share; required */
    const char *user, *password;  /* outrank what the place says */
    const char *token;            /* likewise */
    const char *credentials_file; /* JWT and seed, as nsc writes them */
    const char *ca_file;          /* PEM, for tls; NULL: the system's */
    int64_t ack_wait_ms;          /* of the consumer, if it is made now */
    bool create_stream;           /* when it is not there: a work queue on disk */
    bool insecure;                /* without tls, other machines may be spoken to */
};

struct hr_nats_consumer; /* opaque */

/* Connects, and makes the consumer when it is not there; one that is there is taken as it is. ARGUMENT: in the clear to
 * another machine, without `insecure`.
 * UNAVAILABLE: no server; PERMISSION: refused; NOT_FOUND: no such stream; CONFLICT: there is a
 * consumer of that name that is of another kind. */
enum hr_status hr_nats_consumer_open(struct hr_nats_consumer **out, const struct hr_nats_consumer_options *options,
                                     struct hr_error *error) HR_MUST_USE;
void hr_nats_consumer_close(struct hr_nats_consumer *consumer); /* NULL is allowed */

/* Valid as long as the consumer is open. */
struct hr_nats_queue hr_nats_consumer_queue(struct hr_nats_consumer *consumer);
/* As the server has it. */
int64_t hr_nats_consumer_ack_wait_ms(const struct hr_nats_consumer *consumer);

#endif
