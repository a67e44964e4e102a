/* One steady clock out of the times that a container gives.
 *
 * Cameras are switched off and on, recordings are joined, live streams break off for hours, and a
 * muxer may write one absurd time. A step that no recording makes, back or far ahead, is a jump: it
 * is closed, and time goes on where it was, one picture later. A time that fits the clock from before
 * the last jump is taken by that clock again, so that a single wrong one costs nothing behind it.
 *
 * Works on packets in decoding order and sees all of them, also those that nobody decodes: another
 * look at the same video gets the same times. Times are in ticks of the stream. Plain values; no
 * allocation. */
#ifndef HR_VIDEO_TIMELINE_H
#define HR_VIDEO_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HR_TIMELINE_AHEAD_MAX_S = 3600, /* either way; a slide may stay for most of a lesson */
    HR_TIMELINE_BACK_MAX_S = 1,     /* where the order of pictures shows that it is one */
    HR_TIMELINE_REORDER_MAX = 16,   /* pictures by which decoding and showing order differ */
    HR_TIMELINE_PAUSE_S = 10        /* what a pause without pictures counts for, however long */
};

struct hr_timeline {
    double ticks_per_s;
    int64_t offset;        /* added to the container's times */
    int64_t before_offset; /* the same before the last jump */
    int64_t latest;        /* of all so far, closed */
    double pictured_ticks; /* how much time there were pictures for: the work there is */
    size_t jumps;
    int64_t recent[HR_TIMELINE_REORDER_MAX + 1]; /* closed */
    uint64_t added;
};

/* `start`: the container's, to which the first picture's time is held. `tick_s`: above 0. */
void hr_timeline_init(struct hr_timeline *timeline, int64_t start, double tick_s);

/* The next picture in decoding order; `key`: it can be decoded by itself. Returns what has to be
 * added to its times. */
int64_t hr_timeline_add(struct hr_timeline *timeline, int64_t time, bool key);

#endif
