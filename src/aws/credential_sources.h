/* The places where aws/credentials.c looks for keys, one function each. */
#ifndef HR_AWS_CREDENTIAL_SOURCES_H
#define HR_AWS_CREDENTIAL_SOURCES_H

#include "aws/credentials.h"

/* HR_END: this machine is not set up for it. Any other failure ends the search: what somebody has
 * set up and does not work must not be passed over in silence. */
typedef enum hr_status hr_credential_fetch(const struct hr_credential_options *options,
                                           const struct hr_deadline *deadline, struct hr_credentials *out,
                                           struct hr_error *error);

hr_credential_fetch hr_credentials_from_environment;
hr_credential_fetch hr_credentials_from_web_identity;
hr_credential_fetch hr_credentials_from_profile;
hr_credential_fetch hr_credentials_from_container;
hr_credential_fetch hr_credentials_from_ec2;

/* NOT_FOUND when there is no metadata service. */
enum hr_status hr_ec2_region(const struct hr_credential_options *options, const struct hr_deadline *deadline, char *out,
                             size_t size, struct hr_error *error) HR_MUST_USE;

/* Copies. MEMORY. */
enum hr_status hr_credentials_set(struct hr_credentials *out, const struct hr_sigv4_keys *keys, int64_t expires_wall_us,
                                  struct hr_error *error) HR_MUST_USE;

/* A request to a service of this machine or to STS, tried `attempts_max` times. HR_OK for 200 only;
 * PERMISSION for other answers, with their HTTP status and without their text. */
enum hr_status hr_credentials_ask(const struct hr_credential_options *options, const struct hr_http_request *request,
                                  int attempts_max, struct hr_http_response *response,
                                  struct hr_error *error) HR_MUST_USE;
/* Keys out of {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}. FORMAT. */
enum hr_status hr_credentials_from_json(struct hr_view text, struct hr_credentials *out,
                                        struct hr_error *error) HR_MUST_USE;

/* A file with one secret: what stands before the end of its first line, added to `out`. */
enum hr_status hr_credentials_read_token(const char *path, struct hr_buffer *out, struct hr_error *error) HR_MUST_USE;

#endif
