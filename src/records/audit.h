/* Who did what to whose data, and when. No names and no vectors: a student is a number (his key in the database, which
 * is never used again). Of a student who is forgotten only stays that one was. */
#ifndef HR_RECORDS_AUDIT_H
#define HR_RECORDS_AUDIT_H

#include "records/database.h"

struct hr_audit_record {
    int64_t at_us;    /* wall clock */
    const char *who;  /* the user of the system, "user ada", or an account, "ada"; borrowed during the call */
    const char *what; /* a word: "enrol", "forget", ...; likewise */
    int64_t student;  /* key; 0: of no one student */
    int64_t count;    /* of whatever it was: faces, rows, students named */
};

/* Who does what is done from here on, as the audit log, marks and corrections have it: an account of the page. Without
 * it the user of the system. Cut to 95 bytes. */
void hr_database_act_as(struct hr_database *database, const char *who);

/* Within a transaction it is a part of it. `student_id` may be NULL. */
enum hr_status hr_database_note(struct hr_database *database, const char *what, const char *student_id, size_t count,
                                struct hr_error *error) HR_MUST_USE;

/* In the order of their making; `student_id` NULL: all. */
typedef enum hr_status hr_audit_record_fn(void *context, const struct hr_audit_record *record, struct hr_error *error);
enum hr_status hr_database_each_note(struct hr_database *database, const char *student_id, hr_audit_record_fn *each,
                                     void *context, struct hr_error *error) HR_MUST_USE;

#endif
