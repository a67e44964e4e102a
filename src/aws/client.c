#include "aws/client.h"

#include <stdlib.h>
#include <string.h>

#include "aws/client_state.h"
#include "base/limits.h"

static const char *proxy(const struct hr_aws_environment *environment, const char *upper, const char *lower)
{
    const char *value = hr_aws_environment_get(environment, lower);
    return value == NULL && upper != NULL ? hr_aws_environment_get(environment, upper) : value;
}

/* At the start, not when a video has come: what is wrong here is wrong for each. */
static enum hr_status check_endpoints(const struct hr_aws *aws, bool insecure, struct hr_error *error)
{
    for (int i = 0; i < HR_AWS_SERVICE_COUNT; i++) {
        const char *url = aws->config.endpoint[i];
        struct hr_endpoint endpoint;
        if (url == NULL)
            continue;
        enum hr_status status = hr_endpoint_parse(&endpoint, url, error);
        if (status == HR_OK)
            status = hr_url_check(url, insecure ? HR_CLEAR_ANYWHERE : HR_CLEAR_LOOPBACK, error);
        if (status != HR_OK)
            return hr_error_prefix(error, "AWS_ENDPOINT_URL for %s", hr_aws_service_name((enum hr_aws_service)i));
    }
    return HR_OK;
}

static enum hr_status open_http(struct hr_aws *aws, bool insecure, struct hr_error *error)
{
    const struct hr_aws_environment *environment = &aws->config.environment;
    const struct hr_http_options options = {
        .ca_bundle = aws->config.ca_bundle,
        /* HTTP_PROXY in capitals is not looked at, as everywhere: a CGI server sets it from a
         * request's header "Proxy". */
        .proxy_http = proxy(environment, NULL, "http_proxy"),
        .proxy_https = proxy(environment, "HTTPS_PROXY", "https_proxy"),
        .proxy_not = proxy(environment, "NO_PROXY", "no_proxy"),
        .user_agent = "homeroom/" HR_VERSION,
        .insecure = insecure,
        .clock = aws->clock,
    };
    return hr_http_open(&aws->http, &options, error);
}

enum hr_status hr_aws_open(struct hr_aws **out, const struct hr_aws_options *options, struct hr_error *error)
{
    *out = NULL;
    struct hr_aws *aws = calloc(1, sizeof *aws);
    if (aws == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for an AWS client");
    pthread_mutex_init(&aws->lock, NULL);
    hr_bucket_regions_init(&aws->bucket_regions);
    hr_retry_budget_init(&aws->budget, HR_RETRY_BUDGET_TOKENS);
    aws->clock = options->clock != NULL ? options->clock : hr_clock_system();
    aws->random = options->random.next != NULL ? options->random : hr_random_system();
    aws->policy = hr_retry_policy_default();
    enum hr_status status =
        hr_aws_config_load(&aws->config, &options->environment, options->profile, options->region, error);
    if (status == HR_OK)
        status = check_endpoints(aws, options->insecure, error);
    if (status == HR_OK)
        status = open_http(aws, options->insecure, error);
    if (status == HR_OK) {
        const struct hr_credential_options credentials = {
            .config = &aws->config, .http = aws->http, .clock = aws->clock, .container_host = options->container_host};
        status = hr_credential_source_new(&aws->credentials, &credentials, error);
    }
    if (status != HR_OK) {
        hr_aws_close(aws);
        return status;
    }
    if (aws->config.attempts_max > 0)
        aws->policy.attempts_max = aws->config.attempts_max;
    *out = aws;
    return HR_OK;
}

void hr_aws_close(struct hr_aws *aws)
{
    if (aws == NULL)
        return;
    hr_credential_source_free(aws->credentials);
    hr_http_close(aws->http);
    hr_aws_config_clear(&aws->config);
    hr_bucket_regions_clear(&aws->bucket_regions);
    pthread_mutex_destroy(&aws->lock);
    free(aws);
}

static bool is_trace(const char *trace)
{
    for (const char *at = trace; *at != '\0'; at++)
        if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7F)
            return false;
    return strlen(trace) < HR_TRACE_SIZE;
}

void hr_aws_set_trace(struct hr_aws *aws, const char *trace)
{
    pthread_mutex_lock(&aws->lock);
    memset(aws->trace, 0, sizeof aws->trace);
    if (trace != NULL && is_trace(trace))
        memcpy(aws->trace, trace, strlen(trace));
    pthread_mutex_unlock(&aws->lock);
}

struct hr_http *hr_aws_http(struct hr_aws *aws)
{
    return aws->http;
}

const struct hr_clock *hr_aws_clock(const struct hr_aws *aws)
{
    return aws->clock;
}

bool hr_aws_has_endpoint(const struct hr_aws *aws, enum hr_aws_service service)
{
    return aws->config.endpoint[service] != NULL;
}

enum hr_status hr_aws_region(struct hr_aws *aws, const struct hr_deadline *deadline, const char **out,
                             struct hr_error *error)
{
    *out = aws->config.region != NULL ? aws->config.region : aws->region;
    if (aws->config.region != NULL || atomic_load(&aws->has_region))
        return HR_OK;
    char region[sizeof aws->region] = "";
    enum hr_status status = hr_credentials_ec2_region(aws->credentials, deadline, region, sizeof region, error);
    if (status == HR_ERR_DEADLINE)
        return status;
    if (status != HR_OK)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "no AWS region is known: set AWS_REGION, or 'region' in the profile");
    pthread_mutex_lock(&aws->lock);
    /* Written once: others may be reading it already. */
    if (!atomic_load(&aws->has_region))
        memcpy(aws->region, region, sizeof region);
    atomic_store(&aws->has_region, true);
    pthread_mutex_unlock(&aws->lock);
    return HR_OK;
}
