#include "tables/csv.h"

#include <string.h>
#include <strings.h>

#include "roster/student.h"
#include "tables/decode.h"

static int peek(const struct hr_csv *csv)
{
    return csv->rest.size > 0 ? csv->rest.data[0] : -1;
}

static void skip(struct hr_csv *csv)
{
    csv->rest = hr_view_of(csv->rest.data + 1, csv->rest.size - 1);
}

/* Takes a line end of any kind, with its one or two bytes. False when there is none here. */
static bool take_line_end(struct hr_csv *csv)
{
    int c = peek(csv);
    if (c != '\n' && c != '\r')
        return false;
    skip(csv);
    if (c == '\r' && peek(csv) == '\n')
        skip(csv);
    csv->line++;
    return true;
}

static char find_separator(struct hr_view text)
{
    static const char candidates[] = ",;\t";
    size_t counts[sizeof candidates] = {0};
    bool quoted = false;
    for (size_t i = 0; i < text.size && text.data[i] != '\n' && text.data[i] != '\r'; i++) {
        if (text.data[i] == '"')
            quoted = !quoted;
        const char *found = quoted ? NULL : memchr(candidates, text.data[i], 3);
        if (found != NULL)
            counts[found - candidates]++;
    }
    size_t best = 0;
    for (size_t i = 1; i < 3; i++)
        if (counts[i] > counts[best])
            best = i;
    return candidates[best];
}

/* Excel's own line in front of the header, "sep=;": the separator, which is ASCII, and what stands behind the line. */
static bool take_separator_line(struct hr_csv *csv)
{
    struct hr_view text = csv->rest;
    if (text.size < 6 || strncasecmp((const char *)text.data, "sep=", 4) != 0 ||
        (text.data[5] != '\r' && text.data[5] != '\n') || text.data[4] == '"' || text.data[4] >= 0x80)
        return false;
    csv->separator = (char)text.data[4];
    csv->rest = hr_view_of(text.data + 5, text.size - 5);
    return true;
}

void hr_csv_init(struct hr_csv *csv, struct hr_view text)
{
    memset(csv, 0, sizeof *csv);
    csv->rest = text;
    csv->line = 1;
    if (!take_separator_line(csv))
        csv->separator = find_separator(text);
    hr_buffer_init(&csv->text, text.size);
}

void hr_csv_clear(struct hr_csv *csv)
{
    hr_buffer_clear(&csv->text);
}

static void skip_blanks(struct hr_csv *csv)
{
    for (;;) {
        size_t mark = hr_mark_size(csv->rest);
        if (mark > 0)
            csv->rest = hr_view_of(csv->rest.data + mark, csv->rest.size - mark);
        else if (peek(csv) == ' ' || (peek(csv) == '\t' && csv->separator != '\t'))
            skip(csv);
        else
            return;
    }
}

/* Up to the separator or the line's end. */
static struct hr_view take_plain(struct hr_csv *csv)
{
    const uint8_t *start = csv->rest.data;
    while (csv->rest.size > 0 && peek(csv) != csv->separator && peek(csv) != '\n' && peek(csv) != '\r')
        skip(csv);
    return hr_view_of(start, (size_t)(csv->rest.data - start));
}

/* From behind the opening quote to behind the closing one; a doubled quote is one of the text. */
static enum hr_status take_quoted(struct hr_csv *csv, struct hr_error *error)
{
    size_t opened = csv->line;
    while (csv->rest.size > 0) {
        const uint8_t *start = csv->rest.data;
        if (peek(csv) == '"') {
            skip(csv);
            if (peek(csv) != '"')
                return HR_OK;
            skip(csv);
            hr_buffer_append(&csv->text, hr_view_of(start, 1));
            continue;
        }
        if (!take_line_end(csv))
            skip(csv);
        hr_buffer_append(&csv->text, hr_view_of(start, (size_t)(csv->rest.data - start)));
    }
    return hr_error_named(error, HR_ERR_FORMAT, "open_quote", NULL, "line %zu: a quote is opened and never closed",
                          opened);
}

/* One cell, up to the separator or line end, which stays. Its bytes are added to csv->text. */
static enum hr_status take_cell(struct hr_csv *csv, struct hr_error *error)
{
    skip_blanks(csv);
    /* ="007" keeps a spreadsheet from making a number of it. */
    if (peek(csv) == '=' && csv->rest.size > 1 && csv->rest.data[1] == '"')
        skip(csv);
    if (peek(csv) != '"') {
        hr_buffer_append(&csv->text, hr_view_bare(take_plain(csv)));
        return HR_OK;
    }
    skip(csv);
    enum hr_status status = take_quoted(csv, error);
    if (status != HR_OK)
        return status;
    if (hr_view_bare(take_plain(csv)).size > 0)
        csv->problem = "text behind a closing quote";
    return HR_OK;
}

enum hr_status hr_csv_next(struct hr_csv *csv, struct hr_error *error)
{
    while (take_line_end(csv))
        continue;
    if (csv->rest.size == 0)
        return HR_END;
    csv->record_line = csv->line;
    csv->problem = NULL;
    csv->count = 0;
    csv->text.size = 0;
    for (;;) {
        size_t before = csv->text.size;
        enum hr_status status = take_cell(csv, error);
        if (status != HR_OK)
            return status;
        if (csv->count < HR_CSV_CELLS_MAX)
            csv->cells[csv->count].size = csv->text.size - before;
        csv->count++;
        if (peek(csv) != csv->separator)
            break;
        skip(csv);
    }
    enum hr_status status = hr_buffer_check(&csv->text, error);
    if (status != HR_OK)
        return status;
    bool ended = take_line_end(csv); /* the last line may come without */
    (void)ended;
    /* The buffer does not move any more: its parts become the cells. */
    hr_views_place(csv->cells, csv->count < HR_CSV_CELLS_MAX ? csv->count : HR_CSV_CELLS_MAX, csv->text.data);
    return HR_OK;
}

void hr_csv_append(struct hr_buffer *out, struct hr_view cell)
{
    bool plain = hr_view_trimmed(cell).size == cell.size;
    for (size_t i = 0; plain && i < cell.size; i++)
        plain = memchr("\",;\t\r\n", cell.data[i], 6) == NULL;
    if (plain) {
        hr_buffer_append(out, cell);
        return;
    }
    hr_buffer_append_text(out, "\"");
    for (size_t i = 0; i < cell.size; i++) {
        if (cell.data[i] == '"')
            hr_buffer_append_text(out, "\"");
        hr_buffer_append(out, hr_view_of(cell.data + i, 1));
    }
    hr_buffer_append_text(out, "\"");
}
