#include "video/picture.h"

#include <libavutil/mathematics.h>
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <math.h>

#include "base/limits.h"

/* No camera's pixels are longer than this; 2:1 is what recorders make that keep half the columns. */
enum { PIXEL_RATIO_MAX = 16 };
/* Files that were cropped say 1079:1080; not worth a new pixel for each old one. */
#define PIXEL_RATIO_SQUARE 0.01

void hr_picture_clear(struct hr_picture *picture)
{
    sws_freeContext(picture->scaler);
    av_freep(&picture->stored);
    av_freep(&picture->upright);
    *picture = (struct hr_picture){0};
}

/* Makes room for a picture of `size` in memory of our own. */
static bool make_room(uint8_t **buffer, size_t *buffer_bytes, size_t bytes)
{
    if (bytes <= *buffer_bytes)
        return true;
    av_freep(buffer);
    *buffer_bytes = 0;
    *buffer = av_mallocz(bytes);
    if (*buffer != NULL)
        *buffer_bytes = bytes;
    return *buffer != NULL;
}

/* Where its pixels go. `given`: they are the ones that are handed out. */
static enum hr_status find_room(struct hr_picture *picture, uint8_t **own, size_t *own_bytes, bool given,
                                struct hr_frame *frame, struct hr_error *error)
{
    size_t bytes = hr_picture_bytes(frame->size); /* within the limits: no product is too large */
    frame->stride_bytes = (ptrdiff_t)hr_picture_stride(frame->size.width_px);
    if (given && picture->room != NULL)
        frame->rgb = picture->room->get(picture->room->context, bytes);
    else
        frame->rgb = make_room(own, own_bytes, bytes) ? *own : NULL;
    if (frame->rgb != NULL)
        return HR_OK;
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a picture of %d x %d pixels", frame->size.width_px,
                        frame->size.height_px);
}

/* The "J" formats say by their name that they use the full range. */
static bool is_full_range(const AVFrame *frame)
{
    switch (frame->format) {
    case AV_PIX_FMT_YUVJ411P:
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ444P:
        return true;
    default:
        return frame->color_range == AVCOL_RANGE_JPEG;
    }
}

/* The matrix the file names; where it names none, what players take: BT.709 for HD, else BT.601. */
static int matrix_of(const AVFrame *frame)
{
    switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
    case AVCOL_SPC_FCC:
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_SMPTE240M:
    case AVCOL_SPC_BT2020_NCL:
        return (int)frame->colorspace; /* libswscale uses the same numbers */
    case AVCOL_SPC_BT2020_CL:
        return SWS_CS_BT2020;
    default:
        return frame->width >= 1280 || frame->height > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    }
}

static bool is_within_limits(struct hr_size size)
{
    struct hr_error ignored;
    return hr_size_check(size, &ignored) == HR_OK;
}

static int scale_side(int side_px, int numerator, int denominator)
{
    int64_t scaled = av_rescale(side_px, numerator, denominator);
    return scaled < 1 ? 1 : scaled > INT32_MAX ? INT32_MAX : (int)scaled;
}

/* The size at which the stored picture is shown, before it is turned. */
static struct hr_size square(struct hr_size stored, AVRational pixel)
{
    if (pixel.num <= 0 || pixel.den <= 0)
        return stored;
    double ratio = av_q2d(pixel);
    if (fabs(ratio - 1) < PIXEL_RATIO_SQUARE || ratio > PIXEL_RATIO_MAX || ratio < 1.0 / PIXEL_RATIO_MAX)
        return stored;
    struct hr_size wider = {scale_side(stored.width_px, pixel.num, pixel.den), stored.height_px};
    struct hr_size higher = {stored.width_px, scale_side(stored.height_px, pixel.den, pixel.num)};
    if (ratio > 1)
        return is_within_limits(wider) ? wider : higher;
    return is_within_limits(higher) ? higher : wider;
}

static enum hr_status set_scaler(struct hr_picture *picture, const AVFrame *frame, struct hr_size shown,
                                 struct hr_error *error)
{
    bool resized = shown.width_px != frame->width || shown.height_px != frame->height;
    picture->scaler = sws_getCachedContext(picture->scaler, frame->width, frame->height,
                                           (enum AVPixelFormat)frame->format, shown.width_px, shown.height_px,
                                           AV_PIX_FMT_RGB24, resized ? SWS_BICUBIC : SWS_BILINEAR, NULL, NULL, NULL);
    if (picture->scaler == NULL) {
        const char *name = av_get_pix_fmt_name((enum AVPixelFormat)frame->format);
        if (sws_isSupportedInput((enum AVPixelFormat)frame->format))
            return hr_error_set(error, HR_ERR_MEMORY, "no memory to convert a picture of %d x %d pixels", frame->width,
                                frame->height);
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "pixels of the kind %s", name != NULL ? name : "unknown");
    }
    /* No effect, and no harm, where the source is RGB. */
    (void)sws_setColorspaceDetails(picture->scaler, sws_getCoefficients(matrix_of(frame)), is_full_range(frame),
                                   sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    return HR_OK;
}

enum hr_status hr_picture_convert(struct hr_picture *picture, const AVFrame *frame, AVRational pixel,
                                  enum hr_orientation orientation, struct hr_frame *out, struct hr_error *error)
{
    struct hr_size coded = {frame->width, frame->height};
    enum hr_status status = hr_size_check(coded, error);
    if (status != HR_OK)
        return status;
    struct hr_frame stored = {.size = square(coded, pixel)};
    status = set_scaler(picture, frame, stored.size, error);
    if (status == HR_OK)
        status = find_room(picture, &picture->stored, &picture->stored_bytes, orientation == HR_ORIENT_UPRIGHT, &stored,
                           error);
    if (status != HR_OK)
        return status;
    uint8_t *planes[4] = {(uint8_t *)stored.rgb};
    int strides[4] = {(int)stored.stride_bytes};
    int rows = sws_scale(picture->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height,
                         planes, strides);
    if (rows != stored.size.height_px)
        return hr_error_set(error, HR_ERR_INTERNAL, "converting the picture to RGB failed");
    *out = stored;
    if (orientation == HR_ORIENT_UPRIGHT)
        return HR_OK;

    struct hr_frame upright = {.size = hr_orientation_size(orientation, stored.size)};
    status = find_room(picture, &picture->upright, &picture->upright_bytes, true, &upright, error);
    if (status != HR_OK)
        return status;
    hr_orientation_apply(orientation, &stored, (uint8_t *)upright.rgb, upright.stride_bytes);
    *out = upright;
    return HR_OK;
}
