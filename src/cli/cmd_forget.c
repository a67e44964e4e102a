/* homeroom forget ID */
#include <string.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/database.h"

/* The student's record, or NOT_FOUND, before anybody is asked about it. */
static enum hr_status find_student(struct hr_database *database, const char *id,
                                   struct hr_student *out, struct hr_error *error)
{
    struct hr_roster roster = hr_database_roster(database);
    enum hr_status status = hr_roster_get(&roster, &id, 1, out, error);
    if (roster.close != NULL)
        roster.close(roster.context);
    if (status == HR_OK && !out->found)
        status = hr_error_set(error, HR_ERR_NOT_FOUND,
                              "there is no student '%s'; 'homeroom students' lists them", id);
    return status;
}

static enum hr_status ask(const struct hr_student *student, bool *agreed, struct hr_error *error)
{
    *agreed = false;
    if (!isatty(STDIN_FILENO))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "nobody can be asked here: say --yes to forget without a question");
    fputs("Forget student ", stderr);
    hr_answer_text(stderr, student->id);
    fputs(" (", stderr);
    hr_answer_text(stderr, student->name);
    fputs("), the record and every face? This cannot be undone. [y/N] ", stderr);
    fflush(stderr);
    char line[16];
    if (fgets(line, sizeof line, stdin) == NULL)
        return HR_OK; /* end of input is no agreement */
    line[strcspn(line, "\n")] = '\0';
    *agreed = strcmp(line, "y") == 0 || strcmp(line, "Y") == 0 || strcmp(line, "yes") == 0;
    return HR_OK;
}

int hr_cmd_forget(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_student student = {0};
    bool agreed = cli->settings.yes;
    size_t faces = 0;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, &error);
    if (status == HR_OK)
        status = find_student(database, cli->words[0], &student, &error);
    if (status == HR_OK && !agreed)
        status = ask(&student, &agreed, &error);
    if (status == HR_OK && agreed)
        status = hr_database_forget(database, cli->words[0], &faces, &error);
    if (status == HR_OK && agreed)
        status = hr_cli_save_database(cli, database, &error);
    if (status != HR_OK)
        goto out;
    if (agreed && hr_anywhere_is_remote(cli->database_path))
        fputs("if the bucket keeps older versions of the database, they still hold the student: "
              "remove them there\n",
              cli->out);
    if (agreed)
        fprintf(cli->out,
                "forgotten: the record and %zu face%s; the database file was searched, nothing of "
                "them is left\n",
                faces, faces == 1 ? "" : "s");
    else
        fputs("nothing was changed\n", cli->out);
out:
    hr_student_clear(&student);
    hr_database_close(database);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    return agreed ? 0 : HR_EXIT_NO;
}
