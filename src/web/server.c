/* The server: listening, what is refused before anybody looks at it, who is signed in, and the way of a request from
 * its first line to its answer. */
#include <microhttpd.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/host.h"
#include "records/audit.h"
#include "web/assets.h"
#include "web/events.h"
#include "web/routes.h"
#include "web/server.h"
#include "web/throttle.h"
#include "web/uploads.h"
#include "web/worker.h"

/* Threads that answer; connections in all, and of one address; requests that are worked on at once, behind which others
 * are told to come again; seconds that a connection may be silent; memory of one, which bounds its headers. */
enum { THREADS = 4, CONNECTIONS_MAX = 600, CONNECTIONS_PER_ADDRESS_MAX = 300, REQUESTS_MAX = 64 };
enum { SILENCE_S = 30, CONNECTION_BYTES = 48 << 10, HEADERS_MAX = 64 };
#define BODY_OUT_BYTES_MAX ((size_t)1 << 30)
#define COOKIE "homeroom_session"

static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
                             "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/* A request on its way. */
struct exchange {
    struct hr_web *web;
    char *raw;  /* owned: the address as it was sent */
    bool begun; /* its headers were looked at */
    bool counted;
    struct hr_request request;
    struct hr_error error; /* error.code HR_OK: nothing is wrong so far */
    int http_status;       /* 0: what the error's code says */
    int64_t retry_after_s;
    bool closes;
    const char *code;         /* of the problem; static; NULL: the error's */
    struct hr_answer headers; /* headers of a problem */
};

const struct hr_web_options *hr_web_options_of(const struct hr_web *web)
{
    return web->options;
}

struct hr_events *hr_web_events(struct hr_web *web)
{
    return web->events;
}

struct hr_worker *hr_web_worker(struct hr_web *web)
{
    return web->worker;
}

enum hr_status hr_web_take_engine(struct hr_web *web, struct hr_engine **out, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    pthread_mutex_lock(&web->engine_lock);
    if (web->engine == NULL)
        status = hr_engine_new(&web->engine, web->options->class->model_dir, web->options->class->sandbox, error);
    *out = web->engine;
    if (status != HR_OK)
        pthread_mutex_unlock(&web->engine_lock);
    return status;
}

void hr_web_return_engine(struct hr_web *web)
{
    hr_engine_drop(web->engine);
    pthread_mutex_unlock(&web->engine_lock);
}

/* --- answers --- */

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

static enum MHD_Result send_response(struct exchange *exchange, int status, struct MHD_Response *response)
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

/* RFC 9457 */
static enum MHD_Result send_problem(struct exchange *exchange)
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

static enum hr_status refuse(struct exchange *exchange, int http_status, enum hr_status code, const char *text)
{
    exchange->http_status = http_status;
    return hr_error_set(&exchange->error, code, "%s", text);
}

static void tag_of(const struct hr_buffer *body, char out[40])
{
    char hex[HR_SHA256_HEX_SIZE];
    struct hr_error error;
    out[0] = '\0';
    if (hr_sha256_hex(hr_buffer_view(body), hex, &error) == HR_OK)
        snprintf(out, 40, "\"%.32s\"", hex);
}

