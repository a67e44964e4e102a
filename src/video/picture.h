/* Decoded pictures -> upright RGB24 with square pixels. Any pixel format, range and matrix that libswscale knows. */
#ifndef HR_VIDEO_PICTURE_H
#define HR_VIDEO_PICTURE_H

#include <libavutil/frame.h>

#include "video/orient.h"

struct SwsContext;

/* Memory of somebody else's for the pixels that are handed out. */
struct hr_picture_room {
    /* `bytes` of it, which hold until the next call; NULL: there is none. */
    uint8_t *(*get)(void *context, size_t bytes);
    void *context;
};

/* How far apart the rows of an RGB picture of that width lie: vector code may write them whole. */
static inline size_t hr_picture_stride(int width_px)
{
    enum { ROW_ALIGN_BYTES = 64 };
    return ((size_t)width_px * 3 + ROW_ALIGN_BYTES - 1) & ~(size_t)(ROW_ALIGN_BYTES - 1);
}
/* A picture's bytes, and some behind it that may be written, too. */
static inline size_t hr_picture_bytes(struct hr_size size)
{
    return hr_picture_stride(size.width_px) * (size_t)size.height_px + 64;
}

/* Keeps its memory from picture to picture; sizes and formats may change between them. */
struct hr_picture {
    struct SwsContext *scaler; /* owned */
    uint8_t *stored;           /* owned, as it lies in the file; `size` bytes are enough for both */
    uint8_t *upright;          /* owned; NULL until something had to be turned */
    size_t stored_bytes;
    size_t upright_bytes;
    const struct hr_picture_room *room; /* borrowed; NULL: memory of its own */
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
