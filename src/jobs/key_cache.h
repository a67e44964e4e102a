/* The master key that a key service has opened, kept for a while by a program that opens the database again and again.
 * What is kept is good for the very bytes that the service was asked to open: another ring, or a key that was wrapped
 * anew, is asked for. Any thread. */
#ifndef HR_JOBS_KEY_CACHE_H
#define HR_JOBS_KEY_CACHE_H

#include "base/clock.h"
#include "records/vault.h"

/* So long a key that the service would no longer open is used. */
enum { HR_KEY_CACHE_S = 300 };

struct hr_key_cache; /* opaque; its memory is locked, in no core file and in no forked process, and wiped at the end */

/* `clock` is borrowed. */
enum hr_status hr_key_cache_new(struct hr_key_cache **out, const struct hr_clock *clock,
                                struct hr_error *error) HR_MUST_USE;
void hr_key_cache_free(struct hr_key_cache *cache);

/* One at a time: from before it is looked for until it is kept, so that many who need it ask once. */
void hr_key_cache_lock(struct hr_key_cache *cache);
void hr_key_cache_unlock(struct hr_key_cache *cache);
/* True: *out has the bytes of the key that `wrapped` gave, at most HR_KEY_CACHE_S ago. */
bool hr_key_cache_find(struct hr_key_cache *cache, struct hr_view wrapped, struct hr_master_key *out);
void hr_key_cache_keep(struct hr_key_cache *cache, struct hr_view wrapped, const struct hr_master_key *key);

#endif
