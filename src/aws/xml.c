#include "aws/xml.h"

#include <stdio.h>
#include <string.h>

static enum hr_status damaged(const struct hr_xml *xml, const char *what, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_FORMAT, "XML, byte %zu: %s", xml->at, what);
}

void hr_xml_init(struct hr_xml *xml, struct hr_view text)
{
    *xml = (struct hr_xml){.text = text};
    if (text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        xml->at = 3;
}

static struct hr_view rest(const struct hr_xml *xml)
{
    return hr_view_of(xml->text.data + xml->at, xml->text.size - xml->at);
}

static bool starts_with(const struct hr_xml *xml, const char *text)
{
    struct hr_view left = rest(xml);
    size_t size = strlen(text);
    return left.size >= size && memcmp(left.data, text, size) == 0;
}

/* Moves behind the next `text`; false when there is none. */
static bool move_behind(struct hr_xml *xml, const char *text)
{
    struct hr_view left = rest(xml);
    const uint8_t *found = memmem(left.data, left.size, text, strlen(text));
    if (found == NULL)
        return false;
    xml->at += (size_t)(found - left.data) + strlen(text);
    return true;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The name at the current position without its namespace's prefix; empty: there is none. */
static struct hr_view take_name(struct hr_xml *xml)
{
    size_t start = xml->at;
    while (xml->at < xml->text.size) {
        uint8_t byte = xml->text.data[xml->at];
        if (is_blank(byte) || byte == '/' || byte == '>' || byte == '<' || byte == '=')
            break;
        xml->at++;
        if (byte == ':')
            start = xml->at;
    }
    return hr_view_of(xml->text.data + start, xml->at - start);
}

/* Behind the attributes; a '>' may stand inside quotes. */
static bool skip_attributes(struct hr_xml *xml)
{
    uint8_t quote = 0;
    for (; xml->at < xml->text.size; xml->at++) {
        uint8_t byte = xml->text.data[xml->at];
        if (quote != 0)
            quote = byte == quote ? 0 : quote;
        else if (byte == '"' || byte == '\'')
            quote = byte;
        else if (byte == '>' || byte == '/')
            return true;
        else if (byte == '<')
            return false;
    }
    return false;
}

static enum hr_status take_start(struct hr_xml *xml, struct hr_error *error)
{
    xml->at++;
    struct hr_view name = take_name(xml);
    if (name.size == 0 || !skip_attributes(xml))
        return damaged(xml, "a tag without name or end", error);
    xml->empty_tag = xml->text.data[xml->at] == '/';
    if (xml->empty_tag)
        xml->at++;
    if (xml->at >= xml->text.size || xml->text.data[xml->at] != '>')
        return damaged(xml, "a tag without end", error);
    xml->at++;
    if (xml->depth == HR_XML_DEPTH_MAX)
        return damaged(xml, "too many elements in each other", error);
    xml->open[xml->depth++] = name;
    xml->piece = name;
    return HR_OK;
}

static enum hr_status take_end(struct hr_xml *xml, struct hr_error *error)
{
    xml->at += 2;
    struct hr_view name = take_name(xml);
    while (xml->at < xml->text.size && is_blank(xml->text.data[xml->at]))
        xml->at++;
    if (xml->at >= xml->text.size || xml->text.data[xml->at] != '>')
        return damaged(xml, "an end tag without end", error);
    if (xml->depth == 0 || !hr_view_equal(name, xml->open[xml->depth - 1]))
        return damaged(xml, "an end tag without its start", error);
    xml->at++;
    xml->depth--;
    xml->piece = name;
    return HR_OK;
}

static void take_text(struct hr_xml *xml)
{
    struct hr_view left = rest(xml);
    const uint8_t *end = memchr(left.data, '<', left.size);
    size_t size = end != NULL ? (size_t)(end - left.data) : left.size;
    xml->piece = hr_view_of(left.data, size);
    xml->at += size;
}

/* <?...?> and comments. */
static enum hr_status skip_remark(struct hr_xml *xml, struct hr_error *error)
{
    if (starts_with(xml, "<?"))
        return move_behind(xml, "?>") ? HR_OK : damaged(xml, "'<?' without '?>'", error);
    if (starts_with(xml, "<!--"))
        return move_behind(xml, "-->") ? HR_OK : damaged(xml, "a comment without end", error);
    return damaged(xml, "a document type or a CDATA section, which no service sends", error);
}

static bool is_all_blank(struct hr_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_blank(text.data[i]))
            return false;
    return true;
}

enum hr_status hr_xml_next(struct hr_xml *xml, enum hr_xml_kind *kind, struct hr_error *error)
{
    if (xml->empty_tag) {
        xml->empty_tag = false;
        xml->piece = xml->open[--xml->depth];
        *kind = HR_XML_END_TAG;
        return HR_OK;
    }
    while (xml->at < xml->text.size) {
        if (starts_with(xml, "</")) {
            *kind = HR_XML_END_TAG;
            return take_end(xml, error);
        }
        if (starts_with(xml, "<?") || starts_with(xml, "<!")) {
            enum hr_status status = skip_remark(xml, error);
            if (status != HR_OK)
                return status;
            continue;
        }
        if (xml->text.data[xml->at] == '<') {
            *kind = HR_XML_START;
            return take_start(xml, error);
        }
        take_text(xml);
        if (xml->depth > 0) {
            *kind = HR_XML_TEXT;
            return HR_OK;
        }
        if (!is_all_blank(xml->piece))
            return damaged(xml, "text outside of every element", error);
    }
    if (xml->depth > 0)
        return damaged(xml, "the end is missing", error);
    *kind = HR_XML_DONE;
    return HR_OK;
}

static void append_character(struct hr_buffer *out, uint32_t code)
{
    char utf8[4];
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size; i-- > 1; code >>= 6)
        utf8[i] = (char)(0x80 | (code & 0x3F));
    utf8[0] = (char)(lead[size] | code);
    hr_buffer_append(out, hr_view_of(utf8, size));
}

