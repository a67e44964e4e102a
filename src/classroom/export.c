#include "classroom/export.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "roster/student.h"
#include "tables/csv.h"

/* --- CSV --- */

/* The further columns of all students: the keys are borrowed from them. */
struct columns {
    const char *keys[HR_LIMIT_EXTRA_COLUMNS];
    size_t count;
};

static bool has_column(const struct columns *columns, const char *key)
{
    for (size_t i = 0; i < columns->count; i++)
        if (hr_student_column_same(hr_view_text(columns->keys[i]), hr_view_text(key)))
            return true;
    return false;
}

static enum hr_status collect_columns(const struct hr_student *students, size_t count, struct columns *columns,
                                      struct hr_error *error)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < students[i].extra_count; k++) {
            const char *key = students[i].extra[k].key;
            if (has_column(columns, key))
                continue;
            if (columns->count == HR_LIMIT_EXTRA_COLUMNS)
                return hr_error_set(error, HR_ERR_LIMIT,
                                    "the students have more than %d further columns together: "
                                    "export them as JSON",
                                    HR_LIMIT_EXTRA_COLUMNS);
            columns->keys[columns->count++] = key;
        }
    }
    return HR_OK;
}

static const char *extra_cell(const struct hr_student *student, const char *key)
{
    for (size_t i = 0; i < student->extra_count; i++)
        if (hr_student_column_same(hr_view_text(student->extra[i].key), hr_view_text(key)))
            return student->extra[i].value;
    return "";
}

static void write_header(const struct columns *columns, struct hr_buffer *out)
{
    for (int i = 0; i < HR_STUDENT_COLUMN_COUNT; i++) {
        hr_buffer_append_text(out, i > 0 ? "," : "");
        hr_buffer_append_text(out, hr_column_name((enum hr_student_column)i));
    }
    for (size_t i = 0; i < columns->count; i++) {
        hr_buffer_append_text(out, ",");
        hr_csv_append(out, hr_view_text(columns->keys[i]));
    }
    hr_buffer_append_text(out, "\r\n");
}

/* Cells are written as they are: what neutralises formulas in a report would come back changed. */
static void write_row(const struct hr_student *student, const struct columns *columns, struct hr_buffer *out)
{
    for (int i = 0; i < HR_STUDENT_COLUMN_COUNT; i++) {
        hr_buffer_append_text(out, i > 0 ? "," : "");
        hr_csv_append(out, hr_view_text(hr_student_cell(student, (enum hr_student_column)i)));
    }
    for (size_t i = 0; i < columns->count; i++) {
        hr_buffer_append_text(out, ",");
        hr_csv_append(out, hr_view_text(extra_cell(student, columns->keys[i])));
    }
    hr_buffer_append_text(out, "\r\n");
}

enum hr_status hr_export_students_csv(struct hr_database *database, struct hr_buffer *out, struct hr_error *error)
{
    struct hr_student *students = NULL;
    size_t count = 0;
    struct columns columns = {0};
    enum hr_status status = hr_database_students(database, &students, NULL, &count, error);
    if (status == HR_OK)
        status = collect_columns(students, count, &columns, error);
    if (status != HR_OK)
        goto out;
    write_header(&columns, out);
    for (size_t i = 0; i < count && !out->failed; i++)
        write_row(&students[i], &columns, out);
    status = hr_buffer_check(out, error);
out:
    hr_students_free(students, count);
    return status;
}

/* --- JSON --- */

static enum hr_status out_of_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a student's JSON");
}

static enum hr_status add_face(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    struct hr_json *faces = context, *face = hr_json_object_new();
    char created[HR_CLOCK_ISO8601_SIZE];
    hr_clock_iso8601(record->created_us, created);
    bool good = hr_json_set(face, "origin", hr_json_text_new(record->origin)) &&
                hr_json_set(face, "created", hr_json_text_new(created)) &&
                hr_json_set(face, "model", hr_json_text_new(record->model_id)) &&
                hr_json_set(face, "quality", hr_json_real_new(record->quality));
    if (good)
        return hr_json_append(faces, face) ? HR_OK : out_of_memory(error);
    hr_json_free(face);
    return out_of_memory(error);
}

/* The columns of one student as members. */
static bool set_columns(struct hr_json *object, const struct hr_student *student)
{
    bool good = true;
    for (int i = 0; good && i < HR_STUDENT_COLUMN_COUNT; i++)
        good = hr_json_set(object, hr_column_name((enum hr_student_column)i),
                           hr_json_text_new(hr_student_cell(student, (enum hr_student_column)i)));
    for (size_t i = 0; good && i < student->extra_count; i++)
        good = hr_json_set(object, student->extra[i].key, hr_json_text_new(student->extra[i].value));
    return good;
}

static enum hr_status write_student(struct hr_database *database, const struct hr_student *student,
                                    struct hr_buffer *out, struct hr_error *error)
{
    struct hr_json *object = hr_json_object_new(), *faces = hr_json_array_new();
    enum hr_status status = set_columns(object, student)
                                ? hr_database_each_face_of(database, student->id, add_face, faces, error)
                                : out_of_memory(error);
    if (status == HR_OK) {
        bool set = hr_json_set(object, HR_FACES_KEY, faces);
        faces = NULL; /* the object's now, also when it failed */
        status = set ? hr_json_print(object, false, out, error) : out_of_memory(error);
    }
    hr_json_free(faces);
    hr_json_free(object);
    return status;
}

/* One student at a time: the whole table as JSON values would take many times its size. */
enum hr_status hr_export_students_json(struct hr_database *database, struct hr_buffer *out, struct hr_error *error)
{
    struct hr_student *students = NULL;
    size_t count = 0;
    enum hr_status status = hr_database_students(database, &students, NULL, &count, error);
    hr_buffer_append_text(out, "{\"students\": [");
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        hr_buffer_append_text(out, i > 0 ? ",\n" : "\n");
        status = write_student(database, &students[i], out, error);
    }
    hr_buffer_append_text(out, "\n]}\n");
    if (status == HR_OK)
        status = hr_buffer_check(out, error);
    hr_students_free(students, count);
    return status;
}
