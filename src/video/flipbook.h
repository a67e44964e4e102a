/* An animated WebP from memory: its frames one after the other, each laid over those before it. */
#ifndef HR_VIDEO_FLIPBOOK_H
#define HR_VIDEO_FLIPBOOK_H

#include "base/buffer.h"
#include "base/image.h"
#include "video/reason.h"

struct hr_flipbook; /* opaque */

/* Takes over what `bytes` holds, leaving it empty, also when it fails. Errors: FORMAT, LIMIT, MEMORY,
 * UNSUPPORTED (no WebP decoder). */
enum hr_status hr_flipbook_open(struct hr_flipbook **out, struct hr_buffer *bytes, struct hr_error *error) HR_MUST_USE;
void hr_flipbook_close(struct hr_flipbook *book);

/* All frames' durations together. */
int64_t hr_flipbook_duration_us(const struct hr_flipbook *book);

/* The next frame: its time is set, its pixels belong to the book and hold until the next call. HR_END
 * after the last, with `damage` where the file is cut off. A frame that cannot be decoded shows what
 * was there before; `damage` then holds what the decoder said, else "". */
enum hr_status hr_flipbook_next(struct hr_flipbook *book, struct hr_frame *out, struct hr_reason *damage,
                                struct hr_error *error) HR_MUST_USE;

#endif
