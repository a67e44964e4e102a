/* homeroom estimate VIDEO..., homeroom estimate --lesson LESSON [VIDEO...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/usage.h"
#include "classroom/classroom.h"
#include "classroom/lesson_words.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/report_log.h"
#include "records/work.h"
#include "workload/cost.h"

/* How long a video is looked at to know how long all of it takes: long enough for the networks to be warm and the first
 * faces to be embedded, and no longer than somebody waits for an answer. */
#define TRIAL_US (INT64_C(4) * 1000000)

struct estimating {
    struct hr_cli *cli;
    struct hr_engine *engine;
    struct hr_session *session;
};

/* What was found out of one video. */
struct estimate {
    double wall_s, processor_s; /* for all of it */
    double memory_mb;
    double duration_s;
    size_t samples;
    bool whole; /* it was looked at to its end */
};

/* The class that is there, or none: which models a face goes through, and how many students it is held against. */
static enum hr_status open_engine(struct estimating *estimating, struct hr_error *error)
{
    struct hr_cli *cli = estimating->cli;
    struct hr_snapshot_parts parts = {0};
    struct hr_error ignored = {0};
    enum hr_status status = hr_cli_open_models(cli, &estimating->engine, error);
    if (status != HR_OK)
        return status;
    if (hr_class_open_database(&cli->class, HR_DATABASE_READ, &parts.database, &ignored) != HR_OK)
        status = hr_database_open_memory(&parts.database, (struct hr_view){0}, "nobody", HR_DATABASE_CREATE, error);
    if (status == HR_OK)
        status = hr_engine_publish(estimating->engine, &parts, error);
    return status == HR_OK
               ? hr_session_new(&estimating->session, estimating->engine, cli->settings.recognition.threads, error)
               : status;
}

static enum hr_status look(struct estimating *estimating, const char *video, struct hr_part *part, int64_t *wall_us,
                           struct hr_error *error)
{
    struct hr_cli *cli = estimating->cli;
    struct hr_stream stream = {0};
    struct hr_result *result = NULL;
    struct hr_recognize_options options = hr_cli_recognize_options(&cli->settings);
    options.stop = hr_cli_stop();
    struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), options.timeout_ms, options.stop);
    enum hr_status status = hr_anywhere_open_stream(&cli->class.anywhere, video, &deadline, &stream, error);
    if (status != HR_OK)
        return status;
    struct hr_snapshot *snapshot = hr_engine_hold(estimating->engine);
    int64_t begin_us = hr_clock_now_us();
    part->suspend_at_us = begin_us + TRIAL_US;
    status = hr_classroom_recognize_part(estimating->session, snapshot, &stream, video, &options, part, &result, error);
    *wall_us = hr_clock_now_us() - begin_us;
    hr_snapshot_release(snapshot);
    hr_result_free(result);
    hr_stream_close(&stream);
    return status;
}

static enum hr_status estimate(struct estimating *estimating, const char *video, struct estimate *out,
                               struct hr_error *error)
{
    struct hr_part part = {0};
    int64_t wall_us = 0, before_us = hr_usage_processor_us();
    hr_buffer_init(&part.checkpoint, HR_PART_STATE_BYTES_MAX);
    enum hr_status status = look(estimating, video, &part, &wall_us, error);
    double factor = 1;
    if (status == HR_OK && part.unfinished && part.duration_us > 0 && part.position_us > 0)
        factor = (double)part.duration_us / (double)part.position_us;
    else if (status == HR_OK && part.unfinished)
        status = hr_error_set(error, HR_ERR_UNSUPPORTED, "%s: its container does not say how long it is", video);
    *out = (struct estimate){
        .wall_s = factor * (double)wall_us / 1e6,
        .processor_s = factor * (double)(hr_usage_processor_us() - before_us + part.work.processor_us) / 1e6,
        .memory_mb = (double)hr_usage_memory_bytes() / (1 << 20) + (double)part.work.memory_bytes / (1 << 20),
        .duration_s = (double)part.duration_us / 1e6,
        .samples = (size_t)(factor * (double)part.frames),
        .whole = !part.unfinished};
    hr_buffer_clear(&part.checkpoint);
    return status;
}

static void append_time(FILE *out, double seconds, const char *what)
{
    if (seconds < 120)
        fprintf(out, "%.1f s%s", seconds, what);
    else
        fprintf(out, "%.1f min%s", seconds / 60, what);
}

static void answer(struct hr_cli *cli, const char *name, const struct estimate *of)
{
    const struct hr_settings *settings = &cli->settings;
    struct hr_cost_terms terms = {.gb_s_usd = settings->workload.price_gb_s,
                                  .million_calls_usd = settings->workload.price_million_calls,
                                  .memory_mb = settings->workload.memory_mb > 0 ? settings->workload.memory_mb
                                                                                : HR_COST_MEMORY_MB};
    /* A function has a processor for each HR_COST_MEMORY_MB; what more than one could do is left out. */
    double processors = (double)terms.memory_mb / HR_COST_MEMORY_MB;
    double billed_s = of->processor_s / (processors < 1 ? processors : 1);
    double usd = hr_cost_thousand_usd(&terms, billed_s * 1000) / 1000;
    if (settings->terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "video", hr_json_any_text_new(name));
        hr_json_set(object, "duration_s", hr_json_real_new(of->duration_s));
        hr_json_set(object, "samples", hr_json_integer_new((int64_t)of->samples));
        hr_json_set(object, "here_s", hr_json_real_new(of->wall_s));
        hr_json_set(object, "processor_s", hr_json_real_new(of->processor_s));
        hr_json_set(object, "memory_mb", hr_json_real_new(of->memory_mb));
        hr_json_set(object, "lambda_billed_s", hr_json_real_new(billed_s));
        hr_json_set(object, "lambda_usd", hr_json_real_new(usd));
        hr_json_set(object, "whole", hr_json_boolean_new(of->whole));
        hr_answer_json(cli->out, object);
        return;
    }
    hr_answer_text(cli->out, name);
    fprintf(cli->out, ": %s", of->whole ? "" : "about ");
    append_time(cli->out, of->wall_s, " here, ");
    append_time(cli->out, of->processor_s, " of a processor, ");
    fprintf(cli->out, "%.0f MB; on Lambda (%d MB) ", of->memory_mb, terms.memory_mb);
    append_time(cli->out, billed_s, " billed, ");
    fprintf(cli->out, "%.6f USD\n", usd);
}

