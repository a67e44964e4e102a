/* The connection that a consumer works with, and what stands on the server. Inside this room only:
 * the header of libnats is included here. */
#ifndef HR_NATS_CLIENT_H
#define HR_NATS_CLIENT_H

#include <nats/nats.h>

#include "nats/consumer.h"

#define HR_NATS_ANSWER_MS INT64_C(5000) /* within which a server answers */
#define HR_NATS_NS_PER_MS INT64_C(1000000)

/* The error of libnats in our words: `what` was tried. `code`: JetStream's reason, or 0. */
enum hr_status hr_nats_failed(struct hr_error *error, natsStatus status, jsErrCode code, const char *what);

/* It goes on by itself when the connection is lost, for ever. */
enum hr_status hr_nats_connect(natsConnection **out, const struct hr_nats_consumer_options *options,
                               struct hr_error *error) HR_MUST_USE;

/* Makes what is missing of stream, dead-letter stream and consumer. */
enum hr_status hr_nats_prepare(jsCtx *js, const struct hr_nats_consumer_options *options, int64_t *ack_wait_ms,
                               struct hr_error *error) HR_MUST_USE;

#endif
