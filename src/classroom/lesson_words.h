/* How the command line says which lesson: its number, CLASS/DAY or CLASS/DAY/08:00; and what commands on lessons
 * share. */
#ifndef HR_CLASSROOM_LESSON_WORDS_H
#define HR_CLASSROOM_LESSON_WORDS_H

#include "records/classes.h"
#include "records/database.h"
#include "records/lessons.h"

struct hr_lesson_found {
    int64_t key;
    char class_id[256], zone[256], day[HR_DAY_SIZE], title[256];
    int64_t start_us, end_us, finished_us;
    int late_min, early_min, keep_days;
};
/* NOT_FOUND; CONFLICT when the class meets several times on that day. */
enum hr_status hr_lesson_find(struct hr_database *database, const char *word, struct hr_lesson_found *out,
                              struct hr_error *error) HR_MUST_USE;
/* Whether a word calls a lesson, and not a class. */
bool hr_lesson_is_word(const char *word);
/* "8b" of its time zone. NOT_FOUND. */
enum hr_status hr_class_zone(struct hr_database *database, const char *class_id, char zone[256],
                             struct hr_error *error) HR_MUST_USE;
/* The day it is now in that zone. */
void hr_zone_today(const char *zone, char day[HR_DAY_SIZE]);
/* "08:00-08:45" in seconds after midnight. ARGUMENT. */
enum hr_status hr_zone_parse_times(const char *word, int *start_s, int *end_s, struct hr_error *error) HR_MUST_USE;

#endif
