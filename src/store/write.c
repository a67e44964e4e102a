/* Writing a file so that nobody ever sees half of it: a hidden file beside it, synced, renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/place.h"

/* ".homeroom-0123456789abcdef.part" */
#define PART_PREFIX ".homeroom-"
#define PART_SUFFIX ".part"
#define PART_NAME_SIZE (sizeof PART_PREFIX + 16 + sizeof PART_SUFFIX)
/* Two writers that draw the same 64 random bits; a third time means that something is broken. */
#define PART_TRIES 3

bool hr_store_name_is_part(const char *name)
{
    size_t length = strlen(name), suffix = strlen(PART_SUFFIX);
    return length > suffix && strncmp(name, PART_PREFIX, strlen(PART_PREFIX)) == 0 &&
           strcmp(name + length - suffix, PART_SUFFIX) == 0;
}

/* Permissions that the file is to have: those of the one that it replaces. */
struct permissions {
    bool replaces;
    mode_t mode;
};

static enum hr_status look_at_target(const struct hr_place *place, struct permissions *out, struct hr_error *error)
{
    *out = (struct permissions){0};
    struct stat info;
    if (fstatat(place->folder_fd, place->name, &info, 0) != 0) {
        if (errno == ENOENT)
            return HR_OK;
        return hr_error_set_errno(error, errno, "writing '%s'", place->shown);
    }
    /* rename() would put a file in place of /dev/null or of a pipe. */
    if (!S_ISREG(info.st_mode))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is there and is %s: give the name of a file", place->shown,
                            S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
    *out = (struct permissions){.replaces = true, .mode = info.st_mode & 0777};
    return HR_OK;
}

/* Whether nobody but its owner may enter the folder, as those that we make. */
static bool is_private(int folder_fd)
{
    struct stat info;
    return fstat(folder_fd, &info) == 0 && (info.st_mode & 077) == 0;
}

/* Makes the hidden file; private at first when its permissions are to be handed on, and for good in a
 * private folder: there it may be moved out of. */
static enum hr_status create_part(const struct hr_place *place, bool private_first, char part[PART_NAME_SIZE], int *fd,
                                  struct hr_error *error)
{
    for (int i = 0; i < PART_TRIES; i++) {
        uint64_t random;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            return hr_error_set_errno(error, errno, "drawing a random name");
        snprintf(part, PART_NAME_SIZE, PART_PREFIX "%016llx" PART_SUFFIX, (unsigned long long)random);
        *fd = openat(place->folder_fd, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                     private_first || is_private(place->folder_fd) ? 0600 : 0666);
        if (*fd >= 0)
            return HR_OK;
        if (errno != EEXIST)
            break;
    }
    return hr_error_set_errno(error, errno, "making a file beside '%s'", place->shown);
}

static bool write_all(int fd, struct hr_view bytes)
{
    size_t done = 0;
    while (done < bytes.size) {
        ssize_t count = write(fd, bytes.data + done, bytes.size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

/* The bytes and the permissions, on disk. Closes `fd` whatever happens. */
static bool fill_part(int fd, struct hr_view bytes, const struct permissions *permissions)
{
    bool good =
        write_all(fd, bytes) && (!permissions->replaces || fchmod(fd, permissions->mode) == 0) && fsync(fd) == 0;
    int saved_errno = errno;
    /* Some network file systems report a full disk only here. */
    if (close(fd) != 0 && good)
        return false;
    errno = saved_errno;
    return good;
}

/* Without this a crash of the machine may take the new name back. A file system that cannot sync a
 * folder says EINVAL; then there is nothing more to do. */
static bool sync_folder(int folder_fd)
{
    return fsync(folder_fd) == 0 || errno == EINVAL;
}

/* Gives the finished part its name; false with errno. */
typedef bool publish_fn(const struct hr_place *place, const char *part);

static bool publish_over(const struct hr_place *place, const char *part)
{
    return renameat(place->folder_fd, part, place->folder_fd, place->name) == 0;
}

/* Unlike a rename, a link never replaces anything. Where the file system has none (FAT), the kernel
 * can rename without replacing. */
static bool publish_new(const struct hr_place *place, const char *part)
{
    if (linkat(place->folder_fd, part, place->folder_fd, place->name, 0) == 0) {
        (void)unlinkat(place->folder_fd, part, 0);
        return true;
    }
    if (errno != EPERM && errno != EOPNOTSUPP)
        return false;
    return renameat2(place->folder_fd, part, place->folder_fd, place->name, RENAME_NOREPLACE) == 0;
}

static enum hr_status write_place(const struct hr_place *place, struct hr_view bytes,
                                  const struct permissions *permissions, publish_fn *publish, struct hr_error *error)
{
    char part[PART_NAME_SIZE];
    int fd = -1;
    enum hr_status status = create_part(place, permissions->replaces, part, &fd, error);
    if (status != HR_OK)
        return status;
    if (!fill_part(fd, bytes, permissions) || !publish(place, part)) {
        status = errno == EEXIST ? hr_error_set(error, HR_ERR_CONFLICT, "'%s' is there already", place->shown)
                                 : hr_error_set_errno(error, errno, "writing '%s'", place->shown);
        (void)unlinkat(place->folder_fd, part, 0);
        return status;
    }
    if (!sync_folder(place->folder_fd))
        return hr_error_set_errno(error, errno, "syncing the folder of '%s'", place->shown);
    return HR_OK;
}

enum hr_status hr_place_write(const struct hr_place *place, struct hr_view bytes, struct hr_error *error)
{
    struct permissions permissions;
    enum hr_status status = look_at_target(place, &permissions, error);
    return status == HR_OK ? write_place(place, bytes, &permissions, publish_over, error) : status;
}

enum hr_status hr_place_write_new(const struct hr_place *place, struct hr_view bytes, struct hr_error *error)
{
    struct stat info;
    /* Looked at first only to spare the writing; what decides is the publishing. */
    if (fstatat(place->folder_fd, place->name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        return hr_error_set(error, HR_ERR_CONFLICT, "'%s' is there already", place->shown);
    struct permissions fresh = {0};
    return write_place(place, bytes, &fresh, publish_new, error);
}
