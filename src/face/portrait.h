/* A small picture of a face with some of what is around it, for people to look at. Inside this room only, but for its
 * size. */
#ifndef HR_FACE_PORTRAIT_H
#define HR_FACE_PORTRAIT_H

#include "face/face.h"

enum { HR_PORTRAIT_WIDTH_PX = 120, HR_PORTRAIT_HEIGHT_PX = 150 };
#define HR_PORTRAIT_BYTES ((size_t)3 * HR_PORTRAIT_WIDTH_PX * HR_PORTRAIT_HEIGHT_PX)

/* RGB, rows packed. The face is in the middle, half as high as the picture; what lies outside of the frame is black. */
void hr_portrait_cut(const struct hr_frame *frame, const struct hr_box *face, uint8_t *out);

#endif
