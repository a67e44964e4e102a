/* Signed calls of the services that speak JSON, and what may be done twice. */
#include "support/check.h"

#include "aws/dynamodb.h"
#include "test_client.h"

#define JSON_OK(headers, length, body)                                                                                 \
    {                                                                                                                  \
        FAULT_NONE, REPLY_BODY("200 OK", headers, length, body)                                                        \
    }

static enum hr_status call(struct client *client, bool repeatable, struct hr_json **out, struct hr_aws_answer *answer,
                           struct hr_error *error)
{
    struct hr_json *body = hr_json_object_new();
    assert_true(hr_json_set(body, "TableName", hr_json_text_new("students")));
    const struct hr_dynamodb_call put = {.operation = "PutItem", .body = body, .repeatable = repeatable};
    enum hr_status status = hr_dynamodb_call(client->aws, &put, out, answer, error);
    hr_json_free(body);
    return status;
}

/* Steps, then what comes out of them. */
static void assert_call(const struct fault_step *steps, size_t count, bool repeatable, enum hr_status expected,
                        size_t requests, const char *part)
{
    struct client client;
    struct hr_error error;
    struct hr_json *out;
    client_open(&client, steps, count);
    if (expected == HR_OK) {
        assert_ok(call(&client, repeatable, &out, NULL, &error), &error);
        hr_json_free(out);
    } else {
        assert_error(call(&client, repeatable, &out, NULL, &error), expected, &error, part);
        assert_null(out);
        assert_non_null(strstr(error.text, "DynamoDB_20120810.PutItem"));
        assert_no_secret(&error);
    }
    assert_int_equal(fault_server_request_count(&client.server), requests);
    client_close(&client);
}

static void request_and_answer(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    struct hr_json *out;
    char value[512];
    /* CRC-32 of {"a":1} */
    const struct fault_step steps[] = {JSON_OK("x-amz-crc32: 1444654255\r\n", "7", "{\"a\":1}")};
    client_open(&client, STEPS(steps));
    assert_ok(call(&client, true, &out, NULL, &error), &error);
    assert_int_equal(hr_json_integer(hr_json_get(out, "a")), 1);
    hr_json_free(out);
    struct fault_server *server = &client.server;
    assert_string_equal(hr_buffer_text(&fault_server_request(server, 0)->body), "{\"TableName\":\"students\"}");
    assert_string_equal(fault_server_header(server, 0, "X-Amz-Target", value, sizeof value),
                        "DynamoDB_20120810.PutItem");
    assert_null(fault_server_header(server, 0, "X-Amz-Content-SHA256", value, sizeof value));
    assert_null(fault_server_header(server, 0, "X-Amzn-Trace-Id", value, sizeof value));
    fault_server_header(server, 0, "Authorization", value, sizeof value);
    assert_non_null(strstr(value, "/eu-central-1/dynamodb/aws4_request"));
    assert_non_null(strstr(value, "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"));
    client_close(&client);
}

static void damaged_answer_is_asked_for_again(void **state)
{
    (void)state;
    const struct fault_step steps[] = {JSON_OK("x-amz-crc32: 1\r\n", "7", "{\"a\":1}"),
                                       JSON_OK("x-amz-crc32: 1444654255\r\n", "7", "{\"a\":1}")};
    assert_call(STEPS(steps), true, HR_OK, 2, "");
    assert_call(STEPS(steps), false, HR_ERR_IO, 1, "checksum");
}

static void throttling_is_waited_out_by_reads_and_writes(void **state)
{
    (void)state;
    const struct fault_step steps[] = {{FAULT_NONE, JSON_ERROR("400 Bad", "ProvisionedThroughputExceededException")},
                                       {FAULT_NONE, JSON_ERROR("400 Bad", "ThrottlingException")},
                                       JSON_OK("", "2", "{}")};
    assert_call(STEPS(steps), true, HR_OK, 3, "");
    assert_call(STEPS(steps), false, HR_OK, 3, "");
}

static void failure_of_a_write_may_have_been_a_success(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    struct hr_json *out;
    struct hr_aws_answer answer;
    const struct fault_step steps[] = {{FAULT_NONE, JSON_ERROR("500 Oh", "InternalServerError")},
                                       JSON_OK("", "2", "{}")};
    assert_call(STEPS(steps), true, HR_OK, 2, "");
    client_open(&client, STEPS(steps));
    hr_aws_answer_init(&answer);
    assert_error(call(&client, false, &out, &answer, &error), HR_ERR_UNAVAILABLE, &error, "InternalServerError");
    assert_true(answer.maybe_done);
    assert_string_equal(answer.code, "InternalServerError");
    assert_int_equal(fault_server_request_count(&client.server), 1);
    hr_aws_answer_clear(&answer);
    client_close(&client);
}

static void reset_of_a_write_may_have_been_a_success(void **state)
{
    (void)state;
    const struct fault_step steps[] = {{FAULT_RESET, ""}, JSON_OK("", "2", "{}")};
    assert_call(STEPS(steps), false, HR_ERR_UNAVAILABLE, 1, "127.0.0.1");
    assert_call(STEPS(steps), true, HR_OK, 2, "");
}

