/* What follows an instruction in the input: counts, bytes, lines, and the escapes of protocol 0. */
#include "tables/pickle_machine.h"

enum hr_status hr_pickle_take(struct hr_pickle *pickle, size_t size, struct hr_view *out)
{
    if (size > pickle->bytes.size - pickle->at)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "it ends too early");
    *out = hr_view_of(pickle->bytes.data + pickle->at, size);
    pickle->at += size;
    return HR_OK;
}

enum hr_status hr_pickle_take_line(struct hr_pickle *pickle, struct hr_view *out)
{
    const uint8_t *start = pickle->bytes.data + pickle->at;
    size_t left = pickle->bytes.size - pickle->at;
    const uint8_t *end = left > 0 ? memchr(start, '\n', left) : NULL;
    if (end == NULL)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "it ends too early");
    *out = hr_view_of(start, (size_t)(end - start));
    pickle->at += out->size + 1;
    return HR_OK;
}

enum hr_status hr_pickle_take_unsigned(struct hr_pickle *pickle, size_t width, uint64_t *out)
{
    struct hr_view bytes = {0}; /* the compiler cannot see that take fills it */
    enum hr_status status = hr_pickle_take(pickle, width, &bytes);
    if (status != HR_OK)
        return status;
    *out = 0;
    for (size_t i = width; i > 0; i--)
        *out = *out << 8 | bytes.data[i - 1];
    return HR_OK;
}

enum hr_status hr_pickle_take_counted(struct hr_pickle *pickle, size_t width, struct hr_view *out)
{
    uint64_t size = 0;
    enum hr_status status = hr_pickle_take_unsigned(pickle, width, &size);
    if (status != HR_OK)
        return status;
    if (size > pickle->bytes.size - pickle->at)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "%llu bytes are announced, %zu are left: damaged or cut short",
                              (unsigned long long)size, pickle->bytes.size - pickle->at);
    return hr_pickle_take(pickle, (size_t)size, out);
}

enum hr_status hr_pickle_take_number_text(struct hr_pickle *pickle, char *text, size_t room)
{
    struct hr_view line = {0};
    enum hr_status status = hr_pickle_take_line(pickle, &line);
    if (status != HR_OK)
        return status;
    if (line.size == 0 || line.size >= room)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a number of %zu digits", line.size);
    memcpy(text, line.data, line.size);
    text[line.size] = '\0';
    return HR_OK;
}

/* --- escapes --- */

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* `digits` hexadecimal digits at the front of *text, which are taken off. False if there are
 * fewer. */
static bool take_hex(struct hr_view *text, size_t digits, uint32_t *out)
{
    uint32_t number = 0;
    if (text->size < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(text->data[i]);
        if (digit < 0)
            return false;
        number = number << 4 | (uint32_t)digit;
    }
    *text = hr_view_of(text->data + digits, text->size - digits);
    *out = number;
    return true;
}

size_t hr_pickle_write_utf8(uint32_t code, uint8_t *out)
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xC0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xE0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | (code >> 18 & 0x07));
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (code & 0x3F));
    return 4;
}

/* One character of "raw-unicode-escape" text: Latin-1, \uXXXX or \UXXXXXXXX. False when the escape
 * is damaged. */
static bool take_raw_unicode(struct hr_view *line, uint32_t *code)
{
    *code = line->data[0];
    *line = hr_view_of(line->data + 1, line->size - 1);
    if (*code != '\\' || line->size == 0 || (line->data[0] != 'u' && line->data[0] != 'U'))
        return true;
    size_t digits = line->data[0] == 'u' ? 4 : 8;
    *line = hr_view_of(line->data + 1, line->size - 1);
    return take_hex(line, digits, code) && *code <= 0x10FFFF;
}

bool hr_pickle_unescape_unicode(struct hr_view line, uint8_t *out, size_t *size)
{
    *size = 0;
    while (line.size > 0) {
        uint32_t code;
        if (!take_raw_unicode(&line, &code))
            return false;
        *size += hr_pickle_write_utf8(code, out + *size);
    }
    return true;
}

/* One byte of a Python 2 str as repr() writes it. False when the escape is damaged. */
static bool take_repr_byte(struct hr_view *text, uint8_t *out)
{
    static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
    uint32_t code;
    *out = text->data[0];
    *text = hr_view_of(text->data + 1, text->size - 1);
    if (*out != '\\')
        return true;
    if (text->size == 0)
        return false;
    const char *simple = memchr(from, text->data[0], sizeof from - 1);
    bool hex = text->data[0] == 'x';
    *text = hr_view_of(text->data + 1, text->size - 1);
    if (simple != NULL) {
        *out = (uint8_t)to[simple - from];
        return true;
    }
    if (!hex || !take_hex(text, 2, &code))
        return false;
    *out = (uint8_t)code;
    return true;
}

bool hr_pickle_unescape_repr(struct hr_view text, uint8_t *out, size_t *size)
{
    *size = 0;
    while (text.size > 0)
        if (!take_repr_byte(&text, &out[(*size)++]))
            return false;
    return true;
}
