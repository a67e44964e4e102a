/* Where videos come from and reports go. A struct of functions: a folder or memory (tests) here, S3
 * in store/s3.h, whichever a text names in store/anywhere.h. A store carries bytes and does not look
 * at them.
 *
 * A name is the name of one file in the store: not empty, no '/', not "." or "..", at most 255
 * bytes. Anything else would lead out of the store (or down in it) and is refused with ARGUMENT.
 *
 * Threads: all functions but close may be called by several threads at once. */
#ifndef HR_STORE_STORE_H
#define HR_STORE_STORE_H

#include "base/buffer.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/stream.h"

/* Which one a file is: a word that changes whenever its bytes do (S3's ETag; of a file its size, time and number). */
#define HR_STORE_VERSION_SIZE 128

struct hr_store_item {
    char *name; /* owned */
    uint64_t size_bytes;
    int64_t modified_us; /* wall clock */
    /* The same as finely as a list tells it, 0 where that is no finer: for measuring, not for
     * comparing with what `stat` says. */
    int64_t modified_fine_us;
    char version[HR_STORE_VERSION_SIZE];
};
void hr_store_item_clear(struct hr_store_item *item); /* frees; safe on a zeroed one */
void hr_store_items_free(struct hr_store_item *items, size_t count);

/* A word about a file that is kept beside its bytes: from which video a report was made. The name:
 * small letters, digits and '-'; the value: printable ASCII of at most HR_STORE_TAG_BYTES. Only a
 * hint: a folder keeps them in files of a hidden folder in it, ".homeroom", and forgets those of a
 * file that somebody else has changed since. */
struct hr_store_tag {
    const char *name;
    const char *value;
};
struct hr_store_tags {
    const struct hr_store_tag *items; /* borrowed */
    size_t count;
};
#define HR_STORE_TAG_BYTES 255

struct hr_store {
    /* The stream outlives the store, and goes on giving the bytes it was opened on when the name is
     * put again or removed meanwhile. `version` (may be NULL): which bytes these are. NOT_FOUND;
     * ARGUMENT for a pipe. */
    enum hr_status (*open)(void *context, const char *name, struct hr_stream *out, char version[HR_STORE_VERSION_SIZE],
                           struct hr_error *error);
    /* Whole or not at all: nobody sees half of it. Replaces what is there. */
    enum hr_status (*put)(void *context, const char *name, struct hr_view bytes, struct hr_error *error);
    /* The same, with tags. */
    enum hr_status (*put_tagged)(void *context, const char *name, struct hr_view bytes, struct hr_store_tags tags,
                                 struct hr_error *error);
    /* The same, while what is there is `version`, which becomes that of what was put; "": while nothing
     * is. CONFLICT otherwise: of several writers at once exactly one succeeds. (A folder compares and
     * puts under a lock that all of homeroom's programs take, where the file system has locks.) */
    enum hr_status (*put_if)(void *context, const char *name, struct hr_view bytes, struct hr_store_tags tags,
                             char version[HR_STORE_VERSION_SIZE], struct hr_error *error);
    /* What a file was tagged with: "" when it was not, or when the tags are forgotten. `version` (may
     * be NULL): of the file that has it. NOT_FOUND when there is no such file. */
    enum hr_status (*get_tag)(void *context, const char *name, const char *tag, char out[HR_STORE_TAG_BYTES + 1],
                              char version[HR_STORE_VERSION_SIZE], struct hr_error *error);
    /* Every regular file of the store itself (not of folders in it), sorted by the bytes of the
     * name. Hidden files (".x", which is also what is still being written and the "._x" of macOS)
     * are left out. *out is the caller's: hr_store_items_free; NULL when there is none. */
    enum hr_status (*list)(void *context, struct hr_store_item **out, size_t *count, struct hr_error *error);
    /* *out is the caller's: hr_store_item_clear. NOT_FOUND. */
    enum hr_status (*stat)(void *context, const char *name, struct hr_store_item *out, struct hr_error *error);
    enum hr_status (*remove)(void *context, const char *name, struct hr_error *error); /* NOT_FOUND */
    /* The same, while what is there is `version`: CONFLICT otherwise. (S3 can't do it in one step
     * everywhere: it takes two requests, one right behind the other.) */
    enum hr_status (*remove_if)(void *context, const char *name, const char *version, struct hr_error *error);
    void (*close)(void *context);
    void *context;
    bool is_whole; /* a file is complete as soon as it is there; else it may still be written */
};

void hr_store_close(struct hr_store *store); /* closes and zeroes; safe on a zeroed one */

/* A folder; `create` makes it (and its parents) when missing, for its owner alone (0700), and removes
 * what writers that were killed left half written more than an hour ago: it may hold students'
 * records. Symbolic links that somebody put into the folder are followed when reading; putting
 * replaces the link, not what it points to. */
enum hr_status hr_store_open_folder(struct hr_store *out, const char *path, bool create,
                                    struct hr_error *error) HR_MUST_USE;
/* In memory, for tests: behaves as a folder does. */
enum hr_status hr_store_open_memory(struct hr_store *out, struct hr_error *error) HR_MUST_USE;

/* One file by its path. Regular files can be sought and know their size; pipes, terminals and
 * sockets (/dev/stdin) can only be read on. Reading a pipe waits for its writer, and for what he
 * writes, until `deadline` (may be NULL), which outlives the stream: DEADLINE then. ARGUMENT for a
 * folder, UNSUPPORTED for a disk. */
enum hr_status hr_file_open_stream(struct hr_stream *out, const char *path, const struct hr_deadline *deadline,
                                   struct hr_error *error) HR_MUST_USE;
/* Adds the whole file to an initialised buffer; LIMIT when it does not fit under the buffer's cap.
 * After a failure the buffer holds a part or nothing. `deadline` as above. */
enum hr_status hr_file_read(struct hr_buffer *out, const char *path, const struct hr_deadline *deadline,
                            struct hr_error *error) HR_MUST_USE;
/* Whole or not at all: written beside (same folder, hidden, random name), synced, then renamed over
 * `path`, and the folder synced. A file that is replaced hands on its permissions, so that records
 * that somebody made private stay so; a new one is its owner's alone (0600) in a folder that is, and
 * gets what the umask leaves of 0666 elsewhere. What is there
 * and is not a regular file (a folder, /dev/null, a pipe) is refused with ARGUMENT. */
enum hr_status hr_file_write(const char *path, struct hr_view bytes, struct hr_error *error) HR_MUST_USE;

#endif
