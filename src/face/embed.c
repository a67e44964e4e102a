#include "face/embed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pictures that one run of the large runner takes: the deep layers' weights are read once for all
 * of them. What is left over goes through the small runner, one chip at a time. */
enum { LARGE_BATCH = 8, COLOURS = 3 };

/* One network at work. */
struct embedder {
    const struct hr_network *network; /* borrowed */
    const struct hr_model_face *model;
    struct hr_chip_shape shape;
    size_t first_byte;       /* of its chip among a view's */
    struct hr_runner *small; /* one chip: with its mirror image, if wanted */
    struct hr_runner *large; /* made when first needed */
    float *input;            /* [LARGE_BATCH][3][side][side] */
};

struct hr_embedders {
    struct hr_vector_layout layout;
    struct embedder items[HR_VECTOR_PARTS_MAX];
    size_t chip_bytes;
    struct hr_pool *pool;
};

static size_t area_of(const struct embedder *embedder)
{
    return (size_t)embedder->shape.side_px * (size_t)embedder->shape.side_px;
}

static int pictures_per_chip(const struct embedder *embedder)
{
    return embedder->model->flags & HR_FACE_MIRRORED ? 2 : 1;
}

static struct hr_chip_shape shape_of(const struct hr_model_face *model)
{
    struct hr_chip_shape shape = {.side_px = (int)model->chip_side_px};
    for (int i = 0; i < HR_LANDMARK_COUNT; i++)
        shape.landmarks[i] = (struct hr_point){model->landmarks_px[i][0], model->landmarks_px[i][1]};
    return shape;
}

static enum hr_status make_runner(const struct embedder *embedder, int batch, struct hr_pool *pool,
                                  struct hr_runner **out, struct hr_error *error)
{
    struct hr_runner_options options = {
        .size = {.width_px = embedder->shape.side_px, .height_px = embedder->shape.side_px},
        .batch = batch,
        .isa = HR_ISA_AUTO,
        .pool = pool};
    return hr_runner_new(out, embedder->network, &options, error);
}

