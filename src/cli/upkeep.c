#include "cli/upkeep.h"

bool hr_cli_keep_times(const struct hr_cli *cli, struct hr_upkeep *upkeep)
{
    struct hr_overdue removed;
    struct hr_error error = {0};
    enum hr_status status = hr_upkeep_run(upkeep, &removed, &error);
    if (status == HR_END)
        return false;
    const struct hr_log_field fields[] = {{"faces", NULL, (double)removed.rows[HR_KEPT_FACES]},
                                          {"observations", NULL, (double)removed.rows[HR_KEPT_OBSERVATIONS]},
                                          {"audit", NULL, (double)removed.rows[HR_KEPT_AUDIT]},
                                          {0}};
    if (status != HR_OK)
        hr_log_write(&cli->log, HR_LOG_WARNING, NULL, "what is kept for too long was not removed (tried again): %s",
                     error.text);
    else
        hr_log_write(&cli->log, HR_LOG_INFO, fields, "what was kept for too long is removed");
    return status == HR_OK && removed.rows[HR_KEPT_FACES] > 0;
}
