/* The student table: student id -> academic record. A struct of functions, so that SQLite on one
 * machine and a cloud table are alike to the callers. Knows nothing of faces. */
#ifndef HR_ROSTER_ROSTER_H
#define HR_ROSTER_ROSTER_H

#include "base/status.h"
#include "base/view.h"

struct hr_field {
    char *key;
    char *value;
};

/* One record; all strings owned, UTF-8, never NULL in a filled record (absent: ""). */
struct hr_student {
    char *id;
    char *name;
    char *major;
    char *year;
    struct hr_field *extra; /* further columns of the import, kept in their order */
    size_t extra_count;
    /* False: the id is not in the table; the other fields are "", but for a name that is known from
     * elsewhere. */
    bool found;
};

void hr_student_clear(struct hr_student *student); /* frees; safe on a zeroed one */
void hr_students_free(struct hr_student *students, size_t count);

struct hr_roster {
    /* Look up `count` ids at once: out[i] answers ids[i], found or not. The caller clears each
     * out[i]. */
    enum hr_status (*get)(void *context, const char *const *ids, size_t count, struct hr_student *out,
                          struct hr_error *error);
    void (*close)(void *context);
    void *context;
};

static inline enum hr_status hr_roster_get(const struct hr_roster *roster, const char *const *ids, size_t count,
                                           struct hr_student *out, struct hr_error *error)
{
    return roster->get(roster->context, ids, count, out, error);
}

#endif
