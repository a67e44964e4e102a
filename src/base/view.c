#include "base/view.h"

bool hr_view_equal(struct hr_view a, struct hr_view b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool hr_view_is_utf8(struct hr_view view)
{
    size_t i = 0;
    while (i < view.size) {
        uint8_t lead = view.data[i++];
        if (lead == 0)
            return false;
        if (lead < 0x80)
            continue;
        size_t more;
        uint32_t code, smallest;
        if ((lead & 0xE0) == 0xC0) {
            more = 1, code = lead & 0x1F, smallest = 0x80;
        } else if ((lead & 0xF0) == 0xE0) {
            more = 2, code = lead & 0x0F, smallest = 0x800;
        } else if ((lead & 0xF8) == 0xF0) {
            more = 3, code = lead & 0x07, smallest = 0x10000;
        } else {
            return false;
        }
        if (view.size - i < more)
            return false;
        while (more-- > 0) {
            uint8_t next = view.data[i++];
            if ((next & 0xC0) != 0x80)
                return false;
            code = code << 6 | (next & 0x3F);
        }
        if (code < smallest || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
            return false;
    }
    return true;
}

void hr_views_place(struct hr_view *views, size_t count, const uint8_t *bytes)
{
    for (size_t i = 0; i < count; i++) {
        views[i].data = bytes;
        if (views[i].size > 0)
            bytes += views[i].size;
    }
}
