/* homeroom export */
#include <string.h>

#include "classroom/about.h"
#include "classroom/export.h"
#include "classroom/keep.h"
#include "cli/answer.h"
#include "cli/audit.h"
#include "cli/class.h"
#include "cli/person.h"

/* What is exported: of one student, or a kind of all. */
struct export
{
    const char *what, *note;
    enum hr_status (*write)(struct hr_database * database, struct hr_buffer * text, struct hr_error * error);
};

static const struct export exports[] = {{"students", "export_students", hr_export_students_csv},
                                        {"json", "export_json", hr_export_students_json},
                                        {"observations", "export_observations", hr_export_observations_json},
                                        {"audit", "export_audit", hr_export_audit_json}};

static enum hr_status write_person(struct hr_cli *cli, struct hr_database *database, struct hr_buffer *text,
                                   struct hr_error *error)
{
    struct hr_student student = {0};
    enum hr_status status = hr_cli_find_person(database, cli->settings.export.student, &student, NULL, error);
    if (status == HR_OK)
        hr_cli_note(cli, "export_student", student.id, 1, HR_LOG_WARNING);
    if (status == HR_OK)
        status = hr_export_student_json(database, student.id, text, error);
    hr_student_clear(&student);
    return status;
}

/* Noted before, so that nothing leaves without a note of it. */
static enum hr_status write(struct hr_cli *cli, struct hr_database *database, struct hr_buffer *text,
                            struct hr_error *error)
{
    for (size_t i = 0; i < sizeof exports / sizeof *exports; i++) {
        if (strcmp(cli->settings.export.what, exports[i].what) != 0)
            continue;
        hr_cli_note(cli, exports[i].note, NULL, 1, HR_LOG_WARNING);
        return exports[i].write(database, text, error);
    }
    return write_person(cli, database, text, error);
}

static enum hr_status check(const struct hr_cli *cli, struct hr_error *error)
{
    bool person = strcmp(cli->settings.export.what, "student") == 0;
    if (person && cli->settings.export.student == NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT, "export --what student needs --student ID: whose?");
    if (!person && cli->settings.export.student != NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT, "--student goes with --what student");
    return HR_OK;
}

int hr_cmd_export(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_buffer text;
    hr_buffer_init(&text, HR_LIMIT_IMPORT_BYTES); /* what is written can be read again */
    enum hr_status status = check(cli, &error);
    if (status == HR_OK)
        status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, &error);
    if (status == HR_OK)
        status = write(cli, database, &text, &error);
    if (status == HR_OK)
        (void)hr_answer_data(cli->out, hr_buffer_text(&text)); /* main sees whether it arrived */
    hr_buffer_clear(&text);
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
