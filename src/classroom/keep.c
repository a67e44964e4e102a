#include "classroom/keep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/wipe.h"
#include "classroom/result.h"
#include "face/portrait.h"
#include "records/views.h"
#include "video/jpeg.h"

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for what is kept of a video");
}

/* --- keeping --- */

/* [ms, left, top, width, height], whole pixels, as in a report. */
static void append_place(struct hr_buffer *out, const struct hr_observed_place *place)
{
    hr_buffer_append_format(out, "[%lld,%ld,%ld,%ld,%ld]", (long long)((place->at_us + 500) / 1000),
                            lroundf(place->left_px), lroundf(place->top_px), lroundf(place->width_px),
                            lroundf(place->height_px));
}

/* The texts of one track. */
struct texts {
    struct hr_buffer best, places;
};

static void write_texts(const struct hr_observed_track *track, struct texts *out)
{
    hr_buffer_init(&out->best, 256);
    hr_buffer_init(&out->places, 65536);
    append_place(&out->best, &track->best);
    hr_buffer_append_text(&out->places, "[");
    for (size_t i = 0; i < track->place_count; i++) {
        hr_buffer_append_text(&out->places, i > 0 ? "," : "");
        append_place(&out->places, &track->places[i]);
    }
    hr_buffer_append_text(&out->places, "]");
}

static struct hr_track_record record_of(const struct hr_observed_track *track, struct texts *texts)
{
    struct hr_track_record record = {.student_id = track->student_id,
                                     .person = track->person,
                                     .band = hr_band_name(track->band),
                                     .reason = track->reason,
                                     .model_id = track->model_id != NULL ? track->model_id : "",
                                     .camera = track->camera,
                                     .first_us = track->first_us,
                                     .last_us = track->last_us,
                                     .sightings = track->sightings,
                                     .views = track->views,
                                     .face_px = track->face_px,
                                     .similarity = track->similarity,
                                     .margin = track->margin,
                                     .stranger_chance = track->stranger_chance,
                                     .candidate_count = track->candidate_count};
    write_texts(track, texts);
    record.best = hr_buffer_text(&texts->best);
    record.places = hr_buffer_text(&texts->places);
    for (size_t i = 0; i < track->candidate_count; i++)
        record.candidates[i] =
            (struct hr_candidate_record){track->candidates[i].student_id, track->candidates[i].similarity};
    return record;
}

static void join_models(const struct hr_observation *seen, struct hr_buffer *out)
{
    hr_buffer_init(out, 4096);
    for (size_t i = 0; i < seen->model_count; i++)
        hr_buffer_append_format(out, "%s%s", i > 0 ? " " : "", seen->model_ids[i]);
}

static struct hr_observation_record head_of(const struct hr_observation *seen, const char *version, const char *models)
{
    return (struct hr_observation_record){.video = seen->video,
                                          .version = version,
                                          .made_us = hr_clock_wall_now_us(),
                                          .duration_us = seen->duration_us,
                                          .width_px = seen->width_px,
                                          .height_px = seen->height_px,
                                          .codec = seen->codec != NULL ? seen->codec : "",
                                          .frames = seen->frames,
                                          .faces = seen->faces,
                                          .samples_per_s = seen->samples_per_s,
                                          .false_present = seen->false_present,
                                          .includes_review = seen->includes_review,
                                          .class_generation = seen->class_generation,
                                          .models = models,
                                          .unknown_people = seen->unknown_people};
}

