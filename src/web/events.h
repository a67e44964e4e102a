/* Server-sent events: what changed, to every page that listens. Inside this room only. */
#ifndef HR_WEB_EVENTS_H
#define HR_WEB_EVENTS_H

#include <stdbool.h>

#include "base/buffer.h"

struct hr_events; /* opaque; any thread */
struct MHD_Response;
struct MHD_Connection;

enum hr_status hr_events_new(struct hr_events **out, struct hr_error *error) HR_MUST_USE;
/* Ends all streams: before the server stops. */
void hr_events_end(struct hr_events *events);
void hr_events_free(struct hr_events *events);

/* `kind`: "task", "lesson" or "class"; no names of people. Told to who may see the class. The last ones are kept for
 * who comes back with Last-Event-ID. */
void hr_events_tell(struct hr_events *events, const char *class_id, const char *kind, const char *id);
void hr_events_tell_key(struct hr_events *events, const char *class_id, const char *kind, int64_t key);

/* Who listens. */
struct hr_events_reader {
    int64_t account;
    bool all;                 /* classes */
    struct hr_buffer classes; /* else these; a zero behind each */
    uint64_t rights;          /* hr_events_rights before they were asked for */
};
uint64_t hr_events_rights(struct hr_events *events);
/* The account (0: every one) may see other classes now, or is signed out: its streams end, and whoever may listen comes
 * back. */
void hr_events_rights_changed(struct hr_events *events, int64_t account);

/* A stream for a connection, with what was told since `last_id` ("" or NULL: from now on). Takes the reader's classes.
 * NULL: there are too many. A stream ends after an hour: whoever may still listen comes back. */
struct MHD_Response *hr_events_stream(struct hr_events *events, struct MHD_Connection *connection, const char *last_id,
                                      struct hr_events_reader *reader);

#endif
