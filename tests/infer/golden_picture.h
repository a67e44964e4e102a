/* The picture for which dlib's numbers are known: pixel (x, y) is (7x + 3y, 5x + 11y, xy), each modulo 256. */
#ifndef HR_TESTS_GOLDEN_PICTURE_H
#define HR_TESTS_GOLDEN_PICTURE_H

#include <stdlib.h>

enum { GOLDEN_SIDE = 150, GOLDEN_NUMBERS = 128 };

/* `images` times the picture, planar RGB, the caller's (free). */
static inline float *golden_picture(int images)
{
    enum { AREA = GOLDEN_SIDE * GOLDEN_SIDE };
    float *input = malloc((size_t)images * 3 * AREA * sizeof *input);
    for (int i = 0; input != NULL && i < images * AREA; i++) {
        int x = i % GOLDEN_SIDE, y = i / GOLDEN_SIDE % GOLDEN_SIDE;
        float *pixel = input + i / AREA * 3 * AREA + i % AREA;
        pixel[0] = (float)((7 * x + 3 * y) % 256);
        pixel[AREA] = (float)((5 * x + 11 * y) % 256);
        pixel[2 * AREA] = (float)(x * y % 256);
    }
    return input;
}

#endif
