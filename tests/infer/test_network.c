/* Which files are refused, and why; what a plan takes and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "infer/network.h"
#include "infer/small_model.h"

/* A valid file in memory that each test may damage. */
static struct hr_view fresh_file(void)
{
    struct small_model model;
    small_model_init(&model, 3, 5);
    int a = small_model_conv(&model, 0, 12, 3, 1, 1, HR_KERNEL_PRELU, -1);
    int b = small_model_depthwise(&model, a, 3, 1, 1, HR_KERNEL_RELU);
    int c = small_model_conv(&model, b, 12, 1, 1, 0, 0, a);
    small_model_output(&model, c, 2, 5, HR_OUTPUT_SIGMOID);
    struct hr_view bytes = small_model_pack(&model);
    small_model_clear(&model);
    return bytes;
}

static enum hr_status open_bytes(struct hr_view bytes, struct hr_error *error)
{
    struct hr_network *network = NULL;
    enum hr_status status = hr_network_open_memory(&network, bytes, error);
    assert_true((status == HR_OK) == (network != NULL));
    hr_network_close(network);
    return status;
}

static void assert_refused(struct hr_view bytes, const char *reason)
{
    struct hr_error error = {0};
    enum hr_status status = open_bytes(bytes, &error);
    if (status != HR_ERR_MODEL || strstr(error.text, reason) == NULL)
        fail_msg("wanted '%s', got %d '%s'", reason, status, error.text);
}

static struct hr_model_header *header_of(struct hr_view file)
{
    return (void *)(uintptr_t)file.data;
}

static struct hr_model_op *op_of(struct hr_view file, int index)
{
    return (struct hr_model_op *)(void *)((uintptr_t)file.data + header_of(file)->ops_offset) + index;
}

static void reseal(struct hr_view file)
{
    small_model_seal((uint8_t *)(uintptr_t)file.data, file.size);
}

static void drop(struct hr_view file)
{
    free((void *)(uintptr_t)file.data);
}

static void a_good_file_opens_with_its_card(void **state)
{
    (void)state;
    struct hr_view file = fresh_file();
    struct hr_error error = {0};
    struct hr_network *network;
    assert_int_equal(hr_network_open_memory(&network, file, &error), HR_OK);
    const struct hr_model_card *card = hr_network_card(network);
    assert_string_equal(card->id, "small-1");
    assert_string_equal(card->name, "a small network");
    assert_string_equal(card->licence, "CC0-1.0");
    assert_string_equal(card->input, "planar");
    assert_int_equal(card->input_channels, 3);
    assert_int_equal(card->output_count, 1);
    assert_int_equal(card->size_multiple, 1);
    assert_int_equal(card->file_bytes, file.size);
    hr_network_close(network);
    drop(file);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct hr_view file = fresh_file();
    for (size_t size = 0; size < file.size; size++) {
        struct hr_error error = {0};
        /* Of its own, so that reading past the end is seen. */
        uint8_t *cut = aligned_alloc(64, (size + 64) / 64 * 64);
        assert_non_null(cut);
        memcpy(cut, file.data, size);
        assert_int_equal(open_bytes(hr_view_of(cut, size), &error), HR_ERR_MODEL);
        free(cut);
    }
    assert_refused(hr_view_of(file.data, 10), "shorter than its header");
    assert_refused(hr_view_of(file.data, file.size - 1), "truncated or damaged");
    drop(file);
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct hr_view file = fresh_file();
    uint8_t *bytes = (uint8_t *)(uintptr_t)file.data;
    for (size_t i = 0; i < file.size; i++) {
        struct hr_error error = {0};
        bytes[i] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(open_bytes(file, &error), HR_ERR_MODEL);
        bytes[i] ^= (uint8_t)(1 << i % 8);
    }
    bytes[file.size - 1] ^= 1;
    assert_refused(file, "checksum");
    drop(file);
}

static void foreign_files_are_refused(void **state)
{
    (void)state;
    struct hr_view file = fresh_file();
    memcpy((void *)(uintptr_t)file.data, "\x08\x07\x12\x07pytorch", 11);
    assert_refused(file, "begins with other bytes");
    drop(file);
    file = fresh_file();
    header_of(file)->version = HR_MODEL_VERSION + 1;
    reseal(file);
    assert_refused(file, "prepare the models again");
    drop(file);
}

