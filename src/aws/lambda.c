#include "aws/lambda.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { URL_MAX = 1024, NEXT_ATTEMPTS_MAX = 3 };

/* An event of an asynchronous invocation or of a queue is far smaller; a synchronous one has 6 MB
 * as its limit. */
static const size_t event_max_bytes = (size_t)7 << 20;

struct loop {
    const struct hr_lambda_options *options;
    const struct hr_clock *clock;
    struct hr_deadline forever; /* ends when `stop` is set */
    int64_t number;
};

static struct loop loop_of(const struct hr_lambda_options *options)
{
    struct loop loop = {.options = options, .clock = options->clock != NULL ? options->clock : hr_clock_system()};
    loop.forever = (struct hr_deadline){.clock = loop.clock, .at_monotonic_us = INT64_MAX, .stop = options->stop};
    return loop;
}

static bool stopped(const struct loop *loop)
{
    return hr_stop_requested(loop->options->stop);
}

static void report(const struct loop *loop, const char *request_id, const struct hr_error *error)
{
    if (loop->options->on_error != NULL)
        loop->options->on_error(loop->options->context, request_id, error);
}

/* "http://127.0.0.1:9001" + path. Request ids come from Lambda and go into a URL: only what an id
 * consists of is let through. */
static enum hr_status make_url(const struct loop *loop, char url[URL_MAX], const char *before, const char *id,
                               const char *after, struct hr_error *error)
{
    static const char id_characters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    if (strspn(id, id_characters) != strlen(id) ||
        snprintf(url, URL_MAX, "http://%s%s%s%s", loop->options->runtime_api, before, id, after) >= URL_MAX)
        return hr_error_set(error, HR_ERR_FORMAT, "the runtime gave a request id that is none");
    return HR_OK;
}

static enum hr_status post(const struct loop *loop, const char *url, struct hr_view body, const char *error_type,
                           struct hr_error *error)
{
    const struct hr_pair headers[] = {{"Content-Type", "application/json"},
                                      {"Lambda-Runtime-Function-Error-Type", error_type}};
    struct hr_http_request request = {.method = "POST",
                                      .url = url,
                                      .headers = headers,
                                      .header_count = error_type != NULL ? 2 : 1,
                                      .body = body,
                                      .repeatable = true,
                                      .direct = true};
    struct hr_http_response response;
    hr_http_response_init(&response);
    enum hr_status status = hr_http_send(loop->options->http, &request, &response, error);
    if (status == HR_OK && response.status == 413)
        status = hr_error_set(error, HR_ERR_LIMIT, "the answer is too large for Lambda");
    else if (status == HR_OK && (response.status < 200 || response.status > 299))
        status = hr_error_set(error, HR_ERR_UNAVAILABLE, "the runtime API answered %d", response.status);
    hr_http_response_clear(&response);
    return status;
}

enum hr_status hr_lambda_error_json(const struct hr_error *reason, struct hr_buffer *out, struct hr_error *error)
{
    char type[64], text[HR_ERROR_TEXT_MAX];
    snprintf(type, sizeof type, "homeroom.%s", hr_status_name(reason->code));
    snprintf(text, sizeof text, "%s", reason->text);
    struct hr_json *object = hr_json_object_new(), *trace = hr_json_array_new();
    bool good = hr_json_set(object, "errorMessage", hr_json_text_new(text)) &&
                hr_json_set(object, "errorType", hr_json_text_new(type));
    /* "reading 'a': decoding: why" is the way from the outside to the cause. */
    for (char *part = text; good && part != NULL;) {
        char *end = strstr(part, ": ");
        if (end != NULL)
            *end = '\0';
        good = hr_json_append(trace, hr_json_text_new(part));
        part = end != NULL ? end + 2 : NULL;
    }
    good = hr_json_set(object, "stackTrace", trace) && good; /* takes the trace in any case */
    enum hr_status status = good ? hr_json_write(object, false, out, error)
                                 : hr_error_set(error, HR_ERR_MEMORY, "no memory for an error's description");
    hr_json_free(object);
    return status;
}

