#include "cli/function_settings.h"

#include <stdio.h>
#include <string.h>

#include "aws/s3.h"
#include "cli/class.h"
#include "cli/report_out.h"

static enum hr_status parse_place(const char *place, char bucket[HR_S3_BUCKET_SIZE], char *prefix,
                                  size_t size, struct hr_error *error)
{
    const char *key = NULL;
    enum hr_status status = hr_s3_url_parse(place, bucket, &key, error);
    if (status != HR_OK)
        return status;
    size_t length = strlen(key);
    const char *slash = length > 0 && key[length - 1] != '/' ? "/" : "";
    if ((size_t)snprintf(prefix, size, "%s%s", key, slash) >= size)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is too long", place);
    return HR_OK;
}

/* A report that lands where videos are awaited would be the next event: for ever, and on the bill.
 */
static enum hr_status check_loop(const struct hr_function_setup *setup, const char *input,
                                 struct hr_error *error)
{
    char bucket[HR_S3_BUCKET_SIZE], prefix[1100];
    if (input == NULL)
        return HR_OK;
    enum hr_status status = parse_place(input, bucket, prefix, sizeof prefix, error);
    if (status == HR_OK && strcmp(bucket, setup->out_bucket) == 0 &&
        strncmp(setup->out_prefix, prefix, strlen(prefix)) == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "the reports would go to s3://%s/%s, which lies in '%s', where the "
                            "videos come from: choose another --out",
                            setup->out_bucket, setup->out_prefix, input);
    return status;
}

static enum hr_status read_settings(struct hr_function_setup *setup, struct hr_cli *cli,
                                    struct hr_error *error)
{
    const struct hr_settings *settings = &cli->settings;
    struct hr_report_columns columns;
    if (!hr_s3_url_is(settings->out))
        return hr_error_set(
            error, HR_ERR_ARGUMENT,
            "--out (HOMEROOM_OUT) takes s3://BUCKET or s3://BUCKET/PREFIX, not '%s'",
            settings->out);
    enum hr_status status = parse_place(settings->out, setup->out_bucket, setup->out_prefix,
                                        sizeof setup->out_prefix, error);
    if (status == HR_OK)
        status = check_loop(setup, settings->input, error);
    if (status == HR_OK && settings->columns != NULL)
        status = hr_report_columns_parse(&columns, settings->columns, error);
    if (status != HR_OK)
        return status;
    struct hr_function *function = &setup->function;
    *function = hr_function_default();
    function->out_bucket = setup->out_bucket;
    function->out_prefix = setup->out_prefix;
    function->options = hr_recognize_options_of(settings);
    function->format = strcmp(settings->format, "json") == 0 ? HR_FORMAT_JSON : HR_FORMAT_CSV;
    function->columns = settings->columns;
    function->queue_url = settings->queue_url;
    function->reserve_ms = (int64_t)(settings->reserve_s * 1000);
    function->part_min_bytes = (uint64_t)settings->part_min_mb << 20;
    return HR_OK;
}

static enum hr_status open_session(struct hr_function_setup *setup, const struct hr_cli *cli,
                                   struct hr_error *error)
{
    int threads = setup->threads > 0 ? setup->threads : cli->settings.threads;
    return hr_session_new(&setup->session, setup->engine, threads, error);
}

static void close_session(struct hr_function_setup *setup)
{
    hr_session_free(setup->session);
    setup->session = NULL;
}

enum hr_status hr_function_setup_open(struct hr_function_setup *out, struct hr_cli *cli,
                                      int threads, struct hr_error *error)
{
    *out = (struct hr_function_setup){.threads = threads};
    enum hr_status status = read_settings(out, cli, error);
    if (status == HR_OK)
        status = hr_cli_cloud_aws(&cli->cloud, &out->function.aws, error);
    if (status == HR_OK)
        status = hr_cli_open_engine(cli, HR_DATABASE_READ, &out->engine, error);
    if (status == HR_OK)
        status = open_session(out, cli, error);
    if (status == HR_OK)
        hr_cli_tell_gallery(cli, out->engine);
    else
        hr_function_setup_close(out);
    out->refreshed_us = hr_clock_now_us();
    return status;
}

void hr_function_setup_close(struct hr_function_setup *setup)
{
    close_session(setup);
    hr_engine_close(setup->engine);
    setup->engine = NULL;
}

enum hr_status hr_function_setup_refresh(struct hr_function_setup *setup, struct hr_cli *cli,
                                         struct hr_error *error)
{
    bool due = (double)(hr_clock_now_us() - setup->refreshed_us) >= cli->settings.refresh_s * 1e6;
    /* A gallery that is baked into the image or lies on this machine does not change under way. */
    if (!(due && hr_anywhere_is_remote(cli->database_path)))
        return HR_OK;
    enum hr_status status = hr_class_refresh(&cli->class, setup->engine, error);
    setup->refreshed_us = hr_clock_now_us();
    return status;
}
