/* A student as DynamoDB's JSON has one. */
#include <stdlib.h>

#include "base/limits.h"
#include "roster/dynamodb_table.h"

struct hr_json *hr_dynamodb_value_new(bool numeric, const char *text)
{
    struct hr_json *value = hr_json_object_new();
    if (value == NULL || hr_json_set(value, numeric ? "N" : "S", hr_json_text_new(text)))
        return value;
    hr_json_free(value);
    return NULL;
}

const char *hr_dynamodb_value_text(const struct hr_json *value)
{
    const struct hr_json *inner;
    if ((inner = hr_json_get(value, "S")) != NULL || (inner = hr_json_get(value, "N")) != NULL)
        return hr_json_text(inner);
    if ((inner = hr_json_get(value, "BOOL")) != NULL)
        return hr_json_boolean(inner) ? "true" : "false";
    return hr_json_get(value, "NULL") != NULL ? "" : NULL;
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a student");
}

static bool has_extra(const struct hr_student *student, struct hr_view key)
{
    for (size_t i = 0; i < student->extra_count; i++)
        if (hr_student_column_same(key, hr_view_text(student->extra[i].key)))
            return true;
    return false;
}

/* What somebody else keeps in the table must not keep a student out of the report. */
static enum hr_status read_extra(struct hr_student *student, const char *key, const char *text, struct hr_error *error)
{
    struct hr_view name = hr_view_text(key), value = hr_view_text(text);
    if (value.size == 0 || student->extra_count == HR_LIMIT_EXTRA_COLUMNS || hr_extra_key_check(name, NULL) != HR_OK ||
        hr_cell_check(value, "attribute", NULL) != HR_OK || has_extra(student, name))
        return HR_OK;
    return hr_student_add_extra(student, name, value) ? HR_OK : no_memory(error);
}

static enum hr_status read_column(struct hr_student *student, enum hr_student_column column, const char *text,
                                  struct hr_error *error)
{
    enum hr_status status = hr_cell_check(hr_view_text(text), hr_column_name(column), error);
    if (status != HR_OK)
        return status;
    /* "Name" beside "name": whichever came first stays. */
    const char *there = hr_student_cell(student, column);
    if (there != NULL && there[0] != '\0')
        return HR_OK;
    return hr_student_set(student, column, hr_view_text(text)) ? HR_OK : no_memory(error);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct hr_field *)a)->key, ((const struct hr_field *)b)->key);
}

enum hr_status hr_dynamodb_item_read(const struct hr_json *item, struct hr_student *out, struct hr_error *error)
{
    *out = (struct hr_student){.found = true};
    enum hr_status status = HR_OK;
    if (hr_json_type(item) != HR_JSON_OBJECT)
        return hr_error_set(error, HR_ERR_FORMAT, "an item is not a JSON object");
    for (size_t i = 0; status == HR_OK && i < hr_json_size(item); i++) {
        const char *key = NULL;
        const char *text = hr_dynamodb_value_text(hr_json_member(item, i, &key));
        enum hr_student_column column = hr_student_column_of(hr_view_text(key));
        if (text == NULL)
            continue;
        status = column != HR_STUDENT_COLUMN_COUNT ? read_column(out, column, text, error)
                                                   : read_extra(out, key, text, error);
    }
    if (status == HR_OK && !hr_student_complete(out))
        status = no_memory(error);
    if (status != HR_OK)
        hr_student_clear(out);
    /* The service gives attributes in no order: reports shall have one. */
    else if (out->extra_count > 1)
        qsort(out->extra, out->extra_count, sizeof *out->extra, by_key);
    return status;
}

/* What is empty is not there. */
static bool set_text(struct hr_json *item, const char *name, bool numeric, const char *text)
{
    return text[0] == '\0' || hr_json_set(item, name, hr_dynamodb_value_new(numeric, text));
}

struct hr_json *hr_dynamodb_item_new(const struct hr_dynamodb_schema *schema, const struct hr_student *student)
{
    struct hr_json *item = hr_json_object_new();
    bool good = item != NULL;
    for (int i = 0; good && i < HR_STUDENT_COLUMN_COUNT; i++) {
        enum hr_student_column column = (enum hr_student_column)i;
        bool key = column == schema->column;
        good = set_text(item, key ? schema->key : hr_column_name(column), key && schema->numeric,
                        hr_student_cell(student, column));
    }
    for (size_t i = 0; good && i < student->extra_count; i++)
        good = set_text(item, student->extra[i].key, false, student->extra[i].value);
    if (good)
        return item;
    hr_json_free(item);
    return NULL;
}