static enum hr_status open_embedder(struct embedder *embedder, const struct hr_network *network, struct hr_pool *pool,
                                    struct hr_error *error)
{
    const struct hr_model_card *card = hr_network_card(network);
    *embedder = (struct embedder){.network = network, .model = card->face};
    embedder->shape = shape_of(card->face);
    embedder->input = malloc(LARGE_BATCH * COLOURS * area_of(embedder) * sizeof *embedder->input);
    if (embedder->input == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for an embedder's input");
    enum hr_status status = make_runner(embedder, pictures_per_chip(embedder), pool, &embedder->small, error);
    if (status != HR_OK)
        return hr_error_prefix(error, "the model '%s'", card->id);
    struct hr_tensor output = hr_runner_output(embedder->small, 0);
    if (output.channels != (int)card->face->vector_size || output.width != 1 || output.height != 1)
        return hr_error_set(error, HR_ERR_MODEL, "the model '%s' does not give a face's %u numbers", card->id,
                            card->face->vector_size);
    return HR_OK;
}

enum hr_status hr_embedders_new(struct hr_embedders **out, const struct hr_network *const *networks, size_t count,
                                const struct hr_embedders_options *options, struct hr_error *error)
{
    *out = NULL;
    struct hr_embedders *embedders = calloc(1, sizeof *embedders);
    if (embedders == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for an embedder");
    embedders->pool = options->pool;
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        const struct hr_model_card *card = hr_network_card(networks[i]);
        status = card->face == NULL
                     ? hr_error_set(error, HR_ERR_MODEL, "the model '%s' makes no vectors of faces", card->id)
                     : hr_vector_layout_add(&embedders->layout, card->id, card->face, error);
        if (status != HR_OK)
            break;
        struct embedder *embedder = &embedders->items[i];
        status = open_embedder(embedder, networks[i], options->pool, error);
        embedder->first_byte = embedders->chip_bytes;
        embedders->chip_bytes += COLOURS * area_of(embedder);
    }
    if (status != HR_OK) {
        hr_embedders_free(embedders);
        return status;
    }
    *out = embedders;
    return HR_OK;
}

void hr_embedders_free(struct hr_embedders *embedders)
{
    if (embedders == NULL)
        return;
    for (size_t i = 0; i < HR_VECTOR_PARTS_MAX; i++) {
        hr_runner_free(embedders->items[i].small);
        hr_runner_free(embedders->items[i].large);
        free(embedders->items[i].input);
    }
    free(embedders);
}

const struct hr_vector_layout *hr_embedders_layout(const struct hr_embedders *embedders)
{
    return &embedders->layout;
}

size_t hr_embedders_chip_bytes(const struct hr_embedders *embedders)
{
    return embedders->chip_bytes;
}

void hr_embedders_cut(const struct hr_embedders *embedders, const struct hr_frame *frame, const struct hr_face *face,
                      uint8_t *chips)
{
    for (size_t i = 0; i < embedders->layout.count; i++)
        hr_face_cut(frame, face, &embedders->items[i].shape, chips + embedders->items[i].first_byte);
}

static void load_chip(const struct embedder *embedder, const uint8_t *rgb, bool mirrored, float *planes)
{
    const size_t area = area_of(embedder);
    const int side = embedder->shape.side_px;
    const float *scale = embedder->model->scale, *offset = embedder->model->offset;
    const int first = embedder->model->flags & HR_FACE_BGR ? 2 : 0; /* colour of plane 0 */
    for (int colour = 0; colour < COLOURS; colour++) {
        const uint8_t *from = rgb + (first == 2 ? 2 - colour : colour);
        float *to = planes + (size_t)colour * area;
        for (int y = 0; y < side; y++, from += COLOURS * side, to += side)
            for (int x = 0; x < side; x++)
                to[x] = scale[colour] * from[COLOURS * (mirrored ? side - 1 - x : x)] + offset[colour];
    }
}

/* `count` chips fill the runner's batch exactly. The vectors come to lie `stride` floats apart. */
static void run_chips(const struct embedder *embedder, struct hr_runner *runner, const uint8_t *const *chips,
                      size_t count, float *out, size_t stride)
{
    size_t pictures = (size_t)pictures_per_chip(embedder);
    size_t input_floats = COLOURS * area_of(embedder), size = embedder->model->vector_size;
    for (size_t i = 0; i < count * pictures; i++)
        load_chip(embedder, chips[i / pictures] + embedder->first_byte, i % pictures == 1,
                  embedder->input + i * input_floats);
    hr_runner_run(runner, embedder->input);
    const float *vectors = hr_runner_output(runner, 0).data;
    for (size_t i = 0; i < count; i++) {
        const float *of_chip = vectors + i * pictures * size;
        float *to = out + i * stride;
        for (size_t k = 0; k < size; k++) /* the length is made 1 below */
            to[k] = pictures == 2 ? of_chip[k] + of_chip[k + size] : of_chip[k];
        hr_vector_normalise(to, size);
    }
}

static void embed_by_one(struct embedder *embedder, struct hr_pool *pool, const uint8_t *const *chips, size_t count,
                         float *out, size_t stride)
{
    size_t large = LARGE_BATCH / (size_t)pictures_per_chip(embedder);
    struct hr_error ignored; /* without memory for the large runner the small one does it all */
    if (count >= large && embedder->large == NULL &&
        make_runner(embedder, LARGE_BATCH, pool, &embedder->large, &ignored) != HR_OK)
        embedder->large = NULL;
    while (count > 0) {
        bool by_large = count >= large && embedder->large != NULL;
        size_t now = by_large ? large : 1;
        run_chips(embedder, by_large ? embedder->large : embedder->small, chips, now, out, stride);
        chips += now;
        out += now * stride;
        count -= now;
    }
}

void hr_embed(struct hr_embedders *embedders, const uint8_t *const *chips, size_t count, float *out)
{
    const struct hr_vector_layout *layout = &embedders->layout;
    for (size_t i = 0; i < layout->count; i++)
        embed_by_one(&embedders->items[i], embedders->pool, chips, count, out + layout->parts[i].first, layout->size);
}