static enum hr_status post_error(const struct loop *loop, const char *url, const struct hr_error *reason,
                                 struct hr_error *error)
{
    struct hr_buffer body;
    char type[64];
    hr_buffer_init(&body, 16384);
    snprintf(type, sizeof type, "homeroom.%s", hr_status_name(reason->code));
    enum hr_status status = hr_lambda_error_json(reason, &body, error);
    if (status == HR_OK)
        status = post(loop, url, hr_buffer_view(&body), type, error);
    hr_buffer_clear(&body);
    return status;
}

enum hr_status hr_lambda_init_failed(const struct hr_lambda_options *options, const struct hr_error *reason,
                                     struct hr_error *error)
{
    struct loop loop = loop_of(options);
    char url[URL_MAX];
    enum hr_status status = make_url(&loop, url, "/2018-06-01/runtime/init/error", "", "", error);
    return status == HR_OK ? post_error(&loop, url, reason, error) : status;
}

static const char *header_or_empty(const struct hr_http_response *response, const char *name)
{
    const char *value = hr_http_response_header(response, name);
    return value != NULL ? value : "";
}

/* The deadline comes as wall clock time; what is left of it is measured on the monotonic clock. */
static struct hr_deadline deadline_of(const struct loop *loop, const struct hr_http_response *response)
{
    struct hr_deadline deadline = loop->forever;
    long long at_ms = strtoll(header_or_empty(response, "lambda-runtime-deadline-ms"), NULL, 10);
    if (at_ms > 0 && at_ms < INT64_MAX / 1000)
        deadline.at_monotonic_us =
            loop->clock->monotonic_us(loop->clock->context) + at_ms * 1000 - loop->clock->wall_us(loop->clock->context);
    return deadline;
}

static enum hr_status call_handler(struct loop *loop, const struct hr_http_response *response, const char *request_id,
                                   struct hr_buffer *answer, struct hr_error *error)
{
    struct hr_lambda_invocation invocation = {.request_id = request_id,
                                              .trace_id = header_or_empty(response, "lambda-runtime-trace-id"),
                                              .function_arn =
                                                  header_or_empty(response, "lambda-runtime-invoked-function-arn"),
                                              .event = hr_buffer_view(&response->body),
                                              .deadline = deadline_of(loop, response),
                                              .number = ++loop->number};
    enum hr_status status = loop->options->handler(loop->options->context, &invocation, answer, error);
    return status == HR_OK ? hr_buffer_check(answer, error) : status;
}

/* One event from its arrival to the runtime's thanks. */
static enum hr_status handle(struct loop *loop, const struct hr_http_response *response, struct hr_error *error)
{
    char url[URL_MAX];
    struct hr_error reason = {0};
    const char *id = header_or_empty(response, "lambda-runtime-aws-request-id");
    struct hr_buffer answer;
    hr_buffer_init(&answer, HR_LAMBDA_ANSWER_MAX_BYTES);
    enum hr_status status = make_url(loop, url, "/2018-06-01/runtime/invocation/", id, "/response", error);
    if (status != HR_OK)
        goto out;
    enum hr_status handled = call_handler(loop, response, id, &answer, &reason);
    if (handled == HR_OK) {
        handled = post(loop, url, hr_buffer_view(&answer), NULL, &reason);
        if (handled == HR_ERR_UNAVAILABLE) {
            /* Nobody is there to be told. */
            *error = reason;
            status = handled;
            goto out;
        }
    }
    if (handled != HR_OK) {
        report(loop, id, &reason);
        status = make_url(loop, url, "/2018-06-01/runtime/invocation/", id, "/error", error);
        if (status == HR_OK)
            status = post_error(loop, url, &reason, error);
    }
out:
    hr_buffer_clear(&answer);
    return status;
}

