/* Time and sleep behind one interface, so that deadlines, watching and retries run on a fake clock
 * in tests. */
#ifndef HR_BASE_CLOCK_H
#define HR_BASE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "homeroom.h"

struct hr_clock {
    int64_t (*monotonic_us)(void *context); /* never goes back; its zero means nothing */
    int64_t (*wall_us)(void *context);      /* since 1970-01-01T00:00:00Z */
    void (*sleep_us)(void *context, int64_t duration_us);
    void *context;
};

/* The system's clock. Static, shared by all threads. */
const struct hr_clock *hr_clock_system(void);

/* The year 2200, wall clock: what is said to be later is not believed. */
#define HR_CLOCK_LATEST_US (INT64_C(7258118400) * 1000000)
/* Its monotonic time: how long something took. What waits or gives up takes a clock instead. */
int64_t hr_clock_now_us(void);
/* Its wall time: when something was. */
int64_t hr_clock_wall_now_us(void);

/* CPU time of the calling process, all threads, user and system. */
int64_t hr_clock_process_cpu_us(void);

/* "2026-01-31T12:00:00Z"; `out` holds at least HR_CLOCK_ISO8601_SIZE bytes. */
#define HR_CLOCK_ISO8601_SIZE 32
void hr_clock_iso8601(int64_t wall_us, char *out);

/* Somebody's wish that work ends soon; see homeroom.h. */
struct hr_stop {
    atomic_bool requested;
};

/* When to stop: at a time, or when somebody asks for it (Ctrl-C, SIGTERM). Read from any thread. */
struct hr_deadline {
    const struct hr_clock *clock;
    int64_t at_monotonic_us;    /* INT64_MAX: no time limit */
    const struct hr_stop *stop; /* borrowed; may be NULL */
};

/* `timeout_ms` from now; 0, less, or more than the clock can count to: no time limit. `stop` may be NULL. */
struct hr_deadline hr_deadline_after(const struct hr_clock *clock, int64_t timeout_ms, const struct hr_stop *stop);

/* False for NULL. */
bool hr_deadline_passed(const struct hr_deadline *deadline);

#endif
