/* What the tracks consist of, for tracks.c and tracks_state.c. Inside this room only. */
#ifndef HR_FACE_TRACKS_INSIDE_H
#define HR_FACE_TRACKS_INSIDE_H

#include "face/tracks.h"
#include "face/view.h"

enum { HR_TRACK_VIEWS_MAX = 16, HR_EMBED_AT_ONCE = 8 };

struct hr_kept_portrait {
    uint8_t *rgb; /* owned */
    int64_t at_us;
    float overall; /* quality of the view */
};

struct hr_followed {
    struct hr_track seen; /* first: what hr_tracks_get gives */
    bool open;
    struct hr_box box; /* where it was last */
    float best_overall;
    struct hr_thumbnail thumbnail; /* of the last usable look */
    bool has_thumbnail;
    struct hr_kept_view *views; /* owned; NULL when closed */
    float *view_numbers;        /* owned: the views' vectors; NULL when closed */
    float *mean;                /* owned: what seen.vector points to once the track is closed */
    size_t view_count;
    struct hr_kept_portrait portraits[HR_TRACK_PORTRAITS_MAX]; /* as in `seen` */
};

struct hr_tracks {
    struct hr_embedders *embedders; /* borrowed */
    const struct hr_vector_layout *layout;
    struct hr_tracks_options options;
    struct hr_followed *items;
    size_t count, capacity;
    size_t *open; /* indices of the open tracks, in order */
    size_t open_count, open_capacity;
    int64_t frame_us, interval_us; /* of the latest frame, and since the one before */
    int camera;
    size_t portrait_count;

    const struct hr_frame *frame;  /* in hand, during hr_tracks_add */
    struct hr_sighting *sightings; /* of that frame */
    float *sighting_numbers;       /* their vectors */
    size_t sighting_capacity;
    float *cost;
    size_t cost_capacity;
    size_t *chosen;
    uint8_t *chips; /* of one view, scratch */
    float *batch;   /* vectors of HR_EMBED_AT_ONCE views, scratch */
};

/* Embeds every view that open tracks keep; their pictures are forgotten. */
void hr_tracks_embed_all(struct hr_tracks *tracks);
/* An open track at the end of the list, without a view. LIMIT, MEMORY. */
enum hr_status hr_tracks_open_one(struct hr_tracks *tracks, struct hr_followed **out,
                                  struct hr_error *error) HR_MUST_USE;
/* Its pictures and the views' vectors are forgotten; the mean stays. The last open one is this one, or the caller
 * mends the list of open tracks. */
void hr_tracks_close_one(struct hr_followed *track);

#endif
