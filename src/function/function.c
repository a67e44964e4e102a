#include "function/function.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/json.h"
#include "classroom/names.h"
#include "function/continuation.h"
#include "function/report_places.h"
#include "jobs/policy.h"
#include "store/s3.h"

struct hr_function hr_function_default(void)
{
    return (struct hr_function){.options = hr_recognize_options_default(),
                                .format = HR_FORMAT_CSV,
                                .reserve_ms = 10000,
                                .part_min_bytes = (uint64_t)4 << 20};
}

const char *hr_function_verdict_name(enum hr_function_verdict verdict)
{
    static const char *const names[HR_FUNCTION_VERDICT_COUNT] = {
        [HR_FUNCTION_DONE] = "done",           [HR_FUNCTION_DUPLICATE] = "duplicate",
        [HR_FUNCTION_SKIPPED] = "skipped",     [HR_FUNCTION_SUPERSEDED] = "superseded",
        [HR_FUNCTION_BAD_VIDEO] = "bad_video", [HR_FUNCTION_PUT_DOWN] = "put_down"};
    return names[verdict];
}

static enum hr_status conclude(struct hr_function_outcome *outcome,
                               enum hr_function_verdict verdict, const char *text)
{
    outcome->verdict = verdict;
    snprintf(outcome->text, sizeof outcome->text, "%s", text);
    return HR_OK;
}

enum hr_status hr_function_report_key(const struct hr_function *function, const char *video_key,
                                      bool failure, char *out, size_t size, struct hr_error *error)
{
    size_t length = strlen(video_key);
    if (length > 4 && strcasecmp(video_key + length - 4, ".mp4") == 0)
        length -= 4;
    const char *suffix = failure                              ? ".error.json"
                         : function->format == HR_FORMAT_JSON ? ".json"
                                                              : ".csv";
    int written =
        snprintf(out, size, "%s%.*s%s", function->out_prefix, (int)length, video_key, suffix);
    if (written < 0 || (size_t)written >= size || (size_t)written > HR_LIMIT_S3_KEY_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT, "the key of the report would be too long");
    return HR_OK;
}

/* One piece of news, from its arrival to its conclusion. */
struct errand {
    const struct hr_function *function;
    struct hr_session *session;
    struct hr_snapshot *snapshot; /* held */
    const struct hr_event_object *news;
    const struct hr_deadline *deadline;
    struct hr_function_outcome *outcome;
    char report_key[1024 + 16], error_key[1024 + 16];
    struct hr_stream stream;
    char etag[128];                  /* of the video that is read */
    char source[HR_SHA256_HEX_SIZE]; /* what the report is made from, in one word */
    struct hr_report_places places;
    struct hr_once_places once_places;
    struct hr_once once;
};

static bool is_newsworthy(struct errand *errand)
{
    const struct hr_event_object *news = errand->news;
    const char *why = NULL;
    if (!news->created)
        why = "not the news of a new object";
    else if (news->size_bytes == 0 || news->key[strlen(news->key) - 1] == '/')
        why = "an empty object or a folder's mark";
    else if (!hr_is_video_name(news->key))
        why = "not a video by its name";
    if (why != NULL)
        (void)conclude(errand->outcome, HR_FUNCTION_SKIPPED, why);
    return why == NULL;
}

/* Everything that makes a report another one. Enrolling a student does not: reports are made when
 * videos come, and made again when they come again. */
static enum hr_status name_source(struct errand *errand, const char *etag, struct hr_error *error)
{
    const struct hr_function *function = errand->function;
    const struct hr_recognize_options *options = &function->options;
    struct hr_buffer text;
    hr_buffer_init(&text, 8192);
    const struct hr_vector_layout *layout = &errand->snapshot->layout;
    hr_buffer_append_format(&text, "%s\n%s\n%s\n", errand->news->bucket, errand->news->key, etag);
    for (size_t i = 0; i < layout->count; i++)
        hr_buffer_append_format(&text, "%s ", layout->parts[i].model_id);
    hr_buffer_append_format(&text, "\n%.17g %.17g %d\n%d %s", options->samples_per_s,
                            options->false_present, (int)options->include, (int)function->format,
                            function->columns != NULL ? function->columns : "");
    enum hr_status status = hr_buffer_check(&text, error);
    if (status == HR_OK)
        status = hr_sha256_hex(hr_buffer_view(&text), errand->source, error);
    hr_buffer_clear(&text);
    return status;
}

/* What is there already; see jobs/once.h. */
static enum hr_status begin_once(struct errand *errand, enum hr_once_verdict *verdict, struct hr_error *error)
{
    const struct hr_function *function = errand->function;
    errand->places = (struct hr_report_places){
        .aws = function->aws,
        .deadline = errand->deadline,
        .bucket = function->out_bucket,
        .keys = {[HR_ONCE_REPORT] = errand->report_key, [HR_ONCE_FAILURE] = errand->error_key},
        .video = {.bucket = errand->news->bucket, .key = errand->news->key},
        .etag = errand->etag};
    errand->once_places = hr_report_places_once(&errand->places);
    return hr_once_begin(&errand->once, &errand->once_places, errand->source, verdict, error);
}

