#include "infer/isa.h"

#include <stddef.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

const char *hr_isa_name(enum hr_isa isa)
{
    static const char *const names[] = {"auto",   "baseline",    "avx2", "avx2+vnni",
                                        "avx512", "avx512+vnni", "neon", "neon+dot"};
    return names[isa];
}

#if defined(__x86_64__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
}

/* Leaf 7, part 1, EAX bit 4 (Intel's manual, volume 2, CPUID): GCC 12 has no name for it. */
static bool has_avx_vnni(void)
{
    unsigned int a, b, c, d;
    return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1u << 4) != 0;
}
#endif

bool hr_isa_available(enum hr_isa isa)
{
    switch (isa) {
    case HR_ISA_AUTO:
    case HR_ISA_BASELINE:
        return true;
#if defined(__x86_64__)
    case HR_ISA_AVX2:
        return has_avx2();
    case HR_ISA_AVX2_VNNI:
        return has_avx_vnni();
    case HR_ISA_AVX512:
        return has_avx512();
    case HR_ISA_AVX512_VNNI:
        return has_avx512() && __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__)
    case HR_ISA_NEON:
        return true;
    case HR_ISA_NEON_DOT:
        return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#endif
    default:
        return false;
    }
}

enum hr_isa hr_isa_best(void)
{
    static const enum hr_isa order[] = {HR_ISA_AVX512_VNNI, HR_ISA_AVX512,   HR_ISA_AVX2_VNNI,
                                        HR_ISA_AVX2,        HR_ISA_NEON_DOT, HR_ISA_NEON};
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
    case HR_ISA_AVX2_VNNI:
        return &hr_kernels_avx2;
    case HR_ISA_AVX512:
    case HR_ISA_AVX512_VNNI:
        return &hr_kernels_avx512;
#elif defined(__aarch64__)
    case HR_ISA_NEON:
    case HR_ISA_NEON_DOT:
        return &hr_kernels_neon;
#endif
    default:
        return &hr_kernels_baseline;
    }
}

const struct hr_byte_kernels *hr_isa_byte_kernels(enum hr_isa isa)
{
    switch (isa == HR_ISA_AUTO ? hr_isa_best() : isa) {
#if defined(__x86_64__)
    case HR_ISA_AVX2:
        return &hr_byte_kernels_avx2;
    case HR_ISA_AVX2_VNNI:
        return &hr_byte_kernels_avxvnni;
    case HR_ISA_AVX512: /* without VNNI, wider vectors gain nothing for bytes; both may be there beside it */
        return has_avx_vnni() ? &hr_byte_kernels_avxvnni : &hr_byte_kernels_avx2;
    case HR_ISA_AVX512_VNNI:
        return &hr_byte_kernels_avx512vnni;
#elif defined(__aarch64__)
    case HR_ISA_NEON_DOT:
        return &hr_byte_kernels_neondot;
#endif
    default:
        return &hr_byte_kernels_baseline;
    }
}
