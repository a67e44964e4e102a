/* Timetables as calendars write them (iCalendar, RFC 5545): events that happen once, daily or weekly.
 *
 * A reader of our own: libical brings ICU, which would be most of the function's image, and a timetable is weeks. What
 * it does not read is counted: rules by the month or year, whole days, events that end on another day. */
#ifndef HR_TABLES_CALENDAR_H
#define HR_TABLES_CALENDAR_H

#include "base/buffer.h"

enum { HR_CALENDAR_DAY_SIZE = 11, HR_CALENDAR_ZONE_SIZE = 64 };

/* One meeting. Times are seconds after midnight by the clock of `zone`: "Europe/Berlin", "UTC", or "" for the clock of
 * whoever reads it. */
struct hr_calendar_meeting {
    char day[HR_CALENDAR_DAY_SIZE];
    int start_s, end_s;
    char zone[HR_CALENDAR_ZONE_SIZE];
    char *title; /* owned; one line */
};

struct hr_calendar {
    struct hr_calendar_meeting *meetings; /* owned; by day and start */
    size_t count;
    size_t left_out; /* events that are not read */
};

/* Those from a day to a day ("2026-11-27"; both count). Exceptions and moved or cancelled meetings are heeded. *out is
 * the caller's (hr_calendar_clear), also after a failure. FORMAT: no calendar, or the line that is wrong; LIMIT: more
 * than HR_CALENDAR_MEETINGS_MAX. */
#define HR_CALENDAR_MEETINGS_MAX 20000
enum hr_status hr_calendar_read(struct hr_view bytes, const char *from_day, const char *until_day,
                                struct hr_calendar *out, struct hr_error *error) HR_MUST_USE;
void hr_calendar_clear(struct hr_calendar *calendar);

#endif
