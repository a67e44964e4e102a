/* What AVX2 and AVX-VNNI have in common: two vectors hold 16 sums. They differ in how products are added up:
 * `add_eight(sums, weights, bytes)`, defined before this is included. */
#ifndef HR_INFER_EIGHT_BITS_YMM_H
#define HR_INFER_EIGHT_BITS_YMM_H

#include <stdbool.h>
#include <string.h>

#include "infer/eight_bits.h"

#define HR_BYTE_SIGNED 0

typedef struct {
    __m256i low, high;
} sums_t, weights_t, columns_t;
typedef __m256i inputs_t;
typedef struct {
    __m256 low, high;
} numbers_t;

INLINE sums_t sums_of(const int32_t *sums, int32_t factor)
{
    __m256i all = _mm256_set1_epi32(factor);
    return (sums_t){_mm256_mullo_epi32(_mm256_loadu_si256((const void *)sums), all),
                    _mm256_mullo_epi32(_mm256_loadu_si256((const void *)(sums + 8)), all)};
}

INLINE weights_t weights_at(const int8_t *weights)
{
    return (weights_t){_mm256_loadu_si256((const void *)weights), _mm256_loadu_si256((const void *)(weights + 32))};
}

INLINE inputs_t inputs_at(const uint8_t *in)
{
    int32_t four;
    memcpy(&four, in, sizeof four);
    return _mm256_set1_epi32(four);
}

INLINE sums_t add_products(sums_t sum, weights_t weights, inputs_t in)
{
    return (sums_t){add_eight(sum.low, weights.low, in), add_eight(sum.high, weights.high, in)};
}

INLINE __m256i halves(const void *first, const void *second)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(first)), _mm_loadu_si128(second), 1);
}

/* Channels 0-3, 8-11 and 4-7, 12-15: what the unpacking gives, and what the packing of results puts right. */
INLINE columns_t columns_at(const uint8_t *row0, const uint8_t *row1, const uint8_t *row2)
{
    __m128i a = _mm_loadu_si128((const void *)row0), b = _mm_loadu_si128((const void *)row1);
    __m256i pair = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_unpacklo_epi8(a, b)), _mm_unpackhi_epi8(a, b), 1);
    __m256i third = _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)row2));
    return (columns_t){_mm256_unpacklo_epi16(pair, third), _mm256_unpackhi_epi16(pair, third)};
}

INLINE sums_t add_column(sums_t sum, weights_t weights, columns_t column)
{
    return (sums_t){add_eight(sum.low, weights.low, column.low), add_eight(sum.high, weights.high, column.high)};
}

INLINE sums_t depthwise_sums_of(const int32_t *sums, int32_t factor)
{
    __m256i all = _mm256_set1_epi32(factor);
    return (sums_t){_mm256_mullo_epi32(halves(sums, sums + 8), all),
                    _mm256_mullo_epi32(halves(sums + 4, sums + 12), all)};
}

INLINE weights_t depthwise_weights_at(const int8_t *weights)
{
    return (weights_t){halves(weights, weights + 32), halves(weights + 16, weights + 48)};
}

INLINE numbers_t numbers_at(const float *numbers)
{
    return (numbers_t){_mm256_loadu_ps(numbers), _mm256_loadu_ps(numbers + 8)};
}

INLINE numbers_t depthwise_numbers_at(const float *numbers)
{
    return (numbers_t){_mm256_castsi256_ps(halves(numbers, numbers + 8)),
                       _mm256_castsi256_ps(halves(numbers + 4, numbers + 12))};
}

INLINE __m256 scaled(__m256i sum, __m256 scale, __m256 bias)
{
    return _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale), bias);
}

/* Rounded; what is above is cut here, what is below by packing. */
INLINE __m256i rounded(__m256 number)
{
    return _mm256_cvtps_epi32(_mm256_min_ps(number, _mm256_set1_ps(255)));
}

/* Two vectors of 16 bits, half by half in order, to 16 bytes. */
INLINE void put_words(__m256i words, uint8_t *out)
{
    _mm_storeu_si128((void *)out, _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

INLINE void put_bytes(sums_t sum, numbers_t scale, numbers_t bias, uint8_t *out)
{
    __m256i words = _mm256_packs_epi32(rounded(scaled(sum.low, scale.low, bias.low)),
                                       rounded(scaled(sum.high, scale.high, bias.high)));
    put_words(_mm256_permute4x64_epi64(words, 0xD8), out);
}

INLINE void depthwise_put_bytes(sums_t sum, numbers_t scale, numbers_t bias, uint8_t *out)
{
    put_words(_mm256_packs_epi32(rounded(scaled(sum.low, scale.low, bias.low)),
                                 rounded(scaled(sum.high, scale.high, bias.high))),
              out);
}

INLINE void put_numbers(sums_t sum, numbers_t scale, numbers_t bias, float *low, float *high, const float *add_low,
                        const float *add_high)
{
    __m256 first = scaled(sum.low, scale.low, bias.low), second = scaled(sum.high, scale.high, bias.high);
    _mm256_storeu_ps(low, add_low != NULL ? _mm256_add_ps(first, _mm256_loadu_ps(add_low)) : first);
    if (high != NULL)
        _mm256_storeu_ps(high, add_high != NULL ? _mm256_add_ps(second, _mm256_loadu_ps(add_high)) : second);
}

INLINE __m256i to_bytes(const float *in, float scale)
{
    __m256 number = _mm256_mul_ps(_mm256_loadu_ps(in), _mm256_set1_ps(scale));
    return rounded(_mm256_add_ps(number, _mm256_set1_ps(HR_BYTE_ZERO)));
}

INLINE void load_block(const float *low, const float *high, float scale, uint8_t *out)
{
    __m256i words = _mm256_packs_epi32(to_bytes(low, scale), to_bytes(high, scale));
    put_words(_mm256_permute4x64_epi64(words, 0xD8), out);
}

#endif
