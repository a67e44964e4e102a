/* Numbers that are the same in every run (xorshift64*, Vigna 2016). */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

/* 0 <= number < 1 */
static inline float random_unit(uint64_t *state)
{
    return (float)(random_next(state) >> 40) / (float)(1 << 24);
}

#endif
