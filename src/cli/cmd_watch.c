/* homeroom watch IN OUT
 *
 * OUT says what is done, so that nothing is lost or repeated when the program is stopped and
 * started: a report carries as a tag from which video it was made - of a file its size, time and
 * number, of an object in S3 its ETag - and an error report says the same. Another video that takes
 * the name is another one, whatever its time. Of a report without a tag (somebody copied it there,
 * or an older version made it) the times decide. Reports appear whole or not at all (store/).
 *
 * A file is complete when it did not change between two looks; an object in S3 as soon as it is
 * there. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "classroom/names.h"
#include "cli/answer.h"
#include "cli/batch.h"
#include "cli/class.h"
#include "cli/report_out.h"
#include "store/anywhere.h"

/* The tag of a report that says of which video it is. */
#define SOURCE_TAG "source"

/* A video as it was at the last look. */
struct sight {
    struct hr_store_item item; /* owned */
    bool settled;              /* the same at the look before */
    bool reported;             /* by this process, as it is now; or its tag was looked at */
    bool given_up;         /* its error report was looked at: it is about the video as it is now */
    unsigned failures;     /* that may pass by themselves */
    int64_t not_before_us; /* monotonic: when to try again */
};

struct watch {
    struct hr_cli *cli;
    struct hr_store in;
    struct hr_store out;
    bool out_remote;
    struct hr_store_item *reports; /* what is in OUT, where that is remote: one request for all */
    size_t report_count;
    struct hr_engine *engine; /* NULL: not needed so far */
    struct sight *sights;     /* by name */
    size_t sight_count;
    struct sight **ready; /* borrowed from sights, the videos in hand */
    size_t ready_count;
    char **left_alone; /* owned, sorted: names that were said to be no videos */
    size_t left_alone_count;
    int exit_status; /* of the first failure */
};

static int64_t wall_us(void)
{
    const struct hr_clock *clock = hr_clock_system();
    return clock->wall_us(clock->context);
}

static bool same_file(const struct hr_store_item *a, const struct hr_store_item *b)
{
    if (a->etag[0] != '\0' && b->etag[0] != '\0')
        return strcmp(a->etag, b->etag) == 0;
    return a->size_bytes == b->size_bytes && a->modified_us == b->modified_us &&
           (a->file_id == b->file_id || a->file_id == 0 || b->file_id == 0);
}

/* --- a look at the folder --- */

static void free_sights(struct sight *sights, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(sights[i].item.name);
    free(sights);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct sight *)a)->item.name, ((const struct sight *)b)->item.name);
}

/* What was known of a file stays known while the file stays as it is. */
static void remember(struct watch *watch, struct sight *sight)
{
    sight->settled = sight->item.etag[0] != '\0';
    if (watch->sight_count == 0) {
        hr_log_write(&watch->cli->log, HR_LOG_DEBUG, NULL, "found: %s", sight->item.name);
        return;
    }
    const struct sight *before =
        bsearch(sight, watch->sights, watch->sight_count, sizeof *sight, by_name);
    if (before == NULL || !same_file(&before->item, &sight->item)) {
        hr_log_write(&watch->cli->log, HR_LOG_DEBUG, NULL, "%s: %s",
                     before == NULL ? "found" : "still changing", sight->item.name);
        return;
    }
    struct hr_store_item item = sight->item;
    *sight = *before;
    sight->item = item;
    sight->settled = true;
}

/* The folder is opened by its name each time: what is mounted or linked there now counts, not what
 * was there at the start. */
static enum hr_status list_videos(struct watch *watch, struct hr_store_item **items, size_t *count,
                                  struct hr_error *error)
{
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&watch->cli->cloud);
    hr_store_close(&watch->in);
    enum hr_status status = hr_anywhere_open_store(&anywhere, watch->cli->words[0], false,
                                                   &watch->cli->patience, &watch->in, error);
    if (status == HR_OK)
        status = watch->in.list(watch->in.context, items, count, error);
    return status;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
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

