#include "infer/operator_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int pick(uint64_t *random, int low, int high)
{
    small_random(random);
    return low + (int)(*random % (uint64_t)(high - low + 1));
}

static struct hr_size pick_size(uint64_t *random, int least)
{
    return (struct hr_size){.width_px = pick(random, least, 40), .height_px = pick(random, least, 21)};
}

static int pick_flags(uint64_t *random, bool add)
{
    static const int flags[] = {0, HR_KERNEL_RELU, HR_KERNEL_PRELU, HR_KERNEL_RELU_BEFORE_ADD,
                                HR_KERNEL_RELU_BEFORE_ADD | HR_KERNEL_PRELU};
    return flags[pick(random, 0, add ? 4 : 2)];
}

static void one_output(struct small_model *model, int value, int flags)
{
    small_model_output(model, value, 0, small_model_channels(model, value), flags);
}

/* From the picture (blocks of four lanes) or many channels. */
static void conv_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = pick_size(random, 7);
    small_model_init(model, pick(random, 0, 1) ? pick(random, 1, 4) : pick(random, 5, 37), *random);
    int kernel = pick(random, 1, 7);
    int pad = pick(random, 0, 1) ? kernel / 2 : pick(random, 0, kernel - 1);
    one_output(
        model,
        small_model_conv(model, 0, pick(random, 1, 41), kernel, pick(random, 1, 2), pad, pick_flags(random, false), -1),
        0);
}

/* The smallest pictures: tiles over several rows, and over several images of a batch. */
static void tiny_conv_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = (struct hr_size){.width_px = pick(random, 1, 5), .height_px = pick(random, 1, 5)};
    small_model_init(model, pick(random, 9, 24), *random);
    int deep = small_model_conv(model, 0, pick(random, 90, 100), 3, 1, 1, HR_KERNEL_RELU, -1);
    int deeper = small_model_conv(model, deep, pick(random, 90, 100), 3, 1, 1, 0, -1);
    one_output(model, small_model_conv(model, deeper, 5, 1, 1, 0, 0, -1), 0);
    one_output(model, deep, 0);
}

static void residual_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = pick_size(random, 3);
    small_model_init(model, pick(random, 5, 20), *random);
    int channels = pick(random, 1, 33), kernel = 1 + 2 * pick(random, 0, 2);
    int a = small_model_conv(model, 0, channels, 1, 1, 0, HR_KERNEL_RELU, -1);
    int b = small_model_conv(model, a, channels, kernel, 1, kernel / 2, pick_flags(random, true), a);
    one_output(model, b, HR_OUTPUT_SIGMOID);
}

static void depthwise_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = pick_size(random, 7);
    small_model_init(model, pick(random, 5, 37), *random);
    int kernel = pick(random, 0, 2) ? 3 : pick(random, 1, 7);
    int pad = pick(random, 0, 1) ? kernel / 2 : 0;
    one_output(model, small_model_depthwise(model, 0, kernel, pick(random, 1, 2), pad, pick_flags(random, false)), 0);
    if (pick(random, 0, 1))
        small_model_halve(model);
}

/* Squeeze and excitation (Hu et al. 2018): a factor for each channel from the mean of all, and a sum; the last depthwise
 * convolution covers all of a small picture. */
static void scale_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = (struct hr_size){.width_px = pick(random, 8, 13), .height_px = pick(random, 8, 13)};
    small_model_init(model, pick(random, 5, 20), *random);
    int channels = pick(random, 1, 33);
    int a = small_model_conv(model, 0, channels, 1, 1, 0, HR_KERNEL_PRELU, -1);
    small_model_halve(model);
    int b = small_model_conv(model, a, channels, 3, 1, 1, 0, -1);
    int mean = small_model_plain(model, HR_OP_GLOBALAVG, b, 1, 1);
    int few = small_model_conv(model, mean, pick(random, 1, 9), 1, 1, 0, HR_KERNEL_PRELU, -1);
    int gate = small_model_plain(model, HR_OP_SIGMOID, small_model_conv(model, few, channels, 1, 1, 0, 0, -1), 1, 1);
    int scaled = small_model_scale(model, b, gate, pick(random, 0, 1) ? a : -1);
    one_output(model, scaled, 0);
    one_output(model, small_model_depthwise(model, scaled, 8, 1, 0, 0), 0);
}

