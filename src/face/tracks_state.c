#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "face/tracks_inside.h"

/* Little-endian throughout, as every machine that homeroom is built for keeps its numbers; records
 * of fixed layout, so that a reader can say at once whether one is whole. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they are kept");

static const char state_magic[8] = "HRTRACK4";

struct state_head {
    char magic[8];
    uint32_t track_count;
    uint32_t views_per_track;
    uint32_t vector_size; /* numbers of a vector; which models they are of, the caller knows */
    uint32_t camera;      /* the one that is being looked at */
    int64_t frame_us;
    int64_t interval_us;
};

struct state_track {
    int64_t first_us, last_us, best_us;
    uint64_t sightings;
    uint32_t views; /* in the mean of a closed track; kept by an open one, and following it */
    uint32_t open;
    float face_px, best_overall, best_sharpness, best_frontal;
    struct hr_box best_box, box;
    uint32_t has_thumbnail;
    uint32_t has_vector; /* a closed track: its mean vector follows */
    uint32_t camera;
    uint32_t place_count, place_step; /* the places follow, before all else */
    uint32_t reserved;
    struct hr_thumbnail thumbnail; /* of an open one, whose views follow: `overall`, vector each */
};

_Static_assert(sizeof(struct state_head) == 40, "no padding");
_Static_assert(sizeof(struct state_track) == 112 + 4 * HR_THUMBNAIL_SIZE, "no padding");

static void append(struct hr_buffer *out, const void *record, size_t size)
{
    hr_buffer_append(out, hr_view_of(record, size));
}

static void save_track(const struct hr_tracks *tracks, const struct hr_followed *track, struct hr_buffer *out)
{
    struct state_track record = {.first_us = track->seen.first_us,
                                 .last_us = track->seen.last_us,
                                 .best_us = track->seen.best_us,
                                 .sightings = track->seen.sightings,
                                 .camera = (uint32_t)track->seen.camera,
                                 .place_count = (uint32_t)track->seen.place_count,
                                 .place_step = (uint32_t)track->seen.place_step,
                                 .views = (uint32_t)(track->open ? track->view_count : track->seen.views),
                                 .open = track->open,
                                 .face_px = track->seen.face_px,
                                 .best_overall = track->best_overall,
                                 .best_sharpness = track->seen.best_sharpness,
                                 .best_frontal = track->seen.best_frontal,
                                 .best_box = track->seen.best_box,
                                 .box = track->box};
    size_t vector_bytes = tracks->layout->size * sizeof(float);
    record.has_vector = !track->open && track->seen.vector != NULL;
    if (track->open && track->has_thumbnail) {
        record.has_thumbnail = 1;
        record.thumbnail = track->thumbnail;
    }
    append(out, &record, sizeof record);
    append(out, track->seen.places, track->seen.place_count * sizeof *track->seen.places);
    if (record.has_vector)
        append(out, track->seen.vector, vector_bytes);
    for (size_t i = 0; track->open && i < track->view_count; i++) {
        append(out, &track->views[i].overall, sizeof track->views[i].overall);
        append(out, track->views[i].vector, vector_bytes);
    }
}

enum hr_status hr_tracks_save(struct hr_tracks *tracks, struct hr_buffer *out, struct hr_error *error)
{
    hr_tracks_embed_all(tracks);
    struct state_head head = {.track_count = (uint32_t)tracks->count,
                              .views_per_track = (uint32_t)tracks->options.views_per_track,
                              .vector_size = (uint32_t)tracks->layout->size,
                              .camera = (uint32_t)tracks->camera,
                              .frame_us = tracks->frame_us,
                              .interval_us = tracks->interval_us};
    memcpy(head.magic, state_magic, sizeof head.magic);
    append(out, &head, sizeof head);
    for (size_t i = 0; i < tracks->count; i++)
        save_track(tracks, &tracks->items[i], out);
    return hr_buffer_check(out, error);
}

static bool take(struct hr_view *bytes, void *record, size_t size)
{
    if (bytes->size < size)
        return false;
    memcpy(record, bytes->data, size);
    bytes->data += size;
    bytes->size -= size;
    return true;
}

static bool all_finite(const float *numbers, size_t count)
{
    bool finite = true;
    for (size_t i = 0; i < count; i++)
        finite = finite && isfinite(numbers[i]);
    return finite;
}

static bool is_sensible_box(const struct hr_box *box)
{
    return isfinite(box->left_px) && isfinite(box->top_px) && isfinite(box->right_px) && isfinite(box->bottom_px) &&
           box->left_px <= box->right_px && box->top_px <= box->bottom_px;
}

