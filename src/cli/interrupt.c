/* Signals. The one place with a mutable global: a signal handler has nothing else to tell anybody by. It touches
 * nothing that can be freed. */
#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"

static struct hr_stop interrupted;

/* Once more is no order to end at once: a terminal that closes tells the program, and its shell does again; a limit on
 * processor time is told each second. */
static void on_gentle_signal(int number)
{
    (void)number;
    hr_stop_request(&interrupted);
}

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
    struct sigaction gentle = {.sa_handler = on_gentle_signal}, before;
    sigemptyset(&gentle.sa_mask);
    sigaction(SIGXCPU, &gentle, NULL);
    /* nohup: it shall outlive its terminal. */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &gentle, NULL);
}

void hr_cli_ignore_signals(void)
{
    static const int numbers[] = {SIGPIPE, SIGXFSZ, SIGTTOU};
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigemptyset(&ignored.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &ignored, NULL);
}

bool hr_cli_interrupted(void)
{
    return hr_stop_requested(&interrupted);
}

const struct hr_stop *hr_cli_stop(void)
{
    return &interrupted;
}
