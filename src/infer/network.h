/* Neural networks compiled ahead of time, run from a memory map.
 *
 *   network   one checked, memory-mapped model file; read-only, shared by all threads
 *   runner    activations and plan for one input size; one per thread of work; runs without allocating
 *
 * Tensors at this border are float32, planar: [channel][row][column]. What they mean is the caller's affair.
 */
#ifndef HR_INFER_NETWORK_H
#define HR_INFER_NETWORK_H

#include <stdint.h>

#include "base/image.h"
#include "base/status.h"
#include "base/view.h"

struct hr_network; /* opaque */
struct hr_runner;  /* opaque */
struct hr_pool;    /* opaque: worker threads, shared by runners */

/* What an embedding network wants to be given, and what its numbers mean: everything by which one such network
 * differs from another. As it stands in the file (docs/model-format.md). */
struct hr_model_face {
    uint32_t rank;         /* of several models, the one of the higher rank tells people apart better */
    uint32_t vector_size;  /* numbers per face, a multiple of 16 */
    uint32_t chip_side_px; /* the input is a square picture of the face */
    uint32_t flags;        /* enum hr_face_flags */
    float scale[3];        /* a colour c of 0..255 is given as c * scale + offset, in the network's order */
    float offset[3];
    float landmarks_px[5][2]; /* x, y in the chip: left eye, right eye, nose tip, left and right mouth corner */
    /* Calibration. Cosines of different people of many kinds have the tail of a normal distribution of this mean and
     * deviation; those of two photos of one person have this mean and deviation. */
    float stranger_mean;
    float stranger_deviation;
    float same_mean;
    float same_deviation;
};

enum hr_face_flags {
    HR_FACE_BGR = 1,      /* blue first */
    HR_FACE_MIRRORED = 2, /* the vector is the mean of the chip's and of its mirror image's */
    HR_FACE_FLAGS_END = 4
};

/* Most numbers that an embedding network may give for a face. */
enum { HR_VECTOR_SIZE_MAX = 1024 };

/* The model card inside each compiled file. Strings are borrowed from the network. */
struct hr_model_card {
    const char *id;      /* "centerface-1", "dlib-resnet-1": what galleries are stamped with */
    const char *name;    /* for people */
    const char *licence; /* SPDX */
    const char *source;  /* package and file it was made from */
    const char *source_sha256;
    const char *input; /* layout, colour order, mean and scale, in words */
    int input_channels;
    int output_count;
    int size_multiple; /* width and height of the input must be multiples of it */
    uint64_t file_bytes;
    const struct hr_model_face *face; /* NULL: not an embedding network */
};

/* Map and check a file: magic, version, length, checksum of the whole, every offset and size. MODEL with the
 * reason when it is missing, truncated, damaged or foreign. */
enum hr_status hr_network_open(struct hr_network **out, const char *path, struct hr_error *error) HR_MUST_USE;
/* The same over borrowed bytes, 64-byte aligned, which must outlive the network (tests, fuzzing, baked in). */
enum hr_status hr_network_open_memory(struct hr_network **out, struct hr_view bytes,
                                      struct hr_error *error) HR_MUST_USE;
/* What a file says of itself, to choose among several without reading all of each: read, and nothing else checked than
 * that it can be read. hr_network_open checks the whole. */
struct hr_model_peek {
    char id[64];
    bool makes_vectors; /* `face` is filled */
    struct hr_model_face face;
};
enum hr_status hr_model_peek(struct hr_model_peek *out, const char *path, struct hr_error *error) HR_MUST_USE;

void hr_network_close(struct hr_network *network);
const struct hr_model_card *hr_network_card(const struct hr_network *network);

/* Which kernels to use. AUTO takes the best this processor has; others are for tests and benches and are
 * refused (UNSUPPORTED) where the processor lacks them. The environment is not read here. */
enum hr_isa {
    HR_ISA_AUTO,
    HR_ISA_BASELINE,
    HR_ISA_AVX2,
    HR_ISA_AVX2_VNNI,
    HR_ISA_AVX512,
    HR_ISA_AVX512_VNNI,
    HR_ISA_NEON,
    HR_ISA_NEON_DOT,
    HR_ISA_END
};
const char *hr_isa_name(enum hr_isa isa);
enum hr_isa hr_isa_best(void);
bool hr_isa_available(enum hr_isa isa);

/* A pool of `threads` workers in all, the calling thread counted (1: no thread is started). A pool serves one
 * runner call at a time. */
enum hr_status hr_pool_new(struct hr_pool **out, int threads, struct hr_error *error) HR_MUST_USE;
void hr_pool_free(struct hr_pool *pool);
int hr_pool_threads(const struct hr_pool *pool);

struct hr_runner_options {
    struct hr_size size; /* of the input */
    int batch;           /* images per run, at least 1 */
    enum hr_isa isa;
    struct hr_pool *pool; /* borrowed; NULL: the calling thread only */
};

/* Plans every buffer once. ARGUMENT when the size does not suit the network (CenterFace: multiples of 32). */
enum hr_status hr_runner_new(struct hr_runner **out, const struct hr_network *network,
                             const struct hr_runner_options *options, struct hr_error *error) HR_MUST_USE;
void hr_runner_free(struct hr_runner *runner);

struct hr_tensor {
    const float *data; /* [batch][channels][height][width], owned by the runner, valid until its next run */
    int batch;
    int channels;
    int height;
    int width;
};

/* `input` is [batch][channels][height][width] float32, borrowed. */
void hr_runner_run(struct hr_runner *runner, const float *input);

/* What the plan consists of, for benches: one step is an operation, or a few computed together. */
struct hr_step {
    char name[48];      /* "conv 3x3/2 3->32 at 320x240" */
    double flops;       /* multiplications and additions of one run */
    int64_t elapsed_ns; /* in the runs since measuring began, wall clock */
};
size_t hr_runner_step_count(const struct hr_runner *runner);
const struct hr_step *hr_runner_step(const struct hr_runner *runner, size_t index);
/* Switches the stop-watch on or off and sets all steps to 0; off when made. */
void hr_runner_measure(struct hr_runner *runner, bool on);

/* Output `index` of the network in the order of its model card. */
struct hr_tensor hr_runner_output(const struct hr_runner *runner, int index);

#endif
