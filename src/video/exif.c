#include "video/exif.h"

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, TYPE_LONG = 4, IFD_ENTRY_BYTES = 12 };

/* Of no bytes it has no address, from which nobody may go on. */
static struct hr_view tail(struct hr_view view, size_t from)
{
    return from < view.size ? hr_view_of(view.data + from, view.size - from) : (struct hr_view){0};
}

static struct hr_view cut(struct hr_view view, size_t size)
{
    return hr_view_of(view.data, size < view.size ? size : view.size);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static unsigned u16(const uint8_t *p, bool big_endian)
{
    return big_endian ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

/* A TIFF block: byte order, 42, offset of the first directory. 0 when the tag is not in it. */
static unsigned orientation_of_tiff(struct hr_view tiff)
{
    if (tiff.size < 8)
        return 0;
    bool big_endian = tiff.data[0] == 'M';
    if (tiff.data[0] != tiff.data[1] || (!big_endian && tiff.data[0] != 'I') || u16(tiff.data + 2, big_endian) != 42)
        return 0;
    struct hr_view directory = tail(tiff, big_endian ? be32(tiff.data + 4) : le32(tiff.data + 4));
    if (directory.size < 2)
        return 0;
    unsigned entries = u16(directory.data, big_endian);
    directory = tail(directory, 2);
    for (; entries > 0 && directory.size >= IFD_ENTRY_BYTES; entries--) {
        const uint8_t *entry = directory.data;
        unsigned type = u16(entry + 2, big_endian);
        if (u16(entry, big_endian) == TAG_ORIENTATION) {
            if (type == TYPE_SHORT)
                return u16(entry + 8, big_endian);
            if (type == TYPE_LONG)
                return big_endian ? be32(entry + 8) : le32(entry + 8);
            return 0;
        }
        directory = tail(directory, IFD_ENTRY_BYTES);
    }
    return 0;
}

static bool begins_with(struct hr_view view, const char *bytes, size_t size)
{
    return view.size >= size && memcmp(view.data, bytes, size) == 0;
}

static unsigned orientation_of_jpeg(struct hr_view rest)
{
    enum { SOI_BYTES = 2, SOS = 0xDA, EOI = 0xD9, APP1 = 0xE1 };
    rest = tail(rest, SOI_BYTES);
    while (rest.size >= 4 && rest.data[0] == 0xFF) {
        uint8_t marker = rest.data[1];
        if (marker == 0xFF) { /* padding */
            rest = tail(rest, 1);
            continue;
        }
        if (marker == SOS || marker == EOI)
            break;
        size_t length = u16(rest.data + 2, true); /* with its own two bytes */
        if (length < 2)
            break;
        struct hr_view segment = cut(tail(rest, 4), length - 2);
        if (marker == APP1 && begins_with(segment, "Exif\0\0", 6))
            return orientation_of_tiff(tail(segment, 6));
        rest = tail(rest, 2 + length);
    }
    return 0;
}

static unsigned orientation_of_png(struct hr_view rest)
{
    enum { SIGNATURE_BYTES = 8, CHUNK_HEAD_BYTES = 8, CRC_BYTES = 4 };
    rest = tail(rest, SIGNATURE_BYTES);
    while (rest.size >= CHUNK_HEAD_BYTES) {
        size_t length = be32(rest.data);
        if (memcmp(rest.data + 4, "eXIf", 4) == 0)
            return orientation_of_tiff(cut(tail(rest, CHUNK_HEAD_BYTES), length));
        rest = tail(tail(rest, CHUNK_HEAD_BYTES + CRC_BYTES), length);
    }
    return 0;
}

static unsigned orientation_of_webp(struct hr_view rest)
{
    enum { RIFF_HEAD_BYTES = 12, CHUNK_HEAD_BYTES = 8 };
    rest = tail(rest, RIFF_HEAD_BYTES);
    while (rest.size >= CHUNK_HEAD_BYTES) {
        size_t length = le32(rest.data + 4);
        struct hr_view chunk = cut(tail(rest, CHUNK_HEAD_BYTES), length);
        if (memcmp(rest.data, "EXIF", 4) == 0)
            /* Some writers put JPEG's prefix in front. */
            return orientation_of_tiff(begins_with(chunk, "Exif\0\0", 6) ? tail(chunk, 6) : chunk);
        rest = tail(rest, CHUNK_HEAD_BYTES + length + length % 2);
    }
    return 0;
}

enum hr_orientation hr_exif_orientation(enum hr_still kind, struct hr_view photo)
{
    unsigned value = 0;
    if (kind == HR_STILL_JPEG)
        value = orientation_of_jpeg(photo);
    else if (kind == HR_STILL_PNG)
        value = orientation_of_png(photo);
    else if (kind == HR_STILL_WEBP)
        value = orientation_of_webp(photo);
    else if (kind == HR_STILL_TIFF)
        value = orientation_of_tiff(photo);
    if (value < HR_ORIENT_UPRIGHT || value > HR_ORIENT_ROTATE_270)
        return HR_ORIENT_UPRIGHT;
    return (enum hr_orientation)value;
}
