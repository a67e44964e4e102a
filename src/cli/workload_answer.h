/* How `homeroom workload` answers. */
#ifndef HR_CLI_WORKLOAD_ANSWER_H
#define HR_CLI_WORKLOAD_ANSWER_H

#include "cli/cli.h"
#include "workload/cost.h"
#include "workload/summary.h"

struct hr_workload_cost {
    bool known;                     /* from REPORT lines; false: nobody said what was billed */
    char reason[HR_ERROR_TEXT_MAX]; /* why it is not known */
    struct hr_durations durations;
    struct hr_cost_terms terms;
    double billed_ms; /* of one call, in the mean */
    double usd_per_thousand;
};

struct hr_workload_answer {
    const struct hr_workload_video *videos;
    const struct hr_workload_summary *summary;
    const struct hr_workload_cost *cost;
    double poll_s;
};

void hr_workload_answer_text(FILE *out, const struct hr_workload_answer *answer);
/* False: no memory. */
bool hr_workload_answer_json(FILE *out, const struct hr_workload_answer *answer);

#endif
