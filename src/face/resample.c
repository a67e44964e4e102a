#include "face/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "face/per_instruction_set.h"

/* Source cells first .. first + count - 1 and their shares, for one row or column of the result. */
struct span {
    int first;
    int count;
    const float *shares;
};

struct hr_shrinker {
    struct hr_shrinker_sizes sizes;
    struct span *rows;    /* target height */
    struct span *columns; /* target width */
    float *row_shares;
    float *column_shares;
    float *line; /* one row of the source's width, R G B interleaved */
};

/* Most source cells under one result cell. */
static int span_max(int source, int target)
{
    return (source + target - 1) / target + 1;
}

static void fill_spans(struct span *spans, float *shares, int source, int target)
{
    int longest = span_max(source, target);
    double step = (double)source / target;
    for (int i = 0; i < target; i++) {
        double from = i * step;
        double to = i + 1 == target ? source : (i + 1) * step;
        int first = (int)floor(from);
        int end = (int)ceil(to);
        end = end > source ? source : end;
        end = end > first + longest ? first + longest : end;
        float *own = shares + (ptrdiff_t)i * longest;
        for (int k = first; k < end; k++)
            own[k - first] = (float)((fmin(to, k + 1) - fmax(from, k)) / (to - from));
        spans[i] = (struct span){.first = first, .count = end - first, .shares = own};
    }
}

