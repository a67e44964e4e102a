/* The format of `~/.aws/config`: sections in brackets, NAME = VALUE, comments, and nested settings
 * (indented under a name without a value), which are found as "name.inner". */
#ifndef HR_AWS_INI_H
#define HR_AWS_INI_H

#include "base/status.h"
#include "base/view.h"

struct hr_ini_entry {
    char *section;
    char *name; /* lower case */
    char *value;
};

struct hr_ini {
    struct hr_ini_entry *entries; /* owned; the values may be secrets and are wiped */
    size_t count;
    size_t capacity;
};

/* FORMAT with the line's number (never its text: it may be a secret), LIMIT, MEMORY. `out` is zeroed
 * or cleared. */
enum hr_status hr_ini_parse(struct hr_ini *out, struct hr_view text, struct hr_error *error) HR_MUST_USE;
void hr_ini_clear(struct hr_ini *ini); /* safe on a zeroed one */
/* The last one wins; NULL when there is none. Borrowed. */
const char *hr_ini_get(const struct hr_ini *ini, const char *section, const char *name);
bool hr_ini_has_section(const struct hr_ini *ini, const char *section);

#endif
