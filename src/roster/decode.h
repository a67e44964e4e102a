/* The bytes of a table as UTF-8, whatever program saved it. Inside the room only. */
#ifndef HR_ROSTER_DECODE_H
#define HR_ROSTER_DECODE_H

#include "base/buffer.h"

/* *text is what stands in `bytes`, or in `out` (initialised) where it had to be changed: UTF-16 with a mark, or
 * Windows-1252 - bytes that are no UTF-8 anywhere, as a table without any is not taken for damaged UTF-8. A byte order
 * mark is left out. *note: what was taken for granted, static; NULL when nothing was. FORMAT, LIMIT. */
enum hr_status hr_table_decode(struct hr_view bytes, struct hr_buffer *out, struct hr_view *text, const char **note,
                               struct hr_error *error) HR_MUST_USE;

/* Without no-break, narrow and zero-width spaces at its ends, which web pages and spreadsheets leave there. */
struct hr_view hr_view_without_marks(struct hr_view text);

#endif
