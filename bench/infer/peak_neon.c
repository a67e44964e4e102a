#define HR_PEAK hr_peak_neon
#define HR_VECTOR 4
#include "peak.inc"
