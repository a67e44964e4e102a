#include "tables/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/limits.h"

enum { LINE_MAX_BYTES = 8192, EXCEPTIONS_MAX = 512 };
#define DAY_S (24 * 3600)

/* A moment by the clock of some zone: days since 1970 and seconds after midnight. */
struct moment {
    long day;
    int seconds; /* -1: a whole day */
};

enum frequency { ONCE, DAILY, WEEKLY, OTHER };

struct event {
    struct moment start, end;
    char zone[HR_CALENDAR_ZONE_SIZE];
    char uid[256], title[256];
    enum frequency frequency;
    long interval, count; /* count 0: no end by it */
    int duration_s;       /* 0: not said */
    struct moment until;
    bool has_until, has_end, is_cancelled, has_start;
    unsigned weekdays; /* bit 0: Monday; 0: that of the start */
    struct moment exceptions[EXCEPTIONS_MAX];
    size_t exception_count;
    struct moment replaces; /* the meeting of the rule that this one stands for */
    bool is_replacement;
};

struct reading {
    struct hr_calendar *out;
    long from, until; /* days */
    size_t capacity;
    size_t line;
    int nesting; /* of components within an event: an alarm */
    bool in_event, in_calendar, is_replacing;
    struct event *event; /* owned */
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a calendar");
}

static enum hr_status bad(const struct reading *reading, const char *what, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_FORMAT, "line %zu: %s", reading->line, what);
}

/* --- days --- */

static bool digits(const char *text, size_t count)
{
    return strnlen(text, count) == count && strspn(text, "0123456789") >= count;
}

static int number(const char *text, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++)
        value = 10 * value + (text[i] - '0');
    return value;
}

static bool day_of(int year, int month, int day, long *out)
{
    struct tm time = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *out = (long)(timegm(&time) / DAY_S);
    return time.tm_mday == day; /* the 31st of February is none */
}

static void write_day(long day, char out[HR_CALENDAR_DAY_SIZE])
{
    time_t seconds = (time_t)day * DAY_S;
    struct tm time;
    gmtime_r(&seconds, &time);
    strftime(out, HR_CALENDAR_DAY_SIZE, "%Y-%m-%d", &time);
}

static int weekday_of(long day) /* 0: Monday; the first of 1970 was a Thursday */
{
    return (int)((day + 3) % 7);
}

/* "20261127T080000", with a Z for the world's clock, or "20261127". */
static bool parse_moment(const char *text, struct moment *out, bool *is_utc)
{
    size_t length = strlen(text);
    *is_utc = length == 16 && text[15] == 'Z';
    if (!digits(text, 8) || !day_of(number(text, 4), number(text + 4, 2), number(text + 6, 2), &out->day))
        return false;
    out->seconds = -1;
    if (length == 8)
        return true;
    if (text[8] != 'T' || !digits(text + 9, 6) || (length != 15 && !*is_utc))
        return false;
    int hours = number(text + 9, 2), minutes = number(text + 11, 2), seconds = number(text + 13, 2);
    out->seconds = hours * 3600 + minutes * 60 + seconds;
    return hours < 24 && minutes < 60 && seconds <= 60;
}

/* "PT45M", "PT1H30M", "P1D". */
static bool parse_duration(const char *text, int *out)
{
    int sum = 0;
    if (*text++ != 'P')
        return false;
    while (*text != '\0') {
        size_t count = strspn(text, "0123456789");
        if (*text == 'T' && count == 0) {
            text++;
            continue;
        }
        if (count == 0 || count > 5)
            return false;
        int value = number(text, count);
        char unit = text[count];
        int size = unit == 'W' ? 7 * DAY_S : unit == 'D' ? DAY_S : unit == 'H' ? 3600 : unit == 'M' ? 60 : 1;
        if (strchr("WDHMS", unit) == NULL || unit == '\0' || value > 1000000 / size)
            return false;
        sum += value * size;
        text += count + 1;
    }
    *out = sum;
    return true;
}

/* --- properties of an event --- */