/* The track's pictures side by side. What cannot be seen as a picture is kept without one. */
static enum hr_status write_portraits(const struct hr_result_view *view, struct hr_buffer *jpeg, struct hr_error *error)
{
    const size_t row = (size_t)3 * HR_PORTRAIT_WIDTH_PX;
    uint8_t *strip = view->portrait_count > 0 ? malloc(view->portrait_count * HR_PORTRAIT_BYTES) : NULL;
    if (strip == NULL)
        return HR_OK;
    for (size_t i = 0; i < view->portrait_count; i++)
        for (size_t y = 0; y < HR_PORTRAIT_HEIGHT_PX; y++)
            memcpy(strip + (y * view->portrait_count + i) * row, view->portraits[i] + y * row, row);
    const struct hr_frame frame = {.size = {(int)view->portrait_count * HR_PORTRAIT_WIDTH_PX, HR_PORTRAIT_HEIGHT_PX},
                                   .stride_bytes = (ptrdiff_t)(view->portrait_count * row),
                                   .rgb = strip};
    enum hr_status status = hr_jpeg_write(&frame, jpeg, error);
    hr_wipe_free(strip, view->portrait_count * HR_PORTRAIT_BYTES);
    return status == HR_ERR_UNSUPPORTED ? HR_OK : status; /* an FFmpeg with little in it, as the function's image has */
}

static enum hr_status keep_view(struct hr_database *database, int64_t track, const struct hr_result_view *view,
                                struct hr_error *error)
{
    struct hr_buffer jpeg;
    if (view->vector == NULL)
        return HR_OK;
    hr_buffer_init(&jpeg, 65536);
    enum hr_status status = write_portraits(view, &jpeg, error);
    struct hr_view_record record = {.track = track,
                                    .vector = hr_view_of(view->vector, view->size * sizeof *view->vector),
                                    .sharpness = (double)view->sharpness,
                                    .frontal = (double)view->frontal,
                                    .picture = hr_buffer_view(&jpeg)};
    if (status == HR_OK)
        status = hr_database_keep_view(database, &record, error);
    hr_buffer_clear(&jpeg);
    return status;
}

static enum hr_status write(struct hr_database *database, const struct hr_observation_record *head,
                            struct hr_track_record *tracks, const struct hr_result *result,
                            const struct hr_recording_place *recording, struct hr_error *error)
{
    int64_t key = 0;
    size_t count = result->observation.track_count;
    if (recording == NULL)
        return hr_database_keep(database, head, tracks, count, error);
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_keep_within(database, head, tracks, count, &key, error);
    if (status == HR_OK)
        status = hr_database_add_recording(database, key, recording, error);
    for (size_t i = 0; status == HR_OK && result->views != NULL && i < count; i++)
        status = keep_view(database, tracks[i].key, &result->views[i], error);
    return hr_database_end(database, status, error);
}

static enum hr_status keep(const struct hr_result *result, const char *version,
                           const struct hr_recording_place *recording, struct hr_database *database,
                           struct hr_error *error)
{
    const struct hr_observation *seen = hr_result_observation(result);
    struct hr_track_record *records = calloc(seen->track_count + 1, sizeof *records);
    struct texts *texts = calloc(seen->track_count + 1, sizeof *texts);
    struct hr_buffer models;
    join_models(seen, &models);
    bool good = records != NULL && texts != NULL && !models.failed;
    for (size_t i = 0; good && i < seen->track_count; i++) {
        records[i] = record_of(&seen->tracks[i], &texts[i]);
        good = !texts[i].best.failed && !texts[i].places.failed;
    }
    struct hr_observation_record head = head_of(seen, version, hr_buffer_text(&models));
    enum hr_status status = good ? write(database, &head, records, result, recording, error) : no_memory(error);
    for (size_t i = 0; texts != NULL && i < seen->track_count; i++) {
        hr_buffer_clear(&texts[i].best);
        hr_buffer_clear(&texts[i].places);
    }
    hr_buffer_clear(&models);
    free(records);
    free(texts);
    return status;
}

enum hr_status hr_result_keep(const struct hr_result *result, const char *version, struct hr_database *database,
                              struct hr_error *error)
{
    return keep(result, version, NULL, database, error);
}

enum hr_status hr_result_keep_for_lesson(const struct hr_result *result, const char *version,
                                         const struct hr_recording_place *recording, struct hr_database *database,
                                         struct hr_error *error)
{
    return keep(result, version, recording, database, error);
}

