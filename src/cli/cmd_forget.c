/* homeroom forget ID, homeroom forget ID --photo NAME */
#include <string.h>

#include "base/plural.h"
#include "cli/class.h"
#include "cli/person.h"
#include "records/observations.h"

/* A script must not forget another child than the one whose id it gives. */
static enum hr_status check_exact(const struct hr_cli *cli, const struct hr_student *student, bool exact,
                                  struct hr_error *error)
{
    if (!cli->settings.people.yes || exact)
        return HR_OK;
    return hr_error_set(error, HR_ERR_ARGUMENT, "with --yes the id itself is wanted: '%s' is a way to say '%s'",
                        cli->words[0], student->id);
}

static enum hr_status ask(const struct hr_cli *cli, const struct hr_student *student, bool *agreed,
                          struct hr_error *error)
{
    char question[1024];
    if (cli->settings.people.photo != NULL)
        snprintf(question, sizeof question, "Forget '%.200s' of student %.255s (%.200s)? This cannot be undone.",
                 cli->settings.people.photo, student->id, student->name);
    else
        snprintf(question, sizeof question,
                 "Forget student %.255s (%.200s), the record and every face? This cannot be undone.", student->id,
                 student->name);
    return hr_cli_ask(question, agreed, error);
}

static enum hr_status forget(const struct hr_cli *cli, struct hr_database *database, const struct hr_student *student,
                             struct hr_removal *removal, struct hr_error *error)
{
    return cli->settings.people.photo != NULL
               ? hr_database_forget_photo(database, student->id, cli->settings.people.photo, removal, error)
               : hr_database_forget(database, student->id, removal, error);
}

static enum hr_status count_face(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    (void)record;
    (void)error;
    (*(size_t *)context)++;
    return HR_OK;
}

/* The student is not there, but was perhaps when somebody forgot him and was interrupted. */
static void tell_of_finished_removal(const struct hr_cli *cli, const struct hr_database *database)
{
    if (database != NULL && hr_database_finished_removal(database))
        fputs("a removal that had been interrupted is complete now: the database file has no bytes but those of what "
              "is in it\n",
              cli->out);
}

static void answer(const struct hr_cli *cli, const struct hr_removal *removal, size_t left)
{
    if (hr_anywhere_is_remote(cli->database_path))
        fputs("if the bucket keeps older versions of the database, they still hold the student: "
              "remove them there\n",
              cli->out);
    fprintf(cli->out, "forgotten: %s%zu face vector%s; %s\n",
            cli->settings.people.photo != NULL ? "" : "the record and ", removal->faces, hr_plural(removal->faces),
            removal->searched ? "every byte of the database file was looked at, nothing of them is left"
                              : "the database file has no bytes but those of what is in it");
    if (cli->settings.people.photo != NULL && left == 0)
        fputs("the student has no face any more and cannot be recognised\n", cli->out);
}

/* What was kept of a video names nobody outright: nothing is asked. */
static int forget_video(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    size_t removed = 0;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, &error);
    if (status == HR_OK)
        status = hr_database_forget_video(database, cli->settings.people.kept, &removed, &error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, &error);
    hr_database_close(database);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    fprintf(cli->out, "forgotten: what was seen in that video, %zu time%s\n", removed, hr_plural(removed));
    return 0;
}

int hr_cmd_forget(struct hr_cli *cli)
{
    if (cli->settings.people.kept != NULL && cli->word_count == 0)
        return forget_video(cli);
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_student student = {0};
    bool agreed = cli->settings.people.yes, exact = false;
    struct hr_removal removal = {0};
    size_t left = 0;
    enum hr_status status = HR_OK;
    if (cli->settings.people.kept != NULL || cli->word_count == 0)
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "forget takes either a student's ID or --kept VIDEO");
    if (status == HR_OK)
        status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, &error);
    if (status == HR_OK)
        status = hr_cli_find_person(database, cli->words[0], &student, &exact, &error);
    if (status == HR_OK)
        status = check_exact(cli, &student, exact, &error);
    if (status == HR_OK && !agreed)
        status = ask(cli, &student, &agreed, &error);
    if (status == HR_OK && agreed)
        status = forget(cli, database, &student, &removal, &error);
    if (status == HR_OK && agreed && cli->settings.people.photo != NULL)
        status = hr_database_each_face_of(database, student.id, count_face, &left, &error);
    if (status == HR_OK && agreed)
        status = hr_class_save_database(&cli->class, database, &error);
    if (status == HR_OK && agreed)
        answer(cli, &removal, left);
    else if (status == HR_OK)
        fputs("nothing was changed\n", cli->out);
    tell_of_finished_removal(cli, database);
    hr_student_clear(&student);
    hr_database_close(database);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    return agreed ? 0 : HR_EXIT_NO;
}
