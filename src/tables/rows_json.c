/* A student table as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "tables/columns.h"
#include "tables/rows.h"

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
static enum hr_status write_cell(const struct hr_json *value, struct hr_buffer *out, struct hr_error *error)
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

/* One object as a row of cells, its members being the columns. */
struct element {
    struct hr_columns columns;
    struct hr_view cells[HR_COLUMNS_MAX];
    struct hr_buffer text; /* the cells' bytes, one behind the other */
};

/* What the elements had all together, and the last one. */
struct document {
    struct element element;
    bool had[HR_HEADING_COUNT];
    struct hr_columns doubtful; /* of an element without id that has what may be it */
    bool has_doubtful;
};

/* False when the names are those of the object before, as nearly always. */
static bool take_names(struct hr_columns *columns, const struct hr_json *object)
{
    const char *key;
    bool changed = columns->count != hr_json_size(object);
    columns->count = hr_json_size(object);
    for (size_t i = 0; hr_json_member(object, i, &key) != NULL; i++) {
        changed = changed || !hr_view_equal(columns->names[i], hr_view_text(key));
        columns->names[i] = hr_view_text(key);
    }
    return changed;
}

static bool is_nested(const struct hr_json *value)
{
    enum hr_json_type type = hr_json_type(value);
    return type == HR_JSON_ARRAY || type == HR_JSON_OBJECT;
}

/* What is wrong with the members, or NULL. */
static const char *check_members(const struct hr_columns *columns, const struct hr_json *object)
{
    const char *key;
    for (size_t i = 0; i < columns->count; i++)
        for (size_t k = 0; k < i && hr_student_column_of(columns->names[i]) != HR_STUDENT_COLUMN_COUNT; k++)
            if (hr_student_column_same(columns->names[k], columns->names[i]))
                return "two members mean the same column";
    for (int heading = 0; heading < HR_HEADING_COUNT; heading++) {
        if (columns->places[heading] == SIZE_MAX)
            continue;
        const struct hr_json *value = hr_json_member(object, columns->places[heading], &key);
        enum hr_json_type type = hr_json_type(value);
        if (heading == HR_HEADING_ID && type != HR_JSON_STRING && type != HR_JSON_INTEGER && type != HR_JSON_NULL)
            return "the id is neither a text nor a whole number";
        if (is_nested(value))
            return "one of name, major, year is neither a text nor a number";
    }
    return NULL;
}

static bool is_needed(const struct hr_columns *columns, size_t index)
{
    bool needed = columns->further[index] || columns->id_else == index;
    for (int heading = 0; !needed && heading < HR_HEADING_COUNT; heading++)
        needed = columns->places[heading] == index;
    return needed;
}

static enum hr_status add_cell(struct element *element, size_t index, const struct hr_json *value, const char **problem,
                               struct hr_error *error)
{
    struct hr_buffer cell;
    hr_buffer_init(&cell, HR_LIMIT_CELL_BYTES);
    enum hr_status status = write_cell(value, &cell, error);
    if (status == HR_ERR_LIMIT) {
        *problem = "a member is longer than a cell may be";
        status = HR_OK;
    } else if (status == HR_OK) {
        element->cells[index].size = cell.size;
        hr_buffer_append(&element->text, hr_buffer_view(&cell));
        status = hr_buffer_check(&element->text, error);
    }
    hr_buffer_clear(&cell);
    return status;
}

/* *problem says what is wrong with the object. */
static enum hr_status read_cells(struct element *element, const struct hr_json *object, const char **problem,
                                 struct hr_error *error)
{
    const char *key;
    enum hr_status status = HR_OK;
    *problem = check_members(&element->columns, object);
    for (size_t i = 0; status == HR_OK && *problem == NULL && i < element->columns.count; i++) {
        element->cells[i].size = 0;
        if (is_needed(&element->columns, i))
            status = add_cell(element, i, hr_json_member(object, i, &key), problem, error);
    }
    if (status != HR_OK || *problem != NULL)
        return status;
    hr_views_place(element->cells, element->columns.count, element->text.data); /* it does not move any more */
    return HR_OK;
}