/* --- what a file says of faces --- */

enum { FACE_VECTOR = 16 };

/* A network that makes vectors, with a face section at the end of its file. */
static struct hr_view face_file(void)
{
    struct small_model model;
    small_model_init(&model, 3, 7);
    int a = small_model_conv(&model, 0, FACE_VECTOR, 3, 1, 1, 0, -1);
    int b = small_model_plain(&model, HR_OP_GLOBALAVG, a, 1, 1);
    small_model_output(&model, b, 0, FACE_VECTOR, 0);
    struct hr_view short_one = small_model_pack(&model);
    small_model_clear(&model);
    size_t at = (short_one.size + 63) / 64 * 64, size = at + 128;
    uint8_t *bytes = aligned_alloc(64, size);
    assert_non_null(bytes);
    memset(bytes, 0, size);
    memcpy(bytes, short_one.data, short_one.size);
    free((void *)(uintptr_t)short_one.data);
    struct hr_model_face face = {.rank = 3,
                                 .vector_size = FACE_VECTOR,
                                 .chip_side_px = 32,
                                 .scale = {1, 1, 1},
                                 .landmarks_px = {{8, 8}, {24, 8}, {16, 16}, {10, 24}, {22, 24}},
                                 .stranger_mean = 0.1f,
                                 .stranger_deviation = 0.1f,
                                 .same_mean = 0.7f,
                                 .same_deviation = 0.1f};
    memcpy(bytes + at, &face, sizeof face);
    struct hr_view file = hr_view_of(bytes, size);
    header_of(file)->file_size = size;
    header_of(file)->face_offset = (uint32_t)at;
    header_of(file)->face_size = sizeof face;
    reseal(file);
    return file;
}

static struct hr_model_face *face_of(struct hr_view file)
{
    return (struct hr_model_face *)(void *)((uintptr_t)file.data + header_of(file)->face_offset);
}

static void a_file_describes_how_faces_are_given_to_it(void **state)
{
    (void)state;
    struct hr_view file = face_file();
    struct hr_error error = {0};
    struct hr_network *network;
    assert_int_equal(hr_network_open_memory(&network, file, &error), HR_OK);
    const struct hr_model_face *face = hr_network_card(network)->face;
    assert_non_null(face);
    assert_int_equal(face->rank, 3);
    assert_int_equal(face->vector_size, FACE_VECTOR);
    assert_true(face->landmarks_px[4][0] == 22.0f);
    hr_network_close(network);
    drop(file);
    file = fresh_file(); /* one that makes no vectors */
    assert_int_equal(hr_network_open_memory(&network, file, &error), HR_OK);
    assert_null(hr_network_card(network)->face);
    hr_network_close(network);
    drop(file);
}

static void a_face_section_outside_the_file_is_refused(void **state)
{
    (void)state;
    static const uint32_t offsets[] = {64 * 1024 * 1024, UINT32_MAX / 64 * 64};
    for (size_t i = 0; i < 2; i++) {
        struct hr_view file = face_file();
        header_of(file)->face_offset = offsets[i];
        reseal(file);
        assert_refused(file, "lies outside the file");
        drop(file);
    }
    struct hr_view file = face_file();
    header_of(file)->face_size--;
    reseal(file);
    assert_refused(file, "lies outside the file");
    drop(file);
}

static void spoil_face(struct hr_model_face *face, int how)
{
    switch (how) {
    case 0:
        face->rank = 100000;
        break;
    case 1:
        face->vector_size = 0;
        break;
    case 2:
        face->vector_size = FACE_VECTOR + 16;
        break; /* the output has no such channels */
    case 3:
        face->vector_size = FACE_VECTOR - 1;
        break;
    case 4:
        face->chip_side_px = 1;
        break;
    case 5:
        face->chip_side_px = 1 << 20;
        break;
    case 6:
        face->flags = 1 << 30;
        break;
    case 7:
        face->scale[1] = NAN;
        break;
    case 8:
        face->offset[2] = INFINITY;
        break;
    case 9:
        face->landmarks_px[3][1] = NAN;
        break;
    case 10:
        face->stranger_mean = NAN;
        break;
    case 11:
        face->stranger_deviation = 0;
        break;
    case 12:
        face->same_deviation = -1;
        break;
    case 13:
        face->same_mean = face->stranger_mean;
        break; /* people would look less like themselves */
    default:
        break;
    }
}

