/* S3, and what speaks like it, as a store: the objects directly under a prefix are its files.
 *
 * Reading is a stream of ranges: the first small one at once, further ones only where bytes are
 * wanted, several at a time ahead of a reader that goes straight on. Nothing touches the disk, and a
 * stream never holds more than HR_S3_STREAM_BYTES_MAX. All ranges are of one and the same object:
 * when it is replaced meanwhile, reading ends with CONFLICT. */
#ifndef HR_STORE_S3_H
#define HR_STORE_S3_H

#include "aws/s3.h"
#include "base/clock.h"
#include "store/store.h"

/* What a stream may hold: the head, the tail, the block in hand and those ahead of it. */
#define HR_S3_STREAM_BYTES_MAX ((size_t)21 << 20)

/* `object` is copied. `deadline` (may be NULL) ends every wait and outlives the stream. The first
 * range is read now: NOT_FOUND, PERMISSION and the size are known when this returns. `aws` outlives
 * the stream. */
enum hr_status hr_s3_stream_open(struct hr_stream *out, struct hr_aws *aws, const struct hr_s3_object *object,
                                 const struct hr_deadline *deadline, struct hr_error *error) HR_MUST_USE;

/* What reading has cost so far, ranges that were fetched ahead included. */
struct hr_s3_traffic {
    uint64_t requests; /* that were answered */
    uint64_t bytes;
};
/* Zeros for a stream that hr_s3_stream_open has not made. */
struct hr_s3_traffic hr_s3_stream_traffic(const struct hr_stream *stream);
/* The ETag of the object that is read; NULL for other streams, "" for an empty object. Borrowed. */
const char *hr_s3_stream_etag(const struct hr_stream *stream);

/* `prefix`: "" or one that ends in '/'. Makes no request: a bucket that is not there is found out
 * about by the first one. Tags are kept as metadata. `deadline` (may be NULL) is that of all
 * functions and of the streams; it and `aws` outlive the store. */
enum hr_status hr_store_open_s3(struct hr_store *out, struct hr_aws *aws, const char *bucket, const char *prefix,
                                const struct hr_deadline *deadline, struct hr_error *error) HR_MUST_USE;

/* What an object of that name is said to be: "text/csv; charset=utf-8" for "a.csv". */
const char *hr_store_content_type(const char *name);

#endif
