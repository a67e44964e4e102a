/* What the tracks consist of, for tracks.c and tracks_state.c. Inside this room only. */
#ifndef HR_FACE_TRACKS_INSIDE_H
#define HR_FACE_TRACKS_INSIDE_H

#include "face/tracks.h"
#include "face/view.h"

enum { HR_TRACK_VIEWS_MAX = 16, HR_EMBED_AT_ONCE = 8 };

struct hr_followed {
    struct hr_track seen; /* first: what hr_tracks_get gives */
    bool open;
    struct hr_box box; /* where it was last */
    float best_overall;
    struct hr_thumbnail thumbnail; /* of the last usable look */
    bool has_thumbnail;
    struct hr_kept_view *views; /* owned; NULL when closed */
    size_t view_count;
};

struct hr_tracks {
    struct hr_embedder *embedder; /* borrowed */
    struct hr_tracks_options options;
    struct hr_followed *items;
    size_t count, capacity;
    size_t *open; /* indices of the open tracks, in order */
    size_t open_count, open_capacity;
    int64_t frame_us, interval_us; /* of the latest frame, and since the one before */

    struct hr_sighting *sightings; /* of the frame in hand */
    size_t sighting_capacity;
    float *cost;
    size_t cost_capacity;
    size_t *chosen;
    struct hr_chip *batch; /* HR_EMBED_AT_ONCE */
};

/* Embeds every view that open tracks keep; their pictures are forgotten. */
void hr_tracks_embed_all(struct hr_tracks *tracks);
/* Room for one more track, open or not. LIMIT, MEMORY. */
enum hr_status hr_tracks_reserve_one(struct hr_tracks *tracks, struct hr_error *error) HR_MUST_USE;

#endif