static void a_face_section_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    for (int how = 0; how <= 13; how++) {
        struct hr_view file = face_file();
        spoil_face(face_of(file), how);
        reseal(file);
        assert_refused(file, "of faces makes no sense");
        drop(file);
    }
}

static void a_file_of_the_first_version_says_what_to_do(void **state)
{
    (void)state;
    struct hr_view file = fresh_file();
    header_of(file)->version = 1;
    reseal(file);
    assert_refused(file, "scripts/setup");
    drop(file);
}

static void a_file_off_its_alignment_is_an_argument_error(void **state)
{
    (void)state;
    struct hr_view file = fresh_file();
    struct hr_error error = {0};
    assert_int_equal(open_bytes(hr_view_of(file.data + 4, file.size - 4), &error), HR_ERR_ARGUMENT);
    drop(file);
}

/* One field of the header or of an operation set to nonsense, with a right checksum. */
struct damage {
    const char *reason;
    size_t offset; /* of a 32-bit field */
    uint32_t value;
    bool in_op; /* else in the header */
    int op;
};
#define HEADER(field) offsetof(struct hr_model_header, field)
#define OP(field) offsetof(struct hr_model_op, field)

static void nonsense_behind_a_right_checksum_is_refused(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {"counts make no sense", HEADER(op_count), 0, false, 0},
        {"counts make no sense", HEADER(op_count), HR_MODEL_OPS_MAX + 1, false, 0},
        {"outside the file", HEADER(op_count), 1000, false, 0},
        {"counts make no sense", HEADER(output_count), 0, false, 0},
        {"counts make no sense", HEADER(output_count), HR_MODEL_OUTPUTS_MAX + 1, false, 0},
        {"counts make no sense", HEADER(input_channels), 0, false, 0},
        {"counts make no sense", HEADER(size_multiple), 0, false, 0},
        {"counts make no sense", HEADER(card_size), HR_MODEL_CARD_MAX + 1, false, 0},
        {"card", HEADER(card_size), 5, false, 0},
        {"outside the file", HEADER(ops_offset), 64, false, 0},
        {"outside the file", HEADER(ops_offset), 0xFFFFFFC0, false, 0},
        {"outside the file", HEADER(outputs_offset), 0xFFFFFFC0, false, 0},
        {"outside the file", HEADER(card_offset), 65, false, 0},
        {"operation 0 makes no sense", OP(kind), 0, true, 0},
        {"operation 0 makes no sense", OP(kind), HR_OP_KIND_END, true, 0},
        {"operation 0 makes no sense", OP(kind), HR_OP_SIGMOID, true, 0},
        {"weights of operation 1", OP(flags), HR_KERNEL_PRELU, true, 1}, /* without slopes */
        {"operation 1 makes no sense", OP(flags), HR_KERNEL_RELU_BEFORE_ADD, true, 1},
        {"operation 1 makes no sense", OP(argument), 1, true, 1},
        {"operation 1 makes no sense", OP(argument), (uint32_t)-1, true, 1},
        {"operation 1 makes no sense", OP(flags), 8, true, 1},
        {"operation 0 makes no sense", OP(source), 1, true, 0},
        {"operation 0 makes no sense", OP(source), (uint32_t)-1, true, 0},
        {"operation 2 makes no sense", OP(add), 3, true, 2},
        {"operation 2 makes no sense", OP(add), 0, true, 2},
        {"operation 2 makes no sense", OP(add), (uint32_t)-2, true, 2},
        {"operation 1 makes no sense", OP(add), 1, true, 1},
        {"operation 0 makes no sense", OP(in_channels), 4, true, 0},
        {"operation 2 makes no sense", OP(out_channels), 13, true, 2},
        {"operation 0 makes no sense", OP(out_channels), 0, true, 0},
        {"operation 0 makes no sense", OP(kernel), 0, true, 0},
        {"operation 0 makes no sense", OP(kernel), 9, true, 0},
        {"operation 0 makes no sense", OP(stride), 0, true, 0},
        {"operation 0 makes no sense", OP(stride), 3, true, 0},
        {"operation 0 makes no sense", OP(pad), 3, true, 0},
        {"weights of operation 0", OP(weights_offset), 0xFFFFFFC0, true, 0},
        {"weights of operation 0", OP(weights_offset), 1, true, 0},
        {"weights of operation 0", OP(bias_offset), 0, true, 0},
        {"weights of operation 0", OP(slopes_offset), 0xFFFFFFC0, true, 0},
        {"weights of operation 1", OP(weights_offset), 0, true, 1},
    };
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        const struct damage *damage = &damages[i];
        struct hr_view file = fresh_file();
        char *at = damage->in_op ? (char *)op_of(file, damage->op) : (char *)header_of(file);
        memcpy(at + damage->offset, &damage->value, sizeof damage->value);
        reseal(file);
        assert_refused(file, damage->reason);
        drop(file);
    }
}