/* --- export --- */

static struct hr_json *parsed(const char *text)
{
    struct hr_json *json = NULL;
    struct hr_error ignored;
    return hr_json_parse(&json, hr_view_text(text), &ignored) == HR_OK ? json : hr_json_text_new(NULL);
}

/* `only` NULL: of everybody; else the one student, as nothing is said of others. */
static struct hr_json *candidates_of(const struct hr_track_record *track, const char *only)
{
    struct hr_json *array = hr_json_array_new();
    bool good = array != NULL;
    for (size_t i = 0; good && i < track->candidate_count; i++) {
        if (only != NULL && strcmp(track->candidates[i].student_id, only) != 0)
            continue;
        struct hr_json *object = hr_json_object_new();
        good = hr_json_set(object, "student_id", hr_json_text_new(track->candidates[i].student_id)) &&
               hr_json_set(object, "similarity", hr_json_real_new(track->candidates[i].similarity));
        good = hr_json_append(array, object) && good;
    }
    return array;
}

/* Of one observation. */
struct track_list {
    struct hr_json *tracks;
    const char *only; /* the student whose they are, or who could be; NULL: everybody */
};

static bool concerns(const struct hr_track_record *track, const char *student)
{
    bool found = track->student_id != NULL && strcmp(track->student_id, student) == 0;
    for (size_t i = 0; !found && i < track->candidate_count; i++)
        found = strcmp(track->candidates[i].student_id, student) == 0;
    return found;
}

static enum hr_status add_track(void *context, const struct hr_track_record *track, struct hr_error *error)
{
    const struct track_list *list = context;
    const char *only = list->only, *id = track->student_id;
    if (only != NULL && !concerns(track, only))
        return HR_OK;
    if (only != NULL && id != NULL && strcmp(id, only) != 0)
        id = NULL; /* somebody else's name */
    struct hr_json *object = hr_json_object_new();
    bool good = hr_json_set(object, "student_id", hr_json_text_new(id)) &&
                hr_json_set(object, "person",
                            track->person > 0 ? hr_json_integer_new((int64_t)track->person) : hr_json_text_new(NULL)) &&
                hr_json_set(object, "band", hr_json_text_new(track->band)) &&
                hr_json_set(object, "reason", hr_json_text_new(track->reason)) &&
                hr_json_set(object, "camera", hr_json_integer_new(track->camera + 1)) &&
                hr_json_set(object, "first_seen_ms", hr_json_integer_new(track->first_us / 1000)) &&
                hr_json_set(object, "last_seen_ms", hr_json_integer_new(track->last_us / 1000)) &&
                hr_json_set(object, "sightings", hr_json_integer_new((int64_t)track->sightings)) &&
                hr_json_set(object, "views", hr_json_integer_new((int64_t)track->views)) &&
                hr_json_set(object, "face_px", hr_json_real_new(track->face_px)) &&
                hr_json_set(object, "similarity", hr_json_real_new(track->similarity)) &&
                hr_json_set(object, "margin", hr_json_real_new(track->margin)) &&
                hr_json_set(object, "stranger_chance", hr_json_real_new(track->stranger_chance)) &&
                hr_json_set(object, "model", hr_json_text_new(track->model_id[0] != '\0' ? track->model_id : NULL)) &&
                hr_json_set(object, "candidates", candidates_of(track, only)) &&
                hr_json_set(object, "best", parsed(track->best)) &&
                hr_json_set(object, "places", parsed(track->places));
    if (good)
        return hr_json_append(list->tracks, object) ? HR_OK : no_memory(error);
    hr_json_free(object);
    return no_memory(error);
}

struct writing {
    struct hr_database *database;
    struct hr_buffer *out;
    size_t count;
};

