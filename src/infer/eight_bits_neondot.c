/* Four vectors hold 16 sums; products are of signed bytes (SDOT, ARMv8.2). */
#include <arm_neon.h>
#include <stdbool.h>
#include <string.h>

#include "infer/eight_bits.h"

#define HR_BYTE_KERNELS hr_byte_kernels_neondot
#define HR_BYTE_TILE 6
#define HR_BYTE_VECTORS 1
#define HR_BYTE_SIGNED 1
#define INLINE static inline __attribute__((always_inline))

typedef struct {
    int32x4_t of[4];
} sums_t;
typedef struct {
    int8x16_t of[4];
} weights_t, columns_t;
typedef int8x16_t inputs_t;
typedef struct {
    float32x4_t of[4];
} numbers_t;

INLINE int8x16_t less_zero(uint8x16_t bytes)
{
    return vreinterpretq_s8_u8(veorq_u8(bytes, vdupq_n_u8(HR_BYTE_ZERO)));
}

INLINE sums_t sums_of(const int32_t *sums, int32_t factor)
{
    sums_t result;
    for (int k = 0; k < 4; k++)
        result.of[k] = vmulq_n_s32(vld1q_s32(sums + 4 * k), factor);
    return result;
}

INLINE weights_t weights_at(const int8_t *weights)
{
    weights_t result;
    for (int k = 0; k < 4; k++)
        result.of[k] = vld1q_s8(weights + 16 * k);
    return result;
}

INLINE inputs_t inputs_at(const uint8_t *in)
{
    uint32_t four;
    memcpy(&four, in, sizeof four);
    return less_zero(vreinterpretq_u8_u32(vdupq_n_u32(four)));
}

INLINE sums_t add_products(sums_t sum, weights_t weights, inputs_t in)
{
    for (int k = 0; k < 4; k++)
        sum.of[k] = vdotq_s32(sum.of[k], weights.of[k], in);
    return sum;
}

INLINE columns_t columns_at(const uint8_t *row0, const uint8_t *row1, const uint8_t *row2)
{
    uint8x16_t zero = vdupq_n_u8(HR_BYTE_ZERO);
    uint8x16x2_t pair = vzipq_u8(vld1q_u8(row0), vld1q_u8(row1)), third = vzipq_u8(vld1q_u8(row2), zero);
    columns_t result;
    for (int k = 0; k < 2; k++) {
        uint16x8x2_t four = vzipq_u16(vreinterpretq_u16_u8(pair.val[k]), vreinterpretq_u16_u8(third.val[k]));
        result.of[2 * k] = less_zero(vreinterpretq_u8_u16(four.val[0]));
        result.of[2 * k + 1] = less_zero(vreinterpretq_u8_u16(four.val[1]));
    }
    return result;
}

INLINE sums_t add_column(sums_t sum, weights_t weights, columns_t column)
{
    for (int k = 0; k < 4; k++)
        sum.of[k] = vdotq_s32(sum.of[k], weights.of[k], column.of[k]);
    return sum;
}

INLINE numbers_t numbers_at(const float *numbers)
{
    numbers_t result;
    for (int k = 0; k < 4; k++)
        result.of[k] = vld1q_f32(numbers + 4 * k);
    return result;
}

INLINE float32x4_t scaled(int32x4_t sum, float32x4_t scale, float32x4_t bias)
{
    return vaddq_f32(vmulq_f32(vcvtq_f32_s32(sum), scale), bias);
}

/* 16 numbers, rounded and cut to bytes. */
INLINE void put_rounded(const float32x4_t numbers[4], uint8_t *out)
{
    uint16x4_t words[4];
    for (int k = 0; k < 4; k++)
        words[k] = vqmovun_s32(vcvtnq_s32_f32(numbers[k]));
    vst1q_u8(out,
             vcombine_u8(vqmovn_u16(vcombine_u16(words[0], words[1])), vqmovn_u16(vcombine_u16(words[2], words[3]))));
}

INLINE void put_bytes(sums_t sum, numbers_t scale, numbers_t bias, uint8_t *out)
{
    float32x4_t numbers[4];
    for (int k = 0; k < 4; k++)
        numbers[k] = scaled(sum.of[k], scale.of[k], bias.of[k]);
    put_rounded(numbers, out);
}

INLINE void put_numbers(sums_t sum, numbers_t scale, numbers_t bias, float *low, float *high, const float *add_low,
                        const float *add_high)
{
    for (int k = 0; k < 4; k++) {
        float *out = k < 2 ? low : high;
        const float *add = k < 2 ? add_low : add_high;
        if (out == NULL)
            return;
        float32x4_t number = scaled(sum.of[k], scale.of[k], bias.of[k]);
        if (add != NULL)
            number = vaddq_f32(number, vld1q_f32(add + k % 2 * 4));
        vst1q_f32(out + k % 2 * 4, number);
    }
}

INLINE void load_block(const float *low, const float *high, float scale, uint8_t *out)
{
    float32x4_t numbers[4];
    for (int k = 0; k < 4; k++)
        numbers[k] =
            vaddq_f32(vmulq_n_f32(vld1q_f32((k < 2 ? low : high) + k % 2 * 4), scale), vdupq_n_f32(HR_BYTE_ZERO));
    put_rounded(numbers, out);
}

#define depthwise_sums_of sums_of
#define depthwise_weights_at weights_at
#define depthwise_numbers_at numbers_at
#define depthwise_put_bytes put_bytes

#include "infer/eight_bits.inc"