static struct hr_view block_file(void)
{
    struct small_model model;
    small_model_init(&model, 8, 3);
    small_model_output(&model, small_model_block(&model, 0, 20, 8, 1, 0), 0, 8, 0);
    struct hr_view file = small_model_pack(&model);
    small_model_clear(&model);
    return file;
}

static void nonsense_in_a_block_is_refused(void **state)
{
    (void)state;
    static const struct damage fields[] = {
        {"operation 0 makes no sense", OP(argument), 0, true, 0},
        {"operation 0 makes no sense", OP(argument), (uint32_t)-16, true, 0},
        {"operation 0 makes no sense", OP(argument), HR_MODEL_CHANNELS_MAX + 1, true, 0},
        {"operation 0 makes no sense", OP(kernel), 1, true, 0},
        {"operation 0 makes no sense", OP(pad), 0, true, 0},
        {"operation 0 makes no sense", OP(flags), HR_KERNEL_RELU, true, 0},
        {"operation 0 makes no sense", OP(add), 1, true, 0},
        {"operation 0 makes no sense", OP(out_channels), 9, true, 0},
        {"weights of operation 0", OP(argument), HR_MODEL_CHANNELS_MAX, true, 0},
        {"weights of operation 0", OP(weights_offset), 1, true, 0},
        {"weights of operation 0", OP(bias_offset), 0xFFFFFFC0, true, 0},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct hr_view file = block_file();
        memcpy((char *)op_of(file, 0) + fields[i].offset, &fields[i].value, sizeof fields[i].value);
        reseal(file);
        assert_refused(file, fields[i].reason);
        drop(file);
    }
    /* The input's scale, a sum, a scale, the last bias. */
    const struct {
        uint64_t at;
        uint32_t value;
    } numbers[] = {{0, 0x7FC00000}, {16, 0x7FFFFFFF}, {16 + 32, 0x7F800000}, {16 + 6 * 32 + 3 * 16 - 1, 0xFF800000}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct hr_view file = block_file();
        struct hr_model_block parts = hr_model_block_parts(op_of(file, 0));
        assert_true(numbers[i].at < parts.numbers);
        memcpy((char *)(uintptr_t)file.data + op_of(file, 0)->bias_offset + 4 * numbers[i].at, &numbers[i].value, 4);
        reseal(file);
        assert_refused(file, "numbers of operation 0");
        drop(file);
    }
}

