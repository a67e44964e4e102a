/* How alike the students of a class are to each other, against what a certain name asks for. */
#ifndef HR_CLASSROOM_CLOSENESS_H
#define HR_CLASSROOM_CLOSENESS_H

#include "face/tracks.h"

/* Of a class larger than that, the first ones: nobody waits for more. */
#define HR_CLOSENESS_STUDENTS_MAX 2000
/* Bins of similarity from -1 to 1; a point of the curve for each chance that somebody may accept. */
enum { HR_CLOSENESS_BINS = 40, HR_CLOSENESS_PAIRS_MAX = 20, HR_CLOSENESS_POINTS = 6 };
/* Fewer photos than that are thin. */
enum { HR_PHOTOS_ENOUGH = 3 };

struct hr_closeness {
    size_t students;
    double similarity_certain, margin_certain; /* as cosines of the best model */
    double crowding;                           /* of hr_class_rule */
    size_t bins[HR_CLOSENESS_BINS];            /* pairs of students by the similarity of their templates */
    struct {
        double accepted; /* the chance of a stranger who is named */
        double similarity;
    } points[HR_CLOSENESS_POINTS]; /* what a certain name asks for then */
    struct {
        size_t first, second; /* of the gallery */
        double similarity;
    } pairs[HR_CLOSENESS_PAIRS_MAX]; /* as alike as a certain name asks for, or more so; the most alike first */
    size_t pair_count;
};

/* Of students who are compared in different models nothing is said. `options`: as recognition has them. */
void hr_closeness_of(const struct hr_gallery *gallery, const struct hr_decide_options *options,
                     struct hr_closeness *out);

#endif
