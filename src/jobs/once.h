/* A report is written once, and the newest video's report stays, however many work on versions of that video at the
 * same time, in whatever order they begin and end.
 *
 * A video has two places for what comes of it: the report, and the error report of a video that cannot be read. Never
 * do both stay, but that an error report which decides nothing yet (`keeps_other`) may stand beside an older report.
 * What stands in a place carries its source: from which version of the video, with which models and options it was
 * made. hr_once_begin notes what stands there, and the caller then makes sure that the video in hand is still the
 * current one; from then on nothing is written over, and nothing removed, but what was noted. Whoever comes with an
 * older version therefore either finds the video replaced, or finds that what he noted has changed.
 *
 * Used by one thread; the places may be shared with other programs. */
#ifndef HR_JOBS_ONCE_H
#define HR_JOBS_ONCE_H

#include "base/status.h"
#include "base/view.h"

enum hr_once_kind { HR_ONCE_REPORT, HR_ONCE_FAILURE, HR_ONCE_KIND_COUNT };

#define HR_ONCE_VERSION_SIZE 128
#define HR_ONCE_SOURCE_SIZE 72

/* What stood in a place. */
struct hr_once_seen {
    bool there;
    char version[HR_ONCE_VERSION_SIZE]; /* changes whenever somebody writes */
    char source[HR_ONCE_SOURCE_SIZE];   /* "" when it has none: not one of ours */
};

/* The two places of one video. */
struct hr_once_places {
    /* HR_OK also when nothing is there. */
    enum hr_status (*look)(void *context, enum hr_once_kind kind, struct hr_once_seen *out, struct hr_error *error);
    /* Whole or not at all, and only while what is there is what was seen: CONFLICT otherwise. *seen becomes what is
     * there now. */
    enum hr_status (*put)(void *context, enum hr_once_kind kind, struct hr_once_seen *seen, const char *source,
                          struct hr_view bytes, struct hr_error *error);
    /* Only while what is there is what was seen: CONFLICT otherwise. */
    enum hr_status (*remove)(void *context, enum hr_once_kind kind, const struct hr_once_seen *seen,
                             struct hr_error *error);
    /* Whether the video in hand is the one that is there now. */
    enum hr_status (*is_current)(void *context, bool *current, struct hr_error *error);
    void *context;
};

struct hr_once {
    const struct hr_once_places *places; /* borrowed */
    const char *source;                  /* borrowed */
    struct hr_once_seen seen[HR_ONCE_KIND_COUNT];
    bool keeps_other; /* what is in the other place stays: nothing is decided yet. Set before hr_once_end */
};

enum hr_once_verdict {
    HR_ONCE_OPEN,       /* nobody has done it: begin */
    HR_ONCE_WRITTEN,    /* by this call */
    HR_ONCE_DUPLICATE,  /* somebody was done with it before */
    HR_ONCE_SUPERSEDED, /* the video was replaced or removed: it is left to the event of that */
};

/* Notes what is there. OPEN, or DUPLICATE when a report from this source is: the error report of one says so, too. The
 * caller has the video open, or is about to open it and then makes sure that it is the version that `source` names. */
enum hr_status hr_once_begin(struct hr_once *once, const struct hr_once_places *places, const char *source,
                             enum hr_once_verdict *verdict, struct hr_error *error) HR_MUST_USE;

/* Writes what has come of it, and removes what an older version left in the other place. WRITTEN, DUPLICATE or
 * SUPERSEDED. UNAVAILABLE when others keep writing. */
enum hr_status hr_once_end(struct hr_once *once, enum hr_once_kind kind, struct hr_view bytes,
                           enum hr_once_verdict *verdict, struct hr_error *error) HR_MUST_USE;

#endif
