#include "aws/uri.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/host.h"
#include "base/limits.h"

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void hr_uri_encode(struct hr_buffer *out, const char *text, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (is_unreserved(byte) || (byte == '/' && keep_slash)) {
            hr_buffer_append(out, hr_view_of(at, 1));
        } else {
            const char coded[3] = {'%', digits[byte >> 4], digits[byte & 15]};
            hr_buffer_append(out, hr_view_of(coded, sizeof coded));
        }
    }
}

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The byte that stands at *at, which moves behind it; -1 for a damaged escape. */
static int decode_byte(struct hr_view text, size_t *at, bool form)
{
    uint8_t byte = text.data[(*at)++];
    if (byte == '+' && form)
        return ' ';
    if (byte != '%')
        return byte;
    if (text.size - *at < 2)
        return -1;
    int high = hex_value(text.data[*at]), low = hex_value(text.data[*at + 1]);
    *at += 2;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

enum hr_status hr_uri_decode(struct hr_buffer *out, struct hr_view text, bool form, struct hr_error *error)
{
    size_t before = out->size;
    for (size_t at = 0; at < text.size;) {
        int byte = decode_byte(text, &at, form);
        if (byte < 0)
            return hr_error_set(error, HR_ERR_FORMAT, "byte %zu: a '%%' must be followed by two hexadecimal digits",
                                at);
        uint8_t plain = (uint8_t)byte;
        hr_buffer_append(out, hr_view_of(&plain, 1));
    }
    enum hr_status status = hr_buffer_check(out, error);
    if (status != HR_OK)
        return status;
    if (out->size > before && !hr_view_is_utf8(hr_view_of(out->data + before, out->size - before)))
        return hr_error_set(error, HR_ERR_FORMAT, "the decoded text is not UTF-8");
    return HR_OK;
}

/* One parameter, encoded, and where its parts lie in the text that holds all of them. */
struct part {
    const char *name;
    const char *value;
};

static int compare_parts(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->value, b->value);
}

/* "name\0value\0" of each, in the caller's order. */
static void encode_all(struct hr_buffer *text, const struct hr_pair *query, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hr_uri_encode(text, query[i].name, false);
        hr_buffer_append(text, hr_view_of("", 1));
        hr_uri_encode(text, query[i].value, false);
        hr_buffer_append(text, hr_view_of("", 1));
    }
}

enum hr_status hr_uri_query(struct hr_buffer *out, const struct hr_pair *query, size_t count, struct hr_error *error)
{
    struct hr_buffer text;
    hr_buffer_init(&text, out->max_size);
    struct part *parts = NULL;
    enum hr_status status = HR_OK;
    if (count == 0)
        return HR_OK;
    encode_all(&text, query, count);
    status = hr_buffer_check(&text, error);
    if (status != HR_OK)
        goto out;
    parts = calloc(count, sizeof *parts);
    if (parts == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu parameters", count);
        goto out;
    }
    const char *at = hr_buffer_text(&text);
    for (size_t i = 0; i < count; i++) {
        parts[i].name = at;
        parts[i].value = at + strlen(at) + 1;
        at = parts[i].value + strlen(parts[i].value) + 1;
    }
    /* Sorted by the encoded bytes: an encoded character may come before one that is not. */
    qsort(parts, count, sizeof *parts, compare_parts);
    for (size_t i = 0; i < count; i++)
        hr_buffer_append_format(out, "%s%s=%s", i > 0 ? "&" : "", parts[i].name, parts[i].value);
    status = hr_buffer_check(out, error);
out:
    free(parts);
    hr_buffer_clear(&text);
    return status;
}

static bool is_host_character(unsigned char byte)
{
    return is_unreserved(byte) || byte == ':' || byte == '[' || byte == ']';
}

static bool host_is_valid(const char *host, size_t size)
{
    if (size == 0)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_host_character((unsigned char)host[i]))
            return false;
    return true;
}

enum hr_status hr_endpoint_parse(struct hr_endpoint *out, const char *url, struct hr_error *error)
{
    *out = (struct hr_endpoint){.scheme = "https"};
    const char *host;
    if (strncasecmp(url, "https://", 8) == 0) {
        host = url + 8;
    } else if (strncasecmp(url, "http://", 7) == 0) {
        host = url + 7;
        snprintf(out->scheme, sizeof out->scheme, "http");
    } else {
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "an endpoint must begin with https://; nothing is assumed (http:// is for this machine)");
    }
    size_t host_size = strcspn(host, "/?#");
    const char *path = host + host_size;
    size_t path_size = strlen(path);
    while (path_size > 0 && path[path_size - 1] == '/')
        path_size--;
    /* The text is not repeated: what stands before an '@' is a password. */
    if (!host_is_valid(host, host_size) || memchr(path, '?', path_size) != NULL || memchr(path, '#', path_size) != NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "an endpoint must read http(s)://HOST[:PORT][/PATH] and nothing else");
    if (host_size >= sizeof out->host || path_size >= sizeof out->base)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the endpoint's address is too long");
    for (size_t i = 0; i < host_size; i++)
        out->host[i] = (char)tolower((unsigned char)host[i]);
    memcpy(out->base, path, path_size);
    return HR_OK;
}

static struct hr_view host_of(const char *url)
{
    const char *authority = url + strlen("http://");
    return hr_host_of_authority(hr_view_of(authority, strcspn(authority, "/?#")));
}

static bool is_clear(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0;
}

bool hr_url_is_loopback(const char *url)
{
    return is_clear(url) && hr_host_is_loopback(host_of(url));
}

enum hr_status hr_url_check(const char *url, enum hr_clear clear, struct hr_error *error)
{
    if (strncasecmp(url, "https://", 8) == 0)
        return HR_OK;
    if (!is_clear(url))
        return hr_error_set(error, HR_ERR_ARGUMENT, "an address must begin with https:// (http:// is never assumed)");
    struct hr_view host = host_of(url);
    if (clear == HR_CLEAR_ANYWHERE || hr_host_is_loopback(host) ||
        (clear == HR_CLEAR_LINK_LOCAL && hr_host_is_link_local(host)))
        return HR_OK;
    return hr_error_set(
        error, HR_ERR_ARGUMENT,
        "http:// sends videos, records and session tokens in the clear to another machine: use https://, "
        "or allow it with --insecure where nobody else can listen");
}
