/* Finding a bucket, and reading. */
#include "aws/s3.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/client_state.h"
#include "aws/s3_call.h"
#include "aws/time.h"
#include "base/limits.h"

bool hr_s3_url_is(const char *text)
{
    return strncmp(text, "s3://", 5) == 0;
}

/* As S3 wants it: it becomes part of a host. */
static bool bucket_is_valid(const char *bucket, size_t size)
{
    if (size < 3 || size >= HR_S3_BUCKET_SIZE)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bucket[i];
        bool inner = i > 0 && i + 1 < size && bucket[i - 1] != '.';
        if (!islower(byte) && !isdigit(byte) && !((byte == '-' || byte == '.') && inner))
            return false;
    }
    return true;
}

enum hr_status hr_s3_url_parse(const char *url, char bucket[HR_S3_BUCKET_SIZE], const char **key,
                               struct hr_error *error)
{
    const char *name = hr_s3_url_is(url) ? url + 5 : "";
    size_t size = strcspn(name, "/");
    if (!bucket_is_valid(name, size))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "'%s' is not s3://BUCKET/KEY with a bucket's name of 3 to 63 small "
                            "letters, digits, '-' and '.'",
                            url);
    memcpy(bucket, name, size);
    bucket[size] = '\0';
    *key = name + size + (name[size] == '/' ? 1 : 0);
    if (strlen(*key) > HR_LIMIT_S3_KEY_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT, "the key in '%.40s...' is longer than %d bytes", url,
                            HR_LIMIT_S3_KEY_BYTES);
    return HR_OK;
}

void hr_s3_header_add(struct hr_s3_headers *headers, const char *name, const char *value)
{
    if (value == NULL)
        return;
    if (headers->count < HR_S3_HEADERS_MAX)
        headers->pairs[headers->count] = (struct hr_pair){name, value};
    headers->count++;
}

/* ---- the bucket's address and region ---- */

static enum hr_status check_object(const struct hr_s3_object *object, struct hr_error *error)
{
    if (!bucket_is_valid(object->bucket, strlen(object->bucket)))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is not the name of a bucket", object->bucket);
    if (strlen(object->key) > HR_LIMIT_S3_KEY_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT, "a key is longer than %d bytes", HR_LIMIT_S3_KEY_BYTES);
    if (!hr_view_is_utf8(hr_view_text(object->key)))
        return hr_error_set(error, HR_ERR_ARGUMENT, "a key must be UTF-8");
    return HR_OK;
}

/* No certificate covers a bucket with a dot, and an own endpoint has no name per bucket. */
static bool needs_path_style(const struct hr_aws *aws, const char *bucket)
{
    return aws->config.path_style || hr_aws_has_endpoint(aws, HR_AWS_S3) || strchr(bucket, '.') != NULL;
}

/* The answer says that the bucket is elsewhere. */
static bool is_elsewhere(const struct hr_aws_answer *answer, const char *region)
{
    int status = answer->http.status;
    return answer->region[0] != '\0' && strcmp(answer->region, region) != 0 &&
           (status == 301 || status == 307 || status == 400);
}

static enum hr_status call_in_region(struct hr_aws *aws, const struct hr_s3_object *object,
                                     struct hr_aws_request *request, struct hr_aws_answer *answer,
                                     struct hr_error *error)
{
    char region[32];
    const char *configured = NULL;
    if (!hr_bucket_regions_get(&aws->bucket_regions, object->bucket, region)) {
        enum hr_status status = hr_aws_region(aws, request->deadline, &configured, error);
        if (status != HR_OK)
            return status;
        snprintf(region, sizeof region, "%s", configured);
    }
    request->region = region;
    enum hr_status status = hr_aws_call(aws, request, answer, error);
    if (status != HR_OK && is_elsewhere(answer, region)) {
        snprintf(region, sizeof region, "%s", answer->region);
        status = hr_aws_call(aws, request, answer, error);
        if (!is_elsewhere(answer, region))
            hr_bucket_regions_set(&aws->bucket_regions, object->bucket, region);
    }
    request->region = NULL; /* it ends here */
    return status;
}

enum hr_status hr_s3_call(struct hr_aws *aws, const struct hr_s3_object *object, struct hr_aws_request *request,
                          struct hr_aws_answer *answer, struct hr_error *error)
{
    enum hr_status status = check_object(object, error);
    if (status != HR_OK)
        return status;
    if (request->header_count > HR_S3_HEADERS_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "more than %d headers", HR_S3_HEADERS_MAX);
    char path[HR_S3_BUCKET_SIZE + HR_LIMIT_S3_KEY_BYTES + 3], prefix[HR_S3_BUCKET_SIZE + 1];
    bool path_style = needs_path_style(aws, object->bucket);
    snprintf(path, sizeof path, "/%s%s%s", path_style ? object->bucket : "",
             path_style && object->key[0] != '\0' ? "/" : "", object->key);
    snprintf(prefix, sizeof prefix, "%s.", object->bucket);
    request->service = HR_AWS_S3;
    request->host_prefix = path_style ? NULL : prefix;
    request->path = path;
    status = call_in_region(aws, object, request, answer, error);
    if (status != HR_OK)
        (void)hr_error_prefix(error, "s3://%s/%.*s", object->bucket, 200, object->key);
    request->path = request->host_prefix = request->region = NULL;
    return status;
}

