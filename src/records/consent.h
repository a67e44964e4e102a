/* Whether a student has agreed to be recognised. Whoever has not stays on the roll and has no face: none can be added,
 * and none is given to a gallery. Enrolling somebody whom nobody asked takes the agreement for given, from then on. */
#ifndef HR_RECORDS_CONSENT_H
#define HR_RECORDS_CONSENT_H

#include "records/database.h"

enum hr_consent { HR_CONSENT_NOT_ASKED, HR_CONSENT_GIVEN, HR_CONSENT_REFUSED };
const char *hr_consent_name(enum hr_consent consent); /* "not_asked", "yes", "no" */

struct hr_consent_record {
    const char *id, *name; /* during a call of `each` the database's; else NULL */
    enum hr_consent consent;
    int64_t since_us; /* wall clock; 0: not asked */
};

/* NOT_FOUND when there is no such student. */
enum hr_status hr_database_consent(struct hr_database *database, const char *id, struct hr_consent_record *out,
                                   struct hr_error *error) HR_MUST_USE;

/* What the student says from now on. A refusal removes the faces, with the same search as hr_database_forget, and makes
 * the tracks that are kept of videos nobody's. Not within a transaction. NOT_FOUND. */
enum hr_status hr_database_set_consent(struct hr_database *database, const char *id, bool given, size_t *faces_removed,
                                       struct hr_error *error) HR_MUST_USE;

/* Before somebody is enrolled: takes the agreement of whom nobody asked for given. PERMISSION for a refusal. Within the
 * transaction of the enrolment; a student who is not there yet is no error. */
enum hr_status hr_database_take_consent(struct hr_database *database, const char *id,
                                        struct hr_error *error) HR_MUST_USE;

/* By id. */
typedef enum hr_status hr_consent_record_fn(void *context, const struct hr_consent_record *record,
                                            struct hr_error *error);
enum hr_status hr_database_each_consent(struct hr_database *database, hr_consent_record_fn *each, void *context,
                                        struct hr_error *error) HR_MUST_USE;

#endif
