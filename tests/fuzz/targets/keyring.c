/* A ring of keys: as bytes that somebody else wrote, and as what somebody wrote who has the master key, who may say
 * anything of what is in it. */
#include "fuzz/target.h"

#include <sodium.h>

#include "records/keyring.h"

enum { HEADER_BYTES = 28, NONCE_BYTES = 24, TAG_BYTES = 16, ENTRY_BYTES = 45 };

static const uint8_t master[HR_MASTER_KEY_BYTES] = {1, 2, 3};

static void look_around(struct hr_keyring *ring)
{
    struct hr_buffer bytes;
    struct hr_keyring *again = NULL;
    struct hr_error error = {0};
    static const int64_t students[] = {0, 1, 2, 3, -1, INT64_MAX};
    hr_buffer_init(&bytes, (size_t)1 << 20);
    for (size_t i = 0; i < sizeof students / sizeof *students; i++) {
        uint8_t sealed[4 + HR_SEAL_BYTES], plain[4];
        if (!hr_keyring_has(ring, students[i], HR_KEY_FACES, 0, NULL))
            continue;
        FUZZ_CHECK(hr_keyring_seal(ring, students[i], HR_KEY_FACES, "vector", hr_view_text("1234"), sealed, &error) ==
                   HR_OK);
        FUZZ_CHECK(hr_keyring_unseal(ring, students[i], HR_KEY_FACES, "vector", hr_view_of(sealed, sizeof sealed),
                                     plain, &error) == HR_OK);
        FUZZ_CHECK(memcmp(plain, "1234", 4) == 0);
        hr_keyring_destroy_older(ring, students[i], HR_KEY_FACES, 3);
    }
    hr_keyring_destroy(ring, 1);
    FUZZ_CHECK(!hr_keyring_has(ring, 1, HR_KEY_RECORD, 0, NULL));
    FUZZ_CHECK(hr_keyring_renew_all(ring, &error) == HR_OK);
    hr_keyring_sweep(ring);
    FUZZ_CHECK(!hr_keyring_has_destroyed(ring));
    FUZZ_CHECK(hr_keyring_write(ring, master, (struct hr_view){0}, false, &bytes, &error) == HR_OK);
    FUZZ_CHECK(hr_keyring_read(&again, hr_buffer_view(&bytes), master, "ring", &error) == HR_OK);
    hr_keyring_free(again);
    hr_buffer_clear(&bytes);
}

static void read_ring(struct hr_view file)
{
    struct hr_keyring *ring = NULL;
    struct hr_view wrapped;
    struct hr_error error = {0};
    if (hr_vault_wrapped(file, "ring", &wrapped, &error) == HR_OK)
        FUZZ_CHECK(wrapped.size == 0 ||
                   (wrapped.data > file.data && wrapped.data + wrapped.size < file.data + file.size));
    if (hr_keyring_read(&ring, file, master, "ring", &error) == HR_OK)
        look_around(ring);
    else
        FUZZ_CHECK(error.text[0] != '\0');
    hr_keyring_free(ring);
}

/* The bytes as entries, sealed as they should be. */
static void read_as_entries(struct hr_view entries)
{
    static uint8_t file[HEADER_BYTES + NONCE_BYTES + TAG_BYTES + 64 * ENTRY_BYTES];
    size_t size = entries.size < (size_t)64 * ENTRY_BYTES ? entries.size : (size_t)64 * ENTRY_BYTES;
    unsigned long long sealed = 0;
    size -= size % ENTRY_BYTES;
    memset(file, 0, HEADER_BYTES + NONCE_BYTES);
    memcpy(file, "HmRmKeys\1", 9);
    FUZZ_CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(file + HEADER_BYTES + NONCE_BYTES, &sealed, entries.data,
                                                          size, file, HEADER_BYTES, NULL, file + HEADER_BYTES,
                                                          master) == 0);
    read_ring(hr_view_of(file, HEADER_BYTES + NONCE_BYTES + (size_t)sealed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_master_key key;
    struct hr_error error = {0};
    FUZZ_CHECK(sodium_init() >= 0);
    if (hr_master_key_parse(hr_view_of(data, size), &key, &error) != HR_OK)
        FUZZ_CHECK(error.text[0] != 0);
    read_ring(hr_view_of(data, size));
    read_as_entries(hr_view_of(data, size));
    return 0;
}
