#include "report/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes of the UTF-8 character at the start of `left` (at least one byte); 0: not a character. */
static size_t character_size(struct hr_view left)
{
    uint8_t lead = left.data[0];
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return size <= left.size && hr_view_is_utf8(hr_view_of(left.data, size)) ? size : 0;
}

void hr_report_append_utf8(struct hr_buffer *out, const char *text)
{
    struct hr_view left = hr_view_text(text);
    if (hr_view_is_utf8(left)) {
        hr_buffer_append(out, left);
        return;
    }
    while (left.size > 0) {
        size_t size = character_size(left);
        if (size > 0)
            hr_buffer_append(out, hr_view_of(left.data, size));
        else
            hr_buffer_append_text(out, "\xEF\xBF\xBD");
        size_t step = size > 0 ? size : 1;
        left = hr_view_of(left.data + step, left.size - step);
    }
}

int64_t hr_report_time_ms(int64_t time_us)
{
    if (time_us <= 0)
        return 0;
    return time_us / 1000 + (time_us % 1000 >= 500);
}

void hr_report_time_text(int64_t time_us, char out[HR_REPORT_TIME_SIZE])
{
    int64_t ms = hr_report_time_ms(time_us);
    int64_t s = ms / 1000;
    snprintf(out, HR_REPORT_TIME_SIZE, "%02" PRId64 ":%02d:%02d.%03d", s / 3600,
             (int)(s / 60 % 60), (int)(s % 60), (int)(ms % 1000));
}

void hr_report_append_decimal(struct hr_buffer *out, double number)
{
    /* Distances are below 10; what does not fit in the integer is not a distance. */
    if (!isfinite(number) || fabs(number) > 1e12)
        return;
    long long parts = llround(number * 10000);
    hr_buffer_append_format(out, "%s%lld.%04lld", parts < 0 ? "-" : "", llabs(parts / 10000),
                            llabs(parts % 10000));
}
