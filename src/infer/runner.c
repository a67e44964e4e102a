#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "infer/isa.h"
#include "infer/plan.h"
#include "infer/pool.h"

struct hr_runner {
    struct hr_plan plan;
    const struct hr_kernels *kernels;
    struct hr_pool *pool; /* borrowed, may be NULL */
    int threads;
    int batch;
    bool measuring;
    float *arena;
    float *scratch;  /* threads * plan.scratch_floats */
    float **outputs; /* planar, per output */
};

/* --- views of values --- */

static float *value_start(const struct hr_runner *runner, const struct hr_value *value)
{
    return runner->arena + value->offset;
}

static struct hr_plane plane_of(const struct hr_runner *runner, int index)
{
    const struct hr_value *value = &runner->plan.values[index];
    ptrdiff_t row = (ptrdiff_t)(value->width + 2 * value->border) * value->lane;
    return (struct hr_plane){.data = value_start(runner, value) + value->border * row +
                                     (ptrdiff_t)value->border * value->lane,
                             .row_stride = row,
                             .block_stride = row * (value->height + 2 * value->border)};
}

/* The memory was another value's before: the border is made zero again each time. */
static void clear_border(const struct hr_runner *runner, int index)
{
    const struct hr_value *value = &runner->plan.values[index];
    if (value->border == 0)
        return;
    size_t row = (size_t)(value->width + 2 * value->border) * (size_t)value->lane;
    size_t edge = (size_t)value->border * (size_t)value->lane;
    size_t band = (size_t)value->border * row;
    float *at = value_start(runner, value);
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

static const float *weights_at(const struct hr_runner *runner, uint64_t offset)
{
    return (const void *)(runner->plan.parts.bytes + offset);
}

/* --- convolutions --- */

static struct hr_conv_job conv_job(const struct hr_runner *runner, int index)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *in = &runner->plan.values[op->source];
    const struct hr_value *out = &runner->plan.values[index + 1];
    struct hr_conv_job job = {.in_blocks = in->blocks,
                              .lane = in->lane,
                              .lane_used = in->channels < in->lane ? in->channels : in->lane,
                              .kernel = (int)op->kernel,
                              .stride = (int)op->stride,
                              .pad = (int)op->pad,
                              .weights = weights_at(runner, op->weights_offset),
                              .bias = weights_at(runner, op->bias_offset),
                              .out_blocks = out->blocks,
                              .out_pixel_stride = HR_BLOCK,
                              .flags = (int)op->flags,
                              .width = out->width};
    if (op->flags & HR_KERNEL_PRELU)
        job.slopes = weights_at(runner, op->slopes_offset);
    if (in->stored)
        job.in = plane_of(runner, op->source);
    if (out->stored)
        job.out = plane_of(runner, index + 1);
    if (op->add >= 0)
        job.add = plane_of(runner, op->add);
    return job;
}

struct conv_loop {
    const struct hr_kernels *kernels;
    const struct hr_conv_job *jobs; /* one; four of a transposed convolution */
    int job_count;
    int pairs, rows, chunk_rows, chunks;
    bool pairs_outside; /* walk all rows for one pair of weights, or all pairs for a few rows */
};

static void conv_task(void *context, int task, int worker)
{
    (void)worker;
    const struct conv_loop *loop = context;
    int pairs_and_chunks = loop->pairs * loop->chunks;
    const struct hr_conv_job *job = &loop->jobs[task / pairs_and_chunks];
    task %= pairs_and_chunks;
    int pair = loop->pairs_outside ? task / loop->chunks : task % loop->pairs;
    int chunk = loop->pairs_outside ? task % loop->chunks : task / loop->pairs;
    int first = chunk * loop->chunk_rows;
    int end = first + loop->chunk_rows < loop->rows ? first + loop->chunk_rows : loop->rows;
    loop->kernels->conv(job, pair, first, end);
}

