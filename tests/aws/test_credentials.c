/* Where keys come from, in which order, and when they are fetched anew. */
#include "support/check.h"

#include "aws/credentials.h"
#include "fake.h"
#include "fault_server.h"
#include "support/temporary.h"

#define SECRET "VerySecretSecret"
#define OK_BODY(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body
#define KEYS(id, expires)                                                                                              \
    OK_BODY("{\"Code\":\"Success\",\"AccessKeyId\":\"" id "\",\"SecretAccessKey\":\"" SECRET                           \
            "\",\"Token\":\"token-" id "\",\"Expiration\":\"" expires "\"}")
/* The fake clock stands at 12:00. */
#define IN_AN_HOUR "2026-01-31T13:00:00Z"
#define IN_FOUR_MINUTES "2026-01-31T12:04:00Z"

struct fixture {
    struct fault_server server;
    struct fake_clock clock;
    struct fake_environment environment;
    struct temporary folder;
    struct hr_aws_config config;
    struct hr_http *http;
    struct hr_credential_source *source;
    struct hr_error error;
};

static void start(struct fixture *f, const struct fault_step *steps, size_t count)
{
    fake_clock_init(&f->clock);
    fault_server_start(&f->server, steps, count);
    temporary_make(&f->folder);
    f->environment.count = 0;
    fake_set(&f->environment, "HOME", f->folder.path);
    fake_set(&f->environment, "AWS_EC2_METADATA_DISABLED", "true");
}

static void open_source(struct fixture *f)
{
    const struct hr_aws_environment environment = fake_environment(&f->environment);
    const struct hr_http_options http = {0};
    assert_ok(hr_aws_config_load(&f->config, &environment, NULL, NULL, &f->error), &f->error);
    assert_ok(hr_http_open(&f->http, &http, &f->error), &f->error);
    const struct hr_credential_options options = {
        .config = &f->config, .http = f->http, .clock = &f->clock.clock, .container_host = f->server.url};
    assert_ok(hr_credential_source_new(&f->source, &options, &f->error), &f->error);
}

static void stop(struct fixture *f)
{
    hr_credential_source_free(f->source);
    hr_http_close(f->http);
    hr_aws_config_clear(&f->config);
    fault_server_stop(&f->server);
    temporary_remove(&f->folder);
}

#define START(f, steps) start((f), (steps), sizeof(steps) / sizeof *(steps))

static void assert_keys(struct fixture *f, const char *key_id, const char *token)
{
    struct hr_credentials keys;
    assert_ok(hr_credentials_get(f->source, NULL, &keys, &f->error), &f->error);
    assert_string_equal(keys.key_id, key_id);
    if (token == NULL)
        assert_null(keys.session_token);
    else
        assert_string_equal(keys.session_token, token);
    hr_credentials_clear(&keys);
}

static void assert_refused(struct fixture *f, enum hr_status status, const char *part)
{
    struct hr_credentials keys;
    assert_error(hr_credentials_get(f->source, NULL, &keys, &f->error), status, &f->error, part);
    assert_null(strstr(f->error.text, SECRET));
    assert_null(keys.key_id);
}

static void write_in_home(struct fixture *f, const char *name, const char *text)
{
    struct temporary_path folder = temporary_path(&f->folder, ".aws");
    (void)mkdir(folder.text, 0700);
    struct temporary_path path = temporary_path(&f->folder, name);
    temporary_write(path.text, text, strlen(text));
}

static void variables_come_first(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, NULL, 0);
    write_in_home(&f, ".aws/credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=" SECRET "\n");
    fake_set(&f.environment, "AWS_ACCESS_KEY_ID", "ENV");
    fake_set(&f.environment, "AWS_SECRET_ACCESS_KEY", SECRET);
    fake_set(&f.environment, "AWS_SESSION_TOKEN", "token");
    open_source(&f);
    assert_keys(&f, "ENV", "token");
    assert_false(hr_credentials_expired(f.source, "ENV"));
    stop(&f);
}

