/* Keys from STS, from a container's agent and from EC2's metadata service. */
#include <stdio.h>
#include <string.h>

#include "aws/credential_sources.h"
#include "aws/file.h"
#include "aws/time.h"
#include "aws/uri.h"
#include "aws/xml.h"
#include "base/json.h"
#include "base/limits.h"

#define ATTEMPTS 3
/* On a machine that is not Amazon's nobody answers at the metadata's address. */
#define EC2_CONNECT_TIMEOUT_MS 1000
#define EC2_IDLE_TIMEOUT_MS 2000
#define EC2_ATTEMPTS 2

static const char *variable(const struct hr_credential_options *options, const char *name)
{
    return hr_aws_environment_get(&options->config->environment, name);
}

/* ---- web identity: a token file, for which STS gives keys ---- */

struct web_identity {
    const char *token_file;
    const char *role;
    const char *session;
};

static bool find_web_identity(const struct hr_credential_options *options, struct web_identity *out)
{
    out->token_file = variable(options, "AWS_WEB_IDENTITY_TOKEN_FILE");
    out->role = variable(options, "AWS_ROLE_ARN");
    out->session = variable(options, "AWS_ROLE_SESSION_NAME");
    if (out->token_file == NULL) {
        out->token_file = hr_aws_config_profile(options->config, "web_identity_token_file");
        out->role = hr_aws_config_profile(options->config, "role_arn");
        out->session = hr_aws_config_profile(options->config, "role_session_name");
    }
    if (out->session == NULL)
        out->session = "homeroom";
    return out->token_file != NULL;
}

static enum hr_status sts_url(const struct hr_aws_config *config, struct hr_buffer *out, struct hr_error *error)
{
    if (config->endpoint[HR_AWS_STS] != NULL)
        hr_buffer_append_text(out, config->endpoint[HR_AWS_STS]);
    else if (config->region != NULL)
        hr_buffer_append_format(out, "https://sts.%s.amazonaws.com%s/", config->region,
                                strncmp(config->region, "cn-", 3) == 0 ? ".cn" : "");
    else
        hr_buffer_append_text(out, "https://sts.amazonaws.com/");
    return hr_buffer_check(out, error);
}

static enum hr_status keys_from_xml(struct hr_view text, struct hr_credentials *out, struct hr_error *error)
{
    char key_id[256], secret[256], token[8192], expiration[64];
    int64_t expires_us;
    enum hr_status status;
    if (!hr_xml_find(text, "AccessKeyId", key_id, sizeof key_id) ||
        !hr_xml_find(text, "SecretAccessKey", secret, sizeof secret) ||
        !hr_xml_find(text, "SessionToken", token, sizeof token) ||
        !hr_xml_find(text, "Expiration", expiration, sizeof expiration) ||
        !hr_aws_time_iso8601(expiration, &expires_us)) {
        status = hr_error_set(error, HR_ERR_FORMAT, "the answer of STS holds no keys");
    } else {
        const struct hr_sigv4_keys keys = {key_id, secret, token};
        status = hr_credentials_set(out, &keys, expires_us, error);
    }
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(token, sizeof token);
    return status;
}

static enum hr_status assume_role(const struct hr_credential_options *options, const struct hr_deadline *deadline,
                                  const struct web_identity *identity, const char *token, struct hr_credentials *out,
                                  struct hr_error *error)
{
    const struct hr_pair form[] = {{"Action", "AssumeRoleWithWebIdentity"},
                                   {"Version", "2011-06-15"},
                                   {"RoleArn", identity->role},
                                   {"RoleSessionName", identity->session},
                                   {"WebIdentityToken", token}};
    const struct hr_pair type = {"Content-Type", "application/x-www-form-urlencoded"};
    struct hr_buffer url, body;
    struct hr_http_response response;
    hr_buffer_init(&url, 4096);
    hr_buffer_init(&body, 4 * HR_LIMIT_AWS_FILE_BYTES);
    hr_http_response_init(&response);
    enum hr_status status = sts_url(options->config, &url, error);
    if (status == HR_OK)
        status = hr_uri_query(&body, form, sizeof form / sizeof *form, error);
    if (status != HR_OK)
        goto out;
    const struct hr_http_request request = {.method = "POST",
                                            .url = hr_buffer_text(&url),
                                            .headers = &type,
                                            .header_count = 1,
                                            .body = hr_buffer_view(&body),
                                            .repeatable = true,
                                            .deadline = deadline};
    status = hr_credentials_ask(options, &request, ATTEMPTS, &response, error);
    char code[96];
    if (status == HR_ERR_PERMISSION && hr_xml_find(hr_buffer_view(&response.body), "Code", code, sizeof code))
        status = hr_error_set(error, HR_ERR_PERMISSION, "STS refused the role '%s': %s", identity->role, code);
    if (status == HR_OK)
        status = keys_from_xml(hr_buffer_view(&response.body), out, error);
out:
    hr_aws_file_wipe(&response.body);
    hr_http_response_clear(&response);
    hr_aws_file_wipe(&body);
    hr_buffer_clear(&url);
    return status;
}

