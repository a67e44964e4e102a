#include "face/tracks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "face/assign.h"
#include "face/portrait.h"
#include "face/tracks_inside.h"

/* The same face a moment later overlaps its old box and looks alike; then nothing more is asked.
 * Everything else is settled by comparing embeddings. Measured on eight clips: looks at one person
 * a fifth of a second apart correlate at 0.79 and more, a second apart at 0.73 and more; two
 * persons at 0.74 at most, 99 of 100 pairs below 0.64. */
static const float sure_overlap = 0.3f;
static const float sure_correlation = 0.8f;
/* For the assignment problem, whose costs are positive: more than any score. */
static const float score_ceiling = 100;
/* How far a face may move, in face sizes: at once, and more per second out of sight. */
static const float jump_max = 1.0f, jump_per_s_max = 1.0f;
static const float growth_max = 2.0f;
/* A view must be better by so much to take the place of one that may be embedded already. */
static const float better_by = 1.1f;

struct hr_tracks_options hr_tracks_options_default(void)
{
    return (struct hr_tracks_options){.views_per_track = 4, .gap_max_us = 2000000, .face_min_px = 20};
}

enum hr_status hr_tracks_new(struct hr_tracks **out, struct hr_embedders *embedders,
                             const struct hr_tracks_options *options, struct hr_error *error)
{
    *out = NULL;
    if (options->views_per_track < 1 || options->views_per_track > HR_TRACK_VIEWS_MAX || options->gap_max_us < 0 ||
        !(options->face_min_px >= 0))
        return hr_error_set(error, HR_ERR_ARGUMENT, "the options for following faces make no sense");
    struct hr_tracks *tracks = calloc(1, sizeof *tracks);
    if (tracks != NULL)
        tracks->chips = malloc(hr_embedders_chip_bytes(embedders) + 1);
    if (tracks != NULL)
        tracks->batch = malloc(HR_EMBED_AT_ONCE * hr_embedders_layout(embedders)->size * sizeof *tracks->batch + 1);
    if (tracks == NULL || tracks->chips == NULL || tracks->batch == NULL) {
        hr_tracks_free(tracks);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to follow faces");
    }
    tracks->embedders = embedders;
    tracks->layout = hr_embedders_layout(embedders);
    tracks->options = *options;
    *out = tracks;
    return HR_OK;
}

static void drop_views(struct hr_followed *track)
{
    for (size_t i = 0; track->views != NULL && i < track->view_count; i++)
        free(track->views[i].chips);
    free(track->views);
    free(track->view_numbers);
    track->views = NULL;
    track->view_numbers = NULL;
}

static void forget_track(struct hr_followed *track)
{
    drop_views(track);
    free(track->mean);
    track->mean = NULL;
    for (size_t i = 0; i < track->seen.portrait_count; i++)
        hr_wipe_free(track->portraits[i].rgb, HR_PORTRAIT_BYTES);
    track->seen.portrait_count = 0;
}

void hr_tracks_reset(struct hr_tracks *tracks)
{
    for (size_t i = 0; i < tracks->count; i++)
        forget_track(&tracks->items[i]);
    tracks->count = tracks->open_count = 0;
    tracks->frame_us = tracks->interval_us = 0;
    tracks->camera = 0;
    tracks->portrait_count = 0;
}

void hr_tracks_free(struct hr_tracks *tracks)
{
    if (tracks == NULL)
        return;
    hr_tracks_reset(tracks);
    free(tracks->items);
    free(tracks->open);
    free(tracks->sightings);
    free(tracks->sighting_numbers);
    free(tracks->cost);
    free(tracks->chosen);
    free(tracks->chips);
    free(tracks->batch);
    free(tracks);
}

size_t hr_tracks_count(const struct hr_tracks *tracks)
{
    return tracks->count;
}

const struct hr_track *hr_tracks_get(const struct hr_tracks *tracks, size_t index)
{
    return &tracks->items[index].seen;
}

const struct hr_vector_layout *hr_tracks_layout(const struct hr_tracks *tracks)
{
    return tracks->layout;
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory to follow faces");
}

/* --- embedding, a few views at a time --- */

struct waiting {
    struct hr_kept_view *views[HR_EMBED_AT_ONCE];
    size_t count;
};

