#include "jobs/policy.h"

enum hr_policy hr_policy_of(const struct hr_error *error)
{
    bool about_bytes = error->code == HR_ERR_FORMAT || error->code == HR_ERR_UNSUPPORTED || error->code == HR_ERR_LIMIT;
    if (error->origin == HR_ORIGIN_INPUT && about_bytes)
        return HR_POLICY_BAD_INPUT;
    /* A service, or what it handed out, may be another in a minute. */
    if (hr_status_info(error->code)->retryable || error->origin == HR_ORIGIN_RECORDS ||
        error->origin == HR_ORIGIN_SERVICE)
        return HR_POLICY_AGAIN;
    return HR_POLICY_OURS;
}