enum hr_status hr_shrinker_new(struct hr_shrinker **out, const struct hr_shrinker_sizes *sizes, struct hr_error *error)
{
    *out = NULL;
    struct hr_size source = sizes->source, target = sizes->target, padded = sizes->padded;
    enum hr_status status = hr_size_check(source, error);
    if (status != HR_OK)
        return status;
    if (target.width_px <= 0 || target.height_px <= 0 || target.width_px > source.width_px ||
        target.height_px > source.height_px || padded.width_px < target.width_px || padded.height_px < target.height_px)
        return hr_error_set(error, HR_ERR_INTERNAL, "a picture cannot be shrunk to a larger one");
    struct hr_shrinker *shrinker = calloc(1, sizeof *shrinker);
    if (shrinker == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to shrink a picture");
    size_t row_longest = (size_t)span_max(source.height_px, target.height_px);
    size_t column_longest = (size_t)span_max(source.width_px, target.width_px);
    shrinker->sizes = *sizes;
    shrinker->rows = calloc((size_t)target.height_px, sizeof *shrinker->rows);
    shrinker->columns = calloc((size_t)target.width_px, sizeof *shrinker->columns);
    shrinker->row_shares = calloc((size_t)target.height_px * row_longest, sizeof(float));
    shrinker->column_shares = calloc((size_t)target.width_px * column_longest, sizeof(float));
    shrinker->line = calloc((size_t)source.width_px * 3, sizeof *shrinker->line);
    if (shrinker->rows == NULL || shrinker->columns == NULL || shrinker->row_shares == NULL ||
        shrinker->column_shares == NULL || shrinker->line == NULL) {
        hr_shrinker_free(shrinker);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to shrink a picture");
    }
    fill_spans(shrinker->rows, shrinker->row_shares, source.height_px, target.height_px);
    fill_spans(shrinker->columns, shrinker->column_shares, source.width_px, target.width_px);
    *out = shrinker;
    return HR_OK;
}

void hr_shrinker_free(struct hr_shrinker *shrinker)
{
    if (shrinker == NULL)
        return;
    free(shrinker->rows);
    free(shrinker->columns);
    free(shrinker->row_shares);
    free(shrinker->column_shares);
    free(shrinker->line);
    free(shrinker);
}

static bool same_size(struct hr_size a, struct hr_size b)
{
    return a.width_px == b.width_px && a.height_px == b.height_px;
}

bool hr_shrinker_fits(const struct hr_shrinker *shrinker, const struct hr_shrinker_sizes *sizes)
{
    return shrinker != NULL && same_size(shrinker->sizes.source, sizes->source) &&
           same_size(shrinker->sizes.target, sizes->target) && same_size(shrinker->sizes.padded, sizes->padded);
}

/* line[i] = or += share * row[i], `count` cells. */
HR_PER_INSTRUCTION_SET
static void weigh_row(const uint8_t *row, float share, size_t count, float *line)
{
    for (size_t i = 0; i < count; i++)
        line[i] = share * (float)row[i];
}

HR_PER_INSTRUCTION_SET
static void add_row(const uint8_t *row, float share, size_t count, float *line)
{
    for (size_t i = 0; i < count; i++)
        line[i] += share * (float)row[i];
}

/* The rows under one result row, weighted, as one line of floats. */
static void average_rows(const struct span *span, const struct hr_frame *frame, float *line)
{
    size_t count = (size_t)frame->size.width_px * 3;
    for (int k = 0; k < span->count; k++) {
        const uint8_t *row = frame->rgb + (span->first + k) * frame->stride_bytes;
        if (k == 0)
            weigh_row(row, span->shares[k], count, line);
        else
            add_row(row, span->shares[k], count, line);
    }
}

/* Exactly two source columns for each of the result, as 1920 to 960: the common case of a large
 * frame, in a loop that the compiler can vectorise. */
HR_PER_INSTRUCTION_SET
static void halve_columns(const float *line, int width, float *red, float *green, float *blue)
{
    for (int x = 0; x < width; x++) {
        red[x] = 0.5f * (line[6 * x] + line[6 * x + 3]);
        green[x] = 0.5f * (line[6 * x + 1] + line[6 * x + 4]);
        blue[x] = 0.5f * (line[6 * x + 2] + line[6 * x + 5]);
    }
}

/* As many columns as before. */
HR_PER_INSTRUCTION_SET
static void part_columns(const float *line, int width, float *red, float *green, float *blue)
{
    for (int x = 0; x < width; x++) {
        red[x] = line[3 * x];
        green[x] = line[3 * x + 1];
        blue[x] = line[3 * x + 2];
    }
}

static void average_columns(const struct span *columns, int width, const float *line, float *red, float *green,
                            float *blue)
{
    for (int x = 0; x < width; x++) {
        const struct span *span = &columns[x];
        const float *from = line + (ptrdiff_t)span->first * 3;
        float r = 0, g = 0, b = 0;
        for (int k = 0; k < span->count; k++) {
            r += span->shares[k] * from[3 * k];
            g += span->shares[k] * from[3 * k + 1];
            b += span->shares[k] * from[3 * k + 2];
        }
        red[x] = r;
        green[x] = g;
        blue[x] = b;
    }
}

/* One line of the source's width to one row of each plane, zeros behind it. */
static void shrink_line(const struct hr_shrinker *shrinker, float *red, float *green, float *blue)
{
    int source = shrinker->sizes.source.width_px, width = shrinker->sizes.target.width_px;
    if (source == width)
        part_columns(shrinker->line, width, red, green, blue);
    else if (source == 2 * width)
        halve_columns(shrinker->line, width, red, green, blue);
    else
        average_columns(shrinker->columns, width, shrinker->line, red, green, blue);
    size_t rest = (size_t)(shrinker->sizes.padded.width_px - width) * sizeof(float);
    memset(red + width, 0, rest);
    memset(green + width, 0, rest);
    memset(blue + width, 0, rest);
}

void hr_shrinker_run(struct hr_shrinker *shrinker, const struct hr_frame *frame, float *planes)
{
    struct hr_size target = shrinker->sizes.target, padded = shrinker->sizes.padded;
    size_t area = (size_t)padded.width_px * (size_t)padded.height_px;
    for (int y = 0; y < target.height_px; y++) {
        size_t at = (size_t)y * (size_t)padded.width_px;
        average_rows(&shrinker->rows[y], frame, shrinker->line);
        shrink_line(shrinker, planes + at, planes + area + at, planes + 2 * area + at);
    }
    size_t filled = (size_t)target.height_px * (size_t)padded.width_px;
    for (int plane = 0; plane < 3; plane++)
        memset(planes + (size_t)plane * area + filled, 0, (area - filled) * sizeof *planes);
}
