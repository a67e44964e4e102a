#include "nats/decide.h"

static int64_t delay_ms(const struct hr_nats_try *tried)
{
    int64_t delay = HR_NATS_DELAY_FIRST_MS;
    for (unsigned i = 1; i < tried->deliveries && delay < HR_NATS_DELAY_MAX_MS; i++)
        delay *= HR_NATS_DELAY_FACTOR;
    if (delay > HR_NATS_DELAY_MAX_MS)
        delay = HR_NATS_DELAY_MAX_MS;
    /* Neighbouring numbers are spread by Fibonacci hashing (Knuth, TAOCP 6.4). */
    uint64_t spread = (tried->sequence * UINT64_C(0x9E3779B97F4A7C15)) >> 33;
    return delay - (int64_t)(spread % (uint64_t)(delay / 2 + 1));
}

struct hr_nats_answer hr_nats_decide(enum hr_nats_result result, const struct hr_nats_try *tried)
{
    switch (result) {
    case HR_NATS_HANDLED:
        return (struct hr_nats_answer){.verdict = HR_NATS_DONE};
    case HR_NATS_INTERRUPTED:
        return (struct hr_nats_answer){.verdict = HR_NATS_AGAIN};
    case HR_NATS_FAILED:
        if (tried->deliveries < tried->deliveries_max)
            return (struct hr_nats_answer){.verdict = HR_NATS_AGAIN, .delay_ms = delay_ms(tried)};
        break;
    case HR_NATS_HOPELESS:
        break;
    }
    return (struct hr_nats_answer){.verdict = HR_NATS_DEAD};
}

bool hr_nats_is_deadly(const struct hr_nats_try *tried)
{
    return tried->deliveries > tried->deliveries_max &&
           tried->deliveries - tried->deliveries_max > tried->deliveries_max;
}
