#include "video/sampler.h"

#include <math.h>

struct hr_sampler hr_sampler_of(double samples_per_s, double tick_s)
{
    if (!(samples_per_s > 0))
        return (struct hr_sampler){.ticks_per_s = 1.0 / tick_s};
    return (struct hr_sampler){.ticks_per_sample = 1.0 / (samples_per_s * tick_s), .ticks_per_s = 1.0 / tick_s};
}

static double window_start(const struct hr_sampler *sampler, double window)
{
    /* Nearest tick, halves down: a frame exactly between two ticks cannot be. */
    return ceil(window * sampler->ticks_per_sample - 0.5);
}

int64_t hr_sampler_window(const struct hr_sampler *sampler, int64_t ticks)
{
    if (sampler->ticks_per_sample <= 0)
        return ticks;
    /* The division may be off by one where a window starts between two ticks. */
    double window = floor((double)ticks / sampler->ticks_per_sample);
    if (window_start(sampler, window) > (double)ticks)
        window -= 1;
    else if (window_start(sampler, window + 1) <= (double)ticks)
        window += 1;
    if (window >= 0x1p62)
        return INT64_C(1) << 62;
    return window <= -0x1p62 ? -(INT64_C(1) << 62) : (int64_t)window;
}
