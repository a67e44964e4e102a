/* homeroom backup FILE, homeroom restore FILE */
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"
#include "records/backup.h"
#include "records/vault.h"

static enum hr_status check_local(const struct hr_cli *cli, struct hr_error *error)
{
    if (!hr_anywhere_is_remote(cli->database_path))
        return HR_OK;
    return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is an object: copy it with your own tools", cli->database_path);
}

int hr_cmd_backup(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    enum hr_status status = check_local(cli, &error);
    /* As it is: the copy of a sealed one is sealed, and needs no key. */
    if (status == HR_OK)
        status = hr_cli_explain(cli, hr_class_open_as_it_is(&cli->class, HR_DATABASE_READ, &database, &error), &error);
    if (status == HR_OK)
        status = hr_database_backup(database, cli->words[0], &error);
    if (status == HR_OK) {
        hr_answer_text(cli->out, cli->words[0]);
        fputs(hr_database_is_sealed(database)
                  ? ": a copy of the database, sealed; its keys are not in it, keep the newest of them apart\n"
                  : ": a copy of the database; whoever has it can read it ('homeroom keys')\n",
              cli->out);
    }
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}

static void tell_restored(const struct hr_cli *cli, const struct hr_unreadable *gone, bool sealed)
{
    hr_answer_text(cli->out, cli->database_path);
    fputs(": as it was in ", cli->out);
    hr_answer_text(cli->out, cli->words[0]);
    fputc('\n', cli->out);
    if (gone->students + gone->faces > 0)
        fputs("whoever was forgotten since has stayed so: 'homeroom keys prune' removes what is left\n", cli->out);
    else if (!sealed)
        fputs("whoever was forgotten since that copy was made is back: forget them again\n", cli->out);
}

int hr_cmd_restore(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_unreadable gone = {0};
    bool agreed = cli->settings.people.yes;
    enum hr_status status = check_local(cli, &error);
    if (status == HR_OK)
        status = hr_cli_open_database(cli, HR_DATABASE_CREATE, &database, &error);
    if (status == HR_OK && !agreed)
        status = hr_cli_ask("Replace everything in the database by what was in the copy?", &agreed, &error);
    if (status == HR_OK && agreed)
        status = hr_database_restore(database, cli->words[0], &error);
    if (status == HR_OK && agreed)
        status = hr_database_unreadable(database, &gone, &error);
    if (status == HR_OK && agreed)
        tell_restored(cli, &gone, hr_database_is_sealed(database));
    else if (status == HR_OK)
        fputs("nothing was changed\n", cli->out);
    hr_database_close(database);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    return agreed ? 0 : HR_EXIT_NO;
}