/* What is no video by its name is said once, while it lies there. Takes the names. */
static enum hr_status leave_alone(struct watch *watch, struct hr_store_item *items, size_t count,
                                  struct hr_error *error)
{
    char **names = calloc(count + 1, sizeof *names);
    size_t left = 0;
    if (names == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu files", count);
    for (size_t i = 0; i < count; i++) {
        if (items[i].name == NULL || is_partial(items[i].name))
            continue;
        names[left] = items[i].name;
        items[i].name = NULL;
        if (watch->left_alone_count == 0 ||
            bsearch(&names[left], watch->left_alone, watch->left_alone_count, sizeof *names, by_text) == NULL)
            hr_log_write(&watch->cli->log, HR_LOG_INFO, NULL,
                         "%s is left alone: its name does not end as a video's or a picture's",
                         names[left]);
        left++;
    }
    qsort(names, left, sizeof *names, by_text);
    free_names(watch->left_alone, watch->left_alone_count);
    watch->left_alone = names;
    watch->left_alone_count = left;
    return HR_OK;
}

static enum hr_status look(struct watch *watch, struct hr_error *error)
{
    struct hr_store_item *items = NULL;
    size_t item_count = 0, count = 0;
    enum hr_status status = list_videos(watch, &items, &item_count, error);
    if (status != HR_OK)
        return status;
    struct sight *sights = calloc(item_count + 1, sizeof *sights);
    struct sight **ready = calloc(item_count + 1, sizeof *ready);
    if (sights == NULL || ready == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu files", item_count);
        free(sights);
        free(ready);
        goto out;
    }
    for (size_t i = 0; i < item_count; i++) {
        if (!hr_is_video_name(items[i].name))
            continue;
        sights[count].item = items[i];
        items[i].name = NULL; /* now the sight's */
        remember(watch, &sights[count++]);
    }
    qsort(sights, count, sizeof *sights, by_name);
    free_sights(watch->sights, watch->sight_count);
    free(watch->ready);
    watch->sights = sights;
    watch->sight_count = count;
    watch->ready = ready;
    watch->ready_count = 0;
    status = leave_alone(watch, items, item_count, error);
out:
    hr_store_items_free(items, item_count);
    return status;
}

/* --- what is done already --- */

/* The whole name of the video stays in the report's: lesson.mp4 and lesson.mov have two reports. */
static enum hr_status report_name(const struct watch *watch, const struct sight *sight, char *out,
                                  size_t size, struct hr_error *error)
{
    return hr_report_name(out, size, sight->item.name, &watch->cli->settings, true, error);
}

static enum hr_status error_name(const struct sight *sight, char *out, size_t size,
                                 struct hr_error *error)
{
    if (snprintf(out, size, "%s.error.json", sight->item.name) >= (int)size)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the name '%s' is too long", sight->item.name);
    return HR_OK;
}

/* Which video it is, as a report's tag says it. */
static void source_of(const struct sight *sight, char out[HR_STORE_TAG_BYTES + 1])
{
    if (sight->item.etag[0] != '\0')
        snprintf(out, HR_STORE_TAG_BYTES + 1, "%s", sight->item.etag);
    else
        snprintf(out, HR_STORE_TAG_BYTES + 1, "%llu-%lld-%llu",
                 (unsigned long long)sight->item.size_bytes, (long long)sight->item.modified_us,
                 (unsigned long long)sight->item.file_id);
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

/* Whether OUT, which is remote, had it when it was listed. */
static bool is_listed(const struct watch *watch, const char *name)
{
    return watch->report_count > 0 && bsearch(name, watch->reports, watch->report_count,
                                              sizeof *watch->reports, by_item_name) != NULL;
}

static enum hr_status has_remote_report(const struct watch *watch, struct sight *sight,
                                        const char *name, bool *out, struct hr_error *error)
{
    char source[HR_STORE_TAG_BYTES + 1], tag[HR_STORE_TAG_BYTES + 1];
    *out = is_listed(watch, name);
    if (!*out || sight->reported)
        return HR_OK;
    enum hr_status status = watch->out.get_tag(watch->out.context, name, SOURCE_TAG, tag, error);
    source_of(sight, source);
    *out = status == HR_OK && strcmp(source, tag) == 0;
    sight->reported = *out;
    return status == HR_ERR_NOT_FOUND ? HR_OK : status;
}

/* Of a report without a tag. A time to come (another machine's clock) cannot be compared: then any report counts. */
static bool is_newer(const struct hr_store_item *report, const struct sight *sight)
{
    return sight->reported || report->modified_us >= sight->item.modified_us ||
           sight->item.modified_us > wall_us();
}

static enum hr_status has_report(struct watch *watch, struct sight *sight, bool *out,
                                 struct hr_error *error)
{
    char name[1024], source[HR_STORE_TAG_BYTES + 1], tag[HR_STORE_TAG_BYTES + 1];
    struct hr_store_item report = {0};
    *out = false;
    enum hr_status status = report_name(watch, sight, name, sizeof name, error);
    if (status == HR_OK && watch->out_remote)
        return has_remote_report(watch, sight, name, out, error);
    if (status == HR_OK)
        status = watch->out.stat(watch->out.context, name, &report, error);
    if (status == HR_OK)
        status = watch->out.get_tag(watch->out.context, name, SOURCE_TAG, tag, error);
    if (status == HR_OK && tag[0] != '\0') {
        source_of(sight, source);
        *out = strcmp(source, tag) == 0;
    } else if (status == HR_OK) {
        *out = is_newer(&report, sight);
    }
    free(report.name);
    return status == HR_ERR_NOT_FOUND ? HR_OK : status;
}

static enum hr_status read_text(const struct hr_store *store, const char *name,
                                struct hr_buffer *out, struct hr_error *error)
{
    struct hr_stream stream = {0};
    enum hr_status status = store->open(store->context, name, &stream, error);
    while (status == HR_OK) {
        uint8_t bytes[4096];
        size_t got = 0;
        status = stream.read(stream.context, bytes, sizeof bytes, &got, error);
        if (status == HR_OK)
            hr_buffer_append(out, hr_view_of(bytes, got));
    }
    hr_stream_close(&stream);
    return status == HR_END ? hr_buffer_check(out, error) : status;
}

/* An error report that cannot be read counts as none: the video is tried again. */
static bool has_error_report(const struct watch *watch, struct sight *sight)
{
    char name[1024];
    struct hr_error ignored;
    struct hr_json *json = NULL;
    struct hr_buffer text;
    hr_buffer_init(&text, 65536);
    bool same = false;
    if (error_name(sight, name, sizeof name, &ignored) != HR_OK ||
        (watch->out_remote && !is_listed(watch, name)))
        return false;
    if (watch->out_remote && sight->given_up)
        return true;
    if (read_text(&watch->out, name, &text, &ignored) == HR_OK &&
        hr_json_parse(&json, hr_buffer_view(&text), &ignored) == HR_OK) {
        struct hr_store_item failed = {
            .size_bytes = (uint64_t)hr_json_integer(hr_json_get(json, "size_bytes")),
            .modified_us = hr_json_integer(hr_json_get(json, "modified_us")),
            .file_id = (uint64_t)hr_json_integer(hr_json_get(json, "file_id"))};
        const char *etag = hr_json_text(hr_json_get(json, "etag"));
        snprintf(failed.etag, sizeof failed.etag, "%s", etag != NULL ? etag : "");
        same = same_file(&failed, &sight->item) && !hr_json_boolean(hr_json_get(json, "try_again"));
        sight->given_up = same;
    }
    hr_json_free(json);
    hr_buffer_clear(&text);
    return same;
}

/* --- doing the ready ones --- */

/* Whether the video in IN is still the one that was recognised. */
static bool unchanged(const struct watch *watch, const struct sight *sight)
{
    struct hr_store_item now = {0};
    struct hr_error ignored;
    bool same = watch->in.stat(watch->in.context, sight->item.name, &now, &ignored) == HR_OK &&
                same_file(&now, &sight->item);
    free(now.name);
    return same;
}

static enum hr_status write_report(struct watch *watch, struct sight *sight,
                                   const struct hr_result *result, struct hr_error *error)
{
    char name[1024], failed[1024];
    char *text = NULL;
    struct hr_error ignored;
    char source[HR_STORE_TAG_BYTES + 1];
    const struct hr_store_tag tag = {SOURCE_TAG, source};
    source_of(sight, source);
    enum hr_status status = report_name(watch, sight, name, sizeof name, error);
    if (status == HR_OK)
        status = hr_report_text(result, &watch->cli->settings, &text, error);
    if (status == HR_OK)
        status = watch->out.put_tagged(watch->out.context, name, hr_view_text(text),
                                       (struct hr_store_tags){&tag, 1}, error);
    free(text);
    if (status != HR_OK)
        return hr_error_prefix(error, "%s: writing the report", sight->item.name);
    sight->reported = true;
    /* An earlier failure is history. Mostly there is none to remove. */
    if (error_name(sight, failed, sizeof failed, &ignored) == HR_OK)
        (void)!watch->out.remove(watch->out.context, failed, &ignored);
    return HR_OK;
}

static enum hr_status write_error_report(struct watch *watch, const struct sight *sight,
                                         const struct hr_error *failure, bool try_again,
                                         struct hr_error *error)
{
    char name[1024], now[HR_CLOCK_ISO8601_SIZE];
    struct hr_buffer text;
    hr_buffer_init(&text, 65536);
    hr_clock_iso8601(wall_us(), now);
    struct hr_json *json = hr_json_object_new();
    hr_json_set(json, "video", hr_answer_json_text(sight->item.name));
    hr_json_set(json, "code", hr_json_text_new(hr_status_name(failure->code)));
    hr_json_set(json, "message", hr_answer_json_text(failure->text));
    hr_json_set(json, "size_bytes", hr_json_integer_new((int64_t)sight->item.size_bytes));
    hr_json_set(json, "modified_us", hr_json_integer_new(sight->item.modified_us));
    hr_json_set(json, "file_id", hr_json_integer_new((int64_t)sight->item.file_id));
    if (sight->item.etag[0] != '\0')
        hr_json_set(json, "etag", hr_json_text_new(sight->item.etag));
    hr_json_set(json, "try_again", hr_json_boolean_new(try_again));
    hr_json_set(json, "time", hr_json_text_new(now));
    enum hr_status status = error_name(sight, name, sizeof name, error);
    if (status == HR_OK)
        status = hr_json_write(json, true, &text, error);
    hr_buffer_append_text(&text, "\n");
    if (status == HR_OK)
        status = hr_buffer_check(&text, error);
    if (status == HR_OK)
        status = watch->out.put(watch->out.context, name, hr_buffer_view(&text), error);
    hr_json_free(json);
    hr_buffer_clear(&text);
    return status;
}

/* Failures that have nothing to do with the video's content are tried again after a minute, two,
 * four, at most an hour; a video that took too long would take too long again. */
static bool may_pass(enum hr_status code)
{
    return code != HR_ERR_DEADLINE &&
           (hr_status_info(code)->retryable || code == HR_ERR_PERMISSION);
}

static void note_failure(struct watch *watch, struct sight *sight, const struct hr_error *failure)
{
    struct hr_error error;
    int exit_status = hr_cli_fail(watch->cli, failure);
    if (watch->exit_status == 0)
        watch->exit_status = exit_status;
    bool try_again = may_pass(failure->code);
    if (write_error_report(watch, sight, failure, try_again, &error) != HR_OK) {
        hr_error_prefix(&error, "%s: writing the error report", sight->item.name);
        hr_cli_fail(watch->cli, &error);
        try_again = true; /* no proof of the failure was left */
    }
    if (try_again) {
        const int64_t minute_us = INT64_C(60) * 1000000;
        int64_t wait_us = minute_us << (sight->failures < 6 ? sight->failures : 6);
        sight->failures++;
        sight->not_before_us =
            hr_clock_now_us() + (wait_us < 60 * minute_us ? wait_us : 60 * minute_us);
    }
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
        if (has_report(watch, sight, &done, &error) != HR_OK)
            note_failure(watch, sight, &error);
        else if (!done && (sight->failures > 0 || !has_error_report(watch, sight)))
            watch->ready[watch->ready_count++] = sight;
    }
}

static void video_done(void *context, size_t index, const struct hr_result *result,
                       const struct hr_error *failure)
{
    struct watch *watch = context;
    struct sight *sight = watch->ready[index];
    struct hr_error error;
    if (result == NULL && hr_cli_interrupted())
        return; /* the next run does it */
    if (!unchanged(watch, sight)) {
        hr_log_write(&watch->cli->log, HR_LOG_INFO, NULL,
                     "%s changed while it was read: it is done again when it is complete",
                     sight->item.name);
        return;
    }
    if (result != NULL) {
        hr_report_log(watch->cli, sight->item.name, result);
        if (write_report(watch, sight, result, &error) == HR_OK)
            return;
        failure = &error;
    }
    note_failure(watch, sight, failure);
}

static char *path_of(const struct watch *watch, const struct sight *sight)
{
    return hr_anywhere_join(watch->cli->words[0], sight->item.name);
}

/* The engine is brought up to date for each heap of work: it knows who was enrolled meanwhile. */
static enum hr_status do_ready(struct watch *watch, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    char **paths = calloc(watch->ready_count + 1, sizeof *paths);
    for (size_t i = 0; paths != NULL && i < watch->ready_count; i++)
        if ((paths[i] = path_of(watch, watch->ready[i])) == NULL)
            status = HR_ERR_MEMORY;
    if (paths == NULL || status != HR_OK) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu paths", watch->ready_count);
        goto out;
    }
    status = watch->engine == NULL ? hr_cli_open_engine(watch->cli, HR_DATABASE_READ, &watch->engine, error)
                                   : hr_class_refresh(&watch->cli->class, watch->engine, error);
    if (status == HR_OK)
        status = hr_batch_run(watch->cli, watch->engine, (const char *const *)paths,
                              watch->ready_count, video_done, watch, error);
    /* A file that is not held open can be written and tidied by others. */
    if (watch->engine != NULL && !hr_anywhere_is_remote(watch->cli->database_path))
        hr_engine_drop(watch->engine);
out:
    for (size_t i = 0; paths != NULL && i < watch->ready_count; i++)
        free(paths[i]);
    free(paths);
    return status;
}