static enum MHD_Result send_answer(struct exchange *exchange, struct hr_answer *answer)
{
    struct hr_request *request = &exchange->request;
    const char *known = hr_request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    char tag[40] = "", disposition[160];
    bool reads = strcmp(request->route->method, "GET") == 0;
    if (reads && answer->status == 200 && answer->body.size > 0)
        tag_of(&answer->body, tag);
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

static enum MHD_Result send_stream(struct exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    struct MHD_Response *response =
        hr_events_stream(exchange->web->events, request->connection, hr_request_header(request, "Last-Event-ID"));
    if (response == NULL) {
        exchange->retry_after_s = 30;
        (void)refuse(exchange, 503, HR_ERR_UNAVAILABLE, "too many pages listen: poll");
        return send_problem(exchange);
    }
    add(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    add(response, "X-Accel-Buffering", "no");
    return send_response(exchange, 200, response);
}

/* --- the page's files --- */

static enum MHD_Result send_asset(struct exchange *exchange, const struct hr_asset *asset)
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

static const struct hr_asset *find_asset(const char *path)
{
    for (size_t i = 0; i < hr_asset_count; i++)
        if (strcmp(hr_assets[i].path, path) == 0)
            return &hr_assets[i];
    return NULL;
}

/* --- what is refused at the door --- */

struct header_census {
    unsigned hosts, lengths, encodings, authorizations, all;
    bool strange;
};

static enum MHD_Result count_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct header_census *census = context;
    (void)kind;
    census->all++;
    census->hosts += strcasecmp(name, "Host") == 0;
    census->lengths += strcasecmp(name, "Content-Length") == 0;
    census->encodings += strcasecmp(name, "Transfer-Encoding") == 0;
    census->authorizations += strcasecmp(name, "Authorization") == 0;
    for (const char *at = value != NULL ? value : ""; *at != '\0'; at++)
        census->strange = census->strange || ((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f;
    for (const char *at = name; *at != '\0'; at++)
        census->strange = census->strange || (unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f;
    return MHD_YES;
}

/* RFC 9112: what two readers could read in two ways is read by none. */
static enum hr_status guard(struct exchange *exchange, const char *version)
{
    struct MHD_Connection *connection = exchange->request.connection;
    struct header_census census = {0};
    const char *encoding = hr_request_header(&exchange->request, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    const char *length = hr_request_header(&exchange->request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_header, &census);
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return refuse(exchange, 505, HR_ERR_UNSUPPORTED, "only HTTP/1.1 is spoken");
    if (census.all > HEADERS_MAX)
        return refuse(exchange, 431, HR_ERR_LIMIT, "too many headers");
    if (census.hosts != 1)
        return refuse(exchange, 400, HR_ERR_FORMAT, "there is one Host");
    if (census.lengths > 1 || census.encodings > 1 || census.lengths + census.encodings > 1 ||
        census.authorizations > 1)
        return refuse(exchange, 400, HR_ERR_FORMAT, "how long it is is said twice");
    if (encoding != NULL && strcasecmp(encoding, "chunked") != 0)
        return refuse(exchange, 400, HR_ERR_FORMAT, "Transfer-Encoding is chunked or nothing");
    if (length != NULL && (length[0] == '\0' || strspn(length, "0123456789") != strlen(length) || strlen(length) > 18))
        return refuse(exchange, 400, HR_ERR_FORMAT, "Content-Length is a number");
    if (census.strange)
        return refuse(exchange, 400, HR_ERR_FORMAT, "a header has signs that no header has");
    for (const char *at = exchange->raw; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || strncmp(at, "%00", 3) == 0)
            return refuse(exchange, 400, HR_ERR_FORMAT, "the address cannot be read");
    return exchange->raw[0] == '/' ? HR_OK : refuse(exchange, 400, HR_ERR_FORMAT, "the address begins with /");
}

/* --- who it is --- */

/* As long for every pair of texts of one length. */
static bool same_text(const char *a, const char *b)
{
    size_t length = strlen(a);
    unsigned differs = strlen(b) != length;
    for (size_t i = 0; i < length && strlen(b) == length; i++)
        differs |= (unsigned)(unsigned char)a[i] ^ (unsigned char)b[i];
    return differs == 0;
}

static bool is_secret(const char *text)
{
    return text != NULL && strlen(text) == HR_SECRET_SIZE - 1 && strspn(text, "0123456789abcdef") == strlen(text);
}

static enum hr_status find_account(struct exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    const char *bearer = hr_request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    const char *secret = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, COOKIE);
    char label[HR_ACCOUNT_NAME_BYTES + 1];
    if (bearer != NULL && strncasecmp(bearer, "Bearer ", 7) == 0)
        secret = bearer + 7;
    request->is_program = bearer != NULL;
    if (!is_secret(secret))
        return HR_OK;
    enum hr_status status = hr_login_find(request->database, secret, &request->account, label, &exchange->error);
    if (status == HR_ERR_PERMISSION) {
        request->account = (struct hr_account){0};
        exchange->error = (struct hr_error){0};
        return HR_OK;
    }
    snprintf(request->secret, sizeof request->secret, "%s", secret);
    return status;
}

/* Another site's page can send a browser's cookie along, but not this. */
static enum hr_status check_csrf(struct exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    const char *method = request->route->method, *site = hr_request_header(request, "Sec-Fetch-Site");
    const char *given = hr_request_header(request, "X-CSRF-Token");
    char wanted[33];
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "OPTIONS") == 0 ||
        request->is_program)
        return HR_OK;
    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return refuse(exchange, 403, HR_ERR_PERMISSION, "this came from another site");
    if (request->account.key == 0)
        return HR_OK;
    hr_login_csrf(request->secret, wanted);
    exchange->code = "csrf";
    if (given == NULL || !same_text(wanted, given))
        return refuse(exchange, 403, HR_ERR_PERMISSION, "the X-CSRF-Token of /me is missing: load the page anew");
    exchange->code = NULL;
    return HR_OK;
}

static enum hr_status check_access(struct exchange *exchange)
{
    const struct hr_request *request = &exchange->request;
    enum hr_access access = request->route->access;
    if (access != HR_ACCESS_ALL && request->account.key == 0)
        return refuse(exchange, 401, HR_ERR_PERMISSION, "sign in first");
    if (access == HR_ACCESS_ADMINISTRATOR && request->account.role != HR_ROLE_ADMINISTRATOR)
        return refuse(exchange, 403, HR_ERR_PERMISSION, "this is for administrators");
    return HR_OK;
}

static enum hr_status check_body(struct exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    const char *length = hr_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *type = hr_request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    size_t most = hr_body_max(request->route->body);
    if (length != NULL && strtoull(length, NULL, 10) > most)
        return refuse(exchange, 413, HR_ERR_LIMIT, "that is more than is taken here");
    if (request->route->body == HR_BODY_JSON && (type == NULL || strncasecmp(type, "application/json", 16) != 0))
        return refuse(exchange, 415, HR_ERR_UNSUPPORTED, "application/json is taken here");
    hr_buffer_init(&request->body, most > 0 && most < SIZE_MAX ? most : 1);
    if (request->route->body == HR_BODY_UPLOAD)
        return hr_upload_in_begin(request, &exchange->error);
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

static enum hr_status find_route(struct exchange *exchange, const char *method)
{
    char allowed[128], path[4096];
    size_t length = strcspn(exchange->raw, "?");
    snprintf(path, sizeof path, "%.*s", (int)length, exchange->raw);
    enum hr_status status = length < sizeof path
                                ? hr_route_find(&exchange->request, method, path, allowed, &exchange->error)
                                : refuse(exchange, 414, HR_ERR_LIMIT, "the address is too long");
    if (status == HR_ERR_UNSUPPORTED) {
        exchange->http_status = 405;
        hr_answer_header(&exchange->headers, MHD_HTTP_HEADER_ALLOW, "%s", allowed);
    }
    return status;
}

static enum hr_status begin(struct exchange *exchange, const char *method)
{
    struct hr_request *request = &exchange->request;
    struct hr_web *web = exchange->web;
    enum hr_status status = find_route(exchange, method);
    if (status != HR_OK)
        return status;
    if (atomic_fetch_add(&web->requests, 1) >= REQUESTS_MAX) {
        atomic_fetch_sub(&web->requests, 1);
        exchange->retry_after_s = 2;
        return refuse(exchange, 503, HR_ERR_UNAVAILABLE, "too much is going on: try again in a moment");
    }
    exchange->counted = true;
    note_address(request);
    status = hr_class_open_database(web->options->class, HR_DATABASE_WRITE, &request->database, &exchange->error);
    if (status == HR_OK)
        status = find_account(exchange);
    if (status == HR_OK)
        status = check_access(exchange);
    if (status == HR_OK)
        status = check_csrf(exchange);
    if (status == HR_OK && request->account.key != 0)
        hr_database_act_as(request->database, request->account.name);
    return status == HR_OK ? check_body(exchange) : status;
}

/* RFC 9110, 13.1.1: what is changed is what was seen. */
static enum hr_status check_match(struct exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    const char *wanted = hr_request_header(request, MHD_HTTP_HEADER_IF_MATCH);
    struct hr_answer seen = {.status = 200};
    char tag[40];
    if (wanted == NULL || request->route->shows == NULL || strcmp(wanted, "*") == 0)
        return HR_OK;
    hr_buffer_init(&seen.body, BODY_OUT_BYTES_MAX);
    enum hr_status status = request->route->shows(request, &seen, &exchange->error);
    tag_of(&seen.body, tag);
    hr_buffer_clear(&seen.body);
    if (status == HR_OK && strcmp(tag, wanted) != 0)
        return refuse(exchange, 412, HR_ERR_CONFLICT, "somebody has changed it meanwhile: look at it again");
    return status;
}

static enum MHD_Result finish(struct exchange *exchange)
{
    struct hr_answer answer = {.status = 200};
    struct hr_request *request = &exchange->request;
    if (request->route->body != HR_BODY_UPLOAD && request->route->body != HR_BODY_NONE &&
        hr_buffer_check(&request->body, &exchange->error) != HR_OK)
        exchange->http_status = 413;
    if (exchange->error.code == HR_OK)
        (void)check_match(exchange);
    if (exchange->error.code != HR_OK)
        return send_problem(exchange);
    hr_buffer_init(&answer.body, BODY_OUT_BYTES_MAX);
    enum hr_status status = request->route->handle(request, &answer, &exchange->error);
    if (status != HR_OK) {
        if (exchange->error.code == HR_OK)
            hr_error_set(&exchange->error, status, "it failed");
        exchange->http_status = answer.status != 200 ? answer.status : 0;
        exchange->headers = answer;
        hr_buffer_clear(&answer.body);
        return send_problem(exchange);
    }
    if (answer.is_stream) {
        hr_buffer_clear(&answer.body);
        hr_database_close(request->database); /* it may take hours */
        request->database = NULL;
        return send_stream(exchange);
    }
    return send_answer(exchange, &answer);
}

/* MHD calls: once with the headers, then for each part of the body, then once more. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *bytes, size_t *size, void **kept)
{
    struct exchange *exchange = *kept;
    (void)context;
    (void)url;
    if (exchange == NULL || exchange->raw == NULL)
        return MHD_NO;
    if (!exchange->begun) {
        exchange->begun = true;
        exchange->request.connection = connection;
        if (guard(exchange, version) != HR_OK)
            return send_problem(exchange);
        bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
        const struct hr_asset *asset = reads ? find_asset(exchange->raw) : NULL;
        if (asset != NULL)
            return send_asset(exchange, asset);
        return begin(exchange, method) == HR_OK ? MHD_YES : send_problem(exchange);
    }
    if (*size == 0)
        return finish(exchange);
    if (exchange->request.upload != NULL)
        (void)hr_upload_in_write(exchange->request.upload, bytes, *size);
    else
        hr_buffer_append(&exchange->request.body, hr_view_of(bytes, *size));
    *size = 0;
    return MHD_YES;
}

static void *on_address(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    (void)connection;
    if (exchange == NULL)
        return NULL;
    exchange->web = context;
    exchange->request.web = context;
    exchange->raw = strdup(uri);
    return exchange;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **kept,
                         enum MHD_RequestTerminationCode how)
{
    struct exchange *exchange = *kept;
    (void)context;
    (void)connection;
    (void)how;
    if (exchange == NULL)
        return;
    if (exchange->counted)
        atomic_fetch_sub(&exchange->web->requests, 1);
    hr_upload_in_free(exchange->request.upload);
    hr_buffer_clear(&exchange->request.body);
    hr_database_close(exchange->request.database);
    for (size_t i = 0; i < HR_REQUEST_WORDS_MAX; i++)
        free(exchange->request.words[i]);
    free(exchange->raw);
    free(exchange);
    *kept = NULL;
}

/* --- listening --- */

static enum hr_status find_address(const struct hr_web_options *options, struct sockaddr_storage *out,
                                   struct hr_error *error)
{
    char host[256] = "", port[8] = "";
    const char *text = options->listen, *colon = strrchr(text, ':');
    const struct addrinfo wanted = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    bool bracketed = text[0] == '[';
    if (colon == NULL || colon == text || (size_t)(colon - text) >= sizeof host || strlen(colon) > sizeof port ||
        (bracketed && colon[-1] != ']'))
        return hr_error_set(error, HR_ERR_ARGUMENT, "--listen takes 127.0.0.1:8080 or [::1]:8080, not '%s'", text);
    snprintf(host, sizeof host, "%.*s", (int)(colon - text) - (bracketed ? 2 : 0), text + bracketed);
    snprintf(port, sizeof port, "%s", colon + 1);
    if (getaddrinfo(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, port, &wanted, &found) != 0)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "--listen takes an address of this machine and a port, 127.0.0.1:8080, not '%s'", text);
    memcpy(out, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (options->certificate != NULL || options->insecure || hr_host_is_loopback(hr_view_text(host)))
        return HR_OK;
    return hr_error_set(error, HR_ERR_PERMISSION,
                        "without encryption whoever is on the network can read names and passwords: give "
                        "--certificate and --private-key, listen on 127.0.0.1 behind a proxy that encrypts, or "
                        "allow it with --insecure");
}

static enum hr_status read_pem(const char *path, struct hr_buffer *out, struct hr_error *error)
{
    hr_buffer_init(out, 1 << 20);
    enum hr_status status = path != NULL ? hr_file_read(out, path, NULL, error) : HR_OK;
    if (status == HR_OK)
        hr_buffer_append_text(out, "");
    return status;
}

static enum hr_status listen_on(struct hr_web *web, struct hr_error *error)
{
    const struct hr_web_options *options = web->options;
    struct sockaddr_storage address = {0};
    struct hr_buffer certificate, key;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    enum hr_status status = find_address(options, &address, error);
    if (status != HR_OK)
        return status;
    status = read_pem(options->certificate, &certificate, error);
    enum hr_status other = read_pem(options->private_key, &key, error);
    if (status == HR_OK)
        status = other;
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)hr_buffer_text(&certificate)},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)hr_buffer_text(&key)},
        {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    flags |= options->certificate != NULL ? MHD_USE_TLS : 0U;
    flags |= address.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U;
    if (status == HR_OK)
        web->daemon = MHD_start_daemon(
            flags, 0, NULL, NULL, on_request, web, MHD_OPTION_ARRAY, options->certificate != NULL ? tls : plain,
            MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
            (unsigned)CONNECTIONS_PER_ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_S,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
            MHD_OPTION_URI_LOG_CALLBACK, on_address, web, MHD_OPTION_NOTIFY_COMPLETED, on_completed, web,
            MHD_OPTION_END);
    if (status == HR_OK && web->daemon == NULL)
        status = hr_error_set_errno(error, errno, "listening on '%s'", options->listen);
    hr_buffer_clear(&certificate);
    hr_buffer_clear(&key);
    return status;
}

