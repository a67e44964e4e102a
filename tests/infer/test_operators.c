#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "infer/operator_cases.h"

/* Float sums of a few thousand products near 1, against double: their rounding stays well below this. */
static const double tolerance = 2e-5;

static void check_all(enum hr_isa isa)
{
    if (!hr_isa_available(isa)) {
        print_message("SKIPPED: this processor has no %s\n", hr_isa_name(isa));
        skip();
    }
    bool good = true;
    for (int i = 0; i < operator_case_count; i++)
        for (int round = 0; round < operator_cases[i].repeats; round++) {
            int threads = 1 + round % 3, batch = 1 + round / 2 % 3;
            double error = operator_case_error(&operator_cases[i], round, isa, threads, batch);
            if (error > (operator_cases[i].exact ? 0 : tolerance)) {
                print_error("%s, round %d, %d threads, batch %d: off by %g\n", operator_cases[i].name, round, threads,
                            batch, error);
                good = false;
            }
        }
    assert_true(good);
}

static void baseline_agrees(void **state)
{
    (void)state;
    check_all(HR_ISA_BASELINE);
}

static void avx2_agrees(void **state)
{
    (void)state;
    check_all(HR_ISA_AVX2);
}

static void avx512_agrees(void **state)
{
    (void)state;
    check_all(HR_ISA_AVX512);
}

static void avx2_with_vnni_agrees(void **state)
{
    (void)state;
    check_all(HR_ISA_AVX2_VNNI);
}

static void avx512_with_vnni_agrees(void **state)
{
    (void)state;
    check_all(HR_ISA_AVX512_VNNI);
}

static void neon_agrees(void **state)
{
    (void)state;
    check_all(HR_ISA_NEON);
}

static void neon_with_dot_products_agrees(void **state)
{
    (void)state;
    check_all(HR_ISA_NEON_DOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(baseline_agrees),
        cmocka_unit_test(avx2_agrees),
        cmocka_unit_test(avx512_agrees),
        cmocka_unit_test(avx2_with_vnni_agrees),
        cmocka_unit_test(avx512_with_vnni_agrees),
        cmocka_unit_test(neon_agrees),
        cmocka_unit_test(neon_with_dot_products_agrees),
    };
    return cmocka_run_group_tests_name("operators", tests, NULL, NULL);
}
