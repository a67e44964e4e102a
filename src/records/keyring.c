#include "records/keyring.h"

#include <sodium.h>
#include <stdlib.h>

/* Of one kind and generation. */
struct student_key {
    int64_t student;
    uint16_t kind;
    bool is_destroyed; /* to be left out when the ring is written */
    uint32_t generation;
    uint8_t bytes[HR_KEY_BYTES];
};

struct hr_keyring {
    uint8_t id[HR_KEYRING_ID_BYTES];
    struct student_key *keys; /* owned, sodium_malloc: between guard pages, not in core files; sorted */
    size_t count, capacity;
};

static const char magic[8] = {'H', 'm', 'R', 'm', 'K', 'e', 'y', 's'};
enum {
    VERSION_AT = 8,
    WRAPPING_AT = 9,
    WRAPPED_SIZE_AT = 10,
    ID_AT = 12,
    WRAPPED_AT = ID_AT + HR_KEYRING_ID_BYTES,
    VERSION = 1,
    ENTRY_BYTES = 8 + 1 + 4 + HR_KEY_BYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    SEAL_VERSION = 1,
    LABEL_BYTES_MAX = 32,
};
_Static_assert(HR_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a key of the cipher");
_Static_assert(HR_MASTER_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a key of the cipher");
_Static_assert(HR_SEAL_BYTES == 1 + 4 + NONCE_BYTES + TAG_BYTES, "what sealing adds");

static void put_number(uint8_t *at, uint64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, number >>= 8)
        at[i] = (uint8_t)number;
}

static uint64_t number_at(const uint8_t *at, int bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for the students' keys");
}

/* Safe to call often, from any thread. */
static enum hr_status start_library(struct hr_error *error)
{
    return sodium_init() >= 0 ? HR_OK : hr_error_set(error, HR_ERR_INTERNAL, "libsodium cannot be used here");
}

/* --- entries --- */

static int order(const struct student_key *key, int64_t student, uint32_t kind, uint32_t generation)
{
    if (key->student != student)
        return key->student < student ? -1 : 1;
    if (key->kind != kind)
        return key->kind < kind ? -1 : 1;
    return (key->generation > generation) - (key->generation < generation);
}

/* The first entry that does not stand before this one. */
static size_t place_of(const struct hr_keyring *ring, int64_t student, uint32_t kind, uint32_t generation)
{
    size_t low = 0, high = ring->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(&ring->keys[middle], student, kind, generation) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The newest, or the one of that generation; NULL: none. */
static const struct student_key *find(const struct hr_keyring *ring, int64_t student, enum hr_key_kind kind,
                                      uint32_t generation)
{
    size_t at = generation > 0 ? place_of(ring, student, kind, generation) : place_of(ring, student, kind + 1u, 0) - 1;
    const struct student_key *key = at < ring->count ? &ring->keys[at] : NULL;
    bool is_it = key != NULL && key->student == student && key->kind == kind && !key->is_destroyed &&
                 (generation == 0 || key->generation == generation);
    return is_it ? key : NULL;
}

static bool reserve(struct hr_keyring *ring, size_t count)
{
    if (count <= ring->capacity)
        return true;
    size_t capacity = ring->capacity * 2 > count ? ring->capacity * 2 : count + 64;
    struct student_key *keys = sodium_allocarray(capacity, sizeof *keys);
    if (keys == NULL)
        return false;
    if (ring->count > 0)
        memcpy(keys, ring->keys, ring->count * sizeof *keys);
    sodium_free(ring->keys);
    ring->keys = keys;
    ring->capacity = capacity;
    return true;
}

bool hr_keyring_has(const struct hr_keyring *ring, int64_t student, enum hr_key_kind kind, uint32_t generation,
                    uint32_t *newest)
{
    const struct student_key *key = find(ring, student, kind, generation);
    if (key != NULL && newest != NULL)
        *newest = key->generation;
    return key != NULL;
}

enum hr_status hr_keyring_add(struct hr_keyring *ring, int64_t student, enum hr_key_kind kind, struct hr_error *error)
{
    const struct student_key *newest = find(ring, student, kind, 0);
    if (newest != NULL && newest->generation == UINT32_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "a key was renewed too often");
    struct student_key key = {
        .student = student, .kind = (uint16_t)kind, .generation = newest != NULL ? newest->generation + 1 : 1};
    if (!reserve(ring, ring->count + 1))
        return no_memory(error);
    size_t at = place_of(ring, student, kind, key.generation);
    memmove(&ring->keys[at + 1], &ring->keys[at], (ring->count - at) * sizeof key);
    ring->keys[at] = key;
    randombytes_buf(ring->keys[at].bytes, HR_KEY_BYTES);
    ring->count++;
    return HR_OK;
}

enum hr_status hr_keyring_renew_all(struct hr_keyring *ring, struct hr_error *error)
{
    struct hr_keyring renewed = {0};
    if (!reserve(&renewed, 2 * ring->count + 1))
        return no_memory(error);
    for (size_t i = 0; i < ring->count; i++) {
        const struct student_key *key = &ring->keys[i], *next = key + 1;
        bool newest = i + 1 == ring->count || next->student != key->student || next->kind != key->kind;
        renewed.keys[renewed.count++] = *key;
        if (!newest || key->is_destroyed || key->generation == UINT32_MAX)
            continue;
        struct student_key *made = &renewed.keys[renewed.count++];
        *made = *key;
        made->generation++;
        randombytes_buf(made->bytes, HR_KEY_BYTES);
    }
    sodium_free(ring->keys);
    ring->keys = renewed.keys;
    ring->count = renewed.count;
    ring->capacity = renewed.capacity;
    return HR_OK;
}

bool hr_keyring_is_renewed(const struct hr_keyring *ring)
{
    for (size_t i = 1; i < ring->count; i++)
        if (ring->keys[i].student == ring->keys[i - 1].student && ring->keys[i].kind == ring->keys[i - 1].kind)
            return true;
    return false;
}

void hr_keyring_destroy(struct hr_keyring *ring, int64_t student)
{
    for (size_t i = place_of(ring, student, 0, 0); i < ring->count && ring->keys[i].student == student; i++)
        ring->keys[i].is_destroyed = true;
}

void hr_keyring_destroy_older(struct hr_keyring *ring, int64_t student, enum hr_key_kind kind, uint32_t generation)
{
    size_t end = place_of(ring, student, kind, generation);
    for (size_t i = place_of(ring, student, kind, 0); i < end; i++)
        ring->keys[i].is_destroyed = true;
}

bool hr_keyring_has_destroyed(const struct hr_keyring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ring->keys[i].is_destroyed)
            return true;
    return false;
}

void hr_keyring_sweep(struct hr_keyring *ring)
{
    size_t kept = 0;
    for (size_t i = 0; i < ring->count; i++)
        if (!ring->keys[i].is_destroyed)
            ring->keys[kept++] = ring->keys[i];
    if (kept < ring->count)
        sodium_memzero(&ring->keys[kept], (ring->count - kept) * sizeof *ring->keys);
    ring->count = kept;
}

/* --- the whole ring --- */

enum hr_status hr_keyring_new(struct hr_keyring **out, struct hr_error *error)
{
    *out = NULL;
    enum hr_status status = start_library(error);
    if (status != HR_OK)
        return status;
    struct hr_keyring *ring = calloc(1, sizeof *ring);
    if (ring == NULL)
        return no_memory(error);
    randombytes_buf(ring->id, sizeof ring->id);
    *out = ring;
    return HR_OK;
}

void hr_keyring_free(struct hr_keyring *ring)
{
    if (ring == NULL)
        return;
    sodium_free(ring->keys); /* wipes */
    free(ring);
}

const uint8_t *hr_keyring_id(const struct hr_keyring *ring)
{
    return ring->id;
}

static enum hr_status not_a_ring(const char *name, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_FORMAT, "'%s' is not a ring of keys, or is damaged", name);
}

