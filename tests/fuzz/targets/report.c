/* A file that is there already where a report is to go, and the file of a workload that says what reports must say. */
#include "fuzz/target.h"

#include "report/report.h"
#include "workload/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_mapping mapping = {0};
    struct hr_error error = {0};
    (void)hr_report_is_one(hr_view_of(data, size < HR_REPORT_HEAD_BYTES ? size : HR_REPORT_HEAD_BYTES));
    enum hr_status status = hr_mapping_parse(&mapping, hr_view_of(data, size), &error);
    if (status == HR_OK) {
        for (size_t i = 0; i < mapping.count; i++)
            FUZZ_CHECK(hr_mapping_find(&mapping, mapping.entries[i].name) != NULL);
    } else {
        fuzz_check_refusal(status, &error);
    }
    hr_mapping_clear(&mapping);
    return 0;
}