static bool parse_rule(struct event *event, char *text)
{
    static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    char *rest = NULL, *days = NULL;
    bool utc;
    event->interval = 1;
    event->frequency = OTHER;
    for (char *part = strtok_r(text, ";", &rest); part != NULL; part = strtok_r(NULL, ";", &rest)) {
        char *value = strchr(part, '=');
        if (value == NULL)
            return false;
        *value++ = '\0';
        if (strcmp(part, "FREQ") == 0)
            event->frequency = strcmp(value, "WEEKLY") == 0 ? WEEKLY : strcmp(value, "DAILY") == 0 ? DAILY : OTHER;
        else if (strcmp(part, "INTERVAL") == 0)
            event->interval = strtol(value, NULL, 10);
        else if (strcmp(part, "COUNT") == 0)
            event->count = strtol(value, NULL, 10);
        else if (strcmp(part, "UNTIL") == 0)
            event->has_until = parse_moment(value, &event->until, &utc);
        else if (strcmp(part, "BYDAY") == 0)
            days = value;
        else if (strcmp(part, "WKST") != 0)
            event->frequency = OTHER;
    }
    rest = NULL;
    for (char *day = days != NULL ? strtok_r(days, ",", &rest) : NULL; day != NULL; day = strtok_r(NULL, ",", &rest)) {
        size_t i = 0;
        while (i < 7 && strcmp(names[i], day) != 0)
            i++;
        if (i == 7) /* "the second Monday" is of a month */
            event->frequency = OTHER;
        else
            event->weekdays |= 1u << i;
    }
    return event->interval > 0 && event->interval < 1000 && event->count >= 0;
}

static bool add_exceptions(struct event *event, char *text)
{
    char *rest = NULL;
    bool utc, good = true;
    for (char *one = strtok_r(text, ",", &rest); one != NULL && good; one = strtok_r(NULL, ",", &rest)) {
        good = event->exception_count < EXCEPTIONS_MAX &&
               parse_moment(one, &event->exceptions[event->exception_count], &utc);
        event->exception_count += good;
    }
    return good;
}

/* "a\, b\nc" as one line. */
static void copy_text(const char *text, char out[256])
{
    size_t used = 0;
    for (; *text != '\0' && used < 250; text++) {
        if (*text == '\\' && text[1] != '\0')
            text++, out[used++] = *text == 'n' || *text == 'N' ? ' ' : *text;
        else
            out[used++] = *text;
    }
    while (used > 0 && ((unsigned char)out[used - 1] & 0xc0) == 0x80 && used >= 249) /* not within a character */
        used--;
    out[used] = '\0';
}

static void take_zone(struct event *event, const char *parameters, bool utc)
{
    const char *zone = strstr(parameters, ";TZID=");
    event->zone[0] = '\0';
    if (utc)
        snprintf(event->zone, sizeof event->zone, "UTC");
    if (utc || zone == NULL)
        return;
    zone += strlen(";TZID=");
    zone += *zone == '"';
    size_t length = strcspn(zone, ";:\"");
    if (length < sizeof event->zone)
        snprintf(event->zone, sizeof event->zone, "%.*s", (int)length, zone);
}

/* `name` with its parameters behind a ';', the value without. */
static enum hr_status take_property(struct reading *reading, const char *name, char *value, struct hr_error *error)
{
    struct event *event = reading->event;
    size_t length = strcspn(name, ";");
    bool utc = false, good = true;
    if (strncmp(name, "DTSTART", length) == 0 && length == 7) {
        good = event->has_start = parse_moment(value, &event->start, &utc);
        take_zone(event, name + length, utc);
    } else if (strncmp(name, "DTEND", length) == 0 && length == 5) {
        good = event->has_end = parse_moment(value, &event->end, &utc);
    } else if (strncmp(name, "DURATION", length) == 0 && length == 8) {
        good = parse_duration(value, &event->duration_s);
    } else if (strncmp(name, "RRULE", length) == 0 && length == 5) {
        good = parse_rule(event, value);
    } else if (strncmp(name, "RDATE", length) == 0 && length == 5) {
        event->frequency = OTHER;
    } else if (strncmp(name, "EXDATE", length) == 0 && length == 6) {
        good = add_exceptions(event, value);
    } else if (strncmp(name, "RECURRENCE-ID", length) == 0 && length == 13) {
        good = event->is_replacement = parse_moment(value, &event->replaces, &utc);
    } else if (strncmp(name, "STATUS", length) == 0 && length == 6) {
        event->is_cancelled = strcmp(value, "CANCELLED") == 0;
    } else if (strncmp(name, "UID", length) == 0 && length == 3) {
        snprintf(event->uid, sizeof event->uid, "%.250s", value);
    } else if (strncmp(name, "SUMMARY", length) == 0 && length == 7) {
        copy_text(value, event->title);
    }
    return good ? HR_OK : bad(reading, "a time or a rule that cannot be read", error);
}

/* --- meetings --- */

