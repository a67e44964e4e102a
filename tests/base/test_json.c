#include "support/check.h"

#include <math.h>

#include "base/json.h"

static struct hr_json *parse(const char *text)
{
    struct hr_error error;
    struct hr_json *value = NULL;
    assert_ok(hr_json_parse(&value, hr_view_text(text), &error), &error);
    return value;
}

static void parses_every_type(void **state)
{
    (void)state;
    struct hr_json *value = parse("{\"n\":null,\"b\":true,\"i\":-9007199254740993,\"r\":0.5,\"t\":\"Zo\\u00eb\","
                                  "\"a\":[1,[2],{}]}");
    assert_int_equal(hr_json_type(value), HR_JSON_OBJECT);
    assert_int_equal(hr_json_size(value), 6);
    assert_int_equal(hr_json_type(hr_json_get(value, "n")), HR_JSON_NULL);
    assert_int_equal(hr_json_type(hr_json_get(value, "b")), HR_JSON_BOOLEAN);
    assert_true(hr_json_boolean(hr_json_get(value, "b")));
    assert_int_equal(hr_json_type(hr_json_get(value, "i")), HR_JSON_INTEGER);
    assert_int_equal(hr_json_integer(hr_json_get(value, "i")), INT64_C(-9007199254740993));
    assert_int_equal(hr_json_type(hr_json_get(value, "r")), HR_JSON_REAL);
    assert_true(hr_json_number(hr_json_get(value, "r")) == 0.5);
    assert_int_equal(hr_json_type(hr_json_get(value, "t")), HR_JSON_STRING);
    assert_string_equal(hr_json_text(hr_json_get(value, "t")), "Zoë");
    const struct hr_json *array = hr_json_get(value, "a");
    assert_int_equal(hr_json_type(array), HR_JSON_ARRAY);
    assert_int_equal(hr_json_size(array), 3);
    assert_int_equal(hr_json_integer(hr_json_at(array, 0)), 1);
    assert_int_equal(hr_json_type(hr_json_at(array, 1)), HR_JSON_ARRAY);
    assert_int_equal(hr_json_type(hr_json_at(array, 2)), HR_JSON_OBJECT);
    hr_json_free(value);
}

static void a_value_alone_is_json(void **state)
{
    (void)state;
    struct hr_json *value = parse(" 42 ");
    assert_int_equal(hr_json_integer(value), 42);
    assert_true(hr_json_number(value) == 42.0);
    hr_json_free(value);
}

/* Asking for what is not there, or for another type, gives the neutral answer. */
static void wrong_questions_are_harmless(void **state)
{
    (void)state;
    struct hr_json *value = parse("{\"a\":[1],\"t\":\"1\"}");
    assert_null(hr_json_get(value, "missing"));
    assert_null(hr_json_get(NULL, "a"));
    assert_null(hr_json_get(hr_json_get(value, "a"), "a"));
    assert_null(hr_json_at(hr_json_get(value, "a"), 1));
    assert_null(hr_json_at(value, 0));
    assert_int_equal(hr_json_type(NULL), HR_JSON_NULL);
    assert_int_equal(hr_json_size(NULL), 0);
    assert_null(hr_json_text(NULL));
    assert_null(hr_json_text(hr_json_get(value, "a")));
    assert_int_equal(hr_json_integer(hr_json_get(value, "t")), 0);
    assert_true(hr_json_number(hr_json_get(value, "t")) == 0);
    assert_false(hr_json_boolean(hr_json_get(value, "t")));
    hr_json_free(value);
    hr_json_free(NULL);
}

static void members_come_in_order(void **state)
{
    (void)state;
    struct hr_json *value = parse("{\"z\":1,\"a\":2,\"m\":3}");
    static const char *const keys[] = {"z", "a", "m"};
    for (size_t i = 0; i < 3; i++) {
        const char *key = NULL;
        assert_int_equal(hr_json_integer(hr_json_member(value, i, &key)), i + 1);
        assert_string_equal(key, keys[i]);
    }
    const char *key = NULL;
    assert_null(hr_json_member(value, 3, &key));
    hr_json_free(value);
}

static void bad_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      "{",     "{\"a\":1,}",           "{\"a\":1 \"b\":2}", "[1,2",        "{'a':1}",  "nul",
        "01",    "1e999", "99999999999999999999", "\"\\u0000\"",       "\"\\uD800\"", "\"\xFF\"", "\"line\nbreak\"",
        "{} {}", "NaN",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hr_error error;
        struct hr_json *value = NULL;
        enum hr_status status = hr_json_parse(&value, hr_view_text(bad[i]), &error);
        if (status != HR_ERR_FORMAT)
            fail_msg("'%s' was taken", bad[i]);
        assert_null(value);
    }
    struct hr_error error;
    struct hr_json *value = NULL;
    assert_error(hr_json_parse(&value, hr_view_text("{\n  \"a\": oops\n}"), &error), HR_ERR_FORMAT, &error,
                 "line 2, column 11");
    assert_error(hr_json_parse(&value, hr_view_text("{\"a\":1,\"a\":2}"), &error), HR_ERR_FORMAT, &error, "duplicate");
    assert_int_equal(hr_json_parse(&value, hr_view_of(NULL, 0), &error), HR_ERR_FORMAT);
}

