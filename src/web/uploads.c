#include "web/uploads.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "classroom/names.h"
#include "records/tasks.h"
#include "web/albums.h"
#include "web/api.h"
#include "web/events.h"
#include "web/worker.h"

#define VERSION "1.0.0"
#define UPLOAD_BYTES_MAX (INT64_C(64) << 30)
#define HOUR_S 3600
#define ADDRESS "/api/v1/uploads/"

void hr_upload_path(const struct hr_web *web, const char *name, char out[4096])
{
    snprintf(out, 4096, "%.3800s/%.250s", hr_web_options_of(web)->videos, name);
}

/* --- beginning one --- */

/* One pair of Upload-Metadata ("key base64"), into memory of the caller's. NULL: it is not there. */
static enum hr_status metadata_of(const char *header, const char *key, char out[512], struct hr_error *error)
{
    size_t length = strlen(key);
    out[0] = '\0';
    for (const char *at = header; at != NULL && *at != '\0'; at += strspn(at, ", ")) {
        size_t size = strcspn(at, ",");
        if (size > length && strncmp(at, key, length) == 0 && at[length] == ' ') {
            struct hr_buffer text;
            hr_buffer_init(&text, 511);
            size_t end = size;
            while (end > length + 1 && at[end - 1] == ' ')
                end--;
            enum hr_status status = hr_base64_decode(&text, hr_view_of(at + length + 1, end - length - 1), error);
            struct hr_view bytes = hr_buffer_view(&text);
            if (status == HR_OK && (!hr_view_is_utf8(bytes) || memchr(bytes.data, '\0', bytes.size) != NULL))
                status = hr_error_set(error, HR_ERR_FORMAT, "it is no text");
            if (status == HR_OK)
                snprintf(out, 512, "%.*s", (int)bytes.size, (const char *)bytes.data);
            hr_buffer_clear(&text);
            return status == HR_OK ? HR_OK : hr_error_prefix(error, "Upload-Metadata, %s", key);
        }
        at += size;
    }
    return HR_OK;
}

static int64_t number_of(const char *text)
{
    if (text == NULL || text[0] == '\0' || strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
        return -1;
    return strtoll(text, NULL, 10);
}

struct new_upload {
    char id[33], video[512], class_id[512], lesson[512], camera[512], start[512], modified[512];
    int64_t size;
};

static enum hr_status read_headers(struct hr_request *request, struct new_upload *out, struct hr_error *error)
{
    const char *header = hr_request_header(request, "Upload-Metadata");
    enum hr_status status = metadata_of(header, "filename", out->video, error);
    if (status == HR_OK)
        status = metadata_of(header, "class", out->class_id, error);
    if (status == HR_OK)
        status = metadata_of(header, "lesson", out->lesson, error);
    if (status == HR_OK)
        status = metadata_of(header, "camera", out->camera, error);
    if (status == HR_OK)
        status = metadata_of(header, "start", out->start, error);
    if (status == HR_OK)
        status = metadata_of(header, "modified", out->modified, error);
    out->size = number_of(hr_request_header(request, "Upload-Length"));
    if (status == HR_OK && out->size < 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "Upload-Length says how many bytes there will be");
    if (status == HR_OK && (out->size == 0 || out->size > UPLOAD_BYTES_MAX))
        return hr_error_named(error, HR_ERR_LIMIT, "video_size", NULL, "a video has 1 byte to %lld GiB",
                              (long long)(UPLOAD_BYTES_MAX >> 30));
    return status;
}

static enum hr_status check_new(struct hr_request *request, struct new_upload *upload, struct hr_error *error)
{
    char *slash = strrchr(upload->video, '/'), *other = strrchr(upload->video, '\\');
    slash = slash != NULL && (other == NULL || slash > other) ? slash : other;
    if (slash != NULL)
        memmove(upload->video, slash + 1, strlen(slash));
    if (upload->video[0] == '\0' || upload->class_id[0] == '\0')
        return hr_error_set(error, HR_ERR_ARGUMENT, "Upload-Metadata has filename and class");
    if (!hr_is_video_name(upload->video))
        return hr_error_named(error, HR_ERR_UNSUPPORTED, "no_video_name", upload->video,
                              "'%s' is no video by the ending of its name", upload->video);
    if (upload->lesson[0] != '\0' && number_of(upload->lesson) <= 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "Upload-Metadata: lesson is a number");
    enum hr_status status = hr_request_class(request, upload->class_id, error);
    struct hr_lesson_found lesson;
    if (status == HR_OK && upload->lesson[0] != '\0') {
        status = hr_lesson_find(request->database, upload->lesson, &lesson, error);
        if (status == HR_OK && strcmp(lesson.class_id, upload->class_id) != 0)
            status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_lesson", NULL, "there is no such lesson of class '%s'",
                                    upload->class_id);
        if (status == HR_OK && lesson.finished_us != 0)
            status = hr_error_named(error, HR_ERR_CONFLICT, "lesson_finished", NULL,
                                    "the lesson is finished: open it again first");
    }
    return status == HR_OK ? hr_web_check_room(request->web, upload->size, error) : status;
}

