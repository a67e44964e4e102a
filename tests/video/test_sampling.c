/* What is shown of good videos: which frames, when, which way up, and the same ones whether or not
 * the decoder is spared what nobody looks at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "video/media.h"

static struct media_result a, b;

/* --- economy --- */

struct kind {
    const char *file;
    const char *encoder;
    const char *codec; /* as hr_video_info names it */
    const char *options;
    bool spares; /* something must have been left out */
};

#define MOVING "-f lavfi -i testsrc2=size=160x120:rate=25:duration=6 "
#define H264 "-c:v libx264 -preset veryfast -pix_fmt yuv420p "
#define HEVC "-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none:"

static const struct kind kinds[] = {
    {"b_frames.mp4", "libx264", "h264", MOVING H264 "-g 250 -bf 3", true},
    {"pyramid.mkv", "libx264", "h264", MOVING H264 "-g 30 -bf 8 -x264-params b-pyramid=normal", true},
    {"no_b_frames.mp4", "libx264", "h264", MOVING H264 "-g 12 -bf 0", true},
    {"trimmed.mp4", "libx264", "h264", "-ss 1.3 -i @no_b_frames.mp4 -c copy", true},
    {"trimmed_b.mp4", "libx264", "h264", "-ss 0.7 -i @b_frames.mp4 -c copy", true},
    {"fragments.mp4", "libx264", "h264", MOVING H264 "-g 12 -bf 2 -movflags frag_keyframe", true},
    {"open_gop.mp4", "libx264", "h264", MOVING H264 "-g 12 -bf 3 -x264-params open-gop=1", true},
    {"refresh.mp4", "libx264", "h264", MOVING H264 "-g 20 -bf 2 -x264-params intra-refresh=1", true},
    {"interlaced.mp4", "libx264", "h264", MOVING H264 "-g 25 -bf 2 -flags +ildct+ilme", true},
    {"stream.ts", "libx264", "h264", MOVING H264 "-g 10 -bf 2", true},
    {"open.ts", "libx264", "h264", MOVING H264 "-g 10 -bf 2 -x264-params open-gop=1", true},
    {"raw.h264", "libx264", "h264", MOVING H264 "-g 10 -bf 2", false},
    {"closed.mp4", "libx265", "hevc", MOVING HEVC "keyint=15:open-gop=0:bframes=3 -tag:v hvc1", true},
    {"open.mov", "libx265", "hevc", MOVING HEVC "keyint=15:open-gop=1:bframes=4 -tag:v hvc1", true},
    {"open.mkv", "libx265", "hevc", MOVING HEVC "keyint=10:min-keyint=10:open-gop=1:bframes=4", true},
    {"layers.mkv", "libx265", "hevc", MOVING HEVC "keyint=60:temporal-layers=1:b-adapt=0:bframes=3", true},
    {"vp8.webm", "libvpx", "vp8", MOVING "-c:v libvpx -cpu-used 8 -g 12 -auto-alt-ref 1", true},
    {"vp9.webm", "libvpx-vp9", "vp9", MOVING "-c:v libvpx-vp9 -cpu-used 8 -g 12 -row-mt 1", true},
    {"av1.mp4", "libsvtav1", "av1", "-loglevel quiet " MOVING "-c:v libsvtav1 -preset 12 -g 15", true},
    {"mpeg4.mp4", "mpeg4", "mpeg4", MOVING "-c:v mpeg4 -g 12 -bf 2", true},
    {"mpeg4.avi", "mpeg4", "mpeg4", MOVING "-c:v mpeg4 -g 12 -bf 2", false},
    {"mpeg2.mpg", "mpeg2video", "mpeg2video", MOVING "-c:v mpeg2video -g 12 -bf 2", false},
    {"camera.avi", "mjpeg", "mjpeg", MOVING "-c:v mjpeg -pix_fmt yuvj422p", true},
    {"ffv1.mkv", "ffv1", "ffv1", MOVING "-c:v ffv1 -g 10", false},
    {"uneven.mkv", "libx264", "h264",
     "-f lavfi -i testsrc2=size=160x120:rate=50:duration=6 "
     "-vf select='not(mod(n\\,7))+lt(mod(n\\,40)\\,9)+between(n\\,200\\,220)' -vsync vfr " H264 "-g 17 -bf 3",
     true},
};

