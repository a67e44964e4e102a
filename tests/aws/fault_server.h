/* A server on loopback that answers each request with the next step of a script: with an error, with
 * half an answer, with silence. What it was sent is kept for the test to look at. */
#ifndef HR_TESTS_AWS_FAULT_SERVER_H
#define HR_TESTS_AWS_FAULT_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum fault {
    FAULT_NONE,  /* the reply, then the connection is closed in order */
    FAULT_KEEP,  /* the reply; the connection is kept */
    FAULT_RESET, /* the reply, then a reset */
    FAULT_STALL, /* the reply, then silence until the client goes away */
    FAULT_FLOOD, /* the reply, then `again` until the client goes away */
};

struct fault_step {
    enum fault fault;
    const char *reply; /* raw bytes; "" for none */
};

/* An answer to the request number `index` (from 0), by a server that never comes to an end; the connection is kept. */
typedef void fault_endless(size_t index, char *reply, size_t size);

#define FAULT_REQUESTS_MAX 64
struct fault_request {
    char *head; /* request line and headers */
    struct hr_buffer body;
};

struct fault_server {
    int socket;
    int port;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    const struct fault_step *steps;
    size_t step_count;
    fault_endless *endless; /* behind the script; NULL: 599. Set it before the first request */
    const char *again;      /* of FAULT_FLOOD; likewise */
    size_t served;
    size_t hold_until; /* no answer before so many requests have come in; set it before the first */
    /* What came in, under the lock: the functions below look at it while the server runs. */
    struct fault_request requests[FAULT_REQUESTS_MAX];
    size_t request_count;
    size_t connection_count;
    pthread_t workers[FAULT_REQUESTS_MAX];
    int sockets[FAULT_REQUESTS_MAX];
};

/* Past the end of the script the answer is 599, or `endless`. */
void fault_server_start(struct fault_server *server, const struct fault_step *steps, size_t step_count);
void fault_server_stop(struct fault_server *server);
size_t fault_server_request_count(struct fault_server *server);
size_t fault_server_connection_count(struct fault_server *server);
/* The index-th request, which must have come; the server's until it is stopped. */
const struct fault_request *fault_server_request(struct fault_server *server, size_t index);
/* The value of a header of the index-th request, or NULL; *out is written over by the next call. */
const char *fault_server_header(struct fault_server *server, size_t index, const char *name, char *out, size_t size);

#endif
