/* Many texts looked for at once: each is found wherever it lies, and nothing else is. */
#include <stdlib.h>

#include "records/search.h"
#include "records/support.h"

enum { COUNT = 40, ROOM = 2048 };

static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

static void make(struct hr_trace *traces)
{
    for (size_t i = 0; i < COUNT; i++) {
        traces[i] = (struct hr_trace){.size = i < 2 ? HR_TRACE_BYTES_MAX : HR_TRACE_BYTES_MIN + i % 7};
        fill(traces[i].bytes, traces[i].size, (uint32_t)i + 1);
    }
    memset(traces[3].bytes, 0, 15); /* zeros but for its end */
}

static size_t found(const struct hr_trace *traces)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++)
        count += traces[i].found;
    return count;
}

static void each_is_found_at_every_place(void **state)
{
    (void)state;
    static struct hr_trace traces[COUNT];
    static uint8_t bytes[ROOM];
    make(traces);
    struct hr_search *search = hr_search_new(traces, COUNT);
    assert_non_null(search);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t at = 0; at < 17; at++) {
            /* Alone, at the beginning, in the middle and at the very end. */
            const size_t places[] = {at, 500 + at, ROOM - traces[i].size - at};
            for (size_t k = 0; k < 3; k++) {
                memset(bytes, 0, sizeof bytes);
                memcpy(bytes + places[k], traces[i].bytes, traces[i].size);
                traces[i].found = false;
                hr_search(search, hr_view_of(bytes, sizeof bytes));
                assert_true(traces[i].found);
                assert_int_equal(found(traces), 1);
            }
            traces[i].found = false;
        }
    hr_search_free(search);
}

static void what_is_cut_or_changed_is_not_found(void **state)
{
    (void)state;
    static struct hr_trace traces[COUNT];
    static uint8_t bytes[ROOM];
    make(traces);
    struct hr_search *search = hr_search_new(traces, COUNT);
    assert_non_null(search);
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = traces[i].size;
        memset(bytes, 0xA5, sizeof bytes);
        memcpy(bytes + 300, traces[i].bytes, size);
        bytes[300 + size - 1] ^= 1;
        memcpy(bytes + ROOM - size + 1, traces[i].bytes, size - 1); /* its last byte is beyond the end */
        hr_search(search, hr_view_of(bytes, sizeof bytes));
        memcpy(bytes, traces[i].bytes + 1, size - 1); /* and its first before the beginning */
        hr_search(search, hr_view_of(bytes, sizeof bytes));
        assert_int_equal(found(traces), 0);
    }
    hr_search(search, hr_view_of(bytes, 7));
    hr_search(search, hr_view_of(NULL, 0));
    hr_search_free(search);
    search = hr_search_new(traces, 0);
    assert_non_null(search);
    hr_search(search, hr_view_of(bytes, sizeof bytes));
    hr_search_free(search);
    hr_search_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_found_at_every_place),
        cmocka_unit_test(what_is_cut_or_changed_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
