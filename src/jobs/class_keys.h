/* Where the key of a sealed class comes from: a file, a variable's text, or a key service that has wrapped it; and the
 * ring of the students' keys that it opens, which lies where the database lies. */
#ifndef HR_JOBS_CLASS_KEYS_H
#define HR_JOBS_CLASS_KEYS_H

#include "jobs/key_cache.h"
#include "records/vault.h"
#include "store/anywhere.h"

/* Borrowed. At most one of file, text and kms counts, in this order; none: the database is not sealed, or its ring says
 * which service to ask. */
struct hr_key_source {
    const char *file;           /* NULL: none */
    const char *text;           /* the key itself; NULL: none */
    const char *kms;            /* for a new ring: the key of the service that is to wrap it; NULL: none */
    struct hr_key_cache *cache; /* of what the service has opened; NULL: it is asked each time */
};

struct hr_class_key {
    struct hr_master_key master;
    struct hr_buffer wrapped; /* what master.wrapped shows */
};
void hr_class_key_clear(struct hr_class_key *key); /* wipes */

bool hr_key_source_is_given(const struct hr_key_source *source);
/* NULL but for AWS: a new key where the service makes it, else the one that is given. ARGUMENT: none is. */
enum hr_status hr_class_key_new(struct hr_class_key *out, const struct hr_key_source *source,
                                const struct hr_anywhere *anywhere, const struct hr_deadline *deadline,
                                struct hr_error *error) HR_MUST_USE;
/* The key that opens a ring of these bytes (none: a new ring). NOT_FOUND without a text: none is given, and the ring
 * does not say where it is. */
enum hr_status hr_class_key_for(struct hr_class_key *out, const struct hr_key_source *source, struct hr_view ring,
                                const char *ring_name, const struct hr_anywhere *anywhere,
                                const struct hr_deadline *deadline, struct hr_error *error) HR_MUST_USE;

#endif