/* --- reading the video --- */

static enum hr_status open_video(struct errand *errand, struct hr_error *error)
{
    int64_t start_us = hr_clock_now_us();
    struct hr_s3_object video = {.bucket = errand->news->bucket, .key = errand->news->key};
    enum hr_status status =
        hr_s3_stream_open(&errand->stream, errand->function->aws, &video, errand->deadline, error);
    errand->outcome->open_us += hr_clock_now_us() - start_us;
    if (status != HR_OK)
        return status;
    snprintf(errand->etag, sizeof errand->etag, "%s", hr_s3_stream_etag(&errand->stream));
    if (errand->news->etag[0] != '\0' && strcmp(errand->news->etag, errand->etag) != 0)
        return hr_error_set(error, HR_ERR_CONFLICT, "the video was replaced meanwhile");
    return HR_OK;
}

static void close_video(struct errand *errand)
{
    struct hr_s3_traffic traffic = hr_s3_stream_traffic(&errand->stream);
    errand->outcome->bytes_read += traffic.bytes;
    errand->outcome->requests += traffic.requests;
    hr_stream_close(&errand->stream);
}

static void note_result(struct errand *errand, const struct hr_result *result)
{
    const struct hr_report *report = hr_result_report(result);
    struct hr_function_outcome *outcome = errand->outcome;
    outcome->students = report->student_count;
    outcome->unknown = hr_result_unknown_count(result);
    outcome->frames = report->frames;
    outcome->faces = report->faces;
    outcome->times = *hr_result_times(result);
}

/* The milliseconds that recognition may take, and when to put it down. */
static void plan_time(const struct errand *errand, struct hr_recognize_options *options,
                      struct hr_part *part)
{
    part->put_down_at_us = INT64_MAX;
    options->timeout_ms = 0;
    options->stop = errand->deadline->stop;
    if (errand->deadline->at_monotonic_us == INT64_MAX)
        return;
    int64_t left_us = errand->deadline->at_monotonic_us - hr_clock_now_us();
    int64_t reserve_us = errand->function->reserve_ms * 1000;
    if (reserve_us > left_us / 3) /* a short time limit: most of it is for work */
        reserve_us = left_us / 3;
    part->put_down_at_us = errand->deadline->at_monotonic_us - reserve_us;
    options->timeout_ms = left_us > 1000 ? left_us / 1000 : 1;
}

static enum hr_status recognize(struct errand *errand, struct hr_part *part,
                                struct hr_result **result, struct hr_error *error)
{
    struct hr_recognize_options options = errand->function->options;
    plan_time(errand, &options, part);
    return hr_classroom_recognize_part(errand->session, errand->snapshot, &errand->stream, errand->news->key,
                                       &options, part, result, error);
}

/* --- writing the report --- */

/* Writes what has come of it under the key of its kind. */
static enum hr_status put_report(struct errand *errand, enum hr_once_kind kind, struct hr_view text,
                                 const char *words, struct hr_error *error)
{
    struct hr_function_outcome *outcome = errand->outcome;
    int64_t start_us = hr_clock_now_us();
    enum hr_once_verdict verdict = HR_ONCE_OPEN;
    enum hr_status status = hr_once_end(&errand->once, kind, text, &verdict, error);
    outcome->write_us += hr_clock_now_us() - start_us;
    if (status != HR_OK)
        return hr_error_prefix(error, "writing the report");
    if (verdict == HR_ONCE_DUPLICATE)
        return conclude(outcome, HR_FUNCTION_DUPLICATE, "somebody else was done with it first");
    if (verdict == HR_ONCE_SUPERSEDED)
        return conclude(outcome, HR_FUNCTION_SUPERSEDED, "the video was replaced or removed meanwhile");
    snprintf(outcome->report_key, sizeof outcome->report_key, "%s", errand->places.keys[kind]);
    return conclude(outcome, kind == HR_ONCE_REPORT ? HR_FUNCTION_DONE : HR_FUNCTION_BAD_VIDEO, words);
}

static enum hr_status write_result(struct errand *errand, const struct hr_result *result, struct hr_error *error)
{
    char *text = NULL;
    note_result(errand, result);
    enum hr_status status =
        hr_result_write(result, errand->function->format, errand->function->columns, &text, error);
    if (status == HR_OK)
        status = put_report(errand, HR_ONCE_REPORT, hr_view_text(text), "", error);
    free(text);
    return status;
}

