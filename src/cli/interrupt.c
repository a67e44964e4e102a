/* Signals. The one place with mutable globals: a signal handler has nothing else to reach the
 * sessions by. */
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/cli.h"

static _Atomic(struct hr_session *) guarded[HR_LIMIT_THREADS];
static atomic_bool interrupted;

static void on_signal(int number)
{
    if (atomic_exchange(&interrupted, true))
        _exit(128 + number);
    for (size_t i = 0; i < HR_LIMIT_THREADS; i++) {
        struct hr_session *session = atomic_load(&guarded[i]);
        if (session != NULL)
            hr_session_stop(session);
    }
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
    return atomic_load(&interrupted);
}

const atomic_bool *hr_cli_interrupt_flag(void)
{
    return &interrupted;
}

void hr_cli_guard_session(struct hr_session *session)
{
    for (size_t i = 0; i < HR_LIMIT_THREADS; i++) {
        struct hr_session *none = NULL;
        if (atomic_compare_exchange_strong(&guarded[i], &none, session))
            break;
    }
    if (hr_cli_interrupted())
        hr_session_stop(session);
}

void hr_cli_release_session(struct hr_session *session)
{
    for (size_t i = 0; i < HR_LIMIT_THREADS; i++) {
        struct hr_session *held = session;
        atomic_compare_exchange_strong(&guarded[i], &held, NULL);
    }
}
