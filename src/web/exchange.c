/* The way of a request, from its first line to its answer. */
#include "web/exchange.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "records/audit.h"
#include "web/albums.h"
#include "web/assets.h"
#include "web/uploads.h"

/* Requests that have begun and not ended, behind which others are told to come again; and those of them by who is not
 * signed in: slow ones would keep others out. */
enum { REQUESTS_MAX = 256, STRANGERS_MAX = 32 };
/* So long may a body of theirs take, and be silent. */
enum { STRANGERS_S = 10 };

enum hr_status hr_exchange_refuse(struct hr_exchange *exchange, int http_status, enum hr_status code,
                                  const char *reason, const char *text)
{
    exchange->http_status = http_status;
    return hr_error_named(&exchange->error, code, reason, NULL, "%s", text);
}

static const struct hr_asset *find_asset(const char *path)
{
    for (size_t i = 0; i < hr_asset_count; i++)
        if (strcmp(hr_assets[i].path, path) == 0)
            return &hr_assets[i];
    return NULL;
}

static bool goes_into_a_file(const struct hr_request *request)
{
    return request->route->body == HR_BODY_UPLOAD || request->route->body == HR_BODY_ARCHIVE;
}

static enum hr_status check_body(struct hr_exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    const char *length = hr_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *type = hr_request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    size_t most = hr_body_max(request->route->body);
    if (most == 0 && hr_request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL)
        return hr_exchange_refuse(exchange, 413, HR_ERR_LIMIT, NULL, "nothing is taken here");
    if (length != NULL && strtoull(length, NULL, 10) > most)
        return hr_exchange_refuse(exchange, 413, HR_ERR_LIMIT, "too_large", "that is more than is taken here");
    if (request->route->body == HR_BODY_JSON && (type == NULL || strncasecmp(type, "application/json", 16) != 0))
        return hr_exchange_refuse(exchange, 415, HR_ERR_UNSUPPORTED, NULL, "application/json is taken here");
    hr_buffer_init(&request->body, most > 0 && !goes_into_a_file(request) ? most : 1);
    if (request->route->body == HR_BODY_UPLOAD)
        return hr_upload_in_begin(request, &exchange->error);
    if (request->route->body == HR_BODY_ARCHIVE)
        return hr_album_in_begin(request, &exchange->error);
    return HR_OK;
}

/* --- the way of a request --- */

static void note_address(struct hr_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    socklen_t size = info != NULL && info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                                              : sizeof(struct sockaddr_in);
    if (info == NULL ||
        getnameinfo(info->client_addr, size, request->address, sizeof request->address, NULL, 0, NI_NUMERICHOST) != 0)
        snprintf(request->address, sizeof request->address, "?");
}

static enum hr_status find_route(struct hr_exchange *exchange, const char *method)
{
    char allowed[128], path[4096];
    size_t length = strcspn(exchange->raw, "?");
    snprintf(path, sizeof path, "%.*s", (int)length, exchange->raw);
    enum hr_status status = length < sizeof path
                                ? hr_route_find(&exchange->request, method, path, allowed, &exchange->error)
                                : hr_exchange_refuse(exchange, 414, HR_ERR_LIMIT, NULL, "the address is too long");
    if (status == HR_ERR_UNSUPPORTED) {
        exchange->http_status = 405;
        hr_answer_header(&exchange->headers, MHD_HTTP_HEADER_ALLOW, "%s", allowed);
    }
    return status;
}

static enum hr_status refuse_for_now(struct hr_exchange *exchange)
{
    exchange->retry_after_s = 2;
    return hr_exchange_refuse(exchange, 503, HR_ERR_UNAVAILABLE, "busy", "too much is going on: try again in a moment");
}

static enum hr_status begin(struct hr_exchange *exchange, const char *method)
{
    struct hr_request *request = &exchange->request;
    struct hr_web *web = exchange->web;
    enum hr_status status = find_route(exchange, method);
    if (status != HR_OK)
        return status;
    exchange->counted = true;
    if (atomic_fetch_add(&web->requests, 1) >= REQUESTS_MAX)
        return refuse_for_now(exchange);
    note_address(request);
    status = hr_class_open_database(web->options->class, HR_DATABASE_WRITE, &request->database, &exchange->error);
    if (status == HR_OK)
        status = hr_door_find_account(exchange);
    if (status == HR_OK)
        status = hr_door_check(exchange);
    if (status != HR_OK)
        return status;
    exchange->a_stranger = request->account.key == 0;
    (void)MHD_set_connection_option(request->connection, MHD_CONNECTION_OPTION_TIMEOUT,
                                    exchange->a_stranger ? (unsigned)STRANGERS_S : (unsigned)HR_SILENCE_S);
    if (exchange->a_stranger) {
        exchange->begun_us = hr_clock_now_us();
        if (atomic_fetch_add(&web->strangers, 1) >= STRANGERS_MAX)
            return refuse_for_now(exchange);
    }
    status = check_body(exchange);
    if (goes_into_a_file(request)) { /* which takes its time */
        hr_database_close(request->database);
        request->database = NULL;
    }
    return status;
}

/* The database, in the name of the account, for the handler. */
static enum hr_status act(struct hr_exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    enum hr_status status = HR_OK;
    if (request->database == NULL) { /* it took its time: he may have been signed out meanwhile, or be no more */
        status = hr_class_open_database(exchange->web->options->class, HR_DATABASE_WRITE, &request->database,
                                        &exchange->error);
        if (status == HR_OK)
            status = hr_door_find_account(exchange);
        if (status == HR_OK && request->account.key == 0)
            return hr_exchange_refuse(exchange, 401, HR_ERR_PERMISSION, "sign_in", "sign in first");
    }
    if (status == HR_OK && request->account.key != 0)
        hr_database_act_as(request->database, request->account.name);
    return status;
}

