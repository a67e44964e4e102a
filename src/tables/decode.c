#include "tables/decode.h"

#include <string.h>

#include "base/text.h"

/* What Windows-1252 has at 0x80 to 0x9F (unicode.org, MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT); 0: nothing. */
static const uint16_t windows_1252[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                          0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                          0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                          0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

static void append_code_point(struct hr_buffer *out, uint32_t c)
{
    uint8_t bytes[4];
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        bytes[i] = (uint8_t)(0x80 | (c & 0x3F));
    bytes[0] = (uint8_t)(lead[size] | c);
    hr_buffer_append(out, hr_view_of(bytes, size));
}

static enum hr_status decode_utf16(struct hr_view bytes, bool big_endian, struct hr_buffer *out, struct hr_error *error)
{
    if (bytes.size % 2 != 0)
        return hr_error_set(error, HR_ERR_FORMAT, "UTF-16 text with half a character at its end");
    uint32_t high = 0;
    for (size_t i = 0; i < bytes.size; i += 2) {
        uint32_t unit = (uint32_t)bytes.data[i + !big_endian] << 8 | bytes.data[i + big_endian];
        bool is_low = unit >= 0xDC00 && unit < 0xE000;
        if ((high != 0) != is_low)
            return hr_error_set(error, HR_ERR_FORMAT, "UTF-16 text with half a character at byte %zu", i);
        if (unit >= 0xD800 && unit < 0xDC00) {
            high = unit;
            continue;
        }
        append_code_point(out, is_low ? 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) : unit);
        high = 0;
    }
    return high == 0 ? hr_buffer_check(out, error)
                     : hr_error_set(error, HR_ERR_FORMAT, "UTF-16 text with half a character at its end");
}

static enum hr_status decode_1252(struct hr_view bytes, struct hr_buffer *out, struct hr_error *error)
{
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t c = bytes.data[i];
        uint16_t known = c >= 0x80 && c < 0xA0 ? windows_1252[c - 0x80] : c;
        append_code_point(out, known != 0 ? known : 0xFFFD);
    }
    return hr_buffer_check(out, error);
}

/* Bytes above 127 of the UTF-8 character at the front; 0: there is none, or it is ASCII. */
static size_t wide_character(struct hr_view text)
{
    for (size_t size = 2; size <= 4 && size <= text.size; size++)
        if (text.data[0] >= 0xC2 && hr_view_is_utf8(hr_view_of(text.data, size)))
            return size;
    return 0;
}

/* More bytes are not UTF-8 than look like it: an old program saved it. Two letters of Windows-1252 may happen to be one
 * of UTF-8; in UTF-8 of which a row is damaged, the others are in the majority. */
static bool is_windows_1252(struct hr_view bytes)
{
    size_t foreign = 0, wide = 0;
    if (memchr(bytes.data, 0, bytes.size) != NULL)
        return false;
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] < 0x80)
            continue;
        size_t size = wide_character(hr_view_of(bytes.data + i, bytes.size - i));
        wide += size > 0;
        foreign += size == 0;
        i += size > 0 ? size - 1 : 0;
    }
    return foreign > wide;
}

enum hr_status hr_table_decode(struct hr_view bytes, struct hr_buffer *out, struct hr_view *text, const char **note,
                               struct hr_error *error)
{
    enum hr_status status = HR_OK;
    *note = NULL;
    *text = bytes;
    if (bytes.size >= 3 && memcmp(bytes.data, "\xEF\xBB\xBF", 3) == 0) {
        *text = hr_view_of(bytes.data + 3, bytes.size - 3);
        return HR_OK;
    }
    if (bytes.size >= 2 && (memcmp(bytes.data, "\xFF\xFE", 2) == 0 || memcmp(bytes.data, "\xFE\xFF", 2) == 0)) {
        status = decode_utf16(hr_view_of(bytes.data + 2, bytes.size - 2), bytes.data[0] == 0xFE, out, error);
        *note = "read as UTF-16";
    } else if (bytes.size > 0 && is_windows_1252(bytes)) {
        status = decode_1252(bytes, out, error);
        *note = "read as Windows-1252, which is what spreadsheets save that is not UTF-8: look at the accents";
    } else {
        return HR_OK;
    }
    *text = hr_buffer_view(out);
    return status;
}

/* Spaces but the one of the keyboard, and what marks where words part or which way they run and cannot be seen. */
static bool is_mark(int32_t c)
{
    if (hr_letter_is_space(c))
        return c != ' ';
    return c == 0x85 || c == 0xAD || c == 0x180E || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

size_t hr_mark_size(struct hr_view text)
{
    int32_t c;
    if (text.size < 2 || text.data[0] < 0x80)
        return 0;
    size_t size = hr_text_letter(text, &c);
    return is_mark(c) ? size : 0;
}

/* The same at the end. */
static size_t last_mark_size(struct hr_view text)
{
    size_t size = 1;
    while (size < 4 && size < text.size && (text.data[text.size - size] & 0xC0) == 0x80)
        size++;
    return size <= text.size && hr_mark_size(hr_view_of(text.data + text.size - size, size)) == size ? size : 0;
}

struct hr_view hr_view_without_marks(struct hr_view text)
{
    size_t size;
    while ((size = hr_mark_size(text)) > 0)
        text = hr_view_of(text.data + size, text.size - size);
    while ((size = last_mark_size(text)) > 0)
        text.size -= size;
    return text;
}

struct hr_view hr_view_bare(struct hr_view text)
{
    size_t before;
    do {
        before = text.size;
        text = hr_view_without_marks(hr_view_trimmed(text));
    } while (text.size < before);
    return text;
}