static void refusals_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        enum hr_status status;
        const char *part;
    } cases[] = {
        {JSON_ERROR("400 Bad", "ConditionalCheckFailedException"), HR_ERR_CONFLICT, "said so"},
        {JSON_ERROR("400 Bad", "ResourceNotFoundException"), HR_ERR_NOT_FOUND, "Resource"},
        {JSON_ERROR("400 Bad", "ValidationException"), HR_ERR_ARGUMENT, "Validation"},
        {JSON_ERROR("400 Bad", "AccessDeniedException"), HR_ERR_PERMISSION, "policy"},
        {JSON_ERROR("400 Bad", "UnrecognizedClientException"), HR_ERR_PERMISSION, "KEY_ID"},
        {REPLY("418 Teapot", ""), HR_ERR_ARGUMENT, "418"},
        {REPLY("404 No", ""), HR_ERR_NOT_FOUND, "404"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fault_step step = {FAULT_NONE, cases[i].reply};
        assert_call(&step, 1, true, cases[i].status, 1, cases[i].part);
    }
}

/* DynamoDB repeats the canonical request when a signature is wrong. */
static void what_was_signed_is_not_repeated(void **state)
{
    (void)state;
    const struct fault_step steps[] = {
        {FAULT_NONE, REPLY_OPEN("400 Bad", "",
                                "{\"__type\":\"x#InvalidSignatureException\",\"message\":\"should "
                                "have been x-amz-security-token:" SECRET_TOKEN "\"}")}};
    assert_call(STEPS(steps), true, HR_ERR_PERMISSION, 1, "AWS_SECRET_ACCESS_KEY");
}

/* DynamoDB calls a wrong clock a wrong signature. */
static void clock_off_at_dynamodb(void **state)
{
    (void)state;
    const struct fault_step steps[] = {{FAULT_NONE,
                                        "HTTP/1.1 400 Bad\r\nDate: Sat, 31 Jan 2026 11:00:00 GMT\r\n"
                                        "Connection: close\r\n\r\n"
                                        "{\"__type\":\"x#InvalidSignatureException\",\"message\":\"expired\"}"},
                                       JSON_OK("", "2", "{}")};
    assert_call(STEPS(steps), false, HR_OK, 2, "");
}

static void answer_that_is_not_json(void **state)
{
    (void)state;
    const struct fault_step steps[] = {JSON_OK("", "5", "<oh/>")};
    assert_call(STEPS(steps), true, HR_ERR_FORMAT, 1, "");
}

static void no_region_is_told(void **state)
{
    (void)state;
    struct fake_environment environment = {.count = 0};
    struct hr_error error;
    struct hr_aws *aws;
    const char *region;
    fake_set(&environment, "AWS_EC2_METADATA_DISABLED", "true");
    const struct hr_aws_options options = {.environment = fake_environment(&environment)};
    assert_ok(hr_aws_open(&aws, &options, &error), &error);
    assert_error(hr_aws_region(aws, NULL, &region, &error), HR_ERR_ARGUMENT, &error, "AWS_REGION");
    hr_aws_close(aws);
}

/* Before anything is sent: keys of STS, records and videos go nowhere in the clear. */
static void endpoints_are_https_or_this_machine(void **state)
{
    (void)state;
    static const char *const names[] = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_DYNAMODB",
                                        "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SQS"};
    static const struct {
        const char *url;
        bool fine, fine_insecure;
    } cases[] = {{"https://s3.example", true, true}, {"http://127.0.0.1:9000", true, true},
                 {"http://s3.example", false, true}, {"s3.example", false, false},
                 {"localhost:9000", false, false},   {"ftp://localhost", false, false}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t j = 0; j < 2 * sizeof cases / sizeof *cases; j++) {
            struct fake_environment environment = {.count = 0};
            struct hr_error error;
            struct hr_aws *aws;
            bool insecure = j % 2 == 1, fine = insecure ? cases[j / 2].fine_insecure : cases[j / 2].fine;
            fake_set(&environment, names[i], cases[j / 2].url);
            const struct hr_aws_options options = {.environment = fake_environment(&environment), .insecure = insecure};
            if (fine)
                assert_ok(hr_aws_open(&aws, &options, &error), &error);
            else
                assert_error(hr_aws_open(&aws, &options, &error), HR_ERR_ARGUMENT, &error, "https://");
            hr_aws_close(aws);
        }
}

static void trace_that_is_none_is_dropped(void **state)
{
    (void)state;
    struct client client;
    struct hr_error error;
    struct hr_json *out;
    char value[64];
    const struct fault_step steps[] = {JSON_OK("", "2", "{}")};
    client_open(&client, STEPS(steps));
    hr_aws_set_trace(client.aws, "Root=1\r\nX-Other: 2");
    assert_ok(call(&client, true, &out, NULL, &error), &error);
    hr_json_free(out);
    assert_null(fault_server_header(&client.server, 0, "X-Amzn-Trace-Id", value, sizeof value));
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_and_answer),
        cmocka_unit_test(damaged_answer_is_asked_for_again),
        cmocka_unit_test(throttling_is_waited_out_by_reads_and_writes),
        cmocka_unit_test(failure_of_a_write_may_have_been_a_success),
        cmocka_unit_test(reset_of_a_write_may_have_been_a_success),
        cmocka_unit_test(refusals_are_told_apart),
        cmocka_unit_test(what_was_signed_is_not_repeated),
        cmocka_unit_test(clock_off_at_dynamodb),
        cmocka_unit_test(answer_that_is_not_json),
        cmocka_unit_test(no_region_is_told),
        cmocka_unit_test(endpoints_are_https_or_this_machine),
        cmocka_unit_test(trace_that_is_none_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
