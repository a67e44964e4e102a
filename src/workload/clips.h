/* The clips of the folder, read once: the uploads shall not wait for the disk. */
#ifndef HR_WORKLOAD_CLIPS_H
#define HR_WORKLOAD_CLIPS_H

#include "base/buffer.h"
#include "base/status.h"
#include "store/store.h"

/* All of them together; they are kept in memory. */
#define HR_CLIPS_BYTES_MAX ((size_t)2 << 30)

struct hr_clips {
    char **names;            /* owned; in the order of hr_workload_name_order */
    struct hr_buffer *bytes; /* of each */
    size_t count;
};

/* Every file whose name ends in .mp4 (any case). NOT_FOUND when there is none; LIMIT. */
enum hr_status hr_clips_read(struct hr_clips *out, const struct hr_store *folder, struct hr_error *error) HR_MUST_USE;
void hr_clips_clear(struct hr_clips *clips); /* frees; safe on a zeroed one */

/* Adds a whole file of a store to an initialised buffer. */
enum hr_status hr_workload_read(const struct hr_store *store, const char *name, struct hr_buffer *out,
                                struct hr_error *error) HR_MUST_USE;

#endif
