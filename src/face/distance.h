/* Coarse distances, for the gallery's first look. Inside this room only. */
#ifndef HR_FACE_DISTANCE_H
#define HR_FACE_DISTANCE_H

#include <stddef.h>
#include <stdint.h>

/* out[i] = |probe - codes[i]|^2 for `count` vectors of `size` small whole numbers (-127..127), one after the other;
 * exact for sizes up to HR_VECTOR_SIZE_MAX. */
void hr_distances_coarse(const int8_t *probe, const int8_t *codes, size_t size, size_t count, int32_t *out);

#endif
