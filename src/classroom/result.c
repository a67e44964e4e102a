#include "classroom/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    result->report.video = result->video;
    result->report.model_ids = (const char *const *)result->model_ids;
    result->report.model_count = layout->count;
    result->report.warnings = (const char *const *)result->warnings;
    return result;
}

void hr_result_free(struct hr_result *result)
{
    if (result == NULL)
        return;
    hr_students_free(result->records, result->report.student_count);
    for (size_t i = 0; i < result->report.warning_count; i++)
        free(result->warnings[i]);
    free(result->video);
    free(result->codec);
    for (size_t i = 0; i < HR_VECTOR_PARTS_MAX; i++)
        free(result->model_ids[i]);
    free(result->seen);
    free(result->rows);
    free(result->tracks);
    free(result->extra);
    free(result);
}

void hr_result_warn(struct hr_result *result, const char *format, ...)
{
    if (result->report.warning_count == HR_RESULT_WARNING_MAX)
        return;
    char text[HR_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char *copy = strdup(text);
    if (copy != NULL)
        result->warnings[result->report.warning_count++] = copy;
}

/* The tracks of one student, put together: those of the best band that he reaches. */
static void add_track(struct hr_seen_student *seen, const struct hr_track *track,
                      const struct hr_decision *decision)
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

static bool left_out(const struct hr_result *result, enum hr_band band)
{
    return band != HR_BAND_CERTAIN && !result->report.includes_review;
}

static int by_first_sight(const void *a, const void *b)
{
    const struct hr_seen_student *left = a, *right = b;
    if (left->first_us != right->first_us)
        return left->first_us < right->first_us ? -1 : 1;
    return strcmp(left->id, right->id);
}

/* Aggregates tracks by student into result->seen, ids borrowed from the gallery for now. */
static enum hr_status gather_students(struct hr_result *result, const struct hr_tracks *tracks,
                                      struct hr_snapshot *snapshot, const struct hr_decision *decisions, size_t *count,
                                      struct hr_error *error)
{
    const struct hr_gallery *gallery = snapshot->gallery;
    size_t enrolled = hr_gallery_students(gallery);
    struct hr_seen_student *all = calloc(enrolled + 1, sizeof *all);
    if (all == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu students", enrolled);
    for (size_t i = 0; i < hr_tracks_count(tracks); i++) {
        if (decisions[i].student != SIZE_MAX)
            add_track(&all[decisions[i].student], hr_tracks_get(tracks, i), &decisions[i]);
        else
            result->unknown_count++;
    }
    size_t seen = 0;
    for (size_t i = 0; i < enrolled; i++) {
        if (all[i].tracks > 0) {
            all[i].id = hr_gallery_student(gallery, i).id;
            all[seen++] = all[i];
        }
    }
    qsort(all, seen, sizeof *all, by_first_sight);
    result->seen = all;
    *count = seen;
    return HR_OK;
}

static enum hr_status look_up(struct hr_result *result, struct hr_snapshot *snapshot, size_t count,
                              struct hr_error *error)
{
    const char **ids = calloc(count + 1, sizeof *ids);
    result->records = calloc(count + 1, sizeof *result->records);
    enum hr_status status = HR_OK;
    if (ids == NULL || result->records == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu records", count);
        goto out;
    }
    for (size_t i = 0; i < count; i++)
        ids[i] = result->seen[i].id;
    status = hr_snapshot_look_up(snapshot, ids, count, result->records, error);
    if (status == HR_OK)
        result->report.student_count = count;
out:
    free(ids);
    return status;
}

static void link_row(struct hr_result *result, size_t index, const char **extra)
{
    const struct hr_student *record = &result->records[index];
    struct hr_seen_student *seen = &result->seen[index];
    seen->id = record->id;
    seen->name = record->name;
    seen->major = record->major;
    seen->year = record->year;
    seen->has_record = record->found && (record->major[0] != '\0' || record->year[0] != '\0' ||
                                         record->extra_count > 0);
    if (!seen->has_record)
        hr_result_warn(
            result, "a recognised student has no record in the table; the row's fields are empty");
    for (size_t i = 0; i < record->extra_count; i++) {
        extra[2 * i] = record->extra[i].key;
        extra[2 * i + 1] = record->extra[i].value;
    }
    result->rows[index] = (struct hr_report_student){.id = seen->id,
                                                     .name = seen->name,
                                                     .major = seen->major,
                                                     .year = seen->year,
                                                     .extra = extra,
                                                     .extra_count = record->extra_count,
                                                     .has_record = seen->has_record,
                                                     .first_us = seen->first_us,
                                                     .last_us = seen->last_us,
                                                     .sightings = seen->sightings,
                                                     .tracks = seen->tracks,
                                                     .band = hr_band_name(seen->band),
                                                     .reason = seen->reason,
                                                     .left_out = left_out(result, seen->band),
                                                     .similarity = seen->similarity,
                                                     .margin = seen->margin,
                                                     .stranger_chance = seen->stranger_chance};
}

static enum hr_status link_rows(struct hr_result *result, struct hr_error *error)
{
    size_t pairs = 0;
    for (size_t i = 0; i < result->report.student_count; i++)
        pairs += result->records[i].extra_count;
    result->rows = calloc(result->report.student_count + 1, sizeof *result->rows);
    result->extra = calloc(2 * pairs + 1, sizeof *result->extra);
    if (result->rows == NULL || result->extra == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the report");
    const char **extra = result->extra;
    for (size_t i = 0; i < result->report.student_count; i++) {
        link_row(result, i, extra);
        extra += 2 * result->records[i].extra_count;
    }
    result->report.students = result->rows;
    return HR_OK;
}

/* The id as the result owns it, so that it outlives the gallery. */
static const char *owned_id(const struct hr_result *result, const char *id)
{
    for (size_t i = 0; i < result->report.student_count; i++)
        if (strcmp(result->records[i].id, id) == 0)
            return result->records[i].id;
    return NULL;
}

static enum hr_status link_tracks(struct hr_result *result, const struct hr_tracks *tracks,
                                  struct hr_snapshot *snapshot, const struct hr_decision *decisions,
                                  struct hr_error *error)
{
    size_t count = hr_tracks_count(tracks);
    result->tracks = calloc(count + 1, sizeof *result->tracks);
    if (result->tracks == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the report");
    for (size_t i = 0; i < count; i++) {
        const struct hr_track *track = hr_tracks_get(tracks, i);
        const char *id = decisions[i].student == SIZE_MAX
                             ? NULL
                             : owned_id(result, hr_gallery_student(snapshot->gallery,
                                                                   decisions[i].student)
                                                    .id);
        result->tracks[i] =
            (struct hr_report_track){.student_id = id,
                                     .band = hr_band_name(decisions[i].band),
                                     .reason = hr_decision_reason_name(decisions[i].reason),
                                     .first_us = track->first_us,
                                     .last_us = track->last_us,
                                     .sightings = track->sightings,
                                     .views = track->views,
                                     .face_px = track->face_px,
                                     .similarity = decisions[i].choice.student != SIZE_MAX
                                                       ? (double)decisions[i].choice.similarity
                                                       : (double)NAN,
                                     .margin = decisions[i].margin,
                                     .stranger_chance = decisions[i].stranger_chance};
    }
    result->report.tracks = result->tracks;
    result->report.track_count = count;
    return HR_OK;
}

enum hr_status hr_result_fill(struct hr_result *result, const struct hr_tracks *tracks,
                              struct hr_snapshot *snapshot, const struct hr_decision *decisions, struct hr_error *error)
{
    size_t count = 0;
    enum hr_status status = gather_students(result, tracks, snapshot, decisions, &count, error);
    if (status == HR_OK)
        status = look_up(result, snapshot, count, error);
    if (status == HR_OK)
        status = link_rows(result, error);
    if (status == HR_OK)
        status = link_tracks(result, tracks, snapshot, decisions, error);
    return status;
}

const struct hr_report *hr_result_report(const struct hr_result *result)
{
    return &result->report;
}

const struct hr_stage_times *hr_result_times(const struct hr_result *result)
{
    return &result->times;
}

size_t hr_result_student_count(const struct hr_result *result)
{
    size_t count = 0;
    for (size_t i = 0; i < result->report.student_count; i++)
        count += !result->rows[i].left_out;
    return count;
}

const struct hr_seen_student *hr_result_student(const struct hr_result *result, size_t index)
{
    for (size_t i = 0; i < result->report.student_count; i++)
        if (!result->rows[i].left_out && index-- == 0)
            return &result->seen[i];
    return NULL;
}

size_t hr_result_unknown_count(const struct hr_result *result)
{
    return result->unknown_count;
}

const char *hr_result_warning(const struct hr_result *result, size_t index)
{
    return index < result->report.warning_count ? result->warnings[index] : NULL;
}

enum hr_status hr_result_write(const struct hr_result *result, enum hr_format format,
                               const char *columns, char **text, struct hr_error *error)
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
    status = format == HR_FORMAT_JSON
                 ? hr_report_write_json(&result->report, &buffer, error)
                 : hr_report_write_csv(&result->report, &wanted, &buffer, error);
    if (status == HR_OK) {
        *text = strdup(hr_buffer_text(&buffer));
        if (*text == NULL)
            status = hr_error_set(error, HR_ERR_MEMORY, "no memory for the report");
    }
    hr_buffer_clear(&buffer);
    return status;
}
