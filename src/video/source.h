/* An hr_stream as FFmpeg reads it (AVIOContext), with its first bytes kept.
 *
 * The stream's own failure is remembered apart from FFmpeg's error codes, because demuxers like to
 * take any failure for the end of the file. Seeking is lazy: nothing moves until bytes are wanted,
 * so a demuxer that looks at the size or jumps back and forth costs a remote store nothing. */
#ifndef HR_VIDEO_SOURCE_H
#define HR_VIDEO_SOURCE_H

#include <libavformat/avformat.h>

#include "base/clock.h"
#include "base/status.h"
#include "base/stream.h"

enum { HR_SOURCE_HEAD_BYTES = 4096 };

struct hr_source {
    struct hr_stream *stream;           /* borrowed */
    const struct hr_deadline *deadline; /* borrowed, may be NULL */
    uint8_t *head;                      /* owned; the first bytes of the stream, kept */
    size_t head_size;
    size_t head_room;
    bool whole;         /* the head is all there is */
    uint64_t at;        /* where FFmpeg reads next */
    uint64_t stream_at; /* where the stream stands */
    bool failed;
    struct hr_error failure; /* the stream's own, when `failed` */
    AVIOContext *avio;       /* owned */
};

/* Reads the head. Errors: the stream's own; DEADLINE; MEMORY. Clear it also after an error. */
enum hr_status hr_source_init(struct hr_source *source, struct hr_stream *stream, const struct hr_deadline *deadline,
                              struct hr_error *error) HR_MUST_USE;
void hr_source_clear(struct hr_source *source);

/* Keeps more of the beginning than the head, while FFmpeg has not read: `size` bytes, or as many as
 * there are. False when there are fewer, or reading them failed (hr_source_check). */
bool hr_source_keep(struct hr_source *source, size_t size);
/* Keeps all, for containers that go back and forth, where the stream can't: then the source can. False
 * when there is more than `most` bytes, or reading failed. */
bool hr_source_keep_all(struct hr_source *source, size_t most);
/* All that is kept. */
struct hr_view hr_source_kept(const struct hr_source *source);

/* At least HR_SOURCE_HEAD_BYTES, unless that is all there is. */
struct hr_view hr_source_head(const struct hr_source *source);
bool hr_source_can_seek(const struct hr_source *source);

/* What stopped FFmpeg, if it was not the bytes themselves: the stream's failure or the deadline;
 * else HR_OK. */
enum hr_status hr_source_check(const struct hr_source *source, struct hr_error *error) HR_MUST_USE;

/* For AVFormatContext.interrupt_callback; `opaque` is the hr_source. */
int hr_source_interrupted(void *opaque);

#endif
