/* A photo, as enrolment reads it, decoded in this process. */
#include "fuzz/target.h"

#include "video/video.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_image image = {0};
    struct hr_error error = {0};
    char damage[HR_PHOTO_DAMAGE_SIZE] = "";
    enum hr_status status = hr_photo_read_damaged(&image, hr_view_of(data, size), "a photo", NULL, damage, &error);
    if (status != HR_OK) {
        fuzz_check_refusal(status, &error);
        FUZZ_CHECK(image.rgb == NULL);
        return 0;
    }
    FUZZ_CHECK(memchr(damage, '\0', sizeof damage) != NULL);
    volatile uint8_t sum = 0;
    for (int y = 0; y < image.size.height_px; y++)
        sum =
            (uint8_t)(sum + image.rgb[((size_t)y * (size_t)image.size.width_px + (size_t)image.size.width_px - 1) * 3]);
    hr_image_clear(&image);
    return 0;
}