static void run_conv_jobs(const struct hr_runner *runner, const struct hr_conv_job *jobs, int job_count,
                          int rows)
{
    const struct hr_conv_job *job = &jobs[0];
    int area = job->kernel * job->kernel;
    struct conv_loop loop = {.kernels = runner->kernels,
                             .jobs = jobs,
                             .job_count = job_count,
                             .pairs = (job->out_blocks + 1) / 2,
                             .rows = rows};
    size_t in_row_bytes = (size_t)job->in_blocks * (size_t)job->in.row_stride * sizeof(float) *
                          (size_t)job->stride;
    size_t weight_bytes = (size_t)loop.pairs * (size_t)(job->in_blocks * job->lane * area) *
                          HR_PAIR * sizeof(float);
    loop.pairs_outside = weight_bytes > in_row_bytes * (size_t)rows;
    /* Rows of a chunk: what stays in the first-level cache, but enough chunks for all threads. */
    int fit = (int)(24576 / (in_row_bytes + 1));
    fit = loop.pairs_outside ? rows : fit < 4 ? 4 : fit / 4 * 4;
    int tasks_wanted = runner->threads == 1 ? 1 : runner->threads * 6;
    int chunks_wanted = (tasks_wanted + loop.pairs - 1) / loop.pairs;
    int share = (rows + chunks_wanted - 1) / chunks_wanted;
    loop.chunk_rows = share < fit ? share : fit;
    loop.chunks = (rows + loop.chunk_rows - 1) / loop.chunk_rows;
    hr_pool_run(runner->pool, conv_task, &loop, job_count * loop.pairs * loop.chunks);
}

static void run_conv(const struct hr_runner *runner, int index)
{
    struct hr_conv_job job = conv_job(runner, index);
    run_conv_jobs(runner, &job, 1, runner->plan.values[index + 1].height);
}

/* Four 1x1 convolutions, each writing every second pixel of every second row. */
static void run_deconv(const struct hr_runner *runner, int index)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *in = &runner->plan.values[op->source];
    struct hr_conv_job jobs[4];
    for (int i = 0; i < 4; i++) {
        struct hr_conv_job *job = &jobs[i];
        *job = conv_job(runner, index);
        job->kernel = job->stride = 1;
        job->width = in->width;
        job->weights += (ptrdiff_t)i * ((job->out_blocks + 1) / 2) * job->in_blocks * job->lane *
                        HR_PAIR;
        ptrdiff_t shift = (i / 2) * job->out.row_stride + (i % 2) * HR_BLOCK;
        job->out.data += shift;
        job->out.row_stride *= 2;
        job->out_pixel_stride = 2 * HR_BLOCK;
    }
    run_conv_jobs(runner, jobs, 4, in->height);
}

/* --- depthwise --- */

static struct hr_depthwise_job depthwise_job(const struct hr_runner *runner, int index)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    struct hr_depthwise_job job = {.kernel = (int)op->kernel,
                                   .stride = (int)op->stride,
                                   .pad = (int)op->pad,
                                   .weights = weights_at(runner, op->weights_offset),
                                   .bias = weights_at(runner, op->bias_offset),
                                   .flags = (int)op->flags,
                                   .width = runner->plan.values[index + 1].width};
    if (runner->plan.values[op->source].stored)
        job.in = plane_of(runner, op->source);
    if (runner->plan.values[index + 1].stored)
        job.out = plane_of(runner, index + 1);
    return job;
}

struct depthwise_loop {
    const struct hr_kernels *kernels;
    const struct hr_depthwise_job *job;
    int rows;
};

static void depthwise_task(void *context, int task, int worker)
{
    (void)worker;
    const struct depthwise_loop *loop = context;
    loop->kernels->depthwise(loop->job, task, 0, loop->rows);
}

static void run_depthwise(const struct hr_runner *runner, int index)
{
    const struct hr_value *out = &runner->plan.values[index + 1];
    struct hr_depthwise_job job = depthwise_job(runner, index);
    struct depthwise_loop loop = {runner->kernels, &job, out->height};
    hr_pool_run(runner->pool, depthwise_task, &loop, out->blocks);
}

/* --- inverted residual blocks, a row at a time --- */

struct block_loop {
    const struct hr_runner *runner;
    int first_op;
    int rows, parts;
};

static void zero_ring_row(const struct hr_plane *ring, int blocks, int row, int width)
{
    for (int block = 0; block < blocks; block++)
        memset(ring->data + block * ring->block_stride + (row + ring->ring_rows) % ring->ring_rows * ring->row_stride, 0,
               (size_t)width * HR_BLOCK * sizeof(float));
}

