#include "video/moving.h"

#include <libavutil/intreadwrite.h>
#include <string.h>

#include "base/limits.h"

const char *hr_moving_container(enum hr_still kind)
{
    switch (kind) {
    case HR_STILL_GIF:
        return "gif";
    case HR_STILL_PNG:
        return "apng";
    case HR_STILL_JPEG:
        return "mjpeg";
    default:
        return NULL;
    }
}

bool hr_moving_needs_seeking(enum hr_still kind)
{
    return kind == HR_STILL_PNG || kind == HR_STILL_HEIF;
}

/* `size` bytes from `at` on, or NULL when there are not as many. Valid until the next call. */
static const uint8_t *look(struct hr_source *source, size_t at, size_t size)
{
    size_t end;
    if (!hr_size_add(at, size, &end) || end > HR_LIMIT_PHOTO_BYTES || !hr_source_keep(source, end))
        return NULL;
    return hr_source_kept(source).data + at;
}

/* --- GIF: GIF89a specification --- */

static size_t gif_colours(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Behind the data blocks that begin at `at`; 0 when they do not end. */
static size_t skip_gif_blocks(struct hr_source *source, size_t at)
{
    for (;;) {
        const uint8_t *size = look(source, at, 1);
        if (size == NULL)
            return 0;
        at += 1 + (size_t)*size;
        if (*size == 0)
            return at;
    }
}

static bool gif_moves(struct hr_source *source)
{
    enum { SCREEN_FLAGS_AT = 10, BLOCKS_AT = 13, IMAGE_BYTES = 10, IMAGE_FLAGS_AT = 9 };
    const uint8_t *screen = look(source, 0, BLOCKS_AT);
    if (screen == NULL)
        return false;
    size_t at = BLOCKS_AT + gif_colours(screen[SCREEN_FLAGS_AT]);
    for (int images = 0; at != 0;) {
        const uint8_t *kind = look(source, at, 1);
        if (kind == NULL || (*kind != ',' && *kind != '!'))
            return false;
        if (*kind == '!') { /* an extension: its label, then blocks */
            at = skip_gif_blocks(source, at + 2);
            continue;
        }
        const uint8_t *image = look(source, at, IMAGE_BYTES);
        if (++images == 2)
            return image != NULL;
        if (image == NULL)
            return false;
        /* One byte says how the codes begin. */
        at = skip_gif_blocks(source, at + IMAGE_BYTES + gif_colours(image[IMAGE_FLAGS_AT]) + 1);
    }
    return false;
}

/* --- PNG: the control chunk stands before the picture --- */

static bool png_moves(struct hr_source *source)
{
    enum { SIGNATURE_BYTES = 8, CHUNK_HEAD_BYTES = 8, CHUNK_BYTES = 12 };
    for (size_t at = SIGNATURE_BYTES;;) {
        const uint8_t *chunk = look(source, at, CHUNK_BYTES);
        if (chunk == NULL || memcmp(chunk + 4, "IDAT", 4) == 0)
            return false;
        if (memcmp(chunk + 4, "acTL", 4) == 0)
            return AV_RB32(chunk + CHUNK_HEAD_BYTES) > 1;
        at += CHUNK_BYTES + (size_t)AV_RB32(chunk);
    }
}

/* --- JPEG: ITU-T T.81 --- */

enum {
    JPEG_SOI = 0xD8,
    JPEG_EOI = 0xD9,
    JPEG_SOS = 0xDA,
    JPEG_APP2 = 0xE2,
    JPEG_PADDING_MAX = 4096 /* between two pictures */
};

struct jpeg {
    uint32_t size_px; /* height and width as they stand in the file; 0: not seen */
    bool has_parts;   /* it lists more pictures of the same moment (CIPA DC-007: stereo, gain map) */
    size_t end;       /* behind the picture; 0: it has none */
};

static bool is_frame_header(uint8_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* The next marker behind coded data that begin at `at`; *at: where its FF stands. */
static bool skip_coded(struct hr_source *source, size_t *at)
{
    while (look(source, *at, 2) != NULL) {
        struct hr_view kept = hr_source_kept(source);
        const uint8_t *two = memchr(kept.data + *at, 0xFF, kept.size - 1 - *at);
        if (two == NULL) {
            *at = kept.size - 1;
            continue;
        }
        *at = (size_t)(two - kept.data);
        if (two[1] != 0 && two[1] != 0xFF && (two[1] < 0xD0 || two[1] > 0xD7))
            return true;
        ++*at;
    }
    return false;
}

/* Reads the picture that begins at `at`, up to its size or to its end. */
static struct jpeg read_jpeg(struct hr_source *source, size_t at, bool to_the_end)
{
    enum { SIZE_AT = 5, NAME_AT = 4, LONGEST = 9 };
    struct jpeg jpeg = {0};
    const uint8_t *marker = look(source, at, 2);
    if (marker == NULL || marker[0] != 0xFF || marker[1] != JPEG_SOI)
        return jpeg;
    at += 2;
    while ((marker = look(source, at, 2)) != NULL && marker[0] == 0xFF) {
        uint8_t kind = marker[1];
        if (kind == JPEG_EOI) {
            jpeg.end = at + 2;
            break;
        }
        if (kind == 0xFF) { /* a fill byte */
            at++;
            continue;
        }
        const uint8_t *segment = look(source, at, LONGEST);
        if (segment == NULL)
            break;
        if (is_frame_header(kind))
            jpeg.size_px = AV_RB32(segment + SIZE_AT);
        if (kind == JPEG_APP2 && memcmp(segment + NAME_AT, "MPF", 4) == 0)
            jpeg.has_parts = true;
        if (is_frame_header(kind) && !to_the_end)
            break;
        at += 2 + (size_t)AV_RB16(segment + 2);
        if (kind == JPEG_SOS && !skip_coded(source, &at))
            break;
    }
    return jpeg;
}

static bool jpeg_moves(struct hr_source *source)
{
    struct jpeg first = read_jpeg(source, 0, true);
    if (first.end == 0 || first.size_px == 0 || first.has_parts)
        return false;
    size_t at = first.end;
    const uint8_t *byte = look(source, at, 1);
    while (byte != NULL && *byte == 0 && at - first.end < JPEG_PADDING_MAX)
        byte = look(source, ++at, 1);
    /* What a camera films has one size; a small second picture is a thumbnail or a map. */
    return read_jpeg(source, at, false).size_px == first.size_px;
}

/* --- WebP --- */

static bool webp_moves(struct hr_source *source)
{
    enum { CHUNKS_AT = 12, CHUNK_HEAD_BYTES = 8 };
    int frames = 0;
    for (size_t at = CHUNKS_AT;;) {
        const uint8_t *chunk = look(source, at, CHUNK_HEAD_BYTES);
        if (chunk == NULL || memcmp(chunk, "VP8 ", 4) == 0 || memcmp(chunk, "VP8L", 4) == 0)
            return false;
        if (memcmp(chunk, "ANMF", 4) == 0 && ++frames == 2)
            return true;
        size_t size = AV_RL32(chunk + 4);
        at += CHUNK_HEAD_BYTES + size + size % 2;
    }
}

/* --- HEIF and AVIF: a sequence has a track, as films have (ISO/IEC 23008-12, 7) --- */

static bool has_many_samples(const uint8_t *box, size_t size)
{
    enum { COUNT_AT = 12 }; /* behind the name, version and flags, and the common size */
    const uint8_t *name = memmem(box, size, "stsz", 4);
    if (name == NULL || size - (size_t)(name - box) < COUNT_AT + 4)
        return false;
    return AV_RB32(name + COUNT_AT) > 1;
}

static bool heif_moves(struct hr_source *source)
{
    enum { BOX_HEAD_BYTES = 8 };
    for (size_t at = 0;;) {
        const uint8_t *box = look(source, at, BOX_HEAD_BYTES);
        size_t size = box != NULL ? AV_RB32(box) : 0;
        if (size < BOX_HEAD_BYTES)
            return false;
        if (memcmp(box + 4, "moov", 4) == 0)
            return (box = look(source, at, size)) != NULL && has_many_samples(box, size);
        at += size;
    }
}

bool hr_moving(struct hr_source *source, enum hr_still kind)
{
    switch (kind) {
    case HR_STILL_GIF:
        return gif_moves(source);
    case HR_STILL_PNG:
        return png_moves(source);
    case HR_STILL_JPEG:
        return jpeg_moves(source);
    case HR_STILL_WEBP:
        return webp_moves(source);
    case HR_STILL_HEIF:
        return heif_moves(source);
    default:
        return false;
    }
}
