/* A video decoded by a child of the sandbox: the parent's side. Bytes go to the child as it asks for them, from a
 * stream that stays here; frames come back in memory that both see. What the child says is checked before it is
 * believed, and a child that is silent, wrong, late or dead costs the one video that it had. */
#ifndef HR_VIDEO_REMOTE_H
#define HR_VIDEO_REMOTE_H

#include "sandbox/sandbox.h"
#include "video/album.h"

struct hr_remote; /* opaque */

/* As the functions of video/video.h that have these names, without the video's name in an error's text. Further errors:
 * FORMAT (the decoder crashed), LIMIT (it wanted more memory or time than it may have), MEMORY (the system ended it),
 * INTERNAL. */
enum hr_status hr_remote_open(struct hr_remote **out, struct hr_stream *stream, const struct hr_video_options *options,
                              struct hr_error *error) HR_MUST_USE;
/* Kills the child, whatever it does. */
void hr_remote_close(struct hr_remote *remote);
const struct hr_video_info *hr_remote_info(const struct hr_remote *remote);
enum hr_status hr_remote_next(struct hr_remote *remote, struct hr_frame *out, struct hr_error *error) HR_MUST_USE;
struct hr_video_work hr_remote_work(const struct hr_remote *remote);
void hr_remote_skip_past(struct hr_remote *remote, int64_t pts_us);
const char *hr_remote_warning(const struct hr_remote *remote);

/* A photo; `damage` as in hr_photo_read_damaged. */
enum hr_status hr_remote_photo(struct hr_image *out, struct hr_view bytes, const struct hr_photo_options *options,
                               char damage[HR_PHOTO_DAMAGE_SIZE], struct hr_error *error) HR_MUST_USE;

/* An archive of photos, as in video/album.h; hr_remote_close. */
enum hr_status hr_remote_album_open(struct hr_remote **out, struct hr_stream *stream,
                                    const struct hr_photo_options *options, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_remote_album_next(struct hr_remote *remote, struct hr_album_entry *out,
                                    struct hr_error *error) HR_MUST_USE;

/* A child that is asked nothing: the flags of the layers that hold (sandbox/confine.h). */
enum hr_status hr_remote_try(const struct hr_sandbox *sandbox, unsigned *layers, struct hr_error *error) HR_MUST_USE;

#endif
