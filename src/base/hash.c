#include "base/hash.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

void hr_sha256_to_hex(const uint8_t digest[HR_SHA256_SIZE], char out[HR_SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HR_SHA256_SIZE; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[HR_SHA256_HEX_SIZE - 1] = '\0';
}

enum hr_status hr_sha256(struct hr_view bytes, uint8_t out[HR_SHA256_SIZE], struct hr_error *error)
{
    if (EVP_Digest(bytes.data, bytes.size, out, NULL, EVP_sha256(), NULL) != 1)
        return hr_error_set(error, HR_ERR_INTERNAL, "SHA-256 is not available in libcrypto");
    return HR_OK;
}

enum hr_status hr_hmac_sha256(struct hr_view key, struct hr_view bytes, uint8_t out[HR_SHA256_SIZE],
                              struct hr_error *error)
{
    /* A key of NULL would mean: the one of the call before. */
    const void *key_data = key.size > 0 ? (const void *)key.data : "";
    if (key.size > INT_MAX || HMAC(EVP_sha256(), key_data, (int)key.size, bytes.data, bytes.size, out, NULL) == NULL)
        return hr_error_set(error, HR_ERR_INTERNAL, "HMAC-SHA-256 is not available in libcrypto");
    return HR_OK;
}

enum hr_status hr_sha256_hex(struct hr_view bytes, char out[HR_SHA256_HEX_SIZE], struct hr_error *error)
{
    uint8_t digest[HR_SHA256_SIZE];
    enum hr_status status = hr_sha256(bytes, digest, error);
    if (status == HR_OK)
        hr_sha256_to_hex(digest, out);
    return status;
}

enum hr_status hr_sha256_file_hex(const char *path, char out[HR_SHA256_HEX_SIZE], struct hr_error *error)
{
    enum hr_status status = HR_OK;
    uint8_t digest[EVP_MAX_MD_SIZE], block[65536];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return hr_error_set_errno(error, errno, "opening '%s'", path);
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1) {
        status = hr_error_set(error, HR_ERR_INTERNAL, "SHA-256 is not available in libcrypto");
        goto out;
    }
    size_t got;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        EVP_DigestUpdate(hash, block, got);
    if (ferror(file)) {
        status = hr_error_set_errno(error, errno, "reading '%s'", path);
        goto out;
    }
    EVP_DigestFinal_ex(hash, digest, NULL);
    hr_sha256_to_hex(digest, out);
out:
    EVP_MD_CTX_free(hash);
    fclose(file);
    return status;
}

enum hr_status hr_sha256_stream_hex(struct hr_stream *stream, char out[HR_SHA256_HEX_SIZE], struct hr_error *error)
{
    uint8_t digest[EVP_MAX_MD_SIZE], block[65536];
    enum hr_status status = HR_OK;
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
        status = hr_error_set(error, HR_ERR_INTERNAL, "SHA-256 is not available in libcrypto");
    while (status == HR_OK) {
        size_t got = 0;
        status = stream->read(stream->context, block, sizeof block, &got, error);
        if (status == HR_OK)
            EVP_DigestUpdate(hash, block, got);
    }
    if (status == HR_END) {
        EVP_DigestFinal_ex(hash, digest, NULL);
        hr_sha256_to_hex(digest, out);
        status = HR_OK;
    }
    EVP_MD_CTX_free(hash);
    return status;
}
