/* Reading a file as a stream, and the functions on paths. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/place.h"

/* How long a wait for a pipe goes on before the deadline is looked at: a flag cannot wake it. */
enum { WAIT_MS = 50 };

struct file_stream {
    int fd;
    bool seekable;
    uint64_t at_bytes; /* of a seekable one: where the next read begins */
    char *shown;       /* owned */
    const struct hr_deadline *deadline;
};

/* Until a pipe has bytes, or its last writer is gone. */
static enum hr_status wait_for_bytes(const struct file_stream *file, struct hr_error *error)
{
    for (;;) {
        struct pollfd wanted = {.fd = file->fd, .events = POLLIN};
        if (hr_deadline_passed(file->deadline))
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped while waiting for '%s'", file->shown);
        int count = poll(&wanted, 1, file->deadline != NULL ? WAIT_MS : -1);
        if (count > 0)
            return HR_OK;
        if (count < 0 && errno != EINTR)
            return hr_error_set_errno(error, errno, "waiting for '%s'", file->shown);
    }
}

static enum hr_status file_read(void *context, void *into, size_t size, size_t *got, struct hr_error *error)
{
    struct file_stream *file = context;
    ssize_t count;
    do {
        enum hr_status status = file->seekable ? HR_OK : wait_for_bytes(file, error);
        if (status != HR_OK)
            return status;
        count = file->seekable ? pread(file->fd, into, size, (off_t)file->at_bytes) : read(file->fd, into, size);
    } while (count < 0 && (errno == EINTR || errno == EAGAIN));
    if (count < 0)
        return hr_error_set_errno(error, errno, "reading '%s'", file->shown);
    if (count == 0)
        return HR_END;
    file->at_bytes += (uint64_t)count;
    *got = (size_t)count;
    return HR_OK;
}

static enum hr_status file_seek(void *context, uint64_t offset_bytes, struct hr_error *error)
{
    struct file_stream *file = context;
    if (offset_bytes > INT64_MAX)
        return hr_error_set(error, HR_ERR_IO, "'%s': byte %llu is past the end of any file", file->shown,
                            (unsigned long long)offset_bytes);
    file->at_bytes = offset_bytes;
    return HR_OK;
}

static void file_close(void *context)
{
    struct file_stream *file = context;
    close(file->fd);
    free(file->shown);
    free(file);
}

static enum hr_status check_kind(const struct stat *info, const char *shown, struct hr_error *error)
{
    if (S_ISDIR(info->st_mode))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is a folder, not a file", shown);
    if (S_ISBLK(info->st_mode))
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "'%s' is a disk, not a file", shown);
    return HR_OK;
}

/* A named pipe is opened without waiting for its writer: reading waits for him, with the deadline. */
static int open_place(const struct hr_place *place)
{
    struct stat info;
    bool waits = fstatat(place->folder_fd, place->name, &info, 0) == 0 && S_ISFIFO(info.st_mode);
    return openat(place->folder_fd, place->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | (waits ? O_NONBLOCK : 0));
}

enum hr_status hr_place_open_stream(const struct hr_place *place, const struct hr_deadline *deadline,
                                    struct hr_stream *out, struct hr_error *error)
{
    enum hr_status status;
    struct file_stream *file = NULL;
    struct stat info;
    *out = (struct hr_stream){0};
    int fd = open_place(place);
    if (fd < 0)
        return hr_error_set_errno(error, errno, "opening '%s'", place->shown);
    if (fstat(fd, &info) != 0) {
        status = hr_error_set_errno(error, errno, "opening '%s'", place->shown);
        goto out;
    }
    status = check_kind(&info, place->shown, error);
    if (status != HR_OK)
        goto out;
    file = calloc(1, sizeof *file);
    char *shown = strdup(place->shown);
    if (file == NULL || shown == NULL) {
        free(shown);
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory to open '%s'", place->shown);
        goto out;
    }
    *file = (struct file_stream){.fd = fd, .seekable = S_ISREG(info.st_mode), .shown = shown, .deadline = deadline};
    /* A video is read from front to back: ask the system to read further ahead. A hint only. */
    if (file->seekable)
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    *out = (struct hr_stream){.read = file_read,
                              .seek = file->seekable ? file_seek : NULL,
                              .close = file_close,
                              .size_bytes = file->seekable ? (uint64_t)info.st_size : HR_STREAM_SIZE_UNKNOWN,
                              .context = file};
    file = NULL;
    fd = -1;
out:
    free(file);
    if (fd >= 0)
        close(fd);
    return status;
}

enum hr_status hr_file_open_stream(struct hr_stream *out, const char *path, const struct hr_deadline *deadline,
                                   struct hr_error *error)
{
    struct hr_place place = {AT_FDCWD, path, path};
    return hr_place_open_stream(&place, deadline, out, error);
}

static enum hr_status too_large(const struct hr_buffer *buffer, const char *path, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_LIMIT, "'%s' is larger than the limit of %zu bytes", path, buffer->max_size);
}

enum hr_status hr_file_read(struct hr_buffer *out, const char *path, const struct hr_deadline *deadline,
                            struct hr_error *error)
{
    struct hr_stream stream;
    enum hr_status status = hr_file_open_stream(&stream, path, deadline, error);
    if (status != HR_OK)
        return status;
    size_t room = out->max_size - out->size;
    if (stream.size_bytes != HR_STREAM_SIZE_UNKNOWN && stream.size_bytes > room)
        status = too_large(out, path, error);
    uint8_t block[16384];
    while (status == HR_OK) {
        size_t got = 0;
        status = stream.read(stream.context, block, sizeof block, &got, error);
        if (status == HR_OK && got > out->max_size - out->size)
            status = too_large(out, path, error);
        if (status == HR_OK) {
            hr_buffer_append(out, hr_view_of(block, got));
            status = hr_buffer_check(out, error);
        }
    }
    hr_stream_close(&stream);
    return status == HR_END ? HR_OK : status;
}

enum hr_status hr_file_write(const char *path, struct hr_view bytes, struct hr_error *error)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is not the name of a file", path);
    char *folder = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    if (folder == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to write '%s'", path);
    enum hr_status status;
    int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0) {
        status = hr_error_set_errno(error, errno, "opening the folder of '%s'", path);
    } else {
        struct hr_place place = {folder_fd, name, path};
        status = hr_place_write(&place, bytes, error);
        close(folder_fd);
    }
    free(folder);
    return status;
}
