#include <limits.h>
#include <string.h>

#include "infer/runner.h"

static const float *floats_at(const struct hr_runner *runner, uint64_t offset)
{
    return (const void *)(runner->plan.parts.bytes + offset);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* --- convolutions --- */

static struct hr_conv_job conv_job(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    const struct hr_value *in = &runner->plan.values[op->source];
    const struct hr_value *out = &runner->plan.values[index + 1];
    struct hr_conv_job job = {.in_blocks = in->blocks,
                              .lane = in->lane,
                              .lane_used = smaller(in->channels, in->lane),
                              .kernel = (int)op->kernel,
                              .stride = (int)op->stride,
                              .pad = (int)op->pad,
                              .weights = runner->plan.parts.weights[index],
                              .bias = floats_at(runner, op->bias_offset),
                              .out_blocks = out->blocks,
                              .out_pixel_stride = HR_BLOCK,
                              .flags = (int)op->flags,
                              .width = out->width,
                              .rows = out->height,
                              .image_stride = runner->image_stride};
    if (op->flags & HR_KERNEL_PRELU)
        job.slopes = floats_at(runner, op->slopes_offset);
    if (in->stored)
        job.in = hr_runner_plane(runner, op->source, image);
    if (out->stored)
        job.out = hr_runner_plane(runner, index + 1, image);
    if (op->add >= 0)
        job.add = hr_runner_plane(runner, op->add, image);
    return job;
}

/* The work of a tile: below 4 pixels the additions wait for each other, and each tile has its beginning and end. */
static int tile_cost(int rows, int columns)
{
    int pixels = rows * columns;
    return (pixels < 4 ? 4 : pixels) + 1;
}

static int shape_cost(int width, int rows_at_once, int rows, int tiles)
{
    int cost = 0;
    for (int tile = 0, column = 0; tile < tiles; tile++) {
        int columns = (width - column + tiles - tile - 1) / (tiles - tile);
        int left = rows_at_once % rows;
        cost += rows_at_once / rows * tile_cost(rows, columns);
        cost += left > 0 ? tile_cost(left, columns) : 0;
        column += columns;
    }
    return cost;
}

void hr_conv_choose_tiles(struct hr_conv_job *job, int tile, int rows_at_once)
{
    enum { ROWS_MAX = 4, CONSIDERED_MAX = 24 };
    int considered = smaller(rows_at_once, CONSIDERED_MAX);
    int best = INT_MAX;
    int last_tiles = 0;
    for (int columns = smaller(tile, job->width); columns >= 1; columns--) {
        int tiles = (job->width + columns - 1) / columns;
        if (tiles == last_tiles)
            continue;
        last_tiles = tiles;
        int widest = (job->width + tiles - 1) / tiles;
        int rows = smaller(smaller(tile / widest, ROWS_MAX), considered);
        int cost = shape_cost(job->width, considered, rows, tiles);
        if (cost < best) {
            best = cost;
            job->tile_rows = rows;
            job->tile_columns = widest;
        }
        if (job->width > 4 * tile)
            return; /* wide rows: full tiles, the rest is small */
    }
}

struct conv_loop {
    const struct hr_kernels *kernels;
    const struct hr_conv_job *jobs; /* one; four of a transposed convolution */
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
    loop->kernels->conv(job, pair, first, smaller(first + loop->chunk_rows, loop->rows));
}

static void run_conv_jobs(const struct hr_runner *runner, struct hr_conv_job *jobs, int job_count, int images)
{
    const struct hr_conv_job *job = &jobs[0];
    int area = job->kernel * job->kernel;
    struct conv_loop loop = {
        .kernels = runner->kernels, .jobs = jobs, .pairs = (job->out_blocks + 1) / 2, .rows = job->rows * images};
    for (int i = 0; i < job_count; i++)
        hr_conv_choose_tiles(&jobs[i], runner->kernels->tile, loop.rows);
    size_t in_row_bytes = (size_t)job->in_blocks * (size_t)job->in.row_stride * sizeof(float) * (size_t)job->stride;
    size_t weight_bytes = (size_t)loop.pairs * (size_t)(job->in_blocks * job->lane * area) * HR_PAIR * sizeof(float);
    loop.pairs_outside = weight_bytes > in_row_bytes * (size_t)loop.rows;
    /* Rows of a chunk: what stays in the first-level cache, but enough chunks for all threads. */
    int fit = (int)(24576 / (in_row_bytes + 1));
    fit = loop.pairs_outside ? loop.rows : fit < 4 ? 4 : fit;
    int tasks_wanted = runner->threads == 1 ? 1 : runner->threads * 6;
    int chunks_wanted = (tasks_wanted + loop.pairs - 1) / loop.pairs;
    int share = smaller((loop.rows + chunks_wanted - 1) / chunks_wanted, fit);
    loop.chunk_rows = (share + job->tile_rows - 1) / job->tile_rows * job->tile_rows;
    loop.chunks = (loop.rows + loop.chunk_rows - 1) / loop.chunk_rows;
    hr_pool_run(runner->pool, conv_task, &loop, job_count * loop.pairs * loop.chunks);
}

void hr_step_convolution(const struct hr_runner *runner, int op, int first, int count)
{
    struct hr_conv_job job = conv_job(runner, op, first);
    run_conv_jobs(runner, &job, 1, count);
}

/* Four 1x1 convolutions, each writing every second pixel of every second row. */
void hr_step_transposed(const struct hr_runner *runner, int op, int first, int count)
{
    const struct hr_value *in = &runner->plan.values[runner->plan.parts.ops[op].source];
    struct hr_conv_job jobs[4];
    for (int i = 0; i < 4; i++) {
        struct hr_conv_job *job = &jobs[i];
        *job = conv_job(runner, op, first);
        job->kernel = job->stride = 1;
        job->width = in->width;
        job->rows = in->height;
        job->weights += (ptrdiff_t)i * ((job->out_blocks + 1) / 2) * job->in_blocks * job->lane * HR_PAIR;
        job->out.data += (i / 2) * job->out.row_stride + (i % 2) * HR_BLOCK;
        job->out.row_stride *= 2;
        job->out_pixel_stride = 2 * HR_BLOCK;
        if (job->add.data != NULL) {
            job->add.data += (i / 2) * job->add.row_stride + (i % 2) * HR_BLOCK;
            job->add.row_stride *= 2;
        }
    }
    run_conv_jobs(runner, jobs, 4, count);
}

/* --- depthwise --- */

static struct hr_depthwise_job depthwise_job(const struct hr_runner *runner, int index, int image)
{
    const struct hr_model_op *op = &runner->plan.parts.ops[index];
    struct hr_depthwise_job job = {.kernel = (int)op->kernel,
                                   .stride = (int)op->stride,
                                   .pad = (int)op->pad,
                                   .weights = runner->plan.parts.weights[index],
                                   .bias = floats_at(runner, op->bias_offset),
                                   .flags = (int)op->flags,
                                   .width = runner->plan.values[index + 1].width};
    if (op->flags & HR_KERNEL_PRELU)
        job.slopes = floats_at(runner, op->slopes_offset);
    if (runner->plan.values[op->source].stored)
        job.in = hr_runner_plane(runner, op->source, image);
    if (runner->plan.values[index + 1].stored)
        job.out = hr_runner_plane(runner, index + 1, image);
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

void hr_step_depthwise(const struct hr_runner *runner, int op, int image)
{
    const struct hr_value *out = &runner->plan.values[op + 1];
    struct hr_depthwise_job job = depthwise_job(runner, op, image);
    struct depthwise_loop loop = {runner->kernels, &job, out->height};
    hr_pool_run(runner->pool, depthwise_task, &loop, out->blocks);
}

/* --- expand and depthwise, a pair of blocks at a time --- */

struct fused_loop {
    const struct hr_runner *runner;
    int first_op, image;
    int rows, parts; /* of hr_step_block */
};

static void expand_task(void *context, int pair, int worker)
{
    const struct fused_loop *loop = context;
    const struct hr_runner *runner = loop->runner;
    const struct hr_value *wide = &runner->plan.values[loop->first_op + 1];
    const struct hr_value *middle = wide + 1;
    struct hr_conv_job expand = conv_job(runner, loop->first_op, loop->image);
    struct hr_depthwise_job depthwise = depthwise_job(runner, loop->first_op + 1, loop->image);

    float *scratch = runner->scratch + (size_t)worker * runner->plan.scratch_floats;
    ptrdiff_t row = (ptrdiff_t)(wide->width + 2) * HR_BLOCK;
    struct hr_plane plane = {
        .data = scratch + row + HR_BLOCK, .row_stride = row, .block_stride = row * (wide->height + 2)};
    memset(scratch, 0, (size_t)(2 * plane.block_stride) * sizeof *scratch); /* for the border */
    expand.out = depthwise.in = plane;
    expand.out_first_block = depthwise.in_first_block = 2 * pair;
    hr_conv_choose_tiles(&expand, runner->kernels->tile, wide->height);
    runner->kernels->conv(&expand, pair, 0, wide->height);
    for (int block = 2 * pair; block < middle->blocks && block < 2 * pair + 2; block++)
        runner->kernels->depthwise(&depthwise, block, 0, middle->height);
}

void hr_step_expand(const struct hr_runner *runner, int first_op, int image)
{
    struct fused_loop loop = {.runner = runner, .first_op = first_op, .image = image};
    hr_pool_run(runner->pool, expand_task, &loop, (runner->plan.values[first_op + 1].blocks + 1) / 2);
}

/* --- expand, depthwise and project, a row at a time --- */

static void zero_ring_row(const struct hr_plane *ring, int blocks, int row, int width)
{
    ptrdiff_t place = (row + ring->ring_rows) % ring->ring_rows * ring->row_stride;
    for (int block = 0; block < blocks; block++)
        memset(ring->data + block * ring->block_stride + place, 0, (size_t)width * HR_BLOCK * sizeof(float));
}

/* Result rows of one part: expanded rows pass through a ring of three or four, so that they are still in the cache
 * when the depthwise convolution reads them. */
static void block_task(void *context, int task, int worker)
{
    const struct fused_loop *loop = context;
    const struct hr_runner *runner = loop->runner;
    const struct hr_kernels *kernels = runner->kernels;
    const struct hr_value *wide = &runner->plan.values[loop->first_op + 1];
    const struct hr_value *middle = wide + 1;
    struct hr_conv_job expand = conv_job(runner, loop->first_op, loop->image);
    struct hr_depthwise_job depthwise = depthwise_job(runner, loop->first_op + 1, loop->image);
    struct hr_conv_job project = conv_job(runner, loop->first_op + 2, loop->image);
    hr_conv_choose_tiles(&expand, kernels->tile, 1);
    hr_conv_choose_tiles(&project, kernels->tile, 1);

    float *scratch = runner->scratch + (size_t)worker * runner->plan.scratch_floats;
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
                    kernels->conv(&expand, pair, next, next + 1);
        }
        for (int block = 0; block < middle->blocks; block++)
            kernels->depthwise(&depthwise, block, row, row + 1);
        for (int pair = 0; pair < (project.out_blocks + 1) / 2; pair++)
            kernels->conv(&project, pair, row, row + 1);
    }
}

void hr_step_block(const struct hr_runner *runner, int first_op, int image)
{
    int rows = runner->plan.values[first_op + 3].height;
    int parts = runner->threads == 1 ? 1 : smaller(runner->threads * 2, rows);
    struct fused_loop loop = {runner, first_op, image, rows, parts};
    hr_pool_run(runner->pool, block_task, &loop, parts);
}
