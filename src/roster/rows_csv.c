/* A student table as CSV. */
#include <stdlib.h>

#include "base/limits.h"
#include "roster/csv.h"
#include "roster/rows.h"

/* What each column of the file is. */
struct header {
    size_t count;
    struct {
        enum hr_student_column column; /* HR_STUDENT_COLUMN_COUNT: a further one */
        bool ignored;                  /* without a name, or of our own export's kind */
        char *key;                     /* owned; of a further one */
    } columns[HR_CSV_CELLS_MAX];
};

static void clear_header(struct header *header)
{
    for (size_t i = 0; i < header->count; i++)
        free(header->columns[i].key);
}

static bool named_before(const struct hr_csv *csv, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (hr_student_column_same(csv->cells[i], csv->cells[index]))
            return true;
    return false;
}

static enum hr_status read_column(const struct hr_csv *csv, struct header *header, size_t index,
                                  struct hr_error *error)
{
    struct hr_view name = hr_view_trimmed(csv->cells[index]);
    enum hr_student_column column = hr_student_column_of(name);
    header->columns[index].column = column;
    header->columns[index].ignored =
        name.size == 0 || hr_student_column_same(name, hr_view_text(HR_FACES_KEY));
    if (header->columns[index].ignored)
        return HR_OK;
    enum hr_status status =
        column == HR_STUDENT_COLUMN_COUNT ? hr_extra_key_check(name, error) : HR_OK;
    if (status == HR_OK && named_before(csv, index))
        status = hr_error_set(error, HR_ERR_FORMAT, "two columns are called '%.*s'", (int)name.size,
                              (const char *)name.data);
    if (status != HR_OK || column != HR_STUDENT_COLUMN_COUNT)
        return status;
    header->columns[index].key = hr_text_copy(name);
    if (header->columns[index].key == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a student table");
    return HR_OK;
}

static enum hr_status check_header(const struct header *header, struct hr_error *error)
{
    bool has[HR_STUDENT_COLUMN_COUNT + 1] = {false};
    size_t further = 0;
    for (size_t i = 0; i < header->count; i++) {
        has[header->columns[i].column] = true;
        further += header->columns[i].key != NULL;
    }
    if (!has[HR_STUDENT_COLUMN_ID] && !has[HR_STUDENT_COLUMN_NAME])
        return hr_error_set(error, HR_ERR_FORMAT,
                            "the first line names no column 'id' and none 'name': is it a table of "
                            "students with a header, as CSV?");
    if (further > HR_LIMIT_EXTRA_COLUMNS)
        return hr_error_set(error, HR_ERR_LIMIT, "%zu further columns, %d are possible", further,
                            HR_LIMIT_EXTRA_COLUMNS);
    return HR_OK;
}

static enum hr_status read_header(struct hr_csv *csv, struct header *header, struct hr_error *error)
{
    enum hr_status status = hr_csv_next(csv, error);
    if (status == HR_END)
        return hr_error_set(error, HR_ERR_FORMAT, "nothing in it");
    if (status == HR_OK && csv->problem != NULL)
        status = hr_error_set(error, HR_ERR_FORMAT, "%s", csv->problem);
    if (status == HR_OK && csv->count > HR_CSV_CELLS_MAX)
        status = hr_error_set(error, HR_ERR_LIMIT, "%zu columns, %d are possible", csv->count,
                              HR_CSV_CELLS_MAX);
    for (size_t i = 0; status == HR_OK && i < csv->count; i++) {
        header->count = i + 1;
        status = read_column(csv, header, i, error);
    }
    if (status == HR_OK)
        status = check_header(header, error);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "line %zu", csv->record_line);
}

/* A spreadsheet writes rows that were used once as nothing but separators. */
static bool is_empty(const struct hr_csv *csv)
{
    for (size_t i = 0; i < csv->count && i < HR_CSV_CELLS_MAX; i++)
        if (csv->cells[i].size > 0)
            return false;
    return true;
}

static bool fill(struct hr_student *student, const struct header *header, const struct hr_csv *csv)
{
    for (size_t i = 0; i < header->count; i++) {
        struct hr_view cell = csv->cells[i];
        enum hr_student_column column = header->columns[i].column;
        if (header->columns[i].ignored)
            continue;
        if (column == HR_STUDENT_COLUMN_ID)
            cell = hr_view_trimmed(cell);
        bool good = true;
        if (column != HR_STUDENT_COLUMN_COUNT)
            good = hr_student_set(student, column, cell);
        else if (cell.size > 0)
            good = hr_student_add_extra(student, hr_view_text(header->columns[i].key), cell);
        if (!good)
            return false;
    }
    return true;
}

/* The cells are checked before they become C strings: a zero byte would cut one short. */
static const char *check_cells(const struct hr_csv *csv)
{
    for (size_t i = 0; i < csv->count; i++)
        if (!hr_view_is_utf8(csv->cells[i]))
            return "not UTF-8 text: save the table as UTF-8";
    return NULL;
}

static enum hr_status read_row(struct hr_rows *rows, const struct header *header,
                               const struct hr_csv *csv, struct hr_error *error)
{
    struct hr_student student = {0};
    if (is_empty(csv))
        return HR_OK;
    if (csv->problem != NULL)
        return hr_rows_problem(rows, error, csv->record_line, "%s", csv->problem);
    if (csv->count != header->count)
        return hr_rows_problem(rows, error, csv->record_line, "%zu cells where the header has %zu",
                               csv->count, header->count);
    const char *problem = check_cells(csv);
    if (problem != NULL)
        return hr_rows_problem(rows, error, csv->record_line, "%s", problem);
    if (!fill(&student, header, csv)) {
        hr_student_clear(&student);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a student");
    }
    return hr_rows_add(rows, csv->record_line, &student, error);
}

enum hr_status hr_rows_read_csv(struct hr_rows *rows, struct hr_view text, struct hr_error *error)
{
    struct hr_csv csv;
    struct header header = {0};
    hr_csv_init(&csv, text);
    enum hr_status status = read_header(&csv, &header, error);
    while (status == HR_OK) {
        status = hr_csv_next(&csv, error);
        if (status == HR_OK)
            status = read_row(rows, &header, &csv, error);
    }
    clear_header(&header);
    hr_csv_clear(&csv);
    return status == HR_END ? HR_OK : status;
}
