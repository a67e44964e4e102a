#include "base/base64.h"

#include <openssl/evp.h>
#include <string.h>

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

enum hr_status hr_base64_decode(struct hr_buffer *out, struct hr_view text, struct hr_error *error)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = text.size;
    uint32_t bits = 0;
    while (size > 0 && text.size - size < 2 && text.data[size - 1] == '=')
        size--;
    bool good = text.size % 4 == 0 && size % 4 != 1;
    for (size_t i = 0; good && i < size; i++) {
        const char *letter = text.data[i] != '\0' ? strchr(letters, text.data[i]) : NULL;
        good = letter != NULL;
        if (!good)
            break;
        bits = bits << 6 | (uint32_t)(letter - letters);
        if (i % 4 > 0) {
            uint8_t byte = (uint8_t)(bits >> (6 - 2 * (i % 4)));
            hr_buffer_append(out, hr_view_of(&byte, 1));
        }
    }
    return good ? hr_buffer_check(out, error) : hr_error_set(error, HR_ERR_FORMAT, "this is no base64");
}
