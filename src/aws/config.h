/* Settings as the AWS SDKs find them: variables, then the shared config and credentials files
 * (`~/.aws/config`, `~/.aws/credentials`).
 * https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html */
#ifndef HR_AWS_CONFIG_H
#define HR_AWS_CONFIG_H

#include "aws/environment.h"
#include "aws/ini.h"
#include "base/status.h"

enum hr_aws_service { HR_AWS_S3, HR_AWS_DYNAMODB, HR_AWS_STS, HR_AWS_SQS, HR_AWS_KMS, HR_AWS_SERVICE_COUNT };
/* "s3": the name in a signature and in a host. */
const char *hr_aws_service_name(enum hr_aws_service service);

struct hr_aws_config {
    struct hr_aws_environment environment;
    char *profile;             /* AWS_PROFILE, else "default" */
    bool profile_named;        /* somebody asked for it: it must exist then */
    struct hr_ini config;      /* AWS_CONFIG_FILE, else ~/.aws/config */
    struct hr_ini credentials; /* AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials */
    char *region;              /* AWS_REGION, AWS_DEFAULT_REGION, the profile's; NULL: not said */
    /* AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's endpoint_url; NULL: Amazon's.
     * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true leaves them out. */
    char *endpoint[HR_AWS_SERVICE_COUNT];
    char *ca_bundle;  /* AWS_CA_BUNDLE, the profile's ca_bundle, SSL_CERT_FILE */
    int attempts_max; /* AWS_MAX_ATTEMPTS, the profile's max_attempts; 0: not said */
    bool path_style;  /* the profile's s3.addressing_style is "path" */
};

/* `profile`, `region`: what the caller knows better, NULL else. Reads the two files, opens no
 * connection. A file that is not there is no error, but a profile that was asked for by name and is
 * in neither is NOT_FOUND. FORMAT for a damaged file, with its line. */
enum hr_status hr_aws_config_load(struct hr_aws_config *out, const struct hr_aws_environment *environment,
                                  const char *profile, const char *region, struct hr_error *error) HR_MUST_USE;
void hr_aws_config_clear(struct hr_aws_config *config); /* safe on a zeroed one */

/* A setting of the profile: the credentials file first, as the SDKs do. NULL. Borrowed. */
const char *hr_aws_config_profile(const struct hr_aws_config *config, const char *name);
bool hr_aws_region_is_valid(const char *region); /* letters, digits, '-': it becomes part of a host */

#endif
