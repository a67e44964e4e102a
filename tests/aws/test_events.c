/* Notifications in every envelope that they come in. */
#include "support/check.h"

#include <stdio.h>

#include "aws/events.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/stream.h"

/* As Amazon writes it, with members that nobody asked for. */
#define AMAZON_RECORD(name, key)                                                                                       \
    "{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"awsRegion\":\"us-east-1\","                                \
    "\"eventTime\":\"2026-01-31T12:00:00.000Z\",\"eventName\":\"" name "\","                                           \
    "\"userIdentity\":{\"principalId\":\"A1\"},\"responseElements\":{\"x-amz-id-2\":\"b\"},"                           \
    "\"s3\":{\"s3SchemaVersion\":\"1.0\",\"configurationId\":\"c\",\"bucket\":{\"name\":"                              \
    "\"videos\",\"ownerIdentity\":{\"principalId\":\"A2\"},\"arn\":\"arn:aws:s3:::videos\"},"                          \
    "\"object\":{\"key\":\"" key "\",\"size\":1305107,\"eTag\":"                                                       \
    "\"b21b84d653bb07b05b1e6b33684dc11b\",\"versionId\":\"v7\",\"sequencer\":\"0C0F6F\"}}}"
#define RECORDS(records) "{\"Records\":[" records "]}"

static struct hr_events parse(const char *json)
{
    struct hr_events events;
    struct hr_error error;
    assert_ok(hr_events_parse(&events, hr_view_text(json), &error), &error);
    return events;
}

static void amazons_own_event(void **state)
{
    (void)state;
    struct hr_events events = parse(RECORDS(AMAZON_RECORD("ObjectCreated:Put", "room+1/b%C3%BCro%2B.mp4")));
    assert_int_equal(events.object_count, 1);
    assert_false(events.from_queue);
    const struct hr_event_object *object = &events.objects[0];
    assert_string_equal(object->bucket, "videos");
    assert_string_equal(object->key, "room 1/b\xC3\xBCro+.mp4");
    assert_string_equal(object->etag, "\"b21b84d653bb07b05b1e6b33684dc11b\"");
    assert_string_equal(object->version_id, "v7");
    assert_string_equal(object->sequencer, "0C0F6F");
    assert_int_equal(object->size_bytes, 1305107);
    assert_true(object->created);
    hr_events_clear(&events);
}

static void every_record_is_read(void **state)
{
    (void)state;
    struct hr_events events = parse(RECORDS(AMAZON_RECORD("ObjectCreated:Put", "a.mp4") ","    //
                                            AMAZON_RECORD("ObjectRemoved:Delete", "b.mp4") "," //
                                            AMAZON_RECORD("ObjectCreated:Copy", "c.mp4")));
    assert_int_equal(events.object_count, 3);
    assert_true(events.objects[0].created);
    assert_false(events.objects[1].created);
    assert_true(events.objects[2].created);
    assert_string_equal(events.objects[2].key, "c.mp4");
    hr_events_clear(&events);
}

static void keys_are_decoded_once(void **state)
{
    (void)state;
    static const struct {
        const char *encoded, *plain;
    } keys[] = {{"a+b.mp4", "a b.mp4"},
                {"a%2Bb.mp4", "a+b.mp4"},
                {"100%25.mp4", "100%.mp4"},
                {"a%2525.mp4", "a%25.mp4"},
                {"a%27%22%24%28rm%29%3B.mp4", "a'\"$(rm);.mp4"},
                {"dir%2Fsub%2Fa.mp4", "dir/sub/a.mp4"},
                {"%E2%98%83.mp4", "\xE2\x98\x83.mp4"}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char json[512];
        snprintf(json, sizeof json,
                 "{\"Records\":[{\"eventVersion\":\"2.2\",\"eventName\":\"ObjectCreated:Put\","
                 "\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"%s\"}}}]}",
                 keys[i].encoded);
        struct hr_events events = parse(json);
        assert_string_equal(events.objects[0].key, keys[i].plain);
        assert_int_equal(events.objects[0].size_bytes, HR_STREAM_SIZE_UNKNOWN);
        assert_string_equal(events.objects[0].etag, "");
        hr_events_clear(&events);
    }
}

