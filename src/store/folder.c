/* The store that is a folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/place.h"

#define PART_AGE_MAX_US (INT64_C(3600) * 1000000)

struct folder {
    int fd;
    char *path; /* owned; for error texts */
};

/* "FOLDER/NAME" for error texts, cut when it is too long. */
struct shown {
    char text[HR_ERROR_TEXT_MAX];
};

static struct hr_place place_of(const struct folder *folder, const char *name, struct shown *shown)
{
    snprintf(shown->text, sizeof shown->text, "%s/%s", folder->path, name);
    return (struct hr_place){folder->fd, name, shown->text};
}

/* Of a file, or of another one that took its name. */
static void version_of(const struct stat *info, char out[HR_STORE_VERSION_SIZE])
{
    snprintf(out, HR_STORE_VERSION_SIZE, "%llu-%lld.%09ld-%llu", (unsigned long long)info->st_size,
             (long long)info->st_mtim.tv_sec, info->st_mtim.tv_nsec, (unsigned long long)info->st_ino);
}

/* "" when it is not there. */
static void read_version(const struct folder *folder, const char *name, char out[HR_STORE_VERSION_SIZE])
{
    struct stat info;
    out[0] = '\0';
    if (fstatat(folder->fd, name, &info, 0) == 0)
        version_of(&info, out);
}

static enum hr_status folder_open(void *context, const char *name, struct hr_stream *out,
                                  char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    *out = (struct hr_stream){0};
    enum hr_status status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    struct shown shown;
    struct hr_place place = place_of(context, name, &shown);
    struct stat info;
    /* It would be waited for, without end. */
    if (fstatat(place.folder_fd, name, &info, 0) == 0 && S_ISFIFO(info.st_mode))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is a pipe, not a file", place.shown);
    /* Before: whoever replaces it in between has changed what the version says. */
    if (version != NULL)
        read_version(context, name, version);
    return hr_place_open_stream(&place, NULL, out, error);
}

static enum hr_status folder_put(void *context, const char *name, struct hr_view bytes, struct hr_error *error)
{
    enum hr_status status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    struct shown shown;
    struct hr_place place = place_of(context, name, &shown);
    return hr_place_write(&place, bytes, error);
}

static int64_t modified_us(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000000 + info->st_mtim.tv_nsec / 1000;
}

