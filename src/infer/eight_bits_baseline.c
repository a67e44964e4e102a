/* What every processor has: products of two bytes become 16 bits and are added two by two, so that eight vectors hold
 * 16 results, each as two sums. */
#include <stdbool.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#include "infer/eight_bits.h"

#define HR_BYTE_KERNELS hr_byte_kernels_baseline
#define HR_BYTE_TILE 1
#define HR_BYTE_VECTORS 1
#define HR_BYTE_SIGNED 0
#define INLINE static inline __attribute__((always_inline))

typedef int32_t int4 __attribute__((vector_size(16)));
typedef int16_t short8 __attribute__((vector_size(16)));
typedef float float4 __attribute__((vector_size(16)));
typedef float float4_anywhere __attribute__((vector_size(16), aligned(4), may_alias));

typedef struct {
    int4 of[8]; /* [result / 2][2 results][2 sums] */
} sums_t;
typedef struct {
    short8 of[8]; /* [result / 2][2 results][4 channels] */
} weights_t, columns_t;
typedef short8 inputs_t;
typedef struct {
    float4 of[4];
} numbers_t;

/* Sums of two products each. */
INLINE int4 add_pairs(int4 sum, short8 a, short8 b)
{
#if defined(__SSE2__)
    return sum + (int4)_mm_madd_epi16((__m128i)a, (__m128i)b);
#elif defined(__ARM_NEON)
    int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
    int32x4_t high = vmull_s16(vget_high_s16((int16x8_t)a), vget_high_s16((int16x8_t)b));
    return sum + (int4)vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                                    vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
#else
    for (int i = 0; i < 4; i++)
        sum[i] += a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
    return sum;
#endif
}

INLINE sums_t sums_of(const int32_t *sums, int32_t factor)
{
    sums_t result;
    for (int k = 0; k < 8; k++)
        result.of[k] = (int4){sums[2 * k] * factor, 0, sums[2 * k + 1] * factor, 0};
    return result;
}

INLINE weights_t weights_at(const int8_t *weights)
{
    weights_t result;
    for (int k = 0; k < 8; k++) {
        int8_t eight __attribute__((vector_size(8)));
        memcpy(&eight, weights + 8 * k, sizeof eight);
        result.of[k] = __builtin_convertvector(eight, short8);
    }
    return result;
}

INLINE inputs_t inputs_at(const uint8_t *in)
{
    return (short8){in[0], in[1], in[2], in[3], in[0], in[1], in[2], in[3]};
}

INLINE sums_t add_products(sums_t sum, weights_t weights, inputs_t in)
{
    for (int k = 0; k < 8; k++)
        sum.of[k] = add_pairs(sum.of[k], weights.of[k], in);
    return sum;
}

INLINE columns_t columns_at(const uint8_t *row0, const uint8_t *row1, const uint8_t *row2)
{
    columns_t result;
    for (int k = 0; k < 8; k++) {
        int c = 2 * k;
        result.of[k] = (short8){row0[c], row1[c], row2[c], 0, row0[c + 1], row1[c + 1], row2[c + 1], 0};
    }
    return result;
}

INLINE sums_t add_column(sums_t sum, weights_t weights, columns_t column)
{
    for (int k = 0; k < 8; k++)
        sum.of[k] = add_pairs(sum.of[k], weights.of[k], column.of[k]);
    return sum;
}

INLINE numbers_t numbers_at(const float *numbers)
{
    numbers_t result;
    for (int k = 0; k < 4; k++)
        result.of[k] = *(const float4_anywhere *)(numbers + 4 * k);
    return result;
}

/* Results 4k to 4k + 3. */
INLINE float4 scaled(const sums_t *sum, int k, float4 scale, float4 bias)
{
    int4 a = sum->of[2 * k], b = sum->of[2 * k + 1];
    int4 whole = __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
    return __builtin_convertvector(whole, float4) * scale + bias;
}

/* Where 1 is the unit of a float's last digit: adding it rounds to nearest, halves to even. */
static const float whole_numbers = 0x1.8p23f;

INLINE void put_rounded(float4 number, uint8_t *out)
{
    const float4 most = {255, 255, 255, 255};
    number = (float4)((int4)number & (number > (float4){0}));
    int4 below = number < most;
    number = (float4)((below & (int4)number) | (~below & (int4)most)) + whole_numbers;
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)((int4)number)[i];
}

INLINE void put_bytes(sums_t sum, numbers_t scale, numbers_t bias, uint8_t *out)
{
    for (int k = 0; k < 4; k++)
        put_rounded(scaled(&sum, k, scale.of[k], bias.of[k]), out + 4 * k);
}

INLINE void put_numbers(sums_t sum, numbers_t scale, numbers_t bias, float *low, float *high, const float *add_low,
                        const float *add_high)
{
    for (int k = 0; k < 4; k++) {
        float *out = k < 2 ? low : high;
        const float *add = k < 2 ? add_low : add_high;
        if (out == NULL)
            return;
        float4 number = scaled(&sum, k, scale.of[k], bias.of[k]);
        if (add != NULL)
            number += *(const float4_anywhere *)(add + k % 2 * 4);
        *(float4_anywhere *)(out + k % 2 * 4) = number;
    }
}

INLINE void load_block(const float *low, const float *high, float scale, uint8_t *out)
{
    for (int k = 0; k < 4; k++)
        put_rounded(*(const float4_anywhere *)((k < 2 ? low : high) + k % 2 * 4) * scale + (float)HR_BYTE_ZERO,
                    out + 4 * k);
}

#define depthwise_sums_of sums_of
#define depthwise_weights_at weights_at
#define depthwise_numbers_at numbers_at
#define depthwise_put_bytes put_bytes

#include "infer/eight_bits.inc"
