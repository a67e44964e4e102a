#include "workload/workload.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* An idle worker looks for work, and everybody for the end, this often. */
static const int64_t nap_us = 5000;

enum phase {
    PHASE_QUEUED, /* not uploaded yet */
    PHASE_UPLOADING,
    PHASE_WAITING, /* for its report */
    PHASE_SEEN,    /* a report is there and in the queue of checks */
    PHASE_CHECKING,
    PHASE_DONE
};

enum kind { KIND_NONE, KIND_CSV, KIND_ERROR };

/* What the run knows of a video beside its outcome. */
struct state {
    enum phase phase;
    enum kind kind;        /* of the report that was seen */
    bool long_name;        /* test_7.mp4.csv */
    int64_t error_seen_us; /* modification time of an error report that is not the last word */
};

struct run {
    const struct hr_workload_job *job;
    struct hr_workload_video *videos;
    size_t count;
    pthread_mutex_t lock; /* of all that follows, and of the videos */
    struct state *states;
    size_t next_upload;
    size_t *checks; /* ring of `count`: a video is in it once at most */
    size_t checks_first, checks_count;
    size_t done;
    bool over;
    int64_t start_us;
};

struct task {
    size_t index;
    bool is_upload;
};

static int64_t now_us(const struct run *run)
{
    return run->job->clock->monotonic_us(run->job->clock->context);
}

static void nap(const struct run *run, int64_t duration_us)
{
    run->job->clock->sleep_us(run->job->clock->context, duration_us);
}

const char *hr_workload_outcome_name(enum hr_workload_outcome outcome)
{
    static const char *const names[HR_WORKLOAD_OUTCOME_COUNT] = {"open",   "right",   "wrong",
                                                                 "failed", "missing", "unsent"};
    return names[outcome];
}

struct hr_workload_counts hr_workload_count(const struct hr_workload_video *videos, size_t count)
{
    struct hr_workload_counts counts = {.videos = count};
    for (size_t i = 0; i < count; i++) {
        counts.uploaded += videos[i].upload_end_us != 0;
        counts.of[videos[i].outcome]++;
    }
    return counts;
}

/* --- state; under the lock --- */

static void settle(struct run *run, size_t index, enum hr_workload_outcome outcome, const char *reason)
{
    struct hr_workload_video *video = &run->videos[index];
    video->outcome = outcome;
    if (reason != video->reason)
        snprintf(video->reason, sizeof video->reason, "%s", reason);
    run->states[index].phase = PHASE_DONE;
    if (++run->done == run->count)
        run->over = true;
}

/* The n-th upload begins n/rate seconds after the first. */
static bool is_upload_due(const struct run *run)
{
    if (run->next_upload >= run->count)
        return false;
    double rate = run->job->rate_per_s;
    double due_us = rate > 0 ? (double)run->next_upload * 1e6 / rate : 0;
    return (double)(now_us(run) - run->start_us) >= due_us;
}

static bool take_task(struct run *run, struct task *task)
{
    bool taken = true;
    pthread_mutex_lock(&run->lock);
    if (is_upload_due(run)) {
        *task = (struct task){.index = run->next_upload++, .is_upload = true};
        run->states[task->index].phase = PHASE_UPLOADING;
        run->videos[task->index].upload_start_us = now_us(run);
    } else if (run->checks_count > 0) {
        *task = (struct task){.index = run->checks[run->checks_first]};
        run->checks_first = (run->checks_first + 1) % run->count;
        run->checks_count--;
        run->states[task->index].phase = PHASE_CHECKING;
    } else {
        taken = false;
    }
    pthread_mutex_unlock(&run->lock);
    return taken;
}

static bool is_over(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    bool over = run->over;
    pthread_mutex_unlock(&run->lock);
    return over;
}

static void end(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    run->over = true;
    pthread_mutex_unlock(&run->lock);
}

/* --- work --- */

