#include "infer/network.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/limits.h"
#include "infer/eight_bits.h"
#include "infer/format.h"
#include "infer/kernels.h"

struct hr_network {
    const uint8_t *bytes;
    size_t size;
    bool mapped;
    float *expanded;       /* owned: weights that the file has in half precision; NULL: none */
    const float **weights; /* owned array, of each operation */
    struct hr_model_card card;
};

struct hr_network_parts hr_network_parts(const struct hr_network *network)
{
    const struct hr_model_header *header = (const void *)network->bytes;
    return (struct hr_network_parts){.header = header,
                                     .ops = (const void *)(network->bytes + header->ops_offset),
                                     .outputs = (const void *)(network->bytes + header->outputs_offset),
                                     .bytes = network->bytes,
                                     .weights = network->weights};
}

int hr_value_lane(const struct hr_model_header *header, int32_t value)
{
    return value == 0 && header->input_channels <= HR_PICTURE_LANE ? HR_PICTURE_LANE : HR_BLOCK;
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

/* Whether [offset, offset + size) lies inside the file and starts on 64 bytes. */
static bool inside(const struct hr_network *network, uint64_t offset, uint64_t size)
{
    return offset % 64 == 0 && offset >= sizeof(struct hr_model_header) && offset <= network->size &&
           size <= network->size - offset;
}

static enum hr_status refuse(struct hr_error *error, const char *reason)
{
    return hr_error_set(error, HR_ERR_MODEL, "%s", reason);
}

enum hr_status hr_model_wrong_version(uint32_t version, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MODEL,
                        "model format version %u, this program reads version %d: prepare the models again "
                        "(scripts/setup)",
                        version, HR_MODEL_VERSION);
}

static enum hr_status check_header(const struct hr_network *network, struct hr_error *error)
{
    const struct hr_model_header *header = (const void *)network->bytes;
    if (network->size < sizeof *header)
        return refuse(error, "not a homeroom model: shorter than its header");
    if (memcmp(header->magic, HR_MODEL_MAGIC, sizeof header->magic) != 0)
        return refuse(error, "not a homeroom model: it begins with other bytes");
    if (header->version != HR_MODEL_VERSION)
        return hr_model_wrong_version(header->version, error);
    if (header->file_size != network->size)
        return hr_error_set(error, HR_ERR_MODEL, "the file has %zu bytes instead of %llu: it is truncated or damaged",
                            network->size, (unsigned long long)header->file_size);
    size_t before = offsetof(struct hr_model_header, version);
    if (XXH3_64bits(network->bytes + before, network->size - before) != header->checksum)
        return refuse(error, "the checksum does not match: the file is damaged");
    if (header->op_count == 0 || header->op_count > HR_MODEL_OPS_MAX || header->output_count == 0 ||
        header->output_count > HR_MODEL_OUTPUTS_MAX || header->input_channels == 0 ||
        header->input_channels > HR_MODEL_CHANNELS_MAX || header->size_multiple == 0 || header->size_multiple > 1024 ||
        header->card_size > HR_MODEL_CARD_MAX)
        return refuse(error, "the header's counts make no sense");
    if (!inside(network, header->ops_offset, header->op_count * sizeof(struct hr_model_op)) ||
        !inside(network, header->outputs_offset, header->output_count * sizeof(struct hr_model_output)) ||
        !inside(network, header->card_offset, header->card_size))
        return refuse(error, "a section lies outside the file");
    return HR_OK;
}

uint64_t hr_model_weight_count(const struct hr_model_header *header, const struct hr_model_op *op)
{
    uint64_t area = (uint64_t)op->kernel * op->kernel;
    uint64_t lane = (uint64_t)hr_value_lane(header, op->source);
    uint64_t dense = round_up(op->out_channels, HR_PAIR) * round_up(op->in_channels, lane);
    switch (op->kind) {
    case HR_OP_CONV:
        return dense * area;
    case HR_OP_DECONV:
        return dense * 4;
    case HR_OP_DEPTHWISE:
        return round_up(op->in_channels, HR_BLOCK) * area;
    default:
        return 0;
    }
}

