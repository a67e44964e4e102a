/* Settings from variables and shared files, the reader of those files, and times. */
#include "support/check.h"

#include "aws/config.h"
#include "aws/time.h"
#include "base/limits.h"
#include "fake.h"
#include "support/temporary.h"

static void ini_is_read(void **state)
{
    (void)state;
    struct hr_ini ini = {0};
    struct hr_error error;
    static const char text[] = "\xEF\xBB\xBF# comment\r\n"
                               "[ default ]\r\n"
                               "Region=eu-west-1 # here\r\n"
                               "key = a#b=c;d\n"
                               "region = eu-west-2\n"
                               "empty =\n"
                               "s3 =\n"
                               "  addressing_style = path\n"
                               "\tmax = 3\n"
                               "after = 1\n"
                               "; [not]\n"
                               "[profile x]";
    assert_ok(hr_ini_parse(&ini, hr_view_of(text, sizeof text - 1), &error), &error);
    assert_string_equal(hr_ini_get(&ini, "default", "region"), "eu-west-2");
    assert_string_equal(hr_ini_get(&ini, "default", "key"), "a#b=c;d");
    assert_string_equal(hr_ini_get(&ini, "default", "empty"), "");
    assert_string_equal(hr_ini_get(&ini, "default", "s3.addressing_style"), "path");
    assert_string_equal(hr_ini_get(&ini, "default", "s3.max"), "3");
    assert_string_equal(hr_ini_get(&ini, "default", "after"), "1");
    assert_null(hr_ini_get(&ini, "default", "max"));
    assert_true(hr_ini_has_section(&ini, "profile x"));
    assert_false(hr_ini_has_section(&ini, "not"));
    hr_ini_clear(&ini);
}

static void damaged_ini_is_refused_without_its_text(void **state)
{
    (void)state;
    static const char *const damaged[] = {"[a\nsecret", "[a]\nsecret", "secret = 1", "[a]\n = secret"};
    static const char *const lines[] = {"line 1", "line 2", "line 1", "line 2"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct hr_ini ini = {0};
        struct hr_error error;
        assert_error(hr_ini_parse(&ini, hr_view_text(damaged[i]), &error), HR_ERR_FORMAT, &error, lines[i]);
        assert_null(strstr(error.text, "secret"));
        assert_null(ini.entries);
    }
    struct hr_ini ini = {0};
    struct hr_error error;
    assert_int_equal(hr_ini_parse(&ini, hr_view_of("[a]\nb=c\0d", 9), &error), HR_ERR_FORMAT);
}

struct fixture {
    struct fake_environment environment;
    struct temporary folder;
    struct hr_aws_config config;
    struct hr_error error;
};

static void start(struct fixture *f)
{
    f->environment.count = 0;
    temporary_make(&f->folder);
}

static void use_file(struct fixture *f, const char *variable, const char *name, const char *text)
{
    struct temporary_path path = temporary_path(&f->folder, name);
    temporary_write(path.text, text, strlen(text));
    fake_set(&f->environment, variable, path.text);
}

static enum hr_status load(struct fixture *f, const char *profile, const char *region)
{
    const struct hr_aws_environment environment = fake_environment(&f->environment);
    return hr_aws_config_load(&f->config, &environment, profile, region, &f->error);
}

static void stop(struct fixture *f)
{
    hr_aws_config_clear(&f->config);
    temporary_remove(&f->folder);
}

static void reload(struct fixture *f)
{
    hr_aws_config_clear(&f->config);
    assert_ok(load(f, NULL, NULL), &f->error);
}

static void region_is_found_in_order(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    assert_ok(load(&f, NULL, NULL), &f.error);
    assert_null(f.config.region);
    use_file(&f, "AWS_CONFIG_FILE", "config", "[default]\nregion=eu-north-1\n[profile school]\nregion=sa-east-1\n");
    reload(&f);
    assert_string_equal(f.config.region, "eu-north-1");
    fake_set(&f.environment, "AWS_PROFILE", "school");
    reload(&f);
    assert_string_equal(f.config.region, "sa-east-1");
    fake_set(&f.environment, "AWS_DEFAULT_REGION", "us-west-2");
    reload(&f);
    assert_string_equal(f.config.region, "us-west-2");
    fake_set(&f.environment, "AWS_REGION", "us-east-2");
    reload(&f);
    assert_string_equal(f.config.region, "us-east-2");
    hr_aws_config_clear(&f.config);
    assert_ok(load(&f, "default", "eu-west-1"), &f.error);
    assert_string_equal(f.config.region, "eu-west-1");
    assert_string_equal(f.config.profile, "default");
    hr_aws_config_clear(&f.config);
    /* It becomes part of a host. */
    assert_error(load(&f, NULL, "evil.example/"), HR_ERR_ARGUMENT, &f.error, "us-east-1");
    stop(&f);
}

