/* The HTTP client against a server that misbehaves. */
#include "support/check.h"

#include <stdio.h>

#include "aws/http.h"
#include "base/limits.h"
#include "fault_server.h"

struct fixture {
    struct fault_server server;
    struct hr_http *http;
    struct hr_http_response response;
    struct hr_error error;
};

static void start(struct fixture *fixture, const struct fault_step *steps, size_t count)
{
    const struct hr_http_options options = {.user_agent = "test"};
    fault_server_start(&fixture->server, steps, count);
    assert_ok(hr_http_open(&fixture->http, &options, &fixture->error), &fixture->error);
    hr_http_response_init(&fixture->response);
}

static void stop(struct fixture *fixture)
{
    hr_http_response_clear(&fixture->response);
    hr_http_close(fixture->http);
    fault_server_stop(&fixture->server);
}

static enum hr_status get(struct fixture *fixture, struct hr_http_request request)
{
    request.url = request.url != NULL ? request.url : fixture->server.url;
    request.method = request.method != NULL ? request.method : "GET";
    return hr_http_send(fixture->http, &request, &fixture->response, &fixture->error);
}

#define START(fixture, steps) start((fixture), (steps), sizeof(steps) / sizeof *(steps))

static void keeps_its_connection(void **state)
{
    (void)state;
    struct fixture f;
    const struct fault_step steps[] = {
        {FAULT_KEEP, "HTTP/1.1 200 OK\r\nX-One: a\r\nx-one:  b \r\nContent-Length: 2\r\n\r\nhi"},
        {FAULT_KEEP, "HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone"},
        {FAULT_KEEP, "HTTP/1.1 204 No\r\n\r\n"},
    };
    START(&f, steps);
    assert_ok(get(&f, (struct hr_http_request){.repeatable = true}), &f.error);
    assert_int_equal(f.response.status, 200);
    assert_string_equal(hr_buffer_text(&f.response.body), "hi");
    assert_string_equal(hr_http_response_header(&f.response, "X-ONE"), "b");
    assert_null(hr_http_response_header(&f.response, "x-two"));
    assert_ok(get(&f, (struct hr_http_request){.repeatable = true}), &f.error);
    assert_int_equal(f.response.status, 404);
    assert_string_equal(hr_buffer_text(&f.response.body), "gone");
    assert_int_equal(fault_server_connection_count(&f.server), 1);
    /* What may not be done twice gets a connection that cannot be dead. */
    assert_ok(get(&f, (struct hr_http_request){.method = "POST"}), &f.error);
    assert_int_equal(fault_server_connection_count(&f.server), 2);
    stop(&f);
}

static void sends_what_it_is_given(void **state)
{
    (void)state;
    struct fixture f;
    char value[64], url[128];
    const struct fault_step steps[] = {{FAULT_NONE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}};
    const struct hr_pair headers[] = {{"X-Empty", ""}, {"X-Full", "a b"}};
    START(&f, steps);
    snprintf(url, sizeof url, "%s/a/../%%2B//b?x=%%20", f.server.url);
    assert_ok(
        get(&f,
            (struct hr_http_request){
                .method = "PUT", .url = url, .headers = headers, .header_count = 2, .body = hr_view_of("a\0b", 3)}),
        &f.error);
    assert_memory_equal(fault_server_request(&f.server, 0)->head, "PUT /a/../%2B//b?x=%20 HTTP/1.1\r\n", 33);
    assert_string_equal(fault_server_header(&f.server, 0, "Content-Length", value, sizeof value), "3");
    assert_string_equal(fault_server_header(&f.server, 0, "X-Full", value, sizeof value), "a b");
    assert_null(fault_server_header(&f.server, 0, "Expect", value, sizeof value));
    assert_null(fault_server_header(&f.server, 0, "Content-Type", value, sizeof value));
    assert_non_null(strstr(fault_server_request(&f.server, 0)->head, "X-Empty:"));
    assert_memory_equal(fault_server_request(&f.server, 0)->body.data, "a\0b", 3);
    stop(&f);
}

static void a_header_is_one_line(void **state)
{
    (void)state;
    struct fixture f;
    const struct hr_pair header = {"X", "1\r\nY: 2"};
    start(&f, NULL, 0);
    assert_error(get(&f, (struct hr_http_request){.headers = &header, .header_count = 1}), HR_ERR_ARGUMENT, &f.error,
                 "line end");
    assert_int_equal(fault_server_request_count(&f.server), 0);
    stop(&f);
}

