/* Pictures that move are looked at frame by frame; those that do not stay one frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "video/media.h"

static struct media_result a, b;

/* The grey of a frame tells its number. */
#define STEPS "-f lavfi -i nullsrc=size=64x48:rate=5:duration=4 -vf format=gray,geq=lum='10+N*12' "
enum { FRAMES = 20, STEP_US = 200000 };

static const struct kind {
    const char *file;
    const char *encoder;
    const char *options;
    const char *codec;
    int64_t step_us;
    int tolerance; /* of the grey: lossy codecs */
} kinds[] = {
    {"steps.gif", "gif", "", "gif", STEP_US, 2},
    {"steps.png", "apng", "-pix_fmt rgb24 -f apng -plays 0", "apng", STEP_US, 0},
    {"steps.webp", "libwebp_anim", "-lossless 1 -loop 0", "webp", STEP_US, 0},
    {"lossy.webp", "libwebp_anim", "-pix_fmt yuv420p -quality 90", "webp", STEP_US, 6},
    {"steps.avif", "libaom-av1", "-pix_fmt yuv420p -cpu-used 8 -crf 10", "av1", STEP_US, 6},
    {"steps.mjpeg", "mjpeg", "-pix_fmt yuvj420p -q:v 1", "mjpeg", 40000, 3}, /* no clock: 25/s */
};

static struct hr_view load(const struct kind *kind)
{
    char line[512];
    snprintf(line, sizeof line, STEPS "-c:v %s %s", kind->encoder, kind->options);
    media_make(kind->file, line);
    return media_load(media_path(kind->file));
}

static void assert_steps(struct hr_view bytes, const struct kind *kind)
{
    struct hr_stream stream;
    struct hr_error error = {0};
    struct hr_video *video = NULL;
    struct hr_frame frame;
    assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
    stream.seek = NULL; /* like a pipe */
    stream.size_bytes = HR_STREAM_SIZE_UNKNOWN;
    if (hr_video_open(&video, &stream, kind->file, media_options(&(struct hr_video_options){0}), &error) != HR_OK)
        fail_msg("%s", error.text);
    int number = 0;
    for (; hr_video_next(video, &frame, &error) == HR_OK; number++) {
        int grey = 10 + 12 * number, seen = frame.rgb[10 * frame.stride_bytes + 30];
        assert_in_range(seen, grey > kind->tolerance ? grey - kind->tolerance : 0, grey + kind->tolerance);
        assert_in_range(frame.pts_us, number * kind->step_us, number * kind->step_us + 1000);
    }
    assert_int_equal(number, FRAMES);
    assert_string_equal(hr_video_info(video)->codec, kind->codec);
    assert_null(hr_video_warning(video));
    hr_video_close(video);
    hr_stream_close(&stream);
}

static void every_frame_is_looked_at_by_its_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!media_has_encoder(kinds[i].encoder)) {
            printf("### NOT TESTED: %s, for ffmpeg has no %s\n", kinds[i].file, kinds[i].encoder);
            continue;
        }
        struct hr_view bytes = load(&kinds[i]);
        assert_steps(bytes, &kinds[i]);
        /* Samples are due as in any video, and the same ones when it goes on later. */
        const struct hr_video_options sampled = {.samples_per_s = 2};
        media_decode_bytes(&a, bytes, true, &sampled);
        assert_int_equal(a.count, kinds[i].step_us == STEP_US ? 8 : 2);
        media_decode_bytes(&b, bytes, true, &(struct hr_video_options){.samples_per_s = 2, .decode_everything = true});
        assert_int_equal(b.count, a.count);
        for (size_t k = 0; k < a.count; k++)
            assert_true(a.frames[k].checksum == b.frames[k].checksum);
        media_free(bytes);
    }
}

static void going_on_later_changes_no_frame(void **state)
{
    (void)state;
    struct hr_view bytes = load(&kinds[2]);
    struct hr_video_options options = {.samples_per_s = 2};
    media_decode_bytes(&a, bytes, true, &options);
    struct hr_stream stream;
    struct hr_error error;
    struct hr_video *video;
    struct hr_frame frame;
    assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
    assert_int_equal(hr_video_open(&video, &stream, "later", media_options(&options), &error), HR_OK);
    hr_video_skip_past(video, a.frames[4].pts_us);
    for (size_t at = 5; at < a.count; at++) {
        assert_int_equal(hr_video_next(video, &frame, &error), HR_OK);
        assert_int_equal(frame.pts_us, a.frames[at].pts_us);
        assert_true(media_checksum(&frame) == a.frames[at].checksum);
    }
    assert_int_equal(hr_video_next(video, &frame, &error), HR_END);
    hr_video_close(video);
    hr_stream_close(&stream);
    media_free(bytes);
}

/* --- animated WebP: parts of a canvas --- */

