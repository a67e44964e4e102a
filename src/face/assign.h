/* The assignment problem: who gets what, at the least total cost. Inside this room only. */
#ifndef HR_FACE_ASSIGN_H
#define HR_FACE_ASSIGN_H

#include "base/status.h"

struct hr_assign_size {
    size_t rows;
    size_t columns;
};

/* cost[row * columns + column]: finite, or INFINITY where the two must not meet. Leaving a row
 * alone costs `alone`. Each column serves one row at most. chosen[row] receives its column, or
 * SIZE_MAX; the sum of costs is the least possible (Kuhn 1955, Munkres 1957, with the potentials of
 * Jonker and Volgenant 1987; rows^2 (rows + columns) steps). MEMORY only. */
enum hr_status hr_assign(struct hr_assign_size size, const float *cost, float alone, size_t *chosen,
                         struct hr_error *error) HR_MUST_USE;

#endif
