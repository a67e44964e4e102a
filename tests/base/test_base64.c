#include "support/check.h"

#include "base/base64.h"

/* RFC 4648, section 10 */
static const struct {
    const char *bytes, *text;
} vectors[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

static void the_vectors_of_the_standard_go_both_ways(void **state)
{
    struct hr_error error;
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct hr_buffer out;
        hr_buffer_init(&out, 100);
        hr_base64_append(&out, hr_view_text(vectors[i].bytes));
        assert_string_equal(hr_buffer_text(&out), vectors[i].text);
        hr_buffer_clear(&out);
        assert_ok(hr_base64_decode(&out, hr_view_text(vectors[i].text), &error), &error);
        assert_string_equal(hr_buffer_text(&out), vectors[i].bytes);
        hr_buffer_clear(&out);
    }
}

static void every_byte_comes_back(void **state)
{
    uint8_t bytes[1024];
    struct hr_buffer text, out;
    struct hr_error error;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    hr_buffer_init(&text, 4096);
    hr_buffer_init(&out, 4096);
    hr_base64_append(&text, hr_view_of(bytes, sizeof bytes));
    assert_ok(hr_base64_decode(&out, hr_buffer_view(&text), &error), &error);
    assert_true(hr_view_equal(hr_buffer_view(&out), hr_view_of(bytes, sizeof bytes)));
    hr_buffer_clear(&text);
    hr_buffer_clear(&out);
}

static void what_is_none_is_refused(void **state)
{
    static const char *const bad[] = {"Z",         "Zg",   "Zg=",  "Z===", "Zm9v\n",
                                      "Zm9v Zm9v", "Zm-_", "=Zg=", "Zm=v", "Zm9\xff"};
    struct hr_error error;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_buffer out;
        hr_buffer_init(&out, 100);
        assert_error(hr_base64_decode(&out, hr_view_text(bad[i]), &error), HR_ERR_FORMAT, &error, "no base64");
        hr_buffer_clear(&out);
    }
    struct hr_buffer small;
    hr_buffer_init(&small, 2);
    assert_error(hr_base64_decode(&small, hr_view_text("Zm9v"), &error), HR_ERR_LIMIT, &error, "");
    hr_buffer_clear(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_vectors_of_the_standard_go_both_ways),
                                       cmocka_unit_test(every_byte_comes_back),
                                       cmocka_unit_test(what_is_none_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
