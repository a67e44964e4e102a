/* When a frame is shown: where time starts, and clocks that jump. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "video/media.h"
#include "video/timeline.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define MOVING "-f lavfi -i testsrc2=size=160x120:rate=25:duration=4 "
#define SOUND "-f lavfi -i sine=frequency=440:duration=4 "
#define H264 "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 25 -bf 2 "

static struct media_result a, b;
static const struct hr_video_options sampled = {.samples_per_s = 2};

/* --- the timeline --- */

/* A timeline that has seen 20 pictures, one each 40 ms from 0. */
static void begin(struct hr_timeline *timeline)
{
    hr_timeline_init(timeline, 0, 1e-6);
    for (int i = 0; i < 20; i++)
        assert_int_equal(hr_timeline_add(timeline, i * 40000, i == 0), 0);
}

static void a_jump_is_closed_and_counted(void **state)
{
    (void)state;
    static const int64_t jumps[] = {6 * HOUR,    HOUR + 2 * SECOND, -6 * HOUR,
                                    1000 * HOUR, INT64_MAX - HOUR,  -1000 * HOUR};
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        struct hr_timeline timeline;
        begin(&timeline);
        int64_t there = jumps[i];
        int64_t offset = hr_timeline_add(&timeline, there, true);
        assert_int_equal(timeline.jumps, 1);
        assert_int_equal(there + offset, 800000);
        assert_int_equal(there + 40000 + hr_timeline_add(&timeline, there + 40000, false), 840000);
        assert_int_equal(timeline.jumps, 1);
    }
}

static void what_recordings_do_is_no_jump(void **state)
{
    (void)state;
    struct hr_timeline timeline;
    begin(&timeline);
    assert_int_equal(hr_timeline_add(&timeline, HOUR, false), 0); /* a slide that stays */
    assert_int_equal(hr_timeline_add(&timeline, HOUR - 40000, true), 0);
    /* Slides each 10 s, shown in another order than they are decoded. */
    hr_timeline_init(&timeline, 0, 1e-6);
    static const int order[] = {0, 8, 4, 2, 1, 3, 6, 5, 7, 16, 12, 10, 9, 11, 14, 13, 15, 24, 20};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        assert_int_equal(hr_timeline_add(&timeline, order[i] * 10 * SECOND, i == 0), 0);
    assert_int_equal(timeline.jumps, 0);
}

static void a_single_absurd_time_costs_nothing_behind_it(void **state)
{
    (void)state;
    static const int64_t absurd[] = {25 * HOUR, -25 * HOUR};
    for (size_t i = 0; i < 2; i++) {
        struct hr_timeline timeline;
        begin(&timeline);
        assert_int_equal(absurd[i] + hr_timeline_add(&timeline, absurd[i], i == 1), 800000);
        assert_int_equal(hr_timeline_add(&timeline, 840000, false), 0);
        assert_int_equal(hr_timeline_add(&timeline, 880000, true), 0);
        assert_int_equal(timeline.jumps, 1);
    }
}

static void time_with_pictures_is_what_counts(void **state)
{
    (void)state;
    struct hr_timeline timeline;
    begin(&timeline);
    (void)hr_timeline_add(&timeline, 30 * 60 * SECOND, false);
    (void)hr_timeline_add(&timeline, 25 * HOUR, false);
    assert_true(timeline.pictured_ticks > 0.76e6 + 10e6 && timeline.pictured_ticks < 0.76e6 + 12e6);
}

/* --- where time starts --- */

static void time_starts_with_the_sound(void **state)
{
    (void)state;
    static const char *const names[] = {"late.mp4", "late.mkv", "late.ts", "late.mov"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        media_make(names[i], SOUND "-itsoffset 3 " MOVING H264 "-vsync passthrough -map 0:a -map 1:v -c:a aac");
        media_decode_file(&a, media_path(names[i]), &sampled);
        printf("%s: %.3f s, %zu frames  %s\n", names[i], (double)a.frames[0].pts_us / 1e6, a.count, a.warning);
        assert_int_equal(a.status, HR_END);
        assert_in_range(a.frames[0].pts_us, 2970000, 3050000);
        assert_int_equal(a.count, 8);
        assert_string_equal(a.warning, "");
    }
}

static void sound_that_starts_later_changes_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"first.mp4", "first.mkv", "first.ts"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        media_make(names[i], "-itsoffset 2 " SOUND MOVING H264 "-map 0:a -map 1:v -c:a aac");
        media_decode_file(&a, media_path(names[i]), &sampled);
        assert_int_equal(a.frames[0].pts_us, 0);
        assert_int_equal(a.count, 8);
    }
}

static void what_an_edit_list_leaves_out_has_no_time(void **state)
{
    (void)state;
    media_make("first.mp4", "-itsoffset 2 " SOUND MOVING H264 "-map 0:a -map 1:v -c:a aac");
    media_make("trimmed.mp4", "-ss 1.7 -i @first.mp4 -map 0:v -c copy");
    media_decode_file(&a, media_path("trimmed.mp4"), &sampled);
    assert_int_equal(a.frames[0].pts_us, 0);
    assert_int_equal(a.count, 5);
    assert_string_equal(a.warning, "");
}

/* --- clocks that jump --- */

