/* Several cameras in one file: each can be looked at, and cover pictures are no cameras. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "video/media.h"

static struct media_result a;

#define RED "-f lavfi -i color=red:size=64x48:rate=10:duration=2 "
#define BLUE "-f lavfi -i color=blue:size=96x48:rate=10:duration=2 "
#define SOUND "-f lavfi -i sine=duration=2 "

/* How many cameras the file has; each must show only its own frames. `widths`: of each camera. */
static int look_at_all(const char *file, int *widths)
{
    struct hr_view bytes = media_load(media_path(file));
    int cameras = 1;
    for (int camera = 0; camera < cameras; camera++) {
        media_decode_bytes(&a, bytes, true, &(struct hr_video_options){.samples_per_s = 5, .camera = camera});
        if (a.status != HR_END)
            fail_msg("%s", a.error.text);
        assert_string_equal(a.warning, "");
        assert_int_equal(a.count, 10);
        cameras = a.info.cameras;
        widths[camera] = a.info.size.width_px;
        for (size_t i = 0; i < a.count; i++)
            assert_int_equal(a.frames[i].size.width_px, widths[camera]);
    }
    media_decode_bytes(&a, bytes, true, &(struct hr_video_options){.samples_per_s = 5, .camera = cameras});
    assert_int_equal(a.status, HR_ERR_ARGUMENT);
    media_decode_bytes(&a, bytes, true, &(struct hr_video_options){.camera = -1});
    assert_int_equal(a.status, HR_ERR_ARGUMENT);
    media_free(bytes);
    return cameras;
}

static void every_camera_can_be_looked_at(void **state)
{
    (void)state;
    static const char *const files[] = {"two.mkv", "two.mp4", "two.mov", "two.ts", "two.avi"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int widths[8];
        media_make(files[i], RED SOUND BLUE "-map 0 -map 1 -map 2 -c:v mpeg4 -c:a mp2");
        assert_int_equal(look_at_all(files[i], widths), 2);
        assert_int_equal(widths[0] + widths[1], 64 + 96);
    }
}

static void a_camera_that_starts_later_has_its_own_times(void **state)
{
    (void)state;
    static const char *const files[] = {"later.mkv", "later.mp4"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int64_t first_us[2];
        media_make(files[i], RED "-itsoffset 3 " BLUE "-map 0 -map 1 -vsync passthrough -c:v mpeg4");
        for (int camera = 0; camera < 2; camera++) {
            media_decode_file(&a, media_path(files[i]), &(struct hr_video_options){.camera = camera});
            assert_int_equal(a.status, HR_END);
            first_us[a.frames[0].size.width_px == 96] = a.frames[0].pts_us;
        }
        assert_int_equal(first_us[0], 0);
        assert_int_equal(first_us[1], 3000000);
    }
}

static void a_cover_picture_is_no_camera(void **state)
{
    (void)state;
    int widths[8];
    media_make("cover.png", "-f lavfi -i color=white:size=640x480 -frames:v 1");
    media_make("covered.mp4", RED SOUND "-i @cover.png -map 0 -map 1 -map 2 -c:v:0 mpeg4 -c:v:1 copy "
                                        "-c:a aac -disposition:v:1 attached_pic");
    assert_int_equal(look_at_all("covered.mp4", widths), 1);
    assert_int_equal(widths[0], 64);
    /* The cover first, and larger than the film. */
    media_make("cover_first.mp4", RED "-i @cover.png -map 1 -map 0 -c:v:0 copy -c:v:1 mpeg4 -disposition:v:0 "
                                      "attached_pic");
    assert_int_equal(look_at_all("cover_first.mp4", widths), 1);
    assert_int_equal(widths[0], 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_camera_can_be_looked_at),
        cmocka_unit_test(a_camera_that_starts_later_has_its_own_times),
        cmocka_unit_test(a_cover_picture_is_no_camera),
    };
    return cmocka_run_group_tests(tests, media_set_up, media_tear_down);
}
