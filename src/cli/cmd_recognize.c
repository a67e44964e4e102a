/* homeroom recognize VIDEO... */
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/audit.h"
#include "cli/class.h"
#include "cli/keep.h"
#include "cli/progress.h"
#include "cli/report_log.h"
#include "cli/sandbox.h"
#include "jobs/desk.h"
#include "jobs/report_places.h"
#include "store/anywhere.h"

struct recognize;

/* What came of one, until it is told. */
struct video {
    struct recognize *of;
    size_t index;
    struct hr_result *result; /* owned; NULL: `error` says why */
    struct hr_error error;
};

struct recognize {
    struct hr_cli *cli;
    struct video *videos; /* one per word */
    struct hr_progress_bar bar;
    struct hr_store store; /* not used with --out - */
    bool to_stdout;
    char **names;        /* of the reports, one per video */
    char *columns;       /* owned; of several videos in one table: with the video's name */
    bool header_written; /* of that table */
    int exit_status;
};

/* The video before this one whose report has the same name; SIZE_MAX: none. */
static size_t namesake(char *const *names, size_t index, const char *name)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return SIZE_MAX;
}

/* Two videos never write to one report, and no report has another name because of what it is made together with:
 * in the next call it would be written elsewhere, or over the other one's. */
static enum hr_status name_report(struct recognize *job, size_t index, struct hr_error *error)
{
    struct hr_cli *cli = job->cli;
    char name[1024];
    enum hr_status status = hr_report_name(name, sizeof name, cli->words[index], false,
                                           hr_cli_format(&cli->settings) == HR_FORMAT_JSON ? ".json" : ".csv", error);
    if (status != HR_OK)
        return status;
    size_t other = namesake(job->names, index, name);
    if (other != SIZE_MAX && strcmp(cli->words[other], cli->words[index]) == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is given twice: give it once", cli->words[index]);
    if (other != SIZE_MAX)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "the reports of '%s' and '%s' would both be called '%s': give them in two calls, "
                            "each with an --out of its own, or rename one",
                            cli->words[other], cli->words[index], name);
    job->names[index] = strdup(name);
    if (job->names[index] == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a name");
    return HR_OK;
}

static enum hr_status name_reports(struct recognize *job, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    job->names = calloc(job->cli->word_count + 1, sizeof *job->names);
    if (job->names == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu names", job->cli->word_count);
    for (size_t i = 0; status == HR_OK && i < job->cli->word_count; i++)
        status = name_report(job, i, error);
    return status;
}

/* --- what is there already --- */

/* A report is written over by a report; anything else is somebody's, as the table class.csv beside class.mp4 is. */
static enum hr_status check_target(struct recognize *job, size_t index, struct hr_error *error)
{
    enum hr_status status = hr_report_target_check(&job->store, job->names[index], error);
    if (status != HR_ERR_ARGUMENT)
        return status;
    return hr_error_set(error, HR_ERR_ARGUMENT,
                        "the report of '%s' would write over '%s' in '%s', which is not a report: say "
                        "another --out, or --force to write over it",
                        job->cli->words[index], job->names[index], job->cli->settings.recognition.out);
}

static enum hr_status check_targets(struct recognize *job, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < job->cli->word_count; i++)
        status = check_target(job, i, error);
    return status;
}

/* --- writing --- */

static enum hr_status put_report(struct recognize *job, const char *name, struct hr_view text, struct hr_error *error)
{
    const struct hr_store_tag tag = {HR_REPORT_SOURCE_TAG, "recognize"};
    struct hr_store_tags tags = {&tag, hr_report_is_one(text) ? 0 : 1};
    return job->store.put_tagged(job->store.context, name, text, tags, error);
}

/* Several videos on standard output as CSV are one table, which says whose rows are whose. */
static enum hr_status join_tables(struct recognize *job, struct hr_error *error)
{
    struct hr_settings *settings = &job->cli->settings;
    struct hr_report_columns columns;
    const char *wanted = settings->recognition.columns != NULL ? settings->recognition.columns : "name,major,year";
    if (!job->to_stdout || job->cli->word_count < 2 || strcmp(settings->recognition.format, "csv") != 0)
        return HR_OK;
    enum hr_status status = hr_report_columns_parse(&columns, wanted, error);
    if (status != HR_OK)
        return status;
    struct hr_buffer text;
    hr_buffer_init(&text, 4096);
    hr_buffer_append_text(&text, hr_report_column_name(HR_COLUMN_VIDEO));
    for (size_t i = 0; i < columns.count; i++)
        if (columns.items[i] != HR_COLUMN_VIDEO)
            hr_buffer_append_format(&text, ",%s", hr_report_column_name(columns.items[i]));
    status = hr_buffer_check(&text, error);
    if (status == HR_OK)
        settings->recognition.columns = job->columns = strdup(hr_buffer_text(&text));
    hr_buffer_clear(&text);
    if (status == HR_OK && job->columns == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for the columns");
    return status;
}

static const char *without_header(struct recognize *job, const char *text)
{
    if (job->columns == NULL)
        return text;
    const char *rows = job->header_written ? strstr(text, "\r\n") : NULL;
    job->header_written = true;
    return rows != NULL ? rows + 2 : text;
}

static enum hr_status write_report(struct recognize *job, size_t index, struct hr_result *result,
                                   struct hr_error *error)
{
    struct hr_cli *cli = job->cli;
    char *text = NULL;
    if (cli->settings.recognition.took)
        hr_result_say_took(result);
    enum hr_status status =
        hr_result_write(result, hr_cli_format(&cli->settings), cli->settings.recognition.columns, &text, error);
    if (status != HR_OK)
        return status;
    if (!job->to_stdout)
        status = put_report(job, job->names[index], hr_view_text(text), error);
    else if (!hr_answer_data(cli->out, without_header(job, text)) || fflush(cli->out) != 0)
        status = hr_error_set(error, HR_ERR_IO, "standard output does not take the report");
    free(text);
    return status;
}

/* --- one video after the other, several at a time --- */

static void show_progress(void *context, const struct hr_progress *progress)
{
    struct video *video = context;
    hr_progress_bar_show(&video->of->bar, video->index, progress);
}

static void run_one(void *context, size_t index, struct hr_session *session, struct hr_snapshot *snapshot)
{
    struct recognize *job = context;
    struct hr_cli *cli = job->cli;
    const char *path = cli->words[index];
    struct video *video = &job->videos[index];
    struct hr_stream stream = {0};
    struct hr_recognize_options options = hr_cli_recognize_options(&cli->settings);
    *video = (struct video){.of = job, .index = index};
    options.stop = hr_cli_stop();
    options.progress = show_progress;
    options.progress_context = video;
    struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), options.timeout_ms, options.stop);
    enum hr_status status = hr_anywhere_open_stream(&cli->class.anywhere, path, &deadline, &stream, &video->error);
    if (status == HR_OK)
        status = hr_classroom_recognize(session, snapshot, &stream, path, &options, &video->result, &video->error);
    hr_traffic_log(cli, path, &stream);
    hr_stream_close(&stream);
    if (status != HR_OK && strstr(video->error.text, path) == NULL)
        hr_error_prefix(&video->error, "%s", path);
}

