#include "video/picture.h"

#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "base/limits.h"

/* Rows that vector code may write whole. */
enum { ROW_ALIGN_BYTES = 64 };

void hr_picture_clear(struct hr_picture *picture)
{
    sws_freeContext(picture->scaler);
    av_freep(&picture->stored);
    av_freep(&picture->upright);
    *picture = (struct hr_picture){0};
}

/* Makes room for a picture of `size`; rows are `*stride_bytes` apart. */
static enum hr_status make_room(uint8_t **buffer, size_t *buffer_bytes, struct hr_size size,
                                ptrdiff_t *stride_bytes, struct hr_error *error)
{
    size_t stride =
        ((size_t)size.width_px * 3 + ROW_ALIGN_BYTES - 1) & ~(size_t)(ROW_ALIGN_BYTES - 1);
    size_t bytes;
    if (!hr_size_multiply(stride, (size_t)size.height_px, &bytes) ||
        !hr_size_add(bytes, ROW_ALIGN_BYTES, &bytes))
        return hr_error_set(error, HR_ERR_LIMIT, "the picture is too large");
    if (bytes > *buffer_bytes) {
        av_freep(buffer);
        *buffer_bytes = 0;
        *buffer = av_mallocz(bytes);
        if (*buffer == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for a picture of %d x %d pixels",
                                size.width_px, size.height_px);
        *buffer_bytes = bytes;
    }
    *stride_bytes = (ptrdiff_t)stride;
    return HR_OK;
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

static enum hr_status set_scaler(struct hr_picture *picture, const AVFrame *frame,
                                 struct hr_error *error)
{
    picture->scaler = sws_getCachedContext(
        picture->scaler, frame->width, frame->height, (enum AVPixelFormat)frame->format,
        frame->width, frame->height, AV_PIX_FMT_RGB24, SWS_BILINEAR, NULL, NULL, NULL);
    if (picture->scaler == NULL) {
        const char *name = av_get_pix_fmt_name((enum AVPixelFormat)frame->format);
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "pixels of the kind %s",
                            name != NULL ? name : "unknown");
    }
    /* No effect, and no harm, where the source is RGB. */
    (void)sws_setColorspaceDetails(picture->scaler, sws_getCoefficients(matrix_of(frame)),
                                   is_full_range(frame), sws_getCoefficients(SWS_CS_DEFAULT), 1, 0,
                                   1 << 16, 1 << 16);
    return HR_OK;
}

enum hr_status hr_picture_convert(struct hr_picture *picture, const AVFrame *frame,
                                  enum hr_orientation orientation, struct hr_frame *out,
                                  struct hr_error *error)
{
    struct hr_frame stored = {.size = {frame->width, frame->height}};
    enum hr_status status = hr_size_check(stored.size, error);
    if (status == HR_OK)
        status = set_scaler(picture, frame, error);
    if (status == HR_OK)
        status = make_room(&picture->stored, &picture->stored_bytes, stored.size,
                           &stored.stride_bytes, error);
    if (status != HR_OK)
        return status;
    uint8_t *planes[4] = {picture->stored};
    int strides[4] = {(int)stored.stride_bytes};
    int rows = sws_scale(picture->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                         frame->height, planes, strides);
    if (rows != frame->height)
        return hr_error_set(error, HR_ERR_INTERNAL, "converting the picture to RGB failed");
    stored.rgb = picture->stored;
    *out = stored;
    if (orientation == HR_ORIENT_UPRIGHT)
        return HR_OK;

    struct hr_frame upright = {.size = hr_orientation_size(orientation, stored.size)};
    status = make_room(&picture->upright, &picture->upright_bytes, upright.size,
                       &upright.stride_bytes, error);
    if (status != HR_OK)
        return status;
    hr_orientation_apply(orientation, &stored, picture->upright, upright.stride_bytes);
    upright.rgb = picture->upright;
    *out = upright;
    return HR_OK;
}
