/* Comma-separated values, RFC 4180. */
#include "report/report.h"
#include "report/text.h"

static bool is_one_of(char letter, const char *letters)
{
    return letter != '\0' && strchr(letters, letter) != NULL;
}

/* Where a spreadsheet would begin to compute. That is not only at the start of a cell: where lists
 * are separated by semicolons or tabs, a quote inside a line protects nothing, and what stands
 * behind a separator or line break becomes a cell of its own, also when it begins with quotes, which
 * are doubled here and then say nothing. */
static bool begins_formula(const char *text, size_t at)
{
    if (at == 0)
        return is_one_of(text[0], "=+-@\t\r");
    if (!is_one_of(text[at], "=+-@"))
        return false;
    while (at > 1 && text[at - 1] == '"')
        at--;
    return is_one_of(text[at - 1], ";\t\r\n");
}

static void append_neutralised(struct hr_buffer *out, const char *text)
{
    size_t length = strlen(text), done = 0;
    for (size_t i = 0; i < length; i++) {
        if (!begins_formula(text, i))
            continue;
        hr_buffer_append(out, hr_view_of(text + done, i - done));
        hr_buffer_append_text(out, "'");
        done = i;
    }
    hr_buffer_append_text(out, text + done);
}

/* The text of a cell on its way; reused from cell to cell. */
struct scratch {
    struct hr_buffer clean; /* as UTF-8 */
    struct hr_buffer cell;  /* neutralised */
};

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

static void append_text_cell(struct hr_buffer *out, struct scratch *scratch, const char *text)
{
    scratch->clean.size = 0;
    scratch->cell.size = 0;
    hr_buffer_append_utf8(&scratch->clean, text != NULL ? text : "");
    append_neutralised(&scratch->cell, hr_buffer_text(&scratch->clean));
    const char *cell = hr_buffer_text(&scratch->cell);
    if (strpbrk(cell, ",\"\r\n") == NULL) {
        hr_buffer_append_text(out, cell);
        return;
    }
    hr_buffer_append_text(out, "\"");
    append_quoted(out, cell);
    hr_buffer_append_text(out, "\"");
}

static void append_time_cell(struct hr_buffer *out, int64_t time_us)
{
    char time[HR_REPORT_TIME_SIZE];
    hr_report_time_text(time_us, time);
    hr_buffer_append_text(out, time);
}

static void append_cell(struct hr_buffer *out, struct scratch *scratch, const struct hr_observation *observation,
                        const struct hr_observed_student *student, enum hr_report_column column)
{
    switch (column) {
    case HR_COLUMN_ID:
        append_text_cell(out, scratch, student->seen.id);
        break;
    case HR_COLUMN_NAME:
        append_text_cell(out, scratch, student->seen.name);
        break;
    case HR_COLUMN_MAJOR:
        append_text_cell(out, scratch, student->seen.major);
        break;
    case HR_COLUMN_YEAR:
        append_text_cell(out, scratch, student->seen.year);
        break;
    case HR_COLUMN_FIRST_SEEN:
        append_time_cell(out, student->seen.first_us);
        break;
    case HR_COLUMN_LAST_SEEN:
        append_time_cell(out, student->seen.last_us);
        break;
    case HR_COLUMN_SIGHTINGS:
        hr_buffer_append_format(out, "%zu", student->seen.sightings);
        break;
    case HR_COLUMN_SIMILARITY:
        hr_report_append_decimal(out, student->seen.similarity);
        break;
    case HR_COLUMN_MARGIN:
        hr_report_append_decimal(out, student->seen.margin);
        break;
    case HR_COLUMN_TRACKS:
        hr_buffer_append_format(out, "%zu", student->seen.tracks);
        break;
    case HR_COLUMN_BAND:
        append_text_cell(out, scratch, hr_band_name(student->seen.band));
        break;
    case HR_COLUMN_REASON:
        append_text_cell(out, scratch, student->seen.reason);
        break;
    case HR_COLUMN_STRANGER_CHANCE:
        hr_report_append_chance(out, student->seen.stranger_chance);
        break;
    case HR_COLUMN_VIDEO:
        append_text_cell(out, scratch, observation->video);
        break;
    case HR_COLUMN_COUNT:
        break;
    }
}

static void append_row(struct hr_buffer *out, struct scratch *scratch, const struct hr_observation *observation,
                       const struct hr_observed_student *student, const struct hr_report_columns *columns)
{
    size_t before = out->size;
    for (size_t i = 0; i < columns->count; i++) {
        if (i > 0)
            hr_buffer_append_text(out, ",");
        append_cell(out, scratch, observation, student, columns->items[i]);
    }
    /* A row of one empty cell would be an empty line, which readers skip: the student would be
     * lost. */
    if (out->size == before)
        hr_buffer_append_text(out, "\"\"");
    hr_buffer_append_text(out, "\r\n");
}

enum hr_status hr_report_write_csv(const struct hr_observation *observation, const struct hr_report_columns *columns,
                                   struct hr_buffer *out, struct hr_error *error)
{
    struct scratch scratch;
    hr_buffer_init(&scratch.clean, out->max_size);
    hr_buffer_init(&scratch.cell, out->max_size);
    for (size_t i = 0; i < columns->count; i++) {
        if (i > 0)
            hr_buffer_append_text(out, ",");
        hr_buffer_append_text(out, hr_report_column_name(columns->items[i]));
    }
    hr_buffer_append_text(out, "\r\n");
    for (size_t i = 0; i < observation->student_count; i++)
        if (!observation->students[i].left_out)
            append_row(out, &scratch, observation, &observation->students[i], columns);
    enum hr_status status = hr_buffer_check(&scratch.clean, error);
    if (status == HR_OK)
        status = hr_buffer_check(&scratch.cell, error);
    if (status == HR_OK)
        status = hr_buffer_check(out, error);
    hr_buffer_clear(&scratch.clean);
    hr_buffer_clear(&scratch.cell);
    return status;
}
