/* Without memory. */
#include "support/check.h"
#include "support/torture.h"

#include "workload/summary.h"

/* Two clips, read from a store, planned, and their outcomes summed up. */
static enum hr_status prepare(void *context, struct hr_error *error)
{
    struct hr_store *folder = context;
    struct hr_mapping mapping = {0};
    struct hr_clips clips = {0};
    struct hr_workload_plan plan[3];
    struct hr_workload_video videos[3] = {{.outcome = HR_WORKLOAD_RIGHT, .seen_us = 5}};
    struct hr_workload_summary summary;
    enum hr_status status =
        hr_mapping_parse(&mapping, hr_view_text("test_0.mp4:a,x\ntest_1.mp4:b,x\ntest_2.mp4:a,x\n"), error);
    if (status == HR_OK)
        status = hr_clips_read(&clips, folder, error);
    if (status == HR_OK)
        status = hr_workload_plan(plan, 3, (const char *const *)clips.names, clips.count, &mapping, error);
    if (status == HR_OK)
        status = hr_workload_summarize(&summary, videos, 3, error);
    hr_clips_clear(&clips);
    hr_mapping_clear(&mapping);
    return status;
}

static void each_allocation_fails(void **state)
{
    (void)state;
    struct hr_store folder;
    struct hr_error error = {0};
    assert_ok(hr_store_open_memory(&folder, &error), &error);
    assert_ok(folder.put(folder.context, "test_0.mp4", hr_view_text("zero"), &error), &error);
    assert_ok(folder.put(folder.context, "test_1.mp4", hr_view_text("one"), &error), &error);
    torture(prepare, &folder);
    hr_store_close(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
