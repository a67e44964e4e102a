/* The student table in DynamoDB: one item for each student, its key the attribute `id` (text or
 * number) or `name` (text), whichever the table itself says; major, year and any further attributes
 * beside it. No expressions are used, so that no attribute's name is a reserved word, and a table is
 * never scanned.
 *
 * A table whose key is `name` is joined by the student's name in the local database, or by the id
 * where that knows no name. Students who share a name share an item there.
 *
 * Attributes of type S, N, BOOL and NULL become text; those of other types are left out, as is what
 * a student's further columns cannot hold. */
#ifndef HR_ROSTER_DYNAMODB_H
#define HR_ROSTER_DYNAMODB_H

#include "base/clock.h"
#include "roster/roster.h"

struct hr_aws;

/* A call gives up after this, however long throttling lasts, or at its deadline. */
#define HR_DYNAMODB_TIMEOUT_MS 60000

struct hr_dynamodb_table {
    struct hr_aws *aws; /* borrowed, as everything here */
    const char *name;
    const struct hr_deadline *deadline; /* of every call; may be NULL */
};

/* Makes no request: what kind of table it is, is asked once, at the first lookup. `local` (may be
 * NULL) knows the students' names and is asked from within `get` only. What `table` and `local`
 * point to outlives the roster. Looking up: one BatchGetItem for each hundred students, consistent:
 * what was written before is seen. THROTTLED, UNAVAILABLE, PERMISSION, NOT_FOUND (no such table),
 * UNSUPPORTED (another key), FORMAT. One thread at a time. */
enum hr_status hr_dynamodb_roster_open(struct hr_roster *out, const struct hr_dynamodb_table *table,
                                       const struct hr_roster *local, struct hr_error *error) HR_MUST_USE;

struct hr_dynamodb_counts {
    size_t added;
    size_t changed;
    size_t same;  /* not written again */
    bool created; /* the table was */
};
/* Adds or replaces the items of the students, 25 at a time. Safe to run again. `create` makes the
 * table when it is not there: key `id`, paid per request. CONFLICT, before anything is written, when
 * two students would have the same key. */
enum hr_status hr_dynamodb_import(const struct hr_dynamodb_table *table, bool create, const struct hr_student *students,
                                  size_t count, struct hr_dynamodb_counts *out, struct hr_error *error) HR_MUST_USE;

#endif
