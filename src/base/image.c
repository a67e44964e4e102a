#include "base/image.h"

#include <stdlib.h>

#include "base/limits.h"

enum hr_status hr_size_check(struct hr_size size, struct hr_error *error)
{
    if (size.width_px <= 0 || size.height_px <= 0)
        return hr_error_set(error, HR_ERR_FORMAT, "a picture of %d x %d pixels has no area", size.width_px,
                            size.height_px);
    if (size.width_px > HR_LIMIT_FRAME_SIDE_PX || size.height_px > HR_LIMIT_FRAME_SIDE_PX)
        return hr_error_set(error, HR_ERR_LIMIT, "%d x %d pixels: the limit of a side is %d; make the picture smaller",
                            size.width_px, size.height_px, HR_LIMIT_FRAME_SIDE_PX);
    if ((uint64_t)size.width_px * (uint64_t)size.height_px > HR_LIMIT_FRAME_PIXELS)
        return hr_error_set(error, HR_ERR_LIMIT,
                            "%d x %d pixels: the limit is %llu in all, as 8192 x 8192 has; make the "
                            "picture smaller",
                            size.width_px, size.height_px, (unsigned long long)HR_LIMIT_FRAME_PIXELS);
    return HR_OK;
}

enum hr_status hr_image_init(struct hr_image *image, struct hr_size size, struct hr_error *error)
{
    *image = (struct hr_image){0};
    enum hr_status status = hr_size_check(size, error);
    if (status != HR_OK)
        return status;
    image->rgb = malloc((size_t)size.width_px * (size_t)size.height_px * 3);
    if (image->rgb == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a picture of %d x %d pixels", size.width_px,
                            size.height_px);
    image->size = size;
    image->stride_bytes = (ptrdiff_t)size.width_px * 3;
    return HR_OK;
}

void hr_image_clear(struct hr_image *image)
{
    free(image->rgb);
    *image = (struct hr_image){0};
}

struct hr_frame hr_image_frame(const struct hr_image *image)
{
    return (struct hr_frame){.size = image->size, .stride_bytes = image->stride_bytes, .rgb = image->rgb, .pts_us = 0};
}