/* Result rows of one part: expanded rows pass through a ring of three or four, so that they are still in the cache
 * when the depthwise convolution reads them. */
static void block_task(void *context, int task, int worker)
{
    const struct block_loop *loop = context;
    const struct hr_runner *runner = loop->runner;
    const struct hr_plan *plan = &runner->plan;
    const struct hr_value *wide = &plan->values[loop->first_op + 1];
    const struct hr_value *middle = &plan->values[loop->first_op + 2];
    struct hr_conv_job expand = conv_job(runner, loop->first_op);
    struct hr_depthwise_job depthwise = depthwise_job(runner, loop->first_op + 1);
    struct hr_conv_job project = conv_job(runner, loop->first_op + 2);

    float *scratch = runner->scratch + (size_t)worker * plan->scratch_floats;
    int ring_rows = hr_plan_ring_rows((uint32_t)depthwise.stride);
    ptrdiff_t ring_row = (ptrdiff_t)(wide->width + 2) * HR_BLOCK;
    struct hr_plane ring = {.data = scratch + HR_BLOCK,
                            .row_stride = ring_row,
                            .block_stride = ring_row * ring_rows,
                            .ring_rows = ring_rows};
    size_t ring_floats = (size_t)ring.block_stride * (size_t)wide->blocks;
    struct hr_plane line = {.data = scratch + (ring_floats + 15) / 16 * 16,
                            .row_stride = (ptrdiff_t)middle->width * HR_BLOCK,
                            .block_stride = (ptrdiff_t)middle->width * HR_BLOCK,
                            .ring_rows = 1};
    memset(scratch, 0, ring_floats * sizeof *scratch); /* the columns left and right stay zero */
    expand.out = depthwise.in = ring;
    depthwise.out = project.in = line;

    int first = (int)((int64_t)loop->rows * task / loop->parts);
    int end = (int)((int64_t)loop->rows * (task + 1) / loop->parts);
    int next = first * depthwise.stride - 1; /* expanded row to be computed */
    for (int row = first; row < end; row++) {
        for (; next <= row * depthwise.stride + 1; next++) {
            if (next < 0 || next >= wide->height)
                zero_ring_row(&ring, wide->blocks, next, wide->width);
            else
                for (int pair = 0; pair < (wide->blocks + 1) / 2; pair++)
                    runner->kernels->conv(&expand, pair, next, next + 1);
        }
        for (int block = 0; block < middle->blocks; block++)
            runner->kernels->depthwise(&depthwise, block, row, row + 1);
        for (int pair = 0; pair < (project.out_blocks + 1) / 2; pair++)
            runner->kernels->conv(&project, pair, row, row + 1);
    }
}

static void run_block(const struct hr_runner *runner, int first_op)
{
    int rows = runner->plan.values[first_op + 3].height;
    int parts = runner->threads == 1 ? 1 : runner->threads * 2;
    struct block_loop loop = {runner, first_op, rows, parts < rows ? parts : rows};
    hr_pool_run(runner->pool, block_task, &loop, loop.parts);
}

/* --- the small operations: pooling, sums, sigmoid; never worth a second thread --- */

static void pool_pixel(const struct hr_plane *in, const struct hr_model_op *op, int block, int y, int x,
                       float *out)
{
    int kernel = (int)op->kernel, stride = (int)op->stride;
    bool maximum = op->kind == HR_OP_MAXPOOL;
    for (int lane = 0; lane < HR_BLOCK; lane++)
        out[lane] = maximum ? -INFINITY : 0;
    for (int ky = 0; ky < kernel; ky++) {
        const float *row = in->data + block * in->block_stride + (y * stride + ky) * in->row_stride +
                           (ptrdiff_t)x * stride * HR_BLOCK;
        for (int i = 0; i < kernel * HR_BLOCK; i++) {
            float *cell = &out[i % HR_BLOCK];
            *cell = !maximum ? *cell + row[i] : row[i] > *cell ? row[i] : *cell;
        }
    }
    if (!maximum)
        for (int lane = 0; lane < HR_BLOCK; lane++)
            out[lane] /= (float)(kernel * kernel);
}

