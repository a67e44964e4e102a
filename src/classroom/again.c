#include "classroom/again.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/wipe.h"
#include "classroom/kept_vector.h"
#include "classroom/standing.h"
#include "face/decide.h"
#include "homeroom.h"
#include "records/audit.h"
#include "records/consent.h"
#include "records/corrections.h"
#include "records/views.h"

/* A student is enrolled from so many tracks at most: more tell little that is new. */
enum { ENROLLED_TRACKS_MAX = 4 };

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory to decide again");
}

/* --- faces that are not a student --- */

struct rejected {
    int64_t track;
    size_t student; /* of the gallery */
    float *vector;  /* owned, of the gallery's layout; NULL: it is not kept */
};

struct again {
    struct hr_database *database;
    const struct hr_snapshot *snapshot;
    const struct hr_vector_layout *known, *layout;
    char class_id[256];
    int64_t finished_us;
    struct rejected *rejected; /* owned */
    size_t rejected_count, rejected_capacity;
    int64_t *lessons; /* owned: of the class */
    size_t lesson_count, lesson_capacity;
    struct hr_observation_record head; /* numbers alone */
    struct looked {
        int64_t key;
        struct hr_track seen;
        float *vector; /* owned; NULL: it is not kept */
        char *student; /* owned: whom it was taken for before; NULL: nobody */
    } * tracks;        /* owned: of the recording in hand */
    size_t track_count, track_capacity;
    size_t changed;
};

static enum hr_status take_rejected(void *context, const struct hr_correction_record *record, struct hr_error *error)
{
    struct again *again = context;
    if (record->kind != HR_CORRECTION_NOT || !record->was_taken_for)
        return HR_OK;
    size_t student = hr_gallery_find(again->snapshot->gallery, record->student_id);
    if (student == SIZE_MAX)
        return HR_OK;
    struct rejected *items =
        hr_array_room(again->rejected, again->rejected_count, &again->rejected_capacity, sizeof *items);
    if (items == NULL)
        return no_memory(error);
    again->rejected = items;
    again->rejected[again->rejected_count++] = (struct rejected){.track = record->track, .student = student};
    return HR_OK;
}

static enum hr_status read_vector(const struct again *again, const struct hr_view_record *view, const char *models,
                                  float **out, struct hr_error *error)
{
    *out = calloc(again->layout->size + 1, sizeof **out);
    if (*out == NULL)
        return no_memory(error);
    if (!hr_kept_vector_read(view->vector, models, again->known, again->layout, *out)) {
        free(*out);
        *out = NULL;
    }
    return HR_OK;
}

static enum hr_status take_rejected_view(void *context, const struct hr_view_record *view, const char *models,
                                         struct hr_error *error)
{
    struct again *again = context;
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < again->rejected_count; i++)
        if (again->rejected[i].track == view->track && again->rejected[i].vector == NULL)
            status = read_vector(again, view, models, &again->rejected[i].vector, error);
    return status;
}

static enum hr_status take_rejected_recording(void *context, const struct hr_recording_record *recording,
                                              struct hr_error *error)
{
    struct again *again = context;
    return hr_database_each_view(again->database, recording->observation, take_rejected_view, again, error);
}

static enum hr_status take_lesson_key(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct again *again = context;
    int64_t *lessons = hr_array_room(again->lessons, again->lesson_count, &again->lesson_capacity, sizeof *lessons);
    if (lessons == NULL)
        return no_memory(error);
    again->lessons = lessons;
    again->lessons[again->lesson_count++] = lesson->key;
    return HR_OK;
}

static enum hr_status find_rejected(struct again *again, struct hr_error *error)
{
    enum hr_status status = hr_database_each_correction(again->database, again->class_id, take_rejected, again, error);
    if (status == HR_OK && again->rejected_count > 0)
        status = hr_database_each_lesson(again->database, again->class_id, take_lesson_key, again, error);
    for (size_t i = 0; status == HR_OK && i < again->lesson_count; i++)
        status = hr_database_each_recording(again->database, again->lessons[i], take_rejected_recording, again, error);
    return status;
}

/* Whether the track shows a face of which it was said often enough that it is not the student: one that is as alike to
 * it as two views of one person are, and more so than to him. */