/* RFC 9110, 13.1.1: what is changed is what was seen. */
static enum hr_status check_match(struct hr_exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    const char *wanted = hr_request_header(request, MHD_HTTP_HEADER_IF_MATCH);
    struct hr_answer seen = {.status = 200};
    char tag[40];
    if (wanted == NULL || request->route->shows == NULL || strcmp(wanted, "*") == 0)
        return HR_OK;
    hr_buffer_init(&seen.body, HR_ANSWER_BYTES_MAX);
    enum hr_status status = request->route->shows(request, &seen, &exchange->error);
    hr_answer_tag(&seen.body, tag);
    hr_buffer_clear(&seen.body);
    if (status == HR_OK && strcmp(tag, wanted) != 0)
        return hr_exchange_refuse(exchange, 412, HR_ERR_CONFLICT, "changed_meanwhile",
                                  "somebody has changed it meanwhile: look at it again");
    return status;
}

/* Of two who have seen the same and change it, the second is told. */
static enum hr_status run_handler(struct hr_exchange *exchange, struct hr_answer *answer)
{
    struct hr_request *request = &exchange->request;
    bool alone = request->route->shows != NULL;
    if (alone)
        pthread_mutex_lock(&exchange->web->change_lock);
    enum hr_status status = check_match(exchange);
    if (status == HR_OK)
        status = request->route->handle(request, answer, &exchange->error);
    if (alone)
        pthread_mutex_unlock(&exchange->web->change_lock);
    return status;
}

static enum MHD_Result finish(struct hr_exchange *exchange)
{
    struct hr_answer answer = {.status = 200};
    struct hr_request *request = &exchange->request;
    if (!goes_into_a_file(request) && request->route->body != HR_BODY_NONE &&
        hr_buffer_check(&request->body, &exchange->error) != HR_OK)
        exchange->http_status = 413;
    if (exchange->error.code == HR_OK)
        (void)act(exchange);
    if (exchange->error.code != HR_OK)
        return hr_send_problem(exchange);
    hr_buffer_init(&answer.body, HR_ANSWER_BYTES_MAX);
    enum hr_status status = run_handler(exchange, &answer);
    if (status != HR_OK) {
        if (exchange->error.code == HR_OK)
            hr_error_set(&exchange->error, status, "it failed");
        if (exchange->http_status == 0) /* what was to be said of a success is not */
            exchange->http_status = answer.status >= 400 ? answer.status : 0;
        hr_buffer_clear(&answer.body);
        exchange->headers = answer;
        return hr_send_problem(exchange);
    }
    if (answer.is_stream) {
        hr_buffer_clear(&answer.body);
        hr_database_close(request->database); /* it may take hours */
        request->database = NULL;
        return hr_send_stream(exchange);
    }
    return hr_send_answer(exchange, &answer);
}

enum MHD_Result hr_exchange_go_on(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *bytes, size_t *size, void **kept)
{
    struct hr_exchange *exchange = *kept;
    (void)context;
    (void)url;
    if (exchange == NULL || exchange->raw == NULL)
        return MHD_NO;
    if (!exchange->begun) {
        exchange->begun = true;
        exchange->request.connection = connection;
        if (hr_door_guard(exchange, version) != HR_OK)
            return hr_send_problem(exchange);
        bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
        const struct hr_asset *asset = reads ? find_asset(exchange->raw) : NULL;
        if (asset != NULL)
            return hr_send_asset(exchange, asset);
        return begin(exchange, method) == HR_OK ? MHD_YES : hr_send_problem(exchange);
    }
    if (*size == 0)
        return finish(exchange);
    if (exchange->a_stranger && hr_clock_now_us() - exchange->begun_us > STRANGERS_S * INT64_C(1000000))
        return MHD_NO;
    if (exchange->request.upload != NULL)
        (void)hr_upload_in_write(exchange->request.upload, bytes, *size);
    else if (exchange->request.album != NULL)
        hr_album_in_write(exchange->request.album, bytes, *size);
    else
        hr_buffer_append(&exchange->request.body, hr_view_of(bytes, *size));
    *size = 0;
    return MHD_YES;
}

void *hr_exchange_begin(void *context, const char *address, struct MHD_Connection *connection)
{
    struct hr_exchange *exchange = calloc(1, sizeof *exchange);
    (void)connection;
    if (exchange == NULL)
        return NULL;
    exchange->web = context;
    exchange->request.web = context;
    exchange->raw = strdup(address);
    return exchange;
}

void hr_exchange_end(void *context, struct MHD_Connection *connection, void **kept, enum MHD_RequestTerminationCode how)
{
    struct hr_exchange *exchange = *kept;
    (void)context;
    (void)connection;
    (void)how;
    if (exchange == NULL)
        return;
    if (exchange->counted)
        atomic_fetch_sub(&exchange->web->requests, 1);
    if (exchange->a_stranger)
        atomic_fetch_sub(&exchange->web->strangers, 1);
    hr_upload_in_free(exchange->request.upload);
    hr_album_in_free(exchange->request.album);
    hr_buffer_clear(&exchange->request.body);
    hr_buffer_clear(&exchange->request.reader.classes);
    hr_database_close(exchange->request.database);
    for (size_t i = 0; i < HR_REQUEST_WORDS_MAX; i++)
        free(exchange->request.words[i]);
    free(exchange->raw);
    free(exchange);
    *kept = NULL;
}
