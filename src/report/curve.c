#include "report/curve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/markup.h"

enum { WIDTH = 640, HEIGHT = 400, LEFT = 60, RIGHT = 70, TOP = 40, BOTTOM = 50 };

/* Strangers are few: their axis reaches to a twentieth. */
static const double strangers_top = 0.05;

struct axes {
    double low, high; /* powers of ten */
};

static double x_of(const struct axes *axes, double accepted)
{
    double share = (log10(accepted) - axes->low) / (axes->high - axes->low);
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static double y_of(double share)
{
    return HEIGHT - BOTTOM - fmin(1, fmax(0, share)) * (HEIGHT - TOP - BOTTOM);
}

static void append_line(struct hr_buffer *out, const struct hr_curve *curve, const struct axes *axes, bool strangers)
{
    hr_buffer_append_text(out, strangers ? "<polyline fill=\"none\" stroke=\"#b00\" stroke-width=\"2\" "
                                           "stroke-dasharray=\"6 4\" points=\""
                                         : "<polyline fill=\"none\" stroke=\"#06c\" stroke-width=\"2\" "
                                           "points=\"");
    for (size_t i = 0; i < curve->count; i++) {
        const struct hr_curve_point *point = &curve->points[i];
        hr_markup_append_number(out, x_of(axes, point->accepted));
        hr_buffer_append_text(out, ",");
        hr_markup_append_number(out, y_of(strangers ? point->strangers / strangers_top : point->found));
        hr_buffer_append_text(out, i + 1 < curve->count ? " " : "\"/>\n");
    }
}

static void append_label(struct hr_buffer *out, double x, double y, const char *anchor, const char *text)
{
    hr_buffer_append_text(out, "<text x=\"");
    hr_markup_append_number(out, x);
    hr_buffer_append_text(out, "\" y=\"");
    hr_markup_append_number(out, y);
    hr_buffer_append_format(out, "\" text-anchor=\"%s\">", anchor);
    hr_markup_append_text(out, text);
    hr_buffer_append_text(out, "</text>\n");
}

static void append_rule(struct hr_buffer *out, double x1, double y1, double x2, double y2, const char *colour)
{
    const double places[] = {x1, y1, x2, y2};
    static const char *const names[] = {"x1", "y1", "x2", "y2"};
    hr_buffer_append_text(out, "<line");
    for (int i = 0; i < 4; i++) {
        hr_buffer_append_format(out, " %s=\"", names[i]);
        hr_markup_append_number(out, places[i]);
        hr_buffer_append_text(out, "\"");
    }
    hr_buffer_append_format(out, " stroke=\"%s\"/>\n", colour);
}

static void append_axes(struct hr_buffer *out, const struct axes *axes)
{
    char text[32];
    for (int i = 0; i <= 4; i++) {
        double y = y_of(i / 4.0);
        append_rule(out, LEFT, y, WIDTH - RIGHT, y, "#ccc");
        snprintf(text, sizeof text, "%d %%", 25 * i);
        append_label(out, LEFT - 6, y + 4, "end", text);
        int tenths = (int)lround(strangers_top * 1000 * i / 4);
        snprintf(text, sizeof text, "%d.%d %%", tenths / 10, tenths % 10);
        append_label(out, WIDTH - RIGHT + 6, y + 4, "start", text);
    }
    for (int power = (int)ceil(axes->low - 1e-9); power <= (int)floor(axes->high + 1e-9); power++) {
        double x = x_of(axes, pow(10, power));
        append_rule(out, x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 4, "#000");
        snprintf(text, sizeof text, "1e%d", power);
        append_label(out, x, HEIGHT - BOTTOM + 18, "middle", text);
    }
    append_label(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 10, "middle",
                 "chance that is accepted for a stranger to be named (--false-present)");
    append_label(out, LEFT, TOP - 8, "start", "found (blue)");
    append_label(out, WIDTH - RIGHT, TOP - 8, "end", "strangers named (red, dashed)");
}

enum hr_status hr_report_write_curve(const struct hr_curve *curve, struct hr_buffer *out, struct hr_error *error)
{
    struct axes axes = {.low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < curve->count; i++) {
        axes.low = fmin(axes.low, log10(curve->points[i].accepted));
        axes.high = fmax(axes.high, log10(curve->points[i].accepted));
    }
    if (curve->count < 2 || !(axes.high > axes.low))
        return hr_error_set(error, HR_ERR_ARGUMENT, "a curve needs two points");
    hr_buffer_append_format(out,
                            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                            "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
                            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
                            WIDTH, HEIGHT, WIDTH, HEIGHT);
    append_label(out, WIDTH / 2.0, 18, "middle", curve->title);
    append_axes(out, &axes);
    double chosen = x_of(&axes, curve->chosen);
    if (chosen >= LEFT && chosen <= WIDTH - RIGHT)
        append_rule(out, chosen, TOP, chosen, HEIGHT - BOTTOM, "#888");
    append_line(out, curve, &axes, false);
    append_line(out, curve, &axes, true);
    hr_buffer_append_text(out, "</svg>\n");
    return hr_buffer_check(out, error);
}
