/* The networks against ONNX Runtime, on every instruction set: oracle.py computes, this compares. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "infer/network.h"

extern char **environ;

/* Relative to the value or 1: float32 sums of up to 2304 products in another order. */
static const double tolerance = 1e-4;

enum { WORDS_MAX = 16, PATH_SIZE = 4096 };

static char folder[] = "/tmp/homeroom-oracle-XXXXXX";
static bool ready;

static int make_cases(void **state)
{
    (void)state;
    const char *python = getenv("HOMEROOM_PYTHON"), *source = getenv("HOMEROOM_SOURCE");
    if (python == NULL || source == NULL) {
        print_message("SKIPPED: HOMEROOM_PYTHON (with onnxruntime) is not set; scripts/test sets it\n");
        return 0;
    }
    if (mkdtemp(folder) == NULL)
        return -1;
    char script[PATH_SIZE];
    snprintf(script, sizeof script, "%s/tests/infer/oracle.py", source);
    char *const arguments[] = {(char *)(uintptr_t)python, script, folder, NULL};
    pid_t child;
    int status = -1;
    if (posix_spawn(&child, python, NULL, NULL, arguments, environ) != 0)
        return -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    ready = status == 0;
    return status;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

static int remove_cases(void **state)
{
    (void)state;
    return ready ? nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) : 0;
}

/* The file's numbers, the caller's (free). */
static float *read_floats(const char *name, size_t count)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    float *floats = malloc((count + 1) * sizeof *floats);
    assert_non_null(floats);
    assert_int_equal(fread(floats, sizeof *floats, count + 1, file), count);
    fclose(file);
    return floats;
}

/* words: label, model, width, height, batch, input, outputs... */
static double worst_of_case(char **words, int word_count, enum hr_isa isa, int threads)
{
    struct hr_error error = {0};
    struct hr_network *network = NULL;
    struct hr_pool *pool = NULL;
    struct hr_runner *runner = NULL;
    struct hr_runner_options options = {.size = {atoi(words[2]), atoi(words[3])}, .batch = atoi(words[4]), .isa = isa};
    assert_int_equal(hr_network_open(&network, words[1], &error), HR_OK);
    assert_int_equal(hr_pool_new(&pool, threads, &error), HR_OK);
    options.pool = pool;
    assert_int_equal(hr_runner_new(&runner, network, &options, &error), HR_OK);
    size_t pixels = (size_t)options.size.width_px * (size_t)options.size.height_px;
    float *input = read_floats(words[5], (size_t)options.batch * 3 * pixels);
    hr_runner_run(runner, input);
    assert_int_equal(word_count - 6, hr_network_card(network)->output_count);
    double worst = 0;
    for (int i = 6; i < word_count; i++) {
        struct hr_tensor out = hr_runner_output(runner, i - 6);
        size_t count = (size_t)out.batch * (size_t)out.channels * (size_t)out.height * (size_t)out.width;
        float *wanted = read_floats(words[i], count);
        for (size_t k = 0; k < count; k++) {
            double difference = fabs((double)out.data[k] - (double)wanted[k]) / fmax(1, fabs((double)wanted[k]));
            worst = !(difference <= worst) ? difference : worst;
        }
        free(wanted);
    }
    free(input);
    hr_runner_free(runner);
    hr_pool_free(pool);
    hr_network_close(network);
    return worst;
}

/* Cases with this label, if there are any: without its maker's files a network has none. */
static void compare_label(const char *label)
{
    if (!ready)
        skip();
    char path[PATH_SIZE], line[PATH_SIZE];
    snprintf(path, sizeof path, "%s/cases", folder);
    FILE *list = fopen(path, "r");
    assert_non_null(list);
    int compared = 0;
    bool good = true;
    while (fgets(line, sizeof line, list) != NULL) {
        char *words[WORDS_MAX];
        int count = 0;
        for (char *rest = NULL, *word = strtok_r(line, " \n", &rest); word != NULL && count < WORDS_MAX;
             word = strtok_r(NULL, " \n", &rest))
            words[count++] = word;
        if (count < 7 || strcmp(words[0], label) != 0)
            continue;
        for (enum hr_isa isa = HR_ISA_BASELINE; isa < HR_ISA_END; isa++) {
            if (!hr_isa_available(isa))
                continue;
            double worst = worst_of_case(words, count, isa, 1 + compared % 2);
            print_message("%s %sx%s, batch %s, %s: within %.1e\n", label, words[2], words[3], words[4],
                          hr_isa_name(isa), worst);
            good = good && worst < tolerance; /* a NaN is no success */
            compared++;
        }
    }
    fclose(list);
    if (compared == 0 && strcmp(label, "reid-0095") == 0) {
        print_message("SKIPPED: the maker's files of %s are not here\n", label);
        skip();
    }
    assert_true(compared > 0);
    assert_true(good);
}

static void centerface_agrees(void **state)
{
    (void)state;
    compare_label("centerface");
}

static void dlibs_resnet_agrees(void **state)
{
    (void)state;
    compare_label("dlib-resnet");
}

static void face_reidentification_agrees(void **state)
{
    (void)state;
    compare_label("reid-0095");
}

static void a_network_of_every_operator_agrees(void **state)
{
    (void)state;
    compare_label("zoo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(centerface_agrees),
        cmocka_unit_test(dlibs_resnet_agrees),
        cmocka_unit_test(face_reidentification_agrees),
        cmocka_unit_test(a_network_of_every_operator_agrees),
    };
    return cmocka_run_group_tests_name("ONNX Runtime", tests, make_cases, remove_cases);
}
