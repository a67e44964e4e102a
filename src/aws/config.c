#include "aws/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/file.h"
#include "base/limits.h"

static const struct {
    const char *name;     /* in a host and a signature */
    const char *endpoint; /* the variable with the service's own address */
} services[HR_AWS_SERVICE_COUNT] = {
    [HR_AWS_S3] = {"s3", "AWS_ENDPOINT_URL_S3"},    [HR_AWS_DYNAMODB] = {"dynamodb", "AWS_ENDPOINT_URL_DYNAMODB"},
    [HR_AWS_STS] = {"sts", "AWS_ENDPOINT_URL_STS"}, [HR_AWS_SQS] = {"sqs", "AWS_ENDPOINT_URL_SQS"},
    [HR_AWS_KMS] = {"kms", "AWS_ENDPOINT_URL_KMS"},
};

const char *hr_aws_service_name(enum hr_aws_service service)
{
    return services[service].name;
}

void hr_aws_config_clear(struct hr_aws_config *config)
{
    free(config->profile);
    hr_ini_clear(&config->config);
    hr_ini_clear(&config->credentials);
    free(config->region);
    for (size_t i = 0; i < HR_AWS_SERVICE_COUNT; i++)
        free(config->endpoint[i]);
    free(config->ca_bundle);
    *config = (struct hr_aws_config){0};
}

bool hr_aws_region_is_valid(const char *region)
{
    size_t size = strlen(region);
    if (size == 0 || size > 31 || region[0] == '-' || region[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)region[i]) && region[i] != '-')
            return false;
    return true;
}

static const char *variable(const struct hr_aws_config *config, const char *name)
{
    return hr_aws_environment_get(&config->environment, name);
}

/* In the config file a profile's section is "profile NAME", but for the default one. */
static const char *section_in_config(const struct hr_aws_config *config, char *out, size_t size)
{
    snprintf(out, size, "%s%s", strcmp(config->profile, "default") == 0 ? "" : "profile ", config->profile);
    return out;
}

