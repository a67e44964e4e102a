#include "support/check.h"

#include "base/hash.h"
#include "support/temporary.h"

struct vector {
    const char *text;
    const char *digest;
};

/* FIPS 180-4, examples of SHA-256; the empty text from NIST's CAVP (SHA256ShortMsg). */
static const struct vector vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};
static const char million_a_digest[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void digests_of_bytes(void **state)
{
    (void)state;
    struct hr_error error;
    char hex[HR_SHA256_HEX_SIZE];
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        assert_ok(hr_sha256_hex(hr_view_text(vectors[i].text), hex, &error), &error);
        assert_string_equal(hex, vectors[i].digest);
    }
    assert_ok(hr_sha256_hex(hr_view_of(NULL, 0), hex, &error), &error);
    assert_string_equal(hex, vectors[0].digest);
}

static void digests_of_files(void **state)
{
    (void)state;
    struct hr_error error;
    char hex[HR_SHA256_HEX_SIZE];
    struct temporary folder;
    temporary_make(&folder);
    struct temporary_path path = temporary_path(&folder, "bytes");
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        temporary_write(path.text, vectors[i].text, strlen(vectors[i].text));
        assert_ok(hr_sha256_file_hex(path.text, hex, &error), &error);
        assert_string_equal(hex, vectors[i].digest);
    }
    char *million = malloc(1000000); /* more than one block */
    memset(million, 'a', 1000000);
    temporary_write(path.text, million, 1000000);
    free(million);
    assert_ok(hr_sha256_file_hex(path.text, hex, &error), &error);
    assert_string_equal(hex, million_a_digest);
    temporary_remove(&folder);
}

/* RFC 4231, test case 2, and a key of no bytes. */
static void keyed_digests(void **state)
{
    (void)state;
    struct hr_error error;
    uint8_t digest[HR_SHA256_SIZE];
    char hex[HR_SHA256_HEX_SIZE];
    assert_ok(hr_hmac_sha256(hr_view_text("Jefe"), hr_view_text("what do ya want for nothing?"), digest, &error),
              &error);
    hr_sha256_to_hex(digest, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_ok(hr_hmac_sha256(hr_view_of(NULL, 0), hr_view_text(""), digest, &error), &error);
    hr_sha256_to_hex(digest, hex);
    assert_string_equal(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    struct hr_error error;
    char hex[HR_SHA256_HEX_SIZE];
    struct temporary folder;
    temporary_make(&folder);
    struct temporary_path missing = temporary_path(&folder, "missing");
    assert_error(hr_sha256_file_hex(missing.text, hex, &error), HR_ERR_NOT_FOUND, &error, missing.text);
    assert_error(hr_sha256_file_hex(folder.path, hex, &error), HR_ERR_IO, &error, "directory");
    temporary_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_of_bytes),
        cmocka_unit_test(digests_of_files),
        cmocka_unit_test(keyed_digests),
        cmocka_unit_test(files_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
