/* How long each kind of data is kept. Until somebody sets a time nothing is removed by itself. What is older than its
 * time is removed by hr_database_purge, as thoroughly as hr_database_forget does it; a face that is too old reaches no
 * gallery, whether it was removed by then or not. Students have no time: they are forgotten. */
#ifndef HR_RECORDS_KEEPING_H
#define HR_RECORDS_KEEPING_H

#include "records/database.h"

enum hr_kept {
    HR_KEPT_FACES,        /* face vectors, from when they were enrolled */
    HR_KEPT_OBSERVATIONS, /* what --keep has kept of videos */
    HR_KEPT_AUDIT,        /* the audit log's entries */
    HR_KEPT_COUNT
};
const char *hr_kept_name(enum hr_kept kind); /* "faces", "observations", "audit" */
/* False: there is no such kind. */
bool hr_kept_parse(enum hr_kept *out, const char *name);

enum { HR_KEEPING_DAYS_MAX = 36500 };
struct hr_keeping {
    int days[HR_KEPT_COUNT]; /* 0: for ever */
};

enum hr_status hr_database_keeping(struct hr_database *database, struct hr_keeping *out,
                                   struct hr_error *error) HR_MUST_USE;
/* From now on; nothing is removed by it. `days` 0: for ever. ARGUMENT above HR_KEEPING_DAYS_MAX. */
enum hr_status hr_database_set_keeping(struct hr_database *database, enum hr_kept kind, int days,
                                       struct hr_error *error) HR_MUST_USE;

/* What of that kind was made before the time returned (wall clock) is too old by now; INT64_MIN: nothing is. */
int64_t hr_keeping_from_us(const struct hr_keeping *keeping, enum hr_kept kind);

struct hr_overdue {
    size_t rows[HR_KEPT_COUNT]; /* face vectors, videos, entries */
    size_t views;               /* of tracks: longer than their classes keep them (records/views.h) */
};
bool hr_overdue_any(const struct hr_overdue *overdue);
/* What is too old by now. */
enum hr_status hr_database_overdue(struct hr_database *database, struct hr_overdue *out,
                                   struct hr_error *error) HR_MUST_USE;
/* Removes it, all of it or nothing; *out: how much. Nothing is written where nothing is too old. UNAVAILABLE while
 * another program reads or writes. Not within a transaction. */
enum hr_status hr_database_purge(struct hr_database *database, struct hr_overdue *out,
                                 struct hr_error *error) HR_MUST_USE;

#endif
