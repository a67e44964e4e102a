/* Where videos come from and reports go. A struct of functions: a folder here, memory in tests, S3 next. */
#ifndef HR_STORE_STORE_H
#define HR_STORE_STORE_H

#include "base/buffer.h"
#include "base/status.h"
#include "base/stream.h"

struct hr_store_item {
    char *name; /* owned; relative to the store, '/' between parts */
    uint64_t size_bytes;
    int64_t modified_us; /* wall clock */
};
void hr_store_items_free(struct hr_store_item *items, size_t count);

struct hr_store {
    enum hr_status (*open)(void *context, const char *name, struct hr_stream *out, struct hr_error *error);
    /* Whole or not at all: nobody sees half of it. Replaces what is there. */
    enum hr_status (*put)(void *context, const char *name, struct hr_view bytes, struct hr_error *error);
    /* Everything in it, sorted by name; hidden files and what is still being written are left out. */
    enum hr_status (*list)(void *context, struct hr_store_item **out, size_t *count, struct hr_error *error);
    enum hr_status (*stat)(void *context, const char *name, struct hr_store_item *out,
                           struct hr_error *error); /* NOT_FOUND */
    enum hr_status (*remove)(void *context, const char *name, struct hr_error *error);
    void (*close)(void *context);
    void *context;
};

void hr_store_close(struct hr_store *store); /* safe on a zeroed one */

/* A folder; `create` makes it (and its parents) when missing. Names that lead out of it are refused. */
enum hr_status hr_store_open_folder(struct hr_store *out, const char *path, bool create,
                                    struct hr_error *error) HR_MUST_USE;
/* In memory, for tests. */
enum hr_status hr_store_open_memory(struct hr_store *out, struct hr_error *error) HR_MUST_USE;

/* One file by its path. */
enum hr_status hr_file_open_stream(struct hr_stream *out, const char *path, struct hr_error *error) HR_MUST_USE;
/* The whole file; LIMIT when larger than the buffer's cap. */
enum hr_status hr_file_read(struct hr_buffer *out, const char *path, struct hr_error *error) HR_MUST_USE;
/* Written beside (same folder, hidden, random name), synced, then renamed over `path`. */
enum hr_status hr_file_write(const char *path, struct hr_view bytes, struct hr_error *error) HR_MUST_USE;

#endif
