/* Calls of the services that speak JSON. */
#include <stdio.h>

#include "aws/client.h"
#include "aws/dynamodb.h"
#include "base/limits.h"

/* Amazon's own limit for a request of DynamoDB. */
#define REQUEST_MAX_BYTES ((size_t)16 << 20)
#define DYNAMODB_ANSWER_MAX_BYTES ((size_t)24 << 20)

enum hr_status hr_aws_json_call(struct hr_aws *aws, const struct hr_aws_json_request *request, struct hr_json **out,
                                struct hr_aws_answer *answer, struct hr_error *error)
{
    *out = NULL;
    struct hr_aws_answer own;
    struct hr_buffer body;
    if (answer == NULL)
        answer = &own;
    hr_aws_answer_init(&own);
    hr_buffer_init(&body, REQUEST_MAX_BYTES);
    bool is_newer = request->service == HR_AWS_KMS;
    const struct hr_pair headers[] = {
        {"Content-Type", is_newer ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0"},
        {"X-Amz-Target", request->target}};
    enum hr_status status = hr_json_write(request->body, false, &body, error);
    if (status == HR_OK) {
        const struct hr_aws_request call = {.service = request->service,
                                            .method = "POST",
                                            .headers = headers,
                                            .header_count = sizeof headers / sizeof *headers,
                                            .body = hr_buffer_view(&body),
                                            .repeatable = request->repeatable,
                                            .response_max_bytes = request->response_max_bytes,
                                            .deadline = request->deadline};
        status = hr_aws_call(aws, &call, answer, error);
    }
    if (status == HR_OK) {
        struct hr_view text = hr_buffer_view(&answer->http.body);
        status = hr_json_parse(out, text.size > 0 ? text : hr_view_text("{}"), error);
    }
    if (status != HR_OK)
        (void)hr_error_prefix(error, "%s", request->target);
    hr_buffer_clear(&body);
    hr_aws_answer_clear(&own);
    return status;
}

enum hr_status hr_dynamodb_call(struct hr_aws *aws, const struct hr_dynamodb_call *call, struct hr_json **out,
                                struct hr_aws_answer *answer, struct hr_error *error)
{
    char target[128];
    snprintf(target, sizeof target, "DynamoDB_20120810.%s", call->operation);
    const struct hr_aws_json_request request = {.service = HR_AWS_DYNAMODB,
                                                .target = target,
                                                .body = call->body,
                                                .repeatable = call->repeatable,
                                                .response_max_bytes = DYNAMODB_ANSWER_MAX_BYTES,
                                                .deadline = call->deadline};
    return hr_aws_json_call(aws, &request, out, answer, error);
}
