#include "support/check.h"

#include "base/image.h"
#include "base/limits.h"

static void products_and_sums_are_checked(void **state)
{
    (void)state;
    size_t out = 99;
    assert_true(hr_size_multiply(SIZE_MAX / 2, 2, &out));
    assert_int_equal(out, SIZE_MAX - 1);
    assert_true(hr_size_multiply(0, SIZE_MAX, &out));
    assert_int_equal(out, 0);
    out = 99;
    assert_false(hr_size_multiply(SIZE_MAX / 2 + 1, 2, &out));
    assert_int_equal(out, 99);
    assert_true(hr_size_add(SIZE_MAX - 1, 1, &out));
    assert_int_equal(out, SIZE_MAX);
    out = 99;
    assert_false(hr_size_add(SIZE_MAX, 1, &out));
    assert_int_equal(out, 99);
}

/* At, below and above each limit on a picture's size. */
static void picture_sizes(void **state)
{
    (void)state;
    static const struct {
        struct hr_size size;
        enum hr_status status;
        const char *says;
    } cases[] = {
        {{1, 1}, HR_OK, ""},
        {{0, 1}, HR_ERR_FORMAT, "no area"},
        {{1, 0}, HR_ERR_FORMAT, "no area"},
        {{-1, 10}, HR_ERR_FORMAT, "no area"},
        {{10, INT32_MIN}, HR_ERR_FORMAT, "no area"},
        {{HR_LIMIT_FRAME_SIDE_PX - 1, 1}, HR_OK, ""},
        {{HR_LIMIT_FRAME_SIDE_PX, 1}, HR_OK, ""},
        {{1, HR_LIMIT_FRAME_SIDE_PX}, HR_OK, ""},
        {{HR_LIMIT_FRAME_SIDE_PX + 1, 1}, HR_ERR_LIMIT, "16384"},
        {{1, HR_LIMIT_FRAME_SIDE_PX + 1}, HR_ERR_LIMIT, "16384"},
        {{INT32_MAX, INT32_MAX}, HR_ERR_LIMIT, "16384"},
        {{8192, 8191}, HR_OK, ""},
        {{8192, 8192}, HR_OK, ""},
        {{HR_LIMIT_FRAME_SIDE_PX, HR_LIMIT_FRAME_PIXELS / HR_LIMIT_FRAME_SIDE_PX}, HR_OK, ""},
        {{8192, 8193}, HR_ERR_LIMIT, "67108864"},
        {{HR_LIMIT_FRAME_SIDE_PX, HR_LIMIT_FRAME_PIXELS / HR_LIMIT_FRAME_SIDE_PX + 1}, HR_ERR_LIMIT, "67108864"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_error error = {0};
        enum hr_status status = hr_size_check(cases[i].size, &error);
        assert_int_equal(status, cases[i].status);
        if (status != HR_OK)
            assert_non_null(strstr(error.text, cases[i].says));
    }
}

static void image_is_packed_and_cleared(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_image image;
    assert_ok(hr_image_init(&image, (struct hr_size){5, 3}, &error), &error);
    assert_int_equal(image.stride_bytes, 15);
    memset(image.rgb, 0xAB, 45); /* all of it is ours: the address sanitizer looks on */
    struct hr_frame frame = hr_image_frame(&image);
    assert_ptr_equal(frame.rgb, image.rgb);
    assert_int_equal(frame.size.width_px, 5);
    assert_int_equal(frame.size.height_px, 3);
    assert_int_equal(frame.pts_us, 0);
    hr_image_clear(&image);
    assert_null(image.rgb);
    hr_image_clear(&image);
}

static void image_beyond_the_limit_allocates_nothing(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_image image;
    assert_error(hr_image_init(&image, (struct hr_size){20000, 20000}, &error), HR_ERR_LIMIT, &error, "20000");
    assert_null(image.rgb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_and_sums_are_checked),
        cmocka_unit_test(picture_sizes),
        cmocka_unit_test(image_is_packed_and_cleared),
        cmocka_unit_test(image_beyond_the_limit_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