/* --- again and again --- */

/* In steps, because a signal that comes just before poll does not wake it. */
static void rest(double seconds)
{
    int64_t until_us = hr_clock_now_us() + (int64_t)(seconds * 1e6);
    while (!hr_cli_interrupted()) {
        int64_t left_ms = (until_us - hr_clock_now_us() + 999) / 1000;
        if (left_ms <= 0)
            return;
        (void)poll(NULL, 0, left_ms < 500 ? (int)left_ms : 500);
    }
}

/* HR_END: nothing was to be done. */
static enum hr_status look_and_do(struct watch *watch, struct hr_error *error)
{
    enum hr_status status = look(watch, error);
    if (status == HR_OK && watch->out_remote)
        status = list_reports(watch, error);
    if (status != HR_OK)
        return status;
    choose_ready(watch);
    return watch->ready_count > 0 ? do_ready(watch, error) : HR_END;
}

/* A service that is out of reach for a while comes back; a folder that is gone is a mistake. */
static bool may_come_back(const struct watch *watch, enum hr_status status)
{
    bool remote = watch->out_remote || hr_anywhere_is_remote(watch->cli->words[0]) ||
                  hr_anywhere_is_remote(watch->cli->database_path);
    return remote && !watch->cli->settings.once &&
           (status == HR_ERR_UNAVAILABLE || status == HR_ERR_THROTTLED);
}

