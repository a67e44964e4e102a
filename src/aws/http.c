#include "aws/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/uri.h"
#include "base/limits.h"

/* Of all lines of all heads, "100 Continue" and trailers included; the answer's own is held to its limit as it is
 * kept. */
#define HEADS_MAX_BYTES (4 * HR_LIMIT_HTTP_HEAD_BYTES)
/* How long a stop flag may go unseen while nothing moves. */
#define WAIT_MAX_MS 100
/* When there is no flag to look at. */
#define WAIT_WITHOUT_FLAG_MS 1000

/* What one request in flight needs: connections are kept in `multi`. */
struct line {
    struct line *next;
    CURLM *multi;
    CURL *easy;
};

struct hr_http {
    const struct hr_clock *clock;
    bool insecure;
    pthread_mutex_t lock;
    struct line *idle; /* guarded by lock; the one used last first, its connection is the warmest */
    char *ca_bundle;
    char *proxy_http;
    char *proxy_https;
    char *proxy_not;
    char *user_agent;
};

/* One request on its way. */
struct transfer {
    struct hr_http *http;
    CURL *easy;
    const struct hr_http_request *request;
    struct hr_http_response *response;
    struct hr_error *error;
    enum hr_status status; /* of what we found ourselves: a sink that failed, a limit */
    bool sink_started;
    int64_t moved_us; /* when the last byte was seen, by the client's clock */
    curl_off_t sent_bytes;
    uint64_t head_bytes; /* of all heads: there may be several in front of the answer */
    int64_t stretch_us;  /* since when the speed is measured, and what had moved then */
    uint64_t stretch_bytes;
    char reason[CURL_ERROR_SIZE];
};

void hr_http_response_init(struct hr_http_response *response)
{
    *response = (struct hr_http_response){0};
    hr_buffer_init(&response->head, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_buffer_init(&response->body, HR_LIMIT_HTTP_BODY_BYTES);
}

void hr_http_response_clear(struct hr_http_response *response)
{
    hr_buffer_clear(&response->head);
    hr_buffer_clear(&response->body);
    hr_http_response_init(response);
}

const char *hr_http_response_header(const struct hr_http_response *response, const char *name)
{
    const char *at = hr_buffer_text(&response->head), *end = at + response->head.size;
    const char *found = NULL;
    while (at < end) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0)
            found = value;
        at = value + strlen(value) + 1;
    }
    return found;
}

/* ---- the client ---- */

static bool copy_text(char **out, const char *text)
{
    *out = strdup(text != NULL ? text : "");
    return *out != NULL;
}

