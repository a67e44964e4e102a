/* Keys that Amazon's key service wraps: it hands one out together with a wrapped copy, which it alone can open again
 * (API reference of AWS KMS, GenerateDataKey and Decrypt). */
#ifndef HR_AWS_KMS_H
#define HR_AWS_KMS_H

#include "aws/client.h"

enum { HR_KMS_KEY_TEXT_SIZE = 45 }; /* 32 bytes in base64, and a zero byte */

/* A new key of 256 bits, wrapped with `key_id` (an id, an ARN or "alias/NAME"): both in base64, the wrapped one added
 * to `wrapped`. */
enum hr_status hr_kms_new_key(struct hr_aws *aws, const char *key_id, const struct hr_deadline *deadline,
                              char key[HR_KMS_KEY_TEXT_SIZE], struct hr_buffer *wrapped,
                              struct hr_error *error) HR_MUST_USE;
/* The key that was wrapped. PERMISSION: it may not be opened by whoever asks. */
enum hr_status hr_kms_open_key(struct hr_aws *aws, struct hr_view wrapped, const struct hr_deadline *deadline,
                               char key[HR_KMS_KEY_TEXT_SIZE], struct hr_error *error) HR_MUST_USE;

#endif
