/* An AWS client whose services are a fault_server, with keys, clock and chance of the test's own.
 * Include <cmocka.h> first. */
#ifndef HR_TESTS_AWS_TEST_CLIENT_H
#define HR_TESTS_AWS_TEST_CLIENT_H

#include "aws/client.h"
#include "fake.h"
#include "fault_server.h"

#define SECRET_KEY "SuperSecretValueOfTheKey"
#define SECRET_TOKEN "SuperSecretValueOfTheToken"

struct client {
    struct fault_server server;
    struct fake_clock clock;
    struct fake_environment environment;
    struct hr_aws *aws;
};

static inline void client_open(struct client *client, const struct fault_step *steps, size_t count)
{
    struct hr_error error;
    fake_clock_init(&client->clock);
    fault_server_start(&client->server, steps, count);
    client->environment.count = 0;
    fake_set(&client->environment, "AWS_ACCESS_KEY_ID", "AKIDTEST");
    fake_set(&client->environment, "AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    fake_set(&client->environment, "AWS_SESSION_TOKEN", SECRET_TOKEN);
    fake_set(&client->environment, "AWS_REGION", "eu-central-1");
    fake_set(&client->environment, "AWS_ENDPOINT_URL", client->server.url);
    fake_set(&client->environment, "AWS_EC2_METADATA_DISABLED", "true");
    const struct hr_aws_options options = {.environment = fake_environment(&client->environment),
                                           .clock = &client->clock.clock,
                                           .random = {fake_chance, NULL}};
    assert_ok(hr_aws_open(&client->aws, &options, &error), &error);
}

static inline void client_close(struct client *client)
{
    hr_aws_close(client->aws);
    fault_server_stop(&client->server);
}

/* No error may show what must stay secret. */
static inline void assert_no_secret(const struct hr_error *error)
{
    assert_null(strstr(error->text, SECRET_KEY));
    assert_null(strstr(error->text, SECRET_TOKEN));
    assert_null(strstr(error->text, "Signature="));
}

#define STEPS(steps) (steps), sizeof(steps) / sizeof *(steps)
/* An answer with a body whose length the compiler counts. */
#define REPLY_BODY(status, headers, length, body)                                                                      \
    "HTTP/1.1 " status "\r\nDate: " FAKE_NOW_HTTP "\r\n" headers "Connection: close\r\nContent-Length: " length        \
    "\r\n\r\n" body
#define REPLY(status, headers) REPLY_BODY(status, headers, "0", "")
/* Up to the end of the connection. */
#define REPLY_OPEN(status, headers, body)                                                                              \
    "HTTP/1.1 " status "\r\nDate: " FAKE_NOW_HTTP "\r\n" headers "Connection: close\r\n\r\n" body
#define S3_ERROR(status, code)                                                                                         \
    REPLY_OPEN(status, "Content-Type: application/xml\r\n",                                                            \
               "<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>said so</Message>"                         \
               "</Error>")
#define JSON_ERROR(status, code)                                                                                       \
    REPLY_OPEN(status, "Content-Type: application/x-amz-json-1.0\r\n",                                                 \
               "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" code "\",\"message\":\"said so\"}")

#endif
