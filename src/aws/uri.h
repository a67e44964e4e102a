/* Percent-encoding (RFC 3986) as signatures need it, and the parts of an endpoint's address. */
#ifndef HR_AWS_URI_H
#define HR_AWS_URI_H

#include "aws/pair.h"
#include "base/buffer.h"
#include "base/status.h"

/* All bytes but A-Z a-z 0-9 - . _ ~ become %XX; '/' stays when `keep_slash`. */
void hr_uri_encode(struct hr_buffer *out, const char *text, bool keep_slash);

/* Undo it, once. `form`: '+' is a space, as in the keys of S3's events and listings. FORMAT for a
 * '%' without two hexadecimal digits, for a zero byte, and for bytes that are not UTF-8. */
enum hr_status hr_uri_decode(struct hr_buffer *out, struct hr_view text, bool form, struct hr_error *error) HR_MUST_USE;

/* "a=1&b=" encoded, sorted by name and value as a signature wants it. MEMORY, LIMIT. */
enum hr_status hr_uri_query(struct hr_buffer *out, const struct hr_pair *query, size_t count,
                            struct hr_error *error) HR_MUST_USE;

/* "https://host:port/base": what a service is reached under. */
struct hr_endpoint {
    char scheme[8]; /* "http" or "https" */
    char host[300]; /* with ":port" when one is given; IPv6 in brackets; lower case */
    char base[256]; /* path in front of every path, without '/' at the end; mostly "" */
};
/* ARGUMENT for anything but http(s)://HOST[:PORT][/PATH]: a user, a query, a fragment. */
enum hr_status hr_endpoint_parse(struct hr_endpoint *out, const char *url, struct hr_error *error) HR_MUST_USE;

/* Where bytes may go in the clear. */
enum hr_clear {
    HR_CLEAR_LOOPBACK,   /* no further than this machine */
    HR_CLEAR_LINK_LOCAL, /* and to Amazon's agents beside it, which speak nothing else */
    HR_CLEAR_ANYWHERE    /* somebody said so */
};
/* ARGUMENT for http:// to where `clear` does not reach, and for an address without a scheme: what is meant is never
 * guessed. https:// is always fine. */
enum hr_status hr_url_check(const char *url, enum hr_clear clear, struct hr_error *error) HR_MUST_USE;
/* "http://" to this machine: no proxy has to do with it. */
bool hr_url_is_loopback(const char *url);

#endif
