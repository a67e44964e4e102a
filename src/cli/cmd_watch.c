/* homeroom watch IN OUT: what jobs/watch.h does, told on the terminal. */
#include <pthread.h>

#include "cli/audit.h"
#include "cli/class.h"
#include "cli/keep.h"
#include "cli/progress.h"
#include "cli/report_log.h"
#include "cli/sandbox.h"
#include "cli/upkeep.h"
#include "jobs/watch.h"

struct watch {
    struct hr_cli *cli;
    pthread_mutex_t lock; /* of all below, and of the terminal */
    struct hr_upkeep upkeep;
    struct hr_progress_bar bar;
    bool has_bar;    /* during a batch */
    int exit_status; /* of the first failure */
};

static void fail(struct watch *watch, const struct hr_error *error)
{
    int exit_status = hr_cli_fail(watch->cli, error);
    if (watch->exit_status == 0)
        watch->exit_status = exit_status;
}

/* Under the lock. */
static void tell(struct watch *watch, const struct hr_watch_event *event)
{
    const struct hr_log *log = &watch->cli->log;
    struct hr_error error;
    switch (event->kind) {
    case HR_WATCH_FOUND:
        hr_log_write(log, HR_LOG_DEBUG, NULL, "found: %s", event->name);
        break;
    case HR_WATCH_CHANGING:
        hr_log_write(log, HR_LOG_DEBUG, NULL, "still changing: %s", event->name);
        break;
    case HR_WATCH_LEFT_ALONE:
        hr_log_write(log, HR_LOG_INFO, NULL, "%s is left alone: its name does not end as a video's or a picture's",
                     event->name);
        break;
    case HR_WATCH_READ:
        hr_traffic_log(watch->cli, event->name, event->stream);
        break;
    case HR_WATCH_RECOGNISED:
        hr_report_log(watch->cli, event->name, event->result);
        break;
    case HR_WATCH_WRITTEN:
        if (hr_cli_keep(watch->cli, event->result, event->version, &error) != HR_OK) {
            hr_error_prefix(&error, "%s", event->name);
            fail(watch, &error);
        }
        hr_cli_note(watch->cli, "recognise", NULL, hr_result_student_count(event->result), HR_LOG_DEBUG);
        break;
    case HR_WATCH_SUPERSEDED:
        hr_log_write(log, HR_LOG_INFO, NULL, "%s changed while it was read: it is done again when it is complete",
                     event->name);
        break;
    case HR_WATCH_FAILED:
        fail(watch, event->error);
        break;
    case HR_WATCH_AWAY:
        hr_cli_fail(watch->cli, event->error);
        break;
    case HR_WATCH_BATCH_BEGAN:
        hr_progress_bar_init(&watch->bar, watch->cli, event->count);
        watch->has_bar = true;
        break;
    case HR_WATCH_BATCH_ENDED:
        hr_progress_bar_clear(&watch->bar);
        watch->has_bar = false;
        break;
    case HR_WATCH_JOB_ENDED:
        hr_progress_bar_video_done(&watch->bar, event->job);
        break;
    case HR_WATCH_PROGRESS:
        break;
    }
}

static void on_event(void *context, const struct hr_watch_event *event)
{
    struct watch *watch = context;
    if (event->kind == HR_WATCH_PROGRESS) {
        hr_progress_bar_show(&watch->bar, event->job, event->progress);
        return;
    }
    pthread_mutex_lock(&watch->lock);
    if (watch->has_bar &&
        (event->kind == HR_WATCH_RECOGNISED || event->kind == HR_WATCH_SUPERSEDED || event->kind == HR_WATCH_FAILED))
        hr_progress_bar_wipe(&watch->bar);
    tell(watch, event);
    pthread_mutex_unlock(&watch->lock);
}

static void idle(void *context)
{
    struct watch *watch = context;
    (void)hr_cli_keep_times(watch->cli, &watch->upkeep);
}

static enum hr_status run(struct watch *watch, struct hr_engine *engine, struct hr_error *error)
{
    struct hr_cli *cli = watch->cli;
    struct hr_watch_options options = {.class = &cli->class,
                                       .in = cli->words[0],
                                       .out = cli->words[1],
                                       .recognize = hr_cli_recognize_options(&cli->settings),
                                       .format = hr_cli_format(&cli->settings),
                                       .columns = cli->settings.recognition.columns,
                                       .threads = cli->settings.recognition.threads,
                                       .workers = cli->settings.recognition.jobs,
                                       .once = cli->settings.recognition.once,
                                       .interval_us = (int64_t)(cli->settings.watch.interval_s * 1e6),
                                       .on_event = on_event,
                                       .idle = idle,
                                       .context = watch};
    hr_cli_tell_gallery(cli, engine);
    if (!hr_anywhere_is_remote(cli->database_path)) /* not held open while there is nothing to do */
        hr_engine_drop(engine);
    hr_cli_log_sandbox(cli);
    hr_log_write(&cli->log, HR_LOG_INFO, NULL, "watching '%s', reports go to '%s'", cli->words[0], cli->words[1]);
    return hr_watch_run(&options, engine, error);
}

/* A database or model that is not there should be known at the start, not with the first video. */
int hr_cmd_watch(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_engine *engine = NULL;
    struct watch watch = {
        .cli = cli, .lock = PTHREAD_MUTEX_INITIALIZER, .upkeep = hr_upkeep_begin(&cli->class, hr_clock_system())};
    enum hr_status status = hr_cli_check_columns(&cli->settings, &error);
    if (status == HR_OK)
        status = hr_cli_check_keep(cli, &error);
    if (status == HR_OK)
        status = hr_cli_open_engine(cli, HR_DATABASE_READ, &engine, &error);
    if (status == HR_OK)
        status = run(&watch, engine, &error);
    hr_engine_close(engine);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    if (hr_cli_interrupted()) {
        hr_log_write(&cli->log, HR_LOG_INFO, NULL, "stopped; what is not done waits for the next start");
        if (watch.exit_status == 0)
            watch.exit_status = hr_status_info(HR_ERR_DEADLINE)->exit_status;
    }
    /* A service that is told to stop has done well; --once answers for its videos. */
    return cli->settings.recognition.once ? watch.exit_status : 0;
}
