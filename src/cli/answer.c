#include "cli/answer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* A longer text is a mistake. */
#define TEXT_MAX_BYTES (1u << 20)

void hr_answer_text(FILE *out, const char *text)
{
    struct hr_buffer shown;
    hr_buffer_init(&shown, TEXT_MAX_BYTES);
    hr_text_show(&shown, text);
    fputs(shown.failed ? "?" : hr_buffer_text(&shown), out);
    hr_buffer_clear(&shown);
}

bool hr_answer_data(FILE *out, const char *text)
{
    if (!isatty(fileno(out)))
        return fputs(text, out) >= 0;
    struct hr_buffer shown;
    hr_buffer_init(&shown, 4 * strlen(text) + 4); /* a bad byte takes three */
    hr_text_show_lines(&shown, text);
    bool good = !shown.failed && fputs(hr_buffer_text(&shown), out) >= 0;
    hr_buffer_clear(&shown);
    return good;
}

bool hr_answer_json(FILE *out, struct hr_json *object)
{
    struct hr_buffer line;
    struct hr_error ignored;
    hr_buffer_init(&line, 1u << 20);
    bool made = object != NULL && hr_json_print(object, false, &line, &ignored) == HR_OK;
    if (made)
        fprintf(out, "%s\n", hr_buffer_text(&line));
    hr_buffer_clear(&line);
    hr_json_free(object);
    return made;
}

/* Characters of UTF-8: bytes that do not continue one. */
static size_t places(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static void pad(FILE *out, size_t count)
{
    fprintf(out, "%*s", (int)count, "");
}

/* Whether nothing comes behind the first of these cells: then its line ends there, without blanks. */
static bool rest_is_empty(const char *const *cells, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (cells[i][0] != '\0')
            return false;
    return true;
}

void hr_answer_table(FILE *out, const char *const *cells, size_t columns, size_t rows, unsigned right)
{
    size_t widths[HR_ANSWER_COLUMNS_MAX] = {0};
    columns = columns < HR_ANSWER_COLUMNS_MAX ? columns : HR_ANSWER_COLUMNS_MAX;
    for (size_t i = 0; i < rows * columns; i++) {
        size_t wide = places(cells[i]);
        size_t *width = &widths[i % columns];
        *width = wide > *width ? wide : *width;
    }
    for (size_t i = 0; i < rows * columns; i++) {
        size_t column = i % columns;
        bool last = column + 1 == columns || rest_is_empty(cells + i, columns - column);
        size_t room = widths[column] - places(cells[i]);
        bool to_right = (right >> column & 1) != 0;
        pad(out, to_right ? room : 0);
        hr_answer_text(out, cells[i]);
        if (last) {
            fputc('\n', out);
            i += columns - column - 1;
        } else {
            pad(out, 2 + (to_right ? 0 : room));
        }
    }
}

void hr_answer_paragraph(FILE *out, const char *text, size_t indent, size_t at)
{
    enum { LINE_MAX_PLACES = 80 };
    bool first = true;
    while (*text != '\0') {
        size_t length = strcspn(text, " \n");
        if (!first && at + 1 + length > LINE_MAX_PLACES) {
            fputc('\n', out);
            at = 0;
            first = true;
        }
        if (length > 0) {
            size_t before = !first ? 1 : at < indent ? indent - at : 0;
            pad(out, before);
            fwrite(text, 1, length, out);
            at += before + length;
            first = false;
        }
        text += length;
        if (*text == '\n') {
            fputc('\n', out);
            at = 0;
            first = true;
        }
        text += *text != '\0';
    }
    fputc('\n', out);
}
