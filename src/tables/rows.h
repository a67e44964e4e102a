/* Inside the room only: the rows of an import as they come, and what was wrong with single ones. */
#ifndef HR_TABLES_ROWS_H
#define HR_TABLES_ROWS_H

#include "roster/student.h"
#include "tables/headings.h"
#include "tables/import.h"

struct hr_rows {
    struct hr_student *students; /* owned */
    size_t *lines;               /* owned; where each stood */
    size_t count;
    size_t capacity;
    struct hr_import_problems *problems; /* borrowed */
    size_t problems_omitted;
};

/* Frees what hr_rows_take has not given away. */
void hr_rows_clear(struct hr_rows *rows);

/* Notes a problem; after HR_IMPORT_PROBLEMS_MAX they are only counted. The text names no student:
 * it will stand in a log. */
enum hr_status hr_rows_problem(struct hr_rows *rows, struct hr_error *error, size_t line, const char *reason,
                               const char *value, const char *format, ...) HR_PRINTF(6, 7) HR_MUST_USE;

/* Takes over *student (and zeroes it), or notes why it is no good: then it is cleared. A student
 * without id takes the name as id. */
enum hr_status hr_rows_add(struct hr_rows *rows, size_t line, struct hr_student *student,
                           struct hr_error *error) HR_MUST_USE;

/* All rows are there: of several with one id the first stays and the others become problems. The
 * students are the caller's then. */
enum hr_status hr_rows_take(struct hr_rows *rows, struct hr_student **out, size_t *count,
                            struct hr_error *error) HR_MUST_USE;

/* The two formats. `text` has no byte order mark. */
enum hr_status hr_rows_read_csv(struct hr_rows *rows, struct hr_view text, const struct hr_heading_map *map,
                                struct hr_error *error) HR_MUST_USE;
enum hr_status hr_rows_read_json(struct hr_rows *rows, struct hr_view text, const struct hr_heading_map *map,
                                 struct hr_error *error) HR_MUST_USE;

#endif