/* While there is no account, whoever has read the terminal may make the first. */
static enum hr_status make_setup_token(struct hr_web *web, struct hr_error *error)
{
    struct hr_database *database = NULL;
    uint8_t bytes[16];
    size_t count = 0;
    enum hr_status status = hr_class_open_database(web->options->class, HR_DATABASE_CREATE, &database, error);
    if (status == HR_OK)
        status = hr_account_count(database, &count, error);
    hr_database_close(database);
    if (status != HR_OK || count > 0)
        return status;
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return hr_error_set_errno(error, errno, "making a token");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(web->setup_token + 2 * i, 3, "%02x", bytes[i]);
    return HR_OK;
}

static void tell_ready(struct hr_web *web)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_BIND_PORT);
    char url[512], setup[128] = "";
    const char *colon = strrchr(web->options->listen, ':');
    snprintf(url, sizeof url, "%s://%.*s:%u", web->options->certificate != NULL ? "https" : "http",
             (int)(colon - web->options->listen), web->options->listen, info != NULL ? info->port : 0U);
    if (web->setup_token[0] != '\0')
        snprintf(setup, sizeof setup, "/#/setup?token=%s", web->setup_token);
    if (web->options->ready != NULL)
        web->options->ready(web->options->context, url, setup[0] != '\0' ? setup : NULL);
}

