/* The unknown people of a class: tracks that nobody is taken for, put together to those of one person each, within a
 * recording and, where vectors are kept (records/views.h), over cameras and lessons. */
#ifndef HR_CLASSROOM_UNKNOWN_H
#define HR_CLASSROOM_UNKNOWN_H

#include "face/embed.h"
#include "records/lessons.h"

struct hr_unknown_person {
    int64_t key;     /* of the first of the tracks: by it people call him */
    int64_t *tracks; /* owned */
    size_t track_count;
    size_t lesson_count, sightings;
    int64_t first_us, last_us; /* wall clock */
    int64_t best;              /* the track with the largest face */
};

struct hr_unknown_people {
    struct hr_unknown_person *items; /* owned; by their keys */
    size_t count;
};

/* Of a class, or of one of its lessons (0: of all). Tracks of which nothing can be told, and those that are nobody, are
 * of no person. `known`: the models that are here; NULL: vectors are not compared. The caller clears *out. NOT_FOUND:
 * no such class. */
enum hr_status hr_unknown_people_find(struct hr_unknown_people *out, struct hr_database *database, const char *class_id,
                                      int64_t lesson, const struct hr_vector_layout *known,
                                      struct hr_error *error) HR_MUST_USE;
void hr_unknown_people_clear(struct hr_unknown_people *people);
/* The one whom the track shows; NULL: none of them. */
const struct hr_unknown_person *hr_unknown_people_of(const struct hr_unknown_people *people, int64_t track);

#endif
