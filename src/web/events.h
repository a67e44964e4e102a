/* Server-sent events: what changed, to every page that listens. Inside this room only. */
#ifndef HR_WEB_EVENTS_H
#define HR_WEB_EVENTS_H

#include "base/status.h"

struct hr_events; /* opaque; any thread */
struct MHD_Response;
struct MHD_Connection;

enum hr_status hr_events_new(struct hr_events **out, struct hr_error *error) HR_MUST_USE;
/* Ends all streams: before the server stops. */
void hr_events_end(struct hr_events *events);
void hr_events_free(struct hr_events *events);

/* `kind`: "task", "lesson" or "class"; no names of people. The last ones are kept for who comes back with
 * Last-Event-ID. */
void hr_events_tell(struct hr_events *events, const char *kind, const char *id);
void hr_events_tell_key(struct hr_events *events, const char *kind, int64_t key);

/* A stream for a connection, with what was told since `last_id` ("" or NULL: from now on). NULL: there are too many. */
struct MHD_Response *hr_events_stream(struct hr_events *events, struct MHD_Connection *connection, const char *last_id);

#endif
