#include "video/webp.h"

/* Layout: https://developers.google.com/speed/webp/docs/riff_container */
enum { RIFF_HEAD_BYTES = 12, CHUNK_HEAD_BYTES = 8, FRAME_HEAD_BYTES = 16, EXTENDED_BYTES = 10 };
enum { FLAG_ANIMATION = 0x02, FLAG_ALPHA = 0x10 };

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void append_le32(struct hr_buffer *out, size_t value)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                        (uint8_t)(value >> 24)};
    hr_buffer_append(out, hr_view_of(bytes, sizeof bytes));
}

/* The payload of the first chunk of this kind in a row of chunks, or an empty view. */
static struct hr_view find_chunk(struct hr_view chunks, const char *kind)
{
    while (chunks.size >= CHUNK_HEAD_BYTES) {
        size_t size = le32(chunks.data + 4), left = chunks.size - CHUNK_HEAD_BYTES;
        size_t padded = size + size % 2;
        if (size > left)
            break;
        if (memcmp(chunks.data, kind, 4) == 0)
            return hr_view_of(chunks.data + CHUNK_HEAD_BYTES, size);
        if (padded > left)
            break;
        chunks = hr_view_of(chunks.data + CHUNK_HEAD_BYTES + padded, left - padded);
    }
    return (struct hr_view){0};
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

bool hr_webp_first_frame(struct hr_view photo, struct hr_buffer *out)
{
    struct hr_view frame = find_chunk(chunks_of(photo), "ANMF");
    if (frame.size <= FRAME_HEAD_BYTES)
        return false;
    struct hr_view data = hr_view_of(frame.data + FRAME_HEAD_BYTES, frame.size - FRAME_HEAD_BYTES);
    bool alpha = find_chunk(data, "ALPH").size > 0;
    hr_buffer_append_text(out, "RIFF");
    append_le32(out, 4 + CHUNK_HEAD_BYTES + EXTENDED_BYTES + data.size);
    hr_buffer_append_text(out, "WEBPVP8X");
    append_le32(out, EXTENDED_BYTES);
    /* Flags and three reserved bytes, then width and height less one, as the frame has them. */
    uint8_t extended[EXTENDED_BYTES] = {alpha ? FLAG_ALPHA : 0};
    memcpy(extended + 4, frame.data + 6, 6);
    hr_buffer_append(out, hr_view_of(extended, sizeof extended));
    hr_buffer_append(out, data);
    return !out->failed;
}
