/* Lessons: one meeting of a class, the recordings of it, what a teacher said of it by hand, and the roll as it was when
 * she finished it. Times are wall clock, microseconds since 1970. */
#ifndef HR_RECORDS_LESSONS_H
#define HR_RECORDS_LESSONS_H

#include "records/observations.h"

struct hr_lesson_record {
    int64_t key; /* given by the database */
    const char *class_id, *title;
    int64_t start_us, end_us;
    const char *day;     /* of its start, in the class's time zone */
    int64_t finished_us; /* 0: not finished */
    size_t recording_count;
    bool has_guests; /* in a recording everybody in the database was looked for; when it is read */
};

/* A lesson that begins at that moment is there once: its end and title (NULL: leave) are changed. CONFLICT when it is
 * finished; ARGUMENT; NOT_FOUND: no such class. */
enum hr_status hr_database_put_lesson(struct hr_database *database, const struct hr_lesson_record *lesson, int64_t *key,
                                      struct hr_error *error) HR_MUST_USE;
typedef enum hr_status hr_lesson_record_fn(void *context, const struct hr_lesson_record *lesson,
                                           struct hr_error *error);
/* By their start; `class_id` NULL: of all. */
enum hr_status hr_database_each_lesson(struct hr_database *database, const char *class_id, hr_lesson_record_fn *each,
                                       void *context, struct hr_error *error) HR_MUST_USE;
/* One of them: `each` is called once. NOT_FOUND. */
enum hr_status hr_database_lesson(struct hr_database *database, int64_t key, hr_lesson_record_fn *each, void *context,
                                  struct hr_error *error) HR_MUST_USE;
/* What was seen in its recordings is removed as well. NOT_FOUND; CONFLICT when it is finished. */
enum hr_status hr_database_remove_lesson(struct hr_database *database, int64_t key, struct hr_error *error) HR_MUST_USE;

/* --- recordings --- */

struct hr_recording_record {
    int64_t observation; /* its key: what was seen in it */
    const char *video, *version;
    const char *camera;   /* "": the only one */
    int64_t start_us;     /* when its first picture was taken */
    const char *start_by; /* what says so: a word of jobs/lessons.h; "": an older program kept it */
    int64_t duration_us;
    double samples_per_s, false_present;
    size_t frames, unknown_people;
};
/* A video that is there already, by name, version and camera, is replaced, with what was seen in it. Within a
 * transaction. CONFLICT when the lesson is finished. */
struct hr_recording_place {
    int64_t lesson;
    int64_t start_us;     /* wall clock of the first picture */
    const char *start_by; /* what says so; NULL: "" */
    const char *camera;   /* "": the only one */
    bool guests;          /* everybody in the database was looked for, not the class alone */
};
enum hr_status hr_database_add_recording(struct hr_database *database, int64_t observation,
                                         const struct hr_recording_place *place, struct hr_error *error) HR_MUST_USE;
/* Into that lesson, from that time on; it stays of its camera. CONFLICT when either lesson is finished; NOT_FOUND. */
enum hr_status hr_database_move_recording(struct hr_database *database, int64_t observation,
                                          const struct hr_recording_place *place, struct hr_error *error) HR_MUST_USE;
typedef enum hr_status hr_recording_record_fn(void *context, const struct hr_recording_record *recording,
                                              struct hr_error *error);
enum hr_status hr_database_each_recording(struct hr_database *database, int64_t lesson, hr_recording_record_fn *each,
                                          void *context, struct hr_error *error) HR_MUST_USE;

/* --- marks --- */

struct hr_mark_record {
    const char *student_id;
    const char *status; /* a word of classroom/roll.h */
    const char *note;
    const char *who; /* user of the system */
    int64_t at_us;
};
/* `status` NULL takes the last mark back: the one before counts again. CONFLICT when the lesson is finished; NOT_FOUND
 * when there is nothing to take back. */
enum hr_status hr_database_mark(struct hr_database *database, int64_t lesson, const char *student_id,
                                const char *status, const char *note, struct hr_error *error) HR_MUST_USE;
/* The one that counts, of each student. */
typedef enum hr_status hr_mark_record_fn(void *context, const struct hr_mark_record *mark, struct hr_error *error);
enum hr_status hr_database_each_mark(struct hr_database *database, int64_t lesson, hr_mark_record_fn *each,
                                     void *context, struct hr_error *error) HR_MUST_USE;

/* --- finished --- */

struct hr_final_record {
    const char *student_id, *name;
    const char *status, *why;
    bool by_hand;
    int64_t arrived_us, left_us; /* 0: not seen */
    int64_t seen_us;
    size_t sightings;
    double similarity; /* not finite: there is none */
};
/* The roll is kept as it is from now on, whatever becomes of tracks and classes. CONFLICT when it is finished. Within a
 * transaction, in which the rows were made, it is a part of it. */
enum hr_status hr_database_finish_lesson(struct hr_database *database, int64_t lesson,
                                         const struct hr_final_record *rows, size_t count,
                                         struct hr_error *error) HR_MUST_USE;
/* CONFLICT when it is not finished. Noted in the audit log, as finishing is. */
enum hr_status hr_database_reopen_lesson(struct hr_database *database, int64_t lesson,
                                         struct hr_error *error) HR_MUST_USE;
typedef enum hr_status hr_final_record_fn(void *context, const struct hr_final_record *row, struct hr_error *error);
enum hr_status hr_database_each_final(struct hr_database *database, int64_t lesson, hr_final_record_fn *each,
                                      void *context, struct hr_error *error) HR_MUST_USE;

/* --- what is held of one student --- */

struct hr_student_lesson_record {
    const char *class_id, *day;
    int64_t start_us, end_us;
    const char *mark, *note; /* the last one; NULL: none */
    int64_t marked_us;
    const char *final_status, *final_why; /* in the finished roll; NULL: it is not finished */
    int64_t arrived_us, left_us;
};
/* Every lesson in which he was marked, or whose roll was finished with him. */
typedef enum hr_status hr_student_lesson_fn(void *context, const struct hr_student_lesson_record *lesson,
                                            struct hr_error *error);
enum hr_status hr_database_each_lesson_of_student(struct hr_database *database, const char *student_id,
                                                  hr_student_lesson_fn *each, void *context,
                                                  struct hr_error *error) HR_MUST_USE;

#endif
