/* The two objects that say what came of a video, as jobs/once.h wants them. Inside this room only. */
#ifndef HR_FUNCTION_REPORT_PLACES_H
#define HR_FUNCTION_REPORT_PLACES_H

#include "aws/s3.h"
#include "jobs/once.h"

struct hr_report_places {
    struct hr_aws *aws; /* borrowed, as everything here */
    const struct hr_deadline *deadline;
    const char *bucket;
    const char *keys[HR_ONCE_KIND_COUNT];
    struct hr_s3_object video;
    const char *etag; /* of the video in hand */
};

/* Borrows it. S3 compares and writes in one step; it cannot compare and remove in one everywhere: that takes two
 * requests, one right behind the other. */
struct hr_once_places hr_report_places_once(struct hr_report_places *places);

#endif
