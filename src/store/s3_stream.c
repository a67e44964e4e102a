/* Reading an object as a stream of ranges.
 *
 * The object is held in blocks: its head for good, since every reader comes back to it; the tail,
 * when somebody jumped there (the index of many videos); and a few blocks that follow the reader. A
 * reader that jumps gets a small block, and each further one in a row is larger. From the second one
 * on threads fetch what comes next while the reader is busy with what is there. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/s3.h"

/* Small enough to begin soon, large enough for a whole short clip in one request. */
#define HEAD_BYTES ((size_t)1 << 20)
/* Three of these in flight outrun any decoder; larger ones would only hold more memory. */
#define BLOCK_BYTES ((size_t)4 << 20)

enum {
    AHEAD = 2,           /* blocks fetched before they are asked for, each by a thread */
    RUNNING = AHEAD + 2, /* and the one in hand, and one that a new place can always have */
    HEAD = 0,
    TAIL = 1,
    FIRST_RUNNING = 2,
    BLOCKS = FIRST_RUNNING + RUNNING
};
_Static_assert(HEAD_BYTES + BLOCK_BYTES * (1 + RUNNING) <= HR_S3_STREAM_BYTES_MAX,
               "the header says how much a stream may hold");

/* How long the caller's stop flag may go unseen while a thread fetches. */
#define WAIT_MS 100

enum block_state {
    BLOCK_EMPTY,
    BLOCK_WANTED,  /* by the reader or ahead of it: whoever is free fetches it */
    BLOCK_LOADING, /* its bytes belong to whoever fetches them */
    BLOCK_READY,
    BLOCK_FAILED
};

struct block {
    enum block_state state;
    uint64_t offset;
    size_t size;
    unsigned run;   /* so many blocks before this one were read in a row */
    uint64_t used;  /* the read that touched it last */
    uint8_t *bytes; /* owned */
    size_t capacity;
    struct hr_stop cancel; /* a thread that fetches it shall stop */
    struct hr_error error;
};

struct s3_stream {
    struct hr_aws *aws;
    struct hr_s3_object object; /* texts owned */
    const struct hr_deadline *deadline;
    char *shown; /* owned; "s3://bucket/key" */
    char etag[128];
    uint64_t size_bytes;
    uint64_t at;    /* where the next read begins; the reader's alone */
    uint64_t reads; /* the reader's alone */

    pthread_mutex_t lock;
    pthread_cond_t changed; /* a block's state, or `closing` */
    struct block blocks[BLOCKS];
    pthread_t threads[AHEAD];
    size_t thread_count;
    size_t thread_idle;
    bool closing;
    struct hr_s3_traffic traffic;
};

static uint64_t end_of(const struct block *block)
{
    return block->offset + block->size;
}

static struct block *find(struct s3_stream *stream, uint64_t at)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        struct block *block = &stream->blocks[i];
        if (block->state != BLOCK_EMPTY && at >= block->offset && at < end_of(block))
            return block;
    }
    return NULL;
}

/* ---- fetching one block ---- */

static enum hr_status explain(const struct s3_stream *stream, const struct block *block, enum hr_status status,
                              struct hr_error *error)
{
    if (status == HR_ERR_CONFLICT)
        return hr_error_set(error, status, "'%s' was replaced by another object while it was being read",
                            stream->shown);
    if (status == HR_ERR_NOT_FOUND)
        return hr_error_set(error, status, "'%s' was removed while it was being read", stream->shown);
    return hr_error_prefix(error, "reading '%s' at byte %llu", stream->shown, (unsigned long long)block->offset);
}

