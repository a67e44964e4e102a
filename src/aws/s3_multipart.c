/* Writing an object of any size, in parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/client_state.h"
#include "aws/s3_call.h"
#include "aws/xml.h"
#include "base/limits.h"

/* S3 may take minutes to join the parts, and sends a space now and then meanwhile. */
#define COMPLETE_TIMEOUT_MS 900000

/* S3's limits: parts of 5 MiB at least but for the last, 10,000 of them. */
#define PARTS_MAX 10000
#define PART_MIN_BYTES ((uint64_t)8 << 20)
/* Of a stream that does not know its size: room for 156 GiB. */
#define PART_UNKNOWN_BYTES ((uint64_t)16 << 20)
#define PART_MAX_BYTES ((uint64_t)1 << 30)
#define PART_STEP_BYTES ((uint64_t)1 << 20)
/* "200 OK" with an error inside, which S3 may say after it has thought about it for a while. */
#define COMPLETE_ATTEMPTS 4

struct upload {
    struct hr_aws *aws;
    const struct hr_s3_put *put;
    struct hr_error *error;
    char id[1024];
    char write_id[HR_S3_WRITE_ID_SIZE];
    struct hr_buffer parts; /* the body of the last request, grown part by part */
    int count;
    uint64_t size_bytes;
};

static enum hr_status choose_part_size(const struct hr_stream *body, size_t *out, struct hr_error *error)
{
    uint64_t part = PART_UNKNOWN_BYTES;
    if (body->size_bytes != HR_STREAM_SIZE_UNKNOWN) {
        part = body->size_bytes / PARTS_MAX + 1;
        part = (part + PART_STEP_BYTES - 1) / PART_STEP_BYTES * PART_STEP_BYTES;
        part = part < PART_MIN_BYTES ? PART_MIN_BYTES : part;
    }
    if (part > PART_MAX_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT, "too large for an object of S3");
    *out = (size_t)part;
    return HR_OK;
}

/* Less than `size` at the end of the stream only. */
static enum hr_status fill(struct hr_stream *body, uint8_t *into, size_t size, size_t *filled, struct hr_error *error)
{
    *filled = 0;
    while (*filled < size) {
        size_t got = 0;
        enum hr_status status = body->read(body->context, into + *filled, size - *filled, &got, error);
        if (status == HR_END)
            break;
        if (status != HR_OK)
            return status;
        *filled += got;
    }
    return HR_OK;
}

static enum hr_status begin(struct upload *upload)
{
    const struct hr_pair uploads = {"uploads", ""};
    struct hr_s3_headers headers = {.count = 0};
    struct hr_aws_answer answer;
    struct hr_buffer names;
    hr_aws_answer_init(&answer);
    hr_buffer_init(&names, HR_LIMIT_HTTP_HEAD_BYTES);
    enum hr_status status = hr_s3_put_headers(upload->put, upload->write_id, &names, &headers, upload->error);
    if (status != HR_OK)
        goto out;
    /* Done twice, it leaves an upload without parts behind, which the bucket's rules clear away. */
    struct hr_aws_request request = {.method = "POST",
                                     .query = &uploads,
                                     .query_count = 1,
                                     .headers = headers.pairs,
                                     .header_count = headers.count,
                                     .repeatable = true,
                                     .deadline = upload->put->deadline};
    status = hr_s3_call(upload->aws, &upload->put->object, &request, &answer, upload->error);
    if (status == HR_OK && !hr_xml_find(hr_buffer_view(&answer.http.body), "UploadId", upload->id, sizeof upload->id))
        status = hr_error_set(upload->error, HR_ERR_FORMAT, "S3 began no upload");
out:
    hr_buffer_clear(&names);
    hr_aws_answer_clear(&answer);
    return status;
}

static void append_escaped(struct hr_buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *name = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;
        if (name != NULL)
            hr_buffer_append_text(out, name);
        else
            hr_buffer_append(out, hr_view_of(text, 1));
    }
}

