/* Keys to sign with, found in the order of the AWS SDKs, kept, and fetched anew five minutes before
 * they run out:
 *   1. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *   2. AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN: AssumeRoleWithWebIdentity of STS
 *   3. the profile in the shared credentials and config files: keys, or a web identity's role
 *   4. AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI (ECS, EKS)
 *   5. the metadata service of EC2, version 2
 *
 * Threads: any; one fetches while the others wait, or go on with what is still good. */
#ifndef HR_AWS_CREDENTIALS_H
#define HR_AWS_CREDENTIALS_H

#include "aws/config.h"
#include "aws/http.h"
#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/status.h"

/* A copy of the caller's own. */
struct hr_credentials {
    char *key_id;
    char *secret;
    char *session_token;     /* NULL: none */
    int64_t expires_wall_us; /* INT64_MAX: never */
};
void hr_credentials_clear(struct hr_credentials *credentials); /* wipes and frees; safe on zeroes */
struct hr_sigv4_keys hr_credentials_keys(const struct hr_credentials *credentials);

struct hr_credential_source; /* opaque */

struct hr_credential_options {
    const struct hr_aws_config *config; /* borrowed, outlives the source, as do the next two */
    struct hr_http *http;
    const struct hr_clock *clock;
    const char *container_host; /* NULL: "http://169.254.170.2"; a test's own */
    const char *ec2_host;       /* NULL: AWS_EC2_METADATA_SERVICE_ENDPOINT, "http://169.254.169.254" */
};

/* Opens no connection and reads no file yet. */
enum hr_status hr_credential_source_new(struct hr_credential_source **out, const struct hr_credential_options *options,
                                        struct hr_error *error) HR_MUST_USE;
void hr_credential_source_free(struct hr_credential_source *source);

/* PERMISSION when there are none anywhere (the text says where was looked) or a source refused;
 * UNAVAILABLE when one cannot be reached; FORMAT for a damaged answer; DEADLINE. */
enum hr_status hr_credentials_get(struct hr_credential_source *source, const struct hr_deadline *deadline,
                                  struct hr_credentials *out, struct hr_error *error) HR_MUST_USE;
/* The service says that these have expired: the next get fetches anew unless somebody has done so
 * already. False when they cannot change (variables, a file). */
bool hr_credentials_expired(struct hr_credential_source *source, const char *key_id);

/* The region as EC2's metadata tells it; NOT_FOUND when this machine has none. */
enum hr_status hr_credentials_ec2_region(struct hr_credential_source *source, const struct hr_deadline *deadline,
                                         char *out, size_t size, struct hr_error *error) HR_MUST_USE;

#endif