static void note_columns(struct document *document, const struct hr_columns *columns)
{
    for (int heading = 0; heading < HR_HEADING_COUNT; heading++)
        document->had[heading] |= columns->places[heading] != SIZE_MAX;
    document->had[HR_HEADING_ID] |= columns->names_are_ids;
    if (!document->has_doubtful && hr_columns_check(columns, NULL, NULL) != HR_OK) {
        document->doubtful = *columns;
        document->has_doubtful = true;
    }
}

static enum hr_status read_object(struct hr_rows *rows, size_t number, struct element *element,
                                  const struct hr_json *object, struct hr_error *error)
{
    const char *problem = NULL;
    struct hr_student student = {0};
    size_t count = element->columns.count;
    enum hr_status status = read_cells(element, object, &problem, error);
    if (status != HR_OK)
        return status;
    if (problem != NULL)
        return hr_rows_problem(rows, error, number, NULL, NULL, "%s", problem);
    if (hr_columns_no_student(&element->columns, element->cells, count)) {
        rows->problems->left_out++;
        return HR_OK;
    }
    if (!hr_columns_fill(&element->columns, element->cells, count, &student)) {
        hr_student_clear(&student);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a student");
    }
    return hr_rows_add(rows, number, &student, error);
}

static enum hr_status read_element(struct hr_rows *rows, size_t number, const struct hr_json *object,
                                   const struct hr_heading_map *map, struct document *document, struct hr_error *error)
{
    struct element *element = &document->element;
    if (hr_json_type(object) != HR_JSON_OBJECT)
        return hr_rows_problem(rows, error, number, NULL, NULL, "not an object");
    /* The four, the face records of our own export, and the further ones. */
    if (hr_json_size(object) > HR_STUDENT_COLUMN_COUNT + 1 + HR_LIMIT_EXTRA_COLUMNS)
        return hr_rows_problem(rows, error, number, NULL, NULL, "more than %d members",
                               HR_STUDENT_COLUMN_COUNT + HR_LIMIT_EXTRA_COLUMNS);
    if (take_names(&element->columns, object)) {
        hr_columns_find(&element->columns, map);
        note_columns(document, &element->columns);
    }
    hr_buffer_init(&element->text, (size_t)HR_COLUMNS_MAX * HR_LIMIT_CELL_BYTES);
    enum hr_status status = read_object(rows, number, element, object, error);
    hr_buffer_clear(&element->text);
    return status;
}

/* What no single element can tell: a member may be left out of some. */
static enum hr_status check_document(const struct document *document, const struct hr_heading_map *map,
                                     struct hr_error *error)
{
    for (int heading = 0; map != NULL && heading < HR_HEADING_COUNT; heading++) {
        struct hr_view name = map->names[heading];
        if (name.size > 0 && !document->had[heading])
            return hr_error_set(error, HR_ERR_ARGUMENT, "no student has a member '%.*s', as --map says", (int)name.size,
                                (const char *)name.data);
    }
    if (document->had[HR_HEADING_ID] || !document->has_doubtful)
        return HR_OK;
    return hr_columns_check(&document->doubtful, NULL, error);
}

enum hr_status hr_rows_read_json(struct hr_rows *rows, struct hr_view text, const struct hr_heading_map *map,
                                 struct hr_error *error)
{
    struct hr_json *root = NULL;
    struct document document = {.element.columns.count = SIZE_MAX}; /* unlike the first */
    enum hr_status status = hr_json_parse(&root, text, error);
    if (status != HR_OK)
        return status;
    const struct hr_json *list = root;
    if (hr_json_type(root) == HR_JSON_OBJECT)
        list = hr_json_get(root, "students");
    if (hr_json_type(list) != HR_JSON_ARRAY) {
        status = hr_error_set(error, HR_ERR_FORMAT, "JSON, but neither a list of students nor {\"students\": [...]}");
        goto out;
    }
    for (size_t i = 0; status == HR_OK && i < hr_json_size(list); i++)
        status = read_element(rows, i + 1, hr_json_at(list, i), map, &document, error);
    if (status == HR_OK && hr_json_size(list) > 0)
        status = check_document(&document, map, error);
out:
    hr_json_free(root);
    return status;
}
