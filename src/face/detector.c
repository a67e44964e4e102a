#include "face/face.h"

#include <math.h>
#include <stdlib.h>

#include "face/resample.h"

/* CenterFace: outputs at a quarter of the input's resolution, in this order and with so many
 * channels. */
enum { STRIDE_PX = 4, OUTPUT_COUNT = 4 };
enum { HEAT, SIZE, OFFSET, LANDMARKS };
static const int output_channels[OUTPUT_COUNT] = {1, 2, 2, 2 * HR_LANDMARK_COUNT};

struct hr_detector {
    const struct hr_network *network; /* borrowed */
    struct hr_detector_options options;
    struct hr_runner *runner;     /* of the latest frame's size */
    struct hr_shrinker *shrinker; /* the same */
    struct hr_size input;         /* of the runner */
    float *planes;                /* [3][input height][input width] */
};

struct hr_detector_options hr_detector_options_default(void)
{
    return (struct hr_detector_options){.score_min = 0.5f, .overlap_max = 0.3f, .long_side_px = 960};
}

void hr_faces_clear(struct hr_faces *faces)
{
    free(faces->items);
    *faces = (struct hr_faces){0};
}

static enum hr_status check_network(const struct hr_network *network, struct hr_error *error)
{
    const struct hr_model_card *card = hr_network_card(network);
    if (card->input_channels != 3 || card->output_count != OUTPUT_COUNT)
        return hr_error_set(error, HR_ERR_MODEL, "the model '%s' is not a CenterFace: %d inputs and %d outputs",
                            card->id, card->input_channels, card->output_count);
    return HR_OK;
}

