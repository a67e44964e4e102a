/* The decision by itself, for tracks wherever they come from. */
#ifndef HR_FACE_DECIDE_H
#define HR_FACE_DECIDE_H

#include "face/tracks.h"

/* As hr_decide. The tracks are in the order of their beginning. */
enum hr_status hr_decide_each(const struct hr_track *const *tracks, size_t count, const struct hr_gallery *gallery,
                              const struct hr_decide_options *options, struct hr_decision *out,
                              struct hr_error *error) HR_MUST_USE;

#endif
