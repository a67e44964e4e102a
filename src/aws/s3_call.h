/* What the files of the S3 client share. */
#ifndef HR_AWS_S3_CALL_H
#define HR_AWS_S3_CALL_H

#include "aws/s3.h"

/* Headers of one call; names are literals, values are borrowed. */
#define HR_S3_HEADERS_MAX 40
struct hr_s3_headers {
    struct hr_pair pairs[HR_S3_HEADERS_MAX];
    size_t count;
};
/* NULL values are left out; what does not fit makes the call fail with LIMIT. */
void hr_s3_header_add(struct hr_s3_headers *headers, const char *name, const char *value);

/* hr_aws_call with the bucket's address and region; an answer that names another region is
 * followed. Errors begin with the object's URL. */
enum hr_status hr_s3_call(struct hr_aws *aws, const struct hr_s3_object *object, struct hr_aws_request *request,
                          struct hr_aws_answer *answer, struct hr_error *error) HR_MUST_USE;
/* What the headers of an answer tell; size_bytes is that of the whole object. */
void hr_s3_info_read(const struct hr_http_response *response, struct hr_s3_info *out);

/* The mark of a conditional write, by which its writer knows it again. */
#define HR_S3_WRITE_HEADER "x-amz-meta-homeroom-write"
#define HR_S3_WRITE_ID_SIZE 17
void hr_s3_write_id(struct hr_aws *aws, char out[HR_S3_WRITE_ID_SIZE]);
/* The headers that a write begins with. `names`: memory for the metadata's names. */
enum hr_status hr_s3_put_headers(const struct hr_s3_put *put, const char *write_id, struct hr_buffer *names,
                                 struct hr_s3_headers *headers, struct hr_error *error) HR_MUST_USE;
void hr_s3_condition_headers(const struct hr_s3_put *put, struct hr_s3_headers *headers);
/* After a conditional write failed with `status`: HR_OK when it was this one that is there,
 * although its answer was lost; else `status`, its text untouched. */
enum hr_status hr_s3_put_settle(struct hr_aws *aws, const struct hr_s3_put *put, const char *write_id,
                                const struct hr_aws_answer *answer, enum hr_status status, struct hr_s3_info *info,
                                struct hr_error *error) HR_MUST_USE;

#endif
