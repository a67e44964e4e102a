/* A student table as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "roster/rows.h"

/* The text of a JSON number with a fraction: the shortest that gives the same number again. */
static void write_real(double number, struct hr_buffer *out)
{
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    char *comma = strchr(text, ','); /* the program that we are part of may have set a locale */
    if (comma != NULL)
        *comma = '.';
    hr_buffer_append_text(out, text);
}

/* The text of a cell: of a text itself, of a number its digits, of null nothing, of anything nested
 * its JSON. LIMIT when that passes the buffer's. */
static enum hr_status write_cell(const struct hr_json *value, struct hr_buffer *out,
                                 struct hr_error *error)
{
    switch (hr_json_type(value)) {
    case HR_JSON_NULL:
        break;
    case HR_JSON_STRING:
        hr_buffer_append_text(out, hr_json_text(value));
        break;
    case HR_JSON_INTEGER:
        hr_buffer_append_format(out, "%lld", (long long)hr_json_integer(value));
        break;
    case HR_JSON_REAL:
        write_real(hr_json_number(value), out);
        break;
    default:
        return hr_json_write(value, false, out, error);
    }
    return hr_buffer_check(out, error);
}

/* What is wrong with one member, or NULL. */
static const char *check_member(enum hr_student_column column, const struct hr_json *value)
{
    enum hr_json_type type = hr_json_type(value);
    if (column == HR_STUDENT_COLUMN_ID && type != HR_JSON_STRING && type != HR_JSON_INTEGER &&
        type != HR_JSON_NULL)
        return "the id is neither a text nor a whole number";
    if (column < HR_STUDENT_COLUMN_COUNT && (type == HR_JSON_ARRAY || type == HR_JSON_OBJECT))
        return "one of name, major, year is neither a text nor a number";
    return NULL;
}

/* Adds one member to the student; *problem says what is wrong with it. */
static enum hr_status add_member(struct hr_student *student, const char *key,
                                 const struct hr_json *value, const char **problem,
                                 struct hr_error *error)
{
    struct hr_view name = hr_view_text(key);
    enum hr_student_column column = hr_student_column_of(name);
    enum hr_status status = HR_OK;
    struct hr_buffer cell;
    hr_buffer_init(&cell, HR_LIMIT_CELL_BYTES);
    *problem = check_member(column, value);
    if (*problem != NULL || hr_student_column_same(name, hr_view_text(HR_FACES_KEY)))
        goto out;
    status = write_cell(value, &cell, error);
    if (status == HR_ERR_LIMIT) {
        *problem = "a member is longer than a cell may be";
        status = HR_OK;
        goto out;
    }
    if (status != HR_OK)
        goto out;
    struct hr_view text = hr_buffer_view(&cell);
    if (column == HR_STUDENT_COLUMN_ID)
        text = hr_view_trimmed(text);
    bool good = true;
    if (column < HR_STUDENT_COLUMN_COUNT && hr_student_cell(student, column) != NULL)
        *problem = "two members mean the same column";
    else if (column < HR_STUDENT_COLUMN_COUNT)
        good = hr_student_set(student, column, text);
    else if (text.size > 0)
        good = hr_student_add_extra(student, name, text);
    if (!good)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a student");
out:
    hr_buffer_clear(&cell);
    return status;
}

static enum hr_status read_element(struct hr_rows *rows, size_t number,
                                   const struct hr_json *element, struct hr_error *error)
{
    if (hr_json_type(element) != HR_JSON_OBJECT)
        return hr_rows_problem(rows, error, number, "not an object");
    /* The four, the face records of our own export, and the further ones. */
    if (hr_json_size(element) > HR_STUDENT_COLUMN_COUNT + 1 + HR_LIMIT_EXTRA_COLUMNS)
        return hr_rows_problem(rows, error, number, "more than %d members",
                               HR_STUDENT_COLUMN_COUNT + HR_LIMIT_EXTRA_COLUMNS);
    struct hr_student student = {0};
    const char *problem = NULL, *key;
    const struct hr_json *value;
    enum hr_status status = HR_OK;
    for (size_t i = 0;
         status == HR_OK && problem == NULL && (value = hr_json_member(element, i, &key)) != NULL;
         i++)
        status = add_member(&student, key, value, &problem, error);
    if (status == HR_OK && problem == NULL)
        return hr_rows_add(rows, number, &student, error);
    hr_student_clear(&student);
    return status == HR_OK ? hr_rows_problem(rows, error, number, "%s", problem) : status;
}

enum hr_status hr_rows_read_json(struct hr_rows *rows, struct hr_view text, struct hr_error *error)
{
    struct hr_json *document = NULL;
    enum hr_status status = hr_json_parse(&document, text, error);
    if (status != HR_OK)
        return status;
    const struct hr_json *list = document;
    if (hr_json_type(document) == HR_JSON_OBJECT)
        list = hr_json_get(document, "students");
    if (hr_json_type(list) != HR_JSON_ARRAY) {
        status = hr_error_set(error, HR_ERR_FORMAT,
                              "JSON, but neither a list of students nor {\"students\": [...]}");
        goto out;
    }
    for (size_t i = 0; status == HR_OK && i < hr_json_size(list); i++)
        status = read_element(rows, i + 1, hr_json_at(list, i), error);
out:
    hr_json_free(document);
    return status;
}
