#include "cli/sandbox.h"

#include <sys/resource.h>

#include "base/limits.h"
#include "cli/memory.h"
#include "video/video.h"

enum hr_status hr_cli_start_sandbox(struct hr_cli *cli, struct hr_error *error)
{
    uint64_t half = hr_cli_memory_bytes("") / 2;
    struct hr_sandbox_options options = {.size = sizeof options, .memory_bytes = HR_LIMIT_DECODER_BYTES};
    if (half != 0 && half < options.memory_bytes)
        options.memory_bytes = half;
    struct rlimit addresses; /* ulimit -v: it has no more than that, whatever we allow */
    if (getrlimit(RLIMIT_AS, &addresses) == 0 && addresses.rlim_cur != RLIM_INFINITY &&
        addresses.rlim_cur < options.memory_bytes)
        options.memory_bytes = addresses.rlim_cur;
    return hr_sandbox_start(&cli->sandbox, &options, error);
}

void hr_cli_log_sandbox(const struct hr_cli *cli)
{
    char held[128];
    bool whole;
    struct hr_error error;
    if (hr_video_try_sandbox(cli->sandbox, held, sizeof held, &whole, &error) != HR_OK)
        hr_log_write(&cli->log, HR_LOG_WARNING, NULL, "no process to decode in: %s", error.text);
    else
        hr_log_write(&cli->log, whole ? HR_LOG_DEBUG : HR_LOG_INFO, NULL,
                     "videos are decoded in a process apart, held by: %s%s", held,
                     whole ? "" : "; the system refuses the rest");
}
