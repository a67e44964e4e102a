/* What tells of videos: S3's notifications, in whatever envelope, as they come from Lambda, SQS and NATS. */
#include "fuzz/target.h"

#include "aws/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_events events = {0};
    struct hr_error error = {0};
    enum hr_status status = hr_events_parse(&events, hr_view_of(data, size), &error);
    if (status != HR_OK) {
        fuzz_check_refusal(status, &error);
        hr_events_clear(&events);
        return 0;
    }
    FUZZ_CHECK(events.object_count <= HR_EVENTS_OBJECTS_MAX && events.message_count > 0);
    for (size_t i = 0; i < events.object_count; i++) {
        const struct hr_event_object *object = &events.objects[i];
        FUZZ_CHECK(object->message < events.message_count);
        FUZZ_CHECK(hr_view_is_utf8(hr_view_text(object->bucket)) && hr_view_is_utf8(hr_view_text(object->key)));
        FUZZ_CHECK(object->etag != NULL && object->version_id != NULL && object->sequencer != NULL);
    }
    for (size_t i = 0; i < events.message_count; i++)
        FUZZ_CHECK(events.messages[i].status == HR_OK || events.messages[i].reason[0] != '\0');
    hr_events_clear(&events);
    return 0;
}
