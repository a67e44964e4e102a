/* What a command that runs for long does beside its work: jobs/upkeep.h, told on the terminal. */
#ifndef HR_CLI_UPKEEP_H
#define HR_CLI_UPKEEP_H

#include "cli/cli.h"
#include "jobs/upkeep.h"

/* To be called often, while no video is in hand. A failure is a warning. True: faces were removed. */
bool hr_cli_keep_times(const struct hr_cli *cli, struct hr_upkeep *upkeep);

#endif
