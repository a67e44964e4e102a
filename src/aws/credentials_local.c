/* Keys from variables and from the shared files, and what all sources have in common. */
#include <string.h>

#include "aws/credential_sources.h"
#include "aws/file.h"
#include "aws/retry.h"
#include "aws/time.h"
#include "base/json.h"
#include "base/limits.h"

static const char *variable(const struct hr_credential_options *options, const char *name)
{
    return hr_aws_environment_get(&options->config->environment, name);
}

enum hr_status hr_credentials_from_environment(const struct hr_credential_options *options,
                                               const struct hr_deadline *deadline, struct hr_credentials *out,
                                               struct hr_error *error)
{
    (void)deadline;
    struct hr_sigv4_keys keys = {variable(options, "AWS_ACCESS_KEY_ID"), variable(options, "AWS_SECRET_ACCESS_KEY"),
                                 variable(options, "AWS_SESSION_TOKEN")};
    if (keys.key_id == NULL && keys.secret == NULL)
        return HR_END;
    if (keys.key_id == NULL || keys.secret == NULL)
        return hr_error_set(error, HR_ERR_PERMISSION, "%s is set but %s is not",
                            keys.key_id != NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                            keys.key_id != NULL ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    return hr_credentials_set(out, &keys, INT64_MAX, error);
}

/* Ways to get keys that a profile may name and that are not built. */
static const char *unsupported_setting(const struct hr_aws_config *config)
{
    static const char *const names[] = {"credential_process", "sso_session",       "sso_start_url",
                                        "source_profile",     "credential_source", "role_arn"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (hr_aws_config_profile(config, names[i]) != NULL)
            return names[i];
    return NULL;
}

enum hr_status hr_credentials_from_profile(const struct hr_credential_options *options,
                                           const struct hr_deadline *deadline, struct hr_credentials *out,
                                           struct hr_error *error)
{
    (void)deadline;
    const struct hr_aws_config *config = options->config;
    struct hr_sigv4_keys keys = {hr_aws_config_profile(config, "aws_access_key_id"),
                                 hr_aws_config_profile(config, "aws_secret_access_key"),
                                 hr_aws_config_profile(config, "aws_session_token")};
    if (keys.key_id != NULL && keys.secret != NULL)
        return hr_credentials_set(out, &keys, INT64_MAX, error);
    if (keys.key_id != NULL || keys.secret != NULL)
        return hr_error_set(error, HR_ERR_PERMISSION,
                            "profile '%s' has only one of aws_access_key_id and "
                            "aws_secret_access_key",
                            config->profile);
    const char *unsupported = unsupported_setting(config);
    if (unsupported == NULL)
        return HR_END;
    return hr_error_set(error, HR_ERR_UNSUPPORTED,
                        "profile '%s' says %s, which homeroom does not speak: set the variables "
                        "that 'aws configure export-credentials --format env' prints",
                        config->profile, unsupported);
}

/* ---- for the sources that are asked over HTTP ---- */

static enum hr_retry_kind retry_kind(enum hr_status status, const struct hr_http_response *response)
{
    if (status != HR_OK)
        return response->retryable ? HR_RETRY_TRANSIENT : HR_RETRY_NO;
    return response->status == 429 || response->status >= 500 ? HR_RETRY_TRANSIENT : HR_RETRY_NO;
}

enum hr_status hr_credentials_ask(const struct hr_credential_options *options, const struct hr_http_request *request,
                                  int attempts_max, struct hr_http_response *response, struct hr_error *error)
{
    struct hr_retry retry = {.policy = hr_retry_policy_default(),
                             .clock = options->clock,
                             .random = hr_random_system(),
                             .deadline = request->deadline};
    retry.policy.attempts_max = attempts_max;
    enum hr_status status;
    do {
        status = hr_http_send(options->http, request, response, error);
    } while ((status != HR_OK || response->status != 200) && hr_retry_again(&retry, retry_kind(status, response), 0));
    if (status != HR_OK || response->status == 200)
        return status;
    return hr_error_set(error, response->status >= 500 ? HR_ERR_UNAVAILABLE : HR_ERR_PERMISSION,
                        "the answer was HTTP %d", response->status);
}

enum hr_status hr_credentials_from_json(struct hr_view text, struct hr_credentials *out, struct hr_error *error)
{
    struct hr_json *json = NULL;
    enum hr_status status = hr_json_parse(&json, text, error);
    if (status != HR_OK)
        return hr_error_prefix(error, "the answer");
    const char *token = hr_json_text(hr_json_get(json, "Token"));
    const char *expiration = hr_json_text(hr_json_get(json, "Expiration"));
    struct hr_sigv4_keys keys = {hr_json_text(hr_json_get(json, "AccessKeyId")),
                                 hr_json_text(hr_json_get(json, "SecretAccessKey")), token};
    int64_t expires_us = INT64_MAX;
    if (keys.key_id == NULL || keys.secret == NULL ||
        (expiration != NULL && !hr_aws_time_iso8601(expiration, &expires_us)))
        status = hr_error_set(error, HR_ERR_FORMAT, "the answer holds no keys");
    else
        status = hr_credentials_set(out, &keys, expires_us, error);
    hr_json_free(json);
    return status;
}

enum hr_status hr_credentials_read_token(const char *path, struct hr_buffer *out, struct hr_error *error)
{
    struct hr_buffer text;
    hr_buffer_init(&text, HR_LIMIT_AWS_FILE_BYTES);
    enum hr_status status = hr_aws_file_read(&text, path, error);
    if (status == HR_ERR_NOT_FOUND)
        status = error != NULL ? (error->code = HR_ERR_PERMISSION) : HR_ERR_PERMISSION;
    if (status != HR_OK)
        goto out;
    size_t size = strcspn(hr_buffer_text(&text), "\r\n");
    if (size == 0)
        status = hr_error_set(error, HR_ERR_PERMISSION, "'%s' is empty", path);
    else
        hr_buffer_append(out, hr_view_of(text.data, size));
    if (status == HR_OK)
        status = hr_buffer_check(out, error);
out:
    hr_aws_file_wipe(&text);
    return status;
}
