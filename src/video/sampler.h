/* Which frames are due: time is cut into windows of one sample each, and the first frame of a
 * window is the one that is looked at.
 *
 * Window k begins at k / samples_per_s after the first frame, rounded to the nearest tick of the
 * stream's time base, so that a container that counts milliseconds does not lose a frame to
 * rounding. Plain values; no state, no allocation. */
#ifndef HR_VIDEO_SAMPLER_H
#define HR_VIDEO_SAMPLER_H

#include <stdint.h>

struct hr_sampler {
    double ticks_per_sample; /* 0: every frame is due */
    double ticks_per_s;
};

/* `tick_s`: seconds of one tick of the time base, above 0. */
struct hr_sampler hr_sampler_of(double samples_per_s, double tick_s);

/* The window that holds a time given in ticks since the first frame; negative before it. With every
 * frame due, a window of its own for each tick. */
int64_t hr_sampler_window(const struct hr_sampler *sampler, int64_t ticks);

#endif
