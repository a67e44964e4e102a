/* Inside the room only: zeros over every byte of the file that belongs to no record.
 *
 * secure_delete overwrites what is deleted, but SQLite leaves copies of records where it moved them to another page
 * (balancing): in the unused bytes of a page, which nothing reads. Here each page is walked as
 * https://www.sqlite.org/fileformat2.html has it, from the roots on, and whatever is no header, no cell, no pointer and
 * no link of a list has to be zero. Before the first byte is written the walk has met every page of the file exactly
 * once, and every sum that SQLite keeps was right: otherwise nothing is touched.
 *
 * It writes past SQLite, so that the caller sees to it that nobody else does (hr_sql_tidy). */
#ifndef HR_RECORDS_SCRUB_H
#define HR_RECORDS_SCRUB_H

#include "records/sql.h"

enum hr_scrubbed {
    HR_SCRUBBED,       /* what is not zero is of a record, or says where one is */
    HR_SCRUB_STRANGE,  /* the file is not as it is described: nothing was changed */
    HR_SCRUB_SPACIOUS, /* so much of it is free that it should be written anew: nothing was changed */
};

/* Within a write transaction that has changed nothing, with an empty log. */
enum hr_status hr_sql_scrub(struct hr_database *database, enum hr_scrubbed *out, struct hr_error *error) HR_MUST_USE;

#endif
