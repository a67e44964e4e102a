/* The kernels' border: what one call computes, and the table of functions that each instruction set offers.
 *
 * Activations are kept in blocks of 8 channels, [channels / 8][rows][columns][8] (pictures of up to 4 channels in
 * one block of 4), with a border of zeros as wide as the padding of their consumers. Weights are packed by
 * tools/compile_model.py as [out / 16][in blocks][kernel rows][kernel columns][in lanes][16]. A tile of a few
 * pixels by 16 outputs stays in registers from bias to activation. */
#ifndef HR_INFER_KERNELS_H
#define HR_INFER_KERNELS_H

#include <stdbool.h>
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
    int lane;      /* 8, or 4 for a picture */
    int lane_used; /* channels that are not zero in every block: 8, or 3 for RGB */
    int kernel, stride, pad;
    const float *weights, *bias, *slopes;
    struct hr_plane out;
    int out_blocks;       /* blocks that exist; the last pair may have only one */
    int out_pixel_stride; /* in floats, of `add` too: 8; 16 for a transposed convolution */
    struct hr_plane add;  /* data NULL: nothing */
    int flags;
    int width; /* output pixels of a row */
    /* Rows of a picture. Pictures of a batch lie image_stride floats apart, and row `rows` is the first of the
     * second one: a batch is a taller picture, so that weights are read once for all and small pictures share tiles. */
    int rows;
    ptrdiff_t image_stride;
    int tile_rows, tile_columns; /* at most; hr_conv_choose_tiles */
    int out_first_block;         /* block that lies at out.data */
};

struct hr_depthwise_job {
    struct hr_plane in;
    int in_first_block; /* block that lies at in.data */
    int kernel, stride, pad;
    const float *weights, *bias, *slopes; /* [blocks][kernel * kernel][8], [blocks][8] twice */
    struct hr_plane out;
    int flags;
    int width;
};

/* A pooling without padding: the largest or the mean of kernel x kernel cells. */
struct hr_pool_job {
    struct hr_plane in, out;
    int kernel, stride;
    bool mean;
    int width, height; /* of the result */
};

/* A block's pixels times the block's factors, and another value added. */
struct hr_scale_job {
    struct hr_plane in, out;
    struct hr_plane add; /* data NULL: nothing */
    const float *gate;   /* [blocks][8] */
    ptrdiff_t gate_stride;
    int width, height;
};

/* Planar numbers into one block of a value, or rows of them. */
struct hr_load_job {
    const float *planes; /* channel 0, row 0 */
    ptrdiff_t plane_stride;
    int lane, lanes; /* of the block, and how many of them are channels */
    struct hr_plane out;
    int width;
};

struct hr_kernels {
    int tile; /* pixels by 16 outputs that the registers hold */
    /* Output pair `pair`, rows first_row .. end_row - 1. */
    void (*conv)(const struct hr_conv_job *job, int pair, int first_row, int end_row);
    /* One block, rows first_row .. end_row - 1. */
    void (*depthwise)(const struct hr_depthwise_job *job, int block, int first_row, int end_row);
    void (*pool)(const struct hr_pool_job *job, int block);
    /* The mean of each of a block's 8 channels; `in` begins with the block. */
    void (*mean)(const struct hr_plane *in, int width, int height, float *out);
    void (*scale)(const struct hr_scale_job *job, int block);
    /* out = a + b, or relu of it; all of `floats` numbers. */
    void (*add)(const float *a, const float *b, float *out, size_t floats, bool relu);
    void (*load)(const struct hr_load_job *job, int first_row, int end_row);
};

/* The tile shape that wastes least for one convolution over rows_at_once rows. */
void hr_conv_choose_tiles(struct hr_conv_job *job, int tile, int rows_at_once);

extern const struct hr_kernels hr_kernels_baseline, hr_kernels_avx2, hr_kernels_avx512, hr_kernels_neon;

#endif
