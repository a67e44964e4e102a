/* The gallery: enrolled vectors in memory, several per student, exact nearest-neighbour search.
 * Built once, then read-only and shared by all threads. */
#ifndef HR_FACE_GALLERY_H
#define HR_FACE_GALLERY_H

#include "face/embed.h"

struct hr_gallery; /* opaque */

/* `model_id` names the embedding model (hr_model_card.id); vectors of another model are refused by
 * hr_gallery_add with MODEL. */
enum hr_status hr_gallery_new(struct hr_gallery **out, const char *model_id,
                              struct hr_error *error) HR_MUST_USE;
void hr_gallery_free(struct hr_gallery *gallery);
/* Copies both. FORMAT when the vector has a number that is not finite. */
enum hr_status hr_gallery_add(struct hr_gallery *gallery, const char *student_id,
                              const char *model_id, const float *vector,
                              struct hr_error *error) HR_MUST_USE;

size_t hr_gallery_students(const struct hr_gallery *gallery);
size_t hr_gallery_vectors(const struct hr_gallery *gallery);
const char *hr_gallery_model(const struct hr_gallery *gallery);
/* index < hr_gallery_students; in the order in which students were first added. */
const char *hr_gallery_student(const struct hr_gallery *gallery, size_t index);

struct hr_match {
    size_t student; /* index for hr_gallery_student; SIZE_MAX: none */
    float distance; /* Euclidean, to the student's nearest vector; INFINITY: none */
};

/* The `count` nearest students, nearest first, each at the distance of their nearest vector;
 * entries beyond the students there are have student SIZE_MAX. Exact: what the coarse first look
 * leaves out is proven to be farther. */
void hr_gallery_search(const struct hr_gallery *gallery, const float *probe,
                       struct hr_match *matches, size_t count);

/* Nearest student and the nearest *other* student. */
struct hr_match_pair {
    struct hr_match best;
    struct hr_match runner_up;
};
struct hr_match_pair hr_gallery_nearest(const struct hr_gallery *gallery, const float *probe);

#endif
