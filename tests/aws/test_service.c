/* Against a real S3 (MinIO), which checks every signature. The environment names it:
 * tests/service/servers.py. */
#include "support/check.h"

#include <stdio.h>

#include "aws/s3.h"
#include "aws/xml.h"
#include "fake.h"

struct fixture {
    struct fake_environment environment; /* goes before the real one */
    struct hr_aws *aws;
    char bucket[HR_S3_BUCKET_SIZE];
};

static const char *get_variable(void *context, const char *name)
{
    const char *own = fake_get(context, name);
    return own != NULL ? own : getenv(name);
}

static struct hr_aws *open_client(struct fake_environment *environment)
{
    struct hr_aws *aws;
    struct hr_error error;
    const struct hr_aws_options options = {.environment = {get_variable, environment}};
    assert_ok(hr_aws_open(&aws, &options, &error), &error);
    return aws;
}

static void make_bucket(struct fixture *f)
{
    char path[HR_S3_BUCKET_SIZE + 1];
    struct hr_aws_answer answer;
    struct hr_error error;
    struct hr_random random = hr_random_system();
    snprintf(f->bucket, sizeof f->bucket, "aws-test-%08x", random.next(random.context));
    snprintf(path, sizeof path, "/%s", f->bucket);
    const struct hr_aws_request request = {.service = HR_AWS_S3, .method = "PUT", .path = path, .repeatable = true};
    hr_aws_answer_init(&answer);
    assert_ok(hr_aws_call(f->aws, &request, &answer, &error), &error);
    hr_aws_answer_clear(&answer);
}

static int start(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.environment = {.count = 0}};
    fixture.aws = open_client(&fixture.environment);
    make_bucket(&fixture);
    *state = &fixture;
    return 0;
}

static int stop(void **state)
{
    hr_aws_close(((struct fixture *)*state)->aws);
    return 0;
}

static void put(struct fixture *f, const char *key, const char *text)
{
    struct hr_error error;
    const struct hr_s3_put put = {.object = {f->bucket, key, NULL}};
    assert_ok(hr_s3_put(f->aws, &put, hr_view_text(text), NULL, &error), &error);
}

static const char *const keys[] = {
    "plain.mp4",         "a b+c.mp4",        "100%25.mp4",      "caf\xC3\xA9/\xE6\x95\x99\xE5\xAE\xA4.mp4",
    "it's \"q\".mp4",    "$(rm);&|<>*?.mp4", "a=b&c=d#e?f.mp4", "~tilde,colon:semi;at@.mp4",
    "dir/sub/x!(1).mp4", "back\\slash.mp4",
};
#define KEY_COUNT (sizeof keys / sizeof *keys)

static enum hr_status count_keys(void *context, const struct hr_s3_item *item, struct hr_error *error)
{
    (void)error;
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(item->key, keys[i]) == 0)
            ++*(size_t *)context;
    return HR_OK;
}

static void keys_of_every_kind(void **state)
{
    struct fixture *f = *state;
    struct hr_error error;
    struct hr_buffer out;
    size_t found = 0;
    hr_buffer_init(&out, 256);
    for (size_t i = 0; i < KEY_COUNT; i++)
        put(f, keys[i], keys[i]);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const struct hr_s3_object object = {f->bucket, keys[i], NULL};
        assert_ok(hr_s3_get(f->aws, &object, NULL, NULL, &out, NULL, &error), &error);
        assert_string_equal(hr_buffer_text(&out), keys[i]);
        hr_buffer_clear(&out);
    }
    const struct hr_s3_list list = {.bucket = f->bucket, .each = count_keys, .context = &found};
    assert_ok(hr_s3_list(f->aws, &list, &error), &error);
    assert_int_equal(found, KEY_COUNT);
}

static enum hr_status count_all(void *context, const struct hr_s3_item *item, struct hr_error *error)
{
    (void)item;
    (void)error;
    ++*(size_t *)context;
    return HR_OK;
}

