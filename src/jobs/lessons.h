/* Recordings into lessons, and what a class's lessons say when somebody has been enrolled or corrected since: what the
 * command line and the page do alike. The database is a file. */
#ifndef HR_JOBS_LESSONS_H
#define HR_JOBS_LESSONS_H

#include "classroom/classroom.h"
#include "classroom/lesson_words.h"
#include "jobs/class_place.h"

/* A snapshot for an engine that has the models alone: of the students of a class on a day (texts outlive the snapshot;
 * NULL: everybody's). */
enum hr_status hr_class_publish(struct hr_class_place *place, struct hr_engine *engine, const char *class_id,
                                const char *day, struct hr_error *error) HR_MUST_USE;

/* --- a recording --- */

struct hr_lesson_recording {
    const struct hr_lesson_found *lesson;
    const char *video;   /* what it is called */
    const char *version; /* the same bytes again take the place of what was seen before; NULL: "" */
    const char *camera;  /* "": the only one */
    int64_t start_us;    /* wall clock of its first picture */
    bool guests;         /* everybody in the database is looked for, not the class alone */
    int threads;
    struct hr_recognize_options options; /* with a stop */
};
/* Looks at it and keeps what was seen, with what the class keeps of faces; *result is the caller's (hr_result_free).
 * `engine` has the models alone. The database is open for a moment at the beginning and at the end. */
enum hr_status hr_lesson_take(struct hr_class_place *place, struct hr_engine *engine,
                              const struct hr_lesson_recording *recording, struct hr_stream *stream,
                              struct hr_result **result, struct hr_error *error) HR_MUST_USE;

/* What the file itself says: when its first picture was taken (wall clock; 0: nothing), and its length (0: nothing).
 * The same errors as recognition has. */
enum hr_status hr_recording_ask(const struct hr_class_place *place, struct hr_stream *stream, const char *video,
                                const struct hr_deadline *deadline, int64_t *created_us, int64_t *duration_us,
                                struct hr_error *error) HR_MUST_USE;
/* The lesson that a recording of that moment belongs to: one that is there, else one of the timetable, which is made. A
 * camera that runs before the bell belongs to the lesson that follows. *key 0: there is none. */
enum hr_status hr_lesson_of_clock(struct hr_database *database, const char *class_id, const char *zone,
                                  int64_t start_us, int64_t *key, struct hr_error *error) HR_MUST_USE;

/* --- decided again --- */

/* The open lessons of a class, or one of them (0: all), are held against the class as it is now, from the vectors that
 * it keeps. `engine` has the models. *changed: how many tracks are now taken for somebody else. */
enum hr_status hr_lessons_decide_again(struct hr_class_place *place, struct hr_engine *engine,
                                       struct hr_database *database, const char *class_id, int64_t lesson,
                                       size_t *changed, struct hr_error *error) HR_MUST_USE;

#endif
