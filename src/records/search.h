/* Inside the room only: looking for many short texts at once in many bytes.
 *
 * Every eighth place is looked at: a text of 16 bytes or more has eight bytes that begin at one of them, whichever way
 * it lies, and those are looked up in a table. */
#ifndef HR_RECORDS_SEARCH_H
#define HR_RECORDS_SEARCH_H

#include "base/view.h"

/* Text shorter than this is found in any file by chance. */
#define HR_TRACE_BYTES_MIN 16
/* The start of a record stays in one piece on any page of SQLite's; longer ones may be split. */
#define HR_TRACE_BYTES_MAX 256

struct hr_trace {
    size_t size; /* HR_TRACE_BYTES_MIN to HR_TRACE_BYTES_MAX */
    bool found;
    uint8_t bytes[HR_TRACE_BYTES_MAX];
};

/* The traces are borrowed until hr_search_free. NULL: no memory. */
struct hr_search *hr_search_new(struct hr_trace *traces, size_t count);
void hr_search_free(struct hr_search *search); /* NULL is allowed */
/* Marks those that stand in the bytes as found. */
void hr_search(const struct hr_search *search, struct hr_view bytes);

#endif
