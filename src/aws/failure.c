#include "aws/failure.h"

#include <stdio.h>
#include <string.h>

#include "aws/xml.h"

static const char hint_policy[] =
    "the policy of these keys does not allow it, or the object is not there and they may not list "
    "the bucket (s3:ListBucket)";
static const char hint_keys[] = "the access key is not known there: check AWS_ACCESS_KEY_ID";
static const char hint_secret[] =
    "the signature is wrong: check AWS_SECRET_ACCESS_KEY, and that key, secret and session token "
    "belong together";
static const char hint_expired[] = "the session's keys have run out: get new ones (AWS_SESSION_TOKEN belongs to them)";
static const char hint_clock[] = "this machine's clock is wrong";

enum {
    MAYBE_DONE = 1,
    SKEWED = 2,
    EXPIRED = 4,
};

struct known_code {
    const char *code;
    enum hr_status status;
    enum hr_retry_kind retry;
    int flags;
    const char *hint;
};

/* The codes that mean something else than their HTTP status does. */
static const struct known_code known_codes[] = {
    {"AccessDenied", HR_ERR_PERMISSION, HR_RETRY_NO, 0, hint_policy},
    {"AccessDeniedException", HR_ERR_PERMISSION, HR_RETRY_NO, 0, "the policy of these keys does not allow it"},
    {"InvalidAccessKeyId", HR_ERR_PERMISSION, HR_RETRY_NO, 0, hint_keys},
    {"InvalidClientTokenId", HR_ERR_PERMISSION, HR_RETRY_NO, 0, hint_keys},
    {"UnrecognizedClientException", HR_ERR_PERMISSION, HR_RETRY_NO, 0, hint_keys},
    {"SignatureDoesNotMatch", HR_ERR_PERMISSION, HR_RETRY_NO, 0, hint_secret},
    {"InvalidSignatureException", HR_ERR_PERMISSION, HR_RETRY_NO, 0, hint_secret},
    {"IncompleteSignature", HR_ERR_PERMISSION, HR_RETRY_NO, 0, hint_secret},
    {"MissingAuthenticationToken", HR_ERR_PERMISSION, HR_RETRY_NO, 0, ""},
    {"ExpiredToken", HR_ERR_PERMISSION, HR_RETRY_NO, EXPIRED, hint_expired},
    {"ExpiredTokenException", HR_ERR_PERMISSION, HR_RETRY_NO, EXPIRED, hint_expired},
    {"TokenRefreshRequired", HR_ERR_PERMISSION, HR_RETRY_NO, EXPIRED, hint_expired},
    {"InvalidToken", HR_ERR_PERMISSION, HR_RETRY_NO, 0,
     "the session token does not belong to this key: check AWS_SESSION_TOKEN"},
    {"InvalidTokenId", HR_ERR_PERMISSION, HR_RETRY_NO, 0,
     "the session token does not belong to this key: check AWS_SESSION_TOKEN"},
    {"RequestTimeTooSkewed", HR_ERR_PERMISSION, HR_RETRY_NO, SKEWED, hint_clock},
    {"RequestExpired", HR_ERR_PERMISSION, HR_RETRY_NO, SKEWED, hint_clock},
    {"RequestInTheFuture", HR_ERR_PERMISSION, HR_RETRY_NO, SKEWED, hint_clock},
    {"NoSuchBucket", HR_ERR_NOT_FOUND, HR_RETRY_NO, 0, "there is no bucket of that name"},
    {"ResourceNotFoundException", HR_ERR_NOT_FOUND, HR_RETRY_NO, 0, ""},
    {"QueueDoesNotExist", HR_ERR_NOT_FOUND, HR_RETRY_NO, 0, ""},
    {"AWS.SimpleQueueService.NonExistentQueue", HR_ERR_NOT_FOUND, HR_RETRY_NO, 0, ""},
    {"ConditionalRequestConflict", HR_ERR_CONFLICT, HR_RETRY_TRANSIENT, 0, ""},
    {"OperationAborted", HR_ERR_CONFLICT, HR_RETRY_TRANSIENT, 0, ""},
    {"ConditionalCheckFailedException", HR_ERR_CONFLICT, HR_RETRY_NO, 0, ""},
    {"TransactionCanceledException", HR_ERR_CONFLICT, HR_RETRY_NO, 0, ""},
    {"TransactionConflictException", HR_ERR_CONFLICT, HR_RETRY_TRANSIENT, 0, ""},
    {"TransactionInProgressException", HR_ERR_CONFLICT, HR_RETRY_TRANSIENT, 0, ""},
    {"ResourceInUseException", HR_ERR_CONFLICT, HR_RETRY_NO, 0, ""},
    {"SlowDown", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"SlowDownRead", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"SlowDownWrite", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"Throttling", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"ThrottlingException", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"ThrottledException", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"RequestThrottled", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"RequestThrottledException", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"RequestLimitExceeded", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"TooManyRequestsException", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"ProvisionedThroughputExceededException", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0,
     "the table's capacity is used up"},
    {"LimitExceededException", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"BandwidthLimitExceeded", HR_ERR_THROTTLED, HR_RETRY_THROTTLED, 0, ""},
    {"RequestTimeout", HR_ERR_UNAVAILABLE, HR_RETRY_TRANSIENT, 0, ""},
    {"RequestTimeoutException", HR_ERR_UNAVAILABLE, HR_RETRY_TRANSIENT, 0, ""},
    {"XAmzContentSHA256Mismatch", HR_ERR_IO, HR_RETRY_TRANSIENT, 0, "it was damaged on its way"},
    {"BadDigest", HR_ERR_IO, HR_RETRY_TRANSIENT, 0, "it was damaged on its way"},
    {"IDPCommunicationError", HR_ERR_UNAVAILABLE, HR_RETRY_TRANSIENT, 0, ""},
    {"EntityTooLarge", HR_ERR_LIMIT, HR_RETRY_NO, 0, ""},
    {"InternalError", HR_ERR_UNAVAILABLE, HR_RETRY_TRANSIENT, MAYBE_DONE, ""},
    {"InternalServerError", HR_ERR_UNAVAILABLE, HR_RETRY_TRANSIENT, MAYBE_DONE, ""},
    {"InternalFailure", HR_ERR_UNAVAILABLE, HR_RETRY_TRANSIENT, MAYBE_DONE, ""},
    {"InvalidObjectState", HR_ERR_UNSUPPORTED, HR_RETRY_NO, 0, "the object lies in an archive: restore it first"},
};