static enum hr_status add_meeting(struct reading *reading, const struct event *event, long day, struct hr_error *error)
{
    struct hr_calendar *out = reading->out;
    if (day < reading->from || day > reading->until)
        return HR_OK;
    if (out->count == HR_CALENDAR_MEETINGS_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "more than %d meetings: say --from and --until",
                            HR_CALENDAR_MEETINGS_MAX);
    struct hr_calendar_meeting *meetings =
        hr_array_room(out->meetings, out->count, &reading->capacity, sizeof *meetings);
    if (meetings == NULL)
        return no_memory(error);
    out->meetings = meetings;
    struct hr_calendar_meeting *meeting = &out->meetings[out->count++];
    *meeting = (struct hr_calendar_meeting){.start_s = event->start.seconds, .end_s = event->end.seconds};
    meeting->title = strdup(event->title);
    snprintf(meeting->zone, sizeof meeting->zone, "%s", event->zone);
    write_day(day, meeting->day);
    return meeting->title != NULL ? HR_OK : no_memory(error);
}

static bool is_exception(const struct event *event, long day)
{
    for (size_t i = 0; i < event->exception_count; i++)
        if (event->exceptions[i].day == day &&
            (event->exceptions[i].seconds < 0 || event->exceptions[i].seconds == event->start.seconds))
            return true;
    return false;
}

static bool is_of_rule(const struct event *event, long day)
{
    long since = day - event->start.day;
    if (event->frequency == DAILY)
        return since % event->interval == 0 && (event->weekdays == 0 || (event->weekdays >> weekday_of(day) & 1) != 0);
    unsigned weekdays = event->weekdays != 0 ? event->weekdays : 1u << weekday_of(event->start.day);
    long week = (day - weekday_of(day) - (event->start.day - weekday_of(event->start.day))) / 7;
    return week % event->interval == 0 && (weekdays >> weekday_of(day) & 1) != 0;
}

static enum hr_status expand(struct reading *reading, const struct event *event, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    long counted = 0;
    if (event->frequency == ONCE)
        return add_meeting(reading, event, event->start.day, error);
    for (long day = event->start.day; status == HR_OK && day <= reading->until; day++) {
        if (!is_of_rule(event, day) && day != event->start.day)
            continue;
        if ((event->has_until && day > event->until.day) || (event->count > 0 && counted == event->count))
            return HR_OK;
        counted++;
        if (!is_exception(event, day))
            status = add_meeting(reading, event, day, error);
    }
    return status;
}

/* A meeting of a rule that was moved, or cancelled, is not where the rule has it. The title tells nothing: the day and
 * the start do, and the uid is the same. */
static void remove_replaced(struct reading *reading, const struct event *event)
{
    char day[HR_CALENDAR_DAY_SIZE];
    struct hr_calendar *out = reading->out;
    size_t kept = 0;
    write_day(event->replaces.day, day);
    for (size_t i = 0; i < out->count; i++) {
        bool gone = strcmp(out->meetings[i].day, day) == 0 &&
                    (event->replaces.seconds < 0 || out->meetings[i].start_s == event->replaces.seconds);
        if (gone)
            free(out->meetings[i].title);
        else
            out->meetings[kept++] = out->meetings[i];
    }
    out->count = kept;
}

static bool is_readable(const struct event *event)
{
    return event->has_start && event->has_end && event->start.seconds >= 0 && event->end.day == event->start.day &&
           event->end.seconds > event->start.seconds && event->end.seconds <= DAY_S && event->frequency != OTHER;
}

/* First all rules are read, then, in a second walk, what replaces their meetings. */
static enum hr_status end_event(struct reading *reading, struct hr_error *error)
{
    struct event *event = reading->event;
    reading->in_event = false;
    if (!event->has_end && event->duration_s > 0) {
        event->end = (struct moment){event->start.day, event->start.seconds + event->duration_s};
        event->has_end = true;
    }
    if (event->is_replacement != reading->is_replacing)
        return HR_OK;
    if (event->is_replacement)
        remove_replaced(reading, event);
    if (event->is_cancelled)
        return HR_OK;
    if (is_readable(event))
        return expand(reading, event, error);
    reading->out->left_out++;
    return HR_OK;
}

/* --- lines --- */

