/* What was found in a video -> CSV or JSON bytes. Does not know where they go.
 *
 * The formats are described for their readers in docs/report-format.md. Both are UTF-8 whatever
 * comes in: a byte that is not part of a character becomes U+FFFD. Numbers have a decimal point in
 * every locale. */
#ifndef HR_REPORT_REPORT_H
#define HR_REPORT_REPORT_H

#include "base/buffer.h"
#include "base/status.h"
#include "report/observation.h"

enum hr_report_column {
    HR_COLUMN_ID,
    HR_COLUMN_NAME,
    HR_COLUMN_MAJOR,
    HR_COLUMN_YEAR,
    HR_COLUMN_FIRST_SEEN, /* hh:mm:ss.mmm from the start of the video */
    HR_COLUMN_LAST_SEEN,
    HR_COLUMN_SIGHTINGS,
    HR_COLUMN_SIMILARITY, /* four decimals */
    HR_COLUMN_MARGIN,     /* four decimals; empty when nobody else is enrolled */
    HR_COLUMN_TRACKS,
    HR_COLUMN_BAND,            /* certain, review */
    HR_COLUMN_REASON,          /* for the band */
    HR_COLUMN_STRANGER_CHANCE, /* two digits */
    HR_COLUMN_VIDEO,           /* its name as given */
    HR_COLUMN_COUNT
};
/* As the header of the CSV and --columns have it; static. */
const char *hr_report_column_name(enum hr_report_column column);

struct hr_report_columns {
    enum hr_report_column items[HR_COLUMN_COUNT];
    size_t count;
};
/* name, major, year: what the replaced system wrote. */
struct hr_report_columns hr_report_columns_default(void);
/* "id,name,first_seen" in the order wanted; "all"; "+id,margin" adds to the default. Spaces around
 * names are allowed. ARGUMENT names the unknown or repeated column, and the possible ones. */
enum hr_status hr_report_columns_parse(struct hr_report_columns *out, const char *text,
                                       struct hr_error *error) HR_MUST_USE;

/* What "schema" says in the JSON; the number goes up when a reader of the old one would break. */
#define HR_REPORT_SCHEMA "homeroom-report/2"

/* CSV: RFC 4180 quoting, CRLF line ends, header always. What a spreadsheet would take for a formula
 * is neutralised with an apostrophe: a text that begins with = + - @ tab or CR, and = + - @ behind a
 * semicolon, tab or line break in it. LIMIT when it does not fit into the buffer. */
enum hr_status hr_report_write_csv(const struct hr_observation *observation, const struct hr_report_columns *columns,
                                   struct hr_buffer *out, struct hr_error *error) HR_MUST_USE;
/* JSON: one object with everything, unknown tracks and warnings included. Times twice: whole
 * milliseconds for programs, hh:mm:ss.mmm for people. LIMIT as above. */
enum hr_status hr_report_write_json(const struct hr_observation *observation, struct hr_buffer *out,
                                    struct hr_error *error) HR_MUST_USE;

/* Whether a file that begins so (some hundred bytes are enough) is a report, of this version or an earlier one. A CSV
 * that a table of students could be as well (columns id, name, major, year, but not just as they stand by default) is
 * none. */
enum { HR_REPORT_HEAD_BYTES = 512 };
bool hr_report_is_one(struct hr_view head);

#endif
