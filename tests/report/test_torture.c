/* Reports when memory runs out. */
#include "support/check.h"

#include "report/sample.h"
#include "support/torture.h"

static enum hr_status write_csv(void *context, struct hr_error *error)
{
    struct hr_report_columns columns;
    struct hr_buffer out;
    hr_buffer_init(&out, 1 << 20);
    enum hr_status status = hr_report_columns_parse(&columns, "all", error);
    if (status == HR_OK)
        status = hr_report_write_csv(context, &columns, &out, error);
    hr_buffer_clear(&out);
    return status;
}

static enum hr_status write_json(void *context, struct hr_error *error)
{
    struct hr_buffer out;
    hr_buffer_init(&out, 1 << 20);
    enum hr_status status = hr_report_write_json(context, &out, error);
    hr_buffer_clear(&out);
    return status;
}

static void csv_without_memory(void **state)
{
    (void)state;
    struct hr_observation report = sample_report();
    torture(write_csv, &report);
}

static void json_without_memory(void **state)
{
    (void)state;
    struct hr_observation report = sample_report();
    torture(write_json, &report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_without_memory),
        cmocka_unit_test(json_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
