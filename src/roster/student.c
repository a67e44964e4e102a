#include "roster/student.h"

#include <stdlib.h>

#include "base/limits.h"

static const char *const column_names[HR_STUDENT_COLUMN_COUNT] = {"id", "name", "major", "year"};

const char *hr_column_name(enum hr_student_column column)
{
    return column_names[column];
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next byte that counts of a column's name, in lower case; -1 at the end. */
static int next_letter(struct hr_view *name)
{
    while (name->size > 0) {
        uint8_t c = *name->data++;
        name->size--;
        if (c >= 'A' && c <= 'Z')
            return c - 'A' + 'a';
        if (!is_blank(c))
            return c;
    }
    return -1;
}

bool hr_student_column_same(struct hr_view a, struct hr_view b)
{
    int letter;
    do {
        letter = next_letter(&a);
        if (letter != next_letter(&b))
            return false;
    } while (letter >= 0);
    return true;
}

enum hr_student_column hr_student_column_of(struct hr_view name)
{
    for (int i = 0; i < HR_STUDENT_COLUMN_COUNT; i++)
        if (hr_student_column_same(name, hr_view_text(column_names[i])))
            return (enum hr_student_column)i;
    return HR_STUDENT_COLUMN_COUNT;
}

enum hr_status hr_cell_check(struct hr_view text, const char *what, struct hr_error *error)
{
    if (text.size > HR_LIMIT_CELL_BYTES)
        return hr_error_named(error, HR_ERR_LIMIT, "too_long", NULL, "the %s has %zu bytes, the limit is %d", what,
                              text.size, HR_LIMIT_CELL_BYTES);
    if (!hr_view_is_utf8(text))
        return hr_error_named(error, HR_ERR_FORMAT, "not_utf8", NULL, "the %s is not UTF-8 text", what);
    return HR_OK;
}

enum hr_status hr_student_id_check(struct hr_view id, struct hr_error *error)
{
    if (id.size == 0)
        return hr_error_named(error, HR_ERR_ARGUMENT, "id_empty", NULL, "the id is empty");
    if (id.size > HR_LIMIT_STUDENT_ID_BYTES)
        return hr_error_named(error, HR_ERR_LIMIT, "too_long", NULL, "the id has %zu bytes, the limit is %d", id.size,
                              HR_LIMIT_STUDENT_ID_BYTES);
    for (size_t i = 0; i < id.size; i++)
        if (id.data[i] < 0x20 || id.data[i] == 0x7f)
            return hr_error_named(error, HR_ERR_FORMAT, "control_character", NULL,
                                  "the id has a control character in it");
    return hr_cell_check(id, "id", error);
}

enum hr_status hr_extra_key_check(struct hr_view key, struct hr_error *error)
{
    if (hr_student_column_same(key, hr_view_of("", 0)))
        return hr_error_set(error, HR_ERR_ARGUMENT, "a further column has no name");
    if (hr_student_column_of(key) != HR_STUDENT_COLUMN_COUNT || hr_student_column_same(key, hr_view_text(HR_FACES_KEY)))
        return hr_error_set(error, HR_ERR_ARGUMENT, "a further column has the name of one of homeroom's own");
    return hr_cell_check(key, "name of a column", error);
}

static enum hr_status check_extra(const struct hr_student *student, struct hr_error *error)
{
    if (student->extra_count > HR_LIMIT_EXTRA_COLUMNS)
        return hr_error_set(error, HR_ERR_LIMIT, "%zu further columns, the limit is %d", student->extra_count,
                            HR_LIMIT_EXTRA_COLUMNS);
    for (size_t i = 0; i < student->extra_count; i++) {
        struct hr_view key = hr_view_text(student->extra[i].key);
        enum hr_status status = hr_extra_key_check(key, error);
        if (status == HR_OK)
            status = hr_cell_check(hr_view_text(student->extra[i].value), "text of a further column", error);
        if (status != HR_OK)
            return status;
        for (size_t j = 0; j < i; j++)
            if (hr_student_column_same(key, hr_view_text(student->extra[j].key)))
                return hr_error_set(error, HR_ERR_ARGUMENT, "two columns have the same name");
    }
    return HR_OK;
}

enum hr_status hr_student_check(const struct hr_student *student, struct hr_error *error)
{
    enum hr_status status = hr_student_id_check(hr_view_text(student->id), error);
    for (int i = HR_STUDENT_COLUMN_NAME; status == HR_OK && i < HR_STUDENT_COLUMN_COUNT; i++)
        status =
            hr_cell_check(hr_view_text(hr_student_cell(student, (enum hr_student_column)i)), column_names[i], error);
    return status == HR_OK ? check_extra(student, error) : status;
}

static char **place(struct hr_student *student, enum hr_student_column column)
{
    switch (column) {
    case HR_STUDENT_COLUMN_ID:
        return &student->id;
    case HR_STUDENT_COLUMN_NAME:
        return &student->name;
    case HR_STUDENT_COLUMN_MAJOR:
        return &student->major;
    default:
        return &student->year;
    }
}

bool hr_student_set(struct hr_student *student, enum hr_student_column column, struct hr_view text)
{
    char *copy = hr_text_copy(text);
    if (copy == NULL)
        return false;
    char **at = place(student, column);
    free(*at);
    *at = copy;
    return true;
}

bool hr_student_add_extra(struct hr_student *student, struct hr_view key, struct hr_view value)
{
    size_t room;
    if (!hr_size_multiply(student->extra_count + 1, sizeof *student->extra, &room))
        return false;
    struct hr_field *extra = realloc(student->extra, room);
    if (extra == NULL)
        return false;
    student->extra = extra;
    struct hr_field *field = &extra[student->extra_count++];
    *field = (struct hr_field){.key = hr_text_copy(key), .value = hr_text_copy(value)};
    return field->key != NULL && field->value != NULL;
}

bool hr_student_copy(const struct hr_student *student, struct hr_student *out)
{
    *out = (struct hr_student){.found = student->found};
    bool good = true;
    for (int i = 0; good && i < HR_STUDENT_COLUMN_COUNT; i++)
        good = hr_student_set(out, (enum hr_student_column)i,
                              hr_view_text(hr_student_cell(student, (enum hr_student_column)i)));
    for (size_t i = 0; good && i < student->extra_count; i++)
        good = hr_student_add_extra(out, hr_view_text(student->extra[i].key), hr_view_text(student->extra[i].value));
    if (!good)
        hr_student_clear(out);
    return good;
}

bool hr_student_complete(struct hr_student *student)
{
    for (int i = 0; i < HR_STUDENT_COLUMN_COUNT; i++)
        if (*place(student, (enum hr_student_column)i) == NULL &&
            !hr_student_set(student, (enum hr_student_column)i, hr_view_of("", 0)))
            return false;
    return true;
}

const char *hr_student_cell(const struct hr_student *student, enum hr_student_column column)
{
    switch (column) {
    case HR_STUDENT_COLUMN_ID:
        return student->id;
    case HR_STUDENT_COLUMN_NAME:
        return student->name;
    case HR_STUDENT_COLUMN_MAJOR:
        return student->major;
    default:
        return student->year;
    }
}

void hr_student_clear(struct hr_student *student)
{
    free(student->id);
    free(student->name);
    free(student->major);
    free(student->year);
    for (size_t i = 0; i < student->extra_count; i++) {
        free(student->extra[i].key);
        free(student->extra[i].value);
    }
    free(student->extra);
    *student = (struct hr_student){0};
}

void hr_students_free(struct hr_student *students, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hr_student_clear(&students[i]);
    free(students);
}
