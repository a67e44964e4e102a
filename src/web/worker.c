#include "web/worker.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/plural.h"
#include "classroom/zone.h"
#include "jobs/lessons.h"
#include "records/audit.h"
#include "records/tasks.h"
#include "store/store.h"
#include "web/events.h"
#include "web/uploads.h"

enum { LOOK_S = 60 };
/* Beside a video: how far in it one is, for the next program when this one is ended. */
#define PLACE ".at"
#define HOUR_US (INT64_C(3600) * 1000000)

/* The task in hand. Texts are owned. */
struct task {
    int64_t key, lesson, modified_us;
    char *account, *file, *video, *class_id, *camera, *start;
};

struct hr_worker {
    struct hr_web *web;
    pthread_t thread;
    bool runs;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool ended, has_work;
    int64_t current; /* 0: none */
    bool given_up;   /* somebody has ended it */
    double share, left_s;
    int64_t begun_us, told_us;

    const char *class_id; /* of the task in hand; borrowed; of its own thread */
    int place_file;       /* of the task in hand; -1: none */
    struct hr_stop *stop; /* of the task in hand; taken over by the next */
    struct hr_engine *engine;
};

static void tell(const struct hr_worker *worker, const char *class_id, int64_t task)
{
    hr_events_tell_key(hr_web_events(worker->web), class_id, "task", task);
}

static const struct hr_web_options *options_of(const struct hr_worker *worker)
{
    return hr_web_options_of(worker->web);
}

static enum hr_status open_database(const struct hr_worker *worker, const char *account, struct hr_database **out,
                                    struct hr_error *error)
{
    enum hr_status status = hr_class_open_database(options_of(worker)->class, HR_DATABASE_WRITE, out, error);
    if (status == HR_OK && account != NULL)
        hr_database_act_as(*out, account);
    return status;
}

/* --- a task --- */

static void clear_task(struct task *task)
{
    free(task->account);
    free(task->file);
    free(task->video);
    free(task->class_id);
    free(task->camera);
    free(task->start);
    *task = (struct task){0};
}

static enum hr_status take_task(void *context, const struct hr_task_record *record, struct hr_error *error)
{
    struct task *task = context;
    *task = (struct task){.key = record->key,
                          .lesson = record->lesson,
                          .modified_us = record->modified_us,
                          .account = strdup(record->account),
                          .file = strdup(record->file),
                          .video = strdup(record->video),
                          .class_id = strdup(record->class_id),
                          .camera = strdup(record->camera),
                          .start = strdup(record->start)};
    if (task->account != NULL && task->file != NULL && task->video != NULL && task->class_id != NULL &&
        task->camera != NULL && task->start != NULL)
        return HR_OK;
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a task");
}

static void on_progress(void *context, const struct hr_progress *progress)
{
    struct hr_worker *worker = context;
    int64_t now_us = hr_clock_now_us();
    bool due;
    if (worker->place_file >= 0) /* without it a video is given up a little later */
        (void)!pwrite(worker->place_file, &progress->position_us, sizeof progress->position_us, 0);
    pthread_mutex_lock(&worker->lock);
    if (progress->duration_us > 0)
        worker->share = fmin(1, (double)progress->position_us / (double)progress->duration_us);
    double spent_s = (double)(now_us - worker->begun_us) / 1e6;
    worker->left_s = worker->share > 0.02 ? spent_s / worker->share - spent_s : -1;
    due = now_us - worker->told_us > 1000000;
    if (due)
        worker->told_us = now_us;
    if (hr_stop_requested(options_of(worker)->stop))
        hr_stop_request(worker->stop);
    pthread_mutex_unlock(&worker->lock);
    if (due)
        tell(worker, worker->class_id, worker->current);
}

/* --- where it belongs --- */

