/* A folder, or a place in S3, that is looked at again and again: every video in it gets its report in another, by jobs
 * (jobs/job.h) for which that place says what is done. So nothing is lost or repeated when the program ends and begins.
 *
 * A file is complete when it did not change between two looks; an object in S3 as soon as it is there. What failed and
 * may pass is tried again after a minute, two, four, at most an hour. */
#ifndef HR_JOBS_WATCH_H
#define HR_JOBS_WATCH_H

#include "jobs/class_place.h"
#include "jobs/job.h"

enum hr_watch_event_kind {
    HR_WATCH_FOUND,       /* a video, for the first time */
    HR_WATCH_CHANGING,    /* a video that was another one at the look before */
    HR_WATCH_LEFT_ALONE,  /* not a video by its name; told once, while it lies there */
    HR_WATCH_READ,        /* `stream` was read as far as it was needed */
    HR_WATCH_RECOGNISED,  /* `result` is about to be written */
    HR_WATCH_WRITTEN,     /* the report of `result`, of the video's `version` */
    HR_WATCH_SUPERSEDED,  /* it changed while it was read: it is done again when it is complete */
    HR_WATCH_FAILED,      /* `error`; an error report says so, too, where one could be written */
    HR_WATCH_AWAY,        /* `error`: a service is out of reach; `name` is NULL */
    HR_WATCH_BATCH_BEGAN, /* `count` jobs; `name` is NULL */
    HR_WATCH_PROGRESS,    /* `progress` of the job */
    HR_WATCH_JOB_ENDED,   /* behind all other events of the job, in whatever order jobs end */
    HR_WATCH_BATCH_ENDED
};

struct hr_watch_event {
    enum hr_watch_event_kind kind;
    const char *name; /* of the file; borrowed, as all of it */
    size_t job;       /* index in its batch, where it has to do with one */
    size_t count;
    const struct hr_progress *progress;
    const struct hr_stream *stream;
    const struct hr_result *result;
    const char *version;
    const struct hr_error *error;
};

struct hr_watch_options {
    struct hr_class_place *class; /* its patience is that of all waits; its stop ends the watch */
    const char *in, *out;         /* places: a folder, "s3://bucket/prefix"; `out` is made when it is a folder */
    struct hr_recognize_options recognize; /* progress and stop are the watch's own */
    enum hr_format format;
    const char *columns;
    int threads, workers; /* see struct hr_desk */
    bool once;            /* end when everything is done that is there */
    int64_t interval_us;  /* between two looks */
    /* From any thread of the watch's, several at a time. */
    void (*on_event)(void *context, const struct hr_watch_event *event);
    /* Before each look, when no video is in hand; may be NULL. */
    void (*idle)(void *context);
    void *context;
};

/* Until the stop is asked for (HR_OK), or the places can't be reached. `engine` was opened at options->class. */
enum hr_status hr_watch_run(const struct hr_watch_options *options, struct hr_engine *engine,
                            struct hr_error *error) HR_MUST_USE;

#endif
