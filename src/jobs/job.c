#include "jobs/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "jobs/attempts.h"
#include "jobs/checkpoint.h"
#include "jobs/policy.h"
#include "jobs/report_places.h"

const char *hr_job_verdict_name(enum hr_job_verdict verdict)
{
    static const char *const names[HR_JOB_VERDICT_COUNT] = {[HR_JOB_DONE] = "done",
                                                            [HR_JOB_DUPLICATE] = "duplicate",
                                                            [HR_JOB_SUPERSEDED] = "superseded",
                                                            [HR_JOB_BAD_INPUT] = "bad_video",
                                                            [HR_JOB_SUSPENDED] = "suspended"};
    return names[verdict];
}

/* A job while it runs. */
struct run {
    const struct hr_job *job;
    struct hr_session *session;
    struct hr_snapshot *snapshot;
    struct hr_job_outcome *outcome;
    struct hr_stream stream;
    char source[HR_SHA256_HEX_SIZE]; /* what the report is made from, in one word */
    struct hr_report_places places;
    struct hr_once_places once_places;
    struct hr_once once;
};

static enum hr_status conclude(struct run *run, enum hr_job_verdict verdict, const char *text)
{
    run->outcome->verdict = verdict;
    snprintf(run->outcome->text, sizeof run->outcome->text, "%s", text);
    return HR_OK;
}

/* --- what is there already --- */

/* Everything that makes a report another one. Enrolling a student does not: reports are made when videos come, and made
 * again when they come again. */
static enum hr_status name_source(const struct hr_job *job, const struct hr_vector_layout *layout, const char *version,
                                  char out[HR_SHA256_HEX_SIZE], struct hr_error *error)
{
    const struct hr_recognize_options *options = &job->options->recognize;
    struct hr_buffer text;
    hr_buffer_init(&text, 8192);
    hr_buffer_append_format(&text, "%s\n%s\n", job->identity, version);
    if (!job->options->any_report_counts) {
        for (size_t i = 0; i < layout->count; i++)
            hr_buffer_append_format(&text, "%s ", layout->parts[i].model_id);
        hr_buffer_append_format(&text, "\n%.17g %.17g %d %d\n%d %s", options->samples_per_s, options->false_present,
                                (int)options->include, options->whole_frames, (int)job->options->format,
                                job->options->columns != NULL ? job->options->columns : "");
    }
    enum hr_status status = hr_buffer_check(&text, error);
    if (status == HR_OK)
        status = hr_sha256_hex(hr_buffer_view(&text), out, error);
    hr_buffer_clear(&text);
    return status;
}

static enum hr_status begin(struct run *run, const struct hr_vector_layout *layout, const char *version,
                            enum hr_once_verdict *verdict, struct hr_error *error)
{
    const struct hr_job *job = run->job;
    enum hr_status status = name_source(job, layout, version, run->source, error);
    if (status != HR_OK)
        return status;
    run->places = (struct hr_report_places){.in = job->in,
                                            .video = job->video,
                                            .version = version,
                                            .out = job->out,
                                            .names = {job->names[HR_ONCE_REPORT], job->names[HR_ONCE_FAILURE]},
                                            .source = run->source,
                                            .trusts_times = job->options->trusts_times};
    run->once_places = hr_report_places_once(&run->places);
    return hr_once_begin(&run->once, &run->once_places, run->source, verdict, error);
}

enum hr_status hr_job_is_done(const struct hr_job *job, bool *done, struct hr_error *error)
{
    struct run run = {.job = job};
    enum hr_once_verdict verdict = HR_ONCE_OPEN;
    enum hr_status status = begin(&run, NULL, job->version, &verdict, error);
    *done = verdict == HR_ONCE_DUPLICATE;
    return status;
}

/* Known before the work, and not only when it is to be written. */
static enum hr_status check_target(const struct run *run, struct hr_error *error)
{
    const struct hr_once_seen *seen = &run->once.seen[HR_ONCE_REPORT];
    if (!seen->there || seen->source[0] != '\0')
        return HR_OK;
    enum hr_status status = hr_report_target_check(run->job->out, run->job->names[HR_ONCE_REPORT], error);
    return status == HR_ERR_ARGUMENT ? hr_error_from(error, HR_ORIGIN_OURS) : status;
}

