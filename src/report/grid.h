/* Who was in which lesson, as a picture: a row for each student, a column for each lesson. */
#ifndef HR_REPORT_GRID_H
#define HR_REPORT_GRID_H

#include "base/buffer.h"

/* How a cell looks: the letter tells what the colour does, so that it prints in black and white. */
struct hr_grid_kind {
    const char *name; /* in the legend */
    const char *letter;
    const char *colour; /* "#rrggbb" */
};

struct hr_grid {
    const char *title;
    const struct hr_grid_kind *kinds;
    size_t kind_count;
    const char *const *columns; /* labels */
    size_t column_count;
    const char *const *rows;    /* labels */
    const char *const *remarks; /* behind each row */
    size_t row_count;
    const uint8_t *cells; /* [row_count][column_count], indices of kinds */
};

/* SVG 1.1 that needs nothing else. LIMIT when it does not fit into the buffer. */
enum hr_status hr_report_write_grid(const struct hr_grid *grid, struct hr_buffer *out,
                                    struct hr_error *error) HR_MUST_USE;

#endif
