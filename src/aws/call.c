/* One signed call: addresses it, signs it, sends it, and decides what comes next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/client_state.h"
#include "aws/failure.h"
#include "aws/file.h"
#include "aws/time.h"
#include "base/hash.h"
#include "base/limits.h"

/* The caller's headers, and "host" and those that a signature adds. */
#define HEADERS_MAX 48
/* A clock that is off by less is not the reason of a refusal: Amazon allows 5 minutes at least. */
#define SKEW_MIN_US (INT64_C(4) * 60 * 1000000)

/* A call with everything that stays the same from attempt to attempt. */
struct call {
    struct hr_aws *aws;
    const struct hr_aws_request *request;
    struct hr_aws_answer *answer;
    struct hr_error *error;
    const char *region;
    struct hr_endpoint endpoint;
    char host[400];
    char payload_hash[HR_SHA256_HEX_SIZE];
    struct hr_buffer path; /* with the endpoint's base, not encoded */
    struct hr_buffer url;
    int64_t skew_us;     /* that the last attempt was signed with */
    bool skew_learned;   /* in this call: once is enough */
    bool keys_refreshed; /* the same */
};

void hr_aws_answer_init(struct hr_aws_answer *answer)
{
    *answer = (struct hr_aws_answer){0};
    hr_http_response_init(&answer->http);
}

void hr_aws_answer_clear(struct hr_aws_answer *answer)
{
    hr_http_response_clear(&answer->http);
    hr_aws_answer_init(answer);
}

/* ---- where it goes ---- */

static enum hr_status find_endpoint(struct call *call)
{
    enum hr_aws_service service = call->request->service;
    const char *own = call->aws->config.endpoint[service];
    if (own != NULL) {
        enum hr_status status = hr_endpoint_parse(&call->endpoint, own, call->error);
        return status == HR_OK ? HR_OK
                               : hr_error_prefix(call->error, "AWS_ENDPOINT_URL for %s", hr_aws_service_name(service));
    }
    call->endpoint = (struct hr_endpoint){.scheme = "https"};
    snprintf(call->endpoint.host, sizeof call->endpoint.host, "%s.%s.amazonaws.com%s", hr_aws_service_name(service),
             call->region, strncmp(call->region, "cn-", 3) == 0 ? ".cn" : "");
    return HR_OK;
}

static enum hr_status find_address(struct call *call)
{
    const struct hr_aws_request *request = call->request;
    enum hr_status status = HR_OK;
    call->region = request->region;
    if (call->region == NULL)
        status = hr_aws_region(call->aws, request->deadline, &call->region, call->error);
    if (status == HR_OK)
        status = find_endpoint(call);
    if (status != HR_OK)
        return status;
    const struct hr_endpoint *endpoint = &call->endpoint;
    snprintf(call->host, sizeof call->host, "%s%s", request->host_prefix != NULL ? request->host_prefix : "",
             endpoint->host);
    hr_buffer_append_format(&call->path, "%s%s", endpoint->base, request->path != NULL ? request->path : "/");
    hr_buffer_append_format(&call->url, "%s://%s", endpoint->scheme, call->host);
    hr_uri_encode(&call->url, hr_buffer_text(&call->path), true);
    if (request->query_count > 0)
        hr_buffer_append_text(&call->url, "?");
    status = hr_uri_query(&call->url, request->query, request->query_count, call->error);
    if (status == HR_OK)
        status = hr_buffer_check(&call->path, call->error);
    return status == HR_OK ? hr_buffer_check(&call->url, call->error) : status;
}

/* ---- one attempt ---- */

struct header_list {
    struct hr_pair pairs[HEADERS_MAX];
    size_t count;
};

static void add(struct header_list *list, const char *name, const char *value)
{
    list->pairs[list->count++] = (struct hr_pair){name, value};
}

static int64_t our_wall_us(const struct hr_aws *aws)
{
    return aws->clock->wall_us(aws->clock->context);
}

static enum hr_status sign(struct call *call, const struct hr_sigv4_keys *keys, const struct header_list *headers,
                           struct hr_sigv4_signature *out)
{
    const struct hr_aws_request *request = call->request;
    call->skew_us = atomic_load(&call->aws->skew_us);
    const struct hr_sigv4_request to_sign = {
        .method = request->method,
        .path = hr_buffer_text(&call->path),
        .query = request->query,
        .query_count = request->query_count,
        .headers = headers->pairs,
        .header_count = headers->count,
        .payload_hash = call->payload_hash,
        .region = call->region,
        .service = hr_aws_service_name(request->service),
        .s3 = request->service == HR_AWS_S3,
        .wall_us = our_wall_us(call->aws) + call->skew_us,
    };
    return hr_sigv4_sign(&to_sign, keys, out, call->error);
}