static void half_a_pair_of_variables(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, NULL, 0);
    fake_set(&f.environment, "AWS_SECRET_ACCESS_KEY", SECRET);
    open_source(&f);
    assert_refused(&f, HR_ERR_PERMISSION, "AWS_ACCESS_KEY_ID is not");
    stop(&f);
}

static void profile_of_the_shared_files(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, NULL, 0);
    write_in_home(&f, ".aws/credentials",
                  "[default]\naws_access_key_id=A\naws_secret_access_key=" SECRET "\n"
                  "[school]\naws_access_key_id = B\naws_secret_access_key = " SECRET "\n"
                  "aws_session_token = T\n");
    fake_set(&f.environment, "AWS_PROFILE", "school");
    open_source(&f);
    assert_keys(&f, "B", "T");
    stop(&f);
}

static void profile_that_needs_what_is_not_built(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, NULL, 0);
    write_in_home(&f, ".aws/config", "[default]\nsso_session = corp\nregion = eu-west-1\n");
    open_source(&f);
    assert_refused(&f, HR_ERR_UNSUPPORTED, "export-credentials");
    stop(&f);
}

static void web_identity(void **state)
{
    (void)state;
    struct fixture f;
    const struct fault_step steps[] = {
        {FAULT_NONE, "HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
        {FAULT_NONE, OK_BODY("<R xmlns='x'><S><Credentials><AccessKeyId>WEB</AccessKeyId><SecretAccessKey>" SECRET
                             "</SecretAccessKey><SessionToken>a&amp;b</SessionToken><Expiration>" IN_AN_HOUR
                             "</Expiration></Credentials></S></R>")},
    };
    START(&f, steps);
    write_in_home(&f, "token", "the.token\n");
    fake_set(&f.environment, "AWS_WEB_IDENTITY_TOKEN_FILE", temporary_path(&f.folder, "token").text);
    fake_set(&f.environment, "AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
    fake_set(&f.environment, "AWS_ENDPOINT_URL_STS", f.server.url);
    open_source(&f);
    assert_keys(&f, "WEB", "a&b");
    assert_string_equal(hr_buffer_text(&fault_server_request(&f.server, 1)->body),
                        "Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                        "&RoleSessionName=homeroom&Version=2011-06-15&WebIdentityToken=the.token");
    assert_null(strstr(fault_server_request(&f.server, 1)->head, "Authorization"));
    stop(&f);
}

static void web_identity_refused(void **state)
{
    (void)state;
    struct fixture f;
    const struct fault_step steps[] = {{FAULT_NONE, "HTTP/1.1 403 No\r\nConnection: close\r\n\r\n"
                                                    "<E><Error><Code>AccessDenied</Code></Error></E>"}};
    START(&f, steps);
    write_in_home(&f, "token", "the.token");
    fake_set(&f.environment, "AWS_WEB_IDENTITY_TOKEN_FILE", temporary_path(&f.folder, "token").text);
    fake_set(&f.environment, "AWS_ROLE_ARN", "arn:role");
    fake_set(&f.environment, "AWS_ENDPOINT_URL_STS", f.server.url);
    open_source(&f);
    assert_refused(&f, HR_ERR_PERMISSION, "refused the role 'arn:role': AccessDenied");
    assert_int_equal(remove(temporary_path(&f.folder, "token").text), 0);
    assert_refused(&f, HR_ERR_PERMISSION, "token");
    stop(&f);
}

static void container_with_a_token_file(void **state)
{
    (void)state;
    struct fixture f;
    char url[128], value[64];
    const struct fault_step steps[] = {{FAULT_NONE, KEYS("POD", IN_AN_HOUR)}};
    START(&f, steps);
    write_in_home(&f, "token", "pod-token\n");
    snprintf(url, sizeof url, "%s/v1/credentials?x=1", f.server.url);
    fake_set(&f.environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    fake_set(&f.environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "other");
    fake_set(&f.environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", temporary_path(&f.folder, "token").text);
    open_source(&f);
    assert_keys(&f, "POD", "token-POD");
    assert_memory_equal(fault_server_request(&f.server, 0)->head, "GET /v1/credentials?x=1 ", 24);
    assert_string_equal(fault_server_header(&f.server, 0, "Authorization", value, sizeof value), "pod-token");
    stop(&f);
}

static void container_by_a_relative_address(void **state)
{
    (void)state;
    struct fixture f;
    char value[64];
    const struct fault_step steps[] = {{FAULT_NONE, KEYS("ECS", IN_AN_HOUR)}};
    START(&f, steps);
    fake_set(&f.environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1");
    fake_set(&f.environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "ecs-token");
    open_source(&f);
    assert_keys(&f, "ECS", "token-ECS");
    assert_memory_equal(fault_server_request(&f.server, 0)->head, "GET /v2/credentials/1 ", 22);
    assert_string_equal(fault_server_header(&f.server, 0, "Authorization", value, sizeof value), "ecs-token");
    stop(&f);
}

static void keys_are_not_asked_of_anybody(void **state)
{
    (void)state;
    static const char *const wrong[] = {"http://example.com/x", "http://127.0.0.1.example.com/",
                                        "http://localhost@example.com/", "ftp://127.0.0.1/"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct fixture f;
        start(&f, NULL, 0);
        fake_set(&f.environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI", wrong[i]);
        open_source(&f);
        assert_refused(&f, HR_ERR_PERMISSION, "neither https");
        stop(&f);
    }
}

static void ec2_metadata_version_2(void **state)
{
    (void)state;
    struct fixture f;
    char value[64], region[32];
    const struct fault_step steps[] = {
        {FAULT_NONE, OK_BODY("session")}, {FAULT_NONE, OK_BODY("camera-role\n")}, {FAULT_NONE, KEYS("EC2", IN_AN_HOUR)},
        {FAULT_NONE, OK_BODY("session")}, {FAULT_NONE, OK_BODY("eu-west-3")},
    };
    START(&f, steps);
    fake_set(&f.environment, "AWS_EC2_METADATA_DISABLED", "false");
    fake_set(&f.environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT", f.server.url);
    open_source(&f);
    assert_keys(&f, "EC2", "token-EC2");
    assert_memory_equal(fault_server_request(&f.server, 0)->head, "PUT /latest/api/token ", 22);
    assert_memory_equal(fault_server_request(&f.server, 2)->head,
                        "GET /latest/meta-data/iam/security-credentials/camera-role ", 59);
    assert_string_equal(fault_server_header(&f.server, 2, "X-aws-ec2-metadata-token", value, sizeof value), "session");
    assert_ok(hr_credentials_ec2_region(f.source, NULL, region, sizeof region, &f.error), &f.error);
    assert_string_equal(region, "eu-west-3");
    stop(&f);
}

static void nobody_has_keys(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, NULL, 0);
    open_source(&f);
    assert_refused(&f, HR_ERR_PERMISSION, "no AWS keys");
    stop(&f);
}

static void set_up_container(struct fixture *f)
{
    fake_set(&f->environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/k");
    open_source(f);
}

static void kept_until_five_minutes_before_the_end(void **state)
{
    (void)state;
    struct fixture f;
    const struct fault_step steps[] = {{FAULT_NONE, KEYS("ONE", IN_AN_HOUR)},
                                       {FAULT_NONE, KEYS("TWO", "2026-01-31T14:00:00.123Z")}};
    START(&f, steps);
    set_up_container(&f);
    assert_keys(&f, "ONE", "token-ONE");
    f.clock.wall_us = FAKE_NOW_US + INT64_C(55) * 60 * 1000000 - 1;
    assert_keys(&f, "ONE", "token-ONE");
    assert_int_equal(fault_server_request_count(&f.server), 1);
    f.clock.wall_us++;
    assert_keys(&f, "TWO", "token-TWO");
    assert_int_equal(fault_server_request_count(&f.server), 2);
    stop(&f);
}

static void old_ones_do_while_new_ones_cannot_be_had(void **state)
{
    (void)state;
    struct fixture f;
    const char *refused = "HTTP/1.1 403 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    const struct fault_step steps[] = {
        {FAULT_NONE, KEYS("ONE", IN_FOUR_MINUTES)}, {FAULT_NONE, refused}, {FAULT_NONE, refused}};
    START(&f, steps);
    set_up_container(&f);
    assert_keys(&f, "ONE", "token-ONE");
    assert_keys(&f, "ONE", "token-ONE");
    assert_keys(&f, "ONE", "token-ONE"); /* without asking again at once */
    assert_int_equal(fault_server_request_count(&f.server), 2);
    f.clock.wall_us += INT64_C(4) * 60 * 1000000;
    assert_refused(&f, HR_ERR_PERMISSION, "HTTP 403");
    stop(&f);
}

static void expired_by_the_services_word(void **state)
{
    (void)state;
    struct fixture f;
    const struct fault_step steps[] = {{FAULT_NONE, KEYS("ONE", IN_AN_HOUR)}, {FAULT_NONE, KEYS("TWO", IN_AN_HOUR)}};
    START(&f, steps);
    set_up_container(&f);
    assert_keys(&f, "ONE", "token-ONE");
    assert_true(hr_credentials_expired(f.source, "ONE"));
    assert_keys(&f, "TWO", "token-TWO");
    /* Somebody else has fetched already. */
    assert_true(hr_credentials_expired(f.source, "ONE"));
    assert_keys(&f, "TWO", "token-TWO");
    assert_int_equal(fault_server_request_count(&f.server), 2);
    stop(&f);
}

static void damaged_answer(void **state)
{
    (void)state;
    struct fixture f;
    const struct fault_step steps[] = {{FAULT_NONE, OK_BODY("{\"SecretAccessKey\":\"" SECRET "\"}")},
                                       {FAULT_NONE, OK_BODY("{\"SecretAccessKey\":\"" SECRET "\"")},
                                       {FAULT_NONE, KEYS("ONE", "tomorrow")}};
    START(&f, steps);
    set_up_container(&f);
    assert_refused(&f, HR_ERR_FORMAT, "no keys");
    assert_refused(&f, HR_ERR_FORMAT, "answer");
    assert_refused(&f, HR_ERR_FORMAT, "no keys");
    stop(&f);
}

static void *get_keys(void *context)
{
    struct fixture *f = context;
    struct hr_credentials keys;
    struct hr_error error;
    bool good = hr_credentials_get(f->source, NULL, &keys, &error) == HR_OK && strcmp(keys.key_id, "ONE") == 0;
    hr_credentials_clear(&keys);
    return good ? f : NULL;
}

static void threads_fetch_once(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t threads[8];
    const struct fault_step steps[] = {{FAULT_NONE, KEYS("ONE", IN_AN_HOUR)}};
    START(&f, steps);
    set_up_container(&f);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_keys, &f), 0);
    for (size_t i = 0; i < 8; i++) {
        void *good;
        pthread_join(threads[i], &good);
        assert_ptr_equal(good, &f);
    }
    assert_int_equal(fault_server_request_count(&f.server), 1);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_come_first),
        cmocka_unit_test(half_a_pair_of_variables),
        cmocka_unit_test(profile_of_the_shared_files),
        cmocka_unit_test(profile_that_needs_what_is_not_built),
        cmocka_unit_test(web_identity),
        cmocka_unit_test(web_identity_refused),
        cmocka_unit_test(container_with_a_token_file),
        cmocka_unit_test(container_by_a_relative_address),
        cmocka_unit_test(keys_are_not_asked_of_anybody),
        cmocka_unit_test(ec2_metadata_version_2),
        cmocka_unit_test(nobody_has_keys),
        cmocka_unit_test(kept_until_five_minutes_before_the_end),
        cmocka_unit_test(old_ones_do_while_new_ones_cannot_be_had),
        cmocka_unit_test(expired_by_the_services_word),
        cmocka_unit_test(damaged_answer),
        cmocka_unit_test(threads_fetch_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