enum hr_status hr_credentials_from_web_identity(const struct hr_credential_options *options,
                                                const struct hr_deadline *deadline, struct hr_credentials *out,
                                                struct hr_error *error)
{
    struct web_identity identity;
    if (!find_web_identity(options, &identity))
        return HR_END;
    if (identity.role == NULL)
        return hr_error_set(error, HR_ERR_PERMISSION, "there is a token file but no role: set AWS_ROLE_ARN");
    /* Read each time: the platform puts a new token there before the old one runs out. */
    struct hr_buffer token;
    hr_buffer_init(&token, HR_LIMIT_AWS_FILE_BYTES);
    enum hr_status status = hr_credentials_read_token(identity.token_file, &token, error);
    if (status == HR_OK)
        status = assume_role(options, deadline, &identity, hr_buffer_text(&token), out, error);
    hr_aws_file_wipe(&token);
    return status;
}

/* ---- a container's agent: ECS, EKS ---- */

/* Keys go over the wire in the clear: only within this machine, to the two agents, or with TLS. */
static bool may_ask_for_keys(const char *url)
{
    struct hr_endpoint endpoint;
    static const char *const hosts[] = {"localhost",     "127.0.0.1",      "[::1]",
                                        "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    if (hr_endpoint_parse(&endpoint, url, NULL) != HR_OK)
        return false;
    if (strcmp(endpoint.scheme, "https") == 0)
        return true;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t size = strlen(hosts[i]);
        if (strncmp(endpoint.host, hosts[i], size) == 0 && (endpoint.host[size] == '\0' || endpoint.host[size] == ':'))
            return true;
    }
    return false;
}

