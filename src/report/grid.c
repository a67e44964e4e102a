#include "report/grid.h"

#include <stdio.h>

#include "report/markup.h"

enum {
    LEFT = 220,
    TOP = 150,
    CELL = 20,
    REMARK = 70,
    LEGEND = 24,
    LABEL_PX = 11,
    KIND_WIDTH = 130,
    KINDS_PER_LINE = 5
};

static void append_text(struct hr_buffer *out, int x, int y, const char *attributes, const char *text)
{
    hr_buffer_append_format(out, "<text x=\"%d\" y=\"%d\"%s>", x, y, attributes);
    hr_markup_append_text(out, text);
    hr_buffer_append_text(out, "</text>\n");
}

static void append_cell(struct hr_buffer *out, int x, int y, const struct hr_grid_kind *kind)
{
    hr_buffer_append_format(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\" stroke=\"#fff\"/>\n",
                            x, y, CELL, CELL, kind->colour);
    append_text(out, x + CELL / 2, y + CELL - 6, " text-anchor=\"middle\"", kind->letter);
}

static void append_columns(const struct hr_grid *grid, struct hr_buffer *out)
{
    for (size_t i = 0; i < grid->column_count; i++) {
        int x = LEFT + (int)i * CELL + CELL / 2 + LABEL_PX / 2 - 1;
        char attributes[64];
        snprintf(attributes, sizeof attributes, " transform=\"rotate(-90 %d %d)\"", x, TOP - 6);
        append_text(out, x, TOP - 6, attributes, grid->columns[i]);
    }
}

static void append_rows(const struct hr_grid *grid, struct hr_buffer *out)
{
    for (size_t i = 0; i < grid->row_count; i++) {
        int y = TOP + (int)i * CELL;
        append_text(out, LEFT - 8, y + CELL - 6, " text-anchor=\"end\"", grid->rows[i]);
        for (size_t k = 0; k < grid->column_count; k++)
            append_cell(out, LEFT + (int)k * CELL, y, &grid->kinds[grid->cells[i * grid->column_count + k]]);
        append_text(out, LEFT + (int)grid->column_count * CELL + 8, y + CELL - 6, "", grid->remarks[i]);
    }
}

static void append_legend(const struct hr_grid *grid, struct hr_buffer *out)
{
    for (size_t i = 0; i < grid->kind_count; i++) {
        int x = 10 + (int)(i % KINDS_PER_LINE) * KIND_WIDTH;
        int y = TOP + (int)grid->row_count * CELL + 12 + (int)(i / KINDS_PER_LINE) * LEGEND;
        append_cell(out, x, y, &grid->kinds[i]);
        append_text(out, x + CELL + 6, y + CELL - 6, "", grid->kinds[i].name);
    }
}

enum hr_status hr_report_write_grid(const struct hr_grid *grid, struct hr_buffer *out, struct hr_error *error)
{
    int lines = (int)((grid->kind_count + KINDS_PER_LINE - 1) / KINDS_PER_LINE);
    int width = LEFT + (int)grid->column_count * CELL + REMARK;
    int legend = 20 + KINDS_PER_LINE * KIND_WIDTH;
    width = width > legend ? width : legend;
    int height = TOP + (int)grid->row_count * CELL + 20 + lines * LEGEND;
    hr_buffer_append_format(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
        "font-family=\"sans-serif\" font-size=\"%d\">\n"
        "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
        width, height, width, height, LABEL_PX, width, height);
    append_text(out, 10, 24, " font-size=\"16\"", grid->title);
    append_columns(grid, out);
    append_rows(grid, out);
    append_legend(grid, out);
    hr_buffer_append_text(out, "</svg>\n");
    return hr_buffer_check(out, error);
}
