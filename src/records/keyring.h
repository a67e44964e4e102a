/* Inside the room only: the keys under which a class's data is sealed, two for each student: one for the record, one
 * for the faces. Whoever destroys a student's keys has forgotten him in every copy of the database.
 *
 * libsodium's XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce, for the data and for the ring
 * itself, which lies in its file under a master key. The file: "HmRmKeys", a byte for the version (1), a byte for
 * whether the master key is wrapped, two for the size of that, 16 that name the ring, the wrapped key; a nonce of 24;
 * then the sealed entries, with all before the nonce as further authenticated data. Numbers are big-endian. */
#ifndef HR_RECORDS_KEYRING_H
#define HR_RECORDS_KEYRING_H

#include "base/buffer.h"
#include "records/vault.h"

enum hr_key_kind { HR_KEY_RECORD = 1, HR_KEY_FACES = 2 };

enum { HR_KEY_BYTES = 32, HR_KEYRING_ID_BYTES = 16 };

struct hr_keyring; /* opaque; one thread at a time */

/* An empty ring with a name of its own. */
enum hr_status hr_keyring_new(struct hr_keyring **out, struct hr_error *error) HR_MUST_USE;
/* PERMISSION when it is not opened by this master key, FORMAT when it is none. `name` is for the error's text. */
enum hr_status hr_keyring_read(struct hr_keyring **out, struct hr_view file, const uint8_t master[HR_MASTER_KEY_BYTES],
                               const char *name, struct hr_error *error) HR_MUST_USE;
void hr_keyring_free(struct hr_keyring *ring); /* wipes */

/* Adds the file's bytes to `out`. `wrapped`: what a service needs to give the master key back; empty: nothing. */
enum hr_status hr_keyring_write(const struct hr_keyring *ring, const uint8_t master[HR_MASTER_KEY_BYTES],
                                struct hr_view wrapped, bool with_destroyed, struct hr_buffer *out,
                                struct hr_error *error) HR_MUST_USE;

const uint8_t *hr_keyring_id(const struct hr_keyring *ring); /* HR_KEYRING_ID_BYTES */

/* Whether there are keys of a student: of the kind and generation, or (generation 0) the newest, whose number *newest
 * (may be NULL) becomes. */
bool hr_keyring_has(const struct hr_keyring *ring, int64_t student, enum hr_key_kind kind, uint32_t generation,
                    uint32_t *newest);
/* A new key, one generation behind the newest. */
enum hr_status hr_keyring_add(struct hr_keyring *ring, int64_t student, enum hr_key_kind kind,
                              struct hr_error *error) HR_MUST_USE;
/* The same for every key, in one go. */
enum hr_status hr_keyring_renew_all(struct hr_keyring *ring, struct hr_error *error) HR_MUST_USE;

/* Whether any student has more than one of a kind. */
bool hr_keyring_is_renewed(const struct hr_keyring *ring);

/* Keys that open nothing from now on: all of a student, or those of a kind that are older than a generation. They go
 * with the sweep. */
void hr_keyring_destroy(struct hr_keyring *ring, int64_t student);
void hr_keyring_destroy_older(struct hr_keyring *ring, int64_t student, enum hr_key_kind kind, uint32_t generation);
bool hr_keyring_has_destroyed(const struct hr_keyring *ring);
void hr_keyring_sweep(struct hr_keyring *ring);

/* What sealing adds to the bytes: a version, the generation, nonce and tag. */
enum { HR_SEAL_BYTES = 1 + 4 + 24 + 16 };
/* `label`: which column it is; what is sealed for one does not open as another. With the newest key of the kind. *out
 * has room for bytes.size + HR_SEAL_BYTES. */
enum hr_status hr_keyring_seal(const struct hr_keyring *ring, int64_t student, enum hr_key_kind kind, const char *label,
                               struct hr_view bytes, uint8_t *out, struct hr_error *error) HR_MUST_USE;
/* *out has room for sealed.size - HR_SEAL_BYTES. NOT_FOUND without a text: the key is destroyed, or was never in this
 * ring; DATABASE: the bytes were changed. */
enum hr_status hr_keyring_unseal(const struct hr_keyring *ring, int64_t student, enum hr_key_kind kind,
                                 const char *label, struct hr_view sealed, uint8_t *out,
                                 struct hr_error *error) HR_MUST_USE;
/* The generation that sealed bytes are of; 0: they are not sealed. */
uint32_t hr_sealed_generation(struct hr_view sealed);

#endif