static void minios_event(void **state)
{
    (void)state;
    struct hr_events events =
        parse("{\"EventName\":\"s3:ObjectCreated:Put\",\"Key\":\"in/a+dir/x.mp4\",\"Records\":[{"
              "\"eventVersion\":\"2.0\",\"eventSource\":\"minio:s3\",\"eventName\":"
              "\"s3:ObjectCreated:CompleteMultipartUpload\",\"s3\":{\"bucket\":{\"name\":\"in\"},"
              "\"object\":{\"key\":\"a+dir%2Fx%2B1.mp4\",\"size\":5,\"eTag\":\"\\\"e\\\"\","
              "\"contentType\":\"video/mp4\",\"userMetadata\":{}}},\"source\":{\"host\":\"\"}}]}");
    assert_int_equal(events.object_count, 1);
    assert_true(events.objects[0].created);
    assert_string_equal(events.objects[0].key, "a dir/x+1.mp4");
    assert_string_equal(events.objects[0].etag, "\"e\"");
    hr_events_clear(&events);
}

static void a_test_event_holds_nothing(void **state)
{
    (void)state;
    struct hr_events events = parse("{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Bucket\":\"videos\"}");
    assert_int_equal(events.object_count, 0);
    assert_int_equal(events.message_count, 1);
    hr_events_clear(&events);
}

/* A JSON text as a JSON string, so that envelopes can be put around it. */
static void append_quoted(struct hr_buffer *out, const char *text)
{
    struct hr_json *value = hr_json_text_new(text);
    struct hr_error error;
    assert_ok(hr_json_write(value, false, out, &error), &error);
    hr_json_free(value);
}

static void append_queue_message(struct hr_buffer *out, const char *id, const char *body)
{
    if (out->size > 0)
        hr_buffer_append_text(out, ",");
    hr_buffer_append_format(out,
                            "{\"messageId\":\"%s\",\"eventSource\":\"aws:sqs\",\"attributes\":"
                            "{\"ApproximateReceiveCount\":\"3\"},\"body\":",
                            id);
    append_quoted(out, body);
    hr_buffer_append_text(out, "}");
}

static void a_queue_of_messages_some_of_them_bad(void **state)
{
    (void)state;
    struct hr_buffer records, event, topic;
    hr_buffer_init(&records, 65536);
    hr_buffer_init(&event, 65536);
    hr_buffer_init(&topic, 65536);
    append_queue_message(&records, "m1", RECORDS(AMAZON_RECORD("ObjectCreated:Put", "a.mp4")));
    append_queue_message(&records, "m2", "good morning");
    append_queue_message(&records, "m3",
                         RECORDS(AMAZON_RECORD("ObjectCreated:Put", "b.mp4") ","
                                                                             "{\"eventVersion\":\"2.1\"}"));
    hr_buffer_append_text(&topic, "{\"Type\":\"Notification\",\"MessageId\":\"x\",\"Message\":");
    append_quoted(&topic, RECORDS(AMAZON_RECORD("ObjectCreated:Put", "c+c.mp4")));
    hr_buffer_append_text(&topic, "}");
    append_queue_message(&records, "m4", hr_buffer_text(&topic));
    append_queue_message(&records, "m5", "{\"Event\":\"s3:TestEvent\"}");
    hr_buffer_append_format(&event, "{\"Records\":[%s]}", hr_buffer_text(&records));

    struct hr_events events = parse(hr_buffer_text(&event));
    assert_true(events.from_queue);
    assert_int_equal(events.message_count, 5);
    assert_int_equal(events.object_count, 2);
    assert_string_equal(events.objects[0].key, "a.mp4");
    assert_int_equal(events.objects[0].message, 0);
    assert_string_equal(events.objects[1].key, "c c.mp4");
    assert_int_equal(events.objects[1].message, 3);
    assert_string_equal(events.messages[1].id, "m2");
    assert_int_equal(events.messages[0].receive_count, 3);
    const enum hr_status expected[] = {HR_OK, HR_ERR_FORMAT, HR_ERR_FORMAT, HR_OK, HR_OK};
    for (int i = 0; i < 5; i++)
        assert_int_equal(events.messages[i].status, expected[i]);
    assert_true(events.messages[1].reason[0] != '\0');
    hr_events_clear(&events);
    hr_buffer_clear(&records);
    hr_buffer_clear(&event);
    hr_buffer_clear(&topic);
}

static void a_topic_without_a_queue(void **state)
{
    (void)state;
    struct hr_buffer event;
    hr_buffer_init(&event, 65536);
    hr_buffer_append_text(&event, "{\"Records\":[{\"EventSource\":\"aws:sns\",\"Sns\":"
                                  "{\"Type\":\"Notification\",\"Message\":");
    append_quoted(&event, RECORDS(AMAZON_RECORD("ObjectCreated:Put", "a.mp4")));
    hr_buffer_append_text(&event, "}}]}");
    struct hr_events events = parse(hr_buffer_text(&event));
    assert_int_equal(events.object_count, 1);
    assert_false(events.from_queue);
    hr_events_clear(&events);
    hr_buffer_clear(&event);
}

