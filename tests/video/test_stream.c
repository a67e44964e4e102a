/* How a video is read: from files, pipes and sources that fail, and when time is up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "video/media.h"

static struct media_result a, b;
static const struct hr_video_options sampled = {.samples_per_s = 5};

#define CLIP                                                                                                           \
    "-f lavfi -i testsrc2=size=160x120:rate=25:duration=4 -c:v libx264 -preset veryfast "                              \
    "-pix_fmt yuv420p "

/* A stream over memory that counts, and fails from a certain byte on. */
struct faulty {
    struct hr_view bytes;
    uint64_t at;
    uint64_t fails_from;
    size_t reads;
    size_t seeks;
    size_t piece_bytes; /* most that one read gives */
};

static enum hr_status faulty_read(void *context, void *into, size_t size, size_t *got, struct hr_error *error)
{
    struct faulty *faulty = context;
    faulty->reads++;
    if (faulty->at >= faulty->fails_from)
        return hr_error_set(error, HR_ERR_THROTTLED, "the shop is closed");
    if (faulty->at >= faulty->bytes.size)
        return HR_END;
    uint64_t left = faulty->bytes.size - faulty->at;
    *got = size < left ? size : (size_t)left;
    if (*got > faulty->piece_bytes)
        *got = faulty->piece_bytes;
    memcpy(into, faulty->bytes.data + faulty->at, *got);
    faulty->at += *got;
    return HR_OK;
}

static enum hr_status faulty_seek(void *context, uint64_t offset, struct hr_error *error)
{
    struct faulty *faulty = context;
    faulty->seeks++;
    if (offset > faulty->bytes.size)
        return hr_error_set(error, HR_ERR_INTERNAL, "asked to go past the end");
    faulty->at = offset;
    return HR_OK;
}

static struct hr_stream stream_of(struct faulty *faulty)
{
    return (struct hr_stream){
        .read = faulty_read, .seek = faulty_seek, .size_bytes = faulty->bytes.size, .context = faulty};
}

static struct hr_view load(const char *name, const char *options)
{
    media_make(name, options);
    return media_load(media_path(name));
}

static void small_reads_give_the_same_frames(void **state)
{
    (void)state;
    struct hr_view bytes = load("end.mp4", CLIP);
    media_decode_bytes(&a, bytes, true, &sampled);
    assert_int_equal(a.status, HR_END);
    assert_int_equal(a.count, 20);
    struct faulty slow = {.bytes = bytes, .fails_from = UINT64_MAX, .piece_bytes = 777};
    struct hr_stream stream = stream_of(&slow);
    media_decode(&b, &stream, &sampled);
    assert_int_equal(b.count, a.count);
    for (size_t i = 0; i < a.count; i++)
        assert_true(a.frames[i].checksum == b.frames[i].checksum);
    assert_in_range(slow.seeks, 1, 4); /* to the index at the end, and back */
    media_free(bytes);
}

static void a_pipe_works_where_the_container_allows_it(void **state)
{
    (void)state;
    struct hr_view bytes = load("front.mp4", CLIP "-movflags +faststart");
    media_decode_bytes(&a, bytes, false, &sampled);
    assert_int_equal(a.status, HR_END);
    assert_int_equal(a.count, 20);
    media_free(bytes);

    bytes = load("fragments.mp4", CLIP "-movflags frag_keyframe+empty_moov");
    media_decode_bytes(&a, bytes, false, &sampled);
    assert_int_equal(a.status, HR_END);
    assert_int_equal(a.count, 20);
    media_free(bytes);

    bytes = load("pipe.mkv", CLIP);
    media_decode_bytes(&a, bytes, false, &sampled);
    assert_int_equal(a.status, HR_END);
    assert_int_equal(a.count, 20);
    media_free(bytes);

    bytes = load("end.mp4", CLIP);
    media_decode_bytes(&a, bytes, false, &sampled);
    assert_int_equal(a.status, HR_ERR_UNSUPPORTED);
    assert_non_null(strstr(a.error.text, "faststart"));
    media_free(bytes);
}

static void the_streams_own_failure_is_passed_on(void **state)
{
    (void)state;
    static const char *const files[] = {"front.mp4", "end.mp4", "pipe.mkv"};
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        struct hr_view bytes = media_load(media_path(files[f]));
        for (unsigned tenth = 0; tenth < 10; tenth++) {
            struct faulty faulty = {.bytes = bytes, .fails_from = bytes.size * tenth / 10, .piece_bytes = 4096};
            struct hr_stream stream = stream_of(&faulty);
            media_decode(&a, &stream, &sampled);
            assert_int_equal(a.status, HR_ERR_THROTTLED);
            assert_non_null(strstr(a.error.text, "the shop is closed"));
        }
        media_free(bytes);
    }
}

/* A clock that goes on by a second each time somebody looks. */
static int64_t ticking_us(void *context)
{
    int64_t *now_us = context;
    return *now_us += 1000000;
}

