/* Notifications that an object came into a bucket, in whatever envelope they travel:
 *
 *   S3 itself            {"Records": [{"eventSource": "aws:s3", ...}]}
 *   S3's test            {"Service": "Amazon S3", "Event": "s3:TestEvent"}
 *   in a queue           {"Records": [{"eventSource": "aws:sqs", "messageId", "body": "..."}]}
 *   in a topic           {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "..."}}]}
 *   in a topic in a queue: the body is {"Type": "Notification", "Message": "..."}
 *   EventBridge          {"detail-type": "Object Created", "detail": {"bucket", "object"}}
 *   MinIO                as S3, with "minio:s3" and "s3:ObjectCreated:..."
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 * Unknown members are ignored, as that page asks for. */
#ifndef HR_AWS_EVENTS_H
#define HR_AWS_EVENTS_H

#include "base/status.h"
#include "base/view.h"

/* One object that something happened to. Owned texts, "" where the event does not say. */
struct hr_event_object {
    char *bucket;
    char *key; /* plain UTF-8: the encoding of S3's own events is undone */
    char *version_id;
    char *etag; /* with quotes, as If-Match wants it */
    char *sequencer;
    uint64_t size_bytes; /* HR_STREAM_SIZE_UNKNOWN when not said */
    bool created;        /* false: removed, restored, tagged: not our business */
    size_t message;      /* index of the message it came in */
};

/* A message of a queue, or the whole event when there is no queue. */
struct hr_event_message {
    char *id;               /* "" outside a queue */
    unsigned receive_count; /* 1 when it comes for the first time; 0: not said */
    enum hr_status status;  /* not HR_OK: it cannot be understood */
    char reason[160];
};

struct hr_events {
    struct hr_event_object *objects; /* in the order of the event */
    size_t object_count;
    struct hr_event_message *messages;
    size_t message_count;
    bool from_queue; /* answered with the ids of the messages that failed */
};

/* FORMAT when the event as a whole is no notification; a single message of a queue that is none is
 * marked and the others are read. A test event is understood and holds no object. */
enum hr_status hr_events_parse(struct hr_events *out, struct hr_view json, struct hr_error *error) HR_MUST_USE;
void hr_events_clear(struct hr_events *events); /* safe on a zeroed one */

/* Objects in one event: a queue hands over 10,000 messages at most, S3 one record in each. */
#define HR_EVENTS_OBJECTS_MAX 20000

#endif
