/* Small networks made in a test: packed into the file format by code of its own (not the compiler's), and computed
 * the naive way in double precision. */
#ifndef HR_TESTS_SMALL_MODEL_H
#define HR_TESTS_SMALL_MODEL_H

#include "base/view.h"
#include "infer/format.h"
#include "infer/kernels.h"

enum { SMALL_OPS_MAX = 16, SMALL_OUTPUTS_MAX = 4 };

struct small_op {
    enum hr_op_kind kind;
    int flags;
    int source, add; /* values as in the file; add -1: nothing */
    int gate;        /* SCALE; BLOCK: channels in between */
    int in_channels, out_channels;
    int kernel, stride, pad;
    float *weights; /* conv [out][in][k][k]; depthwise [c][k][k]; deconv [in][out][2][2];
                     * block: whole numbers, [middle][in], [middle][3][3], [out][middle] */
    float *bias;    /* block: the input's scale, then for each stage scales and biases */
    float *slopes;
};

struct small_model {
    int input_channels;
    int size_multiple;
    struct small_op ops[SMALL_OPS_MAX];
    int op_count;
    struct hr_model_output outputs[SMALL_OUTPUTS_MAX];
    int output_count;
    uint64_t random; /* state */
};

/* A planar tensor. */
struct small_tensor {
    int channels, height, width;
    double *data;
};

void small_model_init(struct small_model *model, int input_channels, uint64_t seed);
void small_model_clear(struct small_model *model);

/* Append an operation with random weights; returns the value it makes. kernel, stride, pad as in the file. */
int small_model_conv(struct small_model *model, int source, int out_channels, int kernel, int stride, int pad,
                     int flags, int add);
int small_model_depthwise(struct small_model *model, int source, int kernel, int stride, int pad, int flags);
int small_model_deconv(struct small_model *model, int source, int out_channels, int flags, int add);
/* MAXPOOL, AVGPOOL, GLOBALAVG, SIGMOID */
int small_model_plain(struct small_model *model, enum hr_op_kind kind, int source, int kernel, int stride);
/* `gate` has one pixel; add -1: nothing. */
int small_model_scale(struct small_model *model, int source, int gate, int add);
/* In eight bits; add -1: nothing. */
int small_model_block(struct small_model *model, int source, int middle, int out_channels, int stride, int add);
/* Weights of the latest operation that half precision holds exactly, and kept in it. */
void small_model_halve(struct small_model *model);
int small_model_add(struct small_model *model, int a, int b, int flags);
void small_model_output(struct small_model *model, int value, int first_channel, int channels, int flags);
int small_model_channels(const struct small_model *model, int value);

/* -1 .. 1 */
float small_random(uint64_t *state);

/* The file's bytes, 64-byte aligned, the caller's (free). */
struct hr_view small_model_pack(const struct small_model *model);
/* Puts a right checksum into bytes that were changed. */
void small_model_seal(uint8_t *bytes, size_t size);

/* The result of output `output` for a planar input, the caller's (free data). */
struct small_tensor small_model_compute(const struct small_model *model, const float *input, int height, int width,
                                        int output);

#endif
