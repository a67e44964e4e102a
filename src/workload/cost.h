/* What a thousand videos cost in Lambda: the time that the function is billed for, times its
 * memory, and the calls. S3, DynamoDB and logs are not in it; they are a small part. */
#ifndef HR_WORKLOAD_COST_H
#define HR_WORKLOAD_COST_H

#include "base/status.h"
#include "base/view.h"

/* US dollars, as text, for they are the defaults of options: Amazon's list price for x86-64 in
 * us-east-1 at HR_PRICE_DATE, first tier, without the free one; the same since 2021. For arm64 a
 * GB-second is 0.0000133334. */
#define HR_PRICE_GB_S "0.0000166667"
#define HR_PRICE_MILLION_CALLS "0.20"
#define HR_PRICE_DATE "May 2026"
/* One whole processor; what is taken when nobody says otherwise. */
#define HR_COST_MEMORY_MB 1769

/* From the REPORT lines of a function's log. */
struct hr_durations {
    size_t count;
    double billed_ms; /* sum */
    size_t cold;      /* calls that had to start the function first */
    double init_ms;   /* sum over those */
    int memory_mb;    /* of the last line; 0: none said */
};

#define HR_DURATIONS_BYTES_MAX ((size_t)256 << 20)

/* Reads lines of either kind and leaves all others out:
 *   REPORT RequestId: ...  Duration: 812.3 ms  Billed Duration: 813 ms  Memory Size: 1769 MB ...
 *   {"type":"platform.report","record":{"metrics":{"billedDurationMs":813,"memorySizeMB":1769}}}
 * wherever in the line they begin. NOT_FOUND when there is none. */
enum hr_status hr_durations_parse(struct hr_durations *out, struct hr_view log, struct hr_error *error) HR_MUST_USE;

struct hr_cost_terms {
    double gb_s_usd;
    double million_calls_usd;
    int memory_mb;
};
double hr_cost_thousand_usd(const struct hr_cost_terms *terms, double billed_ms);

#endif
