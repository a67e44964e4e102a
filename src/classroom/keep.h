/* What was seen in a video, kept in the class's database. */
#ifndef HR_CLASSROOM_KEEP_H
#define HR_CLASSROOM_KEEP_H

#include "base/buffer.h"
#include "base/json.h"
#include "classroom/classroom.h"
#include "records/lessons.h"

/* `version`: which bytes of the video; "" when that is not known. */
enum hr_status hr_result_keep(const struct hr_result *result, const char *version, struct hr_database *database,
                              struct hr_error *error) HR_MUST_USE;

/* The same as a recording of a lesson, with what the class keeps of faces: all of it or nothing. */
enum hr_status hr_result_keep_for_lesson(const struct hr_result *result, const char *version,
                                         const struct hr_recording_place *recording, struct hr_database *database,
                                         struct hr_error *error) HR_MUST_USE;

/* Everything that is kept as JSON: {"observations": [...]}, a line for each, in the order of their making, with the
 * members that a report has, but for students' records: ids alone. */
enum hr_status hr_export_observations_json(struct hr_database *database, struct hr_buffer *out,
                                           struct hr_error *error) HR_MUST_USE;

/* What concerns one student, in the same form, is added to `list`: the tracks that are his or that he was a candidate
 * for, without anybody else's id. */
enum hr_status hr_observations_of_student(struct hr_database *database, const char *student_id, struct hr_json *list,
                                          struct hr_error *error) HR_MUST_USE;

#endif
