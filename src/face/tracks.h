/* Following faces over frames, and one decision per track.
 *
 * A track is one person while in sight. It keeps the chips of its best few views; they are embedded
 * when the track ends (or when the view pool is full), never in every frame. */
#ifndef HR_FACE_TRACKS_H
#define HR_FACE_TRACKS_H

#include "base/buffer.h"
#include "face/gallery.h"

struct hr_tracks; /* opaque; one per session */

struct hr_tracks_options {
    int views_per_track; /* views embedded per track; default 4 */
    int64_t
        gap_max_us; /* a face not seen for so long has left; default 2 s plus a sample interval */
    float face_min_px; /* smaller faces are counted but not embedded; default 24 */
};
struct hr_tracks_options hr_tracks_options_default(void);

enum hr_status hr_tracks_new(struct hr_tracks **out, struct hr_embedder *embedder,
                             const struct hr_tracks_options *options,
                             struct hr_error *error) HR_MUST_USE;
void hr_tracks_free(struct hr_tracks *tracks);

/* Add the faces of the next frame (times never go back). Copies what it keeps. */
enum hr_status hr_tracks_add(struct hr_tracks *tracks, const struct hr_frame *frame,
                             const struct hr_faces *faces, struct hr_error *error) HR_MUST_USE;
/* Ends all open tracks and embeds what is left. */
enum hr_status hr_tracks_finish(struct hr_tracks *tracks, struct hr_error *error) HR_MUST_USE;
/* Forget everything, for the next video; keeps the memory. */
void hr_tracks_reset(struct hr_tracks *tracks);

/* Everything that is known so far, to go on later or elsewhere as if there had been no pause:
 * vectors and places, and of faces still in sight a few grey cells; no picture. Adds to an
 * initialised buffer. Embeds what waits for it. */
enum hr_status hr_tracks_save(struct hr_tracks *tracks, struct hr_buffer *out,
                              struct hr_error *error) HR_MUST_USE;
/* Into tracks that were reset, of the same options. FORMAT, and reset again, when the bytes make no
 * sense. */
enum hr_status hr_tracks_load(struct hr_tracks *tracks, struct hr_view bytes,
                              struct hr_error *error) HR_MUST_USE;

struct hr_track {
    int64_t first_us;
    int64_t last_us;
    size_t sightings;       /* frames in which the face was found */
    size_t views;           /* views that were embedded; 0: too small to tell */
    float face_px;          /* largest face size seen */
    struct hr_box best_box; /* in the frame of its best view */
    int64_t best_us;
    float embedding[HR_EMBEDDING_SIZE]; /* mean over the views */
};

size_t hr_tracks_count(const struct hr_tracks *tracks);
const struct hr_track *hr_tracks_get(const struct hr_tracks *tracks, size_t index);

/* --- decisions --- */

enum hr_decision_reason {
    HR_DECISION_ACCEPTED,
    HR_DECISION_NO_GALLERY, /* nobody is enrolled */
    HR_DECISION_TOO_SMALL,  /* no view was good enough to embed */
    HR_DECISION_TOO_FAR,    /* nearest student is beyond the threshold */
    HR_DECISION_AMBIGUOUS,  /* within the threshold, but the runner-up is too close */
    HR_DECISION_TAKEN,      /* another track seen at the same time fits that student better */
};
const char *hr_decision_reason_name(enum hr_decision_reason reason);

struct hr_decision {
    size_t student; /* gallery index, or SIZE_MAX: unknown */
    enum hr_decision_reason reason;
    struct hr_match nearest; /* whatever the decision */
    struct hr_match runner_up;
    float distance; /* to the student given, else to the nearest */
    float margin;   /* runner-up's distance less that; INFINITY with one student enrolled */
};

struct hr_decide_options {
    float distance_max; /* default: of the embedding model (dlib: 0.6) */
    float margin_min;   /* default 0.07, see decide.c */
};
struct hr_decide_options hr_decide_options_default(void);

/* One decision per track; `out` has hr_tracks_count entries. Tracks that overlap in time never get
 * the same student: optimal assignment over each group of overlapping tracks. */
enum hr_status hr_decide(const struct hr_tracks *tracks, const struct hr_gallery *gallery,
                         const struct hr_decide_options *options, struct hr_decision *out,
                         struct hr_error *error) HR_MUST_USE;

#endif
