/* Vectors of one or several networks side by side, and what their cosines mean. */
#include <math.h>
#include <string.h>

#include "face/embed.h"

const struct hr_vector_part *hr_vector_part_of(const struct hr_vector_layout *layout, const char *model_id)
{
    for (size_t i = 0; i < layout->count; i++)
        if (strcmp(layout->parts[i].model_id, model_id) == 0)
            return &layout->parts[i];
    return NULL;
}

enum hr_status hr_vector_layout_add(struct hr_vector_layout *layout, const char *model_id,
                                    const struct hr_model_face *model, struct hr_error *error)
{
    if (layout->count == HR_VECTOR_PARTS_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "more than %d embedding models at once", HR_VECTOR_PARTS_MAX);
    layout->parts[layout->count++] =
        (struct hr_vector_part){.model_id = model_id, .model = model, .first = layout->size};
    layout->size += model->vector_size;
    return HR_OK;
}

/* Views of one person, seconds apart, have at least so much of what two photos of one person have on average: 0.931 of
 * cosine with dlib's model, by which the eight clips' persons lie at 0.92 and less, 0.52 with the better one. Stricter
 * than need be: a track torn in two costs little, two persons in one track would be a wrong record. */
static const float same_person_share = 0.75f;

/* Partial sums, so that the additions need not wait for each other. */
enum { LANES = 16 };

float hr_vector_cosine(const float *a, const float *b, size_t size)
{
    float sums[LANES] = {0};
    for (size_t k = 0; k < size; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += a[k + lane] * b[k + lane];
    float sum = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

void hr_vector_normalise(float *part, size_t size)
{
    float length = sqrtf(hr_vector_cosine(part, part, size));
    float factor = length > 0 && isfinite(length) ? 1 / length : 0;
    for (size_t k = 0; k < size; k++)
        part[k] *= factor;
}

void hr_vector_normalise_all(const struct hr_vector_layout *layout, float *vector)
{
    for (size_t i = 0; i < layout->count; i++)
        hr_vector_normalise(vector + layout->parts[i].first, layout->parts[i].model->vector_size);
}

float hr_vector_score(const struct hr_model_face *model, float cosine)
{
    return (cosine - model->stranger_mean) / model->stranger_deviation;
}

float hr_vector_same_person_score(const struct hr_vector_layout *layout)
{
    if (layout->count == 0)
        return 0;
    const struct hr_model_face *model = layout->parts[0].model;
    return same_person_share * hr_vector_score(model, model->same_mean);
}

float hr_vector_likeness(const struct hr_vector_layout *layout, const float *a, const float *b)
{
    if (a == NULL || b == NULL || layout->count == 0)
        return -INFINITY;
    const struct hr_model_face *model = layout->parts[0].model;
    size_t size = model->vector_size;
    float lengths = sqrtf(hr_vector_cosine(a, a, size) * hr_vector_cosine(b, b, size));
    return lengths > 0 ? hr_vector_score(model, hr_vector_cosine(a, b, size) / lengths) : -INFINITY;
}

double hr_rarity(double score)
{
    double tail = 0.5 * erfc(score / sqrt(2));
    return tail > 0 ? -log10(tail) : 300; /* beyond what a double holds */
}

/* By bisection: called a few times a video. */
double hr_score_of_rarity(double rarity)
{
    double low = -10, high = 40;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (hr_rarity(middle) < rarity)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
