#define HR_KERNELS hr_kernels_avx512
#define HR_VECTOR 16
#define HR_TILE 12
#include "infer/kernels.inc"
