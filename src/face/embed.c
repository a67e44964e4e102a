#include "face/embed.h"

#include <stdlib.h>
#include <string.h>

/* Pictures that one run of the large runner takes: the deep layers' weights are read once for all
 * of them. What is left over goes through the small runner, one chip at a time. */
enum { LARGE_BATCH = 8, CHIP_FLOATS = 3 * HR_CHIP_SIDE_PX * HR_CHIP_SIDE_PX };

struct hr_embedder {
    struct hr_embedder_options options;
    struct hr_runner *small; /* one chip: with its mirror image, if wanted */
    struct hr_runner *large; /* made when first needed */
    const struct hr_network *network;
    float *input; /* [LARGE_BATCH][3][150][150] */
};

struct hr_embedder_options hr_embedder_options_default(void)
{
    return (struct hr_embedder_options){.mirrored = true};
}

static int pictures_per_chip(const struct hr_embedder *embedder)
{
    return embedder->options.mirrored ? 2 : 1;
}

static enum hr_status make_runner(const struct hr_embedder *embedder, int batch,
                                  struct hr_runner **out, struct hr_error *error)
{
    struct hr_runner_options options = {
        .size = {.width_px = HR_CHIP_SIDE_PX, .height_px = HR_CHIP_SIDE_PX},
        .batch = batch,
        .isa = HR_ISA_AUTO,
        .pool = embedder->options.pool};
    return hr_runner_new(out, embedder->network, &options, error);
}

static enum hr_status check_network(const struct hr_embedder *embedder, struct hr_error *error)
{
    const struct hr_model_card *card = hr_network_card(embedder->network);
    struct hr_tensor output = hr_runner_output(embedder->small, 0);
    if (card->input_channels != 3 || card->output_count != 1 ||
        output.channels != HR_EMBEDDING_SIZE || output.width != 1 || output.height != 1)
        return hr_error_set(error, HR_ERR_MODEL, "the model '%s' does not give a face's %d numbers",
                            card->id, HR_EMBEDDING_SIZE);
    return HR_OK;
}

enum hr_status hr_embedder_new(struct hr_embedder **out, const struct hr_network *network,
                               const struct hr_embedder_options *options, struct hr_error *error)
{
    *out = NULL;
    struct hr_embedder *embedder = calloc(1, sizeof *embedder);
    if (embedder == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for an embedder");
    embedder->options = *options;
    embedder->network = network;
    enum hr_status status = HR_OK;
    embedder->input = malloc(LARGE_BATCH * CHIP_FLOATS * sizeof *embedder->input);
    if (embedder->input == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for an embedder's input");
    if (status == HR_OK)
        status = make_runner(embedder, pictures_per_chip(embedder), &embedder->small, error);
    if (status == HR_OK)
        status = check_network(embedder, error);
    if (status != HR_OK) {
        hr_embedder_free(embedder);
        return status;
    }
    *out = embedder;
    return HR_OK;
}

void hr_embedder_free(struct hr_embedder *embedder)
{
    if (embedder == NULL)
        return;
    hr_runner_free(embedder->small);
    hr_runner_free(embedder->large);
    free(embedder->input);
    free(embedder);
}

static void load_chip(const struct hr_chip *chip, bool mirrored, float *planes)
{
    const size_t area = (size_t)HR_CHIP_SIDE_PX * HR_CHIP_SIDE_PX;
    for (int y = 0; y < HR_CHIP_SIDE_PX; y++)
        for (int x = 0; x < HR_CHIP_SIDE_PX; x++) {
            int from = mirrored ? HR_CHIP_SIDE_PX - 1 - x : x;
            const uint8_t *rgb = chip->rgb + 3 * (y * HR_CHIP_SIDE_PX + from);
            size_t at = (size_t)(y * HR_CHIP_SIDE_PX + x);
            planes[at] = rgb[0];
            planes[area + at] = rgb[1];
            planes[2 * area + at] = rgb[2];
        }
}

/* `count` chips fill the runner's batch exactly. */
static void run_chips(struct hr_embedder *embedder, struct hr_runner *runner,
                      const struct hr_chip *chips, size_t count, float *out)
{
    size_t pictures = (size_t)pictures_per_chip(embedder);
    for (size_t i = 0; i < count * pictures; i++)
        load_chip(&chips[i / pictures], i % pictures == 1, embedder->input + i * CHIP_FLOATS);
    hr_runner_run(runner, embedder->input);
    const float *vectors = hr_runner_output(runner, 0).data;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < HR_EMBEDDING_SIZE; k++) {
            const float *of_chip = vectors + i * pictures * HR_EMBEDDING_SIZE + k;
            out[i * HR_EMBEDDING_SIZE + k] =
                pictures == 2 ? 0.5f * (of_chip[0] + of_chip[HR_EMBEDDING_SIZE]) : of_chip[0];
        }
}

void hr_embed(struct hr_embedder *embedder, const struct hr_chip *chips, size_t count, float *out)
{
    size_t large = LARGE_BATCH / (size_t)pictures_per_chip(embedder);
    struct hr_error ignored; /* without memory for the large runner the small one does it all */
    if (count >= large && embedder->large == NULL &&
        make_runner(embedder, LARGE_BATCH, &embedder->large, &ignored) != HR_OK)
        embedder->large = NULL;
    while (count > 0) {
        bool by_large = count >= large && embedder->large != NULL;
        size_t now = by_large ? large : 1;
        run_chips(embedder, by_large ? embedder->large : embedder->small, chips, now, out);
        chips += now;
        out += now * HR_EMBEDDING_SIZE;
        count -= now;
    }
}
