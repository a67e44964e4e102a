/* S3 against a server that fails in each of the ways that are known: one test a fault. */
#include "support/check.h"

#include <stdio.h>

#include "aws/s3.h"
#include "base/limits.h"
#include "test_client.h"

static const struct hr_s3_object video = {"lessons", "room 1/caf\xC3\xA9+%.mp4", NULL};
static const char video_path[] = "/lessons/room%201/caf%C3%A9%2B%25.mp4";

#define PART "Content-Range: bytes 4-7/10\r\nETag: \"abc\"\r\n"
#define GOOD_RANGE                                                                                                     \
    {                                                                                                                  \
        FAULT_NONE, REPLY_BODY("206 Partial Content", PART, "4", "4567")                                               \
    }

static enum hr_status get_four(struct client *client, char into[5], struct hr_error *error)
{
    size_t got = 0;
    const struct hr_s3_range range = {.offset_bytes = 4, .size_bytes = 4, .if_match = "\"abc\""};
    enum hr_status status = hr_s3_get_range(client->aws, &video, &range, NULL, into, &got, NULL, error);
    into[got] = '\0';
    return status;
}

/* The first answer is a fault that is overcome. */
static void assert_recovers(struct fault_step fault, size_t requests)
{
    struct client client;
    struct hr_error error;
    char into[5];
    const struct fault_step steps[] = {fault, GOOD_RANGE};
    client_open(&client, STEPS(steps));
    assert_ok(get_four(&client, into, &error), &error);
    assert_string_equal(into, "4567");
    assert_int_equal(fault_server_request_count(&client.server), requests);
    client_close(&client);
}

/* The first answer is a fault that another attempt would not help. */
static void assert_fails(struct fault_step fault, enum hr_status status, const char *part)
{
    struct client client;
    struct hr_error error;
    char into[5];
    const struct fault_step steps[] = {fault, GOOD_RANGE};
    client_open(&client, STEPS(steps));
    assert_error(get_four(&client, into, &error), status, &error, part);
    assert_non_null(strstr(error.text, "s3://lessons/room 1/"));
    assert_no_secret(&error);
    assert_int_equal(fault_server_request_count(&client.server), 1);
    client_close(&client);
}

