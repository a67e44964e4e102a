/* Which student is meant by a word that a person wrote: a folder's name, a file's, an argument.
 *
 * An id counts before a name, and what is equal to the letter before what is equal but for case, Unicode form (NFC,
 * NFD, wide letters), and how words are parted (any number of blanks or underscores). */
#ifndef HR_RECORDS_FIND_H
#define HR_RECORDS_FIND_H

#include "records/database.h"

struct hr_student_finder; /* opaque; everybody as it was when it was made */

enum hr_status hr_student_finder_new(struct hr_student_finder **out, struct hr_database *database,
                                     struct hr_error *error) HR_MUST_USE;
void hr_student_finder_free(struct hr_student_finder *finder);

/* *id is borrowed from the finder. CONFLICT names the ids when several students are meant; NOT_FOUND names up to three
 * ids and names that are near. *exact (may be NULL): the word is the id itself. */
enum hr_status hr_student_find(const struct hr_student_finder *finder, const char *word, const char **id, bool *exact,
                               struct hr_error *error) HR_MUST_USE;

/* Everybody whose name (or id) is this text, in whatever Unicode form, but else to the letter: how many, and the first
 * `room` of their ids, in order and borrowed from the finder. Nobody is no error. */
enum hr_status hr_student_find_same(const struct hr_student_finder *finder, const char *text, bool is_name,
                                    const char **ids, size_t room, size_t *count, struct hr_error *error) HR_MUST_USE;

#endif
