#include "function/function.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/s3.h"
#include "classroom/names.h"
#include "function/resume.h"
#include "store/s3.h"

/* Under the place of the reports; the template lets what lies there expire. */
#define KEPT_FOLDER ".homeroom/"

struct hr_function {
    struct hr_function_options options;
    struct hr_aws *aws; /* borrowed */
    struct hr_engine *engine;
    struct hr_session *session;
    char out_bucket[HR_S3_BUCKET_SIZE];
    char out_prefix[1100];
    int64_t refreshed_us; /* monotonic */
};

struct hr_function_options hr_function_options_default(void)
{
    return (struct hr_function_options){.recognize = hr_recognize_options_default(),
                                        .format = HR_FORMAT_CSV,
                                        .reserve_ms = 10000,
                                        .part_min_bytes = (uint64_t)4 << 20};
}

const char *hr_function_verdict_name(enum hr_function_verdict verdict)
{
    static const char *const names[HR_FUNCTION_VERDICT_COUNT] = {
        [HR_FUNCTION_DONE] = "done",           [HR_FUNCTION_DUPLICATE] = "duplicate",
        [HR_FUNCTION_SKIPPED] = "skipped",     [HR_FUNCTION_SUPERSEDED] = "superseded",
        [HR_FUNCTION_BAD_VIDEO] = "bad_video", [HR_FUNCTION_SUSPENDED] = "suspended"};
    return names[verdict];
}

/* --- opening --- */

static enum hr_status parse_place(const char *place, char bucket[HR_S3_BUCKET_SIZE], char *prefix, size_t size,
                                  struct hr_error *error)
{
    const char *key = NULL;
    enum hr_status status = hr_s3_url_parse(place, bucket, &key, error);
    if (status != HR_OK)
        return status;
    size_t length = strlen(key);
    const char *slash = length > 0 && key[length - 1] != '/' ? "/" : "";
    if ((size_t)snprintf(prefix, size, "%s%s", key, slash) >= size)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is too long", place);
    return HR_OK;
}

/* A report that lands where videos are awaited would be the next event: for ever, and on the bill. */
static enum hr_status check_loop(const struct hr_function *function, struct hr_error *error)
{
    char bucket[HR_S3_BUCKET_SIZE], prefix[1100];
    const char *input = function->options.input;
    if (input == NULL)
        return HR_OK;
    enum hr_status status = parse_place(input, bucket, prefix, sizeof prefix, error);
    if (status == HR_OK && strcmp(bucket, function->out_bucket) == 0 &&
        strncmp(function->out_prefix, prefix, strlen(prefix)) == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "the reports would go to s3://%s/%s, which lies in '%s', where the "
                            "videos come from: choose another --out",
                            function->out_bucket, function->out_prefix, input);
    return status;
}

static enum hr_status check_options(struct hr_function *function, struct hr_error *error)
{
    const struct hr_function_options *options = &function->options;
    struct hr_report_columns columns;
    if (!hr_s3_url_is(options->out))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "--out (HOMEROOM_OUT) takes s3://BUCKET or s3://BUCKET/PREFIX, not '%s'", options->out);
    enum hr_status status =
        parse_place(options->out, function->out_bucket, function->out_prefix, sizeof function->out_prefix, error);
    if (status == HR_OK)
        status = check_loop(function, error);
    if (status == HR_OK && options->columns != NULL)
        status = hr_report_columns_parse(&columns, options->columns, error);
    return status;
}

