/* homeroom consent [ID] [yes|no] */
#include <string.h>

#include "base/clock.h"
#include "base/plural.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"
#include "records/consent.h"

/* --- showing --- */

static enum hr_status answer_one(void *context, const struct hr_consent_record *record, struct hr_error *error)
{
    const struct hr_cli *cli = context;
    char since[HR_CLOCK_ISO8601_SIZE] = "";
    (void)error;
    if (record->since_us > 0)
        hr_clock_iso8601(record->since_us, since);
    if (cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "id", hr_json_text_new(record->id));
        hr_json_set(object, "name", hr_json_text_new(record->name));
        hr_json_set(object, "consent", hr_json_text_new(hr_consent_name(record->consent)));
        hr_json_set(object, "since", hr_json_text_new(since[0] != '\0' ? since : NULL));
        hr_answer_json(cli->out, object);
        return HR_OK;
    }
    hr_answer_text(cli->out, record->id);
    fputs(" (", cli->out);
    hr_answer_text(cli->out, record->name);
    fprintf(cli->out, "): %s%s%s\n", hr_consent_name(record->consent), since[0] != '\0' ? " since " : "", since);
    return HR_OK;
}

static enum hr_status answer_person(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct hr_student student = {0};
    struct hr_consent_record record;
    enum hr_status status = hr_cli_find_person(database, cli->words[0], &student, NULL, error);
    if (status == HR_OK)
        status = hr_database_consent(database, student.id, &record, error);
    if (status == HR_OK) {
        record.id = student.id;
        record.name = student.name;
        status = answer_one(cli, &record, error);
    }
    hr_student_clear(&student);
    return status;
}

static enum hr_status show(struct hr_cli *cli, struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, error);
    if (status == HR_OK)
        status = cli->word_count > 0 ? answer_person(cli, database, error)
                                     : hr_database_each_consent(database, answer_one, cli, error);
    hr_database_close(database);
    return status;
}

/* --- recording --- */

static enum hr_status ask(const struct hr_student *student, bool *agreed, struct hr_error *error)
{
    char question[1024];
    snprintf(question, sizeof question,
             "Delete every face of student %.255s (%.200s), and recognise him no more? Deleting cannot be undone.",
             student->id, student->name);
    return hr_cli_ask(question, agreed, error);
}

static void answer(const struct hr_cli *cli, const struct hr_student *student, bool given, size_t faces)
{
    hr_answer_text(cli->out, student->id);
    fputs(" (", cli->out);
    hr_answer_text(cli->out, student->name);
    if (given)
        fputs("): yes, may be enrolled\n", cli->out);
    else
        fprintf(cli->out,
                "): no, stays on the roll and is not recognised; %zu face vector%s deleted, the database file was "
                "searched\n",
                faces, hr_plural(faces));
    if (!given && hr_anywhere_is_remote(cli->database_path))
        fputs("if the bucket keeps older versions of the database, they still hold the faces: remove them there\n",
              cli->out);
}

static enum hr_status record(struct hr_cli *cli, bool given, bool *agreed, struct hr_error *error)
{
    struct hr_database *database = NULL;
    struct hr_student student = {0};
    size_t faces = 0;
    *agreed = given || cli->settings.people.yes;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, error);
    if (status == HR_OK)
        status = hr_cli_find_person(database, cli->words[0], &student, NULL, error);
    if (status == HR_OK && !*agreed)
        status = ask(&student, agreed, error);
    if (status == HR_OK && *agreed)
        status = hr_database_set_consent(database, student.id, given, &faces, error);
    if (status == HR_OK && *agreed)
        status = hr_class_save_database(&cli->class, database, error);
    if (status == HR_OK && *agreed)
        answer(cli, &student, given, faces);
    else if (status == HR_OK)
        fputs("nothing was changed\n", cli->out);
    hr_student_clear(&student);
    hr_database_close(database);
    return status;
}

int hr_cmd_consent(struct hr_cli *cli)
{
    struct hr_error error = {0};
    bool agreed = true;
    const char *word = cli->word_count > 1 ? cli->words[1] : NULL;
    enum hr_status status = HR_OK;
    if (word != NULL && strcmp(word, "yes") != 0 && strcmp(word, "no") != 0)
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "consent is 'yes' or 'no', not '%s'", word);
    else if (word != NULL)
        status = record(cli, strcmp(word, "yes") == 0, &agreed, &error);
    else
        status = show(cli, &error);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    return agreed ? 0 : HR_EXIT_NO;
}
