/* A runner's inside: a plan with memory, and what its steps do. Inside this room only. */
#ifndef HR_INFER_RUNNER_H
#define HR_INFER_RUNNER_H

#include "infer/eight_bits.h"
#include "infer/plan.h"
#include "infer/pool.h"

struct hr_runner {
    struct hr_plan plan;
    const struct hr_kernels *kernels;
    const struct hr_byte_kernels *byte_kernels;
    struct hr_pool *pool; /* borrowed, may be NULL */
    int threads;
    int batch;
    bool measuring;
    float *front;  /* values of the one image that is being worked on */
    float *images; /* values of all images, image_stride floats apart */
    ptrdiff_t image_stride;
    float *scratch;  /* threads * plan.scratch_floats */
    float **outputs; /* planar, per output */
};

/* Value `index` of an image, without its border. The value must be stored. */
struct hr_plane hr_runner_plane(const struct hr_runner *runner, int index, int image);
void hr_runner_clear_border(const struct hr_runner *runner, int index, int image);

/* One step for `count` images from `first` on. convolutions.c, blocks.c and others.c. */
void hr_step_convolution(const struct hr_runner *runner, int op, int first, int count);
void hr_step_transposed(const struct hr_runner *runner, int op, int first, int count);
void hr_step_depthwise(const struct hr_runner *runner, int op, int image);
void hr_step_expand(const struct hr_runner *runner, int first_op, int image);
void hr_step_block(const struct hr_runner *runner, int first_op, int image);
void hr_step_byte_block(const struct hr_runner *runner, int op, int image);
void hr_step_other(const struct hr_runner *runner, int op, int image);

/* Between the caller's planar tensors and values. */
void hr_runner_load(const struct hr_runner *runner, const float *input, int image);
void hr_runner_store(const struct hr_runner *runner, int index, int image);

#endif
