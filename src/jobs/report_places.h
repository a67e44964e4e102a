/* The two files of a store that say what came of a video, as jobs/once.h wants them. */
#ifndef HR_JOBS_REPORT_PLACES_H
#define HR_JOBS_REPORT_PLACES_H

#include "jobs/once.h"
#include "store/store.h"

/* The tag of a report that says from what it was made. */
#define HR_REPORT_SOURCE_TAG "homeroom-source"

/* All borrowed. */
struct hr_report_places {
    const struct hr_store *in;
    const char *video;
    const char *version; /* of the video in hand */
    const struct hr_store *out;
    const char *names[HR_ONCE_KIND_COUNT];
    const char *source;
    /* A report without a tag (an earlier homeroom made it, or somebody copied it there) is this video's when it is not
     * older; where the video's time is still to come (another machine's clock), whatever its time. Else it is taken for
     * one of another version, and replaced. */
    bool trusts_times;
};

/* Borrows it. What is no report is neither written over (ARGUMENT, of origin OURS, says what is in the way) nor
 * removed. */
struct hr_once_places hr_report_places_once(struct hr_report_places *places);

/* The name of a video's report, by its place: "lesson.mp4.csv" for "/videos/lesson.mp4", with `suffix` ".csv", or
 * "lesson.csv", which two videos may share. ARGUMENT when it is too long, or none. */
enum hr_status hr_report_name(char *out, size_t size, const char *video, bool keep_suffix, const char *suffix,
                              struct hr_error *error) HR_MUST_USE;

/* Whether a file may be written over as a report: a report is, or nothing is there. ARGUMENT names it else. */
enum hr_status hr_report_target_check(const struct hr_store *store, const char *name,
                                      struct hr_error *error) HR_MUST_USE;

#endif
