/* The ring of keys in its place: a file, which is read, written and looked at again, or bytes that somebody else
 * keeps. */
#include "records/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "records/seal.h"

/* A key file is a line. */
enum { KEY_FILE_BYTES_MAX = 4096 };

/* Which state of the file was read. */
struct identity {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct hr_vault {
    struct hr_keyring *ring;
    uint8_t *master; /* owned, sodium_malloc */
    struct hr_buffer wrapped;
    char *name; /* owned; of the file, or what errors call it */
    bool in_memory;
    bool is_new;
    bool added; /* not written yet */
    struct identity identity;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for the students' keys");
}

/* --- files with keys --- */

static enum hr_status check_mode(const char *path, const struct stat *info, struct hr_error *error)
{
    if (!S_ISREG(info->st_mode))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is not a file", path);
    if ((info->st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return hr_error_set(error, HR_ERR_PERMISSION,
                            "'%s' has keys in it and is open to others: close it with 'chmod 600'", path);
    return HR_OK;
}

static enum hr_status read_to_end(int file, const char *path, struct hr_buffer *out, struct hr_error *error)
{
    uint8_t bytes[4096];
    ssize_t got;
    while ((got = read(file, bytes, sizeof bytes)) > 0)
        hr_buffer_append(out, hr_view_of(bytes, (size_t)got));
    sodium_memzero(bytes, sizeof bytes);
    return got < 0 ? hr_error_set_errno(error, errno, "reading '%s'", path) : hr_buffer_check(out, error);
}

/* NOT_FOUND is without a text. */
static enum hr_status read_file(const char *path, struct hr_buffer *out, struct identity *identity,
                                struct hr_error *error)
{
    struct stat info;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return errno == ENOENT ? HR_ERR_NOT_FOUND : hr_error_set_errno(error, errno, "opening '%s'", path);
    enum hr_status status = HR_OK;
    if (fstat(file, &info) != 0)
        status = hr_error_set_errno(error, errno, "opening '%s'", path);
    if (status == HR_OK)
        status = check_mode(path, &info, error);
    if (status == HR_OK)
        status = read_to_end(file, path, out, error);
    if (status == HR_OK)
        *identity = (struct identity){info.st_dev, info.st_ino, info.st_size, info.st_mtim};
    close(file);
    return status;
}

enum hr_status hr_master_key_read_file(const char *path, struct hr_master_key *out, struct hr_error *error)
{
    struct hr_buffer text;
    struct identity ignored;
    hr_buffer_init(&text, KEY_FILE_BYTES_MAX);
    enum hr_status status = read_file(path, &text, &ignored, error);
    if (status == HR_ERR_NOT_FOUND)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "there is no key file '%s' ('homeroom keys new FILE' makes one)",
                              path);
    if (status == HR_OK) {
        status = hr_master_key_parse(hr_buffer_view(&text), out, error);
        if (status != HR_OK)
            hr_error_prefix(error, "'%s'", path);
    }
    if (text.data != NULL)
        sodium_memzero(text.data, text.size);
    hr_buffer_clear(&text);
    return status;
}

/* --- opening --- */

void hr_vault_free(struct hr_vault *vault)
{
    if (vault == NULL)
        return;
    hr_keyring_free(vault->ring);
    sodium_free(vault->master);
    hr_buffer_clear(&vault->wrapped);
    free(vault->name);
    free(vault);
}

enum hr_status hr_vault_set_key(struct hr_vault *vault, const struct hr_master_key *key, struct hr_error *error)
{
    hr_buffer_clear(&vault->wrapped);
    hr_buffer_append(&vault->wrapped, key->wrapped);
    memcpy(vault->master, key->bytes, HR_MASTER_KEY_BYTES);
    vault->added = true;
    return hr_buffer_check(&vault->wrapped, error);
}

static enum hr_status new_vault(struct hr_vault **out, const char *name, const struct hr_master_key *key,
                                struct hr_error *error)
{
    *out = NULL;
    if (sodium_init() < 0)
        return hr_error_set(error, HR_ERR_INTERNAL, "libsodium cannot be used here");
    struct hr_vault *vault = calloc(1, sizeof *vault);
    if (vault == NULL)
        return no_memory(error);
    hr_buffer_init(&vault->wrapped, HR_WRAPPED_KEY_BYTES_MAX);
    vault->name = strdup(name);
    vault->master = sodium_malloc(HR_MASTER_KEY_BYTES);
    enum hr_status status =
        vault->name != NULL && vault->master != NULL ? hr_vault_set_key(vault, key, error) : no_memory(error);
    vault->added = false;
    if (status == HR_OK)
        *out = vault;
    else
        hr_vault_free(vault);
    return status;
}

/* In place of the ring that it has. What wraps the key stands in the file, and stays. */
static enum hr_status take_bytes(struct hr_vault *vault, struct hr_view bytes, struct hr_error *error)
{
    struct hr_keyring *ring = NULL;
    struct hr_view wrapped;
    enum hr_status status = hr_keyring_read(&ring, bytes, vault->master, vault->name, error);
    if (status == HR_OK)
        status = hr_vault_wrapped(bytes, vault->name, &wrapped, error);
    if (status == HR_OK) {
        hr_buffer_clear(&vault->wrapped);
        hr_buffer_append(&vault->wrapped, wrapped);
        status = hr_buffer_check(&vault->wrapped, error);
    }
    if (status != HR_OK) {
        hr_keyring_free(ring);
        return status;
    }
    hr_keyring_free(vault->ring);
    vault->ring = ring;
    vault->is_new = false;
    vault->added = false;
    return HR_OK;
}

/* NOT_FOUND without a text: there is no file. */
static enum hr_status load_file(struct hr_vault *vault, struct hr_error *error)
{
    struct hr_buffer bytes;
    struct identity identity;
    hr_buffer_init(&bytes, HR_LIMIT_KEYRING_BYTES);
    enum hr_status status = read_file(vault->name, &bytes, &identity, error);
    if (status == HR_OK)
        status = take_bytes(vault, hr_buffer_view(&bytes), error);
    if (status == HR_OK)
        vault->identity = identity;
    hr_buffer_clear(&bytes);
    return status;
}

static enum hr_status begin_ring(struct hr_vault *vault, struct hr_error *error)
{
    vault->is_new = true;
    return hr_keyring_new(&vault->ring, error);
}

enum hr_status hr_vault_open_file(struct hr_vault **out, const char *path, const struct hr_master_key *key,
                                  struct hr_error *error)
{
    enum hr_status status = new_vault(out, path, key, error);
    if (status != HR_OK)
        return status;
    status = load_file(*out, error);
    if (status == HR_ERR_NOT_FOUND)
        status = begin_ring(*out, error);
    if (status != HR_OK) {
        hr_vault_free(*out);
        *out = NULL;
    }
    return status;
}

enum hr_status hr_vault_open_memory(struct hr_vault **out, struct hr_view bytes, const char *name,
                                    const struct hr_master_key *key, struct hr_error *error)
{
    enum hr_status status = new_vault(out, name, key, error);
    if (status == HR_OK) {
        (*out)->in_memory = true;
        status = bytes.size > 0 ? take_bytes(*out, bytes, error) : begin_ring(*out, error);
    }
    if (status != HR_OK) {
        hr_vault_free(*out);
        *out = NULL;
    }
    return status;
}

/* --- what the room asks --- */

struct hr_keyring *hr_vault_ring(struct hr_vault *vault)
{
    return vault->ring;
}

const char *hr_vault_name(const struct hr_vault *vault)
{
    return vault->name;
}

bool hr_vault_is_new(const struct hr_vault *vault)
{
    return vault->is_new;
}

void hr_vault_note_added(struct hr_vault *vault)
{
    vault->added = true;
}

bool hr_vault_has_added(const struct hr_vault *vault)
{
    return vault->added;
}

bool hr_vault_has_destroyed(const struct hr_vault *vault)
{
    return hr_keyring_has_destroyed(vault->ring);
}

enum hr_status hr_vault_bytes(const struct hr_vault *vault, bool with_destroyed, struct hr_buffer *out,
                              struct hr_error *error)
{
    return hr_keyring_write(vault->ring, vault->master, hr_buffer_view(&vault->wrapped), with_destroyed, out, error);
}

static bool same_file(const struct identity *a, const struct stat *b)
{
    return a->device == b->st_dev && a->inode == b->st_ino && a->size == b->st_size &&
           a->changed.tv_sec == b->st_mtim.tv_sec && a->changed.tv_nsec == b->st_mtim.tv_nsec;
}

enum hr_status hr_vault_refresh(struct hr_vault *vault, struct hr_error *error)
{
    struct stat info;
    if (vault->in_memory || (vault->is_new && access(vault->name, F_OK) != 0))
        return HR_OK;
    if (stat(vault->name, &info) != 0)
        return hr_error_set_errno(error, errno, "the ring of keys '%s'", vault->name);
    return same_file(&vault->identity, &info) ? HR_OK : load_file(vault, error);
}

/* --- writing --- */

static bool write_all(int file, struct hr_view bytes)
{
    while (bytes.size > 0) {
        ssize_t written = write(file, bytes.data, bytes.size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes = hr_view_of(bytes.data + written, bytes.size - (size_t)written);
    }
    return true;
}

/* So that the name is on the disk, too. Some file systems have nothing to do for a folder. */
static bool sync_folder_of(const char *path)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    int file = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool good = fsync(file) == 0 || errno == EINVAL;
    close(file);
    return good;
}

/* Beside the file, under one name: whoever was killed while he wrote leaves it to the next one, and nobody else writes
 * meanwhile, as the database is locked. */
static enum hr_status write_beside(const struct hr_vault *vault, const char *beside, struct hr_view bytes,
                                   struct identity *identity, struct hr_error *error)
{
    struct stat info;
    (void)unlink(beside);
    int file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (file < 0)
        return hr_error_set_errno(error, errno, "writing the keys '%s'", vault->name);
    bool good = write_all(file, bytes) && fsync(file) == 0 && fstat(file, &info) == 0;
    int problem = errno;
    if (close(file) != 0 && good) {
        good = false;
        problem = errno;
    }
    if (good)
        good = rename(beside, vault->name) == 0 && sync_folder_of(vault->name);
    else
        errno = problem;
    if (good) {
        *identity = (struct identity){info.st_dev, info.st_ino, info.st_size, info.st_mtim};
        return HR_OK;
    }
    enum hr_status status = hr_error_set_errno(error, errno, "writing the keys '%s'", vault->name);
    (void)unlink(beside);
    return status;
}

enum hr_status hr_vault_save(struct hr_vault *vault, struct hr_error *error)
{
    struct hr_buffer bytes, beside;
    if (vault->in_memory)
        return HR_OK;
    hr_buffer_init(&bytes, HR_LIMIT_KEYRING_BYTES);
    hr_buffer_init(&beside, SIZE_MAX / 8);
    hr_buffer_append_format(&beside, "%s.new", vault->name);
    enum hr_status status = hr_buffer_check(&beside, error);
    if (status == HR_OK)
        status = hr_vault_bytes(vault, false, &bytes, error);
    if (status == HR_OK)
        status = write_beside(vault, hr_buffer_text(&beside), hr_buffer_view(&bytes), &vault->identity, error);
    if (status == HR_OK) {
        hr_keyring_sweep(vault->ring);
        vault->added = false;
        vault->is_new = false;
    }
    hr_buffer_clear(&bytes);
    hr_buffer_clear(&beside);
    return status;
}

enum hr_status hr_vault_remove(struct hr_vault *vault, struct hr_error *error)
{
    if (vault->in_memory || unlink(vault->name) == 0 || errno == ENOENT)
        return HR_OK;
    return hr_error_set_errno(error, errno, "removing the keys '%s'", vault->name);
}
