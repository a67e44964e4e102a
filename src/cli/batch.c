#include "cli/batch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/report_out.h"
#include "store/s3.h"

struct outcome {
    bool ended;
    struct hr_result *result;
    struct hr_error error;
};

struct batch {
    struct hr_cli *cli;
    struct hr_engine *engine;
    struct hr_snapshot *snapshot; /* held: all videos of a batch are held against one class */
    const char *const *videos;
    size_t count;
    int threads_each;
    hr_batch_done_fn *done;
    void *context;

    pthread_mutex_t lock; /* of all below */
    size_t next;          /* to be taken by a worker */
    size_t delivered;     /* handed to `done` */
    struct outcome *outcomes;
    struct hr_error worker_error; /* a worker that could not start */
    struct hr_progress_bar bar;
};

/* One video's share of the bar. */
struct share {
    struct hr_progress_bar *bar;
    double seen;
};

static void show_progress(void *context, const struct hr_progress *progress)
{
    struct share *share = context;
    double part = progress->duration_us > 0
                      ? (double)progress->position_us / (double)progress->duration_us
                      : 0;
    part = part > 1 ? 1 : part;
    hr_progress_bar_advance(share->bar, part - share->seen);
    share->seen = part;
}

/* Of waiting for the video's bytes: the time limit of the whole, or a signal. */
static struct hr_deadline deadline_of(const struct hr_recognize_options *options)
{
    return hr_deadline_after(hr_clock_system(), options->timeout_ms, options->stop);
}

static void log_traffic(const struct hr_cli *cli, const char *path, const struct hr_stream *stream)
{
    struct hr_s3_traffic traffic = hr_s3_stream_traffic(stream);
    const struct hr_log_field fields[] = {{"video", path, 0},
                                          {"bytes", NULL, (double)traffic.bytes},
                                          {"requests", NULL, (double)traffic.requests},
                                          {0}};
    if (traffic.requests > 0)
        hr_log_write(&cli->log, HR_LOG_DEBUG, fields, "read from S3");
}

static struct outcome recognize_one(struct batch *batch, struct hr_session *session,
                                    const char *path)
{
    struct outcome outcome = {.ended = true};
    struct share share = {.bar = &batch->bar};
    struct hr_recognize_options options = hr_recognize_options_of(&batch->cli->settings);
    options.stop = hr_cli_stop();
    options.progress = show_progress;
    options.progress_context = &share;
    struct hr_stream stream = {0};
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&batch->cli->cloud);
    struct hr_deadline deadline = deadline_of(&options);
    enum hr_status status =
        hr_anywhere_open_stream(&anywhere, path, &deadline, &stream, &outcome.error);
    if (status == HR_OK)
        status = hr_classroom_recognize(session, batch->snapshot, &stream, path, &options, &outcome.result,
                                        &outcome.error);
    log_traffic(batch->cli, path, &stream);
    hr_stream_close(&stream);
    if (status != HR_OK && strstr(outcome.error.text, path) == NULL)
        hr_error_prefix(&outcome.error, "%s", path);
    hr_progress_bar_video_done(&batch->bar, share.seen);
    return outcome;
}

/* Hands out, under the lock, every outcome whose turn has come. */
static void deliver(struct batch *batch)
{
    while (batch->delivered < batch->count && batch->outcomes[batch->delivered].ended) {
        struct outcome *outcome = &batch->outcomes[batch->delivered];
        hr_progress_bar_wipe(&batch->bar);
        batch->done(batch->context, batch->delivered, outcome->result,
                    outcome->result ? NULL : &outcome->error);
        hr_result_free(outcome->result);
        outcome->result = NULL;
        batch->delivered++;
    }
}

static void *work(void *argument)
{
    struct batch *batch = argument;
    struct hr_session *session = NULL;
    struct hr_error error;
    if (hr_session_new(&session, batch->engine, batch->threads_each, &error) != HR_OK) {
        pthread_mutex_lock(&batch->lock);
        batch->worker_error = error;
        pthread_mutex_unlock(&batch->lock);
        return NULL;
    }
    pthread_mutex_lock(&batch->lock);
    while (batch->next < batch->count && !hr_cli_interrupted()) {
        size_t index = batch->next++;
        pthread_mutex_unlock(&batch->lock);
        struct outcome outcome = recognize_one(batch, session, batch->videos[index]);
        pthread_mutex_lock(&batch->lock);
        batch->outcomes[index] = outcome;
        deliver(batch);
    }
    pthread_mutex_unlock(&batch->lock);
    hr_session_free(session);
    return NULL;
}

static int processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > HR_LIMIT_THREADS ? HR_LIMIT_THREADS : (int)count;
}

/* Videos that were never begun: a signal came, or no worker could start. */
static void deliver_rest(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct outcome *outcome = &batch->outcomes[i];
        if (outcome->ended)
            continue;
        outcome->ended = true;
        if (batch->worker_error.code != HR_OK)
            outcome->error = batch->worker_error;
        else
            hr_error_set(&outcome->error, HR_ERR_DEADLINE, "%s: not begun", batch->videos[i]);
    }
    deliver(batch);
}

enum hr_status hr_batch_run(struct hr_cli *cli, struct hr_engine *engine, const char *const *videos,
                            size_t count, hr_batch_done_fn *done, void *context,
                            struct hr_error *error)
{
    /* One video per processor beats one video on all of them: nothing waits for anything. */
    int threads = cli->settings.threads > 0 ? cli->settings.threads : processors();
    size_t jobs = cli->settings.jobs > 0 ? (size_t)cli->settings.jobs : (size_t)threads;
    jobs = jobs > count ? count : jobs;
    int threads_each = threads / (int)(jobs > 0 ? jobs : 1);
    struct batch batch = {.cli = cli,
                          .engine = engine,
                          .snapshot = hr_engine_hold(engine),
                          .videos = videos,
                          .count = count,
                          .threads_each = threads_each > 0 ? threads_each : 1,
                          .done = done,
                          .context = context,
                          .outcomes = calloc(count + 1, sizeof *batch.outcomes)};
    if (batch.outcomes == NULL) {
        hr_snapshot_release(batch.snapshot);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu videos", count);
    }
    pthread_mutex_init(&batch.lock, NULL);
    hr_progress_bar_init(&batch.bar, cli, count);

    pthread_t workers[HR_LIMIT_THREADS];
    size_t started = 0;
    while (started + 1 < jobs && pthread_create(&workers[started], NULL, work, &batch) == 0)
        started++;
    work(&batch); /* this thread is a worker too */
    for (size_t i = 0; i < started; i++)
        pthread_join(workers[i], NULL);
    deliver_rest(&batch);

    hr_progress_bar_clear(&batch.bar);
    pthread_mutex_destroy(&batch.lock);
    hr_snapshot_release(batch.snapshot);
    free(batch.outcomes);
    return HR_OK;
}
