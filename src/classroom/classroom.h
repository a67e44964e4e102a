/* The whole story of one video: source -> frames -> faces -> tracks -> students -> result. The
 * command line, the folder watcher and everything that comes later call hr_classroom_recognize;
 * each brings a stream. */
#ifndef HR_CLASSROOM_CLASSROOM_H
#define HR_CLASSROOM_CLASSROOM_H

#include "base/stream.h"
#include "classroom/engine.h"
#include "report/report.h"

/* Where the time of a video went, microseconds of wall clock in the calling thread. */
struct hr_stage_times {
    int64_t decode_us;
    int64_t detect_us;
    int64_t track_us; /* embedding included */
    int64_t total_us;
};

/* As hr_recognize_file, from a stream (borrowed). `name` appears in errors and in the report. */
enum hr_status hr_classroom_recognize(struct hr_session *session, struct hr_stream *stream,
                                      const char *name, const struct hr_recognize_options *options,
                                      struct hr_result **out, struct hr_error *error) HR_MUST_USE;

/* The result as a report; borrowed from the result. */
const struct hr_report *hr_result_report(const struct hr_result *result);
const struct hr_stage_times *hr_result_times(const struct hr_result *result);

#endif
