/* Reading CSV (RFC 4180), kindly: CRLF, LF or CR, any separator, blanks around cells. */
#ifndef HR_TABLES_CSV_H
#define HR_TABLES_CSV_H

#include "base/buffer.h"

/* Cells of a record that are kept; further ones are only counted. */
#define HR_CSV_CELLS_MAX 256

struct hr_csv {
    struct hr_view rest; /* borrowed; not read yet */
    char separator;
    size_t line; /* of the byte at rest; 1-based */

    /* The record read last. */
    size_t record_line;                     /* in which it begins */
    size_t count;                           /* its cells, also those beyond HR_CSV_CELLS_MAX */
    struct hr_view cells[HR_CSV_CELLS_MAX]; /* borrowed until the next record */
    const char *problem;                    /* what is wrong with it, or NULL */

    struct hr_buffer text; /* the cells' bytes, one behind the other */
};

/* `text` is borrowed. The separator is the one that a first line "sep=;" names, else that of comma,
 * semicolon and tab that the first line has most of. */
void hr_csv_init(struct hr_csv *csv, struct hr_view text);
void hr_csv_clear(struct hr_csv *csv);

/* The next record: HR_OK, HR_END after the last one, FORMAT when a quote is never closed. A line
 * without any byte is no record. Blanks around a cell without quotes are not part of it. */
enum hr_status hr_csv_next(struct hr_csv *csv, struct hr_error *error) HR_MUST_USE;

/* Appends a cell, in quotes where the reader would take it for anything else. */
void hr_csv_append(struct hr_buffer *out, struct hr_view cell);

#endif
