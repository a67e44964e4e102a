#include "cli/outbox.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/environment.h"
#include "store/anywhere.h"

/* How often the folder is looked at, and how long it rests behind a failure, doubled from time to time, at most. */
enum { LOOK_MS = 500, REST_MS = 2000, REST_MAX_MS = 60000 };
/* At the end, what has failed so often waits for the next program. */
enum { LAST_TRIES = 3 };

enum hr_status hr_outbox_folder(const char *target, char out[4096], struct hr_error *error)
{
    char base[3072], name[512];
    enum hr_status status = hr_environment_database(base, sizeof base, error);
    if (status != HR_OK)
        return status;
    size_t length = 0;
    for (const char *at = target; *at != '\0' && length + 1 < sizeof name; at++)
        if (isalnum((unsigned char)*at) || *at == '.' || *at == '-')
            name[length++] = *at;
        else if (length > 0 && name[length - 1] != '_')
            name[length++] = '_';
    name[length] = '\0';
    *strrchr(base, '/') = '\0';
    snprintf(out, 4096, "%s/unsent/%s", base, name);
    for (char *slash = out + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        if (mkdir(out, S_IRWXU) != 0 && errno != EEXIST)
            return hr_error_set_errno(error, errno, "making '%s'", out);
    }
    if (mkdir(out, S_IRWXU) != 0 && errno != EEXIST)
        return hr_error_set_errno(error, errno, "making '%s'", out);
    return HR_OK;
}

/* --- sending --- */

static enum hr_status map(const char *path, struct hr_view *out, struct hr_error *error)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 || fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        int code = file < 0 ? errno : EINVAL;
        if (file >= 0)
            close(file);
        return hr_error_set_errno(error, code, "reading '%s'", path);
    }
    size_t size = (size_t)about.st_size;
    void *bytes = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0) : NULL;
    int code = errno;
    close(file);
    if (bytes == MAP_FAILED)
        return hr_error_set_errno(error, code, "reading '%s'", path);
    *out = hr_view_of(bytes, size);
    return HR_OK;
}

/* A program that was killed may have sent it and not removed it: a name tells the class and the second, so one of the
 * same size is the same. */
static enum hr_status is_there(struct hr_outbox *outbox, const char *name, size_t size, struct hr_error *error)
{
    struct hr_store_item item = {0};
    enum hr_status status = outbox->store.stat(outbox->store.context, name, &item, error);
    if (status == HR_OK && item.size_bytes != size)
        status = hr_error_set(error, HR_ERR_CONFLICT, "'%s' has another file named '%s': it is not replaced",
                              outbox->target, name);
    hr_store_item_clear(&item);
    return status;
}

static enum hr_status send(struct hr_outbox *outbox, const char *name, struct hr_error *error)
{
    char path[8192], version[HR_STORE_VERSION_SIZE] = "";
    struct hr_view bytes = {0};
    snprintf(path, sizeof path, "%s/%s", outbox->folder, name);
    enum hr_status status = map(path, &bytes, error);
    if (status != HR_OK)
        return status;
    const struct hr_store_tags none = {0};
    status = outbox->store.put_if(outbox->store.context, name, bytes, none, version, error);
    if (status == HR_ERR_CONFLICT)
        status = is_there(outbox, name, bytes.size, error);
    if (bytes.size > 0)
        munmap((void *)(uintptr_t)bytes.data, bytes.size);
    if (status == HR_OK && unlink(path) != 0)
        status = hr_error_set_errno(error, errno, "removing '%s', which was sent", path);
    if (status == HR_OK)
        hr_log_write(&outbox->cli->log, HR_LOG_INFO, NULL, "%s: sent to '%s'", name, outbox->target);
    return status;
}

static int is_complete(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN);
}

