#include "classroom/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "face/people.h"
#include "face/portrait.h"

struct hr_result *hr_result_new(const char *video, const struct hr_vector_layout *layout)
{
    struct hr_result *result = calloc(1, sizeof *result);
    if (result == NULL)
        return NULL;
    result->video = strdup(video);
    bool good = result->video != NULL;
    for (size_t i = 0; i < layout->count; i++) {
        result->model_ids[i] = strdup(layout->parts[i].model_id);
        good = good && result->model_ids[i] != NULL;
    }
    if (!good) {
        hr_result_free(result);
        return NULL;
    }
    result->observation.video = result->video;
    result->observation.model_ids = (const char *const *)result->model_ids;
    result->observation.model_count = layout->count;
    result->observation.warnings = (const char *const *)result->warnings;
    return result;
}

static void free_views(struct hr_result *result)
{
    for (size_t i = 0; result->views != NULL && i < result->observation.track_count; i++) {
        struct hr_result_view *view = &result->views[i];
        if (view->vector != NULL)
            hr_wipe_free(view->vector, view->size * sizeof *view->vector);
        for (size_t j = 0; j < view->portrait_count; j++)
            hr_wipe_free(view->portraits[j], HR_PORTRAIT_BYTES);
    }
    free(result->views);
}

void hr_result_free(struct hr_result *result)
{
    if (result == NULL)
        return;
    free_views(result);
    hr_students_free(result->records, result->observation.student_count);
    hr_texts_free(result->ids, result->id_count);
    for (size_t i = 0; i < result->observation.warning_count; i++)
        free(result->warnings[i]);
    free(result->video);
    free(result->codec);
    for (size_t i = 0; i < HR_VECTOR_PARTS_MAX; i++)
        free(result->model_ids[i]);
    free(result->students);
    free(result->extra);
    free(result->tracks);
    free(result->places);
    free(result);
}

