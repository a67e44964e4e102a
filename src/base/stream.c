#include "base/stream.h"

#include <stdlib.h>

void hr_stream_close(struct hr_stream *stream)
{
    if (stream->close != NULL)
        stream->close(stream->context);
    *stream = (struct hr_stream){0};
}

struct memory_stream {
    struct hr_view bytes;
    size_t at;
};

static enum hr_status memory_read(void *context, void *into, size_t size, size_t *got, struct hr_error *error)
{
    (void)error;
    struct memory_stream *memory = context;
    size_t left = memory->bytes.size - memory->at;
    if (left == 0)
        return HR_END;
    *got = size < left ? size : left;
    memcpy(into, memory->bytes.data + memory->at, *got);
    memory->at += *got;
    return HR_OK;
}

static enum hr_status memory_seek(void *context, uint64_t offset_bytes, struct hr_error *error)
{
    struct memory_stream *memory = context;
    if (offset_bytes > memory->bytes.size)
        return hr_error_set(error, HR_ERR_IO, "byte %llu is past the end", (unsigned long long)offset_bytes);
    memory->at = (size_t)offset_bytes;
    return HR_OK;
}

enum hr_status hr_stream_open_memory(struct hr_stream *out, struct hr_view bytes, struct hr_error *error)
{
    struct memory_stream *memory = malloc(sizeof *memory);
    if (memory == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a stream");
    *memory = (struct memory_stream){.bytes = bytes};
    *out = (struct hr_stream){memory_read, memory_seek, free, bytes.size, memory};
    return HR_OK;
}
