/* Clocks and calendars of a time zone, by the C library's tz database. Any thread, one behind the other. A program with
 * several sets TZ before they run: whoever reads the environment beside them would else see it grow. */
#ifndef HR_CLASSROOM_ZONE_H
#define HR_CLASSROOM_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { HR_ZONE_DAY_SIZE = 11, HR_ZONE_CLOCK_SIZE = 9 };

/* ARGUMENT when the machine does not know it ("Europe/Berlin", "UTC"). */
enum hr_status hr_zone_check(const char *zone, struct hr_error *error) HR_MUST_USE;

/* "2026-11-27", and seconds after midnight by the wall's clock. A time that is left out when clocks go forward is the
 * one an hour later. ARGUMENT for what is no day. */
enum hr_status hr_zone_to_utc(const char *zone, const char *day, int seconds, int64_t *wall_us,
                              struct hr_error *error) HR_MUST_USE;
/* The day and the clock ("08:05:30") there at that moment; either may be NULL. */
void hr_zone_from_utc(const char *zone, int64_t wall_us, char day[HR_ZONE_DAY_SIZE], char clock[HR_ZONE_CLOCK_SIZE]);

/* "08:00" or "08:00:30" as seconds after midnight; -1: it is none. */
int hr_zone_parse_clock(const char *text);

/* The wall clock in a video's name, as cameras write it: a day and a time of day, in digits with or without signs
 * between them ("2026-11-27_08-00-05.mp4", "VID_20261127_080005.mp4"). False: there is none. */
bool hr_zone_parse_name(const char *name, char day[HR_ZONE_DAY_SIZE], int *seconds);

#endif
