/* Lessons of a class decided again from the vectors that it keeps. */
#ifndef HR_CLI_AGAIN_H
#define HR_CLI_AGAIN_H

#include "cli/cli.h"

/* One lesson (0: all) of the class, but for those that are finished, each by the class as it is on its day, or by
 * everybody where guests were looked for. The engine has the models. *changed grows by the tracks that are now taken
 * for somebody else. */
enum hr_status hr_cli_decide_again(struct hr_cli *cli, struct hr_engine *engine, struct hr_database *database,
                                   const char *class_id, int64_t lesson, size_t *changed,
                                   struct hr_error *error) HR_MUST_USE;

#endif
