/* Objects in S3 and in what speaks like it (MinIO). Keys are plain UTF-8, not encoded. A bucket in
 * another region is followed, once found, for good. Virtual-host addresses at Amazon, path-style
 * ones for an own endpoint and for buckets with a dot, whose names no certificate covers.
 *
 * Threads: as `hr_aws`, from any. */
#ifndef HR_AWS_S3_H
#define HR_AWS_S3_H

#include "aws/client.h"
#include "base/buffer.h"
#include "base/stream.h"

/* Borrowed texts. */
struct hr_s3_object {
    const char *bucket;
    const char *key;        /* "" for what is about the bucket */
    const char *version_id; /* NULL: the current one */
};

/* "s3://bucket/a key": the bucket into `bucket`, *key points into `url`. ARGUMENT when it is not of
 * that form or the bucket's name is not one. The key may be empty. */
#define HR_S3_BUCKET_SIZE 64
enum hr_status hr_s3_url_parse(const char *url, char bucket[HR_S3_BUCKET_SIZE], const char **key,
                               struct hr_error *error) HR_MUST_USE;
bool hr_s3_url_is(const char *text); /* begins with "s3://" */

struct hr_s3_info {
    uint64_t size_bytes;  /* of the whole object, also in the answer to a range */
    int64_t modified_us;  /* wall clock */
    char etag[128];       /* with its quotes, as If-Match wants it */
    char version_id[128]; /* "" when the bucket keeps no versions */
    char content_type[128];
};

/* NOT_FOUND; PERMISSION, which is also what Amazon answers for a missing key when the keys do not
 * have s3:ListBucket. */
enum hr_status hr_s3_head(struct hr_aws *aws, const struct hr_s3_object *object, const struct hr_deadline *deadline,
                          struct hr_s3_info *out, struct hr_error *error) HR_MUST_USE;

/* One word of the object's metadata by its name without "x-amz-meta-", cut at `size`; "" when it has
 * none of that name. As hr_s3_head, which it is in one request. `info` may be NULL. */
enum hr_status hr_s3_head_metadata(struct hr_aws *aws, const struct hr_s3_object *object, const char *name,
                                   const struct hr_deadline *deadline, char *out, size_t size, struct hr_s3_info *info,
                                   struct hr_error *error) HR_MUST_USE;

struct hr_s3_range {
    uint64_t offset_bytes;
    size_t size_bytes;    /* > 0 */
    const char *if_match; /* the ETag of the first range: an object that was replaced meanwhile gives
                             CONFLICT; NULL: whichever is there */
};
/* Reads a part into the caller's memory of `range.size_bytes`; *got is smaller at the end of the
 * object only. HR_END when the offset is at its end or behind. `info` (may be NULL) is filled with
 * HR_OK: the first range tells the size, no HEAD is needed. */
enum hr_status hr_s3_get_range(struct hr_aws *aws, const struct hr_s3_object *object, const struct hr_s3_range *range,
                               const struct hr_deadline *deadline, void *into, size_t *got, struct hr_s3_info *info,
                               struct hr_error *error) HR_MUST_USE;
/* Adds the whole object to an initialised buffer; LIMIT when it passes the buffer's cap.
 * `if_none_match`: an ETag; HR_END when the object still has it, nothing added. NULL: none. */
enum hr_status hr_s3_get(struct hr_aws *aws, const struct hr_s3_object *object, const char *if_none_match,
                         const struct hr_deadline *deadline, struct hr_buffer *out, struct hr_s3_info *info,
                         struct hr_error *error) HR_MUST_USE;

struct hr_s3_put {
    struct hr_s3_object object;
    const char *content_type;       /* NULL: application/octet-stream */
    bool if_absent;                 /* CONFLICT when there is something already */
    const char *if_match;           /* CONFLICT when it is not this ETag any more; NULL: no condition */
    const struct hr_pair *metadata; /* "x-amz-meta-..." without that prefix; printable ASCII */
    size_t metadata_count;
    const struct hr_deadline *deadline;
};
/* Whole or not at all. A conditional write whose answer was lost is looked up before CONFLICT is
 * said: what this call wrote is not taken for somebody else's. `info` may be NULL: etag,
 * version_id and size_bytes. */
enum hr_status hr_s3_put(struct hr_aws *aws, const struct hr_s3_put *put, struct hr_view body, struct hr_s3_info *info,
                         struct hr_error *error) HR_MUST_USE;
/* The same from a stream of any size: in parts when it is larger than one, which are removed again
 * when something fails. The stream is read once, from where it stands. */
enum hr_status hr_s3_put_stream(struct hr_aws *aws, const struct hr_s3_put *put, struct hr_stream *body,
                                struct hr_s3_info *info, struct hr_error *error) HR_MUST_USE;

/* HR_OK also when there is nothing. */
enum hr_status hr_s3_delete(struct hr_aws *aws, const struct hr_s3_object *object, const struct hr_deadline *deadline,
                            struct hr_error *error) HR_MUST_USE;

struct hr_s3_item {
    const char *key; /* borrowed for the callback; with a delimiter a common prefix ends in it */
    bool is_prefix;
    uint64_t size_bytes;
    int64_t modified_us;
    const char *etag; /* with its quotes; "" for a prefix */
};
struct hr_s3_list {
    const char *bucket;
    const char *prefix;      /* NULL: everything */
    const char *delimiter;   /* NULL: none; "/": one folder's level */
    const char *start_after; /* NULL: from the beginning */
    const struct hr_deadline *deadline;
    /* 0: HR_LIMIT_S3_LISTED_KEYS and HR_LIMIT_S3_LISTING_PAGES. */
    size_t keys_max, pages_max;
    /* Called for each, page by page, in the order of the keys' bytes (prefixes and objects of one
     * page one after the other). HR_END stops without being a failure. */
    enum hr_status (*each)(void *context, const struct hr_s3_item *item, struct hr_error *error);
    void *context;
};
/* A listing that does not end is LIMIT, and FORMAT when it goes in a circle; `each` was called for what came before. */
enum hr_status hr_s3_list(struct hr_aws *aws, const struct hr_s3_list *list, struct hr_error *error) HR_MUST_USE;

#endif