static struct hr_failure failure_of_http(int status)
{
    switch (status) {
    case 304:
    case 409:
    case 412:
        return (struct hr_failure){.status = HR_ERR_CONFLICT, .hint = ""};
    case 401:
    case 403:
        return (struct hr_failure){.status = HR_ERR_PERMISSION, .hint = hint_policy};
    case 404:
    case 410:
        return (struct hr_failure){.status = HR_ERR_NOT_FOUND, .hint = ""};
    case 408:
        return (struct hr_failure){.status = HR_ERR_UNAVAILABLE, .retry = HR_RETRY_TRANSIENT, .hint = ""};
    case 429:
        return (struct hr_failure){.status = HR_ERR_THROTTLED, .retry = HR_RETRY_THROTTLED, .hint = ""};
    case 301:
    case 307:
        return (struct hr_failure){.status = HR_ERR_ARGUMENT, .hint = "it is in another region"};
    case 500:
    case 502:
    case 503:
    case 504:
        return (struct hr_failure){
            .status = HR_ERR_UNAVAILABLE, .retry = HR_RETRY_TRANSIENT, .maybe_done = true, .hint = ""};
    default:
        return (struct hr_failure){
            .status = status >= 500 ? HR_ERR_UNAVAILABLE : HR_ERR_ARGUMENT, .maybe_done = status >= 500, .hint = ""};
    }
}

struct hr_failure hr_failure_of(const struct hr_aws_answer *answer)
{
    for (size_t i = 0; i < sizeof known_codes / sizeof *known_codes; i++) {
        const struct known_code *known = &known_codes[i];
        if (strcmp(answer->code, known->code) != 0)
            continue;
        return (struct hr_failure){.status = known->status,
                                   .retry = known->retry,
                                   .maybe_done = (known->flags & MAYBE_DONE) != 0,
                                   .skewed = (known->flags & SKEWED) != 0,
                                   .expired = (known->flags & EXPIRED) != 0,
                                   .hint = known->hint};
    }
    return failure_of_http(answer->http.status);
}

/* "com.amazonaws.dynamodb.v20120810#ThrottlingException:http://..." -> "ThrottlingException" */
static void set_json_code(struct hr_aws_answer *answer, const char *type)
{
    const char *hash = strchr(type, '#');
    type = hash != NULL ? hash + 1 : type;
    snprintf(answer->code, sizeof answer->code, "%.*s", (int)strcspn(type, ":"), type);
}

static void read_json(struct hr_aws_answer *answer)
{
    struct hr_json *body = NULL;
    const char *header = hr_http_response_header(&answer->http, "x-amzn-errortype");
    if (hr_json_parse(&body, hr_buffer_view(&answer->http.body), NULL) != HR_OK)
        body = NULL;
    const char *type = hr_json_text(hr_json_get(body, "__type"));
    const char *message = hr_json_text(hr_json_get(body, "message"));
    if (message == NULL)
        message = hr_json_text(hr_json_get(body, "Message"));
    if (type == NULL)
        type = header;
    if (type != NULL)
        set_json_code(answer, type);
    if (message != NULL)
        snprintf(answer->message, sizeof answer->message, "%s", message);
    hr_json_free(body);
}

static void read_xml(struct hr_aws_answer *answer)
{
    struct hr_view body = hr_buffer_view(&answer->http.body);
    (void)hr_xml_find(body, "Code", answer->code, sizeof answer->code);
    (void)hr_xml_find(body, "Message", answer->message, sizeof answer->message);
    (void)hr_xml_find(body, "Region", answer->region, sizeof answer->region);
}

static void clean(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            *text = ' ';
}

void hr_failure_read(struct hr_aws_answer *answer)
{
    const char *region = hr_http_response_header(&answer->http, "x-amz-bucket-region");
    const char *body = hr_buffer_text(&answer->http.body);
    body += strspn(body, " \t\r\n");
    if (body[0] == '<')
        read_xml(answer);
    else
        read_json(answer);
    if (region != NULL)
        snprintf(answer->region, sizeof answer->region, "%s", region);
    if (!hr_aws_region_is_valid(answer->region))
        answer->region[0] = '\0';
    /* DynamoDB repeats the canonical request, session token and all. */
    if (strstr(answer->code, "Signature") != NULL)
        answer->message[0] = '\0';
    clean(answer->code);
    clean(answer->message);
}
