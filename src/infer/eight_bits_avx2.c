#include <immintrin.h>

#define HR_BYTE_KERNELS hr_byte_kernels_avx2
#define HR_BYTE_TILE 4
#define HR_BYTE_VECTORS 2
#define INLINE static inline __attribute__((always_inline))

/* Two products are added in 16 bits, which 255 * 63 * 2 fits. */
INLINE __m256i add_eight(__m256i sum, __m256i weights, __m256i bytes)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(bytes, weights), _mm256_set1_epi16(1)));
}

#include "infer/eight_bits_ymm.h"

#include "infer/eight_bits.inc"
