/* Listing, page by page. */
#include <stdlib.h>
#include <string.h>

#include "aws/s3_call.h"
#include "aws/time.h"
#include "aws/uri.h"
#include "aws/xml.h"
#include "base/limits.h"

/* A thousand keys of 1 KiB, each byte written as %XX, and what stands around them. */
#define PAGE_MAX_BYTES ((size_t)16 << 20)
/* Keys are encoded in the answer: three times a key's bytes at most. */
#define VALUE_MAX_BYTES 4096

/* One page on its way through the caller's callback. */
struct page {
    const struct hr_s3_list *list;
    struct hr_xml xml;
    bool encoded;
    bool stopped; /* the callback wants no more */
    size_t keys;  /* in all pages */
    struct hr_buffer value;
    struct hr_buffer key;
    struct hr_buffer etag;
    struct hr_error *error;
};

static enum hr_status read_value(struct page *page, struct hr_buffer *out)
{
    hr_buffer_clear(out);
    return hr_xml_text(&page->xml, out, page->error);
}

static enum hr_status read_key(struct page *page)
{
    enum hr_status status = read_value(page, &page->value);
    hr_buffer_clear(&page->key);
    if (status == HR_OK && page->encoded)
        return hr_uri_decode(&page->key, hr_buffer_view(&page->value), true, page->error);
    hr_buffer_append(&page->key, hr_buffer_view(&page->value));
    return status == HR_OK ? hr_buffer_check(&page->key, page->error) : status;
}

static bool is_element(const struct page *page, const char *name)
{
    return hr_view_equal(page->xml.piece, hr_view_text(name));
}

/* The inside of <Contents> or <CommonPrefixes>, one element. */
static enum hr_status read_field(struct page *page, struct hr_s3_item *item)
{
    enum hr_status status;
    if (is_element(page, "Key") || is_element(page, "Prefix"))
        return read_key(page);
    if (is_element(page, "ETag"))
        return read_value(page, &page->etag);
    if (is_element(page, "Size")) {
        status = read_value(page, &page->value);
        item->size_bytes = strtoull(hr_buffer_text(&page->value), NULL, 10);
        return status;
    }
    if (is_element(page, "LastModified")) {
        status = read_value(page, &page->value);
        (void)hr_aws_time_iso8601(hr_buffer_text(&page->value), &item->modified_us);
        return status;
    }
    return hr_xml_skip(&page->xml, page->error);
}

static enum hr_status read_item(struct page *page, bool is_prefix)
{
    struct hr_s3_item item = {.is_prefix = is_prefix};
    size_t depth = page->xml.depth;
    hr_buffer_clear(&page->key);
    hr_buffer_clear(&page->etag);
    while (page->xml.depth >= depth) {
        enum hr_xml_kind kind;
        enum hr_status status = hr_xml_next(&page->xml, &kind, page->error);
        if (status == HR_OK && kind == HR_XML_START)
            status = read_field(page, &item);
        if (status != HR_OK)
            return status;
    }
    size_t keys_max = page->list->keys_max != 0 ? page->list->keys_max : HR_LIMIT_S3_LISTED_KEYS;
    if (++page->keys > keys_max)
        return hr_error_set(page->error, HR_ERR_LIMIT, "more than %zu keys: use a prefix for each class", keys_max);
    item.key = hr_buffer_text(&page->key);
    item.etag = hr_buffer_text(&page->etag);
    enum hr_status status = page->list->each(page->list->context, &item, page->error);
    page->stopped = status == HR_END;
    return page->stopped ? HR_OK : status;
}

static enum hr_status read_page(struct page *page, struct hr_view text)
{
    char encoding[16] = "";
    (void)hr_xml_find(text, "EncodingType", encoding, sizeof encoding);
    page->encoded = strcmp(encoding, "url") == 0;
    hr_xml_init(&page->xml, text);
    enum hr_status status = HR_OK;
    enum hr_xml_kind kind = HR_XML_START;
    while (status == HR_OK && kind != HR_XML_DONE && !page->stopped) {
        status = hr_xml_next(&page->xml, &kind, page->error);
        if (status != HR_OK || kind != HR_XML_START || page->xml.depth != 2)
            continue;
        if (is_element(page, "Contents"))
            status = read_item(page, false);
        else if (is_element(page, "CommonPrefixes"))
            status = read_item(page, true);
        else
            status = hr_xml_skip(&page->xml, page->error);
    }
    return status == HR_OK ? HR_OK : hr_error_prefix(page->error, "the listing of '%s'", page->list->bucket);
}

