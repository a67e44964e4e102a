/* A student table as CSV. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/limits.h"
#include "base/plural.h"
#include "roster/csv.h"
#include "roster/decode.h"
#include "roster/headings.h"
#include "roster/rows.h"

/* What each column of the file is. */
struct header {
    size_t count;
    size_t places[HR_HEADING_COUNT]; /* which column is that; SIZE_MAX: none */
    bool is_gradebook;               /* Canvas's, in which some rows are no students */
    struct {
        bool further; /* kept under its name */
        char *key;    /* owned; of a further one */
    } columns[HR_CSV_CELLS_MAX];
};

static void clear_header(struct header *header)
{
    for (size_t i = 0; i < header->count; i++)
        free(header->columns[i].key);
}

static struct hr_view heading_at(const struct hr_csv *csv, size_t index)
{
    return hr_view_trimmed(hr_view_without_marks(hr_view_trimmed(csv->cells[index])));
}

static enum hr_status check_names(const struct hr_csv *csv, struct hr_error *error)
{
    for (size_t i = 0; i < csv->count; i++) {
        struct hr_view name = heading_at(csv, i);
        if (!hr_view_is_utf8(name))
            return hr_error_set(error, HR_ERR_FORMAT, "the name of column %zu is not UTF-8 text", i + 1);
        for (size_t k = 0; name.size > 0 && k < i; k++)
            if (hr_student_column_same(heading_at(csv, k), name))
                return hr_error_set(error, HR_ERR_FORMAT, "two columns are called '%.*s'", (int)name.size,
                                    (const char *)name.data);
    }
    return HR_OK;
}

/* --- which column is what --- */

static void list_headings(const struct hr_csv *csv, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < csv->count && length < size; i++) {
        struct hr_view name = heading_at(csv, i);
        length += (size_t)snprintf(out + length, size - length, "%s'%.*s'", i > 0 ? ", " : "",
                                   (int)(name.size < 40 ? name.size : 40), (const char *)name.data);
    }
}

static void find_known(const struct hr_csv *csv, struct header *header)
{
    size_t best[HR_HEADING_COUNT];
    for (int k = 0; k < HR_HEADING_COUNT; k++)
        best[k] = header->places[k] = SIZE_MAX;
    for (size_t i = 0; i < csv->count; i++) {
        size_t rank;
        enum hr_heading heading = hr_heading_of(heading_at(csv, i), &rank);
        if (heading == HR_HEADING_COUNT || rank >= best[heading])
            continue;
        best[heading] = rank;
        header->places[heading] = i;
    }
}

/* What the user has said of columns outranks what they are called. */
static enum hr_status apply_map(const struct hr_csv *csv, const struct hr_heading_map *map, struct header *header,
                                struct hr_error *error)
{
    for (int k = 0; map != NULL && k < HR_HEADING_COUNT; k++) {
        size_t at = 0;
        char there[300];
        if (map->names[k].size == 0)
            continue;
        while (at < csv->count && !hr_heading_same(heading_at(csv, at), map->names[k]))
            at++;
        list_headings(csv, there, sizeof there);
        if (at == csv->count)
            return hr_error_set(error, HR_ERR_ARGUMENT, "there is no column '%.*s', as --map says; there are %s",
                                (int)map->names[k].size, (const char *)map->names[k].data, there);
        for (int other = 0; other < HR_HEADING_COUNT; other++)
            if (header->places[other] == at)
                header->places[other] = SIZE_MAX;
        header->places[k] = at;
    }
    return HR_OK;
}

/* "Name" beside "Vorname", "Nom" beside "Pr\xC3\xA9nom": the family's. */
static void settle_names(const struct hr_csv *csv, const struct hr_heading_map *map, struct header *header)
{
    size_t *places = header->places;
    bool said = map != NULL && map->names[HR_HEADING_NAME].size > 0;
    if (said || places[HR_HEADING_NAME] == SIZE_MAX || places[HR_HEADING_FIRST_NAME] == SIZE_MAX)
        return;
    struct hr_view first = heading_at(csv, places[HR_HEADING_FIRST_NAME]);
    struct hr_view name = heading_at(csv, places[HR_HEADING_NAME]);
    bool family = (hr_heading_same(first, hr_view_text("vorname")) && hr_heading_same(name, hr_view_text("name"))) ||
                  (hr_heading_same(first, hr_view_text("prenom")) && hr_heading_same(name, hr_view_text("nom")));
    if (family && places[HR_HEADING_LAST_NAME] == SIZE_MAX) {
        places[HR_HEADING_LAST_NAME] = places[HR_HEADING_NAME];
        places[HR_HEADING_NAME] = SIZE_MAX;
    }
}