static bool set_head(struct hr_json *object, const struct hr_observation_record *observation)
{
    char made[HR_CLOCK_ISO8601_SIZE];
    hr_clock_iso8601(observation->made_us, made);
    return hr_json_set(object, "video", hr_json_any_text_new(observation->video)) &&
           hr_json_set(object, "version", hr_json_text_new(observation->version)) &&
           hr_json_set(object, "made", hr_json_text_new(made)) &&
           hr_json_set(object, "duration_ms", hr_json_integer_new(observation->duration_us / 1000)) &&
           hr_json_set(object, "width_px", hr_json_integer_new(observation->width_px)) &&
           hr_json_set(object, "height_px", hr_json_integer_new(observation->height_px)) &&
           hr_json_set(object, "codec", hr_json_text_new(observation->codec)) &&
           hr_json_set(object, "models", hr_json_text_new(observation->models)) &&
           hr_json_set(object, "samples_per_s", hr_json_real_new(observation->samples_per_s)) &&
           hr_json_set(object, "false_present", hr_json_real_new(observation->false_present)) &&
           hr_json_set(object, "include", hr_json_text_new(observation->includes_review ? "review" : "certain")) &&
           hr_json_set(object, "frames", hr_json_integer_new((int64_t)observation->frames)) &&
           hr_json_set(object, "faces", hr_json_integer_new((int64_t)observation->faces)) &&
           hr_json_set(object, "unknown_people", hr_json_integer_new((int64_t)observation->unknown_people));
}

/* *out is the caller's (hr_json_free). */
static enum hr_status describe(struct hr_database *database, const struct hr_observation_record *observation,
                               const char *only, struct hr_json **out, struct hr_error *error)
{
    struct track_list list = {hr_json_array_new(), only};
    *out = hr_json_object_new();
    enum hr_status status = set_head(*out, observation)
                                ? hr_database_each_track(database, observation->key, add_track, &list, error)
                                : no_memory(error);
    if (status != HR_OK)
        hr_json_free(list.tracks);
    else if (!hr_json_set(*out, "tracks", list.tracks)) /* which takes them, also when it fails */
        status = no_memory(error);
    return status;
}

static enum hr_status write_observation(void *context, const struct hr_observation_record *observation,
                                        struct hr_error *error)
{
    struct writing *writing = context;
    struct hr_json *object = NULL;
    enum hr_status status = describe(writing->database, observation, NULL, &object, error);
    if (status == HR_OK) {
        hr_buffer_append_text(writing->out, writing->count++ > 0 ? ",\n" : "\n");
        status = hr_json_print(object, false, writing->out, error);
    }
    hr_json_free(object);
    return status;
}

enum hr_status hr_export_observations_json(struct hr_database *database, struct hr_buffer *out, struct hr_error *error)
{
    struct writing writing = {.database = database, .out = out};
    hr_buffer_append_text(out, "{\"observations\": [");
    enum hr_status status = hr_database_each_observation(database, write_observation, &writing, error);
    hr_buffer_append_text(out, "\n]}\n");
    return status == HR_OK ? hr_buffer_check(out, error) : status;
}

/* --- of one student --- */

struct gathering {
    struct hr_database *database;
    const char *student;
    struct hr_json *list;
};

static enum hr_status gather(void *context, const struct hr_observation_record *observation, struct hr_error *error)
{
    struct gathering *gathering = context;
    struct hr_json *object = NULL;
    enum hr_status status = describe(gathering->database, observation, gathering->student, &object, error);
    if (status == HR_OK && hr_json_size(hr_json_get(object, "tracks")) > 0) {
        status = hr_json_append(gathering->list, object) ? HR_OK : no_memory(error);
        object = NULL;
    }
    hr_json_free(object);
    return status;
}

enum hr_status hr_observations_of_student(struct hr_database *database, const char *student_id, struct hr_json *list,
                                          struct hr_error *error)
{
    struct gathering gathering = {database, student_id, list};
    return hr_database_each_observation_of(database, student_id, gather, &gathering, error);
}