static enum hr_status fetch_page(struct hr_aws *aws, const struct hr_s3_list *list, const char *token,
                                 struct hr_aws_answer *answer, struct hr_error *error)
{
    const struct hr_pair all[] = {
        {"list-type", "2"},
        {"encoding-type", "url"},
        {"prefix", list->prefix},
        {"delimiter", list->delimiter},
        {"start-after", list->start_after},
        {"continuation-token", token},
    };
    struct hr_pair query[sizeof all / sizeof *all];
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value != NULL && all[i].value[0] != '\0')
            query[count++] = all[i];
    const struct hr_s3_object bucket = {.bucket = list->bucket, .key = ""};
    struct hr_aws_request request = {.method = "GET",
                                     .query = query,
                                     .query_count = count,
                                     .repeatable = true,
                                     .response_max_bytes = PAGE_MAX_BYTES,
                                     .deadline = list->deadline};
    return hr_s3_call(aws, &bucket, &request, answer, error);
}

/* How far a listing has got, and where it was some pages ago. */
struct progress {
    size_t pages;
    char token[VALUE_MAX_BYTES];
    char mark[VALUE_MAX_BYTES]; /* of the page whose number is the last power of two: each circle meets it (Brent) */
};

/* Whether there is another page, and where. */
static enum hr_status advance(const struct hr_s3_list *list, struct hr_view text, struct progress *progress, bool *more,
                              struct hr_error *error)
{
    char truncated[8];
    size_t pages_max = list->pages_max != 0 ? list->pages_max : HR_LIMIT_S3_LISTING_PAGES;
    *more = hr_xml_find(text, "IsTruncated", truncated, sizeof truncated) && strcmp(truncated, "true") == 0;
    if (!*more)
        return HR_OK;
    if (!hr_xml_find(text, "NextContinuationToken", progress->token, sizeof progress->token))
        return hr_error_set(error, HR_ERR_FORMAT, "the listing of '%s' goes on, but does not say where", list->bucket);
    if (strcmp(progress->token, progress->mark) == 0)
        return hr_error_set(error, HR_ERR_FORMAT, "the listing of '%s' goes in a circle: the server is broken",
                            list->bucket);
    if (++progress->pages >= pages_max)
        return hr_error_set(error, HR_ERR_LIMIT, "the listing of '%s' does not end: %zu pages, and more", list->bucket,
                            progress->pages);
    if ((progress->pages & (progress->pages - 1)) == 0)
        memcpy(progress->mark, progress->token, sizeof progress->mark);
    return HR_OK;
}

enum hr_status hr_s3_list(struct hr_aws *aws, const struct hr_s3_list *list, struct hr_error *error)
{
    struct page page = {.list = list, .error = error};
    struct hr_aws_answer answer;
    struct progress progress = {.pages = 0};
    enum hr_status status;
    hr_aws_answer_init(&answer);
    hr_buffer_init(&page.value, VALUE_MAX_BYTES);
    hr_buffer_init(&page.key, VALUE_MAX_BYTES);
    hr_buffer_init(&page.etag, VALUE_MAX_BYTES);
    bool more = true;
    do {
        status = fetch_page(aws, list, progress.token, &answer, error);
        if (status != HR_OK)
            break;
        struct hr_view text = hr_buffer_view(&answer.http.body);
        status = read_page(&page, text);
        if (status == HR_OK && !page.stopped)
            status = advance(list, text, &progress, &more, error);
    } while (status == HR_OK && more && !page.stopped);
    hr_buffer_clear(&page.etag);
    hr_buffer_clear(&page.key);
    hr_buffer_clear(&page.value);
    hr_aws_answer_clear(&answer);
    return status;
}
