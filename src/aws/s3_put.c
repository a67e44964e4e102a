/* Writing an object that fits into one request. */
#include <stdio.h>
#include <string.h>

#include "aws/client_state.h"
#include "aws/s3_call.h"
#include "base/limits.h"

void hr_s3_write_id(struct hr_aws *aws, char out[HR_S3_WRITE_ID_SIZE])
{
    snprintf(out, HR_S3_WRITE_ID_SIZE, "%08x%08x", aws->random.next(aws->random.context),
             aws->random.next(aws->random.context));
}

void hr_s3_condition_headers(const struct hr_s3_put *put, struct hr_s3_headers *headers)
{
    hr_s3_header_add(headers, "If-None-Match", put->if_absent ? "*" : NULL);
    hr_s3_header_add(headers, "If-Match", put->if_match);
}

static bool is_conditional(const struct hr_s3_put *put)
{
    return put->if_absent || put->if_match != NULL;
}

/* "x-amz-meta-NAME", one behind the other, each ended by a zero byte. */
static enum hr_status write_names(const struct hr_s3_put *put, struct hr_buffer *names, struct hr_error *error)
{
    for (size_t i = 0; i < put->metadata_count; i++) {
        hr_buffer_append_format(names, "x-amz-meta-%s", put->metadata[i].name);
        hr_buffer_append(names, hr_view_of("", 1));
    }
    return hr_buffer_check(names, error);
}

enum hr_status hr_s3_put_headers(const struct hr_s3_put *put, const char *write_id, struct hr_buffer *names,
                                 struct hr_s3_headers *headers, struct hr_error *error)
{
    if (put->object.key[0] == '\0')
        return hr_error_set(error, HR_ERR_ARGUMENT, "writing needs a key");
    enum hr_status status = write_names(put, names, error);
    if (status != HR_OK)
        return status;
    hr_s3_header_add(headers, "Content-Type",
                     put->content_type != NULL ? put->content_type : "application/octet-stream");
    if (is_conditional(put))
        hr_s3_header_add(headers, HR_S3_WRITE_HEADER, write_id);
    const char *name = hr_buffer_text(names);
    for (size_t i = 0; i < put->metadata_count; i++) {
        hr_s3_header_add(headers, name, put->metadata[i].value);
        name += strlen(name) + 1;
    }
    return HR_OK;
}

/* Whether what is there carries the mark of this write. */
static bool is_ours(struct hr_aws *aws, const struct hr_s3_put *put, const char *write_id, struct hr_s3_info *info)
{
    struct hr_aws_answer answer;
    struct hr_aws_request request = {.method = "HEAD", .repeatable = true, .deadline = put->deadline};
    hr_aws_answer_init(&answer);
    bool ours = hr_s3_call(aws, &put->object, &request, &answer, NULL) == HR_OK;
    if (ours) {
        const char *mark = hr_http_response_header(&answer.http, HR_S3_WRITE_HEADER);
        ours = mark != NULL && strcmp(mark, write_id) == 0;
    }
    if (ours && info != NULL)
        hr_s3_info_read(&answer.http, info);
    hr_aws_answer_clear(&answer);
    return ours;
}

enum hr_status hr_s3_put_settle(struct hr_aws *aws, const struct hr_s3_put *put, const char *write_id,
                                const struct hr_aws_answer *answer, enum hr_status status, struct hr_s3_info *info,
                                struct hr_error *error)
{
    bool may_be_ours =
        is_conditional(put) && answer->maybe_done && (status == HR_ERR_CONFLICT || status == HR_ERR_NOT_FOUND);
    if (may_be_ours && is_ours(aws, put, write_id, info))
        return HR_OK;
    /* The object of that ETag is not there any more. */
    if (status == HR_ERR_NOT_FOUND && put->if_match != NULL && strcmp(answer->code, "NoSuchKey") == 0) {
        if (error != NULL)
            error->code = HR_ERR_CONFLICT;
        return HR_ERR_CONFLICT;
    }
    return status;
}

enum hr_status hr_s3_put(struct hr_aws *aws, const struct hr_s3_put *put, struct hr_view body, struct hr_s3_info *info,
                         struct hr_error *error)
{
    char write_id[HR_S3_WRITE_ID_SIZE];
    struct hr_s3_headers headers = {.count = 0};
    struct hr_aws_answer answer;
    struct hr_buffer names;
    hr_aws_answer_init(&answer);
    hr_buffer_init(&names, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_s3_write_id(aws, write_id);
    enum hr_status status = hr_s3_put_headers(put, write_id, &names, &headers, error);
    if (status != HR_OK)
        goto out;
    hr_s3_condition_headers(put, &headers);
    struct hr_aws_request request = {.method = "PUT",
                                     .headers = headers.pairs,
                                     .header_count = headers.count,
                                     .body = body,
                                     .repeatable = true, /* see hr_s3_put_settle */
                                     .deadline = put->deadline};
    status = hr_s3_call(aws, &put->object, &request, &answer, error);
    if (status == HR_OK && info != NULL) {
        hr_s3_info_read(&answer.http, info);
        info->size_bytes = body.size;
    }
    if (status != HR_OK)
        status = hr_s3_put_settle(aws, put, write_id, &answer, status, info, error);
out:
    hr_buffer_clear(&names);
    hr_aws_answer_clear(&answer);
    return status;
}
