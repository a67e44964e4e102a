#include "base/host.h"

#include <arpa/inet.h>
#include <strings.h>

#define HOST_MAX 64

struct hr_view hr_host_of_authority(struct hr_view authority)
{
    const struct hr_view none = {0};
    const uint8_t *at = authority.size > 0 ? memchr(authority.data, '@', authority.size) : NULL;
    if (at != NULL) {
        size_t before = (size_t)(at - authority.data) + 1;
        authority = hr_view_of(at + 1, authority.size - before);
        if (memchr(authority.data, '@', authority.size) != NULL)
            return none;
    }
    if (authority.size == 0)
        return none;
    if (authority.data[0] == '[') {
        const uint8_t *end = memchr(authority.data, ']', authority.size);
        return end != NULL ? hr_view_of(authority.data + 1, (size_t)(end - authority.data) - 1) : none;
    }
    const uint8_t *colon = memchr(authority.data, ':', authority.size);
    return colon != NULL ? hr_view_of(authority.data, (size_t)(colon - authority.data)) : authority;
}

/* The numbers of an address; false for a name. inet_pton takes no shortened forms ("127.1"), which others read each in
 * his own way. */
static bool numbers(struct hr_view host, int family, uint8_t out[16])
{
    char text[HOST_MAX];
    if (host.size == 0 || host.size >= sizeof text || memchr(host.data, '\0', host.size) != NULL)
        return false;
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    return inet_pton(family, text, out) == 1;
}

bool hr_host_is_loopback(struct hr_view host)
{
    static const uint8_t one[16] = {[15] = 1};
    static const char name[] = "localhost";
    uint8_t address[16];
    if (host.size == sizeof name - 1 && strncasecmp((const char *)host.data, name, host.size) == 0)
        return true;
    if (numbers(host, AF_INET, address))
        return address[0] == 127;
    return numbers(host, AF_INET6, address) && memcmp(address, one, sizeof one) == 0;
}

bool hr_host_is_link_local(struct hr_view host)
{
    static const uint8_t amazon[4] = {0xfd, 0x00, 0x0e, 0xc2};
    uint8_t address[16];
    if (numbers(host, AF_INET, address))
        return address[0] == 169 && address[1] == 254;
    return numbers(host, AF_INET6, address) && memcmp(address, amazon, sizeof amazon) == 0;
}
