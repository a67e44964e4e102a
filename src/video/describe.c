#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "video/heif.h"
#include "video/video.h"

enum { DESCRIPTION_MAX = 512 };

/* What users bring; "heic" and "avif" are libheif's, the rest FFmpeg's. */
static const char *const wanted[] = {"h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "jpeg", "png", "webp", "heic"};

bool hr_video_can_decode(const char *codec)
{
    if (strcmp(codec, "heic") == 0 || strcmp(codec, "heif") == 0)
        return hr_heif_can_decode_heic();
    if (strcmp(codec, "avif") == 0)
        return hr_heif_can_decode_avif();
    if (strcmp(codec, "jpeg") == 0)
        codec = "mjpeg";
    const AVCodecDescriptor *descriptor = avcodec_descriptor_get_by_name(codec);
    return descriptor != NULL && avcodec_find_decoder(descriptor->id) != NULL;
}

void hr_video_describe(char *out, size_t size)
{
    unsigned version = avcodec_version();
    struct hr_buffer text;
    hr_buffer_init(&text, DESCRIPTION_MAX);
    hr_buffer_append_format(&text, "FFmpeg %s (libavcodec %u.%u.%u), libheif %s; decodes", av_version_info(),
                            version >> 16, version >> 8 & 255, version & 255, hr_heif_version());
    size_t missing = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (hr_video_can_decode(wanted[i]))
            hr_buffer_append_format(&text, " %s", wanted[i]);
        else
            missing++;
    }
    if (missing > 0)
        hr_buffer_append_text(&text, "; not");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!hr_video_can_decode(wanted[i]))
            hr_buffer_append_format(&text, " %s", wanted[i]);
    snprintf(out, size, "%s", hr_buffer_text(&text));
    hr_buffer_clear(&text);
}