/* --- reading the video --- */

/* CONFLICT when it is not the one that was announced, or opened before. */
static enum hr_status open_video(struct run *run, struct hr_error *error)
{
    const struct hr_job *job = run->job;
    char *wanted = run->outcome->version, opened[HR_STORE_VERSION_SIZE] = "";
    int64_t start_us = hr_clock_now_us();
    enum hr_status status = job->in->open(job->in->context, job->video, &run->stream, opened, error);
    run->outcome->open_us += hr_clock_now_us() - start_us;
    if (status != HR_OK)
        return status;
    if (wanted[0] == '\0')
        memcpy(wanted, opened, sizeof opened);
    return strcmp(wanted, opened) == 0 ? HR_OK
                                       : hr_error_set(error, HR_ERR_CONFLICT, "the video was replaced meanwhile");
}

static void close_video(struct run *run)
{
    if (run->stream.read != NULL && run->job->on_read != NULL)
        run->job->on_read(run->job->context, &run->stream);
    hr_stream_close(&run->stream);
}

/* The time that recognition may take, and when to suspend it. */
static void plan_time(const struct run *run, struct hr_recognize_options *options, struct hr_part *part)
{
    const struct hr_deadline *deadline = run->job->deadline;
    part->suspend_at_us = INT64_MAX;
    options->stop = deadline->stop;
    if (deadline->at_monotonic_us == INT64_MAX)
        return;
    int64_t left_us = deadline->at_monotonic_us - hr_clock_now_us();
    int64_t reserve_us = run->job->options->reserve_ms * 1000;
    if (reserve_us > left_us / 3) /* a short time limit: most of it is for work */
        reserve_us = left_us / 3;
    if (run->job->options->kept != NULL)
        part->suspend_at_us = deadline->at_monotonic_us - reserve_us;
    int64_t left_ms = left_us > 1000 ? left_us / 1000 : 1;
    if (options->timeout_ms <= 0 || left_ms < options->timeout_ms)
        options->timeout_ms = left_ms;
}

static enum hr_status recognize(struct run *run, struct hr_part *part, struct hr_result **result,
                                struct hr_error *error)
{
    struct hr_recognize_options options = run->job->options->recognize;
    plan_time(run, &options, part);
    return hr_classroom_recognize_part(run->session, run->snapshot, &run->stream, run->job->shown, &options, part,
                                       result, error);
}

/* --- writing what has come of it --- */

static enum hr_status put_report(struct run *run, enum hr_once_kind kind, struct hr_view text, const char *words,
                                 struct hr_error *error)
{
    struct hr_job_outcome *outcome = run->outcome;
    int64_t start_us = hr_clock_now_us();
    enum hr_once_verdict verdict = HR_ONCE_OPEN;
    enum hr_status status = hr_once_end(&run->once, kind, text, &verdict, error);
    outcome->write_us += hr_clock_now_us() - start_us;
    if (status != HR_OK)
        return hr_error_prefix(error, kind == HR_ONCE_REPORT ? "writing the report" : "writing the error report");
    if (verdict == HR_ONCE_DUPLICATE)
        return conclude(run, HR_JOB_DUPLICATE, "somebody else was done with it first");
    if (verdict == HR_ONCE_SUPERSEDED)
        return conclude(run, HR_JOB_SUPERSEDED, "the video was replaced or removed meanwhile");
    outcome->written = true;
    outcome->kind = kind;
    return conclude(run, kind == HR_ONCE_REPORT ? HR_JOB_DONE : HR_JOB_BAD_INPUT, words);
}

