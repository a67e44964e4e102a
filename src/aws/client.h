/* Calls to Amazon's services (or to servers that speak like them): finds endpoint, region and keys,
 * signs, sends, tries again what may be tried again, learns by how much the clock is off, and turns
 * the service's error into a status and a text for a person. No secret is ever part of a text.
 *
 * Threads: one `hr_aws` serves all threads. */
#ifndef HR_AWS_CLIENT_H
#define HR_AWS_CLIENT_H

#include "aws/config.h"
#include "aws/environment.h"
#include "aws/http.h"
#include "aws/retry.h"
#include "aws/uri.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"

struct hr_aws; /* opaque */

/* Zeroed but for `environment` is a good choice. Texts are borrowed for the call only. */
struct hr_aws_options {
    struct hr_aws_environment environment; /* outlives the client */
    const char *profile;                   /* NULL: AWS_PROFILE, else "default" */
    const char *region;                    /* NULL: as the SDKs find it */
    const struct hr_clock *clock;          /* NULL: the system's; outlives the client */
    struct hr_random random;               /* `next` NULL: the system's */
    const char *container_host;            /* see aws/credentials.h; for tests */
    bool insecure;                         /* endpoints of http:// may be other machines */
};

/* Reads the shared config files, opens no connection. ARGUMENT for an endpoint that makes no sense, or that is
 * http:// and another machine's. */
enum hr_status hr_aws_open(struct hr_aws **out, const struct hr_aws_options *options,
                           struct hr_error *error) HR_MUST_USE;
void hr_aws_close(struct hr_aws *aws);

/* Sent as X-Amzn-Trace-Id with every call from now on, by all threads: one Lambda invocation at a
 * time. NULL: none. A text that is not a trace header (too long, control characters) is dropped. */
void hr_aws_set_trace(struct hr_aws *aws, const char *trace);

/* Borrowed; for requests of another kind (a Lambda runtime's) over the same settings. */
struct hr_http *hr_aws_http(struct hr_aws *aws);
const struct hr_clock *hr_aws_clock(const struct hr_aws *aws);
/* The configured region, else EC2's, else ARGUMENT with what to set. *out is owned by `aws`. */
enum hr_status hr_aws_region(struct hr_aws *aws, const struct hr_deadline *deadline, const char **out,
                             struct hr_error *error) HR_MUST_USE;
/* The service's own address was set (AWS_ENDPOINT_URL...): not Amazon's. */
bool hr_aws_has_endpoint(const struct hr_aws *aws, enum hr_aws_service service);

struct hr_aws_request {
    enum hr_aws_service service;
    const char *method;
    const char *region;          /* NULL: hr_aws_region */
    const char *host_prefix;     /* "bucket." in front of the service's host; NULL: none */
    const char *path;            /* not encoded; begins with '/'; NULL: "/" */
    const struct hr_pair *query; /* not encoded */
    size_t query_count;
    const struct hr_pair *headers; /* signed, too */
    size_t header_count;
    struct hr_view body;
    /* Doing it twice is as good as once. When false, an attempt whose outcome is not known (a reset
     * connection, a 500) ends the call with UNAVAILABLE and `answer.maybe_done`, for the caller to
     * find out; refused before it was done (throttled, no connection) is still tried again. */
    bool repeatable;
    bool anonymous;           /* not signed */
    struct hr_http_sink sink; /* as in aws/http.h */
    size_t response_max_bytes;
    int64_t idle_timeout_ms, slow_timeout_ms; /* as in aws/http.h */
    const struct hr_deadline *deadline;
};

/* Everything there is to know about the last attempt. */
struct hr_aws_answer {
    struct hr_http_response http;
    char code[96];     /* the service's word for the error: "NoSuchKey"; "" when there is none */
    char message[256]; /* its text */
    char region[32];   /* the region that it says is the right one; "" mostly */
    int attempts;
    bool maybe_done; /* some attempt failed in a way that leaves open whether it was carried out */
};
void hr_aws_answer_init(struct hr_aws_answer *answer);
void hr_aws_answer_clear(struct hr_aws_answer *answer);

/* HR_OK for 200 to 299. `answer` is initialised; it is filled after a failure as well. Otherwise:
 *   NOT_FOUND    404, ResourceNotFoundException
 *   PERMISSION   401, 403: the keys or what they may do; the text says which is missing
 *   CONFLICT     409, 412, 304: a condition did not hold, ConditionalCheckFailedException
 *   THROTTLED    still asked to slow down after all attempts
 *   UNAVAILABLE  500, 502, 503, 504 or no answer after all attempts
 *   ARGUMENT     400 and other refusals
 *   and what hr_http_send gives */
enum hr_status hr_aws_call(struct hr_aws *aws, const struct hr_aws_request *request, struct hr_aws_answer *answer,
                           struct hr_error *error) HR_MUST_USE;

/* A call of the services that speak JSON: DynamoDB ("DynamoDB_20120810.BatchGetItem"), SQS
 * ("AmazonSQS.SendMessage") and KMS ("TrentService.Decrypt"). The checksum of DynamoDB's answers is verified. */
struct hr_aws_json_request {
    enum hr_aws_service service;
    const char *target; /* X-Amz-Target */
    const struct hr_json *body;
    bool repeatable;
    size_t response_max_bytes; /* 0: HR_LIMIT_HTTP_BODY_BYTES */
    const struct hr_deadline *deadline;
};

/* *out is the caller's (hr_json_free), NULL after a failure; so that the service's code can be
 * looked at, `answer` is the caller's, too, initialised; NULL when nobody wants it. */
enum hr_status hr_aws_json_call(struct hr_aws *aws, const struct hr_aws_json_request *request, struct hr_json **out,
                                struct hr_aws_answer *answer, struct hr_error *error) HR_MUST_USE;

#endif