/* EventBridge does not encode keys. */
static void eventbridges_event(void **state)
{
    (void)state;
    struct hr_events events =
        parse("{\"version\":\"0\",\"source\":\"aws.s3\",\"detail-type\":\"Object Created\","
              "\"detail\":{\"version\":\"0\",\"bucket\":{\"name\":\"videos\"},\"object\":{\"key\":"
              "\"a+b %2F.mp4\",\"size\":7,\"etag\":\"e1\",\"version-id\":\"v1\","
              "\"sequencer\":\"1\"},\"reason\":\"PutObject\"}}");
    assert_int_equal(events.object_count, 1);
    assert_string_equal(events.objects[0].key, "a+b %2F.mp4");
    assert_string_equal(events.objects[0].etag, "\"e1\"");
    assert_string_equal(events.objects[0].version_id, "v1");
    assert_true(events.objects[0].created);
    hr_events_clear(&events);
    events = parse("{\"detail-type\":\"Object Deleted\",\"detail\":{\"bucket\":{\"name\":\"v\"},"
                   "\"object\":{\"key\":\"a\"}}}");
    assert_false(events.objects[0].created);
    hr_events_clear(&events);
}

static void what_is_no_notification_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "7",
        "{}",
        "{\"Records\":7}",
        RECORDS("{}"),
        RECORDS("{\"eventVersion\":\"3.0\",\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{"
                "\"key\":\"k\"}}}"),
        RECORDS("{\"eventVersion\":\"2.1\",\"s3\":{\"bucket\":{\"name\":\"b\"}}}"),
        RECORDS(AMAZON_RECORD("ObjectCreated:Put", "bad%2")),
        RECORDS(AMAZON_RECORD("ObjectCreated:Put", "nul%00")),
        "{\"Type\":\"Notification\",\"Message\":\"{\\\"Type\\\":\\\"Notification\\\"}\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct hr_events events;
        struct hr_error error;
        enum hr_status status = hr_events_parse(&events, hr_view_text(texts[i]), &error);
        if (status != HR_ERR_FORMAT && status != HR_ERR_UNSUPPORTED)
            fail_msg("'%s' gives %s", texts[i], hr_status_name(status));
        assert_null(events.objects);
    }
}

/* A limit is a limit, not a machine that is short of memory. */
static void an_event_of_too_many_objects_says_the_limit(void **state)
{
    (void)state;
    static const char record[] = "{\"eventVersion\":\"2.1\",\"eventName\":\"ObjectCreated:Put\",\"s3\":"
                                 "{\"bucket\":{\"name\":\"v\"},\"object\":{\"key\":\"a.mp4\",\"size\":1}}}";
    for (size_t more = 0; more < 2; more++) {
        struct hr_buffer json;
        struct hr_events events;
        struct hr_error error = {0};
        hr_buffer_init(&json, SIZE_MAX / 2);
        hr_buffer_append_text(&json, "{\"Records\":[");
        for (size_t i = 0; i < HR_EVENTS_OBJECTS_MAX + more; i++)
            hr_buffer_append_format(&json, "%s%s", i > 0 ? "," : "", record);
        hr_buffer_append_text(&json, "]}");
        enum hr_status status = hr_events_parse(&events, hr_buffer_view(&json), &error);
        if (more == 0) {
            assert_ok(status, &error);
            assert_int_equal(events.object_count, HR_EVENTS_OBJECTS_MAX);
        } else {
            assert_error(status, HR_ERR_LIMIT, &error, "20000 objects");
        }
        hr_events_clear(&events);
        hr_buffer_clear(&json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amazons_own_event),
        cmocka_unit_test(every_record_is_read),
        cmocka_unit_test(keys_are_decoded_once),
        cmocka_unit_test(minios_event),
        cmocka_unit_test(a_test_event_holds_nothing),
        cmocka_unit_test(a_queue_of_messages_some_of_them_bad),
        cmocka_unit_test(a_topic_without_a_queue),
        cmocka_unit_test(eventbridges_event),
        cmocka_unit_test(what_is_no_notification_is_refused),
        cmocka_unit_test(an_event_of_too_many_objects_says_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
