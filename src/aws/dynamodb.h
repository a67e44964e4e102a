/* One call of DynamoDB's JSON protocol. What the bodies mean is the caller's business. */
#ifndef HR_AWS_DYNAMODB_H
#define HR_AWS_DYNAMODB_H

#include "aws/client.h"

struct hr_dynamodb_call {
    const char *operation; /* "BatchGetItem" */
    const struct hr_json *body;
    bool repeatable; /* see hr_aws_request: a plain PutItem is, one with a condition is not */
    const struct hr_deadline *deadline;
};

/* *out: see hr_aws_json_call. Answers of up to 24 MiB are taken: a page holds 16 MB and JSON adds
 * to it. `answer` may be NULL; its `code` is without the namespace ("ThrottlingException"). */
enum hr_status hr_dynamodb_call(struct hr_aws *aws, const struct hr_dynamodb_call *call, struct hr_json **out,
                                struct hr_aws_answer *answer, struct hr_error *error) HR_MUST_USE;

#endif