static enum hr_status place(struct hr_database *database, struct task *task, const struct hr_start_clues *file,
                            struct hr_lesson_found *lesson, struct hr_lesson_recording *recording,
                            struct hr_error *error)
{
    char word[32];
    int64_t key = task->lesson;
    struct hr_start_clues clues = *file;
    *lesson = (struct hr_lesson_found){0};
    snprintf(word, sizeof word, "%lld", (long long)key);
    enum hr_status status = key != 0 ? hr_lesson_find(database, word, lesson, error)
                                     : hr_class_zone(database, task->class_id, lesson->zone, error);
    clues.said = task->start;
    clues.video = task->video;
    clues.zone = lesson->zone;
    clues.day = lesson->day;
    clues.lesson_us = lesson->start_us; /* whoever says the lesson means all of it */
    clues.ended_us = task->modified_us;
    clues.arrived_us = hr_clock_wall_now_us();
    if (status == HR_OK)
        status = hr_recording_start(&clues, &recording->start_us, &recording->start_by, error);
    if (status == HR_OK && key == 0)
        status = hr_lesson_for_recording(database, task->class_id, lesson->zone, recording->start_us, file->duration_us,
                                         &key, error);
    snprintf(word, sizeof word, "%lld", (long long)key);
    if (status == HR_OK)
        status = hr_lesson_find(database, word, lesson, error);
    if (status == HR_OK && lesson->finished_us != 0)
        status = hr_error_named(error, HR_ERR_CONFLICT, "its_lesson_finished", NULL,
                                "its lesson is finished: open it again, and send it once more");
    task->lesson = key;
    return status == HR_OK ? hr_task_set_lesson(database, task->key, key, error) : status;
}

/* --- looking --- */

static enum hr_status ask(const struct hr_worker *worker, const struct task *task, const char *path,
                          int64_t *created_us, int64_t *duration_us, struct hr_error *error)
{
    struct hr_stream stream = {0};
    struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), 60000, worker->stop);
    enum hr_status status = hr_file_open_stream(&stream, path, &deadline, error);
    if (status == HR_OK)
        status = hr_recording_ask(options_of(worker)->class, &stream, task->video, &deadline, created_us, duration_us,
                                  error);
    hr_stream_close(&stream);
    return status;
}

static enum hr_status look(struct hr_worker *worker, struct task *task, struct hr_lesson_recording *recording,
                           const char *path, struct hr_task_record *end, struct hr_error *error)
{
    struct hr_stream stream = {0};
    struct hr_result *result = NULL;
    recording->video = task->video;
    recording->version = task->file;
    recording->camera = task->camera;
    recording->account = task->account;
    recording->threads = options_of(worker)->threads;
    recording->options = *options_of(worker)->recognize;
    recording->options.progress = on_progress;
    recording->options.progress_context = worker;
    recording->options.stop = worker->stop;
    struct hr_deadline deadline =
        hr_deadline_after(hr_clock_system(), recording->options.timeout_ms, recording->options.stop);
    enum hr_status status = HR_OK;
    if (worker->engine == NULL)
        status = hr_engine_new(&worker->engine, options_of(worker)->class->model_dir,
                               options_of(worker)->class->sandbox, error);
    if (status == HR_OK)
        status = hr_file_open_stream(&stream, path, &deadline, error);
    if (status == HR_OK)
        status = hr_lesson_take(options_of(worker)->class, worker->engine, recording, &stream, &result, error);
    if (status == HR_OK) {
        end->certain = hr_result_student_count(result);
        end->unknown = hr_result_unknown_count(result);
    }
    hr_stream_close(&stream);
    hr_result_free(result);
    return status;
}

static enum hr_status work(struct hr_worker *worker, struct task *task, struct hr_task_record *end,
                           struct hr_error *error)
{
    struct hr_database *database = NULL;
    struct hr_lesson_found lesson;
    struct hr_lesson_recording recording = {.lesson = &lesson};
    struct hr_start_clues clues = {0};
    char path[4096];
    hr_upload_path(worker->web, task->file, path);
    enum hr_status status = ask(worker, task, path, &clues.created_us, &clues.duration_us, error);
    if (status == HR_OK)
        status = open_database(worker, task->account, &database, error);
    if (status == HR_OK)
        status = place(database, task, &clues, &lesson, &recording, error);
    hr_database_close(database);
    return status == HR_OK ? look(worker, task, &recording, path, end, error) : status;
}

/* --- one after the other --- */

static bool is_given_up(struct hr_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool given_up = worker->given_up;
    pthread_mutex_unlock(&worker->lock);
    return given_up;
}

