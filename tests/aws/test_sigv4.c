/* Signatures against Amazon's published examples: the Signature Version 4 test suite, and the
 * examples of S3's documentation. */
#include "support/check.h"

#include <stdio.h>

#include "aws/sigv4.h"
#include "base/hash.h"

/* 2015-08-30T12:36:00Z */
#define SUITE_TIME_US (INT64_C(1440938160) * 1000000)
/* 2013-05-24T00:00:00Z */
#define S3_TIME_US (INT64_C(1369353600) * 1000000)

static const struct hr_sigv4_keys suite_keys = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL};
static const struct hr_sigv4_keys s3_keys = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL};

static struct hr_sigv4_request suite_request(const char *method, const char *path)
{
    static const struct hr_pair host = {"Host", "example.amazonaws.com"};
    return (struct hr_sigv4_request){.method = method,
                                     .path = path,
                                     .headers = &host,
                                     .header_count = 1,
                                     .payload_hash = HR_SIGV4_EMPTY_HASH,
                                     .region = "us-east-1",
                                     .service = "service",
                                     .wall_us = SUITE_TIME_US};
}

static void assert_signature(const struct hr_sigv4_request *request, const struct hr_sigv4_keys *keys,
                             const char *signature, const char *signed_headers)
{
    struct hr_sigv4_signature out;
    struct hr_error error;
    hr_sigv4_signature_init(&out);
    assert_ok(hr_sigv4_sign(request, keys, &out, &error), &error);
    if (strcmp(out.signature, signature) != 0)
        fail_msg("%s, not %s, of:\n%s", out.signature, signature, hr_buffer_text(&out.canonical));
    char expected[256];
    snprintf(expected, sizeof expected, "SignedHeaders=%s, Signature=%s", signed_headers, signature);
    assert_non_null(strstr(hr_buffer_text(&out.authorization), expected));
    hr_sigv4_signature_clear(&out);
}