static bool sensible_geometry(const struct hr_model_op *op)
{
    if (op->in_channels == 0 || op->in_channels > HR_MODEL_CHANNELS_MAX || op->out_channels == 0 ||
        op->out_channels > HR_MODEL_CHANNELS_MAX || op->kernel == 0 || op->kernel > HR_MODEL_KERNEL_MAX ||
        op->stride == 0 || op->stride > 2 || op->pad >= op->kernel)
        return false;
    if (op->kind == HR_OP_DECONV)
        return op->kernel == 2 && op->stride == 2 && op->pad == 0;
    if (op->kind == HR_OP_BLOCK)
        return op->kernel == 3 && op->pad == 1;
    if (op->kind == HR_OP_CONV || op->kind == HR_OP_DEPTHWISE)
        return true;
    return op->pad == 0;
}

struct hr_model_block hr_model_block_parts(const struct hr_model_op *op)
{
    struct hr_model_block block = {.middle = round_up((uint64_t)op->argument, HR_BYTE_BLOCK),
                                   .results = round_up(op->out_channels, HR_BYTE_BLOCK)};
    block.depthwise_weights = block.middle * round_up(op->in_channels, HR_BYTE_GROUP);
    block.project_weights = block.depthwise_weights + block.middle * 3 * HR_BYTE_GROUP;
    block.weight_bytes = block.project_weights + block.results * round_up((uint64_t)op->argument, HR_BYTE_GROUP);
    block.expand = HR_BYTE_BLOCK;
    block.depthwise = block.expand + 3 * block.middle;
    block.project = block.depthwise + 3 * block.middle;
    block.numbers = block.project + 3 * block.results;
    return block;
}

static uint32_t channels_of(const struct hr_network_parts *parts, int32_t value)
{
    return value == 0 ? parts->header->input_channels : parts->ops[value - 1].out_channels;
}

static uint32_t flags_of(uint32_t kind)
{
    switch (kind) {
    case HR_OP_CONV:
    case HR_OP_DECONV:
        return HR_KERNEL_RELU_BEFORE_ADD | HR_KERNEL_RELU | HR_KERNEL_PRELU | HR_MODEL_HALF_WEIGHTS;
    case HR_OP_DEPTHWISE:
        return HR_KERNEL_RELU | HR_KERNEL_PRELU | HR_MODEL_HALF_WEIGHTS;
    case HR_OP_ADD:
        return HR_KERNEL_RELU;
    default:
        return 0;
    }
}

static bool sensible_argument(const struct hr_model_op *op, uint32_t index)
{
    switch (op->kind) {
    case HR_OP_SCALE:
        return op->argument > 0 && (uint32_t)op->argument <= index;
    case HR_OP_BLOCK:
        return op->argument > 0 && op->argument <= HR_MODEL_CHANNELS_MAX;
    default:
        return op->argument == 0;
    }
}

static bool all_finite(const float *numbers, size_t count)
{
    bool finite = true;
    for (size_t i = 0; i < count; i++)
        finite = finite && isfinite(numbers[i]);
    return finite;
}

/* The sums that a stage begins with stay far from what 32 bits hold. */
static bool sensible_stage(const void *numbers, uint64_t results)
{
    const int32_t *sums = numbers;
    bool small = true;
    for (uint64_t i = 0; i < results; i++)
        small = small && sums[i] >= -128 * HR_MODEL_CHANNELS_MAX && sums[i] <= 127 * HR_MODEL_CHANNELS_MAX;
    return small && all_finite((const float *)numbers + results, 2 * results);
}

static enum hr_status check_block(const struct hr_network *network, const struct hr_model_op *op, uint32_t index,
                                  struct hr_error *error)
{
    struct hr_model_block block = hr_model_block_parts(op);
    if (!inside(network, op->weights_offset, block.weight_bytes) ||
        !inside(network, op->bias_offset, block.numbers * sizeof(float)))
        return hr_error_set(error, HR_ERR_MODEL, "the weights of operation %u lie outside the file", index);
    const float *numbers = (const void *)(network->bytes + op->bias_offset);
    if (!isfinite(numbers[0]) || !sensible_stage(numbers + block.expand, block.middle) ||
        !sensible_stage(numbers + block.depthwise, block.middle) ||
        !sensible_stage(numbers + block.project, block.results))
        return hr_error_set(error, HR_ERR_MODEL, "the numbers of operation %u make no sense", index);
    return HR_OK;
}

