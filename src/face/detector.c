#include "face/face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "face/changes.h"
#include "face/resample.h"

/* CenterFace: outputs at a quarter of the input's resolution, in this order and with so many
 * channels. */
enum { STRIDE_PX = 4, OUTPUT_COUNT = 4 };
enum { HEAT, SIZE, OFFSET, LANDMARKS };
static const int output_channels[OUTPUT_COUNT] = {1, 2, 2, 2 * HR_LANDMARK_COUNT};

/* Regions come in few sizes, so that their runners can be kept. */
enum { REGION_STEP_PX = 128, REGION_MARGIN_PX = 64, REGION_RUNNERS = 6 };

struct region_runner {
    struct hr_runner *runner; /* NULL: none yet */
    struct hr_size size;
    uint64_t used; /* when */
};

/* What is known of a video that is followed. */
struct following {
    struct hr_changes *changes;
    struct hr_faces faces; /* in pixels of the network's input */
    struct region_runner runners[REGION_RUNNERS];
    uint64_t uses;
};

struct hr_detector {
    const struct hr_network *network; /* borrowed */
    struct hr_detector_options options;
    struct hr_runner *runner;     /* of the latest frame's size */
    struct hr_shrinker *shrinker; /* the same */
    struct hr_size input;         /* of the runner */
    float *planes;                /* [3][input height][input width] */
    float *part;                  /* a region of them, as large at most */
    struct following following;
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
    free(detector->part);
    hr_changes_free(detector->following.changes);
    for (int i = 0; i < REGION_RUNNERS; i++)
        hr_runner_free(detector->following.runners[i].runner);
    memset(detector->following.runners, 0, sizeof detector->following.runners);
    detector->following.changes = NULL;
    detector->part = NULL;
    detector->runner = NULL;
    detector->shrinker = NULL;
    detector->planes = NULL;
}

