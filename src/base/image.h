/* Pixels: 8-bit RGB, interleaved R G B, rows `stride_bytes` apart, top row first. */
#ifndef HR_BASE_IMAGE_H
#define HR_BASE_IMAGE_H

#include "base/status.h"

struct hr_size {
    int width_px;
    int height_px;
};

/* Borrowed pixels of one moment of a video (or one photo). */
struct hr_frame {
    struct hr_size size;
    ptrdiff_t stride_bytes;
    const uint8_t *rgb;
    int64_t pts_us; /* presentation time from the start of the video; 0 for a photo */
};

/* Owned pixels. */
struct hr_image {
    struct hr_size size;
    ptrdiff_t stride_bytes;
    uint8_t *rgb; /* owned, 64-byte aligned rows are not promised */
};

/* Rows packed (stride = 3 * width). LIMIT when a side or the product passes base/limits.h. */
enum hr_status hr_image_init(struct hr_image *image, struct hr_size size, struct hr_error *error) HR_MUST_USE;
void hr_image_clear(struct hr_image *image); /* frees; safe on a zeroed one */
struct hr_frame hr_image_frame(const struct hr_image *image);

/* HR_OK when the size is positive and within the limits of base/limits.h. */
enum hr_status hr_size_check(struct hr_size size, struct hr_error *error) HR_MUST_USE;

#endif
