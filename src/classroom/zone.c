#include "classroom/zone.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "records/classes.h"

/* The library has one zone for the whole process: who asks goes in, asks, and goes out. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* It takes the zone from the environment and nowhere else. What TZ is set to stays the same from one call to the next
 * in most programs; the C library keeps what it was before, so that nobody who reads it meanwhile is led astray. */
static void enter(const char *zone)
{
    char value[300];
    pthread_mutex_lock(&lock);
    snprintf(value, sizeof value, ":%s", zone);
    (void)setenv("TZ", value, 1);
    tzset();
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

enum hr_status hr_zone_check(const char *zone, struct hr_error *error)
{
    char path[512];
    bool plain = zone[0] != '\0' && zone[0] != '/' && strstr(zone, "..") == NULL && strlen(zone) < 200;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);
    if (plain && (strcmp(zone, "UTC") == 0 || access(path, R_OK) == 0))
        return HR_OK;
    return hr_error_named(
        error, HR_ERR_ARGUMENT, "zone", zone,
        "'%s' is no time zone that this machine knows (like Europe/Berlin; Debian's package tzdata has "
        "them)",
        zone);
}

enum hr_status hr_zone_to_utc(const char *zone, const char *day, int seconds, int64_t *wall_us, struct hr_error *error)
{
    if (hr_day_weekday(day) == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is no day: 2026-11-27 is how one is written", day);
    struct tm time = {.tm_year = hr_day_part(day, 0, 4) - 1900,
                      .tm_mon = hr_day_part(day, 5, 2) - 1,
                      .tm_mday = hr_day_part(day, 8, 2),
                      .tm_hour = seconds / 3600,
                      .tm_min = seconds / 60 % 60,
                      .tm_sec = seconds % 60,
                      .tm_isdst = -1};
    enter(zone);
    *wall_us = (int64_t)mktime(&time) * 1000000;
    leave();
    return HR_OK;
}

void hr_zone_from_utc(const char *zone, int64_t wall_us, char day[HR_ZONE_DAY_SIZE], char clock[HR_ZONE_CLOCK_SIZE])
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm time;
    enter(zone);
    localtime_r(&seconds, &time);
    leave();
    /* A year of five digits has no room: then there is none. */
    if (day != NULL && strftime(day, HR_ZONE_DAY_SIZE, "%Y-%m-%d", &time) == 0)
        day[0] = '\0';
    if (clock != NULL && strftime(clock, HR_ZONE_CLOCK_SIZE, "%H:%M:%S", &time) == 0)
        clock[0] = '\0';
}

static int two_digits(const char *text)
{
    return isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1]) ? (text[0] - '0') * 10 + text[1] - '0'
                                                                              : -1;
}

int hr_zone_parse_clock(const char *text)
{
    size_t length = strlen(text);
    bool with_seconds = length == 8;
    if ((length != 5 && !with_seconds) || text[2] != ':' || (with_seconds && text[5] != ':'))
        return -1;
    int hour = two_digits(text), minute = two_digits(text + 3), second = with_seconds ? two_digits(text + 6) : 0;
    bool good = hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
    return good ? hour * 3600 + minute * 60 + second : -1;
}

/* The next `count` digits, one sign before them allowed. */
static bool take_digits(const char **at, int count, char *out)
{
    if (**at != '\0' && strchr("-_:.Tt ", **at) != NULL)
        ++*at;
    for (int i = 0; i < count; i++)
        if (!isdigit((unsigned char)(*at)[i]))
            return false;
    memcpy(out, *at, (size_t)count);
    out[count] = '\0';
    *at += count;
    return true;
}

bool hr_zone_parse_name(const char *name, char day[HR_ZONE_DAY_SIZE], int *seconds)
{
    for (const char *start = name; *start != '\0'; start++) {
        const char *at = start;
        char year[5], month[3], number[3], clock[9], hour[3], minute[3], second[3];
        bool begins = isdigit((unsigned char)*start) && (start == name || !isdigit((unsigned char)start[-1]));
        if (!begins || !take_digits(&at, 4, year) || !take_digits(&at, 2, month) || !take_digits(&at, 2, number) ||
            !take_digits(&at, 2, hour) || !take_digits(&at, 2, minute) || !take_digits(&at, 2, second))
            continue;
        snprintf(day, HR_ZONE_DAY_SIZE, "%s-%s-%s", year, month, number);
        snprintf(clock, sizeof clock, "%s:%s:%s", hour, minute, second);
        *seconds = hr_zone_parse_clock(clock);
        if (*seconds >= 0 && hr_day_weekday(day) > 0)
            return true;
    }
    return false;
}
