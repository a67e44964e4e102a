#include "infer/runner.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/limits.h"
#include "infer/isa.h"

enum { BATCH_MAX = 1024, CACHE_LINE = 64, HUGE_PAGE = 2 << 20 };

/* --- values in memory --- */

static float *value_start(const struct hr_runner *runner, const struct hr_value *value, int image)
{
    if (value->per_image)
        return runner->images + image * runner->image_stride + value->offset;
    return runner->front + value->offset;
}

struct hr_plane hr_runner_plane(const struct hr_runner *runner, int index, int image)
{
    const struct hr_value *value = &runner->plan.values[index];
    ptrdiff_t row = (ptrdiff_t)(value->width + 2 * value->border) * value->lane;
    return (struct hr_plane){.data = value_start(runner, value, image) + value->border * row +
                                     (ptrdiff_t)value->border * value->lane,
                             .row_stride = row,
                             .block_stride = row * (value->height + 2 * value->border)};
}

/* The memory was another value's before: the border is made zero again each time. */
void hr_runner_clear_border(const struct hr_runner *runner, int index, int image)
{
    const struct hr_value *value = &runner->plan.values[index];
    if (value->border == 0)
        return;
    size_t row = (size_t)(value->width + 2 * value->border) * (size_t)value->lane;
    size_t edge = (size_t)value->border * (size_t)value->lane;
    size_t band = (size_t)value->border * row;
    float *at = value_start(runner, value, image);
    for (int block = 0; block < value->blocks; block++) {
        memset(at, 0, band * sizeof *at);
        at += band;
        for (int y = 0; y < value->height; y++) {
            memset(at, 0, edge * sizeof *at);
            memset(at + row - edge, 0, edge * sizeof *at);
            at += row;
        }
        memset(at, 0, band * sizeof *at);
        at += band;
    }
}

/* --- running --- */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void run_for_image(const struct hr_runner *runner, const struct hr_plan_step *step, int image)
{
    if (step->op_count == 3)
        hr_step_block(runner, step->first_op, image);
    else if (step->op_count == 2)
        hr_step_expand(runner, step->first_op, image);
    else if (runner->plan.parts.ops[step->first_op].kind == HR_OP_BLOCK)
        hr_step_byte_block(runner, step->first_op, image);
    else if (runner->plan.parts.ops[step->first_op].kind == HR_OP_DEPTHWISE)
        hr_step_depthwise(runner, step->first_op, image);
    else
        hr_step_other(runner, step->first_op, image);
}

/* One step for `count` images from `first` on. */
static void run_step(struct hr_runner *runner, struct hr_plan_step *step, int first, int count)
{
    int64_t start = runner->measuring ? now_ns() : 0;
    uint32_t kind = runner->plan.parts.ops[step->first_op].kind;
    for (int image = first; image < first + count; image++)
        hr_runner_clear_border(runner, step->first_op + step->op_count, image);
    if (step->op_count == 1 && kind == HR_OP_CONV)
        hr_step_convolution(runner, step->first_op, first, count);
    else if (step->op_count == 1 && kind == HR_OP_DECONV)
        hr_step_transposed(runner, step->first_op, first, count);
    else
        for (int image = first; image < first + count; image++)
            run_for_image(runner, step, image);
    if (runner->measuring)
        step->info.elapsed_ns += now_ns() - start;
}

void hr_runner_run(struct hr_runner *runner, const float *input)
{
    struct hr_plan *plan = &runner->plan;
    const struct hr_value *value = &plan->values[0];
    size_t image_floats = (size_t)value->channels * (size_t)value->height * (size_t)value->width;
    for (int image = 0; image < runner->batch; image++) {
        hr_runner_load(runner, input + (size_t)image * image_floats, image);
        for (size_t i = 0; i < plan->deep_step; i++)
            run_step(runner, &plan->steps[i], image, 1);
    }
    for (size_t i = plan->deep_step; i < plan->step_count; i++)
        run_step(runner, &plan->steps[i], 0, runner->batch);
    for (int image = 0; image < runner->batch; image++)
        for (uint32_t i = 0; i < plan->parts.header->output_count; i++)
            hr_runner_store(runner, (int)i, image);
}

