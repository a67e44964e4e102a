/* Weights as the kernels read them. A file may keep them in half precision: half the bytes to store, to send and to
 * read; they are expanded once, when the network is opened. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "infer/format.h"

enum { CACHE_LINE = 64, FLOATS_PER_LINE = CACHE_LINE / (int)sizeof(float) };

/* IEEE 754 binary16 to binary32 by moving the bits and mending the exponent with one product, which is exact for
 * numbers below the smallest normal one, too. Infinities, which no weight is, become large numbers. The loop has no
 * branch, so that the compiler vectorises it for any processor. */
static void expand(const uint8_t *half, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t bits;
        memcpy(&bits, half + 2 * i, sizeof bits);
        uint32_t magnitude = (uint32_t)(bits & 0x7FFF) << 13, sign = (uint32_t)(bits & 0x8000) << 16;
        float value;
        memcpy(&value, &magnitude, sizeof value);
        value *= 0x1p112f;
        memcpy(&magnitude, &value, sizeof magnitude);
        magnitude |= sign;
        memcpy(&out[i], &magnitude, sizeof out[i]);
    }
}

static size_t whole_lines(uint64_t count)
{
    return ((size_t)count + FLOATS_PER_LINE - 1) / FLOATS_PER_LINE * FLOATS_PER_LINE;
}

static bool is_half(const struct hr_model_op *op)
{
    return op->flags & HR_MODEL_HALF_WEIGHTS;
}

enum hr_status hr_weights_prepare(const struct hr_network_parts *parts, float **expanded, const float ***weights,
                                  struct hr_error *error)
{
    const struct hr_model_header *header = parts->header;
    size_t total = 0;
    *expanded = NULL;
    *weights = calloc(header->op_count, sizeof **weights);
    if (*weights == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a network's weights");
    /* The sum stays small: several operations may name one array, but there are 1024 of them at most. */
    for (uint32_t i = 0; i < header->op_count; i++)
        if (is_half(&parts->ops[i]) &&
            !hr_size_add(total, whole_lines(hr_model_weight_count(header, &parts->ops[i])), &total))
            return hr_error_set(error, HR_ERR_LIMIT, "a network's weights are too many");
    if (total > HR_LIMIT_MODEL_BYTES / sizeof(float))
        return hr_error_set(error, HR_ERR_LIMIT, "a network's weights are too many");
    if (total > 0) {
        *expanded = aligned_alloc(CACHE_LINE, total * sizeof **expanded);
        if (*expanded == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for a network's weights");
    }
    size_t at = 0;
    for (uint32_t i = 0; i < header->op_count; i++) {
        const struct hr_model_op *op = &parts->ops[i];
        uint64_t count = hr_model_weight_count(header, op);
        if (count == 0)
            continue;
        if (!is_half(op)) {
            (*weights)[i] = (const void *)(parts->bytes + op->weights_offset);
            continue;
        }
        expand(parts->bytes + op->weights_offset, *expanded + at, (size_t)count);
        (*weights)[i] = *expanded + at;
        at += whole_lines(count);
    }
    return HR_OK;
}
