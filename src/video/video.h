/* Bytes of a video -> RGB frames with their presentation time. The only user of libav*.
 *
 * Where there is a sandbox, the bytes are read here and looked at there, in a process that can do nothing else: one per
 * video or photo (video/remote.h). Without one they are decoded in this process (video/decoding.h). The frames are the
 * same, bit for bit.
 *
 * A video is used by one thread at a time; the decoder has threads of its own. */
#ifndef HR_VIDEO_VIDEO_H
#define HR_VIDEO_VIDEO_H

#include "base/clock.h"
#include "base/image.h"
#include "base/status.h"
#include "base/stream.h"

struct hr_video; /* opaque */

struct hr_video_options {
    double samples_per_s; /* by presentation time; 0: every frame */
    int decoder_threads;  /* 0: as many as the machine has processors */
    /* Which of several cameras in one file, from 0 to hr_video_info.cameras - 1; ARGUMENT beyond. Each
     * has its own frames, all of them the same start. The first is the one that players show. */
    int camera;
    const struct hr_deadline *deadline; /* borrowed, may be NULL; also interrupts blocking reads, in a sandbox all */
    const struct hr_sandbox *sandbox;   /* borrowed, may be NULL */
    /* Decode also what no due frame needs. The frames are the same, bit for bit; this is for the
     * tests that show it, and for the bench. */
    bool decode_everything;
};

struct hr_video_info {
    struct hr_size size; /* as shown: pixels made square, display rotation applied */
    int rotation_deg;    /* clockwise rotation that was applied: 0, 90, 180, 270 */
    /* As the container says; 0 when it does not. Once hr_video_next gave HR_END for a video whose clock
     * jumps: of what was shown. */
    int64_t duration_us;
    int64_t created_us; /* wall clock of the first picture, as the container says; 0 when it does not */
    int cameras;        /* videos in the file; cover pictures are none */
    /* Borrowed from the video. */
    const char *container; /* "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", ...; "image" */
    const char *codec;     /* "h264", "hevc", "mjpeg", "heif", ... */
};

/* Open from a stream, which is borrowed and must outlive the video. `name` is used in errors only.
 * Errors: FORMAT (not a video, no video stream, damaged beyond reading), UNSUPPORTED (codec), LIMIT
 * (named limits of base/limits.h), DEADLINE, IO (the stream's own error). A still image is a video
 * of one frame. */
enum hr_status hr_video_open(struct hr_video **out, struct hr_stream *stream, const char *name,
                             const struct hr_video_options *options, struct hr_error *error) HR_MUST_USE;
void hr_video_close(struct hr_video *video);

const struct hr_video_info *hr_video_info(const struct hr_video *video);

/* The next frame that is due: the first whose time is at or after the next sample time k /
 * samples_per_s (rounded to the container's clock), counted from the start of the container, as
 * players do: its first sound, or its first picture. A jump of its clock is closed. HR_OK; HR_END
 * after the last; an error otherwise (LIMIT: behind as many frames as a video may have). Damage in
 * the middle of a file is not an error: the frames that can be decoded are given and
 * hr_video_warning says what was wrong. The frame's pixels belong to the video and are valid until
 * the next call. */
enum hr_status hr_video_next(struct hr_video *video, struct hr_frame *out, struct hr_error *error) HR_MUST_USE;

/* What decoding cost so far; for estimates, the bench and the tests. */
struct hr_video_work {
    uint64_t packets_decoded;
    uint64_t packets_left_out; /* no due frame needed them */
    int64_t processor_us;      /* of a process apart; 0 where this process decodes */
    uint64_t memory_bytes;     /* the most that it had; likewise */
};
struct hr_video_work hr_video_work(const struct hr_video *video);

/* Goes on behind a frame that an earlier look at the same video, with the same samples_per_s, has
 * given: it, at `pts_us`, and those before it are not given again; those behind it are the same as if
 * there had been one look. Call it before the first hr_video_next. */
void hr_video_skip_past(struct hr_video *video, int64_t pts_us);

/* NULL, or one line on what was wrong with the file; known once hr_video_next gave HR_END.
 * Borrowed. */
const char *hr_video_warning(const struct hr_video *video);

/* Decode one photo: JPEG, PNG, WebP, ... (FFmpeg) or HEIC (libheif), EXIF orientation applied.
 * *out is the caller's (hr_image_clear). `options` may be NULL. */
struct hr_photo_options {
    const struct hr_sandbox *sandbox;   /* borrowed, may be NULL */
    const struct hr_deadline *deadline; /* borrowed, may be NULL; counts in a sandbox */
    bool tables;                        /* of an archive: video/album.h */
};
enum hr_status hr_photo_read(struct hr_image *out, struct hr_view bytes, const char *name,
                             const struct hr_photo_options *options, struct hr_error *error) HR_MUST_USE;

/* The same, and what was wrong with a picture that could be decoded in part only, as one cut off on its way: then it is
 * HR_OK, the missing part is grey or smeared, and `damage` says what the decoder said; else `damage` is "". */
enum { HR_PHOTO_DAMAGE_SIZE = 160 };
enum hr_status hr_photo_read_damaged(struct hr_image *out, struct hr_view bytes, const char *name,
                                     const struct hr_photo_options *options, char damage[HR_PHOTO_DAMAGE_SIZE],
                                     struct hr_error *error) HR_MUST_USE;

/* Whether a sandbox works here, and which of its layers hold: "limits, no new privileges, ..." into `held`; *whole: all
 * of them. Starts a child that does nothing. */
enum hr_status hr_video_try_sandbox(const struct hr_sandbox *sandbox, char *held, size_t size, bool *whole,
                                    struct hr_error *error) HR_MUST_USE;

/* One line for `homeroom doctor`: versions of the libraries, and which of the wanted decoders are
 * there. */
void hr_video_describe(char *out, size_t size);
/* Whether this build can decode "h264", "hevc", "av1", "vp9", "mpeg4", "heic", "webp", ... */
bool hr_video_can_decode(const char *codec);

#endif
