/* What is to be done about an error: whose fault it is decides, not its code alone. A table of students that answers
 * rubbish is no fault of the video that was being looked at. */
#ifndef HR_JOBS_POLICY_H
#define HR_JOBS_POLICY_H

#include "base/status.h"

enum hr_policy {
    HR_POLICY_AGAIN,     /* it may pass: try again later */
    HR_POLICY_BAD_INPUT, /* what was given is bad, and stays so: say so, and be done with it */
    HR_POLICY_OURS,      /* something here is wrong; trying again will not help, but mending it will */
};

enum hr_policy hr_policy_of(const struct hr_error *error);

#endif