static bool is_rejected(const struct again *again, const struct looked *track, size_t student, float score)
{
    size_t said = 0;
    bool alike = false;
    for (size_t i = 0; i < again->rejected_count; i++) {
        const struct rejected *item = &again->rejected[i];
        if (item->student != student)
            continue;
        if (item->track == track->key) /* what was said of it stands by itself */
            return false;
        said++;
        float likeness = hr_vector_likeness(again->layout, item->vector, track->vector);
        alike = alike || (likeness >= hr_vector_same_person_score(again->layout) && likeness > score);
    }
    return said >= HR_REJECTIONS_MIN && alike;
}

/* --- one recording --- */

static enum hr_status take_track(void *context, const struct hr_track_record *record, struct hr_error *error)
{
    struct again *again = context;
    struct looked *tracks = hr_array_room(again->tracks, again->track_count, &again->track_capacity, sizeof *tracks);
    if (tracks == NULL)
        return no_memory(error);
    again->tracks = tracks;
    struct looked *track = &again->tracks[again->track_count++];
    *track = (struct looked){.key = record->key,
                             .seen = {.first_us = record->first_us,
                                      .last_us = record->last_us,
                                      .camera = record->camera,
                                      .sightings = record->sightings,
                                      .views = record->views,
                                      .face_px = (float)record->face_px}};
    if (record->student_id == NULL)
        return HR_OK;
    track->student = strdup(record->student_id);
    return track->student != NULL ? HR_OK : no_memory(error);
}

static enum hr_status take_view(void *context, const struct hr_view_record *view, const char *models,
                                struct hr_error *error)
{
    struct again *again = context;
    for (size_t i = 0; i < again->track_count; i++) {
        struct looked *track = &again->tracks[i];
        if (track->key != view->track)
            continue;
        track->seen.best_sharpness = (float)view->sharpness;
        track->seen.best_frontal = (float)view->frontal;
        enum hr_status status = read_vector(again, view, models, &track->vector, error);
        track->seen.vector = track->vector;
        return status;
    }
    return HR_OK;
}

static void drop_tracks(struct again *again)
{
    for (size_t i = 0; i < again->track_count; i++) {
        if (again->tracks[i].vector != NULL)
            hr_wipe_free(again->tracks[i].vector, again->layout->size * sizeof(float));
        free(again->tracks[i].student);
    }
    again->track_count = 0;
}

/* What is now decided of one track, as it is kept. */
static enum hr_status keep_decision(struct again *again, const struct looked *track, const struct hr_decision *decision,
                                    struct hr_error *error)
{
    const struct hr_gallery *gallery = again->snapshot->gallery;
    bool compared = decision->choice.student != SIZE_MAX;
    bool rejected =
        decision->student != SIZE_MAX && is_rejected(again, track, decision->student, decision->choice.score);
    struct hr_track_record record = {.key = track->key,
                                     .band = hr_band_name(rejected ? HR_BAND_UNKNOWN : decision->band),
                                     .reason = rejected ? "look_alike" : hr_decision_reason_name(decision->reason),
                                     .model_id = "",
                                     .similarity = compared ? (double)decision->choice.similarity : (double)NAN,
                                     .margin = decision->margin,
                                     .stranger_chance = decision->stranger_chance};
    struct hr_match matches[HR_CANDIDATE_RECORDS_MAX];
    if (compared)
        record.model_id = hr_gallery_student(gallery, decision->choice.student).part->model_id;
    if (decision->student != SIZE_MAX && !rejected)
        record.student_id = hr_gallery_student(gallery, decision->student).id;
    hr_gallery_search(gallery, track->vector, matches, HR_CANDIDATE_RECORDS_MAX);
    for (size_t i = 0; i < HR_CANDIDATE_RECORDS_MAX && matches[i].student != SIZE_MAX; i++)
        if (!rejected || matches[i].student != decision->student)
            record.candidates[record.candidate_count++] = (struct hr_candidate_record){
                hr_gallery_student(gallery, matches[i].student).id, (double)matches[i].similarity};
    bool same = record.student_id == NULL ? track->student == NULL
                                          : track->student != NULL && strcmp(record.student_id, track->student) == 0;
    again->changed += !same;
    return hr_database_decide_again(again->database, &record, error);
}

