/* The named limits of base/limits.h that this room enforces: at, below and above each. */
#include <libavutil/mem.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "video/media.h"

static struct media_result result;
static const struct hr_video_options sampled = {.samples_per_s = 2};

static enum hr_status status_of(struct hr_view bytes)
{
    media_decode_bytes(&result, bytes, true, &sampled);
    return result.status;
}

static void streams_are_limited(void **state)
{
    (void)state;
    static const int counts[] = {HR_LIMIT_VIDEO_STREAMS, HR_LIMIT_VIDEO_STREAMS + 1};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char name[32], line[2048];
        snprintf(name, sizeof name, "streams%d.mkv", counts[i]);
        int length = snprintf(line, sizeof line,
                              "-f lavfi -i testsrc2=size=64x48:rate=5:duration=1 "
                              "-f lavfi -i sine=duration=1 -c:v mpeg4 -c:a pcm_s16le -map 0");
        for (int k = 1; k < counts[i]; k++)
            length += snprintf(line + length, sizeof line - (size_t)length, " -map 1");
        media_make(name, line);
        struct hr_view bytes = media_load(media_path(name));
        assert_int_equal(status_of(bytes), i == 0 ? HR_END : HR_ERR_LIMIT);
        media_free(bytes);
    }
    assert_non_null(strstr(result.error.text, "streams"));
}

/* Sets what a Matroska file says of its duration. */
static void claim_duration(struct hr_view bytes, double duration_ms)
{
    uint8_t *element = memmem(bytes.data, bytes.size, "\x44\x89\x88", 3);
    assert_non_null(element);
    uint64_t bits;
    memcpy(&bits, &duration_ms, sizeof bits);
    for (int i = 0; i < 8; i++)
        element[3 + i] = (uint8_t)(bits >> (56 - 8 * i));
}

static void a_claimed_duration_is_only_a_claim(void **state)
{
    (void)state;
    media_make("short.mkv", "-f lavfi -i testsrc2=size=64x48:rate=5:duration=1 -c:v mpeg4");
    struct hr_view bytes = media_load(media_path("short.mkv"));
    const double limit_ms = (double)HR_LIMIT_VIDEO_DURATION_US / 1000;
    claim_duration(bytes, limit_ms - 1);
    assert_int_equal(status_of(bytes), HR_END);
    assert_non_null(strstr(result.warning, "cut off")); /* it's not there, though */
    claim_duration(bytes, 10 * limit_ms);
    assert_int_equal(status_of(bytes), HR_END);
    assert_int_equal(result.count, 2);
    assert_non_null(strstr(result.warning, "cut off"));
    media_free(bytes);
}

static void a_real_duration_is_limited(void **state)
{
    (void)state;
    /* A picture each ten seconds, to just the limit; then one more. The claim is taken away. */
    const int at_limit = (int)(HR_LIMIT_VIDEO_DURATION_US / 10000000) + 1;
    static const char *const kinds[] = {"mkv", "mov"};
    for (int more = -1; more <= 1; more++)
        for (size_t k = 0; k < 2; k++) {
            char name[32], line[256];
            snprintf(name, sizeof name, "long%d.%s", more, kinds[k]);
            snprintf(line, sizeof line, "-f lavfi -i testsrc2=size=64x48:rate=1/10 -frames:v %d -c:v mjpeg",
                     at_limit + more);
            media_make(name, line);
            struct hr_view bytes = media_load(media_path(name));
            if (k == 0)
                claim_duration(bytes, 0);
            media_decode_bytes(&result, bytes, true, &(struct hr_video_options){.samples_per_s = 0.01});
            assert_int_equal(result.status, more > 0 ? HR_ERR_LIMIT : HR_END);
            /* Where the index tells, nothing is looked at; else what lies before the limit. */
            assert_int_equal(result.count, more > 0 && k == 1 ? 0 : more < 0 ? 144 : 145);
            media_free(bytes);
        }
    assert_non_null(strstr(result.error.text, "cut it into parts"));
}

static void pauses_are_not_work(void **state)
{
    (void)state;
    /* A picture each quarter of an hour, for seven hours and a half: five minutes' worth. */
    media_make("hourly.mkv", "-f lavfi -i testsrc2=size=64x48:rate=1/900 -frames:v 31 -c:v mjpeg");
    struct hr_view bytes = media_load(media_path("hourly.mkv"));
    assert_int_equal(status_of(bytes), HR_END);
    assert_int_equal(result.count, 31);
    assert_int_equal(result.frames[30].pts_us, INT64_C(27000) * 1000000);
    assert_string_equal(result.warning, "");
    media_free(bytes);
}

static void pauses_come_to_an_end(void **state)
{
    (void)state;
    for (int more = -1; more <= 1; more++) {
        char line[256];
        const char *name = more < 0 ? "weeks.mkv" : more == 0 ? "six_weeks.mkv" : "more.mkv";
        snprintf(line, sizeof line, "-f lavfi -i testsrc2=size=32x32:rate=1/3600 -frames:v %d -c:v mjpeg",
                 (int)(HR_LIMIT_VIDEO_TIME_US / 3600000000) + 1 + more);
        media_make(name, line);
        struct hr_view bytes = media_load(media_path(name));
        media_decode_bytes(&result, bytes, true, &(struct hr_video_options){.samples_per_s = 1 / 36000.0});
        assert_int_equal(result.status, HR_END); /* what is not looked at does not matter */
        media_decode_bytes(&result, bytes, true, &(struct hr_video_options){.samples_per_s = 1 / 3603.0});
        assert_int_equal(result.status, more > 0 ? HR_ERR_LIMIT : HR_END);
        media_free(bytes);
    }
    assert_non_null(strstr(result.error.text, "pauses"));
}