static enum hr_status send_part(struct upload *upload, struct hr_view bytes)
{
    char number[16];
    if (upload->count == PARTS_MAX)
        return hr_error_set(upload->error, HR_ERR_LIMIT, "too large for an object of S3");
    snprintf(number, sizeof number, "%d", ++upload->count);
    const struct hr_pair query[] = {{"partNumber", number}, {"uploadId", upload->id}};
    struct hr_aws_request request = {.method = "PUT",
                                     .query = query,
                                     .query_count = 2,
                                     .body = bytes,
                                     .repeatable = true,
                                     .deadline = upload->put->deadline};
    struct hr_aws_answer answer;
    hr_aws_answer_init(&answer);
    enum hr_status status = hr_s3_call(upload->aws, &upload->put->object, &request, &answer, upload->error);
    if (status == HR_OK) {
        const char *etag = hr_http_response_header(&answer.http, "etag");
        hr_buffer_append_format(&upload->parts, "<Part><PartNumber>%s</PartNumber><ETag>", number);
        append_escaped(&upload->parts, etag != NULL ? etag : "");
        hr_buffer_append_text(&upload->parts, "</ETag></Part>");
        upload->size_bytes += bytes.size;
        status = hr_buffer_check(&upload->parts, upload->error);
    }
    hr_aws_answer_clear(&answer);
    return status;
}

/* The body of a 200: an error all the same? */
static enum hr_status look_into(struct upload *upload, struct hr_aws_answer *answer)
{
    struct hr_view body = hr_buffer_view(&answer->http.body);
    if (hr_xml_find(body, "ETag", answer->message, sizeof answer->message))
        return HR_OK;
    if (!hr_xml_find(body, "Code", answer->code, sizeof answer->code))
        return hr_error_set(upload->error, HR_ERR_FORMAT, "S3's answer to an upload is damaged");
    answer->maybe_done = true;
    enum hr_status status = strcmp(answer->code, "PreconditionFailed") == 0 ? HR_ERR_CONFLICT
                            : strcmp(answer->code, "NoSuchUpload") == 0     ? HR_ERR_NOT_FOUND
                                                                            : HR_ERR_UNAVAILABLE;
    return hr_error_set(upload->error, status, "S3 could not complete the upload: %s", answer->code);
}

static enum hr_status complete_once(struct upload *upload, struct hr_aws_answer *answer)
{
    const struct hr_pair query = {"uploadId", upload->id};
    struct hr_s3_headers headers = {.count = 0};
    hr_s3_header_add(&headers, "Content-Type", "application/xml");
    hr_s3_condition_headers(upload->put, &headers);
    struct hr_aws_request request = {.method = "POST",
                                     .query = &query,
                                     .query_count = 1,
                                     .headers = headers.pairs,
                                     .header_count = headers.count,
                                     .body = hr_buffer_view(&upload->parts),
                                     .repeatable = true,
                                     .slow_timeout_ms = COMPLETE_TIMEOUT_MS,
                                     .deadline = upload->put->deadline};
    enum hr_status status = hr_s3_call(upload->aws, &upload->put->object, &request, answer, upload->error);
    return status == HR_OK ? look_into(upload, answer) : status;
}

