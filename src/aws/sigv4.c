#include "aws/sigv4.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "aws/uri.h"
#include "base/hash.h"
#include "base/limits.h"

/* Of one request; ours has about ten. */
#define HEADERS_MAX 64
/* The canonical request repeats path (encoded twice at most), query and headers. */
#define CANONICAL_MAX_BYTES (4 * HR_LIMIT_HTTP_HEAD_BYTES)
#define ALGORITHM "AWS4-HMAC-SHA256"

struct entry {
    struct hr_pair pair;
    size_t order; /* of headers with one name: as they were given */
};

/* The headers of a request and those that a signature adds, sorted by name. */
struct header_list {
    struct entry entries[HEADERS_MAX];
    size_t count;
};

void hr_sigv4_signature_init(struct hr_sigv4_signature *signature)
{
    *signature = (struct hr_sigv4_signature){0};
    hr_buffer_init(&signature->authorization, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_buffer_init(&signature->canonical, CANONICAL_MAX_BYTES);
}

void hr_sigv4_signature_clear(struct hr_sigv4_signature *signature)
{
    hr_buffer_clear(&signature->authorization);
    hr_buffer_clear(&signature->canonical);
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = strcasecmp(a->pair.name, b->pair.name);
    if (order != 0)
        return order;
    return a->order < b->order ? -1 : a->order > b->order;
}

static enum hr_status add_header(struct header_list *list, const char *name, const char *value, struct hr_error *error)
{
    if (list->count == HEADERS_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "more than %d headers to sign", HEADERS_MAX);
    /* A line end would begin a header of somebody else's. */
    if (name[0] == '\0' || strpbrk(name, "\r\n: ") != NULL || strpbrk(value, "\r\n") != NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a header to sign is not one line");
    list->entries[list->count] = (struct entry){{name, value}, list->count};
    list->count++;
    return HR_OK;
}

static bool has_token(const struct hr_sigv4_keys *keys)
{
    return keys->session_token != NULL && keys->session_token[0] != '\0';
}

static enum hr_status collect_headers(struct header_list *list, const struct hr_sigv4_request *request,
                                      const struct hr_sigv4_keys *keys, const char *date, struct hr_error *error)
{
    bool has_host = false;
    enum hr_status status = HR_OK;
    for (size_t i = 0; i < request->header_count && status == HR_OK; i++) {
        has_host = has_host || strcasecmp(request->headers[i].name, "host") == 0;
        status = add_header(list, request->headers[i].name, request->headers[i].value, error);
    }
    if (status == HR_OK && !has_host)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "a signature needs the header 'host'");
    if (status == HR_OK && date != NULL)
        status = add_header(list, "x-amz-date", date, error);
    if (status == HR_OK && date != NULL && has_token(keys))
        status = add_header(list, "x-amz-security-token", keys->session_token, error);
    if (status == HR_OK && date != NULL && request->s3)
        status = add_header(list, "x-amz-content-sha256", request->payload_hash, error);
    if (status == HR_OK)
        qsort(list->entries, list->count, sizeof *list->entries, compare_entries);
    return status;
}

static void append_lower(struct hr_buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        char lower = (char)tolower((unsigned char)*text);
        hr_buffer_append(out, hr_view_of(&lower, 1));
    }
}

/* Without white space around it, and with one blank for several inside. */
static void append_trimmed(struct hr_buffer *out, const char *value)
{
    static const char blanks[] = " \t";
    value += strspn(value, blanks);
    while (*value != '\0') {
        size_t size = strcspn(value, blanks);
        hr_buffer_append(out, hr_view_of(value, size));
        value += size;
        value += strspn(value, blanks);
        if (*value != '\0')
            hr_buffer_append_text(out, " ");
    }
}

static bool same_name_as_before(const struct header_list *list, size_t index)
{
    return index > 0 && strcasecmp(list->entries[index].pair.name, list->entries[index - 1].pair.name) == 0;
}

static void append_headers(struct hr_buffer *out, const struct header_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct hr_pair *pair = &list->entries[i].pair;
        if (same_name_as_before(list, i)) {
            hr_buffer_append_text(out, ",");
        } else {
            hr_buffer_append_text(out, i > 0 ? "\n" : "");
            append_lower(out, pair->name);
            hr_buffer_append_text(out, ":");
        }
        append_trimmed(out, pair->value);
    }
    hr_buffer_append_text(out, "\n");
}

static void append_signed_names(struct hr_buffer *out, const struct header_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (same_name_as_before(list, i))
            continue;
        hr_buffer_append_text(out, i > 0 ? ";" : "");
        append_lower(out, list->entries[i].pair.name);
    }
}