static void run_pool(const struct hr_runner *runner, int index)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *out = &runner->plan.values[index + 1];
    struct hr_plane from = plane_of(runner, op->source), to = plane_of(runner, index + 1);
    for (int block = 0; block < out->blocks; block++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++)
                pool_pixel(&from, op, block, y, x,
                           to.data + block * to.block_stride + y * to.row_stride + x * HR_BLOCK);
}

static void run_global_average(const struct hr_runner *runner, int index)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *in = &runner->plan.values[op->source];
    struct hr_plane from = plane_of(runner, op->source), to = plane_of(runner, index + 1);
    for (int block = 0; block < in->blocks; block++) {
        float *sum = to.data + block * to.block_stride;
        memset(sum, 0, HR_BLOCK * sizeof *sum);
        for (int y = 0; y < in->height; y++)
            for (int i = 0; i < in->width * HR_BLOCK; i++)
                sum[i % HR_BLOCK] += from.data[block * from.block_stride + y * from.row_stride + i];
        for (int lane = 0; lane < HR_BLOCK; lane++)
            sum[lane] /= (float)(in->height * in->width);
    }
}

/* The cell of a plane, or zeros outside the value. */
static const float *cell_or_zero(const struct hr_plane *plane, const struct hr_value *value, int block,
                                 int y, int x)
{
    static const float zeros[HR_BLOCK];
    if (block >= value->blocks || y >= value->height || x >= value->width)
        return zeros;
    return plane->data + block * plane->block_stride + y * plane->row_stride + x * HR_BLOCK;
}

static void run_add(const struct hr_runner *runner, int index)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *values = runner->plan.values, *out = &values[index + 1];
    struct hr_plane a = plane_of(runner, op->source), b = plane_of(runner, op->add),
                    to = plane_of(runner, index + 1);
    bool relu = op->flags & HR_KERNEL_RELU;
    for (int block = 0; block < out->blocks; block++)
        for (int y = 0; y < out->height; y++)
            for (int x = 0; x < out->width; x++) {
                const float *left = cell_or_zero(&a, &values[op->source], block, y, x);
                const float *right = cell_or_zero(&b, &values[op->add], block, y, x);
                float *cell = to.data + block * to.block_stride + y * to.row_stride + x * HR_BLOCK;
                for (int lane = 0; lane < HR_BLOCK; lane++) {
                    float sum = left[lane] + right[lane];
                    cell[lane] = relu && sum < 0 ? 0 : sum;
                }
            }
}

static float sigmoid(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

static void run_sigmoid(const struct hr_runner *runner, int index)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *out = &runner->plan.values[index + 1];
    struct hr_plane from = plane_of(runner, op->source), to = plane_of(runner, index + 1);
    for (int block = 0; block < out->blocks; block++)
        for (int y = 0; y < out->height; y++)
            for (int i = 0; i < out->width * HR_BLOCK; i++)
                to.data[block * to.block_stride + y * to.row_stride + i] =
                    sigmoid(from.data[block * from.block_stride + y * from.row_stride + i]);
}

/* --- in and out --- */

/* Planar to blocked. */
static void load_input(const struct hr_runner *runner, const float *input)
{
    const struct hr_value *value = &runner->plan.values[0];
    struct hr_plane to = plane_of(runner, 0);
    size_t area = (size_t)value->height * (size_t)value->width;
    clear_border(runner, 0);
    for (int block = 0; block < value->blocks; block++)
        for (int y = 0; y < value->height; y++) {
            float *row = to.data + block * to.block_stride + y * to.row_stride;
            const float *from = input + (size_t)(block * value->lane) * area + (size_t)y * (size_t)value->width;
            int lanes = value->channels - block * value->lane;
            lanes = lanes < value->lane ? lanes : value->lane;
            for (int x = 0; x < value->width; x++)
                for (int lane = 0; lane < value->lane; lane++)
                    row[x * value->lane + lane] = lane < lanes ? from[(size_t)lane * area + (size_t)x] : 0;
        }
}

