/* JSON; the members and their meaning are in docs/report-format.md. */
#include <math.h>

#include "base/json.h"

#include "report/report.h"
#include "report/text.h"

/* A value may be NULL when memory is out: the hr_json_set or hr_json_append that takes it says so.
 * Building goes on after a failure, and the end looks at `good`. */
struct builder {
    struct hr_buffer clean; /* scratch for texts as UTF-8 */
    bool good;
};

static void set(struct builder *builder, struct hr_json *object, const char *key, struct hr_json *value)
{
    builder->good = hr_json_set(object, key, value) && builder->good;
}

static void append(struct builder *builder, struct hr_json *array, struct hr_json *value)
{
    builder->good = hr_json_append(array, value) && builder->good;
}

/* NULL text: "". */
static struct hr_json *text_of(struct builder *builder, const char *text)
{
    builder->clean.size = 0;
    hr_buffer_append_utf8(&builder->clean, text != NULL ? text : "");
    if (builder->clean.failed) {
        builder->good = false;
        return NULL;
    }
    return hr_json_text_new(hr_buffer_text(&builder->clean));
}

static void set_text(struct builder *builder, struct hr_json *object, const char *key, const char *text)
{
    set(builder, object, key, text_of(builder, text));
}

static void set_count(struct builder *builder, struct hr_json *object, const char *key, size_t count)
{
    set(builder, object, key, hr_json_integer_new((int64_t)count));
}

static void set_real(struct builder *builder, struct hr_json *object, const char *key, double number)
{
    set(builder, object, key, hr_json_real_new(number));
}

/* The same time for people and for programs. */
static void set_time(struct builder *builder, struct hr_json *object, const char *key, const char *key_ms,
                     int64_t time_us)
{
    char text[HR_REPORT_TIME_SIZE];
    hr_report_time_text(time_us, text);
    set_text(builder, object, key, text);
    set(builder, object, key_ms, hr_json_integer_new(hr_report_time_ms(time_us)));
}

static struct hr_json *video_of(struct builder *builder, const struct hr_observation *observation)
{
    struct hr_json *video = hr_json_object_new();
    set_text(builder, video, "name", observation->video);
    if (observation->duration_us > 0) {
        set_time(builder, video, "duration", "duration_ms", observation->duration_us);
    } else {
        set(builder, video, "duration", hr_json_text_new(NULL));
        set(builder, video, "duration_ms", hr_json_text_new(NULL));
    }
    set(builder, video, "width_px", hr_json_integer_new(observation->width_px));
    set(builder, video, "height_px", hr_json_integer_new(observation->height_px));
    set_text(builder, video, "codec", observation->codec);
    return video;
}

static struct hr_json *options_of(struct builder *builder, const struct hr_observation *observation)
{
    struct hr_json *options = hr_json_object_new();
    set_real(builder, options, "samples_per_s", observation->samples_per_s);
    set_real(builder, options, "false_present", observation->false_present);
    set_text(builder, options, "include", observation->includes_review ? "review" : "certain");
    return options;
}

static struct hr_json *class_of(struct builder *builder, const struct hr_observation *observation)
{
    struct hr_json *object = hr_json_object_new();
    set_count(builder, object, "students", observation->class_students);
    set_real(builder, object, "crowding", observation->class_crowding);
    set_real(builder, object, "similarity_certain", observation->class_similarity);
    set_real(builder, object, "margin_certain", observation->class_margin);
    return object;
}

static struct hr_json *models_of(struct builder *builder, const struct hr_observation *observation)
{
    struct hr_json *models = hr_json_array_new();
    for (size_t i = 0; i < observation->model_count; i++)
        append(builder, models, text_of(builder, observation->model_ids[i]));
    return models;
}

static struct hr_json *extra_of(struct builder *builder, const struct hr_observed_student *student)
{
    struct hr_json *extra = hr_json_object_new();
    struct hr_buffer key;
    hr_buffer_init(&key, builder->clean.max_size);
    for (size_t i = 0; i < student->extra_count; i++) {
        key.size = 0;
        hr_buffer_append_utf8(&key, student->extra[2 * i]);
        builder->good = !key.failed && builder->good;
        set_text(builder, extra, hr_buffer_text(&key), student->extra[2 * i + 1]);
    }
    hr_buffer_clear(&key);
    return extra;
}

static struct hr_json *student_of(struct builder *builder, const struct hr_observed_student *student)
{
    struct hr_json *object = hr_json_object_new();
    set_text(builder, object, "id", student->seen.id);
    set_text(builder, object, "name", student->seen.name);
    set_text(builder, object, "major", student->seen.major);
    set_text(builder, object, "year", student->seen.year);
    set(builder, object, "extra", extra_of(builder, student));
    set(builder, object, "has_record", hr_json_boolean_new(student->seen.has_record));
    set_time(builder, object, "first_seen", "first_seen_ms", student->seen.first_us);
    set_time(builder, object, "last_seen", "last_seen_ms", student->seen.last_us);
    set_count(builder, object, "sightings", student->seen.sightings);
    set_count(builder, object, "tracks", student->seen.tracks);
    set_text(builder, object, "band", hr_band_name(student->seen.band));
    set_text(builder, object, "reason", student->seen.reason);
    set(builder, object, "in_rows", hr_json_boolean_new(!student->left_out));
    set_real(builder, object, "similarity", student->seen.similarity);
    set_real(builder, object, "margin", student->seen.margin);
    set_real(builder, object, "stranger_chance", student->seen.stranger_chance);
    return object;
}

