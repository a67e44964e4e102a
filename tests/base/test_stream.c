#include "support/check.h"

#include "base/stream.h"

static void reads_to_the_end(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_stream stream;
    char into[4];
    size_t got = 0;
    assert_ok(hr_stream_open_memory(&stream, hr_view_text("abcdef"), &error), &error);
    assert_int_equal(stream.size_bytes, 6);
    assert_ok(stream.read(stream.context, into, sizeof into, &got, &error), &error);
    assert_int_equal(got, 4);
    assert_memory_equal(into, "abcd", 4);
    assert_ok(stream.read(stream.context, into, sizeof into, &got, &error), &error);
    assert_int_equal(got, 2);
    assert_memory_equal(into, "ef", 2);
    assert_int_equal(stream.read(stream.context, into, sizeof into, &got, &error), HR_END);
    assert_int_equal(stream.read(stream.context, into, sizeof into, &got, &error), HR_END);
    hr_stream_close(&stream);
}

static void seeks_to_the_end_and_not_past(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_stream stream;
    char into[4];
    size_t got = 0;
    assert_ok(hr_stream_open_memory(&stream, hr_view_text("abcdef"), &error), &error);
    assert_ok(stream.seek(stream.context, 5, &error), &error);
    assert_ok(stream.read(stream.context, into, sizeof into, &got, &error), &error);
    assert_int_equal(got, 1);
    assert_memory_equal(into, "f", 1);
    assert_ok(stream.seek(stream.context, 6, &error), &error);
    assert_int_equal(stream.read(stream.context, into, sizeof into, &got, &error), HR_END);
    assert_error(stream.seek(stream.context, 7, &error), HR_ERR_IO, &error, "past the end");
    assert_error(stream.seek(stream.context, UINT64_MAX, &error), HR_ERR_IO, &error, "past");
    assert_ok(stream.seek(stream.context, 0, &error), &error);
    assert_ok(stream.read(stream.context, into, 1, &got, &error), &error);
    assert_memory_equal(into, "a", 1);
    hr_stream_close(&stream);
}

static void closing_twice_and_closing_nothing(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_stream stream;
    assert_ok(hr_stream_open_memory(&stream, hr_view_of(NULL, 0), &error), &error);
    hr_stream_close(&stream);
    assert_null(stream.context);
    hr_stream_close(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_to_the_end),
        cmocka_unit_test(seeks_to_the_end_and_not_past),
        cmocka_unit_test(closing_twice_and_closing_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
