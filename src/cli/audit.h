/* The audit log's entries of what a command does beside changing the class, which notes itself. */
#ifndef HR_CLI_AUDIT_H
#define HR_CLI_AUDIT_H

#include "cli/cli.h"

/* One entry, where the database is a file that may be written; elsewhere a message at `level` says that there is none.
 * `student_id` may be NULL. One thread at a time. */
void hr_cli_note(struct hr_cli *cli, const char *what, const char *student_id, size_t count, enum hr_log_level level);

#endif
