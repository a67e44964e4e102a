/* Run under user-mode emulation by neon_check.sh: neon_check MODELS GOLDEN|-
 * The NEON kernels against the naive computation, dlib's numbers, and ONNX Runtime's and OpenVINO's for the others. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "infer/golden_picture.h"
#include "infer/operator_cases.h"

static int check(const char *what, double error, double tolerance)
{
    bool good = error <= tolerance; /* a NaN is no success */
    printf("%s: within %.1e%s\n", what, error, good ? "" : ": FAILED");
    return good ? 0 : 1;
}

/* Emulated instructions are slow: a part of the shapes. */
static int check_operators(enum hr_isa isa)
{
    int failures = 0;
    printf("%s\n", hr_isa_name(isa));
    for (int i = 0; i < operator_case_count; i++) {
        double worst = 0;
        int rounds = operator_cases[i].repeats / 4 + 1;
        for (int round = 0; round < rounds; round++) {
            double error = operator_case_error(&operator_cases[i], round, isa, 1 + round % 2, 1 + round % 3);
            worst = error > worst ? error : worst;
        }
        failures += check(operator_cases[i].name, worst, operator_cases[i].exact ? 0 : 2e-5);
    }
    return failures;
}

struct run {
    struct hr_network *network;
    struct hr_runner *runner;
};

static bool start(struct run *run, const char *folder, const char *file, struct hr_size size, enum hr_isa isa)
{
    char path[4096];
    struct hr_error error = {0};
    struct hr_runner_options options = {.size = size, .batch = 1, .isa = isa};
    *run = (struct run){0};
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if (hr_network_open(&run->network, path, &error) == HR_OK &&
        hr_runner_new(&run->runner, run->network, &options, &error) == HR_OK)
        return true;
    printf("SKIPPED: %s\n", error.text);
    return false;
}

static void finish(struct run *run)
{
    hr_runner_free(run->runner);
    hr_network_close(run->network);
}

static int check_dlib(const char *models, const char *golden)
{
    FILE *file = fopen(golden, "r");
    struct run run;
    if (file == NULL) {
        printf("SKIPPED: dlib's numbers are not there: '%s'\n", golden);
        return 0;
    }
    struct hr_size size = {GOLDEN_SIDE, GOLDEN_SIDE};
    int failures = 0;
    if (start(&run, models, "dlib-resnet.hrm", size, HR_ISA_NEON)) {
        double worst = 0;
        float *input = golden_picture(1, size);
        hr_runner_run(run.runner, input);
        struct hr_tensor out = hr_runner_output(run.runner, 0);
        for (int i = 0; i < GOLDEN_NUMBERS; i++) {
            double wanted = NAN;
            if (fscanf(file, "%lf", &wanted) != 1)
                wanted = HUGE_VAL;
            worst = fmax(worst, fabs((double)out.data[i] - wanted));
        }
        free(input);
        failures = check("dlib's 128 numbers", worst, 1e-4);
    }
    finish(&run);
    fclose(file);
    return failures;
}

static int check_centerface(const char *models)
{
    struct run run;
    struct hr_size size = {PINNED_WIDTH, PINNED_HEIGHT};
    int failures = 0;
    if (start(&run, models, "centerface.hrm", size, HR_ISA_NEON_DOT)) {
        float *input = golden_picture(1, size);
        hr_runner_run(run.runner, input);
        failures =
            check("CenterFace beside ONNX Runtime",
                  pinned_difference(run.runner, hr_network_card(run.network)->output_count), PINNED_BYTE_TOLERANCE);
        free(input);
    }
    finish(&run);
    return failures;
}

static int check_face(const char *models)
{
    struct run run;
    struct hr_size size = {PINNED_FACE_SIDE, PINNED_FACE_SIDE};
    int failures = 0;
    if (start(&run, models, "face-reidentification-retail-0095.hrm", size, HR_ISA_NEON)) {
        double worst = 0;
        float *input = golden_picture(1, size);
        scale_picture(input, 1, hr_network_card(run.network)->face);
        hr_runner_run(run.runner, input);
        struct hr_tensor out = hr_runner_output(run.runner, 0);
        for (int i = 0; i < PINNED_FACE_NUMBERS; i++) {
            double difference = fabs((double)out.data[i] - pinned_face[i]);
            if (!(difference <= worst)) /* not fmax: GCC 12 for arm64 fails at vectorising it here */
                worst = difference;
        }
        failures = check("re-identification beside OpenVINO", worst, 1e-4);
        free(input);
    }
    finish(&run);
    return failures;
}

int main(int argc, char **argv)
{
    if (argc != 3 || hr_isa_best() != HR_ISA_NEON_DOT) {
        fprintf(stderr, "usage, on arm64: neon_check MODELS GOLDEN\n");
        return 2;
    }
    int failures = check_operators(HR_ISA_NEON) + check_operators(HR_ISA_NEON_DOT);
    failures += check_dlib(argv[1], argv[2]) + check_centerface(argv[1]) + check_face(argv[1]);
    printf("%d failures\n", failures);
    return failures > 0;
}
