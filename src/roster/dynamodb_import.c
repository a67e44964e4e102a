/* Loading students into the table: what is there is read first, so that only what differs is
 * written, and the answer can say what was done. */
#include <stdlib.h>

#include "roster/dynamodb_table.h"

struct import {
    const struct hr_dynamodb_table *table;
    struct hr_dynamodb_schema schema;
    struct hr_deadline deadline;
    /* The students by their key, so that the one of an item is found. */
    const struct hr_student **students;
    size_t count;
    bool *in_table; /* for each of `students` */
    bool *same;
};

static const char *key_of(const struct hr_dynamodb_schema *schema, const struct hr_student *student)
{
    return hr_student_cell(student, schema->column);
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(const struct hr_student *const *)a)->id, (*(const struct hr_student *const *)b)->id);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct hr_student *const *)a)->name, (*(const struct hr_student *const *)b)->name);
}

/* Errors name no student: they will stand in a log. */
static enum hr_status check_keys(const struct import *import, struct hr_error *error)
{
    const char *what = hr_column_name(import->schema.column);
    size_t impossible = 0, doubled = 0;
    for (size_t i = 0; i < import->count; i++) {
        const char *key = key_of(&import->schema, import->students[i]);
        impossible += !hr_dynamodb_key_possible(&import->schema, key);
        doubled += i > 0 && strcmp(key, key_of(&import->schema, import->students[i - 1])) == 0;
    }
    if (impossible > 0)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "DynamoDB table '%s' has the key '%s'%s, and that of %zu student%s "
                            "cannot be one; nothing was written",
                            import->table->name, what, import->schema.numeric ? " (a number)" : "", impossible,
                            impossible == 1 ? "" : "s");
    if (doubled > 0)
        return hr_error_set(error, HR_ERR_CONFLICT,
                            "DynamoDB table '%s' has the key '%s', which %zu student%s with "
                            "another one: use a table with the key 'id'; nothing was written",
                            import->table->name, what, doubled, doubled == 1 ? " shares" : "s share");
    return HR_OK;
}

static bool same_extra(const struct hr_student *student, const struct hr_field *field)
{
    for (size_t i = 0; i < student->extra_count; i++)
        if (strcmp(student->extra[i].key, field->key) == 0)
            return strcmp(student->extra[i].value, field->value) == 0;
    return false;
}

/* The order of further columns does not count: the table has none. */
static bool same_student(const struct hr_student *a, const struct hr_student *b)
{
    size_t filled = 0;
    for (int i = 0; i < HR_STUDENT_COLUMN_COUNT; i++) {
        enum hr_student_column column = (enum hr_student_column)i;
        if (strcmp(hr_student_cell(a, column), hr_student_cell(b, column)) != 0)
            return false;
    }
    for (size_t i = 0; i < a->extra_count; i++) {
        if (a->extra[i].value[0] == '\0')
            continue;
        filled++;
        if (!same_extra(b, &a->extra[i]))
            return false;
    }
    return filled == b->extra_count;
}

static enum hr_status compare_item(void *context, const char *key, struct hr_student *student, struct hr_error *error)
{
    struct import *import = context;
    size_t low = 0, high = import->count;
    (void)error;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key_of(&import->schema, import->students[middle]), key);
        if (order == 0) {
            import->in_table[middle] = true;
            import->same[middle] = same_student(import->students[middle], student);
            return HR_OK;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return HR_OK;
}

/* A time limit for each batch, not for a million students together. */
static enum hr_status read_present(struct import *import, struct hr_error *error)
{
    const char *keys[HR_DYNAMODB_READ_MAX];
    enum hr_status status = HR_OK;
    for (size_t at = 0; status == HR_OK && at < import->count;) {
        size_t some = 0;
        while (some < HR_DYNAMODB_READ_MAX && at < import->count)
            keys[some++] = key_of(&import->schema, import->students[at++]);
        import->deadline = hr_dynamodb_deadline(import->table);
        status = hr_dynamodb_read(import->table, &import->schema, keys, some, &import->deadline, compare_item, import,
                                  error);
    }
    return status;
}

static enum hr_status write_different(struct import *import, struct hr_dynamodb_counts *counts, struct hr_error *error)
{
    const struct hr_student *some[HR_DYNAMODB_WRITE_MAX];
    enum hr_status status = HR_OK;
    for (size_t at = 0; status == HR_OK && at < import->count;) {
        size_t count = 0, added = 0;
        for (; count < HR_DYNAMODB_WRITE_MAX && at < import->count; at++) {
            counts->same += import->same[at];
            if (import->same[at])
                continue;
            added += !import->in_table[at];
            some[count++] = import->students[at];
        }
        import->deadline = hr_dynamodb_deadline(import->table);
        status = hr_dynamodb_write(import->table, &import->schema, some, count, &import->deadline, error);
        if (status == HR_OK) {
            counts->added += added;
            counts->changed += count - added;
        }
    }
    if (status != HR_OK)
        return hr_error_prefix(error, "%zu of %zu student%s written", counts->added + counts->changed, import->count,
                               import->count == 1 ? " was" : "s were");
    return HR_OK;
}

static enum hr_status find_table(struct import *import, bool create, struct hr_dynamodb_counts *counts,
                                 struct hr_error *error)
{
    enum hr_status status = hr_dynamodb_describe(import->table, &import->deadline, &import->schema, error);
    if (status == HR_ERR_NOT_FOUND && !create)
        return hr_error_set(error, HR_ERR_NOT_FOUND, "there is no DynamoDB table '%s': --create-table makes it",
                            import->table->name);
    if (status != HR_ERR_NOT_FOUND)
        return status;
    status = hr_dynamodb_create(import->table, &import->deadline, error);
    if (status != HR_OK)
        return status;
    counts->created = true;
    return hr_dynamodb_describe(import->table, &import->deadline, &import->schema, error);
}

enum hr_status hr_dynamodb_import(const struct hr_dynamodb_table *table, bool create, const struct hr_student *students,
                                  size_t count, struct hr_dynamodb_counts *out, struct hr_error *error)
{
    struct import import = {.table = table,
                            .deadline = hr_dynamodb_deadline(table),
                            .students = calloc(count + 1, sizeof *import.students),
                            .count = count,
                            .in_table = calloc(count + 1, sizeof *import.in_table),
                            .same = calloc(count + 1, sizeof *import.same)};
    *out = (struct hr_dynamodb_counts){0};
    enum hr_status status = HR_OK;
    if (import.students == NULL || import.in_table == NULL || import.same == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu students", count);
    if (status == HR_OK)
        status = find_table(&import, create, out, error);
    if (status != HR_OK)
        goto out;
    for (size_t i = 0; i < count; i++)
        import.students[i] = &students[i];
    qsort(import.students, count, sizeof *import.students,
          import.schema.column == HR_STUDENT_COLUMN_ID ? by_id : by_name);
    status = check_keys(&import, error);
    if (status == HR_OK)
        status = read_present(&import, error);
    if (status == HR_OK)
        status = write_different(&import, out, error);
out:
    hr_dynamodb_schema_clear(&import.schema);
    free(import.students);
    free(import.in_table);
    free(import.same);
    return status;
}