static bool is_placed(const struct header *header, size_t index)
{
    bool named = header->places[HR_HEADING_NAME] != SIZE_MAX;
    for (int k = 0; k < HR_HEADING_COUNT; k++)
        if (header->places[k] == index && !(named && (k == HR_HEADING_FIRST_NAME || k == HR_HEADING_LAST_NAME)))
            return true;
    return false;
}

/* The others are kept under their names, but for those without one, of our own export's kind, or called as a column of
 * ours that another one is already. */
static enum hr_status keep_further(const struct hr_csv *csv, struct header *header, struct hr_error *error)
{
    size_t further = 0;
    for (size_t i = 0; i < csv->count; i++) {
        struct hr_view name = heading_at(csv, i);
        if (name.size == 0 || is_placed(header, i) || hr_student_column_same(name, hr_view_text(HR_FACES_KEY)) ||
            hr_student_column_of(name) != HR_STUDENT_COLUMN_COUNT)
            continue;
        enum hr_status status = hr_extra_key_check(name, error);
        if (status != HR_OK)
            return status;
        header->columns[i].key = hr_text_copy(name);
        if (header->columns[i].key == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for a student table");
        header->columns[i].further = true;
        further++;
    }
    if (further > HR_LIMIT_EXTRA_COLUMNS)
        return hr_error_set(error, HR_ERR_LIMIT, "%zu further columns, more than the limit of %d", further,
                            HR_LIMIT_EXTRA_COLUMNS);
    return HR_OK;
}

static enum hr_status read_columns(const struct hr_csv *csv, const struct hr_heading_map *map, struct header *header,
                                   struct hr_error *error)
{
    header->count = csv->count;
    enum hr_status status = check_names(csv, error);
    if (status != HR_OK)
        return status;
    find_known(csv, header);
    status = apply_map(csv, map, header, error);
    if (status != HR_OK)
        return status;
    settle_names(csv, map, header);
    const size_t *places = header->places;
    if (places[HR_HEADING_ID] == SIZE_MAX && places[HR_HEADING_NAME] == SIZE_MAX &&
        places[HR_HEADING_LAST_NAME] == SIZE_MAX) {
        char there[300];
        list_headings(csv, there, sizeof there);
        return hr_error_set(error, HR_ERR_FORMAT,
                            "the first line names no column 'id' and none 'name', but %s: is it a table of students "
                            "with a header, as CSV? --map id=COLUMN,name=COLUMN says which they are",
                            there);
    }
    header->is_gradebook = places[HR_HEADING_ID] != SIZE_MAX && places[HR_HEADING_NAME] != SIZE_MAX &&
                           hr_heading_same(heading_at(csv, places[HR_HEADING_ID]), hr_view_text("SIS User ID")) &&
                           hr_heading_same(heading_at(csv, places[HR_HEADING_NAME]), hr_view_text("Student"));
    return keep_further(csv, header, error);
}

static enum hr_status read_header(struct hr_csv *csv, const struct hr_heading_map *map, struct header *header,
                                  struct hr_error *error)
{
    enum hr_status status = hr_csv_next(csv, error);
    if (status == HR_END)
        return hr_error_set(error, HR_ERR_FORMAT, "nothing in it");
    if (status == HR_OK && csv->problem != NULL)
        status = hr_error_set(error, HR_ERR_FORMAT, "%s", csv->problem);
    if (status == HR_OK && csv->count > HR_CSV_CELLS_MAX)
        status = hr_error_set(error, HR_ERR_LIMIT, "%zu columns, more than the limit of %d", csv->count,
                              HR_CSV_CELLS_MAX);
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

static struct hr_view cell_at(const struct hr_csv *csv, size_t index)
{
    return index < csv->count ? hr_view_without_marks(csv->cells[index]) : hr_view_of("", 0);
}

static struct hr_view cell_of(const struct header *header, const struct hr_csv *csv, enum hr_heading heading)
{
    return cell_at(csv, header->places[heading]);
}

/* "Ann Lee" of two columns; one of them may be empty. */
static bool join_names(struct hr_student *student, struct hr_view first, struct hr_view last)
{
    struct hr_buffer name;
    hr_buffer_init(&name, first.size + last.size + 2);
    hr_buffer_append(&name, first);
    if (first.size > 0 && last.size > 0)
        hr_buffer_append_text(&name, " ");
    hr_buffer_append(&name, last);
    bool good = !name.failed && hr_student_set(student, HR_STUDENT_COLUMN_NAME, hr_buffer_view(&name));
    hr_buffer_clear(&name);
    return good;
}

static bool fill(struct hr_student *student, const struct header *header, const struct hr_csv *csv)
{
    bool good = hr_student_set(student, HR_STUDENT_COLUMN_ID, hr_view_trimmed(cell_of(header, csv, HR_HEADING_ID))) &&
                hr_student_set(student, HR_STUDENT_COLUMN_MAJOR, cell_of(header, csv, HR_HEADING_MAJOR)) &&
                hr_student_set(student, HR_STUDENT_COLUMN_YEAR, cell_of(header, csv, HR_HEADING_YEAR));
    bool joined = header->places[HR_HEADING_NAME] == SIZE_MAX && header->places[HR_HEADING_LAST_NAME] != SIZE_MAX;
    if (good && joined)
        good = join_names(student, cell_of(header, csv, HR_HEADING_FIRST_NAME),
                          cell_of(header, csv, HR_HEADING_LAST_NAME));
    else if (good && header->places[HR_HEADING_NAME] != SIZE_MAX)
        good = hr_student_set(student, HR_STUDENT_COLUMN_NAME, cell_of(header, csv, HR_HEADING_NAME));
    for (size_t i = 0; good && i < header->count; i++)
        if (header->columns[i].further && cell_at(csv, i).size > 0)
            good = hr_student_add_extra(student, hr_view_text(header->columns[i].key), cell_at(csv, i));
    return good;
}

/* The cells are checked before they become C strings: a zero byte would cut one short. */
static const char *check_cells(const struct hr_csv *csv)
{
    for (size_t i = 0; i < csv->count; i++) {
        if (csv->cells[i].size > 0 && memchr(csv->cells[i].data, 0, csv->cells[i].size) != NULL)
            return "a zero byte in it: the file is damaged";
        if (!hr_view_is_utf8(csv->cells[i]))
            return "not UTF-8 text: save the table as UTF-8";
    }
    return NULL;
}

/* Programs leave separators behind the last cell, or leave the last cells out when they are empty. But where the id, or
 * the name that the header promises, is left out, too, the line is something else. */
static bool fits(const struct header *header, const struct hr_csv *csv)
{
    for (size_t i = header->count; i < csv->count && i < HR_CSV_CELLS_MAX; i++)
        if (csv->cells[i].size > 0)
            return false;
    for (int k = HR_HEADING_ID; k <= HR_HEADING_LAST_NAME; k++)
        if (header->places[k] != SIZE_MAX && header->places[k] >= csv->count)
            return false;
    return true;
}

/* A gradebook has a row with the points of each task, and a student for trying things out. */
static bool is_no_student(const struct header *header, const struct hr_csv *csv)
{
    struct hr_view name = hr_view_trimmed(cell_of(header, csv, HR_HEADING_NAME));
    return header->is_gradebook && (hr_view_equal(name, hr_view_text("Points Possible")) ||
                                    hr_view_equal(name, hr_view_text("Student, Test")));
}

static enum hr_status read_row(struct hr_rows *rows, const struct header *header,
                               const struct hr_csv *csv, struct hr_error *error)
{
    struct hr_student student = {0};
    if (is_empty(csv))
        return HR_OK;
    if (csv->problem != NULL)
        return hr_rows_problem(rows, error, csv->record_line, "%s", csv->problem);
    if (!fits(header, csv))
        return hr_rows_problem(rows, error, csv->record_line, "%zu cell%s where the header has %zu",
                               csv->count, csv->count == 1 ? "" : "s", header->count);
    const char *problem = check_cells(csv);
    if (problem != NULL)
        return hr_rows_problem(rows, error, csv->record_line, "%s", problem);
    if (is_no_student(header, csv)) {
        rows->problems->left_out++;
        return HR_OK;
    }
    if (!fill(&student, header, csv)) {
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
    enum hr_status status = read_header(&csv, map, &header, error);
    while (status == HR_OK) {
        status = hr_csv_next(&csv, error);
        if (status == HR_OK)
            status = read_row(rows, &header, &csv, error);
    }
    clear_header(&header);
    hr_csv_clear(&csv);
    return status == HR_END ? HR_OK : status;
}