/* ---- what headers tell ---- */

static void copy_header(const struct hr_http_response *response, const char *name, char *out, size_t size)
{
    const char *value = hr_http_response_header(response, name);
    snprintf(out, size, "%s", value != NULL ? value : "");
}

/* The number behind the '/' of "bytes 0-9/100", or a Content-Length. */
static uint64_t whole_size(const struct hr_http_response *response)
{
    const char *range = hr_http_response_header(response, "content-range");
    const char *length = hr_http_response_header(response, "content-length");
    const char *slash = range != NULL ? strchr(range, '/') : NULL;
    const char *number = slash != NULL ? slash + 1 : length;
    return number != NULL ? strtoull(number, NULL, 10) : 0;
}

void hr_s3_info_read(const struct hr_http_response *response, struct hr_s3_info *out)
{
    *out = (struct hr_s3_info){.size_bytes = whole_size(response)};
    const char *modified = hr_http_response_header(response, "last-modified");
    if (modified != NULL)
        (void)hr_aws_time_http(modified, &out->modified_us);
    copy_header(response, "etag", out->etag, sizeof out->etag);
    copy_header(response, "x-amz-version-id", out->version_id, sizeof out->version_id);
    copy_header(response, "content-type", out->content_type, sizeof out->content_type);
}

/* ---- reading ---- */

static void set_version(struct hr_aws_request *request, const struct hr_s3_object *object, struct hr_pair *memory)
{
    *memory = (struct hr_pair){"versionId", object->version_id};
    request->query = memory;
    request->query_count = object->version_id != NULL && object->version_id[0] != '\0' ? 1 : 0;
}

/* `answer` is initialised. */
static enum hr_status head(struct hr_aws *aws, const struct hr_s3_object *object, const struct hr_deadline *deadline,
                           struct hr_aws_answer *answer, struct hr_error *error)
{
    struct hr_pair version;
    struct hr_aws_request request = {.method = "HEAD", .repeatable = true, .deadline = deadline};
    set_version(&request, object, &version);
    return hr_s3_call(aws, object, &request, answer, error);
}

enum hr_status hr_s3_head(struct hr_aws *aws, const struct hr_s3_object *object, const struct hr_deadline *deadline,
                          struct hr_s3_info *out, struct hr_error *error)
{
    struct hr_aws_answer answer;
    hr_aws_answer_init(&answer);
    enum hr_status status = head(aws, object, deadline, &answer, error);
    if (status == HR_OK)
        hr_s3_info_read(&answer.http, out);
    hr_aws_answer_clear(&answer);
    return status;
}

enum hr_status hr_s3_head_metadata(struct hr_aws *aws, const struct hr_s3_object *object, const char *name,
                                   const struct hr_deadline *deadline, char *out, size_t size, struct hr_s3_info *info,
                                   struct hr_error *error)
{
    char header[128];
    struct hr_aws_answer answer;
    if (snprintf(header, sizeof header, "x-amz-meta-%s", name) >= (int)sizeof header)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a name of metadata is too long");
    hr_aws_answer_init(&answer);
    enum hr_status status = head(aws, object, deadline, &answer, error);
    if (status == HR_OK)
        copy_header(&answer.http, header, out, size);
    if (status == HR_OK && info != NULL)
        hr_s3_info_read(&answer.http, info);
    hr_aws_answer_clear(&answer);
    return status;
}

/* The caller's memory, filled anew by each attempt. */
struct fixed_memory {
    uint8_t *into;
    size_t size;
    size_t got;
};

static enum hr_status fixed_start(void *context, struct hr_error *error)
{
    (void)error;
    ((struct fixed_memory *)context)->got = 0;
    return HR_OK;
}

static enum hr_status fixed_write(void *context, struct hr_view piece, struct hr_error *error)
{
    struct fixed_memory *memory = context;
    if (piece.size > memory->size - memory->got)
        return hr_error_set(error, HR_ERR_FORMAT, "more bytes than the range that was asked for");
    memcpy(memory->into + memory->got, piece.data, piece.size);
    memory->got += piece.size;
    return HR_OK;
}

