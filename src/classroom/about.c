#include "classroom/about.h"

#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "classroom/keep.h"
#include "records/audit.h"
#include "records/classes.h"
#include "records/consent.h"
#include "records/corrections.h"
#include "records/views.h"
#include "roster/student.h"

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for what is held about a student");
}

/* 0 is no time: null. */
static struct hr_json *time_of(int64_t wall_us)
{
    char text[HR_CLOCK_ISO8601_SIZE];
    if (wall_us <= 0)
        return hr_json_text_new(NULL);
    hr_clock_iso8601(wall_us, text);
    return hr_json_text_new(text);
}

/* --- audit --- */

static struct hr_json *note_of(const struct hr_audit_record *record)
{
    struct hr_json *object = hr_json_object_new();
    bool good = hr_json_set(object, "at", time_of(record->at_us)) &&
                hr_json_set(object, "who", hr_json_any_text_new(record->who)) &&
                hr_json_set(object, "what", hr_json_text_new(record->what)) &&
                hr_json_set(object, "student",
                            record->student > 0 ? hr_json_integer_new(record->student) : hr_json_text_new(NULL)) &&
                hr_json_set(object, "count", hr_json_integer_new(record->count));
    if (good)
        return object;
    hr_json_free(object);
    return NULL;
}

static enum hr_status add_note(void *context, const struct hr_audit_record *record, struct hr_error *error)
{
    struct hr_json *note = note_of(record);
    return note != NULL && hr_json_append(context, note) ? HR_OK : no_memory(error);
}

struct writing {
    struct hr_buffer *out;
    size_t count;
};

static enum hr_status write_note(void *context, const struct hr_audit_record *record, struct hr_error *error)
{
    struct writing *writing = context;
    struct hr_json *note = note_of(record);
    if (note == NULL)
        return no_memory(error);
    hr_buffer_append_text(writing->out, writing->count++ > 0 ? ",\n" : "\n");
    enum hr_status status = hr_json_write(note, false, writing->out, error);
    hr_json_free(note);
    return status;
}

enum hr_status hr_export_audit_json(struct hr_database *database, struct hr_buffer *out, struct hr_error *error)
{
    struct writing writing = {.out = out};
    hr_buffer_append_text(out, "{\"audit\": [");
    enum hr_status status = hr_database_each_note(database, NULL, write_note, &writing, error);
    hr_buffer_append_text(out, "\n]}\n");
    return status == HR_OK ? hr_buffer_check(out, error) : status;
}

/* --- one student --- */

static struct hr_json *vector_of(struct hr_view bytes)
{
    struct hr_json *numbers = hr_json_array_new();
    bool good = numbers != NULL;
    for (size_t at = 0; good && at + sizeof(float) <= bytes.size; at += sizeof(float)) {
        float number;
        memcpy(&number, bytes.data + at, sizeof number);
        good = hr_json_append(numbers, hr_json_real_new((double)number));
    }
    if (good)
        return numbers;
    hr_json_free(numbers);
    return NULL;
}

static enum hr_status add_face(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    struct hr_json *faces = context, *face = hr_json_object_new();
    bool good =
        hr_json_set(face, "origin", hr_json_any_text_new(record->origin)) &&
        hr_json_set(face, "origin_sha256",
                    hr_json_text_new(record->origin_sha256[0] != '\0' ? record->origin_sha256 : NULL)) &&
        hr_json_set(face, "created", time_of(record->created_us)) &&
        hr_json_set(face, "verdict", hr_json_text_new(record->verdict[0] != '\0' ? record->verdict : "enrolled")) &&
        hr_json_set(face, "quality", hr_json_real_new(record->quality)) &&
        hr_json_set(face, "face_px",
                    record->face_px > 0 ? hr_json_real_new(record->face_px) : hr_json_text_new(NULL)) &&
        hr_json_set(face, "model", hr_json_text_new(record->model_id)) &&
        hr_json_set(face, "vector", vector_of(record->vector));
    if (good)
        return hr_json_append(faces, face) ? HR_OK : no_memory(error);
    hr_json_free(face);
    return no_memory(error);
}

