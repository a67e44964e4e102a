/* The workload that proves a recogniser: uploads many videos into one store, waits for the report of
 * each in another, and checks it. Knows no recogniser: whatever turns test_7.mp4 in the one store
 * into test_7.csv in the other will do, a Lambda function, a worker or `homeroom watch`.
 *
 * A report is NAME.csv (test_7.csv, or test_7.mp4.csv as `watch` has it), an error report
 * NAME.error.json. */
#ifndef HR_WORKLOAD_WORKLOAD_H
#define HR_WORKLOAD_WORKLOAD_H

#include "base/clock.h"
#include "store/store.h"
#include "workload/check.h"
#include "workload/clips.h"
#include "workload/plan.h"

enum hr_workload_outcome {
    HR_WORKLOAD_OPEN,    /* not known: not uploaded yet, or still waited for when it was stopped */
    HR_WORKLOAD_RIGHT,   /* a report that says what the mapping wants */
    HR_WORKLOAD_WRONG,   /* a report that does not */
    HR_WORKLOAD_FAILED,  /* an error report */
    HR_WORKLOAD_MISSING, /* no report in time */
    HR_WORKLOAD_UNSENT,  /* could not be uploaded */
    HR_WORKLOAD_OUTCOME_COUNT
};
const char *hr_workload_outcome_name(enum hr_workload_outcome outcome); /* "right"; static */

/* One upload. Times are 0 while they are not known. */
struct hr_workload_video {
    char name[HR_WORKLOAD_NAME_SIZE];
    struct hr_workload_plan plan;
    enum hr_workload_outcome outcome;
    char reason[HR_WORKLOAD_REASON_SIZE]; /* "" when there is nothing to say */
    /* Own observation, monotonic. */
    int64_t upload_start_us;
    int64_t upload_end_us;
    int64_t seen_us; /* when the list that has the report came back */
    /* The stores' own times of the two objects, wall clock of the server. */
    int64_t video_modified_us;
    int64_t report_modified_us;
};

struct hr_workload_counts {
    size_t videos;
    size_t uploaded;
    size_t of[HR_WORKLOAD_OUTCOME_COUNT];
};

struct hr_workload_job {
    const struct hr_clips *clips;
    const struct hr_store *input;
    const struct hr_store *output;
    double rate_per_s;  /* uploads begun per second; 0: as fast as they go */
    size_t workers;     /* uploads (and checks) at a time; 1 to HR_LIMIT_THREADS */
    int64_t timeout_us; /* from the end of a video's upload; 0: none */
    int64_t poll_us;    /* between two looks at the output */
    const struct hr_clock *clock;
    /* Both may be NULL and are called by the thread of hr_workload_run. */
    bool (*stopped)(void *context);
    void (*progress)(void *context, const struct hr_workload_counts *counts);
    void *context;
};

/* Fills the videos' outcomes, which are zeroed but for name and plan. HR_OK when every outcome is
 * known, be it good or bad; DEADLINE when `stopped` said so; else why the output cannot be looked
 * at any more. In each case what is known by then is in the videos. */
enum hr_status hr_workload_run(const struct hr_workload_job *job, struct hr_workload_video *videos, size_t count,
                               struct hr_error *error) HR_MUST_USE;

struct hr_workload_counts hr_workload_count(const struct hr_workload_video *videos, size_t count);

/* Removes test_N.* (what a workload may have left), nothing else; *removed of them. */
enum hr_status hr_workload_clear(const struct hr_store *store, size_t *removed, struct hr_error *error) HR_MUST_USE;
/* CONFLICT when the output has reports of such names already: they could be taken for new ones. */
enum hr_status hr_workload_check_output(const struct hr_store *output, size_t count,
                                        struct hr_error *error) HR_MUST_USE;

#endif
