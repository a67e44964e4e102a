/* Comma-separated values, RFC 4180. */
#include "report/report.h"
#include "report/text.h"

/* Whether a spreadsheet would compute the cell instead of showing it. */
static bool looks_like_formula(const char *text)
{
    return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

/* More than RFC 4180 asks for: some spreadsheets also split unquoted cells at semicolons and tabs,
 * which would let what stands behind one begin a cell of its own; and some trim spaces. */
static bool needs_quotes(const char *text)
{
    size_t length = strlen(text);
    return strpbrk(text, ",;\"\t\r\n") != NULL ||
           (length > 0 && (text[0] == ' ' || text[length - 1] == ' '));
}

static void append_quoted(struct hr_buffer *out, const char *text)
{
    const char *quote;
    while ((quote = strchr(text, '"')) != NULL) {
        hr_buffer_append(out, hr_view_of(text, (size_t)(quote - text)));
        hr_buffer_append_text(out, "\"\"");
        text = quote + 1;
    }
    hr_buffer_append_text(out, text);
}

/* `cell` is scratch for the text as UTF-8. */
static void append_text_cell(struct hr_buffer *out, struct hr_buffer *cell, const char *text)
{
    if (text == NULL)
        return;
    cell->size = 0;
    if (looks_like_formula(text))
        hr_buffer_append_text(cell, "'");
    hr_buffer_append_utf8(cell, text);
    const char *clean = hr_buffer_text(cell);
    if (!needs_quotes(clean)) {
        hr_buffer_append(out, hr_buffer_view(cell));
        return;
    }
    hr_buffer_append_text(out, "\"");
    append_quoted(out, clean);
    hr_buffer_append_text(out, "\"");
}

static void append_time_cell(struct hr_buffer *out, int64_t time_us)
{
    char time[HR_REPORT_TIME_SIZE];
    hr_report_time_text(time_us, time);
    hr_buffer_append_text(out, time);
}

static void append_cell(struct hr_buffer *out, struct hr_buffer *cell,
                        const struct hr_report_student *student, enum hr_report_column column)
{
    switch (column) {
    case HR_COLUMN_ID:
        append_text_cell(out, cell, student->id);
        break;
    case HR_COLUMN_NAME:
        append_text_cell(out, cell, student->name);
        break;
    case HR_COLUMN_MAJOR:
        append_text_cell(out, cell, student->major);
        break;
    case HR_COLUMN_YEAR:
        append_text_cell(out, cell, student->year);
        break;
    case HR_COLUMN_FIRST_SEEN:
        append_time_cell(out, student->first_us);
        break;
    case HR_COLUMN_LAST_SEEN:
        append_time_cell(out, student->last_us);
        break;
    case HR_COLUMN_SIGHTINGS:
        hr_buffer_append_format(out, "%zu", student->sightings);
        break;
    case HR_COLUMN_DISTANCE:
        hr_report_append_decimal(out, student->distance);
        break;
    case HR_COLUMN_MARGIN:
        hr_report_append_decimal(out, student->margin);
        break;
    case HR_COLUMN_TRACKS:
        hr_buffer_append_format(out, "%zu", student->tracks);
        break;
    case HR_COLUMN_COUNT:
        break;
    }
}

static void append_row(struct hr_buffer *out, struct hr_buffer *cell,
                       const struct hr_report_student *student,
                       const struct hr_report_columns *columns)
{
    size_t before = out->size;
    for (size_t i = 0; i < columns->count; i++) {
        if (i > 0)
            hr_buffer_append_text(out, ",");
        append_cell(out, cell, student, columns->items[i]);
    }
    /* A row of one empty cell would be an empty line, which readers skip: the student would be
     * lost. */
    if (out->size == before)
        hr_buffer_append_text(out, "\"\"");
    hr_buffer_append_text(out, "\r\n");
}

enum hr_status hr_report_write_csv(const struct hr_report *report,
                                   const struct hr_report_columns *columns, struct hr_buffer *out,
                                   struct hr_error *error)
{
    struct hr_buffer cell;
    hr_buffer_init(&cell, out->max_size);
    for (size_t i = 0; i < columns->count; i++) {
        if (i > 0)
            hr_buffer_append_text(out, ",");
        hr_buffer_append_text(out, hr_report_column_name(columns->items[i]));
    }
    hr_buffer_append_text(out, "\r\n");
    for (size_t i = 0; i < report->student_count; i++)
        append_row(out, &cell, &report->students[i], columns);
    enum hr_status status = hr_buffer_check(&cell, error);
    hr_buffer_clear(&cell);
    return status != HR_OK ? status : hr_buffer_check(out, error);
}
