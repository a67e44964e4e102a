/* A roster that remembers what another one has answered, for a while. */
#ifndef HR_ROSTER_CACHED_H
#define HR_ROSTER_CACHED_H

#include "base/clock.h"
#include "roster/roster.h"

/* Most students remembered; more push the oldest out. */
#define HR_ROSTER_CACHED_MAX 4096

/* Takes over `inner`, also on failure. An answer, "not found" included, is good for `lifetime_ms`;
 * what is remembered of some ids spares asking for those only. `clock` outlives the roster. One
 * thread at a time. */
enum hr_status hr_roster_open_cached(struct hr_roster *out, struct hr_roster inner, int64_t lifetime_ms,
                                     const struct hr_clock *clock, struct hr_error *error) HR_MUST_USE;

#endif