static enum hr_status decide(struct again *again, struct hr_error *error)
{
    size_t count = 0;
    const struct hr_track **seen = malloc((again->track_count + 1) * sizeof *seen);
    const struct looked **tracks = malloc((again->track_count + 1) * sizeof *tracks);
    struct hr_decision *decisions = calloc(again->track_count + 1, sizeof *decisions);
    enum hr_status status = seen != NULL && tracks != NULL && decisions != NULL ? HR_OK : no_memory(error);
    for (size_t i = 0; status == HR_OK && i < again->track_count; i++)
        if (again->tracks[i].vector != NULL) {
            tracks[count] = &again->tracks[i];
            seen[count++] = &again->tracks[i].seen;
        }
    struct hr_decide_options options = {.false_present = again->head.false_present, .frames = again->head.frames};
    if (status == HR_OK && count > 0)
        status = hr_decide_each(seen, count, again->snapshot->gallery, &options, decisions, error);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = keep_decision(again, tracks[i], &decisions[i], error);
    free(seen);
    free(tracks);
    free(decisions);
    return status;
}

static enum hr_status take_recording(void *context, const struct hr_recording_record *recording, struct hr_error *error)
{
    struct again *again = context;
    again->head =
        (struct hr_observation_record){.false_present = recording->false_present, .frames = recording->frames};
    enum hr_status status =
        hr_database_each_track_now(again->database, recording->observation, take_track, again, error);
    if (status == HR_OK)
        status = hr_database_each_view(again->database, recording->observation, take_view, again, error);
    if (status == HR_OK)
        status = decide(again, error);
    drop_tracks(again);
    return status;
}

static enum hr_status take_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct again *again = context;
    (void)error;
    snprintf(again->class_id, sizeof again->class_id, "%s", lesson->class_id);
    again->finished_us = lesson->finished_us;
    return HR_OK;
}

static enum hr_status go_through(struct again *again, int64_t lesson, struct hr_error *error)
{
    enum hr_status status = hr_database_lesson(again->database, lesson, take_lesson, again, error);
    if (status == HR_OK && again->finished_us != 0)
        status = hr_error_named(error, HR_ERR_CONFLICT, "lesson_finished", NULL,
                                "lesson %lld is finished: 'homeroom lesson reopen %lld' first", (long long)lesson,
                                (long long)lesson);
    if (status == HR_OK)
        status = find_rejected(again, error);
    return status == HR_OK ? hr_database_each_recording(again->database, lesson, take_recording, again, error) : status;
}

enum hr_status hr_lesson_decide_again(struct hr_database *database, int64_t lesson, const struct hr_snapshot *snapshot,
                                      const struct hr_vector_layout *known, size_t *changed, struct hr_error *error)
{
    struct again again = {
        .database = database, .snapshot = snapshot, .known = known, .layout = hr_gallery_layout(snapshot->gallery)};
    *changed = 0;
    if (again.layout->count == 0) /* nobody is enrolled: nothing would be known better */
        return HR_OK;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_end(database, go_through(&again, lesson, error), error);
    *changed = again.changed;
    for (size_t i = 0; i < again.rejected_count; i++)
        if (again.rejected[i].vector != NULL)
            hr_wipe_free(again.rejected[i].vector, again.layout->size * sizeof(float));
    free(again.rejected);
    free(again.lessons);
    free(again.tracks);
    return status;
}

/* --- enrolling from tracks --- */

struct offer {
    int64_t track, lesson;
    double face_px, quality;
    float *vector; /* owned, of `known`; NULL: it is not kept */
};

struct offers {
    const struct hr_vector_layout *known;
    struct offer *items;
    size_t count;
    char place[320]; /* of the lesson in hand, for people */
};

static enum hr_status take_offer_size(void *context, const struct hr_track_record *record, struct hr_error *error)
{
    struct offers *offers = context;
    (void)error;
    for (size_t i = 0; i < offers->count; i++)
        if (offers->items[i].track == record->key)
            offers->items[i].face_px = record->face_px;
    return HR_OK;
}

static enum hr_status take_offer(void *context, const struct hr_view_record *view, const char *models,
                                 struct hr_error *error)
{
    struct offers *offers = context;
    for (size_t i = 0; i < offers->count; i++) {
        struct offer *offer = &offers->items[i];
        if (offer->track != view->track || offer->vector != NULL)
            continue;
        offer->quality = fmin(1, fmax(0, view->sharpness * view->frontal));
        offer->vector = calloc(offers->known->size + 1, sizeof *offer->vector);
        if (offer->vector == NULL)
            return no_memory(error);
        hr_kept_vector_read(view->vector, models, offers->known, offers->known, offer->vector);
    }
    return HR_OK;
}

