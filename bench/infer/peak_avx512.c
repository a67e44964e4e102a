#define HR_PEAK hr_peak_avx512
#define HR_VECTOR 16
#include "peak.inc"
