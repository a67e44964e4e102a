#include "video/decoder.h"

#include <stdio.h>
#include <string.h>

#include "base/image.h"
#include "base/limits.h"

/* From the decoder's threads, several at a time. */
static int get_buffer(AVCodecContext *decoder, AVFrame *frame, int flags)
{
    atomic_bool *refused = decoder->opaque;
    int code = avcodec_default_get_buffer2(decoder, frame, flags);
    if (code == AVERROR(ENOMEM) && refused != NULL)
        atomic_store(refused, true);
    return code;
}

static void set_limits(AVCodecContext *decoder, int threads)
{
    decoder->get_buffer2 = get_buffer;
#if LIBAVCODEC_VERSION_MAJOR < 60 /* all functions must be so from then on */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    decoder->thread_safe_callbacks = 1;
#pragma GCC diagnostic pop
#endif
    decoder->max_pixels = (int64_t)HR_LIMIT_FRAME_PIXELS;
    decoder->thread_count = threads > HR_LIMIT_THREADS ? HR_LIMIT_THREADS : threads;
    decoder->thread_type = FF_THREAD_FRAME | FF_THREAD_SLICE;
    /* An H.264 stream may not say by how many pictures showing lags behind decoding. Strict: take
     * what its level allows, instead of guessing too little and losing the first pictures. */
    if (decoder->codec_id == AV_CODEC_ID_H264)
        decoder->strict_std_compliance = FF_COMPLIANCE_STRICT;
}

enum hr_status hr_decoder_open(AVCodecContext **out, enum AVCodecID codec_id, const AVCodecParameters *parameters,
                               int threads, atomic_bool *refused, const struct hr_reason *reason,
                               struct hr_error *error)
{
    *out = NULL;
    const AVCodec *codec = avcodec_find_decoder(codec_id);
    if (codec == NULL)
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "the codec %s can't be decoded by the FFmpeg that is installed",
                            avcodec_get_name(codec_id));
    AVCodecContext *decoder = avcodec_alloc_context3(codec);
    if (decoder == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a decoder");
    int code = parameters != NULL ? avcodec_parameters_to_context(decoder, parameters) : 0;
    if (code >= 0) {
        decoder->opaque = refused;
        set_limits(decoder, threads);
        code = avcodec_open2(decoder, codec, NULL);
    }
    if (code >= 0) {
        *out = decoder;
        return HR_OK;
    }
    avcodec_free_context(&decoder);
    if (code == AVERROR(ENOMEM) || code == AVERROR(EAGAIN)) /* the latter: for its threads */
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a decoder");
    char said[HR_REASON_TEXT_MAX + AV_ERROR_MAX_STRING_SIZE];
    hr_reason_text(reason, code, said, sizeof said);
    return hr_error_set(error, HR_ERR_FORMAT, "the %s decoder refuses the file (%s)", avcodec_get_name(codec_id), said);
}

bool hr_decoder_refused_size(const char *said, struct hr_error *error)
{
    static const char words[] = "Picture size ";
    const char *at = strstr(said, words);
    struct hr_size size;
    if (at == NULL && strstr(said, "exceeds specified max pixel count") == NULL)
        return false;
    if (at == NULL || sscanf(at + sizeof words - 1, "%dx%d", &size.width_px, &size.height_px) != 2 ||
        hr_size_check(size, error) != HR_ERR_LIMIT)
        (void)hr_error_set(error, HR_ERR_LIMIT, "the picture is too large (%s)", said);
    return true;
}
