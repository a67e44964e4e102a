/* SHA-256 (FIPS 180-4) by OpenSSL's libcrypto: photos known by their bytes, model files checked
 * against a lock, requests signed. */
#ifndef HR_BASE_HASH_H
#define HR_BASE_HASH_H

#include "base/status.h"
#include "base/stream.h"
#include "base/view.h"

#define HR_SHA256_HEX_SIZE 65 /* 64 hexadecimal digits and a zero byte */

enum hr_status hr_sha256_hex(struct hr_view bytes, char out[HR_SHA256_HEX_SIZE], struct hr_error *error) HR_MUST_USE;
/* The 32 bytes themselves, and HMAC-SHA-256 (RFC 2104). */
#define HR_SHA256_SIZE 32
enum hr_status hr_sha256(struct hr_view bytes, uint8_t out[HR_SHA256_SIZE], struct hr_error *error) HR_MUST_USE;
enum hr_status hr_hmac_sha256(struct hr_view key, struct hr_view bytes, uint8_t out[HR_SHA256_SIZE],
                              struct hr_error *error) HR_MUST_USE;
/* 64 lower-case hexadecimal digits and a zero byte. */
void hr_sha256_to_hex(const uint8_t digest[HR_SHA256_SIZE], char out[HR_SHA256_HEX_SIZE]);
/* From where the stream stands to its end. */
enum hr_status hr_sha256_stream_hex(struct hr_stream *stream, char out[HR_SHA256_HEX_SIZE],
                                    struct hr_error *error) HR_MUST_USE;
enum hr_status hr_sha256_file_hex(const char *path, char out[HR_SHA256_HEX_SIZE], struct hr_error *error) HR_MUST_USE;

#endif
