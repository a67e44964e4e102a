/* Signed JSON calls against a server that checks them (moto, which pretends to be DynamoDB, SQS and
 * IAM). The environment names it: tests/service/servers.py. */
#include "support/check.h"

#include <stdio.h>

#include "aws/dynamodb.h"
#include "aws/xml.h"
#include "fake.h"

/* What IAM knows of the user that the calls are signed for. */
struct user {
    char key_id[128];
    char secret[128];
};

/* Not signed: moto checks nothing yet, and finds the service by this header. */
static void ask(struct hr_http *http, const char *path, const char *type, const char *body,
                struct hr_http_response *response)
{
    char url[256];
    struct hr_error error;
    const struct hr_pair headers[] = {{"Content-Type", type},
                                      {"Authorization",
                                       "AWS4-HMAC-SHA256 Credential=any/20260131/us-east-1/iam/aws4_request, "
                                       "SignedHeaders=host, Signature=any"}};
    snprintf(url, sizeof url, "%s%s", getenv("AWS_ENDPOINT_URL_DYNAMODB"), path);
    const struct hr_http_request request = {
        .method = "POST", .url = url, .headers = headers, .header_count = 2, .body = hr_view_text(body)};
    assert_ok(hr_http_send(http, &request, response, &error), &error);
    if (response->status != 200)
        fail_msg("%d: %s", response->status, hr_buffer_text(&response->body));
}

static void make_user(struct user *user)
{
    static const char form[] = "application/x-www-form-urlencoded";
    struct hr_http *http;
    struct hr_http_response response;
    struct hr_error error;
    const struct hr_http_options options = {0};
    hr_http_response_init(&response);
    assert_ok(hr_http_open(&http, &options, &error), &error);
    ask(http, "/", form, "Action=CreateUser&Version=2010-05-08&UserName=camera", &response);
    ask(http, "/", form,
        "Action=PutUserPolicy&Version=2010-05-08&UserName=camera&PolicyName=p&PolicyDocument="
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C"
        "%22Action%22%3A%5B%22dynamodb%3AListTables%22%2C%22sqs%3AListQueues%22%5D%2C"
        "%22Resource%22%3A%22%2A%22%7D%5D%7D",
        &response);
    ask(http, "/", form, "Action=CreateAccessKey&Version=2010-05-08&UserName=camera", &response);
    struct hr_view body = hr_buffer_view(&response.body);
    assert_true(hr_xml_find(body, "AccessKeyId", user->key_id, sizeof user->key_id));
    assert_true(hr_xml_find(body, "SecretAccessKey", user->secret, sizeof user->secret));
    ask(http, "/moto-api/reset-auth", "text/plain", "0", &response);
    hr_http_response_clear(&response);
    hr_http_close(http);
}

static const char *get_variable(void *context, const char *name)
{
    const char *own = fake_get(context, name);
    return own != NULL ? own : getenv(name);
}

static enum hr_status call(const char *key_id, const char *secret, enum hr_aws_service service, const char *target,
                           struct hr_error *error)
{
    struct fake_environment environment = {.count = 0};
    struct hr_aws *aws;
    struct hr_json *out, *body = hr_json_object_new();
    fake_set(&environment, "AWS_ACCESS_KEY_ID", key_id);
    fake_set(&environment, "AWS_SECRET_ACCESS_KEY", secret);
    const struct hr_aws_options options = {.environment = {get_variable, &environment}};
    assert_ok(hr_aws_open(&aws, &options, error), error);
    const struct hr_aws_json_request request = {.service = service, .target = target, .body = body, .repeatable = true};
    enum hr_status status = hr_aws_json_call(aws, &request, &out, NULL, error);
    hr_json_free(out);
    hr_json_free(body);
    hr_aws_close(aws);
    return status;
}

static void signatures_are_checked(void **state)
{
    (void)state;
    static const char list[] = "DynamoDB_20120810.ListTables";
    struct user user;
    struct hr_error error;
    make_user(&user);
    assert_ok(call(user.key_id, user.secret, HR_AWS_DYNAMODB, list, &error), &error);
    assert_ok(call(user.key_id, user.secret, HR_AWS_SQS, "AmazonSQS.ListQueues", &error), &error);
    assert_error(call(user.key_id, "wrong-secret", HR_AWS_DYNAMODB, list, &error), HR_ERR_PERMISSION, &error,
                 "AWS_SECRET_ACCESS_KEY");
    assert_null(strstr(error.text, "wrong-secret"));
    assert_int_equal(call("AKIANOBODY", user.secret, HR_AWS_DYNAMODB, list, &error), HR_ERR_PERMISSION);
    /* A right signature of somebody who may not. */
    assert_error(call(user.key_id, user.secret, HR_AWS_DYNAMODB, "DynamoDB_20120810.DescribeLimits", &error),
                 HR_ERR_PERMISSION, &error, "policy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signatures_are_checked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