static void outputs_must_lie_inside_their_value(void **state)
{
    (void)state;
    static const struct hr_model_output bad[] = {
        {.value = 0, .channels = 1},
        {.value = 4, .channels = 1},
        {.value = 3, .channels = 0},
        {.value = 3, .channels = 13},
        {.value = 3, .first_channel = 12, .channels = 1},
        {.value = 3, .first_channel = 0xFFFFFFFF, .channels = 2},
        {.value = 0x80000000, .channels = 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr_view file = fresh_file();
        memcpy((void *)((uintptr_t)file.data + header_of(file)->outputs_offset), &bad[i], sizeof bad[i]);
        reseal(file);
        assert_refused(file, "output 0 makes no sense");
        drop(file);
    }
}

static void a_card_must_be_text(void **state)
{
    (void)state;
    struct hr_view file = fresh_file();
    *(uint8_t *)((uintptr_t)file.data + header_of(file)->card_offset) = 0xFF;
    reseal(file);
    assert_refused(file, "UTF-8");
    drop(file);
}

static void files_on_disk_are_refused_by_name(void **state)
{
    (void)state;
    struct hr_error error = {0};
    struct hr_network *network;
    char path[] = "/tmp/homeroom-model-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(hr_network_open(&network, path, &error), HR_ERR_MODEL);
    assert_non_null(strstr(error.text, "empty"));
    assert_int_equal(write(file, "a text, renamed", 15), 15);
    assert_int_equal(hr_network_open(&network, path, &error), HR_ERR_MODEL);
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, "shorter than its header"));
    /* Sparse: one byte above the limit takes no room. */
    assert_int_equal(ftruncate(file, (off_t)HR_LIMIT_MODEL_BYTES), 0);
    assert_int_equal(hr_network_open(&network, path, &error), HR_ERR_MODEL);
    assert_int_equal(ftruncate(file, (off_t)HR_LIMIT_MODEL_BYTES + 1), 0);
    assert_int_equal(hr_network_open(&network, path, &error), HR_ERR_LIMIT);
    close(file);
    unlink(path);
    assert_int_equal(hr_network_open(&network, path, &error), HR_ERR_MODEL);
    assert_non_null(strstr(error.text, "no model file"));
    assert_int_equal(hr_network_open(&network, "/tmp", &error), HR_ERR_MODEL);
    assert_null(network);
}

/* --- plans --- */

static enum hr_status try_runner(struct hr_view file, struct hr_runner_options options, struct hr_error *error)
{
    struct hr_network *network;
    struct hr_runner *runner;
    assert_int_equal(hr_network_open_memory(&network, file, error), HR_OK);
    enum hr_status status = hr_runner_new(&runner, network, &options, error);
    assert_true((status == HR_OK) == (runner != NULL));
    hr_runner_free(runner);
    hr_network_close(network);
    return status;
}

static void sizes_must_suit_the_network(void **state)
{
    (void)state;
    struct small_model model;
    small_model_init(&model, 3, 5);
    model.size_multiple = 32;
    small_model_output(&model, small_model_conv(&model, 0, 8, 5, 1, 0, 0, -1), 0, 8, 0);
    struct hr_view file = small_model_pack(&model);
    small_model_clear(&model);
    struct hr_error error = {0};
    struct hr_runner_options options = {.size = {64, 32}, .batch = 1};
    assert_int_equal(try_runner(file, options, &error), HR_OK);
    options.size = (struct hr_size){65, 32};
    assert_int_equal(try_runner(file, options, &error), HR_ERR_ARGUMENT);
    assert_non_null(strstr(error.text, "multiples of 32"));
    options.size = (struct hr_size){64, 0};
    assert_int_equal(try_runner(file, options, &error), HR_ERR_ARGUMENT);
    options.size = (struct hr_size){-32, 32};
    assert_int_equal(try_runner(file, options, &error), HR_ERR_ARGUMENT);
    options.size = (struct hr_size){HR_LIMIT_FRAME_SIDE_PX + 32, 32};
    assert_int_equal(try_runner(file, options, &error), HR_ERR_LIMIT);
    drop(file);
}

static void a_picture_smaller_than_the_kernel_is_refused(void **state)
{
    (void)state;
    struct small_model model;
    small_model_init(&model, 3, 5);
    small_model_output(&model, small_model_conv(&model, 0, 8, 5, 1, 0, 0, -1), 0, 8, 0);
    struct hr_view file = small_model_pack(&model);
    small_model_clear(&model);
    struct hr_error error = {0};
    struct hr_runner_options options = {.size = {5, 5}, .batch = 1};
    assert_int_equal(try_runner(file, options, &error), HR_OK);
    options.size.height_px = 4;
    assert_int_equal(try_runner(file, options, &error), HR_ERR_ARGUMENT);
    assert_non_null(strstr(error.text, "does not suit"));
    drop(file);
}

