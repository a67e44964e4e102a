/* The two ways in which Amazon's services write a time. */
#ifndef HR_AWS_TIME_H
#define HR_AWS_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-01-31T12:00:00Z", with or without a fraction, which counts; false for anything else. */
bool hr_aws_time_iso8601(const char *text, int64_t *wall_us);
/* "Sat, 31 Jan 2026 12:00:00 GMT", the form of HTTP's Date and Last-Modified. */
bool hr_aws_time_http(const char *text, int64_t *wall_us);

#endif