static void samples_are_limited(void **state)
{
    (void)state;
    media_make("many.avi", "-f lavfi -i color=size=16x16:rate=60:duration=1201 -c:v mjpeg");
    struct hr_view bytes = media_load(media_path("many.avi"));
    struct hr_stream stream;
    struct hr_error error = {0};
    struct hr_video *video;
    struct hr_frame frame;
    assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
    assert_int_equal(hr_video_open(&video, &stream, "many", media_options(&(struct hr_video_options){0}), &error),
                     HR_OK);
    for (int i = 0; i < HR_LIMIT_SAMPLES_PER_VIDEO; i++)
        assert_int_equal(hr_video_next(video, &frame, &error), HR_OK);
    assert_int_equal(hr_video_next(video, &frame, &error), HR_ERR_LIMIT);
    assert_non_null(strstr(error.text, "fewer per second"));
    hr_video_close(video);
    hr_stream_close(&stream);
    media_free(bytes);
}

static void samples_per_second_are_limited(void **state)
{
    (void)state;
    media_make("short.avi", "-f lavfi -i color=size=16x16:rate=60:duration=1 -c:v mjpeg");
    struct hr_view bytes = media_load(media_path("short.avi"));
    for (int more = 0; more <= 1; more++) {
        struct hr_stream stream;
        struct hr_error error = {0};
        struct hr_video *video = NULL;
        struct hr_video_options options = {.samples_per_s = HR_LIMIT_SAMPLE_FPS + more};
        assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
        assert_int_equal(hr_video_open(&video, &stream, "short", media_options(&options), &error),
                         more ? HR_ERR_ARGUMENT : HR_OK);
        assert_true(!more || strstr(error.text, "60") != NULL);
        hr_video_close(video);
        hr_stream_close(&stream);
    }
    media_free(bytes);
}

static void a_side_is_limited(void **state)
{
    (void)state;
    media_make("wide.mkv", "-f lavfi -i color=size=16384x16:rate=5:duration=0.4 -c:v ffv1");
    media_make("wider.mkv", "-f lavfi -i color=size=16386x16:rate=5:duration=0.4 -c:v ffv1");
    struct hr_view bytes = media_load(media_path("wide.mkv"));
    assert_int_equal(status_of(bytes), HR_END);
    assert_int_equal(result.frames[0].size.width_px, HR_LIMIT_FRAME_SIDE_PX);
    media_free(bytes);
    bytes = media_load(media_path("wider.mkv"));
    assert_int_equal(status_of(bytes), HR_ERR_LIMIT);
    media_free(bytes);
}

/* --- memory --- */

/* All pictures of a video, of which FFmpeg gets none into memory from one of them on: here, in this process. */
static enum hr_status decode_with_a_limit(struct hr_view bytes, size_t from, size_t *count)
{
    static const struct hr_video_options all = {.samples_per_s = 25, .decoder_threads = 4};
    struct hr_stream stream;
    struct hr_video *video = NULL;
    struct hr_error error;
    struct hr_frame frame;
    assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
    enum hr_status status = hr_video_open(&video, &stream, "gap", &all, &error);
    for (*count = 0; status == HR_OK; *count += status == HR_OK) {
        if (*count == from)
            av_max_alloc(640 * 360); /* a picture takes more, most else less */
        status = hr_video_next(video, &frame, &error);
    }
    av_max_alloc(INT_MAX);
    hr_video_close(video);
    hr_stream_close(&stream);
    return status;
}

/* A decoder that gets no memory for a picture may take it for a damaged one, and go on: all pictures, or an error. */
static void want_of_memory_never_gives_fewer_pictures(void **state)
{
    (void)state;
    if (getenv("HOMEROOM_TEST_SANDBOX") != NULL)
        skip(); /* the limit is set in this process */
    static const char *const kinds[] = {"-c:v libx264 -preset ultrafast", "-c:v mpeg4", "-c:v libx264 -bf 3 -refs 4"};
    size_t refused = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        char name[32], line[256];
        size_t whole, count;
        snprintf(name, sizeof name, "memory%zu.mp4", k);
        snprintf(line, sizeof line, "-f lavfi -i testsrc2=size=640x360:rate=25:duration=2 %s", kinds[k]);
        media_make(name, line);
        struct hr_view bytes = media_load(media_path(name));
        assert_int_equal(decode_with_a_limit(bytes, SIZE_MAX, &whole), HR_END);
        assert_int_equal(whole, 50);
        for (size_t at = 0; at < whole; at++) {
            enum hr_status status = decode_with_a_limit(bytes, at, &count);
            if (status != HR_ERR_MEMORY && (status != HR_END || count != whole))
                fail_msg("kind %zu, without memory from picture %zu on: status %d, %zu pictures", k, at, (int)status,
                         count);
            refused += status == HR_ERR_MEMORY;
        }
        media_free(bytes);
    }
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(want_of_memory_never_gives_fewer_pictures),
        cmocka_unit_test(streams_are_limited),
        cmocka_unit_test(a_claimed_duration_is_only_a_claim),
        cmocka_unit_test(a_real_duration_is_limited),
        cmocka_unit_test(pauses_are_not_work),
        cmocka_unit_test(pauses_come_to_an_end),
        cmocka_unit_test(samples_are_limited),
        cmocka_unit_test(samples_per_second_are_limited),
        cmocka_unit_test(a_side_is_limited),
    };
    return cmocka_run_group_tests(tests, media_set_up, media_tear_down);
}
