/* How far names can be trusted, measured: people of whom there are several pictures are enrolled with some of them and
 * looked for in the others, among strangers. Everything goes the way of recognition: the same faces, vectors, templates
 * and decisions. Nothing is kept. */
#ifndef HR_CLASSROOM_EVALUATE_H
#define HR_CLASSROOM_EVALUATE_H

#include "classroom/engine.h"

struct hr_evaluation; /* opaque: the faces of all pictures, in memory */

/* `session` is borrowed: of hr_session_new_enrolling, or of the class that is measured. */
enum hr_status hr_evaluation_new(struct hr_evaluation **out, struct hr_session *session,
                                 struct hr_error *error) HR_MUST_USE;
void hr_evaluation_free(struct hr_evaluation *evaluation);

/* Add a picture of `person`, or of a stranger (NULL). HR_OK with *faces 0 when no face is in it; FORMAT and the like
 * when it is no picture: nothing is added. */
enum hr_status hr_evaluation_add(struct hr_evaluation *evaluation, const char *person, struct hr_view bytes,
                                 const char *name, size_t *faces, struct hr_error *error) HR_MUST_USE;
size_t hr_evaluation_people(const struct hr_evaluation *evaluation);
size_t hr_evaluation_strangers(const struct hr_evaluation *evaluation);

struct hr_evaluate_options {
    size_t gallery; /* students per draw; 0: everybody who has enough pictures */
    size_t photos;  /* enrolled of each */
    size_t draws;   /* how often a gallery is drawn; people who are not drawn are strangers */
    uint64_t seed;  /* the same seed draws the same */
    double false_present;
};

/* Of pictures with the face of somebody enrolled, and of pictures with nobody enrolled. A picture counts once: as
 * certain when a face in it was named so, else as in review. */
struct hr_evaluate_counts {
    size_t students; /* enrolled per draw */
    size_t probes;
    size_t found_certain;
    size_t found_review;     /* in review only */
    size_t misnamed_certain; /* another student was named, and not the right one */
    size_t misnamed_review;
    size_t strangers;
    size_t strangers_certain;
    size_t strangers_review; /* in review only */
    size_t without_face;     /* pictures that nothing could be said of; counted among probes or strangers */
};

/* ARGUMENT when there are too few people or pictures. */
enum hr_status hr_evaluation_run(const struct hr_evaluation *evaluation, const struct hr_evaluate_options *options,
                                 struct hr_evaluate_counts *out, struct hr_error *error) HR_MUST_USE;
/* The strangers against a class that is enrolled; the evaluation's session is of its engine. */
enum hr_status hr_evaluation_run_class(const struct hr_evaluation *evaluation, const struct hr_gallery *gallery,
                                       double false_present, struct hr_evaluate_counts *out,
                                       struct hr_error *error) HR_MUST_USE;

/* The interval in which the true share lies with a confidence of 95 % (Wilson 1927); 0..1 when there is nothing. */
struct hr_interval {
    double low, high;
};
struct hr_interval hr_share_interval(size_t count, size_t of);

#endif
