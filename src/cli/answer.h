/* How a command answers on standard output: columns or lines for people, with --json one object
 * per line. */
#ifndef HR_CLI_ANSWER_H
#define HR_CLI_ANSWER_H

#include "base/json.h"
#include "cli/cli.h"

/* As hr_text_show has it: text from outside cannot steer the terminal. */
void hr_answer_text(FILE *out, const char *text);
/* A report or a table, for a program or a file: its bytes as they are. On a terminal as hr_answer_text, line by line.
 * False when it was not taken. */
bool hr_answer_data(FILE *out, const char *text);

/* The answer's object as one line. Takes `object`; false when it could not be made (no memory). */
bool hr_answer_json(FILE *out, struct hr_json *object);

enum { HR_ANSWER_COLUMNS_MAX = 8 };

/* `rows` times `columns` (at most HR_ANSWER_COLUMNS_MAX) cells, borrowed, none NULL, two
 * spaces apart. Columns whose bit is set in `right` are aligned to the right. A character counts one place wide. */
void hr_answer_table(FILE *out, const char *const *cells, size_t columns, size_t rows, unsigned right);

/* Words of `text` in lines of at most 80 places, each line begun with `indent` spaces; the first
 * line is taken to stand at place `at` already. A line end in the text is kept. */
void hr_answer_paragraph(FILE *out, const char *text, size_t indent, size_t at);

#endif
