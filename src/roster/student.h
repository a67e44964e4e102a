/* One record: made, checked against the limits, compared. */
#ifndef HR_ROSTER_STUDENT_H
#define HR_ROSTER_STUDENT_H

#include "base/json.h"
#include "base/text.h"
#include "roster/roster.h"

/* The columns every student has, in their order; the four places of struct hr_student. */
enum hr_student_column {
    HR_STUDENT_COLUMN_ID,
    HR_STUDENT_COLUMN_NAME,
    HR_STUDENT_COLUMN_MAJOR,
    HR_STUDENT_COLUMN_YEAR,
    HR_STUDENT_COLUMN_COUNT
};
const char *hr_column_name(enum hr_student_column column);
/* The member in which an exported student's face records stand; no column may have its name. */
#define HR_FACES_KEY "face_records"

/* Whether two column names mean the same: case and blanks do not count. */
bool hr_student_column_same(struct hr_view a, struct hr_view b);
/* Which of the four a name means; HR_STUDENT_COLUMN_COUNT: none of them. */
enum hr_student_column hr_student_column_of(struct hr_view name);

/* Whether the text may stand in the table: UTF-8 and within HR_LIMIT_CELL_BYTES (an id: not empty,
 * one line, HR_LIMIT_STUDENT_ID_BYTES). `what` names it in the error. */
enum hr_status hr_cell_check(struct hr_view text, const char *what, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_student_id_check(struct hr_view id, struct hr_error *error) HR_MUST_USE;
/* The name of an extra column: a cell, not blank, not one of the four, not HR_FACES_KEY. */
enum hr_status hr_extra_key_check(struct hr_view key, struct hr_error *error) HR_MUST_USE;
/* All of the above over a whole record; no two extra columns may mean the same. */
enum hr_status hr_student_check(const struct hr_student *student, struct hr_error *error) HR_MUST_USE;

/* Copies into the place of a column, freeing what was there. False when out of memory. */
bool hr_student_set(struct hr_student *student, enum hr_student_column column, struct hr_view text) HR_MUST_USE;
/* Adds an extra column. False when out of memory. */
bool hr_student_add_extra(struct hr_student *student, struct hr_view key, struct hr_view value) HR_MUST_USE;
/* A copy of a complete record. False when out of memory: *out is empty then. */
bool hr_student_copy(const struct hr_student *student, struct hr_student *out) HR_MUST_USE;
/* Makes every place that is still NULL an empty text. */
bool hr_student_complete(struct hr_student *student) HR_MUST_USE;

/* The place of a column; never NULL in a complete record. */
const char *hr_student_cell(const struct hr_student *student, enum hr_student_column column);

#endif
