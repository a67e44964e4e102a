#include "jobs/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "classroom/names.h"
#include "jobs/desk.h"
#include "jobs/report_places.h"

enum { NAME_SIZE = 1024 };

/* A video as it was at the last look. */
struct sight {
    struct hr_store_item item; /* owned */
    bool settled;              /* the same at the look before */
    /* Of the report, or error report, that was found to be this video's; "": not looked for, or not there. */
    char done_version[HR_STORE_VERSION_SIZE];
    unsigned failures;     /* that may pass by themselves */
    int64_t not_before_us; /* monotonic: when to try again */
};

/* What came of a ready video, until it is told. */
struct outcome {
    enum hr_status status;
    struct hr_job_outcome job;
    struct hr_error error;
};

struct watch {
    const struct hr_watch_options *options;
    struct hr_engine *engine;
    struct hr_job_options job_options;
    struct hr_store in, out;
    struct hr_store_item *reports; /* what is in `out`, where that is remote: one request for all */
    size_t report_count;
    struct sight *sights; /* by name */
    size_t sight_count;
    struct sight **ready;     /* borrowed from sights, the videos in hand */
    struct outcome *outcomes; /* one for each */
    size_t ready_count;
    char **left_alone; /* owned, sorted: names that were said to be no videos */
    size_t left_alone_count;
};

static void tell(const struct watch *watch, const struct hr_watch_event *event)
{
    watch->options->on_event(watch->options->context, event);
}

static bool is_stopped(const struct watch *watch)
{
    return hr_stop_requested(watch->options->class->patience->stop);
}

static enum hr_status no_memory(size_t count, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu files", count);
}

/* --- a look at the folder --- */

static void free_sights(struct watch *watch)
{
    for (size_t i = 0; i < watch->sight_count; i++)
        hr_store_item_clear(&watch->sights[i].item);
    free(watch->sights);
    free(watch->ready);
    free(watch->outcomes);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct sight *)a)->item.name, ((const struct sight *)b)->item.name);
}

/* What was known of a file stays known while the file stays as it is. */
static void remember(const struct watch *watch, struct sight *sight)
{
    struct hr_watch_event event = {.kind = HR_WATCH_FOUND, .name = sight->item.name};
    const struct sight *before =
        watch->sight_count > 0 ? bsearch(sight, watch->sights, watch->sight_count, sizeof *sight, by_name) : NULL;
    sight->settled = watch->in.is_whole;
    if (before == NULL || strcmp(before->item.version, sight->item.version) != 0) {
        event.kind = before == NULL ? HR_WATCH_FOUND : HR_WATCH_CHANGING;
        tell(watch, &event);
        return;
    }
    struct hr_store_item item = sight->item;
    *sight = *before;
    sight->item = item;
    sight->settled = true;
}

/* The folder is opened by its name each time: what is mounted or linked there now counts, not what was there at the
 * start. */
