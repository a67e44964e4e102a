#include "cli/keep.h"

#include "classroom/keep.h"
#include "cli/class.h"

enum hr_status hr_cli_check_keep(const struct hr_cli *cli, struct hr_error *error)
{
    if (cli->settings.recognition.keep && hr_anywhere_is_remote(cli->database_path))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "--keep writes into a database that is a file, and '%s' is not one: take a copy of it",
                            cli->database_path);
    return HR_OK;
}

/* Opened for each video: a file that is not held open can be written by others. */
enum hr_status hr_cli_keep(struct hr_cli *cli, const struct hr_result *result, const char *version,
                           struct hr_error *error)
{
    struct hr_database *database = NULL;
    if (!cli->settings.recognition.keep)
        return HR_OK;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, error);
    if (status == HR_OK)
        status = hr_result_keep(result, version, database, error);
    hr_database_close(database);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "keeping what was seen");
}