static enum hr_status write_result(struct run *run, const struct hr_result *result, struct hr_error *error)
{
    const struct hr_job *job = run->job;
    char *text = NULL;
    if (job->on_result != NULL)
        job->on_result(job->context, result);
    enum hr_status status = hr_result_write(result, job->options->format, job->options->columns, &text, error);
    if (status == HR_ERR_LIMIT) /* more in the video than a report holds: so it will be the next time */
        (void)hr_error_from(error, HR_ORIGIN_INPUT);
    if (status == HR_OK)
        status = put_report(run, HR_ONCE_REPORT, hr_view_text(text), "", error);
    if (status == HR_OK && run->outcome->verdict == HR_JOB_DONE && job->on_written != NULL)
        job->on_written(job->context, result, run->places.version);
    free(text);
    return status;
}

static enum hr_status error_report(const struct run *run, const struct hr_error *reason, bool try_again,
                                   struct hr_buffer *out, struct hr_error *error)
{
    char now[HR_CLOCK_ISO8601_SIZE];
    hr_clock_iso8601(hr_clock_wall_now_us(), now);
    struct hr_json *json = hr_json_object_new();
    hr_json_set(json, "video", hr_json_any_text_new(run->job->shown));
    hr_json_set(json, "code", hr_json_text_new(hr_status_name(reason->code)));
    hr_json_set(json, "message", hr_json_any_text_new(reason->text));
    hr_json_set(json, "version", hr_json_text_new(run->places.version));
    hr_json_set(json, "try_again", hr_json_boolean_new(try_again));
    hr_json_set(json, "time", hr_json_text_new(now));
    enum hr_status status = hr_json_print(json, true, out, error);
    hr_buffer_append_text(out, "\n");
    hr_json_free(json);
    return status == HR_OK ? hr_buffer_check(out, error) : status;
}

/* One that is to be tried again does not say that the job is done: it has a source that no job has. */
static enum hr_status write_failure(struct run *run, const struct hr_error *reason, bool try_again,
                                    struct hr_error *error)
{
    struct hr_buffer text;
    hr_buffer_init(&text, 65536);
    if (try_again)
        run->once.source = "tried again";
    run->once.keeps_other = try_again;
    enum hr_status status = error_report(run, reason, try_again, &text, error);
    if (status == HR_OK)
        status = put_report(run, HR_ONCE_FAILURE, hr_buffer_view(&text), reason->text, error);
    if (status == HR_OK && run->outcome->verdict == HR_JOB_BAD_INPUT)
        run->outcome->code = reason->code;
    hr_buffer_clear(&text);
    return status;
}

/* --- the story --- */

/* A stop is nobody's failure: the job is run again. A video that took longer than it may would do so again. */
static enum hr_status fail(struct run *run, struct hr_error *error)
{
    struct hr_error reason = *error, second;
    enum hr_policy policy = hr_policy_of(&reason);
    bool hopeless = policy == HR_POLICY_BAD_INPUT || reason.code == HR_ERR_DEADLINE;
    if (reason.code == HR_ERR_CONFLICT && reason.origin == HR_ORIGIN_INPUT)
        return conclude(run, HR_JOB_SUPERSEDED, reason.text);
    if (policy != HR_POLICY_BAD_INPUT && !run->job->options->reports_all_errors)
        return reason.code;
    if (hr_stop_requested(run->job->deadline->stop))
        return reason.code;
    if (hopeless)
        return write_failure(run, &reason, false, error);
    if (write_failure(run, &reason, true, &second) != HR_OK)
        hr_error_set(error, reason.code, "%.250s (and %.200s)", reason.text, second.text);
    return reason.code;
}

static enum hr_status suspend(struct run *run, struct hr_checkpoint *checkpoint, struct hr_error *error)
{
    enum hr_status status = hr_checkpoint_save(checkpoint, error);
    return status == HR_OK ? conclude(run, HR_JOB_SUSPENDED, "goes on later") : status;
}

