/* Which student a word of the command line means, and asking before something cannot be undone. */
#ifndef HR_CLI_PERSON_H
#define HR_CLI_PERSON_H

#include "cli/cli.h"
#include "roster/student.h"

/* The student's record by id or name, as roster/find.h finds it; *exact (may be NULL): the word is the id itself. */
enum hr_status hr_cli_find_person(struct hr_database *database, const char *word, struct hr_student *out, bool *exact,
                                  struct hr_error *error) HR_MUST_USE;

/* Asks the question on standard error; only "y" and "yes" agree. ARGUMENT when nobody can be asked. */
enum hr_status hr_cli_ask(const char *question, bool *agreed, struct hr_error *error) HR_MUST_USE;

#endif