enum hr_status hr_http_open(struct hr_http **out, const struct hr_http_options *options, struct hr_error *error)
{
    *out = NULL;
    /* Counted by libcurl, and safe between threads since 7.84. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return hr_error_set(error, HR_ERR_INTERNAL, "libcurl cannot be initialised");
    struct hr_http *http = calloc(1, sizeof *http);
    if (http == NULL) {
        curl_global_cleanup();
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for an HTTP client");
    }
    pthread_mutex_init(&http->lock, NULL);
    http->insecure = options->insecure;
    http->clock = options->clock != NULL ? options->clock : hr_clock_system();
    if (!copy_text(&http->ca_bundle, options->ca_bundle) || !copy_text(&http->proxy_http, options->proxy_http) ||
        !copy_text(&http->proxy_https, options->proxy_https) || !copy_text(&http->proxy_not, options->proxy_not) ||
        !copy_text(&http->user_agent, options->user_agent)) {
        hr_http_close(http);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for an HTTP client");
    }
    *out = http;
    return HR_OK;
}

static void free_line(struct line *line)
{
    if (line == NULL)
        return;
    if (line->easy != NULL)
        curl_easy_cleanup(line->easy);
    if (line->multi != NULL)
        curl_multi_cleanup(line->multi);
    free(line);
}

void hr_http_close(struct hr_http *http)
{
    if (http == NULL)
        return;
    while (http->idle != NULL) {
        struct line *line = http->idle;
        http->idle = line->next;
        free_line(line);
    }
    free(http->ca_bundle);
    free(http->proxy_http);
    free(http->proxy_https);
    free(http->proxy_not);
    free(http->user_agent);
    pthread_mutex_destroy(&http->lock);
    free(http);
    curl_global_cleanup();
}

static struct line *take_line(struct hr_http *http)
{
    pthread_mutex_lock(&http->lock);
    struct line *line = http->idle;
    if (line != NULL)
        http->idle = line->next;
    pthread_mutex_unlock(&http->lock);
    if (line != NULL)
        return line;
    line = calloc(1, sizeof *line);
    if (line == NULL)
        return NULL;
    line->multi = curl_multi_init();
    line->easy = curl_easy_init();
    if (line->multi != NULL && line->easy != NULL)
        return line;
    free_line(line);
    return NULL;
}

static void give_line(struct hr_http *http, struct line *line)
{
    pthread_mutex_lock(&http->lock);
    line->next = http->idle;
    http->idle = line;
    pthread_mutex_unlock(&http->lock);
}

/* ---- what libcurl calls back ---- */

static int64_t now_us(const struct hr_http *http)
{
    return http->clock->monotonic_us(http->clock->context);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct hr_view trim(const char *text, size_t size)
{
    while (size > 0 && is_blank(text[0])) {
        text++;
        size--;
    }
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    return hr_view_of(text, size);
}

static void keep_header(struct hr_buffer *head, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);
    if (colon == NULL || memchr(line, '\0', size) != NULL)
        return;
    struct hr_view name = trim(line, (size_t)(colon - line));
    struct hr_view value = trim(colon + 1, size - (size_t)(colon - line) - 1);
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        byte = byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
        hr_buffer_append(head, hr_view_of(&byte, 1));
    }
    hr_buffer_append(head, hr_view_of("", 1));
    hr_buffer_append(head, value);
    hr_buffer_append(head, hr_view_of("", 1));
}

static size_t on_header(char *line, size_t one, size_t size, void *context)
{
    (void)one;
    struct transfer *transfer = context;
    struct hr_buffer *head = &transfer->response->head;
    transfer->moved_us = now_us(transfer->http);
    transfer->head_bytes += size;
    if (transfer->head_bytes > HEADS_MAX_BYTES) {
        transfer->status = hr_error_set(transfer->error, HR_ERR_LIMIT, "the answer's headers do not end");
        return 0;
    }
    /* Another answer begins: the one before was "100 Continue". */
    if (size >= 5 && memcmp(line, "HTTP/", 5) == 0)
        hr_buffer_clear(head);
    else
        keep_header(head, line, size);
    if (!head->failed)
        return size;
    transfer->status = hr_buffer_check(head, transfer->error);
    (void)hr_error_prefix(transfer->error, "the answer's headers");
    return 0;
}

static bool is_success(int status)
{
    return status >= 200 && status < 300;
}

static enum hr_status start_sink(struct transfer *transfer)
{
    const struct hr_http_sink *sink = &transfer->request->sink;
    if (transfer->sink_started || sink->start == NULL)
        return HR_OK;
    transfer->sink_started = true;
    return sink->start(sink->context, transfer->error);
}

static enum hr_status keep_body(struct transfer *transfer, struct hr_view piece)
{
    struct hr_buffer *body = &transfer->response->body;
    if (!is_success(transfer->response->status)) {
        /* An error's text: what does not fit is not worth a failure. */
        size_t most = (size_t)HR_LIMIT_HTTP_ERROR_BYTES;
        size_t room = (most < body->max_size ? most : body->max_size) - body->size;
        piece.size = piece.size < room ? piece.size : room;
        if (transfer->response->body_bytes > HR_LIMIT_HTTP_BODY_BYTES)
            return hr_error_set(transfer->error, HR_ERR_LIMIT, "the answer %d has a text that does not end",
                                transfer->response->status);
    }
    hr_buffer_append(body, piece);
    enum hr_status status = hr_buffer_check(body, transfer->error);
    return status == HR_OK ? HR_OK : hr_error_prefix(transfer->error, "the answer");
}

