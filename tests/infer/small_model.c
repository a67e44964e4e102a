#include "infer/small_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

float small_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (float)((double)(*state >> 11) / (double)(UINT64_C(1) << 52) - 1);
}

static float *random_floats(struct small_model *model, size_t count, double scale)
{
    float *floats = must(malloc((count + 1) * sizeof *floats));
    for (size_t i = 0; i < count; i++)
        floats[i] = small_random(&model->random) * (float)scale;
    return floats;
}

void small_model_init(struct small_model *model, int input_channels, uint64_t seed)
{
    *model = (struct small_model){
        .input_channels = input_channels, .size_multiple = 1, .random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
}

void small_model_clear(struct small_model *model)
{
    for (int i = 0; i < model->op_count; i++) {
        free(model->ops[i].weights);
        free(model->ops[i].bias);
        free(model->ops[i].slopes);
    }
    model->op_count = 0;
}

int small_model_channels(const struct small_model *model, int value)
{
    return value == 0 ? model->input_channels : model->ops[value - 1].out_channels;
}

static struct small_op *append(struct small_model *model, enum hr_op_kind kind, int source)
{
    if (model->op_count == SMALL_OPS_MAX)
        abort();
    struct small_op *op = &model->ops[model->op_count++];
    int channels = small_model_channels(model, source);
    *op = (struct small_op){.kind = kind,
                            .source = source,
                            .add = -1,
                            .in_channels = channels,
                            .out_channels = channels,
                            .kernel = 1,
                            .stride = 1};
    return op;
}

static void give_weights(struct small_model *model, struct small_op *op, size_t count, int fan_in)
{
    op->weights = random_floats(model, count, 1.7 / sqrt(fan_in));
    op->bias = random_floats(model, (size_t)op->out_channels, 0.5);
    if (op->flags & HR_KERNEL_PRELU)
        op->slopes = random_floats(model, (size_t)op->out_channels, 0.5);
}

int small_model_conv(struct small_model *model, int source, int out_channels, int kernel, int stride, int pad,
                     int flags, int add)
{
    struct small_op *op = append(model, HR_OP_CONV, source);
    op->out_channels = out_channels;
    op->kernel = kernel;
    op->stride = stride;
    op->pad = pad;
    op->flags = flags;
    op->add = add;
    int fan_in = op->in_channels * kernel * kernel;
    give_weights(model, op, (size_t)out_channels * (size_t)fan_in, fan_in);
    return model->op_count;
}

int small_model_depthwise(struct small_model *model, int source, int kernel, int stride, int pad, int flags)
{
    struct small_op *op = append(model, HR_OP_DEPTHWISE, source);
    op->kernel = kernel;
    op->stride = stride;
    op->pad = pad;
    op->flags = flags;
    give_weights(model, op, (size_t)(op->out_channels * kernel * kernel), kernel * kernel);
    return model->op_count;
}

int small_model_deconv(struct small_model *model, int source, int out_channels, int flags, int add)
{
    struct small_op *op = append(model, HR_OP_DECONV, source);
    op->out_channels = out_channels;
    op->kernel = op->stride = 2;
    op->flags = flags;
    op->add = add;
    give_weights(model, op, (size_t)(op->in_channels * out_channels * 4), op->in_channels);
    return model->op_count;
}

int small_model_plain(struct small_model *model, enum hr_op_kind kind, int source, int kernel, int stride)
{
    struct small_op *op = append(model, kind, source);
    op->kernel = kernel;
    op->stride = stride;
    return model->op_count;
}

int small_model_scale(struct small_model *model, int source, int gate, int add)
{
    struct small_op *op = append(model, HR_OP_SCALE, source);
    op->gate = gate;
    op->add = add;
    return model->op_count;
}

/* Scales by which sums of random weights and bytes fill most of a byte's range, and pass it now and then. */
static void give_stage(struct small_model *model, float *numbers, int results, int products, float unit)
{
    for (int i = 0; i < results; i++) {
        numbers[i] = unit * (1.5f + small_random(&model->random)) / (4000 * sqrtf((float)products));
        numbers[results + i] = unit * small_random(&model->random);
    }
}

int small_model_block(struct small_model *model, int source, int middle, int out_channels, int stride, int add)
{
    struct small_op *op = append(model, HR_OP_BLOCK, source);
    op->out_channels = out_channels;
    op->gate = middle;
    op->kernel = 3;
    op->stride = stride;
    op->pad = 1;
    op->add = add;
    size_t weights = (size_t)middle * (size_t)(op->in_channels + 9 + out_channels);
    op->weights = must(malloc(weights * sizeof(float)));
    for (size_t i = 0; i < weights; i++)
        op->weights[i] = rintf(63 * small_random(&model->random));
    op->bias = must(malloc((size_t)(1 + 4 * middle + 2 * out_channels) * sizeof(float)));
    op->bias[0] = 100;
    give_stage(model, op->bias + 1, middle, op->in_channels, 100);
    give_stage(model, op->bias + 1 + 2 * middle, middle, 9, 100);
    give_stage(model, op->bias + 1 + 4 * middle, out_channels, middle, 1);
    return model->op_count;
}

static size_t weights_of(const struct small_op *op)
{
    size_t area = (size_t)op->kernel * (size_t)op->kernel;
    return area * (size_t)op->out_channels * (op->kind == HR_OP_DEPTHWISE ? 1 : (size_t)op->in_channels);
}

void small_model_halve(struct small_model *model)
{
    struct small_op *op = &model->ops[model->op_count - 1];
    op->flags |= HR_MODEL_HALF_WEIGHTS;
    for (size_t i = 0; i < weights_of(op); i++)
        op->weights[i] = (float)(_Float16)op->weights[i];
}

int small_model_add(struct small_model *model, int a, int b, int flags)
{
    struct small_op *op = append(model, HR_OP_ADD, a);
    int other = small_model_channels(model, b);
    op->add = b;
    op->flags = flags;
    op->out_channels = op->in_channels > other ? op->in_channels : other;
    return model->op_count;
}

void small_model_output(struct small_model *model, int value, int first_channel, int channels, int flags)
{
    model->outputs[model->output_count++] = (struct hr_model_output){.value = (uint32_t)value,
                                                                     .first_channel = (uint32_t)first_channel,
                                                                     .channels = (uint32_t)channels,
                                                                     .flags = (uint32_t)flags};
}

/* --- the file --- */

static size_t up(size_t value, size_t to)
{
    return (value + to - 1) / to * to;
}

struct file {
    uint8_t *bytes;
    size_t size;
};

/* A zeroed section of `floats` numbers; returns its offset. */
static size_t section(struct file *file, size_t bytes)
{
    size_t at = up(file->size, 64);
    file->bytes = must(realloc(file->bytes, at + bytes));
    memset(file->bytes + file->size, 0, at + bytes - file->size);
    file->size = at + bytes;
    return at;
}

/* Where weight (o, i) of kernel cell (y, x) stands: blocks of `lane` inputs by 16 outputs. */
static size_t conv_place(size_t inputs, size_t lane, size_t kernel, size_t o, size_t i, size_t y, size_t x)
{
    size_t blocks = up(inputs, lane) / lane;
    size_t cell = ((o / 16 * blocks + i / lane) * kernel + y) * kernel + x;
    return (cell * lane + i % lane) * 16 + o % 16;
}

/* Products of a 1x1 convolution: [out / 16][in / 4][16][4]. */
static void place_products(uint8_t *to, const float *weights, size_t out, size_t in)
{
    for (size_t o = 0; o < out; o++)
        for (size_t i = 0; i < in; i++)
            to[((o / 16 * (up(in, 4) / 4) + i / 4) * 16 + o % 16) * 4 + i % 4] = (uint8_t)(int8_t)weights[o * in + i];
}

static size_t pack_block_weights(struct file *file, const struct small_op *op)
{
    size_t in = (size_t)op->in_channels, middle = (size_t)op->gate, out = (size_t)op->out_channels;
    size_t expand = up(middle, 16) * up(in, 4), depthwise = up(middle, 16) * 12;
    size_t at = section(file, expand + depthwise + up(out, 16) * up(middle, 4));
    const float *weights = op->weights;
    place_products(file->bytes + at, weights, middle, in);
    weights += middle * in;
    for (size_t c = 0; c < middle; c++)
        for (size_t cell = 0; cell < 9; cell++) /* [c / 16][column][c % 16][row] */
            file->bytes[at + expand + ((c / 16 * 3 + cell % 3) * 16 + c % 16) * 4 + cell / 3] =
                (uint8_t)(int8_t)weights[c * 9 + cell];
    place_products(file->bytes + at + expand + depthwise, weights + middle * 9, out, middle);
    return at;
}

/* Sums of weights, scales and biases of a stage, each up to whole 16. */
static void pack_stage(struct file *file, const float *weights, size_t per_result, const float *numbers, size_t results)
{
    size_t at = section(file, 3 * up(results, 16) * sizeof(float));
    for (size_t r = 0; r < results; r++) {
        int32_t sum = 0;
        for (size_t i = 0; i < per_result; i++)
            sum += (int32_t)weights[r * per_result + i];
        memcpy(file->bytes + at + r * sizeof sum, &sum, sizeof sum);
    }
    for (size_t part = 0; part < 2; part++)
        memcpy(file->bytes + at + (part + 1) * up(results, 16) * sizeof(float), numbers + part * results,
               results * sizeof(float));
}

static size_t pack_block_numbers(struct file *file, const struct small_op *op)
{
    size_t in = (size_t)op->in_channels, middle = (size_t)op->gate, out = (size_t)op->out_channels;
    size_t at = section(file, 16 * sizeof(float));
    memcpy(file->bytes + at, op->bias, sizeof(float));
    pack_stage(file, op->weights, in, op->bias + 1, middle);
    pack_stage(file, op->weights + middle * in, 9, op->bias + 1 + 2 * middle, middle);
    pack_stage(file, op->weights + middle * (in + 9), middle, op->bias + 1 + 4 * middle, out);
    return at;
}

static size_t pack_weights(struct file *file, const struct small_op *op, size_t lane)
{
    size_t in = (size_t)op->in_channels, out = (size_t)op->out_channels, k = (size_t)op->kernel;
    size_t dense = up(out, 16) * up(in, lane);
    size_t at;
    switch (op->kind) {
    case HR_OP_CONV:
        at = section(file, dense * k * k * sizeof(float));
        for (size_t o = 0; o < out; o++)
            for (size_t i = 0; i < in; i++)
                for (size_t c = 0; c < k * k; c++)
                    memcpy(file->bytes + at + sizeof(float) * conv_place(in, lane, k, o, i, c / k, c % k),
                           &op->weights[(o * in + i) * k * k + c], sizeof(float));
        return at;
    case HR_OP_DECONV:
        at = section(file, 4 * dense * sizeof(float));
        for (size_t i = 0; i < in; i++)
            for (size_t o = 0; o < out; o++)
                for (size_t c = 0; c < 4; c++)
                    memcpy(file->bytes + at + sizeof(float) * (c * dense + conv_place(in, lane, 1, o, i, 0, 0)),
                           &op->weights[(i * out + o) * 4 + c], sizeof(float));
        return at;
    case HR_OP_DEPTHWISE:
        at = section(file, up(in, 8) * k * k * sizeof(float));
        for (size_t c = 0; c < in; c++)
            for (size_t cell = 0; cell < k * k; cell++)
                memcpy(file->bytes + at + sizeof(float) * ((c / 8 * k * k + cell) * 8 + c % 8),
                       &op->weights[c * k * k + cell], sizeof(float));
        return at;
    case HR_OP_BLOCK:
        return pack_block_weights(file, op);
    default:
        return 0;
    }
}

/* The section at `at` becomes half as long. */
static void halve_section(struct file *file, size_t at)
{
    size_t count = (file->size - at) / sizeof(float);
    for (size_t i = 0; i < count; i++) {
        float single;
        memcpy(&single, file->bytes + at + i * sizeof single, sizeof single);
        _Float16 half = (_Float16)single;
        memcpy(file->bytes + at + i * sizeof half, &half, sizeof half);
    }
    file->size = at + count * sizeof(_Float16);
}

static size_t pack_vector(struct file *file, const float *vector, int count)
{
    if (vector == NULL)
        return 0;
    size_t at = section(file, up((size_t)count, 16) * sizeof(float));
    memcpy(file->bytes + at, vector, (size_t)count * sizeof(float));
    return at;
}

void small_model_seal(uint8_t *bytes, size_t size)
{
    uint64_t checksum = XXH3_64bits(bytes + 16, size - 16);
    memcpy(bytes + 8, &checksum, sizeof checksum);
}

struct hr_view small_model_pack(const struct small_model *model)
{
    static const char card[] = "small-1\0a small network\0CC0-1.0\0a test\0none\0planar";
    struct file file = {0};
    section(&file, sizeof(struct hr_model_header));
    struct hr_model_header header = {.magic = HR_MODEL_MAGIC,
                                     .version = HR_MODEL_VERSION,
                                     .op_count = (uint32_t)model->op_count,
                                     .output_count = (uint32_t)model->output_count,
                                     .input_channels = (uint32_t)model->input_channels,
                                     .card_size = sizeof card,
                                     .size_multiple = (uint32_t)model->size_multiple};
    header.card_offset = section(&file, sizeof card);
    memcpy(file.bytes + header.card_offset, card, sizeof card);
    header.ops_offset = section(&file, (size_t)model->op_count * sizeof(struct hr_model_op));
    for (int i = 0; i < model->op_count; i++) {
        const struct small_op *op = &model->ops[i];
        size_t lane = op->source == 0 && model->input_channels <= 4 ? 4 : 8;
        struct hr_model_op packed = {.kind = op->kind,
                                     .flags = (uint32_t)op->flags,
                                     .source = op->source,
                                     .add = op->add,
                                     .in_channels = (uint32_t)op->in_channels,
                                     .out_channels = (uint32_t)op->out_channels,
                                     .kernel = (uint32_t)op->kernel,
                                     .stride = (uint32_t)op->stride,
                                     .pad = (uint32_t)op->pad,
                                     .argument = op->gate};
        packed.weights_offset = pack_weights(&file, op, lane);
        if (op->flags & HR_MODEL_HALF_WEIGHTS)
            halve_section(&file, packed.weights_offset);
        packed.bias_offset =
            op->kind == HR_OP_BLOCK ? pack_block_numbers(&file, op) : pack_vector(&file, op->bias, op->out_channels);
        packed.slopes_offset = pack_vector(&file, op->slopes, op->out_channels);
        memcpy(file.bytes + header.ops_offset + (size_t)i * sizeof packed, &packed, sizeof packed);
    }
    size_t outputs_bytes = (size_t)model->output_count * sizeof model->outputs[0];
    header.outputs_offset = section(&file, outputs_bytes);
    memcpy(file.bytes + header.outputs_offset, model->outputs, outputs_bytes);
    header.file_size = file.size;
    memcpy(file.bytes, &header, sizeof header);
    small_model_seal(file.bytes, file.size);
    uint8_t *aligned = must(aligned_alloc(64, up(file.size, 64)));
    memcpy(aligned, file.bytes, file.size);
    free(file.bytes);
    return hr_view_of(aligned, file.size);
}

/* --- the naive computation --- */

static struct small_tensor tensor_new(int channels, int height, int width)
{
    size_t count = (size_t)channels * (size_t)height * (size_t)width;
    return (struct small_tensor){channels, height, width, must(calloc(count, sizeof(double)))};
}

/* The cell, or 0 outside. */
static double at(const struct small_tensor *t, int c, int y, int x)
{
    if (c < 0 || y < 0 || x < 0 || c >= t->channels || y >= t->height || x >= t->width)
        return 0;
    return t->data[((size_t)c * (size_t)t->height + (size_t)y) * (size_t)t->width + (size_t)x];
}

static double convolve(const struct small_op *op, const struct small_tensor *in, int o, int y, int x)
{
    int k = op->kernel;
    double sum = op->bias[o];
    for (int i = 0; i < op->in_channels; i++)
        for (int ky = 0; ky < k; ky++)
            for (int kx = 0; kx < k; kx++)
                sum += (double)op->weights[((o * op->in_channels + i) * k + ky) * k + kx] *
                       at(in, i, y * op->stride - op->pad + ky, x * op->stride - op->pad + kx);
    return sum;
}

static double window(const struct small_op *op, const struct small_tensor *in, int c, int y, int x)
{
    int k = op->kernel;
    double result = op->kind == HR_OP_MAXPOOL ? -INFINITY : op->bias != NULL ? op->bias[c] : 0;
    for (int ky = 0; ky < k; ky++)
        for (int kx = 0; kx < k; kx++) {
            double v = at(in, c, y * op->stride - op->pad + ky, x * op->stride - op->pad + kx);
            if (op->kind == HR_OP_MAXPOOL)
                result = v > result ? v : result;
            else
                result += v * (op->kind == HR_OP_AVGPOOL ? 1.0 / (k * k) : (double)op->weights[(c * k + ky) * k + kx]);
        }
    return result;
}

static double transposed(const struct small_op *op, const struct small_tensor *in, int o, int y, int x)
{
    double sum = op->bias[o];
    for (int i = 0; i < op->in_channels; i++)
        sum += (double)op->weights[(i * op->out_channels + o) * 4 + y % 2 * 2 + x % 2] * at(in, i, y / 2, x / 2);
    return sum;
}

static double mean(const struct small_tensor *in, int c)
{
    double sum = 0;
    for (int y = 0; y < in->height; y++)
        for (int x = 0; x < in->width; x++)
            sum += at(in, c, y, x);
    return sum / (in->height * in->width);
}

static double cell(const struct small_op *op, const struct small_tensor *in, const struct small_tensor *add,
                   const struct small_tensor *gate, int c, int y, int x)
{
    double v;
    switch (op->kind) {
    case HR_OP_CONV:
        v = convolve(op, in, c, y, x);
        break;
    case HR_OP_DECONV:
        v = transposed(op, in, c, y, x);
        break;
    case HR_OP_GLOBALAVG:
        v = mean(in, c);
        break;
    case HR_OP_ADD:
        v = at(in, c, y, x);
        break;
    case HR_OP_SCALE:
        v = at(in, c, y, x) * at(gate, c, 0, 0);
        break;
    case HR_OP_SIGMOID:
        v = 1 / (1 + exp(-at(in, c, y, x)));
        break;
    default:
        v = window(op, in, c, y, x);
    }
    if (op->flags & HR_KERNEL_RELU_BEFORE_ADD)
        v = v > 0 ? v : 0;
    if (add != NULL)
        v += at(add, c, y, x);
    if (op->flags & HR_KERNEL_RELU)
        v = v > 0 ? v : 0;
    if (op->flags & HR_KERNEL_PRELU)
        v = v > 0 ? v : v * (double)op->slopes[c];
    return v;
}

/* What a byte stands for, whole and cut: rounded to nearest, halves to even, in single precision as everywhere. */
static double to_byte(float value)
{
    float whole = rintf(value);
    return whole < 0 ? 0 : whole > 255 ? 255 : (double)whole;
}

/* (float)sum * scale + bias in two steps. The tests are compiled without contraction. */
static float stage_number(double sum, const float *numbers, int results, int result)
{
    float product = (float)sum * numbers[result];
    return product + numbers[results + result];
}

static struct small_tensor compute_block(const struct small_op *op, const struct small_tensor *in,
                                         const struct small_tensor *add)
{
    int middle = op->gate, area = in->height * in->width;
    const float *weights = op->weights, *numbers = op->bias + 1;
    struct small_tensor wide = tensor_new(middle, in->height, in->width);
    for (int c = 0; c < middle; c++)
        for (int p = 0; p < area; p++) {
            double sum = 0;
            for (int i = 0; i < op->in_channels; i++) {
                float scaled = (float)in->data[i * area + p] * op->bias[0];
                sum += (double)weights[c * op->in_channels + i] * (to_byte(scaled + 128) - 128);
            }
            wide.data[c * area + p] = to_byte(stage_number(sum, numbers, middle, c));
        }
    weights += middle * op->in_channels;
    numbers += 2 * middle;
    int height = (in->height - 1) / op->stride + 1, width = (in->width - 1) / op->stride + 1;
    struct small_tensor narrow = tensor_new(middle, height, width);
    for (int c = 0; c < middle; c++)
        for (int p = 0; p < height * width; p++) {
            double sum = 0;
            for (int cell = 0; cell < 9; cell++)
                sum += (double)weights[c * 9 + cell] *
                       at(&wide, c, p / width * op->stride - 1 + cell / 3, p % width * op->stride - 1 + cell % 3);
            narrow.data[c * height * width + p] = to_byte(stage_number(sum, numbers, middle, c));
        }
    weights += middle * 9;
    numbers += 2 * middle;
    struct small_tensor out = tensor_new(op->out_channels, height, width);
    for (int c = 0; c < op->out_channels; c++)
        for (int p = 0; p < height * width; p++) {
            double sum = 0;
            for (int i = 0; i < middle; i++)
                sum += (double)weights[c * middle + i] * narrow.data[i * height * width + p];
            float number = stage_number(sum, numbers, op->out_channels, c);
            if (add != NULL)
                number += (float)add->data[c * height * width + p];
            out.data[c * height * width + p] = (double)number;
        }
    free(wide.data);
    free(narrow.data);
    return out;
}

static struct small_tensor compute_op(const struct small_op *op, const struct small_tensor *in,
                                      const struct small_tensor *add, const struct small_tensor *gate)
{
    if (op->kind == HR_OP_BLOCK)
        return compute_block(op, in, add);
    int height = (in->height + 2 * op->pad - op->kernel) / op->stride + 1;
    int width = (in->width + 2 * op->pad - op->kernel) / op->stride + 1;
    if (op->kind == HR_OP_DECONV) {
        height = in->height * 2;
        width = in->width * 2;
    } else if (op->kind == HR_OP_GLOBALAVG) {
        height = width = 1;
    } else if (op->kind == HR_OP_ADD) {
        height = in->height > add->height ? in->height : add->height;
        width = in->width > add->width ? in->width : add->width;
    }
    struct small_tensor out = tensor_new(op->out_channels, height, width);
    double *to = out.data;
    for (int c = 0; c < out.channels; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                *to++ = cell(op, in, add, gate, c, y, x);
    return out;
}

struct small_tensor small_model_compute(const struct small_model *model, const float *input, int height, int width,
                                        int output)
{
    struct small_tensor values[SMALL_OPS_MAX + 1];
    values[0] = tensor_new(model->input_channels, height, width);
    for (int i = 0; i < model->input_channels * height * width; i++)
        values[0].data[i] = (double)input[i];
    for (int i = 0; i < model->op_count; i++) {
        const struct small_op *op = &model->ops[i];
        values[i + 1] = compute_op(op, &values[op->source], op->add >= 0 ? &values[op->add] : NULL,
                                   &values[op->kind == HR_OP_SCALE ? op->gate : 0]);
    }
    const struct hr_model_output *wanted = &model->outputs[output];
    const struct small_tensor *from = &values[wanted->value];
    struct small_tensor result = tensor_new((int)wanted->channels, from->height, from->width);
    double *to = result.data;
    for (int c = 0; c < result.channels; c++)
        for (int y = 0; y < result.height; y++)
            for (int x = 0; x < result.width; x++) {
                double v = at(from, (int)wanted->first_channel + c, y, x);
                *to++ = wanted->flags & HR_OUTPUT_SIGMOID ? 1 / (1 + exp(-v)) : v;
            }
    for (int i = 0; i <= model->op_count; i++)
        free(values[i].data);
    return result;
}
