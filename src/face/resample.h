/* Shrinking pictures by area averaging, straight into a network's input. Inside this room only. */
#ifndef HR_FACE_RESAMPLE_H
#define HR_FACE_RESAMPLE_H

#include "base/image.h"
#include "base/status.h"

struct hr_shrinker; /* opaque: weights and scratch of one pair of sizes */

/* From `source` to `target` pixels; target is nowhere larger than source. Tensor rows and columns
 * beyond `target`, up to `padded`, are zero. */
struct hr_shrinker_sizes {
    struct hr_size source;
    struct hr_size target;
    struct hr_size padded;
};

enum hr_status hr_shrinker_new(struct hr_shrinker **out, const struct hr_shrinker_sizes *sizes,
                               struct hr_error *error) HR_MUST_USE;
void hr_shrinker_free(struct hr_shrinker *shrinker);
/* Whether it was made for these. */
bool hr_shrinker_fits(const struct hr_shrinker *shrinker, const struct hr_shrinker_sizes *sizes);

/* `planes` receives [3][padded height][padded width] floats, 0..255, R G B. Each result pixel is
 * the mean of the source pixels that it covers, partly covered ones by their share. */
void hr_shrinker_run(struct hr_shrinker *shrinker, const struct hr_frame *frame, float *planes);

#endif
