/* The bytes of a table as UTF-8, whatever program saved it. Inside the room only. */
#ifndef HR_TABLES_DECODE_H
#define HR_TABLES_DECODE_H

#include "base/buffer.h"

/* *text is what stands in `bytes`, or in `out` (initialised) where it had to be changed: UTF-16 with a mark, or
 * Windows-1252, which a table is taken for of whose bytes above 127 most are not UTF-8. A byte order mark is left out.
 * *note: what was taken for granted, static; NULL when nothing was. FORMAT, LIMIT. */
enum hr_status hr_table_decode(struct hr_view bytes, struct hr_buffer *out, struct hr_view *text, const char **note,
                               struct hr_error *error) HR_MUST_USE;

/* No-break, narrow and zero-width spaces and the like, which web pages and spreadsheets leave around texts: how many
 * bytes the one at the front has (0: there is none); the text without those at its ends; and without blanks there. */
size_t hr_mark_size(struct hr_view text);
struct hr_view hr_view_without_marks(struct hr_view text);
struct hr_view hr_view_bare(struct hr_view text);

#endif