static enum hr_status container_url(const struct hr_credential_options *options, struct hr_buffer *out,
                                    struct hr_error *error)
{
    const char *relative = variable(options, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = variable(options, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative == NULL && full == NULL)
        return HR_END;
    if (relative != NULL && relative[0] != '/')
        return hr_error_set(error, HR_ERR_ARGUMENT, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with '/'");
    if (relative != NULL) {
        const char *host = options->container_host != NULL ? options->container_host : "http://169.254.170.2";
        hr_buffer_append_format(out, "%s%s", host, relative);
        return hr_buffer_check(out, error);
    }
    char host[600];
    snprintf(host, sizeof host, "%.*s", (int)(strcspn(full, "?#")), full);
    if (!may_ask_for_keys(host))
        return hr_error_set(error, HR_ERR_PERMISSION,
                            "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor of this "
                            "machine or its agent");
    hr_buffer_append_text(out, full);
    return hr_buffer_check(out, error);
}

/* Empty when the agent wants none. */
static enum hr_status container_token(const struct hr_credential_options *options, struct hr_buffer *out,
                                      struct hr_error *error)
{
    const char *file = variable(options, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = variable(options, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (file != NULL)
        return hr_credentials_read_token(file, out, error);
    if (token != NULL)
        hr_buffer_append_text(out, token);
    return hr_buffer_check(out, error);
}

enum hr_status hr_credentials_from_container(const struct hr_credential_options *options,
                                             const struct hr_deadline *deadline, struct hr_credentials *out,
                                             struct hr_error *error)
{
    struct hr_buffer url, token;
    struct hr_http_response response;
    hr_buffer_init(&url, 4096);
    hr_buffer_init(&token, HR_LIMIT_AWS_FILE_BYTES);
    hr_http_response_init(&response);
    enum hr_status status = container_url(options, &url, error);
    if (status == HR_OK)
        status = container_token(options, &token, error);
    if (status != HR_OK)
        goto out;
    const struct hr_pair header = {"Authorization", hr_buffer_text(&token)};
    const struct hr_http_request request = {.method = "GET",
                                            .url = hr_buffer_text(&url),
                                            .headers = &header,
                                            .header_count = token.size > 0 ? 1 : 0,
                                            .repeatable = true,
                                            .direct = true,
                                            .deadline = deadline};
    status = hr_credentials_ask(options, &request, ATTEMPTS, &response, error);
    if (status == HR_OK)
        status = hr_credentials_from_json(hr_buffer_view(&response.body), out, error);
out:
    hr_aws_file_wipe(&response.body);
    hr_http_response_clear(&response);
    hr_aws_file_wipe(&token);
    hr_buffer_clear(&url);
    return status;
}

/* ---- EC2's metadata service, version 2: a session's token first ---- */

static const char *ec2_host(const struct hr_credential_options *options)
{
    const char *own = variable(options, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode = variable(options, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (options->ec2_host != NULL)
        return options->ec2_host;
    if (own != NULL)
        return own;
    return mode != NULL && strcasecmp(mode, "IPv6") == 0 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
}

static bool ec2_is_disabled(const struct hr_credential_options *options)
{
    const char *disabled = variable(options, "AWS_EC2_METADATA_DISABLED");
    return disabled != NULL && strcasecmp(disabled, "true") == 0;
}

struct ec2_session {
    const struct hr_credential_options *options;
    const struct hr_deadline *deadline;
    struct hr_buffer token;
};

static enum hr_status ec2_ask(const struct ec2_session *session, const char *method, const char *path,
                              const struct hr_pair *header, struct hr_http_response *response, struct hr_error *error)
{
    struct hr_buffer url;
    hr_buffer_init(&url, 4096);
    const char *host = ec2_host(session->options);
    size_t host_size = strlen(host);
    if (host_size > 0 && host[host_size - 1] == '/')
        host_size--;
    hr_buffer_append_format(&url, "%.*s%s", (int)host_size, host, path);
    const struct hr_http_request request = {.method = method,
                                            .url = hr_buffer_text(&url),
                                            .headers = header,
                                            .header_count = 1,
                                            .repeatable = true,
                                            .direct = true,
                                            .connect_timeout_ms = EC2_CONNECT_TIMEOUT_MS,
                                            .idle_timeout_ms = EC2_IDLE_TIMEOUT_MS,
                                            .deadline = session->deadline};
    enum hr_status status = hr_buffer_check(&url, error);
    if (status == HR_OK)
        status = hr_credentials_ask(session->options, &request, EC2_ATTEMPTS, response, error);
    hr_buffer_clear(&url);
    return status;
}

/* HR_END when there is no such service here. */
static enum hr_status ec2_open(struct ec2_session *session, struct hr_error *error)
{
    const struct hr_pair lifetime = {"X-aws-ec2-metadata-token-ttl-seconds", "21600"};
    struct hr_http_response response;
    hr_http_response_init(&response);
    enum hr_status status = HR_END;
    if (!ec2_is_disabled(session->options))
        status = ec2_ask(session, "PUT", "/latest/api/token", &lifetime, &response, error);
    if (status == HR_ERR_UNAVAILABLE && response.status == 0)
        status = HR_END;
    if (status == HR_OK)
        hr_buffer_append(&session->token, hr_buffer_view(&response.body));
    if (status == HR_OK)
        status = hr_buffer_check(&session->token, error);
    hr_aws_file_wipe(&response.body);
    hr_http_response_clear(&response);
    return status;
}

static enum hr_status ec2_get(const struct ec2_session *session, const char *path, struct hr_http_response *response,
                              struct hr_error *error)
{
    const struct hr_pair token = {"X-aws-ec2-metadata-token", hr_buffer_text(&session->token)};
    return ec2_ask(session, "GET", path, &token, response, error);
}

#define EC2_KEYS "/latest/meta-data/iam/security-credentials/"

static enum hr_status ec2_role_path(const struct ec2_session *session, struct hr_buffer *path,
                                    struct hr_http_response *response, struct hr_error *error)
{
    enum hr_status status = ec2_get(session, EC2_KEYS, response, error);
    if (response->status == 404)
        return HR_END; /* a machine without a role */
    if (status != HR_OK)
        return status;
    const char *role = hr_buffer_text(&response->body);
    hr_buffer_append_format(path, EC2_KEYS "%.*s", (int)strcspn(role, "\r\n"), role);
    return hr_buffer_check(path, error);
}

enum hr_status hr_credentials_from_ec2(const struct hr_credential_options *options, const struct hr_deadline *deadline,
                                       struct hr_credentials *out, struct hr_error *error)
{
    struct ec2_session session = {.options = options, .deadline = deadline};
    struct hr_buffer path;
    struct hr_http_response response;
    hr_buffer_init(&session.token, 4096);
    hr_buffer_init(&path, 4096);
    hr_http_response_init(&response);
    enum hr_status status = ec2_open(&session, error);
    if (status == HR_OK)
        status = ec2_role_path(&session, &path, &response, error);
    if (status == HR_OK)
        status = ec2_get(&session, hr_buffer_text(&path), &response, error);
    if (status == HR_OK)
        status = hr_credentials_from_json(hr_buffer_view(&response.body), out, error);
    hr_aws_file_wipe(&response.body);
    hr_http_response_clear(&response);
    hr_buffer_clear(&path);
    hr_aws_file_wipe(&session.token);
    return status;
}

enum hr_status hr_ec2_region(const struct hr_credential_options *options, const struct hr_deadline *deadline, char *out,
                             size_t size, struct hr_error *error)
{
    struct ec2_session session = {.options = options, .deadline = deadline};
    struct hr_http_response response;
    hr_buffer_init(&session.token, 4096);
    hr_http_response_init(&response);
    enum hr_status status = ec2_open(&session, error);
    if (status == HR_OK)
        status = ec2_get(&session, "/latest/meta-data/placement/region", &response, error);
    const char *region = hr_buffer_text(&response.body);
    if (status == HR_OK && !hr_aws_region_is_valid(region))
        status = hr_error_set(error, HR_ERR_FORMAT, "the metadata service names no region");
    if (status == HR_OK)
        snprintf(out, size, "%s", region);
    if (status == HR_END)
        status = hr_error_set(error, HR_ERR_NOT_FOUND, "there is no metadata service here");
    hr_http_response_clear(&response);
    hr_aws_file_wipe(&session.token);
    return status;
}
