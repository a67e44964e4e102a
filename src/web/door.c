/* What is refused before anybody looks at it, and who it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/exchange.h"

enum { HEADERS_MAX = 64 };
#define COOKIE "homeroom_session"

struct header_census {
    unsigned hosts, lengths, encodings, authorizations, all;
    bool strange;
};

static bool has_strange(const char *bytes, size_t size, bool is_name)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char sign = (unsigned char)bytes[i];
        if (is_name ? sign <= ' ' || sign >= 0x7f : (sign < ' ' && sign != '\t') || sign == 0x7f)
            return true;
    }
    return false;
}

static enum MHD_Result count_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                    const char *value, size_t value_size)
{
    struct header_census *census = context;
    (void)kind;
    census->all++;
    census->hosts += strcasecmp(name, "Host") == 0;
    census->lengths += strcasecmp(name, "Content-Length") == 0;
    census->encodings += strcasecmp(name, "Transfer-Encoding") == 0;
    census->authorizations += strcasecmp(name, "Authorization") == 0;
    census->strange = census->strange || has_strange(name, name_size, true) ||
                      (value != NULL && has_strange(value, value_size, false));
    return MHD_YES;
}

enum hr_status hr_door_guard(struct hr_exchange *exchange, const char *version)
{
    struct MHD_Connection *connection = exchange->request.connection;
    struct header_census census = {0};
    const char *encoding = hr_request_header(&exchange->request, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    const char *length = hr_request_header(&exchange->request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, count_header, &census);
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return hr_exchange_refuse(exchange, 505, HR_ERR_UNSUPPORTED, NULL, "only HTTP/1.1 is spoken");
    if (census.all > HEADERS_MAX)
        return hr_exchange_refuse(exchange, 431, HR_ERR_LIMIT, NULL, "too many headers");
    if (census.hosts != 1)
        return hr_exchange_refuse(exchange, 400, HR_ERR_FORMAT, NULL, "there is one Host");
    if (census.lengths > 1 || census.encodings > 1 || census.lengths + census.encodings > 1 ||
        census.authorizations > 1)
        return hr_exchange_refuse(exchange, 400, HR_ERR_FORMAT, NULL, "how long it is is said twice");
    if (encoding != NULL && strcasecmp(encoding, "chunked") != 0)
        return hr_exchange_refuse(exchange, 400, HR_ERR_FORMAT, NULL, "Transfer-Encoding is chunked or nothing");
    if (length != NULL && (length[0] == '\0' || strspn(length, "0123456789") != strlen(length) || strlen(length) > 18))
        return hr_exchange_refuse(exchange, 400, HR_ERR_FORMAT, NULL, "Content-Length is a number");
    if (census.strange)
        return hr_exchange_refuse(exchange, 400, HR_ERR_FORMAT, NULL, "a header has signs that no header has");
    for (const char *at = exchange->raw; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || strncmp(at, "%00", 3) == 0)
            return hr_exchange_refuse(exchange, 400, HR_ERR_FORMAT, NULL, "the address cannot be read");
    return exchange->raw[0] == '/'
               ? HR_OK
               : hr_exchange_refuse(exchange, 400, HR_ERR_FORMAT, NULL, "the address begins with /");
}

/* --- who it is --- */

/* As long for every pair of texts of one length. */
static bool same_text(const char *a, const char *b)
{
    size_t length = strlen(a);
    unsigned differs = strlen(b) != length;
    for (size_t i = 0; i < length && strlen(b) == length; i++)
        differs |= (unsigned)(unsigned char)a[i] ^ (unsigned char)b[i];
    return differs == 0;
}

static bool is_secret(const char *text)
{
    return text != NULL && strlen(text) == HR_SECRET_SIZE - 1 && strspn(text, "0123456789abcdef") == strlen(text);
}

enum hr_status hr_door_find_account(struct hr_exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    const char *bearer = hr_request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    const char *secret = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, COOKIE);
    char label[HR_ACCOUNT_NAME_BYTES + 1];
    request->account = (struct hr_account){0};
    request->is_program = bearer != NULL && strncasecmp(bearer, "Bearer ", 7) == 0;
    if (request->is_program)
        secret = bearer + 7;
    if (!is_secret(secret))
        return HR_OK;
    enum hr_status status = hr_login_find(request->database, secret, &request->account, label, &exchange->error);
    if (status == HR_ERR_PERMISSION) {
        request->account = (struct hr_account){0};
        exchange->error = (struct hr_error){0};
        return HR_OK;
    }
    snprintf(request->secret, sizeof request->secret, "%s", secret);
    return status;
}

/* Another site's page can send a browser's cookie along, but not this. */
static enum hr_status check_csrf(struct hr_exchange *exchange)
{
    struct hr_request *request = &exchange->request;
    const char *method = request->route->method, *site = hr_request_header(request, "Sec-Fetch-Site");
    const char *given = hr_request_header(request, "X-CSRF-Token");
    char wanted[33];
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "OPTIONS") == 0 ||
        request->is_program)
        return HR_OK;
    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return hr_exchange_refuse(exchange, 403, HR_ERR_PERMISSION, "other_site", "this came from another site");
    if (request->account.key == 0)
        return HR_OK;
    hr_login_csrf(request->secret, wanted);
    exchange->code = "csrf";
    if (given == NULL || !same_text(wanted, given))
        return hr_exchange_refuse(exchange, 403, HR_ERR_PERMISSION, "csrf",
                                  "the X-CSRF-Token of /me is missing: load the page anew");
    exchange->code = NULL;
    return HR_OK;
}

static enum hr_status check_access(struct hr_exchange *exchange)
{
    const struct hr_request *request = &exchange->request;
    enum hr_access access = request->route->access;
    if (access != HR_ACCESS_ALL && request->account.key == 0)
        return hr_exchange_refuse(exchange, 401, HR_ERR_PERMISSION, "sign_in", "sign in first");
    if (access == HR_ACCESS_ADMINISTRATOR && request->account.role != HR_ROLE_ADMINISTRATOR)
        return hr_exchange_refuse(exchange, 403, HR_ERR_PERMISSION, "administrators_only",
                                  "this is for administrators");
    return HR_OK;
}

enum hr_status hr_door_check(struct hr_exchange *exchange)
{
    enum hr_status status = check_access(exchange);
    return status == HR_OK ? check_csrf(exchange) : status;
}