static enum hr_status check_op(const struct hr_network *network, const struct hr_network_parts *parts, uint32_t index,
                               struct hr_error *error)
{
    const struct hr_model_op *op = &parts->ops[index];
    bool convolves = op->kind == HR_OP_CONV || op->kind == HR_OP_DECONV || op->kind == HR_OP_BLOCK;
    bool good = op->kind >= HR_OP_CONV && op->kind < HR_OP_KIND_END && sensible_geometry(op) && op->source >= 0 &&
                (uint32_t)op->source <= index && op->add >= -1 && op->add <= (int32_t)index &&
                (op->flags & ~flags_of(op->kind)) == 0 && (sensible_argument(op, index));
    /* Narrow pictures are read by convolutions only. */
    if (good && hr_value_lane(parts->header, 0) == HR_PICTURE_LANE)
        good = (op->source != 0 || op->kind == HR_OP_CONV) && op->add != 0;
    if (good)
        good = op->in_channels == channels_of(parts, op->source);
    if (good && !convolves && op->kind != HR_OP_ADD)
        good = op->in_channels == op->out_channels && (op->add == -1 || op->kind == HR_OP_SCALE);
    if (good && op->kind == HR_OP_SCALE)
        good = channels_of(parts, op->argument) == op->in_channels;
    if (good && op->kind == HR_OP_ADD) {
        good = op->add >= 0;
        if (good) {
            uint32_t other = channels_of(parts, op->add);
            good = op->out_channels == (other > op->in_channels ? other : op->in_channels);
        }
    }
    if (good && op->kind != HR_OP_ADD && op->add >= 0)
        good = channels_of(parts, op->add) == op->out_channels;
    if (!good)
        return hr_error_set(error, HR_ERR_MODEL, "operation %u makes no sense", index);

    if (op->kind == HR_OP_BLOCK)
        return check_block(network, op, index, error);
    uint64_t weights = hr_model_weight_count(parts->header, op);
    uint64_t bias = weights > 0 ? round_up(op->out_channels, HR_PAIR) : 0;
    uint64_t weight_bytes = op->flags & HR_MODEL_HALF_WEIGHTS ? sizeof(uint16_t) : sizeof(float);
    if ((weights > 0 && !inside(network, op->weights_offset, weights * weight_bytes)) ||
        (bias > 0 && !inside(network, op->bias_offset, bias * sizeof(float))) ||
        (op->flags & HR_KERNEL_PRELU && !inside(network, op->slopes_offset, bias * sizeof(float))))
        return hr_error_set(error, HR_ERR_MODEL, "the weights of operation %u lie outside the file", index);
    return HR_OK;
}

static enum hr_status check_graph(const struct hr_network *network, struct hr_error *error)
{
    struct hr_network_parts parts = hr_network_parts(network);
    for (uint32_t i = 0; i < parts.header->op_count; i++) {
        enum hr_status status = check_op(network, &parts, i, error);
        if (status != HR_OK)
            return status;
    }
    for (uint32_t i = 0; i < parts.header->output_count; i++) {
        const struct hr_model_output *output = &parts.outputs[i];
        uint32_t channels = output->value > 0 && output->value <= parts.header->op_count
                                ? channels_of(&parts, (int32_t)output->value)
                                : 0;
        if (output->channels == 0 || output->first_channel >= channels ||
            output->channels > channels - output->first_channel)
            return hr_error_set(error, HR_ERR_MODEL, "output %u makes no sense", i);
    }
    return HR_OK;
}

static enum hr_status read_card(struct hr_network *network, struct hr_error *error)
{
    struct hr_network_parts parts = hr_network_parts(network);
    struct hr_model_card *card = &network->card;
    const char **texts[] = {&card->id, &card->name, &card->licence, &card->source, &card->source_sha256, &card->input};
    const char *at = (const char *)network->bytes + parts.header->card_offset;
    const char *end = at + parts.header->card_size;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *zero = memchr(at, '\0', (size_t)(end - at));
        if (zero == NULL || !hr_view_is_utf8(hr_view_of(at, (size_t)(zero - at))))
            return refuse(error, "the model card is cut off or not UTF-8");
        *texts[i] = at;
        at = zero + 1;
    }
    card->input_channels = (int)parts.header->input_channels;
    card->output_count = (int)parts.header->output_count;
    card->size_multiple = (int)parts.header->size_multiple;
    card->file_bytes = network->size;
    return HR_OK;
}

static bool sensible_face(const struct hr_model_card *card, const struct hr_network_parts *parts)
{
    const struct hr_model_face *face = card->face;
    return face->rank <= 1000 && face->vector_size > 0 && face->vector_size <= HR_VECTOR_SIZE_MAX &&
           face->vector_size % 16 == 0 && face->chip_side_px >= 16 && face->chip_side_px <= 1024 &&
           face->flags < HR_FACE_FLAGS_END && card->input_channels == 3 && card->output_count == 1 &&
           parts->outputs[0].channels == face->vector_size && all_finite(face->scale, 6) &&
           all_finite(&face->landmarks_px[0][0], 10) && all_finite(&face->stranger_mean, 4) &&
           face->stranger_deviation > 0 && face->same_deviation > 0 && face->same_mean > face->stranger_mean;
}

