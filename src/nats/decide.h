/* What becomes of a message after somebody tried: the one place with the rules. */
#ifndef HR_NATS_DECIDE_H
#define HR_NATS_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

/* How a handler came off. */
enum hr_nats_result {
    HR_NATS_HANDLED,
    HR_NATS_FAILED,     /* may go better another time */
    HR_NATS_HOPELESS,   /* it would go the same way each time: the message is none */
    HR_NATS_INTERRUPTED /* asked to stop; nobody's fault */
};

enum hr_nats_verdict { HR_NATS_DONE, HR_NATS_AGAIN, HR_NATS_DEAD };

struct hr_nats_answer {
    enum hr_nats_verdict verdict;
    int64_t delay_ms; /* AGAIN */
};

/* Between two tries of a message: 5 s after the first, four times as long after each further one,
 * at most 10 minutes; up to half of it is taken off, by the message's number, so that what failed
 * together does not come back together. */
#define HR_NATS_DELAY_FIRST_MS INT64_C(5000)
#define HR_NATS_DELAY_FACTOR 4
#define HR_NATS_DELAY_MAX_MS INT64_C(600000)

struct hr_nats_try {
    uint64_t sequence;
    unsigned deliveries;     /* this one included */
    unsigned deliveries_max; /* a failure of the try with this number is the last */
};

/* An interrupted try goes back at once, however often it happened. */
struct hr_nats_answer hr_nats_decide(enum hr_nats_result result, const struct hr_nats_try *tried);

/* Whether a message has come so often without an answer that it is put aside untried: it may be
 * what ends its workers. Twice as often as a failure may come, as workers are also ended by others.
 */
bool hr_nats_is_deadly(const struct hr_nats_try *tried);

#endif
