#include "support/check.h"

#include <errno.h>

#include "base/status.h"
#include "base/view.h"

struct expected {
    enum hr_status code;
    const char *name;
    int exit_status;
    int http_status;
    bool retryable;
};

/* The promise of the manual: scripts depend on each line. */
static const struct expected promised[] = {
    {HR_OK, "ok", 0, 200, false},
    {HR_END, "end", 0, 200, false},
    {HR_ERR_ARGUMENT, "argument", 2, 400, false},
    {HR_ERR_NOT_FOUND, "not_found", 3, 404, false},
    {HR_ERR_PERMISSION, "permission", 4, 403, false},
    {HR_ERR_IO, "io", 5, 500, true},
    {HR_ERR_FORMAT, "format", 6, 422, false},
    {HR_ERR_UNSUPPORTED, "unsupported", 7, 415, false},
    {HR_ERR_LIMIT, "limit", 8, 413, false},
    {HR_ERR_MEMORY, "memory", 9, 503, true},
    {HR_ERR_DEADLINE, "deadline", 10, 504, true},
    {HR_ERR_MODEL, "model", 11, 500, false},
    {HR_ERR_DATABASE, "database", 12, 500, false},
    {HR_ERR_CONFLICT, "conflict", 13, 409, false},
    {HR_ERR_THROTTLED, "throttled", 14, 429, true},
    {HR_ERR_UNAVAILABLE, "unavailable", 15, 503, true},
    {HR_ERR_INTERNAL, "internal", 70, 500, false},
};

static void table_is_as_promised(void **state)
{
    (void)state;
    assert_int_equal(sizeof promised / sizeof *promised, HR_STATUS_COUNT);
    for (size_t i = 0; i < HR_STATUS_COUNT; i++) {
        const struct hr_status_info *info = hr_status_info(promised[i].code);
        assert_int_equal(promised[i].code, i);
        assert_string_equal(info->name, promised[i].name);
        assert_string_equal(hr_status_name(promised[i].code), promised[i].name);
        assert_int_equal(info->exit_status, promised[i].exit_status);
        assert_int_equal(info->http_status, promised[i].http_status);
        assert_int_equal(info->retryable, promised[i].retryable);
    }
}

static void every_code_says_its_own_thing(void **state)
{
    (void)state;
    for (int i = 0; i < HR_STATUS_COUNT; i++) {
        const struct hr_status_info *info = hr_status_info((enum hr_status)i);
        assert_true(strlen(info->meaning) > 0);
        assert_null(strchr(info->meaning, '\n'));
        for (int j = 0; j < i; j++) {
            const struct hr_status_info *other = hr_status_info((enum hr_status)j);
            assert_string_not_equal(info->name, other->name);
            assert_string_not_equal(info->meaning, other->meaning);
            if (i > HR_END)
                assert_int_not_equal(info->exit_status, other->exit_status);
        }
    }
}

static void unknown_codes_are_internal(void **state)
{
    (void)state;
    assert_string_equal(hr_status_name(HR_STATUS_COUNT), "internal");
    assert_string_equal(hr_status_name((enum hr_status) - 1), "internal");
}

static void set_writes_code_and_text(void **state)
{
    (void)state;
    struct hr_error error;
    assert_int_equal(hr_error_set(&error, HR_ERR_FORMAT, "byte %d", 7), HR_ERR_FORMAT);
    assert_int_equal(error.code, HR_ERR_FORMAT);
    assert_string_equal(error.text, "byte 7");
    assert_int_equal(hr_error_set(NULL, HR_ERR_LIMIT, "nobody listens"), HR_ERR_LIMIT);
}

/* Characters of one to four bytes, at every offset to the end of the text. */
static void text_is_cut_at_whole_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"x", "é", "陈", "\xF0\x9F\x98\x80"};
    for (size_t kind = 0; kind < 4; kind++) {
        size_t width = strlen(characters[kind]);
        for (size_t shift = 0; shift < 4; shift++) {
            char text[2 * HR_ERROR_TEXT_MAX] = "abcd";
            for (size_t at = shift; at + width < sizeof text; at += width)
                memcpy(text + at, characters[kind], width + 1);
            struct hr_error error;
            hr_error_set(&error, HR_ERR_FORMAT, "%s", text);
            size_t length = strlen(error.text);
            assert_true(length < HR_ERROR_TEXT_MAX);
            assert_true(length >= HR_ERROR_TEXT_MAX - 4);
            assert_memory_equal(error.text, text, length);
            assert_true(hr_view_is_utf8(hr_view_text(error.text)));
        }
    }
}

