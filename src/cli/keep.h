/* --keep: what was seen goes into the class's database, too. */
#ifndef HR_CLI_KEEP_H
#define HR_CLI_KEEP_H

#include "cli/cli.h"

/* ARGUMENT when the database is no file: a bucket's is written as a whole, and not for every video. */
enum hr_status hr_cli_check_keep(const struct hr_cli *cli, struct hr_error *error) HR_MUST_USE;
/* Nothing to do without --keep. One thread at a time. */
enum hr_status hr_cli_keep(struct hr_cli *cli, const struct hr_result *result, const char *version,
                           struct hr_error *error) HR_MUST_USE;

#endif
