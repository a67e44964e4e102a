/* The compiled models of a folder: the detector, and every network that makes vectors of faces. */
#ifndef HR_CLASSROOM_MODELS_H
#define HR_CLASSROOM_MODELS_H

#include <pthread.h>

#include "face/embed.h"

/* The detector's file in the model folder. Every other file *.hrm there that says that it makes vectors of faces is an
 * embedder; which one is better they say themselves (hr_model_face.rank). */
#define HR_MODEL_DETECTOR_FILE "centerface.hrm"
#define HR_MODEL_SUFFIX ".hrm"

/* Rank of the best embedder that is prepared by default: with less, a better one is missing. */
enum { HR_MODEL_BEST_RANK = 2 };

struct hr_model_embedder {
    char path[4096];
    struct hr_model_peek peek;
    struct hr_network *network; /* NULL until it is needed: hr_models_need */
};

/* Never change once they are open, but that a network is opened when it is first needed. Any thread. */
struct hr_models {
    pthread_mutex_t lock; /* of the embedders' networks */
    struct hr_network *detector;
    struct hr_model_embedder embedders[HR_VECTOR_PARTS_MAX]; /* best first */
    size_t embedder_count;
};

/* Opens the detector and lists the embedders. MODEL when the detector or every embedder is missing, or one is damaged.
 */
enum hr_status hr_models_open(struct hr_models *out, const char *model_dir, struct hr_error *error) HR_MUST_USE;
void hr_models_close(struct hr_models *models); /* safe on a zeroed one */

/* All embedders, best first; borrows from the models, which must not move. */
enum hr_status hr_models_layout(const struct hr_models *models, struct hr_vector_layout *out,
                                struct hr_error *error) HR_MUST_USE;

/* The networks of a layout's parts, opened and checked now if they were not before. */
enum hr_status hr_models_need(struct hr_models *models, const struct hr_vector_layout *layout,
                              const struct hr_network *networks[HR_VECTOR_PARTS_MAX],
                              struct hr_error *error) HR_MUST_USE;

#endif