/* Where the nonce stands. */
static enum hr_status check_header(struct hr_view file, const char *name, size_t *nonce_at, struct hr_error *error)
{
    if (file.size < WRAPPED_AT || memcmp(file.data, magic, sizeof magic) != 0)
        return not_a_ring(name, error);
    if (file.data[VERSION_AT] != VERSION)
        return hr_error_set(error, HR_ERR_UNSUPPORTED,
                            "'%s' was made by a newer homeroom (its version is %d, this program knows %d): update "
                            "homeroom",
                            name, file.data[VERSION_AT], VERSION);
    size_t wrapped = (size_t)number_at(file.data + WRAPPED_SIZE_AT, 2);
    bool kind_is_right = file.data[WRAPPING_AT] == (wrapped > 0);
    if (!kind_is_right || wrapped > HR_WRAPPED_KEY_BYTES_MAX ||
        file.size < WRAPPED_AT + wrapped + NONCE_BYTES + TAG_BYTES ||
        (file.size - WRAPPED_AT - wrapped - NONCE_BYTES - TAG_BYTES) % ENTRY_BYTES != 0)
        return not_a_ring(name, error);
    *nonce_at = WRAPPED_AT + wrapped;
    return HR_OK;
}

enum hr_status hr_vault_wrapped(struct hr_view file, const char *name, struct hr_view *wrapped, struct hr_error *error)
{
    size_t nonce_at = 0;
    *wrapped = (struct hr_view){0};
    enum hr_status status = check_header(file, name, &nonce_at, error);
    if (status == HR_OK && nonce_at > WRAPPED_AT)
        *wrapped = hr_view_of(file.data + WRAPPED_AT, nonce_at - WRAPPED_AT);
    return status;
}