static enum hr_status take_line(struct reading *reading, char *line, struct hr_error *error)
{
    char *quote = NULL, *value = line;
    /* The colon behind the name and its parameters, not one within quotes. */
    for (; *value != '\0' && (*value != ':' || quote != NULL); value++)
        if (*value == '"')
            quote = quote == NULL ? value : NULL;
    if (*value == '\0')
        return line[0] == '\0' ? HR_OK : bad(reading, "no name and value with a colon between them", error);
    *value++ = '\0';
    if (strcmp(line, "BEGIN") == 0 && strcmp(value, "VCALENDAR") == 0) {
        reading->in_calendar = true;
    } else if (strcmp(line, "BEGIN") == 0 && strcmp(value, "VEVENT") == 0 && !reading->in_event) {
        reading->in_event = true;
        reading->nesting = 0;
        *reading->event = (struct event){0};
    } else if (reading->in_event && strcmp(line, "BEGIN") == 0) {
        reading->nesting++;
    } else if (reading->in_event && strcmp(line, "END") == 0 && reading->nesting > 0) {
        reading->nesting--;
    } else if (reading->in_event && strcmp(line, "END") == 0) {
        return end_event(reading, error);
    } else if (reading->in_event && reading->nesting == 0) {
        return take_property(reading, line, value, error);
    }
    return HR_OK;
}

/* The next line with what it is folded over; false behind the last. */
static bool next_line(struct hr_view *rest, char line[LINE_MAX_BYTES], size_t *lines)
{
    size_t used = 0;
    if (rest->size == 0)
        return false;
    for (bool first = true; rest->size > 0 && (first || rest->data[0] == ' ' || rest->data[0] == '\t'); first = false) {
        const uint8_t *end = memchr(rest->data, '\n', rest->size);
        size_t size = end != NULL ? (size_t)(end - rest->data) : rest->size, skipped = first ? 0 : 1;
        size_t bare = size > 0 && rest->data[size - 1] == '\r' ? size - 1 : size;
        for (size_t i = skipped; i < bare && used < LINE_MAX_BYTES - 1; i++)
            if (rest->data[i] != '\0')
                line[used++] = (char)rest->data[i];
        size += end != NULL;
        *rest = hr_view_of(rest->data + size, rest->size - size);
        ++*lines;
    }
    line[used] = '\0';
    return true;
}

static enum hr_status walk(struct reading *reading, struct hr_view bytes, struct hr_error *error)
{
    char line[LINE_MAX_BYTES];
    enum hr_status status = HR_OK;
    reading->line = 0;
    reading->in_event = false;
    while (status == HR_OK && next_line(&bytes, line, &reading->line)) {
        status = take_line(reading, line, error);
        if (!reading->in_calendar && status != HR_ERR_MEMORY)
            status = hr_error_set(error, HR_ERR_FORMAT, "no calendar: it does not begin with BEGIN:VCALENDAR");
    }
    return status;
}

static int by_time(const void *a, const void *b)
{
    const struct hr_calendar_meeting *left = a, *right = b;
    int order = strcmp(left->day, right->day);
    return order != 0 ? order : (left->start_s > right->start_s) - (left->start_s < right->start_s);
}

static bool parse_day(const char *text, long *out)
{
    return strlen(text) == 10 && digits(text, 4) && digits(text + 5, 2) && digits(text + 8, 2) &&
           day_of(number(text, 4), number(text + 5, 2), number(text + 8, 2), out);
}

enum hr_status hr_calendar_read(struct hr_view bytes, const char *from_day, const char *until_day,
                                struct hr_calendar *out, struct hr_error *error)
{
    struct reading reading = {.out = out, .event = malloc(sizeof *reading.event)};
    *out = (struct hr_calendar){0};
    enum hr_status status = reading.event != NULL ? HR_OK : no_memory(error);
    if (status == HR_OK && (!parse_day(from_day, &reading.from) || !parse_day(until_day, &reading.until)))
        status = hr_error_set(error, HR_ERR_ARGUMENT, "'%s' or '%s' is no day", from_day, until_day);
    if (status == HR_OK && bytes.size >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0)
        bytes = hr_view_of(bytes.data + 3, bytes.size - 3);
    if (status == HR_OK)
        status = walk(&reading, bytes, error);
    if (status == HR_OK && !reading.in_calendar)
        status = hr_error_set(error, HR_ERR_FORMAT, "no calendar: it does not begin with BEGIN:VCALENDAR");
    reading.is_replacing = true;
    if (status == HR_OK)
        status = walk(&reading, bytes, error);
    if (out->count > 0)
        qsort(out->meetings, out->count, sizeof *out->meetings, by_time);
    free(reading.event);
    return status;
}

void hr_calendar_clear(struct hr_calendar *calendar)
{
    for (size_t i = 0; i < calendar->count; i++)
        free(calendar->meetings[i].title);
    free(calendar->meetings);
    *calendar = (struct hr_calendar){0};
}
