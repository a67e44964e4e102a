/* homeroom merge ID OTHER, merge --undo, split ID OTHER PHOTO... */
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"

static enum hr_status ask(const struct hr_student *student, const struct hr_student *other, bool *agreed,
                          struct hr_error *error)
{
    char question[1200];
    snprintf(question, sizeof question,
             "Merge student %.255s (%.200s) into %.255s (%.200s)? The first one's record is removed. "
             "'homeroom merge --undo' takes it back.",
             other->id, other->name, student->id, student->name);
    return hr_cli_ask(question, agreed, error);
}

static int undo(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_parted parted;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, &error);
    if (status == HR_OK)
        status = hr_database_unmerge(database, &parted, &error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, &error);
    if (status == HR_OK) {
        hr_answer_text(cli->out, parted.other);
        fputs(" is a student again, apart from ", cli->out);
        hr_answer_text(cli->out, parted.id);
        fputc('\n', cli->out);
    }
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}

int hr_cmd_split(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_student student = {0};
    size_t moved = 0;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, &error);
    if (status == HR_OK)
        status = hr_cli_find_person(database, cli->words[0], &student, NULL, &error);
    if (status == HR_OK)
        status = hr_database_split(database, student.id, cli->words[1], (const char *const *)cli->words + 2,
                                   cli->word_count - 2, &moved, &error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, &error);
    if (status == HR_OK) {
        fprintf(cli->out, "%zu face vector%s of ", moved, moved == 1 ? "" : "s");
        hr_answer_text(cli->out, student.id);
        fputs(" went to ", cli->out);
        hr_answer_text(cli->out, cli->words[1]);
        fputs("; 'homeroom merge' is the way back\n", cli->out);
    }
    hr_student_clear(&student);
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}

int hr_cmd_merge(struct hr_cli *cli)
{
    struct hr_error error = {0};
    if (cli->settings.people.undo != (cli->word_count == 0) || cli->word_count == 1) {
        hr_error_set(&error, HR_ERR_ARGUMENT, "usage: homeroom merge ID OTHER, or merge --undo");
        return hr_cli_fail(cli, &error);
    }
    if (cli->settings.people.undo)
        return undo(cli);
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
