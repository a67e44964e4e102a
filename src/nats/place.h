/* Where a stream is: "nats://HOST:PORT/STREAM", several servers of a cluster with commas between
 * them, "tls://" for an encrypted connection, "USER:PASSWORD@" or "TOKEN@" before the host. */
#ifndef HR_NATS_PLACE_H
#define HR_NATS_PLACE_H

#include "base/status.h"

/* Servers of a cluster that are named; the others are learnt from them, but not in the clear. */
#define HR_NATS_SERVERS_MAX 16
#define HR_NATS_SERVER_SIZE 512
/* A stream's or consumer's name; NATS's own limit is 255. */
#define HR_NATS_NAME_SIZE 256

struct hr_nats_place {
    char servers[HR_NATS_SERVERS_MAX][HR_NATS_SERVER_SIZE]; /* may hold a password: not for logs */
    size_t server_count;
    char stream[HR_NATS_NAME_SIZE]; /* "" when not named */
    bool tls;
};

/* ARGUMENT, without repeating what may be a password. */
enum hr_status hr_nats_place_parse(struct hr_nats_place *out, const char *text, struct hr_error *error) HR_MUST_USE;

/* ARGUMENT when a server other than this machine's would be spoken to in the clear. */
enum hr_status hr_nats_place_check_clear(const struct hr_nats_place *place, struct hr_error *error) HR_MUST_USE;

/* Names of streams and consumers: not empty, no space, '.', '*', '>', '/' or '\'. `what` is put in
 * front of the error's text. */
enum hr_status hr_nats_name_check(const char *what, const char *name, struct hr_error *error) HR_MUST_USE;

#endif
