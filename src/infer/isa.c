#include "infer/isa.h"

#include <stddef.h>

const char *hr_isa_name(enum hr_isa isa)
{
    static const char *const names[] = {"auto", "baseline", "avx2", "avx512", "neon"};
    return names[isa];
}

bool hr_isa_available(enum hr_isa isa)
{
    switch (isa) {
    case HR_ISA_AUTO:
    case HR_ISA_BASELINE:
        return true;
#if defined(__x86_64__)
    case HR_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case HR_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("fma");
#elif defined(__aarch64__)
    case HR_ISA_NEON:
        return true;
#endif
    default:
        return false;
    }
}

enum hr_isa hr_isa_best(void)
{
    static const enum hr_isa order[] = {HR_ISA_AVX512, HR_ISA_AVX2, HR_ISA_NEON};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (hr_isa_available(order[i]))
            return order[i];
    return HR_ISA_BASELINE;
}

const struct hr_kernels *hr_isa_kernels(enum hr_isa isa)
{
    switch (isa == HR_ISA_AUTO ? hr_isa_best() : isa) {
#if defined(__x86_64__)
    case HR_ISA_AVX2:
        return &hr_kernels_avx2;
    case HR_ISA_AVX512:
        return &hr_kernels_avx512;
#elif defined(__aarch64__)
    case HR_ISA_NEON:
        return &hr_kernels_neon;
#endif
    default:
        return &hr_kernels_baseline;
    }
}
