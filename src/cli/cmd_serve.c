/* homeroom serve: the page and its API (web/web.h), told on the terminal. */
#include <stdio.h>
#include <string.h>

#include "classroom/zone.h"
#include "cli/class.h"
#include "cli/report_log.h"
#include "cli/sandbox.h"
#include "web/web.h"

static void tell_ready(void *context, const char *url, const char *setup_path)
{
    struct hr_cli *cli = context;
    fprintf(cli->out, "homeroom is at %s\n", url);
    if (setup_path != NULL)
        fprintf(cli->out, "There is no account yet. Whoever opens this address makes the first:\n%s%s\n", url,
                setup_path);
    fflush(cli->out);
}

/* "DIR/videos" for "DIR/homeroom.db". */
static enum hr_status name_spool(const struct hr_cli *cli, char out[4096], struct hr_error *error)
{
    const char *said = cli->settings.serve.videos, *slash = strrchr(cli->database_path, '/');
    int folder = slash != NULL ? (int)(slash - cli->database_path) + 1 : 0;
    int length =
        said != NULL ? snprintf(out, 4096, "%s", said) : snprintf(out, 4096, "%.*svideos", folder, cli->database_path);
    return length < 3800 ? HR_OK : hr_error_set(error, HR_ERR_ARGUMENT, "the folder's name is too long");
}

static enum hr_status check(const struct hr_cli *cli, struct hr_error *error)
{
    const struct hr_serve_settings *settings = &cli->settings.serve;
    if (hr_anywhere_is_remote(cli->database_path))
        return hr_error_set(error, HR_ERR_ARGUMENT, "the page needs a database that is a file, not '%s'",
                            cli->database_path);
    if ((settings->certificate == NULL) != (settings->private_key == NULL))
        return hr_error_set(error, HR_ERR_ARGUMENT, "--certificate and --private-key go together");
    return HR_OK;
}

int hr_cmd_serve(struct hr_cli *cli)
{
    struct hr_error error = {0};
    char spool[4096], clock[HR_ZONE_CLOCK_SIZE];
    struct hr_recognize_options recognize = hr_cli_recognize_options(&cli->settings);
    struct hr_web_options options = {.class = &cli->class,
                                     .listen = cli->settings.serve.listen,
                                     .certificate = cli->settings.serve.certificate,
                                     .private_key = cli->settings.serve.private_key,
                                     .videos = spool,
                                     .insecure = cli->settings.network.insecure,
                                     .threads = cli->settings.recognition.threads,
                                     .recognize = &recognize,
                                     .log = &cli->log,
                                     .stop = hr_cli_stop(),
                                     .ready = tell_ready,
                                     .context = cli};
    enum hr_status status = check(cli, &error);
    if (status == HR_OK) /* each request opens the database */
        status = hr_key_cache_new(&cli->class.key.cache, hr_clock_system(), &error);
    if (status == HR_OK)
        status = name_spool(cli, spool, &error);
    if (status == HR_OK) {
        hr_cli_log_sandbox(cli);
        hr_zone_from_utc("UTC", 0, NULL, clock); /* TZ is there before anybody reads the environment beside it */
        status = hr_web_run(&options, &error);
    }
    hr_key_cache_free(cli->class.key.cache);
    cli->class.key.cache = NULL;
    if (status == HR_OK)
        hr_log_write(&cli->log, HR_LOG_INFO, NULL, "stopped; what is not done waits for the next start");
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
