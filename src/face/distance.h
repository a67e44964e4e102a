/* Distances between embeddings. Inside this room only. */
#ifndef HR_FACE_DISTANCE_H
#define HR_FACE_DISTANCE_H

#include <stddef.h>

/* out[i] = |probe - vectors[i]|^2 for `count` vectors of HR_EMBEDDING_SIZE floats, one after the
 * other. Exact but for rounding: the differences are squared, so near vectors lose nothing. */
void hr_distances_squared(const float *probe, const float *vectors, size_t count, float *out);

float hr_distance(const float *a, const float *b);

#endif
