/* homeroom workload */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/plural.h"
#include "cli/cloud.h"
#include "cli/workload_answer.h"
#include "store/anywhere.h"
#include "workload/workload.h"

/* The longest that a Lambda function may run. */
static const double timeout_standard_s = 900;
/* Off a terminal a line of progress is enough this often. */
static const int64_t line_every_us = 10000000;

struct workload {
    struct hr_cli *cli;
    struct hr_buffer text; /* of the mapping */
    struct hr_mapping mapping;
    struct hr_clips clips;
    struct hr_store input, output;
    struct hr_workload_video *videos;
    size_t count;
    struct hr_workload_cost cost;
    int64_t told_us;
};

/* --- preparation --- */

static enum hr_status need(const char *value, const char *option, struct hr_error *error)
{
    return value != NULL
               ? HR_OK
               : hr_error_set(error, HR_ERR_ARGUMENT, "--%s is missing; see 'homeroom help workload'", option);
}

static enum hr_status need_options(const struct hr_settings *settings, struct hr_error *error)
{
    enum hr_status status = need(settings->workload.videos, "videos", error);
    if (status == HR_OK)
        status = need(settings->workload.mapping, "mapping", error);
    if (status == HR_OK)
        status = need(settings->recognition.input, "input", error);
    if (status == HR_OK)
        status = need(settings->workload.output, "output", error);
    return status;
}

static enum hr_status read_mapping(struct workload *workload, struct hr_error *error)
{
    const char *path = workload->cli->settings.workload.mapping;
    hr_buffer_init(&workload->text, HR_MAPPING_BYTES_MAX);
    enum hr_status status = hr_file_read(&workload->text, path, &workload->cli->patience, error);
    if (status != HR_OK)
        return status;
    status = hr_mapping_parse(&workload->mapping, hr_buffer_view(&workload->text), error);
    hr_buffer_clear(&workload->text);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "the mapping file '%s'", path);
}

static enum hr_status read_clips(struct workload *workload, struct hr_error *error)
{
    struct hr_store folder = {0};
    const char *path = workload->cli->settings.workload.videos;
    enum hr_status status = hr_store_open_folder(&folder, path, false, error);
    if (status == HR_OK) {
        status = hr_clips_read(&workload->clips, &folder, error);
        if (status != HR_OK)
            status = hr_error_prefix(error, "'%s'", path);
    }
    hr_store_close(&folder);
    return status;
}

static enum hr_status plan(struct workload *workload, struct hr_error *error)
{
    size_t count = (size_t)workload->cli->settings.workload.count;
    const struct hr_clips *clips = &workload->clips;
    struct hr_workload_plan *plans = calloc(count, sizeof *plans);
    workload->videos = calloc(count, sizeof *workload->videos);
    enum hr_status status = HR_OK;
    if (plans == NULL || workload->videos == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu videos", count);
    else
        status =
            hr_workload_plan(plans, count, (const char *const *)clips->names, clips->count, &workload->mapping, error);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        workload->videos[i].plan = plans[i];
        hr_workload_name(i, workload->videos[i].name);
        workload->count = i + 1;
    }
    free(plans);
    return status;
}

/* Only a look, for the log is read when the reports are in: to open a pipe is to ask for its bytes. */
static enum hr_status need_durations(const char *path, struct hr_error *error)
{
    if (path == NULL || access(path, R_OK) == 0)
        return HR_OK;
    return hr_error_set_errno(error, errno, "opening '%s'", path);
}

static enum hr_status clear(struct workload *workload, const struct hr_store *store, const char *place,
                            struct hr_error *error)
{
    size_t removed = 0;
    enum hr_status status = hr_workload_clear(store, &removed, error);
    if (status != HR_OK)
        return hr_error_prefix(error, "clearing '%s'", place);
    hr_log_write(&workload->cli->log, HR_LOG_INFO, NULL, "removed %zu file%s from '%s'", removed, hr_plural(removed),
                 place);
    return HR_OK;
}

