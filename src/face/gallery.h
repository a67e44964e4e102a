/* The gallery: one template per enrolled student, exact nearest-neighbour search. Filled, closed, and from then on
 * read-only and shared by all threads. Its vectors are in memory that no core file and no forked process has: a process
 * that forks has no use of its parent's galleries.
 *
 * A template is the mean of a student's vectors of one model, made length 1 again. Students may be enrolled with
 * vectors of several models; each is compared in the best one that he has and this machine knows. What is searched
 * for has a part for each model that some student needs (hr_gallery_layout), and likenesses of different models are
 * compared by their scores (hr_vector_score). */
#ifndef HR_FACE_GALLERY_H
#define HR_FACE_GALLERY_H

#include "face/embed.h"

struct hr_gallery; /* opaque */

/* `known`: the models that may be used, best first; what it borrows must outlive the gallery. */
enum hr_status hr_gallery_new(struct hr_gallery **out, const struct hr_vector_layout *known,
                              struct hr_error *error) HR_MUST_USE;
void hr_gallery_free(struct hr_gallery *gallery);

struct hr_gallery_vector {
    const char *student_id;
    const char *model_id;
    const float *numbers; /* of any length above 0 */
    size_t size;
    double face_px; /* width of the face that it was made from; 0: not known */
};
/* Copies what it keeps. MODEL when the model is not one of the known; FORMAT when the vector has another length than
 * the model's, or a number that is not finite; LIMIT. */
enum hr_status hr_gallery_add(struct hr_gallery *gallery, const struct hr_gallery_vector *vector,
                              struct hr_error *error) HR_MUST_USE;
/* Nothing is added after this, and nothing is searched for before. MEMORY. */
enum hr_status hr_gallery_close(struct hr_gallery *gallery, struct hr_error *error) HR_MUST_USE;

size_t hr_gallery_students(const struct hr_gallery *gallery);
size_t hr_gallery_vectors(const struct hr_gallery *gallery); /* added */
/* The parts of a vector that is searched for: of the models that some student is compared in. */
const struct hr_vector_layout *hr_gallery_layout(const struct hr_gallery *gallery);

/* What is known of a student, index < hr_gallery_students, in the order in which students were first added. */
struct hr_gallery_student {
    const char *id;
    const struct hr_vector_part *part; /* of the layout: the model that he is compared in */
    size_t vectors;                    /* that the template is the mean of */
    double face_px;                    /* the largest face among them; 0: not known */
    float cohesion;                    /* length of the mean before it was made 1: the more alike the longer */
    const float *template;             /* part->model->vector_size numbers */
};
struct hr_gallery_student hr_gallery_student(const struct hr_gallery *gallery, size_t index);
/* SIZE_MAX: he is not in it. */
size_t hr_gallery_find(const struct hr_gallery *gallery, const char *student_id);

struct hr_match {
    size_t student;   /* index; SIZE_MAX: none */
    float similarity; /* cosine with the template, times the length of what was searched for */
    float score;      /* the same in the model's standard deviations: comparable; -INFINITY: none */
};

/* The `count` students who look most like the probe, most alike first; entries beyond the students there are have
 * student SIZE_MAX. `probe` has the gallery's layout; its parts have length 1, or less when it is a mean of views:
 * then the similarity is the mean of the views' similarities. Exact: what the coarse first look leaves out is proven
 * to be less alike. */
void hr_gallery_search(const struct hr_gallery *gallery, const float *probe, struct hr_match *matches, size_t count);

/* How alike the students are to each other: the scores of their templates, over all pairs of the same model (of an
 * even choice of some hundred students when there are more). */
struct hr_gallery_likeness {
    size_t students; /* that were compared */
    size_t pairs;
    double mean;
    double deviation;
};
struct hr_gallery_likeness hr_gallery_likeness(const struct hr_gallery *gallery);

#endif
