/* The eight ways in which a picture can lie: rotated in quarter turns, mirrored or not.
 *
 * Numbers are those of the Orientation tag of EXIF 2.3 (TIFF 6.0): what has to be done to show the
 * stored picture upright. Rotations are clockwise; mirroring (left-right) comes first. */
#ifndef HR_VIDEO_ORIENT_H
#define HR_VIDEO_ORIENT_H

#include "base/image.h"

enum hr_orientation {
    HR_ORIENT_UPRIGHT = 1,
    HR_ORIENT_MIRROR = 2,
    HR_ORIENT_ROTATE_180 = 3,
    HR_ORIENT_MIRROR_180 = 4,
    HR_ORIENT_MIRROR_270 = 5,
    HR_ORIENT_ROTATE_90 = 6,
    HR_ORIENT_MIRROR_90 = 7,
    HR_ORIENT_ROTATE_270 = 8
};

/* From the 3x3 display matrix of a video (ISO/IEC 14496-12, 8.3.2: a b u c d v x y w, fixed point);
 * the nearest quarter turn. A matrix of zeros is upright. */
enum hr_orientation hr_orientation_of_matrix(const int32_t matrix[9]);

/* Whether width and height change places. */
bool hr_orientation_is_sideways(enum hr_orientation orientation);
int hr_orientation_rotation_deg(enum hr_orientation orientation);
bool hr_orientation_is_mirrored(enum hr_orientation orientation);
struct hr_size hr_orientation_size(enum hr_orientation orientation, struct hr_size stored);

/* Write the upright picture into `rgb` (hr_orientation_size of the source, rows `stride_bytes`
 * apart). Source and target must not overlap. Cannot fail. */
void hr_orientation_apply(enum hr_orientation orientation, const struct hr_frame *source, uint8_t *rgb,
                          ptrdiff_t stride_bytes);

#endif
