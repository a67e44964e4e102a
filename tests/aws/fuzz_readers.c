/* The readers of what comes from outside, on changed copies of good texts: nothing is asked but that
 * they come back, with the sanitizers watching. The changes are the same every time. */
#include "support/check.h"

#include "aws/ini.h"
#include "aws/time.h"
#include "aws/uri.h"
#include "aws/xml.h"

enum { ROUNDS = 20000, CHANGES_MAX = 6 };

static const char *const seeds[] = {
    "<?xml version=\"1.0\"?><L xmlns='a:b'><Contents><Key>a+b%2B</Key><Size>7</Size>"
    "<ETag>&quot;e&#x20AC;&quot;</ETag></Contents><IsTruncated>true</IsTruncated><p:E/></L>",
    "[default]\nregion = eu-west-1 # x\ns3 =\n  addressing_style = path\n[profile b]\nkey=a=b;c\n",
    "s%2Fa+b%C3%A9%25/%e6%95%99.mp4",
    "https://[::1]:8443/base/path",
    "2026-01-31T12:00:00.123Z",
    "Sat, 31 Jan 2026 12:00:00 GMT",
};

static uint32_t next(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*random >> 33);
}

/* Bytes changed, taken out and said twice. `bytes` has room for one more per change. */
static size_t damage(uint8_t *bytes, size_t size, uint64_t *random)
{
    static const char telling[] = "<>&;=[]%/'\"#\n\0 ";
    for (uint32_t i = next(random) % CHANGES_MAX + 1; i > 0 && size > 0; i--) {
        size_t at = next(random) % size;
        switch (next(random) % 4) {
        case 0:
            bytes[at] = (uint8_t)next(random);
            break;
        case 1:
            bytes[at] = (uint8_t)telling[next(random) % sizeof telling];
            break;
        case 2:
            memmove(bytes + at, bytes + at + 1, --size - at);
            break;
        default:
            memmove(bytes + at + 1, bytes + at, size++ - at);
        }
    }
    return size;
}

static void read_by_all(struct hr_view bytes)
{
    struct hr_xml xml;
    struct hr_ini ini = {0};
    struct hr_buffer out;
    struct hr_endpoint endpoint;
    enum hr_xml_kind kind = HR_XML_START;
    char found[16];
    int64_t wall_us;
    hr_xml_init(&xml, bytes);
    while (kind != HR_XML_DONE && hr_xml_next(&xml, &kind, NULL) == HR_OK)
        assert_true(xml.at <= bytes.size && xml.depth <= HR_XML_DEPTH_MAX);
    (void)hr_xml_find(bytes, "ETag", found, sizeof found);
    if (hr_ini_parse(&ini, bytes, NULL) == HR_OK)
        hr_ini_clear(&ini);
    assert_null(ini.entries);
    hr_buffer_init(&out, 4096);
    if (hr_uri_decode(&out, bytes, true, NULL) == HR_OK)
        assert_true(hr_view_is_utf8(hr_buffer_view(&out)));
    hr_buffer_clear(&out);
    char *text = strndup(bytes.size > 0 ? (const char *)bytes.data : "", bytes.size);
    assert_non_null(text);
    if (hr_endpoint_parse(&endpoint, text, NULL) == HR_OK)
        assert_null(strpbrk(endpoint.host, "@/?# \r\n"));
    (void)hr_aws_time_iso8601(text, &wall_us);
    (void)hr_aws_time_http(text, &wall_us);
    free(text);
}

static void changed_copies(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        const char *seed = seeds[(size_t)round % (sizeof seeds / sizeof *seeds)];
        size_t size = strlen(seed);
        /* Of exactly the size in the end, so that a step too far is seen. */
        uint8_t *bytes = malloc(size + CHANGES_MAX);
        assert_non_null(bytes);
        memcpy(bytes, seed, size);
        size = damage(bytes, size, &random);
        uint8_t *exact = malloc(size > 0 ? size : 1);
        assert_non_null(exact);
        memcpy(exact, bytes, size);
        read_by_all(hr_view_of(exact, size));
        free(exact);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(changed_copies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
