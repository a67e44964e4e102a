#include "face/distance.h"

#include "face/per_instruction_set.h"

/* Written for the multiply-and-add-pairs instruction that every instruction set has for 16-bit
 * numbers; the sum stays below 1024 * 254^2 < 2^27. */
HR_PER_INSTRUCTION_SET void hr_distances_coarse(const int8_t *probe, const int8_t *codes, size_t size, size_t count,
                                                int32_t *out)
{
    for (size_t i = 0; i < count; i++) {
        const int8_t *code = codes + i * size;
        int32_t sum = 0;
        for (size_t k = 0; k < size; k++) {
            int16_t difference = (int16_t)(probe[k] - code[k]);
            sum += difference * difference;
        }
        out[i] = sum;
    }
}
