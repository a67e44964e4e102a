/* What the fuzz tests share: seeds from the corpus, and changes to them that are the same
 * in every run. */
#ifndef TESTS_FUZZ_TABLE_H
#define TESTS_FUZZ_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"

/* xorshift64*: the same numbers on every machine. The state must not be 0. */
struct fuzz_random {
    uint64_t state;
};
uint32_t fuzz_next(struct fuzz_random *random);
/* 0 to bound - 1; 0 for a bound of 0. */
size_t fuzz_below(struct fuzz_random *random, size_t bound);

struct fuzz_seed {
    char name[64];
    struct hr_buffer bytes;
};

struct fuzz_seeds {
    struct fuzz_seed items[128];
    size_t count;
};

/* All files of tests/fuzz/corpus/<folder> by name whose names end in `ending`. The test fails when
 * there are none. */
void fuzz_seeds_read(struct fuzz_seeds *seeds, const char *folder, const char *ending);
void fuzz_seeds_clear(struct fuzz_seeds *seeds);

/* A changed copy of one seed: bits, bytes, lengths, runs cut out, doubled or brought in from
 * another seed, `words` of the format, the end cut off. */
void fuzz_mutate(const struct fuzz_seeds *seeds, const char *const *words, size_t word_count,
                 struct fuzz_random *random, struct hr_buffer *out);

/* Calls `run` with a copy that ends where its memory ends, so that the sanitizer sees a read past
 * the end. */
void fuzz_run(struct hr_view bytes, void (*run)(struct hr_view bytes));

#endif
