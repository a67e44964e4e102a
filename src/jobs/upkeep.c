#include "jobs/upkeep.h"

#define MINUTE_US INT64_C(60000000)

struct hr_upkeep hr_upkeep_begin(struct hr_class_place *class, const struct hr_clock *clock)
{
    return (struct hr_upkeep){.class = class, .clock = clock, .not_before_us = INT64_MIN};
}

/* Looked for by a reader: a database that may not be written, or in which nothing is too old, is left alone. */
static enum hr_status look(struct hr_class_place *class, struct hr_overdue *out, struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_class_open_database(class, HR_DATABASE_READ, &database, error);
    if (status == HR_OK)
        status = hr_database_overdue(database, out, error);
    hr_database_close(database);
    return status;
}

static enum hr_status purge(struct hr_class_place *class, struct hr_overdue *out, struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_class_open_database(class, HR_DATABASE_WRITE, &database, error);
    if (status == HR_OK)
        status = hr_database_purge(database, out, error);
    hr_database_close(database);
    return status;
}

enum hr_status hr_upkeep_run(struct hr_upkeep *upkeep, struct hr_overdue *out, struct hr_error *error)
{
    int64_t now_us = upkeep->clock->monotonic_us(upkeep->clock->context);
    *out = (struct hr_overdue){0};
    if (now_us < upkeep->not_before_us || hr_anywhere_is_remote(upkeep->class->database))
        return HR_END;
    enum hr_status status = look(upkeep->class, out, error);
    if (status == HR_OK)
        status = hr_overdue_any(out) ? purge(upkeep->class, out, error) : HR_END;
    upkeep->not_before_us = now_us + (status == HR_ERR_UNAVAILABLE ? MINUTE_US : 60 * MINUTE_US);
    return status;
}
