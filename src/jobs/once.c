#include "jobs/once.h"

#include <stdio.h>
#include <string.h>

/* How often a place may turn out to be somebody else's while it is being written. */
enum { ATTEMPTS_MAX = 8 };

static enum hr_status look(struct hr_once *once, enum hr_once_kind kind, bool *ours, struct hr_error *error)
{
    struct hr_once_seen *seen = &once->seen[kind];
    *seen = (struct hr_once_seen){0};
    enum hr_status status = once->places->look(once->places->context, kind, seen, error);
    *ours = status == HR_OK && seen->there && strcmp(seen->source, once->source) == 0;
    return status;
}

static enum hr_status is_current(const struct hr_once *once, bool *current, struct hr_error *error)
{
    *current = false;
    return once->places->is_current(once->places->context, current, error);
}

enum hr_status hr_once_begin(struct hr_once *once, const struct hr_once_places *places, const char *source,
                             enum hr_once_verdict *verdict, struct hr_error *error)
{
    bool ours = false;
    *once = (struct hr_once){.places = places, .source = source};
    *verdict = HR_ONCE_OPEN;
    for (int kind = 0; kind < HR_ONCE_KIND_COUNT; kind++) {
        enum hr_status status = look(once, (enum hr_once_kind)kind, &ours, error);
        if (status != HR_OK)
            return status;
        if (ours) {
            *verdict = HR_ONCE_DUPLICATE;
            return HR_OK;
        }
    }
    return HR_OK;
}

/* One attempt. CONFLICT: somebody wrote since it was looked at, and what is there now was noted. */
static enum hr_status attempt(struct hr_once *once, enum hr_once_kind kind, struct hr_view bytes,
                              enum hr_once_verdict *verdict, struct hr_error *error)
{
    const struct hr_once_places *places = once->places;
    bool current = false, ours = false;
    /* Behind the last look, so that whoever comes with a newer version changes what was noted. */
    enum hr_status status = is_current(once, &current, error);
    if (status != HR_OK || !current) {
        *verdict = HR_ONCE_SUPERSEDED;
        return status;
    }
    *verdict = HR_ONCE_WRITTEN;
    status = places->put(places->context, kind, &once->seen[kind], once->source, bytes, error);
    if (status != HR_ERR_CONFLICT)
        return status;
    status = look(once, kind, &ours, error);
    if (status != HR_OK)
        return status;
    *verdict = HR_ONCE_DUPLICATE;
    return ours ? HR_OK : hr_error_set(error, HR_ERR_CONFLICT, "somebody else wrote");
}

/* What an older version left. Whoever wrote it since knows more: then it stays. */
static void remove_other(const struct hr_once *once, enum hr_once_kind kind)
{
    const struct hr_once_seen *seen = &once->seen[1 - kind];
    struct hr_error ignored;
    if (seen->there && !once->keeps_other)
        (void)!once->places->remove(once->places->context, (enum hr_once_kind)(1 - kind), seen, &ignored);
}

enum hr_status hr_once_end(struct hr_once *once, enum hr_once_kind kind, struct hr_view bytes,
                           enum hr_once_verdict *verdict, struct hr_error *error)
{
    bool current = true;
    enum hr_status status = HR_ERR_CONFLICT;
    for (int i = 0; status == HR_ERR_CONFLICT && i < ATTEMPTS_MAX; i++)
        status = attempt(once, kind, bytes, verdict, error);
    if (status == HR_ERR_CONFLICT)
        return hr_error_set(error, HR_ERR_UNAVAILABLE, "the report keeps being written by others");
    if (status != HR_OK || *verdict != HR_ONCE_WRITTEN)
        return status;
    /* Replaced while it was being written: who has the newer version may have found no report to remove. */
    status = is_current(once, &current, error);
    if (status == HR_OK && !current) {
        struct hr_error ignored;
        (void)!once->places->remove(once->places->context, kind, &once->seen[kind], &ignored);
        *verdict = HR_ONCE_SUPERSEDED;
    } else if (status == HR_OK) {
        remove_other(once, kind);
    }
    return status;
}
