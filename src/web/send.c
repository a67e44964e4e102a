/* Answers: what goes back, with the headers that keep a page safe. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "web/assets.h"
#include "web/events.h"
#include "web/exchange.h"

static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
                             "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

static void add_safety(const struct hr_web *web, struct MHD_Response *response)
{
    add(response, "Content-Security-Policy", policy);
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "Referrer-Policy", "no-referrer");
    add(response, "Cross-Origin-Opener-Policy", "same-origin");
    add(response, "Cross-Origin-Resource-Policy", "same-origin");
    add(response, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    if (web->options->certificate != NULL)
        add(response, "Strict-Transport-Security", "max-age=31536000");
}

static enum MHD_Result send_response(struct hr_exchange *exchange, int status, struct MHD_Response *response)
{
    if (response == NULL)
        return MHD_NO;
    add_safety(exchange->web, response);
    if (exchange->closes)
        add(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(exchange->request.connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

/* The buffer goes with it. */
static struct MHD_Response *response_of(struct hr_buffer *body)
{
    struct hr_view bytes = hr_buffer_view(body);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(bytes.size, (void *)(uintptr_t)bytes.data, MHD_RESPMEM_MUST_COPY);
    hr_buffer_clear(body);
    return response;
}

enum MHD_Result hr_send_problem(struct hr_exchange *exchange)
{
    const struct hr_status_info *info = hr_status_info(exchange->error.code);
    int http_status = exchange->http_status != 0 ? exchange->http_status : info->http_status;
    struct hr_json *problem = hr_json_object_new();
    struct hr_buffer body;
    struct hr_error ignored;
    hr_buffer_init(&body, 65536);
    hr_json_set(problem, "type", hr_json_text_new("about:blank"));
    hr_json_set(problem, "title", hr_json_text_new(info->meaning));
    hr_json_set(problem, "status", hr_json_integer_new(http_status));
    hr_json_set(problem, "code", hr_json_text_new(exchange->code != NULL ? exchange->code : info->name));
    hr_json_set(problem, "reason", hr_json_text_new(exchange->error.reason));
    hr_json_set(problem, "value", hr_json_any_text_new(exchange->error.value));
    hr_json_set(problem, "detail", hr_json_any_text_new(exchange->error.text));
    if (hr_json_write(problem, false, &body, &ignored) != HR_OK)
        hr_buffer_append_text(&body, "{}");
    hr_json_free(problem);
    struct MHD_Response *response = response_of(&body);
    if (response == NULL)
        return MHD_NO;
    add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/problem+json");
    add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (exchange->retry_after_s > 0) {
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)exchange->retry_after_s);
        add(response, MHD_HTTP_HEADER_RETRY_AFTER, text);
    }
    for (size_t i = 0; i < exchange->headers.header_count; i++)
        add(response, exchange->headers.headers[i].name, exchange->headers.headers[i].value);
    exchange->closes = exchange->closes || http_status == 400 || http_status == 413;
    return send_response(exchange, http_status, response);
}

void hr_answer_tag(const struct hr_buffer *body, char out[40])
{
    char hex[HR_SHA256_HEX_SIZE];
    struct hr_error error;
    out[0] = '\0';
    if (hr_sha256_hex(hr_buffer_view(body), hex, &error) == HR_OK)
        snprintf(out, 40, "\"%.32s\"", hex);
}

enum MHD_Result hr_send_answer(struct hr_exchange *exchange, struct hr_answer *answer)
{
    struct hr_request *request = &exchange->request;
    const char *known = hr_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    char tag[40] = "", disposition[160];
    bool reads = strcmp(request->route->method, "GET") == 0;
    if (reads && answer->status == 200 && answer->body.size > 0)
        hr_answer_tag(&answer->body, tag);
    if (tag[0] != '\0' && known != NULL && strcmp(known, tag) == 0) {
        hr_buffer_clear(&answer->body);
        answer->status = 304;
    }
    struct MHD_Response *response = response_of(&answer->body);
    if (response == NULL)
        return MHD_NO;
    if (answer->status != 204 && answer->status != 304)
        add(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type != NULL ? answer->type : "application/json");
    if (tag[0] != '\0')
        add(response, MHD_HTTP_HEADER_ETAG, tag);
    if (answer->file_name[0] != '\0') {
        snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", answer->file_name);
        add(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, disposition);
    }
    add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    for (size_t i = 0; i < answer->header_count; i++)
        add(response, answer->headers[i].name, answer->headers[i].value);
    return send_response(exchange, answer->status, response);
}

enum MHD_Result hr_send_stream(struct hr_exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    struct MHD_Response *response = hr_events_stream(exchange->web->events, request->connection,
                                                     hr_request_header(request, "Last-Event-ID"), &request->reader);
    if (response == NULL) {
        exchange->retry_after_s = 30;
        (void)hr_exchange_refuse(exchange, 503, HR_ERR_UNAVAILABLE, "busy", "too many pages listen: poll");
        return hr_send_problem(exchange);
    }
    add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    add(response, "X-Accel-Buffering", "no");
    return send_response(exchange, 200, response);
}

/* --- the page's files --- */

enum MHD_Result hr_send_asset(struct hr_exchange *exchange, const struct hr_asset *asset)
{
    const char *known = hr_request_header(&exchange->request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    bool same = known != NULL && strcmp(known, asset->tag) == 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        same ? 0 : asset->size, (void *)(uintptr_t)asset->bytes, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    add(response, MHD_HTTP_HEADER_CONTENT_TYPE, asset->type);
    add(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    add(response, MHD_HTTP_HEADER_ETAG, asset->tag);
    add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    return send_response(exchange, same ? 304 : 200, response);
}
