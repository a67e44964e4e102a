#include "cli/person.h"

#include <string.h>
#include <unistd.h>

#include "cli/answer.h"
#include "records/find.h"

static enum hr_status record_of(struct hr_database *database, const char *id, struct hr_student *out,
                                struct hr_error *error)
{
    struct hr_roster roster = hr_database_roster(database);
    enum hr_status status = hr_roster_get(&roster, &id, 1, out, error);
    if (roster.close != NULL)
        roster.close(roster.context);
    return status;
}

enum hr_status hr_cli_find_person(struct hr_database *database, const char *word, struct hr_student *out, bool *exact,
                                  struct hr_error *error)
{
    struct hr_student_finder *finder = NULL;
    const char *id = NULL;
    *out = (struct hr_student){0};
    enum hr_status status = hr_student_finder_new(&finder, database, error);
    if (status == HR_OK)
        status = hr_student_find(finder, word, &id, exact, error);
    if (status == HR_ERR_NOT_FOUND) {
        struct hr_error reason = *error;
        hr_error_set(error, status, "%s; 'homeroom students' lists them", reason.text);
    }
    if (status == HR_OK)
        status = record_of(database, id, out, error);
    hr_student_finder_free(finder);
    return status;
}

enum hr_status hr_cli_ask(const char *question, bool *agreed, struct hr_error *error)
{
    *agreed = false;
    if (!isatty(STDIN_FILENO))
        return hr_error_set(error, HR_ERR_ARGUMENT, "nobody can be asked here: say --yes to go on without a question");
    hr_answer_text(stderr, question);
    fputs(" [y/N] ", stderr);
    fflush(stderr);
    char line[16];
    if (fgets(line, sizeof line, stdin) == NULL)
        return HR_OK; /* end of input is no agreement */
    line[strcspn(line, "\n")] = '\0';
    *agreed = strcmp(line, "y") == 0 || strcmp(line, "Y") == 0 || strcmp(line, "yes") == 0;
    return HR_OK;
}