enum hr_status hr_detector_new(struct hr_detector **out, const struct hr_network *network,
                               const struct hr_detector_options *options, struct hr_error *error)
{
    *out = NULL;
    enum hr_status status = check_network(network, error);
    if (status != HR_OK)
        return status;
    if (!(options->score_min > 0 && options->score_min < 1) || !(options->overlap_max >= 0) ||
        options->long_side_px < 32 || options->long_side_px > HR_LIMIT_FRAME_SIDE_PX)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the detector's options make no sense");
    struct hr_detector *detector = calloc(1, sizeof *detector);
    if (detector == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a detector");
    detector->network = network;
    detector->options = *options;
    *out = detector;
    return HR_OK;
}

static void drop_runner(struct hr_detector *detector)
{
    hr_runner_free(detector->runner);
    hr_shrinker_free(detector->shrinker);
    free(detector->planes);
    detector->runner = NULL;
    detector->shrinker = NULL;
    detector->planes = NULL;
}

void hr_detector_free(struct hr_detector *detector)
{
    if (detector == NULL)
        return;
    drop_runner(detector);
    free(detector);
}

static int at_least_one(double value)
{
    return value < 1 ? 1 : (int)(value + 0.5);
}

static int round_up(int value, int to)
{
    return (value + to - 1) / to * to;
}

/* The frame shrunk to the long side wanted, and padded to what the network takes. */
static struct hr_shrinker_sizes plan_sizes(const struct hr_detector *detector, struct hr_size frame)
{
    int multiple = hr_network_card(detector->network)->size_multiple;
    int longer = frame.width_px > frame.height_px ? frame.width_px : frame.height_px;
    double scale = longer > detector->options.long_side_px ? (double)detector->options.long_side_px / longer : 1.0;
    struct hr_size target = {.width_px = at_least_one(frame.width_px * scale),
                             .height_px = at_least_one(frame.height_px * scale)};
    struct hr_size padded = {.width_px = round_up(target.width_px, multiple),
                             .height_px = round_up(target.height_px, multiple)};
    return (struct hr_shrinker_sizes){.source = frame, .target = target, .padded = padded};
}

static enum hr_status check_outputs(const struct hr_detector *detector, struct hr_error *error)
{
    for (int i = 0; i < OUTPUT_COUNT; i++) {
        struct hr_tensor output = hr_runner_output(detector->runner, i);
        if (output.channels != output_channels[i] || output.width * STRIDE_PX != detector->input.width_px ||
            output.height * STRIDE_PX != detector->input.height_px)
            return hr_error_set(error, HR_ERR_MODEL, "the model '%s' is not a CenterFace: output %d is %d x %d x %d",
                                hr_network_card(detector->network)->id, i, output.channels, output.height,
                                output.width);
    }
    return HR_OK;
}

static bool same_size(struct hr_size a, struct hr_size b)
{
    return a.width_px == b.width_px && a.height_px == b.height_px;
}

/* The network for an input of this size: kept from the frame before where it fits, for videos of
 * many sizes are shrunk to the same one. */
static enum hr_status prepare_runner(struct hr_detector *detector, struct hr_size input, struct hr_error *error)
{
    if (detector->runner != NULL && same_size(detector->input, input))
        return HR_OK;
    drop_runner(detector);
    struct hr_runner_options options = {.size = input, .batch = 1, .isa = HR_ISA_AUTO, .pool = detector->options.pool};
    detector->input = input;
    size_t floats = 3 * (size_t)input.width_px * (size_t)input.height_px;
    detector->planes = malloc(floats * sizeof *detector->planes);
    if (detector->planes == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a frame of %d x %d pixels", input.width_px,
                            input.height_px);
    enum hr_status status = hr_runner_new(&detector->runner, detector->network, &options, error);
    return status == HR_OK ? check_outputs(detector, error) : status;
}

/* A video has one size; photos come in all. */
static enum hr_status prepare(struct hr_detector *detector, struct hr_size frame, struct hr_error *error)
{
    struct hr_shrinker_sizes sizes = plan_sizes(detector, frame);
    if (hr_shrinker_fits(detector->shrinker, &sizes))
        return HR_OK;
    hr_shrinker_free(detector->shrinker);
    detector->shrinker = NULL;
    enum hr_status status = hr_size_check(frame, error);
    if (status == HR_OK)
        status = prepare_runner(detector, sizes.padded, error);
    if (status == HR_OK)
        status = hr_shrinker_new(&detector->shrinker, &sizes, error);
    if (status != HR_OK)
        drop_runner(detector);
    return status;
}

static enum hr_status append_face(struct hr_faces *faces, const struct hr_face *face, struct hr_error *error)
{
    if (faces->count == faces->capacity) {
        size_t capacity = faces->capacity > 0 ? 2 * faces->capacity : 32;
        struct hr_face *items = realloc(faces->items, capacity * sizeof *items);
        if (items == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu faces", capacity);
        faces->items = items;
        faces->capacity = capacity;
    }
    faces->items[faces->count++] = *face;
    return HR_OK;
}

/* Cell (row, column) of the output maps, as a face in pixels of the network's input. */
static struct hr_face decode_cell(const struct hr_tensor maps[OUTPUT_COUNT], int row, int column)
{
    size_t area = (size_t)maps[HEAT].height * (size_t)maps[HEAT].width;
    size_t cell = (size_t)row * (size_t)maps[HEAT].width + (size_t)column;
    float height = STRIDE_PX * expf(maps[SIZE].data[cell]);
    float width = STRIDE_PX * expf(maps[SIZE].data[area + cell]);
    float top = STRIDE_PX * ((float)row + maps[OFFSET].data[cell] + 0.5f) - height / 2;
    float left = STRIDE_PX * ((float)column + maps[OFFSET].data[area + cell] + 0.5f) - width / 2;
    struct hr_face face = {.box = {left, top, left + width, top + height}, .score = maps[HEAT].data[cell]};
    const float *landmarks = maps[LANDMARKS].data + cell;
    for (int i = 0; i < HR_LANDMARK_COUNT; i++) {
        face.landmarks[i].y_px = landmarks[(size_t)(2 * i) * area] * height + top;
        face.landmarks[i].x_px = landmarks[(size_t)(2 * i + 1) * area] * width + left;
    }
    return face;
}

static bool is_finite_face(const struct hr_face *face)
{
    float sum = face->box.left_px + face->box.top_px + face->box.right_px + face->box.bottom_px;
    for (int i = 0; i < HR_LANDMARK_COUNT; i++)
        sum += face->landmarks[i].x_px + face->landmarks[i].y_px;
    return isfinite(sum) && face->box.right_px > face->box.left_px && face->box.bottom_px > face->box.top_px;
}

static enum hr_status collect_candidates(const struct hr_detector *detector, struct hr_faces *out,
                                         struct hr_error *error)
{
    struct hr_tensor maps[OUTPUT_COUNT];
    for (int i = 0; i < OUTPUT_COUNT; i++)
        maps[i] = hr_runner_output(detector->runner, i);
    out->count = 0;
    for (int row = 0; row < maps[HEAT].height; row++)
        for (int column = 0; column < maps[HEAT].width; column++) {
            size_t cell = (size_t)row * (size_t)maps[HEAT].width + (size_t)column;
            if (!(maps[HEAT].data[cell] > detector->options.score_min))
                continue;
            struct hr_face face = decode_cell(maps, row, column);
            enum hr_status status = is_finite_face(&face) ? append_face(out, &face, error) : HR_OK;
            if (status != HR_OK)
                return status;
        }
    return HR_OK;
}

static int by_score(const void *a, const void *b)
{
    const struct hr_face *left = a, *right = b;
    return (left->score < right->score) - (left->score > right->score);
}

float hr_box_overlap(const struct hr_box *a, const struct hr_box *b)
{
    float width = fminf(a->right_px, b->right_px) - fmaxf(a->left_px, b->left_px);
    float height = fminf(a->bottom_px, b->bottom_px) - fmaxf(a->top_px, b->top_px);
    if (width <= 0 || height <= 0)
        return 0;
    float both = width * height;
    float area_a = (a->right_px - a->left_px) * (a->bottom_px - a->top_px);
    float area_b = (b->right_px - b->left_px) * (b->bottom_px - b->top_px);
    return both / (area_a + area_b - both);
}

/* Non-maximum suppression: of overlapping candidates the best stays. */
static void suppress(struct hr_faces *faces, float overlap_max)
{
    qsort(faces->items, faces->count, sizeof *faces->items, by_score);
    size_t kept = 0;
    for (size_t i = 0; i < faces->count && kept < HR_LIMIT_FACES_PER_FRAME; i++) {
        bool covered = false;
        for (size_t j = 0; j < kept && !covered; j++)
            covered = hr_box_overlap(&faces->items[i].box, &faces->items[j].box) > overlap_max;
        if (!covered)
            faces->items[kept++] = faces->items[i];
    }
    faces->count = kept;
}

static float clamp(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

/* From pixels of the network's input to pixels of the frame; boxes end at the frame's border. */
static void scale_to_frame(struct hr_face *face, float scale_x, float scale_y, struct hr_size frame)
{
    float width = (float)frame.width_px, height = (float)frame.height_px;
    face->box.left_px = clamp(face->box.left_px * scale_x, 0, width);
    face->box.right_px = clamp(face->box.right_px * scale_x, 0, width);
    face->box.top_px = clamp(face->box.top_px * scale_y, 0, height);
    face->box.bottom_px = clamp(face->box.bottom_px * scale_y, 0, height);
    for (int i = 0; i < HR_LANDMARK_COUNT; i++) {
        face->landmarks[i].x_px *= scale_x;
        face->landmarks[i].y_px *= scale_y;
    }
}

enum hr_status hr_faces_find(struct hr_detector *detector, const struct hr_frame *frame, struct hr_faces *out,
                             struct hr_error *error)
{
    out->count = 0;
    enum hr_status status = prepare(detector, frame->size, error);
    if (status != HR_OK)
        return status;
    hr_shrinker_run(detector->shrinker, frame, detector->planes);
    hr_runner_run(detector->runner, detector->planes);
    status = collect_candidates(detector, out, error);
    if (status != HR_OK || out->count == 0)
        return status;
    suppress(out, detector->options.overlap_max);
    struct hr_shrinker_sizes sizes = plan_sizes(detector, frame->size);
    float scale_x = (float)frame->size.width_px / (float)sizes.target.width_px;
    float scale_y = (float)frame->size.height_px / (float)sizes.target.height_px;
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        struct hr_face face = out->items[i];
        scale_to_frame(&face, scale_x, scale_y, frame->size);
        /* What lies in the padding is no face of this frame. */
        if (face.box.right_px > face.box.left_px && face.box.bottom_px > face.box.top_px)
            out->items[kept++] = face;
    }
    out->count = kept;
    return HR_OK;
}
