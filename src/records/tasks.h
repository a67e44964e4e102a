/* What the page was given to do: videos on their way (uploads), and whole ones that wait, are looked at, or are done
 * (tasks). The files lie beside; here is what is known of them. Strings are borrowed, during a call of `each` the
 * database's. Times are wall clock. */
#ifndef HR_RECORDS_TASKS_H
#define HR_RECORDS_TASKS_H

#include "records/database.h"

struct hr_upload_record {
    const char *id; /* random: whoever knows it and is its owner may go on */
    int64_t account;
    const char *account_name; /* when it is read */
    const char *video;        /* the file's name, where it comes from */
    const char *class_id;
    int64_t lesson;      /* 0: by the clock */
    const char *camera;  /* "": the only one */
    const char *start;   /* "08:02:30", or with a day before it; "": by name, file, or when it was modified */
    int64_t modified_us; /* as the sender says; 0: he does not */
    int64_t size_bytes;
    int64_t made_us; /* given by the database */
};

enum hr_status hr_upload_add(struct hr_database *database, const struct hr_upload_record *upload,
                             struct hr_error *error) HR_MUST_USE;
typedef enum hr_status hr_upload_record_fn(void *context, const struct hr_upload_record *upload,
                                           struct hr_error *error);
/* `each` is called once. NOT_FOUND. */
enum hr_status hr_upload_find(struct hr_database *database, const char *id, hr_upload_record_fn *each, void *context,
                              struct hr_error *error) HR_MUST_USE;
/* The oldest first. */
enum hr_status hr_upload_each(struct hr_database *database, hr_upload_record_fn *each, void *context,
                              struct hr_error *error) HR_MUST_USE;
/* NOT_FOUND. */
enum hr_status hr_upload_remove(struct hr_database *database, const char *id, struct hr_error *error) HR_MUST_USE;

enum hr_task_state { HR_TASK_WAITING, HR_TASK_RUNNING, HR_TASK_DONE, HR_TASK_FAILED, HR_TASK_STATE_COUNT };
const char *hr_task_state_name(enum hr_task_state state); /* "waiting", "running", "done", "failed" */

struct hr_task_record {
    int64_t key;         /* given by the database */
    const char *account; /* whose name stands by what comes of it */
    const char *file;    /* its name in the folder of videos; "": gone */
    const char *video, *class_id, *camera, *start;
    int64_t lesson; /* 0: not known yet */
    int64_t modified_us;
    enum hr_task_state state;
    int tries;           /* how often it was begun */
    const char *message; /* what came of it, for people */
    const char *reason;  /* why it failed, as of struct hr_error, or its code's name; "" */
    const char *value;
    size_t certain, unknown; /* when it is done: students, and people whom nobody knows */
    int64_t made_us, began_us, ended_us;
};

/* A whole upload becomes a task, in one step. `upload` may be NULL; NOT_FOUND when it is gone. */
enum hr_status hr_task_add(struct hr_database *database, const struct hr_task_record *task, const char *upload,
                           int64_t *key, struct hr_error *error) HR_MUST_USE;
typedef enum hr_status hr_task_record_fn(void *context, const struct hr_task_record *task, struct hr_error *error);
/* The newest first; `key` 0: the last 500. */
enum hr_status hr_task_each(struct hr_database *database, int64_t key, hr_task_record_fn *each, void *context,
                            struct hr_error *error) HR_MUST_USE;
/* All that wait or run, the oldest first. */
enum hr_status hr_task_each_open(struct hr_database *database, hr_task_record_fn *each, void *context,
                                 struct hr_error *error) HR_MUST_USE;
/* The oldest that waits is begun: `each` is called once with it. HR_END: none waits. */
enum hr_status hr_task_begin(struct hr_database *database, hr_task_record_fn *each, void *context,
                             struct hr_error *error) HR_MUST_USE;
enum hr_status hr_task_set_lesson(struct hr_database *database, int64_t key, int64_t lesson,
                                  struct hr_error *error) HR_MUST_USE;
/* With key, state, message, reason, value and the counts of `end`. Its file is gone from now on. */
enum hr_status hr_task_end(struct hr_database *database, const struct hr_task_record *end,
                           struct hr_error *error) HR_MUST_USE;
/* NOT_FOUND: there is none, or it runs. */
enum hr_status hr_task_remove(struct hr_database *database, int64_t key, struct hr_error *error) HR_MUST_USE;
/* A running one that a program was at when it was ended waits again; `place_us`: how far it was in the video, negative:
 * before the first picture. It has failed when that was the same place three times in a row, or five times before the
 * first picture: then it is the video, and nobody who stops the program. */
enum hr_status hr_task_broken_off(struct hr_database *database, int64_t key, int64_t place_us,
                                  struct hr_error *error) HR_MUST_USE;
/* A running one waits again: it was left in order. */
enum hr_status hr_task_leave(struct hr_database *database, int64_t key, struct hr_error *error) HR_MUST_USE;

#endif
