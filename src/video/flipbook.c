#include "video/flipbook.h"

#include <libavutil/pixfmt.h>
#include <stdlib.h>

#include "base/limits.h"
#include "video/decoder.h"
#include "video/exif.h"
#include "video/photo.h"
#include "video/picture.h"
#include "video/webp.h"

enum { FILE_HEAD_BYTES = 64 }; /* of a frame as a file of its own */

struct hr_flipbook {
    struct hr_buffer bytes; /* owned: the file */
    struct hr_view rest;    /* frames that are to come */
    int64_t pts_us;         /* of the next */
    int64_t duration_us;
    enum hr_orientation orientation;
    struct hr_image canvas;  /* owned */
    struct hr_image upright; /* owned; empty while nothing has to be turned */
    struct hr_picture picture;
    AVCodecContext *decoder;     /* owned */
    atomic_bool refused;         /* a picture, for want of memory */
    AVFrame *frame;              /* owned */
    struct hr_webp_frame before; /* what is disposed of before the next */
};

static int64_t count_duration_us(struct hr_view rest)
{
    struct hr_webp_frame frame;
    int64_t duration_us = 0;
    while (hr_webp_next_frame(&rest, &frame))
        duration_us += frame.duration_us;
    return duration_us;
}

/* An empty canvas is black. */
static enum hr_status make_canvas(struct hr_flipbook *book, struct hr_error *error)
{
    struct hr_size size;
    if (!hr_webp_canvas(book->rest, &size))
        return hr_error_set(error, HR_ERR_FORMAT, "the animated WebP does not say how large it is");
    enum hr_status status = hr_image_init(&book->canvas, size, error);
    if (status == HR_OK)
        memset(book->canvas.rgb, 0, (size_t)book->canvas.stride_bytes * (size_t)book->canvas.size.height_px);
    if (status == HR_OK && book->orientation != HR_ORIENT_UPRIGHT)
        status = hr_image_init(&book->upright, hr_orientation_size(book->orientation, size), error);
    return status;
}

