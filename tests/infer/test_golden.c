/* dlib's own numbers for one picture, and ONNX Runtime's for a cell of CenterFace, on every instruction set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "infer/golden_picture.h"
#include "infer/network.h"

enum { BATCH = 4 };

/* 1e-4: dlib sums in another order and prints six digits; a wrong weight or border is off by 1e-2. */
static const double tolerance = 1e-4;

static bool read_golden(double golden[GOLDEN_NUMBERS])
{
    const char *shared = getenv("HOMEROOM_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/reference/dlib-resnet-golden.txt", shared != NULL ? shared : "");
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_message("SKIPPED: dlib's numbers are not there (HOMEROOM_SHARED/reference): '%s'\n", path);
        return false;
    }
    int count = 0;
    while (count < GOLDEN_NUMBERS && fscanf(file, "%lf", &golden[count]) == 1)
        count++;
    fclose(file);
    assert_int_equal(count, GOLDEN_NUMBERS);
    return true;
}

static struct hr_network *open_model(const char *name)
{
    const char *folder = getenv("HOMEROOM_MODELS");
    struct hr_error error = {0};
    struct hr_network *network = NULL;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "", name);
    if (hr_network_open(&network, path, &error) != HR_OK) {
        print_message("SKIPPED: %s\n", error.text);
        skip();
    }
    return network;
}

static void dlibs_own_numbers(void **state)
{
    (void)state;
    double golden[GOLDEN_NUMBERS];
    if (!read_golden(golden))
        skip();
    struct hr_network *network = open_model("dlib-resnet.hrm");
    float *input = golden_picture(BATCH, (struct hr_size){GOLDEN_SIDE, GOLDEN_SIDE});
    assert_non_null(input);
    for (enum hr_isa isa = HR_ISA_BASELINE; isa < HR_ISA_END; isa++) {
        if (!hr_isa_available(isa))
            continue;
        struct hr_runner_options options = {.size = {GOLDEN_SIDE, GOLDEN_SIDE}, .batch = BATCH, .isa = isa};
        struct hr_runner *runner = NULL;
        struct hr_error error = {0};
        assert_int_equal(hr_runner_new(&runner, network, &options, &error), HR_OK);
        hr_runner_run(runner, input);
        struct hr_tensor out = hr_runner_output(runner, 0);
        assert_int_equal(out.channels, GOLDEN_NUMBERS);
        double worst = 0;
        for (int i = 0; i < BATCH * GOLDEN_NUMBERS; i++)
            worst = fmax(worst, fabs((double)out.data[i] - golden[i % GOLDEN_NUMBERS]));
        print_message("%s: within %.1e of dlib\n", hr_isa_name(isa), worst);
        assert_true(worst < tolerance);
        hr_runner_free(runner);
    }
    free(input);
    hr_network_close(network);
}

static void openvinos_pinned_numbers(void **state)
{
    (void)state;
    struct hr_network *network = open_model("face-reidentification-retail-0095.hrm");
    const struct hr_model_face *face = hr_network_card(network)->face;
    struct hr_size size = {PINNED_FACE_SIDE, PINNED_FACE_SIDE};
    float *input = golden_picture(2, size);
    assert_non_null(input);
    assert_non_null(face);
    assert_int_equal(face->chip_side_px, PINNED_FACE_SIDE);
    scale_picture(input, 2, face);
    for (enum hr_isa isa = HR_ISA_BASELINE; isa < HR_ISA_END; isa++) {
        if (!hr_isa_available(isa))
            continue;
        struct hr_runner_options options = {.size = size, .batch = 2, .isa = isa};
        struct hr_runner *runner = NULL;
        struct hr_error error = {0};
        assert_int_equal(hr_runner_new(&runner, network, &options, &error), HR_OK);
        hr_runner_run(runner, input);
        struct hr_tensor out = hr_runner_output(runner, 0);
        assert_int_equal(out.channels, face->vector_size);
        double worst = 0;
        for (int i = 0; i < 2 * PINNED_FACE_NUMBERS; i++)
            worst =
                fmax(worst, fabs((double)out.data[i / PINNED_FACE_NUMBERS * out.channels + i % PINNED_FACE_NUMBERS] -
                                 pinned_face[i % PINNED_FACE_NUMBERS]));
        print_message("%s: within %.1e of OpenVINO\n", hr_isa_name(isa), worst);
        assert_true(worst < tolerance);
        hr_runner_free(runner);
    }
    free(input);
    hr_network_close(network);
}

static void onnx_runtimes_pinned_numbers(void **state)
{
    (void)state;
    struct hr_network *network = open_model("centerface.hrm");
    struct hr_size size = {PINNED_WIDTH, PINNED_HEIGHT};
    float *input = golden_picture(1, size);
    assert_non_null(input);
    for (enum hr_isa isa = HR_ISA_BASELINE; isa < HR_ISA_END; isa++) {
        if (!hr_isa_available(isa))
            continue;
        struct hr_runner_options options = {.size = size, .batch = 1, .isa = isa};
        struct hr_runner *runner = NULL;
        struct hr_error error = {0};
        assert_int_equal(hr_runner_new(&runner, network, &options, &error), HR_OK);
        hr_runner_run(runner, input);
        double worst = pinned_difference(runner, hr_network_card(network)->output_count);
        print_message("%s: within %.1e of ONNX Runtime\n", hr_isa_name(isa), worst);
        assert_true(worst < PINNED_BYTE_TOLERANCE);
        hr_runner_free(runner);
    }
    free(input);
    hr_network_close(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dlibs_own_numbers), cmocka_unit_test(openvinos_pinned_numbers),
                                       cmocka_unit_test(onnx_runtimes_pinned_numbers)};
    return cmocka_run_group_tests_name("pinned numbers", tests, NULL, NULL);
}