void hr_result_warn(struct hr_result *result, const char *format, ...)
{
    if (result->observation.warning_count == HR_RESULT_WARNING_MAX)
        return;
    char text[HR_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char *copy = strdup(text);
    if (copy != NULL)
        result->warnings[result->observation.warning_count++] = copy;
}

/* One that names a student is for the report, and not for a log that others read. */
static void warn_of_student(struct hr_result *result, const char *id)
{
    size_t before = result->observation.warning_count;
    hr_result_warn(result, "student '%s' has no record in the table; the row's fields are empty", id);
    if (result->observation.warning_count > before)
        result->warning_names[before] = true;
}

bool hr_result_warning_names_student(const struct hr_result *result, size_t index)
{
    return index < result->observation.warning_count && result->warning_names[index];
}

/* The tracks of one student, put together: those of the best band that he reaches. */
static void add_track(struct hr_seen_student *seen, const struct hr_track *track, const struct hr_decision *decision)
{
    if (decision->band < seen->band)
        return;
    bool first = seen->tracks == 0 || decision->band > seen->band;
    if (first) /* what was put together of a lesser band does not count */
        seen->sightings = seen->tracks = 0;
    if (first || track->first_us < seen->first_us)
        seen->first_us = track->first_us;
    if (first || track->last_us > seen->last_us)
        seen->last_us = track->last_us;
    if (first || decision->stranger_chance < seen->stranger_chance) {
        seen->band = decision->band;
        seen->reason = hr_decision_reason_name(decision->reason);
        seen->similarity = (double)decision->choice.similarity;
        seen->margin = decision->margin;
        seen->stranger_chance = decision->stranger_chance;
    }
    seen->sightings += track->sightings;
    seen->tracks++;
}

static int by_first_sight(const void *a, const void *b)
{
    const struct hr_seen_student *left = &((const struct hr_observed_student *)a)->seen;
    const struct hr_seen_student *right = &((const struct hr_observed_student *)b)->seen;
    if (left->first_us != right->first_us)
        return left->first_us < right->first_us ? -1 : 1;
    return strcmp(left->id, right->id);
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a result");
}

/* The tracks put together by student; ids are borrowed from the gallery for now. */
static enum hr_status gather_students(struct hr_result *result, const struct hr_tracks *tracks,
                                      const struct hr_gallery *gallery, const struct hr_decision *decisions,
                                      size_t *count, struct hr_error *error)
{
    size_t enrolled = hr_gallery_students(gallery), seen = 0;
    struct hr_observed_student *all = calloc(enrolled + 1, sizeof *all);
    if (all == NULL)
        return no_memory(error);
    for (size_t i = 0; i < hr_tracks_count(tracks); i++)
        if (decisions[i].student != SIZE_MAX)
            add_track(&all[decisions[i].student].seen, hr_tracks_get(tracks, i), &decisions[i]);
    for (size_t i = 0; i < enrolled; i++) {
        if (all[i].seen.tracks > 0) {
            all[i].seen.id = hr_gallery_student(gallery, i).id;
            all[seen++] = all[i];
        }
    }
    qsort(all, seen, sizeof *all, by_first_sight);
    result->students = all;
    *count = seen;
    return HR_OK;
}

static enum hr_status look_up(struct hr_result *result, struct hr_snapshot *snapshot, size_t count,
                              struct hr_error *error)
{
    const char **ids = calloc(count + 1, sizeof *ids);
    result->records = calloc(count + 1, sizeof *result->records);
    enum hr_status status = ids != NULL && result->records != NULL ? HR_OK : no_memory(error);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        ids[i] = result->students[i].seen.id;
    if (status == HR_OK)
        status = hr_snapshot_look_up(snapshot, ids, count, result->records, error);
    if (status == HR_OK)
        result->observation.student_count = count;
    free(ids);
    return status;
}

/* The strings of a student's record take the place of the gallery's. */
static void link_student(struct hr_result *result, size_t index, const char **extra)
{
    const struct hr_student *record = &result->records[index];
    struct hr_observed_student *student = &result->students[index];
    struct hr_seen_student *seen = &student->seen;
    seen->id = record->id;
    seen->name = record->name;
    seen->major = record->major;
    seen->year = record->year;
    seen->has_record =
        record->found && (record->major[0] != '\0' || record->year[0] != '\0' || record->extra_count > 0);
    student->left_out = seen->band != HR_BAND_CERTAIN && !result->observation.includes_review;
    student->extra = extra;
    student->extra_count = record->extra_count;
    for (size_t i = 0; i < record->extra_count; i++) {
        extra[2 * i] = record->extra[i].key;
        extra[2 * i + 1] = record->extra[i].value;
    }
    if (!seen->has_record)
        warn_of_student(result, seen->id);
}

static enum hr_status link_students(struct hr_result *result, struct hr_error *error)
{
    size_t pairs = 0;
    for (size_t i = 0; i < result->observation.student_count; i++)
        pairs += result->records[i].extra_count;
    result->extra = calloc(2 * pairs + 1, sizeof *result->extra);
    if (result->extra == NULL)
        return no_memory(error);
    const char **extra = result->extra;
    for (size_t i = 0; i < result->observation.student_count; i++) {
        link_student(result, i, extra);
        extra += 2 * result->records[i].extra_count;
    }
    result->observation.students = result->students;
    return HR_OK;
}

/* --- tracks --- */

/* A student's id as the result owns it, so that it outlives the gallery. NULL: no memory. */
static const char *owned_id(struct hr_result *result, const struct hr_gallery *gallery, size_t student)
{
    if (result->ids[student] == NULL)
        result->ids[student] = strdup(hr_gallery_student(gallery, student).id);
    return result->ids[student];
}

static const char *owned_model(const struct hr_result *result, const char *model_id)
{
    for (size_t i = 0; i < result->observation.model_count; i++)
        if (strcmp(result->model_ids[i], model_id) == 0)
            return result->model_ids[i];
    return NULL;
}

static struct hr_observed_place place_of(int64_t at_us, const struct hr_box *box)
{
    return (struct hr_observed_place){at_us, box->left_px, box->top_px, box->right_px - box->left_px,
                                      box->bottom_px - box->top_px};
}

static bool add_candidates(struct hr_result *result, const struct hr_gallery *gallery, const struct hr_track *track,
                           struct hr_observed_track *out)
{
    struct hr_match matches[HR_OBSERVED_CANDIDATES_MAX];
    if (track->vector == NULL)
        return true;
    hr_gallery_search(gallery, track->vector, matches, HR_OBSERVED_CANDIDATES_MAX);
    for (size_t i = 0; i < HR_OBSERVED_CANDIDATES_MAX && matches[i].student != SIZE_MAX; i++) {
        struct hr_observed_candidate *candidate = &out->candidates[out->candidate_count++];
        candidate->student_id = owned_id(result, gallery, matches[i].student);
        candidate->similarity = (double)matches[i].similarity;
        if (candidate->student_id == NULL)
            return false;
    }
    return true;
}

/* Its places go to *places, which moves on. */
static bool fill_track(struct hr_result *result, const struct hr_gallery *gallery, const struct hr_track *track,
                       const struct hr_decision *decision, struct hr_observed_track *out,
                       struct hr_observed_place **places)
{
    bool compared = decision->choice.student != SIZE_MAX;
    *out = (struct hr_observed_track){.band = decision->band,
                                      .reason = hr_decision_reason_name(decision->reason),
                                      .camera = track->camera,
                                      .first_us = track->first_us,
                                      .last_us = track->last_us,
                                      .sightings = track->sightings,
                                      .views = track->views,
                                      .face_px = track->face_px,
                                      .best = place_of(track->best_us, &track->best_box),
                                      .places = *places,
                                      .place_count = track->place_count,
                                      .similarity = compared ? (double)decision->choice.similarity : (double)NAN,
                                      .margin = decision->margin,
                                      .stranger_chance = decision->stranger_chance};
    for (size_t i = 0; i < track->place_count; i++)
        *(*places)++ = place_of(track->places[i].at_us, &track->places[i].box);
    if (compared)
        out->model_id = owned_model(result, hr_gallery_student(gallery, decision->choice.student).part->model_id);
    if (decision->student != SIZE_MAX)
        out->student_id = owned_id(result, gallery, decision->student);
    return add_candidates(result, gallery, track, out) && (decision->student == SIZE_MAX || out->student_id != NULL);
}

static enum hr_status count_people(struct hr_result *result, const struct hr_tracks *tracks,
                                   const struct hr_decision *decisions, struct hr_error *error)
{
    size_t count = hr_tracks_count(tracks);
    size_t *person = calloc(count + 1, sizeof *person);
    if (person == NULL)
        return no_memory(error);
    enum hr_status status = hr_people_of_tracks(tracks, decisions, person, &result->observation.unknown_people, error);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        result->tracks[i].person = person[i];
    free(person);
    return status;
}

static enum hr_status link_tracks(struct hr_result *result, const struct hr_tracks *tracks,
                                  const struct hr_gallery *gallery, const struct hr_decision *decisions,
                                  struct hr_error *error)
{
    size_t count = hr_tracks_count(tracks), place_count = 0;
    for (size_t i = 0; i < count; i++)
        place_count += hr_tracks_get(tracks, i)->place_count;
    result->id_count = hr_gallery_students(gallery);
    result->ids = calloc(result->id_count + 1, sizeof *result->ids);
    result->tracks = calloc(count + 1, sizeof *result->tracks);
    result->places = calloc(place_count + 1, sizeof *result->places);
    if (result->ids == NULL || result->tracks == NULL || result->places == NULL)
        return no_memory(error);
    struct hr_observed_place *places = result->places;
    for (size_t i = 0; i < count; i++)
        if (!fill_track(result, gallery, hr_tracks_get(tracks, i), &decisions[i], &result->tracks[i], &places))
            return no_memory(error);
    result->observation.tracks = result->tracks;
    result->observation.track_count = count;
    return count_people(result, tracks, decisions, error);
}

enum hr_status hr_result_fill(struct hr_result *result, const struct hr_tracks *tracks, struct hr_snapshot *snapshot,
                              const struct hr_decision *decisions, struct hr_error *error)
{
    size_t count = 0;
    result->observation.class_generation = snapshot->generation;
    enum hr_status status = gather_students(result, tracks, snapshot->gallery, decisions, &count, error);
    if (status == HR_OK)
        status = look_up(result, snapshot, count, error);
    if (status == HR_OK)
        status = link_students(result, error);
    if (status == HR_OK)
        status = link_tracks(result, tracks, snapshot->gallery, decisions, error);
    return status;
}

enum hr_status hr_result_take_views(struct hr_result *result, const struct hr_tracks *tracks, struct hr_error *error)
{
    size_t size = hr_tracks_layout(tracks)->size;
    result->views = calloc(result->observation.track_count + 1, sizeof *result->views);
    if (result->views == NULL)
        return no_memory(error);
    for (size_t i = 0; i < result->observation.track_count; i++) {
        const struct hr_track *track = hr_tracks_get(tracks, i);
        struct hr_result_view *view = &result->views[i];
        view->size = size;
        view->sharpness = track->best_sharpness;
        view->frontal = track->best_frontal;
        if (track->vector != NULL) {
            view->vector = calloc(size + 1, sizeof *view->vector);
            if (view->vector == NULL)
                return no_memory(error);
            memcpy(view->vector, track->vector, size * sizeof *view->vector);
        }
        for (size_t j = 0; j < track->portrait_count; j++) {
            view->portraits[j] = malloc(HR_PORTRAIT_BYTES);
            if (view->portraits[j] == NULL)
                return no_memory(error);
            memcpy(view->portraits[j], track->portraits[j], HR_PORTRAIT_BYTES);
            view->portrait_count++;
        }
    }
    return HR_OK;
}

const struct hr_observation *hr_result_observation(const struct hr_result *result)
{
    return &result->observation;
}

const struct hr_stage_times *hr_result_times(const struct hr_result *result)
{
    return &result->times;
}

size_t hr_result_student_count(const struct hr_result *result)
{
    size_t count = 0;
    for (size_t i = 0; i < result->observation.student_count; i++)
        count += !result->students[i].left_out;
    return count;
}

void hr_result_say_took(struct hr_result *result)
{
    const struct hr_stage_times *times = &result->times;
    result->took = (struct hr_observed_work){times->total_us, times->processor_us, times->memory_bytes};
    result->observation.took = &result->took;
}

const struct hr_seen_student *hr_result_student(const struct hr_result *result, size_t index)
{
    for (size_t i = 0; i < result->observation.student_count; i++)
        if (!result->students[i].left_out && index-- == 0)
            return &result->students[i].seen;
    return NULL;
}

size_t hr_result_unknown_count(const struct hr_result *result)
{
    return result->observation.unknown_people;
}

const char *hr_result_warning(const struct hr_result *result, size_t index)
{
    return index < result->observation.warning_count ? result->warnings[index] : NULL;
}

enum hr_status hr_result_write(const struct hr_result *result, enum hr_format format, const char *columns, char **text,
                               struct hr_error *error)
{
    *text = NULL;
    struct hr_report_columns wanted = hr_report_columns_default();
    enum hr_status status = HR_OK;
    if (columns != NULL)
        status = hr_report_columns_parse(&wanted, columns, error);
    if (status != HR_OK)
        return status;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, HR_LIMIT_REPORT_BYTES);
    status = format == HR_FORMAT_JSON ? hr_report_write_json(&result->observation, &buffer, error)
                                      : hr_report_write_csv(&result->observation, &wanted, &buffer, error);
    if (status == HR_OK) {
        *text = strdup(hr_buffer_text(&buffer));
        if (*text == NULL)
            status = hr_error_set(error, HR_ERR_MEMORY, "no memory for the report");
    }
    hr_buffer_clear(&buffer);
    return status;
}