static void assert_same_frames(const struct media_result *one, const struct media_result *other)
{
    assert_int_equal(one->count, other->count);
    for (size_t i = 0; i < one->count; i++) {
        assert_int_equal(one->frames[i].pts_us, other->frames[i].pts_us);
        assert_memory_equal(&one->frames[i].size, &other->frames[i].size, sizeof(struct hr_size));
        assert_true(one->frames[i].checksum == other->frames[i].checksum);
    }
}

static void sparing_the_decoder_changes_no_frame(void **state)
{
    (void)state;
    static const double rates[] = {0.3, 1, 2, 3.7, 10};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct kind *kind = &kinds[k];
        if (!media_has_encoder(kind->encoder)) {
            printf("### NOT TESTED: %s, for ffmpeg has no %s\n", kind->file, kind->encoder);
            continue;
        }
        media_make(kind->file, kind->options);
        uint64_t left_out = 0, decoded = 0;
        for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
            struct hr_video_options options = {.samples_per_s = rates[r], .decoder_threads = 1 + (int)(r % 3)};
            media_decode_file(&a, media_path(kind->file), &options);
            options.decode_everything = true;
            options.decoder_threads = 1;
            media_decode_file(&b, media_path(kind->file), &options);
            assert_int_equal(a.status, HR_END);
            assert_int_equal(b.status, HR_END);
            assert_string_equal(a.codec, kind->codec);
            assert_string_equal(a.warning, "");
            assert_string_equal(b.warning, "");
            assert_true(a.count > 1);
            assert_same_frames(&a, &b);
            if (rates[r] == 1) {
                left_out = a.work.packets_left_out;
                decoded = a.work.packets_decoded;
            }
        }
        printf("%-16s at 1 fps: %3d packets decoded, %3d left out\n", kind->file, (int)decoded, (int)left_out);
        assert_true(!kind->spares || left_out > 0);
    }
}

/* Going on behind any frame gives the same frames as one look would have. */
static void going_on_later_changes_no_frame(void **state)
{
    (void)state;
    static const char *const files[] = {"b_frames.mp4", "open_gop.mp4", "open.mov", "uneven.mkv", "vp9.webm"};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (strcmp(kinds[i].file, files[k]) == 0 && media_has_encoder(kinds[i].encoder))
                media_make(files[k], kinds[i].options);
        struct hr_video_options options = {.samples_per_s = 2, .decoder_threads = 1};
        struct hr_view bytes = media_load(media_path(files[k]));
        media_decode_bytes(&a, bytes, true, &options);
        for (size_t last = 0; last < a.count; last++) {
            struct hr_stream stream = {0};
            struct hr_video *video = NULL;
            struct hr_frame frame;
            struct hr_error error;
            assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
            assert_int_equal(hr_video_open(&video, &stream, "later", media_options(&options), &error), HR_OK);
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
        media_free(bytes);
    }
}

/* --- sample times --- */

static void samples_are_taken_by_time(void **state)
{
    (void)state;
    media_make("b_frames.mp4", MOVING H264 "-g 250 -bf 3");
    media_decode_file(&a, media_path("b_frames.mp4"), &(struct hr_video_options){.samples_per_s = 2});
    assert_int_equal(a.count, 12);
    for (size_t i = 0; i < a.count; i++) /* 25 per second: the frame at or after i / 2 s */
        assert_int_equal(a.frames[i].pts_us, (int64_t)((i * 25 + 1) / 2) * 40000);
    assert_int_equal(a.info.duration_us, 6000000);

    /* Every frame, and 25 a second, are the same here. */
    media_decode_file(&a, media_path("b_frames.mp4"), media_options(&(struct hr_video_options){0}));
    media_decode_file(&b, media_path("b_frames.mp4"), &(struct hr_video_options){.samples_per_s = 25});
    assert_int_equal(a.count, 150);
    assert_same_frames(&a, &b);
}

static void container_rounding_loses_no_frame(void **state)
{
    (void)state;
    /* Matroska counts milliseconds: 30 frames a second lie at 33, 67, 100, ... */
    media_make("thirty.mkv", "-f lavfi -i testsrc2=size=64x48:rate=30:duration=2 " H264);
    media_decode_file(&a, media_path("thirty.mkv"), &(struct hr_video_options){.samples_per_s = 30});
    assert_int_equal(a.count, 60);
}

