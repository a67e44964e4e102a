/* Getting students into the gallery, in two steps: everything that one call offers (photos, videos of one person) is
 * looked at, then judged together, then what is good goes into the database at once. So the order of the photos changes
 * nothing, and nothing is kept that the next photo shows to be wrong.
 *
 * Used from one thread, on an engine of its own opened with HR_DATABASE_CREATE and a session made by
 * hr_session_new_enrolling. A photo's vectors of every model that is here are kept. Safe to run again: what is enrolled
 * already is a duplicate. */
#ifndef HR_CLASSROOM_ENROLL_H
#define HR_CLASSROOM_ENROLL_H

#include "base/stream.h"
#include "classroom/engine.h"
#include "tables/import.h"

enum hr_enroll_verdict {
    HR_ENROLL_ENROLLED,
    HR_ENROLL_DUPLICATE, /* this photo, or one that gives the same vector, is enrolled for this
                            student */
    HR_ENROLL_NO_FACE,
    HR_ENROLL_SEVERAL_FACES, /* which of them is the student? */
    HR_ENROLL_TOO_SMALL,
    HR_ENROLL_BLURRED,
    HR_ENROLL_DISAGREES,  /* does not show the person of the student's other photos */
    HR_ENROLL_LOOKS_LIKE, /* shows another student, as far as one can tell */
    HR_ENROLL_DAMAGED,    /* a picture of which a part is missing or wrong */
    HR_ENROLL_UNREADABLE, /* not a picture, or past a limit */
    HR_ENROLL_NO_CONSENT, /* the student does not agree to be recognised: the file is not looked at */
    HR_ENROLL_VERDICT_COUNT
};
const char *hr_enroll_verdict_name(enum hr_enroll_verdict verdict); /* "enrolled", "no_face", ... */

/* A face whose box is narrower gives a weaker vector: it is taken when the student has nothing better, and asks for
 * stronger evidence from then on. */
#define HR_ENROLL_FACE_GOOD_PX 48
/* Below this there is nothing to be told. */
#define HR_ENROLL_FACE_MIN_PX 24
/* Most vectors taken from one video. */
#define HR_ENROLL_VIDEO_VECTORS 5

struct hr_enroll_options {
    bool accept_lookalike;      /* enrol although another student looks the same (twins) */
    bool skip_namesakes;        /* leave vectors out whose name several students have, instead of refusing all */
    const struct hr_stop *stop; /* borrowed; may be NULL */
};

/* What was said of one photo or video. Known once the plan is judged. */
struct hr_enroll_outcome {
    const char *student_id; /* borrowed from the plan */
    const char *origin;     /* the same */
    enum hr_enroll_verdict verdict;
    size_t views;   /* added to the gallery: 1 of a photo */
    char text[512]; /* for people: "the face is 31 px wide, 48 needed"; a word on what was enrolled all the same */
    char lookalike_id[HR_LIMIT_STUDENT_ID_BYTES + 1]; /* LOOKS_LIKE: the other student; else "" */
};

/* How much a face is what the picture is of: its width in pixels, less towards the edges. Of several faces the most
 * prominent one is enrolled, when it is clearly so. */
float hr_enroll_prominence(const struct hr_face *face, struct hr_size size);

struct hr_enrolment; /* opaque: a plan */

/* Into the engine's current snapshot; engine and session are borrowed. */
enum hr_status hr_enrolment_new(struct hr_enrolment **out, struct hr_engine *engine, struct hr_session *session,
                                const struct hr_enroll_options *options, struct hr_error *error) HR_MUST_USE;
/* Whatever came of it: no vector of it is left in memory. */
void hr_enrolment_free(struct hr_enrolment *plan);

/* Look at one photo. `origin` is kept with the record and shown to people: the file's name. A bad picture is an
 * outcome; an error only when the database or memory failed. */
enum hr_status hr_enrolment_photo(struct hr_enrolment *plan, const char *student_id, struct hr_view bytes,
                                  const char *origin, struct hr_error *error) HR_MUST_USE;
/* A video of one person who turns and talks: up to HR_ENROLL_VIDEO_VECTORS views that differ. `sha256` is the file's,
 * to know it again. */
enum hr_status hr_enrolment_video(struct hr_enrolment *plan, const char *student_id, struct hr_stream *stream,
                                  const char *origin, const char *sha256, struct hr_error *error) HR_MUST_USE;
/* A file that could not even be read; `text` says why. */
enum hr_status hr_enrolment_unreadable(struct hr_enrolment *plan, const char *student_id, const char *origin,
                                       const char *text, struct hr_error *error) HR_MUST_USE;

/* All are looked at: what is to happen? Within a student the views must agree with each other and with those that are
 * enrolled; between students they must not. */
enum hr_status hr_enrolment_judge(struct hr_enrolment *plan, struct hr_error *error) HR_MUST_USE;

/* In the order in which they were given. */
size_t hr_enrolment_count(const struct hr_enrolment *plan);
const struct hr_enroll_outcome *hr_enrolment_outcome(const struct hr_enrolment *plan, size_t index);

/* What was enrolled before and is now known to be wrong: more views agree with each other than with it. It is removed
 * with the commit. */
struct hr_enroll_outvoted {
    const char *student_id;
    const char *origin;
};
size_t hr_enrolment_outvoted_count(const struct hr_enrolment *plan);
struct hr_enroll_outvoted hr_enrolment_outvoted(const struct hr_enrolment *plan, size_t index);

/* All of it or nothing. Students are created when missing. */
enum hr_status hr_enrolment_commit(struct hr_enrolment *plan, struct hr_error *error) HR_MUST_USE;

/* Vectors of the replaced system, joined to the student table by name, or else by id (a name without a record
 * becomes a student with that id). All or nothing, but for entries that look like another student's, and those whose
 * name several students have: CONFLICT, unless they are to be skipped. */
struct hr_encoding_lookalike {
    char id[HR_LIMIT_STUDENT_ID_BYTES + 1];    /* left out */
    char other[HR_LIMIT_STUDENT_ID_BYTES + 1]; /* whom it looks like */
    float similarity;
};
struct hr_encoding_namesakes {
    const char *name; /* borrowed from the encodings */
    char ids[256];    /* the first of them, for people */
    size_t vectors;
};
struct hr_encoding_summary {
    size_t added;
    size_t duplicates;
    size_t without_record;  /* names that the table does not have: created */
    size_t without_consent; /* of students who refused: left out */
    struct hr_encoding_lookalike *lookalikes;
    size_t lookalike_count;
    struct hr_encoding_namesakes *namesakes; /* told with CONFLICT, too */
    size_t namesakes_count;
};
void hr_encoding_summary_clear(struct hr_encoding_summary *summary);

/* *out is the caller's to clear, whatever happens. */
enum hr_status hr_enroll_encodings(struct hr_engine *engine, const struct hr_encoding *encodings, size_t count,
                                   const struct hr_enroll_options *options, struct hr_encoding_summary *out,
                                   struct hr_error *error) HR_MUST_USE;

#endif
