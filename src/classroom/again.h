/* Deciding again who was seen in a lesson, without its videos: from the vectors that the class keeps
 * (records/views.h), by the class as it is now. */
#ifndef HR_CLASSROOM_AGAIN_H
#define HR_CLASSROOM_AGAIN_H

#include "classroom/snapshot.h"
#include "classroom/unknown.h"

/* Every track of the lesson whose vector is kept is held against the snapshot's gallery (borrowed; of the class on the
 * lesson's day). A student of whom two tracks or more were said not to be him is not given one of the same face as
 * theirs. `known`: the models that are here. *changed: how many tracks are now taken for somebody else. CONFLICT: the
 * lesson is finished. All or nothing; within a transaction it is a part of it. */
enum hr_status hr_lesson_decide_again(struct hr_database *database, int64_t lesson, const struct hr_snapshot *snapshot,
                                      const struct hr_vector_layout *known, size_t *changed,
                                      struct hr_error *error) HR_MUST_USE;

/* Enrols a student from the best of these tracks whose vectors are kept, as a part of a correction: taken back with it.
 * *faces: how many tracks gave one. PERMISSION: he does not agree to be recognised. Within a transaction. */
enum hr_status hr_enrol_from_tracks(struct hr_database *database, const char *student_id, int64_t change,
                                    const int64_t *tracks, size_t count, const struct hr_vector_layout *known,
                                    size_t *faces, struct hr_error *error) HR_MUST_USE;

#endif
