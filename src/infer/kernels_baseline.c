#define HR_KERNELS hr_kernels_baseline
#define HR_VECTOR 4
#define HR_TILE 3
#include "infer/kernels.inc"