/* Of entries in order, each once: so were they written. */
static bool take_entries(struct hr_keyring *ring, const uint8_t *entries, size_t count)
{
    for (size_t i = 0; i < count; i++, entries += ENTRY_BYTES) {
        struct student_key *key = &ring->keys[i];
        key->student = (int64_t)number_at(entries, 8);
        key->kind = entries[8];
        key->is_destroyed = false;
        key->generation = (uint32_t)number_at(entries + 9, 4);
        memcpy(key->bytes, entries + 13, HR_KEY_BYTES);
        bool known = (key->kind == HR_KEY_RECORD || key->kind == HR_KEY_FACES) && key->generation > 0;
        if (!known || (i > 0 && order(key - 1, key->student, key->kind, key->generation) >= 0))
            return false;
    }
    ring->count = count;
    return true;
}

static enum hr_status read_entries(struct hr_keyring *ring, struct hr_view file, size_t nonce_at,
                                   const uint8_t master[HR_MASTER_KEY_BYTES], const char *name, struct hr_error *error)
{
    const uint8_t *nonce = file.data + nonce_at, *box = nonce + NONCE_BYTES;
    size_t box_size = file.size - nonce_at - NONCE_BYTES, size = box_size - TAG_BYTES;
    uint8_t *entries = sodium_malloc(size + 1);
    enum hr_status status = HR_OK;
    memcpy(ring->id, file.data + ID_AT, sizeof ring->id);
    if (entries == NULL || !reserve(ring, size / ENTRY_BYTES))
        status = no_memory(error);
    else if (crypto_aead_xchacha20poly1305_ietf_decrypt(entries, NULL, NULL, box, box_size, file.data, nonce_at, nonce,
                                                        master) != 0)
        status = hr_error_set(error, HR_ERR_PERMISSION,
                              "'%s' is not opened by this key: it is another one, or the file was changed", name);
    else if (!take_entries(ring, entries, size / ENTRY_BYTES))
        status = not_a_ring(name, error);
    sodium_free(entries);
    return status;
}

