/* What is taken for a video or a photo by its name, wherever files arrive by themselves. */
#ifndef HR_CLASSROOM_NAMES_H
#define HR_CLASSROOM_NAMES_H

#include <stdbool.h>

/* The endings, for people and for the functions below: whatever cameras, phones and programs write that video/ reads,
 * by every FFmpeg that homeroom is built with. A still picture is read as a video of one frame, and GIF and WebP may
 * move. */
#define HR_FILM_ENDINGS                                                                                                \
    "mp4, m4v, mov, qt, mkv, webm, avi, mpg, mpeg, mpe, m1v, m2v, vob, ts, mts, m2ts, 3gp, 3g2, wmv, asf, flv, f4v, "  \
    "ogv, mxf, dv, mjpeg, mjpg, h264, 264, h265, 265, hevc"
#define HR_PHOTO_ENDINGS                                                                                               \
    "jpg, jpeg, jpe, jfif, jif, png, webp, heic, heif, hif, avif, bmp, tif, tiff, gif, jp2, j2k, jpf, jpx"

/* Whether a file in a folder of photos is one, by the ending in any case. */
bool hr_is_photo_name(const char *name);
/* Of another file: why it is not taken when it is a picture, for people; NULL for what is none. Static. */
const char *hr_photo_name_refused(const char *name);

/* By the ending, in any case: a film or a photo; hidden files and the "._" ones of macOS are none. */
bool hr_is_video_name(const char *name);

#endif
