/* Keeping times (records/keeping.h) held by programs that run for long: what has become too old is removed from the
 * class's database at the start and every hour, when no video is in hand. A database in a bucket is only read by them:
 * there the galleries leave out what is too old, and nothing is written. */
#ifndef HR_JOBS_UPKEEP_H
#define HR_JOBS_UPKEEP_H

#include "jobs/class_place.h"

struct hr_upkeep {
    struct hr_class_place *class;
    const struct hr_clock *clock;
    int64_t not_before_us; /* monotonic; INT64_MIN: at once */
};
struct hr_upkeep hr_upkeep_begin(struct hr_class_place *class, const struct hr_clock *clock);

/* To be called often: HR_END at once when it is not time, or when nothing is too old. HR_OK: *out was removed. After a
 * failure it is tried again: in a minute when the database was in use, else in an hour. */
enum hr_status hr_upkeep_run(struct hr_upkeep *upkeep, struct hr_overdue *out, struct hr_error *error) HR_MUST_USE;

#endif
