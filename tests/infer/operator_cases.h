/* Every operator at odd sizes, held against the naive computation. Used by the cmocka test on the sets of this
 * processor, and by neon_check under emulation. */
#ifndef HR_TESTS_OPERATOR_CASES_H
#define HR_TESTS_OPERATOR_CASES_H

#include "infer/network.h"
#include "infer/small_model.h"

struct operator_case {
    const char *name;
    /* Builds the network with what `random` says. */
    void (*build)(struct small_model *model, struct hr_size *size, uint64_t *random);
    int repeats;
    bool exact; /* the same bits on every instruction set */
};
extern const struct operator_case operator_cases[];
extern const int operator_case_count;

/* The largest difference over all outputs, relative to 1 or the value; a huge number when the run was refused
 * (reason printed). `round` picks the random shape. */
double operator_case_error(const struct operator_case *which, int round, enum hr_isa isa, int threads, int batch);

#endif
