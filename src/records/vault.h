/* Sealing: names, further columns, face vectors and where they came from lie in the database under keys of their own
 * for each student, and the keys in a ring beside it, a file or an object, under a master key that the caller has. A
 * copy of the database alone says nothing, and one of somebody who was forgotten since never will: his keys are gone.
 *
 * The ring is written before what needs it: a key more than there are students does no harm. Keys are destroyed behind
 * what no longer needs them; the database remembers which until that is done.
 *
 * In the clear stay: ids, dates, qualities, the models' names, hashes of photos, and what was kept of videos (keys of
 * students, no names). */
#ifndef HR_RECORDS_VAULT_H
#define HR_RECORDS_VAULT_H

#include "records/database.h"

enum { HR_MASTER_KEY_BYTES = 32, HR_WRAPPED_KEY_BYTES_MAX = 6144 };

struct hr_vault; /* opaque; belongs to one database */

/* What opens a ring. `wrapped` is borrowed until the call returns, and empty for a key that no service wraps. */
struct hr_master_key {
    uint8_t bytes[HR_MASTER_KEY_BYTES];
    struct hr_view wrapped;
};

/* The ring in a file: read now, written as the database commits. NULL-terminated path, copied. One that is not there is
 * an empty one. PERMISSION: not opened by this key, or open to others; FORMAT: no ring. */
enum hr_status hr_vault_open_file(struct hr_vault **out, const char *path, const struct hr_master_key *key,
                                  struct hr_error *error) HR_MUST_USE;
/* The same of bytes that the caller keeps (hr_vault_bytes): of no bytes an empty one. */
enum hr_status hr_vault_open_memory(struct hr_vault **out, struct hr_view bytes, const char *name,
                                    const struct hr_master_key *key, struct hr_error *error) HR_MUST_USE;
void hr_vault_free(struct hr_vault *vault); /* wipes */

/* What a ring's file says of how its master key is wrapped, borrowed from `file`: empty for not at all. FORMAT. */
enum hr_status hr_vault_wrapped(struct hr_view file, const char *name, struct hr_view *wrapped,
                                struct hr_error *error) HR_MUST_USE;
/* A key as 64 hexadecimal digits, white space at the end allowed. ARGUMENT says what is wrong, never the text. */
enum hr_status hr_master_key_parse(struct hr_view text, struct hr_master_key *out, struct hr_error *error) HR_MUST_USE;
/* The same in base64, as a key service gives it. */
enum hr_status hr_master_key_from_base64(const char *text, struct hr_master_key *out,
                                         struct hr_error *error) HR_MUST_USE;
/* A new one at random, as a text of hexadecimal digits. */
enum { HR_MASTER_KEY_TEXT_SIZE = 2 * HR_MASTER_KEY_BYTES + 1 };
enum hr_status hr_master_key_new_text(char out[HR_MASTER_KEY_TEXT_SIZE], struct hr_error *error) HR_MUST_USE;
/* One from a file that only its owner may read. */
enum hr_status hr_master_key_read_file(const char *path, struct hr_master_key *out, struct hr_error *error) HR_MUST_USE;

/* To be called once after a database was opened and before anything else is done with it. Takes the vault over, also on
 * failure. NULL: refuses a sealed database with PERMISSION. A vault: a database without students becomes a sealed one,
 * if it may be written; one that has some and is not sealed is refused (hr_database_seal). Where it may be written,
 * keys that were to be destroyed when a program ended are destroyed. */
enum hr_status hr_database_unlock(struct hr_database *database, struct hr_vault *vault,
                                  struct hr_error *error) HR_MUST_USE;
bool hr_database_is_sealed(const struct hr_database *database);
/* NULL: not sealed. */
struct hr_vault *hr_database_vault(struct hr_database *database);

const char *hr_vault_name(const struct hr_vault *vault); /* of the ring's place */

/* For rings in memory: whether keys were added, or destroyed, since the bytes were read; and the ring as it is to be
 * kept before the database is (`destroyed` keys still in it) and after. */
bool hr_vault_has_added(const struct hr_vault *vault);
bool hr_vault_has_destroyed(const struct hr_vault *vault);
enum hr_status hr_vault_bytes(const struct hr_vault *vault, bool with_destroyed, struct hr_buffer *out,
                              struct hr_error *error) HR_MUST_USE;

/* Seals what was not, and makes it so that no byte of it is left in the clear; takes the vault over. CONFLICT: it is
 * sealed. */
enum hr_status hr_database_seal(struct hr_database *database, struct hr_vault *vault,
                                struct hr_error *error) HR_MUST_USE;
/* The way back. The keys are destroyed. */
enum hr_status hr_database_unseal(struct hr_database *database, struct hr_error *error) HR_MUST_USE;
/* New keys for everybody; the old ones are destroyed. `key`: a new master key, or NULL for the one there is. */
enum hr_status hr_database_renew_keys(struct hr_database *database, const struct hr_master_key *key,
                                      struct hr_error *error) HR_MUST_USE;

/* Rows whose keys are gone: of students who were forgotten after this copy of the database was made. They are in no
 * gallery and on no list. Faces: also those of students whose record can be read. */
struct hr_unreadable {
    size_t students;
    size_t faces;
};
enum hr_status hr_database_unreadable(struct hr_database *database, struct hr_unreadable *out,
                                      struct hr_error *error) HR_MUST_USE;
/* Removes them. */
enum hr_status hr_database_prune(struct hr_database *database, struct hr_unreadable *removed,
                                 struct hr_error *error) HR_MUST_USE;

#endif