static struct hr_json *record_of(const struct hr_student *student)
{
    struct hr_json *object = hr_json_object_new(), *extra = hr_json_object_new();
    bool good = object != NULL;
    for (int i = 0; good && i < HR_STUDENT_COLUMN_COUNT; i++)
        good = hr_json_set(object, hr_column_name((enum hr_student_column)i),
                           hr_json_text_new(hr_student_cell(student, (enum hr_student_column)i)));
    for (size_t i = 0; good && i < student->extra_count; i++)
        good = hr_json_set(extra, student->extra[i].key, hr_json_text_new(student->extra[i].value));
    if (good)
        good = hr_json_set(object, "further_columns", extra);
    else
        hr_json_free(extra);
    if (good)
        return object;
    hr_json_free(object);
    return NULL;
}

static struct hr_json *consent_json(const struct hr_consent_record *record)
{
    struct hr_json *object = hr_json_object_new();
    if (hr_json_set(object, "given", hr_json_text_new(hr_consent_name(record->consent))) &&
        hr_json_set(object, "since", time_of(record->since_us)))
        return object;
    hr_json_free(object);
    return NULL;
}

static enum hr_status set_record(struct hr_database *database, const char *id, struct hr_json *object,
                                 struct hr_error *error)
{
    struct hr_student student = {0};
    struct hr_student_standing standing;
    struct hr_consent_record consent;
    struct hr_roster roster = hr_database_roster(database);
    enum hr_status status = hr_database_standing(database, id, &standing, error);
    if (status == HR_OK)
        status = hr_database_consent(database, id, &consent, error);
    if (status == HR_OK)
        status = hr_roster_get(&roster, &id, 1, &student, error);
    if (status != HR_OK)
        return status;
    bool good = hr_json_set(object, "key", hr_json_integer_new(standing.key)) &&
                hr_json_set(object, "record", record_of(&student)) &&
                hr_json_set(object, "from_table", hr_json_boolean_new(standing.listed)) &&
                hr_json_set(object, "consent", consent_json(&consent));
    hr_student_clear(&student);
    return good ? HR_OK : no_memory(error);
}

/* One of the lists: made by `fill`, and put into the object under its name. */
typedef enum hr_status fill_fn(struct hr_database *database, const char *id, struct hr_json *list,
                               struct hr_error *error);

static enum hr_status fill_faces(struct hr_database *database, const char *id, struct hr_json *list,
                                 struct hr_error *error)
{
    return hr_database_each_face_of(database, id, add_face, list, error);
}

static enum hr_status add_lesson(void *context, const struct hr_student_lesson_record *record, struct hr_error *error)
{
    struct hr_json *lessons = context, *lesson = hr_json_object_new();
    bool good = hr_json_set(lesson, "class", hr_json_text_new(record->class_id)) &&
                hr_json_set(lesson, "day", hr_json_text_new(record->day)) &&
                hr_json_set(lesson, "start", time_of(record->start_us)) &&
                hr_json_set(lesson, "end", time_of(record->end_us)) &&
                hr_json_set(lesson, "mark", hr_json_text_new(record->mark)) &&
                hr_json_set(lesson, "note", hr_json_text_new(record->note)) &&
                hr_json_set(lesson, "marked", time_of(record->marked_us)) &&
                hr_json_set(lesson, "status", hr_json_text_new(record->final_status)) &&
                hr_json_set(lesson, "why", hr_json_text_new(record->final_why)) &&
                hr_json_set(lesson, "arrived", time_of(record->arrived_us)) &&
                hr_json_set(lesson, "left", time_of(record->left_us));
    if (good)
        return hr_json_append(lessons, lesson) ? HR_OK : no_memory(error);
    hr_json_free(lesson);
    return no_memory(error);
}

static enum hr_status fill_lessons(struct hr_database *database, const char *id, struct hr_json *list,
                                   struct hr_error *error)
{
    return hr_database_each_lesson_of_student(database, id, add_lesson, list, error);
}

struct memberships {
    struct hr_database *database;
    struct hr_json *list;
    const char *student_id, *class_id;
};

static enum hr_status add_membership(void *context, const struct hr_member_record *member, struct hr_error *error)
{
    struct memberships *of = context;
    if (strcmp(member->student_id, of->student_id) != 0)
        return HR_OK;
    struct hr_json *entry = hr_json_object_new();
    bool good = hr_json_set(entry, "class", hr_json_text_new(of->class_id)) &&
                hr_json_set(entry, "from", hr_json_text_new(member->from_day)) &&
                hr_json_set(entry, "to", hr_json_text_new(member->to_day[0] != '\0' ? member->to_day : NULL));
    if (good)
        return hr_json_append(of->list, entry) ? HR_OK : no_memory(error);
    hr_json_free(entry);
    return no_memory(error);
}