static void uneven_frame_rates_are_sampled_by_presentation_time(void **state)
{
    (void)state;
    /* Frames at 0.0 .. 1.0 s every 0.1 s, then none until 3.5 s, then every 0.1 s. */
    media_make("gap.mp4", "-f lavfi -i testsrc2=size=64x48:rate=10:duration=5 "
                          "-vf select='lte(n\\,10)+gte(n\\,35)' -vsync vfr " H264);
    media_decode_file(&a, media_path("gap.mp4"), &(struct hr_video_options){.samples_per_s = 2});
    static const int64_t wanted[] = {0, 500000, 1000000, 3500000, 4000000, 4500000};
    assert_int_equal(a.count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < a.count; i++)
        assert_int_equal(a.frames[i].pts_us, wanted[i]);
}

static void time_counts_from_the_first_frame(void **state)
{
    (void)state;
    media_make("late.ts", MOVING H264 "-output_ts_offset 1000");
    media_decode_file(&a, media_path("late.ts"), &(struct hr_video_options){.samples_per_s = 1});
    assert_int_equal(a.count, 6);
    for (size_t i = 0; i < a.count; i++)
        assert_int_equal(a.frames[i].pts_us, (int64_t)i * 1000000);
}

static void a_clock_that_is_set_back_loses_nothing(void **state)
{
    (void)state;
    media_make("six.ts", MOVING H264 "-g 25");
    struct hr_view once = media_load(media_path("six.ts"));
    uint8_t *twice = malloc(2 * once.size);
    assert_non_null(twice);
    memcpy(twice, once.data, once.size);
    memcpy(twice + once.size, once.data, once.size);
    for (int everything = 0; everything < 2; everything++) {
        media_decode_bytes(&a, hr_view_of(twice, 2 * once.size), true,
                           &(struct hr_video_options){.samples_per_s = 2, .decode_everything = everything != 0});
        assert_int_equal(a.status, HR_END);
        assert_int_equal(a.count, 24);
        for (size_t i = 1; i < a.count; i++)
            assert_in_range(a.frames[i].pts_us - a.frames[i - 1].pts_us, 400000, 600000);
        assert_non_null(strstr(a.warning, "clock"));
    }
    free(twice);
    media_free(once);
}

static void a_long_last_picture_is_not_taken_for_a_cut(void **state)
{
    (void)state;
    media_make("slides.mp4", "-f lavfi -i testsrc2=size=64x48:rate=0.25:duration=12 " H264);
    media_decode_file(&a, media_path("slides.mp4"), &(struct hr_video_options){.samples_per_s = 1});
    assert_int_equal(a.count, 3);
    assert_string_equal(a.warning, "");
}

/* --- pixels --- */

/* A picture whose every pixel is known: red grows to the right, green downwards, blue with time. */
#define KNOWN                                                                                                          \
    "-f lavfi -i nullsrc=size=37x23:rate=5:duration=1 -vf "                                                            \
    "format=gbrp,geq=r='X*6':g='Y*10':b='N*50' "

static bool is_known_picture(const struct hr_frame *frame, int number)
{
    for (int y = 0; y < frame->size.height_px; y++)
        for (int x = 0; x < frame->size.width_px; x++) {
            const uint8_t *rgb = frame->rgb + y * frame->stride_bytes + 3 * x;
            if (rgb[0] != x * 6 || rgb[1] != y * 10 || rgb[2] != number * 50)
                return false;
        }
    return true;
}

static void lossless_pixels_come_out_as_they_went_in(void **state)
{
    (void)state;
    static const char *const files[] = {"known_ffv1.mkv", "known_h264.mp4", "known_png.mov"};
    media_make(files[0], KNOWN "-c:v ffv1");
    media_make(files[1], KNOWN "-c:v libx264rgb -qp 0 -bf 2");
    media_make(files[2], KNOWN "-c:v png");
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        struct hr_view bytes = media_load(media_path(files[f]));
        struct hr_stream stream;
        struct hr_error error = {0};
        struct hr_video *video;
        struct hr_frame frame;
        assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
        assert_int_equal(hr_video_open(&video, &stream, files[f], media_options(&(struct hr_video_options){0}), &error),
                         HR_OK);
        int number = 0;
        for (; hr_video_next(video, &frame, &error) == HR_OK; number++) {
            assert_int_equal(frame.size.width_px, 37);
            assert_int_equal(frame.size.height_px, 23);
            assert_true(is_known_picture(&frame, number));
        }
        assert_int_equal(number, 5);
        hr_video_close(video);
        hr_stream_close(&stream);
        media_free(bytes);
    }
}