/* --- which videos --- */

/* Those of the command line, or of a lesson. */
struct videos {
    char **names; /* owned */
    size_t count, capacity;
    int64_t lesson; /* 0: none */
};

static enum hr_status add_video(struct videos *videos, const char *name, struct hr_error *error)
{
    char **names = hr_array_room(videos->names, videos->count, &videos->capacity, sizeof *names);
    if (names != NULL)
        videos->names = names;
    char *copy = names != NULL ? strdup(name) : NULL;
    if (copy == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the names of videos");
    videos->names[videos->count++] = copy;
    return HR_OK;
}

/* Several cameras may have one file. */
static enum hr_status add_recording(void *context, const struct hr_recording_record *recording, struct hr_error *error)
{
    struct videos *videos = context;
    for (size_t i = 0; i < videos->count; i++)
        if (strcmp(videos->names[i], recording->video) == 0)
            return HR_OK;
    return add_video(videos, recording->video, error);
}

static enum hr_status look_up_lesson(struct hr_cli *cli, struct videos *videos, struct hr_error *error)
{
    struct hr_database *database = NULL;
    struct hr_lesson_found lesson;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, error);
    if (status == HR_OK)
        status = hr_lesson_find(database, cli->settings.lessons.lesson, &lesson, error);
    if (status == HR_OK)
        videos->lesson = lesson.key;
    if (status == HR_OK && videos->count == 0)
        status = hr_database_each_recording(database, lesson.key, add_recording, videos, error);
    if (status == HR_OK && videos->count == 0)
        status = hr_error_set(error, HR_ERR_NOT_FOUND, "lesson %lld has no recording: say which videos it will have",
                              (long long)lesson.key);
    hr_database_close(database);
    return status;
}

static enum hr_status choose_videos(struct hr_cli *cli, struct videos *videos, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < cli->word_count; i++)
        status = add_video(videos, cli->words[i], error);
    if (status == HR_OK && cli->settings.lessons.lesson != NULL)
        return look_up_lesson(cli, videos, error);
    if (status == HR_OK && videos->count == 0)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "say which videos, or --lesson LESSON");
    return status;
}

static void clear_videos(struct videos *videos)
{
    for (size_t i = 0; i < videos->count; i++)
        free(videos->names[i]);
    free(videos->names);
}

/* With the lesson, until it is known what they took. */
static enum hr_status keep(struct hr_cli *cli, const struct videos *videos, const struct estimate *estimates,
                           struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, error);
    for (size_t i = 0; status == HR_OK && i < videos->count; i++) {
        struct hr_work work = {(int64_t)(estimates[i].wall_s * 1e6), (int64_t)(estimates[i].processor_s * 1e6),
                               (int64_t)(estimates[i].memory_mb * (1 << 20))};
        status = hr_database_put_estimate(database, videos->lesson, videos->names[i], &work, error);
    }
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, error);
    hr_database_close(database);
    return status;
}

static void add_up(struct estimate *sum, const struct estimate *one)
{
    sum->wall_s += one->wall_s;
    sum->processor_s += one->processor_s;
    sum->duration_s += one->duration_s;
    sum->samples += one->samples;
    sum->memory_mb = one->memory_mb > sum->memory_mb ? one->memory_mb : sum->memory_mb;
    sum->whole = sum->whole && one->whole;
}

int hr_cmd_estimate(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct estimating estimating = {.cli = cli};
    struct videos videos = {0};
    struct estimate sum = {.whole = true}, *estimates = NULL;
    enum hr_status status = choose_videos(cli, &videos, &error);
    if (status == HR_OK)
        status = open_engine(&estimating, &error);
    if (status == HR_OK) {
        estimates = calloc(videos.count, sizeof *estimates);
        status = estimates != NULL ? HR_OK : hr_error_set(&error, HR_ERR_MEMORY, "no memory for estimates");
    }
    for (size_t i = 0; status == HR_OK && i < videos.count; i++) {
        status = estimate(&estimating, videos.names[i], &estimates[i], &error);
        if (status != HR_OK)
            break;
        answer(cli, videos.names[i], &estimates[i]);
        add_up(&sum, &estimates[i]);
    }
    if (status == HR_OK && videos.count > 1 && !cli->settings.terminal.json)
        answer(cli, "all", &sum);
    if (status == HR_OK && videos.lesson != 0)
        status = keep(cli, &videos, estimates, &error);
    hr_session_free(estimating.session);
    hr_engine_close(estimating.engine);
    free(estimates);
    clear_videos(&videos);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