static void store_output(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_output *output = &runner->plan.parts.outputs[index];
    const struct hr_value *value = &runner->plan.values[output->value];
    struct hr_plane from = plane_of(runner, (int)output->value);
    size_t area = (size_t)value->height * (size_t)value->width;
    float *to = runner->outputs[index] + (size_t)image * output->channels * area;
    for (uint32_t c = 0; c < output->channels; c++) {
        int channel = (int)(output->first_channel + c);
        for (int y = 0; y < value->height; y++) {
            const float *row = from.data + channel / HR_BLOCK * from.block_stride + y * from.row_stride +
                               channel % HR_BLOCK;
            for (int x = 0; x < value->width; x++)
                *to++ = output->flags & HR_OUTPUT_SIGMOID ? sigmoid(row[x * HR_BLOCK]) : row[x * HR_BLOCK];
        }
    }
}

/* --- running --- */

static void run_op(const struct hr_runner *runner, int index)
{
    switch (runner->plan.parts.ops[index].kind) {
    case HR_OP_CONV:
        run_conv(runner, index);
        break;
    case HR_OP_DECONV:
        run_deconv(runner, index);
        break;
    case HR_OP_DEPTHWISE:
        run_depthwise(runner, index);
        break;
    case HR_OP_GLOBALAVG:
        run_global_average(runner, index);
        break;
    case HR_OP_ADD:
        run_add(runner, index);
        break;
    case HR_OP_SIGMOID:
        run_sigmoid(runner, index);
        break;
    default:
        run_pool(runner, index);
    }
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void run_image(struct hr_runner *runner, const float *input, int image)
{
    load_input(runner, input);
    for (size_t i = 0; i < runner->plan.step_count; i++) {
        struct hr_plan_step *step = &runner->plan.steps[i];
        int64_t start = runner->measuring ? now_ns() : 0;
        clear_border(runner, step->first_op + step->op_count);
        if (step->op_count == 3)
            run_block(runner, step->first_op);
        else
            run_op(runner, step->first_op);
        if (runner->measuring)
            step->info.elapsed_ns += now_ns() - start;
    }
    for (uint32_t i = 0; i < runner->plan.parts.header->output_count; i++)
        store_output(runner, (int)i, image);
}

void hr_runner_run(struct hr_runner *runner, const float *input)
{
    const struct hr_value *value = &runner->plan.values[0];
    size_t image_floats = (size_t)value->channels * (size_t)value->height * (size_t)value->width;
    for (int image = 0; image < runner->batch; image++)
        run_image(runner, input + (size_t)image * image_floats, image);
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

/* 64-byte aligned floats; NULL: no memory. */
static float *floats(size_t count)
{
    size_t bytes;
    if (!hr_size_multiply(count + 16, sizeof(float), &bytes))
        return NULL;
    return aligned_alloc(64, (bytes + 63) / 64 * 64);
}

static enum hr_status allocate(struct hr_runner *runner, struct hr_error *error)
{
    uint32_t outputs = runner->plan.parts.header->output_count;
    size_t scratch = runner->plan.scratch_floats * (size_t)runner->threads;
    runner->arena = floats(runner->plan.arena_floats);
    runner->scratch = floats(scratch);
    runner->outputs = calloc(outputs, sizeof *runner->outputs);
    if (runner->arena == NULL || runner->scratch == NULL || runner->outputs == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a network's activations");
    for (uint32_t i = 0; i < outputs; i++) {
        struct hr_tensor tensor = hr_runner_output(runner, (int)i);
        runner->outputs[i] = floats((size_t)tensor.batch * (size_t)tensor.channels *
                                    (size_t)tensor.height * (size_t)tensor.width);
        if (runner->outputs[i] == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for a network's outputs");
    }
    return HR_OK;
}

enum hr_status hr_runner_new(struct hr_runner **out, const struct hr_network *network,
                             const struct hr_runner_options *options, struct hr_error *error)
{
    *out = NULL;
    if (options->batch < 1 || options->batch > 1024)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a batch of %d: 1 to 1024 are possible",
                            options->batch);
    if (!hr_isa_available(options->isa))
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "this processor has no %s",
                            hr_isa_name(options->isa));
    struct hr_runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a runner");
    runner->kernels = hr_isa_kernels(options->isa);
    runner->pool = options->pool;
    runner->threads = hr_pool_threads(options->pool);
    runner->batch = options->batch;
    enum hr_status status = hr_plan_make(&runner->plan, network, options->size, error);
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
    free(runner->arena);
    free(runner->scratch);
    hr_plan_clear(&runner->plan);
    free(runner);
}
