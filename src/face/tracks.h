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
    int64_t gap_max_us;  /* a face not seen for so long has left; default 2 s plus a sample interval */
    /* Smaller faces are counted but not embedded; default 20: a face of 24 pixels is measured as 20 to 28, and what is
     * certain of them is as right as of larger ones (docs/accuracy.md). */
    float face_min_px;
    bool portraits; /* a few small pictures of each track, face/portrait.h; default false */
};
struct hr_tracks_options hr_tracks_options_default(void);

/* `embedders` are borrowed: the tracks' vectors have their layout. */
enum hr_status hr_tracks_new(struct hr_tracks **out, struct hr_embedders *embedders,
                             const struct hr_tracks_options *options, struct hr_error *error) HR_MUST_USE;
void hr_tracks_free(struct hr_tracks *tracks);

/* Add the faces of the next frame (times of one camera never go back). Copies what it keeps. */
enum hr_status hr_tracks_add(struct hr_tracks *tracks, const struct hr_frame *frame, const struct hr_faces *faces,
                             struct hr_error *error) HR_MUST_USE;
/* From here on the frames are another camera's, whose times begin anew: open tracks end, and tracks of
 * different cameras may be the same student at the same time. */
void hr_tracks_next_camera(struct hr_tracks *tracks);
/* Ends all open tracks and embeds what is left. */
enum hr_status hr_tracks_finish(struct hr_tracks *tracks, struct hr_error *error) HR_MUST_USE;
/* Forget everything, for the next video; keeps the memory. */
void hr_tracks_reset(struct hr_tracks *tracks);

/* Everything that is known so far, to go on later or elsewhere as if there had been no pause:
 * vectors and places, and of faces still in sight a few grey cells; no picture. Adds to an
 * initialised buffer. Embeds what waits for it. */
enum hr_status hr_tracks_save(struct hr_tracks *tracks, struct hr_buffer *out, struct hr_error *error) HR_MUST_USE;
/* Into tracks that were reset, of the same options and embedders. FORMAT, and reset again, when the bytes make no
 * sense. */
enum hr_status hr_tracks_load(struct hr_tracks *tracks, struct hr_view bytes, struct hr_error *error) HR_MUST_USE;

/* Where a track was at one time. */
struct hr_track_place {
    int64_t at_us;
    struct hr_box box; /* in the frame */
};
/* Most places that are kept of a track: the first sighting and every n-th from there, n a power of two that grows with
 * the track. Enough to show where somebody sat and walked. */
enum { HR_TRACK_PLACES_MAX = 16 };
/* Most pictures of one video: 54 kB each while it is looked at. Half of them are for tracks that have none yet. */
enum { HR_PORTRAITS_MAX = 512, HR_TRACK_PORTRAITS_MAX = 3 };
#define HR_PORTRAIT_GAP_US INT64_C(10000000)

struct hr_track {
    int64_t first_us;
    int64_t last_us;
    int camera;             /* from 0 on */
    size_t sightings;       /* frames in which the face was found */
    size_t views;           /* views that were embedded; 0: too small to tell */
    float face_px;          /* largest face size seen */
    struct hr_box best_box; /* in the frame of its best view */
    int64_t best_us;
    float best_sharpness, best_frontal; /* of that view, see struct hr_view_quality */
    struct hr_track_place places[HR_TRACK_PLACES_MAX];
    size_t place_count;
    size_t place_step; /* the n above */
    /* Mean over the views' vectors, whose parts have length 1: so much the shorter the less alike they are, and a
     * likeness with it is the mean of theirs. Owned by the tracks; NULL without a view. */
    const float *vector;
    /* Of its best views at least HR_PORTRAIT_GAP_US apart, the best one first; owned by the tracks. */
    const uint8_t *portraits[HR_TRACK_PORTRAITS_MAX];
    size_t portrait_count; /* 0: none were wanted, or the video has too many */
};

size_t hr_tracks_count(const struct hr_tracks *tracks);
const struct hr_track *hr_tracks_get(const struct hr_tracks *tracks, size_t index);
const struct hr_vector_layout *hr_tracks_layout(const struct hr_tracks *tracks);

/* --- decisions --- */

/* Why a track is in its band. */
enum hr_decision_reason {
    HR_DECISION_ACCEPTED,   /* certain */
    HR_DECISION_NO_GALLERY, /* unknown: nobody is enrolled */
    HR_DECISION_TOO_SMALL,  /* unknown: no view was good enough to embed */
    HR_DECISION_UNLIKE,     /* unknown: strangers look as much like somebody of the class */
    HR_DECISION_WEAK,       /* review: more alike than most strangers, not enough to be certain */
    HR_DECISION_AMBIGUOUS,  /* review, or unknown when it is weak too: another student is nearly as alike */
    HR_DECISION_ONE_SIGHT,  /* review: seen in one frame where more were looked at */
    HR_DECISION_TAKEN,      /* unknown: another track seen at the same time fits that student better */
    HR_DECISION_REASON_COUNT
};
const char *hr_decision_reason_name(enum hr_decision_reason reason);

struct hr_decision {
    enum hr_band band;
    enum hr_decision_reason reason;
    size_t student;         /* gallery index; SIZE_MAX in the band unknown */
    struct hr_match choice; /* the student given, else the one most alike */
    struct hr_match rival;  /* the next one who could be meant */
    double stranger_chance; /* how likely a stranger looks as much like somebody of the class, 0..1;
                               doubts about view and enrolment are counted in */
    double margin;          /* likeness of the choice less that of the rival, in the choice's model;
                               INFINITY without a rival */
};

struct hr_decide_options {
    double false_present; /* the stranger_chance that is accepted for a certain name; default 0.001 */
    size_t frames;        /* that were looked at in all: in a still picture a single sight is all there is */
};
struct hr_decide_options hr_decide_options_default(void);

/* What a class asks of a name, as it follows from its size and from how alike its students are. */
struct hr_class_rule {
    double score_certain; /* for a good view of a student with several photos */
    double score_review;
    double margin_certain; /* in standard deviations of strangers, as scores */
    double crowding;       /* 0: an ordinary class; 1: the students are as alike as they come */
};
struct hr_class_rule hr_class_rule(const struct hr_gallery *gallery, const struct hr_decide_options *options);

/* One decision per track; `out` has hr_tracks_count entries. Tracks of one camera that overlap in time
 * never get the same student: optimal assignment over each group of overlapping tracks. */
enum hr_status hr_decide(const struct hr_tracks *tracks, const struct hr_gallery *gallery,
                         const struct hr_decide_options *options, struct hr_decision *out,
                         struct hr_error *error) HR_MUST_USE;

#endif