enum hr_status hr_keyring_read(struct hr_keyring **out, struct hr_view file, const uint8_t master[HR_MASTER_KEY_BYTES],
                               const char *name, struct hr_error *error)
{
    struct hr_keyring *ring = NULL;
    size_t nonce_at = 0;
    *out = NULL;
    enum hr_status status = check_header(file, name, &nonce_at, error);
    if (status == HR_OK)
        status = hr_keyring_new(&ring, error);
    if (status == HR_OK)
        status = read_entries(ring, file, nonce_at, master, name, error);
    if (status == HR_OK)
        *out = ring;
    else
        hr_keyring_free(ring);
    return status;
}

/* Returns their size. */
static size_t give_entries(const struct hr_keyring *ring, bool with_destroyed, uint8_t *entries)
{
    const uint8_t *start = entries;
    for (size_t i = 0; i < ring->count; i++) {
        if (ring->keys[i].is_destroyed && !with_destroyed)
            continue;
        put_number(entries, (uint64_t)ring->keys[i].student, 8);
        entries[8] = (uint8_t)ring->keys[i].kind;
        put_number(entries + 9, ring->keys[i].generation, 4);
        memcpy(entries + 13, ring->keys[i].bytes, HR_KEY_BYTES);
        entries += ENTRY_BYTES;
    }
    return (size_t)(entries - start);
}

static void give_header(const struct hr_keyring *ring, struct hr_view wrapped, struct hr_buffer *out)
{
    uint8_t header[WRAPPED_AT];
    memcpy(header, magic, sizeof magic);
    header[VERSION_AT] = VERSION;
    header[WRAPPING_AT] = wrapped.size > 0;
    put_number(header + WRAPPED_SIZE_AT, wrapped.size, 2);
    memcpy(header + ID_AT, ring->id, sizeof ring->id);
    hr_buffer_append(out, hr_view_of(header, sizeof header));
    hr_buffer_append(out, wrapped);
}

enum hr_status hr_keyring_write(const struct hr_keyring *ring, const uint8_t master[HR_MASTER_KEY_BYTES],
                                struct hr_view wrapped, bool with_destroyed, struct hr_buffer *out,
                                struct hr_error *error)
{
    uint8_t nonce[NONCE_BYTES];
    size_t size = ring->count * ENTRY_BYTES, start = out->size;
    enum hr_status status = HR_OK;
    if (wrapped.size > HR_WRAPPED_KEY_BYTES_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "a wrapped key of %zu bytes: the limit is %d", wrapped.size,
                            HR_WRAPPED_KEY_BYTES_MAX);
    uint8_t *entries = sodium_malloc(size + 1);
    uint8_t *box = malloc(size + TAG_BYTES);
    if (entries == NULL || box == NULL) {
        status = no_memory(error);
        goto out;
    }
    size = give_entries(ring, with_destroyed, entries);
    give_header(ring, wrapped, out);
    status = hr_buffer_check(out, error);
    if (status != HR_OK)
        goto out;
    randombytes_buf(nonce, sizeof nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, entries, size, out->data + start, out->size - start, NULL,
                                               nonce, master);
    hr_buffer_append(out, hr_view_of(nonce, sizeof nonce));
    hr_buffer_append(out, hr_view_of(box, size + TAG_BYTES));
    status = hr_buffer_check(out, error);
out:
    sodium_free(entries);
    free(box);
    return status;
}

/* --- sealing --- */

/* What is authenticated beside the bytes: the column, the student, the generation. Returns its size. */
static size_t describe(const char *label, int64_t student, uint32_t generation, uint8_t out[LABEL_BYTES_MAX + 12])
{
    size_t length = strnlen(label, LABEL_BYTES_MAX);
    memcpy(out, label, length);
    put_number(out + length, (uint64_t)student, 8);
    put_number(out + length + 8, generation, 4);
    return length + 12;
}

