/* AVX-VNNI's kernels on processors that have its instruction in AVX-512's encoding only: the same source, compiled for
 * that, in the place of whatever the runner would take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "infer/eight_bits.h"
#include "infer/operator_cases.h"

extern const struct hr_byte_kernels kernels_in_avx512_encoding;
const struct hr_byte_kernels *__wrap_hr_isa_byte_kernels(enum hr_isa isa);

static int asked;

const struct hr_byte_kernels *__wrap_hr_isa_byte_kernels(enum hr_isa isa)
{
    (void)isa;
    asked++;
    return &kernels_in_avx512_encoding;
}

static void the_same_bits_as_everywhere(void **state)
{
    (void)state;
    if (!hr_isa_available(HR_ISA_AVX512_VNNI)) {
        print_message("SKIPPED: this processor has no avx512+vnni\n");
        skip();
    }
    for (int i = 0; i < operator_case_count; i++)
        for (int round = 0; operator_cases[i].exact && round < operator_cases[i].repeats; round++)
            assert_true(operator_case_error(&operator_cases[i], round, HR_ISA_AVX2, 1 + round % 3, 1 + round % 2) <= 0);
    assert_true(asked > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same_bits_as_everywhere)};
    return cmocka_run_group_tests_name("vnni", tests, NULL, NULL);
}