enum hr_status hr_flipbook_open(struct hr_flipbook **out, struct hr_buffer *bytes, struct hr_error *error)
{
    *out = NULL;
    struct hr_flipbook *book = calloc(1, sizeof *book);
    if (book == NULL) {
        hr_buffer_clear(bytes);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a moving picture");
    }
    book->bytes = *bytes;
    hr_buffer_init(bytes, bytes->max_size);
    book->rest = hr_buffer_view(&book->bytes);
    book->duration_us = count_duration_us(book->rest);
    book->orientation = hr_exif_orientation(HR_STILL_WEBP, book->rest);
    enum hr_status status = make_canvas(book, error);
    if (status == HR_OK)
        status = hr_decoder_open(&book->decoder, AV_CODEC_ID_WEBP, NULL, 1, &book->refused, NULL, error);
    if (status == HR_OK && (book->frame = av_frame_alloc()) == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a moving picture");
    if (status == HR_OK)
        *out = book;
    else
        hr_flipbook_close(book);
    return status;
}

void hr_flipbook_close(struct hr_flipbook *book)
{
    if (book == NULL)
        return;
    avcodec_free_context(&book->decoder);
    av_frame_free(&book->frame);
    hr_picture_clear(&book->picture);
    hr_image_clear(&book->canvas);
    hr_image_clear(&book->upright);
    hr_buffer_clear(&book->bytes);
    free(book);
}

int64_t hr_flipbook_duration_us(const struct hr_flipbook *book)
{
    return book->duration_us;
}

/* The part of the canvas that a frame covers: the rest of a frame that lies outside is not shown. */
static struct hr_size visible(const struct hr_flipbook *book, const struct hr_webp_frame *frame)
{
    struct hr_size size = frame->size;
    int right_px = book->canvas.size.width_px - frame->left_px;
    int below_px = book->canvas.size.height_px - frame->top_px;
    size.width_px = size.width_px < right_px ? size.width_px : right_px;
    size.height_px = size.height_px < below_px ? size.height_px : below_px;
    return size.width_px > 0 && size.height_px > 0 ? size : (struct hr_size){0, 0};
}

static uint8_t *canvas_row(const struct hr_flipbook *book, const struct hr_webp_frame *frame, int y)
{
    return book->canvas.rgb + (frame->top_px + y) * book->canvas.stride_bytes + 3 * (ptrdiff_t)frame->left_px;
}

static void dispose(struct hr_flipbook *book)
{
    if (!book->before.dispose)
        return;
    struct hr_size size = visible(book, &book->before);
    for (int y = 0; y < size.height_px; y++)
        memset(canvas_row(book, &book->before, y), 0, 3 * (size_t)size.width_px);
}

/* How much a pixel covers what is below it. FFmpeg's decoder gives these two kinds with alpha. */
static unsigned alpha_at(const AVFrame *frame, int x, int y)
{
    if (frame->format == AV_PIX_FMT_YUVA420P)
        return frame->data[3][(ptrdiff_t)y * frame->linesize[3] + x];
    if (frame->format == AV_PIX_FMT_ARGB)
        return frame->data[0][(ptrdiff_t)y * frame->linesize[0] + 4 * (ptrdiff_t)x];
    return 255;
}

/* Lays the decoded part onto the canvas; where nothing is to shine through, over black. */
static void lay(struct hr_flipbook *book, const struct hr_webp_frame *frame, const struct hr_frame *part)
{
    struct hr_size size = visible(book, frame);
    size.width_px = size.width_px < part->size.width_px ? size.width_px : part->size.width_px;
    size.height_px = size.height_px < part->size.height_px ? size.height_px : part->size.height_px;
    for (int y = 0; y < size.height_px; y++) {
        const uint8_t *from = part->rgb + y * part->stride_bytes;
        uint8_t *to = canvas_row(book, frame, y);
        for (int x = 0; x < size.width_px; x++, from += 3, to += 3) {
            unsigned alpha = alpha_at(book->frame, x, y);
            for (int c = 0; c < 3; c++) {
                unsigned below = frame->blend ? to[c] : 0;
                to[c] = (uint8_t)((from[c] * alpha + below * (255 - alpha) + 127) / 255);
            }
        }
    }
}

/* HR_ERR_FORMAT: damaged. */
static enum hr_status decode(struct hr_flipbook *book, const struct hr_webp_frame *frame, struct hr_frame *part,
                             struct hr_error *error)
{
    struct hr_buffer file;
    hr_buffer_init(&file, HR_LIMIT_PHOTO_BYTES + FILE_HEAD_BYTES);
    enum hr_status status = hr_webp_frame_file(frame, &file) ? HR_OK : hr_buffer_check(&file, error);
    int code = 0;
    if (status == HR_OK) {
        av_frame_unref(book->frame);
        code = hr_photo_decode_one(book->decoder, hr_buffer_view(&file), book->frame);
        avcodec_flush_buffers(book->decoder);
    }
    hr_buffer_clear(&file);
    if (code == AVERROR(ENOMEM))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to decode a moving picture");
    if (code < 0)
        return hr_error_set(error, HR_ERR_FORMAT, "the picture is damaged");
    const AVRational pixel = {0, 1};
    return status != HR_OK ? status
                           : hr_picture_convert(&book->picture, book->frame, pixel, HR_ORIENT_UPRIGHT, part, error);
}

enum hr_status hr_flipbook_next(struct hr_flipbook *book, struct hr_frame *out, struct hr_reason *damage,
                                struct hr_error *error)
{
    struct hr_webp_frame frame;
    struct hr_frame part;
    damage->first[0] = '\0';
    if (!hr_webp_next_frame(&book->rest, &frame)) {
        if (hr_webp_is_cut_off(hr_buffer_view(&book->bytes)))
            snprintf(damage->first, sizeof damage->first, "it ends before its last frame");
        return HR_END;
    }
    dispose(book);
    enum hr_status status = decode(book, &frame, &part, error);
    if (status == HR_OK)
        lay(book, &frame, &part);
    else if (status != HR_ERR_FORMAT)
        return status;
    else if (damage->first[0] == '\0')
        snprintf(damage->first, sizeof damage->first, "no reason given");
    book->before = frame;

    *out = hr_image_frame(&book->canvas);
    if (book->orientation != HR_ORIENT_UPRIGHT) {
        struct hr_frame turned = hr_image_frame(&book->upright);
        hr_orientation_apply(book->orientation, out, book->upright.rgb, turned.stride_bytes);
        *out = turned;
    }
    out->pts_us = book->pts_us;
    book->pts_us += frame.duration_us;
    return HR_OK;
}
