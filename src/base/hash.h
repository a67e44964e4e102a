/* SHA-256 (FIPS 180-4) by OpenSSL's libcrypto: photos known by their bytes, model files checked
 * against a lock. */
#ifndef HR_BASE_HASH_H
#define HR_BASE_HASH_H

#include "base/status.h"
#include "base/view.h"

#define HR_SHA256_HEX_SIZE 65 /* 64 hexadecimal digits and a zero byte */

enum hr_status hr_sha256_hex(struct hr_view bytes, char out[HR_SHA256_HEX_SIZE],
                             struct hr_error *error) HR_MUST_USE;
enum hr_status hr_sha256_file_hex(const char *path, char out[HR_SHA256_HEX_SIZE],
                                  struct hr_error *error) HR_MUST_USE;

#endif
