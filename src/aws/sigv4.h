/* AWS Signature Version 4: a pure function of request, keys and time. (Debian's libcurl signs, too,
 * but gets S3's paths wrong.)
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
#ifndef HR_AWS_SIGV4_H
#define HR_AWS_SIGV4_H

#include "aws/pair.h"
#include "base/buffer.h"
#include "base/status.h"

struct hr_sigv4_keys {
    const char *key_id;
    const char *secret;
    const char *session_token; /* NULL or "": long-lived keys */
};

struct hr_sigv4_request {
    const char *method;
    const char *path;            /* begins with '/', not encoded, UTF-8; sent encoded once */
    const struct hr_pair *query; /* not encoded */
    size_t query_count;
    const struct hr_pair *headers; /* all are signed; "host" must be among them */
    size_t header_count;
    const char *payload_hash; /* SHA-256 in hexadecimal, or HR_SIGV4_UNSIGNED_PAYLOAD */
    const char *region;
    const char *service;
    /* Every service but S3 encodes the encoded path once more, and S3 alone wants the payload's
     * hash in a header. Paths with "." and ".." are signed as they are. */
    bool s3;
    int64_t wall_us; /* since 1970; with the skew already added */
};

#define HR_SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
/* Of the empty payload. */
#define HR_SIGV4_EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* What is to be sent beside the request's own headers: X-Amz-Date, Authorization and, when there is
 * one, X-Amz-Security-Token; for S3 X-Amz-Content-SHA256. */
struct hr_sigv4_signature {
    char date[20];                  /* "20150830T123600Z" */
    char signature[65];             /* hexadecimal */
    struct hr_buffer authorization; /* the header's value; owned */
    struct hr_buffer canonical;     /* the canonical request, for tests and diagnosis; holds no
                                       secret but the session token */
};
void hr_sigv4_signature_init(struct hr_sigv4_signature *signature);
void hr_sigv4_signature_clear(struct hr_sigv4_signature *signature);

/* ARGUMENT (no host, a line end in a header), LIMIT, MEMORY. `out` is initialised. Threads: any. */
enum hr_status hr_sigv4_sign(const struct hr_sigv4_request *request, const struct hr_sigv4_keys *keys,
                             struct hr_sigv4_signature *out, struct hr_error *error) HR_MUST_USE;

/* The query of a presigned S3 address, in order and encoded: whoever has it may make this one
 * request for `expires_s` seconds. Only "host" should be among the headers; payload_hash is
 * ignored (UNSIGNED-PAYLOAD). */
enum hr_status hr_sigv4_presign(const struct hr_sigv4_request *request, const struct hr_sigv4_keys *keys, int expires_s,
                                struct hr_buffer *query, struct hr_error *error) HR_MUST_USE;

#endif
