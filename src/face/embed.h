/* Aligned chips and their embeddings: dlib's face ResNet, 128 numbers, Euclidean distance. */
#ifndef HR_FACE_EMBED_H
#define HR_FACE_EMBED_H

#include "face/face.h"

enum { HR_CHIP_SIDE_PX = 150, HR_EMBEDDING_SIZE = 128 };

/* A square RGB image of the face turned upright and scaled so that its landmarks come to lie on
 * fixed places. */
struct hr_chip {
    uint8_t rgb[HR_CHIP_SIDE_PX * HR_CHIP_SIDE_PX * 3];
};

/* How good a view of the face this is; decides which views of a track are embedded and what
 * enrolment refuses. */
struct hr_view_quality {
    float size_px; /* distance-based face size in the frame: shorter side of the box */
    float
        sharpness; /* variance of the Laplacian of the chip's luma, 0..; below the limit: blurred */
    float frontal; /* 0 (profile) .. 1 (frontal), from the landmarks' symmetry */
    float overall; /* 0..1, the ranking figure made of these and the detector's score */
};

/* Chips with less sharpness are blurred: enrolment refuses them, tracks prefer others. */
#define HR_SHARPNESS_MIN 15.0f

/* Similarity transform by least squares (Umeyama 1991, without reflection) from the five landmarks.
 */
void hr_face_align(const struct hr_frame *frame, const struct hr_face *face, struct hr_chip *out);
struct hr_view_quality hr_face_quality(const struct hr_face *face, const struct hr_chip *chip);

/* Euclidean, of two vectors of HR_EMBEDDING_SIZE floats. The differences are squared, so that near
 * vectors lose nothing by rounding. */
float hr_distance(const float *a, const float *b);

struct hr_embedder; /* opaque; one per thread */

struct hr_embedder_options {
    bool mirrored; /* average the embedding of the chip and of its mirror image: better, twice the
                      time */
    struct hr_pool *pool; /* borrowed, may be NULL */
};

struct hr_embedder_options hr_embedder_options_default(void);

enum hr_status hr_embedder_new(struct hr_embedder **out, const struct hr_network *network,
                               const struct hr_embedder_options *options,
                               struct hr_error *error) HR_MUST_USE;
void hr_embedder_free(struct hr_embedder *embedder);

/* `out` receives count * HR_EMBEDDING_SIZE floats. */
void hr_embed(struct hr_embedder *embedder, const struct hr_chip *chips, size_t count, float *out);

#endif
