#include "aws/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/uri.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/stream.h"

static const char *text_of(const struct hr_json *object, const char *key)
{
    const char *text = hr_json_text(hr_json_get(object, key));
    return text != NULL ? text : "";
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for an event");
}

static void clear_object(struct hr_event_object *object)
{
    free(object->bucket);
    free(object->key);
    free(object->version_id);
    free(object->etag);
    free(object->sequencer);
}

void hr_events_clear(struct hr_events *events)
{
    for (size_t i = 0; i < events->object_count; i++)
        clear_object(&events->objects[i]);
    for (size_t i = 0; i < events->message_count; i++)
        free(events->messages[i].id);
    free(events->objects);
    free(events->messages);
    *events = (struct hr_events){0};
}

/* S3 sends the bare digits, some servers quote them. */
static char *quoted(const char *etag)
{
    size_t length = strlen(etag);
    if (length == 0 || etag[0] == '"')
        return strdup(etag);
    char *text = malloc(length + 3);
    if (text != NULL)
        snprintf(text, length + 3, "\"%s\"", etag);
    return text;
}

/* `form`: keys of S3's own events are encoded like a form, EventBridge's are not encoded. */
static char *decoded_key(const char *key, bool form, struct hr_error *error)
{
    if (!form)
        return strdup(key);
    struct hr_buffer plain;
    hr_buffer_init(&plain, HR_LIMIT_S3_KEY_BYTES);
    char *copy = NULL;
    if (hr_uri_decode(&plain, hr_view_text(key), true, error) == HR_OK && hr_buffer_check(&plain, error) == HR_OK)
        copy = strdup(hr_buffer_text(&plain));
    else
        hr_error_prefix(error, "the object's key");
    hr_buffer_clear(&plain);
    return copy;
}

/* An entry more, zeroed; NULL with an error. */
static struct hr_event_object *append_object(struct hr_events *events, struct hr_error *error)
{
    if (events->object_count >= HR_EVENTS_OBJECTS_MAX) {
        (void)!hr_error_set(error, HR_ERR_LIMIT, "the event names more than %d objects, which is the limit",
                            HR_EVENTS_OBJECTS_MAX);
        return NULL;
    }
    size_t count = events->object_count;
    if ((count & (count - 1)) == 0) { /* room for 1, 2, 4, 8 ... is full */
        struct hr_event_object *more = realloc(events->objects, (count > 0 ? 2 * count : 1) * sizeof *more);
        if (more == NULL) {
            (void)!no_memory(error);
            return NULL;
        }
        events->objects = more;
    }
    events->objects[count] = (struct hr_event_object){0};
    events->object_count++;
    return &events->objects[count];
}

/* `bucket` and `object` as both S3 and EventBridge write them, but for the key and the ETag. */
static enum hr_status add_object(struct hr_events *events, const struct hr_json *bucket, const struct hr_json *object,
                                 bool form, bool created, struct hr_error *error)
{
    const char *bucket_name = text_of(bucket, "name"), *key = text_of(object, "key");
    if (bucket_name[0] == '\0' || key[0] == '\0')
        return hr_error_set(error, HR_ERR_FORMAT, "a record without bucket or key");
    const struct hr_json *size = hr_json_get(object, "size");
    struct hr_event_object *out = append_object(events, error);
    if (out == NULL)
        return error->code;
    hr_error_set(error, HR_ERR_MEMORY, "no memory for an event");
    out->bucket = strdup(bucket_name);
    out->key = decoded_key(key, form, error);
    out->version_id = strdup(text_of(object, form ? "versionId" : "version-id"));
    out->etag = quoted(text_of(object, form ? "eTag" : "etag"));
    out->sequencer = strdup(text_of(object, "sequencer"));
    out->size_bytes = hr_json_type(size) == HR_JSON_INTEGER && hr_json_integer(size) >= 0
                          ? (uint64_t)hr_json_integer(size)
                          : HR_STREAM_SIZE_UNKNOWN;
    out->created = created;
    out->message = events->message_count - 1;
    if (out->bucket == NULL || out->key == NULL || out->version_id == NULL || out->etag == NULL ||
        out->sequencer == NULL) {
        clear_object(out);
        events->object_count--;
        return error->code;
    }
    return HR_OK;
}

/* "ObjectCreated:Put"; MinIO has "s3:" in front. */
static bool is_creation(const char *name)
{
    if (strncmp(name, "s3:", 3) == 0)
        name += 3;
    return strncmp(name, "ObjectCreated:", strlen("ObjectCreated:")) == 0;
}

static enum hr_status add_s3_record(struct hr_events *events, const struct hr_json *record, struct hr_error *error)
{
    /* Amazon's rule: the same major version, any minor one. */
    const char *version = text_of(record, "eventVersion");
    if (strncmp(version, "2.", 2) != 0)
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "event version '%s' is not 2.x", version);
    const struct hr_json *s3 = hr_json_get(record, "s3");
    return add_object(events, hr_json_get(s3, "bucket"), hr_json_get(s3, "object"), true,
                      is_creation(text_of(record, "eventName")), error);
}