static void stay(const struct hr_web *web)
{
    const struct hr_clock *clock = hr_clock_system();
    while (!hr_stop_requested(web->options->stop))
        clock->sleep_us(clock->context, 100000);
}

static enum hr_status make_folder(const struct hr_web_options *options, struct hr_error *error)
{
    struct stat about;
    if (mkdir(options->videos, S_IRWXU) != 0 && errno != EEXIST)
        return hr_error_set_errno(error, errno, "making '%s'", options->videos);
    if (stat(options->videos, &about) != 0 || !S_ISDIR(about.st_mode))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is no folder", options->videos);
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return hr_error_set(error, HR_ERR_PERMISSION, "'%s' is open to others: chmod 700 '%s'", options->videos,
                            options->videos);
    return HR_OK;
}

enum hr_status hr_web_run(const struct hr_web_options *options, struct hr_error *error)
{
    struct hr_web *web = calloc(1, sizeof *web);
    if (web == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a server");
    web->options = options;
    pthread_mutex_init(&web->engine_lock, NULL);
    hr_throttle_init(&web->throttle);
    enum hr_status status = make_folder(options, error);
    if (status == HR_OK)
        status = make_setup_token(web, error);
    if (status == HR_OK)
        status = hr_events_new(&web->events, error);
    if (status == HR_OK)
        status = hr_worker_new(&web->worker, web, error);
    if (status == HR_OK)
        status = listen_on(web, error);
    if (status == HR_OK) {
        tell_ready(web);
        stay(web);
    }
    hr_events_end(web->events);
    if (web->daemon != NULL)
        MHD_stop_daemon(web->daemon);
    hr_worker_free(web->worker);
    hr_events_free(web->events);
    hr_engine_close(web->engine);
    pthread_mutex_destroy(&web->engine_lock);
    free(web);
    return status;
}