static enum hr_status add_signature(struct call *call, const struct hr_credentials *credentials,
                                    struct hr_sigv4_signature *signature, struct header_list *headers)
{
    if (call->request->anonymous)
        return HR_OK;
    const struct hr_sigv4_keys keys = hr_credentials_keys(credentials);
    enum hr_status status = sign(call, &keys, headers, signature);
    if (status != HR_OK)
        return status;
    add(headers, "X-Amz-Date", signature->date);
    if (keys.session_token != NULL)
        add(headers, "X-Amz-Security-Token", keys.session_token);
    if (call->request->service == HR_AWS_S3)
        add(headers, "X-Amz-Content-SHA256", call->payload_hash);
    add(headers, "Authorization", hr_buffer_text(&signature->authorization));
    return HR_OK;
}

static enum hr_status send(struct call *call, const struct hr_credentials *credentials)
{
    const struct hr_aws_request *request = call->request;
    struct header_list headers = {.count = 0};
    struct hr_sigv4_signature signature;
    char trace[HR_TRACE_SIZE];
    hr_sigv4_signature_init(&signature);
    add(&headers, "Host", call->host);
    for (size_t i = 0; i < request->header_count; i++)
        add(&headers, request->headers[i].name, request->headers[i].value);
    enum hr_status status = add_signature(call, credentials, &signature, &headers);
    pthread_mutex_lock(&call->aws->lock);
    memcpy(trace, call->aws->trace, sizeof trace);
    pthread_mutex_unlock(&call->aws->lock);
    /* Not signed: proxies may add to it. */
    if (trace[0] != '\0')
        add(&headers, "X-Amzn-Trace-Id", trace);
    const struct hr_http_request http = {.method = request->method,
                                         .url = hr_buffer_text(&call->url),
                                         .headers = headers.pairs,
                                         .header_count = headers.count,
                                         .body = request->body,
                                         .repeatable = request->repeatable,
                                         .sink = request->sink,
                                         .response_max_bytes = request->response_max_bytes,
                                         .idle_timeout_ms = request->idle_timeout_ms,
                                         .slow_timeout_ms = request->slow_timeout_ms,
                                         .deadline = request->deadline};
    if (status == HR_OK)
        status = hr_http_send(call->aws->http, &http, &call->answer->http, call->error);
    hr_sigv4_signature_clear(&signature);
    return status;
}

/* CRC-32 as in IEEE 802.3, which DynamoDB sends along with its answers. */
static uint32_t crc32_of(struct hr_view bytes)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= bytes.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

static bool checksum_is_right(const struct hr_http_response *response)
{
    const char *header = hr_http_response_header(response, "x-amz-crc32");
    char *end;
    if (header == NULL || response->body.size != response->body_bytes)
        return true;
    unsigned long said = strtoul(header, &end, 10);
    return *end != '\0' || said == crc32_of(hr_buffer_view(&response->body));
}

/* ---- what the answer means ---- */

/* A message that repeats a secret is not for anybody's eyes. */
static void drop_secrets(struct hr_aws_answer *answer, const struct hr_credentials *credentials)
{
    const char *const secrets[] = {credentials->secret, credentials->session_token};
    for (size_t i = 0; i < 2; i++)
        if (secrets[i] != NULL && strstr(answer->message, secrets[i]) != NULL)
            answer->message[0] = '\0';
}

static enum hr_status explain(const struct call *call, const struct hr_failure *failure)
{
    const struct hr_aws_answer *answer = call->answer;
    bool has_code = answer->code[0] != '\0', has_message = answer->message[0] != '\0';
    bool has_hint = failure->hint[0] != '\0';
    return hr_error_set(call->error, failure->status, "%s answers %d%s%s%s%s%s%s%s",
                        hr_aws_service_name(call->request->service), answer->http.status, has_code ? " " : "",
                        answer->code, has_message ? ": " : "", answer->message, has_hint ? " (" : "", failure->hint,
                        has_hint ? ")" : "");
}

/* When the service's clock and ours disagree: learn by how much. */
static bool learn_skew(struct call *call, const struct hr_failure *failure)
{
    const char *date = hr_http_response_header(&call->answer->http, "date");
    int64_t their_us;
    if (call->skew_learned || date == NULL || !hr_aws_time_http(date, &their_us))
        return false;
    int64_t skew_us = their_us - our_wall_us(call->aws);
    int64_t off_us = skew_us - call->skew_us;
    bool is_far = off_us > SKEW_MIN_US || off_us < -SKEW_MIN_US;
    /* DynamoDB calls it a wrong signature, and the answer to a HEAD has no code. */
    if (!is_far || !(failure->skewed || failure->status == HR_ERR_PERMISSION))
        return false;
    atomic_store(&call->aws->skew_us, skew_us);
    call->skew_learned = true;
    return true;
}