static void endpoints_are_found_in_order(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    use_file(&f, "AWS_CONFIG_FILE", "config",
             "[default]\nservices = local\nendpoint_url = http://profile\n"
             "[services local]\ns3 =\n  endpoint_url = http://of-s3\n");
    assert_ok(load(&f, NULL, NULL), &f.error);
    assert_string_equal(f.config.endpoint[HR_AWS_S3], "http://of-s3");
    assert_string_equal(f.config.endpoint[HR_AWS_DYNAMODB], "http://profile");
    fake_set(&f.environment, "AWS_ENDPOINT_URL", "http://all");
    fake_set(&f.environment, "AWS_ENDPOINT_URL_DYNAMODB", "http://tables");
    reload(&f);
    assert_string_equal(f.config.endpoint[HR_AWS_S3], "http://all");
    assert_string_equal(f.config.endpoint[HR_AWS_DYNAMODB], "http://tables");
    fake_set(&f.environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    reload(&f);
    assert_null(f.config.endpoint[HR_AWS_S3]);
    stop(&f);
}

static void profile_must_exist_when_asked_for(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    fake_set(&f.environment, "AWS_PROFILE", "nobody");
    assert_error(load(&f, NULL, NULL), HR_ERR_NOT_FOUND, &f.error, "'nobody'");
    use_file(&f, "AWS_SHARED_CREDENTIALS_FILE", "credentials", "[nobody]\n");
    assert_ok(load(&f, NULL, NULL), &f.error);
    stop(&f);
}

static void credentials_file_goes_before_config(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    use_file(&f, "AWS_CONFIG_FILE", "config",
             "[default]\naws_access_key_id=C\nca_bundle=/c\nmax_attempts=9\ns3=\n "
             "addressing_style=path\n");
    use_file(&f, "AWS_SHARED_CREDENTIALS_FILE", "credentials", "[default]\naws_access_key_id=K\n");
    assert_ok(load(&f, NULL, NULL), &f.error);
    assert_string_equal(hr_aws_config_profile(&f.config, "aws_access_key_id"), "K");
    assert_string_equal(f.config.ca_bundle, "/c");
    assert_int_equal(f.config.attempts_max, 9);
    assert_true(f.config.path_style);
    fake_set(&f.environment, "AWS_CA_BUNDLE", "/env");
    fake_set(&f.environment, "AWS_MAX_ATTEMPTS", "x");
    hr_aws_config_clear(&f.config);
    assert_error(load(&f, NULL, NULL), HR_ERR_ARGUMENT, &f.error, "AWS_MAX_ATTEMPTS");
    fake_set(&f.environment, "AWS_MAX_ATTEMPTS", "3");
    assert_ok(load(&f, NULL, NULL), &f.error);
    assert_string_equal(f.config.ca_bundle, "/env");
    assert_int_equal(f.config.attempts_max, 3);
    stop(&f);
}

static void damaged_file_is_named(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    use_file(&f, "AWS_CONFIG_FILE", "broken", "[default]\noops\n");
    assert_error(load(&f, NULL, NULL), HR_ERR_FORMAT, &f.error, "broken': line 2");
    stop(&f);
}

static void a_file_is_limited(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    char *text = malloc(HR_LIMIT_AWS_FILE_BYTES + 2);
    assert_non_null(text);
    memset(text, '#', HR_LIMIT_AWS_FILE_BYTES + 1); /* a comment */
    text[HR_LIMIT_AWS_FILE_BYTES] = '\0';
    use_file(&f, "AWS_CONFIG_FILE", "config", text);
    assert_ok(load(&f, NULL, NULL), &f.error);
    text[HR_LIMIT_AWS_FILE_BYTES] = '#';
    text[HR_LIMIT_AWS_FILE_BYTES + 1] = '\0';
    use_file(&f, "AWS_CONFIG_FILE", "config", text);
    hr_aws_config_clear(&f.config);
    assert_error(load(&f, NULL, NULL), HR_ERR_LIMIT, &f.error, "more than the limit of 1048576 bytes");
    free(text);
    stop(&f);
}

static void times(void **state)
{
    (void)state;
    int64_t us;
    assert_true(hr_aws_time_iso8601("2026-01-31T12:00:00Z", &us) && us == FAKE_NOW_US);
    assert_true(hr_aws_time_iso8601("2026-01-31T12:00:00.987Z", &us) && us == FAKE_NOW_US + 987000);
    assert_true(hr_aws_time_iso8601("2026-01-31T12:00:00.0000019Z", &us) && us == FAKE_NOW_US + 1);
    assert_true(hr_aws_time_http(FAKE_NOW_HTTP, &us) && us == FAKE_NOW_US);
    static const char *const wrong[] = {"",
                                        "2026-01-31",
                                        "2026-13-31T12:00:00Z",
                                        "2026-01-31T12:00:00",
                                        "2026-01-31T24:00:00Z",
                                        "2026-01-31T12:00:00+01:00"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(hr_aws_time_iso8601(wrong[i], &us));
    assert_false(hr_aws_time_http("Sat, 31 Foo 2026 12:00:00 GMT", &us));
    assert_false(hr_aws_time_http("Sat, 31 anF 2026 12:00:00 GMT", &us));
    assert_false(hr_aws_time_http("Saturday", &us));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ini_is_read),
        cmocka_unit_test(damaged_ini_is_refused_without_its_text),
        cmocka_unit_test(region_is_found_in_order),
        cmocka_unit_test(endpoints_are_found_in_order),
        cmocka_unit_test(profile_must_exist_when_asked_for),
        cmocka_unit_test(credentials_file_goes_before_config),
        cmocka_unit_test(damaged_file_is_named),
        cmocka_unit_test(a_file_is_limited),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