/* True, and why, when bytes come, but so few that they are no answer. */
static bool is_too_slow(struct transfer *transfer, int64_t now)
{
    int64_t slow_ms = transfer->request->slow_timeout_ms;
    int64_t stretch_us = now - transfer->stretch_us;
    if (transfer->request->idle_timeout_ms < 0 || stretch_us < (slow_ms > 0 ? slow_ms : HR_HTTP_SLOW_TIMEOUT_MS) * 1000)
        return false;
    uint64_t moved = transfer->head_bytes + transfer->response->body_bytes + (uint64_t)transfer->sent_bytes;
    if ((double)(moved - transfer->stretch_bytes) * 1e6 < (double)stretch_us * HR_HTTP_SLOW_BYTES_PER_S) {
        transfer->status =
            hr_error_set(transfer->error, HR_ERR_UNAVAILABLE, "for %lld s less than %d bytes per second have moved",
                         (long long)stretch_us / 1000000, HR_HTTP_SLOW_BYTES_PER_S);
        transfer->response->retryable = true;
        return true;
    }
    transfer->stretch_us = now;
    transfer->stretch_bytes = moved;
    return false;
}

static size_t on_body(char *bytes, size_t one, size_t size, void *context)
{
    (void)one;
    struct transfer *transfer = context;
    const struct hr_http_sink *sink = &transfer->request->sink;
    struct hr_view piece = hr_view_of(bytes, size);
    long code = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &code);
    transfer->response->status = (int)code;
    transfer->moved_us = now_us(transfer->http);
    transfer->response->body_bytes += size;
    if (sink->write == NULL || !is_success(transfer->response->status)) {
        transfer->status = keep_body(transfer, piece);
    } else {
        transfer->status = start_sink(transfer);
        if (transfer->status == HR_OK)
            transfer->status = sink->write(sink->context, piece, transfer->error);
    }
    return transfer->status == HR_OK && !is_too_slow(transfer, now_us(transfer->http)) ? size : 0;
}

/* ---- one request ---- */

static bool has_header(const struct hr_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return true;
    return false;
}

static bool append_line(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (longer == NULL)
        return false;
    *list = longer;
    return true;
}

static bool append_header(struct curl_slist **list, const struct hr_pair *header)
{
    struct hr_buffer line;
    hr_buffer_init(&line, HR_LIMIT_HTTP_HEAD_BYTES);
    /* libcurl's way to say that a value is empty, and not that the header is to be left out. */
    if (header->value[0] == '\0')
        hr_buffer_append_format(&line, "%s;", header->name);
    else
        hr_buffer_append_format(&line, "%s: %s", header->name, header->value);
    bool good = !line.failed && append_line(list, hr_buffer_text(&line));
    if (line.data != NULL)
        explicit_bzero(line.data, line.size); /* it may be a session token */
    hr_buffer_clear(&line);
    return good;
}

static enum hr_status make_headers(const struct hr_http_request *request, struct curl_slist **out,
                                   struct hr_error *error)
{
    /* Headers of libcurl's own that nobody signed: a form's type, and a wait before large bodies. */
    bool good = append_line(out, "Expect:");
    if (good && !has_header(request, "content-type"))
        good = append_line(out, "Content-Type:");
    for (size_t i = 0; i < request->header_count && good; i++) {
        const struct hr_pair *header = &request->headers[i];
        if (strpbrk(header->name, "\r\n:;") != NULL || strpbrk(header->value, "\r\n") != NULL)
            return hr_error_set(error, HR_ERR_ARGUMENT, "a header with a line end in it");
        good = append_header(out, header);
    }
    return good ? HR_OK : hr_error_set(error, HR_ERR_MEMORY, "no memory for the headers");
}

/* curl_easy_setopt fails for lack of memory only, with options that exist: seen at the end. */
#define SET(option, value) (failed |= curl_easy_setopt(easy, (option), (value)) != CURLE_OK)

