/* Classes: who is in which, from which day to which, and when they meet.
 *
 * A day is "2026-11-27", as the calendar of the class's time zone has it; "" is open. Times of day are minutes after
 * midnight there. Strings are borrowed, as everywhere here; during a call of `each` they are the database's. */
#ifndef HR_RECORDS_CLASSES_H
#define HR_RECORDS_CLASSES_H

#include "records/database.h"

enum { HR_DAY_SIZE = 11, HR_MINUTES_PER_DAY = 24 * 60 };

struct hr_class_record {
    const char *id; /* "8b": what people call it by; no blanks */
    const char *title;
    const char *zone;    /* "Europe/Berlin", of the tz database */
    int late_min;        /* whoever comes later than so many minutes is late */
    int early_min;       /* whoever leaves earlier than so many minutes before the end has left early */
    int keep_days;       /* how long views are kept (records/views.h); 0: none are; when it is read */
    size_t member_count; /* today or later; when it is read */
    size_t lesson_count;
};

/* Changes here are a part of the caller's transaction where there is one, but for those that remove. */

/* Adds a class, or changes it: NULL texts and negative numbers leave what is there. *added may be NULL. ARGUMENT. */
enum hr_status hr_database_put_class(struct hr_database *database, const struct hr_class_record *record, bool *added,
                                     struct hr_error *error) HR_MUST_USE;
/* By id. */
typedef enum hr_status hr_class_record_fn(void *context, const struct hr_class_record *record, struct hr_error *error);
enum hr_status hr_database_each_class(struct hr_database *database, hr_class_record_fn *each, void *context,
                                      struct hr_error *error) HR_MUST_USE;
/* One of them: `each` is called once. NOT_FOUND. */
enum hr_status hr_database_class(struct hr_database *database, const char *id, hr_class_record_fn *each, void *context,
                                 struct hr_error *error) HR_MUST_USE;
/* With its lessons, marks and enrolments; the students and what was seen in videos stay. NOT_FOUND. */
enum hr_status hr_database_remove_class(struct hr_database *database, const char *id,
                                        struct hr_error *error) HR_MUST_USE;

/* --- who is in it --- */

struct hr_member_record {
    const char *student_id, *name;
    const char *from_day, *to_day; /* both days count; "": open */
    bool refuses;                  /* has not agreed to be recognised: marked by hand alone */
    size_t faces;                  /* photos and videos by which he can be recognised */
};

/* In the class from a day on ("": as long as there is one). Who is in it already by then stays so; *changed (may be
 * NULL) says whether anything was done. NOT_FOUND: no such class, or student. */
enum hr_status hr_database_enrol(struct hr_database *database, const char *class_id, const char *student_id,
                                 const char *from_day, bool *changed, struct hr_error *error) HR_MUST_USE;
/* The last day that a student was in it. NOT_FOUND when he is not in it then. */
enum hr_status hr_database_leave(struct hr_database *database, const char *class_id, const char *student_id,
                                 const char *last_day, struct hr_error *error) HR_MUST_USE;
/* By name. `day` NULL: everybody who is or was in it, else who is in it on that day. */
typedef enum hr_status hr_member_record_fn(void *context, const struct hr_member_record *record,
                                           struct hr_error *error);
enum hr_status hr_database_each_member(struct hr_database *database, const char *class_id, const char *day,
                                       hr_member_record_fn *each, void *context, struct hr_error *error) HR_MUST_USE;

/* The classes that a student is in, or was. */
typedef enum hr_status hr_class_id_fn(void *context, const char *class_id, struct hr_error *error);
enum hr_status hr_database_each_class_of(struct hr_database *database, const char *student_id, hr_class_id_fn *each,
                                         void *context, struct hr_error *error) HR_MUST_USE;

/* --- when it meets --- */

struct hr_slot_record {
    int weekday; /* 1: Monday, 7: Sunday */
    int start_min, end_min;
};
/* Replaces the slot of that weekday that begins then; end_min 0 removes it. NOT_FOUND: no such class. */
enum hr_status hr_database_put_slot(struct hr_database *database, const char *class_id,
                                    const struct hr_slot_record *slot, struct hr_error *error) HR_MUST_USE;
/* A day on which it does not meet, whatever the week says; `off` false takes that back. */
enum hr_status hr_database_put_day_off(struct hr_database *database, const char *class_id, const char *day, bool off,
                                       struct hr_error *error) HR_MUST_USE;
/* In the order of the week. With `day`, its slots, and none on a day off. */
typedef enum hr_status hr_slot_record_fn(void *context, const struct hr_slot_record *slot, struct hr_error *error);
enum hr_status hr_database_each_slot(struct hr_database *database, const char *class_id, const char *day,
                                     hr_slot_record_fn *each, void *context, struct hr_error *error) HR_MUST_USE;

/* "2026-11-27", a day that there is: its weekday (1 to 7), else 0. */
int hr_day_weekday(const char *day);
/* Its digits from a place on, as a number. */
int hr_day_part(const char *day, int at, int count);

#endif