static enum hr_status make_file(const struct hr_web *web, const char *id, struct hr_error *error)
{
    char path[4096];
    hr_upload_path(web, id, path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (file < 0)
        return hr_error_set_errno(error, errno, "making a file for the video");
    close(file);
    return HR_OK;
}

static void remove_file(const struct hr_web *web, const char *name)
{
    char path[4096];
    hr_upload_path(web, name, path);
    unlink(path);
}

static enum hr_status add(struct hr_request *request, struct new_upload *upload, struct hr_error *error)
{
    uint8_t random[16];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return hr_error_set_errno(error, errno, "making a name");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(upload->id + 2 * i, 3, "%02x", random[i]);
    int64_t modified_ms = number_of(upload->modified);
    struct hr_upload_record record = {
        .id = upload->id,
        .account = request->account.key,
        .video = upload->video,
        .class_id = upload->class_id,
        .lesson = upload->lesson[0] != '\0' ? number_of(upload->lesson) : 0,
        .camera = upload->camera,
        .start = upload->start,
        .modified_us = modified_ms > 0 && modified_ms < HR_CLOCK_LATEST_US / 1000 ? modified_ms * 1000 : 0,
        .size_bytes = upload->size};
    enum hr_status status = make_file(request->web, upload->id, error);
    if (status != HR_OK)
        return status;
    status = hr_upload_add(request->database, &record, error);
    if (status != HR_OK)
        remove_file(request->web, upload->id);
    return status;
}

static enum hr_status check_version(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    const char *version = hr_request_header(request, "Tus-Resumable");
    hr_answer_header(answer, "Tus-Resumable", VERSION);
    if (version != NULL && strcmp(version, VERSION) == 0)
        return HR_OK;
    hr_answer_header(answer, "Tus-Version", VERSION);
    answer->status = 412;
    return hr_error_set(error, HR_ERR_UNSUPPORTED, "tus %s is spoken here", VERSION);
}

enum hr_status hr_api_new_upload(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct new_upload upload = {0};
    enum hr_status status = check_version(request, answer, error);
    if (status == HR_OK)
        status = read_headers(request, &upload, error);
    if (status == HR_OK)
        status = check_new(request, &upload, error);
    if (status == HR_OK)
        status = add(request, &upload, error);
    if (status != HR_OK)
        return status;
    answer->status = 201;
    hr_answer_header(answer, "Location", "%s%s", ADDRESS, upload.id);
    hr_answer_header(answer, "Upload-Offset", "0");
    return HR_OK;
}

enum hr_status hr_api_upload_options(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    (void)request;
    (void)error;
    answer->status = 204;
    hr_answer_header(answer, "Tus-Resumable", VERSION);
    hr_answer_header(answer, "Tus-Version", VERSION);
    hr_answer_header(answer, "Tus-Extension", "creation,expiration,termination");
    hr_answer_header(answer, "Tus-Max-Size", "%lld", (long long)UPLOAD_BYTES_MAX);
    return HR_OK;
}

/* --- going on --- */

struct hr_upload_in {
    int file; /* locked while it is written */
    int64_t offset, size;
    struct hr_upload_record record; /* texts are owned */
    struct hr_error error;
};

struct found {
    struct hr_upload_in *in;
    int64_t account;
};

static enum hr_status take_upload(void *context, const struct hr_upload_record *upload, struct hr_error *error)
{
    struct found *found = context;
    struct hr_upload_record *record = &found->in->record;
    if (upload->account != found->account)
        return hr_error_named(error, HR_ERR_NOT_FOUND, "no_upload", NULL, "there is no such upload");
    *record = *upload;
    record->id = strdup(upload->id);
    record->video = strdup(upload->video);
    record->class_id = strdup(upload->class_id);
    record->camera = strdup(upload->camera);
    record->start = strdup(upload->start);
    record->account_name = strdup(upload->account_name);
    found->in->size = upload->size_bytes;
    bool whole = record->id != NULL && record->video != NULL && record->class_id != NULL && record->camera != NULL &&
                 record->start != NULL && record->account_name != NULL;
    return whole ? HR_OK : hr_error_set(error, HR_ERR_MEMORY, "no memory for an upload");
}

static bool is_id(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

/* The caller frees *out, also after a failure. */
static enum hr_status find(struct hr_request *request, struct hr_upload_in **out, struct hr_error *error)
{
    struct hr_upload_in *in = calloc(1, sizeof *in);
    struct found found = {in, request->account.key};
    *out = in;
    if (in == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for an upload");
    in->file = -1;
    return is_id(request->words[0])
               ? hr_upload_find(request->database, request->words[0], take_upload, &found, error)
               : hr_error_named(error, HR_ERR_NOT_FOUND, "no_upload", NULL, "there is no such upload");
}

static enum hr_status open_file(struct hr_request *request, struct hr_upload_in *in, struct hr_error *error)
{
    char path[4096];
    struct stat about;
    hr_upload_path(request->web, in->record.id, path);
    in->file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (in->file < 0)
        return hr_error_set_errno(error, errno, "going on with the video");
    if (flock(in->file, LOCK_EX | LOCK_NB) != 0)
        return hr_error_named(error, HR_ERR_CONFLICT, "upload_elsewhere", NULL,
                              "another connection sends it: wait until that one has ended");
    if (fstat(in->file, &about) != 0)
        return hr_error_set_errno(error, errno, "going on with the video");
    in->offset = (int64_t)about.st_size;
    return HR_OK;
}

void hr_upload_in_free(struct hr_upload_in *in)
{
    if (in == NULL)
        return;
    if (in->file >= 0)
        close(in->file);
    free((char *)(uintptr_t)in->record.id);
    free((char *)(uintptr_t)in->record.video);
    free((char *)(uintptr_t)in->record.class_id);
    free((char *)(uintptr_t)in->record.camera);
    free((char *)(uintptr_t)in->record.start);
    free((char *)(uintptr_t)in->record.account_name);
    free(in);
}

enum hr_status hr_upload_in_begin(struct hr_request *request, struct hr_error *error)
{
    const char *type = hr_request_header(request, "Content-Type");
    const char *version = hr_request_header(request, "Tus-Resumable");
    int64_t offset = number_of(hr_request_header(request, "Upload-Offset"));
    struct hr_upload_in *in = NULL;
    if (version == NULL || strcmp(version, VERSION) != 0)
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "tus %s is spoken here", VERSION);
    if (type == NULL || strcmp(type, "application/offset+octet-stream") != 0)
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "application/offset+octet-stream is taken here");
    enum hr_status status = find(request, &in, error);
    if (status == HR_OK)
        status = open_file(request, in, error);
    if (status == HR_OK && offset != in->offset)
        status = hr_error_set(error, HR_ERR_CONFLICT, "the next byte is %lld", (long long)in->offset);
    if (status == HR_OK)
        request->upload = in;
    else
        hr_upload_in_free(in);
    return status;
}

bool hr_upload_in_write(struct hr_upload_in *in, const char *bytes, size_t size)
{
    if (in->error.code == HR_OK && (int64_t)size > in->size - in->offset)
        hr_error_set(&in->error, HR_ERR_LIMIT, "that is more than was announced");
    while (in->error.code == HR_OK && size > 0) {
        ssize_t written = write(in->file, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            hr_error_set_errno(&in->error, errno, "writing the video");
            break;
        }
        bytes += written;
        size -= (size_t)written;
        in->offset += written;
    }
    return in->error.code == HR_OK;
}

/* The last byte is there: it is on the disk before anybody says so. */
static enum hr_status complete(struct hr_request *request, const struct hr_upload_in *in, struct hr_error *error)
{
    struct hr_task_record task = {.account = in->record.account_name,
                                  .file = in->record.id,
                                  .video = in->record.video,
                                  .class_id = in->record.class_id,
                                  .camera = in->record.camera,
                                  .start = in->record.start,
                                  .lesson = in->record.lesson,
                                  .modified_us = in->record.modified_us};
    int64_t key;
    enum hr_status status = hr_request_class(request, in->record.class_id, error); /* still */
    if (status == HR_OK && fsync(in->file) != 0)
        status = hr_error_set_errno(error, errno, "writing the video");
    if (status != HR_OK)
        return status;
    status = hr_task_add(request->database, &task, in->record.id, &key, error);
    if (status != HR_OK)
        return status;
    hr_events_tell_key(hr_web_events(request->web), in->record.class_id, "task", key);
    hr_worker_wake(hr_web_worker(request->web));
    return HR_OK;
}

enum hr_status hr_api_upload_part(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_upload_in *in = request->upload;
    enum hr_status status = in->error.code;
    hr_answer_header(answer, "Tus-Resumable", VERSION);
    if (status != HR_OK)
        *error = in->error;
    else if (in->offset == in->size)
        status = complete(request, in, error);
    /* Given up before the answer: the next part may come on another connection. */
    close(in->file);
    in->file = -1;
    if (status != HR_OK)
        return status;
    answer->status = 204;
    hr_answer_header(answer, "Upload-Offset", "%lld", (long long)in->offset);
    return HR_OK;
}

enum hr_status hr_api_upload_offset(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_upload_in *in = NULL;
    char path[4096];
    struct stat about;
    enum hr_status status = check_version(request, answer, error);
    if (status == HR_OK)
        status = find(request, &in, error);
    if (status == HR_OK) {
        hr_upload_path(request->web, in->record.id, path);
        if (stat(path, &about) != 0)
            status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_upload", NULL, "there is no such upload");
    }
    if (status == HR_OK) {
        hr_answer_header(answer, "Upload-Offset", "%lld", (long long)about.st_size);
        hr_answer_header(answer, "Upload-Length", "%lld", (long long)in->size);
    }
    hr_upload_in_free(in);
    return status;
}

enum hr_status hr_api_remove_upload(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_upload_in *in = NULL;
    enum hr_status status = check_version(request, answer, error);
    if (status == HR_OK)
        status = find(request, &in, error);
    if (status == HR_OK) /* nobody sends it now */
        status = open_file(request, in, error);
    if (status == HR_OK)
        status = hr_upload_remove(request->database, in->record.id, error);
    if (status == HR_OK) {
        remove_file(request->web, in->record.id);
        answer->status = 204;
    }
    hr_upload_in_free(in);
    return status;
}

/* --- tidying --- */

static bool has(const struct hr_buffer *ids, const char *id)
{
    struct hr_view all = hr_buffer_view(ids);
    for (size_t at = 0; at + 32 <= all.size; at += 32)
        if (memcmp(all.data + at, id, 32) == 0)
            return true;
    return false;
}

struct tidying {
    struct hr_web *web;
    struct hr_buffer wanted, old; /* ids of 32 letters, one behind the other */
};

/* How long ago a file was written to; -1: it is not there. */
static int64_t age_s(const struct hr_web *web, const char *name)
{
    char path[4096];
    struct stat about;
    hr_upload_path(web, name, path);
    return stat(path, &about) == 0 ? hr_clock_wall_now_us() / 1000000 - (int64_t)about.st_mtime : -1;
}

static enum hr_status sort_upload(void *context, const struct hr_upload_record *upload, struct hr_error *error)
{
    struct tidying *tidying = context;
    int64_t age = age_s(tidying->web, upload->id);
    struct hr_buffer *list = age < 0 || age > 24 * HOUR_S ? &tidying->old : &tidying->wanted;
    if (is_id(upload->id))
        hr_buffer_append_text(list, upload->id);
    return hr_buffer_check(list, error);
}

static enum hr_status keep_task(void *context, const struct hr_task_record *task, struct hr_error *error)
{
    struct tidying *tidying = context;
    if (is_id(task->file))
        hr_buffer_append_text(&tidying->wanted, task->file);
    return hr_buffer_check(&tidying->wanted, error);
}

/* What nobody wants and nobody has written to for an hour: one that was just made is not known everywhere yet. What has
 * another name is not ours; ".at" is the worker's note, and a copy of the database is one that a kill has left. */
static bool is_left(const struct tidying *tidying, const char *name)
{
    char id[33] = "";
    size_t length = strlen(name);
    snprintf(id, sizeof id, "%.32s", name);
    bool ours = is_id(id) && (length == 32 || strcmp(name + 32, ".at") == 0) && !has(&tidying->wanted, id);
    bool copy = strncmp(name, ".backup-", 8) == 0;
    return (ours || copy) && age_s(tidying->web, name) > HOUR_S;
}

static void remove_files(const struct tidying *tidying)
{
    DIR *folder = opendir(hr_web_options_of(tidying->web)->videos);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (is_left(tidying, entry->d_name))
            remove_file(tidying->web, entry->d_name);
    if (folder != NULL)
        closedir(folder);
}

static enum hr_status remove_old(struct hr_database *database, const struct tidying *tidying, struct hr_error *error)
{
    struct hr_view old = hr_buffer_view(&tidying->old);
    enum hr_status status = HR_OK;
    for (size_t at = 0; status == HR_OK && at + 32 <= old.size; at += 32) {
        char id[33];
        snprintf(id, sizeof id, "%.32s", (const char *)old.data + at);
        status = hr_upload_remove(database, id, error);
        if (status == HR_ERR_NOT_FOUND)
            status = HR_OK;
        if (status == HR_OK)
            remove_file(tidying->web, id);
    }
    return status;
}

void hr_uploads_tidy(struct hr_web *web)
{
    struct hr_error error;
    struct hr_database *database = NULL;
    struct tidying tidying = {.web = web};
    hr_buffer_init(&tidying.wanted, 64 << 20);
    hr_buffer_init(&tidying.old, 64 << 20);
    enum hr_status status = hr_class_open_database(hr_web_options_of(web)->class, HR_DATABASE_WRITE, &database, &error);
    if (status == HR_OK)
        status = hr_upload_each(database, sort_upload, &tidying, &error);
    if (status == HR_OK)
        status = remove_old(database, &tidying, &error);
    if (status == HR_OK)
        status = hr_task_each_open(database, keep_task, &tidying, &error);
    if (status == HR_OK)
        remove_files(&tidying);
    else
        hr_log_write(hr_web_options_of(web)->log, HR_LOG_WARNING, NULL, "tidying: %s", error.text);
    hr_database_close(database);
    hr_buffer_clear(&tidying.wanted);
    hr_buffer_clear(&tidying.old);
    hr_albums_tidy(web);
}
