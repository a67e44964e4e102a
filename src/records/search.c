#include "records/search.h"

#include <stdlib.h>

#include "base/limits.h"

enum { STEP = 8, TABLE_BITS = 15, TABLE_SIZE = 1 << TABLE_BITS };

struct hr_search {
    struct hr_trace *traces;   /* borrowed */
    uint32_t *next;            /* owned; [count * STEP]: place + 1 of another one with the same sum, 0: none */
    uint32_t head[TABLE_SIZE]; /* place + 1; a place is trace * STEP + where its eight bytes begin */
};

static uint64_t eight(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): the upper bits of a product. */
static size_t sum_of(uint64_t word)
{
    return (size_t)(word * UINT64_C(0x9E3779B97F4A7C15) >> (64 - TABLE_BITS));
}

struct hr_search *hr_search_new(struct hr_trace *traces, size_t count)
{
    size_t places;
    if (!hr_size_multiply(count, STEP, &places) || places >= UINT32_MAX)
        return NULL;
    struct hr_search *search = calloc(1, sizeof *search);
    uint32_t *next = calloc(places + 1, sizeof *next);
    if (search == NULL || next == NULL) {
        free(search);
        free(next);
        return NULL;
    }
    search->traces = traces;
    search->next = next;
    for (size_t place = 0; place < places; place++) {
        size_t sum = sum_of(eight(traces[place / STEP].bytes + place % STEP));
        next[place] = search->head[sum];
        search->head[sum] = (uint32_t)place + 1;
    }
    return search;
}

void hr_search_free(struct hr_search *search)
{
    if (search != NULL)
        free(search->next);
    free(search);
}

static void compare(const struct hr_search *search, struct hr_view bytes, size_t at, uint32_t found)
{
    for (; found != 0; found = search->next[found - 1]) {
        struct hr_trace *trace = &search->traces[(found - 1) / STEP];
        size_t before = (found - 1) % STEP;
        if (!trace->found && at >= before && trace->size <= bytes.size - (at - before))
            trace->found = memcmp(bytes.data + at - before, trace->bytes, trace->size) == 0;
    }
}

void hr_search(const struct hr_search *search, struct hr_view bytes)
{
    for (size_t at = 0; at + STEP <= bytes.size; at += STEP) {
        uint32_t found = search->head[sum_of(eight(bytes.data + at))];
        if (found != 0)
            compare(search, bytes, at, found);
    }
}
