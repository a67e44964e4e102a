#include "video/timeline.h"

#include <libavutil/common.h>

enum { RECENT_MAX = HR_TIMELINE_REORDER_MAX + 1 };

void hr_timeline_init(struct hr_timeline *timeline, int64_t start, double tick_s)
{
    *timeline = (struct hr_timeline){.ticks_per_s = 1.0 / tick_s, .latest = start};
}

static size_t recent_count(const struct hr_timeline *timeline)
{
    return timeline->added < RECENT_MAX ? (size_t)timeline->added : RECENT_MAX;
}

static int64_t earliest_recent(const struct hr_timeline *timeline)
{
    int64_t earliest = timeline->latest;
    for (size_t i = 0; i < recent_count(timeline); i++)
        earliest = timeline->recent[i] < earliest ? timeline->recent[i] : earliest;
    return earliest;
}

/* From one picture to the next, as the last ones had it; at most a second. */
static int64_t step(const struct hr_timeline *timeline)
{
    size_t count = recent_count(timeline);
    double ticks = timeline->ticks_per_s / 25;
    if (count > 1)
        ticks = ((double)timeline->latest - (double)earliest_recent(timeline)) / (double)(count - 1);
    return (int64_t)(ticks < timeline->ticks_per_s ? ticks + 0.5 : timeline->ticks_per_s);
}

/* Pictures are decoded in another order than they are shown, but none is shown before all of the
 * last few, and none behind a key picture before those in front of it. */
static bool is_back(const struct hr_timeline *timeline, int64_t time, bool key)
{
    double limit = HR_TIMELINE_BACK_MAX_S * timeline->ticks_per_s;
    if (timeline->added == 0)
        return false;
    double back = (double)timeline->latest - (double)time;
    if ((key && back >= limit) || back > HR_TIMELINE_AHEAD_MAX_S * timeline->ticks_per_s)
        return true;
    return timeline->added >= RECENT_MAX && (double)earliest_recent(timeline) - (double)time >= limit;
}

static bool is_ahead(const struct hr_timeline *timeline, int64_t time)
{
    return (double)time - (double)timeline->latest > HR_TIMELINE_AHEAD_MAX_S * timeline->ticks_per_s;
}

static bool fits(const struct hr_timeline *timeline, int64_t time, bool key)
{
    return !is_back(timeline, time, key) && !is_ahead(timeline, time);
}

static void close_jump(struct hr_timeline *timeline, int64_t time)
{
    timeline->jumps++;
    timeline->before_offset = timeline->offset;
    timeline->offset = av_sat_sub64(av_sat_add64(timeline->latest, step(timeline)), time);
}

static void advance(struct hr_timeline *timeline, int64_t time)
{
    timeline->recent[timeline->added++ % RECENT_MAX] = time;
    if (time <= timeline->latest)
        return;
    double ahead = (double)time - (double)timeline->latest;
    double pause = HR_TIMELINE_PAUSE_S * timeline->ticks_per_s;
    timeline->pictured_ticks += ahead < pause ? ahead : pause;
    timeline->latest = time;
}

int64_t hr_timeline_add(struct hr_timeline *timeline, int64_t time, bool key)
{
    if (!fits(timeline, av_sat_add64(time, timeline->offset), key)) {
        int64_t before = av_sat_add64(time, timeline->before_offset);
        if (timeline->jumps > 0 && fits(timeline, before, key)) {
            int64_t offset = timeline->offset;
            timeline->offset = timeline->before_offset;
            timeline->before_offset = offset;
        } else {
            close_jump(timeline, time);
        }
    }
    advance(timeline, av_sat_add64(time, timeline->offset));
    return timeline->offset;
}