/* The video is removed behind the note that it is done with: of a kill between the two the next start takes care. */
static void end_task(struct hr_worker *worker, const struct task *task, enum hr_status result,
                     struct hr_task_record *end, const struct hr_error *failure)
{
    struct hr_error error;
    struct hr_database *database = NULL;
    char path[4096], message[256];
    bool by_hand = is_given_up(worker);
    end->key = task->key;
    end->state = result == HR_OK ? HR_TASK_DONE : HR_TASK_FAILED;
    end->message = result != HR_OK ? by_hand ? "ended by hand" : failure->text : message;
    end->reason = result == HR_OK           ? ""
                  : by_hand                 ? "ended_by_hand"
                  : failure->reason != NULL ? failure->reason
                                            : hr_status_name(result);
    end->value = result != HR_OK && !by_hand ? failure->value : "";
    snprintf(message, sizeof message, "%zu student%s for certain, %zu unknown", end->certain, hr_plural(end->certain),
             end->unknown);
    enum hr_status status = open_database(worker, task->account, &database, &error);
    if (status == HR_OK)
        status = hr_task_end(database, end, &error);
    if (status == HR_OK && result == HR_OK)
        status = hr_database_note(database, "recognise", NULL, 1, &error);
    hr_database_close(database);
    hr_upload_path(worker->web, task->file, path);
    if (status == HR_OK)
        unlink(path);
    else
        hr_log_write(options_of(worker)->log, HR_LOG_ERROR, NULL, "ending a task: %s", error.text);
    hr_log_write(options_of(worker)->log, result == HR_OK ? HR_LOG_INFO : HR_LOG_WARNING, NULL, "task %lld: %s",
                 (long long)task->key, end->message);
    if (task->lesson != 0 && result == HR_OK)
        hr_events_tell_key(hr_web_events(worker->web), task->class_id, "lesson", task->lesson);
}

static void set_current(struct hr_worker *worker, int64_t task)
{
    pthread_mutex_lock(&worker->lock);
    worker->current = task;
    worker->given_up = false;
    worker->share = 0;
    worker->left_s = -1;
    worker->begun_us = hr_clock_now_us();
    hr_stop_free(worker->stop);
    worker->stop = hr_stop_new();
    pthread_mutex_unlock(&worker->lock);
}

struct broken_off {
    struct {
        int64_t key;
        char file[64];
    } items[16]; /* there is one, unless several programs served one database */
    size_t count;
};

static enum hr_status take_running(void *context, const struct hr_task_record *task, struct hr_error *error)
{
    struct broken_off *broken = context;
    (void)error;
    if (task->state != HR_TASK_RUNNING || broken->count == sizeof broken->items / sizeof *broken->items)
        return HR_OK;
    broken->items[broken->count].key = task->key;
    snprintf(broken->items[broken->count++].file, sizeof broken->items[0].file, "%.63s", task->file);
    return HR_OK;
}

static int64_t read_place(const struct hr_worker *worker, const char *file)
{
    char name[80], path[4096];
    int64_t place_us = -1;
    snprintf(name, sizeof name, "%s" PLACE, file);
    hr_upload_path(worker->web, name, path);
    int place = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (place < 0 || read(place, &place_us, sizeof place_us) != (ssize_t)sizeof place_us)
        place_us = -1;
    if (place >= 0)
        close(place);
    return place_us;
}

static void recover(struct hr_worker *worker)
{
    struct hr_error error;
    struct hr_database *database = NULL;
    struct broken_off broken = {0};
    enum hr_status status = open_database(worker, NULL, &database, &error);
    if (status == HR_OK)
        status = hr_task_each_open(database, take_running, &broken, &error);
    for (size_t i = 0; status == HR_OK && i < broken.count; i++)
        status = hr_task_broken_off(database, broken.items[i].key, read_place(worker, broken.items[i].file), &error);
    hr_database_close(database);
    if (status != HR_OK)
        hr_log_write(options_of(worker)->log, HR_LOG_ERROR, NULL, "taking up tasks: %s", error.text);
}

static void begin_place(struct hr_worker *worker, const struct task *task)
{
    char name[80], path[4096];
    snprintf(name, sizeof name, "%.63s" PLACE, task->file);
    hr_upload_path(worker->web, name, path);
    worker->place_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
}

static void end_place(struct hr_worker *worker, const struct task *task)
{
    char name[80], path[4096];
    if (worker->place_file >= 0)
        close(worker->place_file);
    worker->place_file = -1;
    snprintf(name, sizeof name, "%.63s" PLACE, task->file);
    hr_upload_path(worker->web, name, path);
    unlink(path);
}

