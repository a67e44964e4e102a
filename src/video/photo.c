#include "video/photo.h"

#include <libavutil/intreadwrite.h>

#include "base/limits.h"
#include "video/decoder.h"
#include "video/exif.h"
#include "video/heif.h"
#include "video/picture.h"
#include "video/webp.h"

static enum AVCodecID codec_of(enum hr_still kind)
{
    switch (kind) {
    case HR_STILL_JPEG:
        return AV_CODEC_ID_MJPEG;
    case HR_STILL_PNG:
        return AV_CODEC_ID_PNG;
    case HR_STILL_WEBP:
        return AV_CODEC_ID_WEBP;
    case HR_STILL_BMP:
        return AV_CODEC_ID_BMP;
    case HR_STILL_GIF:
        return AV_CODEC_ID_GIF;
    case HR_STILL_TIFF:
        return AV_CODEC_ID_TIFF;
    case HR_STILL_JPEG2000:
        return AV_CODEC_ID_JPEG2000;
    default:
        return AV_CODEC_ID_NONE;
    }
}

const char *hr_photo_codec(enum hr_still kind)
{
    return kind == HR_STILL_HEIF ? "heif" : avcodec_get_name(codec_of(kind));
}

/* PNG's decoder has one message for "too large" and "no area": the header says which it is. */
static enum hr_status check_claim(enum hr_still kind, struct hr_view bytes, struct hr_error *error)
{
    enum { WIDTH_AT = 16, HEIGHT_AT = 20 };
    if (kind != HR_STILL_PNG || bytes.size < HEIGHT_AT + 4)
        return HR_OK;
    uint32_t width = AV_RB32(bytes.data + WIDTH_AT), height = AV_RB32(bytes.data + HEIGHT_AT);
    struct hr_size size = {
        .width_px = width > INT32_MAX ? INT32_MAX : (int)width,
        .height_px = height > INT32_MAX ? INT32_MAX : (int)height,
    };
    return hr_size_check(size, error);
}

int hr_photo_decode_one(AVCodecContext *decoder, struct hr_view bytes, AVFrame *frame)
{
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL)
        return AVERROR(ENOMEM);
    int code = av_new_packet(packet, (int)bytes.size); /* with the padding that decoders want */
    if (code >= 0) {
        memcpy(packet->data, bytes.data, bytes.size);
        packet->flags |= AV_PKT_FLAG_KEY;
        code = avcodec_send_packet(decoder, packet);
    }
    if (code >= 0)
        code = avcodec_receive_frame(decoder, frame);
    if (code == AVERROR(EAGAIN)) { /* it keeps the picture back until the end is known */
        code = avcodec_send_packet(decoder, NULL);
        if (code >= 0)
            code = avcodec_receive_frame(decoder, frame);
    }
    av_packet_free(&packet);
    /* Some call it damage, or no permission. */
    const atomic_bool *refused = decoder->opaque;
    return code < 0 && refused != NULL && atomic_load(refused) ? AVERROR(ENOMEM) : code;
}

static enum hr_status explain(int code, const struct hr_reason *reason, const char *kind, struct hr_error *error)
{
    if (code == AVERROR(ENOMEM))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to decode a photo");
    if (hr_decoder_refused_size(reason->first, error))
        return HR_ERR_LIMIT;
    char said[HR_REASON_TEXT_MAX + AV_ERROR_MAX_STRING_SIZE];
    hr_reason_text(reason, code, said, sizeof said);
    return hr_error_set(error, HR_ERR_FORMAT, "the %s picture is damaged (%s)", kind, said);
}

static enum hr_status copy(struct hr_image *out, const struct hr_frame *frame, struct hr_error *error)
{
    enum hr_status status = hr_image_init(out, frame->size, error);
    if (status != HR_OK)
        return status;
    for (int y = 0; y < frame->size.height_px; y++)
        memcpy(out->rgb + y * out->stride_bytes, frame->rgb + y * frame->stride_bytes,
               (size_t)frame->size.width_px * 3);
    return HR_OK;
}

static enum hr_status read_by_ffmpeg(struct hr_image *out, enum hr_still kind, struct hr_view bytes,
                                     enum hr_orientation orientation, struct hr_reason *reason, struct hr_error *error)
{
    struct hr_picture picture = {0};
    struct hr_frame upright;
    AVCodecContext *decoder = NULL;
    atomic_bool refused = false;
    hr_reason_listen(reason);
    AVFrame *frame = av_frame_alloc();
    enum hr_status status = frame != NULL ? HR_OK : hr_error_set(error, HR_ERR_MEMORY, "no memory to decode a photo");
    if (status == HR_OK)
        status = check_claim(kind, bytes, error);
    if (status == HR_OK)
        status = hr_decoder_open(&decoder, codec_of(kind), NULL, 1, &refused, reason, error);
    if (status != HR_OK)
        goto out;
    reason->first[0] = '\0';
    int code = hr_photo_decode_one(decoder, bytes, frame);
    if (code < 0) {
        status = explain(code, reason, hr_photo_codec(kind), error);
        goto out;
    }
    /* Viewers show photos pixel by pixel, whatever density the file names. */
    const AVRational pixel = {0, 1};
    status = hr_picture_convert(&picture, frame, pixel, orientation, &upright, error);
    if (status == HR_OK)
        status = copy(out, &upright, error);
out:
    hr_reason_listen(NULL);
    hr_picture_clear(&picture);
    avcodec_free_context(&decoder);
    av_frame_free(&frame);
    return status;
}

/* FFmpeg takes still WebP only. The orientation is that of the whole file. */
static enum hr_status read_animated_webp(struct hr_image *out, struct hr_view bytes, struct hr_reason *reason,
                                         struct hr_error *error)
{
    struct hr_buffer still;
    hr_buffer_init(&still, HR_LIMIT_PHOTO_BYTES + 64);
    enum hr_status status = hr_webp_first_frame(bytes, &still)
                                ? read_by_ffmpeg(out, HR_STILL_WEBP, hr_buffer_view(&still),
                                                 hr_exif_orientation(HR_STILL_WEBP, bytes), reason, error)
                                : hr_error_set(error, HR_ERR_FORMAT, "the animated WebP has no whole picture");
    hr_buffer_clear(&still);
    return status;
}

enum hr_status hr_photo_decode(struct hr_image *out, struct hr_view bytes, struct hr_reason *damage,
                               struct hr_error *error)
{
    *out = (struct hr_image){0};
    damage->first[0] = '\0';
    if (bytes.size > HR_LIMIT_PHOTO_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT, "%zu MB: more than a photo's limit of %d", bytes.size >> 20,
                            (int)(HR_LIMIT_PHOTO_BYTES >> 20));
    enum hr_still kind = hr_sniff_still(bytes);
    if (kind == HR_STILL_HEIF)
        return hr_heif_read(out, bytes, error);
    if (kind == HR_STILL_WEBP && hr_webp_is_animated(bytes))
        return read_animated_webp(out, bytes, damage, error);
    if (kind != HR_STILL_NONE)
        return read_by_ffmpeg(out, kind, bytes, hr_exif_orientation(kind, bytes), damage, error);
    const char *foreign = hr_sniff_foreign(bytes, true);
    if (foreign != NULL)
        return hr_error_set(error, HR_ERR_FORMAT, "not a photo: it is %s", foreign);
    return hr_error_set(error, HR_ERR_FORMAT,
                        "not a photo of a kind that is known (JPEG, PNG, WebP, HEIC, AVIF, BMP, "
                        "GIF, TIFF, JPEG 2000)");
}