static bool is_sensible(const struct hr_tracks *tracks, const struct state_track *record)
{
    bool current = record->camera == (uint32_t)tracks->camera;
    return record->camera <= (uint32_t)tracks->camera && (record->open == 0 || current) &&
           record->first_us <= record->last_us &&
           record->last_us <= (current ? tracks->frame_us : HR_LIMIT_VIDEO_TIME_US) &&
           record->first_us >= -HR_LIMIT_VIDEO_TIME_US && record->sightings > 0 &&
           record->sightings <= HR_LIMIT_SAMPLES_PER_VIDEO && record->open <= 1 && record->has_thumbnail <= 1 &&
           record->place_count > 0 && record->place_count <= HR_TRACK_PLACES_MAX && record->place_step > 0 &&
           record->place_step <= HR_LIMIT_SAMPLES_PER_VIDEO && record->has_vector <= 1 &&
           (record->has_vector == 0 || record->open == 0) &&
           record->views <= (uint32_t)tracks->options.views_per_track && isfinite(record->face_px) &&
           isfinite(record->best_overall) && isfinite(record->best_sharpness) && isfinite(record->best_frontal) &&
           is_sensible_box(&record->best_box) && is_sensible_box(&record->box) &&
           all_finite(record->thumbnail.cells, HR_THUMBNAIL_SIZE);
}

static bool take_vector(const struct hr_tracks *tracks, struct hr_view *bytes, float *vector)
{
    size_t size = tracks->layout->size;
    return take(bytes, vector, size * sizeof *vector) && all_finite(vector, size);
}

static bool load_views(const struct hr_tracks *tracks, struct hr_followed *track, size_t count, struct hr_view *bytes)
{
    for (size_t i = 0; i < count; i++) {
        struct hr_kept_view *view = &track->views[i];
        *view = (struct hr_kept_view){.embedded = true, .vector = track->view_numbers + i * tracks->layout->size};
        if (!take(bytes, &view->overall, sizeof view->overall) || !isfinite(view->overall) ||
            !take_vector(tracks, bytes, view->vector))
            return false;
        track->view_count++;
    }
    return true;
}

static bool load_places(struct hr_track *seen, size_t count, struct hr_view *bytes)
{
    if (!take(bytes, seen->places, count * sizeof *seen->places))
        return false;
    seen->place_count = count;
    for (size_t i = 0; i < count; i++)
        if (!is_sensible_box(&seen->places[i].box) || seen->places[i].at_us < seen->first_us ||
            seen->places[i].at_us > seen->last_us)
            return false;
    return true;
}

static enum hr_status no_sense(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_FORMAT, "the saved tracks make no sense");
}

static enum hr_status load_track(struct hr_tracks *tracks, struct hr_view *bytes, struct hr_error *error)
{
    struct state_track record;
    if (!take(bytes, &record, sizeof record) || !is_sensible(tracks, &record))
        return no_sense(error);
    struct hr_followed *track;
    enum hr_status status = hr_tracks_open_one(tracks, &track, error);
    if (status != HR_OK)
        return status;
    track->box = record.box;
    track->best_overall = record.best_overall;
    track->has_thumbnail = record.has_thumbnail;
    track->thumbnail = record.thumbnail;
    track->seen = (struct hr_track){.first_us = record.first_us,
                                    .last_us = record.last_us,
                                    .best_us = record.best_us,
                                    .camera = (int)record.camera,
                                    .sightings = (size_t)record.sightings,
                                    .face_px = record.face_px,
                                    .best_sharpness = record.best_sharpness,
                                    .best_frontal = record.best_frontal,
                                    .best_box = record.best_box};
    track->seen.place_step = record.place_step;
    if (!load_places(&track->seen, record.place_count, bytes))
        return no_sense(error);
    if (record.open)
        return load_views(tracks, track, record.views, bytes) ? HR_OK : no_sense(error);
    tracks->open_count--; /* it was the last of them */
    track->seen.views = record.views;
    bool good = !record.has_vector || take_vector(tracks, bytes, track->mean);
    track->seen.vector = record.has_vector ? track->mean : NULL;
    hr_tracks_close_one(track);
    return good ? HR_OK : no_sense(error);
}

enum hr_status hr_tracks_load(struct hr_tracks *tracks, struct hr_view bytes, struct hr_error *error)
{
    struct state_head head;
    hr_tracks_reset(tracks);
    if (!take(&bytes, &head, sizeof head) || memcmp(head.magic, state_magic, sizeof head.magic) != 0 ||
        head.views_per_track != (uint32_t)tracks->options.views_per_track ||
        head.vector_size != (uint32_t)tracks->layout->size || head.track_count > HR_LIMIT_TRACKS_PER_VIDEO ||
        head.interval_us < 0 || head.camera >= HR_LIMIT_VIDEO_STREAMS ||
        head.interval_us > HR_LIMIT_VIDEO_DURATION_US || head.frame_us > HR_LIMIT_VIDEO_TIME_US ||
        head.frame_us < -HR_LIMIT_VIDEO_TIME_US)
        return no_sense(error);
    tracks->frame_us = head.frame_us;
    tracks->camera = (int)head.camera;
    tracks->interval_us = head.interval_us;
    enum hr_status status = HR_OK;
    for (uint32_t i = 0; status == HR_OK && i < head.track_count; i++)
        status = load_track(tracks, &bytes, error);
    if (status == HR_OK && bytes.size > 0)
        status = no_sense(error);
    if (status != HR_OK)
        hr_tracks_reset(tracks);
    return status;
}
