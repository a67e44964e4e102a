/* Models that exist in a test only: their numbers and calibration are chosen, and no network makes them. */
#ifndef TEST_FAKE_MODELS_H
#define TEST_FAKE_MODELS_H

#include "face/gallery.h"

enum { FAKE_SIZE = 32, FAKE_LESSER_SIZE = 16 };

/* One standard deviation of strangers is 0.1 of cosine, and their mean 0: a score is ten times a cosine. */
static const struct hr_model_face fake_model = {.rank = 9,
                                                .vector_size = FAKE_SIZE,
                                                .chip_side_px = 32,
                                                .scale = {1, 1, 1},
                                                .stranger_deviation = 0.1f,
                                                .same_mean = 0.7f,
                                                .same_deviation = 0.1f};
/* The lesser one: all faces are alike, a score is (cosine - 0.8) / 0.05. */
static const struct hr_model_face fake_lesser_model = {.rank = 1,
                                                       .vector_size = FAKE_LESSER_SIZE,
                                                       .chip_side_px = 32,
                                                       .scale = {1, 1, 1},
                                                       .stranger_mean = 0.8f,
                                                       .stranger_deviation = 0.05f,
                                                       .same_mean = 0.95f,
                                                       .same_deviation = 0.02f};

/* "best-1" and, when asked for, "lesser-1". */
static inline struct hr_vector_layout fake_layout(bool both)
{
    struct hr_vector_layout layout = {0};
    struct hr_error error;
    enum hr_status status = hr_vector_layout_add(&layout, "best-1", &fake_model, &error);
    if (status == HR_OK && both)
        status = hr_vector_layout_add(&layout, "lesser-1", &fake_lesser_model, &error);
    return status == HR_OK ? layout : (struct hr_vector_layout){0};
}

static inline enum hr_status fake_add(struct hr_gallery *gallery, const char *id, const char *model,
                                      const float *numbers, struct hr_error *error)
{
    struct hr_gallery_vector vector = {.student_id = id,
                                       .model_id = model,
                                       .numbers = numbers,
                                       .size = model[0] == 'b' ? (size_t)FAKE_SIZE : (size_t)FAKE_LESSER_SIZE};
    return hr_gallery_add(gallery, &vector, error);
}

#endif