static void embed_waiting(struct hr_tracks *tracks, struct waiting *waiting)
{
    const uint8_t *chips[HR_EMBED_AT_ONCE];
    size_t size = tracks->layout->size;
    for (size_t i = 0; i < waiting->count; i++)
        chips[i] = waiting->views[i]->chips;
    hr_embed(tracks->embedders, chips, waiting->count, tracks->batch);
    for (size_t i = 0; i < waiting->count; i++) {
        struct hr_kept_view *view = waiting->views[i];
        memcpy(view->vector, tracks->batch + i * size, size * sizeof *tracks->batch);
        view->embedded = true;
        free(view->chips);
        view->chips = NULL;
    }
    waiting->count = 0;
}

static void embed_views(struct hr_tracks *tracks, struct hr_followed *track, struct waiting *waiting)
{
    for (size_t i = 0; i < track->view_count; i++) {
        if (track->views[i].embedded)
            continue;
        waiting->views[waiting->count++] = &track->views[i];
        if (waiting->count == HR_EMBED_AT_ONCE)
            embed_waiting(tracks, waiting);
    }
}

static void embed_sighting(struct hr_tracks *tracks, struct hr_sighting *sighting)
{
    if (sighting->embedded)
        return;
    const uint8_t *chips = tracks->chips;
    hr_embedders_cut(tracks->embedders, tracks->frame, &sighting->face, tracks->chips);
    hr_embed(tracks->embedders, &chips, 1, sighting->vector);
    sighting->embedded = true;
}

/* The mean of the track's vectors so far into track->mean; false when it has none at all. */
static bool mean_of_track(const struct hr_tracks *tracks, struct hr_followed *track)
{
    size_t size = tracks->layout->size, count = 0;
    memset(track->mean, 0, size * sizeof *track->mean);
    for (size_t i = 0; i < track->view_count; i++) {
        if (!track->views[i].embedded)
            continue;
        count++;
        for (size_t k = 0; k < size; k++)
            track->mean[k] += track->views[i].vector[k];
    }
    for (size_t k = 0; k < size; k++)
        track->mean[k] /= count > 0 ? (float)count : 1;
    return count > 0 && size > 0;
}

void hr_tracks_embed_all(struct hr_tracks *tracks)
{
    struct waiting waiting = {.count = 0};
    for (size_t i = 0; i < tracks->open_count; i++)
        embed_views(tracks, &tracks->items[tracks->open[i]], &waiting);
    if (waiting.count > 0)
        embed_waiting(tracks, &waiting);
}

/* --- the end of a track --- */

void hr_tracks_close_one(struct hr_followed *track)
{
    track->open = false;
    drop_views(track);
    if (track->seen.vector == NULL) {
        free(track->mean);
        track->mean = NULL;
    }
}

/* Closes those open tracks that `ends` says, embeds their views together, forgets their pictures.
 */
static void close_tracks(struct hr_tracks *tracks,
                         bool (*ends)(const struct hr_tracks *tracks, const struct hr_followed *track))
{
    struct waiting waiting = {.count = 0};
    for (size_t i = 0; i < tracks->open_count; i++) {
        struct hr_followed *track = &tracks->items[tracks->open[i]];
        if (ends(tracks, track))
            embed_views(tracks, track, &waiting);
    }
    if (waiting.count > 0)
        embed_waiting(tracks, &waiting);
    size_t still_open = 0;
    for (size_t i = 0; i < tracks->open_count; i++) {
        struct hr_followed *track = &tracks->items[tracks->open[i]];
        if (!ends(tracks, track)) {
            tracks->open[still_open++] = tracks->open[i];
            continue;
        }
        track->seen.views = track->view_count;
        track->seen.vector = mean_of_track(tracks, track) ? track->mean : NULL;
        hr_tracks_close_one(track);
    }
    tracks->open_count = still_open;
}

static bool out_of_sight(const struct hr_tracks *tracks, const struct hr_followed *track)
{
    return tracks->frame_us - track->seen.last_us > tracks->options.gap_max_us + tracks->interval_us;
}

static bool every_track(const struct hr_tracks *tracks, const struct hr_followed *track)
{
    (void)tracks;
    (void)track;
    return true;
}