static void text_that_fits_exactly_is_whole(void **state)
{
    (void)state;
    char text[HR_ERROR_TEXT_MAX];
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 3, "é", 3);
    struct hr_error error;
    hr_error_set(&error, HR_ERR_FORMAT, "%s", text);
    assert_string_equal(error.text, text);
}

static void errno_gives_code_and_reason(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum hr_status code;
        const char *reason;
    } cases[] = {
        {ENOENT, HR_ERR_NOT_FOUND, "No such file"},
        {ENOTDIR, HR_ERR_NOT_FOUND, "Not a directory"},
        {EACCES, HR_ERR_PERMISSION, "Permission denied"},
        {EPERM, HR_ERR_PERMISSION, "not permitted"},
        {EROFS, HR_ERR_PERMISSION, "Read-only"},
        {ENOMEM, HR_ERR_MEMORY, "memory"},
        {EEXIST, HR_ERR_CONFLICT, "exists"},
        {ENOSPC, HR_ERR_IO, "No space left"},
        {EIO, HR_ERR_IO, "Input/output"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_error error;
        assert_error(hr_error_set_errno(&error, cases[i].number, "opening '%s'", "a.mp4"), cases[i].code, &error,
                     cases[i].reason);
        assert_memory_equal(error.text, "opening 'a.mp4': ", 17);
    }
    assert_int_equal(hr_error_set_errno(NULL, ENOENT, "x"), HR_ERR_NOT_FOUND);
}

static void errno_behind_a_long_text_stays_inside(void **state)
{
    (void)state;
    char name[2 * HR_ERROR_TEXT_MAX];
    for (size_t length = HR_ERROR_TEXT_MAX - 40; length < HR_ERROR_TEXT_MAX + 10; length++) {
        memset(name, 'n', length);
        name[length] = '\0';
        struct hr_error error;
        hr_error_set_errno(&error, ENOENT, "%s", name);
        assert_true(strlen(error.text) < HR_ERROR_TEXT_MAX);
        assert_int_equal(error.code, HR_ERR_NOT_FOUND);
    }
}

static void prefix_puts_context_in_front(void **state)
{
    (void)state;
    struct hr_error error;
    hr_error_set(&error, HR_ERR_FORMAT, "Invalid data");
    hr_error_prefix(&error, "decoding at %.1f s", 2.4);
    assert_int_equal(hr_error_prefix(&error, "reading '%s'", "a.mp4"), HR_ERR_FORMAT);
    assert_string_equal(error.text, "reading 'a.mp4': decoding at 2.4 s: Invalid data");
    assert_int_equal(hr_error_prefix(NULL, "x"), HR_ERR_INTERNAL);
}

static void prefix_of_a_full_text_is_cut_at_a_whole_character(void **state)
{
    (void)state;
    for (size_t shift = 1; shift < 8; shift++) {
        struct hr_error error;
        char text[HR_ERROR_TEXT_MAX] = "";
        while (strlen(text) + 3 < sizeof text)
            strncat(text, "陈", 4);
        hr_error_set(&error, HR_ERR_FORMAT, "%s", text);
        hr_error_prefix(&error, "%.*s", (int)shift, "context");
        assert_true(strlen(error.text) < HR_ERROR_TEXT_MAX);
        assert_true(hr_view_is_utf8(hr_view_text(error.text)));
        assert_memory_equal(error.text, "context", shift);
        assert_memory_equal(error.text + shift, ": 陈", 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_as_promised),
        cmocka_unit_test(every_code_says_its_own_thing),
        cmocka_unit_test(unknown_codes_are_internal),
        cmocka_unit_test(set_writes_code_and_text),
        cmocka_unit_test(text_is_cut_at_whole_characters),
        cmocka_unit_test(text_that_fits_exactly_is_whole),
        cmocka_unit_test(errno_gives_code_and_reason),
        cmocka_unit_test(errno_behind_a_long_text_stays_inside),
        cmocka_unit_test(prefix_puts_context_in_front),
        cmocka_unit_test(prefix_of_a_full_text_is_cut_at_a_whole_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