/* Waits as long as it takes. A connection that died while the process was frozen is no failure. */
static enum hr_status next_event(const struct loop *loop, struct hr_http_response *response, struct hr_error *error)
{
    char url[URL_MAX];
    enum hr_status status = make_url(loop, url, "/2018-06-01/runtime/invocation/next", "", "", error);
    struct hr_http_request request = {.method = "GET",
                                      .url = url,
                                      .repeatable = true,
                                      .direct = true,
                                      .response_max_bytes = event_max_bytes,
                                      .idle_timeout_ms = -1,
                                      .deadline = &loop->forever};
    if (status != HR_OK)
        return status;
    for (int attempt = 1;; attempt++) {
        status = hr_http_send(loop->options->http, &request, response, error);
        if (status == HR_OK && response->status != 200)
            status = hr_error_set(error, HR_ERR_UNAVAILABLE, "the runtime API answered %d", response->status);
        if (status != HR_ERR_UNAVAILABLE || attempt == NEXT_ATTEMPTS_MAX || stopped(loop))
            return status;
        loop->clock->sleep_us(loop->clock->context, 20000 << attempt);
    }
}

/* --- SIGTERM --- */

/* Lambda sends SIGTERM before it ends an environment only when there is an extension. This one has
 * no events and does nothing; it waits for one that never comes. */
struct extension {
    const struct loop *loop;
    char id[128];
    pthread_t thread;
    bool running;
};

static void *wait_in_vain(void *context)
{
    struct extension *extension = context;
    const struct hr_pair headers[] = {{"Lambda-Extension-Identifier", extension->id}};
    char url[URL_MAX];
    struct hr_error ignored;
    struct hr_http_request request = {.method = "GET",
                                      .url = url,
                                      .headers = headers,
                                      .header_count = 1,
                                      .repeatable = true,
                                      .direct = true,
                                      .idle_timeout_ms = -1,
                                      .deadline = &extension->loop->forever};
    struct hr_http_response response;
    hr_http_response_init(&response);
    if (make_url(extension->loop, url, "/2020-01-01/extension/event/next", "", "", &ignored) == HR_OK)
        (void)!hr_http_send(extension->loop->options->http, &request, &response, &ignored);
    hr_http_response_clear(&response);
    return NULL;
}

/* Best effort: where it is refused there is no SIGTERM, and nothing durable depends on that. */
static void register_extension(struct extension *extension)
{
    static const char body[] = "{\"events\":[]}";
    const struct hr_pair headers[] = {{"Lambda-Extension-Name", "homeroom-end"}, {"Content-Type", "application/json"}};
    char url[URL_MAX];
    struct hr_error ignored;
    struct hr_http_request request = {.method = "POST",
                                      .url = url,
                                      .headers = headers,
                                      .header_count = 2,
                                      .body = hr_view_text(body),
                                      .direct = true,
                                      .idle_timeout_ms = 2000};
    struct hr_http_response response;
    hr_http_response_init(&response);
    if (make_url(extension->loop, url, "/2020-01-01/extension/register", "", "", &ignored) != HR_OK ||
        hr_http_send(extension->loop->options->http, &request, &response, &ignored) != HR_OK || response.status != 200)
        goto out;
    const char *id = header_or_empty(&response, "lambda-extension-identifier");
    if (id[0] == '\0' || strlen(id) >= sizeof extension->id)
        goto out;
    snprintf(extension->id, sizeof extension->id, "%s", id);
    extension->running = pthread_create(&extension->thread, NULL, wait_in_vain, extension) == 0;
out:
    hr_http_response_clear(&response);
}

enum hr_status hr_lambda_run(const struct hr_lambda_options *options, struct hr_error *error)
{
    /* The extension waits until the loop ends for whatever reason, not only on request. */
    struct hr_stop over = {false};
    struct hr_lambda_options for_extension = *options;
    for_extension.stop = &over;
    struct loop extension_loop = loop_of(&for_extension);
    struct extension extension = {.loop = &extension_loop};
    if (options->stop != NULL)
        register_extension(&extension);

    struct loop loop = loop_of(options);
    struct hr_http_response response;
    hr_http_response_init(&response);
    enum hr_status status = HR_OK;
    while (status == HR_OK && !stopped(&loop)) {
        status = next_event(&loop, &response, error);
        if (status == HR_OK)
            status = handle(&loop, &response, error);
        hr_http_response_clear(&response);
    }
    if (stopped(&loop))
        status = HR_OK;
    hr_stop_request(&over);
    if (extension.running)
        pthread_join(extension.thread, NULL);
    return status;
}
