/* The loop of an AWS Lambda function: asks the runtime API for the next event, hands it to a
 * callback, sends the answer or the error back. Knows nothing of what the events are about.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
#ifndef HR_AWS_LAMBDA_H
#define HR_AWS_LAMBDA_H

#include "aws/http.h"
#include "base/buffer.h"
#include "base/clock.h"

/* Borrowed for the call. */
struct hr_lambda_invocation {
    const char *request_id;
    const char *trace_id; /* X-Ray's; "" when there is none */
    const char *function_arn;
    struct hr_view event; /* JSON */
    /* The function's own time limit; `stop` is set when the process shall end. */
    struct hr_deadline deadline;
    int64_t number; /* of the invocations of this process, from 1: 1 is a cold start */
};

/* Fills `answer` with JSON and returns HR_OK, or fails: then Lambda is told the error, and tries
 * the event again or gives it up, as it is configured. */
typedef enum hr_status hr_lambda_handler(void *context, const struct hr_lambda_invocation *invocation,
                                         struct hr_buffer *answer, struct hr_error *error);

struct hr_lambda_options {
    const char *runtime_api;      /* AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001", a path may follow */
    struct hr_http *http;         /* borrowed */
    const struct hr_clock *clock; /* NULL: the system's */
    const struct hr_stop *stop;   /* ends the loop after the event in hand; may be NULL */
    hr_lambda_handler *handler;
    void *context;
    /* Told of what the loop itself meets: an answer that was refused, a handler's error. May be
     * NULL. */
    void (*on_error)(void *context, const char *request_id, const struct hr_error *error);
};

/* Largest answer to a synchronous invocation. */
#define HR_LAMBDA_ANSWER_MAX_BYTES ((size_t)6 << 20)

/* Returns when `stop` is set (HR_OK) or when the runtime API can no longer be talked to
 * (UNAVAILABLE), whereupon the process should end: Lambda starts another. Waiting for the next
 * event has no time limit: the process may be frozen meanwhile. */
enum hr_status hr_lambda_run(const struct hr_lambda_options *options, struct hr_error *error) HR_MUST_USE;

/* Instead of hr_lambda_run when the function cannot start: tells Lambda why. */
enum hr_status hr_lambda_init_failed(const struct hr_lambda_options *options, const struct hr_error *reason,
                                     struct hr_error *error) HR_MUST_USE;

/* {"errorMessage", "errorType", "stackTrace"} of an error: its type is "homeroom.<status name>",
 * its trace the parts of the text, from the outermost context to the cause. */
enum hr_status hr_lambda_error_json(const struct hr_error *reason, struct hr_buffer *out,
                                    struct hr_error *error) HR_MUST_USE;

#endif