static enum hr_status add_class(void *context, const struct hr_class_record *class, struct hr_error *error)
{
    struct memberships *of = context;
    of->class_id = class->id;
    return hr_database_each_member(of->database, class->id, NULL, add_membership, of, error);
}

static enum hr_status fill_classes(struct hr_database *database, const char *id, struct hr_json *list,
                                   struct hr_error *error)
{
    struct memberships of = {.database = database, .list = list, .student_id = id};
    return hr_database_each_class(database, add_class, &of, error);
}

static enum hr_status add_change(void *context, const struct hr_change_record *change, struct hr_error *error)
{
    struct hr_json *list = context, *entry = hr_json_object_new();
    bool good = hr_json_set(entry, "kind", hr_json_text_new(hr_correction_name(change->kind))) &&
                hr_json_set(entry, "tracks", hr_json_integer_new((int64_t)change->track_count)) &&
                hr_json_set(entry, "who", hr_json_any_text_new(change->who)) &&
                hr_json_set(entry, "at", time_of(change->at_us)) &&
                hr_json_set(entry, "undone_by", hr_json_text_new(change->undone_us != 0 ? change->undone_by : NULL)) &&
                hr_json_set(entry, "undone", time_of(change->undone_us));
    if (good)
        return hr_json_append(list, entry) ? HR_OK : no_memory(error);
    hr_json_free(entry);
    return no_memory(error);
}

static enum hr_status fill_changes(struct hr_database *database, const char *id, struct hr_json *list,
                                   struct hr_error *error)
{
    return hr_database_each_change_of(database, id, add_change, list, error);
}

/* A vector and a picture: the picture as it is, in base64. */
static enum hr_status add_view(void *context, const struct hr_view_record *view, const char *models,
                               struct hr_error *error)
{
    struct hr_json *list = context, *entry = hr_json_object_new();
    struct hr_buffer picture;
    hr_buffer_init(&picture, (size_t)1 << 20);
    hr_base64_append(&picture, view->picture);
    bool good = hr_json_set(entry, "track", hr_json_integer_new(view->track)) &&
                hr_json_set(entry, "models", hr_json_any_text_new(models)) &&
                hr_json_set(entry, "vector_bytes", hr_json_integer_new((int64_t)view->vector.size)) &&
                hr_json_set(entry, "jpeg", hr_json_text_new(hr_buffer_text(&picture)));
    hr_buffer_clear(&picture);
    if (good)
        return hr_json_append(list, entry) ? HR_OK : no_memory(error);
    hr_json_free(entry);
    return no_memory(error);
}

static enum hr_status fill_views(struct hr_database *database, const char *id, struct hr_json *list,
                                 struct hr_error *error)
{
    return hr_database_each_view_of(database, id, add_view, list, error);
}

static enum hr_status fill_audit(struct hr_database *database, const char *id, struct hr_json *list,
                                 struct hr_error *error)
{
    return hr_database_each_note(database, id, add_note, list, error);
}

static enum hr_status set_list(struct hr_database *database, const char *id, fill_fn *fill, const char *name,
                               struct hr_json *object, struct hr_error *error)
{
    struct hr_json *list = hr_json_array_new();
    enum hr_status status = list != NULL ? fill(database, id, list, error) : no_memory(error);
    if (status != HR_OK) {
        hr_json_free(list);
        return status;
    }
    return hr_json_set(object, name, list) ? HR_OK : no_memory(error);
}

enum hr_status hr_export_student_json(struct hr_database *database, const char *id, struct hr_buffer *out,
                                      struct hr_error *error)
{
    struct hr_json *object = hr_json_object_new();
    enum hr_status status = object != NULL ? set_record(database, id, object, error) : no_memory(error);
    if (status == HR_OK)
        status = set_list(database, id, fill_faces, "faces", object, error);
    if (status == HR_OK)
        status = set_list(database, id, hr_observations_of_student, "observations", object, error);
    if (status == HR_OK)
        status = set_list(database, id, fill_classes, "classes", object, error);
    if (status == HR_OK)
        status = set_list(database, id, fill_lessons, "lessons", object, error);
    if (status == HR_OK)
        status = set_list(database, id, fill_changes, "corrections", object, error);
    if (status == HR_OK)
        status = set_list(database, id, fill_views, "pictures", object, error);
    if (status == HR_OK)
        status = set_list(database, id, fill_audit, "audit", object, error);
    if (status == HR_OK)
        status = hr_json_write(object, false, out, error);
    hr_buffer_append_text(out, "\n");
    hr_json_free(object);
    return status;
}
