/* Times and numbers as both formats write them. */
#ifndef HR_REPORT_TEXT_H
#define HR_REPORT_TEXT_H

#include "base/buffer.h"

/* Presentation time in whole milliseconds, rounded; before the start counts as the start. */
int64_t hr_report_time_ms(int64_t time_us);

/* "00:01:02.345"; more than 99 hours take more digits. */
#define HR_REPORT_TIME_SIZE 32
void hr_report_time_text(int64_t time_us, char out[HR_REPORT_TIME_SIZE]);

/* Four decimals behind a point, whatever the locale; nothing for what is not finite. */
void hr_report_append_decimal(struct hr_buffer *out, double number);

/* Two digits, as 0.0012 or 3.4e-09; nothing for what is not finite. */
void hr_report_append_chance(struct hr_buffer *out, double chance);

#endif
