#include "classroom/closeness.h"

#include <math.h>

static double similarity_of(const struct hr_model_face *model, double score)
{
    return (double)model->stranger_mean + score * (double)model->stranger_deviation;
}

/* In its place; of too many the least alike goes. */
static void note_pair(struct hr_closeness *out, size_t first, size_t second, double similarity)
{
    size_t at = out->pair_count < HR_CLOSENESS_PAIRS_MAX ? out->pair_count++ : HR_CLOSENESS_PAIRS_MAX - 1;
    if (at == HR_CLOSENESS_PAIRS_MAX - 1 && out->pairs[at].similarity >= similarity)
        return;
    for (; at > 0 && out->pairs[at - 1].similarity < similarity; at--)
        out->pairs[at] = out->pairs[at - 1];
    out->pairs[at].first = first;
    out->pairs[at].second = second;
    out->pairs[at].similarity = similarity;
}

static void compare(const struct hr_gallery *gallery, double score_certain, struct hr_closeness *out)
{
    size_t count = out->students < HR_CLOSENESS_STUDENTS_MAX ? out->students : HR_CLOSENESS_STUDENTS_MAX;
    for (size_t i = 0; i < count; i++) {
        struct hr_gallery_student one = hr_gallery_student(gallery, i);
        for (size_t k = i + 1; k < count; k++) {
            struct hr_gallery_student other = hr_gallery_student(gallery, k);
            if (one.part != other.part)
                continue;
            const struct hr_model_face *model = one.part->model;
            float cosine = hr_vector_cosine(one.template, other.template, model->vector_size);
            int bin = (int)floor((double)(cosine + 1) / 2 * HR_CLOSENESS_BINS);
            out->bins[bin < 0 ? 0 : bin >= HR_CLOSENESS_BINS ? HR_CLOSENESS_BINS - 1 : bin]++;
            if ((double)hr_vector_score(model, cosine) >= score_certain)
                note_pair(out, i, k, (double)cosine);
        }
    }
}

void hr_closeness_of(const struct hr_gallery *gallery, const struct hr_decide_options *options,
                     struct hr_closeness *out)
{
    static const double chances[HR_CLOSENESS_POINTS] = {0.1, 0.03, 0.01, 0.003, 0.001, 0.0001};
    struct hr_class_rule rule = hr_class_rule(gallery, options);
    const struct hr_vector_layout *layout = hr_gallery_layout(gallery);
    *out = (struct hr_closeness){.students = hr_gallery_students(gallery), .crowding = rule.crowding};
    if (layout->count == 0)
        return;
    const struct hr_model_face *model = layout->parts[0].model;
    out->similarity_certain = similarity_of(model, rule.score_certain);
    out->margin_certain = rule.margin_certain * (double)model->stranger_deviation;
    for (size_t i = 0; i < HR_CLOSENESS_POINTS; i++) {
        struct hr_decide_options other = *options;
        other.false_present = chances[i];
        out->points[i].accepted = chances[i];
        out->points[i].similarity = similarity_of(model, hr_class_rule(gallery, &other).score_certain);
    }
    compare(gallery, rule.score_certain, out);
}
