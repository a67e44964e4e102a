/* JSON; the members and their meaning are in docs/report-format.md. */
#include "base/json.h"

#include "report/report.h"
#include "report/text.h"

/* A value may be NULL when memory is out: the hr_json_set or hr_json_append that takes it says so.
 * Building goes on after a failure, and the end looks at `good`. */
struct builder {
    struct hr_buffer clean; /* scratch for texts as UTF-8 */
    bool good;
};

static void set(struct builder *builder, struct hr_json *object, const char *key,
                struct hr_json *value)
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

static void set_text(struct builder *builder, struct hr_json *object, const char *key,
                     const char *text)
{
    set(builder, object, key, text_of(builder, text));
}

static void set_count(struct builder *builder, struct hr_json *object, const char *key,
                      size_t count)
{
    set(builder, object, key, hr_json_integer_new((int64_t)count));
}

static void set_real(struct builder *builder, struct hr_json *object, const char *key,
                     double number)
{
    set(builder, object, key, hr_json_real_new(number));
}

/* The same time for people and for programs. */
static void set_time(struct builder *builder, struct hr_json *object, const char *key,
                     const char *key_ms, int64_t time_us)
{
    char text[HR_REPORT_TIME_SIZE];
    hr_report_time_text(time_us, text);
    set_text(builder, object, key, text);
    set(builder, object, key_ms, hr_json_integer_new(hr_report_time_ms(time_us)));
}

static struct hr_json *video_of(struct builder *builder, const struct hr_report *report)
{
    struct hr_json *video = hr_json_object_new();
    set_text(builder, video, "name", report->video);
    if (report->duration_us > 0) {
        set_time(builder, video, "duration", "duration_ms", report->duration_us);
    } else {
        set(builder, video, "duration", hr_json_text_new(NULL));
        set(builder, video, "duration_ms", hr_json_text_new(NULL));
    }
    set(builder, video, "width_px", hr_json_integer_new(report->width_px));
    set(builder, video, "height_px", hr_json_integer_new(report->height_px));
    set_text(builder, video, "codec", report->codec);
    return video;
}

static struct hr_json *options_of(struct builder *builder, const struct hr_report *report)
{
    struct hr_json *options = hr_json_object_new();
    set_real(builder, options, "samples_per_s", report->samples_per_s);
    set_real(builder, options, "false_present", report->false_present);
    set_text(builder, options, "include", report->includes_review ? "review" : "certain");
    return options;
}

static struct hr_json *class_of(struct builder *builder, const struct hr_report *report)
{
    struct hr_json *object = hr_json_object_new();
    set_count(builder, object, "students", report->class_students);
    set_real(builder, object, "crowding", report->class_crowding);
    set_real(builder, object, "similarity_certain", report->class_similarity);
    set_real(builder, object, "margin_certain", report->class_margin);
    return object;
}

static struct hr_json *models_of(struct builder *builder, const struct hr_report *report)
{
    struct hr_json *models = hr_json_array_new();
    for (size_t i = 0; i < report->model_count; i++)
        append(builder, models, text_of(builder, report->model_ids[i]));
    return models;
}

static struct hr_json *extra_of(struct builder *builder, const struct hr_report_student *student)
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

static struct hr_json *student_of(struct builder *builder, const struct hr_report_student *student)
{
    struct hr_json *object = hr_json_object_new();
    set_text(builder, object, "id", student->id);
    set_text(builder, object, "name", student->name);
    set_text(builder, object, "major", student->major);
    set_text(builder, object, "year", student->year);
    set(builder, object, "extra", extra_of(builder, student));
    set(builder, object, "has_record", hr_json_boolean_new(student->has_record));
    set_time(builder, object, "first_seen", "first_seen_ms", student->first_us);
    set_time(builder, object, "last_seen", "last_seen_ms", student->last_us);
    set_count(builder, object, "sightings", student->sightings);
    set_count(builder, object, "tracks", student->tracks);
    set_text(builder, object, "band", student->band);
    set_text(builder, object, "reason", student->reason);
    set(builder, object, "in_rows", hr_json_boolean_new(!student->left_out));
    set_real(builder, object, "similarity", student->similarity);
    set_real(builder, object, "margin", student->margin);
    set_real(builder, object, "stranger_chance", student->stranger_chance);
    return object;
}

static struct hr_json *track_of(struct builder *builder, const struct hr_report_track *track)
{
    struct hr_json *object = hr_json_object_new();
    set(builder, object, "student_id",
        track->student_id != NULL ? text_of(builder, track->student_id) : hr_json_text_new(NULL));
    set_text(builder, object, "band", track->band);
    set_text(builder, object, "reason", track->reason);
    set_time(builder, object, "first_seen", "first_seen_ms", track->first_us);
    set_time(builder, object, "last_seen", "last_seen_ms", track->last_us);
    set_count(builder, object, "sightings", track->sightings);
    set_count(builder, object, "views", track->views);
    set_real(builder, object, "face_px", track->face_px);
    set_real(builder, object, "similarity", track->similarity);
    set_real(builder, object, "margin", track->margin);
    set_real(builder, object, "stranger_chance", track->stranger_chance);
    return object;
}

static struct hr_json *list_of_students(struct builder *builder, const struct hr_report *report)
{
    struct hr_json *students = hr_json_array_new();
    for (size_t i = 0; i < report->student_count; i++)
        append(builder, students, student_of(builder, &report->students[i]));
    return students;
}

static struct hr_json *list_of_tracks(struct builder *builder, const struct hr_report *report)
{
    struct hr_json *tracks = hr_json_array_new();
    for (size_t i = 0; i < report->track_count; i++)
        append(builder, tracks, track_of(builder, &report->tracks[i]));
    return tracks;
}

static struct hr_json *list_of_warnings(struct builder *builder, const struct hr_report *report)
{
    struct hr_json *warnings = hr_json_array_new();
    for (size_t i = 0; i < report->warning_count; i++)
        append(builder, warnings, text_of(builder, report->warnings[i]));
    return warnings;
}

static struct hr_json *report_of(struct builder *builder, const struct hr_report *report)
{
    struct hr_json *object = hr_json_object_new();
    set_text(builder, object, "schema", HR_REPORT_SCHEMA);
    set_text(builder, object, "homeroom", hr_version());
    set(builder, object, "video", video_of(builder, report));
    set(builder, object, "models", models_of(builder, report));
    set(builder, object, "options", options_of(builder, report));
    set(builder, object, "class", class_of(builder, report));
    set_count(builder, object, "frames", report->frames);
    set_count(builder, object, "faces", report->faces);
    set(builder, object, "students", list_of_students(builder, report));
    set(builder, object, "tracks", list_of_tracks(builder, report));
    set(builder, object, "warnings", list_of_warnings(builder, report));
    return object;
}

enum hr_status hr_report_write_json(const struct hr_report *report, struct hr_buffer *out,
                                    struct hr_error *error)
{
    struct builder builder = {.good = true};
    hr_buffer_init(&builder.clean, out->max_size);
    struct hr_json *object = report_of(&builder, report);
    enum hr_status status = hr_buffer_check(&builder.clean, error);
    if (status == HR_OK && !builder.good)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for the report");
    if (status == HR_OK)
        status = hr_json_write(object, true, out, error);
    if (status == HR_OK) {
        hr_buffer_append_text(out, "\n");
        status = hr_buffer_check(out, error);
    }
    hr_json_free(object);
    hr_buffer_clear(&builder.clean);
    return status;
}
