/* Views of a face: upright pictures of it, how good they are, and the vectors that networks make of them. Which
 * networks these are is said by their model files alone (struct hr_model_face). */
#ifndef HR_FACE_EMBED_H
#define HR_FACE_EMBED_H

#include "face/face.h"

/* --- chips --- */

/* A square picture of a face, turned upright and scaled so that its landmarks come to lie on fixed places (pixels of
 * the chip, in the order of struct hr_face). */
struct hr_chip_shape {
    int side_px;
    struct hr_point landmarks[HR_LANDMARK_COUNT];
};

/* `rgb` receives side * side pixels. Similarity transform by least squares (Umeyama 1991, without reflection) from
 * the five landmarks; black outside the frame. */
void hr_face_cut(const struct hr_frame *frame, const struct hr_face *face, const struct hr_chip_shape *shape,
                 uint8_t *rgb);

/* The standard chip, by which views are judged and compared from frame to frame whatever networks embed them. */
enum { HR_CHIP_SIDE_PX = 150 };
struct hr_chip {
    uint8_t rgb[HR_CHIP_SIDE_PX * HR_CHIP_SIDE_PX * 3];
};
void hr_face_align(const struct hr_frame *frame, const struct hr_face *face, struct hr_chip *out);

/* How good a view of the face this is; decides which views of a track are embedded and what
 * enrolment refuses. */
struct hr_view_quality {
    float size_px;   /* distance-based face size in the frame: shorter side of the box */
    float sharpness; /* variance of the Laplacian of the chip's luma, 0..; below the limit: blurred */
    float frontal;   /* 0 (profile) .. 1 (frontal), from the landmarks' symmetry */
    float overall;   /* 0..1, the ranking figure made of these and the detector's score */
};

/* Chips with less sharpness are blurred: enrolment refuses them, tracks prefer others. */
#define HR_SHARPNESS_MIN 15.0f

struct hr_view_quality hr_face_quality(const struct hr_face *face, const struct hr_chip *chip);

/* --- vectors --- */

/* Most networks used together. */
enum { HR_VECTOR_PARTS_MAX = 4 };

/* A face's vector is made of one part for each network, best network first, one after the other; each part has length
 * 1, so that the sum of products of two parts is their cosine. Ids and descriptions are borrowed from the networks. */
struct hr_vector_part {
    const char *model_id;
    const struct hr_model_face *model;
    size_t first; /* number of the vector */
};
struct hr_vector_layout {
    struct hr_vector_part parts[HR_VECTOR_PARTS_MAX];
    size_t count;
    size_t size; /* numbers of the whole */
};

/* The layout's part of that model, or NULL. */
const struct hr_vector_part *hr_vector_part_of(const struct hr_vector_layout *layout, const char *model_id);
/* Adds a part; borrows both. LIMIT when there are too many. */
enum hr_status hr_vector_layout_add(struct hr_vector_layout *layout, const char *model_id,
                                    const struct hr_model_face *model, struct hr_error *error) HR_MUST_USE;

/* Gives one part the length 1. All zeros stay so. */
void hr_vector_normalise(float *part, size_t size);
/* The same for each part of a whole vector. */
void hr_vector_normalise_all(const struct hr_vector_layout *layout, float *vector);

/* How alike two vectors of the layout are, or means of some, as a score of the best model; -INFINITY: there is nothing
 * to compare. */
float hr_vector_likeness(const struct hr_vector_layout *layout, const float *a, const float *b);
/* How alike they must be to be one person's: what is asked of two views of one track, too. */
float hr_vector_same_person_score(const struct hr_vector_layout *layout);
/* The cosine of two parts of length 1. */
float hr_vector_cosine(const float *a, const float *b, size_t size);

/* A cosine in standard deviations from the mean of different people: what models have in common. By how many
 * decades such a value is rare among different people, and back. (hr_rarity is -log10 of the upper tail of the
 * standard normal distribution; for a model whose calibration is right, one pair of strangers in 10^rarity is at
 * least as alike.) */
float hr_vector_score(const struct hr_model_face *model, float cosine);
double hr_rarity(double score);
double hr_score_of_rarity(double rarity);

struct hr_embedders; /* opaque; one per thread */

struct hr_embedders_options {
    struct hr_pool *pool; /* borrowed, may be NULL */
};

/* `networks` are borrowed; the vectors' parts come in their order. MODEL when one makes no vectors of faces. */
enum hr_status hr_embedders_new(struct hr_embedders **out, const struct hr_network *const *networks, size_t count,
                                const struct hr_embedders_options *options, struct hr_error *error) HR_MUST_USE;
void hr_embedders_free(struct hr_embedders *embedders);
const struct hr_vector_layout *hr_embedders_layout(const struct hr_embedders *embedders);

/* The chips of one view, all that the networks want, side by side. */
size_t hr_embedders_chip_bytes(const struct hr_embedders *embedders);
void hr_embedders_cut(const struct hr_embedders *embedders, const struct hr_frame *frame, const struct hr_face *face,
                      uint8_t *chips);

/* `chips` has `count` views; `out` receives a vector of the layout's size for each. */
void hr_embed(struct hr_embedders *embedders, const uint8_t *const *chips, size_t count, float *out);

#endif
