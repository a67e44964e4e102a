#include "base/clock.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t read_clock_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t system_monotonic_us(void *context)
{
    (void)context;
    return read_clock_us(CLOCK_MONOTONIC);
}

static int64_t system_wall_us(void *context)
{
    (void)context;
    return read_clock_us(CLOCK_REALTIME);
}

static void system_sleep_us(void *context, int64_t duration_us)
{
    (void)context;
    if (duration_us <= 0)
        return;
    struct timespec rest = {.tv_sec = duration_us / 1000000, .tv_nsec = duration_us % 1000000 * 1000};
    /* A signal ends the sleep early on purpose: the caller looks at its stop flag. */
    nanosleep(&rest, NULL);
}

const struct hr_clock *hr_clock_system(void)
{
    static const struct hr_clock system_clock = {system_monotonic_us, system_wall_us, system_sleep_us, NULL};
    return &system_clock;
}

int64_t hr_clock_process_cpu_us(void)
{
    return read_clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

void hr_clock_iso8601(int64_t wall_us, char *out)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL || strftime(out, HR_CLOCK_ISO8601_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(out, HR_CLOCK_ISO8601_SIZE, "?");
}

struct hr_deadline hr_deadline_after(const struct hr_clock *clock, int64_t timeout_ms, const struct hr_stop *stop)
{
    struct hr_deadline deadline = {.clock = clock, .at_monotonic_us = INT64_MAX, .stop = stop};
    int64_t timeout_us, at_us;
    if (timeout_ms > 0 && !__builtin_mul_overflow(timeout_ms, INT64_C(1000), &timeout_us) &&
        !__builtin_add_overflow(clock->monotonic_us(clock->context), timeout_us, &at_us))
        deadline.at_monotonic_us = at_us;
    return deadline;
}

struct hr_stop *hr_stop_new(void)
{
    return calloc(1, sizeof(struct hr_stop));
}

void hr_stop_free(struct hr_stop *stop)
{
    free(stop);
}

void hr_stop_request(struct hr_stop *stop)
{
    atomic_store_explicit(&stop->requested, true, memory_order_relaxed);
}

bool hr_stop_requested(const struct hr_stop *stop)
{
    return stop != NULL && atomic_load_explicit(&stop->requested, memory_order_relaxed);
}

bool hr_deadline_passed(const struct hr_deadline *deadline)
{
    if (deadline == NULL)
        return false;
    if (hr_stop_requested(deadline->stop))
        return true;
    return deadline->at_monotonic_us != INT64_MAX &&
           deadline->clock->monotonic_us(deadline->clock->context) >= deadline->at_monotonic_us;
}

int64_t hr_clock_now_us(void)
{
    const struct hr_clock *clock = hr_clock_system();
    return clock->monotonic_us(clock->context);
}

int64_t hr_clock_wall_now_us(void)
{
    const struct hr_clock *clock = hr_clock_system();
    return clock->wall_us(clock->context);
}