static void upload(struct run *run, size_t index)
{
    struct hr_workload_video *video = &run->videos[index];
    const struct hr_store *input = run->job->input;
    struct hr_error error = {0};
    struct hr_view bytes = hr_buffer_view(&run->job->clips->bytes[video->plan.clip]);
    enum hr_status status = input->put(input->context, video->name, bytes, &error);
    pthread_mutex_lock(&run->lock);
    if (status == HR_OK) {
        video->upload_end_us = now_us(run);
        run->states[index].phase = PHASE_WAITING;
    } else if (status != HR_ERR_DEADLINE) { /* that one is the run's, which is being stopped */
        settle(run, index, HR_WORKLOAD_UNSENT, error.text);
    }
    pthread_mutex_unlock(&run->lock);
}

static void report_name(const struct run *run, size_t index, char *out, size_t size)
{
    const struct state *state = &run->states[index];
    snprintf(out, size, "test_%zu%s%s", index, state->long_name ? ".mp4" : "",
             state->kind == KIND_CSV ? ".csv" : ".error.json");
}

/* A report that cannot be read now is waited for again; why, is told should it stay so. */
static void wait_again(struct run *run, size_t index, const char *reason)
{
    struct hr_workload_video *video = &run->videos[index];
    run->states[index].phase = PHASE_WAITING;
    snprintf(video->reason, sizeof video->reason, "%s", reason);
}

static void judge(struct run *run, size_t index, struct hr_view report)
{
    char reason[HR_WORKLOAD_REASON_SIZE];
    struct hr_workload_video *video = &run->videos[index];
    if (run->states[index].kind == KIND_CSV) {
        bool right = hr_workload_check_csv(report, video->plan.expected, reason);
        settle(run, index, right ? HR_WORKLOAD_RIGHT : HR_WORKLOAD_WRONG, reason);
    } else if (hr_workload_read_error(report, reason)) {
        settle(run, index, HR_WORKLOAD_FAILED, reason);
    } else {
        run->states[index].error_seen_us = video->report_modified_us;
        wait_again(run, index, reason);
    }
}

static void check(struct run *run, size_t index)
{
    char name[HR_WORKLOAD_NAME_SIZE + 16];
    struct hr_error error = {0};
    struct hr_buffer report;
    hr_buffer_init(&report, HR_WORKLOAD_REPORT_BYTES_MAX);
    report_name(run, index, name, sizeof name); /* its state is nobody else's while it is checked */
    enum hr_status status = hr_workload_read(run->job->output, name, &report, &error);
    pthread_mutex_lock(&run->lock);
    if (status == HR_OK)
        judge(run, index, hr_buffer_view(&report));
    else if (hr_status_info(status)->retryable || status == HR_ERR_NOT_FOUND || status == HR_ERR_CONFLICT ||
             status == HR_ERR_DEADLINE)
        wait_again(run, index, error.text);
    else
        settle(run, index, HR_WORKLOAD_WRONG, error.text);
    pthread_mutex_unlock(&run->lock);
    hr_buffer_clear(&report);
}

static void *work(void *context)
{
    struct run *run = context;
    while (!is_over(run)) {
        struct task task;
        if (!take_task(run, &task))
            nap(run, nap_us);
        else if (task.is_upload)
            upload(run, task.index);
        else
            check(run, task.index);
    }
    return NULL;
}

/* --- looking at the output --- */

static enum kind kind_of(const char *rest, bool *long_name)
{
    static const char video[] = ".mp4";
    *long_name = strncmp(rest, video, sizeof video - 1) == 0;
    rest += *long_name ? sizeof video - 1 : 0;
    return strcmp(rest, ".csv") == 0 ? KIND_CSV : strcmp(rest, ".error.json") == 0 ? KIND_ERROR : KIND_NONE;
}

static bool parse_report_name(const char *name, size_t count, size_t *index, enum kind *kind, bool *long_name)
{
    const char *rest;
    if (!hr_workload_name_parse(name, index, &rest) || *index >= count)
        return false;
    *kind = kind_of(rest, long_name);
    return *kind != KIND_NONE;
}

