#include "classroom/standing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "homeroom.h"

struct correction {
    int64_t track;
    enum hr_correction_kind kind;
    char *student_id; /* owned; NULL: of nobody */
    bool was_taken_for;
    char *model_id; /* owned */
    double similarity;
    size_t order; /* of its making */
};

struct hr_standing {
    struct correction *items; /* owned; by track, then in the order of their making */
    size_t count, capacity;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for what was corrected");
}

static enum hr_status take(void *context, const struct hr_correction_record *record, struct hr_error *error)
{
    struct hr_standing *standing = context;
    struct correction *items = hr_array_room(standing->items, standing->count, &standing->capacity, sizeof *items);
    if (items == NULL)
        return no_memory(error);
    standing->items = items;
    struct correction *item = &standing->items[standing->count];
    *item = (struct correction){.track = record->track,
                                .kind = record->kind,
                                .was_taken_for = record->was_taken_for,
                                .similarity = record->similarity,
                                .order = standing->count};
    standing->count++;
    item->model_id = strdup(record->model_id);
    item->student_id = record->student_id != NULL ? strdup(record->student_id) : NULL;
    bool good = item->model_id != NULL && (record->student_id == NULL || item->student_id != NULL);
    return good ? HR_OK : no_memory(error);
}

static int by_track(const void *a, const void *b)
{
    const struct correction *left = a, *right = b;
    if (left->track != right->track)
        return left->track < right->track ? -1 : 1;
    return (left->order > right->order) - (left->order < right->order);
}

enum hr_status hr_standing_load(struct hr_standing **out, struct hr_database *database, const char *class_id,
                                struct hr_error *error)
{
    struct hr_standing *standing = calloc(1, sizeof *standing);
    *out = NULL;
    if (standing == NULL)
        return no_memory(error);
    enum hr_status status = hr_database_each_correction(database, class_id, take, standing, error);
    if (status != HR_OK) {
        hr_standing_free(standing);
        return status;
    }
    if (standing->count > 0)
        qsort(standing->items, standing->count, sizeof *standing->items, by_track);
    *out = standing;
    return HR_OK;
}

void hr_standing_free(struct hr_standing *standing)
{
    if (standing == NULL)
        return;
    for (size_t i = 0; i < standing->count; i++) {
        free(standing->items[i].student_id);
        free(standing->items[i].model_id);
    }
    free(standing->items);
    free(standing);
}

/* --- one track --- */

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* How alike the most alike of those was who were taken for the student by that model and are not him; -INFINITY when
 * there are too few to say anything. Rejections of one track count once. */
static double rejected_similarity(const struct hr_standing *standing, const char *student_id, const char *model_id)
{
    double most = -INFINITY;
    size_t count = 0;
    int64_t track = 0;
    for (size_t i = 0; i < standing->count; i++) {
        const struct correction *item = &standing->items[i];
        if (item->kind != HR_CORRECTION_NOT || !item->was_taken_for || !isfinite(item->similarity) ||
            !same(item->student_id, student_id) || strcmp(item->model_id, model_id) != 0)
            continue;
        count += count == 0 || item->track != track;
        track = item->track;
        most = fmax(most, item->similarity);
    }
    return count >= HR_REJECTIONS_MIN ? most : -INFINITY;
}

/* A look-alike's evidence names nobody for certain. */
static void doubt_look_alikes(const struct hr_standing *standing, struct hr_track_record *track)
{
    if (track->student_id == NULL || strcmp(track->band, hr_band_name(HR_BAND_CERTAIN)) != 0 ||
        !isfinite(track->similarity) ||
        track->similarity > rejected_similarity(standing, track->student_id, track->model_id))
        return;
    track->band = hr_band_name(HR_BAND_REVIEW);
    track->reason = "look_alike";
}

static void drop_candidate(struct hr_track_record *track, const char *student_id)
{
    size_t kept = 0;
    for (size_t i = 0; i < track->candidate_count; i++)
        if (strcmp(track->candidates[i].student_id, student_id) != 0)
            track->candidates[kept++] = track->candidates[i];
    track->candidate_count = kept;
}

static void apply(const struct correction *item, struct hr_standing_track *track)
{
    struct hr_track_record *record = &track->record;
    track->by_hand = item->kind != HR_CORRECTION_NOT || track->by_hand;
    track->is_corrected = true;
    track->is_nobody = item->kind == HR_CORRECTION_NOBODY;
    if (item->kind == HR_CORRECTION_NOT) {
        drop_candidate(record, item->student_id);
        if (!same(record->student_id, item->student_id))
            return;
        track->by_hand = false;
    } else {
        record->candidate_count = 0;
    }
    record->student_id = item->kind == HR_CORRECTION_IS ? item->student_id : NULL;
    record->band = hr_band_name(item->kind == HR_CORRECTION_IS ? HR_BAND_CERTAIN : HR_BAND_UNKNOWN);
    record->reason = "by_hand";
}

/* The first correction of a track, or where it would be. */
static size_t first_of(const struct hr_standing *standing, int64_t track)
{
    size_t low = 0, high = standing->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (standing->items[middle].track < track)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct walk {
    const struct hr_standing *standing;
    hr_standing_track_fn *each;
    void *context;
};

static enum hr_status stand(void *context, const struct hr_track_record *record, struct hr_error *error)
{
    const struct walk *walk = context;
    const struct hr_standing *standing = walk->standing;
    struct hr_standing_track track = {.record = *record};
    doubt_look_alikes(standing, &track.record);
    for (size_t i = first_of(standing, record->key); i < standing->count && standing->items[i].track == record->key;
         i++)
        apply(&standing->items[i], &track);
    return walk->each(walk->context, &track, error);
}

enum hr_status hr_standing_each_track(const struct hr_standing *standing, struct hr_database *database,
                                      int64_t observation, hr_standing_track_fn *each, void *context,
                                      struct hr_error *error)
{
    struct walk walk = {standing, each, context};
    return hr_database_each_track_now(database, observation, stand, &walk, error);
}
