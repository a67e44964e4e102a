/* What happens when a video has come into a bucket: its report is written into another place, once, however often and
 * in whatever order events tell of it. The Lambda function and the workers of a queue are two callers of this; what
 * they do is a job (jobs/job.h) whose stores are places in buckets.
 *
 * A video that can't be read leaves NAME.error.json and is done, too: trying again would not help. What may pass by
 * itself (a service that is down or asks to slow down) is an error: the event must come again. One thread. */
#ifndef HR_FUNCTION_FUNCTION_H
#define HR_FUNCTION_FUNCTION_H

#include "aws/events.h"
#include "jobs/class_place.h"
#include "jobs/job.h"

/* All borrowed, and must outlive the function. */
struct hr_function_options {
    struct hr_class_place *class;
    const char *out;   /* "s3://BUCKET" or "s3://BUCKET/PREFIX": where reports go */
    const char *input; /* where videos come from, when it is known: reports must not go there. NULL: not known */
    struct hr_recognize_options recognize;
    enum hr_format format;
    const char *columns;   /* as hr_result_write takes it */
    const char *queue_url; /* of the queue that events come from; NULL: none. See SUSPENDED. */
    int64_t reserve_ms;    /* see struct hr_job_options, as the next */
    uint64_t part_min_bytes;
    int64_t refresh_us; /* how long a gallery that is kept in a bucket is not asked for again */
    int threads;        /* 0: one per processor */
    /* The gallery could not be read again: the one before is used, unless a face in it has become too old (then the
     * event fails, and comes again). May be NULL. */
    void (*on_stale)(void *context, const struct hr_error *error);
    void *context;
};
/* Zeroed but for what has a default: recognition's, CSV, 10 s, 4 MiB. */
struct hr_function_options hr_function_options_default(void);

struct hr_function; /* opaque */

/* Opens client, models, gallery and one session. ARGUMENT when the reports would go to where the videos come from. */
enum hr_status hr_function_open(struct hr_function **out, const struct hr_function_options *options,
                                struct hr_error *error) HR_MUST_USE;
void hr_function_close(struct hr_function *function);
struct hr_engine *hr_function_engine(struct hr_function *function); /* borrowed */
struct hr_aws *hr_function_aws(struct hr_function *function);       /* borrowed */

enum hr_function_verdict {
    HR_FUNCTION_DONE,
    HR_FUNCTION_DUPLICATE,  /* done before */
    HR_FUNCTION_SKIPPED,    /* not a video, or not an event of one: `text` says why */
    HR_FUNCTION_SUPERSEDED, /* removed or replaced meanwhile */
    HR_FUNCTION_BAD_VIDEO,  /* an error report was written: `text` is the reason */
    HR_FUNCTION_SUSPENDED,  /* not finished in time; kept, and sent to `queue_url` to go on */
    HR_FUNCTION_VERDICT_COUNT
};
const char *hr_function_verdict_name(enum hr_function_verdict verdict); /* "done", ... */

struct hr_function_outcome {
    enum hr_function_verdict verdict;
    char text[HR_ERROR_TEXT_MAX];
    char report_key[1024 + 16]; /* of what was written; "" when nothing was */
    size_t students, unknown, frames, faces;
    struct hr_stage_times times;
    int64_t open_us, write_us; /* first byte of the video; the report */
    uint64_t bytes_read, requests;
};

/* Without `queue_url`, suspending is the error DEADLINE: the same event, coming again, goes on where it was suspended.
 * Otherwise errors are what the caller should be told again about; `outcome` is filled as far as things went. */
enum hr_status hr_function_handle(struct hr_function *function, const struct hr_event_object *object,
                                  const struct hr_deadline *deadline, struct hr_function_outcome *outcome,
                                  struct hr_error *error) HR_MUST_USE;

#endif
