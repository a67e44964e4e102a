/* One photo from memory; what hr_photo_read and a still image given to hr_video_open share. */
#ifndef HR_VIDEO_PHOTO_H
#define HR_VIDEO_PHOTO_H

#include <libavcodec/avcodec.h>

#include "base/image.h"
#include "base/view.h"
#include "video/reason.h"
#include "video/sniff.h"

/* As hr_photo_read, without a name in the error's text. A picture that could be decoded in part is
 * HR_OK, and `damage` holds what was wrong ("" when nothing was). */
enum hr_status hr_photo_decode(struct hr_image *out, struct hr_view bytes, struct hr_reason *damage,
                               struct hr_error *error) HR_MUST_USE;

/* The first picture in `bytes`, which are given to the decoder as one packet. FFmpeg's error code. */
int hr_photo_decode_one(AVCodecContext *decoder, struct hr_view bytes, AVFrame *frame);

/* "mjpeg", "png", "heif", ...; a constant. */
const char *hr_photo_codec(enum hr_still kind);

#endif