static enum hr_status read_notification(struct hr_events *events, const struct hr_json *event, int depth,
                                        struct hr_error *error);

/* A notification as a text inside another one. */
static enum hr_status read_text(struct hr_events *events, const char *text, int depth, struct hr_error *error)
{
    struct hr_json *inner = NULL;
    enum hr_status status = hr_json_parse(&inner, hr_view_text(text), error);
    if (status == HR_OK)
        status = read_notification(events, inner, depth + 1, error);
    hr_json_free(inner);
    return status;
}

static enum hr_status read_records(struct hr_events *events, const struct hr_json *records, int depth,
                                   struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < hr_json_size(records); i++) {
        const struct hr_json *record = hr_json_at(records, i);
        const char *topic = hr_json_text(hr_json_get(hr_json_get(record, "Sns"), "Message"));
        if (topic != NULL)
            status = read_text(events, topic, depth, error);
        else if (hr_json_get(record, "s3") != NULL)
            status = add_s3_record(events, record, error);
        else
            status = hr_error_set(error, HR_ERR_FORMAT, "record %zu is not S3's", i + 1);
    }
    return status;
}

/* What one message holds. Envelopes lie in each other two deep at most. */
static enum hr_status read_notification(struct hr_events *events, const struct hr_json *event, int depth,
                                        struct hr_error *error)
{
    enum { DEPTH_MAX = 3 };
    if (depth > DEPTH_MAX)
        return hr_error_set(error, HR_ERR_FORMAT, "envelopes in envelopes, %d deep", depth);
    const struct hr_json *records = hr_json_get(event, "Records");
    if (hr_json_type(records) == HR_JSON_ARRAY)
        return read_records(events, records, depth, error);
    if (strcmp(text_of(event, "Type"), "Notification") == 0)
        return read_text(events, text_of(event, "Message"), depth, error);
    const struct hr_json *detail = hr_json_get(event, "detail");
    if (hr_json_type(detail) == HR_JSON_OBJECT)
        return add_object(events, hr_json_get(detail, "bucket"), hr_json_get(detail, "object"), false,
                          strcmp(text_of(event, "detail-type"), "Object Created") == 0, error);
    if (strcmp(text_of(event, "Event"), "s3:TestEvent") == 0)
        return HR_OK;
    return hr_error_set(error, HR_ERR_FORMAT, "this is not a notification of S3, SQS, SNS or EventBridge");
}

static struct hr_event_message *append_message(struct hr_events *events, const char *id)
{
    struct hr_event_message *more = realloc(events->messages, (events->message_count + 1) * sizeof *more);
    if (more == NULL)
        return NULL;
    events->messages = more;
    struct hr_event_message *message = &more[events->message_count];
    *message = (struct hr_event_message){.id = strdup(id)};
    if (message->id == NULL)
        return NULL;
    events->message_count++;
    return message;
}

/* A message that makes no sense is marked; its records, if some were read, are dropped. */
static enum hr_status read_message(struct hr_events *events, const struct hr_json *record, struct hr_error *error)
{
    struct hr_event_message *message = append_message(events, text_of(record, "messageId"));
    if (message == NULL)
        return no_memory(error);
    const char *count = text_of(hr_json_get(record, "attributes"), "ApproximateReceiveCount");
    message->receive_count = (unsigned)strtoul(count, NULL, 10);
    size_t before = events->object_count;
    enum hr_status status = read_text(events, text_of(record, "body"), 0, error);
    if (status == HR_OK || status == HR_ERR_MEMORY)
        return status;
    message = &events->messages[events->message_count - 1];
    message->status = status;
    snprintf(message->reason, sizeof message->reason, "%.*s", (int)sizeof message->reason - 1, error->text);
    while (events->object_count > before)
        clear_object(&events->objects[--events->object_count]);
    return HR_OK;
}

static enum hr_status read_event(struct hr_events *events, const struct hr_json *event, struct hr_error *error)
{
    const struct hr_json *records = hr_json_get(event, "Records");
    const struct hr_json *first = hr_json_at(records, 0);
    events->from_queue = strcmp(text_of(first, "eventSource"), "aws:sqs") == 0;
    if (!events->from_queue) {
        if (append_message(events, "") == NULL)
            return no_memory(error);
        return read_notification(events, event, 0, error);
    }
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < hr_json_size(records); i++)
        status = read_message(events, hr_json_at(records, i), error);
    return status;
}

enum hr_status hr_events_parse(struct hr_events *out, struct hr_view json, struct hr_error *error)
{
    *out = (struct hr_events){0};
    struct hr_json *event = NULL;
    enum hr_status status = hr_json_parse(&event, json, error);
    if (status == HR_OK)
        status = read_event(out, event, error);
    hr_json_free(event);
    if (status != HR_OK) {
        hr_events_clear(out);
        return hr_error_prefix(error, "reading the event");
    }
    return HR_OK;
}
