#include "tables/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/plural.h"
#include "tables/decode.h"

static enum hr_status out_of_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for the students of an import");
}

void hr_import_problems_clear(struct hr_import_problems *problems)
{
    free(problems->items);
    *problems = (struct hr_import_problems){0};
}

void hr_rows_clear(struct hr_rows *rows)
{
    hr_students_free(rows->students, rows->count);
    free(rows->lines);
    *rows = (struct hr_rows){.problems = rows->problems};
}

static struct hr_import_problem *new_problem(struct hr_import_problems *problems)
{
    if (problems->count == problems->capacity) {
        size_t capacity = problems->capacity * 2 + 16;
        struct hr_import_problem *items = realloc(problems->items, capacity * sizeof *items);
        if (items == NULL)
            return NULL;
        problems->items = items;
        problems->capacity = capacity;
    }
    return &problems->items[problems->count++];
}

enum hr_status hr_rows_problem(struct hr_rows *rows, struct hr_error *error, size_t line, const char *reason,
                               const char *value, const char *format, ...)
{
    if (rows->problems->count >= HR_IMPORT_PROBLEMS_MAX) {
        rows->problems_omitted++;
        return HR_OK;
    }
    struct hr_import_problem *problem = new_problem(rows->problems);
    if (problem == NULL)
        return out_of_memory(error);
    *problem = (struct hr_import_problem){.line = line, .reason = reason};
    snprintf(problem->value, sizeof problem->value, "%s", value != NULL ? value : "");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    return HR_OK;
}

static bool make_room(struct hr_rows *rows)
{
    if (rows->count < rows->capacity)
        return true;
    size_t capacity = rows->capacity * 2 + 64; /* below HR_LIMIT_STUDENTS * 2: no overflow */
    struct hr_student *students = realloc(rows->students, capacity * sizeof *students);
    if (students == NULL)
        return false;
    rows->students = students;
    size_t *lines = realloc(rows->lines, capacity * sizeof *lines);
    if (lines == NULL)
        return false;
    rows->lines = lines;
    rows->capacity = capacity;
    return true;
}

/* A student without id is known by the name. Both are kept in one form, so that they can be compared. */
static bool complete(struct hr_student *student)
{
    bool nameless = student->id == NULL || student->id[0] == '\0';
    if (nameless && student->name != NULL &&
        !hr_student_set(student, HR_STUDENT_COLUMN_ID, hr_view_bare(hr_view_text(student->name))))
        return false;
    return hr_student_complete(student) && hr_text_normalise(&student->id) && hr_text_normalise(&student->name);
}

enum hr_status hr_rows_add(struct hr_rows *rows, size_t line, struct hr_student *student, struct hr_error *error)
{
    struct hr_error reason = {0};
    enum hr_status status = HR_OK;
    if (!complete(student)) {
        status = out_of_memory(error);
        goto out;
    }
    if (student->id[0] == '\0') {
        status = hr_rows_problem(rows, error, line, "no_id_or_name", NULL, "neither an id nor a name");
        goto out;
    }
    if (hr_student_check(student, &reason) != HR_OK) {
        status = hr_rows_problem(rows, error, line, reason.reason, reason.value, "%s", reason.text);
        goto out;
    }
    if (rows->count == HR_LIMIT_STUDENTS) {
        status =
            hr_error_named(error, HR_ERR_LIMIT, "too_many_students", NULL, "more than %d students", HR_LIMIT_STUDENTS);
        goto out;
    }
    if (!make_room(rows)) {
        status = out_of_memory(error);
        goto out;
    }
    student->found = true;
    rows->lines[rows->count] = line;
    rows->students[rows->count++] = *student;
    *student = (struct hr_student){0};
out:
    hr_student_clear(student);
    return status;
}

/* --- of several rows with one id, the first --- */

struct place {
    const char *id;
    size_t index;
};

static int by_id_then_place(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    int order = strcmp(left->id, right->id);
    if (order != 0)
        return order;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* Clears the id of every row that repeats an earlier row's. `places` is sorted. */
static enum hr_status drop_repeated(struct hr_rows *rows, const struct place *places, struct hr_error *error)
{
    size_t first = 0;
    for (size_t i = 1; i < rows->count; i++) {
        if (strcmp(places[i].id, places[first].id) != 0) {
            first = i;
            continue;
        }
        char line[32];
        snprintf(line, sizeof line, "%zu", rows->lines[places[first].index]);
        enum hr_status status = hr_rows_problem(rows, error, rows->lines[places[i].index], "same_id", line,
                                                "the same id as in line %zu", rows->lines[places[first].index]);
        if (status != HR_OK)
            return status;
        rows->students[places[i].index].found = false; /* the id is still compared with */
    }
    return HR_OK;
}

static void close_gaps(struct hr_rows *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->students[i].found)
            rows->students[kept++] = rows->students[i];
        else
            hr_student_clear(&rows->students[i]);
    }
    rows->count = kept;
}

static int by_line(const void *a, const void *b)
{
    const struct hr_import_problem *left = a, *right = b;
    return left->line < right->line ? -1 : left->line > right->line;
}

static enum hr_status finish_problems(struct hr_rows *rows, struct hr_error *error)
{
    struct hr_import_problems *problems = rows->problems;
    if (problems->count > 1)
        qsort(problems->items, problems->count, sizeof *problems->items, by_line);
    if (rows->problems_omitted == 0)
        return HR_OK;
    size_t last_line = problems->items[problems->count - 1].line;
    struct hr_import_problem *problem = new_problem(problems);
    if (problem == NULL)
        return out_of_memory(error);
    *problem = (struct hr_import_problem){.line = last_line, .reason = "further"};
    snprintf(problem->value, sizeof problem->value, "%zu", rows->problems_omitted);
    snprintf(problem->text, sizeof problem->text, "and %zu further problem%s", rows->problems_omitted,
             hr_plural(rows->problems_omitted));
    return HR_OK;
}

enum hr_status hr_rows_take(struct hr_rows *rows, struct hr_student **out, size_t *count, struct hr_error *error)
{
    struct place *places = calloc(rows->count + 1, sizeof *places);
    if (places == NULL)
        return out_of_memory(error);
    for (size_t i = 0; i < rows->count; i++)
        places[i] = (struct place){rows->students[i].id, i};
    qsort(places, rows->count, sizeof *places, by_id_then_place);
    enum hr_status status = drop_repeated(rows, places, error);
    free(places);
    if (status == HR_OK)
        status = finish_problems(rows, error);
    if (status != HR_OK)
        return status;
    close_gaps(rows);
    *out = rows->students;
    *count = rows->count;
    rows->students = NULL;
    rows->count = 0;
    return HR_OK;
}