static bool refresh_keys(struct call *call, const struct hr_failure *failure, const struct hr_credentials *credentials)
{
    if (call->keys_refreshed || !failure->expired || credentials->key_id == NULL)
        return false;
    call->keys_refreshed = true;
    return hr_credentials_expired(call->aws->credentials, credentials->key_id);
}

static int64_t asked_wait_ms(const struct hr_http_response *response)
{
    const char *text = hr_http_response_header(response, "retry-after");
    if (text == NULL)
        return 0;
    char *end;
    long seconds = strtol(text, &end, 10);
    return end == text || *end != '\0' || seconds < 0 || seconds > 3600 ? 0 : seconds * 1000;
}

enum verdict { DONE, FAILED, AGAIN_AT_ONCE, AGAIN_LATER };

/* After an answer, or none: what to do. */
static enum verdict judge(struct call *call, enum hr_status *status, const struct hr_credentials *credentials,
                          enum hr_retry_kind *kind)
{
    struct hr_aws_answer *answer = call->answer;
    struct hr_failure failure = {.hint = ""};
    if (*status != HR_OK) {
        failure.maybe_done = answer->http.maybe_done;
        failure.retry = answer->http.retryable ? HR_RETRY_TRANSIENT : HR_RETRY_NO;
    } else if (answer->http.status >= 200 && answer->http.status < 300) {
        if (checksum_is_right(&answer->http))
            return DONE;
        failure.maybe_done = true;
        failure.retry = HR_RETRY_TRANSIENT;
        *status = hr_error_set(call->error, HR_ERR_IO, "the answer was damaged on its way: its checksum is wrong");
    } else {
        hr_failure_read(answer);
        drop_secrets(answer, credentials);
        failure = hr_failure_of(answer);
        *status = explain(call, &failure);
        if (learn_skew(call, &failure) || refresh_keys(call, &failure, credentials))
            return AGAIN_AT_ONCE;
    }
    answer->maybe_done = answer->maybe_done || failure.maybe_done;
    *kind = failure.maybe_done && !call->request->repeatable ? HR_RETRY_NO : failure.retry;
    return *kind == HR_RETRY_NO ? FAILED : AGAIN_LATER;
}

static enum hr_status attempt(struct call *call, struct hr_credentials *credentials)
{
    struct hr_aws_answer *answer = call->answer;
    answer->attempts++;
    answer->code[0] = answer->message[0] = answer->region[0] = '\0';
    hr_credentials_clear(credentials);
    hr_http_response_clear(&answer->http);
    if (!call->request->anonymous) {
        enum hr_status status =
            hr_credentials_get(call->aws->credentials, call->request->deadline, credentials, call->error);
        if (status != HR_OK)
            return status;
    }
    return send(call, credentials);
}

static enum hr_status run(struct call *call)
{
    struct hr_aws *aws = call->aws;
    struct hr_retry retry = {.policy = aws->policy,
                             .budget = &aws->budget,
                             .clock = aws->clock,
                             .random = aws->random,
                             .deadline = call->request->deadline};
    struct hr_credentials credentials = {0};
    enum hr_status status;
    for (;;) {
        enum hr_retry_kind kind = HR_RETRY_NO;
        status = attempt(call, &credentials);
        enum verdict verdict = judge(call, &status, &credentials, &kind);
        if (verdict == DONE)
            hr_retry_done(&retry);
        if (verdict == DONE || verdict == FAILED)
            break;
        if (verdict == AGAIN_LATER && !hr_retry_again(&retry, kind, asked_wait_ms(&call->answer->http)))
            break;
    }
    hr_credentials_clear(&credentials);
    if (status != HR_OK && call->answer->attempts > 1)
        (void)hr_error_prefix(call->error, "after %d attempts", call->answer->attempts);
    return status;
}

enum hr_status hr_aws_call(struct hr_aws *aws, const struct hr_aws_request *request, struct hr_aws_answer *answer,
                           struct hr_error *error)
{
    struct call call = {.aws = aws, .request = request, .answer = answer, .error = error};
    hr_aws_answer_clear(answer);
    hr_buffer_init(&call.path, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_buffer_init(&call.url, HR_LIMIT_HTTP_HEAD_BYTES);
    /* Room for "host", date, token, hash, authorization and trace. */
    enum hr_status status = request->header_count > HEADERS_MAX - 6
                                ? hr_error_set(error, HR_ERR_LIMIT, "more than %d headers", HEADERS_MAX - 6)
                                : find_address(&call);
    if (status == HR_OK)
        status = hr_sha256_hex(request->body, call.payload_hash, error);
    if (status == HR_OK)
        status = run(&call);
    hr_buffer_clear(&call.path);
    hr_buffer_clear(&call.url);
    return status;
}