/* Only as far as the view goes. */
static void parse_stays_inside_the_view(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_json *value = NULL;
    char *exact = malloc(3);
    memcpy(exact, "[1]", 3);
    assert_ok(hr_json_parse(&value, hr_view_of(exact, 3), &error), &error);
    hr_json_free(value);
    assert_int_equal(hr_json_parse(&value, hr_view_of(exact, 2), &error), HR_ERR_FORMAT);
    free(exact);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_json *value = NULL;
    char deep[5000];
    memset(deep, '[', sizeof deep);
    assert_error(hr_json_parse(&value, hr_view_of(deep, sizeof deep), &error), HR_ERR_FORMAT, &error, "depth");
}

static void written_compact_and_pretty(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_json *object = hr_json_object_new();
    struct hr_json *array = hr_json_array_new();
    assert_true(hr_json_append(array, hr_json_integer_new(INT64_MIN)));
    assert_true(hr_json_append(array, hr_json_real_new(0.1)));
    assert_true(hr_json_append(array, hr_json_real_new(1.0 / 3)));
    assert_true(hr_json_append(array, hr_json_real_new(2)));
    assert_true(hr_json_set(object, "numbers", array));
    assert_true(hr_json_set(object, "infinite", hr_json_real_new(INFINITY)));
    assert_true(hr_json_set(object, "not", hr_json_real_new(NAN)));
    assert_true(hr_json_set(object, "text", hr_json_text_new("Zoë \"\\\n\x01")));
    assert_true(hr_json_set(object, "none", hr_json_text_new(NULL)));
    assert_true(hr_json_set(object, "no", hr_json_boolean_new(false)));
    struct hr_buffer out;
    hr_buffer_init(&out, 1000);
    assert_ok(hr_json_write(object, false, &out, &error), &error);
    assert_string_equal(hr_buffer_text(&out), "{\"numbers\":[-9223372036854775808,0.1,0.333333,2.0],\"infinite\":null,"
                                              "\"not\":null,\"text\":\"Zoë \\\"\\\\\\n\\u0001\",\"none\":null,"
                                              "\"no\":false}");
    hr_buffer_clear(&out);
    assert_true(hr_json_set(object, "numbers", hr_json_array_new()));
    assert_ok(hr_json_write(object, true, &out, &error), &error);
    assert_string_equal(hr_buffer_text(&out), "{\n  \"numbers\": [],\n  \"infinite\": null,\n  \"not\": null,\n"
                                              "  \"text\": \"Zoë \\\"\\\\\\n\\u0001\",\n  \"none\": null,\n"
                                              "  \"no\": false\n}");
    hr_buffer_clear(&out);
    hr_json_free(object);
}

static void setters_tell_of_failure_and_take_the_value(void **state)
{
    (void)state;
    struct hr_json *object = hr_json_object_new();
    struct hr_json *array = hr_json_array_new();
    assert_false(hr_json_set(object, "latin", hr_json_text_new("\xE9")));
    assert_false(hr_json_set(object, "none", NULL));
    assert_false(hr_json_set(object, "bad\xFFkey", hr_json_integer_new(1)));
    assert_false(hr_json_set(array, "key", hr_json_integer_new(1)));
    assert_false(hr_json_set(NULL, "key", hr_json_integer_new(1)));
    assert_false(hr_json_append(array, NULL));
    assert_false(hr_json_append(object, hr_json_integer_new(1)));
    assert_false(hr_json_append(NULL, hr_json_integer_new(1)));
    assert_int_equal(hr_json_size(object), 0);
    assert_int_equal(hr_json_size(array), 0);
    hr_json_free(object);
    hr_json_free(array); /* the leak sanitizer sees a value that was not taken */
}

static void writing_stops_at_the_cap(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_json *text = hr_json_text_new("0123456789");
    for (size_t cap = 11; cap <= 13; cap++) {
        struct hr_buffer out;
        hr_buffer_init(&out, cap);
        enum hr_status status = hr_json_write(text, false, &out, &error);
        assert_int_equal(status, cap < 12 ? HR_ERR_LIMIT : HR_OK);
        hr_buffer_clear(&out);
    }
    struct hr_buffer out;
    hr_buffer_init(&out, 100);
    assert_error(hr_json_write(NULL, false, &out, &error), HR_ERR_MEMORY, &error, "memory");
    hr_buffer_clear(&out);
    hr_json_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_every_type),
        cmocka_unit_test(a_value_alone_is_json),
        cmocka_unit_test(wrong_questions_are_harmless),
        cmocka_unit_test(members_come_in_order),
        cmocka_unit_test(bad_json_is_refused_with_its_place),
        cmocka_unit_test(parse_stays_inside_the_view),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(written_compact_and_pretty),
        cmocka_unit_test(setters_tell_of_failure_and_take_the_value),
        cmocka_unit_test(writing_stops_at_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
