/* What happens when a video has come into a bucket: its report is written into another place, once,
 * however often and in whatever order the news of it come. The Lambda function and the workers of a
 * queue are two callers of this one call.
 *
 * Once: the report carries as metadata from what it was made (bucket, key, ETag, models, options),
 * so that a repeated event finds its work done; it is written under a condition, so that of two at
 * the same time one wins; and a video that was replaced or removed meanwhile is left to the news of
 * that. A video that can't be read leaves NAME.error.json and is done, too: trying again would not
 * help. What may pass by itself (a service that is down or asks to slow down) is an error: the news
 * must come again. */
#ifndef HR_FUNCTION_FUNCTION_H
#define HR_FUNCTION_FUNCTION_H

#include "aws/client.h"
#include "aws/events.h"
#include "classroom/classroom.h"

struct hr_function {
    struct hr_aws *aws;     /* borrowed */
    const char *out_bucket; /* where reports go */
    const char *out_prefix; /* "" or ending in '/' */
    struct hr_recognize_options options;
    enum hr_format format;
    const char *columns;   /* as hr_result_write takes it */
    const char *queue_url; /* of the queue the news come from; NULL: none. See PUT_DOWN. */
    /* The work on a video is put down when the deadline is nearer than this. */
    int64_t reserve_ms;
    /* A video of fewer bytes was never put down: nobody asks for what was kept of it. */
    uint64_t part_min_bytes;
};

/* Zeroed but for what has a default: recognition's, CSV, 10 s, 4 MiB. */
struct hr_function hr_function_default(void);

enum hr_function_verdict {
    HR_FUNCTION_DONE,
    HR_FUNCTION_DUPLICATE,  /* done before */
    HR_FUNCTION_SKIPPED,    /* not a video, or not news of one: `text` says why */
    HR_FUNCTION_SUPERSEDED, /* removed or replaced meanwhile */
    HR_FUNCTION_BAD_VIDEO,  /* an error report was written: `text` is the reason */
    HR_FUNCTION_PUT_DOWN,   /* not finished in time; kept, and sent to `queue_url` to go on */
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

/* Any session may serve any object, one at a time. Without `queue_url`, putting down is the error
 * DEADLINE: the same news, coming again, goes on where it was put down. Otherwise errors are what
 * the caller should be told again about; `outcome` is filled as far as things went. */
enum hr_status hr_function_handle(const struct hr_function *function, struct hr_engine *engine,
                                  struct hr_session *session,
                                  const struct hr_event_object *object,
                                  const struct hr_deadline *deadline,
                                  struct hr_function_outcome *outcome,
                                  struct hr_error *error) HR_MUST_USE;

/* The key of a video's report: ".mp4" gives way to ".csv" (or ".json"); another suffix stays, so
 * that lesson.mov and lesson.mp4 have two reports. And of its error report: "NAME.error.json"
 * likewise. LIMIT when it gets too long. */
enum hr_status hr_function_report_key(const struct hr_function *function, const char *video_key,
                                      bool failure, char *out, size_t size,
                                      struct hr_error *error) HR_MUST_USE;

#endif
