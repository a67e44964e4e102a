#include "nats/place.h"

#include <stdio.h>
#include <string.h>

#include "base/host.h"

enum hr_status hr_nats_name_check(const char *what, const char *name, struct hr_error *error)
{
    size_t length = strlen(name);
    bool good = length > 0 && length < HR_NATS_NAME_SIZE && strpbrk(name, " .*>/\\") == NULL;
    for (size_t i = 0; i < length; i++)
        good = good && (unsigned char)name[i] > ' ' && name[i] != 0x7f;
    return good ? HR_OK
                : hr_error_set(error, HR_ERR_ARGUMENT,
                               "%s: a name has up to %d characters and no space, '.', '*', '>', "
                               "'/' or '\\'",
                               what, HR_NATS_NAME_SIZE - 1);
}

/* The length of "nats://" or "tls://"; 0: neither. */
static size_t scheme_of(const char *text, bool *tls)
{
    *tls = strncmp(text, "tls://", 6) == 0;
    return *tls ? 6 : strncmp(text, "nats://", 7) == 0 ? 7 : 0;
}

/* One server, `length` bytes; a path is the stream's name. */
static enum hr_status add_server(struct hr_nats_place *out, const char *text, size_t length, struct hr_error *error)
{
    bool tls = false;
    char *server = out->servers[out->server_count];
    if (length >= HR_NATS_SERVER_SIZE)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the address of a NATS server is too long");
    memcpy(server, text, length);
    server[length] = '\0';
    size_t scheme = scheme_of(server, &tls);
    if (scheme == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "a NATS server is named as nats://HOST:PORT or tls://HOST:PORT, with "
                            "/STREAM behind the last one");
    out->tls |= tls;
    out->server_count++;
    char *path = strchr(server + scheme, '/');
    if (path != NULL)
        *path++ = '\0';
    if (server[scheme] == '\0')
        return hr_error_set(error, HR_ERR_ARGUMENT, "the NATS server's host is missing");
    if (path == NULL || path[0] == '\0')
        return HR_OK;
    enum hr_status status = hr_nats_name_check("the stream", path, error);
    if (status == HR_OK)
        snprintf(out->stream, sizeof out->stream, "%s", path);
    return status;
}

enum hr_status hr_nats_place_parse(struct hr_nats_place *out, const char *text, struct hr_error *error)
{
    *out = (struct hr_nats_place){0};
    for (const char *at = text; at != NULL;) {
        size_t length = strcspn(at, ",");
        if (out->server_count == HR_NATS_SERVERS_MAX)
            return hr_error_set(error, HR_ERR_ARGUMENT, "more than %d NATS servers are named", HR_NATS_SERVERS_MAX);
        enum hr_status status = add_server(out, at, length, error);
        if (status != HR_OK)
            return status;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return HR_OK;
}

enum hr_status hr_nats_place_check_clear(const struct hr_nats_place *place, struct hr_error *error)
{
    for (size_t i = 0; i < place->server_count && !place->tls; i++) {
        bool tls;
        const char *server = place->servers[i];
        struct hr_view host = hr_host_of_authority(hr_view_text(server + scheme_of(server, &tls)));
        /* The address itself is not repeated: it may hold a password. */
        if (!hr_host_is_loopback(host))
            return hr_error_set(error, HR_ERR_ARGUMENT,
                                "nats:// sends passwords, tokens and the names of videos in the clear to another "
                                "machine: use tls://, or allow it with --insecure where nobody else can listen");
    }
    return HR_OK;
}
