/* Where a picture has changed since faces were last looked for there. A still camera films a class that mostly sits:
 * what is as it was need not be looked at again. Inside this room only. */
#ifndef HR_FACE_CHANGES_H
#define HR_FACE_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/image.h"
#include "base/status.h"

/* Side of a cell, in pixels of the detector's input; places are kept in cells. */
enum { HR_CELL_PX = 16, HR_REGIONS_MAX = 16 };

/* Cells first_column .. end_column - 1 by first_row .. end_row - 1. */
struct hr_region {
    int first_column, first_row, end_column, end_row;
};

struct hr_changes; /* opaque */

/* For inputs of this size. */
enum hr_status hr_changes_new(struct hr_changes **out, struct hr_size size, struct hr_error *error) HR_MUST_USE;
void hr_changes_free(struct hr_changes *changes);
/* The next picture is all new. */
void hr_changes_forget(struct hr_changes *changes);

/* Compares a picture ([3][height][width], 0 to 255) with what was seen at each place. False: it must be looked at as a
 * whole, because nothing was seen before, or most of it has changed (a cut, a pan, another exposure). */
bool hr_changes_compare(struct hr_changes *changes, const float *planes);
/* Whether anything changed in the cells that a box in pixels of the input touches. */
bool hr_changes_touch(const struct hr_changes *changes, float left, float top, float right, float bottom);
/* The box belongs to what is to be looked at: faces are looked at whole. */
void hr_changes_add(struct hr_changes *changes, float left, float top, float right, float bottom);
/* The changed cells as a few rectangles; their number. 0 with *whole: they take most of the picture. */
int hr_changes_regions(struct hr_changes *changes, struct hr_region regions[HR_REGIONS_MAX], bool *whole);
/* What was compared has been looked at: there, or (NULL) everywhere. */
void hr_changes_seen(struct hr_changes *changes, const struct hr_region *region);

#endif
