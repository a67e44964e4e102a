/* Pooling, factors, sums, sigmoid; what goes in and what comes out. */
#include <math.h>
#include <string.h>

#include "infer/runner.h"

/* --- pooling --- */

struct pool_loop {
    const struct hr_kernels *kernels;
    const struct hr_pool_job *job;
};

static void pool_task(void *context, int block, int worker)
{
    (void)worker;
    const struct pool_loop *loop = context;
    loop->kernels->pool(loop->job, block);
}

static void run_pool(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *out = &runner->plan.values[index + 1];
    struct hr_pool_job job = {.in = hr_runner_plane(runner, op->source, image),
                              .out = hr_runner_plane(runner, index + 1, image),
                              .kernel = (int)op->kernel,
                              .stride = (int)op->stride,
                              .mean = op->kind == HR_OP_AVGPOOL,
                              .width = out->width,
                              .height = out->height};
    struct pool_loop loop = {runner->kernels, &job};
    hr_pool_run(runner->pool, pool_task, &loop, out->blocks);
}

struct mean_loop {
    const struct hr_kernels *kernels;
    struct hr_plane in, out;
    int width, height;
};

static void mean_task(void *context, int block, int worker)
{
    (void)worker;
    const struct mean_loop *loop = context;
    struct hr_plane in = loop->in;
    in.data += block * in.block_stride;
    loop->kernels->mean(&in, loop->width, loop->height, loop->out.data + block * loop->out.block_stride);
}

static void run_global_average(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *in = &runner->plan.values[op->source];
    struct mean_loop loop = {.kernels = runner->kernels,
                             .in = hr_runner_plane(runner, op->source, image),
                             .out = hr_runner_plane(runner, index + 1, image),
                             .width = in->width,
                             .height = in->height};
    hr_pool_run(runner->pool, mean_task, &loop, in->blocks);
}

/* --- a factor for each channel --- */

struct scale_loop {
    const struct hr_kernels *kernels;
    const struct hr_scale_job *job;
};

static void scale_task(void *context, int block, int worker)
{
    (void)worker;
    const struct scale_loop *loop = context;
    loop->kernels->scale(loop->job, block);
}

static void run_scale(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *out = &runner->plan.values[index + 1];
    struct hr_plane gate = hr_runner_plane(runner, op->argument, image);
    struct hr_scale_job job = {.in = hr_runner_plane(runner, op->source, image),
                               .out = hr_runner_plane(runner, index + 1, image),
                               .gate = gate.data,
                               .gate_stride = gate.block_stride,
                               .width = out->width,
                               .height = out->height};
    if (op->add >= 0)
        job.add = hr_runner_plane(runner, op->add, image);
    struct scale_loop loop = {runner->kernels, &job};
    hr_pool_run(runner->pool, scale_task, &loop, out->blocks);
}

/* --- sums and sigmoid --- */

/* Row y of a block, and how many floats of it there are: none outside the value. */
static const float *row_if_there(const struct hr_plane *plane, const struct hr_value *value, int block, int y,
                                 size_t *floats)
{
    bool there = block < value->blocks && y < value->height;
    *floats = there ? (size_t)value->width * HR_BLOCK : 0;
    return there ? plane->data + block * plane->block_stride + y * plane->row_stride : NULL;
}

/* Where one tensor has no cell, the other stands alone. */
static void add_rows(const struct hr_kernels *kernels, const float *longer, size_t longer_floats, const float *shorter,
                     size_t shorter_floats, float *to, size_t floats, bool relu)
{
    kernels->add(longer, shorter, to, shorter_floats, relu);
    for (size_t i = shorter_floats; i < longer_floats; i++)
        to[i] = relu && longer[i] < 0 ? 0 : longer[i];
    if (floats > longer_floats)
        memset(to + longer_floats, 0, (floats - longer_floats) * sizeof(float));
}

