/* homeroom export */
#include <string.h>

#include "classroom/export.h"
#include "classroom/keep.h"
#include "cli/answer.h"
#include "cli/class.h"

static enum hr_status write(const char *what, struct hr_database *database, struct hr_buffer *text,
                            struct hr_error *error)
{
    if (strcmp(what, "json") == 0)
        return hr_export_students_json(database, text, error);
    if (strcmp(what, "observations") == 0)
        return hr_export_observations_json(database, text, error);
    return hr_export_students_csv(database, text, error);
}

int hr_cmd_export(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_buffer text;
    hr_buffer_init(&text, HR_LIMIT_IMPORT_BYTES); /* what is written can be read again */
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, &error);
    if (status == HR_OK)
        status = write(cli->settings.export.what, database, &text, &error);
    if (status == HR_OK)
        (void)hr_answer_data(cli->out, hr_buffer_text(&text)); /* main sees whether it arrived */
    hr_buffer_clear(&text);
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
