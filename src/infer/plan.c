#include "infer/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "infer/eight_bits.h"

/* Below this, an expanded activation stays in the cache anyway and whole layers share work better. */
static const size_t fuse_above_floats = 96 * 1024;

/* Two blocks of an expanded activation up to this size stay in the second-level cache. */
static const size_t pair_floats_max = 24 * 1024;

/* Weights above this are worth reading once for a whole batch. */
static const size_t deep_weight_floats = 64 * 1024;

/* One activation at most: a gigabyte. */
static const size_t value_floats_max = (size_t)1 << 28;

static int blocks_of(int channels, int lane)
{
    return (channels + lane - 1) / lane;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Result size of an operation on `in` (and `add`); false when nothing is left. */
static bool result_size(const struct hr_model_op *op, const struct hr_value *in, const struct hr_value *add,
                        struct hr_value *out)
{
    int kernel = (int)op->kernel, stride = (int)op->stride, pad = (int)op->pad;
    switch (op->kind) {
    case HR_OP_DECONV:
        out->height = in->height * 2;
        out->width = in->width * 2;
        break;
    case HR_OP_GLOBALAVG:
        out->height = out->width = 1;
        break;
    case HR_OP_ADD:
        out->height = larger(in->height, add->height);
        out->width = larger(in->width, add->width);
        break;
    case HR_OP_SIGMOID:
    case HR_OP_SCALE:
        out->height = in->height;
        out->width = in->width;
        break;
    default:
        if (in->height + 2 * pad < kernel || in->width + 2 * pad < kernel)
            return false;
        out->height = (in->height + 2 * pad - kernel) / stride + 1;
        out->width = (in->width + 2 * pad - kernel) / stride + 1;
    }
    /* What a convolution or a product adds must be of the result's size. */
    return op->kind == HR_OP_ADD || add == NULL || (add->height == out->height && add->width == out->width);
}

static enum hr_status size_values(struct hr_plan *plan, struct hr_size size, struct hr_error *error)
{
    const struct hr_model_header *header = plan->parts.header;
    int count = (int)header->op_count;
    struct hr_value *values = plan->values;
    values[0] = (struct hr_value){.channels = (int)header->input_channels,
                                  .lane = hr_value_lane(header, 0),
                                  .height = size.height_px,
                                  .width = size.width_px,
                                  .first_op = -1,
                                  .stored = true};
    for (int i = 0; i < count; i++) {
        const struct hr_model_op *op = &plan->parts.ops[i];
        struct hr_value *out = &values[i + 1];
        *out = (struct hr_value){
            .channels = (int)op->out_channels, .lane = HR_BLOCK, .first_op = i, .last_op = i, .stored = true};
        const struct hr_value *gate = &values[op->kind == HR_OP_SCALE ? op->argument : 0];
        if (!result_size(op, &values[op->source], op->add >= 0 ? &values[op->add] : NULL, out) ||
            (op->kind == HR_OP_SCALE && (gate->height != 1 || gate->width != 1)))
            return hr_error_set(error, HR_ERR_ARGUMENT, "an input of %d x %d pixels does not suit the network",
                                size.width_px, size.height_px);
        if (op->kind != HR_OP_BLOCK) /* what it pads is inside of it */
            values[op->source].border = larger(values[op->source].border, (int)op->pad);
        values[op->source].last_op = i;
        if (op->add >= 0)
            values[op->add].last_op = i;
        if (op->kind == HR_OP_SCALE)
            values[op->argument].last_op = i;
    }
    for (uint32_t i = 0; i < header->output_count; i++)
        values[plan->parts.outputs[i].value].last_op = count;
    for (int i = 0; i <= count; i++) {
        struct hr_value *value = &values[i];
        value->blocks = blocks_of(value->channels, value->lane);
        size_t rows = (size_t)(value->height + 2 * value->border);
        size_t columns = (size_t)(value->width + 2 * value->border);
        /* 16 floats of slack: the last vector of a narrow tile may reach past the end. */
        if (!hr_size_multiply(rows, columns, &value->size) ||
            !hr_size_multiply(value->size, (size_t)(value->blocks * value->lane), &value->size) ||
            value->size > value_floats_max)
            return hr_error_set(error, HR_ERR_LIMIT, "an input of %d x %d pixels is too large for the network",
                                size.width_px, size.height_px);
        value->size = (value->size + 16 + 15) / 16 * 16;
    }
    return HR_OK;
}

static int reader_count(const struct hr_plan *plan, int value)
{
    int readers = 0;
    for (uint32_t i = 0; i < plan->parts.header->op_count; i++)
        readers += (plan->parts.ops[i].source == value) + (plan->parts.ops[i].add == value) +
                   (plan->parts.ops[i].kind == HR_OP_SCALE && plan->parts.ops[i].argument == value);
    for (uint32_t i = 0; i < plan->parts.header->output_count; i++)
        readers += plan->parts.outputs[i].value == (uint32_t)value;
    return readers;
}

/* How many operations from i on are computed together. An inverted residual block (Sandler et al., MobileNetV2, 2018)
 * expands its channels, works on each and projects them back; what is expanded need never be in memory as a whole. */
static int fusible(const struct hr_plan *plan, int i)
{
    if (i + 2 >= (int)plan->parts.header->op_count)
        return 1;
    const struct hr_model_op *expand = &plan->parts.ops[i], *middle = expand + 1, *project = expand + 2;
    const struct hr_value *wide = &plan->values[i + 1];
    if (expand->kind != HR_OP_CONV || expand->add >= 0 || middle->kind != HR_OP_DEPTHWISE || middle->kernel != 3 ||
        middle->pad != 1 || middle->source != i + 1 || reader_count(plan, i + 1) != 1 ||
        wide->size <= fuse_above_floats)
        return 1;
    if ((size_t)(wide->width + 2) * (size_t)(wide->height + 2) * HR_PAIR <= pair_floats_max)
        return 2;
    return project->kind == HR_OP_CONV && project->kernel == 1 && project->stride == 1 && project->source == i + 2 &&
                   project->add != i + 2 && reader_count(plan, i + 2) == 1
               ? 3
               : 1;
}

static double flops_of(const struct hr_plan *plan, int i)
{
    const struct hr_model_op *op = &plan->parts.ops[i];
    const struct hr_value *out = &plan->values[i + 1];
    double pixels = (double)out->height * out->width;
    double area = (double)op->kernel * op->kernel;
    switch (op->kind) {
    case HR_OP_CONV:
        return 2 * pixels * area * op->in_channels * op->out_channels;
    case HR_OP_DECONV:
        return 2 * pixels * op->in_channels * op->out_channels;
    case HR_OP_DEPTHWISE:
        return 2 * pixels * area * op->out_channels;
    case HR_OP_BLOCK:
        return 2 * op->argument *
               ((double)plan->values[op->source].height * plan->values[op->source].width * op->in_channels +
                pixels * (area + op->out_channels));
    default:
        return pixels * op->out_channels;
    }
}

static void describe_step(const struct hr_plan *plan, struct hr_plan_step *step, int batch)
{
    static const char *const names[HR_OP_KIND_END] = {
        "", "conv", "depthwise", "deconv", "maxpool", "avgpool", "global average", "add", "sigmoid", "scale", "bytes"};
    const struct hr_model_op *op = &plan->parts.ops[step->first_op];
    const struct hr_value *out = &plan->values[step->first_op + step->op_count];
    size_t room = sizeof step->info.name;
    if (op->kind == HR_OP_BLOCK)
        snprintf(step->info.name, room, "8-bit block /%u %u->%d->%u to %dx%d", op->stride, op->in_channels,
                 op->argument, op->out_channels, out->width, out->height);
    else if (step->op_count == 1)
        snprintf(step->info.name, room, "%s %ux%u/%u %u->%u to %dx%d", names[op->kind], op->kernel, op->kernel,
                 op->stride, op->in_channels, op->out_channels, out->width, out->height);
    else if (step->op_count == 2)
        snprintf(step->info.name, room, "conv %ux%u and depthwise /%u %u->%u to %dx%d", op->kernel, op->kernel,
                 op[1].stride, op->in_channels, op->out_channels, out->width, out->height);
    else
        snprintf(step->info.name, room, "block %ux%u/%u %u->%u->%u to %dx%d", op->kernel, op->kernel,
                 op[1].stride * op->stride, op->in_channels, op->out_channels, op[2].out_channels, out->width,
                 out->height);
    for (int i = 0; i < step->op_count; i++)
        step->info.flops += batch * flops_of(plan, step->first_op + i);
}

struct hr_block_rows hr_block_rows(const struct hr_plan *plan, int index)
{
    const struct hr_model_op *op = &plan->parts.ops[index];
    const struct hr_value *in = &plan->values[op->source], *out = &plan->values[index + 1];
    struct hr_block_rows rows = {.ring_rows = hr_plan_ring_rows(op->stride),
                                 .in_blocks = blocks_of(in->channels, HR_BYTE_BLOCK),
                                 .middle_blocks = blocks_of(op->argument, HR_BYTE_BLOCK),
                                 .in_block = (size_t)(in->width + HR_BYTE_COLUMNS_SPARE) * HR_BYTE_BLOCK,
                                 .ring_block = (size_t)(in->width + 2 + HR_BYTE_COLUMNS_SPARE) * HR_BYTE_BLOCK,
                                 .middle_block = (size_t)(out->width + HR_BYTE_COLUMNS_SPARE) * HR_BYTE_BLOCK};
    rows.ring = (size_t)rows.in_blocks * rows.in_block;
    rows.middle = rows.ring + (size_t)rows.ring_rows * (size_t)rows.middle_blocks * rows.ring_block;
    rows.bytes = (rows.middle + (size_t)rows.middle_blocks * rows.middle_block + 63) / 64 * 64;
    return rows;
}

/* Memory that each worker needs for a fused step. */
static size_t scratch_of(const struct hr_plan *plan, const struct hr_plan_step *step)
{
    const struct hr_model_op *op = &plan->parts.ops[step->first_op];
    if (op->kind == HR_OP_BLOCK)
        return hr_block_rows(plan, step->first_op).bytes / sizeof(float);
    const struct hr_value *wide = &plan->values[step->first_op + 1], *middle = wide + 1;
    size_t row = (size_t)(wide->width + 2) * HR_BLOCK;
    size_t need = 2 * row * (size_t)(wide->height + 2);
    if (step->op_count == 3)
        need = (size_t)hr_plan_ring_rows(plan->parts.ops[step->first_op + 1].stride) * row * (size_t)wide->blocks +
               (size_t)middle->width * (size_t)middle->blocks * HR_BLOCK;
    return (need + 64 + 15) / 16 * 16;
}

static void choose_steps(struct hr_plan *plan, int batch)
{
    int count = (int)plan->parts.header->op_count;
    for (int i = 0; i < count;) {
        struct hr_plan_step *step = &plan->steps[plan->step_count++];
        *step = (struct hr_plan_step){.first_op = i, .op_count = fusible(plan, i)};
        int last = i + step->op_count - 1;
        if (step->op_count > 1 || plan->parts.ops[i].kind == HR_OP_BLOCK) {
            size_t need = scratch_of(plan, step);
            plan->scratch_floats = need > plan->scratch_floats ? need : plan->scratch_floats;
        }
        if (step->op_count > 1) {
            for (int inner = i; inner < last; inner++)
                plan->values[inner + 1].stored = false;
            /* The input is read until the last operation has run. */
            struct hr_value *in = &plan->values[plan->parts.ops[i].source];
            in->last_op = larger(in->last_op, last);
        }
        describe_step(plan, step, batch);
        i += step->op_count;
    }
}

/* Where weights begin to outweigh activations, a batch goes through together. */
static void choose_deep_step(struct hr_plan *plan, int batch)
{
    plan->deep_step = plan->step_count;
    for (size_t i = 0; i < plan->step_count && batch > 1; i++) {
        const struct hr_plan_step *step = &plan->steps[i];
        const struct hr_model_op *op = &plan->parts.ops[step->first_op];
        size_t weights = (size_t)op->kernel * op->kernel * op->in_channels * op->out_channels;
        if (step->op_count == 1 && op->kind == HR_OP_CONV && weights > deep_weight_floats &&
            weights > plan->values[op->source].size) {
            plan->deep_step = i;
            break;
        }
    }
    int count = (int)plan->parts.header->op_count;
    int deep_op = plan->deep_step < plan->step_count ? plan->steps[plan->deep_step].first_op : count;
    for (int i = 0; i <= count; i++)
        plan->values[i].per_image = plan->values[i].last_op >= deep_op;
}

static bool alive_together(const struct hr_value *a, const struct hr_value *b)
{
    return a->per_image == b->per_image && a->first_op <= b->last_op && b->first_op <= a->last_op;
}

/* First fit by time of making: lowest place that no value alive at the same time takes. */
static void place_values(struct hr_plan *plan)
{
    int count = (int)plan->parts.header->op_count + 1;
    for (int i = 0; i < count; i++) {
        struct hr_value *value = &plan->values[i];
        if (!value->stored)
            continue;
        size_t place = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (int j = 0; j < i; j++) {
                const struct hr_value *other = &plan->values[j];
                if (other->stored && alive_together(value, other) && place < other->offset + other->size &&
                    other->offset < place + value->size) {
                    place = other->offset + other->size;
                    moved = true;
                }
            }
        }
        value->offset = place;
        size_t *arena = value->per_image ? &plan->batch_floats : &plan->front_floats;
        *arena = place + value->size > *arena ? place + value->size : *arena;
    }
}

