#include "video/webp.h"

/* Layout: https://developers.google.com/speed/webp/docs/riff_container */
enum { RIFF_HEAD_BYTES = 12, CHUNK_HEAD_BYTES = 8, FRAME_HEAD_BYTES = 16, EXTENDED_BYTES = 10 };
enum { FLAG_ANIMATION = 0x02, FLAG_ALPHA = 0x10 };
enum { FRAME_GOES = 0x01, FRAME_REPLACES = 0x02 };
/* Shorter frames are shown for a tenth of a second, as browsers do. */
enum { SHORTEST_MS = 10, DEFAULT_MS = 100 };

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void append_le32(struct hr_buffer *out, size_t value)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
    hr_buffer_append(out, hr_view_of(bytes, sizeof bytes));
}

static uint32_t le24(const uint8_t *p)
{
    return (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* The payload of the first chunk of this kind in a row of chunks, which then begins behind it; or an
 * empty view. */
static struct hr_view take_chunk(struct hr_view *chunks, const char *kind)
{
    while (chunks->size >= CHUNK_HEAD_BYTES) {
        const uint8_t *chunk = chunks->data;
        size_t size = le32(chunk + 4), left = chunks->size - CHUNK_HEAD_BYTES;
        size_t padded = size + size % 2;
        if (size > left)
            break;
        padded = padded < left ? padded : left;
        *chunks = hr_view_of(chunk + CHUNK_HEAD_BYTES + padded, left - padded);
        if (memcmp(chunk, kind, 4) == 0)
            return hr_view_of(chunk + CHUNK_HEAD_BYTES, size);
    }
    return (struct hr_view){0};
}

static struct hr_view find_chunk(struct hr_view chunks, const char *kind)
{
    return take_chunk(&chunks, kind);
}

static struct hr_view chunks_of(struct hr_view photo)
{
    if (photo.size < RIFF_HEAD_BYTES)
        return (struct hr_view){0};
    return hr_view_of(photo.data + RIFF_HEAD_BYTES, photo.size - RIFF_HEAD_BYTES);
}

bool hr_webp_is_animated(struct hr_view photo)
{
    struct hr_view extended = find_chunk(chunks_of(photo), "VP8X");
    return extended.size >= EXTENDED_BYTES && (extended.data[0] & FLAG_ANIMATION);
}

bool hr_webp_is_cut_off(struct hr_view photo)
{
    return photo.size < RIFF_HEAD_BYTES || photo.size - CHUNK_HEAD_BYTES < (size_t)le32(photo.data + 4);
}

bool hr_webp_canvas(struct hr_view photo, struct hr_size *size)
{
    struct hr_view extended = find_chunk(chunks_of(photo), "VP8X");
    if (extended.size < EXTENDED_BYTES)
        return false;
    size->width_px = (int)le24(extended.data + 4) + 1;
    size->height_px = (int)le24(extended.data + 7) + 1;
    return true;
}

bool hr_webp_next_frame(struct hr_view *rest, struct hr_webp_frame *out)
{
    if (rest->size >= RIFF_HEAD_BYTES && memcmp(rest->data, "RIFF", 4) == 0)
        *rest = chunks_of(*rest);
    struct hr_view frame = take_chunk(rest, "ANMF");
    if (frame.size <= FRAME_HEAD_BYTES)
        return false;
    const uint8_t *head = frame.data;
    uint32_t duration_ms = le24(head + 12);
    *out = (struct hr_webp_frame){
        .left_px = 2 * (int)le24(head),
        .top_px = 2 * (int)le24(head + 3),
        .size = {(int)le24(head + 6) + 1, (int)le24(head + 9) + 1},
        .duration_us = (duration_ms > SHORTEST_MS ? duration_ms : DEFAULT_MS) * INT64_C(1000),
        .blend = (head[15] & FRAME_REPLACES) == 0,
        .dispose = (head[15] & FRAME_GOES) != 0,
        .data = hr_view_of(frame.data + FRAME_HEAD_BYTES, frame.size - FRAME_HEAD_BYTES),
    };
    return true;
}

bool hr_webp_frame_file(const struct hr_webp_frame *frame, struct hr_buffer *out)
{
    bool alpha = find_chunk(frame->data, "ALPH").size > 0;
    hr_buffer_append_text(out, "RIFF");
    append_le32(out, 4 + CHUNK_HEAD_BYTES + EXTENDED_BYTES + frame->data.size);
    hr_buffer_append_text(out, "WEBPVP8X");
    append_le32(out, EXTENDED_BYTES);
    /* Flags and three reserved bytes, then width and height less one. */
    uint32_t width = (uint32_t)frame->size.width_px - 1, height = (uint32_t)frame->size.height_px - 1;
    uint8_t extended[EXTENDED_BYTES] = {
        [0] = alpha ? FLAG_ALPHA : 0,  [4] = (uint8_t)width,  [5] = (uint8_t)(width >> 8),
        [6] = (uint8_t)(width >> 16),  [7] = (uint8_t)height, [8] = (uint8_t)(height >> 8),
        [9] = (uint8_t)(height >> 16),
    };
    hr_buffer_append(out, hr_view_of(extended, sizeof extended));
    hr_buffer_append(out, frame->data);
    return !out->failed;
}

bool hr_webp_first_frame(struct hr_view photo, struct hr_buffer *out)
{
    struct hr_webp_frame frame;
    return hr_webp_next_frame(&photo, &frame) && hr_webp_frame_file(&frame, out);
}
