/* Pixels that are not square are made square before anybody looks at them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "video/media.h"

/* A white disc on black, squeezed as the camera's pixels want it. */
#define DISC(stored, shown, aspect)                                                                                    \
    "-f lavfi -i nullsrc=size=" shown ":rate=5:duration=1 -vf "                                                        \
    "format=gray,geq=lum='255*lt(hypot(X-W/2\\,Y-H/2)\\,60)',scale=" stored ",setsar=" aspect ",format=yuv420p -g 5 "

struct disc {
    struct hr_size frame;
    struct hr_size disc; /* of the white area */
};

/* What the first frame of a file shows. */
static struct disc look(const char *path)
{
    struct hr_view bytes = media_load(path);
    struct hr_stream stream;
    struct hr_error error = {0};
    struct hr_video *video;
    struct hr_frame frame;
    assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
    enum hr_status status = hr_video_open(&video, &stream, path, media_options(&(struct hr_video_options){0}), &error);
    if (status != HR_OK)
        fail_msg("%s", error.text);
    assert_int_equal(hr_video_next(video, &frame, &error), HR_OK);
    struct disc seen = {.frame = frame.size};
    for (int x = 0; x < frame.size.width_px; x++)
        seen.disc.width_px += frame.rgb[frame.size.height_px / 2 * frame.stride_bytes + 3 * x] > 127;
    for (int y = 0; y < frame.size.height_px; y++)
        seen.disc.height_px += frame.rgb[y * frame.stride_bytes + 3 * (frame.size.width_px / 2)] > 127;
    assert_memory_equal(&hr_video_info(video)->size, &frame.size, sizeof frame.size);
    hr_video_close(video);
    hr_stream_close(&stream);
    media_free(bytes);
    return seen;
}

static void a_disc_is_round_whatever_the_pixels(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *options;
        struct hr_size shown;
    } files[] = {
        {"half.mp4", DISC("160:180", "320x180", "2/1") "-c:v libx264", {320, 180}},
        {"pal.mp4", DISC("180:144", "256x144", "64/45") "-c:v libx264", {256, 144}},
        {"hdv.ts", DISC("240:180", "320x180", "4/3") "-c:v mpeg2video -qscale 2", {320, 180}},
        {"dvd.mkv", DISC("180:144", "256x144", "64/45") "-c:v mpeg2video -qscale 2", {256, 144}},
        /* Higher than wide: the picture grows, nothing of it is thrown away. */
        {"ntsc.mov", DISC("180:120", "160x120", "8/9") "-c:v mpeg4 -qscale 2", {180, 135}},
        {"tall.mkv", DISC("320:90", "320x180", "1/2") "-c:v ffv1", {320, 180}},
        /* Only the pictures themselves say it. */
        {"raw.h264", DISC("160:180", "320x180", "2/1") "-c:v libx264 -bf 0", {320, 180}},
        {"square.mp4", DISC("320:180", "320x180", "1/1") "-c:v libx264", {320, 180}},
        {"unsaid.mkv", DISC("320:180", "320x180", "0/1") "-c:v ffv1", {320, 180}},
        /* Nearly square: the pixels are left alone. */
        {"cropped.mkv", DISC("320:180", "320x180", "1079/1080") "-c:v ffv1", {320, 180}},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        media_make(files[i].file, files[i].options);
        struct disc seen = look(media_path(files[i].file));
        printf("%-12s %4d x %d, the disc %d x %d\n", files[i].file, seen.frame.width_px, seen.frame.height_px,
               seen.disc.width_px, seen.disc.height_px);
        assert_memory_equal(&seen.frame, &files[i].shown, sizeof seen.frame);
        assert_in_range(seen.disc.width_px, seen.disc.height_px - 3, seen.disc.height_px + 3);
        assert_in_range(seen.disc.height_px, 116, 140);
    }
}

static void squaring_comes_before_turning(void **state)
{
    (void)state;
    media_make("half.mp4", DISC("160:180", "320x180", "2/1") "-c:v libx264");
    media_make("half_turned.mp4", "-i @half.mp4 -c copy -bsf:v h264_metadata=display_orientation=insert:rotate=270");
    struct disc seen = look(media_path("half_turned.mp4"));
    assert_int_equal(seen.frame.width_px, 180);
    assert_int_equal(seen.frame.height_px, 320);
    assert_in_range(seen.disc.width_px, seen.disc.height_px - 3, seen.disc.height_px + 3);
}

static void squaring_never_passes_a_limit(void **state)
{
    (void)state;
    /* Twice as wide would be at the limit, and beyond it. */
    media_make("at.mkv", "-f lavfi -i color=size=8192x64:rate=5:duration=0.4 -vf setsar=2/1 -c:v ffv1");
    media_make("beyond.mkv", "-f lavfi -i color=size=8194x64:rate=5:duration=0.4 -vf setsar=2/1 -c:v ffv1");
    media_make("absurd.mkv", "-f lavfi -i color=size=64x64:rate=5:duration=0.4 -vf setsar=1/5000 -c:v ffv1");
    struct hr_size size = look(media_path("at.mkv")).frame;
    assert_int_equal(size.width_px, HR_LIMIT_FRAME_SIDE_PX);
    assert_int_equal(size.height_px, 64);
    size = look(media_path("beyond.mkv")).frame;
    assert_int_equal(size.width_px, 8194);
    assert_int_equal(size.height_px, 32);
    size = look(media_path("absurd.mkv")).frame;
    assert_int_equal(size.width_px, 64);
    assert_int_equal(size.height_px, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disc_is_round_whatever_the_pixels),
        cmocka_unit_test(squaring_comes_before_turning),
        cmocka_unit_test(squaring_never_passes_a_limit),
    };
    return cmocka_run_group_tests(tests, media_set_up, media_tear_down);
}