struct hr_tensor hr_runner_output(const struct hr_runner *runner, int index)
{
    const struct hr_model_output *output = &runner->plan.parts.outputs[index];
    const struct hr_value *value = &runner->plan.values[output->value];
    return (struct hr_tensor){.data = runner->outputs[index],
                              .batch = runner->batch,
                              .channels = (int)output->channels,
                              .height = value->height,
                              .width = value->width};
}

size_t hr_runner_step_count(const struct hr_runner *runner)
{
    return runner->plan.step_count;
}

const struct hr_step *hr_runner_step(const struct hr_runner *runner, size_t index)
{
    return &runner->plan.steps[index].info;
}

void hr_runner_measure(struct hr_runner *runner, bool on)
{
    runner->measuring = on;
    for (size_t i = 0; i < runner->plan.step_count; i++)
        runner->plan.steps[i].info.elapsed_ns = 0;
}

/* --- making --- */

/* a * b floats, 64-byte aligned; NULL: no memory. Large ones ask for huge pages: a cold process would otherwise spend
 * a tenth of its first frame in page faults. */
static float *floats(size_t a, size_t b)
{
    size_t count, bytes;
    if (!hr_size_multiply(a, b, &count) || !hr_size_add(count, 32, &count) ||
        !hr_size_multiply(count, sizeof(float), &bytes) || bytes > SIZE_MAX - HUGE_PAGE)
        return NULL;
    size_t alignment = bytes < HUGE_PAGE ? CACHE_LINE : HUGE_PAGE;
    bytes = (bytes + alignment - 1) / alignment * alignment;
    float *memory = aligned_alloc(alignment, bytes);
    if (memory != NULL && alignment == HUGE_PAGE)
        (void)madvise(memory, bytes, MADV_HUGEPAGE); /* a wish: nothing is lost when it is not granted */
    return memory;
}

static enum hr_status allocate(struct hr_runner *runner, struct hr_error *error)
{
    uint32_t outputs = runner->plan.parts.header->output_count;
    size_t batch = (size_t)runner->batch;
    runner->image_stride = (ptrdiff_t)runner->plan.batch_floats;
    runner->front = floats(runner->plan.front_floats, 1);
    runner->images = floats(runner->plan.batch_floats, batch);
    runner->scratch = floats(runner->plan.scratch_floats, (size_t)runner->threads);
    runner->outputs = calloc(outputs, sizeof *runner->outputs);
    if (runner->front == NULL || runner->images == NULL || runner->scratch == NULL || runner->outputs == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a network's activations");
    for (uint32_t i = 0; i < outputs; i++) {
        struct hr_tensor tensor = hr_runner_output(runner, (int)i);
        runner->outputs[i] = floats((size_t)tensor.height * (size_t)tensor.width, batch * (size_t)tensor.channels);
        if (runner->outputs[i] == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for a network's outputs");
    }
    return HR_OK;
}

enum hr_status hr_runner_new(struct hr_runner **out, const struct hr_network *network,
                             const struct hr_runner_options *options, struct hr_error *error)
{
    *out = NULL;
    if (options->batch < 1 || options->batch > BATCH_MAX)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a batch of %d: it must have from 1 to %d", options->batch,
                            BATCH_MAX);
    if (!hr_isa_available(options->isa))
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "this processor has no %s", hr_isa_name(options->isa));
    struct hr_runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a runner");
    runner->kernels = hr_isa_kernels(options->isa);
    runner->byte_kernels = hr_isa_byte_kernels(options->isa);
    runner->pool = options->pool;
    runner->threads = hr_pool_threads(options->pool);
    runner->batch = options->batch;
    enum hr_status status = hr_plan_make(&runner->plan, network, options->size, options->batch, error);
    if (status == HR_OK)
        status = allocate(runner, error);
    if (status != HR_OK) {
        hr_runner_free(runner);
        return status;
    }
    *out = runner;
    return HR_OK;
}

void hr_runner_free(struct hr_runner *runner)
{
    if (runner == NULL)
        return;
    for (uint32_t i = 0; runner->outputs != NULL && i < runner->plan.parts.header->output_count; i++)
        free(runner->outputs[i]);
    free(runner->outputs);
    free(runner->front);
    free(runner->images);
    free(runner->scratch);
    hr_plan_clear(&runner->plan);
    free(runner);
}
