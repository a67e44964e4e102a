#include "web/albums.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "jobs/class_place.h"
#include "store/store.h"
#include "video/album.h"
#include "web/api.h"
#include "web/uploads.h"

#define PREFIX "album-"
#define ARCHIVE "archive"
/* So much of the disk stays free. */
#define RESERVE_BYTES (INT64_C(512) << 20)
enum { HOUR_S = 3600, APART_MS = 120000, ID_LENGTH = 32, STEP_BYTES = 16 << 20 };

struct hr_album_in {
    const struct hr_web *web;
    char folder[64]; /* in that of the videos */
    int file;
    uint64_t size, checked; /* so far; up to which there was room */
    bool keeps;             /* the folder has photos */
    struct hr_error error;
};

enum hr_status hr_web_check_room(const struct hr_web *web, int64_t size, struct hr_error *error)
{
    struct statvfs disk;
    if (statvfs(hr_web_options_of(web)->videos, &disk) != 0)
        return hr_error_set_errno(error, errno, "asking for room");
    int64_t room = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize - RESERVE_BYTES;
    if (size > room)
        return hr_error_named(error, HR_ERR_LIMIT, "disk_full", NULL, "the disk has no room for %lld MB more",
                              (long long)(size >> 20));
    return HR_OK;
}

/* --- on its way --- */

static void path_in(const struct hr_web *web, const char *folder, const char *name, char out[4096])
{
    char both[128];
    snprintf(both, sizeof both, "%.63s/%.63s", folder, name);
    hr_upload_path(web, both, out);
}

static void remove_folder(const struct hr_web *web, const char *folder)
{
    char path[4096];
    hr_upload_path(web, folder, path);
    DIR *list = opendir(path);
    const struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL)
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(list), entry->d_name, 0);
    if (list != NULL)
        closedir(list);
    rmdir(path);
}

/* The account is in its name: nobody else finds it. */
static enum hr_status make_folder(struct hr_request *request, struct hr_album_in *in, struct hr_error *error)
{
    uint8_t random[ID_LENGTH / 2];
    char path[4096];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return hr_error_set_errno(error, errno, "making a name");
    int length = snprintf(in->folder, sizeof in->folder, PREFIX "%lld-", (long long)request->account.key);
    for (size_t i = 0; i < sizeof random; i++)
        length += snprintf(in->folder + length, sizeof in->folder - (size_t)length, "%02x", random[i]);
    hr_upload_path(request->web, in->folder, path);
    if (mkdir(path, S_IRWXU) != 0)
        return hr_error_set_errno(error, errno, "making a folder for photos");
    path_in(request->web, in->folder, ARCHIVE, path);
    in->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    return in->file >= 0 ? HR_OK : hr_error_set_errno(error, errno, "making a file for the archive");
}

enum hr_status hr_album_in_begin(struct hr_request *request, struct hr_error *error)
{
    struct hr_album_in *in = calloc(1, sizeof *in);
    if (in == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for an archive");
    in->web = request->web;
    in->file = -1;
    enum hr_status status = hr_web_check_room(request->web, 0, error);
    if (status == HR_OK)
        status = make_folder(request, in, error);
    if (status == HR_OK)
        request->album = in;
    else
        hr_album_in_free(in);
    return status;
}

void hr_album_in_write(struct hr_album_in *in, const char *bytes, size_t size)
{
    in->size += size;
    if (in->error.code == HR_OK && in->size > HR_LIMIT_ALBUM_ARCHIVE_BYTES)
        hr_error_set(&in->error, HR_ERR_LIMIT, "an archive of photos has up to %llu MB",
                     (unsigned long long)(HR_LIMIT_ALBUM_ARCHIVE_BYTES >> 20));
    if (in->error.code == HR_OK && in->size > in->checked) {
        in->checked = in->size + STEP_BYTES;
        if (hr_web_check_room(in->web, STEP_BYTES, &in->error) != HR_OK)
            return;
    }
    while (in->error.code == HR_OK && size > 0) {
        ssize_t written = write(in->file, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            hr_error_set_errno(&in->error, errno, "writing the archive");
            break;
        }
        bytes += written;
        size -= (size_t)written;
    }
}

void hr_album_in_free(struct hr_album_in *in)
{
    if (in == NULL)
        return;
    if (in->file >= 0)
        close(in->file);
    if (!in->keeps && in->folder[0] != '\0')
        remove_folder(in->web, in->folder);
    free(in);
}

/* --- taken apart --- */

static enum hr_status keep_photo(struct hr_album_in *in, int64_t index, struct hr_view bytes, struct hr_error *error)
{
    char name[32], path[4096];
    snprintf(name, sizeof name, "%lld", (long long)index);
    path_in(in->web, in->folder, name, path);
    enum hr_status status = hr_web_check_room(in->web, (int64_t)bytes.size, error);
    int file =
        status == HR_OK ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR) : -1;
    for (size_t at = 0; status == HR_OK && at < bytes.size;) {
        ssize_t written = file >= 0 ? write(file, bytes.data + at, bytes.size - at) : -1;
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            status = hr_error_set_errno(error, errno, "writing a photo");
        else
            at += (size_t)written;
    }
    if (file >= 0)
        close(file);
    in->keeps = in->keeps || status == HR_OK;
    return status;
}