/* What was kept by another version of homeroom, or is damaged, is left alone: from the beginning. */
static enum hr_status recognize_with(struct run *run, struct hr_checkpoint *checkpoint, struct hr_result **result,
                                     struct hr_error *error)
{
    enum hr_status status = recognize(run, &checkpoint->part, result, error);
    if (!hr_checkpoint_is_unusable(checkpoint, status))
        return status;
    close_video(run);
    hr_checkpoint_forget(checkpoint);
    status = open_video(run, error);
    if (status == HR_ERR_NOT_FOUND || status == HR_ERR_CONFLICT) {
        error->origin = HR_ORIGIN_INPUT;
        return error->code = HR_ERR_CONFLICT;
    }
    return status == HR_OK ? recognize(run, &checkpoint->part, result, error) : status;
}

/* From the open video to its report, or to what is kept of it. */
static enum hr_status work(struct run *run, struct hr_error *error)
{
    const struct hr_job_options *options = run->job->options;
    struct hr_result *result = NULL;
    struct hr_checkpoint checkpoint;
    enum hr_status status = hr_checkpoint_open(&checkpoint, options->kept, run->source,
                                               run->stream.size_bytes >= options->part_min_bytes, error);
    if (status == HR_OK)
        status = recognize_with(run, &checkpoint, &result, error);
    run->outcome->position_us = checkpoint.part.position_us;
    if (status == HR_OK && checkpoint.part.unfinished)
        status = suspend(run, &checkpoint, error);
    else if (status == HR_OK)
        status = write_result(run, result, error);
    if (status != HR_OK)
        status = fail(run, error);
    if (status == HR_OK && run->outcome->verdict != HR_JOB_SUSPENDED)
        hr_checkpoint_remove(&checkpoint);
    hr_checkpoint_close(&checkpoint);
    hr_result_free(result);
    return status;
}

static enum hr_status work_once_more(struct run *run, struct hr_error *error)
{
    struct hr_attempt attempt;
    unsigned before = 0;
    const struct hr_store *store = run->job->options->counts_attempts ? run->job->out : NULL;
    enum hr_status status = hr_attempt_begin(&attempt, store, run->source, &before, error);
    if (status == HR_OK && before >= HR_ATTEMPTS_MAX) {
        hr_error_set(error, HR_ERR_LIMIT,
                     "the program was ended %u times while it worked on this video: it is left for later", before);
        status = fail(run, error);
    } else if (status == HR_OK) {
        status = work(run, error);
    }
    hr_attempt_end(&attempt);
    return status;
}

/* A repeated job costs one look at what is there; where no version was announced, the video must be asked first. */
static enum hr_status run_job(struct run *run, struct hr_error *error)
{
    const char *version = run->outcome->version;
    bool announced = version[0] != '\0';
    enum hr_once_verdict verdict = HR_ONCE_OPEN;
    enum hr_status opened = HR_OK;
    if (!announced)
        opened = open_video(run, error);
    if (opened != HR_OK && opened != HR_ERR_NOT_FOUND && opened != HR_ERR_CONFLICT)
        return opened;
    enum hr_status status = opened == HR_OK ? begin(run, &run->snapshot->layout, version, &verdict, error) : HR_OK;
    if (status != HR_OK)
        return status;
    if (verdict == HR_ONCE_DUPLICATE)
        return conclude(run, HR_JOB_DUPLICATE, "what came of it is there");
    if (announced)
        opened = open_video(run, error);
    if (opened == HR_ERR_NOT_FOUND || opened == HR_ERR_CONFLICT)
        return conclude(run, HR_JOB_SUPERSEDED, error->text);
    if (opened == HR_OK)
        opened = check_target(run, error);
    return opened == HR_OK ? work_once_more(run, error) : fail(run, error);
}

enum hr_status hr_job_run(const struct hr_job *job, struct hr_session *session, struct hr_snapshot *snapshot,
                          struct hr_job_outcome *outcome, struct hr_error *error)
{
    struct run run = {.job = job, .session = session, .snapshot = snapshot, .outcome = outcome};
    *outcome = (struct hr_job_outcome){0};
    snprintf(outcome->version, sizeof outcome->version, "%s", job->version);
    enum hr_status status = run_job(&run, error);
    close_video(&run);
    return status;
}
