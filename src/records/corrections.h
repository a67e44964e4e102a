/* What people say of what was seen: a track, or several, is a student, is not him, or is nobody. What was seen is never
 * edited: a correction is a row beside it, with who said it and when, and may be undone. Classroom/standing.h puts both
 * together. */
#ifndef HR_RECORDS_CORRECTIONS_H
#define HR_RECORDS_CORRECTIONS_H

#include "records/database.h"

enum hr_correction_kind {
    HR_CORRECTION_IS,
    HR_CORRECTION_NOT,
    HR_CORRECTION_NOBODY, /* a picture on the wall, a visitor who does not count */
    HR_CORRECTION_COUNT
};
const char *hr_correction_name(enum hr_correction_kind kind); /* "is", "not", "nobody" */
/* False: there is no such word. */
bool hr_correction_parse(const char *word, enum hr_correction_kind *out);

/* One thing that somebody said. Strings are borrowed during the call. */
struct hr_change_record {
    int64_t key; /* given by the database */
    enum hr_correction_kind kind;
    const char *student_id; /* NULL: of nobody */
    const char *who;        /* user of the system */
    int64_t at_us;          /* wall clock */
    const char *undone_by;
    int64_t undone_us; /* 0: it holds */
    size_t track_count;
    int64_t track; /* the first of them; 0: there is none any more */
};
typedef enum hr_status hr_change_record_fn(void *context, const struct hr_change_record *change,
                                           struct hr_error *error);

/* Tracks of lessons, by their keys. `student_id` NULL for nobody. *change: its key. NOT_FOUND: no such track of a
 * lesson, or student; CONFLICT: a lesson of theirs is finished; PERMISSION: he does not agree to be recognised. All or
 * nothing; within a transaction it is a part of it. */
enum hr_status hr_database_correct(struct hr_database *database, enum hr_correction_kind kind, const char *student_id,
                                   const int64_t *tracks, size_t count, int64_t *change,
                                   struct hr_error *error) HR_MUST_USE;
/* Takes one back; 0: the last one that holds. `each` is called once with what was taken back; *track: one of those that
 * it was of, 0: there is none any more. NOT_FOUND; CONFLICT: it
 * was taken back before, or a lesson of its is finished. Faces that it enrolled (records/views.h) are removed with
 * their traces. Not within a transaction. */
enum hr_status hr_database_undo(struct hr_database *database, int64_t change, hr_change_record_fn *each, void *context,
                                int64_t *track, struct hr_error *error) HR_MUST_USE;

/* In the order of their making, with those taken back: of a lesson (0: of all), of a class (NULL: of all). */
enum hr_status hr_database_each_change(struct hr_database *database, int64_t lesson, const char *class_id,
                                       hr_change_record_fn *each, void *context, struct hr_error *error) HR_MUST_USE;
/* What was said of one student. */
enum hr_status hr_database_each_change_of(struct hr_database *database, const char *student_id,
                                          hr_change_record_fn *each, void *context, struct hr_error *error) HR_MUST_USE;

/* What holds of one track. */
struct hr_correction_record {
    int64_t track;
    enum hr_correction_kind kind;
    const char *student_id; /* NULL: of nobody */
    bool was_taken_for;     /* the student is whom the track was taken for when nobody had said anything */
    const char *model_id;   /* by which model */
    double similarity;      /* and how alike; not finite: not known */
};
typedef enum hr_status hr_correction_record_fn(void *context, const struct hr_correction_record *correction,
                                               struct hr_error *error);
/* All that hold in the lessons of a class, in the order of their making. */
enum hr_status hr_database_each_correction(struct hr_database *database, const char *class_id,
                                           hr_correction_record_fn *each, void *context,
                                           struct hr_error *error) HR_MUST_USE;

/* The lesson and the observation that a track belongs to. NOT_FOUND. */
enum hr_status hr_database_track_lesson(struct hr_database *database, int64_t track, int64_t *lesson,
                                        int64_t *observation, struct hr_error *error) HR_MUST_USE;

#endif
