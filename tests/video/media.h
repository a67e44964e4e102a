/* Videos for the tests: made by the ffmpeg program when the test runs, in a folder that goes away
 * with it. */
#ifndef HR_TESTS_VIDEO_MEDIA_H
#define HR_TESTS_VIDEO_MEDIA_H

#include "base/stream.h"
#include "video/video.h"

enum { MEDIA_PATH_MAX = 512, MEDIA_FRAMES_MAX = 1024 };

/* For cmocka's group set-up and tear-down: the folder, of this process alone. */
int media_set_up(void **state);
int media_tear_down(void **state);

/* The path of `name` in the folder; static memory, four calls deep. */
const char *media_path(const char *name);
/* Run a program (found in PATH), arguments up to NULL; fails the test when it fails. */
void media_run(const char *program, ...) __attribute__((sentinel));
/* ffmpeg with `arguments` (words between spaces; @x: the file x in the folder) making the file
 * `name`; kept for later calls. */
void media_make(const char *name, const char *arguments);
/* Whether ffmpeg has this encoder. */
bool media_has_encoder(const char *encoder);

/* The whole file in memory of its own (free). */
struct hr_view media_load(const char *path);
void media_free(struct hr_view bytes);

/* What a video gave: time, size and a checksum of the pixels of each frame. */
struct media_frame {
    int64_t pts_us;
    struct hr_size size;
    uint64_t checksum;
};
struct media_result {
    enum hr_status status; /* HR_END when all went well */
    struct hr_error error;
    struct media_frame frames[MEDIA_FRAMES_MAX];
    size_t count;
    struct hr_video_info info; /* its texts are gone */
    char codec[32];
    struct hr_video_work work;
    char warning[512]; /* "" without one */
};

/* The same options with the sandbox of a run that HOMEROOM_TEST_SANDBOX=1 asks for, else without: for what is opened
 * without media_decode. Static memory, until the next call. */
const struct hr_video_options *media_options(const struct hr_video_options *options);
const struct hr_photo_options *media_photo_options(void);

uint64_t media_checksum(const struct hr_frame *frame);
/* Reads the stream as a video to its end. */
void media_decode(struct media_result *out, struct hr_stream *stream, const struct hr_video_options *options);
/* The same for a file in memory. `seekable` false: like a pipe. */
void media_decode_bytes(struct media_result *out, struct hr_view bytes, bool seekable,
                        const struct hr_video_options *options);
void media_decode_file(struct media_result *out, const char *path, const struct hr_video_options *options);

#endif
