/* What the columns of a table are, by the names that school programs give them: data, in one place. Inside the room
 * only. */
#ifndef HR_TABLES_HEADINGS_H
#define HR_TABLES_HEADINGS_H

#include "base/status.h"
#include "base/view.h"

enum hr_heading {
    HR_HEADING_ID,
    HR_HEADING_NAME,
    HR_HEADING_FIRST_NAME,
    HR_HEADING_LAST_NAME,
    HR_HEADING_MAJOR,
    HR_HEADING_YEAR,
    HR_HEADING_COUNT
};

/* Whether a column may be called so; *rank: how well the name fits, 0 best. Case, blanks, signs and accents do not
 * count ("N° étudiant" is "netudiant"). HR_HEADING_COUNT: a further column. */
enum hr_heading hr_heading_of(struct hr_view name, size_t *rank);
/* Whether two names are the same in that way, or to the letter. */
bool hr_heading_same(struct hr_view a, struct hr_view b);

/* "id=Student Nr,name=Last, first": which column is what, from the user. `text` is borrowed. ARGUMENT. */
struct hr_heading_map {
    struct hr_view names[HR_HEADING_COUNT]; /* size 0: not said */
};
enum hr_status hr_heading_map_parse(struct hr_heading_map *out, const char *text, struct hr_error *error) HR_MUST_USE;

#endif
