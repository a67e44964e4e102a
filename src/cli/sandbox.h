/* Where the program decodes videos and photos. */
#ifndef HR_CLI_SANDBOX_H
#define HR_CLI_SANDBOX_H

#include "cli/cli.h"

/* cli->sandbox, before there is a thread, a key or a database. A decoder may take half of the memory that there is. */
enum hr_status hr_cli_start_sandbox(struct hr_cli *cli, struct hr_error *error) HR_MUST_USE;
/* Says which of its layers hold: for finding faults, and more loudly when one is missing. */
void hr_cli_log_sandbox(const struct hr_cli *cli);

#endif
