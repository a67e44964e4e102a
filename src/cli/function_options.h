/* What the settings say to the Lambda function and to the worker of a queue. */
#ifndef HR_CLI_FUNCTION_OPTIONS_H
#define HR_CLI_FUNCTION_OPTIONS_H

#include "cli/cli.h"
#include "function/function.h"

/* Borrows from `cli`. */
struct hr_function_options hr_cli_function_options(struct hr_cli *cli);

/* hr_function_open, and what a user must know of the gallery. */
enum hr_status hr_cli_open_function(struct hr_cli *cli, const struct hr_function_options *options,
                                    struct hr_function **out, struct hr_error *error) HR_MUST_USE;

#endif
