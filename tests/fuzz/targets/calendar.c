/* A calendar, over a few years. What is read is days and times that there are. */
#include "fuzz/target.h"

#include <string.h>

#include "tables/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_calendar calendar;
    struct hr_error error = {0};
    enum hr_status status = hr_calendar_read(hr_view_of(data, size), "2025-01-01", "2027-12-31", &calendar, &error);
    if (status != HR_OK)
        fuzz_check_refusal(status, &error);
    for (size_t i = 0; i < calendar.count; i++) {
        const struct hr_calendar_meeting *meeting = &calendar.meetings[i];
        FUZZ_CHECK(strlen(meeting->day) == 10 && strcmp(meeting->day, "2025-01-01") >= 0 &&
                   strcmp(meeting->day, "2027-12-31") <= 0);
        FUZZ_CHECK(meeting->start_s >= 0 && meeting->end_s > meeting->start_s && meeting->end_s <= 24 * 3600);
        FUZZ_CHECK(meeting->title != NULL && strlen(meeting->title) < 256);
    }
    FUZZ_CHECK(calendar.count <= HR_CALENDAR_MEETINGS_MAX);
    hr_calendar_clear(&calendar);
    return 0;
}
