#include "video/source.h"

#include <libavutil/mem.h>
#include <stdlib.h>

enum { AVIO_BUFFER_BYTES = 64 * 1024 };

int hr_source_interrupted(void *opaque)
{
    const struct hr_source *source = opaque;
    return source->failed || hr_deadline_passed(source->deadline);
}

bool hr_source_can_seek(const struct hr_source *source)
{
    return source->stream->seek != NULL;
}

/* One read of the stream where it stands: bytes read, AVERROR_EOF, or AVERROR(EIO) with the failure
 * kept. */
static int read_stream(struct hr_source *source, uint8_t *into, size_t size)
{
    size_t got = 0;
    enum hr_status status = source->stream->read(source->stream->context, into, size, &got, &source->failure);
    if (status == HR_END || (status == HR_OK && got == 0))
        return AVERROR_EOF;
    if (status != HR_OK) {
        source->failed = true;
        source->failure.code = status;
        return AVERROR(EIO);
    }
    source->stream_at += got;
    return (int)got;
}

/* Brings the stream to source->at. A place past the end is not an error: it reads as the end. */
static int move_stream(struct hr_source *source)
{
    if (source->stream_at == source->at)
        return 0;
    if (source->stream->size_bytes != HR_STREAM_SIZE_UNKNOWN && source->at >= source->stream->size_bytes)
        return AVERROR_EOF;
    if (source->stream->seek == NULL)
        return AVERROR(ESPIPE);
    enum hr_status status = source->stream->seek(source->stream->context, source->at, &source->failure);
    if (status != HR_OK) {
        source->failed = true;
        source->failure.code = status;
        return AVERROR(EIO);
    }
    source->stream_at = source->at;
    return 0;
}

static int read_packet(void *opaque, uint8_t *into, int size)
{
    struct hr_source *source = opaque;
    if (hr_source_interrupted(source))
        return AVERROR_EXIT;
    if (size <= 0)
        return AVERROR(EINVAL);
    if (source->at < source->head_size) {
        size_t left = source->head_size - (size_t)source->at;
        size_t got = left < (size_t)size ? left : (size_t)size;
        memcpy(into, source->head + source->at, got);
        source->at += got;
        return (int)got;
    }
    int code = move_stream(source);
    if (code < 0)
        return code;
    code = read_stream(source, into, (size_t)size);
    if (code > 0)
        source->at += (uint64_t)code;
    return code;
}

static int64_t seek_packet(void *opaque, int64_t offset, int whence)
{
    struct hr_source *source = opaque;
    uint64_t size = source->whole ? source->head_size : source->stream->size_bytes;
    bool size_known = size <= INT64_MAX;
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE)
        return size_known ? (int64_t)size : AVERROR(ENOSYS);
    int64_t base = 0;
    if (whence == SEEK_CUR)
        base = (int64_t)source->at;
    else if (whence == SEEK_END && size_known)
        base = (int64_t)size;
    else if (whence != SEEK_SET)
        return AVERROR(EINVAL);
    int64_t to;
    if (__builtin_add_overflow(base, offset, &to) || to < 0)
        return AVERROR(EINVAL);
    source->at = (uint64_t)to;
    return to;
}

/* Makes room for `size` bytes, and for twice as many as there were, so that keeping a file byte by
 * byte does not copy it over and over. */
static bool grow_head(struct hr_source *source, size_t size)
{
    if (size <= source->head_room)
        return true;
    size_t room = source->head_room > size / 2 ? 2 * source->head_room : size;
    uint8_t *head = realloc(source->head, room);
    if (head == NULL)
        return false;
    source->head = head;
    source->head_room = room;
    return true;
}

bool hr_source_keep(struct hr_source *source, size_t size)
{
    if (size > source->head_size && !grow_head(source, size))
        return false;
    while (source->head_size < size) {
        if (hr_source_interrupted(source))
            return false;
        int got = read_stream(source, source->head + source->head_size, source->head_room - source->head_size);
        source->whole = got == AVERROR_EOF;
        if (got < 0)
            return false;
        source->head_size += (size_t)got;
    }
    return true;
}

enum hr_status hr_source_init(struct hr_source *source, struct hr_stream *stream, const struct hr_deadline *deadline,
                              struct hr_error *error)
{
    *source = (struct hr_source){.stream = stream, .deadline = deadline};
    if (!grow_head(source, HR_SOURCE_HEAD_BYTES))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to read a video");
    (void)hr_source_keep(source, HR_SOURCE_HEAD_BYTES); /* fewer bytes are fine */
    enum hr_status status = hr_source_check(source, error);
    if (status != HR_OK)
        return status;
    uint8_t *buffer = av_malloc(AVIO_BUFFER_BYTES);
    if (buffer != NULL)
        source->avio = avio_alloc_context(buffer, AVIO_BUFFER_BYTES, 0, source, read_packet, NULL,
                                          stream->seek != NULL ? seek_packet : NULL);
    if (source->avio == NULL) {
        av_free(buffer);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to read a video");
    }
    return HR_OK;
}

void hr_source_clear(struct hr_source *source)
{
    if (source->avio != NULL)
        av_freep(&source->avio->buffer); /* FFmpeg may have exchanged it for another */
    avio_context_free(&source->avio);
    free(source->head);
    source->head = NULL;
}

bool hr_source_keep_all(struct hr_source *source, size_t most)
{
    if (hr_source_keep(source, most + 1) || !source->whole)
        return false;
    source->avio->seek = seek_packet;
    source->avio->seekable = AVIO_SEEKABLE_NORMAL;
    return true;
}

struct hr_view hr_source_kept(const struct hr_source *source)
{
    return hr_view_of(source->head, source->head_size);
}

struct hr_view hr_source_head(const struct hr_source *source)
{
    return hr_view_of(source->head, source->head_size);
}

enum hr_status hr_source_check(const struct hr_source *source, struct hr_error *error)
{
    if (source->failed)
        return hr_error_set(error, source->failure.code, "reading failed: %s", source->failure.text);
    if (hr_deadline_passed(source->deadline))
        return hr_error_set(error, HR_ERR_DEADLINE, "stopped before the end of the video");
    return HR_OK;
}
