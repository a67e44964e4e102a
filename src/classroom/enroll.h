/* Getting students into the gallery: photos, a video of one person, or vectors that another system
 * made. Each input gets a verdict; what is not good enough changes nothing. Used from one thread,
 * on an engine of its own opened with HR_DATABASE_CREATE. Safe to run again: what is enrolled
 * already is a duplicate. */
#ifndef HR_CLASSROOM_ENROLL_H
#define HR_CLASSROOM_ENROLL_H

#include "base/stream.h"
#include "classroom/engine.h"
#include "roster/import.h"

enum hr_enroll_verdict {
    HR_ENROLL_ENROLLED,
    HR_ENROLL_DUPLICATE, /* this photo, or one that gives the same vector, is enrolled for this
                            student */
    HR_ENROLL_NO_FACE,
    HR_ENROLL_SEVERAL_FACES, /* which of them is the student? */
    HR_ENROLL_TOO_SMALL,
    HR_ENROLL_BLURRED,
    HR_ENROLL_LOOKS_LIKE, /* nearer to another student than to this one */
    HR_ENROLL_UNREADABLE, /* not a picture, damaged, or past a limit */
    HR_ENROLL_VERDICT_COUNT
};
const char *hr_enroll_verdict_name(enum hr_enroll_verdict verdict); /* "enrolled", "no_face", ... */

/* A face whose box is narrower gives an unreliable vector. */
#define HR_ENROLL_FACE_MIN_PX 48
/* Most vectors taken from one video. */
#define HR_ENROLL_VIDEO_VECTORS 5

struct hr_enroll_options {
    bool accept_lookalike; /* enrol although another student is nearer (twins) */
};

struct hr_enroll_outcome {
    enum hr_enroll_verdict verdict;
    size_t vectors; /* added to the gallery */
    char text[256]; /* for people: "too small: 31 px wide, 48 needed" */
    char lookalike_id[HR_LIMIT_STUDENT_ID_BYTES + 1]; /* LOOKS_LIKE only, else "" */
};

/* `origin` is kept with the record and shown to people: the file's name. HR_OK with a verdict, also
 * for a bad picture; an error only when the database or memory failed. The student is created when
 * missing. */
enum hr_status hr_enroll_photo(struct hr_session *session, const char *student_id,
                               struct hr_view bytes, const char *origin,
                               const struct hr_enroll_options *options,
                               struct hr_enroll_outcome *out, struct hr_error *error) HR_MUST_USE;

/* A video of one person who turns and talks: the vectors of up to HR_ENROLL_VIDEO_VECTORS views
 * that differ. `sha256` is the file's, to know it again. */
enum hr_status hr_enroll_video(struct hr_session *session, const char *student_id,
                               struct hr_stream *stream, const char *origin, const char *sha256,
                               const struct hr_enroll_options *options,
                               struct hr_enroll_outcome *out, struct hr_error *error) HR_MUST_USE;

/* Vectors of the replaced system, joined to the student table by name (a name without a record
 * becomes a student with that id). All or nothing. */
struct hr_encoding_summary {
    size_t added;
    size_t duplicates;
    size_t without_record; /* names that the table does not have: created */
};
enum hr_status hr_enroll_encodings(struct hr_database *database, const char *model_id,
                                   const struct hr_encoding *encodings, size_t count,
                                   struct hr_encoding_summary *out,
                                   struct hr_error *error) HR_MUST_USE;

#endif