static enum hr_status make_room(struct block *block, struct hr_error *error)
{
    if (block->capacity >= block->size)
        return HR_OK;
    free(block->bytes);
    block->bytes = malloc(block->size);
    block->capacity = block->bytes != NULL ? block->size : 0;
    if (block->bytes == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu bytes", block->size);
    return HR_OK;
}

/* Without the lock: the block is BLOCK_LOADING. */
static enum hr_status fetch(const struct s3_stream *stream, struct block *block, const struct hr_deadline *deadline,
                            struct hr_error *error)
{
    struct hr_s3_range range = {.offset_bytes = block->offset,
                                .size_bytes = block->size,
                                .if_match = stream->etag[0] != '\0' ? stream->etag : NULL};
    size_t got = 0;
    enum hr_status status = make_room(block, error);
    if (status == HR_OK)
        status = hr_s3_get_range(stream->aws, &stream->object, &range, deadline, block->bytes, &got, NULL, error);
    if (status == HR_END || (status == HR_OK && got != block->size))
        status = hr_error_set(error, HR_ERR_IO, "the server sent %zu bytes of %zu", got, block->size);
    return status == HR_OK ? HR_OK : explain(stream, block, status, error);
}

/* Under the lock, which is given up meanwhile. */
static void load(struct s3_stream *stream, struct block *block, const struct hr_deadline *deadline)
{
    block->state = BLOCK_LOADING;
    pthread_mutex_unlock(&stream->lock);
    struct hr_error error;
    enum hr_status status = fetch(stream, block, deadline, &error);
    pthread_mutex_lock(&stream->lock);
    if (status == HR_OK) {
        block->state = BLOCK_READY;
        stream->traffic.requests++;
        stream->traffic.bytes += block->size;
    } else if (hr_stop_requested(&block->cancel)) {
        block->state = BLOCK_EMPTY; /* nobody wants it any more, nor its error */
    } else {
        block->state = BLOCK_FAILED;
        block->error = error;
    }
    pthread_cond_broadcast(&stream->changed);
}

/* ---- fetching ahead ---- */

static struct block *next_wanted(struct s3_stream *stream)
{
    struct block *next = NULL;
    for (size_t i = 0; i < BLOCKS; i++) {
        struct block *block = &stream->blocks[i];
        if (block->state == BLOCK_WANTED && (next == NULL || block->offset < next->offset))
            next = block;
    }
    return next;
}

static void *fetch_ahead(void *context)
{
    struct s3_stream *stream = context;
    pthread_mutex_lock(&stream->lock);
    while (!stream->closing) {
        struct block *block = next_wanted(stream);
        if (block == NULL) {
            stream->thread_idle++;
            pthread_cond_wait(&stream->changed, &stream->lock);
            stream->thread_idle--;
            continue;
        }
        /* The caller's time limit, but a stop flag of the block's own: the reader sees to the
         * caller's. */
        struct hr_deadline deadline = {
            .clock = hr_clock_system(), .at_monotonic_us = INT64_MAX, .stop = &block->cancel};
        if (stream->deadline != NULL) {
            deadline.clock = stream->deadline->clock;
            deadline.at_monotonic_us = stream->deadline->at_monotonic_us;
        }
        load(stream, block, &deadline);
    }
    pthread_mutex_unlock(&stream->lock);
    return NULL;
}

/* Without a thread the reader fetches the block itself, when it gets there. */
static void want(struct s3_stream *stream, struct block *block)
{
    block->state = BLOCK_WANTED;
    if (stream->thread_idle > 0)
        pthread_cond_broadcast(&stream->changed);
    else if (stream->thread_count < AHEAD &&
             pthread_create(&stream->threads[stream->thread_count], NULL, fetch_ahead, stream) == 0)
        stream->thread_count++;
}

/* ---- which blocks there are ---- */

/* The block that was touched least recently; NULL: all are being fetched or in use by this read. */
static struct block *least_used(struct s3_stream *stream)
{
    struct block *found = NULL;
    for (size_t i = FIRST_RUNNING; i < BLOCKS; i++) {
        struct block *block = &stream->blocks[i];
        if (block->state == BLOCK_EMPTY)
            return block;
        if (block->state != BLOCK_LOADING && block->used < stream->reads &&
            (found == NULL || block->used < found->used))
            found = block;
    }
    return found;
}

/* How many blocks end in a row where `at` begins. */
static unsigned run_before(const struct s3_stream *stream, uint64_t at)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        const struct block *block = &stream->blocks[i];
        if (block->state != BLOCK_EMPTY && end_of(block) == at)
            return block->run + 1;
    }
    return 0;
}

/* How far a block from `at` on may go until another one begins or the object ends. */
static uint64_t room_after(const struct s3_stream *stream, uint64_t at)
{
    uint64_t end = stream->size_bytes;
    for (size_t i = 0; i < BLOCKS; i++) {
        const struct block *block = &stream->blocks[i];
        if (block->state != BLOCK_EMPTY && block->offset > at && block->offset < end)
            end = block->offset;
    }
    return end - at;
}