static enum hr_status list_videos(struct watch *watch, struct hr_store_item **items, size_t *count,
                                  struct hr_error *error)
{
    const struct hr_class_place *class = watch->options->class;
    hr_store_close(&watch->in);
    enum hr_status status =
        hr_anywhere_open_store(&class->anywhere, watch->options->in, false, class->patience, &watch->in, error);
    return status == HR_OK ? watch->in.list(watch->in.context, items, count, error) : status;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What still arrives has such an ending; it will have another. */
static bool is_partial(const char *name)
{
    static const char *const endings[] = {".part", ".crdownload", ".download", ".tmp", ".partial"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static bool was_left_alone(const struct watch *watch, char *name)
{
    return watch->left_alone_count > 0 &&
           bsearch(&name, watch->left_alone, watch->left_alone_count, sizeof name, by_text) != NULL;
}

/* What is no video by its name is said once, while it lies there. Takes the names. */
static enum hr_status leave_alone(struct watch *watch, struct hr_store_item *items, size_t count,
                                  struct hr_error *error)
{
    char **names = calloc(count + 1, sizeof *names);
    size_t left = 0;
    if (names == NULL)
        return no_memory(count, error);
    for (size_t i = 0; i < count; i++) {
        struct hr_watch_event event = {.kind = HR_WATCH_LEFT_ALONE, .name = items[i].name};
        if (items[i].name == NULL || is_partial(items[i].name))
            continue;
        if (!was_left_alone(watch, items[i].name))
            tell(watch, &event);
        names[left++] = items[i].name;
        items[i].name = NULL;
    }
    qsort(names, left, sizeof *names, by_text);
    hr_texts_free(watch->left_alone, watch->left_alone_count);
    watch->left_alone = names;
    watch->left_alone_count = left;
    return HR_OK;
}

static enum hr_status take_sights(struct watch *watch, struct hr_store_item *items, size_t item_count,
                                  struct hr_error *error)
{
    struct sight *sights = calloc(item_count + 1, sizeof *sights);
    struct sight **ready = calloc(item_count + 1, sizeof *ready);
    struct outcome *outcomes = calloc(item_count + 1, sizeof *outcomes);
    size_t count = 0;
    if (sights == NULL || ready == NULL || outcomes == NULL) {
        free(sights);
        free(ready);
        free(outcomes);
        return no_memory(item_count, error);
    }
    for (size_t i = 0; i < item_count; i++) {
        if (!hr_is_video_name(items[i].name))
            continue;
        sights[count].item = items[i];
        items[i].name = NULL; /* now the sight's */
        remember(watch, &sights[count++]);
    }
    qsort(sights, count, sizeof *sights, by_name);
    free_sights(watch);
    watch->sights = sights;
    watch->sight_count = count;
    watch->ready = ready;
    watch->outcomes = outcomes;
    watch->ready_count = 0;
    return HR_OK;
}

static enum hr_status look(struct watch *watch, struct hr_error *error)
{
    struct hr_store_item *items = NULL;
    size_t count = 0;
    enum hr_status status = list_videos(watch, &items, &count, error);
    if (status == HR_OK)
        status = take_sights(watch, items, count, error);
    if (status == HR_OK)
        status = leave_alone(watch, items, count, error);
    hr_store_items_free(items, count);
    return status;
}

/* --- what is done already --- */

static bool is_remote(const char *place)
{
    return hr_anywhere_is_remote(place);
}

static enum hr_status list_reports(struct watch *watch, struct hr_error *error)
{
    hr_store_items_free(watch->reports, watch->report_count);
    watch->reports = NULL;
    watch->report_count = 0;
    return watch->out.list(watch->out.context, &watch->reports, &watch->report_count, error);
}

static int by_item_name(const void *name, const void *item)
{
    return strcmp(name, ((const struct hr_store_item *)item)->name);
}

/* NULL: `out`, which is remote, did not have it when it was listed. */
static const struct hr_store_item *listed(const struct watch *watch, const char *name)
{
    return watch->report_count > 0
               ? bsearch(name, watch->reports, watch->report_count, sizeof *watch->reports, by_item_name)
               : NULL;
}

/* The whole name of the video stays in the report's: lesson.mp4 and lesson.mov have two reports. */
struct names {
    char report[NAME_SIZE], failure[NAME_SIZE];
};

static enum hr_status name_reports(const struct watch *watch, const char *video, struct names *out,
                                   struct hr_error *error)
{
    const char *suffix = watch->options->format == HR_FORMAT_JSON ? ".json" : ".csv";
    enum hr_status status = hr_report_name(out->report, sizeof out->report, video, true, suffix, error);
    return status == HR_OK ? hr_report_name(out->failure, sizeof out->failure, video, true, ".error.json", error)
                           : status;
}

static struct hr_job job_of(const struct watch *watch, const struct sight *sight, const struct names *names)
{
    return (struct hr_job){.options = &watch->job_options,
                           .in = &watch->in,
                           .video = sight->item.name,
                           .shown = sight->item.name,
                           .identity = sight->item.name,
                           .version = sight->item.version,
                           .out = &watch->out,
                           .names = {names->report, names->failure}};
}

/* Of a remote place the list tells whether there is anything to ask for, or anything new. */
static enum hr_status is_done(struct watch *watch, struct sight *sight, bool *done, struct hr_error *error)
{
    struct names names;
    *done = false;
    enum hr_status status = name_reports(watch, sight->item.name, &names, error);
    if (status != HR_OK)
        return status;
    struct hr_job job = job_of(watch, sight, &names);
    if (!is_remote(watch->options->out))
        return hr_job_is_done(&job, done, error);
    const struct hr_store_item *item = listed(watch, names.report);
    if (item == NULL)
        item = listed(watch, names.failure);
    if (item == NULL)
        return HR_OK;
    *done = strcmp(item->version, sight->done_version) == 0;
    if (*done)
        return HR_OK;
    status = hr_job_is_done(&job, done, error);
    if (status == HR_OK && *done)
        memcpy(sight->done_version, item->version, sizeof sight->done_version);
    return status;
}

/* --- doing the ready ones --- */

static void wait_before_next_try(struct sight *sight)
{
    const int64_t minute_us = INT64_C(60) * 1000000;
    int64_t wait_us = minute_us << (sight->failures < 6 ? sight->failures : 6);
    sight->failures++;
    sight->not_before_us = hr_clock_now_us() + (wait_us < 60 * minute_us ? wait_us : 60 * minute_us);
}

/* Bad input waits, too, where its error report is not known again: tags are only a hint. */
static void note_failure(struct watch *watch, struct sight *sight, const struct hr_error *failure)
{
    struct hr_watch_event event = {.kind = HR_WATCH_FAILED, .name = sight->item.name, .error = failure};
    wait_before_next_try(sight);
    tell(watch, &event);
}

/* One that cannot even be asked for its report (a name that is too long) stops no other. */
static void choose_ready(struct watch *watch)
{
    watch->ready_count = 0;
    for (size_t i = 0; i < watch->sight_count; i++) {
        struct sight *sight = &watch->sights[i];
        struct hr_error error;
        bool done = false;
        if (!sight->settled || hr_clock_now_us() < sight->not_before_us)
            continue;
        if (is_done(watch, sight, &done, &error) != HR_OK)
            note_failure(watch, sight, &error);
        else if (!done)
            watch->ready[watch->ready_count++] = sight;
    }
}

/* A job while it runs, as its callbacks know it. */
struct running {
    struct watch *watch;
    size_t index;
};

static struct hr_watch_event event_of(const struct running *running, enum hr_watch_event_kind kind)
{
    return (struct hr_watch_event){
        .kind = kind, .name = running->watch->ready[running->index]->item.name, .job = running->index};
}

static void on_progress(void *context, const struct hr_progress *progress)
{
    struct hr_watch_event event = event_of(context, HR_WATCH_PROGRESS);
    event.progress = progress;
    tell(((struct running *)context)->watch, &event);
}

static void on_result(void *context, const struct hr_result *result)
{
    struct hr_watch_event event = event_of(context, HR_WATCH_RECOGNISED);
    event.result = result;
    tell(((struct running *)context)->watch, &event);
}

static void on_written(void *context, const struct hr_result *result, const char *version)
{
    struct hr_watch_event event = event_of(context, HR_WATCH_WRITTEN);
    event.result = result;
    event.version = version;
    tell(((struct running *)context)->watch, &event);
}

static void on_read(void *context, const struct hr_stream *stream)
{
    struct hr_watch_event event = event_of(context, HR_WATCH_READ);
    event.stream = stream;
    tell(((struct running *)context)->watch, &event);
}

static void run_one(void *context, size_t index, struct hr_session *session, struct hr_snapshot *snapshot)
{
    struct watch *watch = context;
    struct outcome *outcome = &watch->outcomes[index];
    struct running running = {watch, index};
    struct hr_job_options how = watch->job_options;
    struct names names;
    how.recognize.progress = on_progress;
    how.recognize.progress_context = &running;
    struct hr_deadline deadline =
        hr_deadline_after(hr_clock_system(), how.recognize.timeout_ms, watch->options->class->patience->stop);
    *outcome = (struct outcome){.status = name_reports(watch, watch->ready[index]->item.name, &names, &outcome->error)};
    if (outcome->status != HR_OK)
        return;
    struct hr_job job = job_of(watch, watch->ready[index], &names);
    job.options = &how;
    job.deadline = &deadline;
    job.on_result = on_result;
    job.on_written = on_written;
    job.on_read = on_read;
    job.context = &running;
    outcome->status = hr_job_run(&job, session, snapshot, &outcome->job, &outcome->error);
}

static void tell_one(void *context, size_t index, const struct hr_error *not_begun)
{
    struct watch *watch = context;
    struct outcome *outcome = &watch->outcomes[index];
    struct sight *sight = watch->ready[index];
    struct running running = {watch, index};
    struct hr_watch_event superseded = event_of(&running, HR_WATCH_SUPERSEDED);
    struct hr_watch_event ended = event_of(&running, HR_WATCH_JOB_ENDED);
    if (not_begun != NULL && !is_stopped(watch))
        note_failure(watch, sight, not_begun);
    else if (not_begun == NULL && outcome->status != HR_OK && !is_stopped(watch))
        note_failure(watch, sight, &outcome->error);
    else if (not_begun == NULL && outcome->status == HR_OK && outcome->job.verdict == HR_JOB_BAD_INPUT) {
        hr_error_set(&outcome->error, outcome->job.code, "%s", outcome->job.text);
        note_failure(watch, sight, &outcome->error);
    } else if (not_begun == NULL && outcome->status == HR_OK && outcome->job.verdict == HR_JOB_SUPERSEDED)
        tell(watch, &superseded);
    tell(watch, &ended);
}

/* The gallery is brought up to date for each batch: it knows who was enrolled meanwhile. */
static enum hr_status do_ready(struct watch *watch, struct hr_error *error)
{
    const struct hr_watch_options *options = watch->options;
    struct hr_watch_event began = {.kind = HR_WATCH_BATCH_BEGAN, .count = watch->ready_count};
    struct hr_watch_event ended = {.kind = HR_WATCH_BATCH_ENDED, .count = watch->ready_count};
    struct hr_desk desk = {.engine = watch->engine,
                           .threads = options->threads,
                           .workers = options->workers,
                           .stop = options->class->patience->stop,
                           .run = run_one,
                           .done = tell_one,
                           .context = watch};
    enum hr_status status = hr_class_refresh(options->class, watch->engine, error);
    if (status != HR_OK)
        return status;
    tell(watch, &began);
    status = hr_desk_run(&desk, watch->ready_count, error);
    tell(watch, &ended);
    /* A file that is not held open can be replaced and tidied by others. */
    if (!is_remote(options->class->database))
        hr_engine_drop(watch->engine);
    return status;
}

/* --- again and again --- */

/* In steps, because a stop wakes nobody. */
static void rest(const struct watch *watch)
{
    const struct hr_clock *clock = hr_clock_system();
    int64_t until_us = hr_clock_now_us() + watch->options->interval_us;
    while (!is_stopped(watch)) {
        int64_t left_us = until_us - hr_clock_now_us();
        if (left_us <= 0)
            return;
        clock->sleep_us(clock->context, left_us < 500000 ? left_us : 500000);
    }
}

/* HR_END: nothing was to be done. */
static enum hr_status look_and_do(struct watch *watch, struct hr_error *error)
{
    enum hr_status status = look(watch, error);
    if (status == HR_OK && is_remote(watch->options->out))
        status = list_reports(watch, error);
    if (status != HR_OK)
        return status;
    choose_ready(watch);
    return watch->ready_count > 0 ? do_ready(watch, error) : HR_END;
}

/* A service that is out of reach for a while comes back; a folder that is gone is a mistake. */
static bool may_come_back(const struct watch *watch, enum hr_status status)
{
    const struct hr_watch_options *options = watch->options;
    bool remote = is_remote(options->out) || is_remote(options->in) || is_remote(options->class->database);
    return remote && !options->once && (status == HR_ERR_UNAVAILABLE || status == HR_ERR_THROTTLED);
}

static enum hr_status watch_on(struct watch *watch, struct hr_error *error)
{
    for (size_t looks = 1; !is_stopped(watch); looks++) {
        if (watch->options->idle != NULL)
            watch->options->idle(watch->options->context);
        enum hr_status status = look_and_do(watch, error);
        struct hr_watch_event away = {.kind = HR_WATCH_AWAY, .error = error};
        if (status == HR_END && watch->options->once && looks > 1)
            return HR_OK;
        if (may_come_back(watch, status))
            tell(watch, &away);
        else if (status != HR_OK && status != HR_END)
            return is_stopped(watch) ? HR_OK : status;
        rest(watch);
    }
    return HR_OK;
}

enum hr_status hr_watch_run(const struct hr_watch_options *options, struct hr_engine *engine, struct hr_error *error)
{
    const struct hr_class_place *class = options->class;
    struct watch watch = {
        .options = options,
        .engine = engine,
        .job_options = {.recognize = options->recognize,
                        .format = options->format,
                        .columns = options->columns,
                        .counts_attempts = !is_remote(options->out), /* a stop leaves no time to remove a note there */
                        .reports_all_errors = true,
                        .trusts_times = true,
                        .any_report_counts = true}};
    enum hr_status status =
        hr_anywhere_open_store(&class->anywhere, options->in, false, class->patience, &watch.in, error);
    if (status == HR_OK)
        status = hr_anywhere_open_store(&class->anywhere, options->out, true, class->patience, &watch.out, error);
    if (status == HR_OK)
        status = watch_on(&watch, error);
    free_sights(&watch);
    hr_store_items_free(watch.reports, watch.report_count);
    hr_texts_free(watch.left_alone, watch.left_alone_count);
    hr_store_close(&watch.in);
    hr_store_close(&watch.out);
    return status;
}
