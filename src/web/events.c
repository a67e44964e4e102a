#include "web/events.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Most pages that listen at once; events that are kept for who comes back; how often a quiet stream says that it is
 * there, so that nobody between cuts it. */
enum { STREAMS_MAX = 200, KEPT = 256, LINE_SIZE = 160, CLASS_SIZE = 256, BREATH_S = 15 };
#define STREAM_US (INT64_C(3600) * 1000000)

struct stream {
    struct hr_events *events;
    struct MHD_Connection *connection;
    struct hr_events_reader reader;
    int64_t begun_us;
    bool ended;           /* he may see something else from `last` on */
    uint64_t last;        /* the event that it is given last */
    uint64_t next;        /* the event that it is given next */
    bool waits;           /* the connection is suspended */
    bool breathes;        /* a comment is due */
    char rest[LINE_SIZE]; /* of a line that did not fit */
    size_t rest_size, rest_at;
};

struct hr_events {
    pthread_mutex_t lock;
    pthread_cond_t over;
    pthread_t thread; /* lets quiet streams breathe */
    bool ended;
    uint64_t count;  /* events told so far; their ids begin with 1 */
    uint64_t rights; /* how often somebody's have changed */
    char lines[KEPT][LINE_SIZE];
    char classes[KEPT][CLASS_SIZE]; /* of the lines */
    struct stream *streams[STREAMS_MAX];
    size_t stream_count;
};

static void wake_all(struct hr_events *events)
{
    for (size_t i = 0; i < events->stream_count; i++)
        if (events->streams[i]->waits) {
            events->streams[i]->waits = false;
            MHD_resume_connection(events->streams[i]->connection);
        }
}

static void *breathe(void *context)
{
    struct hr_events *events = context;
    pthread_mutex_lock(&events->lock);
    while (!events->ended) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += BREATH_S;
        pthread_cond_timedwait(&events->over, &events->lock, &until);
        for (size_t i = 0; i < events->stream_count; i++)
            events->streams[i]->breathes = true;
        wake_all(events);
    }
    pthread_mutex_unlock(&events->lock);
    return NULL;
}

enum hr_status hr_events_new(struct hr_events **out, struct hr_error *error)
{
    struct hr_events *events = calloc(1, sizeof *events);
    *out = NULL;
    if (events == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for events");
    pthread_mutex_init(&events->lock, NULL);
    pthread_cond_init(&events->over, NULL);
    int code = pthread_create(&events->thread, NULL, breathe, events);
    if (code != 0) {
        free(events);
        return hr_error_set_errno(error, code, "starting a thread");
    }
    *out = events;
    return HR_OK;
}

void hr_events_end(struct hr_events *events)
{
    if (events == NULL)
        return;
    pthread_mutex_lock(&events->lock);
    bool ended = events->ended;
    events->ended = true;
    pthread_cond_broadcast(&events->over);
    wake_all(events);
    pthread_mutex_unlock(&events->lock);
    if (!ended)
        pthread_join(events->thread, NULL);
}

void hr_events_free(struct hr_events *events)
{
    if (events == NULL)
        return;
    hr_events_end(events);
    pthread_cond_destroy(&events->over);
    pthread_mutex_destroy(&events->lock);
    free(events);
}

void hr_events_tell(struct hr_events *events, const char *class_id, const char *kind, const char *id)
{
    char plain[64];
    size_t length = 0;
    for (; id[length] != '\0' && length < sizeof plain - 1; length++)
        plain[length] = (unsigned char)id[length] < ' ' || strchr("\"\\", id[length]) != NULL ? '_' : id[length];
    plain[length] = '\0';
    pthread_mutex_lock(&events->lock);
    events->count++;
    snprintf(events->lines[events->count % KEPT], LINE_SIZE,
             "id: %llu\nevent: change\ndata: {\"kind\":\"%s\",\"id\":\"%s\"}\n\n", (unsigned long long)events->count,
             kind, plain);
    snprintf(events->classes[events->count % KEPT], CLASS_SIZE, "%s", class_id);
    wake_all(events);
    pthread_mutex_unlock(&events->lock);
}

void hr_events_tell_key(struct hr_events *events, const char *class_id, const char *kind, int64_t key)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)key);
    hr_events_tell(events, class_id, kind, text);
}