static void fail(struct recognize *job, const struct hr_error *error)
{
    int exit_status = hr_cli_fail(job->cli, error);
    if (job->exit_status == 0)
        job->exit_status = exit_status;
}

static void tell_one(void *context, size_t index, const struct hr_error *not_begun)
{
    struct recognize *job = context;
    struct video *video = &job->videos[index];
    const char *path = job->cli->words[index];
    if (not_begun != NULL) {
        video->error = *not_begun;
        hr_error_prefix(&video->error, "%s", path);
    }
    hr_progress_bar_video_done(&job->bar, index);
    hr_progress_bar_wipe(&job->bar);
    if (video->result == NULL) {
        fail(job, &video->error);
        return;
    }
    hr_report_log(job->cli, path, video->result);
    enum hr_status status = write_report(job, index, video->result, &video->error);
    if (status != HR_OK)
        hr_error_prefix(&video->error, "%s: writing the report", path);
    else if ((status = hr_cli_keep(job->cli, video->result, "", &video->error)) != HR_OK)
        hr_error_prefix(&video->error, "%s", path);
    else
        hr_cli_note(job->cli, "recognise", NULL, hr_result_student_count(video->result), HR_LOG_DEBUG);
    if (status != HR_OK)
        fail(job, &video->error);
    hr_result_free(video->result);
    video->result = NULL;
}

static enum hr_status recognize_all(struct recognize *job, struct hr_engine *engine, struct hr_error *error)
{
    struct hr_cli *cli = job->cli;
    struct hr_desk desk = {.engine = engine,
                           .threads = cli->settings.recognition.threads,
                           .workers = cli->settings.recognition.jobs,
                           .stop = hr_cli_stop(),
                           .run = run_one,
                           .done = tell_one,
                           .context = job};
    job->videos = calloc(cli->word_count + 1, sizeof *job->videos);
    if (job->videos == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu videos", cli->word_count);
    hr_progress_bar_init(&job->bar, cli, cli->word_count);
    enum hr_status status = hr_desk_run(&desk, cli->word_count, error);
    hr_progress_bar_clear(&job->bar);
    free(job->videos);
    return status;
}

int hr_cmd_recognize(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_engine *engine = NULL;
    struct recognize job = {.cli = cli, .to_stdout = strcmp(cli->settings.recognition.out, "-") == 0};
    enum hr_status status = hr_cli_check_columns(&cli->settings, &error);
    if (status == HR_OK)
        status = hr_cli_check_keep(cli, &error);
    if (status == HR_OK)
        status = join_tables(&job, &error);
    if (status == HR_OK && !job.to_stdout)
        status = name_reports(&job, &error);
    if (status == HR_OK && !job.to_stdout)
        status = hr_anywhere_open_store(&cli->class.anywhere, cli->settings.recognition.out, true, &cli->patience,
                                        &job.store, &error);
    if (status == HR_OK && !job.to_stdout && !cli->settings.recognize.force)
        status = check_targets(&job, &error);
    if (status == HR_OK)
        status = hr_cli_open_engine(cli, HR_DATABASE_READ, &engine, &error);
    if (status != HR_OK)
        goto out;
    hr_cli_tell_gallery(cli, engine);
    if (cli->log.level == HR_LOG_DEBUG)
        hr_cli_log_sandbox(cli);
    status = recognize_all(&job, engine, &error);
out:
    if (status != HR_OK)
        job.exit_status = hr_cli_fail(cli, &error);
    hr_engine_close(engine);
    hr_store_close(&job.store);
    for (size_t i = 0; job.names != NULL && job.names[i] != NULL; i++)
        free(job.names[i]);
    free(job.names);
    free(job.columns);
    return job.exit_status;
}
