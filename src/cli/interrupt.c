/* Signals. The one place with a mutable global: a signal handler has nothing else to tell anybody by. It touches
 * nothing that can be freed. */
#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"

static struct hr_stop interrupted;

static void on_signal(int number)
{
    if (hr_stop_requested(&interrupted))
        _exit(128 + number);
    hr_stop_request(&interrupted);
}

void hr_cli_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool hr_cli_interrupted(void)
{
    return hr_stop_requested(&interrupted);
}

const struct hr_stop *hr_cli_stop(void)
{
    return &interrupted;
}