static void residuals_must_be_of_the_results_size(void **state)
{
    (void)state;
    struct small_model model;
    small_model_init(&model, 8, 5);
    int a = small_model_conv(&model, 0, 8, 3, 1, 0, 0, -1); /* two pixels smaller */
    small_model_output(&model, small_model_conv(&model, a, 8, 3, 1, 0, 0, a), 0, 8, 0);
    struct hr_view file = small_model_pack(&model);
    small_model_clear(&model);
    struct hr_error error = {0};
    struct hr_runner_options options = {.size = {16, 16}, .batch = 1};
    assert_int_equal(try_runner(file, options, &error), HR_ERR_ARGUMENT);
    drop(file);
}

static void batches_and_sets_have_limits(void **state)
{
    (void)state;
    struct hr_view file = fresh_file();
    struct hr_error error = {0};
    struct hr_runner_options options = {.size = {8, 8}, .batch = 1024};
    assert_int_equal(try_runner(file, options, &error), HR_OK);
    options.batch = 1025;
    assert_int_equal(try_runner(file, options, &error), HR_ERR_ARGUMENT);
    options.batch = 0;
    assert_int_equal(try_runner(file, options, &error), HR_ERR_ARGUMENT);
    options.batch = 1;
    int refused = 0;
    for (enum hr_isa isa = HR_ISA_AUTO; isa < HR_ISA_END; isa++) {
        options.isa = isa;
        enum hr_status wanted = hr_isa_available(isa) ? HR_OK : HR_ERR_UNSUPPORTED;
        assert_int_equal(try_runner(file, options, &error), wanted);
        refused += wanted != HR_OK;
    }
    assert_true(refused > 0); /* no processor has both AVX and NEON */
    drop(file);
}

static void a_value_above_a_gigabyte_is_refused(void **state)
{
    (void)state;
    struct small_model model;
    small_model_init(&model, 3, 5);
    small_model_output(&model, small_model_conv(&model, 0, 800, 1, 1, 0, 0, -1), 0, 1, 0);
    struct hr_view file = small_model_pack(&model);
    small_model_clear(&model);
    struct hr_error error = {0};
    struct hr_runner_options options = {.size = {1024, 1024}, .batch = 1};
    assert_int_equal(try_runner(file, options, &error), HR_ERR_LIMIT);
    assert_non_null(strstr(error.text, "too large"));
    drop(file);
}

static void pools_have_limits(void **state)
{
    (void)state;
    struct hr_error error = {0};
    struct hr_pool *pool;
    assert_int_equal(hr_pool_new(&pool, 0, &error), HR_ERR_ARGUMENT);
    assert_int_equal(hr_pool_new(&pool, HR_LIMIT_THREADS + 1, &error), HR_ERR_ARGUMENT);
    assert_null(pool);
    assert_int_equal(hr_pool_new(&pool, HR_LIMIT_THREADS, &error), HR_OK);
    assert_int_equal(hr_pool_threads(pool), HR_LIMIT_THREADS);
    hr_pool_free(pool);
    assert_int_equal(hr_pool_threads(NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_opens_with_its_card),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(a_file_describes_how_faces_are_given_to_it),
        cmocka_unit_test(a_face_section_outside_the_file_is_refused),
        cmocka_unit_test(a_face_section_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_file_of_the_first_version_says_what_to_do),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(a_file_off_its_alignment_is_an_argument_error),
        cmocka_unit_test(nonsense_behind_a_right_checksum_is_refused),
        cmocka_unit_test(nonsense_in_a_block_is_refused),
        cmocka_unit_test(outputs_must_lie_inside_their_value),
        cmocka_unit_test(a_card_must_be_text),
        cmocka_unit_test(files_on_disk_are_refused_by_name),
        cmocka_unit_test(sizes_must_suit_the_network),
        cmocka_unit_test(a_picture_smaller_than_the_kernel_is_refused),
        cmocka_unit_test(residuals_must_be_of_the_results_size),
        cmocka_unit_test(batches_and_sets_have_limits),
        cmocka_unit_test(a_value_above_a_gigabyte_is_refused),
        cmocka_unit_test(pools_have_limits),
    };
    return cmocka_run_group_tests_name("networks", tests, NULL, NULL);
}