uint64_t hr_events_rights(struct hr_events *events)
{
    pthread_mutex_lock(&events->lock);
    uint64_t rights = events->rights;
    pthread_mutex_unlock(&events->lock);
    return rights;
}

void hr_events_rights_changed(struct hr_events *events, int64_t account)
{
    pthread_mutex_lock(&events->lock);
    events->rights++;
    for (size_t i = 0; i < events->stream_count; i++)
        if ((account == 0 || events->streams[i]->reader.account == account) && !events->streams[i]->ended) {
            events->streams[i]->ended = true;
            events->streams[i]->last = events->count;
        }
    wake_all(events);
    pthread_mutex_unlock(&events->lock);
}

/* --- streams --- */

static bool may_see(const struct hr_events_reader *reader, const char *class_id)
{
    struct hr_view all = hr_buffer_view(&reader->classes);
    for (size_t at = 0; !reader->all && at < all.size; at += strlen((const char *)all.data + at) + 1)
        if (strcmp((const char *)all.data + at, class_id) == 0)
            return true;
    return reader->all;
}

/* The next line, if there is one. Under the lock. */
static bool take_line(struct stream *stream)
{
    struct hr_events *events = stream->events;
    stream->rest_at = 0;
    if (stream->next <= events->count && events->count - stream->next >= KEPT)
        stream->next = events->count; /* what is too long ago is lost: the page asks for everything anew */
    uint64_t last = stream->ended ? stream->last : events->count;
    while (stream->next <= last && !may_see(&stream->reader, events->classes[stream->next % KEPT]))
        stream->next++;
    if (stream->next <= last) {
        memcpy(stream->rest, events->lines[stream->next++ % KEPT], LINE_SIZE);
    } else if (stream->breathes && !stream->ended) {
        memcpy(stream->rest, ":\n\n", 4);
    } else {
        return false;
    }
    stream->breathes = false;
    stream->rest_size = strlen(stream->rest);
    return true;
}

static ssize_t read_stream(void *context, uint64_t at, char *out, size_t room)
{
    struct stream *stream = context;
    ssize_t size = 0;
    (void)at;
    pthread_mutex_lock(&stream->events->lock);
    if (stream->events->ended || hr_clock_now_us() - stream->begun_us > STREAM_US) {
        size = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (stream->rest_at < stream->rest_size || take_line(stream)) {
        size_t left = stream->rest_size - stream->rest_at;
        size_t count = left < room ? left : room;
        memcpy(out, stream->rest + stream->rest_at, count);
        stream->rest_at += count;
        size = (ssize_t)count;
    } else if (stream->ended) {
        size = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->waits = true;
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&stream->events->lock);
    return size;
}

static void free_stream(void *context)
{
    struct stream *stream = context;
    struct hr_events *events = stream->events;
    pthread_mutex_lock(&events->lock);
    for (size_t i = 0; i < events->stream_count; i++)
        if (events->streams[i] == stream)
            events->streams[i--] = events->streams[--events->stream_count];
    pthread_mutex_unlock(&events->lock);
    hr_buffer_clear(&stream->reader.classes);
    free(stream);
}

struct MHD_Response *hr_events_stream(struct hr_events *events, struct MHD_Connection *connection, const char *last_id,
                                      struct hr_events_reader *reader)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->events = events;
    stream->connection = connection;
    stream->begun_us = hr_clock_now_us();
    stream->breathes = true; /* the headers go out with it */
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, stream, free_stream);
    if (response == NULL) {
        free(stream);
        return NULL;
    }
    stream->reader = *reader;
    hr_buffer_init(&reader->classes, 0);
    pthread_mutex_lock(&events->lock);
    stream->ended = stream->reader.rights != events->rights;
    char *end = NULL;
    uint64_t last = last_id != NULL && *last_id != '\0' ? strtoull(last_id, &end, 10) : events->count;
    stream->next = last < events->count ? last + 1 : events->count + 1;
    bool room = events->stream_count < STREAMS_MAX && !events->ended;
    if (room)
        events->streams[events->stream_count++] = stream;
    pthread_mutex_unlock(&events->lock);
    if (room)
        return response;
    MHD_destroy_response(response);
    return NULL;
}
