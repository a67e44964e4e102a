#include "face/distance.h"

#include <math.h>

#include "face/embed.h"

/* The compiler makes one copy of a function per instruction set, and the loader picks. Elsewhere
 * (arm64, whose baseline has vectors) and under sanitizers, which do not like the picking, there is
 * one copy. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) &&             \
    !defined(__SANITIZE_THREAD__)
#define PER_INSTRUCTION_SET __attribute__((target_clones("avx512f", "avx2,fma", "default")))
#else
#define PER_INSTRUCTION_SET
#endif

/* So many partial sums are kept: they fill the widest registers, two deep. */
enum { LANES = 32 };
_Static_assert(HR_EMBEDDING_SIZE % LANES == 0, "whole rounds over the partial sums");

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

PER_INSTRUCTION_SET
void hr_distances_squared(const float *probe, const float *vectors, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        const float *vector = vectors + i * HR_EMBEDDING_SIZE;
        lanes sum = {0};
        for (size_t k = 0; k < HR_EMBEDDING_SIZE; k += LANES) {
            lanes difference = *(const lanes *)(probe + k) - *(const lanes *)(vector + k);
            sum += difference * difference;
        }
        float total = 0;
        for (size_t k = 0; k < LANES; k++)
            total += sum[k];
        out[i] = total;
    }
}

float hr_distance(const float *a, const float *b)
{
    float squared;
    hr_distances_squared(a, b, 1, &squared);
    return sqrtf(squared);
}
