#include "report/markup.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"

static const char *entity_of(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void hr_markup_append_text(struct hr_buffer *out, const char *text)
{
    struct hr_buffer shown;
    hr_buffer_init(&shown, SIZE_MAX / 8);
    hr_text_show(&shown, text);
    for (const char *c = hr_buffer_text(&shown); *c != '\0'; c++) {
        const char *entity = entity_of(*c);
        if (entity != NULL)
            hr_buffer_append_text(out, entity);
        else
            hr_buffer_append(out, hr_view_of(c, 1));
    }
    out->failed = out->failed || shown.failed;
    hr_buffer_clear(&shown);
}

void hr_markup_append_number(struct hr_buffer *out, double number)
{
    long tenths = lround(number * 10);
    hr_buffer_append_format(out, "%s%ld.%ld", tenths < 0 ? "-" : "", labs(tenths) / 10, labs(tenths) % 10);
}
