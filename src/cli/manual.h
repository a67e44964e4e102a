/* The manual page and the shell completions, made from the tables of commands, options and
 * statuses. docs/homeroom.1 and completions/ hold the same text; a test compares them. */
#ifndef HR_CLI_MANUAL_H
#define HR_CLI_MANUAL_H

#include <stdio.h>

void hr_manual_write(FILE *out); /* mdoc(7) */
void hr_completion_write_bash(FILE *out);
void hr_completion_write_zsh(FILE *out);

/* What the exit statuses that are not in the table of base/status.c mean. */
#define HR_EXIT_NO_MEANING                                                                                             \
    "the work was done and the answer is no: a photo was refused, a check failed, a question was "                     \
    "answered with no"

#endif