static bool set_connection(CURL *easy, const struct hr_http *http, const struct hr_http_request *request)
{
    bool failed = false;
    bool tls = strncasecmp(request->url, "https:", 6) == 0;
    int64_t connect_ms = request->connect_timeout_ms > 0 ? request->connect_timeout_ms : HR_HTTP_CONNECT_TIMEOUT_MS;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (http->ca_bundle[0] != '\0')
        SET(CURLOPT_CAINFO, http->ca_bundle);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_FRESH_CONNECT, request->repeatable ? 0L : 1L);
    /* Both are always set: libcurl would look into the environment by itself otherwise. */
    SET(CURLOPT_PROXY, tls ? http->proxy_https : http->proxy_http);
    SET(CURLOPT_NOPROXY, request->direct || hr_url_is_loopback(request->url) ? "*" : http->proxy_not);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    return !failed;
}

static bool set_method(CURL *easy, const struct hr_http_request *request)
{
    bool failed = false;
    if (strcmp(request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
        return !failed;
    }
    bool has_body =
        request->body.size > 0 || strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
    if (has_body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
        SET(CURLOPT_POSTFIELDS, request->body.size > 0 ? (const void *)request->body.data : "");
    } else {
        SET(CURLOPT_HTTPGET, 1L);
    }
    SET(CURLOPT_CUSTOMREQUEST, request->method);
    return !failed;
}

static bool set_request(CURL *easy, struct transfer *transfer, struct curl_slist *headers)
{
    bool failed = false;
    SET(CURLOPT_URL, transfer->request->url);
    SET(CURLOPT_PATH_AS_IS, 1L); /* "a/../b" is a key like any other */
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_USERAGENT, transfer->http->user_agent);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_ERRORBUFFER, transfer->reason);
    return !failed;
}

/* Whether to give up, and why. */
static bool must_stop(struct transfer *transfer)
{
    const struct hr_http_request *request = transfer->request;
    if (hr_deadline_passed(request->deadline)) {
        transfer->status = hr_error_set(transfer->error, HR_ERR_DEADLINE, "out of time");
        return true;
    }
    curl_off_t sent = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    int64_t now = now_us(transfer->http);
    if (sent != transfer->sent_bytes)
        transfer->moved_us = now;
    transfer->sent_bytes = sent;
    int64_t idle_ms = request->idle_timeout_ms != 0 ? request->idle_timeout_ms : HR_HTTP_IDLE_TIMEOUT_MS;
    if (idle_ms < 0)
        return false;
    if (now - transfer->moved_us < idle_ms * 1000)
        return is_too_slow(transfer, now);
    transfer->status =
        hr_error_set(transfer->error, HR_ERR_UNAVAILABLE, "nothing was heard for %lld ms", (long long)idle_ms);
    transfer->response->retryable = true;
    return true;
}

static int wait_ms(const struct hr_http_request *request)
{
    bool has_flag = request->deadline != NULL && request->deadline->stop != NULL;
    int64_t idle_ms = request->idle_timeout_ms;
    int64_t wait = has_flag || request->deadline != NULL ? WAIT_MAX_MS : WAIT_WITHOUT_FLAG_MS;
    return (int)(idle_ms > 0 && idle_ms < wait ? idle_ms : wait);
}

/* Moves bytes until the request is through, failed, or has to be given up. */
static CURLcode drive(struct transfer *transfer, CURLM *multi)
{
    int running = 1;
    while (running > 0) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return CURLE_FAILED_INIT;
        if (running == 0)
            break;
        if (must_stop(transfer))
            return CURLE_ABORTED_BY_CALLBACK;
        if (curl_multi_poll(multi, NULL, 0, wait_ms(transfer->request), NULL) != CURLM_OK)
            return CURLE_FAILED_INIT;
    }
    int left;
    const CURLMsg *message = curl_multi_info_read(multi, &left);
    return message != NULL ? message->data.result : CURLE_FAILED_INIT;
}

