#include "face/distance.h"

#include <math.h>

#include "face/embed.h"
#include "face/per_instruction_set.h"

float hr_distance(const float *a, const float *b)
{
    /* Partial sums, so that the additions need not wait for each other. */
    enum { LANES = 16 };
    _Static_assert(HR_EMBEDDING_SIZE % LANES == 0, "whole rounds over the partial sums");
    float sums[LANES] = {0};
    for (size_t k = 0; k < HR_EMBEDDING_SIZE; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            float difference = a[k + lane] - b[k + lane];
            sums[lane] += difference * difference;
        }
    float squared = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        squared += sums[lane];
    return sqrtf(squared);
}

/* Written for the multiply-and-add-pairs instruction that every instruction set has for 16-bit
 * numbers; the sum stays below 128 * 254^2 < 2^23. */
HR_PER_INSTRUCTION_SET void hr_distances_coarse(const int8_t *probe, const int8_t *codes,
                                                size_t count, int32_t *out)
{
    for (size_t i = 0; i < count; i++) {
        const int8_t *code = codes + i * HR_EMBEDDING_SIZE;
        int32_t sum = 0;
        for (size_t k = 0; k < HR_EMBEDDING_SIZE; k++) {
            int16_t difference = (int16_t)(probe[k] - code[k]);
            sum += difference * difference;
        }
        out[i] = sum;
    }
}
