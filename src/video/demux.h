/* The container: which stream is the video, what it says about it, and its packets.
 *
 * Reads the container's index when it is opened; decodes nothing unless the container does not say
 * what the decoder has to know (then FFmpeg probes a little). */
#ifndef HR_VIDEO_DEMUX_H
#define HR_VIDEO_DEMUX_H

#include "video/orient.h"
#include "video/reason.h"
#include "video/source.h"
#include "video/timeline.h"

struct hr_demux {
    struct hr_source *source; /* borrowed */
    AVFormatContext *format;  /* owned */
    AVStream *stream;         /* the video; belongs to `format` */
    int cameras;              /* how many videos there are */
    int failures;             /* reads in a row that failed on damaged bytes */
    struct hr_timeline timeline;
    bool started;            /* the first packet of the video was read */
    int64_t start;           /* of the container, in ticks of the video */
    int64_t end_pts;         /* when the last picture that was read ends, as the container says;
                        AV_NOPTS_VALUE at first */
    size_t damaged;          /* packets the container knows to be incomplete, and failed reads */
    struct hr_reason damage; /* what FFmpeg said about the first of them */
};

/* `kind`: FFmpeg's name of the container, where it is known better than FFmpeg could guess; else NULL.
 * `camera`: which of several videos, from 0 on, the one that players show first.
 * Errors: FORMAT (with what the bytes really are), UNSUPPORTED, LIMIT, DEADLINE, IO, MEMORY. Close
 * it also after an error. */
enum hr_status hr_demux_open(struct hr_demux *demux, struct hr_source *source, const char *kind, int camera,
                             struct hr_reason *reason, struct hr_error *error) HR_MUST_USE;
void hr_demux_close(struct hr_demux *demux);

/* The next packet of the video into the blank `packet`, its times on one steady clock
 * (video/timeline.h). HR_END after the last, also where the file is cut off (demux->damaged counts
 * that); the stream's own error; DEADLINE; LIMIT where there are pictures for longer than a video may
 * have. */
enum hr_status hr_demux_read(struct hr_demux *demux, AVPacket *packet, struct hr_reason *reason,
                             struct hr_error *error) HR_MUST_USE;

/* When the container starts, with its first picture or sound: from there a player counts. Known once
 * a packet was read. */
int64_t hr_demux_start(const struct hr_demux *demux);
/* Of the last picture so far, counted from the start. */
int64_t hr_demux_latest_us(const struct hr_demux *demux);

/* From the container's display matrix; upright when it has none. */
enum hr_orientation hr_demux_orientation(const struct hr_demux *demux);
/* As the container says; 0 when it does not. */
int64_t hr_demux_duration_us(const struct hr_demux *demux);
/* Wall clock, microseconds since 1970, as the container or its stream says; 0 when it says none, or none that a camera
 * could mean. */
int64_t hr_demux_created_us(const struct hr_demux *demux);
/* By how much the packets that were read fall short of the video's claimed end; 0 when they do not,
 * or when nobody knows. */
int64_t hr_demux_missing_us(const struct hr_demux *demux);

#endif
