/* Who has failed to sign in too often waits: by the account's name and by the address. Inside this room only. */
#ifndef HR_WEB_THROTTLE_H
#define HR_WEB_THROTTLE_H

#include <pthread.h>
#include <stdint.h>

enum { HR_THROTTLE_SLOTS = 512, HR_THROTTLE_FREE = 5 };

struct hr_throttle {
    pthread_mutex_t lock;
    struct {
        uint64_t who; /* hash; 0: free */
        unsigned failures;
        int64_t until_us, last_us; /* monotonic: not before; of the last failure */
    } slots[HR_THROTTLE_SLOTS];
};

void hr_throttle_init(struct hr_throttle *throttle);
/* Seconds to wait; 0: try. */
int64_t hr_throttle_wait_s(struct hr_throttle *throttle, const char *who);
/* After HR_THROTTLE_FREE failures one waits a second, then twice as long each time, up to a quarter of an hour. A
 * success forgets them, and so does an hour without one. */
void hr_throttle_note(struct hr_throttle *throttle, const char *who, int succeeded);

#endif
