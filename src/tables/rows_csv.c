/* A student table as CSV. */
#include <string.h>

#include "base/limits.h"
#include "base/plural.h"
#include "tables/columns.h"
#include "tables/csv.h"
#include "tables/decode.h"
#include "tables/rows.h"

_Static_assert(HR_CSV_CELLS_MAX == HR_COLUMNS_MAX, "every cell that is kept has a column");

/* The header outlives its record: the names of the columns stand in `text`. */
struct header {
    struct hr_columns columns;
    struct hr_buffer text;
};

static struct hr_view heading_at(const struct hr_csv *csv, size_t index)
{
    return hr_view_bare(csv->cells[index]);
}

static enum hr_status check_names(const struct hr_csv *csv, struct hr_error *error)
{
    for (size_t i = 0; i < csv->count; i++) {
        struct hr_view name = heading_at(csv, i);
        if (name.size > 0 && memchr(name.data, 0, name.size) != NULL)
            return hr_error_named(error, HR_ERR_FORMAT, "not_utf8", NULL,
                                  "a zero byte in the name of column %zu: damaged, or UTF-16 without its mark", i + 1);
        if (!hr_view_is_utf8(name))
            return hr_error_named(error, HR_ERR_FORMAT, "not_utf8", NULL, "the name of column %zu is not UTF-8 text",
                                  i + 1);
        for (size_t k = 0; name.size > 0 && k < i; k++)
            if (hr_student_column_same(heading_at(csv, k), name))
                return hr_error_named(error, HR_ERR_FORMAT, "same_columns", NULL, "two columns are called '%.*s'",
                                      (int)name.size, (const char *)name.data);
    }
    return HR_OK;
}

static enum hr_status keep_names(const struct hr_csv *csv, struct header *header, struct hr_error *error)
{
    for (size_t i = 0; i < csv->count; i++) {
        struct hr_view name = heading_at(csv, i);
        header->columns.names[i].size = name.size;
        hr_buffer_append(&header->text, name);
    }
    enum hr_status status = hr_buffer_check(&header->text, error);
    if (status != HR_OK)
        return status;
    hr_views_place(header->columns.names, csv->count, header->text.data);
    header->columns.count = csv->count;
    return HR_OK;
}

static enum hr_status check_further(const struct hr_columns *columns, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < columns->count; i++)
        if (columns->further[i])
            status = hr_extra_key_check(columns->names[i], error);
    if (status == HR_OK && columns->further_count > HR_LIMIT_EXTRA_COLUMNS)
        status = hr_error_set(error, HR_ERR_LIMIT, "%zu further columns, more than the limit of %d",
                              columns->further_count, HR_LIMIT_EXTRA_COLUMNS);
    return status;
}

static enum hr_status read_columns(const struct hr_csv *csv, const struct hr_heading_map *map, struct header *header,
                                   struct hr_error *error)
{
    enum hr_status status = check_names(csv, error);
    if (status == HR_OK)
        status = keep_names(csv, header, error);
    if (status != HR_OK)
        return status;
    hr_columns_find(&header->columns, map);
    status = hr_columns_check(&header->columns, map, error);
    return status == HR_OK ? check_further(&header->columns, error) : status;
}

static enum hr_status read_header(struct hr_csv *csv, const struct hr_heading_map *map, struct header *header,
                                  struct hr_error *error)
{
    enum hr_status status = hr_csv_next(csv, error);
    if (status == HR_END)
        return hr_error_named(error, HR_ERR_FORMAT, "nothing_in_it", NULL, "nothing in it");
    if (status == HR_OK && csv->problem != NULL)
        status = hr_error_set(error, HR_ERR_FORMAT, "%s", csv->problem);
    if (status == HR_OK && csv->count > HR_CSV_CELLS_MAX)
        status =
            hr_error_set(error, HR_ERR_LIMIT, "%zu columns, more than the limit of %d", csv->count, HR_CSV_CELLS_MAX);
    if (status == HR_OK)
        status = read_columns(csv, map, header, error);
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

/* The cells are checked before they become C strings: a zero byte would cut one short. */
static const char *check_cells(const struct hr_csv *csv, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (csv->cells[i].size > 0 && memchr(csv->cells[i].data, 0, csv->cells[i].size) != NULL)
            return "a zero byte in it: the file is damaged";
        if (!hr_view_is_utf8(csv->cells[i]))
            return "not UTF-8 text: save the table as UTF-8";
    }
    return NULL;
}

/* Programs leave separators behind the last cell, or leave the last cells out when they are empty. But where the id, or
 * the name that the header promises, is left out, too, the line is something else. */
static bool fits(const struct hr_columns *columns, const struct hr_csv *csv)
{
    for (size_t i = columns->count; i < csv->count && i < HR_CSV_CELLS_MAX; i++)
        if (csv->cells[i].size > 0)
            return false;
    for (int k = HR_HEADING_ID; k <= HR_HEADING_LAST_NAME; k++)
        if (columns->places[k] != SIZE_MAX && columns->places[k] >= csv->count)
            return false;
    return true;
}

static enum hr_status read_row(struct hr_rows *rows, const struct hr_columns *columns, const struct hr_csv *csv,
                               struct hr_error *error)
{
    struct hr_student student = {0};
    size_t count = csv->count < HR_CSV_CELLS_MAX ? csv->count : HR_CSV_CELLS_MAX;
    if (is_empty(csv))
        return HR_OK;
    if (csv->problem != NULL)
        return hr_rows_problem(rows, error, csv->record_line, "csv", NULL, "%s", csv->problem);
    if (hr_columns_no_student(columns, csv->cells, count)) {
        rows->problems->left_out++;
        return HR_OK;
    }
    if (!fits(columns, csv))
        return hr_rows_problem(rows, error, csv->record_line, "cells", NULL, "%zu cell%s where the header has %zu",
                               csv->count, hr_plural(csv->count), columns->count);
    const char *problem = check_cells(csv, count);
    if (problem != NULL)
        return hr_rows_problem(rows, error, csv->record_line, "not_utf8", NULL, "%s", problem);
    if (!hr_columns_fill(columns, csv->cells, count, &student)) {
        hr_student_clear(&student);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a student");
    }
    return hr_rows_add(rows, csv->record_line, &student, error);
}

enum hr_status hr_rows_read_csv(struct hr_rows *rows, struct hr_view text, const struct hr_heading_map *map,
                                struct hr_error *error)
{
    struct hr_csv csv;
    struct header header = {0};
    hr_csv_init(&csv, text);
    hr_buffer_init(&header.text, text.size);
    enum hr_status status = read_header(&csv, map, &header, error);
    rows->problems->marks_left_out = header.columns.marks;
    while (status == HR_OK) {
        status = hr_csv_next(&csv, error);
        if (status == HR_OK)
            status = read_row(rows, &header.columns, &csv, error);
    }
    hr_buffer_clear(&header.text);
    hr_csv_clear(&csv);
    return status == HR_END ? HR_OK : status;
}
