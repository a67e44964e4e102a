#include "video/jpeg.h"

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>

/* Of 2 (best) to 31: a face of 120 x 150 pixels takes 4 kB, and nothing is seen of it. */
enum { QUALITY = 4 };

static enum hr_status failed(const char *what, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_INTERNAL, "writing a JPEG: %s", what);
}

static enum hr_status open_encoder(struct hr_size size, AVCodecContext **out, struct hr_error *error)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    if (codec == NULL)
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "this machine's FFmpeg writes no JPEG");
    AVCodecContext *context = avcodec_alloc_context3(codec);
    if (context == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to write a JPEG");
    context->width = size.width_px;
    context->height = size.height_px;
    context->time_base = (AVRational){1, 25};
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->color_range = AVCOL_RANGE_JPEG;
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    context->global_quality = QUALITY * FF_QP2LAMBDA;
    *out = context;
    return avcodec_open2(context, codec, NULL) == 0 ? HR_OK : failed("the encoder does not open", error);
}

/* RGB -> the encoder's planes. */
static enum hr_status convert(const struct hr_frame *picture, const AVCodecContext *context, AVFrame *frame,
                              struct hr_error *error)
{
    frame->format = context->pix_fmt;
    frame->width = context->width;
    frame->height = context->height;
    frame->quality = context->global_quality;
    frame->color_range = AVCOL_RANGE_JPEG;
    if (av_frame_get_buffer(frame, 0) != 0)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to write a JPEG");
    struct SwsContext *scaler = sws_getContext(context->width, context->height, AV_PIX_FMT_RGB24, context->width,
                                               context->height, context->pix_fmt, SWS_BILINEAR, NULL, NULL, NULL);
    if (scaler == NULL)
        return failed("no conversion", error);
    /* From all of RGB to all of the planes' range. */
    const int *coefficients = sws_getCoefficients(SWS_CS_ITU601);
    if (sws_setColorspaceDetails(scaler, coefficients, 1, coefficients, 1, 0, 1 << 16, 1 << 16) < 0) {
        sws_freeContext(scaler);
        return failed("no conversion", error);
    }
    const uint8_t *planes[1] = {picture->rgb};
    int strides[1] = {(int)picture->stride_bytes};
    int rows = sws_scale(scaler, planes, strides, 0, context->height, frame->data, frame->linesize);
    sws_freeContext(scaler);
    return rows == context->height ? HR_OK : failed("no conversion", error);
}

static enum hr_status encode(AVCodecContext *context, const AVFrame *frame, AVPacket *packet, struct hr_buffer *out,
                             struct hr_error *error)
{
    if (avcodec_send_frame(context, frame) != 0 || avcodec_send_frame(context, NULL) != 0 ||
        avcodec_receive_packet(context, packet) != 0)
        return failed("the encoder gives nothing", error);
    hr_buffer_append(out, hr_view_of(packet->data, (size_t)packet->size));
    return hr_buffer_check(out, error);
}

enum hr_status hr_jpeg_write(const struct hr_frame *picture, struct hr_buffer *out, struct hr_error *error)
{
    AVCodecContext *context = NULL;
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    enum hr_status status = hr_size_check(picture->size, error);
    if (status == HR_OK && (frame == NULL || packet == NULL))
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory to write a JPEG");
    if (status == HR_OK)
        status = open_encoder(picture->size, &context, error);
    if (status == HR_OK)
        status = convert(picture, context, frame, error);
    if (status == HR_OK)
        status = encode(context, frame, packet, out, error);
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&context);
    return status;
}