static void request_is_signed_and_traced(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char into[5], value[512];
    const struct fault_step steps[] = {GOOD_RANGE};
    client_open(&client, STEPS(steps));
    hr_aws_set_trace(client.aws, "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
    assert_ok(get_four(&client, into, &error), &error);
    struct fault_server *server = &client.server;
    assert_memory_equal(fault_server_request(server, 0)->head + 4, video_path, strlen(video_path));
    assert_string_equal(fault_server_header(server, 0, "Range", value, sizeof value), "bytes=4-7");
    assert_string_equal(fault_server_header(server, 0, "If-Match", value, sizeof value), "\"abc\"");
    assert_string_equal(fault_server_header(server, 0, "X-Amz-Date", value, sizeof value), "20260131T120000Z");
    assert_string_equal(fault_server_header(server, 0, "X-Amz-Security-Token", value, sizeof value), SECRET_TOKEN);
    assert_string_equal(fault_server_header(server, 0, "X-Amzn-Trace-Id", value, sizeof value),
                        "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
    assert_non_null(fault_server_header(server, 0, "Authorization", value, sizeof value));
    assert_non_null(strstr(value, "Credential=AKIDTEST/20260131/eu-central-1/s3/aws4_request, "
                                  "SignedHeaders=host;if-match;range;x-amz-content-sha256;"
                                  "x-amz-date;x-amz-security-token, "));
    client_close(&client);
}

static void internal_error_is_tried_again(void **state)
{
    (void)state;
    assert_recovers((struct fault_step){FAULT_NONE, S3_ERROR("500 Internal", "InternalError")}, 2);
}

static void slow_down_is_obeyed(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char into[5];
    const struct fault_step steps[] = {
        {FAULT_NONE, S3_ERROR("503 Slow Down", "SlowDown")},
        {FAULT_NONE, REPLY("503 Slow Down", "Retry-After: 7\r\n")},
        GOOD_RANGE,
    };
    client_open(&client, STEPS(steps));
    assert_ok(get_four(&client, into, &error), &error);
    /* Half a second as its longest first wait, then what the service said. */
    assert_int_equal(client.clock.slept_us, 7500000);
    client_close(&client);
}

static void still_slow_down_after_all_attempts(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char into[5];
    struct fault_step steps[8];
    for (size_t i = 0; i < 8; i++)
        steps[i] = (struct fault_step){FAULT_NONE, S3_ERROR("503 Slow Down", "SlowDown")};
    client_open(&client, steps, 8);
    assert_error(get_four(&client, into, &error), HR_ERR_THROTTLED, &error, "after 6 attempts");
    assert_int_equal(fault_server_request_count(&client.server), 6);
    client_close(&client);
}

static void reset_in_the_body_starts_over(void **state)
{
    (void)state;
    assert_recovers((struct fault_step){FAULT_RESET, "HTTP/1.1 206 OK\r\n" PART "Content-Length: 4\r\n\r\n45"}, 2);
}

static void truncated_body_starts_over(void **state)
{
    (void)state;
    assert_recovers((struct fault_step){FAULT_NONE, "HTTP/1.1 206 OK\r\n" PART "Content-Length: 4\r\n\r\n45"}, 2);
}

static void slow_body_meets_the_deadline(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char into[5];
    size_t got;
    struct hr_stop stop = {true};
    const struct fault_step steps[] = {{FAULT_STALL, "HTTP/1.1 206 OK\r\n" PART "Content-Length: 4\r\n\r\n45"}};
    client_open(&client, STEPS(steps));
    const struct hr_deadline deadline = {&client.clock.clock, INT64_MAX, &stop};
    const struct hr_s3_range range = {.offset_bytes = 4, .size_bytes = 4};
    assert_error(hr_s3_get_range(client.aws, &video, &range, &deadline, into, &got, NULL, &error), HR_ERR_DEADLINE,
                 &error, "out of time");
    client_close(&client);
}

static void no_wait_beyond_the_deadline(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    struct hr_s3_info info;
    const struct fault_step steps[] = {{FAULT_NONE, REPLY("503 No", "Retry-After: 10\r\n")}};
    client_open(&client, STEPS(steps));
    const struct hr_deadline deadline = {&client.clock.clock, client.clock.now_us + 9000000, NULL};
    assert_error(hr_s3_head(client.aws, &video, &deadline, &info, &error), HR_ERR_UNAVAILABLE, &error, "503");
    assert_int_equal(client.clock.slept_us, 0);
    client_close(&client);
}

static void object_that_changed_between_ranges(void **state)
{
    (void)state;
    assert_fails((struct fault_step){FAULT_NONE, S3_ERROR("412 No", "PreconditionFailed")}, HR_ERR_CONFLICT,
                 "PreconditionFailed");
}

static void forbidden_says_what_may_be_missing(void **state)
{
    (void)state;
    assert_fails((struct fault_step){FAULT_NONE, S3_ERROR("403 No", "AccessDenied")}, HR_ERR_PERMISSION,
                 "s3:ListBucket");
}

static void wrong_secret_is_called_so(void **state)
{
    (void)state;
    assert_fails((struct fault_step){FAULT_NONE, S3_ERROR("403 No", "SignatureDoesNotMatch")}, HR_ERR_PERMISSION,
                 "AWS_SECRET_ACCESS_KEY");
}

static void missing_object(void **state)
{
    (void)state;
    assert_fails((struct fault_step){FAULT_NONE, S3_ERROR("404 No", "NoSuchKey")}, HR_ERR_NOT_FOUND, "NoSuchKey");
}

static void expired_keys_from_variables_stay_expired(void **state)
{
    (void)state;
    assert_fails((struct fault_step){FAULT_NONE, S3_ERROR("400 No", "ExpiredToken")}, HR_ERR_PERMISSION, "run out");
}

static void message_with_a_secret_is_dropped(void **state)
{
    (void)state;
    assert_fails((struct fault_step){FAULT_NONE, REPLY_OPEN("400 No", "",
                                                            "<Error><Code>Odd</Code><Message>you sent "
                                                            "" SECRET_TOKEN "</Message></Error>")},
                 HR_ERR_ARGUMENT, "Odd");
}

static void bucket_in_another_region_is_followed_for_good(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char into[5], value[512];
    const struct fault_step steps[] = {
        {FAULT_NONE, REPLY("301 Moved", "x-amz-bucket-region: ap-south-1\r\n")}, GOOD_RANGE, GOOD_RANGE};
    client_open(&client, STEPS(steps));
    assert_ok(get_four(&client, into, &error), &error);
    assert_ok(get_four(&client, into, &error), &error);
    assert_int_equal(fault_server_request_count(&client.server), 3);
    for (size_t i = 0; i < 3; i++) {
        fault_server_header(&client.server, i, "Authorization", value, sizeof value);
        assert_non_null(strstr(value, i == 0 ? "/eu-central-1/s3/" : "/ap-south-1/s3/"));
    }
    client_close(&client);
}

static void region_out_of_the_error(void **state)
{
    (void)state;
    assert_recovers((struct fault_step){FAULT_NONE, REPLY_OPEN("400 No", "",
                                                               "<Error><Code>AuthorizationHeaderMalformed</Code>"
                                                               "<Region>ap-south-1</Region></Error>")},
                    2);
}

static void two_regions_that_point_at_each_other(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char into[5];
    const struct fault_step steps[] = {
        {FAULT_NONE, REPLY("301 Moved", "x-amz-bucket-region: ap-south-1\r\n")},
        {FAULT_NONE, REPLY("301 Moved", "x-amz-bucket-region: eu-central-1\r\n")},
        GOOD_RANGE,
    };
    client_open(&client, STEPS(steps));
    assert_error(get_four(&client, into, &error), HR_ERR_ARGUMENT, &error, "another region");
    assert_int_equal(fault_server_request_count(&client.server), 2);
    client_close(&client);
}

static void clock_that_is_an_hour_off(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char into[5], value[64];
    const struct fault_step steps[] = {
        {FAULT_NONE, "HTTP/1.1 403 No\r\nDate: Sat, 31 Jan 2026 13:00:00 GMT\r\nConnection: close\r\n\r\n"
                     "<Error><Code>RequestTimeTooSkewed</Code></Error>"},
        GOOD_RANGE,
        GOOD_RANGE,
    };
    client_open(&client, STEPS(steps));
    assert_ok(get_four(&client, into, &error), &error);
    assert_ok(get_four(&client, into, &error), &error);
    assert_int_equal(fault_server_request_count(&client.server), 3);
    assert_string_equal(fault_server_header(&client.server, 1, "X-Amz-Date", value, sizeof value), "20260131T130000Z");
    assert_string_equal(fault_server_header(&client.server, 2, "X-Amz-Date", value, sizeof value), "20260131T130000Z");
    client_close(&client);
}

static void clock_is_corrected_once(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char into[5];
    struct fault_step steps[3];
    static const char *const replies[] = {
        "HTTP/1.1 403 No\r\nDate: Sat, 31 Jan 2026 13:00:00 GMT\r\nConnection: close\r\n\r\n"
        "<Error><Code>RequestTimeTooSkewed</Code></Error>",
        "HTTP/1.1 403 No\r\nDate: Sat, 31 Jan 2026 14:00:00 GMT\r\nConnection: close\r\n\r\n"
        "<Error><Code>RequestTimeTooSkewed</Code></Error>"};
    for (size_t i = 0; i < 3; i++)
        steps[i] = (struct fault_step){FAULT_NONE, replies[i > 0]};
    client_open(&client, steps, 3);
    assert_error(get_four(&client, into, &error), HR_ERR_PERMISSION, &error, "clock");
    assert_int_equal(fault_server_request_count(&client.server), 2);
    client_close(&client);
}

static void end_and_wrong_range(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char into[5];
    const struct fault_step steps[] = {
        {FAULT_NONE, S3_ERROR("416 No", "InvalidRange")},
        {FAULT_NONE, REPLY_BODY("200 OK", "", "4", "0123")},
    };
    client_open(&client, STEPS(steps));
    assert_int_equal(get_four(&client, into, &error), HR_END);
    assert_error(get_four(&client, into, &error), HR_ERR_FORMAT, &error, "range");
    client_close(&client);
}

static void whole_object_unless_it_is_the_same(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    struct hr_buffer out;
    struct hr_s3_info info;
    const struct fault_step steps[] = {
        {FAULT_NONE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"},
        {FAULT_NONE, REPLY_BODY("200 OK",
                                "ETag: \"v1\"\r\nLast-Modified: Fri, 30 Jan 2026 12:00:00 GMT\r\n"
                                "x-amz-version-id: 7\r\n",
                                "5", "whole")},
        {FAULT_NONE, REPLY("304 Not Modified", "ETag: \"v1\"\r\n")},
        {FAULT_NONE, REPLY_BODY("200 OK", "", "5", "whole")},
    };
    client_open(&client, STEPS(steps));
    hr_buffer_init(&out, 8);
    hr_buffer_append_text(&out, "at ");
    assert_ok(hr_s3_get(client.aws, &video, NULL, NULL, &out, &info, &error), &error);
    assert_string_equal(hr_buffer_text(&out), "at whole");
    assert_int_equal(info.size_bytes, 5);
    assert_string_equal(info.etag, "\"v1\"");
    assert_string_equal(info.version_id, "7");
    assert_true(info.modified_us == FAKE_NOW_US - INT64_C(86400) * 1000000);
    assert_int_equal(hr_s3_get(client.aws, &video, info.etag, NULL, &out, &info, &error), HR_END);
    assert_error(hr_s3_get(client.aws, &video, NULL, NULL, &out, &info, &error), HR_ERR_LIMIT, &error,
                 "limit of 8 bytes");
    hr_buffer_clear(&out);
    client_close(&client);
}

/* ---- Amazon's own addresses, as a proxy sees them ---- */

static void assert_connects_to(const char *region, const char *bucket, const char *host)
{
    struct client client;
    struct hr_error error;
    struct hr_s3_info info;
    char line[256];
    const struct fault_step steps[] = {
        {FAULT_NONE, "HTTP/1.1 502 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"}};
    client_open(&client, STEPS(steps));
    hr_aws_close(client.aws);
    fake_set(&client.environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    fake_set(&client.environment, "AWS_REGION", region);
    fake_set(&client.environment, "AWS_MAX_ATTEMPTS", "1");
    fake_set(&client.environment, "HTTPS_PROXY", client.server.url);
    const struct hr_aws_options options = {.environment = fake_environment(&client.environment)};
    const struct hr_s3_object object = {bucket, "key", NULL};
    assert_ok(hr_aws_open(&client.aws, &options, &error), &error);
    assert_int_equal(hr_s3_head(client.aws, &object, NULL, &info, &error), HR_ERR_UNAVAILABLE);
    snprintf(line, sizeof line, "CONNECT %s:443 HTTP/1.1\r\n", host);
    assert_int_equal(fault_server_request_count(&client.server), 1);
    assert_memory_equal(fault_server_request(&client.server, 0)->head, line, strlen(line));
    client_close(&client);
}

static void amazons_addresses(void **state)
{
    (void)state;
    assert_connects_to("eu-central-1", "lessons", "lessons.s3.eu-central-1.amazonaws.com");
    assert_connects_to("eu-central-1", "my.lessons", "s3.eu-central-1.amazonaws.com");
    assert_connects_to("cn-north-1", "lessons", "lessons.s3.cn-north-1.amazonaws.com.cn");
}

/* ---- several threads ---- */

static void *get_in_thread(void *context)
{
    struct hr_error error;
    char into[5];
    bool good = get_four(context, into, &error) == HR_OK && strcmp(into, "4567") == 0;
    return good ? context : NULL;
}

/* Each of them with a clock that turns out to be wrong, and a bucket that is elsewhere. */
static void threads_share_one_client(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    struct client client;
    pthread_t threads[THREADS];
    struct fault_step steps[3 * THREADS];
    for (size_t i = 0; i < 3 * THREADS; i++)
        steps[i] = (struct fault_step)GOOD_RANGE;
    for (size_t i = 0; i < THREADS; i++)
        steps[i].reply = i % 2 == 0 ? "HTTP/1.1 403 No\r\nDate: Sat, 31 Jan 2026 13:00:00 GMT\r\n"
                                      "Connection: close\r\n\r\n"
                                      "<Error><Code>RequestTimeTooSkewed</Code></Error>"
                                    : REPLY("301 Moved", "x-amz-bucket-region: ap-south-1\r\n");
    client_open(&client, steps, 3 * THREADS);
    client.server.hold_until = THREADS;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_in_thread, &client), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *good;
        pthread_join(threads[i], &good);
        assert_non_null(good);
    }
    client_close(&client);
}

/* ---- writing ---- */

static enum hr_status put_once(struct client *client, struct hr_error *error)
{
    const struct hr_pair metadata = {"source", "lesson"};
    const struct hr_s3_put put = {.object = {"reports", "a.csv", NULL},
                                  .content_type = "text/csv",
                                  .if_absent = true,
                                  .metadata = &metadata,
                                  .metadata_count = 1};
    struct hr_s3_info info;
    return hr_s3_put(client->aws, &put, hr_view_text("name\n"), &info, error);
}

static void put_is_whole(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    char value[128];
    const struct fault_step steps[] = {{FAULT_NONE, REPLY("200 OK", "ETag: \"e\"\r\n")}};
    client_open(&client, STEPS(steps));
    assert_ok(put_once(&client, &error), &error);
    struct fault_server *server = &client.server;
    assert_memory_equal(fault_server_request(server, 0)->head, "PUT /reports/a.csv HTTP", 23);
    assert_string_equal(hr_buffer_text(&fault_server_request(server, 0)->body), "name\n");
    assert_string_equal(fault_server_header(server, 0, "If-None-Match", value, sizeof value), "*");
    assert_string_equal(fault_server_header(server, 0, "Content-Type", value, sizeof value), "text/csv");
    assert_string_equal(fault_server_header(server, 0, "x-amz-meta-source", value, sizeof value), "lesson");
    client_close(&client);
}

static void somebody_elses_object_is_a_conflict(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    const struct fault_step steps[] = {{FAULT_NONE, S3_ERROR("412 No", "PreconditionFailed")}};
    client_open(&client, STEPS(steps));
    assert_error(put_once(&client, &error), HR_ERR_CONFLICT, &error, "PreconditionFailed");
    assert_int_equal(fault_server_request_count(&client.server), 1);
    client_close(&client);
}

/* A 500 on a write that took place: the next attempt finds its own object. */
static void lost_answer_to_a_write_is_looked_up(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    const struct fault_step steps[] = {
        {FAULT_NONE, S3_ERROR("500 No", "InternalError")},
        {FAULT_NONE, S3_ERROR("412 No", "PreconditionFailed")},
        /* What the fake chance makes of the mark. */
        {FAULT_NONE, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n"
                     "x-amz-meta-homeroom-write: ffffffffffffffff\r\n\r\n"},
    };
    client_open(&client, STEPS(steps));
    assert_ok(put_once(&client, &error), &error);
    assert_memory_equal(fault_server_request(&client.server, 2)->head, "HEAD ", 5);
    client_close(&client);
}

static void lost_answer_and_somebody_elses_object(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    const struct fault_step steps[] = {
        {FAULT_NONE, S3_ERROR("500 No", "InternalError")},
        {FAULT_NONE, S3_ERROR("412 No", "PreconditionFailed")},
        {FAULT_NONE, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n"
                     "x-amz-meta-homeroom-write: 0123456789abcdef\r\n\r\n"},
    };
    client_open(&client, STEPS(steps));
    assert_error(put_once(&client, &error), HR_ERR_CONFLICT, &error, "PreconditionFailed");
    client_close(&client);
}

#define BIG_BYTES ((size_t)(8 << 20) + 5)
#define BEGUN                                                                                                          \
    {                                                                                                                  \
        FAULT_NONE, REPLY_OPEN("200 OK", "",                                                                           \
                               "<InitiateMultipartUploadResult><UploadId>up/1</UploadId>"                              \
                               "</InitiateMultipartUploadResult>")                                                     \
    }
#define COMPLETED                                                                                                      \
    {                                                                                                                  \
        FAULT_NONE, REPLY_OPEN("200 OK", "",                                                                           \
                               "<CompleteMultipartUploadResult><ETag>&quot;x-2&quot;</ETag>"                           \
                               "</CompleteMultipartUploadResult>")                                                     \
    }

static enum hr_status put_big(struct client *client, struct hr_s3_info *info, struct hr_error *error)
{
    uint8_t *bytes = calloc(1, BIG_BYTES);
    struct hr_stream stream;
    const struct hr_s3_put put = {.object = {"reports", "big", NULL}};
    assert_ok(hr_stream_open_memory(&stream, hr_view_of(bytes, BIG_BYTES), error), error);
    enum hr_status status = hr_s3_put_stream(client->aws, &put, &stream, info, error);
    hr_stream_close(&stream);
    free(bytes);
    return status;
}

static void large_body_goes_in_parts(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    struct hr_s3_info info;
    const struct fault_step steps[] = {
        BEGUN,
        {FAULT_NONE, REPLY("200 OK", "ETag: \"one\"\r\n")},
        {FAULT_NONE, REPLY("200 OK", "ETag: \"two\"\r\n")},
        /* An error inside of "200 OK". */
        {FAULT_NONE, S3_ERROR("200 OK", "InternalError")},
        COMPLETED,
    };
    client_open(&client, STEPS(steps));
    assert_ok(put_big(&client, &info, &error), &error);
    struct fault_server *server = &client.server;
    assert_int_equal(fault_server_request_count(server), 5);
    assert_memory_equal(fault_server_request(server, 0)->head, "POST /reports/big?uploads= ", 27);
    assert_memory_equal(fault_server_request(server, 1)->head, "PUT /reports/big?partNumber=1&uploadId=up%2F1 ", 46);
    assert_int_equal(fault_server_request(server, 1)->body.size, 8 << 20);
    assert_int_equal(fault_server_request(server, 2)->body.size, 5);
    assert_non_null(strstr(hr_buffer_text(&fault_server_request(server, 4)->body),
                           "<Part><PartNumber>1</PartNumber><ETag>\"one\"</ETag></Part>"
                           "<Part><PartNumber>2</PartNumber><ETag>\"two\"</ETag></Part>"
                           "</CompleteMultipartUpload>"));
    assert_string_equal(info.etag, "\"x-2\"");
    assert_int_equal(info.size_bytes, BIG_BYTES);
    client_close(&client);
}

static void parts_are_removed_after_a_failure(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    const struct fault_step steps[] = {
        BEGUN,
        {FAULT_NONE, S3_ERROR("403 No", "AccessDenied")},
        {FAULT_NONE, REPLY("204 Gone", "")},
    };
    client_open(&client, STEPS(steps));
    assert_error(put_big(&client, NULL, &error), HR_ERR_PERMISSION, &error, "AccessDenied");
    assert_int_equal(fault_server_request_count(&client.server), 3);
    assert_memory_equal(fault_server_request(&client.server, 2)->head, "DELETE /reports/big?uploadId=up%2F1 ", 36);
    client_close(&client);
}

/* ---- listing ---- */

struct listed {
    char text[256];
    size_t stop_after;
    size_t count;
};

static enum hr_status note(void *context, const struct hr_s3_item *item, struct hr_error *error)
{
    (void)error;
    struct listed *listed = context;
    size_t used = strlen(listed->text);
    snprintf(listed->text + used, sizeof listed->text - used, "%s%s:%d ", item->is_prefix ? "/" : "", item->key,
             (int)item->size_bytes);
    return ++listed->count == listed->stop_after ? HR_END : HR_OK;
}

#define PAGE(more, content)                                                                                            \
    {                                                                                                                  \
        FAULT_NONE, REPLY_OPEN("200 OK", "",                                                                           \
                               "<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"x\"><Name>b</Name>"                 \
                               "<EncodingType>url</EncodingType>" more content "</ListBucketResult>")                  \
    }
#define MORE "<IsTruncated>true</IsTruncated><NextContinuationToken>t+/=</NextContinuationToken>"
#define LAST "<IsTruncated>false</IsTruncated>"

static void listing_goes_on_and_stops(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    const struct fault_step page1 =
        PAGE(MORE, "<Contents><Key>a+b%2Bc%25.mp4</Key><Size>7</Size><ETag>&quot;e&quot;</ETag>"
                   "<LastModified>2026-01-31T12:00:00.000Z</LastModified><Owner><ID>1</ID></Owner>"
                   "</Contents><Contents><Key>%C3%A9</Key><Size>8</Size></Contents>");
    const struct fault_step page2 = PAGE(LAST, "<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>");
    const struct fault_step steps[] = {page1, page2, page1};
    struct listed all = {0}, one = {.stop_after = 1};
    client_open(&client, STEPS(steps));
    struct hr_s3_list list = {.bucket = "lessons", .prefix = "x y/", .delimiter = "/", .each = note, .context = &all};
    assert_ok(hr_s3_list(client.aws, &list, &error), &error);
    assert_string_equal(all.text, "a b+c%.mp4:7 \xC3\xA9:8 /dir/:0 ");
    assert_non_null(strstr(fault_server_request(&client.server, 0)->head,
                           "GET /lessons?delimiter=%2F&encoding-type=url&list-type=2&prefix=x%20y%2F "));
    assert_non_null(strstr(fault_server_request(&client.server, 1)->head, "?continuation-token=t%2B%2F%3D&"));
    list.context = &one;
    assert_ok(hr_s3_list(client.aws, &list, &error), &error);
    assert_string_equal(one.text, "a b+c%.mp4:7 ");
    assert_int_equal(fault_server_request_count(&client.server), 3);
    client_close(&client);
}

/* ---- listings that do not end ---- */

static void list_page(char *reply, size_t size, size_t token, const char *content)
{
    char body[512];
    snprintf(body, sizeof body,
             "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>%zu</NextContinuationToken>%s"
             "</ListBucketResult>",
             token, content);
    snprintf(reply, size, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
}

static void always_new_and_empty(size_t index, char *reply, size_t size)
{
    list_page(reply, size, index, "");
}

static void two_keys_a_page(size_t index, char *reply, size_t size)
{
    list_page(reply, size, index, "<Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents>");
}

static void the_same_place(size_t index, char *reply, size_t size)
{
    (void)index;
    list_page(reply, size, 7, "");
}

static void a_circle_of_five(size_t index, char *reply, size_t size)
{
    list_page(reply, size, index < 20 ? index : 20 + index % 5, "");
}

static void three_pages(size_t index, char *reply, size_t size)
{
    static const char last[] = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    list_page(reply, size, index, "");
    if (index % 3 == 2)
        snprintf(reply, size, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", sizeof last - 1, last);
}

static enum hr_status count_keys(void *context, const struct hr_s3_item *item, struct hr_error *error)
{
    (void)item;
    (void)error;
    ++*(size_t *)context;
    return HR_OK;
}

/* The status; *pages were asked for, *keys told. `pages_max`, `keys_max`: 0: the limits as they are. */
static enum hr_status list_endless(fault_endless *endless, size_t pages_max, size_t keys_max, size_t *pages,
                                   size_t *keys, struct hr_error *error)
{
    struct client client;
    *keys = 0;
    client_open(&client, NULL, 0);
    client.server.endless = endless;
    const struct hr_s3_list list = {
        .bucket = "lessons", .pages_max = pages_max, .keys_max = keys_max, .each = count_keys, .context = keys};
    enum hr_status status = hr_s3_list(client.aws, &list, error);
    client_close(&client);
    *pages = client.server.served;
    return status;
}

static void listing_has_an_end(void **state)
{
    (void)state;
    struct hr_error error;
    size_t pages, keys;
    assert_error(list_endless(always_new_and_empty, 0, 0, &pages, &keys, &error), HR_ERR_LIMIT, &error, "does not end");
    assert_int_equal(pages, HR_LIMIT_S3_LISTING_PAGES);
    assert_ok(list_endless(three_pages, 3, 0, &pages, &keys, &error), &error);
    assert_ok(list_endless(three_pages, 4, 0, &pages, &keys, &error), &error);
    assert_error(list_endless(three_pages, 2, 0, &pages, &keys, &error), HR_ERR_LIMIT, &error, "2 pages, and more");

    assert_error(list_endless(the_same_place, 0, 0, &pages, &keys, &error), HR_ERR_FORMAT, &error, "in a circle");
    assert_int_equal(pages, 2);
    assert_error(list_endless(a_circle_of_five, 0, 0, &pages, &keys, &error), HR_ERR_FORMAT, &error, "in a circle");
    assert_in_range(pages, 21, 64);
}

static void listing_has_so_many_keys(void **state)
{
    (void)state;
    struct hr_error error;
    size_t pages, keys;
    char limit[64];
    assert_error(list_endless(two_keys_a_page, 100, 9, &pages, &keys, &error), HR_ERR_LIMIT, &error,
                 "more than 9 keys");
    assert_int_equal(keys, 9);
    assert_int_equal(pages, 5);
    /* At 9 of them and no more, the pages are what ends it. */
    assert_error(list_endless(two_keys_a_page, 4, 9, &pages, &keys, &error), HR_ERR_LIMIT, &error, "4 pages");
    assert_int_equal(keys, 8);

    /* The limit itself, on one page after another of as many keys as fit into an answer of a few KB. */
    snprintf(limit, sizeof limit, "more than %d keys", HR_LIMIT_S3_LISTED_KEYS);
    struct client client;
    struct hr_buffer page;
    hr_buffer_init(&page, (size_t)16 << 20);
    for (int i = 0; i < 400000; i++)
        hr_buffer_append_text(&page, "<Contents><Key>k</Key></Contents>");
    char *replies[3];
    struct fault_step steps[3];
    for (int i = 0; i < 3; i++) {
        size_t size = page.size + 512;
        replies[i] = malloc(size);
        assert_non_null(replies[i]);
        snprintf(replies[i], size,
                 "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<ListBucketResult><IsTruncated>true</IsTruncated>"
                 "<NextContinuationToken>%d</NextContinuationToken>%s</ListBucketResult>",
                 i, hr_buffer_text(&page));
        steps[i] = (struct fault_step){.fault = FAULT_NONE, .reply = replies[i]};
    }
    client_open(&client, STEPS(steps));
    keys = 0;
    const struct hr_s3_list list = {.bucket = "lessons", .each = count_keys, .context = &keys};
    assert_error(hr_s3_list(client.aws, &list, &error), HR_ERR_LIMIT, &error, limit);
    assert_int_equal(keys, HR_LIMIT_S3_LISTED_KEYS);
    client_close(&client);
    for (int i = 0; i < 3; i++)
        free(replies[i]);
    hr_buffer_clear(&page);
}

static void deleting_nothing_is_fine(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    const struct fault_step steps[] = {{FAULT_NONE, REPLY("204 No Content", "")},
                                       {FAULT_NONE, S3_ERROR("404 No", "NoSuchKey")},
                                       {FAULT_NONE, S3_ERROR("404 No", "NoSuchBucket")}};
    client_open(&client, STEPS(steps));
    assert_ok(hr_s3_delete(client.aws, &video, NULL, &error), &error);
    assert_ok(hr_s3_delete(client.aws, &video, NULL, &error), &error);
    assert_error(hr_s3_delete(client.aws, &video, NULL, &error), HR_ERR_NOT_FOUND, &error, "bucket");
    const struct hr_s3_object bucket = {"lessons", "", NULL};
    assert_int_equal(hr_s3_delete(client.aws, &bucket, NULL, &error), HR_ERR_ARGUMENT);
    client_close(&client);
}

static void urls(void **state)
{
    (void)state;
    char bucket[HR_S3_BUCKET_SIZE];
    const char *key;
    struct hr_error error;
    assert_ok(hr_s3_url_parse("s3://my-bucket.1/a b//c", bucket, &key, &error), &error);
    assert_string_equal(bucket, "my-bucket.1");
    assert_string_equal(key, "a b//c");
    assert_ok(hr_s3_url_parse("s3://abc", bucket, &key, &error), &error);
    assert_string_equal(key, "");
    static const char *const wrong[] = {"s3:///k",      "s3://ab/k",   "s3://Abc/k",  "s3://a@b.c/k", "http://abc",
                                        "s3://abc../k", "s3://-abc/k", "s3://abc-/k", "s3://a_b_c/k", "/tmp/a"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(hr_s3_url_parse(wrong[i], bucket, &key, &error), HR_ERR_ARGUMENT);
    char longest[6 + 3 + 1 + HR_LIMIT_S3_KEY_BYTES + 2] = "s3://abc/";
    size_t before = strlen(longest);
    memset(longest + before, 'k', HR_LIMIT_S3_KEY_BYTES);
    assert_ok(hr_s3_url_parse(longest, bucket, &key, &error), &error);
    longest[before + HR_LIMIT_S3_KEY_BYTES] = 'k';
    assert_int_equal(hr_s3_url_parse(longest, bucket, &key, &error), HR_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_signed_and_traced),
        cmocka_unit_test(internal_error_is_tried_again),
        cmocka_unit_test(slow_down_is_obeyed),
        cmocka_unit_test(still_slow_down_after_all_attempts),
        cmocka_unit_test(reset_in_the_body_starts_over),
        cmocka_unit_test(truncated_body_starts_over),
        cmocka_unit_test(slow_body_meets_the_deadline),
        cmocka_unit_test(no_wait_beyond_the_deadline),
        cmocka_unit_test(object_that_changed_between_ranges),
        cmocka_unit_test(forbidden_says_what_may_be_missing),
        cmocka_unit_test(wrong_secret_is_called_so),
        cmocka_unit_test(missing_object),
        cmocka_unit_test(expired_keys_from_variables_stay_expired),
        cmocka_unit_test(message_with_a_secret_is_dropped),
        cmocka_unit_test(bucket_in_another_region_is_followed_for_good),
        cmocka_unit_test(region_out_of_the_error),
        cmocka_unit_test(two_regions_that_point_at_each_other),
        cmocka_unit_test(clock_that_is_an_hour_off),
        cmocka_unit_test(clock_is_corrected_once),
        cmocka_unit_test(end_and_wrong_range),
        cmocka_unit_test(whole_object_unless_it_is_the_same),
        cmocka_unit_test(amazons_addresses),
        cmocka_unit_test(threads_share_one_client),
        cmocka_unit_test(put_is_whole),
        cmocka_unit_test(somebody_elses_object_is_a_conflict),
        cmocka_unit_test(lost_answer_to_a_write_is_looked_up),
        cmocka_unit_test(lost_answer_and_somebody_elses_object),
        cmocka_unit_test(large_body_goes_in_parts),
        cmocka_unit_test(parts_are_removed_after_a_failure),
        cmocka_unit_test(listing_goes_on_and_stops),
        cmocka_unit_test(listing_has_an_end),
        cmocka_unit_test(listing_has_so_many_keys),
        cmocka_unit_test(deleting_nothing_is_fine),
        cmocka_unit_test(urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
