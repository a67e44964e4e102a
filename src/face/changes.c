#include "face/changes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Means of squares of PATCH x PATCH pixels are compared: noise of 5 grey levels in a pixel is below 2 in their
 * difference, and an edge that moves by half a pixel is above 8. */
enum { PATCH_PX = 4, PATCHES = HR_CELL_PX / PATCH_PX, CHANGE_LEVELS = 8 };
/* Above this share of changed cells all of the picture is looked at: its parts with their margins cost more. */
static const double whole_share = 0.6;

struct hr_changes {
    int columns, rows; /* of cells; what is left at the borders belongs to the last ones */
    int across, down;  /* of patches */
    int width;
    bool fresh;        /* nothing was seen */
    float *now, *seen; /* [down][across] */
    uint8_t *changed;  /* [rows][columns] */
};

enum hr_status hr_changes_new(struct hr_changes **out, struct hr_size size, struct hr_error *error)
{
    struct hr_changes *changes = calloc(1, sizeof *changes);
    *out = NULL;
    if (changes == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for what changes in a picture");
    *changes = (struct hr_changes){.columns = (size.width_px + HR_CELL_PX - 1) / HR_CELL_PX,
                                   .rows = (size.height_px + HR_CELL_PX - 1) / HR_CELL_PX,
                                   .across = size.width_px / PATCH_PX,
                                   .down = size.height_px / PATCH_PX,
                                   .width = size.width_px,
                                   .fresh = true};
    size_t patches = (size_t)changes->across * (size_t)changes->down;
    changes->now = calloc(patches + 1, sizeof *changes->now);
    changes->seen = calloc(patches + 1, sizeof *changes->seen);
    changes->changed = calloc((size_t)changes->columns * (size_t)changes->rows + 1, 1);
    if (changes->now == NULL || changes->seen == NULL || changes->changed == NULL) {
        hr_changes_free(changes);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for what changes in a picture");
    }
    *out = changes;
    return HR_OK;
}

void hr_changes_free(struct hr_changes *changes)
{
    if (changes == NULL)
        return;
    free(changes->now);
    free(changes->seen);
    free(changes->changed);
    free(changes);
}

void hr_changes_forget(struct hr_changes *changes)
{
    if (changes != NULL)
        changes->fresh = true;
}

/* Green stands for all: it is the most of brightness, and a person does not change in red and blue alone. */
static void take_means(struct hr_changes *changes, const float *planes)
{
    const float *green = planes + (ptrdiff_t)changes->width * (changes->down * PATCH_PX);
    float *to = changes->now;
    for (int y = 0; y < changes->down; y++)
        for (int x = 0; x < changes->across; x++) {
            const float *at = green + (ptrdiff_t)y * PATCH_PX * changes->width + (ptrdiff_t)x * PATCH_PX;
            float sum = 0;
            for (int row = 0; row < PATCH_PX; row++, at += changes->width)
                sum += at[0] + at[1] + at[2] + at[3];
            *to++ = sum / (PATCH_PX * PATCH_PX);
        }
}

bool hr_changes_compare(struct hr_changes *changes, const float *planes)
{
    take_means(changes, planes);
    if (changes->fresh)
        return false;
    memset(changes->changed, 0, (size_t)changes->columns * (size_t)changes->rows);
    int count = 0;
    for (int y = 0; y < changes->down; y++)
        for (int x = 0; x < changes->across; x++) {
            size_t at = (size_t)y * (size_t)changes->across + (size_t)x;
            uint8_t *cell = &changes->changed[y / PATCHES * changes->columns + x / PATCHES];
            if (*cell == 0 && fabsf(changes->now[at] - changes->seen[at]) > CHANGE_LEVELS) {
                *cell = 1;
                count++;
            }
        }
    return count <= whole_share * changes->columns * changes->rows;
}

static int clamp(float pixels, int end)
{
    int cell = (int)floorf(pixels / HR_CELL_PX);
    return cell < 0 ? 0 : cell >= end ? end - 1 : cell;
}

static struct hr_region cells_of(const struct hr_changes *changes, float left, float top, float right, float bottom)
{
    return (struct hr_region){clamp(left, changes->columns), clamp(top, changes->rows),
                              clamp(right, changes->columns) + 1, clamp(bottom, changes->rows) + 1};
}

bool hr_changes_touch(const struct hr_changes *changes, float left, float top, float right, float bottom)
{
    struct hr_region cells = cells_of(changes, left, top, right, bottom);
    for (int row = cells.first_row; row < cells.end_row; row++)
        for (int column = cells.first_column; column < cells.end_column; column++)
            if (changes->changed[row * changes->columns + column] != 0)
                return true;
    return false;
}

void hr_changes_add(struct hr_changes *changes, float left, float top, float right, float bottom)
{
    struct hr_region cells = cells_of(changes, left, top, right, bottom);
    for (int row = cells.first_row; row < cells.end_row; row++)
        memset(&changes->changed[row * changes->columns + cells.first_column], 1,
               (size_t)(cells.end_column - cells.first_column));
}

static struct hr_region united(const struct hr_region *a, const struct hr_region *b)
{
    return (struct hr_region){a->first_column < b->first_column ? a->first_column : b->first_column,
                              a->first_row < b->first_row ? a->first_row : b->first_row,
                              a->end_column > b->end_column ? a->end_column : b->end_column,
                              a->end_row > b->end_row ? a->end_row : b->end_row};
}

static int area(const struct hr_region *region)
{
    return (region->end_column - region->first_column) * (region->end_row - region->first_row);
}

static bool overlap(const struct hr_region *a, const struct hr_region *b)
{
    return a->first_column < b->end_column && b->first_column < a->end_column && a->first_row < b->end_row &&
           b->first_row < a->end_row;
}

/* Each region is looked at with a margin, so that two near ones are cheaper as one. */
static int cost(const struct hr_region *region)
{
    enum { MARGIN = 8 };
    return (region->end_column - region->first_column + MARGIN) * (region->end_row - region->first_row + MARGIN);
}

static bool join_two(struct hr_region *regions, int *count, bool any)
{
    int best_a = -1, best_b = -1, least = 0;
    for (int a = 0; a < *count; a++)
        for (int b = a + 1; b < *count; b++) {
            struct hr_region both = united(&regions[a], &regions[b]);
            int more = cost(&both) - cost(&regions[a]) - cost(&regions[b]);
            if (overlap(&regions[a], &regions[b]) && more > 0)
                more = 0;
            if (best_a < 0 || more < least) {
                best_a = a;
                best_b = b;
                least = more;
            }
        }
    if (best_a < 0 || (least > 0 && !any))
        return false;
    regions[best_a] = united(&regions[best_a], &regions[best_b]);
    regions[best_b] = regions[--*count];
    return true;
}

/* The rectangle around all changed cells that touch each other, which are crossed out. */
static struct hr_region take_region(struct hr_changes *changes, int column, int row)
{
    struct hr_region region = {column, row, column + 1, row + 1};
    for (bool grown = true; grown;) { /* a ring of cells around it at a time */
        grown = false;
        struct hr_region around = {region.first_column - 1, region.first_row - 1, region.end_column + 1,
                                   region.end_row + 1};
        for (int y = around.first_row; y < around.end_row; y++)
            for (int x = around.first_column; x < around.end_column; x++) {
                if (x < 0 || y < 0 || x >= changes->columns || y >= changes->rows ||
                    changes->changed[y * changes->columns + x] == 0)
                    continue;
                struct hr_region cell = {x, y, x + 1, y + 1}, wider = united(&region, &cell);
                grown = grown || area(&wider) > area(&region);
                region = wider;
            }
    }
    for (int y = region.first_row; y < region.end_row; y++)
        memset(&changes->changed[y * changes->columns + region.first_column], 0,
               (size_t)(region.end_column - region.first_column));
    return region;
}

int hr_changes_regions(struct hr_changes *changes, struct hr_region regions[HR_REGIONS_MAX], bool *whole)
{
    int count = 0;
    *whole = false;
    for (int row = 0; row < changes->rows; row++)
        for (int column = 0; column < changes->columns; column++) {
            if (changes->changed[row * changes->columns + column] == 0)
                continue;
            if (count == HR_REGIONS_MAX && !join_two(regions, &count, true))
                break;
            regions[count++] = take_region(changes, column, row);
        }
    while (join_two(regions, &count, false))
        ;
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += cost(&regions[i]);
    *whole = sum > whole_share * changes->columns * changes->rows;
    return *whole ? 0 : count;
}

void hr_changes_seen(struct hr_changes *changes, const struct hr_region *region)
{
    const struct hr_region all = {0, 0, changes->columns, changes->rows};
    if (region == NULL) {
        region = &all;
        changes->fresh = false;
    }
    for (int y = region->first_row * PATCHES; y < region->end_row * PATCHES && y < changes->down; y++)
        for (int x = region->first_column * PATCHES; x < region->end_column * PATCHES && x < changes->across; x++) {
            size_t at = (size_t)y * (size_t)changes->across + (size_t)x;
            changes->seen[at] = changes->now[at];
        }
}
