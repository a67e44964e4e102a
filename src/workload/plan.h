/* Which clip of the folder is uploaded under which name, and what its report must say.
 *
 * The uploads are called test_0.mp4, test_1.mp4, ... For each name the first rule that gives a clip
 * is taken:
 *   1. the clip of that very name;
 *   2. the clips of which the mapping says the same as of the name, in turn;
 *   3. when the mapping knows none of the clips' names: all clips in turn;
 *   4. when the mapping does not know the name (there are more uploads than lines): all clips in
 *      turn, and the report must be what the mapping says of the clip's own name.
 * "In turn" is: upload i takes the (i mod n)-th of the n clips in the order of their names, numbers
 * in them compared as numbers. */
#ifndef HR_WORKLOAD_PLAN_H
#define HR_WORKLOAD_PLAN_H

#include "base/status.h"
#include "workload/mapping.h"

#define HR_WORKLOAD_VIDEOS_MAX 100000
#define HR_WORKLOAD_NAME_SIZE 24 /* "test_99999.mp4" */

struct hr_workload_plan {
    size_t clip;                             /* index among the names */
    const struct hr_mapping_entry *expected; /* borrowed from the mapping */
};

/* `names` are the clips', sorted with hr_workload_name_order. NOT_FOUND when there is no clip for a
 * name, or nothing is said of it: the text names it. */
enum hr_status hr_workload_plan(struct hr_workload_plan *plan, size_t count, const char *const *names,
                                size_t name_count, const struct hr_mapping *mapping,
                                struct hr_error *error) HR_MUST_USE;

/* As strcmp, but test_10 comes behind test_9. */
int hr_workload_name_order(const char *a, const char *b);

void hr_workload_name(size_t index, char out[HR_WORKLOAD_NAME_SIZE]);
/* What a workload's file is: `test_7` and what follows it; false for the name of anything else. */
bool hr_workload_name_parse(const char *name, size_t *index, const char **rest);

#endif
