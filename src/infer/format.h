/* The compiled model file, as tools/compile_model.py writes it; docs/model-format.md is its description. All
 * numbers little-endian, all sections on 64 bytes. Inside this room only. */
#ifndef HR_INFER_FORMAT_H
#define HR_INFER_FORMAT_H

#include <stdint.h>

#include "infer/network.h"

#define HR_MODEL_MAGIC "HRMODEL1"
enum { HR_MODEL_VERSION = 3 };

struct hr_model_header {
    char magic[8];
    uint64_t checksum; /* XXH3-64 of everything behind this field */
    uint32_t version;
    uint32_t op_count;
    uint32_t output_count;
    uint32_t input_channels;
    uint64_t file_size;
    uint64_t ops_offset;
    uint64_t outputs_offset;
    uint64_t card_offset; /* six texts, each ended by a zero byte */
    uint32_t card_size;
    uint32_t size_multiple; /* of the input's sides */
    uint32_t face_offset;   /* struct hr_model_face, or 0: this network makes no face vectors */
    uint32_t face_size;
};

enum hr_op_kind {
    HR_OP_CONV = 1,
    HR_OP_DEPTHWISE,
    HR_OP_DECONV, /* 2x2, stride 2 */
    HR_OP_MAXPOOL,
    HR_OP_AVGPOOL,
    HR_OP_GLOBALAVG,
    HR_OP_ADD, /* of unlike shapes too: the smaller is filled up with zeros */
    HR_OP_SIGMOID,
    HR_OP_SCALE, /* each channel times the one number that the value `argument` has for it */
    HR_OP_BLOCK, /* an inverted residual block in eight bits: eight_bits.h */
    HR_OP_KIND_END
};

/* Operation i makes value i + 1; value 0 is the input. */
struct hr_model_op {
    uint32_t kind;
    uint32_t flags; /* enum hr_kernel_flags */
    int32_t source; /* value */
    int32_t add;    /* value added to the result, or -1 */
    uint32_t in_channels;
    uint32_t out_channels;
    uint32_t kernel;
    uint32_t stride;
    uint32_t pad;
    int32_t argument; /* SCALE: value of one pixel with the factors; BLOCK: channels in between; else 0 */
    uint64_t weights_offset;
    uint64_t bias_offset;
    uint64_t slopes_offset; /* PRELU only */
};

/* In an operation's flags, beside those of the kernels: its weights are IEEE 754 half precision. */
enum { HR_MODEL_HALF_WEIGHTS = 1 << 8 };

enum { HR_OUTPUT_SIGMOID = 1 };

struct hr_model_output {
    uint32_t value;
    uint32_t first_channel;
    uint32_t channels;
    uint32_t flags;
};

_Static_assert(sizeof(struct hr_model_face) == 96, "no padding");
_Static_assert(sizeof(struct hr_model_header) == 80, "the header has no padding");
_Static_assert(sizeof(struct hr_model_op) == 64, "an operation has no padding");
_Static_assert(sizeof(struct hr_model_output) == 16, "an output has no padding");

/* Limits that keep every later product small. */
enum {
    HR_MODEL_OPS_MAX = 1024,
    HR_MODEL_OUTPUTS_MAX = 64,
    HR_MODEL_CHANNELS_MAX = 8192,
    HR_MODEL_KERNEL_MAX = 8,
    HR_MODEL_CARD_MAX = 4096
};

/* Where a block's parts lie, behind its weights' and its bias' offset: bytes and numbers of four bytes. */
struct hr_model_block {
    uint64_t depthwise_weights, project_weights, weight_bytes; /* the expansion's weights come first */
    uint64_t expand, depthwise, project, numbers;              /* the input's scale comes first; then for each stage */
    uint64_t middle, results;                                  /* sums, scales and biases, so many of each */
};
struct hr_model_block hr_model_block_parts(const struct hr_model_op *op);

/* Numbers that an operation's weights take, filled up to whole blocks; 0: it has none. */
uint64_t hr_model_weight_count(const struct hr_model_header *header, const struct hr_model_op *op);

/* MODEL: what to do about a file of another version. */
enum hr_status hr_model_wrong_version(uint32_t version, struct hr_error *error);

/* For plan and runner. */
struct hr_network_parts {
    const struct hr_model_header *header;
    const struct hr_model_op *ops;
    const struct hr_model_output *outputs;
    const uint8_t *bytes;
    const float *const *weights; /* of each operation, single precision; NULL: it has none */
};
struct hr_network_parts hr_network_parts(const struct hr_network *network);

/* The weights of each operation in single precision: in the file, or expanded from half precision into memory of
 * their own. Both arrays are the caller's (free), also on failure. The operations were checked. MEMORY. */
enum hr_status hr_weights_prepare(const struct hr_network_parts *parts, float **expanded, const float ***weights,
                                  struct hr_error *error) HR_MUST_USE;

/* Channels per block in which a value is kept. */
int hr_value_lane(const struct hr_model_header *header, int32_t value);

#endif
