#include <immintrin.h>

#define HR_BYTE_KERNELS hr_byte_kernels_avxvnni
#define HR_BYTE_TILE 6
#define HR_BYTE_VECTORS 2
#define INLINE static inline __attribute__((always_inline))

INLINE __m256i add_eight(__m256i sum, __m256i weights, __m256i bytes)
{
#ifdef __AVXVNNI__
    return _mm256_dpbusd_avx_epi32(sum, bytes, weights);
#else /* the same in AVX-512's encoding, for the tests of processors that have only that */
    return _mm256_dpbusd_epi32(sum, bytes, weights);
#endif
}

#include "infer/eight_bits_ymm.h"

#include "infer/eight_bits.inc"
