/* How many people the tracks are that nobody enrolled fits: somebody who turns away and back has several. */
#ifndef HR_FACE_PEOPLE_H
#define HR_FACE_PEOPLE_H

#include "face/tracks.h"

/* person[i] becomes the number of the person, from 1 on in the order of first sight, whom track i shows; 0 for a track
 * whose decision gives a student, and for one without a view, of which nothing can be told. *people: the highest
 * number, and as many more as faces without a view were seen at once: they are somebody.
 *
 * Complete linkage: a track joins a person when it is as alike to all of that person's tracks as two views of one
 * person are (hr_vector_same_person_score), and none of them was seen by the same camera at the same time. */
enum hr_status hr_people_of_tracks(const struct hr_tracks *tracks, const struct hr_decision *decisions, size_t *person,
                                   size_t *people, struct hr_error *error) HR_MUST_USE;

/* The same of tracks wherever they come from, with vectors of that layout: those with unknown[i] are put together, the
 * others are of no person. Tracks of one camera have times of one clock. *people: how many there are. */
enum hr_status hr_people_of_each(const struct hr_track *const *tracks, const bool *unknown, size_t count,
                                 const struct hr_vector_layout *layout, size_t *person, size_t *people,
                                 struct hr_error *error) HR_MUST_USE;

#endif
