/* homeroom merge ID OTHER */
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"

static enum hr_status ask(const struct hr_student *student, const struct hr_student *other, bool *agreed,
                          struct hr_error *error)
{
    char question[1200];
    snprintf(question, sizeof question,
             "Merge student %.255s (%.200s) into %.255s (%.200s)? The first one's record is removed. "
             "This cannot be undone.",
             other->id, other->name, student->id, student->name);
    return hr_cli_ask(question, agreed, error);
}

int hr_cmd_merge(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_student student = {0}, other = {0};
    bool agreed = cli->settings.people.yes;
    size_t moved = 0;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, &error);
    if (status == HR_OK)
        status = hr_cli_find_person(database, cli->words[0], &student, NULL, &error);
    if (status == HR_OK)
        status = hr_cli_find_person(database, cli->words[1], &other, NULL, &error);
    if (status == HR_OK && !agreed)
        status = ask(&student, &other, &agreed, &error);
    if (status == HR_OK && agreed)
        status = hr_database_merge(database, student.id, other.id, &moved, &error);
    if (status == HR_OK && agreed)
        status = hr_class_save_database(&cli->class, database, &error);
    if (status == HR_OK && agreed) {
        hr_answer_text(cli->out, other.id);
        fputs(" is now a part of ", cli->out);
        hr_answer_text(cli->out, student.id);
        fprintf(cli->out, ": %zu face vector%s moved, the record of %s is removed\n", moved, moved == 1 ? "" : "s",
                "the former");
    } else if (status == HR_OK) {
        fputs("nothing was changed\n", cli->out);
    }
    hr_student_clear(&student);
    hr_student_clear(&other);
    hr_database_close(database);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    return agreed ? 0 : HR_EXIT_NO;
}
