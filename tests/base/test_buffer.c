#include "support/check.h"

#include "base/buffer.h"

static void starts_empty(void **state)
{
    (void)state;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 10);
    assert_null(buffer.data);
    assert_string_equal(hr_buffer_text(&buffer), "");
    assert_int_equal(hr_buffer_view(&buffer).size, 0);
    assert_int_equal(hr_buffer_check(&buffer, NULL), HR_OK);
    hr_buffer_clear(&buffer);
}

static void grows_and_stays_terminated(void **state)
{
    (void)state;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 1 << 20);
    for (int i = 0; i < 10000; i++) {
        hr_buffer_append_format(&buffer, "%04d,", i);
        assert_int_equal(buffer.data[buffer.size], 0);
    }
    assert_int_equal(buffer.size, 50000);
    assert_memory_equal(buffer.data, "0000,0001,", 10);
    assert_string_equal(hr_buffer_text(&buffer) + 50000 - 10, "9998,9999,");
    assert_int_equal(hr_buffer_check(&buffer, NULL), HR_OK);
    hr_buffer_clear(&buffer);
}

/* At, below and above the cap. */
static void cap_holds(void **state)
{
    (void)state;
    struct hr_error error;
    for (size_t size = 7; size <= 9; size++) {
        struct hr_buffer buffer;
        hr_buffer_init(&buffer, 8);
        hr_buffer_append(&buffer, hr_view_of("123456789", size));
        if (size <= 8) {
            assert_ok(hr_buffer_check(&buffer, &error), &error);
            assert_int_equal(buffer.size, size);
        } else {
            assert_error(hr_buffer_check(&buffer, &error), HR_ERR_LIMIT, &error, "8 bytes");
            assert_int_equal(buffer.size, 0);
        }
        hr_buffer_clear(&buffer);
    }
}

static void cap_holds_for_formats(void **state)
{
    (void)state;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 4);
    hr_buffer_append_format(&buffer, "%d", 1234);
    assert_int_equal(hr_buffer_check(&buffer, NULL), HR_OK);
    hr_buffer_append_format(&buffer, "%d", 5);
    assert_int_equal(hr_buffer_check(&buffer, NULL), HR_ERR_LIMIT);
    assert_string_equal(hr_buffer_text(&buffer), "1234");
    hr_buffer_clear(&buffer);
}

static void failure_is_sticky_until_cleared(void **state)
{
    (void)state;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 4);
    hr_buffer_append_text(&buffer, "12");
    hr_buffer_append_text(&buffer, "too long");
    hr_buffer_append_text(&buffer, "3");
    hr_buffer_append(&buffer, hr_view_of(NULL, 0));
    assert_string_equal(hr_buffer_text(&buffer), "12");
    assert_int_equal(hr_buffer_check(&buffer, NULL), HR_ERR_LIMIT);
    hr_buffer_clear(&buffer);
    hr_buffer_append_text(&buffer, "1234");
    assert_int_equal(hr_buffer_check(&buffer, NULL), HR_OK);
    assert_string_equal(hr_buffer_text(&buffer), "1234");
    hr_buffer_clear(&buffer);
}

static void takes_zero_bytes_and_nothing(void **state)
{
    (void)state;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 4);
    hr_buffer_append(&buffer, hr_view_of("a\0b", 3));
    hr_buffer_append(&buffer, hr_view_of(NULL, 0));
    hr_buffer_append_text(&buffer, "");
    assert_int_equal(buffer.size, 3);
    assert_memory_equal(buffer.data, "a\0b", 4);
    hr_buffer_clear(&buffer);
}

/* size + more + 1 would wrap around. */
static void cap_of_everything_does_not_overflow(void **state)
{
    (void)state;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, SIZE_MAX);
    hr_buffer_append(&buffer, hr_view_of("", SIZE_MAX));
    assert_int_equal(hr_buffer_check(&buffer, NULL), HR_ERR_LIMIT);
    assert_null(buffer.data);
    hr_buffer_clear(&buffer);
}

static void utf8_is_kept_or_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"Zoë 陈 \xF0\x9F\x98\x80", "Zoë 陈 \xF0\x9F\x98\x80"},
        {"a\xFFz", "a\xEF\xBF\xBDz"},
        {"\xC3", "\xEF\xBF\xBD"},   /* cut in a character */
        {"\xC3(", "\xEF\xBF\xBD("}, /* what follows is kept */
        {"\xF0\x9F\x98", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* a surrogate */
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                 /* '/' in an overlong form */
        {"\xE9t\xE9 é", "\xEF\xBF\xBDt\xEF\xBF\xBD é"},           /* Latin-1 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_buffer buffer;
        hr_buffer_init(&buffer, 100);
        hr_buffer_append_utf8(&buffer, cases[i].in);
        assert_string_equal(hr_buffer_text(&buffer), cases[i].out);
        assert_true(hr_view_is_utf8(hr_buffer_view(&buffer)));
        hr_buffer_clear(&buffer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_empty),
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(cap_holds),
        cmocka_unit_test(cap_holds_for_formats),
        cmocka_unit_test(failure_is_sticky_until_cleared),
        cmocka_unit_test(takes_zero_bytes_and_nothing),
        cmocka_unit_test(cap_of_everything_does_not_overflow),
        cmocka_unit_test(utf8_is_kept_or_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
