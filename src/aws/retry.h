/* When to try again: full jitter (a random part of a delay that doubles), under a number of
 * attempts, the caller's deadline, and a budget shared by all calls, so that a service that is down
 * is not buried under everybody's repetitions.
 * After "Exponential Backoff And Jitter" (AWS Architecture Blog) and the "standard" retry mode of
 * the AWS SDKs. */
#ifndef HR_AWS_RETRY_H
#define HR_AWS_RETRY_H

#include <stdatomic.h>

#include "base/clock.h"
#include "base/status.h"

/* Tokens: each repetition takes some, each call that succeeds gives some back. Shared by threads. */
struct hr_retry_budget {
    atomic_int tokens;
    int tokens_max;
};
#define HR_RETRY_BUDGET_TOKENS 500
void hr_retry_budget_init(struct hr_retry_budget *budget, int tokens);

/* Chance behind one interface, so that tests know what comes. Any thread. */
struct hr_random {
    uint32_t (*next)(void *context);
    void *context;
};
struct hr_random hr_random_system(void);

struct hr_retry_policy {
    int attempts_max;     /* the first one included */
    int64_t delay_ms;     /* most before the second attempt; doubles with each */
    int64_t throttled_ms; /* the same when the service asked to slow down */
    int64_t delay_max_ms;
};
struct hr_retry_policy hr_retry_policy_default(void); /* 6 attempts; 100 ms, 500 ms, at most 20 s */

/* One call's state. */
struct hr_retry {
    struct hr_retry_policy policy;
    struct hr_retry_budget *budget; /* may be NULL */
    const struct hr_clock *clock;
    struct hr_random random;
    const struct hr_deadline *deadline; /* may be NULL */
    int attempts;                       /* begun so far */
    int tokens_taken;
};

enum hr_retry_kind { HR_RETRY_NO, HR_RETRY_TRANSIENT, HR_RETRY_THROTTLED };

/* After a failed attempt: waits and returns true when it is worth another one. `after_ms`: what the
 * service asked for (Retry-After), 0 when nothing. False at once when the wait would pass the
 * deadline. */
bool hr_retry_again(struct hr_retry *retry, enum hr_retry_kind kind, int64_t after_ms);
/* After the call has succeeded. */
void hr_retry_done(struct hr_retry *retry);

/* Sleeps in short pieces until the time is over or the deadline has passed; false for the latter. */
bool hr_sleep_until_deadline(const struct hr_clock *clock, int64_t duration_us, const struct hr_deadline *deadline);

#endif
