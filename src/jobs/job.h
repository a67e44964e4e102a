/* A job: one video of a store becomes one report in another, once, whatever else happens. `watch`, the Lambda function
 * and the worker of a queue are callers of hr_job_run, each with its own stores; `recognize`, whose reports are made
 * anew each time that it is asked, is not.
 *
 * Once: the report carries as a tag from what it was made (which video, which version of it, models, options), so that
 * a repeated job finds its work done; see jobs/once.h for what happens when several work at the same time. */
#ifndef HR_JOBS_JOB_H
#define HR_JOBS_JOB_H

#include "classroom/classroom.h"
#include "jobs/once.h"
#include "store/store.h"

/* How a kind of jobs is done. Borrowed text. */
struct hr_job_options {
    struct hr_recognize_options recognize;
    enum hr_format format;
    const char *columns; /* as hr_result_write takes it */
    /* Where the work may be suspended and taken up again: what was seen so far is kept in `kept`. NULL: it may not. */
    const struct hr_store *kept;
    int64_t reserve_ms;      /* suspended when the deadline is nearer than this */
    uint64_t part_min_bytes; /* a video of fewer bytes was never suspended: nobody looks for what was kept of it */
    /* A video during which the program was ended twice is left for later, with an error report and LIMIT, so that the
     * others are done: it may be to blame, or have been in hand by chance. Noted among the reports, for whoever has no
     * queue that counts its deliveries. */
    bool counts_attempts;
    bool reports_all_errors; /* an error report for what may pass, too; else only for bad input */
    bool trusts_times;       /* see jobs/report_places.h */
    /* A report counts whatever it was made with: it is made again when the video is another one, not when the program
     * is started with other options or models. */
    bool any_report_counts;
};

struct hr_job {
    const struct hr_job_options *options;
    const struct hr_store *in;
    const char *video;    /* its name there */
    const char *shown;    /* its name for people, in errors and in the report */
    const char *identity; /* what tells it from all others whose reports could have the same names */
    const char *version;  /* the one that was announced; "": whichever is there */
    const struct hr_store *out;
    const char *names[HR_ONCE_KIND_COUNT]; /* of what comes of it */
    const struct hr_deadline *deadline;    /* of all of it */
    /* What was seen, before the report is written, and what reading took, before the stream is closed; may be NULL. */
    void (*on_result)(void *context, const struct hr_result *result);
    /* The same once more, when the report is written, by this call. */
    void (*on_written)(void *context, const struct hr_result *result, const char *version);
    void (*on_read)(void *context, const struct hr_stream *stream);
    void *context;
};

enum hr_job_verdict {
    HR_JOB_DONE,
    HR_JOB_DUPLICATE,  /* done before, or by somebody else meanwhile; an error report counts */
    HR_JOB_SUPERSEDED, /* the video was removed or replaced: it is left to whoever hears of that */
    HR_JOB_BAD_INPUT,  /* the error report was written: `text` is the reason */
    HR_JOB_SUSPENDED,  /* not finished in time, and what was seen is kept: run it again */
    HR_JOB_VERDICT_COUNT
};
const char *hr_job_verdict_name(enum hr_job_verdict verdict); /* "done", ... */

struct hr_job_outcome {
    enum hr_job_verdict verdict;
    enum hr_status code; /* BAD_INPUT: of the reason; else OK */
    char text[HR_ERROR_TEXT_MAX];
    bool written; /* a report or error report, by this call; `kind` says which */
    enum hr_once_kind kind;
    char version[HR_STORE_VERSION_SIZE]; /* of the video: announced, or opened; "" when neither */
    int64_t position_us;                 /* of the video, reached */
    int64_t open_us, write_us;           /* opening the video; writing the report */
};

/* Whether what is there already says that the job is done, as hr_job_run finds it at its beginning. For jobs for which
 * any report counts, with `version` set. */
enum hr_status hr_job_is_done(const struct hr_job *job, bool *done, struct hr_error *error) HR_MUST_USE;

/* Any session of the engine that the snapshot is of. An error is what may pass by itself (a service that is down or
 * asks to slow down), or what is wrong here and not with the video (jobs/policy.h says which): the job must come again;
 * `outcome` is filled as far as things went. A stop or the time limit of the options is DEADLINE. */
enum hr_status hr_job_run(const struct hr_job *job, struct hr_session *session, struct hr_snapshot *snapshot,
                          struct hr_job_outcome *outcome, struct hr_error *error) HR_MUST_USE;

#endif
