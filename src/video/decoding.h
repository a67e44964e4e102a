/* A video decoded in the process that calls; what is behind hr_video_* with a sandbox and without. */
#ifndef HR_VIDEO_DECODING_H
#define HR_VIDEO_DECODING_H

#include "video/picture.h"
#include "video/video.h"

struct hr_decoding; /* opaque */

/* As the functions of video/video.h that have these names, without the video's name in an error's text. `room`
 * (borrowed; NULL: memory of its own) is where the pixels of a moving picture's frames are to be. */
enum hr_status hr_decoding_open(struct hr_decoding **out, struct hr_stream *stream,
                                const struct hr_video_options *options, const struct hr_picture_room *room,
                                struct hr_error *error) HR_MUST_USE;
void hr_decoding_close(struct hr_decoding *decoding);
const struct hr_video_info *hr_decoding_info(const struct hr_decoding *decoding);
enum hr_status hr_decoding_next(struct hr_decoding *decoding, struct hr_frame *out, struct hr_error *error) HR_MUST_USE;
struct hr_video_work hr_decoding_work(const struct hr_decoding *decoding);
void hr_decoding_skip_past(struct hr_decoding *decoding, int64_t pts_us);
const char *hr_decoding_warning(const struct hr_decoding *decoding);

#endif