static int64_t server_time_us(const struct hr_store_item *item)
{
    return item->modified_fine_us != 0 ? item->modified_fine_us : item->modified_us;
}

/* Under the lock. A CSV outranks an error report, whichever the list has first. */
static void note_item(struct run *run, const struct hr_store_item *item, int64_t seen_us)
{
    size_t index;
    enum kind kind;
    bool long_name;
    if (!parse_report_name(item->name, run->count, &index, &kind, &long_name))
        return;
    struct state *state = &run->states[index];
    struct hr_workload_video *video = &run->videos[index];
    bool better = state->phase == PHASE_SEEN && state->kind == KIND_ERROR && kind == KIND_CSV;
    if (state->phase != PHASE_WAITING && !better)
        return;
    if (kind == KIND_ERROR && server_time_us(item) == state->error_seen_us)
        return; /* known, and not the last word */
    state->kind = kind;
    state->long_name = long_name;
    video->seen_us = seen_us;
    video->report_modified_us = server_time_us(item);
    if (better)
        return; /* it is in the queue */
    state->phase = PHASE_SEEN;
    run->checks[(run->checks_first + run->checks_count++) % run->count] = index;
}

static bool is_anything_waiting(struct run *run)
{
    bool waiting = false;
    pthread_mutex_lock(&run->lock);
    for (size_t i = 0; !waiting && i < run->next_upload; i++)
        waiting = run->states[i].phase == PHASE_WAITING;
    pthread_mutex_unlock(&run->lock);
    return waiting;
}

static enum hr_status look(struct run *run, struct hr_error *error)
{
    struct hr_store_item *items = NULL;
    size_t count = 0;
    const struct hr_store *output = run->job->output;
    enum hr_status status = output->list(output->context, &items, &count, error);
    if (status != HR_OK)
        return status;
    int64_t seen_us = now_us(run);
    pthread_mutex_lock(&run->lock);
    for (size_t i = 0; i < count; i++)
        note_item(run, &items[i], seen_us);
    pthread_mutex_unlock(&run->lock);
    hr_store_items_free(items, count);
    return HR_OK;
}

/* `looked` is what the last look came to: when the output cannot be seen, that is the reason. */
static void expire(struct run *run, const struct hr_error *looked)
{
    int64_t now = now_us(run), timeout_us = run->job->timeout_us;
    pthread_mutex_lock(&run->lock);
    for (size_t i = 0; timeout_us > 0 && i < run->next_upload; i++) {
        struct hr_workload_video *video = &run->videos[i];
        if (run->states[i].phase == PHASE_WAITING && now - video->upload_end_us > timeout_us)
            settle(run, i, HR_WORKLOAD_MISSING, video->reason[0] != '\0' ? video->reason : looked->text);
    }
    pthread_mutex_unlock(&run->lock);
}

static void tell(struct run *run)
{
    if (run->job->progress == NULL)
        return;
    pthread_mutex_lock(&run->lock);
    struct hr_workload_counts counts = hr_workload_count(run->videos, run->count);
    pthread_mutex_unlock(&run->lock);
    run->job->progress(run->job->context, &counts);
}

static bool is_stopped(const struct run *run)
{
    return run->job->stopped != NULL && run->job->stopped(run->job->context);
}

static void rest(struct run *run, int64_t until_us)
{
    while (!is_over(run) && !is_stopped(run) && now_us(run) < until_us)
        nap(run, nap_us);
}

/* A service that cannot be reached for a while is no reason to give up before the videos' time. */
static enum hr_status watch(struct run *run, struct hr_error *error)
{
    struct hr_error looked = {0};
    while (!is_over(run)) {
        if (is_stopped(run))
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped before every video had its report");
        int64_t next_us = now_us(run) + run->job->poll_us;
        if (is_anything_waiting(run)) {
            looked = (struct hr_error){0};
            enum hr_status status = look(run, &looked);
            if (status != HR_OK && !hr_status_info(status)->retryable) {
                *error = looked;
                return hr_error_prefix(error, "looking for reports in the output");
            }
        }
        expire(run, &looked);
        tell(run);
        rest(run, next_us);
    }
    return HR_OK;
}

