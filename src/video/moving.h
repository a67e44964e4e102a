/* Pictures that move: more than one frame in a file that begins like a still image. GIF, APNG,
 * animated WebP, image sequences in HEIF and AVIF, and the JPEG pictures one behind the other that
 * network cameras write. */
#ifndef HR_VIDEO_MOVING_H
#define HR_VIDEO_MOVING_H

#include "video/sniff.h"
#include "video/source.h"

/* Whether there is a second frame. Keeps what it has to look at (hr_source_keep), at most as much as
 * a photo may have; call it before FFmpeg reads. A thumbnail, a depth or gain map and a film behind a
 * photo are no second frame. */
bool hr_moving(struct hr_source *source, enum hr_still kind);

/* Whether FFmpeg has to go back and forth in it. */
bool hr_moving_needs_seeking(enum hr_still kind);
/* The container by FFmpeg's name; NULL where it finds out by itself. */
const char *hr_moving_container(enum hr_still kind);

#endif
