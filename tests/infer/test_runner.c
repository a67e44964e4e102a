/* The two networks that homeroom ships: threads and batches change nothing, and running allocates nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/network.h"
#include "infer/small_model.h"

/* Every allocation of the program is counted: the linker sends these names here (--wrap). */
static atomic_int allocations;
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *__wrap_malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_aligned_alloc(alignment, size);
}

static struct hr_network *open_model(const char *file)
{
    const char *folder = getenv("HOMEROOM_MODELS");
    struct hr_error error = {0};
    struct hr_network *network = NULL;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "", file);
    if (hr_network_open(&network, path, &error) != HR_OK) {
        print_message("SKIPPED: %s\n", error.text);
        skip();
    }
    return network;
}

struct run {
    const char *file;
    struct hr_size size;
    int batch, threads;
    enum hr_isa isa;
};

/* All outputs of a run one after the other, the caller's (free). */
static float *outputs_of(struct run run, const float *input, size_t *count, int *allocated)
{
    struct hr_network *network = open_model(run.file);
    struct hr_pool *pool = NULL;
    struct hr_runner *runner = NULL;
    struct hr_error error = {0};
    assert_int_equal(hr_pool_new(&pool, run.threads, &error), HR_OK);
    struct hr_runner_options options = {.size = run.size, .batch = run.batch, .isa = run.isa, .pool = pool};
    assert_int_equal(hr_runner_new(&runner, network, &options, &error), HR_OK);
    int before = atomic_load(&allocations);
    hr_runner_run(runner, input);
    hr_runner_run(runner, input);
    *allocated = atomic_load(&allocations) - before;
    float *all = NULL;
    *count = 0;
    for (int i = 0; i < hr_network_card(network)->output_count; i++) {
        struct hr_tensor tensor = hr_runner_output(runner, i);
        assert_int_equal(tensor.batch, run.batch);
        size_t floats = (size_t)tensor.batch * (size_t)tensor.channels * (size_t)tensor.height * (size_t)tensor.width;
        all = realloc(all, (*count + floats) * sizeof *all);
        assert_non_null(all);
        memcpy(all + *count, tensor.data, floats * sizeof *all);
        *count += floats;
    }
    hr_runner_free(runner);
    hr_pool_free(pool);
    hr_network_close(network);
    return all;
}

static float *pixels(int images, struct hr_size size)
{
    size_t count = (size_t)images * 3 * (size_t)size.width_px * (size_t)size.height_px;
    float *input = malloc(count * sizeof *input);
    assert_non_null(input);
    uint64_t random = 42;
    for (size_t i = 0; i < count; i++)
        input[i] = 128 + 127 * small_random(&random);
    return input;
}

static const struct run networks[] = {
    {"centerface.hrm", {160, 96}, 1, 1, HR_ISA_AUTO},
    {"dlib-resnet.hrm", {150, 150}, 1, 1, HR_ISA_AUTO},
};

static void threads_change_no_bit(void **state)
{
    (void)state;
    for (int n = 0; n < 2; n++)
        for (enum hr_isa isa = HR_ISA_BASELINE; isa < HR_ISA_END; isa++) {
            if (!hr_isa_available(isa))
                continue;
            struct run run = networks[n];
            run.isa = isa;
            float *input = pixels(1, run.size);
            size_t count, count_again;
            int allocated;
            float *one = outputs_of(run, input, &count, &allocated);
            assert_int_equal(allocated, 0);
            for (run.threads = 2; run.threads <= 5; run.threads += 3) {
                float *many = outputs_of(run, input, &count_again, &allocated);
                assert_int_equal(allocated, 0);
                assert_int_equal(count, count_again);
                assert_memory_equal(one, many, count * sizeof *one);
                free(many);
            }
            free(one);
            free(input);
        }
}

static void a_batch_gives_what_single_runs_give(void **state)
{
    (void)state;
    enum { BATCH = 5 };
    for (int n = 0; n < 2; n++) {
        struct run run = networks[n];
        float *input = pixels(BATCH, run.size);
        size_t image = 3 * (size_t)run.size.width_px * (size_t)run.size.height_px;
        size_t count, single_count;
        int allocated;
        run.batch = BATCH;
        run.threads = 2;
        float *together = outputs_of(run, input, &count, &allocated);
        assert_int_equal(allocated, 0);
        run.batch = 1;
        struct hr_network *network = open_model(run.file);
        int outputs = hr_network_card(network)->output_count;
        hr_network_close(network);
        for (int i = 0; i < BATCH; i++) {
            float *alone = outputs_of(run, input + (size_t)i * image, &single_count, &allocated);
            assert_int_equal(count, single_count * BATCH);
            /* Outputs of a network are of one size for each channel; they follow each other with the batch inside. */
            size_t channels[8] = {1, 2, 2, 10}, done = 0;
            if (outputs == 1)
                channels[0] = single_count;
            size_t area = outputs == 1 ? 1 : single_count / 15;
            for (int o = 0; o < outputs; o++) {
                size_t floats = channels[o] * area;
                assert_memory_equal(together + done * BATCH + (size_t)i * floats, alone + done, floats * sizeof *alone);
                done += floats;
            }
            assert_int_equal(done, single_count);
            free(alone);
        }
        free(together);
        free(input);
    }
}

static void steps_are_measured_when_asked(void **state)
{
    (void)state;
    struct hr_network *network = open_model("centerface.hrm");
    struct hr_runner_options options = {.size = {64, 64}, .batch = 1};
    struct hr_runner *runner = NULL;
    struct hr_error error = {0};
    assert_int_equal(hr_runner_new(&runner, network, &options, &error), HR_OK);
    float *input = pixels(1, options.size);
    hr_runner_run(runner, input);
    assert_true(hr_runner_step_count(runner) > 10);
    for (size_t i = 0; i < hr_runner_step_count(runner); i++)
        assert_int_equal(hr_runner_step(runner, i)->elapsed_ns, 0);
    hr_runner_measure(runner, true);
    hr_runner_run(runner, input);
    int64_t total = 0;
    double flops = 0;
    for (size_t i = 0; i < hr_runner_step_count(runner); i++) {
        total += hr_runner_step(runner, i)->elapsed_ns;
        flops += hr_runner_step(runner, i)->flops;
        assert_true(strlen(hr_runner_step(runner, i)->name) > 5);
    }
    assert_true(total > 0);
    assert_true(flops > 4e7 && flops < 6e7); /* 3.7e9 at 640x480, 75 times the pixels */
    free(input);
    hr_runner_free(runner);
    hr_network_close(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(a_batch_gives_what_single_runs_give),
        cmocka_unit_test(steps_are_measured_when_asked),
    };
    return cmocka_run_group_tests_name("runners", tests, NULL, NULL);
}
