/* The pickle of the Python system that homeroom replaces. */
#include "fuzz/target.h"

#include <math.h>

#include "base/limits.h"
#include "tables/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_encoding *encodings = NULL;
    struct hr_error error = {0};
    size_t count = 0;
    enum hr_status status = hr_import_encoding(hr_view_of(data, size), &encodings, &count, &error);
    if (status != HR_OK) {
        fuzz_check_refusal(status, &error);
        FUZZ_CHECK(encodings == NULL && count == 0);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct hr_view name = hr_view_text(encodings[i].name);
        FUZZ_CHECK(name.size > 0 && name.size <= HR_LIMIT_CELL_BYTES && hr_view_is_utf8(name));
        for (size_t k = 0; k < encodings[i].size; k++)
            FUZZ_CHECK(isfinite(encodings[i].vector[k]));
    }
    hr_encodings_free(encodings, count);
    return 0;
}
