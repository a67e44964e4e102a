#include "roster/cached.h"

#include <stdlib.h>

#include "roster/student.h"

struct remembered {
    struct hr_student student;
    int64_t until_us; /* monotonic */
};

struct cached {
    struct hr_roster inner;
    int64_t lifetime_us;
    const struct hr_clock *clock;
    size_t count;
    size_t next; /* the place that is written next, when all are taken */
    struct remembered items[HR_ROSTER_CACHED_MAX];
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for students");
}

static struct remembered *find(struct cached *cached, const char *id)
{
    for (size_t i = 0; i < cached->count; i++)
        if (strcmp(cached->items[i].student.id, id) == 0)
            return &cached->items[i];
    return NULL;
}

/* Only spares work: what there is no memory for is not remembered. */
static void remember(struct cached *cached, const struct hr_student *student, int64_t until_us)
{
    struct hr_student copy;
    if (!hr_student_copy(student, &copy))
        return;
    struct remembered *place = find(cached, student->id);
    if (place == NULL && cached->count < HR_ROSTER_CACHED_MAX) {
        place = &cached->items[cached->count++];
    } else if (place == NULL) {
        place = &cached->items[cached->next];
        cached->next = (cached->next + 1) % HR_ROSTER_CACHED_MAX;
    }
    hr_student_clear(&place->student);
    *place = (struct remembered){.student = copy, .until_us = until_us};
}

/* Fills what is known; `missing` gets the places of the others. */
static enum hr_status recall(struct cached *cached, const char *const *ids, size_t count, int64_t now_us,
                             struct hr_student *out, size_t *missing, size_t *missing_count, struct hr_error *error)
{
    *missing_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct remembered *known = find(cached, ids[i]);
        if (known == NULL || known->until_us <= now_us)
            missing[(*missing_count)++] = i;
        else if (!hr_student_copy(&known->student, &out[i]))
            return no_memory(error);
    }
    return HR_OK;
}

static enum hr_status ask(struct cached *cached, const char *const *ids, const size_t *missing, size_t count,
                          int64_t until_us, struct hr_student *out, struct hr_error *error)
{
    if (count == 0)
        return HR_OK;
    const char **asked = calloc(count, sizeof *asked);
    struct hr_student *answers = calloc(count, sizeof *answers);
    enum hr_status status = HR_OK;
    if (asked == NULL || answers == NULL) {
        status = no_memory(error);
        goto out;
    }
    for (size_t i = 0; i < count; i++)
        asked[i] = ids[missing[i]];
    status = hr_roster_get(&cached->inner, asked, count, answers, error);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        remember(cached, &answers[i], until_us);
        out[missing[i]] = answers[i];
    }
out:
    free(answers);
    free(asked);
    return status;
}

static enum hr_status get(void *context, const char *const *ids, size_t count, struct hr_student *out,
                          struct hr_error *error)
{
    struct cached *cached = context;
    size_t missing_count = 0;
    int64_t now_us = cached->clock->monotonic_us(cached->clock->context);
    size_t *missing = calloc(count + 1, sizeof *missing);
    if (missing == NULL)
        return no_memory(error);
    if (count > 0)
        memset(out, 0, count * sizeof *out);
    enum hr_status status = recall(cached, ids, count, now_us, out, missing, &missing_count, error);
    if (status == HR_OK)
        status = ask(cached, ids, missing, missing_count, now_us + cached->lifetime_us, out, error);
    if (status != HR_OK)
        for (size_t i = 0; i < count; i++)
            hr_student_clear(&out[i]);
    free(missing);
    return status;
}

static void close_cached(void *context)
{
    struct cached *cached = context;
    for (size_t i = 0; i < cached->count; i++)
        hr_student_clear(&cached->items[i].student);
    if (cached->inner.close != NULL)
        cached->inner.close(cached->inner.context);
    free(cached);
}

enum hr_status hr_roster_open_cached(struct hr_roster *out, struct hr_roster inner, int64_t lifetime_ms,
                                     const struct hr_clock *clock, struct hr_error *error)
{
    *out = (struct hr_roster){0};
    struct cached *cached = calloc(1, sizeof *cached);
    if (cached == NULL) {
        if (inner.close != NULL)
            inner.close(inner.context);
        return no_memory(error);
    }
    cached->inner = inner;
    cached->lifetime_us = lifetime_ms * 1000;
    cached->clock = clock;
    *out = (struct hr_roster){.get = get, .close = close_cached, .context = cached};
    return HR_OK;
}