static enum hr_status check_range(const struct hr_http_response *response, const struct hr_s3_range *range,
                                  const struct hr_s3_info *info, size_t got, struct hr_error *error)
{
    uint64_t rest = info->size_bytes - range->offset_bytes;
    uint64_t expected = rest < range->size_bytes ? rest : range->size_bytes;
    if (range->offset_bytes >= info->size_bytes || got != expected ||
        (response->status != 206 && range->offset_bytes > 0))
        return hr_error_set(error, HR_ERR_FORMAT, "the answer is not the range that was asked for");
    return HR_OK;
}

enum hr_status hr_s3_get_range(struct hr_aws *aws, const struct hr_s3_object *object, const struct hr_s3_range *range,
                               const struct hr_deadline *deadline, void *into, size_t *got, struct hr_s3_info *info,
                               struct hr_error *error)
{
    char bytes[64];
    struct hr_pair version;
    struct hr_aws_answer answer;
    struct hr_s3_info own;
    struct hr_s3_headers headers = {.count = 0};
    struct fixed_memory memory = {.into = into, .size = range->size_bytes};
    *got = 0;
    if (range->size_bytes == 0 || range->offset_bytes > INT64_MAX - range->size_bytes)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a range of no bytes, or too far away");
    snprintf(bytes, sizeof bytes, "bytes=%llu-%llu", (unsigned long long)range->offset_bytes,
             (unsigned long long)(range->offset_bytes + range->size_bytes - 1));
    hr_s3_header_add(&headers, "Range", bytes);
    hr_s3_header_add(&headers, "If-Match", range->if_match);
    struct hr_aws_request request = {.method = "GET",
                                     .headers = headers.pairs,
                                     .header_count = headers.count,
                                     .repeatable = true,
                                     .sink = {fixed_start, fixed_write, &memory},
                                     .deadline = deadline};
    set_version(&request, object, &version);
    hr_aws_answer_init(&answer);
    enum hr_status status = hr_s3_call(aws, object, &request, &answer, error);
    if (status != HR_OK && answer.http.status == 416)
        status = HR_END;
    if (status == HR_OK) {
        hr_s3_info_read(&answer.http, &own);
        status = own.size_bytes == 0 ? HR_END : check_range(&answer.http, range, &own, memory.got, error);
    }
    if (status == HR_OK) {
        *got = memory.got;
        if (info != NULL)
            *info = own;
    }
    hr_aws_answer_clear(&answer);
    return status;
}

/* Behind what the caller's buffer holds already. */
struct growing_memory {
    struct hr_buffer *out;
    size_t before;
};

static enum hr_status growing_start(void *context, struct hr_error *error)
{
    (void)error;
    struct growing_memory *memory = context;
    memory->out->size = memory->before;
    return HR_OK;
}

static enum hr_status growing_write(void *context, struct hr_view piece, struct hr_error *error)
{
    struct growing_memory *memory = context;
    hr_buffer_append(memory->out, piece);
    return hr_buffer_check(memory->out, error);
}

enum hr_status hr_s3_get(struct hr_aws *aws, const struct hr_s3_object *object, const char *if_none_match,
                         const struct hr_deadline *deadline, struct hr_buffer *out, struct hr_s3_info *info,
                         struct hr_error *error)
{
    struct hr_pair version;
    struct hr_aws_answer answer;
    struct hr_s3_headers headers = {.count = 0};
    struct growing_memory memory = {.out = out, .before = out->size};
    hr_s3_header_add(&headers, "If-None-Match", if_none_match);
    struct hr_aws_request request = {.method = "GET",
                                     .headers = headers.pairs,
                                     .header_count = headers.count,
                                     .repeatable = true,
                                     .sink = {growing_start, growing_write, &memory},
                                     .deadline = deadline};
    set_version(&request, object, &version);
    hr_aws_answer_init(&answer);
    enum hr_status status = hr_s3_call(aws, object, &request, &answer, error);
    if (status == HR_OK && info != NULL)
        hr_s3_info_read(&answer.http, info);
    if (status != HR_OK && answer.http.status == 304)
        status = HR_END;
    hr_aws_answer_clear(&answer);
    return status;
}

enum hr_status hr_s3_delete(struct hr_aws *aws, const struct hr_s3_object *object, const struct hr_deadline *deadline,
                            struct hr_error *error)
{
    struct hr_pair version;
    struct hr_aws_answer answer;
    struct hr_aws_request request = {.method = "DELETE", .repeatable = true, .deadline = deadline};
    if (object->key[0] == '\0')
        return hr_error_set(error, HR_ERR_ARGUMENT, "deleting needs a key");
    set_version(&request, object, &version);
    hr_aws_answer_init(&answer);
    enum hr_status status = hr_s3_call(aws, object, &request, &answer, error);
    /* Amazon says 204 for nothing as well; others say that nothing was there. */
    if (status == HR_ERR_NOT_FOUND && strcmp(answer.code, "NoSuchBucket") != 0)
        status = HR_OK;
    hr_aws_answer_clear(&answer);
    return status;
}
