/* What was given to be done, and what changes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "records/tasks.h"
#include "web/api.h"
#include "web/events.h"
#include "web/uploads.h"
#include "web/worker.h"

struct listing {
    struct hr_request *request;
    struct hr_json *list;
};

static enum hr_status take_task(void *context, const struct hr_task_record *task, struct hr_error *error)
{
    struct listing *listing = context;
    struct hr_json *one = hr_json_object_new();
    double share = task->state == HR_TASK_DONE ? 1 : 0, left_s = -1;
    (void)error;
    if (task->state == HR_TASK_RUNNING)
        (void)hr_worker_progress(hr_web_worker(listing->request->web), task->key, &share, &left_s);
    hr_json_set(one, "task", hr_json_integer_new(task->key));
    hr_json_set(one, "what", hr_json_any_text_new(task->video));
    hr_json_set(one, "class", hr_json_any_text_new(task->class_id));
    hr_json_set(one, "lesson", task->lesson != 0 ? hr_json_integer_new(task->lesson) : hr_json_text_new(NULL));
    hr_json_set(one, "state", hr_json_text_new(hr_task_state_name(task->state)));
    hr_json_set(one, "progress", hr_json_real_new(share));
    hr_json_set(one, "left_s", left_s >= 0 ? hr_json_real_new(left_s) : hr_json_text_new(NULL));
    hr_json_set(one, "message", hr_json_any_text_new(task->message));
    hr_json_set(one, "reason", hr_json_text_new(task->reason[0] != '\0' ? task->reason : NULL));
    hr_json_set(one, "value", hr_json_any_text_new(task->value));
    hr_json_set(one, "certain", hr_json_integer_new((int64_t)task->certain));
    hr_json_set(one, "unknown", hr_json_integer_new((int64_t)task->unknown));
    hr_json_append(listing->list, one);
    return HR_OK;
}

/* Those of classes that the account may see. */
enum hr_status hr_api_tasks(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *all, *list = hr_json_array_new(), *seen = NULL;
    struct listing listing = {request, list};
    enum hr_status status = hr_task_each(request->database, 0, take_task, &listing, error);
    if (status == HR_OK)
        status = hr_request_seen(request, list, "class", &seen, error);
    else
        hr_json_free(list);
    if (status != HR_OK)
        return status;
    all = hr_json_object_new();
    hr_json_set(all, "tasks", seen);
    return hr_answer_with(answer, all, error);
}

struct found {
    char class_id[256], file[64];
    enum hr_task_state state;
    bool is_there;
};

static enum hr_status find_task(void *context, const struct hr_task_record *task, struct hr_error *error)
{
    struct found *found = context;
    (void)error;
    found->is_there = true;
    found->state = task->state;
    snprintf(found->class_id, sizeof found->class_id, "%.255s", task->class_id);
    snprintf(found->file, sizeof found->file, "%.63s", task->file);
    return HR_OK;
}

/* Of a class that he may see; an administrator takes those away, too, whose class is gone. */
static enum hr_status find(struct hr_request *request, int64_t key, struct found *out, struct hr_error *error)
{
    bool may = false;
    enum hr_status status = key > 0 ? hr_task_each(request->database, key, find_task, out, error) : HR_OK;
    if (status == HR_OK)
        status = hr_account_may_see(request->database, &request->account, out->class_id, &may, error);
    return status == HR_OK && (!out->is_there || !may)
               ? hr_error_named(error, HR_ERR_NOT_FOUND, "no_task", NULL, "there is no such task")
               : status;
}

/* One that runs is ended, and then taken off the list by who asks again. */
enum hr_status hr_api_remove_task(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct found found = {0};
    char path[4096], *end;
    int64_t key = strtoll(request->words[0], &end, 10);
    enum hr_status status = find(request, *end == '\0' ? key : 0, &found, error);
    if (status != HR_OK)
        return status;
    if (found.state == HR_TASK_RUNNING) {
        if (!hr_worker_end(hr_web_worker(request->web), key))
            return hr_error_named(error, HR_ERR_CONFLICT, "task_turns", NULL,
                                  "it is just beginning, or ending: try again");
    } else {
        status = hr_task_remove(request->database, key, error); /* NOT_FOUND: it has just begun */
        hr_upload_path(request->web, found.file, path);
        if (status == HR_OK && found.file[0] != '\0' && unlink(path) != 0 && errno != ENOENT)
            status = hr_error_set_errno(error, errno, "removing the video");
    }
    if (status != HR_OK)
        return status;
    hr_events_tell(hr_web_events(request->web), found.class_id, "task", request->words[0]);
    answer->status = 204;
    return HR_OK;
}

static enum hr_status take_class(void *context, const char *class_id, struct hr_error *error)
{
    struct hr_buffer *classes = context;
    hr_buffer_append(classes, hr_view_of(class_id, strlen(class_id) + 1));
    return hr_buffer_check(classes, error);
}

enum hr_status hr_api_events(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_events_reader *reader = &request->reader;
    reader->account = request->account.key;
    reader->rights = hr_events_rights(hr_web_events(request->web));
    hr_buffer_init(&reader->classes, 1 << 20);
    /* Once more: they may have changed before they were noted. */
    enum hr_status status = hr_account_find(request->database, request->account.name, &request->account, error);
    reader->all = status == HR_OK && request->account.role == HR_ROLE_ADMINISTRATOR;
    if (status == HR_OK && !reader->all)
        status = hr_account_each_class(request->database, reader->account, take_class, &reader->classes, error);
    answer->is_stream = status == HR_OK;
    return status;
}
