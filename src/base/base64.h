/* Base64 (RFC 4648, section 4), by libcrypto. */
#ifndef HR_BASE_BASE64_H
#define HR_BASE_BASE64_H

#include "base/buffer.h"

/* Adds the bytes as one line of base64, padded. */
void hr_base64_append(struct hr_buffer *out, struct hr_view bytes);

/* Adds the bytes of padded base64 without line ends. FORMAT when it is none. */
enum hr_status hr_base64_decode(struct hr_buffer *out, struct hr_view text, struct hr_error *error) HR_MUST_USE;

#endif