void hr_tracks_next_camera(struct hr_tracks *tracks)
{
    close_tracks(tracks, every_track);
    tracks->frame_us = tracks->interval_us = 0;
    tracks->camera++;
}

enum hr_status hr_tracks_finish(struct hr_tracks *tracks, struct hr_error *error)
{
    (void)error;
    close_tracks(tracks, every_track);
    return HR_OK;
}

/* --- a frame's faces --- */

static float shorter_side(const struct hr_box *box)
{
    return fminf(box->right_px - box->left_px, box->bottom_px - box->top_px);
}

static enum hr_status reserve(struct hr_tracks *tracks, size_t faces, struct hr_error *error)
{
    if (faces > tracks->sighting_capacity) {
        struct hr_sighting *more = realloc(tracks->sightings, faces * sizeof *more);
        if (more == NULL)
            return no_memory(error);
        tracks->sightings = more;
        size_t *chosen = realloc(tracks->chosen, faces * sizeof *chosen);
        if (chosen == NULL)
            return no_memory(error);
        tracks->chosen = chosen;
        size_t numbers;
        if (!hr_size_multiply(faces, tracks->layout->size * sizeof(float), &numbers))
            return no_memory(error);
        float *vectors = realloc(tracks->sighting_numbers, numbers + 1);
        if (vectors == NULL)
            return no_memory(error);
        tracks->sighting_numbers = vectors;
        tracks->sighting_capacity = faces;
    }
    size_t cells = faces * tracks->open_count + 1;
    if (cells > tracks->cost_capacity) {
        float *cost = realloc(tracks->cost, cells * sizeof *cost);
        if (cost == NULL)
            return no_memory(error);
        tracks->cost = cost;
        tracks->cost_capacity = cells;
    }
    return HR_OK;
}

static void look_at_faces(struct hr_tracks *tracks, const struct hr_frame *frame, const struct hr_faces *faces)
{
    for (size_t i = 0; i < faces->count; i++) {
        struct hr_sighting *sighting = &tracks->sightings[i];
        sighting->face = faces->items[i];
        sighting->vector = tracks->sighting_numbers + i * tracks->layout->size;
        sighting->embedded = false;
        sighting->usable = shorter_side(&sighting->face.box) >= tracks->options.face_min_px;
        if (!sighting->usable)
            continue;
        hr_face_align(frame, &sighting->face, &sighting->chip);
        sighting->quality = hr_face_quality(&sighting->face, &sighting->chip);
        hr_thumbnail_make(&sighting->chip, &sighting->thumbnail);
    }
}

static float likeness(const struct hr_followed *track, const struct hr_sighting *sighting)
{
    return track->has_thumbnail && sighting->usable ? hr_thumbnail_correlation(&track->thumbnail, &sighting->thumbnail)
                                                    : 0;
}

/* Lower is likelier; INFINITY: it can't have moved or grown like that. */
static float cost_of(const struct hr_tracks *tracks, const struct hr_followed *track,
                     const struct hr_sighting *sighting)
{
    const struct hr_box *a = &track->box, *b = &sighting->face.box;
    float size_a = shorter_side(a), size_b = shorter_side(b);
    float dx = (a->left_px + a->right_px - b->left_px - b->right_px) / 2;
    float dy = (a->top_px + a->bottom_px - b->top_px - b->bottom_px) / 2;
    float seconds = (float)(tracks->frame_us - track->seen.last_us) / 1e6f;
    float jump = sqrtf(dx * dx + dy * dy) / fmaxf(1, (size_a + size_b) / 2);
    float jump_limit = jump_max + jump_per_s_max * seconds;
    float growth = fmaxf(size_a, size_b) / fmaxf(1, fminf(size_a, size_b));
    if (jump > jump_limit || growth > growth_max)
        return INFINITY;
    return jump / jump_limit + (growth - 1) / (growth_max - 1) + 1 - likeness(track, sighting);
}

/* How alike the track so far and the sighting are, in the best model. Both must have something to compare. */
static float likeness_of_vectors(struct hr_tracks *tracks, struct hr_followed *track, struct hr_sighting *sighting)
{
    struct waiting waiting = {.count = 0};
    embed_views(tracks, track, &waiting);
    if (waiting.count > 0)
        embed_waiting(tracks, &waiting);
    embed_sighting(tracks, sighting);
    if (!mean_of_track(tracks, track))
        return -INFINITY;
    return hr_vector_likeness(tracks->layout, track->mean, sighting->vector);
}

