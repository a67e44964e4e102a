/* Inverted residual blocks in eight bits, a row at a time: what is expanded is still in the cache when it is read. */
#include <string.h>

#include "infer/runner.h"

/* Everything of one block that its rows have in common. */
struct block_stages {
    struct hr_byte_stage expand, depthwise, project;
    float scale; /* of its input */
};

static struct hr_byte_stage stage_of(const uint8_t *weights, const float *numbers, uint64_t padded, int results)
{
    return (struct hr_byte_stage){.weights = (const int8_t *)weights,
                                  .sums = (const void *)numbers,
                                  .scale = numbers + padded,
                                  .bias = numbers + 2 * padded,
                                  .results = results};
}

static struct block_stages stages_of(const struct hr_runner *runner, const struct hr_model_op *op)
{
    struct hr_model_block parts = hr_model_block_parts(op);
    const uint8_t *weights = runner->plan.parts.bytes + op->weights_offset;
    const float *numbers = (const void *)(runner->plan.parts.bytes + op->bias_offset);
    return (struct block_stages){
        .expand = stage_of(weights, numbers + parts.expand, parts.middle, op->argument),
        .depthwise = stage_of(weights + parts.depthwise_weights, numbers + parts.depthwise, parts.middle, op->argument),
        .project =
            stage_of(weights + parts.project_weights, numbers + parts.project, parts.results, (int)op->out_channels),
        .scale = numbers[0]};
}

struct block_work {
    const struct hr_runner *runner;
    const struct hr_byte_kernels *kernels;
    const struct hr_model_op *op;
    const struct hr_value *from, *to;
    struct hr_plane in, out, add;
    struct block_stages stages;
    struct hr_block_rows rows;
    int parts;
};

static int groups_of(int channels)
{
    return (channels + HR_BYTE_GROUP - 1) / HR_BYTE_GROUP;
}

static uint8_t *ring_row(const struct block_work *work, uint8_t *scratch, int row)
{
    int place = (row + work->rows.ring_rows) % work->rows.ring_rows;
    return scratch + work->rows.ring + (size_t)place * (size_t)work->rows.middle_blocks * work->rows.ring_block;
}

/* Row `row` of the input into the ring: zeros where there is none. */
static void expand_row(const struct block_work *work, uint8_t *scratch, int row)
{
    const struct hr_block_rows *rows = &work->rows;
    uint8_t *out = ring_row(work, scratch, row);
    if (row < 0 || row >= work->from->height) {
        memset(out, 0, (size_t)rows->middle_blocks * rows->ring_block);
        return;
    }
    work->kernels->load(&(struct hr_byte_load_job){.in = work->in.data + row * work->in.row_stride,
                                                   .in_block_stride = work->in.block_stride,
                                                   .in_blocks = work->from->blocks,
                                                   .columns = work->from->width,
                                                   .scale = work->stages.scale,
                                                   .out = scratch,
                                                   .out_block_stride = (ptrdiff_t)rows->in_block});
    work->kernels->conv(&(struct hr_byte_conv_job){.stage = work->stages.expand,
                                                   .in = scratch,
                                                   .in_block_stride = (ptrdiff_t)rows->in_block,
                                                   .in_groups = groups_of((int)work->op->in_channels),
                                                   .in_zero = HR_BYTE_ZERO,
                                                   .columns = work->from->width,
                                                   .out = out + HR_BYTE_BLOCK,
                                                   .out_block_stride = (ptrdiff_t)rows->ring_block});
    for (int block = 0; block < rows->middle_blocks; block++) {
        uint8_t *left = out + (size_t)block * rows->ring_block;
        memset(left, 0, HR_BYTE_BLOCK);
        memset(left + (size_t)(work->from->width + 1) * HR_BYTE_BLOCK, 0, HR_BYTE_BLOCK);
    }
}

static void finish_row(const struct block_work *work, uint8_t *scratch, int row)
{
    const struct hr_block_rows *rows = &work->rows;
    struct hr_byte_depthwise_job depthwise = {.stage = work->stages.depthwise,
                                              .in_block_stride = (ptrdiff_t)rows->ring_block,
                                              .stride = (int)work->op->stride,
                                              .columns = work->to->width,
                                              .out = scratch + rows->middle,
                                              .out_block_stride = (ptrdiff_t)rows->middle_block};
    for (int ky = 0; ky < 3; ky++)
        depthwise.rows[ky] = ring_row(work, scratch, row * depthwise.stride - 1 + ky);
    work->kernels->depthwise(&depthwise);
    work->kernels->conv(
        &(struct hr_byte_conv_job){.stage = work->stages.project,
                                   .in = scratch + rows->middle,
                                   .in_block_stride = (ptrdiff_t)rows->middle_block,
                                   .in_groups = groups_of(work->op->argument),
                                   .in_zero = 0,
                                   .columns = work->to->width,
                                   .numbers = work->out.data + row * work->out.row_stride,
                                   .numbers_block_stride = work->out.block_stride,
                                   .add = work->add.data != NULL ? work->add.data + row * work->add.row_stride : NULL,
                                   .add_block_stride = work->add.block_stride});
}

/* Result rows of one part. */
static void block_task(void *context, int task, int worker)
{
    const struct block_work *work = context;
    uint8_t *scratch = (void *)(work->runner->scratch + (size_t)worker * work->runner->plan.scratch_floats);
    /* What lies beside the rows is computed with, and thrown away: it is set so that results are the same each time. */
    memset(scratch, 0, work->rows.bytes);
    int stride = (int)work->op->stride;
    int first = (int)((int64_t)work->to->height * task / work->parts);
    int end = (int)((int64_t)work->to->height * (task + 1) / work->parts);
    int next = first * stride - 1; /* expanded row to be computed */
    for (int row = first; row < end; row++) {
        for (; next <= row * stride + 1; next++)
            expand_row(work, scratch, next);
        finish_row(work, scratch, row);
    }
}

void hr_step_byte_block(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    struct block_work work = {.runner = runner,
                              .kernels = runner->byte_kernels,
                              .op = op,
                              .from = &runner->plan.values[op->source],
                              .to = &runner->plan.values[index + 1],
                              .in = hr_runner_plane(runner, op->source, image),
                              .out = hr_runner_plane(runner, index + 1, image),
                              .stages = stages_of(runner, op),
                              .rows = hr_block_rows(&runner->plan, index)};
    if (op->add >= 0)
        work.add = hr_runner_plane(runner, op->add, image);
    /* Two rows of a part are expanded by its neighbour too: few parts where there are few rows. */
    int most = work.to->height < 64 ? runner->threads : 2 * runner->threads;
    work.parts = runner->threads == 1 ? 1 : most < work.to->height ? most : work.to->height;
    hr_pool_run(runner->pool, block_task, &work, work.parts);
}