/* What a stop has ended waits for the next start. */
static void leave_task(struct hr_worker *worker, const struct task *task)
{
    struct hr_error error;
    struct hr_database *database = NULL;
    enum hr_status status = open_database(worker, NULL, &database, &error);
    if (status == HR_OK)
        status = hr_task_leave(database, task->key, &error);
    hr_database_close(database);
    if (status != HR_OK)
        hr_log_write(options_of(worker)->log, HR_LOG_ERROR, NULL, "leaving a task: %s", error.text);
}

static bool has_ended(struct hr_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool ended = worker->ended;
    pthread_mutex_unlock(&worker->lock);
    return ended || hr_stop_requested(options_of(worker)->stop);
}

/* False: none waits. */
static bool do_one(struct hr_worker *worker)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct task task = {0};
    struct hr_task_record end = {0};
    enum hr_status status = open_database(worker, NULL, &database, &error);
    if (status == HR_OK)
        status = hr_task_begin(database, take_task, &task, &error);
    hr_database_close(database);
    if (status != HR_OK) {
        if (status != HR_END)
            hr_log_write(options_of(worker)->log, HR_LOG_ERROR, NULL, "asking for tasks: %s", error.text);
        clear_task(&task);
        return false;
    }
    set_current(worker, task.key);
    worker->class_id = task.class_id;
    begin_place(worker, &task);
    tell(worker, task.class_id, task.key);
    status = worker->stop != NULL ? work(worker, &task, &end, &error)
                                  : hr_error_set(&error, HR_ERR_MEMORY, "no memory for a task");
    bool stopped = has_ended(worker);
    if (status == HR_OK || !stopped)
        end_task(worker, &task, status, &end, &error);
    else
        leave_task(worker, &task);
    end_place(worker, &task);
    set_current(worker, 0);
    tell(worker, task.class_id, task.key);
    clear_task(&task);
    return !stopped;
}

static void wait_for_work(struct hr_worker *worker)
{
    struct timespec until;
    pthread_mutex_lock(&worker->lock);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOOK_S;
    if (!worker->ended && !worker->has_work)
        pthread_cond_timedwait(&worker->wake, &worker->lock, &until);
    worker->has_work = false;
    pthread_mutex_unlock(&worker->lock);
}

static void *run(void *context)
{
    struct hr_worker *worker = context;
    int64_t tidied_us = 0;
    recover(worker);
    while (!has_ended(worker)) {
        if (tidied_us == 0 || hr_clock_now_us() - tidied_us > HOUR_US) {
            hr_uploads_tidy(worker->web);
            tidied_us = hr_clock_now_us();
        }
        if (!do_one(worker))
            wait_for_work(worker);
    }
    return NULL;
}

/* --- from outside --- */

enum hr_status hr_worker_new(struct hr_worker **out, struct hr_web *web, struct hr_error *error)
{
    struct hr_worker *worker = calloc(1, sizeof *worker);
    *out = NULL;
    if (worker == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a worker");
    worker->web = web;
    worker->place_file = -1;
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->wake, NULL);
    *out = worker;
    return HR_OK;
}

enum hr_status hr_worker_start(struct hr_worker *worker, struct hr_error *error)
{
    int code = pthread_create(&worker->thread, NULL, run, worker);
    worker->runs = code == 0;
    return code == 0 ? HR_OK : hr_error_set_errno(error, code, "starting a thread");
}

void hr_worker_wake(struct hr_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->has_work = true;
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->lock);
}

void hr_worker_free(struct hr_worker *worker)
{
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->lock);
    worker->ended = true;
    if (worker->stop != NULL)
        hr_stop_request(worker->stop);
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->lock);
    if (worker->runs)
        pthread_join(worker->thread, NULL);
    hr_stop_free(worker->stop);
    hr_engine_close(worker->engine);
    pthread_cond_destroy(&worker->wake);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

bool hr_worker_progress(struct hr_worker *worker, int64_t task, double *share, double *left_s)
{
    pthread_mutex_lock(&worker->lock);
    bool same = worker->current == task;
    if (same) {
        *share = worker->share;
        *left_s = worker->left_s;
    }
    pthread_mutex_unlock(&worker->lock);
    return same;
}

bool hr_worker_end(struct hr_worker *worker, int64_t task)
{
    pthread_mutex_lock(&worker->lock);
    bool same = worker->current == task && worker->stop != NULL;
    if (same) {
        worker->given_up = true;
        hr_stop_request(worker->stop);
    }
    pthread_mutex_unlock(&worker->lock);
    return same;
}
