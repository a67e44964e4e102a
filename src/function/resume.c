#include "function/resume.h"

#include "base/json.h"
#include "base/limits.h"

/* As S3 itself would send it. */
static struct hr_json *event_of(const struct hr_resume *resume, struct hr_buffer *key)
{
    struct hr_json *event = hr_json_object_new(), *records = hr_json_array_new(), *record = hr_json_object_new(),
                   *s3 = hr_json_object_new(), *bucket = hr_json_object_new(), *object = hr_json_object_new();
    hr_uri_encode(key, resume->event->key, true);
    bool good = hr_json_set(bucket, "name", hr_json_text_new(resume->event->bucket)) &&
                hr_json_set(object, "key", hr_json_text_new(hr_buffer_text(key))) &&
                hr_json_set(object, "eTag", hr_json_text_new(resume->etag)) &&
                hr_json_set(object, "sequencer", hr_json_text_new(resume->event->sequencer));
    good = hr_json_set(s3, "bucket", bucket) && good;
    good = hr_json_set(s3, "object", object) && good;
    good = hr_json_set(record, "eventVersion", hr_json_text_new("2.1")) && good;
    good = hr_json_set(record, "eventSource", hr_json_text_new("homeroom")) && good;
    good = hr_json_set(record, "eventName", hr_json_text_new("ObjectCreated:Resumed")) && good;
    good = hr_json_set(record, "s3", s3) && good;
    good = hr_json_append(records, record) && good;
    good = hr_json_set(event, "Records", records) && good;
    if (good && !key->failed)
        return event;
    hr_json_free(event);
    return NULL;
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a message");
}

enum hr_status hr_resume_send(const struct hr_resume *resume, struct hr_error *error)
{
    struct hr_buffer key, body;
    hr_buffer_init(&key, 3 * HR_LIMIT_S3_KEY_BYTES);
    hr_buffer_init(&body, 65536);
    struct hr_json *event = event_of(resume, &key), *message = hr_json_object_new(), *answer = NULL;
    enum hr_status status = event != NULL ? hr_json_write(event, false, &body, error) : no_memory(error);
    if (status == HR_OK && (!hr_json_set(message, "QueueUrl", hr_json_text_new(resume->queue_url)) ||
                            !hr_json_set(message, "MessageBody", hr_json_text_new(hr_buffer_text(&body)))))
        status = no_memory(error);
    /* Twice would do no harm: the second finds the work done or goes on with it. */
    struct hr_aws_json_request request = {.service = HR_AWS_SQS,
                                          .target = "AmazonSQS.SendMessage",
                                          .body = message,
                                          .repeatable = true,
                                          .deadline = resume->deadline};
    if (status == HR_OK)
        status = hr_aws_json_call(resume->aws, &request, &answer, NULL, error);
    hr_json_free(answer);
    hr_json_free(message);
    hr_json_free(event);
    hr_buffer_clear(&key);
    hr_buffer_clear(&body);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "asking to go on later");
}