static enum hr_status take_apart(struct hr_album_in *in, struct hr_stream *stream,
                                 const struct hr_photo_options *options, struct hr_json *list, struct hr_error *error)
{
    struct hr_album *album = NULL;
    struct hr_album_entry entry;
    enum hr_status status = hr_album_open(&album, stream, options, error);
    for (int64_t i = 0; status == HR_OK; i++) {
        status = hr_album_next(album, &entry, error);
        if (status == HR_OK && entry.verdict == HR_ALBUM_PICTURE)
            status = keep_photo(in, i, entry.bytes, error);
        if (status != HR_OK)
            break;
        struct hr_json *one = hr_json_object_new();
        hr_json_set(one, "entry", hr_json_integer_new(i));
        hr_json_set(one, "name", hr_json_any_text_new(entry.name));
        hr_json_set(one, "verdict", hr_json_text_new(hr_album_verdict_name(entry.verdict)));
        hr_json_set(one, "text", hr_json_text_new(hr_album_verdict_text(entry.verdict)));
        hr_json_append(list, one);
    }
    hr_album_close(album);
    return status == HR_END ? HR_OK : status;
}

enum hr_status hr_api_new_album(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_album_in *in = request->album;
    const struct hr_web_options *options = hr_web_options_of(request->web);
    struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), APART_MS, options->stop);
    const struct hr_photo_options apart = {.sandbox = options->class->sandbox, .deadline = &deadline};
    struct hr_stream stream = {0};
    char path[4096];
    if (in->error.code != HR_OK) {
        *error = in->error;
        return error->code;
    }
    path_in(request->web, in->folder, ARCHIVE, path);
    struct hr_json *list = hr_json_array_new();
    enum hr_status status = hr_file_open_stream(&stream, path, &deadline, error);
    if (status == HR_OK)
        status = take_apart(in, &stream, &apart, list, error);
    hr_stream_close(&stream);
    unlink(path);
    if (status != HR_OK) {
        in->keeps = false;
        hr_json_free(list);
        return status;
    }
    struct hr_json *all = hr_json_object_new();
    hr_json_set(all, "album", hr_json_text_new(in->folder + strlen(in->folder) - ID_LENGTH));
    hr_json_set(all, "entries", list);
    answer->status = 201;
    return hr_answer_with(answer, all, error);
}

/* --- one of its photos --- */

static bool is_plain(const char *text, size_t most, const char *signs)
{
    return text != NULL && text[0] != '\0' && strlen(text) <= most && strspn(text, signs) == strlen(text);
}

/* False: none is named, or nonsense. */
static bool find(const struct hr_request *request, char folder[64], char path[4096])
{
    const char *album = hr_request_query(request, "album"), *entry = hr_request_query(request, "entry");
    if (!is_plain(album, ID_LENGTH, "0123456789abcdef") || !is_plain(entry, 5, "0123456789"))
        return false;
    snprintf(folder, 64, PREFIX "%lld-%s", (long long)request->account.key, album);
    path_in(request->web, folder, entry, path);
    return true;
}

enum hr_status hr_album_read(struct hr_request *request, struct hr_error *error)
{
    char folder[64], path[4096];
    if (hr_request_query(request, "album") == NULL)
        return HR_OK;
    if (!find(request, folder, path) || access(path, R_OK) != 0)
        return hr_error_set(error, HR_ERR_NOT_FOUND, "there is no such photo any more: send the archive again");
    hr_buffer_clear(&request->body);
    return hr_file_read(&request->body, path, NULL, error);
}

void hr_album_done(struct hr_request *request)
{
    char folder[64], path[4096];
    if (!find(request, folder, path) || unlink(path) != 0)
        return;
    hr_upload_path(request->web, folder, path);
    rmdir(path); /* the last one */
}

/* --- tidying --- */

void hr_albums_tidy(struct hr_web *web)
{
    DIR *videos = opendir(hr_web_options_of(web)->videos);
    const struct dirent *entry;
    while (videos != NULL && (entry = readdir(videos)) != NULL) {
        char path[4096];
        struct stat about;
        if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) != 0 || strlen(entry->d_name) >= 64)
            continue;
        hr_upload_path(web, entry->d_name, path);
        if (lstat(path, &about) == 0 && S_ISDIR(about.st_mode) &&
            hr_clock_wall_now_us() / 1000000 - (int64_t)about.st_mtime > HOUR_S)
            remove_folder(web, entry->d_name);
    }
    if (videos != NULL)
        closedir(videos);
}
