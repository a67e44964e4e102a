/* What is told of each video that the function has handled: a line of the log, and its metrics as
 * CloudWatch reads them out of the log (Embedded Metric Format). Keys of objects, counts and times;
 * no student is named. */
#ifndef HR_CLI_FUNCTION_LOG_H
#define HR_CLI_FUNCTION_LOG_H

#include "cli/cli.h"
#include "function/function.h"

struct hr_function_event {
    const char *request_id; /* of the invocation, or of the message */
    const struct hr_event_object *object;
    const struct hr_function_outcome *outcome;
    int64_t total_us;
    const struct hr_error *error; /* NULL: it was handled */
};
void hr_function_log(const struct hr_cli *cli, const struct hr_function_event *event);

/* Sums over the videos of an event. */
struct hr_function_metrics {
    size_t videos, frames, faces, recognised, unknown, failed, bad_videos, duplicates;
    double open_ms, decode_ms, detect_ms, track_ms, write_ms;
};
void hr_function_metrics_add(struct hr_function_metrics *metrics, const struct hr_function_event *event);
/* One line on standard output. `name`: the dimension FunctionName. */
void hr_function_metrics_write(const struct hr_cli *cli, const struct hr_function_metrics *metrics, const char *name);

#endif
