/* What was seen in one video, while it is put together. Owns every string in it. */
#ifndef HR_CLASSROOM_RESULT_H
#define HR_CLASSROOM_RESULT_H

#include "classroom/classroom.h"

enum { HR_RESULT_WARNING_MAX = 16 };

struct hr_result {
    char *video;
    char *codec;
    char *model_ids[HR_VECTOR_PARTS_MAX];
    struct hr_student *records;     /* one per seen student, from the roster */
    struct hr_seen_student *seen;   /* strings borrowed from records or static */
    struct hr_report_student *rows; /* the same for the report */
    struct hr_report_track *tracks; /* strings borrowed from records or static */
    const char **extra;             /* key, value pairs of all rows, one after the other */
    char *warnings[HR_RESULT_WARNING_MAX];
    size_t unknown_count;
    struct hr_report report; /* points at the above */
    struct hr_stage_times times;
};

/* NULL: no memory. */
struct hr_result *hr_result_new(const char *video, const struct hr_vector_layout *layout);
/* A warning beyond HR_RESULT_WARNING_MAX, or without memory for it, is dropped. */
void hr_result_warn(struct hr_result *result, const char *format, ...) HR_PRINTF(2, 3);

/* Fill in students and tracks from the decisions (one per track); asks the roster once. The report's
 * includes_review was set. */
enum hr_status hr_result_fill(struct hr_result *result, const struct hr_tracks *tracks, struct hr_snapshot *snapshot,
                              const struct hr_decision *decisions,
                              struct hr_error *error) HR_MUST_USE;

#endif
