/* The kernels' border: what one call computes, and the table of functions that each instruction set offers.
 *
 * Activations are kept in blocks of 8 channels, [channels / 8][rows][columns][8] (pictures of up to 4 channels in
 * one block of 4), with a border of zeros as wide as the padding of their consumers. Weights are packed by
 * tools/compile_model.py as [out / 16][in blocks][kernel rows][kernel columns][in lanes][16]. A tile of a few
 * pixels by 16 outputs stays in registers from bias to activation. */
#ifndef HR_INFER_KERNELS_H
#define HR_INFER_KERNELS_H

#include <stddef.h>

enum { HR_BLOCK = 8, HR_PAIR = 16, HR_PICTURE_LANE = 4 };

enum hr_kernel_flags { HR_KERNEL_RELU_BEFORE_ADD = 1, HR_KERNEL_RELU = 2, HR_KERNEL_PRELU = 4 };

/* A view of blocked activations. Strides in floats. */
struct hr_plane {
    float *data; /* row 0, column 0, lane 0 of block 0 (inside the border) */
    ptrdiff_t block_stride;
    ptrdiff_t row_stride;
    int ring_rows; /* > 0: rows lie in a ring of so many, row y at y % ring_rows */
};

struct hr_conv_job {
    struct hr_plane in;
    int in_blocks;
    int lane;     /* 8, or 4 for a picture */
    int lane_used; /* channels that are not zero in every block: 8, or 3 for RGB */
    int kernel, stride, pad;
    const float *weights, *bias, *slopes;
    struct hr_plane out;
    int out_blocks;       /* blocks that exist; the last pair may have only one */
    int out_pixel_stride; /* in floats: 8; 16 for a transposed convolution */
    struct hr_plane add;  /* data NULL: nothing */
    int flags;
    int width; /* output pixels of a row */
};

struct hr_depthwise_job {
    struct hr_plane in;
    int kernel, stride, pad;
    const float *weights, *bias; /* [blocks][kernel * kernel][8], [blocks][8] */
    struct hr_plane out;
    int flags;
    int width;
};

struct hr_kernels {
    /* Output pair `pair`, rows first_row .. end_row - 1. */
    void (*conv)(const struct hr_conv_job *job, int pair, int first_row, int end_row);
    /* One block, rows first_row .. end_row - 1. */
    void (*depthwise)(const struct hr_depthwise_job *job, int block, int first_row, int end_row);
};

extern const struct hr_kernels hr_kernels_baseline, hr_kernels_avx2, hr_kernels_avx512, hr_kernels_neon;

#endif