static struct hr_view joined(const char *first, const char *second)
{
    struct hr_view parts[] = {media_load(media_path(first)), media_load(media_path(second))};
    uint8_t *both = malloc(parts[0].size + parts[1].size);
    assert_non_null(both);
    memcpy(both, parts[0].data, parts[0].size);
    memcpy(both + parts[0].size, parts[1].data, parts[1].size);
    struct hr_view out = hr_view_of(both, parts[0].size + parts[1].size);
    media_free(parts[0]);
    media_free(parts[1]);
    return out;
}

static void assert_goes_on(const struct media_result *seen, size_t count)
{
    if (seen->status != HR_END)
        fail_msg("%s", seen->error.text);
    assert_int_equal(seen->count, count);
    for (size_t i = 1; i < seen->count; i++)
        assert_in_range(seen->frames[i].pts_us - seen->frames[i - 1].pts_us, 400000, 600000);
    assert_non_null(strstr(seen->warning, "clock"));
    assert_in_range(seen->info.duration_us, (count - 1) * SECOND / 2, (count + 1) * SECOND / 2);
}

static void joined_recordings_are_one(void **state)
{
    (void)state;
    media_make("noon.ts", MOVING H264 "-output_ts_offset 40000");
    media_make("morning.ts", MOVING H264 "-output_ts_offset 100");
    static const char *const orders[][2] = {{"morning.ts", "noon.ts"}, {"noon.ts", "morning.ts"}};
    for (size_t i = 0; i < 2; i++) {
        struct hr_view both = joined(orders[i][0], orders[i][1]);
        media_decode_bytes(&a, both, true, &sampled);
        assert_goes_on(&a, 16);
        media_decode_bytes(&b, both, false, &(struct hr_video_options){.samples_per_s = 2, .decode_everything = true});
        assert_goes_on(&b, 16);
        for (size_t k = 0; k < a.count; k++)
            assert_true(a.frames[k].checksum == b.frames[k].checksum);
        media_free(both);
    }
}

/* The same frames with the same times, when an earlier look has seen some of them. */
static void going_on_behind_a_jump_changes_no_frame(void **state)
{
    (void)state;
    struct hr_view both = joined("morning.ts", "noon.ts");
    media_decode_bytes(&a, both, true, &sampled);
    for (size_t last = 0; last < a.count; last++) {
        struct hr_stream stream;
        struct hr_video *video = NULL;
        struct hr_frame frame;
        struct hr_error error;
        assert_int_equal(hr_stream_open_memory(&stream, both, &error), HR_OK);
        assert_int_equal(hr_video_open(&video, &stream, "later", media_options(&sampled), &error), HR_OK);
        hr_video_skip_past(video, a.frames[last].pts_us);
        size_t at = last + 1;
        for (; hr_video_next(video, &frame, &error) == HR_OK; at++) {
            assert_true(at < a.count);
            assert_int_equal(frame.pts_us, a.frames[at].pts_us);
            assert_true(media_checksum(&frame) == a.frames[at].checksum);
        }
        assert_int_equal(at, a.count);
        hr_video_close(video);
        hr_stream_close(&stream);
    }
    media_free(both);
}

/* Half of the frames, then 20,000 s without any; a live recording does not know its length. */
#define GAP "-vf setpts=PTS+gte(N\\,50)*20000/TB "

static void a_gap_is_closed(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        {"gap.webm", MOVING GAP "-c:v libvpx -cpu-used 8 -live 1"},
        {"gap.mkv", MOVING GAP "-vsync passthrough " H264},
        {"gap.mp4", MOVING GAP "-vsync passthrough " H264},
        {"gap.mov", MOVING GAP "-vsync passthrough -c:v mjpeg"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        media_make(files[i][0], files[i][1]);
        media_decode_file(&a, media_path(files[i][0]), &sampled);
        printf("%s: %zu frames  %s\n", files[i][0], a.count, a.warning);
        assert_goes_on(&a, 8);
    }
}

static void one_absurd_last_frame_is_one_frame(void **state)
{
    (void)state;
    media_make("last.mp4", MOVING "-vf setpts=PTS+gte(N\\,99)*90000/TB -vsync passthrough -use_editlist 0 " H264);
    media_decode_file(&a, media_path("last.mp4"), &(struct hr_video_options){.samples_per_s = 25});
    assert_int_equal(a.status, HR_END);
    assert_in_range(a.count, 98, 100); /* it may share its time with another */
    assert_in_range(a.frames[a.count - 1].pts_us, 3900000, 4000000);
    assert_non_null(strstr(a.warning, "clock"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jump_is_closed_and_counted),
        cmocka_unit_test(what_recordings_do_is_no_jump),
        cmocka_unit_test(a_single_absurd_time_costs_nothing_behind_it),
        cmocka_unit_test(time_with_pictures_is_what_counts),
        cmocka_unit_test(time_starts_with_the_sound),
        cmocka_unit_test(sound_that_starts_later_changes_nothing),
        cmocka_unit_test(what_an_edit_list_leaves_out_has_no_time),
        cmocka_unit_test(joined_recordings_are_one),
        cmocka_unit_test(going_on_behind_a_jump_changes_no_frame),
        cmocka_unit_test(a_gap_is_closed),
        cmocka_unit_test(one_absurd_last_frame_is_one_frame),
    };
    return cmocka_run_group_tests(tests, media_set_up, media_tear_down);
}