static void the_deadline_ends_opening_and_decoding(void **state)
{
    (void)state;
    struct hr_view bytes = media_load(media_path("front.mp4"));
    bool opened = false, decoded = false, stopped = false;
    for (int64_t limit_s = 0; limit_s < 400; limit_s += 4) {
        int64_t now_us = 0;
        struct hr_clock clock = {.monotonic_us = ticking_us, .context = &now_us};
        struct hr_deadline deadline = {&clock, limit_s * 1000000, NULL};
        struct hr_video_options options = {.samples_per_s = 5, .deadline = &deadline};
        media_decode_bytes(&a, bytes, true, &options);
        if (a.status == HR_END)
            break;
        assert_int_equal(a.status, HR_ERR_DEADLINE);
        stopped = true;
        opened = opened || a.info.size.width_px > 0;
        decoded = decoded || a.count > 1;
    }
    assert_true(stopped);
    assert_true(opened);
    assert_true(decoded);
    media_free(bytes);
}

static void a_stop_flag_ends_it_at_once(void **state)
{
    (void)state;
    struct hr_view bytes = media_load(media_path("front.mp4"));
    struct hr_stop stop = {true};
    struct hr_deadline deadline = {hr_clock_system(), INT64_MAX, &stop};
    struct hr_video_options options = {.samples_per_s = 5, .deadline = &deadline};
    media_decode_bytes(&a, bytes, true, &options);
    assert_int_equal(a.status, HR_ERR_DEADLINE);
    media_free(bytes);
}

static void senseless_options_are_refused(void **state)
{
    (void)state;
    struct hr_view bytes = media_load(media_path("front.mp4"));
    static const double rates[] = {-1, 61, 0.0 / 0.0};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        media_decode_bytes(&a, bytes, true, &(struct hr_video_options){.samples_per_s = rates[i]});
        assert_int_equal(a.status, HR_ERR_ARGUMENT);
    }
    media_decode_bytes(&a, bytes, true, &(struct hr_video_options){.samples_per_s = 60});
    assert_int_equal(a.status, HR_END);
    media_free(bytes);
}

static void the_end_stays_the_end(void **state)
{
    (void)state;
    struct hr_view bytes = media_load(media_path("front.mp4"));
    struct hr_stream stream;
    struct hr_error error = {0};
    struct hr_video *video;
    struct hr_frame frame;
    assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
    assert_int_equal(hr_video_open(&video, &stream, "x", media_options(&sampled), &error), HR_OK);
    assert_string_equal(hr_video_info(video)->codec, "h264");
    assert_non_null(strstr(hr_video_info(video)->container, "mp4"));
    while (hr_video_next(video, &frame, &error) == HR_OK)
        ;
    assert_int_equal(hr_video_next(video, &frame, &error), HR_END);
    assert_null(hr_video_warning(video));
    hr_video_close(video);
    hr_video_close(NULL);
    hr_stream_close(&stream);
    media_free(bytes);
}

static void what_can_be_decoded_is_told(void **state)
{
    (void)state;
    char line[512];
    hr_video_describe(line, sizeof line);
    printf("%s\n", line);
    assert_non_null(strstr(line, "FFmpeg"));
    assert_non_null(strstr(line, "libheif"));
    assert_non_null(strstr(line, "h264"));
    assert_true(hr_video_can_decode("h264"));
    assert_true(hr_video_can_decode("jpeg"));
    assert_false(hr_video_can_decode("punched cards"));
}

/* Where files may not be large, memory that is a file may not, either. */
static void frames_come_without_shared_memory(void **state)
{
    (void)state;
    static struct media_result usual, followed;
    struct rlimit files;
    media_make("small.mp4", "-f lavfi -i testsrc2=size=640x360:rate=5:duration=2 -c:v libx264");
    media_decode_file(&usual, media_path("small.mp4"), &sampled);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &files), 0);
    const struct rlimit small = {.rlim_cur = 4096, .rlim_max = files.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    media_decode_file(&followed, media_path("small.mp4"), &sampled);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &files), 0);
    assert_int_equal(usual.status, HR_END);
    assert_int_equal(followed.status, HR_END);
    assert_true(usual.count >= 4 && usual.count == followed.count);
    for (size_t i = 0; i < usual.count; i++)
        assert_true(usual.frames[i].checksum == followed.frames[i].checksum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_reads_give_the_same_frames),
        cmocka_unit_test(a_pipe_works_where_the_container_allows_it),
        cmocka_unit_test(the_streams_own_failure_is_passed_on),
        cmocka_unit_test(the_deadline_ends_opening_and_decoding),
        cmocka_unit_test(a_stop_flag_ends_it_at_once),
        cmocka_unit_test(senseless_options_are_refused),
        cmocka_unit_test(the_end_stays_the_end),
        cmocka_unit_test(what_can_be_decoded_is_told),
        cmocka_unit_test(frames_come_without_shared_memory),
    };
    return cmocka_run_group_tests(tests, media_set_up, media_tear_down);
}
