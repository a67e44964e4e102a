#define HR_PEAK hr_peak_baseline
#define HR_VECTOR 4
#include "peak.inc"
