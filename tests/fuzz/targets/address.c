/* What the page's server reads before it knows who asks: the path of a request, and the base64 in the headers of an
 * upload. */
#include "fuzz/target.h"

#include "base/base64.h"
#include "web/routes.h"

static void find(const char *method, const char *path)
{
    struct hr_request request = {0};
    struct hr_error error = {0};
    char allowed[128];
    enum hr_status status = hr_route_find(&request, method, path, allowed, &error);
    if (status != HR_OK)
        fuzz_check_refusal(status, &error);
    FUZZ_CHECK(strlen(allowed) < sizeof allowed);
    for (size_t i = 0; i < HR_REQUEST_WORDS_MAX; i++) {
        FUZZ_CHECK(status == HR_OK || request.words[i] == NULL);
        FUZZ_CHECK(request.words[i] == NULL || hr_view_is_utf8(hr_view_text(request.words[i])));
        free(request.words[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_error error = {0};
    struct hr_buffer bytes, text;
    char *path = fuzz_text(data, size);
    find("GET", path);
    find("DELETE", path);
    free(path);
    hr_buffer_init(&bytes, 1 << 16);
    hr_buffer_init(&text, 1 << 18);
    if (hr_base64_decode(&bytes, hr_view_of(data, size), &error) == HR_OK) {
        struct hr_buffer again;
        hr_buffer_init(&again, 1 << 16);
        hr_base64_append(&text, hr_buffer_view(&bytes));
        FUZZ_CHECK(hr_base64_decode(&again, hr_buffer_view(&text), &error) == HR_OK);
        FUZZ_CHECK(hr_view_equal(hr_buffer_view(&again), hr_buffer_view(&bytes)));
        hr_buffer_clear(&again);
    }
    hr_buffer_clear(&bytes);
    hr_buffer_clear(&text);
    return 0;
}