/* A block from `at` on, of which nothing is there; not yet wanted. NULL when there is none free. */
static struct block *claim(struct s3_stream *stream, uint64_t at)
{
    unsigned run = run_before(stream, at);
    uint64_t room = room_after(stream, at);
    bool to_tail = run == 0 && room <= BLOCK_BYTES && at + room == stream->size_bytes;
    struct block *block = to_tail ? &stream->blocks[TAIL] : least_used(stream);
    if (block == NULL)
        return NULL;
    size_t size = run >= 2 || to_tail ? BLOCK_BYTES : HEAD_BYTES << run;
    block->offset = at;
    block->size = room < size ? (size_t)room : size;
    block->run = run;
    block->used = stream->reads;
    atomic_store(&block->cancel.requested, false);
    return block;
}

/* The reader went elsewhere: what was fetched ahead of its old place is not wanted any more. */
static void forget_ahead(struct s3_stream *stream)
{
    for (size_t i = FIRST_RUNNING; i < BLOCKS; i++) {
        struct block *block = &stream->blocks[i];
        if (block->state == BLOCK_WANTED)
            block->state = BLOCK_EMPTY;
        else if (block->state == BLOCK_LOADING)
            atomic_store(&block->cancel.requested, true);
    }
}

static void look_ahead(struct s3_stream *stream, const struct block *block)
{
    if (block->run == 0)
        return;
    uint64_t at = end_of(block);
    for (int i = 0; i < AHEAD && at < stream->size_bytes; i++) {
        struct block *next = find(stream, at);
        if (next == NULL) {
            next = claim(stream, at);
            if (next == NULL)
                return;
            want(stream, next);
        }
        next->used = stream->reads;
        at = end_of(next);
    }
}

/* ---- the reader ---- */

static void wait_a_while(struct s3_stream *stream)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&stream->changed, &stream->lock, &until);
}

/* Under the lock: the block with the byte at `at`, ready; waits for it, or fetches it here. */
static enum hr_status bring(struct s3_stream *stream, uint64_t at, struct block **out, struct hr_error *error)
{
    for (;;) {
        struct block *block = find(stream, at);
        if (block == NULL) {
            if (run_before(stream, at) == 0)
                forget_ahead(stream);
            block = claim(stream, at);
            if (block == NULL)
                return hr_error_set(error, HR_ERR_INTERNAL, "no block is left to read into");
            block->state = BLOCK_WANTED;
        }
        block->used = stream->reads;
        if (block->state == BLOCK_FAILED) {
            block->state = BLOCK_EMPTY;
            if (error != NULL)
                *error = block->error;
            return block->error.code;
        }
        bool mine = block->state == BLOCK_WANTED;
        if (mine)
            block->state = BLOCK_LOADING; /* before a thread that look_ahead wakes takes it */
        look_ahead(stream, block);
        if (block->state == BLOCK_READY) {
            *out = block;
            return HR_OK;
        }
        if (mine)
            load(stream, block, stream->deadline);
        else if (hr_deadline_passed(stream->deadline))
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped while reading '%s'", stream->shown);
        else
            wait_a_while(stream);
    }
}

static enum hr_status stream_read(void *context, void *into, size_t size, size_t *got, struct hr_error *error)
{
    struct s3_stream *stream = context;
    if (stream->at >= stream->size_bytes)
        return HR_END;
    if (hr_deadline_passed(stream->deadline))
        return hr_error_set(error, HR_ERR_DEADLINE, "stopped while reading '%s'", stream->shown);
    stream->reads++;
    struct block *block = NULL;
    pthread_mutex_lock(&stream->lock);
    enum hr_status status = bring(stream, stream->at, &block, error);
    if (status == HR_OK && block != NULL) {
        size_t from = (size_t)(stream->at - block->offset), left = block->size - from;
        *got = left < size ? left : size;
        memcpy(into, block->bytes + from, *got);
        stream->at += *got;
    }
    pthread_mutex_unlock(&stream->lock);
    return status;
}

static enum hr_status stream_seek(void *context, uint64_t offset_bytes, struct hr_error *error)
{
    struct s3_stream *stream = context;
    (void)error;
    stream->at = offset_bytes; /* behind the end it reads as the end */
    return HR_OK;
}

/* ---- opening and closing ---- */

