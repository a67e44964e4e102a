#include "cli/audit.h"

#include "cli/class.h"
#include "records/audit.h"

static enum hr_status note(struct hr_cli *cli, const char *what, const char *student_id, size_t count,
                           struct hr_error *error)
{
    struct hr_database *database = NULL;
    if (hr_anywhere_is_remote(cli->database_path)) /* written as a whole, and not for every look at it */
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "the database is in a bucket");
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, error);
    if (status == HR_OK)
        status = hr_database_note(database, what, student_id, count, error);
    hr_database_close(database);
    return status;
}

void hr_cli_note(struct hr_cli *cli, const char *what, const char *student_id, size_t count, enum hr_log_level level)
{
    struct hr_error error = {0};
    if (note(cli, what, student_id, count, &error) != HR_OK)
        hr_log_write(&cli->log, level, NULL, "no entry in the audit log (%s): %s", what, error.text);
}
