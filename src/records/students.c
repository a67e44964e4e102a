/* The table of students, and the roster made of it. */
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "records/sql.h"
#include "roster/student.h"

/* Six bytes of JSON per byte at worst, of 64 columns with name and value. */
#define EXTRA_JSON_BYTES_MAX ((size_t)HR_LIMIT_EXTRA_COLUMNS * (2 * 6 * HR_LIMIT_CELL_BYTES + 16))

static enum hr_status out_of_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a student's record");
}

/* --- a record as a row: the further columns are one JSON object in their order --- */

static enum hr_status write_extra(const struct hr_student *student, struct hr_buffer *out, struct hr_error *error)
{
    hr_buffer_init(out, EXTRA_JSON_BYTES_MAX);
    if (student->extra_count == 0)
        return HR_OK;
    struct hr_json *object = hr_json_object_new();
    bool good = object != NULL;
    for (size_t i = 0; good && i < student->extra_count; i++)
        good = hr_json_set(object, student->extra[i].key, hr_json_text_new(student->extra[i].value));
    enum hr_status status = good ? hr_json_write(object, false, out, error) : out_of_memory(error);
    hr_json_free(object);
    return status;
}

static enum hr_status read_extra(const char *text, struct hr_student *out, struct hr_error *error)
{
    if (text[0] == '\0')
        return HR_OK;
    struct hr_json *object = NULL;
    enum hr_status status = hr_json_parse(&object, hr_view_text(text), error);
    if (status != HR_OK || hr_json_type(object) != HR_JSON_OBJECT || hr_json_size(object) > HR_LIMIT_EXTRA_COLUMNS) {
        status = hr_error_set(error, HR_ERR_DATABASE, "the further columns of student '%s' are damaged", out->id);
        goto out;
    }
    const char *key;
    const struct hr_json *value;
    for (size_t i = 0; (value = hr_json_member(object, i, &key)) != NULL; i++) {
        const char *cell = hr_json_text(value);
        if (!hr_student_add_extra(out, hr_view_text(key), hr_view_text(cell != NULL ? cell : ""))) {
            status = out_of_memory(error);
            goto out;
        }
    }
out:
    hr_json_free(object);
    return status;
}

enum hr_status hr_sql_student(sqlite3_stmt *statement, int first, struct hr_student *out, struct hr_error *error)
{
    *out = (struct hr_student){.found = true};
    bool good = true;
    for (int i = 0; good && i < HR_STUDENT_COLUMN_COUNT; i++)
        good = hr_student_set(out, (enum hr_student_column)i, hr_view_text(hr_sql_text(statement, first + i)));
    enum hr_status status =
        good ? read_extra(hr_sql_text(statement, first + HR_STUDENT_COLUMN_COUNT), out, error) : out_of_memory(error);
    if (status != HR_OK)
        hr_student_clear(out);
    return status;
}

/* --- one record --- */

/* INSERT and UPDATE take the same five values. */
static enum hr_status write_row(struct hr_database *database, enum hr_sql which, const struct hr_student *student,
                                const char *extra, bool listed, size_t *changed, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student->id);
    hr_sql_bind_text(statement, 2, student->name);
    hr_sql_bind_text(statement, 3, student->major);
    hr_sql_bind_text(statement, 4, student->year);
    hr_sql_bind_text(statement, 5, extra);
    sqlite3_bind_int(statement, 6, listed);
    return hr_sql_finish(database, statement, "writing a student", changed, error);
}

enum hr_status hr_database_put_student(struct hr_database *database, const struct hr_student *student,
                                       enum hr_upsert *what, struct hr_error *error)
{
    struct hr_buffer extra = {0};
    size_t changed = 0;
    enum hr_status status = hr_student_check(student, error);
    if (status == HR_OK)
        status = write_extra(student, &extra, error);
    if (status != HR_OK)
        goto out;
    enum hr_upsert done = HR_UPSERT_ADDED;
    status = write_row(database, HR_SQL_STUDENT_INSERT, student, hr_buffer_text(&extra), true, &changed, error);
    if (status == HR_OK && changed == 0) {
        status = write_row(database, HR_SQL_STUDENT_UPDATE, student, hr_buffer_text(&extra), true, &changed, error);
        done = changed > 0 ? HR_UPSERT_CHANGED : HR_UPSERT_SAME;
    }
    if (status == HR_OK && what != NULL)
        *what = done;
out:
    hr_buffer_clear(&extra);
    return status;
}

enum hr_status hr_database_ensure_student(struct hr_database *database, const char *id, bool *added,
                                          struct hr_error *error)
{
    struct hr_student student = {.id = (char *)id, .name = (char *)id, .major = (char *)"", .year = (char *)""};
    size_t changed = 0;
    enum hr_status status = hr_student_check(&student, error);
    if (status == HR_OK)
        status = write_row(database, HR_SQL_STUDENT_INSERT, &student, "", false, &changed, error);
    if (status == HR_OK && added != NULL)
        *added = changed > 0;
    return status;
}

