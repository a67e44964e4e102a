/* Animated WebP, which FFmpeg 5 to 7 don't decode: its frames, each as a file of its own. */
#ifndef HR_VIDEO_WEBP_H
#define HR_VIDEO_WEBP_H

#include "base/buffer.h"
#include "base/image.h"

bool hr_webp_is_animated(struct hr_view photo);

/* One frame: a part of the canvas that changes. */
struct hr_webp_frame {
    int left_px;
    int top_px;
    struct hr_size size;
    int64_t duration_us;
    bool blend;          /* over what is there, by its alpha; else in its place */
    bool dispose;        /* the part is empty once the frame's time is over */
    struct hr_view data; /* borrowed from the file */
};

/* Whether it is shorter than it says. */
bool hr_webp_is_cut_off(struct hr_view photo);
/* The size of all frames together; false where the file does not say. */
bool hr_webp_canvas(struct hr_view photo, struct hr_size *size);
/* The frames, in the order in which they are shown: *rest is the file at first. False: no more, or the
 * file is cut off. */
bool hr_webp_next_frame(struct hr_view *rest, struct hr_webp_frame *out);
/* Appends the frame as a still WebP file. False: out of room. */
bool hr_webp_frame_file(const struct hr_webp_frame *frame, struct hr_buffer *out);

/* Appends a still WebP file with the first frame of an animated one (in the frame's own size; the
 * canvas around it is left out). False: there is no whole frame in it. */
bool hr_webp_first_frame(struct hr_view photo, struct hr_buffer *out);

#endif
