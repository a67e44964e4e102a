/* A readable, seekable source of bytes: how the store hands a video to the decoder without either
 * knowing the other. A file, a memory block, S3 (ranges). One thread at a time. */
#ifndef HR_BASE_STREAM_H
#define HR_BASE_STREAM_H

#include "base/status.h"
#include "base/view.h"

struct hr_stream {
    /* Read up to `size` bytes at the current position. HR_OK with *got > 0, HR_END at the end of
     * the bytes, else an error. */
    enum hr_status (*read)(void *context, void *into, size_t size, size_t *got, struct hr_error *error);
    /* Move to `offset_bytes` from the start. NULL when the source cannot seek (a pipe). */
    enum hr_status (*seek)(void *context, uint64_t offset_bytes, struct hr_error *error);
    void (*close)(void *context); /* may be NULL */
    uint64_t size_bytes;          /* HR_STREAM_SIZE_UNKNOWN when not known */
    void *context;
};

#define HR_STREAM_SIZE_UNKNOWN UINT64_MAX

/* Closes and zeroes; safe on a zeroed stream. */
void hr_stream_close(struct hr_stream *stream);

/* A stream over borrowed bytes, which must outlive it. */
enum hr_status hr_stream_open_memory(struct hr_stream *out, struct hr_view bytes, struct hr_error *error) HR_MUST_USE;
#endif
