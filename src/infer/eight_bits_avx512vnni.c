/* A vector holds 16 sums. */
#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include "infer/eight_bits.h"

#define HR_BYTE_KERNELS hr_byte_kernels_avx512vnni
#define HR_BYTE_TILE 12
#define HR_BYTE_VECTORS 2
#define HR_BYTE_SIGNED 0
#define INLINE static inline __attribute__((always_inline))

typedef __m512i sums_t, weights_t, inputs_t, columns_t;
typedef __m512 numbers_t;

INLINE sums_t sums_of(const int32_t *sums, int32_t factor)
{
    return _mm512_mullo_epi32(_mm512_loadu_si512(sums), _mm512_set1_epi32(factor));
}

INLINE weights_t weights_at(const int8_t *weights)
{
    return _mm512_loadu_si512(weights);
}

INLINE inputs_t inputs_at(const uint8_t *in)
{
    int32_t four;
    memcpy(&four, in, sizeof four);
    return _mm512_set1_epi32(four);
}

INLINE sums_t add_products(sums_t sum, weights_t weights, inputs_t in)
{
    return _mm512_dpbusd_epi32(sum, in, weights);
}

/* [row][channel] of three rows -> [channel][row]. */
INLINE columns_t columns_at(const uint8_t *row0, const uint8_t *row1, const uint8_t *row2)
{
    const __m512i words = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i bytes = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m256i two = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)row0)),
                                          _mm_loadu_si128((const void *)row1), 1);
    __m512i three = _mm512_inserti32x4(_mm512_zextsi256_si512(two), _mm_loadu_si128((const void *)row2), 2);
    return _mm512_shuffle_epi8(_mm512_permutexvar_epi32(words, three), bytes);
}

INLINE sums_t add_column(sums_t sum, weights_t weights, columns_t column)
{
    return _mm512_dpbusd_epi32(sum, column, weights);
}

INLINE numbers_t numbers_at(const float *numbers)
{
    return _mm512_loadu_ps(numbers);
}

INLINE numbers_t scaled(sums_t sum, numbers_t scale, numbers_t bias)
{
    return _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale), bias);
}

INLINE void put_bytes(sums_t sum, numbers_t scale, numbers_t bias, uint8_t *out)
{
    numbers_t number = _mm512_max_ps(scaled(sum, scale, bias), _mm512_setzero_ps());
    _mm_storeu_si128((void *)out, _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(number)));
}

INLINE void put_numbers(sums_t sum, numbers_t scale, numbers_t bias, float *low, float *high, const float *add_low,
                        const float *add_high)
{
    numbers_t number = scaled(sum, scale, bias);
    __m256 first = _mm512_castps512_ps256(number), second = _mm512_extractf32x8_ps(number, 1);
    _mm256_storeu_ps(low, add_low != NULL ? _mm256_add_ps(first, _mm256_loadu_ps(add_low)) : first);
    if (high != NULL)
        _mm256_storeu_ps(high, add_high != NULL ? _mm256_add_ps(second, _mm256_loadu_ps(add_high)) : second);
}

INLINE void load_block(const float *low, const float *high, float scale, uint8_t *out)
{
    numbers_t number = _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(low)), _mm256_loadu_ps(high), 1);
    number = _mm512_add_ps(_mm512_mul_ps(number, _mm512_set1_ps(scale)), _mm512_set1_ps(HR_BYTE_ZERO));
    number = _mm512_max_ps(number, _mm512_setzero_ps());
    _mm_storeu_si128((void *)out, _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(number)));
}

#define depthwise_sums_of sums_of
#define depthwise_weights_at weights_at
#define depthwise_numbers_at numbers_at
#define depthwise_put_bytes put_bytes

#include "infer/eight_bits.inc"
