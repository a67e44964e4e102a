#include "face/portrait.h"

#include <math.h>
#include <string.h>

/* Of the picture's height. */
static const float face_share = 0.5f;
/* Looks at the frame within one pixel of the picture, each way: more would not be seen. */
enum { LOOKS_MAX = 6 };

/* The mean of `looks` x `looks` places of the frame around one pixel. */
static void average(const struct hr_frame *frame, float left, float top, float step, int looks, uint8_t out[3])
{
    int sums[3] = {0}, count = looks * looks;
    for (int i = 0; i < count; i++) {
        int column = i % looks, row = i / looks;
        int x = (int)floorf(left + step * ((float)column + 0.5f) / (float)looks);
        int y = (int)floorf(top + step * ((float)row + 0.5f) / (float)looks);
        if (x < 0 || y < 0 || x >= frame->size.width_px || y >= frame->size.height_px)
            continue;
        const uint8_t *at = frame->rgb + y * frame->stride_bytes + (ptrdiff_t)3 * x;
        for (int c = 0; c < 3; c++)
            sums[c] += at[c];
    }
    for (int c = 0; c < 3; c++)
        out[c] = (uint8_t)((sums[c] + count / 2) / count);
}

void hr_portrait_cut(const struct hr_frame *frame, const struct hr_box *face, uint8_t *out)
{
    float height = (face->bottom_px - face->top_px) / face_share;
    float step = height / HR_PORTRAIT_HEIGHT_PX; /* frame pixels for one of the picture */
    float left = (face->left_px + face->right_px - step * HR_PORTRAIT_WIDTH_PX) / 2;
    float top = (face->top_px + face->bottom_px - height) / 2;
    if (!(step > 0) || !isfinite(left) || !isfinite(top)) {
        memset(out, 0, HR_PORTRAIT_BYTES);
        return;
    }
    int looks = (int)ceilf(step);
    looks = looks > LOOKS_MAX ? LOOKS_MAX : looks;
    for (int y = 0; y < HR_PORTRAIT_HEIGHT_PX; y++)
        for (int x = 0; x < HR_PORTRAIT_WIDTH_PX; x++, out += 3)
            average(frame, left + step * (float)x, top + step * (float)y, step, looks, out);
}
