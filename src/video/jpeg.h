/* Small pictures of ours as JPEG, by FFmpeg. */
#ifndef HR_VIDEO_JPEG_H
#define HR_VIDEO_JPEG_H

#include "base/buffer.h"
#include "base/image.h"

/* Adds the picture as a JPEG file to an initialised buffer. UNSUPPORTED when this machine's FFmpeg writes none. */
enum hr_status hr_jpeg_write(const struct hr_frame *picture, struct hr_buffer *out, struct hr_error *error) HR_MUST_USE;

#endif
