#define HR_KERNELS hr_kernels_avx2
#define HR_VECTOR 8
#define HR_TILE 6
#include "infer/kernels.inc"
