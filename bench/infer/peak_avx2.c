#define HR_PEAK hr_peak_avx2
#define HR_VECTOR 8
#include "peak.inc"
