#include "function/continuation.h"

#include <stdio.h>
#include <string.h>

#include "aws/s3.h"
#include "base/json.h"

static struct hr_s3_object object_of(const struct hr_continuation *kept)
{
    return (struct hr_s3_object){.bucket = kept->function->out_bucket, .key = kept->key};
}

enum hr_status hr_continuation_open(struct hr_continuation *kept,
                                    const struct hr_function *function, const char *source,
                                    uint64_t video_bytes, const struct hr_deadline *deadline,
                                    struct hr_error *error)
{
    *kept = (struct hr_continuation){.function = function, .deadline = deadline};
    hr_buffer_init(&kept->state, HR_PART_STATE_BYTES_MAX);
    hr_buffer_init(&kept->part.put_down, HR_PART_STATE_BYTES_MAX);
    /* The name says nothing of the video or its students. */
    snprintf(kept->key, sizeof kept->key, "%s.homeroom/%s.part", function->out_prefix, source);
    if (video_bytes < function->part_min_bytes)
        return HR_OK;
    struct hr_s3_object object = object_of(kept);
    enum hr_status status =
        hr_s3_get(function->aws, &object, NULL, deadline, &kept->state, NULL, error);
    kept->part.state = hr_buffer_view(&kept->state);
    return status == HR_ERR_NOT_FOUND ? HR_OK : status;
}

void hr_continuation_close(struct hr_continuation *kept)
{
    hr_buffer_clear(&kept->state);
    hr_buffer_clear(&kept->part.put_down);
}

bool hr_continuation_is_unusable(const struct hr_continuation *kept, enum hr_status status)
{
    return kept->part.state.size > 0 && kept->part.position_us == 0 &&
           (status == HR_ERR_FORMAT || status == HR_ERR_CONFLICT);
}

void hr_continuation_forget(struct hr_continuation *kept)
{
    kept->part.state = hr_view_of(NULL, 0);
    hr_buffer_clear(&kept->part.put_down);
}

/* The news as S3 itself would send it. */
static struct hr_json *news_again(const struct hr_event_object *news, const char *etag,
                                  struct hr_buffer *key)
{
    struct hr_json *event = hr_json_object_new(), *records = hr_json_array_new(),
                   *record = hr_json_object_new(), *s3 = hr_json_object_new(),
                   *bucket = hr_json_object_new(), *object = hr_json_object_new();
    hr_uri_encode(key, news->key, true);
    bool good = hr_json_set(bucket, "name", hr_json_text_new(news->bucket)) &&
                hr_json_set(object, "key", hr_json_text_new(hr_buffer_text(key))) &&
                hr_json_set(object, "eTag", hr_json_text_new(etag)) &&
                hr_json_set(object, "sequencer", hr_json_text_new(news->sequencer));
    good = hr_json_set(s3, "bucket", bucket) && good;
    good = hr_json_set(s3, "object", object) && good;
    good = hr_json_set(record, "eventVersion", hr_json_text_new("2.1")) && good;
    good = hr_json_set(record, "eventSource", hr_json_text_new("homeroom")) && good;
    good = hr_json_set(record, "eventName", hr_json_text_new("ObjectCreated:PutDown")) && good;
    good = hr_json_set(record, "s3", s3) && good;
    good = hr_json_append(records, record) && good;
    good = hr_json_set(event, "Records", records) && good;
    if (good && !key->failed)
        return event;
    hr_json_free(event);
    return NULL;
}

static enum hr_status send_news(const struct hr_continuation *kept,
                                const struct hr_event_object *news, const char *etag,
                                struct hr_error *error)
{
    struct hr_buffer key, body;
    hr_buffer_init(&key, 3 * HR_LIMIT_S3_KEY_BYTES);
    hr_buffer_init(&body, 65536);
    struct hr_json *event = news_again(news, etag, &key), *message = hr_json_object_new(),
                   *answer = NULL;
    enum hr_status status = event != NULL
                                ? hr_json_write(event, false, &body, error)
                                : hr_error_set(error, HR_ERR_MEMORY, "no memory for a message");
    if (status == HR_OK &&
        (!hr_json_set(message, "QueueUrl", hr_json_text_new(kept->function->queue_url)) ||
         !hr_json_set(message, "MessageBody", hr_json_text_new(hr_buffer_text(&body)))))
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a message");
    /* Twice would do no harm: the second finds the work done or goes on with it. */
    struct hr_aws_json_request request = {.service = HR_AWS_SQS,
                                          .target = "AmazonSQS.SendMessage",
                                          .body = message,
                                          .repeatable = true,
                                          .deadline = kept->deadline};
    if (status == HR_OK)
        status = hr_aws_json_call(kept->function->aws, &request, &answer, NULL, error);
    hr_json_free(answer);
    hr_json_free(message);
    hr_json_free(event);
    hr_buffer_clear(&key);
    hr_buffer_clear(&body);
    return status;
}

enum hr_status hr_continuation_keep(struct hr_continuation *kept,
                                    const struct hr_event_object *news, const char *etag,
                                    struct hr_error *error)
{
    struct hr_s3_put put = {.object = object_of(kept), .deadline = kept->deadline};
    enum hr_status status =
        hr_s3_put(kept->function->aws, &put, hr_buffer_view(&kept->part.put_down), NULL, error);
    if (status != HR_OK)
        return hr_error_prefix(error, "keeping what was seen so far");
    if (kept->function->queue_url == NULL)
        return hr_error_set(
            error, HR_ERR_DEADLINE,
            "the time is over at %.1f s of the video; what was seen is kept, and the "
            "next try goes on from there",
            (double)kept->part.position_us / 1e6);
    status = send_news(kept, news, etag, error);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "asking to go on later");
}

void hr_continuation_remove(struct hr_continuation *kept)
{
    if (kept->state.size == 0)
        return;
    struct hr_s3_object object = object_of(kept);
    struct hr_error ignored; /* it expires by itself */
    (void)!hr_s3_delete(kept->function->aws, &object, kept->deadline, &ignored);
}
