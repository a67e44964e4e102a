/* A clock, chance and an environment that a test controls. Include <cmocka.h> first. */
#ifndef HR_TESTS_AWS_FAKE_H
#define HR_TESTS_AWS_FAKE_H

#include <string.h>

#include "aws/environment.h"
#include "aws/retry.h"
#include "base/clock.h"

/* 2026-01-31T12:00:00Z */
#define FAKE_NOW_US (INT64_C(1769860800) * 1000000)
#define FAKE_NOW_HTTP "Sat, 31 Jan 2026 12:00:00 GMT"

struct fake_clock {
    struct hr_clock clock;
    int64_t now_us;
    int64_t wall_us;
    int64_t slept_us;
};

static inline int64_t fake_monotonic(void *context)
{
    return ((struct fake_clock *)context)->now_us;
}

static inline int64_t fake_wall(void *context)
{
    return ((struct fake_clock *)context)->wall_us;
}

static inline void fake_sleep(void *context, int64_t duration_us)
{
    struct fake_clock *fake = context;
    fake->now_us += duration_us;
    fake->wall_us += duration_us;
    fake->slept_us += duration_us;
}

static inline void fake_clock_init(struct fake_clock *fake)
{
    *fake = (struct fake_clock){.now_us = 1000000, .wall_us = FAKE_NOW_US};
    fake->clock = (struct hr_clock){fake_monotonic, fake_wall, fake_sleep, fake};
}

/* The longest delay each time. */
static inline uint32_t fake_chance(void *context)
{
    (void)context;
    return UINT32_MAX;
}

#define FAKE_VARIABLES_MAX 16
struct fake_environment {
    struct {
        const char *name;
        char value[512];
    } variables[FAKE_VARIABLES_MAX];
    size_t count;
};

static inline const char *fake_get(void *context, const char *name)
{
    const struct fake_environment *fake = context;
    for (size_t i = fake->count; i-- > 0;)
        if (strcmp(fake->variables[i].name, name) == 0)
            return fake->variables[i].value;
    return NULL;
}

static inline void fake_set(struct fake_environment *fake, const char *name, const char *value)
{
    assert_true(fake->count < FAKE_VARIABLES_MAX);
    fake->variables[fake->count].name = name;
    size_t size = strlen(value) + 1;
    assert_true(size <= sizeof fake->variables[0].value);
    memcpy(fake->variables[fake->count].value, value, size);
    fake->count++;
}

static inline struct hr_aws_environment fake_environment(struct fake_environment *fake)
{
    return (struct hr_aws_environment){fake_get, fake};
}

#endif