static enum hr_status open_places(struct workload *workload, struct hr_error *error)
{
    const struct hr_settings *settings = &workload->cli->settings;
    const struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&workload->cli->cloud);
    const struct hr_deadline *patience = &workload->cli->patience;
    enum hr_status status =
        hr_anywhere_open_store(&anywhere, settings->recognition.input, false, patience, &workload->input, error);
    if (status == HR_OK)
        status =
            hr_anywhere_open_store(&anywhere, settings->workload.output, false, patience, &workload->output, error);
    if (status == HR_OK && settings->workload.clear)
        status = clear(workload, &workload->input, settings->recognition.input, error);
    if (status == HR_OK && settings->workload.clear)
        status = clear(workload, &workload->output, settings->workload.output, error);
    if (status == HR_OK)
        status = hr_workload_check_output(&workload->output, workload->count, error);
    return status;
}

static enum hr_status prepare(struct workload *workload, struct hr_error *error)
{
    enum hr_status status = need_options(&workload->cli->settings, error);
    if (status == HR_OK)
        status = read_mapping(workload, error);
    if (status == HR_OK)
        status = read_clips(workload, error);
    if (status == HR_OK)
        status = plan(workload, error);
    if (status == HR_OK)
        status = need_durations(workload->cli->settings.workload.durations, error);
    if (status == HR_OK)
        status = open_places(workload, error);
    return status;
}

/* --- the run --- */

static bool is_stopped(void *context)
{
    (void)context;
    return hr_cli_interrupted();
}

static void show_counts(const struct hr_workload_counts *counts)
{
    size_t bad = counts->of[HR_WORKLOAD_WRONG] + counts->of[HR_WORKLOAD_FAILED] + counts->of[HR_WORKLOAD_MISSING] +
                 counts->of[HR_WORKLOAD_UNSENT];
    fprintf(stderr, "\r%zu video%s: %zu uploaded, %zu right, %zu not right, %zu to come\033[K", counts->videos,
            hr_plural(counts->videos), counts->uploaded, counts->of[HR_WORKLOAD_RIGHT], bad,
            counts->of[HR_WORKLOAD_OPEN]);
    fflush(stderr);
}

static bool shows_line(const struct workload *workload)
{
    const struct hr_settings *settings = &workload->cli->settings;
    return workload->cli->terminal && !settings->terminal.quiet && !settings->terminal.json;
}

static void show_progress(void *context, const struct hr_workload_counts *counts)
{
    struct workload *workload = context;
    const struct hr_clock *clock = hr_clock_system();
    int64_t now_us = clock->monotonic_us(clock->context);
    if (shows_line(workload)) {
        show_counts(counts);
    } else if (now_us - workload->told_us >= line_every_us) {
        workload->told_us = now_us;
        hr_log_write(&workload->cli->log, HR_LOG_INFO, NULL, "%zu of %zu video%s uploaded, %zu right, %zu to come",
                     counts->uploaded, counts->videos, hr_plural(counts->videos), counts->of[HR_WORKLOAD_RIGHT],
                     counts->of[HR_WORKLOAD_OPEN]);
    }
}

static enum hr_status run(struct workload *workload, struct hr_error *error)
{
    const struct hr_settings *settings = &workload->cli->settings;
    const struct hr_clock *clock = hr_clock_system();
    double timeout_s = settings->recognition.timeout_s > 0 ? settings->recognition.timeout_s : timeout_standard_s;
    const struct hr_workload_job job = {.clips = &workload->clips,
                                        .input = &workload->input,
                                        .output = &workload->output,
                                        .rate_per_s = settings->workload.rate_per_s,
                                        .workers = (size_t)settings->workload.uploads,
                                        .timeout_us = (int64_t)(timeout_s * 1e6),
                                        .poll_us = (int64_t)(settings->workload.poll_s * 1e6),
                                        .clock = clock,
                                        .stopped = is_stopped,
                                        .progress = show_progress,
                                        .context = workload};
    workload->told_us = clock->monotonic_us(clock->context);
    enum hr_status status = hr_workload_run(&job, workload->videos, workload->count, error);
    if (shows_line(workload))
        fputs("\r\033[K", stderr);
    return status;
}

/* --- the answer --- */