static void deconv_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = pick_size(random, 1);
    small_model_init(model, pick(random, 5, 37), *random);
    int wide = small_model_deconv(model, 0, pick(random, 1, 25), pick_flags(random, false), -1);
    int again = small_model_deconv(model, 0, small_model_channels(model, wide), pick_flags(random, true), wide);
    one_output(model, again, 0);
}

static void pool_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = pick_size(random, 7);
    small_model_init(model, pick(random, 5, 21), *random);
    enum hr_op_kind kind = pick(random, 0, 1) ? HR_OP_MAXPOOL : HR_OP_AVGPOOL;
    one_output(model, small_model_plain(model, kind, 0, pick(random, 1, 5), pick(random, 1, 2)), 0);
    one_output(model, small_model_plain(model, HR_OP_GLOBALAVG, 1, 1, 1), 0);
}

/* Sums of tensors that differ in channels, rows and columns; a sigmoid that fills no lane beyond its channels. */
static void add_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = pick_size(random, 4);
    small_model_init(model, pick(random, 5, 20), *random);
    int a = small_model_conv(model, 0, pick(random, 1, 30), 3, 1, pick(random, 0, 1), 0, -1);
    int b = small_model_conv(model, 0, pick(random, 1, 30), 2, pick(random, 1, 2), 1, 0, -1);
    int s = small_model_plain(model, HR_OP_SIGMOID, a, 1, 1);
    int sum = small_model_add(model, s, b, pick(random, 0, 1) * HR_KERNEL_RELU);
    int back = small_model_add(model, b, sum, 0);
    one_output(model, back, 0);
    small_model_output(model, sum, small_model_channels(model, sum) / 2, 1, HR_OUTPUT_SIGMOID);
}

/* Inverted residual blocks that are computed a row at a time (large) or a pair of blocks at a time. */
static void inverted(struct small_model *model, struct hr_size *size, uint64_t *random, int wide)
{
    int stride = pick(random, 1, 2), project = pick(random, 5, 20);
    int base = small_model_conv(model, 0, pick(random, 5, 20), 3, 1, 1, HR_KERNEL_RELU, -1);
    int bend = pick(random, 0, 1) ? HR_KERNEL_RELU : HR_KERNEL_PRELU;
    int expand = small_model_conv(model, base, wide, 1, 1, 0, bend, -1);
    int middle = small_model_depthwise(model, expand, 3, stride, 1, bend);
    int narrow = small_model_conv(model, middle, project, 1, 1, 0, 0, -1);
    int again =
        small_model_conv(model, narrow, 60 * 1024 / size->width_px / size->height_px * 4, 1, 1, 0, HR_KERNEL_PRELU, -1);
    int deep = small_model_depthwise(model, again, 3, 1, 1, 0);
    one_output(model, small_model_conv(model, deep, project, 1, 1, 0, 0, narrow), 0);
}

static void block_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = (struct hr_size){.width_px = pick(random, 67, 81), .height_px = pick(random, 51, 65)};
    small_model_init(model, 3, *random);
    inverted(model, size, random, pick(random, 33, 45));
}

static void pair_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = (struct hr_size){.width_px = pick(random, 21, 33), .height_px = pick(random, 19, 31)};
    small_model_init(model, 4, *random);
    inverted(model, size, random, pick(random, 250, 300));
}

/* A picture's first layers: a strided convolution straight into a depthwise one. */
static void stem_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = (struct hr_size){.width_px = pick(random, 180, 190), .height_px = pick(random, 140, 150)};
    small_model_init(model, 3, *random);
    int a = small_model_conv(model, 0, 32, 3, 2, 1, HR_KERNEL_RELU, -1);
    int b = small_model_depthwise(model, a, 3, 1, 1, HR_KERNEL_RELU);
    one_output(model, small_model_conv(model, b, 9, 1, 1, 0, 0, -1), 0);
}

