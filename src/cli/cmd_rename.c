/* homeroom rename ID [NEW_ID] [--name NAME] */
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"

int hr_cmd_rename(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_student student = {0};
    const char *new_id = cli->word_count > 1 ? cli->words[1] : NULL;
    enum hr_status status = HR_OK;
    if (new_id == NULL && cli->settings.people.name == NULL)
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "say a new id, or --name with a new name, or both");
    if (status == HR_OK)
        status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, &error);
    if (status == HR_OK)
        status = hr_cli_find_person(database, cli->words[0], &student, NULL, &error);
    if (status == HR_OK)
        status = hr_database_rename(database, student.id, new_id, cli->settings.people.name, &error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, &error);
    if (status == HR_OK) {
        hr_answer_text(cli->out, student.id);
        fputs(" is now ", cli->out);
        hr_answer_text(cli->out, new_id != NULL ? new_id : student.id);
        fputs(" (", cli->out);
        hr_answer_text(cli->out, cli->settings.people.name != NULL ? cli->settings.people.name : student.name);
        fputs(")\n", cli->out);
    }
    hr_student_clear(&student);
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
