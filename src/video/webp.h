/* Animated WebP, which FFmpeg 5 to 7 don't decode: its first picture as a file of its own. */
#ifndef HR_VIDEO_WEBP_H
#define HR_VIDEO_WEBP_H

#include "base/buffer.h"

bool hr_webp_is_animated(struct hr_view photo);

/* Appends a still WebP file with the first frame of an animated one (in the frame's own size; the
 * canvas around it is left out). False: there is no whole frame in it. */
bool hr_webp_first_frame(struct hr_view photo, struct hr_buffer *out);

#endif
