/* Numbers out of the outcomes. */
#ifndef HR_WORKLOAD_SUMMARY_H
#define HR_WORKLOAD_SUMMARY_H

#include "workload/workload.h"

/* From the end of a video's upload to the appearance of its CSV, right or wrong. Percentiles are
 * values that occurred (nearest rank). */
struct hr_workload_latency {
    size_t count; /* 0: nothing is known, the others are 0 */
    double mean_s, p50_s, p90_s, p95_s, p99_s, max_s;
};

struct hr_workload_summary {
    struct hr_workload_counts counts;
    /* By own observation: too long by up to the time between two looks. */
    struct hr_workload_latency own;
    /* By the times that the server gave the two objects. No look and no network is in it, but it is
     * as fine as the server's times are: Amazon gives whole seconds. */
    struct hr_workload_latency server;
    bool server_is_finer;    /* the server's times have fractions of seconds */
    double duration_s;       /* from the first upload to the last report */
    double throughput_per_s; /* reports (CSV) in that time */
};

/* MEMORY. */
enum hr_status hr_workload_summarize(struct hr_workload_summary *out, const struct hr_workload_video *videos,
                                     size_t count, struct hr_error *error) HR_MUST_USE;

/* The one to rely on: the server's when it is finer, else the own one. */
const struct hr_workload_latency *hr_workload_latency_of(const struct hr_workload_summary *summary);

#endif
