/* A plan: where each value of a network lies in memory for one input size, and which steps are taken. Inside this
 * room only. */
#ifndef HR_INFER_PLAN_H
#define HR_INFER_PLAN_H

#include "infer/format.h"
#include "infer/kernels.h"
#include "infer/network.h"

struct hr_value {
    int channels, lane, blocks;
    int height, width;
    int border;     /* zeros around, as wide as the padding of its readers */
    int first_op;   /* operation that makes it; -1: the input */
    int last_op;    /* last operation that reads it; op count: an output */
    bool stored;    /* false: inside a fused step, never in memory as a whole */
    bool per_image; /* each image of a batch has its own, in the batch's arena */
    size_t offset;  /* floats from its arena's start, of the border's first cell */
    size_t size;    /* floats, border included */
};

struct hr_plan_step {
    int first_op;
    int op_count; /* 1; 2: expand and depthwise a pair of blocks at a time; 3: and project, a row at a time */
    struct hr_step info;
};

struct hr_plan {
    struct hr_network_parts parts;
    struct hr_value *values; /* op count + 1 */
    struct hr_plan_step *steps;
    size_t step_count;
    size_t deep_step;      /* from here on a step does all images of a batch; before, one image after the other */
    size_t front_floats;   /* arena of values that are dead before deep_step */
    size_t batch_floats;   /* arena of the others, for each image */
    size_t scratch_floats; /* per worker, for fused steps */
};

enum hr_status hr_plan_make(struct hr_plan *plan, const struct hr_network *network, struct hr_size size, int batch,
                            struct hr_error *error) HR_MUST_USE;
void hr_plan_clear(struct hr_plan *plan);

/* Where the rows of an eight-bit block lie in a worker's scratch, in bytes: a row of its input, a ring of expanded rows
 * with a column of zeros left and right, a row behind the depthwise convolution. */
struct hr_block_rows {
    int ring_rows, in_blocks, middle_blocks;
    size_t in_block, ring_block, middle_block; /* from one block to the next */
    size_t ring, middle;
    size_t bytes;
};
struct hr_block_rows hr_block_rows(const struct hr_plan *plan, int op);

/* Rows of expanded activations kept by a fused step whose depthwise part has this stride. */
static inline int hr_plan_ring_rows(uint32_t depthwise_stride)
{
    return 2 + (int)depthwise_stride;
}

#endif