static enum hr_status fill_item(struct hr_store_item *out, const char *name, const struct stat *info,
                                struct hr_error *error)
{
    *out = (struct hr_store_item){
        .name = strdup(name), .size_bytes = (uint64_t)info->st_size, .modified_us = modified_us(info)};
    version_of(info, out->version);
    if (out->name == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a file's name");
    return HR_OK;
}

static enum hr_status folder_stat(void *context, const char *name, struct hr_store_item *out, struct hr_error *error)
{
    *out = (struct hr_store_item){0};
    enum hr_status status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    struct shown shown;
    struct hr_place place = place_of(context, name, &shown);
    struct stat info;
    if (fstatat(place.folder_fd, name, &info, 0) != 0)
        return hr_error_set_errno(error, errno, "looking at '%s'", place.shown);
    if (!S_ISREG(info.st_mode))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is not a regular file", place.shown);
    return fill_item(out, name, &info, error);
}

/* --- tags: a file in a hidden folder, as no file system keeps them everywhere --- */

#define TAGS_FOLDER ".homeroom"
enum { TAGS_BYTES_MAX = 4096 };

/* -1: there is none. */
static int open_tags_folder(const struct folder *folder, bool create)
{
    if (create && mkdirat(folder->fd, TAGS_FOLDER, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(folder->fd, TAGS_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static void forget_tags(const struct folder *folder, const char *name)
{
    int fd = open_tags_folder(folder, false);
    if (fd < 0)
        return;
    (void)unlinkat(fd, name, 0);
    close(fd);
}

/* A hint that cannot be kept is no failure: the file is there. */
static void keep_tags(const struct folder *folder, const char *name, struct hr_store_tags tags)
{
    struct stat info;
    struct hr_error ignored;
    struct hr_buffer text;
    char version[HR_STORE_VERSION_SIZE];
    int fd = tags.count > 0 ? open_tags_folder(folder, true) : -1;
    if (fd < 0)
        return;
    hr_buffer_init(&text, TAGS_BYTES_MAX);
    if (fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
        version_of(&info, version);
        hr_buffer_append_format(&text, "file=%s\n", version);
        for (size_t i = 0; i < tags.count; i++)
            hr_buffer_append_format(&text, "%s=%s\n", tags.items[i].name, tags.items[i].value);
        struct hr_place place = {fd, name, name};
        if (!text.failed)
            (void)!hr_place_write(&place, hr_buffer_view(&text), &ignored);
    }
    hr_buffer_clear(&text);
    close(fd);
}

/* The value of a line "NAME=VALUE"; "" when there is none. */
static void find_line(const char *text, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    out[0] = '\0';
    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n');
        if (end == NULL)
            return; /* not whole */
        if (strncmp(line, name, length) == 0 && line[length] == '=') {
            snprintf(out, size, "%.*s", (int)(end - line - (ptrdiff_t)length - 1), line + length + 1);
            return;
        }
        line = end + 1;
    }
}

static void read_tag(const struct folder *folder, const char *name, const char *tag, char out[HR_STORE_TAG_BYTES + 1])
{
    char text[TAGS_BYTES_MAX + 1], kept[HR_STORE_VERSION_SIZE], version[HR_STORE_VERSION_SIZE];
    struct stat info;
    int fd = open_tags_folder(folder, false);
    int file = fd >= 0 ? openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    ssize_t got = file >= 0 ? read(file, text, sizeof text - 1) : -1;
    if (file >= 0)
        close(file);
    if (fd >= 0)
        close(fd);
    if (got < 0 || fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    text[got] = '\0';
    version_of(&info, version);
    find_line(text, "file", kept, sizeof kept);
    if (strcmp(kept, version) == 0)
        find_line(text, tag, out, HR_STORE_TAG_BYTES + 1);
}

static enum hr_status folder_get_tag(void *context, const char *name, const char *tag, char out[HR_STORE_TAG_BYTES + 1],
                                     char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    struct hr_store_item item;
    out[0] = '\0';
    enum hr_status status = folder_stat(context, name, &item, error);
    if (status == HR_OK && version != NULL)
        memcpy(version, item.version, sizeof item.version);
    hr_store_item_clear(&item);
    if (status == HR_OK)
        read_tag(context, name, tag, out);
    return status;
}

static enum hr_status folder_put_tagged(void *context, const char *name, struct hr_view bytes,
                                        struct hr_store_tags tags, struct hr_error *error)
{
    enum hr_status status = hr_store_tags_check(tags, error);
    if (status == HR_OK)
        status = folder_put(context, name, bytes, error);
    if (status == HR_OK)
        keep_tags(context, name, tags);
    return status;
}

/* --- only while it is what was seen --- */

/* Held while something is compared and changed; closing the descriptor gives it back. Where the file system has no
 * locks there is none, and -1. */
static int lock_folder(const struct folder *folder)
{
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        close(fd);
        return -1;
    }
    return fd;
}

static void unlock_folder(int fd)
{
    if (fd >= 0)
        close(fd);
}

static enum hr_status check_version(const struct hr_place *place, const struct folder *folder, const char *version,
                                    struct hr_error *error)
{
    char now[HR_STORE_VERSION_SIZE];
    read_version(folder, place->name, now);
    if (strcmp(now, version) == 0)
        return HR_OK;
    return version[0] == '\0'
               ? hr_error_set(error, HR_ERR_CONFLICT, "'%s' is there already", place->shown)
               : hr_error_set(error, HR_ERR_CONFLICT, "'%s' was changed or removed meanwhile", place->shown);
}

static enum hr_status folder_put_if(void *context, const char *name, struct hr_view bytes, struct hr_store_tags tags,
                                    char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    enum hr_status status = hr_store_tags_check(tags, error);
    if (status == HR_OK)
        status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    struct shown shown;
    struct hr_place place = place_of(context, name, &shown);
    int lock = lock_folder(context);
    status = check_version(&place, context, version, error);
    if (status == HR_OK)
        status = version[0] == '\0' ? hr_place_write_new(&place, bytes, error) : hr_place_write(&place, bytes, error);
    if (status == HR_OK) {
        keep_tags(context, name, tags);
        read_version(context, name, version);
    }
    unlock_folder(lock);
    return status;
}

static enum hr_status folder_remove(void *context, const char *name, struct hr_error *error)
{
    enum hr_status status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    struct shown shown;
    struct hr_place place = place_of(context, name, &shown);
    if (unlinkat(place.folder_fd, name, 0) != 0)
        return hr_error_set_errno(error, errno, "removing '%s'", place.shown);
    forget_tags(context, name);
    return HR_OK;
}

static enum hr_status folder_remove_if(void *context, const char *name, const char *version, struct hr_error *error)
{
    enum hr_status status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    struct shown shown;
    struct hr_place place = place_of(context, name, &shown);
    int lock = lock_folder(context);
    status = check_version(&place, context, version, error);
    if (status == HR_OK)
        status = folder_remove(context, name, error);
    unlock_folder(lock);
    return status;
}

struct listing {
    struct hr_store_item *items;
    size_t count;
    size_t capacity;
};

static enum hr_status make_room(struct listing *listing, struct hr_error *error)
{
    if (listing->count < listing->capacity)
        return HR_OK;
    size_t capacity = listing->capacity == 0 ? 16 : listing->capacity * 2;
    size_t size_bytes;
    struct hr_store_item *items = NULL;
    if (hr_size_multiply(capacity, sizeof *items, &size_bytes))
        items = realloc(listing->items, size_bytes);
    if (items == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a list of files");
    listing->items = items;
    listing->capacity = capacity;
    return HR_OK;
}

/* Adds `name` when it is a regular file; one that vanished meanwhile is no error. */
static enum hr_status list_name(void *context, int folder_fd, const char *name, struct hr_error *error)
{
    struct listing *listing = context;
    struct stat info;
    if (hr_store_name_is_hidden(name) || fstatat(folder_fd, name, &info, 0) != 0 || !S_ISREG(info.st_mode))
        return HR_OK;
    enum hr_status status = make_room(listing, error);
    if (status == HR_OK)
        status = fill_item(&listing->items[listing->count], name, &info, error);
    if (status == HR_OK)
        listing->count++;
    return status;
}

/* Calls `visit` for every name in the folder until one fails. */
typedef enum hr_status visit_fn(void *context, int folder_fd, const char *name, struct hr_error *error);

static enum hr_status visit_names(const struct folder *folder, visit_fn *visit, void *context, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    /* A descriptor of its own: reading a folder moves the position, which threads would share. */
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries == NULL) {
        status = hr_error_set_errno(error, errno, "listing '%s'", folder->path);
        if (fd >= 0)
            close(fd);
        return status;
    }
    while (status == HR_OK) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (entry == NULL) {
            if (errno != 0)
                status = hr_error_set_errno(error, errno, "listing '%s'", folder->path);
            break;
        }
        status = visit(context, folder->fd, entry->d_name, error);
    }
    closedir(entries);
    return status;
}

static enum hr_status folder_list(void *context, struct hr_store_item **out, size_t *count, struct hr_error *error)
{
    struct listing listing = {0};
    *out = NULL;
    *count = 0;
    enum hr_status status = visit_names(context, list_name, &listing, error);
    if (status != HR_OK) {
        hr_store_items_free(listing.items, listing.count);
        return status;
    }
    hr_store_items_sort(listing.items, listing.count);
    *out = listing.items;
    *count = listing.count;
    return HR_OK;
}

/* A report is written in far less than an hour: whoever began this part is gone. */
static enum hr_status remove_old_part(void *context, int folder_fd, const char *name, struct hr_error *error)
{
    const int64_t *now_us = context;
    struct stat info;
    (void)error;
    if (hr_store_name_is_part(name) && fstatat(folder_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(info.st_mode) && *now_us - modified_us(&info) > PART_AGE_MAX_US)
        (void)unlinkat(folder_fd, name, 0); /* one that stays does not hinder the store */
    return HR_OK;
}

static void folder_close(void *context)
{
    struct folder *folder = context;
    close(folder->fd);
    free(folder->path);
    free(folder);
}

/* Makes one folder, unless it is there. Names are in what is put into it: nobody else may look. */
static enum hr_status make_folder(const char *path, struct hr_error *error)
{
    struct stat info;
    if (mkdir(path, 0700) == 0)
        return HR_OK;
    int saved_errno = errno;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return HR_OK;
    return hr_error_set_errno(error, saved_errno, "making the folder '%s'", path);
}

/* The folder and its parents. `path` is changed while this works, and restored. */
static enum hr_status make_folders(char *path, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (char *slash = strchr(path, '/'); status == HR_OK && slash != NULL; slash = strchr(slash + 1, '/')) {
        if (slash == path)
            continue;
        *slash = '\0';
        status = make_folder(path, error);
        *slash = '/';
    }
    return status == HR_OK ? make_folder(path, error) : status;
}

enum hr_status hr_store_open_folder(struct hr_store *out, const char *path, bool create, struct hr_error *error)
{
    *out = (struct hr_store){0};
    enum hr_status status = HR_OK;
    struct folder *folder = calloc(1, sizeof *folder);
    char *copy = strdup(path);
    if (folder == NULL || copy == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory to open '%s'", path);
        goto out;
    }
    if (create)
        status = make_folders(copy, error);
    if (status != HR_OK)
        goto out;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        status = errno == ENOTDIR ? hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is a file, not a folder", path)
                                  : hr_error_set_errno(error, errno, "opening the folder '%s'", path);
        goto out;
    }
    *folder = (struct folder){.fd = fd, .path = copy};
    int64_t now_us = hr_clock_system()->wall_us(NULL);
    if (create)
        (void)visit_names(folder, remove_old_part, &now_us, NULL);
    *out = (struct hr_store){.open = folder_open,
                             .put = folder_put,
                             .put_tagged = folder_put_tagged,
                             .put_if = folder_put_if,
                             .get_tag = folder_get_tag,
                             .list = folder_list,
                             .stat = folder_stat,
                             .remove = folder_remove,
                             .remove_if = folder_remove_if,
                             .close = folder_close,
                             .context = folder};
    return HR_OK;
out:
    free(copy);
    free(folder);
    return status;
}