/* The first pixel of the first frame. */
static void first_pixel(const char *file, int rgb[3])
{
    struct hr_view bytes = media_load(media_path(file));
    struct hr_stream stream;
    struct hr_error error = {0};
    struct hr_video *video;
    struct hr_frame frame;
    assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
    assert_int_equal(hr_video_open(&video, &stream, file, media_options(&(struct hr_video_options){0}), &error), HR_OK);
    assert_int_equal(hr_video_next(video, &frame, &error), HR_OK);
    for (int i = 0; i < 3; i++)
        rgb[i] = frame.rgb[i];
    hr_video_close(video);
    hr_stream_close(&stream);
    media_free(bytes);
}

static void colours_follow_the_matrix_and_the_range_of_the_file(void **state)
{
    (void)state;
    /* The same red through each matrix, range and depth. */
    static const struct {
        const char *file, *options;
    } ways[] = {
        {"red601.mkv", "scale=out_color_matrix=bt601:out_range=tv,format=yuv444p -c:v libx264 -qp 0 "
                       "-colorspace smpte170m -color_range tv"},
        {"red709.mkv", "scale=out_color_matrix=bt709:out_range=tv,format=yuv444p -c:v libx264 -qp 0 "
                       "-colorspace bt709 -color_range tv"},
        {"red2020.mkv", "scale=out_color_matrix=bt2020:out_range=tv,format=yuv444p10le -c:v libx264 "
                        "-qp 0 -colorspace bt2020nc -color_range tv"},
        {"full709.mkv", "scale=out_color_matrix=bt709:out_range=pc,format=yuv444p -c:v libx264 -qp 0 "
                        "-colorspace bt709 -color_range pc"},
        {"ten.mkv", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p10le -c:v libx264 -qp 0 "
                    "-colorspace bt709 -color_range tv"},
        {"jpeg.avi", "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p -c:v mjpeg -q:v 1"},
        {"plain.mkv", "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p -c:v libx264 -qp 0"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char line[512];
        snprintf(line, sizeof line, "-f lavfi -i color=c=0xC83C28:size=64x48:rate=5:duration=0.4 -vf format=gbrp,%s",
                 ways[i].options);
        media_make(ways[i].file, line);
        int rgb[3];
        first_pixel(ways[i].file, rgb);
        printf("%-12s %d %d %d\n", ways[i].file, rgb[0], rgb[1], rgb[2]);
        assert_in_range(rgb[0], 0xC8 - 4, 0xC8 + 4);
        assert_in_range(rgb[1], 0x3C - 4, 0x3C + 4);
        assert_in_range(rgb[2], 0x28 - 4, 0x28 + 4);
    }
}

static void a_change_of_size_and_format_in_the_middle_is_followed(void **state)
{
    (void)state;
    media_make("small.ts", "-f lavfi -i testsrc2=size=160x120:rate=25:duration=2 " H264);
    media_make("large.ts", "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -output_ts_offset 2 "
                           "-c:v libx264 -preset veryfast -pix_fmt yuv422p");
    struct hr_view small = media_load(media_path("small.ts"));
    struct hr_view large = media_load(media_path("large.ts"));
    uint8_t *both = malloc(small.size + large.size);
    assert_non_null(both);
    memcpy(both, small.data, small.size);
    memcpy(both + small.size, large.data, large.size);
    media_decode_bytes(&a, hr_view_of(both, small.size + large.size), true,
                       &(struct hr_video_options){.samples_per_s = 2});
    assert_int_equal(a.status, HR_END);
    assert_int_equal(a.frames[0].size.width_px, 160);
    assert_int_equal(a.frames[a.count - 1].size.width_px, 320);
    assert_true(a.count >= 7);
    free(both);
    media_free(small);
    media_free(large);
}

/* --- rotation --- */

/* A picture with four quarters of different colours; the colour of each quarter as shown. */
#define QUARTERS                                                                                                       \
    "-f lavfi -i nullsrc=size=64x32:rate=5:duration=0.4 -vf "                                                          \
    "format=gbrp,geq=r='255*lt(X\\,32)':g='255*lt(Y\\,16)':b='0' -c:v libx264rgb -qp 0 "

static char quarter(const struct hr_frame *frame, bool right, bool bottom)
{
    int x = frame->size.width_px * (right ? 3 : 1) / 4;
    int y = frame->size.height_px * (bottom ? 3 : 1) / 4;
    const uint8_t *rgb = frame->rgb + y * frame->stride_bytes + 3 * x;
    if (rgb[0] > 128)
        return rgb[1] > 128 ? 'Y' : 'R'; /* stored: yellow top left, red bottom left, */
    return rgb[1] > 128 ? 'G' : 'K';     /* green top right, black bottom right */
}

/* Writes a display matrix into the first track header (version 0) of an MP4 file. */
static void set_matrix(struct hr_view bytes, const int abcd[4])
{
    enum { MATRIX_AT = 44 }; /* from the box's name on */
    uint8_t *tkhd = memmem(bytes.data, bytes.size, "tkhd", 4);
    assert_non_null(tkhd);
    static const int places[] = {0, 1, 3, 4};
    for (int i = 0; i < 4; i++) {
        uint32_t fixed = (uint32_t)abcd[i] << 16;
        for (int k = 0; k < 4; k++)
            tkhd[MATRIX_AT + 4 * places[i] + k] = (uint8_t)(fixed >> (24 - 8 * k));
    }
}

static void the_display_matrix_is_applied(void **state)
{
    (void)state;
    /* ISO/IEC 14496-12: a stored point (p, q) is shown at (a p + c q, b p + d q), y downwards. */
    static const struct {
        int abcd[4];
        int clockwise_deg;
        const char *shown; /* top left, top right, bottom left, bottom right */
    } turns[] = {
        {{1, 0, 0, 1}, 0, "YGRK"},    {{0, 1, -1, 0}, 90, "RYKG"},  {{-1, 0, 0, -1}, 180, "KRGY"},
        {{0, -1, 1, 0}, 270, "GKYR"}, {{-1, 0, 0, 1}, 0, "GYKR"},   {{1, 0, 0, -1}, 180, "RKYG"},
        {{0, 1, 1, 0}, 270, "YRGK"},  {{0, -1, -1, 0}, 90, "KGRY"},
    };
    media_make("quarters.mp4", QUARTERS);
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        struct hr_view bytes = media_load(media_path("quarters.mp4"));
        set_matrix(bytes, turns[i].abcd);
        struct hr_stream stream;
        struct hr_error error = {0};
        struct hr_video *video;
        struct hr_frame frame;
        assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
        assert_int_equal(hr_video_open(&video, &stream, "turned", media_options(&(struct hr_video_options){0}), &error),
                         HR_OK);
        assert_int_equal(hr_video_next(video, &frame, &error), HR_OK);
        char shown[] = {quarter(&frame, false, false), quarter(&frame, true, false), quarter(&frame, false, true),
                        quarter(&frame, true, true), '\0'};
        assert_string_equal(shown, turns[i].shown);
        bool sideways = turns[i].clockwise_deg % 180 != 0;
        assert_int_equal(frame.size.width_px, sideways ? 32 : 64);
        assert_int_equal(hr_video_info(video)->size.width_px, frame.size.width_px);
        assert_int_equal(hr_video_info(video)->rotation_deg, turns[i].clockwise_deg);
        hr_video_close(video);
        hr_stream_close(&stream);
        media_free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparing_the_decoder_changes_no_frame),
        cmocka_unit_test(going_on_later_changes_no_frame),
        cmocka_unit_test(samples_are_taken_by_time),
        cmocka_unit_test(container_rounding_loses_no_frame),
        cmocka_unit_test(uneven_frame_rates_are_sampled_by_presentation_time),
        cmocka_unit_test(time_counts_from_the_first_frame),
        cmocka_unit_test(a_long_last_picture_is_not_taken_for_a_cut),
        cmocka_unit_test(a_clock_that_is_set_back_loses_nothing),
        cmocka_unit_test(lossless_pixels_come_out_as_they_went_in),
        cmocka_unit_test(colours_follow_the_matrix_and_the_range_of_the_file),
        cmocka_unit_test(a_change_of_size_and_format_in_the_middle_is_followed),
        cmocka_unit_test(the_display_matrix_is_applied),
    };
    return cmocka_run_group_tests(tests, media_set_up, media_tear_down);
}
