/* A view: borrowed bytes with a length, passed by value. Never owns, need not end in a zero byte.
 */
#ifndef HR_BASE_VIEW_H
#define HR_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hr_view {
    const uint8_t *data;
    size_t size;
};

static inline struct hr_view hr_view_of(const void *data, size_t size)
{
    return (struct hr_view){.data = data, .size = size};
}

static inline struct hr_view hr_view_text(const char *text)
{
    return hr_view_of(text, strlen(text));
}

bool hr_view_equal(struct hr_view a, struct hr_view b);

/* Views that have their sizes get their bytes, which stand one behind the other. */
void hr_views_place(struct hr_view *views, size_t count, const uint8_t *bytes);

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates) without zero
 * bytes. */
bool hr_view_is_utf8(struct hr_view view);

#endif
