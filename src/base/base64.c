#include "base/base64.h"

#include <openssl/evp.h>

void hr_base64_append(struct hr_buffer *out, struct hr_view bytes)
{
    enum { PIECE = 3 * 256 }; /* whole groups: only the last piece is padded */
    unsigned char text[4 * PIECE / 3 + 1];
    for (size_t at = 0; at < bytes.size; at += PIECE) {
        size_t size = bytes.size - at < PIECE ? bytes.size - at : PIECE;
        int length = EVP_EncodeBlock(text, bytes.data + at, (int)size);
        hr_buffer_append(out, hr_view_of(text, (size_t)length));
    }
}
