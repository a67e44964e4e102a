/* What is taken for a video or a photo by its name. */
#include "support/check.h"

#include "classroom/names.h"

static void by_the_ending_in_any_case(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool video, photo;
    } cases[] = {
        {"lesson.mp4", true, false},    {"a/b.c/lesson.M2TS", true, false},
        {"lesson.264", true, false},    {"lesson.hevc", true, false},
        {"1.jfif", true, true},         {"1.GIF", true, true},
        {"1.webp", true, true},         {"1.jp2", true, true},
        {"1.jpx", true, true},          {"a.mp4.part", false, false},
        {"a.mp", false, false},         {"a.mp44", false, false},
        {"mp4", false, false},          {"a.", false, false},
        {"a. ", false, false},          {"a.,", false, false},
        {"a.mp4,", false, false},       {"a.mp4, m4v", false, false},
        {"folder.mp4/a", false, false}, {"", false, false},
        {"notes.txt", false, false},    {"a.jxl", false, false},
        {"a.cr2", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (hr_is_video_name(cases[i].name) != cases[i].video || hr_is_photo_name(cases[i].name) != cases[i].photo)
            fail_msg("'%s'", cases[i].name);
    assert_false(hr_is_video_name(".lesson.mp4"));
    assert_false(hr_is_video_name("in/._lesson.mp4"));
}

static void other_pictures_have_a_reason(void **state)
{
    (void)state;
    assert_non_null(strstr(hr_photo_name_refused("a.JXL"), "JPEG XL"));
    assert_non_null(strstr(hr_photo_name_refused("a.dng"), "raw picture"));
    assert_non_null(strstr(hr_photo_name_refused("a.rw2"), "raw picture"));
    assert_null(hr_photo_name_refused("a.txt"));
    assert_null(hr_photo_name_refused("dng"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_ending_in_any_case),
        cmocka_unit_test(other_pictures_have_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
