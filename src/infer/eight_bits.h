/* Inverted residual blocks (Sandler et al., MobileNetV2, 2018) in eight bits: what a row of each of their three stages
 * computes, and the table of functions that each instruction set offers.
 *
 * A block reads and makes values in single precision; only what lies between is bytes. Bytes are unsigned, in blocks of
 * 16 channels, [channels / 16][columns][16]; weights are signed, of at most 63, so that a sum of two products fits 16
 * bits (what AVX2 adds up in one step). Sums are whole numbers and below 2^24, and what follows them is multiplied,
 * added and rounded to nearest in single precision without contraction: every set gives the same bits. Jacob et al.,
 * Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, 2018, describes the
 * scheme. */
#ifndef HR_INFER_EIGHT_BITS_H
#define HR_INFER_EIGHT_BITS_H

#include <stddef.h>
#include <stdint.h>

enum {
    HR_BYTE_BLOCK = 16,
    HR_BYTE_GROUP = 4,         /* channels that are summed up in one step */
    HR_BYTE_ZERO = 128,        /* the byte of 0 in a block's input, which has negative numbers */
    HR_BYTE_COLUMNS_SPARE = 16 /* that may be written and read behind a row's last one: tiles are always whole */
};

/* What a stage has for each of its results: each array of whole blocks. */
struct hr_byte_stage {
    const int8_t *weights; /* [results / 16][groups][16][4]; depthwise: [blocks][3 columns][16][3 rows and 0] */
    const int32_t *sums;   /* of each result's weights */
    const float *scale, *bias;
    int results;
};

/* One row of a 1x1 convolution. */
struct hr_byte_conv_job {
    struct hr_byte_stage stage;
    const uint8_t *in; /* [groups / 4][columns][16] */
    ptrdiff_t in_block_stride;
    int in_groups;
    int in_zero; /* the byte of 0 */
    int columns;
    uint8_t *out; /* bytes, not below 0 ... */
    ptrdiff_t out_block_stride;
    float *numbers; /* ... or, where this is not NULL, numbers as kernels.h keeps them */
    const float *add;
    ptrdiff_t numbers_block_stride, add_block_stride;
};

/* One row of a 3x3 depthwise convolution of one block. `rows` begin with the column left of the first one. */
struct hr_byte_depthwise_job {
    struct hr_byte_stage stage;
    const uint8_t *rows[3];
    ptrdiff_t in_block_stride;
    int stride;
    int columns; /* of the result */
    uint8_t *out;
    ptrdiff_t out_block_stride;
};

/* A row of numbers into bytes. */
struct hr_byte_load_job {
    const float *in; /* [channels / 8][columns][8] */
    ptrdiff_t in_block_stride;
    int in_blocks;
    int columns;
    float scale; /* bytes of 1 */
    uint8_t *out;
    ptrdiff_t out_block_stride;
};

struct hr_byte_kernels {
    void (*load)(const struct hr_byte_load_job *job);
    void (*conv)(const struct hr_byte_conv_job *job);
    void (*depthwise)(const struct hr_byte_depthwise_job *job);
};

extern const struct hr_byte_kernels hr_byte_kernels_baseline, hr_byte_kernels_avx2, hr_byte_kernels_avxvnni,
    hr_byte_kernels_avx512vnni, hr_byte_kernels_neondot;

#endif
