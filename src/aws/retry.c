#include "aws/retry.h"

#include <sys/random.h>

/* What one repetition takes from the budget; a call that succeeds gives back what it took, and one
 * that needed no repetition gives one. */
#define TOKENS_PER_REPETITION 5
/* How long the stop flag may go unseen. */
#define SLEEP_PIECE_US INT64_C(100000)

void hr_retry_budget_init(struct hr_retry_budget *budget, int tokens)
{
    atomic_init(&budget->tokens, tokens);
    budget->tokens_max = tokens;
}

static bool take_tokens(struct hr_retry_budget *budget, int count)
{
    int have = atomic_load(&budget->tokens);
    do {
        if (have < count)
            return false;
    } while (!atomic_compare_exchange_weak(&budget->tokens, &have, have - count));
    return true;
}

static void give_tokens(struct hr_retry_budget *budget, int count)
{
    int have = atomic_load(&budget->tokens), next;
    do {
        next = have > budget->tokens_max - count ? budget->tokens_max : have + count;
    } while (!atomic_compare_exchange_weak(&budget->tokens, &have, next));
}

static uint32_t system_random(void *context)
{
    (void)context;
    uint32_t number = 0;
    /* Without chance everybody waits the whole delay: still right, only less well spread. */
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return UINT32_MAX;
    return number;
}

struct hr_random hr_random_system(void)
{
    return (struct hr_random){.next = system_random};
}

struct hr_retry_policy hr_retry_policy_default(void)
{
    return (struct hr_retry_policy){.attempts_max = 6, .delay_ms = 100, .throttled_ms = 500, .delay_max_ms = 20000};
}

bool hr_sleep_until_deadline(const struct hr_clock *clock, int64_t duration_us, const struct hr_deadline *deadline)
{
    while (duration_us > 0) {
        if (hr_deadline_passed(deadline))
            return false;
        int64_t piece = duration_us < SLEEP_PIECE_US ? duration_us : SLEEP_PIECE_US;
        clock->sleep_us(clock->context, piece);
        duration_us -= piece;
    }
    return !hr_deadline_passed(deadline);
}

/* A random part of a delay that doubles with each attempt. */
static int64_t delay_us(const struct hr_retry *retry, enum hr_retry_kind kind)
{
    const struct hr_retry_policy *policy = &retry->policy;
    int64_t most_ms = kind == HR_RETRY_THROTTLED ? policy->throttled_ms : policy->delay_ms;
    for (int i = 1; i < retry->attempts && most_ms < policy->delay_max_ms; i++)
        most_ms *= 2;
    if (most_ms > policy->delay_max_ms)
        most_ms = policy->delay_max_ms;
    uint32_t chance = retry->random.next(retry->random.context);
    return (int64_t)((double)chance / UINT32_MAX * (double)most_ms * 1000);
}

static bool would_pass_deadline(const struct hr_deadline *deadline, int64_t wait_us)
{
    if (deadline == NULL || deadline->at_monotonic_us == INT64_MAX)
        return false;
    int64_t now_us = deadline->clock->monotonic_us(deadline->clock->context);
    return wait_us >= deadline->at_monotonic_us - now_us;
}

bool hr_retry_again(struct hr_retry *retry, enum hr_retry_kind kind, int64_t after_ms)
{
    retry->attempts++;
    if (kind == HR_RETRY_NO || retry->attempts >= retry->policy.attempts_max)
        return false;
    int64_t wait_us = delay_us(retry, kind);
    if (after_ms > retry->policy.delay_max_ms)
        after_ms = retry->policy.delay_max_ms;
    if (after_ms > 0 && wait_us < after_ms * 1000)
        wait_us = after_ms * 1000;
    if (would_pass_deadline(retry->deadline, wait_us))
        return false;
    if (retry->budget != NULL && !take_tokens(retry->budget, TOKENS_PER_REPETITION))
        return false;
    retry->tokens_taken += TOKENS_PER_REPETITION;
    return hr_sleep_until_deadline(retry->clock, wait_us, retry->deadline);
}

void hr_retry_done(struct hr_retry *retry)
{
    if (retry->budget != NULL)
        give_tokens(retry->budget, retry->tokens_taken > 0 ? retry->tokens_taken : 1);
    retry->tokens_taken = 0;
}
