/* What each column of a student table is, and a row of cells as a student: for CSV, where the header names the columns,
 * and for JSON, where the members of each object do. Inside the room only. */
#ifndef HR_TABLES_COLUMNS_H
#define HR_TABLES_COLUMNS_H

#include "roster/student.h"
#include "tables/headings.h"

#define HR_COLUMNS_MAX 256

struct hr_columns {
    /* The caller's, borrowed: without blanks around them. */
    struct hr_view names[HR_COLUMNS_MAX];
    size_t count;

    /* What hr_columns_find fills. A place is SIZE_MAX when there is no such column. */
    size_t places[HR_HEADING_COUNT];
    size_t id_else;               /* Canvas's own number, for a student without the school's id */
    size_t role;                  /* of OneRoster: who is not a student says so there */
    bool is_gradebook;            /* Canvas's, in which some rows are not students */
    bool names_are_ids;           /* the user has said so */
    bool further[HR_COLUMNS_MAX]; /* kept under its name */
    size_t further_count;
    size_t marks;             /* columns of a gradebook that are about tasks: not kept */
    enum hr_heading unmapped; /* what the map names and no column is called; HR_HEADING_COUNT: nothing */
};

/* `map` may be NULL. */
void hr_columns_find(struct hr_columns *columns, const struct hr_heading_map *map);
/* Whether there is what makes a student; if not, or if the id could only be guessed, the error names the columns and
 * says what to do. With `map` NULL it is not asked whether that fits. FORMAT, ARGUMENT. */
enum hr_status hr_columns_check(const struct hr_columns *columns, const struct hr_heading_map *map,
                                struct hr_error *error) HR_MUST_USE;

/* Rows that are not about a student: a gradebook's points and its test student, other roles than students'. Cells that
 * are missing at the end are empty. */
bool hr_columns_no_student(const struct hr_columns *columns, const struct hr_view *cells, size_t count);
/* False when out of memory. */
bool hr_columns_fill(const struct hr_columns *columns, const struct hr_view *cells, size_t count,
                     struct hr_student *student) HR_MUST_USE;

#endif