static enum hr_status append_path(struct hr_buffer *out, const struct hr_sigv4_request *request, struct hr_error *error)
{
    if (request->s3) {
        hr_uri_encode(out, request->path, true);
        return HR_OK;
    }
    struct hr_buffer once;
    hr_buffer_init(&once, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_uri_encode(&once, request->path, true);
    hr_uri_encode(out, hr_buffer_text(&once), true);
    enum hr_status status = hr_buffer_check(&once, error);
    hr_buffer_clear(&once);
    return status;
}

/* METHOD, path, query, headers, names of the headers, hash: each on its line. `query` is encoded
 * and sorted. */
static enum hr_status write_canonical(struct hr_buffer *out, const struct hr_sigv4_request *request, const char *query,
                                      const struct header_list *headers, const char *payload_hash,
                                      struct hr_error *error)
{
    hr_buffer_append_format(out, "%s\n", request->method);
    enum hr_status status = append_path(out, request, error);
    if (status != HR_OK)
        return status;
    hr_buffer_append_format(out, "\n%s\n", query);
    append_headers(out, headers);
    hr_buffer_append_text(out, "\n");
    append_signed_names(out, headers);
    hr_buffer_append_format(out, "\n%s", payload_hash);
    return hr_buffer_check(out, error);
}

/* A chain of HMACs: the key of the day, the region, the service. */
static enum hr_status derive_key(const struct hr_sigv4_request *request, const char *secret, const char *day,
                                 uint8_t key[HR_SHA256_SIZE], struct hr_error *error)
{
    const char *const steps[] = {day, request->region, request->service, "aws4_request"};
    struct hr_buffer first;
    hr_buffer_init(&first, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_buffer_append_format(&first, "AWS4%s", secret);
    enum hr_status status = hr_buffer_check(&first, error);
    struct hr_view with = hr_buffer_view(&first);
    for (size_t i = 0; i < 4 && status == HR_OK; i++) {
        uint8_t next[HR_SHA256_SIZE];
        status = hr_hmac_sha256(with, hr_view_text(steps[i]), next, error);
        memcpy(key, next, sizeof next);
        explicit_bzero(next, sizeof next);
        with = hr_view_of(key, HR_SHA256_SIZE);
    }
    if (first.data != NULL)
        explicit_bzero(first.data, first.size);
    hr_buffer_clear(&first);
    return status;
}

static enum hr_status compute_signature(struct hr_sigv4_signature *out, const char *scope,
                                        const struct hr_sigv4_request *request, const struct hr_sigv4_keys *keys,
                                        struct hr_error *error)
{
    char hash[HR_SHA256_HEX_SIZE], day[9];
    uint8_t key[HR_SHA256_SIZE] = {0}, digest[HR_SHA256_SIZE];
    struct hr_buffer text;
    hr_buffer_init(&text, HR_LIMIT_HTTP_HEAD_BYTES);
    memcpy(day, out->date, 8);
    day[8] = '\0';
    enum hr_status status = hr_sha256_hex(hr_buffer_view(&out->canonical), hash, error);
    if (status != HR_OK)
        goto out;
    hr_buffer_append_format(&text, ALGORITHM "\n%s\n%s\n%s", out->date, scope, hash);
    status = hr_buffer_check(&text, error);
    if (status == HR_OK)
        status = derive_key(request, keys->secret, day, key, error);
    if (status == HR_OK)
        status = hr_hmac_sha256(hr_view_of(key, sizeof key), hr_buffer_view(&text), digest, error);
    if (status == HR_OK)
        hr_sha256_to_hex(digest, out->signature);
out:
    explicit_bzero(key, sizeof key);
    hr_buffer_clear(&text);
    return status;
}

static enum hr_status write_date(int64_t wall_us, char out[20], struct hr_error *error)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm parts;
    if (wall_us < 0 || gmtime_r(&seconds, &parts) == NULL || parts.tm_year > 9999 - 1900 ||
        strftime(out, 20, "%Y%m%dT%H%M%SZ", &parts) == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the clock shows no time to sign with");
    return HR_OK;
}

/* "20150830/us-east-1/s3/aws4_request" */
static enum hr_status write_scope(struct hr_buffer *out, const struct hr_sigv4_request *request, const char *date,
                                  struct hr_error *error)
{
    hr_buffer_append_format(out, "%.8s/%s/%s/aws4_request", date, request->region, request->service);
    return hr_buffer_check(out, error);
}

enum hr_status hr_sigv4_sign(const struct hr_sigv4_request *request, const struct hr_sigv4_keys *keys,
                             struct hr_sigv4_signature *out, struct hr_error *error)
{
    struct header_list headers = {.count = 0};
    struct hr_buffer scope, query;
    hr_buffer_init(&scope, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_buffer_init(&query, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_sigv4_signature_clear(out);
    enum hr_status status = write_date(request->wall_us, out->date, error);
    if (status == HR_OK)
        status = write_scope(&scope, request, out->date, error);
    if (status == HR_OK)
        status = hr_uri_query(&query, request->query, request->query_count, error);
    if (status == HR_OK)
        status = collect_headers(&headers, request, keys, out->date, error);
    if (status == HR_OK)
        status =
            write_canonical(&out->canonical, request, hr_buffer_text(&query), &headers, request->payload_hash, error);
    if (status == HR_OK)
        status = compute_signature(out, hr_buffer_text(&scope), request, keys, error);
    if (status != HR_OK)
        goto out;
    hr_buffer_append_format(&out->authorization, ALGORITHM " Credential=%s/%s, SignedHeaders=", keys->key_id,
                            hr_buffer_text(&scope));
    append_signed_names(&out->authorization, &headers);
    hr_buffer_append_format(&out->authorization, ", Signature=%s", out->signature);
    status = hr_buffer_check(&out->authorization, error);
out:
    hr_buffer_clear(&query);
    hr_buffer_clear(&scope);
    return status;
}

/* The caller's parameters and the five or six of a presigned address. */
static enum hr_status presigned_query(struct hr_buffer *out, const struct hr_sigv4_request *request,
                                      const struct hr_pair own[6], struct hr_error *error)
{
    size_t count;
    if (!hr_size_add(request->query_count, 6, &count))
        return hr_error_set(error, HR_ERR_LIMIT, "too many parameters");
    struct hr_pair *all = calloc(count, sizeof *all);
    if (all == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu parameters", count);
    count = 0;
    for (size_t i = 0; i < request->query_count; i++)
        all[count++] = request->query[i];
    for (size_t i = 0; i < 6; i++)
        if (own[i].name != NULL)
            all[count++] = own[i];
    enum hr_status status = hr_uri_query(out, all, count, error);
    free(all);
    return status;
}

enum hr_status hr_sigv4_presign(const struct hr_sigv4_request *request, const struct hr_sigv4_keys *keys, int expires_s,
                                struct hr_buffer *query, struct hr_error *error)
{
    struct header_list headers = {.count = 0};
    struct hr_sigv4_signature signature;
    struct hr_buffer scope, credential, names;
    char seconds[16];
    hr_sigv4_signature_init(&signature);
    hr_buffer_init(&scope, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_buffer_init(&credential, HR_LIMIT_HTTP_HEAD_BYTES);
    hr_buffer_init(&names, HR_LIMIT_HTTP_HEAD_BYTES);
    snprintf(seconds, sizeof seconds, "%d", expires_s);
    enum hr_status status = write_date(request->wall_us, signature.date, error);
    if (status == HR_OK)
        status = write_scope(&scope, request, signature.date, error);
    if (status == HR_OK)
        status = collect_headers(&headers, request, keys, NULL, error);
    if (status != HR_OK)
        goto out;
    append_signed_names(&names, &headers);
    hr_buffer_append_format(&credential, "%s/%s", keys->key_id, hr_buffer_text(&scope));
    const struct hr_pair own[6] = {
        {"X-Amz-Algorithm", ALGORITHM},
        {"X-Amz-Credential", hr_buffer_text(&credential)},
        {"X-Amz-Date", signature.date},
        {"X-Amz-Expires", seconds},
        {"X-Amz-SignedHeaders", hr_buffer_text(&names)},
        {has_token(keys) ? "X-Amz-Security-Token" : NULL, keys->session_token},
    };
    status = presigned_query(query, request, own, error);
    if (status == HR_OK)
        status = write_canonical(&signature.canonical, request, hr_buffer_text(query), &headers,
                                 HR_SIGV4_UNSIGNED_PAYLOAD, error);
    if (status == HR_OK)
        status = compute_signature(&signature, hr_buffer_text(&scope), request, keys, error);
    if (status != HR_OK)
        goto out;
    hr_buffer_append_format(query, "&X-Amz-Signature=%s", signature.signature);
    status = hr_buffer_check(query, error);
out:
    hr_buffer_clear(&names);
    hr_buffer_clear(&credential);
    hr_buffer_clear(&scope);
    hr_sigv4_signature_clear(&signature);
    return status;
}
