/* Makes each allocation of a job fail in turn: the first alone, the second alone, ... and also the
 * n-th and all behind it, until the job needs no more. After each run nothing may be left allocated.
 *
 * A program that uses this is made by hr_torture_test (tests/CMakeLists.txt), which wraps
 * malloc, calloc, realloc, free, strdup, strndup and fdopendir in our own code; jansson's
 * allocations are counted through its own hook. */
#ifndef HR_TESTS_SUPPORT_TORTURE_H
#define HR_TESTS_SUPPORT_TORTURE_H

#include "base/status.h"

/* Does the thing and cleans up. HR_OK when it worked. */
typedef enum hr_status torture_job(void *context, struct hr_error *error);

/* Fails the cmocka test when a run of the job crashes, leaks, gives another error than MEMORY, or
 * when there was nothing to fail. */
void torture(torture_job *job, void *context);

#endif