enum hr_status hr_function_open(struct hr_function **out, const struct hr_function_options *options,
                                struct hr_error *error)
{
    struct hr_function *function = calloc(1, sizeof *function);
    struct hr_class_place *class = options->class;
    *out = NULL;
    if (function == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the function");
    function->options = *options;
    enum hr_status status = check_options(function, error);
    if (status == HR_OK)
        status = class->anywhere.aws(class->anywhere.context, &function->aws, error);
    if (status == HR_OK)
        status = hr_class_open_engine(class, HR_DATABASE_READ, &function->engine, error);
    if (status == HR_OK)
        status = hr_session_new(&function->session, function->engine, options->threads, error);
    function->refreshed_us = hr_clock_now_us();
    if (status == HR_OK)
        *out = function;
    else
        hr_function_close(function);
    return status;
}

void hr_function_close(struct hr_function *function)
{
    if (function == NULL)
        return;
    hr_session_free(function->session);
    hr_engine_close(function->engine);
    free(function);
}

struct hr_engine *hr_function_engine(struct hr_function *function)
{
    return function->engine;
}

struct hr_aws *hr_function_aws(struct hr_function *function)
{
    return function->aws;
}

/* A gallery that is baked into the image or lies on this machine does not change under way; but faces become too old to
 * be used: without them, or not at all. */
static enum hr_status refresh(struct hr_function *function, struct hr_error *error)
{
    const struct hr_function_options *options = &function->options;
    bool over = hr_engine_is_over(function->engine);
    int64_t now_us = hr_clock_now_us();
    bool due =
        hr_anywhere_is_remote(options->class->database) && now_us - function->refreshed_us >= options->refresh_us;
    if (!due && !over)
        return HR_OK;
    function->refreshed_us = now_us;
    enum hr_status status = hr_class_refresh(options->class, function->engine, error);
    if (status == HR_OK || over)
        return status;
    if (options->on_stale != NULL)
        options->on_stale(options->context, error);
    return HR_OK;
}

/* --- an event --- */

/* One event, from its arrival to its conclusion. */
struct handling {
    struct hr_function *function;
    const struct hr_event_object *event;
    const struct hr_deadline *deadline;
    struct hr_function_outcome *outcome;
    char report_key[1024 + 16], error_key[1024 + 16];
    struct hr_store in, out, kept;
    char identity[HR_S3_BUCKET_SIZE + 1024 + 16];
};

static enum hr_status conclude(struct hr_function_outcome *outcome, enum hr_function_verdict verdict, const char *text)
{
    outcome->verdict = verdict;
    snprintf(outcome->text, sizeof outcome->text, "%s", text);
    return HR_OK;
}

static bool is_about_a_video(const struct handling *handling)
{
    const struct hr_event_object *event = handling->event;
    const char *why = NULL;
    if (!event->created)
        why = "not the event of a new object";
    else if (event->size_bytes == 0 || event->key[strlen(event->key) - 1] == '/')
        why = "an empty object or a folder's mark";
    else if (!hr_is_video_name(event->key))
        why = "not a video by its name";
    if (why != NULL)
        (void)conclude(handling->outcome, HR_FUNCTION_SKIPPED, why);
    return why == NULL;
}

/* Whether the first `length` bytes are what another video's report, or error report, would be named after. */
static bool is_taken(const char *key, size_t length)
{
    static const char failure[] = ".error";
    char name[HR_LIMIT_S3_KEY_BYTES + 1];
    size_t suffix = sizeof failure - 1;
    snprintf(name, sizeof name, "%.*s", (int)length, key);
    return hr_is_video_name(name) || (length >= suffix && strncmp(key + length - suffix, failure, suffix) == 0);
}

/* ".mp4" gives way to the report's suffix, unless somebody else's would be called so: x.mov.mp4 is not x.mov. Another
 * ending stays, ".MP4" among them. So no two videos share a report. */
static enum hr_status report_key(const struct handling *handling, const char *suffix, char *out, size_t size,
                                 struct hr_error *error)
{
    const char *key = handling->event->key;
    size_t length = strlen(key);
    if (length > 4 && strcmp(key + length - 4, ".mp4") == 0 && !is_taken(key, length - 4))
        length -= 4;
    int written = snprintf(out, size, "%s%.*s%s", handling->function->out_prefix, (int)length, key, suffix);
    if (written < 0 || (size_t)written >= size || (size_t)written > HR_LIMIT_S3_KEY_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT, "the key of the report would be too long");
    return HR_OK;
}

static enum hr_status name_reports(struct handling *handling, struct hr_error *error)
{
    const char *suffix = handling->function->options.format == HR_FORMAT_JSON ? ".json" : ".csv";
    enum hr_status status = report_key(handling, suffix, handling->report_key, sizeof handling->report_key, error);
    if (status == HR_OK)
        status = report_key(handling, ".error.json", handling->error_key, sizeof handling->error_key, error);
    return status;
}

static const char *base_of(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash != NULL ? slash + 1 : key;
}

/* The objects beside `key`. */
static enum hr_status open_store(struct handling *handling, struct hr_store *out, const char *bucket, const char *key,
                                 struct hr_error *error)
{
    char prefix[1024 + 16];
    snprintf(prefix, sizeof prefix, "%.*s", (int)(base_of(key) - key), key);
    return hr_store_open_s3(out, handling->function->aws, bucket, prefix, handling->deadline, error);
}

static enum hr_status open_stores(struct handling *handling, struct hr_error *error)
{
    struct hr_function *function = handling->function;
    char kept[1100 + sizeof KEPT_FOLDER];
    enum hr_status status = open_store(handling, &handling->in, handling->event->bucket, handling->event->key, error);
    if (status == HR_OK)
        status = open_store(handling, &handling->out, function->out_bucket, handling->report_key, error);
    snprintf(kept, sizeof kept, "%s" KEPT_FOLDER, function->out_prefix);
    if (status == HR_OK)
        status =
            hr_store_open_s3(&handling->kept, function->aws, function->out_bucket, kept, handling->deadline, error);
    return status;
}

static void close_stores(struct handling *handling)
{
    hr_store_close(&handling->in);
    hr_store_close(&handling->out);
    hr_store_close(&handling->kept);
}

static void note_result(void *context, const struct hr_result *result)
{
    const struct hr_observation *observation = hr_result_observation(result);
    struct hr_function_outcome *outcome = ((struct handling *)context)->outcome;
    outcome->students = observation->student_count;
    outcome->unknown = hr_result_unknown_count(result);
    outcome->frames = observation->frames;
    outcome->faces = observation->faces;
    outcome->times = *hr_result_times(result);
}

static void note_traffic(void *context, const struct hr_stream *stream)
{
    struct hr_function_outcome *outcome = ((struct handling *)context)->outcome;
    struct hr_s3_traffic traffic = hr_s3_stream_traffic(stream);
    outcome->bytes_read += traffic.bytes;
    outcome->requests += traffic.requests;
}

static enum hr_status go_on_later(struct handling *handling, const struct hr_job_outcome *done, struct hr_error *error)
{
    struct hr_resume resume = {.aws = handling->function->aws,
                               .queue_url = handling->function->options.queue_url,
                               .event = handling->event,
                               .etag = done->version,
                               .deadline = handling->deadline};
    if (resume.queue_url == NULL)
        return hr_error_set(error, HR_ERR_DEADLINE,
                            "the time is over at %.1f s of the video; what was seen is kept, and the "
                            "next try goes on from there",
                            (double)done->position_us / 1e6);
    enum hr_status status = hr_resume_send(&resume, error);
    return status == HR_OK ? conclude(handling->outcome, HR_FUNCTION_SUSPENDED, done->text) : status;
}

static enum hr_status note_outcome(struct handling *handling, const struct hr_job_outcome *done, struct hr_error *error)
{
    static const enum hr_function_verdict verdicts[HR_JOB_VERDICT_COUNT] = {[HR_JOB_DONE] = HR_FUNCTION_DONE,
                                                                            [HR_JOB_DUPLICATE] = HR_FUNCTION_DUPLICATE,
                                                                            [HR_JOB_SUPERSEDED] =
                                                                                HR_FUNCTION_SUPERSEDED,
                                                                            [HR_JOB_BAD_INPUT] = HR_FUNCTION_BAD_VIDEO};
    struct hr_function_outcome *outcome = handling->outcome;
    if (done->verdict == HR_JOB_SUSPENDED)
        return go_on_later(handling, done, error);
    if (done->written)
        snprintf(outcome->report_key, sizeof outcome->report_key, "%s",
                 done->kind == HR_ONCE_REPORT ? handling->report_key : handling->error_key);
    return conclude(outcome, verdicts[done->verdict], done->text);
}

static enum hr_status run_job(struct handling *handling, struct hr_error *error)
{
    struct hr_function *function = handling->function;
    const struct hr_function_options *options = &function->options;
    const struct hr_event_object *event = handling->event;
    struct hr_job_options how = {.recognize = options->recognize,
                                 .format = options->format,
                                 .columns = options->columns,
                                 .kept = &handling->kept,
                                 .reserve_ms = options->reserve_ms,
                                 .part_min_bytes = options->part_min_bytes};
    struct hr_job job = {.options = &how,
                         .in = &handling->in,
                         .video = base_of(event->key),
                         .shown = event->key,
                         .identity = handling->identity,
                         .version = event->etag,
                         .out = &handling->out,
                         .names = {base_of(handling->report_key), base_of(handling->error_key)},
                         .deadline = handling->deadline,
                         .on_result = note_result,
                         .on_read = note_traffic,
                         .context = handling};
    struct hr_job_outcome done;
    snprintf(handling->identity, sizeof handling->identity, "%s\n%s", event->bucket, event->key);
    struct hr_snapshot *snapshot = hr_engine_hold(function->engine);
    enum hr_status status = hr_job_run(&job, function->session, snapshot, &done, error);
    hr_snapshot_release(snapshot);
    handling->outcome->open_us = done.open_us;
    handling->outcome->write_us = done.write_us;
    return status == HR_OK ? note_outcome(handling, &done, error) : status;
}

enum hr_status hr_function_handle(struct hr_function *function, const struct hr_event_object *object,
                                  const struct hr_deadline *deadline, struct hr_function_outcome *outcome,
                                  struct hr_error *error)
{
    struct handling handling = {.function = function, .event = object, .deadline = deadline, .outcome = outcome};
    *outcome = (struct hr_function_outcome){0};
    if (!is_about_a_video(&handling))
        return HR_OK;
    enum hr_status status = name_reports(&handling, error);
    if (status == HR_ERR_LIMIT)
        return conclude(outcome, HR_FUNCTION_SKIPPED, error->text);
    if (status == HR_OK)
        status = refresh(function, error);
    if (status == HR_OK)
        status = open_stores(&handling, error);
    if (status == HR_OK)
        status = run_job(&handling, error);
    close_stores(&handling);
    return status;
}