static int by_size(const void *a, const void *b)
{
    const struct offer *left = a, *right = b;
    if (left->face_px != right->face_px)
        return left->face_px < right->face_px ? 1 : -1;
    return (left->track > right->track) - (left->track < right->track);
}

static enum hr_status take_place(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct offers *offers = context;
    (void)error;
    snprintf(offers->place, sizeof offers->place, "lesson %s/%s", lesson->class_id, lesson->day);
    return HR_OK;
}

/* One row for each model that the track has a vector of. */
static enum hr_status enrol_one(struct hr_database *database, const char *student_id, int64_t change,
                                struct offers *offers, struct offer *offer, size_t *faces, struct hr_error *error)
{
    char origin[400], sha256[HR_SHA256_HEX_SIZE] = "";
    bool any = false;
    enum hr_status status = hr_database_lesson(database, offer->lesson, take_place, offers, error);
    snprintf(origin, sizeof origin, "%s, track %lld", offers->place, (long long)offer->track);
    if (status == HR_OK)
        status = hr_sha256_hex(hr_view_of(offer->vector, offers->known->size * sizeof *offer->vector), sha256, error);
    for (size_t i = 0; status == HR_OK && i < offers->known->count; i++) {
        const struct hr_vector_part *part = &offers->known->parts[i];
        float *numbers = offer->vector + part->first;
        size_t size = part->model->vector_size;
        if (!(hr_vector_cosine(numbers, numbers, size) > 0))
            continue;
        hr_vector_normalise(numbers, size);
        struct hr_face_record record = {.student_id = student_id,
                                        .model_id = part->model_id,
                                        .vector = hr_view_of(numbers, size * sizeof *numbers),
                                        .origin = origin,
                                        .origin_sha256 = sha256,
                                        .created_us = hr_clock_wall_now_us(),
                                        .quality = offer->quality,
                                        .face_px = offer->face_px};
        status = hr_database_add_face(database, &record, error);
        if (status == HR_OK)
            status = hr_database_note_enrolled(database, change, error);
        any = any || status == HR_OK;
    }
    *faces += any;
    return status;
}

static enum hr_status read_offers(struct hr_database *database, struct offers *offers, const int64_t *tracks,
                                  struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < offers->count; i++) {
        int64_t observation = 0;
        offers->items[i].track = tracks[i];
        status = hr_database_track_lesson(database, tracks[i], &offers->items[i].lesson, &observation, error);
        if (status == HR_OK)
            status = hr_database_each_track(database, observation, take_offer_size, offers, error);
        if (status == HR_OK)
            status = hr_database_each_view(database, observation, take_offer, offers, error);
    }
    return status;
}

enum hr_status hr_enrol_from_tracks(struct hr_database *database, const char *student_id, int64_t change,
                                    const int64_t *tracks, size_t count, const struct hr_vector_layout *known,
                                    size_t *faces, struct hr_error *error)
{
    struct offers offers = {.known = known, .items = calloc(count + 1, sizeof *offers.items), .count = count};
    size_t enrolled = 0;
    *faces = 0;
    enum hr_status status = offers.items != NULL ? HR_OK : no_memory(error);
    if (status == HR_OK)
        status = read_offers(database, &offers, tracks, error);
    if (status == HR_OK)
        qsort(offers.items, count, sizeof *offers.items, by_size);
    if (status == HR_OK)
        status = hr_database_take_consent(database, student_id, error);
    for (size_t i = 0; status == HR_OK && i < count && enrolled < ENROLLED_TRACKS_MAX; i++)
        if (offers.items[i].vector != NULL)
            status = enrol_one(database, student_id, change, &offers, &offers.items[i], &enrolled, error);
    if (status == HR_OK && enrolled > 0)
        status = hr_database_note(database, "enrol_from_lesson", student_id, enrolled, error);
    for (size_t i = 0; offers.items != NULL && i < count; i++)
        if (offers.items[i].vector != NULL)
            hr_wipe_free(offers.items[i].vector, known->size * sizeof(float));
    free(offers.items);
    *faces = enrolled;
    return status;
}
