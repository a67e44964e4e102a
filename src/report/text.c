#include "report/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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
    snprintf(out, HR_REPORT_TIME_SIZE, "%02" PRId64 ":%02d:%02d.%03d", s / 3600, (int)(s / 60 % 60), (int)(s % 60),
             (int)(ms % 1000));
}

void hr_report_append_decimal(struct hr_buffer *out, double number)
{
    /* Likenesses are below 10; what does not fit in the integer is none. */
    if (!isfinite(number) || fabs(number) > 1e12)
        return;
    long long parts = llround(number * 10000);
    hr_buffer_append_format(out, "%s%lld.%04lld", parts < 0 ? "-" : "", llabs(parts / 10000), llabs(parts % 10000));
}

void hr_report_append_chance(struct hr_buffer *out, double chance)
{
    if (!isfinite(chance) || chance < 0)
        return;
    if (chance >= 0.001) {
        hr_report_append_decimal(out, chance);
        return;
    }
    if (chance < 1e-99) {
        hr_buffer_append_text(out, "0");
        return;
    }
    int exponent = (int)floor(log10(chance));
    long long digits = llround(chance / pow(10, exponent - 1));
    if (digits == 100) { /* 0.000999... */
        digits = 10;
        exponent++;
    }
    hr_buffer_append_format(out, "%lld.%llde%d", digits / 10, digits % 10, exponent);
}