static void suite_paths(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *path;
        const char *signature;
    } cases[] = {
        {"GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        {"POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        {"GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
         "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_sigv4_request request = suite_request(cases[i].method, cases[i].path);
        assert_signature(&request, &suite_keys, cases[i].signature, "host;x-amz-date");
    }
}

static void suite_query(void **state)
{
    (void)state;
    struct hr_sigv4_request request = suite_request("GET", "/");
    const struct hr_pair query[] = {{"Param2", "value2"}, {"Param1", "value1"}};
    request.query = query;
    request.query_count = 2;
    assert_signature(&request, &suite_keys, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
                     "host;x-amz-date");
}

static void suite_headers(void **state)
{
    (void)state;
    struct hr_sigv4_request request = suite_request("GET", "/");
    const struct hr_pair trimmed[] = {
        {"Host", "example.amazonaws.com"}, {"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}};
    request.headers = trimmed;
    request.header_count = 3;
    assert_signature(&request, &suite_keys, "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
                     "host;my-header1;my-header2;x-amz-date");
    const struct hr_pair repeated[] = {{"Host", "example.amazonaws.com"},
                                       {"My-Header1", "value2"},
                                       {"My-Header1", "value2"},
                                       {"My-Header1", "value1"}};
    request.headers = repeated;
    request.header_count = 4;
    assert_signature(&request, &suite_keys, "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
                     "host;my-header1;x-amz-date");
    const struct hr_pair sorted[] = {{"My-Header1", "value1"}, {"Host", "example.amazonaws.com"}};
    request = suite_request("POST", "/");
    request.headers = sorted;
    request.header_count = 2;
    assert_signature(&request, &suite_keys, "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
                     "host;my-header1;x-amz-date");
}

static void suite_body(void **state)
{
    (void)state;
    struct hr_error error;
    char hash[HR_SHA256_HEX_SIZE];
    const struct hr_pair headers[] = {{"Content-Type", "application/x-www-form-urlencoded"},
                                      {"Host", "example.amazonaws.com"}};
    assert_ok(hr_sha256_hex(hr_view_text("Param1=value1"), hash, &error), &error);
    struct hr_sigv4_request request = suite_request("POST", "/");
    request.headers = headers;
    request.header_count = 2;
    request.payload_hash = hash;
    assert_signature(&request, &suite_keys, "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
                     "content-type;host;x-amz-date");
}

static void session_token_is_signed(void **state)
{
    (void)state;
    struct hr_sigv4_keys keys = suite_keys;
    keys.session_token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfp"
                         "SPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPky"
                         "QDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz"
                         "+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
    struct hr_sigv4_request request = suite_request("POST", "/");
    assert_signature(&request, &keys, "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
                     "host;x-amz-date;x-amz-security-token");
}

static struct hr_sigv4_request s3_request(const char *method, const char *path)
{
    static const struct hr_pair host = {"Host", "examplebucket.s3.amazonaws.com"};
    return (struct hr_sigv4_request){.method = method,
                                     .path = path,
                                     .headers = &host,
                                     .header_count = 1,
                                     .payload_hash = HR_SIGV4_EMPTY_HASH,
                                     .region = "us-east-1",
                                     .service = "s3",
                                     .s3 = true,
                                     .wall_us = S3_TIME_US};
}

static void s3_get_of_a_range(void **state)
{
    (void)state;
    const struct hr_pair headers[] = {{"Host", "examplebucket.s3.amazonaws.com"}, {"Range", "bytes=0-9"}};
    struct hr_sigv4_request request = s3_request("GET", "/test.txt");
    request.headers = headers;
    request.header_count = 2;
    assert_signature(&request, &s3_keys, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
                     "host;range;x-amz-content-sha256;x-amz-date");
}

static void s3_put(void **state)
{
    (void)state;
    struct hr_error error;
    char hash[HR_SHA256_HEX_SIZE];
    const struct hr_pair headers[] = {{"Host", "examplebucket.s3.amazonaws.com"},
                                      {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                      {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    assert_ok(hr_sha256_hex(hr_view_text("Welcome to Amazon S3."), hash, &error), &error);
    struct hr_sigv4_request request = s3_request("PUT", "/test$file.text");
    request.headers = headers;
    request.header_count = 3;
    request.payload_hash = hash;
    assert_signature(&request, &s3_keys, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
                     "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class");
}

static void s3_queries(void **state)
{
    (void)state;
    const struct hr_pair lifecycle = {"lifecycle", ""};
    const struct hr_pair list[] = {{"max-keys", "2"}, {"prefix", "J"}};
    struct hr_sigv4_request request = s3_request("GET", "/");
    request.query = &lifecycle;
    request.query_count = 1;
    assert_signature(&request, &s3_keys, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
                     "host;x-amz-content-sha256;x-amz-date");
    request.query = list;
    request.query_count = 2;
    assert_signature(&request, &s3_keys, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
                     "host;x-amz-content-sha256;x-amz-date");
}

static void s3_presigned(void **state)
{
    (void)state;
    struct hr_buffer query;
    struct hr_error error;
    struct hr_sigv4_request request = s3_request("GET", "/test.txt");
    hr_buffer_init(&query, 4096);
    assert_ok(hr_sigv4_presign(&request, &s3_keys, 86400, &query, &error), &error);
    assert_string_equal(hr_buffer_text(&query),
                        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east"
                        "-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders"
                        "=host&X-Amz-Signature="
                        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    hr_buffer_clear(&query);
}

static void assert_canonical_path(const struct hr_sigv4_request *request, const char *path)
{
    struct hr_sigv4_signature out;
    struct hr_error error;
    hr_sigv4_signature_init(&out);
    assert_ok(hr_sigv4_sign(request, &s3_keys, &out, &error), &error);
    const char *line = strchr(hr_buffer_text(&out.canonical), '\n') + 1;
    assert_int_equal(strcspn(line, "\n"), strlen(path));
    assert_memory_equal(line, path, strlen(path));
    hr_sigv4_signature_clear(&out);
}

static void s3_encodes_once_and_others_twice(void **state)
{
    (void)state;
    const char *key = "/a b/\xC3\xA9+%20//../'\"$x.mp4";
    struct hr_sigv4_request request = s3_request("GET", key);
    assert_canonical_path(&request, "/a%20b/%C3%A9%2B%2520//../%27%22%24x.mp4");
    request = suite_request("GET", key);
    assert_canonical_path(&request, "/a%2520b/%25C3%25A9%252B%252520//../%2527%2522%2524x.mp4");
}

static void refuses_what_cannot_be_signed(void **state)
{
    (void)state;
    struct hr_sigv4_signature out;
    struct hr_error error;
    const struct hr_pair broken[] = {{"Host", "a"}, {"X", "1\r\nHost: b"}};
    struct hr_sigv4_request request = suite_request("GET", "/");
    hr_sigv4_signature_init(&out);
    request.headers = broken;
    request.header_count = 2;
    assert_error(hr_sigv4_sign(&request, &suite_keys, &out, &error), HR_ERR_ARGUMENT, &error, "one line");
    request.header_count = 0;
    assert_error(hr_sigv4_sign(&request, &suite_keys, &out, &error), HR_ERR_ARGUMENT, &error, "host");
    struct hr_pair many[70];
    for (size_t i = 0; i < 70; i++)
        many[i] = (struct hr_pair){"Host", "a"};
    request.headers = many;
    request.header_count = 63; /* with the date 64: the limit */
    assert_ok(hr_sigv4_sign(&request, &suite_keys, &out, &error), &error);
    request.header_count = 64;
    assert_error(hr_sigv4_sign(&request, &suite_keys, &out, &error), HR_ERR_LIMIT, &error, "64");
    hr_sigv4_signature_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suite_paths),
        cmocka_unit_test(suite_query),
        cmocka_unit_test(suite_headers),
        cmocka_unit_test(suite_body),
        cmocka_unit_test(session_token_is_signed),
        cmocka_unit_test(s3_get_of_a_range),
        cmocka_unit_test(s3_put),
        cmocka_unit_test(s3_queries),
        cmocka_unit_test(s3_presigned),
        cmocka_unit_test(s3_encodes_once_and_others_twice),
        cmocka_unit_test(refuses_what_cannot_be_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
