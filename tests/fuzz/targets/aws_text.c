/* The smaller formats of Amazon's services and tools: settings, keys, times, encoded names. */
#include "fuzz/target.h"

#include "aws/credential_sources.h"
#include "aws/ini.h"
#include "aws/time.h"
#include "aws/uri.h"

static void read_names(struct hr_view bytes)
{
    struct hr_buffer plain, again;
    for (int form = 0; form <= 1; form++) {
        hr_buffer_init(&plain, 1 << 16);
        hr_buffer_init(&again, 1 << 18);
        if (hr_uri_decode(&plain, bytes, form == 1, NULL) == HR_OK) {
            FUZZ_CHECK(hr_view_is_utf8(hr_buffer_view(&plain)));
            FUZZ_CHECK(plain.size == 0 || memchr(plain.data, '\0', plain.size) == NULL);
        }
        hr_buffer_clear(&plain);
        hr_buffer_clear(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_view bytes = hr_view_of(data, size);
    struct hr_ini ini = {0};
    struct hr_credentials credentials = {0};
    struct hr_error error = {0};
    int64_t wall_us = 0;
    enum hr_status status = hr_ini_parse(&ini, bytes, &error);
    if (status == HR_OK) {
        (void)hr_ini_get(&ini, "default", "region");
        (void)hr_ini_has_section(&ini, "profile b");
        hr_ini_clear(&ini);
    } else {
        fuzz_check_refusal(status, &error);
    }
    FUZZ_CHECK(ini.entries == NULL);
    if (hr_credentials_from_json(bytes, &credentials, &error) == HR_OK)
        hr_credentials_clear(&credentials);
    read_names(bytes);
    char *text = fuzz_text(data, size);
    (void)hr_aws_time_iso8601(text, &wall_us);
    (void)hr_aws_time_http(text, &wall_us);
    free(text);
    return 0;
}
