/* A copy of the database as it is at one moment, while others go on reading and writing; and the way back.
 *
 * Of a sealed database the copy is sealed as well, and its keys are not in it (records/vault.h): whoever is forgotten
 * later is forgotten there, too. */
#ifndef HR_RECORDS_BACKUP_H
#define HR_RECORDS_BACKUP_H

#include "records/database.h"

/* Whole or not at all: written beside `path`, readable by its owner alone, synced, and given the name. CONFLICT when
 * something of that name is there. */
enum hr_status hr_database_backup(struct hr_database *database, const char *path, struct hr_error *error) HR_MUST_USE;

/* In place of everything that is in the database there is what was in the copy; whoever reads meanwhile sees the one or
 * the other. `database` was opened to write, and with its keys if it is sealed. DATABASE, NOT_FOUND: the copy is none,
 * damaged, or of another program; CONFLICT: it was sealed with other keys, or only one of the two is sealed; an older
 * homeroom's is brought up to date. */
enum hr_status hr_database_restore(struct hr_database *database, const char *path, struct hr_error *error) HR_MUST_USE;

#endif
