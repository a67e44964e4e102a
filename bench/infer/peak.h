/* Loops that do nothing but multiply and add, one per instruction set: what 100 % is in the bench's tables. */
#ifndef HR_BENCH_PEAK_H
#define HR_BENCH_PEAK_H

#if defined(__x86_64__)
#define HR_PEAK_REGISTER(value) "+v"(value)
#elif defined(__aarch64__)
#define HR_PEAK_REGISTER(value) "+w"(value)
#else
#define HR_PEAK_REGISTER(value) "+m"(value)
#endif

/* Returns the operations done. sink[0] and sink[1] keep the compiler from knowing the numbers. */
typedef double hr_peak_fn(long rounds, float *sink);
hr_peak_fn hr_peak_baseline, hr_peak_avx2, hr_peak_avx512, hr_peak_neon;

#endif
