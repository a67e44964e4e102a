/* homeroom serve, in a program that is built without the page (-DHOMEROOM_WEB=OFF): the function has no use for it. */
#include "cli/cli.h"

int hr_cmd_serve(struct hr_cli *cli)
{
    struct hr_error error = {0};
    (void)hr_error_set(&error, HR_ERR_UNSUPPORTED, "this homeroom was built without the page");
    return hr_cli_fail(cli, &error);
}
