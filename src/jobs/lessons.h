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

/* What says when the first picture was taken. The last three are guesses. */
enum hr_start_by {
    HR_START_SAID,      /* somebody */
    HR_START_FOLLOWS,   /* the end of the part before */
    HR_START_NAME,      /* the file's name, by the clock on the wall */
    HR_START_CONTAINER, /* the file itself, in a zone that the camera took for the world's */
    HR_START_LESSON,    /* the lesson that it was sent for: it is taken for all of it */
    HR_START_MODIFIED,  /* it ended when the file was last written */
    HR_START_ARRIVAL,   /* it ended when it came */
    HR_START_BY_COUNT
};
const char *
hr_start_by_name(enum hr_start_by by); /* "said", "follows", "name", "file", "lesson", "modified", "arrival" */

struct hr_start_clues {
    const char *said;       /* "08:02:30", or with a day before it; NULL or "": nothing */
    const char *video;      /* its name, with or without folders */
    const char *zone, *day; /* of the class; of the lesson, where it is known, else "" */
    int64_t follows_us;     /* wall clock, as all here; 0: not known, or not to be guessed from */
    int64_t created_us, lesson_us, ended_us, arrived_us;
    int64_t duration_us;
};
/* The first of them that says anything. NOT_FOUND: none does; ARGUMENT. */
enum hr_status hr_recording_start(const struct hr_start_clues *clues, int64_t *start_us, enum hr_start_by *by,
                                  struct hr_error *error) HR_MUST_USE;

struct hr_lesson_recording {
    const struct hr_lesson_found *lesson;
    const char *video;   /* what it is called */
    const char *version; /* the same bytes again take the place of what was seen before; NULL: "" */
    const char *camera;  /* "": the only one */
    int64_t start_us;    /* wall clock of its first picture */
    enum hr_start_by start_by;
    const char *account; /* in whose name it is kept; NULL: the user of the system */
    bool guests;         /* everybody in the database is looked for, not the class alone */
    int threads;
    struct hr_recognize_options options; /* with a stop */
};
/* Looks at it and keeps what was seen, with what the class keeps of faces, and what was corrected before counts in it,
 * too; *result is the caller's (hr_result_free).
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

/* The same, and where there is none one that is as long as the recording is made. */
enum hr_status hr_lesson_for_recording(struct hr_database *database, const char *class_id, const char *zone,
                                       int64_t start_us, int64_t duration_us, int64_t *key,
                                       struct hr_error *error) HR_MUST_USE;
/* A recording of `lesson` began at another time, as somebody says: it goes into the lesson of that time where that is
 * another one (*key; else the same), and a lesson of nothing but this recording goes with it. ARGUMENT, NOT_FOUND;
 * CONFLICT: a lesson is finished. */
enum hr_status hr_recording_move(struct hr_database *database, const struct hr_lesson_found *lesson, int64_t recording,
                                 const char *said, int64_t *key, struct hr_error *error) HR_MUST_USE;

/* --- decided again --- */

/* The open lessons of a class, or one of them (0: all), are held against the class as it is now, from the vectors that
 * it keeps. `engine` has the models. *changed: how many tracks are now taken for somebody else. */
enum hr_status hr_lessons_decide_again(struct hr_class_place *place, struct hr_engine *engine,
                                       struct hr_database *database, const char *class_id, int64_t lesson,
                                       size_t *changed, struct hr_error *error) HR_MUST_USE;

#endif