/* --- the whole --- */

/* The input's list is the only place that has the videos' times; without it the server's clock is
 * not known, which is no failure of the run. */
static void read_upload_times(struct run *run)
{
    struct hr_store_item *items = NULL;
    struct hr_error ignored;
    size_t count = 0, index;
    const char *suffix;
    const struct hr_store *input = run->job->input;
    if (input->list(input->context, &items, &count, &ignored) != HR_OK)
        return;
    for (size_t i = 0; i < count; i++)
        if (hr_workload_name_parse(items[i].name, &index, &suffix) && index < run->count && strcmp(suffix, ".mp4") == 0)
            run->videos[index].video_modified_us = server_time_us(&items[i]);
    hr_store_items_free(items, count);
}

static enum hr_status run_threads(struct run *run, struct hr_error *error)
{
    pthread_t threads[HR_LIMIT_THREADS];
    size_t started = 0;
    enum hr_status status = HR_OK;
    run->start_us = now_us(run);
    for (; status == HR_OK && started < run->job->workers; started++)
        if (pthread_create(&threads[started], NULL, work, run) != 0) {
            status = hr_error_set(error, HR_ERR_MEMORY, "no thread can be started");
            break;
        }
    if (status == HR_OK)
        status = watch(run, error);
    end(run);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return status;
}

enum hr_status hr_workload_run(const struct hr_workload_job *job, struct hr_workload_video *videos, size_t count,
                               struct hr_error *error)
{
    struct run run = {.job = job, .videos = videos, .count = count};
    enum hr_status status = HR_OK;
    if (count == 0 || count > HR_WORKLOAD_VIDEOS_MAX || job->workers == 0 || job->workers > HR_LIMIT_THREADS)
        return hr_error_set(error, HR_ERR_ARGUMENT, "%zu videos by %zu workers cannot be done", count, job->workers);
    run.states = calloc(count, sizeof *run.states);
    run.checks = calloc(count, sizeof *run.checks);
    pthread_mutex_init(&run.lock, NULL);
    if (run.states == NULL || run.checks == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu videos", count);
        goto out;
    }
    status = run_threads(&run, error);
    read_upload_times(&run);
    tell(&run);
out:
    pthread_mutex_destroy(&run.lock);
    free(run.states);
    free(run.checks);
    return status;
}

/* --- before --- */

enum hr_status hr_workload_clear(const struct hr_store *store, size_t *removed, struct hr_error *error)
{
    struct hr_store_item *items = NULL;
    size_t count = 0, index;
    const char *suffix;
    *removed = 0;
    enum hr_status status = store->list(store->context, &items, &count, error);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        if (!hr_workload_name_parse(items[i].name, &index, &suffix))
            continue;
        status = store->remove(store->context, items[i].name, error);
        *removed += status == HR_OK;
        if (status == HR_ERR_NOT_FOUND)
            status = HR_OK; /* somebody else was faster */
    }
    hr_store_items_free(items, count);
    return status;
}

enum hr_status hr_workload_check_output(const struct hr_store *output, size_t count, struct hr_error *error)
{
    struct hr_store_item *items = NULL;
    size_t item_count = 0, index, found = 0;
    enum kind kind;
    bool long_name;
    enum hr_status status = output->list(output->context, &items, &item_count, error);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; i < item_count; i++)
        if (parse_report_name(items[i].name, count, &index, &kind, &long_name) && found++ == 0)
            hr_error_set(error, HR_ERR_CONFLICT, "'%s'", items[i].name);
    hr_store_items_free(items, item_count);
    if (found == 0)
        return HR_OK;
    hr_error_prefix(error,
                    "the output has reports of an earlier run (%zu): say --clear to remove them, "
                    "or take another place",
                    found);
    return HR_ERR_CONFLICT;
}