static enum hr_status read_face(struct hr_network *network, struct hr_error *error)
{
    struct hr_network_parts parts = hr_network_parts(network);
    const struct hr_model_header *header = parts.header;
    if (header->face_offset == 0)
        return HR_OK;
    if (header->face_size != sizeof(struct hr_model_face) || !inside(network, header->face_offset, header->face_size))
        return refuse(error, "what it says of faces lies outside the file");
    network->card.face = (const void *)(network->bytes + header->face_offset);
    return sensible_face(&network->card, &parts) ? HR_OK : refuse(error, "what it says of faces makes no sense");
}

static enum hr_status check(struct hr_network *network, struct hr_error *error)
{
    enum hr_status status = check_header(network, error);
    if (status == HR_OK)
        status = check_graph(network, error);
    if (status == HR_OK)
        status = read_card(network, error);
    if (status == HR_OK)
        status = read_face(network, error);
    if (status == HR_OK) {
        struct hr_network_parts parts = hr_network_parts(network);
        status = hr_weights_prepare(&parts, &network->expanded, &network->weights, error);
    }
    return status;
}

static void free_network(struct hr_network *network)
{
    free(network->expanded);
    free(network->weights);
    free(network);
}

enum hr_status hr_network_open_memory(struct hr_network **out, struct hr_view bytes, struct hr_error *error)
{
    *out = NULL;
    if ((uintptr_t)bytes.data % 64 != 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a model in memory must lie on 64 bytes");
    struct hr_network *network = calloc(1, sizeof *network);
    if (network == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a network");
    network->bytes = bytes.data;
    network->size = bytes.size;
    enum hr_status status = check(network, error);
    if (status != HR_OK) {
        free_network(network);
        return status;
    }
    *out = network;
    return HR_OK;
}

/* Maps the whole file read-only. *size 0 with HR_OK cannot be: an empty file is refused. */
static enum hr_status map_file(const char *path, void **bytes, size_t *size, struct hr_error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && (errno == ENOENT || errno == ENOTDIR))
        return hr_error_set(error, HR_ERR_MODEL, "there is no model file '%s': say --models DIR, or prepare the models",
                            path);
    if (file < 0)
        return hr_error_set_errno(error, errno, "opening the model '%s'", path);
    enum hr_status status = HR_OK;
    struct stat about;
    if (fstat(file, &about) != 0) {
        status = hr_error_set_errno(error, errno, "reading the model '%s'", path);
    } else if (!S_ISREG(about.st_mode) || about.st_size <= 0) {
        status = hr_error_set(error, HR_ERR_MODEL, "the model '%s' is empty or not a file", path);
    } else if ((uint64_t)about.st_size > HR_LIMIT_MODEL_BYTES) {
        status = hr_error_set(error, HR_ERR_LIMIT, "the model '%s' is larger than %llu bytes", path,
                              (unsigned long long)HR_LIMIT_MODEL_BYTES);
    } else {
        *size = (size_t)about.st_size;
        /* Populated at once: every page is read for the checksum, and faults one by one cost more. */
        *bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
        if (*bytes == MAP_FAILED)
            status = hr_error_set_errno(error, errno, "mapping the model '%s'", path);
    }
    close(file);
    return status;
}

enum hr_status hr_network_open(struct hr_network **out, const char *path, struct hr_error *error)
{
    *out = NULL;
    void *bytes = NULL;
    size_t size = 0;
    enum hr_status status = map_file(path, &bytes, &size, error);
    if (status != HR_OK)
        return status;
    status = hr_network_open_memory(out, hr_view_of(bytes, size), error);
    if (status != HR_OK) {
        munmap(bytes, size);
        return hr_error_prefix(error, "model '%s'", path);
    }
    (*out)->mapped = true;
    return HR_OK;
}

void hr_network_close(struct hr_network *network)
{
    if (network == NULL)
        return;
    if (network->mapped)
        munmap((void *)network->bytes, network->size);
    free_network(network);
}

const struct hr_model_card *hr_network_card(const struct hr_network *network)
{
    return &network->card;
}
