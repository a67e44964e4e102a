#include "support/check.h"

#include "base/view.h"

static void equal_compares_bytes(void **state)
{
    (void)state;
    assert_true(hr_view_equal(hr_view_text("abc"), hr_view_of("abcd", 3)));
    assert_false(hr_view_equal(hr_view_text("abc"), hr_view_text("abd")));
    assert_false(hr_view_equal(hr_view_text("abc"), hr_view_text("ab")));
    assert_true(hr_view_equal(hr_view_of("a\0b", 3), hr_view_of("a\0b", 3)));
    assert_false(hr_view_equal(hr_view_of("a\0b", 3), hr_view_of("a\0c", 3)));
    assert_true(hr_view_equal(hr_view_of(NULL, 0), hr_view_text("")));
}

struct utf8_case {
    const char *bytes;
    size_t size;
    bool good;
};
#define GOOD(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof(text) - 1, true                                                                                   \
    }
#define BAD(text)                                                                                                      \
    {                                                                                                                  \
        text, sizeof(text) - 1, false                                                                                  \
    }

/* The edges of RFC 3629's table. */
static void utf8_edges(void **state)
{
    (void)state;
    static const struct utf8_case cases[] = {
        GOOD(""),
        GOOD("\x01\x7F"),
        BAD("\x00"),
        BAD("a\x00z"),
        BAD("\x80"),
        BAD("\xBF"),
        BAD("\xC0\x80"),
        BAD("\xC1\xBF"),
        GOOD("\xC2\x80"),
        GOOD("\xDF\xBF"),
        BAD("\xC2"),
        BAD("\xC2\x7F"),
        BAD("\xC2\xC0"),
        BAD("\xE0\x9F\xBF"),
        GOOD("\xE0\xA0\x80"),
        GOOD("\xED\x9F\xBF"),
        BAD("\xED\xA0\x80"),
        BAD("\xED\xBF\xBF"),
        GOOD("\xEE\x80\x80"),
        GOOD("\xEF\xBF\xBF"),
        BAD("\xE2\x82"),
        BAD("\xF0\x8F\xBF\xBF"),
        GOOD("\xF0\x90\x80\x80"),
        GOOD("\xF4\x8F\xBF\xBF"),
        BAD("\xF4\x90\x80\x80"),
        BAD("\xF0\x9F\x98"),
        BAD("\xF5\x80\x80\x80"),
        BAD("\xF8\x88\x80\x80\x80"),
        BAD("\xFE"),
        BAD("\xFF"),
        GOOD("J\xC3\xBCrgen \xE9\x99\x88 \xF0\x9F\x98\x80"),
        BAD("fine until h\xE9re"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* A block of exactly that size, so that the address sanitizer sees a read past it. */
        uint8_t *exact = malloc(cases[i].size + (cases[i].size == 0));
        memcpy(exact, cases[i].bytes, cases[i].size);
        if (hr_view_is_utf8(hr_view_of(exact, cases[i].size)) != cases[i].good)
            fail_msg("case %zu should be %s", i, cases[i].good ? "good" : "bad");
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_compares_bytes),
        cmocka_unit_test(utf8_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
