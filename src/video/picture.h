/* Decoded pictures -> upright RGB24 with square pixels. Any pixel format, range and matrix that libswscale knows. */
#ifndef HR_VIDEO_PICTURE_H
#define HR_VIDEO_PICTURE_H

#include <libavutil/frame.h>

#include "video/orient.h"

struct SwsContext;

/* Keeps its memory from picture to picture; sizes and formats may change between them. */
struct hr_picture {
    struct SwsContext *scaler; /* owned */
    uint8_t *stored;           /* owned, as it lies in the file; `size` bytes are enough for both */
    uint8_t *upright;          /* owned; NULL until something had to be turned */
    size_t stored_bytes;
    size_t upright_bytes;
};

void hr_picture_clear(struct hr_picture *picture);

/* `pixel`: width to height of a stored pixel; 0/1 where nobody knows, and a pixel that is absurdly
 * long, count as square. Squaring widens or heightens, so that nothing of a face is lost; only where
 * that would pass a limit of base/limits.h, the other side shrinks instead.
 * The pixels of *out belong to `picture` and hold until the next call; out->pts_us is 0.
 * Errors: LIMIT, UNSUPPORTED (pixel format), MEMORY. */
enum hr_status hr_picture_convert(struct hr_picture *picture, const AVFrame *frame, AVRational pixel,
                                  enum hr_orientation orientation, struct hr_frame *out,
                                  struct hr_error *error) HR_MUST_USE;

#endif
