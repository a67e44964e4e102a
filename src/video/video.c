#include "video/video.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "video/decoding.h"
#include "video/photo.h"
#include "video/remote.h"
#include "video/serve.h"

/* One of the two. */
struct hr_video {
    char *name; /* owned */
    struct hr_remote *remote;
    struct hr_decoding *decoding;
};

enum hr_status hr_video_open(struct hr_video **out, struct hr_stream *stream, const char *name,
                             const struct hr_video_options *options, struct hr_error *error)
{
    *out = NULL;
    struct hr_video *video = calloc(1, sizeof *video);
    if (video == NULL || (video->name = strdup(name)) == NULL) {
        free(video);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a video");
    }
    enum hr_status status = options->sandbox != NULL ? hr_remote_open(&video->remote, stream, options, error)
                                                     : hr_decoding_open(&video->decoding, stream, options, NULL, error);
    if (status != HR_OK) {
        hr_video_close(video);
        return hr_error_prefix(error, "'%s'", name);
    }
    *out = video;
    return HR_OK;
}

void hr_video_close(struct hr_video *video)
{
    if (video == NULL)
        return;
    hr_remote_close(video->remote);
    hr_decoding_close(video->decoding);
    free(video->name);
    free(video);
}

const struct hr_video_info *hr_video_info(const struct hr_video *video)
{
    return video->remote != NULL ? hr_remote_info(video->remote) : hr_decoding_info(video->decoding);
}

enum hr_status hr_video_next(struct hr_video *video, struct hr_frame *out, struct hr_error *error)
{
    enum hr_status status = video->remote != NULL ? hr_remote_next(video->remote, out, error)
                                                  : hr_decoding_next(video->decoding, out, error);
    if (status == HR_OK || status == HR_END)
        return status;
    return hr_error_prefix(error, "'%s'", video->name);
}

struct hr_video_work hr_video_work(const struct hr_video *video)
{
    return video->remote != NULL ? hr_remote_work(video->remote) : hr_decoding_work(video->decoding);
}

void hr_video_skip_past(struct hr_video *video, int64_t pts_us)
{
    if (video->remote != NULL)
        hr_remote_skip_past(video->remote, pts_us);
    else
        hr_decoding_skip_past(video->decoding, pts_us);
}

const char *hr_video_warning(const struct hr_video *video)
{
    return video->remote != NULL ? hr_remote_warning(video->remote) : hr_decoding_warning(video->decoding);
}

/* --- photos --- */

enum hr_status hr_photo_read_damaged(struct hr_image *out, struct hr_view bytes, const char *name,
                                     const struct hr_photo_options *options, char damage[HR_PHOTO_DAMAGE_SIZE],
                                     struct hr_error *error)
{
    enum hr_status status;
    damage[0] = '\0';
    if (options != NULL && options->sandbox != NULL) {
        status = hr_remote_photo(out, bytes, options, damage, error);
    } else {
        struct hr_reason reason;
        status = hr_photo_decode(out, bytes, &reason, error);
        if (status == HR_OK)
            snprintf(damage, HR_PHOTO_DAMAGE_SIZE, "%.*s", HR_PHOTO_DAMAGE_SIZE - 1, reason.first);
    }
    return status == HR_OK ? status : hr_error_prefix(error, "'%s'", name);
}

enum hr_status hr_photo_read(struct hr_image *out, struct hr_view bytes, const char *name,
                             const struct hr_photo_options *options, struct hr_error *error)
{
    char ignored[HR_PHOTO_DAMAGE_SIZE];
    return hr_photo_read_damaged(out, bytes, name, options, ignored, error);
}

/* --- the sandbox, as the world knows it --- */

enum hr_status hr_sandbox_start(struct hr_sandbox **out, const struct hr_sandbox_options *options,
                                struct hr_error *error)
{
    *out = NULL;
    if (options != NULL && options->size != sizeof *options)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "sandbox options of %zu bytes: their size is not set, or they are those of another version",
                            options->size);
    uint64_t bytes = options != NULL && options->memory_bytes > 0 ? options->memory_bytes : HR_LIMIT_DECODER_BYTES;
    return hr_sandbox_fork(out, &hr_serve_videos, bytes, error);
}

enum hr_status hr_video_try_sandbox(const struct hr_sandbox *sandbox, char *held, size_t size, bool *whole,
                                    struct hr_error *error)
{
    unsigned layers;
    enum hr_status status = hr_remote_try(sandbox, &layers, error);
    hr_confine_describe(layers, held, size);
    *whole = layers == HR_CONFINE_ALL;
    return status;
}
