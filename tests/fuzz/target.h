/* A fuzz target: one reader of bytes that come from outside, and what must be true of all that it gives. Each file of
 * targets/ is one, with the function that libFuzzer calls; tests/fuzz/replay.c calls it where there is no libFuzzer. */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "base/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program when it is not so: that is a find. */
#define FUZZ_CHECK(what)                                                                                               \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);                                         \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* What a refusal must look like: the code in both places, and words. They may repeat bytes of the input that are no
 * UTF-8: whoever prints them makes them printable. */
static inline void fuzz_check_refusal(enum hr_status status, const struct hr_error *error)
{
    FUZZ_CHECK(status != HR_OK && status != HR_ERR_INTERNAL);
    FUZZ_CHECK(error->code == status);
    FUZZ_CHECK(error->text[0] != '\0' && memchr(error->text, '\0', sizeof error->text) != NULL);
}

/* The input as a text with a zero behind it; free it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