static void run_add(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *values = runner->plan.values, *out = &values[index + 1];
    struct hr_plane a = hr_runner_plane(runner, op->source, image), b = hr_runner_plane(runner, op->add, image),
                    to = hr_runner_plane(runner, index + 1, image);
    bool relu = op->flags & HR_KERNEL_RELU;
    for (int block = 0; block < out->blocks; block++)
        for (int y = 0; y < out->height; y++) {
            size_t left, right, floats = (size_t)out->width * HR_BLOCK;
            const float *from_a = row_if_there(&a, &values[op->source], block, y, &left);
            const float *from_b = row_if_there(&b, &values[op->add], block, y, &right);
            float *row = to.data + block * to.block_stride + y * to.row_stride;
            if (left >= right)
                add_rows(runner->kernels, from_a, left, from_b, right, row, floats, relu);
            else
                add_rows(runner->kernels, from_b, right, from_a, left, row, floats, relu);
        }
}

static float sigmoid(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

/* Lanes that are no channel stay zero, as everywhere. */
static void run_sigmoid(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *out = &runner->plan.values[index + 1];
    struct hr_plane from = hr_runner_plane(runner, op->source, image), to = hr_runner_plane(runner, index + 1, image);
    for (int block = 0; block < out->blocks; block++)
        for (int y = 0; y < out->height; y++) {
            const float *in = from.data + block * from.block_stride + y * from.row_stride;
            float *row = to.data + block * to.block_stride + y * to.row_stride;
            for (int i = 0; i < out->width * HR_BLOCK; i++) {
                bool channel = block * HR_BLOCK + i % HR_BLOCK < out->channels;
                row[i] = channel ? sigmoid(in[i]) : 0;
            }
        }
}

void hr_step_other(const struct hr_runner *runner, int op, int image)
{
    switch (runner->plan.parts.ops[op].kind) {
    case HR_OP_GLOBALAVG:
        run_global_average(runner, op, image);
        break;
    case HR_OP_ADD:
        run_add(runner, op, image);
        break;
    case HR_OP_SIGMOID:
        run_sigmoid(runner, op, image);
        break;
    case HR_OP_SCALE:
        run_scale(runner, op, image);
        break;
    default:
        run_pool(runner, op, image);
    }
}

/* --- in and out --- */

enum { LOAD_ROWS = 32 };

struct load_loop {
    const struct hr_kernels *kernels;
    const struct hr_load_job *job;
    int height;
};

static void load_task(void *context, int task, int worker)
{
    (void)worker;
    const struct load_loop *loop = context;
    int first = task * LOAD_ROWS, end = first + LOAD_ROWS;
    loop->kernels->load(loop->job, first, end < loop->height ? end : loop->height);
}

void hr_runner_load(const struct hr_runner *runner, const float *input, int image)
{
    const struct hr_value *value = &runner->plan.values[0];
    struct hr_plane to = hr_runner_plane(runner, 0, image);
    hr_runner_clear_border(runner, 0, image);
    for (int block = 0; block < value->blocks; block++) {
        int channel = block * value->lane, left = value->channels - channel;
        struct hr_load_job job = {.plane_stride = (ptrdiff_t)value->height * value->width,
                                  .lane = value->lane,
                                  .lanes = left < value->lane ? left : value->lane,
                                  .out = to,
                                  .width = value->width};
        job.planes = input + channel * job.plane_stride;
        job.out.data += block * to.block_stride;
        struct load_loop loop = {runner->kernels, &job, value->height};
        hr_pool_run(runner->pool, load_task, &loop, (value->height + LOAD_ROWS - 1) / LOAD_ROWS);
    }
}

void hr_runner_store(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_output *output = &runner->plan.parts.outputs[index];
    const struct hr_value *value = &runner->plan.values[output->value];
    struct hr_plane from = hr_runner_plane(runner, (int)output->value, image);
    size_t area = (size_t)value->height * (size_t)value->width;
    float *to = runner->outputs[index] + (size_t)image * output->channels * area;
    for (uint32_t c = 0; c < output->channels; c++) {
        int channel = (int)(output->first_channel + c);
        const float *plane = from.data + channel / HR_BLOCK * from.block_stride + channel % HR_BLOCK;
        for (int y = 0; y < value->height; y++) {
            const float *row = plane + y * from.row_stride;
            if (output->flags & HR_OUTPUT_SIGMOID)
                for (int x = 0; x < value->width; x++)
                    *to++ = sigmoid(row[x * HR_BLOCK]);
            else
                for (int x = 0; x < value->width; x++)
                    *to++ = row[x * HR_BLOCK];
        }
    }
}
