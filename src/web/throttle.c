#include "web/throttle.h"

#include <string.h>

#include "base/clock.h"

#define SECOND INT64_C(1000000)
#define LONGEST_S 900

void hr_throttle_init(struct hr_throttle *throttle)
{
    memset(throttle, 0, sizeof *throttle);
    pthread_mutex_init(&throttle->lock, NULL);
}

/* FNV-1a */
static uint64_t hash(const char *text)
{
    uint64_t value = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return value != 0 ? value : 1;
}

/* The slot of somebody, or of who has failed least. What is an hour old is forgotten. Under the lock. */
static size_t find(struct hr_throttle *throttle, uint64_t who)
{
    size_t least = 0;
    int64_t hour_ago_us = hr_clock_now_us() - 3600 * SECOND;
    for (size_t i = 0; i < HR_THROTTLE_SLOTS; i++) {
        if (throttle->slots[i].last_us < hour_ago_us)
            throttle->slots[i].failures = 0;
        if (throttle->slots[i].who == who)
            return i;
        if (throttle->slots[i].failures < throttle->slots[least].failures)
            least = i;
    }
    return least;
}

int64_t hr_throttle_wait_s(struct hr_throttle *throttle, const char *who)
{
    uint64_t id = hash(who);
    int64_t now_us = hr_clock_now_us(), wait_us = 0;
    pthread_mutex_lock(&throttle->lock);
    size_t slot = find(throttle, id);
    if (throttle->slots[slot].who == id && throttle->slots[slot].failures > HR_THROTTLE_FREE)
        wait_us = throttle->slots[slot].until_us - now_us;
    pthread_mutex_unlock(&throttle->lock);
    return wait_us > 0 ? (wait_us + SECOND - 1) / SECOND : 0;
}

void hr_throttle_note(struct hr_throttle *throttle, const char *who, int succeeded)
{
    uint64_t id = hash(who);
    int64_t now_us = hr_clock_now_us();
    pthread_mutex_lock(&throttle->lock);
    size_t slot = find(throttle, id);
    if (throttle->slots[slot].who != id) {
        throttle->slots[slot].who = id;
        throttle->slots[slot].failures = 0;
    }
    if (succeeded)
        throttle->slots[slot].failures = 0;
    else
        throttle->slots[slot].failures++;
    unsigned above =
        throttle->slots[slot].failures > HR_THROTTLE_FREE ? throttle->slots[slot].failures - HR_THROTTLE_FREE - 1 : 0;
    int64_t wait_s = above < 10 ? INT64_C(1) << above : LONGEST_S;
    throttle->slots[slot].last_us = now_us;
    throttle->slots[slot].until_us = now_us + (wait_s < LONGEST_S ? wait_s : LONGEST_S) * SECOND;
    pthread_mutex_unlock(&throttle->lock);
}