enum hr_status hr_database_standing(struct hr_database *database, const char *id, struct hr_student_standing *out,
                                    struct hr_error *error)
{
    sqlite3_stmt *statement;
    *out = (struct hr_student_standing){0};
    enum hr_status status =
        hr_sql_student_row(database, HR_SQL_STUDENT_STANDING, id, "looking up a student", &statement, error);
    if (status == HR_OK)
        *out = (struct hr_student_standing){.key = sqlite3_column_int64(statement, 0),
                                            .listed = sqlite3_column_int(statement, 1) != 0};
    hr_sql_end(statement);
    return status;
}

/* --- all of them --- */

static enum hr_status count_students(struct hr_database *database, size_t *count, struct hr_error *error)
{
    int64_t rows = 0;
    enum hr_status status =
        hr_sql_integer(database, "SELECT count(*) FROM students", "counting the students", &rows, error);
    if (status == HR_OK && rows > HR_LIMIT_STUDENTS)
        status = hr_error_set(error, HR_ERR_LIMIT, "'%s' holds %lld students, the limit is %d", database->path,
                              (long long)rows, HR_LIMIT_STUDENTS);
    *count = (size_t)rows;
    return status;
}

/* Reads at most `room` rows; *count: how many there were. */
static enum hr_status read_all(struct hr_database *database, struct hr_student *students, size_t *faces, size_t room,
                               size_t *count, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_STUDENTS_ALL, &statement, error);
    *count = 0;
    while (status == HR_OK) {
        status = hr_sql_step(database, statement, "reading the students", error);
        /* Added by another program since they were counted: seen next time. */
        if (status == HR_OK && *count == room)
            status = HR_END;
        if (status == HR_OK)
            status = hr_sql_student(statement, 1, &students[*count], error);
        if (status == HR_OK)
            faces[(*count)++] = (size_t)sqlite3_column_int64(statement, 0);
    }
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

enum hr_status hr_database_students(struct hr_database *database, struct hr_student **out, size_t **face_counts,
                                    size_t *count, struct hr_error *error)
{
    struct hr_student *students = NULL;
    size_t *faces = NULL;
    size_t room = 0, filled = 0;
    *out = NULL;
    *count = 0;
    if (face_counts != NULL)
        *face_counts = NULL;
    enum hr_status status = count_students(database, &room, error);
    if (status != HR_OK)
        return status;
    students = calloc(room + 1, sizeof *students);
    faces = calloc(room + 1, sizeof *faces);
    if (students == NULL || faces == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu students", room);
        goto out;
    }
    status = read_all(database, students, faces, room, &filled, error);
    if (status != HR_OK)
        goto out;
    *out = students;
    *count = filled;
    students = NULL;
    if (face_counts != NULL) {
        *face_counts = faces;
        faces = NULL;
    }
out:
    hr_students_free(students, students != NULL ? filled : 0);
    free(faces);
    return status;
}

/* --- the roster: many ids in one question --- */

/* The ids as a JSON array; one that is not text at all is null there, which no row equals. */
static enum hr_status write_ids(const char *const *ids, size_t count, struct hr_buffer *out, struct hr_error *error)
{
    hr_buffer_init(out, SIZE_MAX / 8); /* our own ids, not input */
    struct hr_json *array = hr_json_array_new();
    bool good = array != NULL;
    for (size_t i = 0; good && i < count; i++) {
        bool text = hr_view_is_utf8(hr_view_text(ids[i]));
        good = hr_json_append(array, hr_json_text_new(text ? ids[i] : NULL));
    }
    enum hr_status status = good ? hr_json_write(array, false, out, error) : out_of_memory(error);
    hr_json_free(array);
    return status;
}

static enum hr_status read_answers(struct hr_database *database, const char *asked, size_t count,
                                   struct hr_student *out, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_STUDENTS_BY_IDS, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, asked);
    while ((status = hr_sql_step(database, statement, "looking up students", error)) == HR_OK) {
        size_t at = (size_t)sqlite3_column_int64(statement, 0);
        if (at >= count || out[at].found)
            continue;
        status = hr_sql_student(statement, 1, &out[at], error);
        if (status != HR_OK)
            break;
    }
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

/* Whoever was not found keeps the id and empty cells. */
static enum hr_status complete_missing(const char *const *ids, size_t count, struct hr_student *out,
                                       struct hr_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (!out[i].found &&
            (!hr_student_set(&out[i], HR_STUDENT_COLUMN_ID, hr_view_text(ids[i])) || !hr_student_complete(&out[i])))
            return out_of_memory(error);
    return HR_OK;
}

static enum hr_status get(void *context, const char *const *ids, size_t count, struct hr_student *out,
                          struct hr_error *error)
{
    struct hr_database *database = context;
    struct hr_buffer asked = {0};
    if (count > 0)
        memset(out, 0, count * sizeof *out);
    enum hr_status status = write_ids(ids, count, &asked, error);
    if (status == HR_OK)
        status = read_answers(database, hr_buffer_text(&asked), count, out, error);
    if (status == HR_OK)
        status = complete_missing(ids, count, out, error);
    if (status != HR_OK)
        for (size_t i = 0; i < count; i++)
            hr_student_clear(&out[i]);
    hr_buffer_clear(&asked);
    return status;
}

struct hr_roster hr_database_roster(struct hr_database *database)
{
    return (struct hr_roster){.get = get, .context = database};
}