const char *hr_aws_config_profile(const struct hr_aws_config *config, const char *name)
{
    char section[300];
    const char *value = hr_ini_get(&config->credentials, config->profile, name);
    if (value == NULL)
        value = hr_ini_get(&config->config, section_in_config(config, section, sizeof section), name);
    if (value == NULL && strcmp(config->profile, "default") == 0)
        value = hr_ini_get(&config->config, "profile default", name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static enum hr_status copy(char **out, const char *text, struct hr_error *error)
{
    *out = NULL;
    if (text == NULL)
        return HR_OK;
    *out = strdup(text);
    return *out != NULL ? HR_OK : hr_error_set(error, HR_ERR_MEMORY, "no memory for a setting");
}

/* "~/.aws/config" unless a variable names another; an empty `out`: there is no home. */
static enum hr_status file_path(const struct hr_aws_config *config, const char *name, const char *in_home,
                                struct hr_buffer *out, struct hr_error *error)
{
    const char *path = variable(config, name);
    const char *home = variable(config, "HOME");
    if (path != NULL && strncmp(path, "~/", 2) == 0 && home != NULL)
        hr_buffer_append_format(out, "%s/%s", home, path + 2);
    else if (path != NULL)
        hr_buffer_append_text(out, path);
    else if (home != NULL)
        hr_buffer_append_format(out, "%s/.aws/%s", home, in_home);
    return hr_buffer_check(out, error);
}

static enum hr_status load_file(struct hr_aws_config *config, const char *name, const char *in_home, struct hr_ini *out,
                                struct hr_error *error)
{
    struct hr_buffer path, text;
    hr_buffer_init(&path, 4096);
    hr_buffer_init(&text, HR_LIMIT_AWS_FILE_BYTES);
    enum hr_status status = file_path(config, name, in_home, &path, error);
    if (status != HR_OK || path.size == 0)
        goto out;
    status = hr_aws_file_read(&text, hr_buffer_text(&path), error);
    if (status == HR_ERR_NOT_FOUND) {
        status = HR_OK;
        goto out;
    }
    if (status == HR_OK)
        status = hr_ini_parse(out, hr_buffer_view(&text), error);
    if (status != HR_OK)
        (void)hr_error_prefix(error, "reading '%s'", hr_buffer_text(&path));
out:
    hr_aws_file_wipe(&text);
    hr_buffer_clear(&path);
    return status;
}

static enum hr_status check_profile(const struct hr_aws_config *config, struct hr_error *error)
{
    char section[300];
    if (strlen(config->profile) > 255)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the profile's name is too long");
    if (!config->profile_named || hr_ini_has_section(&config->credentials, config->profile) ||
        hr_ini_has_section(&config->config, section_in_config(config, section, sizeof section)) ||
        strcmp(config->profile, "default") == 0)
        return HR_OK;
    return hr_error_set(error, HR_ERR_NOT_FOUND,
                        "there is no profile '%s' in the AWS config and credentials files: see "
                        "'aws configure', or choose one with AWS_PROFILE",
                        config->profile);
}

static enum hr_status find_region(struct hr_aws_config *config, const char *region, struct hr_error *error)
{
    if (region == NULL)
        region = variable(config, "AWS_REGION");
    if (region == NULL)
        region = variable(config, "AWS_DEFAULT_REGION");
    if (region == NULL)
        region = hr_aws_config_profile(config, "region");
    if (region != NULL && !hr_aws_region_is_valid(region))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is not the name of a region, such as us-east-1", region);
    return copy(&config->region, region, error);
}

static bool is_true(const char *text)
{
    return text != NULL && strcasecmp(text, "true") == 0;
}

/* The service's variable, the general one, then the profile: [services NAME] if it has that. */
static const char *find_endpoint(const struct hr_aws_config *config, enum hr_aws_service service)
{
    const char *url = variable(config, services[service].endpoint);
    if (url == NULL)
        url = variable(config, "AWS_ENDPOINT_URL");
    const char *named = hr_aws_config_profile(config, "services");
    if (url == NULL && named != NULL && strlen(named) < 256) {
        char section[300], setting[64];
        snprintf(section, sizeof section, "services %s", named);
        snprintf(setting, sizeof setting, "%s.endpoint_url", services[service].name);
        url = hr_ini_get(&config->config, section, setting);
    }
    return url != NULL ? url : hr_aws_config_profile(config, "endpoint_url");
}

static enum hr_status find_endpoints(struct hr_aws_config *config, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    if (is_true(variable(config, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")))
        return HR_OK;
    for (int i = 0; i < HR_AWS_SERVICE_COUNT && status == HR_OK; i++)
        status = copy(&config->endpoint[i], find_endpoint(config, (enum hr_aws_service)i), error);
    return status;
}

static enum hr_status find_ca_bundle(struct hr_aws_config *config, struct hr_error *error)
{
    const char *path = variable(config, "AWS_CA_BUNDLE");
    if (path == NULL)
        path = hr_aws_config_profile(config, "ca_bundle");
    if (path == NULL)
        path = variable(config, "SSL_CERT_FILE");
    return copy(&config->ca_bundle, path, error);
}

static enum hr_status find_attempts(struct hr_aws_config *config, struct hr_error *error)
{
    const char *text = variable(config, "AWS_MAX_ATTEMPTS");
    if (text == NULL)
        text = hr_aws_config_profile(config, "max_attempts");
    if (text == NULL)
        return HR_OK;
    char *end;
    long number = strtol(text, &end, 10);
    if (*end != '\0' || number < 1 || number > 100)
        return hr_error_set(error, HR_ERR_ARGUMENT, "AWS_MAX_ATTEMPTS must be a number from 1 to 100, not '%s'", text);
    config->attempts_max = (int)number;
    return HR_OK;
}

static enum hr_status find_profile(struct hr_aws_config *config, const char *profile, struct hr_error *error)
{
    if (profile == NULL)
        profile = variable(config, "AWS_PROFILE");
    config->profile_named = profile != NULL;
    return copy(&config->profile, profile != NULL ? profile : "default", error);
}

enum hr_status hr_aws_config_load(struct hr_aws_config *out, const struct hr_aws_environment *environment,
                                  const char *profile, const char *region, struct hr_error *error)
{
    *out = (struct hr_aws_config){.environment = *environment};
    enum hr_status status = find_profile(out, profile, error);
    if (status == HR_OK)
        status = load_file(out, "AWS_CONFIG_FILE", "config", &out->config, error);
    if (status == HR_OK)
        status = load_file(out, "AWS_SHARED_CREDENTIALS_FILE", "credentials", &out->credentials, error);
    if (status == HR_OK)
        status = check_profile(out, error);
    if (status == HR_OK)
        status = find_region(out, region, error);
    if (status == HR_OK)
        status = find_endpoints(out, error);
    if (status == HR_OK)
        status = find_ca_bundle(out, error);
    if (status == HR_OK)
        status = find_attempts(out, error);
    if (status != HR_OK) {
        hr_aws_config_clear(out);
        return status;
    }
    const char *style = hr_aws_config_profile(out, "s3.addressing_style");
    out->path_style = style != NULL && strcmp(style, "path") == 0;
    return HR_OK;
}