/* "&#39;" or "&#x27;" without '&' and ';'; 0: not a character. */
static uint32_t numbered_character(struct hr_view name)
{
    uint32_t base = 10, code = 0;
    size_t at = 1;
    if (name.size > 1 && (name.data[1] | 0x20) == 'x') {
        base = 16;
        at = 2;
    }
    if (at == name.size || name.size - at > 7)
        return 0;
    for (; at < name.size; at++) {
        uint8_t digit = name.data[at];
        uint32_t value = digit >= '0' && digit <= '9'                     ? digit - (uint32_t)'0'
                         : (digit | 0x20) >= 'a' && (digit | 0x20) <= 'f' ? (digit | 0x20u) - 'a' + 10
                                                                          : 16;
        if (value >= base)
            return 0;
        code = code * base + value;
    }
    return code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : code;
}

static uint32_t entity(struct hr_view name)
{
    static const struct {
        const char *name;
        uint32_t code;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    if (name.size > 0 && name.data[0] == '#')
        return numbered_character(name);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (hr_view_equal(name, hr_view_text(known[i].name)))
            return known[i].code;
    return 0;
}

static enum hr_status append_decoded(const struct hr_xml *xml, struct hr_view text, struct hr_buffer *out,
                                     struct hr_error *error)
{
    while (text.size > 0) {
        const uint8_t *mark = memchr(text.data, '&', text.size);
        size_t plain = mark != NULL ? (size_t)(mark - text.data) : text.size;
        hr_buffer_append(out, hr_view_of(text.data, plain));
        text = hr_view_of(text.data + plain, text.size - plain);
        if (text.size == 0)
            break;
        const uint8_t *end = memchr(text.data, ';', text.size);
        size_t size = end != NULL ? (size_t)(end - text.data) : 0;
        uint32_t code = size > 1 ? entity(hr_view_of(text.data + 1, size - 1)) : 0;
        if (code == 0)
            return damaged(xml, "an entity that XML does not know", error);
        append_character(out, code);
        text = hr_view_of(text.data + size + 1, text.size - size - 1);
    }
    return hr_buffer_check(out, error);
}

enum hr_status hr_xml_text(struct hr_xml *xml, struct hr_buffer *out, struct hr_error *error)
{
    size_t depth = xml->depth;
    for (;;) {
        enum hr_xml_kind kind;
        enum hr_status status = hr_xml_next(xml, &kind, error);
        if (status == HR_OK && kind == HR_XML_TEXT)
            status = append_decoded(xml, xml->piece, out, error);
        if (status != HR_OK)
            return status;
        if (kind == HR_XML_START || kind == HR_XML_DONE)
            return damaged(xml, "an element where text should be", error);
        if (kind == HR_XML_END_TAG && xml->depth < depth)
            return HR_OK;
    }
}

enum hr_status hr_xml_skip(struct hr_xml *xml, struct hr_error *error)
{
    size_t depth = xml->depth;
    enum hr_status status = HR_OK;
    while (status == HR_OK && xml->depth >= depth) {
        enum hr_xml_kind kind;
        status = hr_xml_next(xml, &kind, error);
    }
    return status;
}

bool hr_xml_find(struct hr_view text, const char *name, char *out, size_t size)
{
    struct hr_xml xml;
    struct hr_buffer value;
    bool found = false;
    hr_xml_init(&xml, text);
    hr_buffer_init(&value, text.size);
    enum hr_xml_kind kind = HR_XML_START;
    while (!found && kind != HR_XML_DONE && hr_xml_next(&xml, &kind, NULL) == HR_OK)
        found = kind == HR_XML_START && hr_view_equal(xml.piece, hr_view_text(name));
    found = found && hr_xml_text(&xml, &value, NULL) == HR_OK;
    if (found)
        snprintf(out, size, "%s", hr_buffer_text(&value));
    hr_buffer_clear(&value);
    return found;
}