static enum hr_status status_of_failure(struct transfer *transfer, CURLcode code)
{
    struct hr_http_response *response = transfer->response;
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return HR_ERR_MEMORY;
    case CURLE_URL_MALFORMAT:
        return HR_ERR_ARGUMENT;
    case CURLE_UNSUPPORTED_PROTOCOL:
        return response->maybe_done ? HR_ERR_FORMAT : HR_ERR_ARGUMENT; /* the former: not HTTP */
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
        return HR_ERR_PERMISSION;
    default:
        response->retryable = true;
        return HR_ERR_UNAVAILABLE;
    }
}

static enum hr_status explain(struct transfer *transfer, CURLcode code)
{
    long sent = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    transfer->response->maybe_done = sent > 0;
    if (transfer->status != HR_OK)
        return transfer->status;
    enum hr_status status = status_of_failure(transfer, code);
    const char *reason = transfer->reason[0] != '\0' ? transfer->reason : curl_easy_strerror(code);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return hr_error_set(transfer->error, status,
                            "the certificate is not to be trusted: %s (AWS_CA_BUNDLE names the file "
                            "of an own authority)",
                            reason);
    return hr_error_set(transfer->error, status, "%s", reason);
}

/* "https://host:port", all of an address that may be shown: a query may hold a signature, a path a
 * name. */
static int shown_size(const char *url)
{
    const char *host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;
    return (int)(host - url + (ptrdiff_t)strcspn(host, "/?#"));
}

static enum hr_status perform(struct transfer *transfer, struct line *line)
{
    struct hr_http_response *response = transfer->response;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (curl_multi_add_handle(line->multi, line->easy) == CURLM_OK) {
        code = drive(transfer, line->multi);
        curl_multi_remove_handle(line->multi, line->easy);
    }
    long http_status = 0;
    curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &http_status);
    response->status = (int)http_status;
    enum hr_status status = code == CURLE_OK ? HR_OK : explain(transfer, code);
    if (status == HR_OK && is_success(response->status) && transfer->request->sink.write != NULL)
        status = start_sink(transfer); /* of an empty body, too */
    return status;
}

/* The one place that all bytes go out by. */
static enum hr_status check_url(const struct hr_http *http, const struct hr_http_request *request,
                                struct hr_error *error)
{
    enum hr_clear clear = http->insecure    ? HR_CLEAR_ANYWHERE
                          : request->direct ? HR_CLEAR_LINK_LOCAL
                                            : HR_CLEAR_LOOPBACK;
    enum hr_status status = hr_url_check(request->url, clear, error);
    /* What stands before an '@' is a password. */
    return status == HR_OK || strchr(request->url, '@') != NULL
               ? status
               : hr_error_prefix(error, "%.*s", shown_size(request->url), request->url);
}

enum hr_status hr_http_send(struct hr_http *http, const struct hr_http_request *request,
                            struct hr_http_response *response, struct hr_error *error)
{
    hr_http_response_clear(response);
    response->body.max_size = request->response_max_bytes > 0 ? request->response_max_bytes : HR_LIMIT_HTTP_BODY_BYTES;
    struct curl_slist *headers = NULL;
    enum hr_status status = check_url(http, request, error);
    if (status != HR_OK)
        return status;
    struct line *line = take_line(http);
    if (line == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a connection");
    struct transfer transfer = {.http = http,
                                .easy = line->easy,
                                .request = request,
                                .response = response,
                                .error = error,
                                .moved_us = now_us(http)};
    transfer.stretch_us = transfer.moved_us;
    status = make_headers(request, &headers, error);
    if (status != HR_OK)
        goto out;
    if (!set_connection(line->easy, http, request) || !set_method(line->easy, request) ||
        !set_request(line->easy, &transfer, headers)) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a request");
        goto out;
    }
    status = perform(&transfer, line);
    if (status != HR_OK)
        (void)hr_error_prefix(error, "%.*s", shown_size(request->url), request->url);
out:
    curl_easy_reset(line->easy); /* forgets the request, keeps the connection */
    give_line(http, line);
    curl_slist_free_all(headers);
    return status;
}
