#include "classroom/lesson_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "classroom/zone.h"

static enum hr_status take_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct hr_lesson_found *found = context;
    (void)error;
    found->key = lesson->key;
    snprintf(found->class_id, sizeof found->class_id, "%s", lesson->class_id);
    snprintf(found->title, sizeof found->title, "%.255s", lesson->title);
    snprintf(found->day, sizeof found->day, "%s", lesson->day);
    found->start_us = lesson->start_us;
    found->end_us = lesson->end_us;
    found->finished_us = lesson->finished_us;
    return HR_OK;
}

static enum hr_status take_class(void *context, const struct hr_class_record *class, struct hr_error *error)
{
    struct hr_lesson_found *found = context;
    (void)error;
    snprintf(found->zone, sizeof found->zone, "%.255s", class->zone);
    found->late_min = class->late_min;
    found->early_min = class->early_min;
    found->keep_days = class->keep_days;
    return HR_OK;
}

/* Those of a day, or the one that begins at a time of it. */
struct search {
    const char *day;
    const char *clock; /* "08:00"; NULL: any */
    char zone[256];
    int64_t key;
    size_t count;
};

static enum hr_status compare(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct search *search = context;
    char clock[HR_ZONE_CLOCK_SIZE];
    (void)error;
    if (strcmp(lesson->day, search->day) != 0)
        return HR_OK;
    hr_zone_from_utc(search->zone, lesson->start_us, NULL, clock);
    if (search->clock != NULL && strncmp(clock, search->clock, strlen(search->clock)) != 0)
        return HR_OK;
    search->key = lesson->key;
    search->count++;
    return HR_OK;
}

static enum hr_status search_by_day(struct hr_database *database, const char *word, int64_t *key,
                                    struct hr_error *error)
{
    char text[512];
    struct search search = {0};
    snprintf(text, sizeof text, "%s", word);
    char *day = strchr(text, '/');
    if (day == NULL || strlen(word) >= sizeof text)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%.80s...' is too long for a lesson's name", word);
    *day++ = '\0';
    char *clock = strchr(day, '/');
    if (clock != NULL)
        *clock++ = '\0';
    search.day = day;
    search.clock = clock;
    enum hr_status status = hr_class_zone(database, text, search.zone, error);
    if (status == HR_OK)
        status = hr_database_each_lesson(database, text, compare, &search, error);
    *key = search.key;
    if (status == HR_OK && search.count == 0)
        return hr_error_named(error, HR_ERR_NOT_FOUND, "no_lesson", NULL,
                              "class '%s' has no lesson '%s' ('homeroom lesson %s' lists them)", text,
                              word + (day - text), text);
    if (status == HR_OK && search.count > 1)
        return hr_error_set(error, HR_ERR_CONFLICT,
                            "class '%s' has %zu lessons on %s: add the time, %s/%s/08:00, or say the lesson's number",
                            text, search.count, day, text, day);
    return status;
}

enum hr_status hr_lesson_find(struct hr_database *database, const char *word, struct hr_lesson_found *out,
                              struct hr_error *error)
{
    char *end;
    enum hr_status status = HR_OK;
    *out = (struct hr_lesson_found){0};
    int64_t key = strtoll(word, &end, 10);
    if (strchr(word, '/') != NULL)
        status = search_by_day(database, word, &key, error);
    else if (end == word || *end != '\0')
        status = hr_error_set(error, HR_ERR_ARGUMENT,
                              "'%s' is no lesson: one is called by its number, or CLASS/DAY as in 8b/2026-11-27", word);
    if (status == HR_OK)
        status = hr_database_lesson(database, key, take_lesson, out, error);
    return status == HR_OK ? hr_database_class(database, out->class_id, take_class, out, error) : status;
}

bool hr_lesson_is_word(const char *word)
{
    return strchr(word, '/') != NULL || strspn(word, "0123456789") == strlen(word);
}

enum hr_status hr_class_zone(struct hr_database *database, const char *class_id, char zone[256], struct hr_error *error)
{
    struct hr_lesson_found found = {0};
    enum hr_status status = hr_database_class(database, class_id, take_class, &found, error);
    snprintf(zone, 256, "%s", found.zone);
    return status;
}

void hr_zone_today(const char *zone, char day[HR_DAY_SIZE])
{
    hr_zone_from_utc(zone, hr_clock_wall_now_us(), day, NULL);
}

enum hr_status hr_zone_parse_times(const char *word, int *start_s, int *end_s, struct hr_error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%s", word);
    char *dash = strchr(text, '-');
    if (dash != NULL)
        *dash = '\0';
    *start_s = hr_zone_parse_clock(text);
    *end_s = dash != NULL ? hr_zone_parse_clock(dash + 1) : -1;
    if (strlen(word) < sizeof text && *start_s >= 0 && *end_s > *start_s)
        return HR_OK;
    return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is no time of a lesson: 08:00-08:45 is how one is written", word);
}