enum hr_status hr_keyring_seal(const struct hr_keyring *ring, int64_t student, enum hr_key_kind kind, const char *label,
                               struct hr_view bytes, uint8_t *out, struct hr_error *error)
{
    uint8_t about[LABEL_BYTES_MAX + 12];
    const struct student_key *key = find(ring, student, kind, 0);
    if (key == NULL)
        return hr_error_set(error, HR_ERR_INTERNAL, "a student without a key");
    size_t about_size = describe(label, student, key->generation, about);
    uint8_t *nonce = out + 5;
    out[0] = SEAL_VERSION;
    put_number(out + 1, key->generation, 4);
    randombytes_buf(nonce, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, NULL, bytes.data, bytes.size, about, about_size,
                                               NULL, nonce, key->bytes);
    return HR_OK;
}

uint32_t hr_sealed_generation(struct hr_view sealed)
{
    bool is_sealed = sealed.size >= HR_SEAL_BYTES && sealed.data[0] == SEAL_VERSION;
    return is_sealed ? (uint32_t)number_at(sealed.data + 1, 4) : 0;
}

enum hr_status hr_keyring_unseal(const struct hr_keyring *ring, int64_t student, enum hr_key_kind kind,
                                 const char *label, struct hr_view sealed, uint8_t *out, struct hr_error *error)
{
    uint8_t about[LABEL_BYTES_MAX + 12];
    uint32_t generation = hr_sealed_generation(sealed);
    const struct student_key *key = generation > 0 ? find(ring, student, kind, generation) : NULL;
    if (generation > 0 && key == NULL)
        return HR_ERR_NOT_FOUND;
    size_t about_size = describe(label, student, generation, about);
    const uint8_t *nonce = sealed.data + 5;
    if (generation == 0 ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, nonce + NONCE_BYTES, sealed.size - 5 - NONCE_BYTES,
                                                   about, about_size, nonce, key->bytes) != 0)
        return hr_error_set(error, HR_ERR_DATABASE,
                            "what is sealed of a student was changed by somebody who has not the key: bring back your "
                            "last backup");
    return HR_OK;
}

/* --- the master key --- */

enum hr_status hr_master_key_parse(struct hr_view text, struct hr_master_key *out, struct hr_error *error)
{
    size_t size = 0;
    *out = (struct hr_master_key){0};
    while (text.size > 0 && strchr(" \t\r\n", text.data[text.size - 1]) != NULL)
        text.size--;
    if (text.size != HR_MASTER_KEY_TEXT_SIZE - 1 ||
        sodium_hex2bin(out->bytes, sizeof out->bytes, (const char *)text.data, text.size, NULL, &size, NULL) != 0 ||
        size != sizeof out->bytes) {
        sodium_memzero(out->bytes, sizeof out->bytes);
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "a key is 64 hexadecimal digits ('homeroom keys new FILE' makes one)");
    }
    return HR_OK;
}

enum hr_status hr_master_key_from_base64(const char *text, struct hr_master_key *out, struct hr_error *error)
{
    size_t size = 0;
    *out = (struct hr_master_key){0};
    if (sodium_base642bin(out->bytes, sizeof out->bytes, text, strlen(text), NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
        size == sizeof out->bytes)
        return HR_OK;
    sodium_memzero(out->bytes, sizeof out->bytes);
    return hr_error_set(error, HR_ERR_FORMAT, "the key service did not answer with a key of 32 bytes");
}

enum hr_status hr_master_key_new_text(char out[HR_MASTER_KEY_TEXT_SIZE], struct hr_error *error)
{
    uint8_t bytes[HR_MASTER_KEY_BYTES];
    enum hr_status status = start_library(error);
    if (status != HR_OK)
        return status;
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(out, HR_MASTER_KEY_TEXT_SIZE, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
    return HR_OK;
}