/* All that is complete, until one fails. *waiting: how many are left. */
static enum hr_status send_all(struct hr_outbox *outbox, size_t *waiting, struct hr_error *error)
{
    struct dirent **entries = NULL;
    enum hr_status status = HR_OK;
    int count = scandir(outbox->folder, &entries, is_complete, alphasort);
    if (count < 0)
        return hr_error_set_errno(error, errno, "looking into '%s'", outbox->folder);
    *waiting = (size_t)count;
    for (int i = 0; i < count; i++) {
        if (status == HR_OK)
            status = send(outbox, entries[i]->d_name, error);
        *waiting -= status == HR_OK;
        free(entries[i]);
    }
    free(entries);
    return status;
}

static bool note(struct hr_outbox *outbox, size_t waiting, const struct hr_error *failure)
{
    pthread_mutex_lock(&outbox->lock);
    outbox->waiting = waiting;
    if (failure != NULL)
        outbox->last = *failure;
    bool ending = outbox->ending;
    pthread_mutex_unlock(&outbox->lock);
    return ending;
}

static void rest(struct hr_outbox *outbox, int rest_ms)
{
    for (int rested_ms = 0; rested_ms < rest_ms && !hr_cli_interrupted(); rested_ms += LOOK_MS) {
        pthread_mutex_lock(&outbox->lock);
        bool ending = outbox->ending;
        pthread_mutex_unlock(&outbox->lock);
        if (ending && rested_ms >= REST_MS)
            return;
        usleep(LOOK_MS * 1000);
    }
}

static void *work(void *context)
{
    struct hr_outbox *outbox = context;
    int failures = 0, last_tries = 0;
    while (true) {
        struct hr_error error;
        size_t waiting = 0;
        /* Asked before the look: what is complete by then is seen. */
        bool ending = note(outbox, outbox->waiting, NULL);
        enum hr_status status = send_all(outbox, &waiting, &error);
        (void)note(outbox, waiting, status == HR_OK ? NULL : &error);
        if (status != HR_OK && failures == 0 && !hr_cli_interrupted())
            hr_log_write(&outbox->cli->log, HR_LOG_WARNING, NULL,
                         "not sent: %s; what is recorded waits in '%s', and is tried again", error.text,
                         outbox->folder);
        failures = status == HR_OK ? 0 : failures + 1;
        last_tries += ending && status != HR_OK;
        if (hr_cli_interrupted() || (ending && (status == HR_OK || last_tries >= LAST_TRIES)))
            return NULL;
        int wait_ms = REST_MS << (failures < 5 ? failures : 5);
        rest(outbox, failures == 0 ? LOOK_MS : wait_ms < REST_MAX_MS ? wait_ms : REST_MAX_MS);
    }
}

enum hr_status hr_outbox_begin(struct hr_outbox *outbox, const struct hr_cli *cli, const char *folder,
                               const char *target, struct hr_error *error)
{
    *outbox = (struct hr_outbox){.cli = cli, .folder = folder, .target = target};
    enum hr_status status =
        hr_anywhere_open_store(&cli->class.anywhere, target, false, &cli->patience, &outbox->store, error);
    if (status != HR_OK)
        return status;
    int code = pthread_mutex_init(&outbox->lock, NULL);
    if (code == 0)
        code = pthread_create(&outbox->thread, NULL, work, outbox);
    if (code == 0)
        return HR_OK;
    hr_store_close(&outbox->store);
    return hr_error_set_errno(error, code, "starting a thread");
}

enum hr_status hr_outbox_end(struct hr_outbox *outbox, struct hr_error *error)
{
    pthread_mutex_lock(&outbox->lock);
    outbox->ending = true;
    pthread_mutex_unlock(&outbox->lock);
    pthread_join(outbox->thread, NULL);
    pthread_mutex_destroy(&outbox->lock);
    hr_store_close(&outbox->store);
    if (outbox->waiting == 0)
        return HR_OK;
    return hr_error_set(
        error, HR_ERR_UNAVAILABLE, "%zu recording%s in '%s': the next 'homeroom record' with this --out sends %s%s%s",
        outbox->waiting, outbox->waiting == 1 ? " waits" : "s wait", outbox->folder,
        outbox->waiting == 1 ? "it" : "them", outbox->last.text[0] != '\0' ? "; " : "", outbox->last.text);
}
