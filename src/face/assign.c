#include "face/assign.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* Columns are numbered from 1; column 0 holds the row that looks for a place. Behind the real
 * columns each row has one of its own, in which it stays alone. */
struct search {
    struct hr_assign_size size;
    const float *cost;
    double alone;
    size_t width;         /* columns, own ones included */
    double *row_price;    /* rows + 1 */
    double *column_price; /* width + 1 */
    size_t *owner;        /* width + 1: row of a column, from 1; 0: free */
    size_t *came_from;    /* width + 1: column before, on the way to here */
    double *reach;        /* width + 1: least reduced cost of getting here */
    bool *visited;        /* width + 1 */
};

/* A price that no sum of real costs reaches stands for "must not meet". */
static const double forbidden = 1e12;

static double cost_of(const struct search *search, size_t row, size_t column)
{
    if (column > search->size.columns)
        return column - search->size.columns == row ? search->alone : forbidden;
    float cost = search->cost[(row - 1) * search->size.columns + column - 1];
    return isfinite(cost) ? (double)cost : forbidden;
}

/* Reduced costs from the row that owns `from` to every column not yet visited; the nearest. */
static size_t look_around(struct search *search, size_t from, double *step)
{
    size_t row = search->owner[from], nearest = 0;
    *step = INFINITY;
    for (size_t column = 1; column <= search->width; column++) {
        if (search->visited[column])
            continue;
        double reduced = cost_of(search, row, column) - search->row_price[row] - search->column_price[column];
        if (reduced < search->reach[column]) {
            search->reach[column] = reduced;
            search->came_from[column] = from;
        }
        if (search->reach[column] < *step) {
            *step = search->reach[column];
            nearest = column;
        }
    }
    return nearest;
}

static void change_prices(struct search *search, double step)
{
    for (size_t column = 0; column <= search->width; column++) {
        if (search->visited[column]) {
            search->row_price[search->owner[column]] += step;
            search->column_price[column] -= step;
        } else {
            search->reach[column] -= step;
        }
    }
}

/* Finds the row a place along the cheapest chain of moves. */
static void place_row(struct search *search, size_t row)
{
    for (size_t column = 0; column <= search->width; column++) {
        search->reach[column] = INFINITY;
        search->visited[column] = false;
    }
    search->owner[0] = row;
    size_t at = 0;
    do {
        search->visited[at] = true;
        double step;
        size_t next = look_around(search, at, &step);
        change_prices(search, step);
        at = next;
    } while (search->owner[at] != 0);
    while (at != 0) {
        size_t before = search->came_from[at];
        search->owner[at] = search->owner[before];
        at = before;
    }
}

enum hr_status hr_assign(struct hr_assign_size size, const float *cost, float alone, size_t *chosen,
                         struct hr_error *error)
{
    struct search search = {.size = size, .cost = cost, .alone = (double)alone};
    search.width = size.columns + size.rows;
    search.row_price = calloc(size.rows + 1, sizeof(double));
    search.column_price = calloc(search.width + 1, sizeof(double));
    search.owner = calloc(search.width + 1, sizeof(size_t));
    search.came_from = calloc(search.width + 1, sizeof(size_t));
    search.reach = calloc(search.width + 1, sizeof(double));
    search.visited = calloc(search.width + 1, sizeof(bool));
    enum hr_status status = HR_OK;
    if (search.row_price == NULL || search.column_price == NULL || search.owner == NULL || search.came_from == NULL ||
        search.reach == NULL || search.visited == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory to assign %zu to %zu", size.rows, size.columns);
        goto out;
    }
    for (size_t row = 1; row <= size.rows; row++)
        place_row(&search, row);
    for (size_t row = 0; row < size.rows; row++)
        chosen[row] = SIZE_MAX;
    for (size_t column = 1; column <= size.columns; column++)
        if (search.owner[column] != 0)
            chosen[search.owner[column] - 1] = column - 1;
out:
    free(search.row_price);
    free(search.column_price);
    free(search.owner);
    free(search.came_from);
    free(search.reach);
    free(search.visited);
    return status;
}
