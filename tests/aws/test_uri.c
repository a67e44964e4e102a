/* Percent-encoding as signatures want it, and addresses of endpoints. */
#include "support/check.h"

#include "aws/uri.h"
#include "base/limits.h"

static void assert_encoded(const char *text, bool keep_slash, const char *expected)
{
    struct hr_buffer out;
    hr_buffer_init(&out, 4096);
    hr_uri_encode(&out, text, keep_slash);
    assert_string_equal(hr_buffer_text(&out), expected);
    hr_buffer_clear(&out);
}

static void encodes_all_but_the_unreserved(void **state)
{
    (void)state;
    assert_encoded("AZaz09-._~", false, "AZaz09-._~");
    assert_encoded("a b+c%d/e", false, "a%20b%2Bc%25d%2Fe");
    assert_encoded("a/b//c", true, "a/b//c");
    assert_encoded("\xC3\xA9\xE2\x82\xAC", true, "%C3%A9%E2%82%AC");
    assert_encoded("'\"$;&|<>*?()!", false, "%27%22%24%3B%26%7C%3C%3E%2A%3F%28%29%21");
}

static void assert_decoded(const char *text, bool form, const char *expected)
{
    struct hr_buffer out;
    struct hr_error error;
    hr_buffer_init(&out, 4096);
    assert_ok(hr_uri_decode(&out, hr_view_text(text), form, &error), &error);
    assert_string_equal(hr_buffer_text(&out), expected);
    hr_buffer_clear(&out);
}

static void decodes_once(void **state)
{
    (void)state;
    assert_decoded("red+flower.jpg", true, "red flower.jpg");
    assert_decoded("red+flower.jpg", false, "red+flower.jpg");
    assert_decoded("b+c%2B%C3%a9.mp4", true, "b c+\xC3\xA9.mp4");
    assert_decoded("100%2525", true, "100%25");
    assert_decoded("", true, "");
}

static void refuses_damaged_escapes(void **state)
{
    (void)state;
    static const char *const damaged[] = {"a%", "a%4", "%zz", "%4g", "%00", "%ff", "%C3"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct hr_buffer out;
        struct hr_error error;
        hr_buffer_init(&out, 64);
        assert_int_equal(hr_uri_decode(&out, hr_view_text(damaged[i]), true, &error), HR_ERR_FORMAT);
        hr_buffer_clear(&out);
    }
}

static void query_is_sorted_after_encoding(void **state)
{
    (void)state;
    struct hr_buffer out;
    struct hr_error error;
    const struct hr_pair query[] = {{"prefix", "a b"}, {"a", "2"},        {"a", "1"},
                                    {"a-b", ""},       {"\xC3\xA9", "/"}, {"Z", "~"}};
    hr_buffer_init(&out, 4096);
    assert_ok(hr_uri_query(&out, query, 6, &error), &error);
    assert_string_equal(hr_buffer_text(&out), "%C3%A9=%2F&Z=~&a=1&a=2&a-b=&prefix=a%20b");
    hr_buffer_clear(&out);
    assert_ok(hr_uri_query(&out, NULL, 0, &error), &error);
    assert_string_equal(hr_buffer_text(&out), "");
}

static void endpoint_has_its_parts(void **state)
{
    (void)state;
    struct hr_endpoint endpoint;
    struct hr_error error;
    assert_ok(hr_endpoint_parse(&endpoint, "http://LocalHost:9000/", &error), &error);
    assert_string_equal(endpoint.scheme, "http");
    assert_string_equal(endpoint.host, "localhost:9000");
    assert_string_equal(endpoint.base, "");
    assert_ok(hr_endpoint_parse(&endpoint, "HTTPS://[::1]:8443/aws/s3//", &error), &error);
    assert_string_equal(endpoint.scheme, "https");
    assert_string_equal(endpoint.host, "[::1]:8443");
    assert_string_equal(endpoint.base, "/aws/s3");
}

static void endpoint_may_not_be_anything_else(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",           "localhost:9000",     "ftp://a",      "http://",
                                        "http:///a",  "http://u:secret@a",  "http://a?b=c", "http://a/b#c",
                                        "http://a b", "file:///etc/passwd", "http://a\r\nb"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct hr_endpoint endpoint;
        struct hr_error error;
        assert_int_equal(hr_endpoint_parse(&endpoint, wrong[i], &error), HR_ERR_ARGUMENT);
        assert_null(strstr(error.text, "secret"));
    }
}

static void in_the_clear_no_further_than_said(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool loopback, link_local, anywhere;
    } cases[] = {{"https://a.example/x", true, true, true},
                 {"HTTPS://10.0.0.1", true, true, true},
                 {"http://127.0.0.1:9000/b/k?x=@", true, true, true},
                 {"http://localhost", true, true, true},
                 {"http://[::1]:9000/", true, true, true},
                 {"http://169.254.170.2/v2/keys", false, true, true},
                 {"http://[fd00:ec2::254]/latest", false, true, true},
                 {"http://10.0.0.1:9000/", false, false, true},
                 {"HTTP://a.example", false, false, true},
                 {"http://127.0.0.1@a.example/", false, false, true},
                 {"http://127.0.0.1.a.example/", false, false, true},
                 {"http://127.0.0.1\\a.example/", false, false, true},
                 {"http:///a.example/", false, false, true},
                 {"a.example:9000", false, false, false},
                 {"localhost:9000", false, false, false},
                 {"//localhost", false, false, false},
                 {"", false, false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_error error;
        assert_int_equal(hr_url_check(cases[i].url, HR_CLEAR_LOOPBACK, &error) == HR_OK, cases[i].loopback);
        assert_int_equal(hr_url_check(cases[i].url, HR_CLEAR_LINK_LOCAL, &error) == HR_OK, cases[i].link_local);
        assert_int_equal(hr_url_check(cases[i].url, HR_CLEAR_ANYWHERE, &error) == HR_OK, cases[i].anywhere);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_all_but_the_unreserved),
        cmocka_unit_test(decodes_once),
        cmocka_unit_test(refuses_damaged_escapes),
        cmocka_unit_test(query_is_sorted_after_encoding),
        cmocka_unit_test(endpoint_has_its_parts),
        cmocka_unit_test(endpoint_may_not_be_anything_else),
        cmocka_unit_test(in_the_clear_no_further_than_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
