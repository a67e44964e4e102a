/* All lessons of a class, student by lesson. */
#ifndef HR_CLASSROOM_TERM_H
#define HR_CLASSROOM_TERM_H

#include "classroom/roll.h"

struct hr_term_student {
    char *id, *name; /* owned */
    size_t there;    /* lessons in which he was present, late, or left early */
    size_t known;    /* those, and those from which he was absent: of the others nothing is said */
};

struct hr_term {
    struct hr_roll *rolls; /* owned; by the start of the lessons */
    size_t count;
    struct hr_term_student *students; /* owned; everybody who is or was in the class, by name */
    size_t student_count;
    uint8_t *cells; /* owned; [student_count][count], enum hr_presence; NOT_ENROLLED where he is not on the roll */
};

/* The caller clears *out, also after a failure. NOT_FOUND: no such class. */
enum hr_status hr_term_make(struct hr_term *out, struct hr_database *database, const char *class_id,
                            struct hr_error *error) HR_MUST_USE;
void hr_term_clear(struct hr_term *term);

#endif