/* What the functions say they were billed for. The latency is no substitute: a video that waits for
 * its turn costs nothing. */
static enum hr_status read_durations(const struct workload *workload, struct hr_durations *out, struct hr_error *error)
{
    const char *path = workload->cli->settings.workload.durations;
    if (path == NULL)
        return hr_error_set(error, HR_ERR_NOT_FOUND, "it takes the function's log, --durations FILE");
    struct hr_buffer text;
    hr_buffer_init(&text, HR_DURATIONS_BYTES_MAX);
    enum hr_status status = hr_file_read(&text, path, &workload->cli->patience, error);
    if (status == HR_OK) {
        status = hr_durations_parse(out, hr_buffer_view(&text), error);
        if (status != HR_OK)
            status = hr_error_prefix(error, "'%s'", path);
    }
    hr_buffer_clear(&text);
    return status;
}

static int memory_of(const struct hr_settings *settings, const struct hr_durations *durations)
{
    if (settings->workload.memory_mb > 0)
        return settings->workload.memory_mb;
    return durations->memory_mb > 0 ? durations->memory_mb : HR_COST_MEMORY_MB;
}

/* That it cannot be known does not take the rest of the answer away. */
static void find_cost(struct workload *workload)
{
    const struct hr_settings *settings = &workload->cli->settings;
    struct hr_workload_cost *cost = &workload->cost;
    struct hr_error error = {0};
    cost->known = read_durations(workload, &cost->durations, &error) == HR_OK;
    if (!cost->known) {
        snprintf(cost->reason, sizeof cost->reason, "%s", error.text);
        return;
    }
    cost->terms = (struct hr_cost_terms){.gb_s_usd = settings->workload.price_gb_s,
                                         .million_calls_usd = settings->workload.price_million_calls,
                                         .memory_mb = memory_of(settings, &cost->durations)};
    cost->billed_ms = cost->durations.billed_ms / (double)cost->durations.count;
    cost->usd_per_thousand = hr_cost_thousand_usd(&cost->terms, cost->billed_ms);
}

static enum hr_status answer(struct workload *workload, bool *all_right, struct hr_error *error)
{
    struct hr_workload_summary summary;
    enum hr_status status = hr_workload_summarize(&summary, workload->videos, workload->count, error);
    if (status != HR_OK)
        return status;
    find_cost(workload);
    const struct hr_workload_answer what = {.videos = workload->videos,
                                            .summary = &summary,
                                            .cost = &workload->cost,
                                            .poll_s = workload->cli->settings.workload.poll_s};
    *all_right = summary.counts.of[HR_WORKLOAD_RIGHT] == workload->count;
    if (!workload->cli->settings.terminal.json)
        hr_workload_answer_text(workload->cli->out, &what);
    else if (!hr_workload_answer_json(workload->cli->out, &what))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the answer");
    return HR_OK;
}

/* What is known is told whatever ended the run. An interrupted one has done what it was asked to;
 * that not every report was right is all there is to say. */
static int run_and_answer(struct workload *workload)
{
    struct hr_error run_error = {0}, error = {0};
    bool all_right = false;
    enum hr_status ran = run(workload, &run_error);
    if (answer(workload, &all_right, &error) != HR_OK)
        return hr_cli_fail(workload->cli, &error);
    if (ran == HR_ERR_DEADLINE && hr_cli_interrupted())
        hr_log_write(&workload->cli->log, HR_LOG_WARNING, NULL, "%s", run_error.text);
    else if (ran != HR_OK)
        return hr_cli_fail(workload->cli, &run_error);
    return all_right ? 0 : HR_EXIT_NO;
}

int hr_cmd_workload(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct workload workload = {.cli = cli};
    enum hr_status status = prepare(&workload, &error);
    int exit_status = status == HR_OK ? run_and_answer(&workload) : hr_cli_fail(cli, &error);
    hr_store_close(&workload.input);
    hr_store_close(&workload.output);
    hr_clips_clear(&workload.clips);
    hr_mapping_clear(&workload.mapping);
    hr_buffer_clear(&workload.text);
    free(workload.videos);
    return exit_status;
}
