#include "aws/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool to_wall(struct tm *parts, int64_t *wall_us)
{
    if (parts->tm_year < 1970 || parts->tm_year > 9999 || parts->tm_mon < 0 || parts->tm_mon > 11 ||
        parts->tm_mday < 1 || parts->tm_mday > 31 || parts->tm_hour > 23 || parts->tm_min > 59 || parts->tm_sec > 60 ||
        parts->tm_hour < 0 || parts->tm_min < 0 || parts->tm_sec < 0)
        return false;
    parts->tm_year -= 1900;
    *wall_us = (int64_t)timegm(parts) * 1000000;
    return true;
}

/* ".123": moves *text behind it; what is finer than a microsecond is cut. */
static int64_t read_fraction(const char **text)
{
    int64_t fraction_us = 0;
    (*text)++;
    for (int64_t unit_us = 100000; **text >= '0' && **text <= '9'; (*text)++, unit_us /= 10)
        fraction_us += (**text - '0') * unit_us;
    return fraction_us;
}

bool hr_aws_time_iso8601(const char *text, int64_t *wall_us)
{
    struct tm parts = {0};
    int size = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
               &parts.tm_min, &parts.tm_sec, &size) != 6)
        return false;
    parts.tm_mon--;
    text += size;
    int64_t fraction_us = *text == '.' ? read_fraction(&text) : 0;
    if (strcmp(text, "Z") != 0 || !to_wall(&parts, wall_us))
        return false;
    *wall_us += fraction_us;
    return true;
}

/* Not strptime, whose names of months follow the user's language. */
bool hr_aws_time_http(const char *text, int64_t *wall_us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm parts = {0};
    char month[4], zone[4];
    const char *comma = strchr(text, ',');
    if (comma == NULL || sscanf(comma, ", %2d %3[A-Za-z] %4d %2d:%2d:%2d %3[A-Z]", &parts.tm_mday, month,
                                &parts.tm_year, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, zone) != 7)
        return false;
    const char *found = strstr(months, month);
    if (strlen(month) != 3 || found == NULL || (found - months) % 3 != 0 || strcmp(zone, "GMT") != 0)
        return false;
    parts.tm_mon = (int)(found - months) / 3;
    return to_wall(&parts, wall_us);
}