static enum hr_status write_failure(struct errand *errand, const struct hr_error *reason,
                                    struct hr_error *error)
{
    char now[HR_CLOCK_ISO8601_SIZE];
    const struct hr_clock *clock = hr_clock_system();
    hr_clock_iso8601(clock->wall_us(clock->context), now);
    struct hr_json *json = hr_json_object_new();
    struct hr_buffer text;
    hr_buffer_init(&text, 16384);
    hr_json_set(json, "video", hr_json_text_new(errand->news->key));
    hr_json_set(json, "code", hr_json_text_new(hr_status_name(reason->code)));
    hr_json_set(json, "message", hr_json_text_new(reason->text));
    hr_json_set(json, "etag", hr_json_text_new(errand->etag));
    hr_json_set(json, "time", hr_json_text_new(now));
    enum hr_status status = hr_json_write(json, true, &text, error);
    if (status == HR_OK)
        status = put_report(errand, HR_ONCE_FAILURE, hr_buffer_view(&text), reason->text, error);
    hr_json_free(json);
    hr_buffer_clear(&text);
    return status;
}

/* --- the story --- */

/* From the open video to its report, or to what is kept of it. */
static enum hr_status work(struct errand *errand, struct hr_error *error)
{
    struct hr_result *result = NULL;
    struct hr_continuation kept;
    enum hr_status status =
        hr_continuation_open(&kept, errand->function, errand->source, errand->stream.size_bytes,
                             errand->deadline, error);
    if (status == HR_OK)
        status = recognize(errand, &kept.part, &result, error);
    if (hr_continuation_is_unusable(&kept, status)) {
        /* Kept by another version of homeroom, or damaged: from the beginning. */
        close_video(errand);
        hr_continuation_forget(&kept);
        status = open_video(errand, error);
        if (status == HR_OK)
            status = recognize(errand, &kept.part, &result, error);
    }
    if (status == HR_OK && kept.part.unfinished) {
        status = hr_continuation_keep(&kept, errand->news, errand->etag, error);
        if (status == HR_OK)
            status = conclude(errand->outcome, HR_FUNCTION_PUT_DOWN, "goes on later");
    } else if (status == HR_OK) {
        status = write_result(errand, result, error);
    } else if (status == HR_ERR_CONFLICT) {
        status = conclude(errand->outcome, HR_FUNCTION_SUPERSEDED, error->text);
    } else if (hr_policy_of(error) == HR_POLICY_BAD_INPUT) {
        struct hr_error reason = *error;
        status = write_failure(errand, &reason, error);
    }
    if (status == HR_OK && errand->outcome->verdict != HR_FUNCTION_PUT_DOWN)
        hr_continuation_remove(&kept);
    hr_continuation_close(&kept);
    hr_result_free(result);
    return status;
}

static enum hr_status run(struct errand *errand, struct hr_error *error)
{
    const char *etag = errand->news->etag;
    enum hr_once_verdict verdict = HR_ONCE_OPEN;
    enum hr_status status = HR_OK;
    /* A repeated event costs one look at what is there; without an ETag in it the video must be asked. */
    if (etag[0] == '\0') {
        status = open_video(errand, error);
        etag = errand->etag;
    }
    if (status == HR_OK)
        status = name_source(errand, etag, error);
    if (status == HR_OK)
        status = begin_once(errand, &verdict, error);
    if (status == HR_OK && verdict == HR_ONCE_DUPLICATE)
        return conclude(errand->outcome, HR_FUNCTION_DUPLICATE, "what came of it is there");
    if (status == HR_OK && errand->news->etag[0] != '\0')
        status = open_video(errand, error);
    if (status == HR_ERR_NOT_FOUND || status == HR_ERR_CONFLICT)
        return conclude(errand->outcome, HR_FUNCTION_SUPERSEDED, error->text);
    return status == HR_OK ? work(errand, error) : status;
}

enum hr_status hr_function_handle(const struct hr_function *function, struct hr_engine *engine,
                                  struct hr_session *session,
                                  const struct hr_event_object *object,
                                  const struct hr_deadline *deadline,
                                  struct hr_function_outcome *outcome, struct hr_error *error)
{
    struct errand errand = {.function = function,
                            .session = session,
                            .news = object,
                            .deadline = deadline,
                            .outcome = outcome};
    *outcome = (struct hr_function_outcome){0};
    if (!is_newsworthy(&errand))
        return HR_OK;
    enum hr_status status = hr_function_report_key(function, object->key, false, errand.report_key,
                                                   sizeof errand.report_key, error);
    if (status == HR_OK)
        status = hr_function_report_key(function, object->key, true, errand.error_key,
                                        sizeof errand.error_key, error);
    if (status == HR_ERR_LIMIT)
        return conclude(outcome, HR_FUNCTION_SKIPPED, error->text);
    errand.snapshot = hr_engine_hold(engine);
    if (status == HR_OK)
        status = run(&errand, error);
    close_video(&errand);
    hr_snapshot_release(errand.snapshot);
    return status;
}