static void append(uint8_t *out, size_t *size, const void *bytes, size_t count)
{
    memcpy(out + *size, bytes, count);
    *size += count;
}

static void append_number(uint8_t *out, size_t *size, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        out[(*size)++] = (uint8_t)(value >> (8 * i));
}

/* A frame of 16x16 pixels, the only chunk of a lossless still WebP file. */
static void append_frame(uint8_t *out, size_t *size, const char *still, uint32_t left_px, uint32_t duration_ms,
                         uint8_t flags)
{
    struct hr_view file = media_load(media_path(still));
    const uint8_t *chunk = memmem(file.data, file.size, "VP8L", 4);
    assert_non_null(chunk);
    size_t chunk_size = file.size - (size_t)(chunk - file.data);
    append(out, size, "ANMF", 4);
    append_number(out, size, (uint32_t)(16 + chunk_size), 4);
    append_number(out, size, left_px / 2, 3);
    append_number(out, size, 0, 3);
    append_number(out, size, 15, 3);
    append_number(out, size, 15, 3);
    append_number(out, size, duration_ms, 3);
    out[(*size)++] = flags;
    append(out, size, chunk, chunk_size);
    media_free(file);
}

static void frames_are_laid_over_each_other(void **state)
{
    (void)state;
    media_make("red.webp", "-f lavfi -i color=red:size=16x16 -frames:v 1 -pix_fmt bgra "
                           "-c:v libwebp -lossless 1");
    media_make("ghost.webp", "-f lavfi -i color=blue@0.5:size=16x16,format=bgra -frames:v 1 "
                             "-c:v libwebp -lossless 1");
    enum { DISPOSE = 1, REPLACE = 2 };
    uint8_t file[4096] = "RIFF";
    size_t size = 8;
    append(file, &size, "WEBPVP8X", 8);
    append_number(file, &size, 10, 4);
    append_number(file, &size, 0x12, 4);
    append_number(file, &size, 31, 3);
    append_number(file, &size, 15, 3);
    append_frame(file, &size, "red.webp", 0, 300, 0);
    append_frame(file, &size, "ghost.webp", 0, 5, 0);        /* shines through */
    append_frame(file, &size, "red.webp", 16, 200, DISPOSE); /* on the right */
    append_frame(file, &size, "ghost.webp", 0, 200, REPLACE);
    append_frame(file, &size, "red.webp", 24, 200, 0); /* half of it lies outside */
    for (int i = 0; i < 4; i++)
        file[4 + i] = (uint8_t)((size - 8) >> (8 * i));

    static const struct {
        int64_t pts_us;
        const char *left, *right; /* red and blue as digits from 0 to 2 */
    } wanted[] = {
        {0, "20", "00"}, {300000, "11", "00"}, {400000, "11", "20"}, {600000, "01", "00"}, {800000, "01", "00"}};
    struct hr_stream stream;
    struct hr_error error = {0};
    struct hr_video *video;
    struct hr_frame frame;
    assert_int_equal(hr_stream_open_memory(&stream, hr_view_of(file, size), &error), HR_OK);
    assert_int_equal(hr_video_open(&video, &stream, "laid", media_options(&(struct hr_video_options){0}), &error),
                     HR_OK);
    assert_int_equal(hr_video_info(video)->duration_us, 1000000);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_int_equal(hr_video_next(video, &frame, &error), HR_OK);
        assert_int_equal(frame.size.width_px, 32);
        const uint8_t *left = frame.rgb + 3 * 4, *right = frame.rgb + 3 * 20;
        char seen[2][3] = {{(char)('0' + (left[0] + 63) / 127), (char)('0' + (left[2] + 63) / 127), '\0'},
                           {(char)('0' + (right[0] + 63) / 127), (char)('0' + (right[2] + 63) / 127), '\0'}};
        assert_int_equal(frame.pts_us, wanted[i].pts_us);
        assert_string_equal(seen[0], wanted[i].left);
        assert_string_equal(seen[1], wanted[i].right);
    }
    assert_true(frame.rgb[3 * 30] > 200); /* what lies inside of the last is there */
    assert_int_equal(hr_video_next(video, &frame, &error), HR_END);
    hr_video_close(video);
    hr_stream_close(&stream);
}

static void a_moving_picture_that_is_damaged_says_so(void **state)
{
    (void)state;
    struct hr_view bytes = load(&kinds[3]);
    media_decode_bytes(&a, hr_view_of(bytes.data, bytes.size - 20), true, media_options(&(struct hr_video_options){0}));
    assert_int_equal(a.status, HR_END);
    assert_int_equal(a.count, FRAMES - 1);
    assert_non_null(strstr(a.warning, "cut off"));
    uint8_t *third = (uint8_t *)bytes.data;
    for (int i = 0; i < 3; i++)
        third = memmem(third + 4, bytes.size - (size_t)(third + 4 - bytes.data), "ANMF", 4);
    memset(third + 40, 0xA5, 16);
    media_decode_bytes(&a, bytes, true, media_options(&(struct hr_video_options){0}));
    assert_int_equal(a.status, HR_END);
    assert_int_equal(a.count, FRAMES);
    assert_non_null(strstr(a.warning, "damaged picture"));
    media_free(bytes);
}

