#define HR_KERNELS hr_kernels_neon
#define HR_VECTOR 4
#define HR_TILE 6
#include "infer/kernels.inc"
