#include "cli/function_options.h"

#include "cli/class.h"
#include "cli/report_log.h"
#include "cli/sandbox.h"

static void on_stale(void *context, const struct hr_error *error)
{
    const struct hr_cli *cli = context;
    const struct hr_log_field fields[] = {{"code", hr_status_name(error->code), 0}, {"reason", error->text, 0}, {0}};
    hr_log_write(&cli->log, HR_LOG_WARNING, fields, "the gallery could not be read again: the one before is used");
}

struct hr_function_options hr_cli_function_options(struct hr_cli *cli)
{
    const struct hr_settings *settings = &cli->settings;
    return (struct hr_function_options){.class = &cli->class,
                                        .out = settings->recognition.out,
                                        .input = settings->recognition.input,
                                        .recognize = hr_cli_recognize_options(settings),
                                        .format = hr_cli_format(settings),
                                        .columns = settings->recognition.columns,
                                        .queue_url = settings->function.queue_url,
                                        .reserve_ms = (int64_t)(settings->function.reserve_s * 1000),
                                        .part_min_bytes = (uint64_t)settings->function.part_min_mb << 20,
                                        .refresh_us = (int64_t)(settings->function.refresh_s * 1e6),
                                        .threads = settings->recognition.threads,
                                        .on_stale = on_stale,
                                        .context = cli};
}

enum hr_status hr_cli_open_function(struct hr_cli *cli, const struct hr_function_options *options,
                                    struct hr_function **out, struct hr_error *error)
{
    enum hr_status status = hr_cli_explain(cli, hr_function_open(out, options, error), error);
    if (status == HR_OK)
        hr_cli_tell_gallery(cli, hr_function_engine(*out));
    if (status == HR_OK)
        hr_cli_log_sandbox(cli);
    return status;
}
