#include "video/orient.h"

#include <stdlib.h>

enum hr_orientation hr_orientation_of_matrix(const int32_t matrix[9])
{
    /* A stored pixel (p, q) is shown at (a p + c q, b p + d q). */
    int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    if (llabs(a) + llabs(d) >= llabs(b) + llabs(c)) {
        if (a >= 0)
            return d >= 0 ? HR_ORIENT_UPRIGHT : HR_ORIENT_MIRROR_180;
        return d >= 0 ? HR_ORIENT_MIRROR : HR_ORIENT_ROTATE_180;
    }
    if (b >= 0)
        return c >= 0 ? HR_ORIENT_MIRROR_270 : HR_ORIENT_ROTATE_90;
    return c >= 0 ? HR_ORIENT_ROTATE_270 : HR_ORIENT_MIRROR_90;
}

bool hr_orientation_is_sideways(enum hr_orientation orientation)
{
    return orientation >= HR_ORIENT_MIRROR_270;
}

int hr_orientation_rotation_deg(enum hr_orientation orientation)
{
    switch (orientation) {
    case HR_ORIENT_ROTATE_90:
    case HR_ORIENT_MIRROR_90:
        return 90;
    case HR_ORIENT_ROTATE_180:
    case HR_ORIENT_MIRROR_180:
        return 180;
    case HR_ORIENT_ROTATE_270:
    case HR_ORIENT_MIRROR_270:
        return 270;
    default:
        return 0;
    }
}

bool hr_orientation_is_mirrored(enum hr_orientation orientation)
{
    return orientation == HR_ORIENT_MIRROR || orientation == HR_ORIENT_MIRROR_90 ||
           orientation == HR_ORIENT_MIRROR_180 || orientation == HR_ORIENT_MIRROR_270;
}

struct hr_size hr_orientation_size(enum hr_orientation orientation, struct hr_size stored)
{
    if (!hr_orientation_is_sideways(orientation))
        return stored;
    return (struct hr_size){.width_px = stored.height_px, .height_px = stored.width_px};
}

/* The stored pixel that is shown at (x, y) lies at origin + x * right + y * down. */
struct walk {
    const uint8_t *origin;
    ptrdiff_t right;
    ptrdiff_t down;
};

static struct walk walk_of(enum hr_orientation orientation, const struct hr_frame *source)
{
    const ptrdiff_t row = source->stride_bytes;
    const uint8_t *top_left = source->rgb;
    const uint8_t *top_right = top_left + 3 * (ptrdiff_t)(source->size.width_px - 1);
    const uint8_t *bottom_left = top_left + row * (source->size.height_px - 1);
    const uint8_t *bottom_right = bottom_left + (top_right - top_left);
    switch (orientation) {
    case HR_ORIENT_MIRROR:
        return (struct walk){top_right, -3, row};
    case HR_ORIENT_ROTATE_180:
        return (struct walk){bottom_right, -3, -row};
    case HR_ORIENT_MIRROR_180:
        return (struct walk){bottom_left, 3, -row};
    case HR_ORIENT_MIRROR_270:
        return (struct walk){top_left, row, 3};
    case HR_ORIENT_ROTATE_90:
        return (struct walk){bottom_left, -row, 3};
    case HR_ORIENT_MIRROR_90:
        return (struct walk){bottom_right, -row, -3};
    case HR_ORIENT_ROTATE_270:
        return (struct walk){top_right, row, -3};
    default:
        return (struct walk){top_left, 3, row};
    }
}

/* Square blocks, so that a sideways walk finds the rows it jumps over still in the cache. */
enum { BLOCK_PX = 32 };

static void copy_block(const struct walk *walk, int left, int top, int right, int bottom, uint8_t *rgb,
                       ptrdiff_t stride_bytes)
{
    for (int y = top; y < bottom; y++) {
        const uint8_t *from = walk->origin + left * walk->right + y * walk->down;
        uint8_t *to = rgb + y * stride_bytes + 3 * (ptrdiff_t)left;
        for (int x = left; x < right; x++, from += walk->right, to += 3) {
            to[0] = from[0];
            to[1] = from[1];
            to[2] = from[2];
        }
    }
}

void hr_orientation_apply(enum hr_orientation orientation, const struct hr_frame *source, uint8_t *rgb,
                          ptrdiff_t stride_bytes)
{
    const struct walk walk = walk_of(orientation, source);
    const struct hr_size size = hr_orientation_size(orientation, source->size);
    for (int top = 0; top < size.height_px; top += BLOCK_PX) {
        int bottom = top + BLOCK_PX < size.height_px ? top + BLOCK_PX : size.height_px;
        for (int left = 0; left < size.width_px; left += BLOCK_PX) {
            int right = left + BLOCK_PX < size.width_px ? left + BLOCK_PX : size.width_px;
            copy_block(&walk, left, top, right, bottom, rgb, stride_bytes);
        }
    }
}
