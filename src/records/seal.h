/* Inside the room only: what the statements of sql.c and the changes of this room need of the vault.
 *
 * Three functions of SQL, which do nothing where the database is not sealed:
 *   seal(STUDENT, COLUMN, VALUE)      within a transaction; makes the student's keys when there are none
 *   unseal(STUDENT, COLUMN, VALUE)    fails when the value was changed, or its key is destroyed
 *   readable(STUDENT, COLUMN, VALUE)  whether there is a key for it: 1 or 0
 * and generation(VALUE), the number of the key that it is sealed with. */
#ifndef HR_RECORDS_SEAL_H
#define HR_RECORDS_SEAL_H

#include "records/keyring.h"
#include "records/sql.h"

/* vault.c: the ring in its place. */
struct hr_keyring *hr_vault_ring(struct hr_vault *vault);
/* Nothing was there when it was opened. */
bool hr_vault_is_new(const struct hr_vault *vault);
/* To be written with the next commit. */
void hr_vault_note_added(struct hr_vault *vault);
/* The file once more, if another program has written it meanwhile. Nothing to do for a ring in memory. */
enum hr_status hr_vault_refresh(struct hr_vault *vault, struct hr_error *error) HR_MUST_USE;
/* Into its file, whole or not at all. The caller holds the database's lock. Nothing to do for a ring in memory. */
enum hr_status hr_vault_save(struct hr_vault *vault, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_vault_set_key(struct hr_vault *vault, const struct hr_master_key *key,
                                struct hr_error *error) HR_MUST_USE;
/* The file itself. */
enum hr_status hr_vault_remove(struct hr_vault *vault, struct hr_error *error) HR_MUST_USE;

/* seal.c. Of a new connection: the functions. */
enum hr_status hr_seal_functions(struct hr_database *database, struct hr_error *error) HR_MUST_USE;
/* After opening: whether it is sealed. */
enum hr_status hr_seal_look(struct hr_database *database, struct hr_error *error) HR_MUST_USE;
/* Within a transaction that removes a student: notes it, so that the keys are destroyed behind it. */
enum hr_status hr_seal_note_destroyed(struct hr_database *database, const char *student_id,
                                      struct hr_error *error) HR_MUST_USE;
/* Within a transaction that removed faces: what is left of the student's gets a new key. */
enum hr_status hr_seal_renew_faces(struct hr_database *database, const char *student_id,
                                   struct hr_error *error) HR_MUST_USE;
/* The same by the student's key here. */
enum hr_status hr_seal_renew_faces_of(struct hr_database *database, int64_t student,
                                      struct hr_error *error) HR_MUST_USE;
/* After such a transaction: destroys the keys that nothing needs any more. Not within a transaction. */
enum hr_status hr_seal_destroy_keys(struct hr_database *database, struct hr_error *error) HR_MUST_USE;

#endif