/* [ms, left, top, width, height], whole pixels: many of them. */
static struct hr_json *place_of(struct builder *builder, const struct hr_observed_place *place)
{
    struct hr_json *array = hr_json_array_new();
    const float sides[] = {place->left_px, place->top_px, place->width_px, place->height_px};
    append(builder, array, hr_json_integer_new(hr_report_time_ms(place->at_us)));
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        append(builder, array, hr_json_integer_new(lroundf(sides[i])));
    return array;
}

static struct hr_json *candidates_of(struct builder *builder, const struct hr_observed_track *track)
{
    struct hr_json *array = hr_json_array_new();
    for (size_t i = 0; i < track->candidate_count; i++) {
        struct hr_json *object = hr_json_object_new();
        set_text(builder, object, "student_id", track->candidates[i].student_id);
        set_real(builder, object, "similarity", track->candidates[i].similarity);
        append(builder, array, object);
    }
    return array;
}

static struct hr_json *places_of(struct builder *builder, const struct hr_observed_track *track)
{
    struct hr_json *array = hr_json_array_new();
    for (size_t i = 0; i < track->place_count; i++)
        append(builder, array, place_of(builder, &track->places[i]));
    return array;
}

static struct hr_json *track_of(struct builder *builder, const struct hr_observed_track *track)
{
    struct hr_json *object = hr_json_object_new();
    set(builder, object, "student_id",
        track->student_id != NULL ? text_of(builder, track->student_id) : hr_json_text_new(NULL));
    set(builder, object, "person",
        track->person > 0 ? hr_json_integer_new((int64_t)track->person) : hr_json_text_new(NULL));
    set_text(builder, object, "band", hr_band_name(track->band));
    set_text(builder, object, "reason", track->reason);
    set_count(builder, object, "camera", (size_t)track->camera + 1);
    set_time(builder, object, "first_seen", "first_seen_ms", track->first_us);
    set_time(builder, object, "last_seen", "last_seen_ms", track->last_us);
    set_count(builder, object, "sightings", track->sightings);
    set_count(builder, object, "views", track->views);
    set_real(builder, object, "face_px", track->face_px);
    set_real(builder, object, "similarity", track->similarity);
    set_real(builder, object, "margin", track->margin);
    set_real(builder, object, "stranger_chance", track->stranger_chance);
    set(builder, object, "model", hr_json_text_new(track->model_id));
    set(builder, object, "candidates", candidates_of(builder, track));
    set(builder, object, "best", place_of(builder, &track->best));
    set(builder, object, "places", places_of(builder, track));
    return object;
}

static struct hr_json *list_of_students(struct builder *builder, const struct hr_observation *observation)
{
    struct hr_json *students = hr_json_array_new();
    for (size_t i = 0; i < observation->student_count; i++)
        append(builder, students, student_of(builder, &observation->students[i]));
    return students;
}

static struct hr_json *list_of_tracks(struct builder *builder, const struct hr_observation *observation)
{
    struct hr_json *tracks = hr_json_array_new();
    for (size_t i = 0; i < observation->track_count; i++)
        append(builder, tracks, track_of(builder, &observation->tracks[i]));
    return tracks;
}

static struct hr_json *list_of_warnings(struct builder *builder, const struct hr_observation *observation)
{
    struct hr_json *warnings = hr_json_array_new();
    for (size_t i = 0; i < observation->warning_count; i++)
        append(builder, warnings, text_of(builder, observation->warnings[i]));
    return warnings;
}

static struct hr_json *work_of(const struct hr_observed_work *took)
{
    struct hr_json *object = hr_json_object_new();
    hr_json_set(object, "wall_s", hr_json_real_new((double)took->wall_us / 1e6));
    hr_json_set(object, "processor_s", hr_json_real_new((double)took->processor_us / 1e6));
    hr_json_set(object, "memory_mb", hr_json_real_new((double)took->memory_bytes / (1 << 20)));
    return object;
}

static struct hr_json *report_of(struct builder *builder, const struct hr_observation *observation)
{
    struct hr_json *object = hr_json_object_new();
    set_text(builder, object, "schema", HR_REPORT_SCHEMA);
    set_text(builder, object, "homeroom", hr_version());
    set(builder, object, "video", video_of(builder, observation));
    set(builder, object, "models", models_of(builder, observation));
    set(builder, object, "options", options_of(builder, observation));
    set(builder, object, "class", class_of(builder, observation));
    set_count(builder, object, "frames", observation->frames);
    set_count(builder, object, "faces", observation->faces);
    set(builder, object, "students", list_of_students(builder, observation));
    set_count(builder, object, "unknown_people", observation->unknown_people);
    set(builder, object, "tracks", list_of_tracks(builder, observation));
    set(builder, object, "warnings", list_of_warnings(builder, observation));
    if (observation->took != NULL)
        set(builder, object, "took", work_of(observation->took));
    return object;
}

enum hr_status hr_report_write_json(const struct hr_observation *observation, struct hr_buffer *out,
                                    struct hr_error *error)
{
    struct builder builder = {.good = true};
    hr_buffer_init(&builder.clean, out->max_size);
    struct hr_json *object = report_of(&builder, observation);
    enum hr_status status = hr_buffer_check(&builder.clean, error);
    if (status == HR_OK && !builder.good)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for the report");
    if (status == HR_OK)
        status = hr_json_print(object, true, out, error);
    if (status == HR_OK) {
        hr_buffer_append_text(out, "\n");
        status = hr_buffer_check(out, error);
    }
    hr_json_free(object);
    hr_buffer_clear(&builder.clean);
    return status;
}