/* Whether the embeddings say that track and sighting are one person. Without any view on one side
 * (too small) there is nothing to compare, and the places decide. */
static bool same_person(struct hr_tracks *tracks, struct hr_followed *track, struct hr_sighting *sighting)
{
    return !sighting->usable || track->view_count == 0 || tracks->layout->count == 0 ||
           likeness_of_vectors(tracks, track, sighting) >= hr_vector_same_person_score(tracks->layout);
}

/* --- growing a track --- */

static void keep_view(struct hr_tracks *tracks, struct hr_followed *track, const struct hr_sighting *sighting)
{
    struct hr_kept_view *place = NULL;
    if (track->view_count < (size_t)tracks->options.views_per_track) {
        place = &track->views[track->view_count];
        *place = (struct hr_kept_view){.vector = track->view_numbers + track->view_count * tracks->layout->size};
    } else {
        place = &track->views[0];
        for (size_t i = 1; i < track->view_count; i++)
            if (track->views[i].overall < place->overall)
                place = &track->views[i];
        if (sighting->quality.overall < place->overall * better_by)
            return;
    }
    if (sighting->embedded) {
        free(place->chips);
        place->chips = NULL;
        memcpy(place->vector, sighting->vector, tracks->layout->size * sizeof *place->vector);
    } else {
        if (place->chips == NULL)
            place->chips = malloc(hr_embedders_chip_bytes(tracks->embedders) + 1);
        if (place->chips == NULL)
            return; /* one view less; an old one that was embedded stays as it is */
        hr_embedders_cut(tracks->embedders, tracks->frame, &sighting->face, place->chips);
    }
    place->embedded = sighting->embedded;
    place->overall = sighting->quality.overall;
    if (place == &track->views[track->view_count])
        track->view_count++;
}

/* When there is no room, every second place goes. */
static void keep_place(struct hr_track *seen, int64_t at_us, const struct hr_box *box)
{
    if (seen->place_step == 0)
        seen->place_step = 1;
    if (seen->sightings % seen->place_step != 0)
        return;
    if (seen->place_count == HR_TRACK_PLACES_MAX) {
        seen->place_count /= 2;
        for (size_t i = 0; i < seen->place_count; i++)
            seen->places[i] = seen->places[2 * i];
        seen->place_step *= 2;
        if (seen->sightings % seen->place_step != 0)
            return;
    }
    seen->places[seen->place_count++] = (struct hr_track_place){at_us, *box};
}

/* A picture of the view may go in place of `*place`, or behind the others: where one of about the same time is, in its
 * place or not at all. False: none is kept. */
static bool choose_portrait(const struct hr_tracks *tracks, const struct hr_followed *track, float overall,
                            size_t *place)
{
    size_t count = track->seen.portrait_count;
    for (size_t i = 0; i < count; i++) {
        int64_t apart_us = tracks->frame_us - track->portraits[i].at_us;
        *place = i;
        if (apart_us < HR_PORTRAIT_GAP_US && apart_us > -HR_PORTRAIT_GAP_US)
            return overall > track->portraits[i].overall;
    }
    size_t most = count == 0 ? HR_PORTRAITS_MAX : HR_PORTRAITS_MAX / 2;
    *place = count;
    if (count < HR_TRACK_PORTRAITS_MAX && tracks->portrait_count < most)
        return true;
    *place = count > 0 ? count - 1 : 0; /* the worst */
    return count > 0 && overall > track->portraits[*place].overall;
}

/* Without memory for it there is none. */
static void keep_portrait(struct hr_tracks *tracks, struct hr_followed *track, const struct hr_sighting *sighting)
{
    struct hr_track *seen = &track->seen;
    float overall = sighting->quality.overall;
    size_t place = 0;
    if (!tracks->options.portraits || !choose_portrait(tracks, track, overall, &place))
        return;
    struct hr_kept_portrait kept = track->portraits[place];
    if (place == seen->portrait_count) {
        kept.rgb = malloc(HR_PORTRAIT_BYTES);
        if (kept.rgb == NULL)
            return;
        seen->portrait_count++;
        tracks->portrait_count++;
    }
    hr_portrait_cut(tracks->frame, &sighting->face.box, kept.rgb);
    kept.at_us = tracks->frame_us;
    kept.overall = overall;
    for (; place > 0 && track->portraits[place - 1].overall < overall; place--)
        track->portraits[place] = track->portraits[place - 1];
    track->portraits[place] = kept;
    for (size_t i = 0; i < seen->portrait_count; i++)
        seen->portraits[i] = track->portraits[i].rgb;
}