void hr_detector_free(struct hr_detector *detector)
{
    if (detector == NULL)
        return;
    hr_faces_forget(detector);
    hr_faces_clear(&detector->following.faces);
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

static enum hr_status make_runner(const struct hr_detector *detector, struct hr_size size, struct hr_runner **out,
                                  struct hr_error *error)
{
    struct hr_runner_options options = {.size = size, .batch = 1, .isa = HR_ISA_AUTO, .pool = detector->options.pool};
    return hr_runner_new(out, detector->network, &options, error);
}

/* The network for an input of this size: kept from the frame before where it fits, for videos of
 * many sizes are shrunk to the same one. */
static enum hr_status prepare_runner(struct hr_detector *detector, struct hr_size input, struct hr_error *error)
{
    if (detector->runner != NULL && same_size(detector->input, input))
        return HR_OK;
    drop_runner(detector);
    detector->input = input;
    size_t floats = 3 * (size_t)input.width_px * (size_t)input.height_px;
    detector->planes = malloc(floats * sizeof *detector->planes);
    if (detector->planes == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a frame of %d x %d pixels", input.width_px,
                            input.height_px);
    enum hr_status status = make_runner(detector, input, &detector->runner, error);
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

static void move_face(struct hr_face *face, float right_px, float down_px)
{
    face->box.left_px += right_px;
    face->box.right_px += right_px;
    face->box.top_px += down_px;
    face->box.bottom_px += down_px;
    for (int i = 0; i < HR_LANDMARK_COUNT; i++) {
        face->landmarks[i].x_px += right_px;
        face->landmarks[i].y_px += down_px;
    }
}

static bool is_finite_face(const struct hr_face *face)
{
    float sum = face->box.left_px + face->box.top_px + face->box.right_px + face->box.bottom_px;
    for (int i = 0; i < HR_LANDMARK_COUNT; i++)
        sum += face->landmarks[i].x_px + face->landmarks[i].y_px;
    return isfinite(sum) && face->box.right_px > face->box.left_px && face->box.bottom_px > face->box.top_px;
}

/* Appends them, moved by so many pixels of the input. */
static enum hr_status collect_candidates(const struct hr_detector *detector, const struct hr_runner *runner,
                                         float right_px, float down_px, struct hr_faces *out, struct hr_error *error)
{
    struct hr_tensor maps[OUTPUT_COUNT];
    for (int i = 0; i < OUTPUT_COUNT; i++)
        maps[i] = hr_runner_output(runner, i);
    for (int row = 0; row < maps[HEAT].height; row++)
        for (int column = 0; column < maps[HEAT].width; column++) {
            size_t cell = (size_t)row * (size_t)maps[HEAT].width + (size_t)column;
            if (!(maps[HEAT].data[cell] > detector->options.score_min))
                continue;
            struct hr_face face = decode_cell(maps, row, column);
            move_face(&face, right_px, down_px);
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
    if (faces->count == 0)
        return;
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

/* From the network's pixels to the frame's. */
static void finish_faces(const struct hr_detector *detector, struct hr_size frame, struct hr_faces *faces)
{
    struct hr_shrinker_sizes sizes = plan_sizes(detector, frame);
    float scale_x = (float)frame.width_px / (float)sizes.target.width_px;
    float scale_y = (float)frame.height_px / (float)sizes.target.height_px;
    size_t kept = 0;
    for (size_t i = 0; i < faces->count; i++) {
        struct hr_face face = faces->items[i];
        scale_to_frame(&face, scale_x, scale_y, frame);
        /* What lies in the padding is no face of this frame. */
        if (face.box.right_px > face.box.left_px && face.box.bottom_px > face.box.top_px)
            faces->items[kept++] = face;
    }
    faces->count = kept;
}

/* All faces of the input, in its pixels. */
static enum hr_status find_everywhere(struct hr_detector *detector, struct hr_faces *out, struct hr_error *error)
{
    out->count = 0;
    hr_runner_run(detector->runner, detector->planes);
    enum hr_status status = collect_candidates(detector, detector->runner, 0, 0, out, error);
    if (status == HR_OK)
        suppress(out, detector->options.overlap_max);
    return status;
}

enum hr_status hr_faces_find(struct hr_detector *detector, const struct hr_frame *frame, struct hr_faces *out,
                             struct hr_error *error)
{
    out->count = 0;
    enum hr_status status = prepare(detector, frame->size, error);
    if (status != HR_OK)
        return status;
    hr_shrinker_run(detector->shrinker, frame, detector->planes);
    status = find_everywhere(detector, out, error);
    if (status == HR_OK)
        finish_faces(detector, frame->size, out);
    return status;
}

/* --- following --- */

void hr_faces_forget(struct hr_detector *detector)
{
    struct following *following = &detector->following;
    hr_changes_forget(following->changes);
    if (following->faces.items != NULL)
        explicit_bzero(following->faces.items, following->faces.capacity * sizeof *following->faces.items);
    following->faces.count = 0;
}

/* The runner for a region of this size: kept, or made in the place of the one unused for longest. */
static enum hr_status region_runner(struct hr_detector *detector, struct hr_size size, struct hr_runner **out,
                                    struct hr_error *error)
{
    struct region_runner *runners = detector->following.runners, *oldest = &runners[0];
    for (int i = 0; i < REGION_RUNNERS; i++) {
        if (runners[i].runner != NULL && same_size(runners[i].size, size)) {
            runners[i].used = ++detector->following.uses;
            *out = runners[i].runner;
            return HR_OK;
        }
        if (runners[i].used < oldest->used)
            oldest = &runners[i];
    }
    hr_runner_free(oldest->runner);
    *oldest = (struct region_runner){.size = size, .used = ++detector->following.uses};
    enum hr_status status = make_runner(detector, size, &oldest->runner, error);
    *out = oldest->runner;
    return status;
}

/* The pixels [*start, *start + *length) of a side of the input, `whole` long, that are looked at for the cells
 * [first, end) of it: with their margin, and on the network's steps. */
static void place_side(int first, int end, int whole, int step, int *start, int *length)
{
    first *= HR_CELL_PX;
    end *= HR_CELL_PX;
    *length = round_up(end - first + 2 * REGION_MARGIN_PX, REGION_STEP_PX);
    *length = *length < whole ? *length : whole;
    *start = (first + end - *length) / 2 / step * step;
    *start = *start + *length > whole ? whole - *length : *start < 0 ? 0 : *start;
}

static bool centre_in(const struct hr_face *face, const struct hr_region *region)
{
    float x = (face->box.left_px + face->box.right_px) / 2 / HR_CELL_PX;
    float y = (face->box.top_px + face->box.bottom_px) / 2 / HR_CELL_PX;
    return x >= (float)region->first_column && x < (float)region->end_column && y >= (float)region->first_row &&
           y < (float)region->end_row;
}

/* Looks at a region, with a margin that shows the network what is around it, and appends the faces whose centre lies in
 * it. */
static enum hr_status find_in_region(struct hr_detector *detector, const struct hr_region *region, struct hr_faces *out,
                                     struct hr_error *error)
{
    int step = hr_network_card(detector->network)->size_multiple;
    struct hr_size whole = detector->input, size;
    int left, top;
    place_side(region->first_column, region->end_column, whole.width_px, step, &left, &size.width_px);
    place_side(region->first_row, region->end_row, whole.height_px, step, &top, &size.height_px);
    struct hr_runner *runner;
    enum hr_status status = region_runner(detector, size, &runner, error);
    if (status != HR_OK)
        return status;
    float *to = detector->part;
    for (int colour = 0; colour < 3; colour++)
        for (int y = 0; y < size.height_px; y++, to += size.width_px)
            memcpy(to, detector->planes + ((ptrdiff_t)colour * whole.height_px + top + y) * whole.width_px + left,
                   (size_t)size.width_px * sizeof *to);
    hr_runner_run(runner, detector->part);
    size_t before = out->count;
    status = collect_candidates(detector, runner, (float)left, (float)top, out, error);
    size_t kept = before;
    for (size_t i = before; i < out->count; i++)
        if (centre_in(&out->items[i], region))
            out->items[kept++] = out->items[i];
    out->count = kept;
    return status;
}

static enum hr_status prepare_following(struct hr_detector *detector, struct hr_error *error)
{
    struct following *following = &detector->following;
    if (following->changes != NULL)
        return HR_OK;
    following->faces.count = 0;
    size_t floats = 3 * (size_t)detector->input.width_px * (size_t)detector->input.height_px;
    detector->part = malloc(floats * sizeof *detector->part);
    if (detector->part == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a part of a frame");
    return hr_changes_new(&following->changes, detector->input, error);
}

/* Known faces that something changed in or beside are looked at again, whole. */
static int regions_of(struct following *following, struct hr_region regions[HR_REGIONS_MAX], bool *whole)
{
    for (size_t i = 0; i < following->faces.count; i++) {
        const struct hr_box *box = &following->faces.items[i].box;
        float width = (box->right_px - box->left_px) / 4, height = (box->bottom_px - box->top_px) / 4;
        if (hr_changes_touch(following->changes, box->left_px - width, box->top_px - height, box->right_px + width,
                             box->bottom_px + height))
            hr_changes_add(following->changes, box->left_px - width, box->top_px - height, box->right_px + width,
                           box->bottom_px + height);
    }
    return hr_changes_regions(following->changes, regions, whole);
}

static enum hr_status find_changed(struct hr_detector *detector, const struct hr_region *regions, int count,
                                   struct hr_error *error)
{
    struct following *following = &detector->following;
    struct hr_faces *faces = &following->faces;
    size_t kept = 0;
    for (size_t i = 0; i < faces->count; i++) {
        bool again = false;
        for (int r = 0; r < count && !again; r++)
            again = centre_in(&faces->items[i], &regions[r]);
        if (!again)
            faces->items[kept++] = faces->items[i];
    }
    faces->count = kept;
    enum hr_status status = HR_OK;
    for (int r = 0; r < count && status == HR_OK; r++) {
        status = find_in_region(detector, &regions[r], faces, error);
        hr_changes_seen(following->changes, &regions[r]);
    }
    suppress(faces, detector->options.overlap_max);
    return status;
}

enum hr_status hr_faces_follow(struct hr_detector *detector, const struct hr_frame *frame, bool everywhere,
                               struct hr_faces *out, struct hr_error *error)
{
    struct following *following = &detector->following;
    struct hr_region regions[HR_REGIONS_MAX];
    bool whole = true;
    int count = 0;
    out->count = 0;
    enum hr_status status = prepare(detector, frame->size, error);
    if (status == HR_OK)
        status = prepare_following(detector, error);
    if (status != HR_OK)
        return status;
    hr_shrinker_run(detector->shrinker, frame, detector->planes);
    if (hr_changes_compare(following->changes, detector->planes) && !everywhere)
        count = regions_of(following, regions, &whole);
    if (whole) {
        status = find_everywhere(detector, &following->faces, error);
        hr_changes_seen(following->changes, NULL);
    } else {
        status = find_changed(detector, regions, count, error);
    }
    for (size_t i = 0; i < following->faces.count && status == HR_OK; i++)
        status = append_face(out, &following->faces.items[i], error);
    if (status == HR_OK)
        finish_faces(detector, frame->size, out);
    else
        hr_faces_forget(detector);
    return status;
}
