/* What looking at a lesson's recordings was estimated to take, and what it took: by the recording's name, as it was
 * given. It names nobody; it goes with what was seen in the recording, and no later than that. */
#ifndef HR_RECORDS_WORK_H
#define HR_RECORDS_WORK_H

#include "records/database.h"

struct hr_work {
    int64_t wall_us, processor_us;
    int64_t memory_bytes; /* the most at once; 0: nothing is known of it at all */
};
/* In place of what was written before. */
enum hr_status hr_database_put_estimate(struct hr_database *database, int64_t lesson, const char *video,
                                        const struct hr_work *work, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_database_put_took(struct hr_database *database, int64_t lesson, const char *video,
                                    const struct hr_work *work, struct hr_error *error) HR_MUST_USE;

struct hr_work_record {
    const char *video; /* borrowed during the call */
    struct hr_work estimated, took;
};
typedef enum hr_status hr_work_record_fn(void *context, const struct hr_work_record *work, struct hr_error *error);
enum hr_status hr_database_each_work(struct hr_database *database, int64_t lesson, hr_work_record_fn *each,
                                     void *context, struct hr_error *error) HR_MUST_USE;

#endif
