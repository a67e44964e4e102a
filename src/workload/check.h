/* Whether a report says what the mapping wants, and what an error report has to tell. */
#ifndef HR_WORKLOAD_CHECK_H
#define HR_WORKLOAD_CHECK_H

#include "base/status.h"
#include "base/view.h"
#include "workload/mapping.h"

#define HR_WORKLOAD_REASON_SIZE HR_ERROR_TEXT_MAX
/* A report of one person is a line; an error report not much more. */
#define HR_WORKLOAD_REPORT_BYTES_MAX ((size_t)1 << 20)

/* True for a CSV (RFC 4180, commas) with the header name,major,year and exactly one row of that
 * major and year. Else `reason` says what is wrong, without the name. */
bool hr_workload_check_csv(struct hr_view csv, const struct hr_mapping_entry *expected,
                           char reason[HR_WORKLOAD_REASON_SIZE]);

/* The reason in NAME.error.json: "code: message". True when nobody will try the video again, which
 * an error report says with "try_again": true. */
bool hr_workload_read_error(struct hr_view json, char reason[HR_WORKLOAD_REASON_SIZE]);

#endif
