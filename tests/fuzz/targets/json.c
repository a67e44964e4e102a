/* JSON of any kind: what was read is written, read again, and the same. */
#include "fuzz/target.h"

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_json *value = NULL, *again = NULL;
    struct hr_error error = {0};
    struct hr_buffer first, second;
    enum hr_status status = hr_json_parse(&value, hr_view_of(data, size), &error);
    if (status != HR_OK) {
        fuzz_check_refusal(status, &error);
        return 0;
    }
    hr_buffer_init(&first, 1 << 24);
    hr_buffer_init(&second, 1 << 24);
    if (hr_json_write(value, (size & 1) != 0, &first, &error) == HR_OK) {
        FUZZ_CHECK(hr_json_parse(&again, hr_buffer_view(&first), &error) == HR_OK);
        FUZZ_CHECK(hr_json_write(again, (size & 1) != 0, &second, &error) == HR_OK);
        FUZZ_CHECK(hr_view_equal(hr_buffer_view(&first), hr_buffer_view(&second)));
    }
    hr_json_free(again);
    hr_json_free(value);
    hr_buffer_clear(&first);
    hr_buffer_clear(&second);
    return 0;
}