static void stream_close(void *context)
{
    struct s3_stream *stream = context;
    pthread_mutex_lock(&stream->lock);
    stream->closing = true;
    forget_ahead(stream);
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    for (size_t i = 0; i < stream->thread_count; i++)
        pthread_join(stream->threads[i], NULL);
    for (size_t i = 0; i < BLOCKS; i++)
        free(stream->blocks[i].bytes);
    pthread_cond_destroy(&stream->changed);
    pthread_mutex_destroy(&stream->lock);
    free((char *)stream->object.bucket);
    free((char *)stream->object.key);
    free((char *)stream->object.version_id);
    free(stream->shown);
    free(stream);
}

static bool copy_object(struct s3_stream *stream, const struct hr_s3_object *object)
{
    const char *version = object->version_id;
    stream->object = (struct hr_s3_object){.bucket = strdup(object->bucket),
                                           .key = strdup(object->key),
                                           .version_id = version != NULL ? strdup(version) : NULL};
    if (asprintf(&stream->shown, "s3://%s/%s", object->bucket, object->key) < 0)
        stream->shown = NULL;
    return stream->object.bucket != NULL && stream->object.key != NULL && stream->shown != NULL &&
           (version == NULL || stream->object.version_id != NULL);
}

/* The condition waits by the clock that nobody sets. */
static bool init_waiting(struct s3_stream *stream)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&stream->changed, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    if (good && pthread_mutex_init(&stream->lock, NULL) == 0)
        return true;
    if (good)
        pthread_cond_destroy(&stream->changed);
    return false;
}

/* The first range tells everything about the object: no other request is made for that. */
static enum hr_status read_head(struct s3_stream *stream, struct hr_error *error)
{
    struct block *head = &stream->blocks[HEAD];
    struct hr_s3_range range = {.size_bytes = HEAD_BYTES};
    struct hr_s3_info info = {0};
    size_t got = 0;
    head->size = HEAD_BYTES;
    enum hr_status status = make_room(head, error);
    if (status == HR_OK)
        status =
            hr_s3_get_range(stream->aws, &stream->object, &range, stream->deadline, head->bytes, &got, &info, error);
    stream->traffic.requests += status == HR_OK || status == HR_END;
    if (status == HR_END) /* an empty object */
        return HR_OK;
    if (status != HR_OK)
        return hr_error_prefix(error, "opening '%s'", stream->shown);
    uint64_t wanted = info.size_bytes < HEAD_BYTES ? info.size_bytes : HEAD_BYTES;
    if (got != wanted)
        return hr_error_set(error, HR_ERR_IO, "opening '%s': the server sent %zu bytes of the first %llu",
                            stream->shown, got, (unsigned long long)wanted);
    memcpy(stream->etag, info.etag, sizeof stream->etag);
    stream->size_bytes = info.size_bytes;
    stream->traffic.bytes = got;
    head->size = got;
    head->state = BLOCK_READY;
    return HR_OK;
}

enum hr_status hr_s3_stream_open(struct hr_stream *out, struct hr_aws *aws, const struct hr_s3_object *object,
                                 const struct hr_deadline *deadline, struct hr_error *error)
{
    *out = (struct hr_stream){0};
    struct s3_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL || !init_waiting(stream)) {
        free(stream);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to open 's3://%s/%s'", object->bucket, object->key);
    }
    stream->aws = aws;
    stream->deadline = deadline;
    enum hr_status status = HR_OK;
    if (!copy_object(stream, object))
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory to open 's3://%s/%s'", object->bucket, object->key);
    if (status == HR_OK)
        status = read_head(stream, error);
    if (status != HR_OK) {
        stream_close(stream);
        return status;
    }
    *out = (struct hr_stream){stream_read, stream_seek, stream_close, stream->size_bytes, stream};
    return HR_OK;
}

struct hr_s3_traffic hr_s3_stream_traffic(const struct hr_stream *stream)
{
    if (stream->read != stream_read)
        return (struct hr_s3_traffic){0};
    struct s3_stream *of = stream->context;
    pthread_mutex_lock(&of->lock);
    struct hr_s3_traffic traffic = of->traffic;
    pthread_mutex_unlock(&of->lock);
    return traffic;
}

const char *hr_s3_stream_etag(const struct hr_stream *stream)
{
    if (stream->read != stream_read)
        return NULL;
    const struct s3_stream *of = stream->context;
    return of->etag;
}