static void grow_track(struct hr_tracks *tracks, struct hr_followed *track, const struct hr_sighting *sighting)
{
    struct hr_track *seen = &track->seen;
    seen->last_us = tracks->frame_us;
    keep_place(seen, tracks->frame_us, &sighting->face.box);
    seen->sightings++;
    seen->face_px = fmaxf(seen->face_px, shorter_side(&sighting->face.box));
    track->box = sighting->face.box;
    if (!sighting->usable)
        return;
    track->thumbnail = sighting->thumbnail;
    track->has_thumbnail = true;
    if (sighting->quality.overall > track->best_overall) {
        track->best_overall = sighting->quality.overall;
        seen->best_box = sighting->face.box;
        seen->best_us = tracks->frame_us;
        seen->best_sharpness = sighting->quality.sharpness;
        seen->best_frontal = sighting->quality.frontal;
    }
    keep_portrait(tracks, track, sighting);
    keep_view(tracks, track, sighting);
}

static enum hr_status reserve_one(struct hr_tracks *tracks, struct hr_error *error)
{
    if (tracks->count >= HR_LIMIT_TRACKS_PER_VIDEO)
        return hr_error_set(error, HR_ERR_LIMIT, "more than %d faces came and went", HR_LIMIT_TRACKS_PER_VIDEO);
    if (tracks->count == tracks->capacity) {
        size_t capacity = tracks->capacity > 0 ? 2 * tracks->capacity : 32;
        struct hr_followed *items = realloc(tracks->items, capacity * sizeof *items);
        if (items == NULL)
            return no_memory(error);
        tracks->items = items;
        tracks->capacity = capacity;
    }
    if (tracks->open_count == tracks->open_capacity) {
        size_t capacity = tracks->open_capacity > 0 ? 2 * tracks->open_capacity : 32;
        size_t *open = realloc(tracks->open, capacity * sizeof *open);
        if (open == NULL)
            return no_memory(error);
        tracks->open = open;
        tracks->open_capacity = capacity;
    }
    return HR_OK;
}

enum hr_status hr_tracks_open_one(struct hr_tracks *tracks, struct hr_followed **out, struct hr_error *error)
{
    enum hr_status status = reserve_one(tracks, error);
    if (status != HR_OK)
        return status;
    struct hr_followed *track = &tracks->items[tracks->count];
    size_t views = (size_t)tracks->options.views_per_track, size = tracks->layout->size;
    *track = (struct hr_followed){.open = true,
                                  .views = calloc(views, sizeof *track->views),
                                  .view_numbers = calloc(views * size + 1, sizeof(float)),
                                  .mean = calloc(size + 1, sizeof(float))};
    if (track->views == NULL || track->view_numbers == NULL || track->mean == NULL) {
        forget_track(track);
        return no_memory(error);
    }
    tracks->open[tracks->open_count++] = tracks->count++;
    *out = track;
    return HR_OK;
}

static enum hr_status begin_track(struct hr_tracks *tracks, const struct hr_sighting *sighting, struct hr_error *error)
{
    struct hr_followed *track;
    enum hr_status status = hr_tracks_open_one(tracks, &track, error);
    if (status != HR_OK)
        return status;
    track->seen = (struct hr_track){.first_us = tracks->frame_us,
                                    .camera = tracks->camera,
                                    .best_us = tracks->frame_us,
                                    .best_box = sighting->face.box};
    grow_track(tracks, track, sighting);
    return HR_OK;
}

/* --- which face is whose --- */

