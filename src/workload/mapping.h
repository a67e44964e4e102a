/* The mapping file: what the report of each video must say. One line a video, as the course has it:
 *
 *   test_0.mp4:physics,junior        file:major,year
 *
 * Empty lines and blanks around the three parts mean nothing. */
#ifndef HR_WORKLOAD_MAPPING_H
#define HR_WORKLOAD_MAPPING_H

#include "base/status.h"
#include "base/view.h"

struct hr_mapping_entry {
    const char *name; /* all three point into the mapping's text */
    const char *major;
    const char *year;
};

struct hr_mapping {
    struct hr_mapping_entry *entries; /* owned; sorted by name */
    size_t count;
    char *text; /* owned */
};

/* A hundred bytes a line and ten thousand videos are a tenth of it. */
#define HR_MAPPING_BYTES_MAX ((size_t)16 << 20)

/* FORMAT with the line for one that is not of that form or says something else of a video than an
 * earlier one; LIMIT, MEMORY. */
enum hr_status hr_mapping_parse(struct hr_mapping *out, struct hr_view text, struct hr_error *error) HR_MUST_USE;
void hr_mapping_clear(struct hr_mapping *mapping); /* frees; safe on a zeroed one */

/* NULL when it says nothing of that video. Borrowed. */
const struct hr_mapping_entry *hr_mapping_find(const struct hr_mapping *mapping, const char *name);
/* Whether both want the same report. */
bool hr_mapping_same(const struct hr_mapping_entry *a, const struct hr_mapping_entry *b);

#endif