static void assert_unavailable(const struct fault_step *step, const char *part)
{
    struct fixture f;
    start(&f, step, 1);
    assert_error(get(&f, (struct hr_http_request){.idle_timeout_ms = 200}), HR_ERR_UNAVAILABLE, &f.error, part);
    assert_true(f.response.retryable);
    assert_true(f.response.maybe_done);
    stop(&f);
}

static void body_that_is_cut_off(void **state)
{
    (void)state;
    const struct fault_step step = {FAULT_NONE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"};
    assert_unavailable(&step, "127.0.0.1");
}

static void connection_that_is_reset(void **state)
{
    (void)state;
    const struct fault_step step = {FAULT_RESET, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"};
    assert_unavailable(&step, "127.0.0.1");
}

static void no_answer_at_all(void **state)
{
    (void)state;
    const struct fault_step step = {FAULT_NONE, ""};
    assert_unavailable(&step, "127.0.0.1");
}

static void silence(void **state)
{
    (void)state;
    const struct fault_step step = {FAULT_STALL, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"};
    assert_unavailable(&step, "200 ms");
}

static void nobody_listens(void **state)
{
    (void)state;
    struct fixture f;
    char url[64];
    start(&f, NULL, 0);
    snprintf(url, sizeof url, "%s", f.server.url);
    stop(&f);
    start(&f, NULL, 0);
    assert_error(get(&f, (struct hr_http_request){.url = url}), HR_ERR_UNAVAILABLE, &f.error, url);
    assert_true(f.response.retryable);
    assert_false(f.response.maybe_done);
    stop(&f);
}

static void not_http(void **state)
{
    (void)state;
    struct fixture f;
    const struct fault_step steps[] = {{FAULT_NONE, "SSH-2.0-OpenSSH_9.2\r\n"}};
    START(&f, steps);
    assert_int_equal(get(&f, (struct hr_http_request){0}), HR_ERR_FORMAT);
    assert_int_equal(get(&f, (struct hr_http_request){.url = "ftp://127.0.0.1/"}), HR_ERR_ARGUMENT);
    stop(&f);
}

static void stops_when_asked(void **state)
{
    (void)state;
    struct fixture f;
    struct hr_stop flag = {true};
    const struct hr_deadline stopped = {.clock = hr_clock_system(), .at_monotonic_us = INT64_MAX, .stop = &flag};
    const struct hr_deadline past = {.clock = hr_clock_system(), .at_monotonic_us = 0};
    const struct fault_step steps[] = {{FAULT_STALL, ""}, {FAULT_STALL, ""}};
    START(&f, steps);
    assert_error(get(&f, (struct hr_http_request){.deadline = &stopped}), HR_ERR_DEADLINE, &f.error, "out of time");
    assert_error(get(&f, (struct hr_http_request){.deadline = &past, .idle_timeout_ms = -1}), HR_ERR_DEADLINE, &f.error,
                 "out of time");
    assert_false(f.response.retryable);
    stop(&f);
}

static void body_has_a_cap(void **state)
{
    (void)state;
    struct fixture f;
    const char *five = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345";
    const char *refusal = "HTTP/1.1 403 No\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345";
    const struct fault_step steps[] = {
        {FAULT_NONE, five}, {FAULT_NONE, five}, {FAULT_NONE, five}, {FAULT_NONE, refusal}};
    START(&f, steps);
    assert_ok(get(&f, (struct hr_http_request){.response_max_bytes = 6}), &f.error);
    assert_ok(get(&f, (struct hr_http_request){.response_max_bytes = 5}), &f.error);
    assert_error(get(&f, (struct hr_http_request){.response_max_bytes = 4}), HR_ERR_LIMIT, &f.error,
                 "limit of 4 bytes");
    /* The text of a refusal is cut instead: the refusal is what counts. */
    assert_ok(get(&f, (struct hr_http_request){.response_max_bytes = 4}), &f.error);
    assert_int_equal(f.response.status, 403);
    assert_string_equal(hr_buffer_text(&f.response.body), "1234");
    stop(&f);
}

/* Lines of the answer's head that fill the place for them up to `size` bytes: each name and each value is kept with a
 * zero behind it. */
static const char *head_of(struct hr_buffer *reply, size_t size)
{
    enum { LINE_BYTES = 2048, NAME_BYTES = 5, LAST_BYTES = sizeof "content-length" + sizeof "0" };
    hr_buffer_init(reply, (size_t)1 << 20);
    hr_buffer_append_text(reply, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (size_t left = size - LAST_BYTES, line; left > 0; left -= line) {
        line = left < 2 * LINE_BYTES ? left : LINE_BYTES;
        hr_buffer_append_format(reply, "X-12: %0*d\r\n", (int)(line - NAME_BYTES - 1), 7);
    }
    hr_buffer_append_text(reply, "\r\n");
    return hr_buffer_text(reply);
}

static void head_has_a_cap(void **state)
{
    (void)state;
    struct fixture f;
    struct hr_buffer replies[2];
    const struct fault_step steps[] = {{FAULT_NONE, head_of(&replies[0], HR_LIMIT_HTTP_HEAD_BYTES)},
                                       {FAULT_NONE, head_of(&replies[1], HR_LIMIT_HTTP_HEAD_BYTES + 1)}};
    START(&f, steps);
    assert_ok(get(&f, (struct hr_http_request){0}), &f.error);
    assert_int_equal(f.response.head.size, HR_LIMIT_HTTP_HEAD_BYTES);
    assert_error(get(&f, (struct hr_http_request){0}), HR_ERR_LIMIT, &f.error,
                 "headers: more than the limit of 65536 bytes");
    stop(&f);
    hr_buffer_clear(&replies[0]);
    hr_buffer_clear(&replies[1]);
}

/* An answer of `size` bytes after "HTTP/1.1 "; clear the buffer. */
static const char *reply_of(struct hr_buffer *reply, const char *status, size_t size)
{
    hr_buffer_init(reply, (size_t)16 << 20);
    hr_buffer_append_format(reply, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, size);
    uint8_t block[1024];
    memset(block, 'x', sizeof block);
    for (size_t left = size; left > 0; left -= left < sizeof block ? left : sizeof block)
        hr_buffer_append(reply, hr_view_of(block, left < sizeof block ? left : sizeof block));
    return hr_buffer_text(reply);
}

static void body_is_limited_when_nobody_says_otherwise(void **state)
{
    (void)state;
    struct fixture f;
    struct hr_buffer replies[4];
    const struct fault_step steps[] = {
        {FAULT_NONE, reply_of(&replies[0], "200 OK", HR_LIMIT_HTTP_BODY_BYTES)},
        {FAULT_NONE, reply_of(&replies[1], "200 OK", HR_LIMIT_HTTP_BODY_BYTES + 1)},
        {FAULT_NONE, reply_of(&replies[2], "500 No", HR_LIMIT_HTTP_ERROR_BYTES - 1)},
        {FAULT_NONE, reply_of(&replies[3], "500 No", HR_LIMIT_HTTP_ERROR_BYTES + 1)},
    };
    START(&f, steps);
    assert_ok(get(&f, (struct hr_http_request){0}), &f.error);
    assert_int_equal(f.response.body.size, HR_LIMIT_HTTP_BODY_BYTES);
    assert_error(get(&f, (struct hr_http_request){0}), HR_ERR_LIMIT, &f.error, "limit of 8388608 bytes");
    assert_ok(get(&f, (struct hr_http_request){0}), &f.error);
    assert_int_equal(f.response.body.size, HR_LIMIT_HTTP_ERROR_BYTES - 1);
    assert_ok(get(&f, (struct hr_http_request){0}), &f.error);
    assert_int_equal(f.response.body.size, HR_LIMIT_HTTP_ERROR_BYTES);
    stop(&f);
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        hr_buffer_clear(&replies[i]);
}

struct collected {
    int starts;
    char text[64];
    enum hr_status refuse;
};

static enum hr_status collect_start(void *context, struct hr_error *error)
{
    (void)error;
    struct collected *collected = context;
    collected->starts++;
    collected->text[0] = '\0';
    return HR_OK;
}

static enum hr_status collect(void *context, struct hr_view piece, struct hr_error *error)
{
    struct collected *collected = context;
    if (collected->refuse != HR_OK)
        return hr_error_set(error, collected->refuse, "the disk is full");
    size_t used = strlen(collected->text);
    snprintf(collected->text + used, sizeof collected->text - used, "%.*s", (int)piece.size, (const char *)piece.data);
    return HR_OK;
}

/* Neither heads in front of the answer, nor an error's text, nor a body without a length can go on for ever. */
static void floods_end(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *again, *part;
    } cases[] = {
        {"", "HTTP/1.1 100 Continue\r\n\r\n", "headers do not end"},
        {"HTTP/1.1 200 OK\r\n", "X: y\r\n", "headers"},
        {"HTTP/1.1 500 No\r\n\r\n", "sorry, sorry, sorry, sorry, sorry, sorry, sorry, sorry, ", "does not end"},
        {"HTTP/1.1 200 OK\r\n\r\n", "and so on, and so on, and so on, and so on, and so on, ", "the answer"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "20\r\nand so on, and so on, and so on,\r\n",
         "the answer"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        const struct fault_step step = {FAULT_FLOOD, cases[i].reply};
        start(&f, &step, 1);
        f.server.again = cases[i].again;
        assert_error(get(&f, (struct hr_http_request){.method = NULL}), HR_ERR_LIMIT, &f.error, cases[i].part);
        assert_false(f.response.retryable);
        stop(&f);
    }
}

/* Time goes by with the bytes: so many of them in a second. */
struct pace {
    struct hr_clock clock;
    size_t bytes;
    double bytes_per_s;
};

static int64_t paced_us(void *context)
{
    const struct pace *pace = context;
    return 1000000 + (int64_t)((double)pace->bytes * 1e6 / pace->bytes_per_s);
}

static enum hr_status count_bytes(void *context, struct hr_view piece, struct hr_error *error)
{
    (void)error;
    ((struct pace *)context)->bytes += piece.size;
    return HR_OK;
}

static enum hr_status get_at_pace(double bytes_per_s, int64_t idle_timeout_ms, int64_t slow_timeout_ms,
                                  struct hr_error *error)
{
    enum { SIZE = 1 << 20 };
    struct fault_server server;
    struct hr_http *http;
    struct hr_http_response response;
    struct pace pace = {.bytes_per_s = bytes_per_s};
    char *reply = malloc(SIZE + 128);
    assert_non_null(reply);
    int head = snprintf(reply, 128, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
    memset(reply + head, 'x', SIZE);
    reply[head + SIZE] = '\0';
    const struct fault_step step = {.fault = FAULT_NONE, .reply = reply};
    fault_server_start(&server, &step, 1);
    pace.clock = (struct hr_clock){.monotonic_us = paced_us, .wall_us = paced_us, .context = &pace};
    const struct hr_http_options options = {.clock = &pace.clock};
    assert_ok(hr_http_open(&http, &options, error), error);
    hr_http_response_init(&response);
    const struct hr_http_request request = {.method = "GET",
                                            .url = server.url,
                                            .sink = {.write = count_bytes, .context = &pace},
                                            .idle_timeout_ms = idle_timeout_ms,
                                            .slow_timeout_ms = slow_timeout_ms};
    enum hr_status status = hr_http_send(http, &request, &response, error);
    if (status != HR_OK)
        assert_true(response.retryable);
    hr_http_response_clear(&response);
    hr_http_close(http);
    fault_server_stop(&server);
    free(reply);
    return status;
}

/* A byte now and then is no answer, though it is no silence. */
static void trickle_ends(void **state)
{
    (void)state;
    const int64_t no_silence_ms = INT64_C(1000000000);
    struct hr_error error;
    assert_error(get_at_pace(1, no_silence_ms, 0, &error), HR_ERR_UNAVAILABLE, &error,
                 "less than 1024 bytes per second");
    assert_error(get_at_pace(1000, no_silence_ms, 0, &error), HR_ERR_UNAVAILABLE, &error, "less than 1024");
    assert_ok(get_at_pace(1030, no_silence_ms, 0, &error), &error);
    /* Where it is known to take its time, and where it may take for ever. */
    assert_ok(get_at_pace(1000, no_silence_ms, 1100000, &error), &error);
    assert_ok(get_at_pace(1, -1, 0, &error), &error);
}

static void sink_gets_good_bodies_only(void **state)
{
    (void)state;
    struct fixture f;
    struct collected got = {0};
    const struct fault_step steps[] = {
        {FAULT_NONE, "HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbad"},
        {FAULT_NONE, "HTTP/1.1 206 Ok\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngood"},
        {FAULT_NONE, "HTTP/1.1 200 Ok\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
        {FAULT_NONE, "HTTP/1.1 200 Ok\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngood"},
    };
    const struct hr_http_request request = {.sink = {collect_start, collect, &got}};
    START(&f, steps);
    assert_ok(get(&f, request), &f.error);
    assert_int_equal(got.starts, 0);
    assert_string_equal(hr_buffer_text(&f.response.body), "bad");
    assert_ok(get(&f, request), &f.error);
    assert_int_equal(got.starts, 1);
    assert_string_equal(got.text, "good");
    assert_int_equal(f.response.body.size, 0);
    assert_int_equal(f.response.body_bytes, 4);
    assert_ok(get(&f, request), &f.error);
    assert_int_equal(got.starts, 2);
    assert_string_equal(got.text, "");
    got.refuse = HR_ERR_IO;
    assert_error(get(&f, request), HR_ERR_IO, &f.error, "the disk is full");
    assert_false(f.response.retryable);
    stop(&f);
}

static void proxy_is_what_the_caller_says(void **state)
{
    (void)state;
    struct fixture f;
    struct hr_http *through;
    const struct fault_step steps[] = {
        {FAULT_NONE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {FAULT_NONE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"}};
    START(&f, steps);
    const struct hr_http_options options = {.proxy_http = f.server.url, .proxy_not = "inside.test", .insecure = true};
    struct hr_http_request request = {.method = "GET", .url = "http://outside.test/x"};
    assert_ok(hr_http_open(&through, &options, &f.error), &f.error);
    assert_ok(hr_http_send(through, &request, &f.response, &f.error), &f.error);
    assert_memory_equal(fault_server_request(&f.server, 0)->head, "GET http://outside.test/x", 25);
    /* Names that nobody knows: reached directly, they fail. */
    request.url = "http://a.inside.test/";
    assert_int_equal(hr_http_send(through, &request, &f.response, &f.error), HR_ERR_UNAVAILABLE);
    /* This machine is not asked for through another. */
    request.url = f.server.url;
    assert_ok(hr_http_send(through, &request, &f.response, &f.error), &f.error);
    assert_memory_equal(fault_server_request(&f.server, 1)->head, "GET / HTTP", 10);
    hr_http_close(through);
    stop(&f);
}

/* Nothing is sent, and not to a proxy either; a scheme is never guessed. */
static void in_the_clear_to_this_machine_only(void **state)
{
    (void)state;
    static const char *const away[] = {"http://outside.test/x", "http://192.0.2.1/", "outside.test", "localhost:1"};
    struct fixture f;
    struct hr_http *through;
    const struct fault_step steps[] = {
        {FAULT_NONE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"}};
    START(&f, steps);
    const struct hr_http_options options = {.proxy_http = f.server.url};
    assert_ok(hr_http_open(&through, &options, &f.error), &f.error);
    for (size_t i = 0; i < sizeof away / sizeof *away; i++) {
        struct hr_http_request request = {.method = "GET", .url = away[i]};
        assert_error(hr_http_send(through, &request, &f.response, &f.error), HR_ERR_ARGUMENT, &f.error, "https://");
        request.direct = true;
        assert_error(hr_http_send(through, &request, &f.response, &f.error), HR_ERR_ARGUMENT, &f.error, "https://");
    }
    struct hr_http_request request = {.method = "GET", .url = "http://u:secret@outside.test/"};
    assert_error(hr_http_send(through, &request, &f.response, &f.error), HR_ERR_ARGUMENT, &f.error, "--insecure");
    assert_null(strstr(f.error.text, "secret@"));
    assert_int_equal(fault_server_request_count(&f.server), 0);
    hr_http_close(through);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_its_connection),
        cmocka_unit_test(sends_what_it_is_given),
        cmocka_unit_test(a_header_is_one_line),
        cmocka_unit_test(body_that_is_cut_off),
        cmocka_unit_test(connection_that_is_reset),
        cmocka_unit_test(no_answer_at_all),
        cmocka_unit_test(silence),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(not_http),
        cmocka_unit_test(stops_when_asked),
        cmocka_unit_test(body_has_a_cap),
        cmocka_unit_test(head_has_a_cap),
        cmocka_unit_test(body_is_limited_when_nobody_says_otherwise),
        cmocka_unit_test(floods_end),
        cmocka_unit_test(trickle_ends),
        cmocka_unit_test(sink_gets_good_bodies_only),
        cmocka_unit_test(proxy_is_what_the_caller_says),
        cmocka_unit_test(in_the_clear_to_this_machine_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