static enum hr_status watch_folder(struct watch *watch, struct hr_error *error)
{
    const struct hr_settings *settings = &watch->cli->settings;
    for (size_t looks = 1; !hr_cli_interrupted(); looks++) {
        enum hr_status status = look_and_do(watch, error);
        if (status == HR_END && settings->once && looks > 1)
            return HR_OK;
        if (may_come_back(watch, status))
            hr_cli_fail(watch->cli, error);
        else if (status != HR_OK && status != HR_END)
            return hr_cli_interrupted() ? HR_OK : status;
        rest(settings->interval_s);
    }
    return HR_OK;
}

/* A database or model that is not there should be known at the start, not with the first video. */
static enum hr_status check_engine(struct hr_cli *cli, struct hr_error *error)
{
    struct hr_engine *engine = NULL;
    enum hr_status status = hr_cli_open_engine(cli, HR_DATABASE_READ, &engine, error);
    if (status == HR_OK)
        hr_cli_tell_gallery(cli, engine);
    hr_engine_close(engine);
    return status;
}

int hr_cmd_watch(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct watch watch = {.cli = cli, .out_remote = hr_anywhere_is_remote(cli->words[1])};
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&cli->cloud);
    struct hr_report_columns columns;
    enum hr_status status = HR_OK;
    if (cli->settings.columns != NULL)
        status = hr_report_columns_parse(&columns, cli->settings.columns, &error);
    if (status == HR_OK)
        status = hr_anywhere_open_store(&anywhere, cli->words[0], false, &cli->patience, &watch.in,
                                        &error);
    if (status == HR_OK)
        status = hr_anywhere_open_store(&anywhere, cli->words[1], true, &cli->patience, &watch.out,
                                        &error);
    if (status == HR_OK)
        status = check_engine(cli, &error);
    if (status == HR_OK) {
        hr_log_write(&cli->log, HR_LOG_INFO, NULL, "watching '%s', reports go to '%s'",
                     cli->words[0], cli->words[1]);
        status = watch_folder(&watch, &error);
    }
    free_sights(watch.sights, watch.sight_count);
    free(watch.ready);
    hr_store_items_free(watch.reports, watch.report_count);
    free_names(watch.left_alone, watch.left_alone_count);
    hr_engine_close(watch.engine);
    hr_store_close(&watch.in);
    hr_store_close(&watch.out);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    if (hr_cli_interrupted()) {
        hr_log_write(&cli->log, HR_LOG_INFO, NULL,
                     "stopped; what is not done waits for the next start");
        if (watch.exit_status == 0)
            watch.exit_status = hr_status_info(HR_ERR_DEADLINE)->exit_status;
    }
    /* A service that is told to stop has done well; --once answers for its videos. */
    return cli->settings.once ? watch.exit_status : 0;
}
