/* HTTP/1.1 over TCP and TLS by libcurl: one request, one answer, nothing tried twice (aws/retry.h
 * does that). Knows nothing of Amazon.
 *
 * Certificates are always verified. http:// goes no further than this machine (a `direct` request: than the agents
 * beside it), unless the client was told to be `insecure`. Redirects are not followed: a signature is good for one
 * host.
 * IPv6 and IPv4 are tried side by side. Connections are kept and used again.
 *
 * Threads: one client serves all threads at once; each request in flight has a connection of its
 * own. A request and its answer belong to one thread. */
#ifndef HR_AWS_HTTP_H
#define HR_AWS_HTTP_H

#include "aws/pair.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/view.h"

struct hr_http; /* opaque */

/* All texts are borrowed for the call of hr_http_open; NULL and "" mean: none. */
struct hr_http_options {
    const char *ca_bundle;   /* PEM file instead of the system's certificates */
    const char *proxy_http;  /* "http://host:port", for http:// addresses */
    const char *proxy_https; /* the same for https:// addresses */
    const char *proxy_not;   /* "a.example,.b.example": hosts that are reached directly */
    const char *user_agent;
    bool insecure;                /* http:// is allowed to other machines, too */
    const struct hr_clock *clock; /* NULL: the system's */
};

/* Opens no connection. */
enum hr_status hr_http_open(struct hr_http **out, const struct hr_http_options *options,
                            struct hr_error *error) HR_MUST_USE;
void hr_http_close(struct hr_http *http); /* no request may be in flight */

/* Where the body of a successful answer (200 to 299) goes piece by piece instead of into memory.
 * `start` is called once for each answer, before its first piece: what an earlier attempt has
 * written is void then. A failed `write` ends the request with that status. */
struct hr_http_sink {
    enum hr_status (*start)(void *context, struct hr_error *error); /* may be NULL */
    enum hr_status (*write)(void *context, struct hr_view piece, struct hr_error *error);
    void *context;
};

struct hr_http_request {
    const char *method;
    const char *url; /* complete and percent-encoded; sent as it is */
    const struct hr_pair *headers;
    size_t header_count;
    struct hr_view body;
    /* The same request may be sent twice without harm. Otherwise a fresh connection is used, for a
     * kept one may turn out to be dead when nobody knows what the other side has read. */
    bool repeatable;
    bool direct;                /* never through a proxy: the metadata services of this machine, which speak http:// */
    struct hr_http_sink sink;   /* `write` NULL: the body goes into the response */
    size_t response_max_bytes;  /* of a body in memory; 0: HR_LIMIT_HTTP_BODY_BYTES */
    int64_t connect_timeout_ms; /* 0: HR_HTTP_CONNECT_TIMEOUT_MS */
    /* Without a byte moving in either direction; 0: HR_HTTP_IDLE_TIMEOUT_MS, below 0: none, which
     * is for an answer that may take for ever (the next event of a Lambda function). */
    int64_t idle_timeout_ms;
    /* In each stretch of so long 1 KiB must have moved for each of its seconds: a byte now and then is no answer. 0:
     * HR_HTTP_SLOW_TIMEOUT_MS. Not looked at without an idle timeout. */
    int64_t slow_timeout_ms;
    const struct hr_deadline *deadline; /* NULL: none */
};

#define HR_HTTP_CONNECT_TIMEOUT_MS 5000
#define HR_HTTP_IDLE_TIMEOUT_MS 20000
#define HR_HTTP_SLOW_TIMEOUT_MS 60000
#define HR_HTTP_SLOW_BYTES_PER_S 1024

struct hr_http_response {
    int status;            /* 0: there was no answer */
    struct hr_buffer head; /* names in lower case and values, each ended by a zero byte */
    struct hr_buffer body; /* empty when the sink got it */
    uint64_t body_bytes;   /* received, wherever they went */
    bool maybe_done;       /* after a failure: the request may have reached the other side */
    bool retryable;        /* after a failure: it was the network, not the request */
};

void hr_http_response_init(struct hr_http_response *response);
void hr_http_response_clear(struct hr_http_response *response); /* frees; may be used again */
/* NULL when there is none; the last one when there are several. Any case. Borrowed. */
const char *hr_http_response_header(const struct hr_http_response *response, const char *name);

/* HR_OK for every complete answer, whatever its HTTP status. `response` is initialised; what was in
 * it is dropped. Otherwise:
 *   UNAVAILABLE  no such host, refused, reset, silent for too long, too slow, cut off in the middle
 *   DEADLINE     the deadline passed or somebody set its stop flag
 *   PERMISSION   the certificate is not to be trusted
 *   LIMIT        the body or the headers are larger than allowed
 *   ARGUMENT     the URL makes no sense, or would send in the clear to another machine
 *   MEMORY, or what the sink returned */
enum hr_status hr_http_send(struct hr_http *http, const struct hr_http_request *request,
                            struct hr_http_response *response, struct hr_error *error) HR_MUST_USE;

#endif
