/* The roll of a lesson: for everybody in the class what was seen of him, by the clock, and what follows from it.
 *
 * Nobody of whom it is not certain is present or absent: he is in review. Nobody is absent of a time that was not
 * filmed. What was marked by hand outranks what was seen, and stands beside it. */
#ifndef HR_CLASSROOM_ROLL_H
#define HR_CLASSROOM_ROLL_H

#include "base/buffer.h"
#include "base/json.h"
#include "records/classes.h"
#include "records/lessons.h"
#include "records/work.h"

enum hr_presence {
    HR_PRESENCE_PRESENT,
    HR_PRESENCE_LATE,         /* first seen after the class's grace, though it was filmed before */
    HR_PRESENCE_LEFT_EARLY,   /* last seen before the end by more than the grace, though it was filmed after */
    HR_PRESENCE_ABSENT,       /* the lesson was filmed but for less than a minute in all, and nobody in it may be him */
    HR_PRESENCE_EXCUSED,      /* by hand alone */
    HR_PRESENCE_REVIEW,       /* somebody may be him: look at it */
    HR_PRESENCE_NOT_FILMED,   /* not seen, and not all of the lesson was filmed */
    HR_PRESENCE_UNMARKED,     /* cannot be recognised (no consent, no photo), and nobody has marked him */
    HR_PRESENCE_NOT_ENROLLED, /* seen, and not in the class on that day */
    HR_PRESENCE_COUNT
};
const char *hr_presence_name(enum hr_presence presence); /* "present", "left_early", ... */
/* Those that a teacher may mark: present, late, left_early, absent, excused. ARGUMENT names them. */
enum hr_status hr_presence_parse(const char *word, enum hr_presence *out, struct hr_error *error) HR_MUST_USE;

/* Why an entry is as it is. */
enum hr_roll_reason {
    HR_ROLL_REASON_NONE, /* an older program's, or none */
    HR_ROLL_REASON_SEEN,
    HR_ROLL_REASON_SEEN_BEGIN_NOT_FILMED,
    HR_ROLL_REASON_LATE,
    HR_ROLL_REASON_EARLY,
    HR_ROLL_REASON_LATE_AND_EARLY,
    HR_ROLL_REASON_NOT_IN_CLASS,
    HR_ROLL_REASON_MAYBE,
    HR_ROLL_REASON_MAYBE_BEFORE,
    HR_ROLL_REASON_MAYBE_AFTER,
    HR_ROLL_REASON_REFUSES,
    HR_ROLL_REASON_NO_FACE,
    HR_ROLL_REASON_NO_RECORDING,
    HR_ROLL_REASON_NOT_ALL_FILMED,
    HR_ROLL_REASON_NOT_SEEN,
    HR_ROLL_REASON_CONSENT_TAKEN_BACK, /* seen when the lesson was finished; nothing is left that shows it */
    HR_ROLL_REASON_DELETED,            /* the same, for another reason */
    HR_ROLL_REASON_COUNT
};
/* The word is stable, for programs: "seen", "first_seen_late"; "" of none. The text is for people. */
const char *hr_roll_reason_name(enum hr_roll_reason reason);
const char *hr_roll_reason_text(enum hr_roll_reason reason);
/* Of a text that a finished roll is kept with; *corrected: somebody had said so. */
enum hr_roll_reason hr_roll_reason_of_text(const char *text, bool *corrected);

/* All owned by the roll. */
struct hr_roll_entry {
    char *student_id, *name;
    enum hr_presence presence;
    enum hr_presence seen; /* what follows from the recordings alone */
    bool by_hand;
    int64_t arrived_us, left_us; /* wall clock of the first and last certain sight; 0: none */
    int64_t seen_us;             /* how long he was in sight of some camera */
    size_t sightings;
    double similarity; /* of the best certain track; not finite: none */
    enum hr_roll_reason reason;
    bool corrected; /* somebody has said that he is in it, or is not */
    bool refuses;   /* does not agree to be recognised, as of now: nobody in a video is to be taken for him */
    char *why;      /* the reason, for people */
    char *note;     /* of the mark; "" */
};

struct hr_roll_gap {
    int64_t start_us, end_us;
};

/* What looking at a recording was estimated to take, and took. */
struct hr_roll_work {
    char *video;
    struct hr_work estimated, took;
};

struct hr_roll {
    int64_t lesson;
    char *class_id, *title, *zone, *day;
    int64_t start_us, end_us, finished_us;
    int late_min, early_min;
    struct hr_roll_entry *entries; /* by name */
    size_t count;
    struct hr_roll_gap *gaps; /* of the lesson that no camera filmed, of ten seconds and more */
    size_t gap_count;
    size_t recording_count;
    struct hr_roll_work *work; /* by name; a recording that was estimated alone has one, too */
    size_t work_count, work_capacity;
    size_t unknown_people; /* of the recording that has most */
};

/* A finished lesson's roll is as it was kept, else it is made from what is there now. NOT_FOUND. */
enum hr_status hr_roll_make(struct hr_roll *out, struct hr_database *database, int64_t lesson,
                            struct hr_error *error) HR_MUST_USE;
void hr_roll_clear(struct hr_roll *roll);

/* Keeps it and finishes the lesson. */
enum hr_status hr_roll_finish(const struct hr_roll *roll, struct hr_database *database,
                              struct hr_error *error) HR_MUST_USE;

#endif