enum hr_status hr_plan_make(struct hr_plan *plan, const struct hr_network *network, struct hr_size size, int batch,
                            struct hr_error *error)
{
    *plan = (struct hr_plan){.parts = hr_network_parts(network)};
    size_t count = plan->parts.header->op_count;
    int multiple = (int)plan->parts.header->size_multiple;
    if (size.width_px <= 0 || size.height_px <= 0 || size.width_px % multiple != 0 || size.height_px % multiple != 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "an input of %d x %d pixels: both must be multiples of %d",
                            size.width_px, size.height_px, multiple);
    enum hr_status status = hr_size_check(size, error);
    if (status != HR_OK)
        return status;
    plan->values = calloc(count + 1, sizeof *plan->values);
    plan->steps = calloc(count, sizeof *plan->steps);
    if (plan->values == NULL || plan->steps == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a plan");
    if (status == HR_OK)
        status = size_values(plan, size, error);
    if (status == HR_OK) {
        choose_steps(plan, batch);
        choose_deep_step(plan, batch);
        place_values(plan);
    } else {
        hr_plan_clear(plan);
    }
    return status;
}

void hr_plan_clear(struct hr_plan *plan)
{
    free(plan->values);
    free(plan->steps);
    *plan = (struct hr_plan){0};
}
