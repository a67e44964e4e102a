/* A new table of students held against the one in the database. */
#include <stdlib.h>

#include "records/sql.h"
#include "roster/student.h"

/* A student of the new table. */
struct row {
    char *id;      /* owned; in one Unicode form */
    char *spelled; /* owned; the id as the database has it, in another form; NULL: it does not */
    size_t student;
    bool is_exact; /* the database has the id to the letter */
};

struct comparison {
    struct row *rows; /* sorted by id */
    size_t count;
    char **missing;
    size_t missing_count, capacity;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory to compare two tables");
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

static enum hr_status make_rows(struct comparison *comparison, const struct hr_student *students, size_t count,
                                struct hr_error *error)
{
    comparison->rows = calloc(count + 1, sizeof *comparison->rows);
    if (comparison->rows == NULL)
        return no_memory(error);
    for (size_t i = 0; i < count; i++) {
        struct row *row = &comparison->rows[comparison->count++];
        *row = (struct row){.id = hr_text_normal_copy(students[i].id), .student = i};
        if (row->id == NULL)
            return no_memory(error);
    }
    qsort(comparison->rows, count, sizeof *comparison->rows, by_id);
    return HR_OK;
}

static enum hr_status add_missing(struct comparison *comparison, const char *id, struct hr_error *error)
{
    if (comparison->missing_count == comparison->capacity) {
        size_t capacity = 2 * comparison->capacity + 16;
        char **missing = reallocarray(comparison->missing, capacity, sizeof *missing);
        if (missing == NULL)
            return no_memory(error);
        comparison->missing = missing;
        comparison->capacity = capacity;
    }
    char *copy = hr_text_copy(hr_view_text(id));
    if (copy == NULL)
        return no_memory(error);
    comparison->missing[comparison->missing_count++] = copy;
    return HR_OK;
}

/* One student of the database. */
static enum hr_status compare(struct comparison *comparison, const struct hr_student *students, const char *id,
                              bool listed, struct hr_error *error)
{
    struct row wanted = {.id = hr_text_normal_copy(id)};
    if (wanted.id == NULL)
        return no_memory(error);
    struct row *row = bsearch(&wanted, comparison->rows, comparison->count, sizeof wanted, by_id);
    free(wanted.id);
    if (row == NULL)
        return listed ? add_missing(comparison, id, error) : HR_OK;
    if (strcmp(students[row->student].id, id) == 0) {
        row->is_exact = true;
        return HR_OK;
    }
    free(row->spelled);
    row->spelled = hr_text_copy(hr_view_text(id));
    return row->spelled != NULL ? HR_OK : no_memory(error);
}

static enum hr_status compare_all(struct comparison *comparison, struct hr_database *database,
                                  const struct hr_student *students, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_STUDENTS_IDS, &statement, error);
    if (status != HR_OK)
        return status;
    while (hr_sql_next(database, statement, "reading the students", &status, error)) {
        bool listed = sqlite3_column_int(statement, 1) != 0;
        status = compare(comparison, students, hr_sql_text(statement, 0), listed, error);
    }
    return status;
}

/* Takes the database's spellings over, and frees the rows. */
static void finish_rows(struct comparison *comparison, struct hr_student *students, bool good)
{
    for (size_t i = 0; i < comparison->count; i++) {
        struct row *row = &comparison->rows[i];
        if (good && row->spelled != NULL && !row->is_exact) {
            free(students[row->student].id);
            students[row->student].id = row->spelled;
            row->spelled = NULL;
        }
        free(row->id);
        free(row->spelled);
    }
    free(comparison->rows);
}

enum hr_status hr_database_compare_table(struct hr_database *database, struct hr_student *students, size_t count,
                                         char ***missing, size_t *missing_count, struct hr_error *error)
{
    struct comparison comparison = {0};
    *missing = NULL;
    *missing_count = 0;
    enum hr_status status = make_rows(&comparison, students, count, error);
    if (status == HR_OK)
        status = compare_all(&comparison, database, students, error);
    finish_rows(&comparison, students, status == HR_OK);
    if (status != HR_OK) {
        hr_texts_free(comparison.missing, comparison.missing_count);
        return status;
    }
    *missing = comparison.missing;
    *missing_count = comparison.missing_count;
    return HR_OK;
}