/* Two of them, the second with what the first one read added where it can be: any width and any number of channels. */
static void byte_block_case(struct small_model *model, struct hr_size *size, uint64_t *random)
{
    *size = (struct hr_size){.width_px = pick(random, 1, 40), .height_px = pick(random, 1, 20)};
    small_model_init(model, pick(random, 5, 40), *random);
    int same = small_model_channels(model, 0);
    int first = small_model_block(model, 0, pick(random, 1, 70), pick(random, 1, 40), pick(random, 1, 2), -1);
    int second = small_model_block(model, 0, pick(random, 1, 70), same, 1, 0);
    one_output(model, first, 0);
    one_output(model, small_model_block(model, second, pick(random, 1, 40), same, 1, second), 0);
}

const struct operator_case operator_cases[] = {
    {"convolution", conv_case, 120, false},
    {"convolution of a tiny picture", tiny_conv_case, 25, false},
    {"convolution with a residual", residual_case, 30, false},
    {"depthwise convolution", depthwise_case, 40, false},
    {"a factor for each channel", scale_case, 30, false},
    {"transposed convolution", deconv_case, 25, false},
    {"pooling", pool_case, 40, false},
    {"addition of unlike shapes", add_case, 40, false},
    {"block, a row at a time", block_case, 4, false},
    {"block, a pair of channel blocks at a time", pair_case, 4, false},
    {"stem", stem_case, 2, false},
    {"block in eight bits", byte_block_case, 60, true},
};
const int operator_case_count = sizeof operator_cases / sizeof operator_cases[0];

static double largest_difference(const struct small_tensor *wanted, struct hr_tensor got, int image)
{
    if (got.channels != wanted->channels || got.height != wanted->height || got.width != wanted->width)
        return HUGE_VAL;
    size_t count = (size_t)got.channels * (size_t)got.height * (size_t)got.width;
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        double value = (double)got.data[(size_t)image * count + i];
        double difference = fabs(value - wanted->data[i]) / fmax(1, fabs(wanted->data[i]));
        if (!(difference <= worst)) /* a NaN is the worst of all */
            worst = isnan(difference) ? HUGE_VAL : difference;
    }
    return worst;
}

static double compare(const struct small_model *model, struct hr_runner *runner, const float *input,
                      struct hr_size size, int batch)
{
    size_t image_floats = (size_t)model->input_channels * (size_t)size.width_px * (size_t)size.height_px;
    double worst = 0;
    for (int image = 0; image < batch; image++)
        for (int i = 0; i < model->output_count; i++) {
            struct small_tensor wanted =
                small_model_compute(model, input + (size_t)image * image_floats, size.height_px, size.width_px, i);
            double error = largest_difference(&wanted, hr_runner_output(runner, i), image);
            worst = error > worst ? error : worst;
            free(wanted.data);
        }
    return worst;
}

double operator_case_error(const struct operator_case *which, int round, enum hr_isa isa, int threads, int batch)
{
    struct small_model model;
    struct hr_runner_options options = {.batch = batch, .isa = isa};
    uint64_t random = (uint64_t)round * 7919 + 17;
    for (int i = 0; i < 8; i++)
        small_random(&random);
    which->build(&model, &options.size, &random);
    size_t count =
        (size_t)batch * (size_t)model.input_channels * (size_t)options.size.width_px * (size_t)options.size.height_px;
    float *input = malloc(count * sizeof *input);
    if (input == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        input[i] = small_random(&random);

    struct hr_view bytes = small_model_pack(&model);
    struct hr_network *network = NULL;
    struct hr_pool *pool = NULL;
    struct hr_runner *runner = NULL;
    struct hr_error error = {0};
    double worst = HUGE_VAL;
    enum hr_status status = hr_network_open_memory(&network, bytes, &error);
    if (status == HR_OK)
        status = hr_pool_new(&pool, threads, &error);
    options.pool = pool;
    if (status == HR_OK)
        status = hr_runner_new(&runner, network, &options, &error);
    if (status == HR_OK) {
        hr_runner_run(runner, input);
        hr_runner_run(runner, input); /* nothing may be left over from the first run */
        worst = compare(&model, runner, input, options.size, batch);
    } else {
        printf("%s, round %d: %s\n", which->name, round, error.text);
    }
    hr_runner_free(runner);
    hr_pool_free(pool);
    hr_network_close(network);
    free((void *)bytes.data);
    free(input);
    small_model_clear(&model);
    return worst;
}