static void listing_of_more_than_a_page(void **state)
{
    struct fixture *f = *state;
    struct hr_error error;
    size_t found = 0;
    char key[32];
    for (int i = 0; i < 1005; i++) {
        snprintf(key, sizeof key, "many/%04d", i);
        put(f, key, "");
    }
    struct hr_s3_list list = {.bucket = f->bucket, .prefix = "many/", .each = count_all, .context = &found};
    assert_ok(hr_s3_list(f->aws, &list, &error), &error);
    assert_int_equal(found, 1005);
    found = 0;
    list.start_after = "many/1000";
    assert_ok(hr_s3_list(f->aws, &list, &error), &error);
    assert_int_equal(found, 4);
}

#define BIG_BYTES ((size_t)(17 << 20) + 3)

static void large_object_in_parts_and_ranges(void **state)
{
    struct fixture *f = *state;
    struct hr_error error;
    struct hr_stream stream;
    struct hr_s3_info info;
    size_t got;
    uint8_t *bytes = malloc(BIG_BYTES), into[64];
    for (size_t i = 0; i < BIG_BYTES; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    const struct hr_s3_put put = {.object = {f->bucket, "big", NULL}, .if_absent = true};
    assert_ok(hr_stream_open_memory(&stream, hr_view_of(bytes, BIG_BYTES), &error), &error);
    assert_ok(hr_s3_put_stream(f->aws, &put, &stream, &info, &error), &error);
    hr_stream_close(&stream);
    struct hr_s3_range range = {BIG_BYTES - 50, sizeof into, info.etag};
    assert_ok(hr_s3_get_range(f->aws, &put.object, &range, NULL, into, &got, &info, &error), &error);
    assert_int_equal(got, 50);
    assert_memory_equal(into, bytes + BIG_BYTES - 50, 50);
    assert_int_equal(info.size_bytes, BIG_BYTES);
    range.offset_bytes = BIG_BYTES;
    assert_int_equal(hr_s3_get_range(f->aws, &put.object, &range, NULL, into, &got, NULL, &error), HR_END);
    /* Replaced meanwhile. */
    range.offset_bytes = 0;
    const struct hr_s3_put again = {.object = put.object};
    assert_ok(hr_s3_put(f->aws, &again, hr_view_text("other"), NULL, &error), &error);
    assert_int_equal(hr_s3_get_range(f->aws, &put.object, &range, NULL, into, &got, NULL, &error), HR_ERR_CONFLICT);
    free(bytes);
}

static void conditions_hold(void **state)
{
    struct fixture *f = *state;
    struct hr_error error;
    struct hr_s3_info info;
    struct hr_buffer out;
    const struct hr_s3_put once = {.object = {f->bucket, "once", NULL}, .if_absent = true};
    hr_buffer_init(&out, 64);
    assert_ok(hr_s3_put(f->aws, &once, hr_view_text("1"), &info, &error), &error);
    assert_error(hr_s3_put(f->aws, &once, hr_view_text("2"), NULL, &error), HR_ERR_CONFLICT, &error,
                 "PreconditionFailed");
    assert_int_equal(hr_s3_get(f->aws, &once.object, info.etag, NULL, &out, NULL, &error), HR_END);
    const struct hr_s3_put swap = {.object = once.object, .if_match = info.etag};
    assert_ok(hr_s3_put(f->aws, &swap, hr_view_text("3"), NULL, &error), &error);
    assert_int_equal(hr_s3_put(f->aws, &swap, hr_view_text("4"), NULL, &error), HR_ERR_CONFLICT);
    assert_ok(hr_s3_delete(f->aws, &once.object, NULL, &error), &error);
    assert_ok(hr_s3_delete(f->aws, &once.object, NULL, &error), &error);
    assert_int_equal(hr_s3_head(f->aws, &once.object, NULL, &info, &error), HR_ERR_NOT_FOUND);
    hr_buffer_clear(&out);
}

static void assert_head(struct fake_environment *environment, const struct fixture *f, const struct hr_clock *clock,
                        enum hr_status expected, const char *part)
{
    struct hr_error error = {.text = ""};
    struct hr_s3_info info;
    struct hr_buffer out;
    struct hr_aws *aws;
    const struct hr_s3_object object = {f->bucket, "here", NULL};
    const struct hr_aws_options options = {.environment = {get_variable, environment}, .clock = clock};
    hr_buffer_init(&out, 64);
    assert_ok(hr_aws_open(&aws, &options, &error), &error);
    enum hr_status status = hr_s3_get(aws, &object, NULL, NULL, &out, &info, &error);
    if (status != expected || strstr(error.text, part) == NULL)
        fail_msg("%s: '%s'", hr_status_name(status), error.text);
    assert_null(strstr(error.text, "wrong-secret"));
    hr_buffer_clear(&out);
    hr_aws_close(aws);
}

static void wrong_keys_are_refused_and_told_apart(void **state)
{
    struct fixture *f = *state;
    struct fake_environment secret = {.count = 0}, key = {.count = 0}, region = {.count = 0};
    put(f, "here", "1");
    fake_set(&secret, "AWS_SECRET_ACCESS_KEY", "wrong-secret");
    assert_head(&secret, f, NULL, HR_ERR_PERMISSION, "AWS_SECRET_ACCESS_KEY");
    fake_set(&key, "AWS_ACCESS_KEY_ID", "NOBODY");
    assert_head(&key, f, NULL, HR_ERR_PERMISSION, "AWS_ACCESS_KEY_ID");
    /* Signed for another region, then for the one that the server names. */
    fake_set(&region, "AWS_REGION", "ap-south-1");
    assert_head(&region, f, NULL, HR_OK, "");
}

static int64_t hour_ahead(void *context)
{
    (void)context;
    return hr_clock_system()->wall_us(NULL) + INT64_C(3600) * 1000000;
}

static void clock_that_is_off(void **state)
{
    struct fixture *f = *state;
    struct fake_environment none = {.count = 0};
    struct hr_clock clock = *hr_clock_system();
    clock.wall_us = hour_ahead;
    put(f, "here", "1");
    assert_head(&none, f, &clock, HR_OK, "");
}

/* Temporary keys as Lambda gives them: good with their token, and only with it. */
static void session_token(void **state)
{
    struct fixture *f = *state;
    static const char form[] = "Action=AssumeRole&Version=2011-06-15&DurationSeconds=900";
    const struct hr_pair type = {"Content-Type", "application/x-www-form-urlencoded"};
    const struct hr_aws_request request = {.service = HR_AWS_STS,
                                           .method = "POST",
                                           .headers = &type,
                                           .header_count = 1,
                                           .body = hr_view_text(form),
                                           .repeatable = true};
    struct fake_environment sts = {.count = 0}, with = {.count = 0}, without = {.count = 0};
    struct hr_aws_answer answer;
    struct hr_error error;
    char key_id[128], secret[128], token[512];
    const char *endpoint = getenv("AWS_ENDPOINT_URL_S3");
    put(f, "here", "1");
    if (endpoint != NULL)
        fake_set(&sts, "AWS_ENDPOINT_URL_STS", endpoint);
    struct hr_aws *aws = open_client(&sts);
    hr_aws_answer_init(&answer);
    assert_ok(hr_aws_call(aws, &request, &answer, &error), &error);
    struct hr_view body = hr_buffer_view(&answer.http.body);
    assert_true(hr_xml_find(body, "AccessKeyId", key_id, sizeof key_id));
    assert_true(hr_xml_find(body, "SecretAccessKey", secret, sizeof secret));
    assert_true(hr_xml_find(body, "SessionToken", token, sizeof token));
    hr_aws_answer_clear(&answer);
    hr_aws_close(aws);
    fake_set(&without, "AWS_ACCESS_KEY_ID", key_id);
    fake_set(&without, "AWS_SECRET_ACCESS_KEY", secret);
    with = without;
    fake_set(&with, "AWS_SESSION_TOKEN", token);
    assert_head(&with, f, NULL, HR_OK, "");
    assert_head(&without, f, NULL, HR_ERR_PERMISSION, "s3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_of_every_kind, start, stop),
        cmocka_unit_test_setup_teardown(listing_of_more_than_a_page, start, stop),
        cmocka_unit_test_setup_teardown(large_object_in_parts_and_ranges, start, stop),
        cmocka_unit_test_setup_teardown(conditions_hold, start, stop),
        cmocka_unit_test_setup_teardown(wrong_keys_are_refused_and_told_apart, start, stop),
        cmocka_unit_test_setup_teardown(clock_that_is_off, start, stop),
        cmocka_unit_test_setup_teardown(session_token, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