static enum hr_status complete(struct upload *upload, struct hr_s3_info *info)
{
    struct hr_aws_answer answer;
    struct hr_retry retry = {.policy = hr_retry_policy_default(),
                             .clock = upload->aws->clock,
                             .random = upload->aws->random,
                             .deadline = upload->put->deadline};
    retry.policy.attempts_max = COMPLETE_ATTEMPTS;
    bool maybe_done = false;
    hr_aws_answer_init(&answer);
    hr_buffer_append_text(&upload->parts, "</CompleteMultipartUpload>");
    enum hr_status status = hr_buffer_check(&upload->parts, upload->error);
    if (status == HR_OK) {
        do {
            status = complete_once(upload, &answer);
            maybe_done = maybe_done || answer.maybe_done;
        } while (status == HR_ERR_UNAVAILABLE && answer.http.status == 200 &&
                 hr_retry_again(&retry, HR_RETRY_TRANSIENT, 0));
    }
    if (status == HR_OK && info != NULL) {
        hr_s3_info_read(&answer.http, info);
        info->size_bytes = upload->size_bytes;
        (void)hr_xml_find(hr_buffer_view(&answer.http.body), "ETag", info->etag, sizeof info->etag);
    }
    answer.maybe_done = maybe_done;
    if (status != HR_OK)
        status = hr_s3_put_settle(upload->aws, upload->put, upload->write_id, &answer, status, info, upload->error);
    hr_aws_answer_clear(&answer);
    return status;
}

/* Removes the parts, for which one would go on paying. Without the caller's deadline, which may be
 * why the upload ended, and without a word: the first failure is the one to tell. */
static void give_up(const struct upload *upload)
{
    const struct hr_pair query = {"uploadId", upload->id};
    struct hr_aws_request request = {.method = "DELETE", .query = &query, .query_count = 1, .repeatable = true};
    const struct hr_clock *clock = upload->aws->clock;
    const struct hr_deadline deadline = {.clock = clock,
                                         .at_monotonic_us = clock->monotonic_us(clock->context) + 5 * 1000000};
    struct hr_aws_answer answer;
    request.deadline = &deadline;
    hr_aws_answer_init(&answer);
    if (hr_s3_call(upload->aws, &upload->put->object, &request, &answer, NULL) != HR_OK) {
        /* The bucket's rule for unfinished uploads does the rest. */
    }
    hr_aws_answer_clear(&answer);
}

static enum hr_status send_parts(struct upload *upload, struct hr_stream *body, uint8_t *memory, size_t part_size,
                                 size_t filled)
{
    enum hr_status status = HR_OK;
    while (filled > 0 && status == HR_OK) {
        status = send_part(upload, hr_view_of(memory, filled));
        if (status == HR_OK)
            status = fill(body, memory, part_size, &filled, upload->error);
    }
    return status;
}

static enum hr_status put_in_parts(struct upload *upload, struct hr_stream *body, uint8_t *memory, size_t part_size,
                                   struct hr_s3_info *info)
{
    enum hr_status status = begin(upload);
    if (status != HR_OK)
        return status;
    hr_buffer_append_text(&upload->parts, "<CompleteMultipartUpload "
                                          "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    status = send_parts(upload, body, memory, part_size, part_size);
    if (status == HR_OK)
        status = complete(upload, info);
    if (status != HR_OK)
        give_up(upload);
    return status;
}

enum hr_status hr_s3_put_stream(struct hr_aws *aws, const struct hr_s3_put *put, struct hr_stream *body,
                                struct hr_s3_info *info, struct hr_error *error)
{
    struct upload upload = {.aws = aws, .put = put, .error = error};
    size_t part_size = 0, filled = 0;
    uint8_t *memory = NULL;
    hr_s3_write_id(aws, upload.write_id);
    hr_buffer_init(&upload.parts, HR_LIMIT_HTTP_BODY_BYTES);
    enum hr_status status = choose_part_size(body, &part_size, error);
    if (status != HR_OK)
        goto out;
    memory = malloc(part_size);
    if (memory == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a part of %zu bytes", part_size);
        goto out;
    }
    status = fill(body, memory, part_size, &filled, error);
    if (status == HR_OK && filled < part_size)
        status = hr_s3_put(aws, put, hr_view_of(memory, filled), info, error);
    else if (status == HR_OK)
        status = put_in_parts(&upload, body, memory, part_size, info);
out:
    free(memory);
    hr_buffer_clear(&upload.parts);
    return status;
}
