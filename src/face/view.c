#include "face/view.h"

#include <math.h>

void hr_thumbnail_make(const struct hr_chip *chip, struct hr_thumbnail *out)
{
    enum { FROM_X = 27, FROM_Y = 24, CELL = 8 }; /* eyebrows to chin, ear to ear */
    float mean = 0;
    for (int row = 0; row < HR_THUMBNAIL_SIDE; row++)
        for (int column = 0; column < HR_THUMBNAIL_SIDE; column++) {
            int sum = 0;
            for (int y = 0; y < CELL; y++) {
                const uint8_t *at =
                    chip->rgb + 3 * ((FROM_Y + row * CELL + y) * HR_CHIP_SIDE_PX + FROM_X + column * CELL);
                for (int x = 0; x < CELL; x++, at += 3)
                    sum += at[0] + 2 * at[1] + at[2];
            }
            out->cells[row * HR_THUMBNAIL_SIDE + column] = (float)sum;
            mean += (float)sum / HR_THUMBNAIL_SIZE;
        }
    float squares = 0;
    for (int i = 0; i < HR_THUMBNAIL_SIZE; i++) {
        out->cells[i] -= mean;
        squares += out->cells[i] * out->cells[i];
    }
    float scale = squares > 0 ? 1 / sqrtf(squares) : 0;
    for (int i = 0; i < HR_THUMBNAIL_SIZE; i++)
        out->cells[i] *= scale;
}

float hr_thumbnail_correlation(const struct hr_thumbnail *a, const struct hr_thumbnail *b)
{
    float sum = 0;
    for (int i = 0; i < HR_THUMBNAIL_SIZE; i++)
        sum += a->cells[i] * b->cells[i];
    return sum;
}