/* --- what does not move --- */

static size_t frames_in(const uint8_t *data, size_t size)
{
    media_decode_bytes(&a, hr_view_of(data, size), true, media_options(&(struct hr_video_options){0}));
    assert_int_equal(a.status, HR_END);
    return a.count;
}

static void what_lies_behind_a_photo_is_no_frame(void **state)
{
    (void)state;
    media_make("photo.jpg", "-f lavfi -i testsrc2=size=128x96 -frames:v 1");
    media_make("map.jpg", "-f lavfi -i testsrc2=size=64x48 -frames:v 1");
    media_make("film.mp4", "-f lavfi -i testsrc2=size=64x48:duration=1 -c:v mpeg4");
    struct hr_view photo = media_load(media_path("photo.jpg"));
    static const struct {
        const char *behind;
        size_t padding, frames;
    } rows[] = {{"photo.jpg", 0, 2},   {"map.jpg", 0, 1},  {"film.mp4", 0, 1},
                {"photo.jpg", 100, 2}, {"map.jpg", 50, 1}, {"photo.jpg", 10000, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hr_view behind = media_load(media_path(rows[i].behind));
        size_t size = photo.size + rows[i].padding + behind.size;
        uint8_t *both = calloc(1, size);
        assert_non_null(both);
        memcpy(both, photo.data, photo.size);
        memcpy(both + photo.size + rows[i].padding, behind.data, behind.size);
        assert_int_equal(frames_in(both, size), rows[i].frames);
        free(both);
        media_free(behind);
    }
    /* Two pictures of one moment (stereo): the first lists them. */
    static const uint8_t list[] = {0xFF, 0xE2, 0, 10, 'M', 'P', 'F', 0, 0, 0, 0, 0};
    uint8_t *pair = malloc(2 * photo.size + sizeof list);
    assert_non_null(pair);
    memcpy(pair, photo.data, 2);
    memcpy(pair + 2, list, sizeof list);
    memcpy(pair + 2 + sizeof list, photo.data + 2, photo.size - 2);
    memcpy(pair + sizeof list + photo.size, photo.data, photo.size);
    assert_int_equal(frames_in(pair, 2 * photo.size + sizeof list), 1);
    free(pair);
    media_free(photo);
}

static void a_moving_picture_of_one_frame_is_still(void **state)
{
    (void)state;
    static const char *const files[][2] = {{"one.gif", "-frames:v 1"},
                                           {"one.png", "-frames:v 1 -f apng"},
                                           {"one.webp", "-frames:v 1 -c:v libwebp_anim"},
                                           {"one.mjpeg", "-frames:v 1 -c:v mjpeg"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char line[256];
        snprintf(line, sizeof line, "-f lavfi -i testsrc2=size=64x48 %s", files[i][1]);
        media_make(files[i][0], line);
        struct hr_view bytes = media_load(media_path(files[i][0]));
        assert_int_equal(frames_in(bytes.data, bytes.size), 1);
        assert_string_equal(a.warning, "");
        /* Cut anywhere, it never becomes more, and never harms. */
        for (size_t size = 0; size < bytes.size; size += 1 + bytes.size / 50) {
            media_decode_bytes(&a, hr_view_of(bytes.data, size), false, media_options(&(struct hr_video_options){0}));
            assert_true(a.count <= 1);
        }
        media_free(bytes);
    }
}

static void moving_pictures_cut_anywhere_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!media_has_encoder(kinds[i].encoder))
            continue;
        struct hr_view bytes = load(&kinds[i]);
        for (size_t size = 12; size < bytes.size; size += 1 + bytes.size / 40) {
            uint8_t *part = malloc(size); /* of just this size, so that reading past it shows */
            assert_non_null(part);
            memcpy(part, bytes.data, size);
            media_decode_bytes(&a, hr_view_of(part, size), true, media_options(&(struct hr_video_options){0}));
            assert_true(a.count <= FRAMES);
            assert_int_not_equal(a.status, HR_ERR_INTERNAL);
            free(part);
        }
        media_free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_is_looked_at_by_its_time),
        cmocka_unit_test(going_on_later_changes_no_frame),
        cmocka_unit_test(frames_are_laid_over_each_other),
        cmocka_unit_test(a_moving_picture_that_is_damaged_says_so),
        cmocka_unit_test(what_lies_behind_a_photo_is_no_frame),
        cmocka_unit_test(a_moving_picture_of_one_frame_is_still),
        cmocka_unit_test(moving_pictures_cut_anywhere_do_no_harm),
    };
    return cmocka_run_group_tests(tests, media_set_up, media_tear_down);
}