/* By place and looks; what is not sure must pass same_person. */
static enum hr_status match_by_place(struct hr_tracks *tracks, size_t faces, bool *taken, struct hr_error *error)
{
    struct hr_assign_size size = {.rows = faces, .columns = tracks->open_count};
    const float alone = 10; /* more than any cost: places alone never part what may belong together */
    for (size_t i = 0; i < faces; i++)
        for (size_t j = 0; j < size.columns; j++)
            tracks->cost[i * size.columns + j] =
                cost_of(tracks, &tracks->items[tracks->open[j]], &tracks->sightings[i]);
    enum hr_status status = hr_assign(size, tracks->cost, alone, tracks->chosen, error);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; i < faces; i++) {
        if (tracks->chosen[i] == SIZE_MAX)
            continue;
        struct hr_followed *track = &tracks->items[tracks->open[tracks->chosen[i]]];
        struct hr_sighting *sighting = &tracks->sightings[i];
        bool sure = hr_box_overlap(&track->box, &sighting->face.box) >= sure_overlap &&
                    likeness(track, sighting) >= sure_correlation;
        if (sure || same_person(tracks, track, sighting))
            taken[tracks->chosen[i]] = true;
        else
            tracks->chosen[i] = SIZE_MAX;
    }
    return HR_OK;
}

/* The camera moved, or somebody walked: faces that found no track against tracks that found no
 * face, by their embeddings alone. */
static enum hr_status match_by_looks(struct hr_tracks *tracks, size_t faces, bool *taken, struct hr_error *error)
{
    size_t columns = tracks->open_count;
    bool any = false;
    for (size_t i = 0; i < faces; i++)
        for (size_t j = 0; j < columns; j++) {
            struct hr_sighting *sighting = &tracks->sightings[i];
            struct hr_followed *track = &tracks->items[tracks->open[j]];
            float *cost = &tracks->cost[i * columns + j];
            *cost = INFINITY;
            if (tracks->chosen[i] != SIZE_MAX || taken[j] || !sighting->usable || track->view_count == 0 ||
                tracks->layout->count == 0)
                continue;
            float score = likeness_of_vectors(tracks, track, sighting);
            if (score < hr_vector_same_person_score(tracks->layout))
                continue;
            *cost = score_ceiling - score;
            any = true;
        }
    if (!any)
        return HR_OK;
    size_t *chosen = calloc(faces, sizeof *chosen);
    if (chosen == NULL)
        return no_memory(error);
    struct hr_assign_size size = {.rows = faces, .columns = columns};
    enum hr_status status =
        hr_assign(size, tracks->cost, score_ceiling - hr_vector_same_person_score(tracks->layout), chosen, error);
    for (size_t i = 0; status == HR_OK && i < faces; i++)
        if (tracks->chosen[i] == SIZE_MAX)
            tracks->chosen[i] = chosen[i];
    free(chosen);
    return status;
}

static enum hr_status match(struct hr_tracks *tracks, size_t faces, struct hr_error *error)
{
    bool *taken = calloc(tracks->open_count + 1, sizeof *taken);
    if (taken == NULL)
        return no_memory(error);
    enum hr_status status = match_by_place(tracks, faces, taken, error);
    if (status == HR_OK)
        status = match_by_looks(tracks, faces, taken, error);
    free(taken);
    return status;
}

static enum hr_status add_faces(struct hr_tracks *tracks, const struct hr_frame *frame, const struct hr_faces *faces,
                                struct hr_error *error)
{
    enum hr_status status = reserve(tracks, faces->count, error);
    if (status != HR_OK)
        return status;
    look_at_faces(tracks, frame, faces);
    status = match(tracks, faces->count, error);
    size_t was_open = tracks->open_count;
    for (size_t i = 0; status == HR_OK && i < faces->count; i++) {
        if (tracks->chosen[i] < was_open)
            grow_track(tracks, &tracks->items[tracks->open[tracks->chosen[i]]], &tracks->sightings[i]);
        else
            status = begin_track(tracks, &tracks->sightings[i], error);
    }
    return status;
}

enum hr_status hr_tracks_add(struct hr_tracks *tracks, const struct hr_frame *frame, const struct hr_faces *faces,
                             struct hr_error *error)
{
    tracks->interval_us = tracks->open_count > 0 ? frame->pts_us - tracks->frame_us : 0;
    tracks->frame_us = frame->pts_us;
    close_tracks(tracks, out_of_sight);
    if (faces->count == 0)
        return HR_OK;
    tracks->frame = frame;
    enum hr_status status = add_faces(tracks, frame, faces, error);
    tracks->frame = NULL;
    return status;
}
