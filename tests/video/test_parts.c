/* The parts that need no video: orientation, sample windows, packet kinds, the queue between
 * demuxer and decoder, what bytes look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "video/access.h"
#include "video/lookahead.h"
#include "video/orient.h"
#include "video/sampler.h"
#include "video/sniff.h"

/* --- orientation --- */

static void every_orientation_moves_every_pixel_to_its_place(void **state)
{
    (void)state;
    enum { WIDTH = 67, HEIGHT = 35 }; /* more than one block, and parts of one */
    const struct hr_size size = {WIDTH, HEIGHT};
    struct hr_image stored, shown;
    struct hr_error error;
    assert_int_equal(hr_image_init(&stored, size, &error), HR_OK);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            memcpy(stored.rgb + y * stored.stride_bytes + 3 * x, (uint8_t[]){(uint8_t)x, (uint8_t)y, (uint8_t)(x ^ y)},
                   3);
    const struct hr_frame frame = hr_image_frame(&stored);
    for (enum hr_orientation o = HR_ORIENT_UPRIGHT; o <= HR_ORIENT_ROTATE_270; o++) {
        struct hr_size turned = hr_orientation_size(o, size);
        assert_int_equal(turned.width_px, hr_orientation_is_sideways(o) ? HEIGHT : WIDTH);
        assert_int_equal(hr_image_init(&shown, turned, &error), HR_OK);
        hr_orientation_apply(o, &frame, shown.rgb, shown.stride_bytes);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                /* TIFF 6.0, Orientation: where row 0 and column 0 are shown. */
                int right = WIDTH - 1 - x, below = HEIGHT - 1 - y;
                const int to[9][2] = {{0, 0}, {x, y},     {right, y},     {right, below}, {x, below},
                                      {y, x}, {below, x}, {below, right}, {y, right}};
                const uint8_t *rgb = shown.rgb + to[o][1] * shown.stride_bytes + 3 * to[o][0];
                assert_int_equal(rgb[0], x);
                assert_int_equal(rgb[1], y);
                assert_int_equal(rgb[2], x ^ y);
            }
        hr_image_clear(&shown);
    }
    hr_image_clear(&stored);
}

static void a_crooked_or_empty_matrix_gives_the_nearest_turn(void **state)
{
    (void)state;
    const int32_t zeros[9] = {0};
    const int32_t crooked[9] = {-9000, 65000, 0, -65000, -9000, 0, 0, 0, 1 << 30};
    const int32_t extreme[9] = {INT32_MIN, 1, 0, 1, INT32_MIN, 0, 0, 0, 1};
    assert_int_equal(hr_orientation_of_matrix(zeros), HR_ORIENT_UPRIGHT);
    assert_int_equal(hr_orientation_of_matrix(crooked), HR_ORIENT_ROTATE_90);
    assert_int_equal(hr_orientation_of_matrix(extreme), HR_ORIENT_ROTATE_180);
    assert_true(hr_orientation_is_mirrored(HR_ORIENT_MIRROR_90));
    assert_false(hr_orientation_is_mirrored(HR_ORIENT_ROTATE_90));
}

/* --- windows --- */

static void windows_begin_at_the_nearest_tick(void **state)
{
    (void)state;
    struct hr_sampler halves = hr_sampler_of(2, 1 / 90000.0);
    assert_int_equal(hr_sampler_window(&halves, 0), 0);
    assert_int_equal(hr_sampler_window(&halves, 44999), 0);
    assert_int_equal(hr_sampler_window(&halves, 45000), 1);
    assert_int_equal(hr_sampler_window(&halves, -1), -1);
    struct hr_sampler thirds = hr_sampler_of(3, 0.001);
    assert_int_equal(hr_sampler_window(&thirds, 332), 0);
    assert_int_equal(hr_sampler_window(&thirds, 333), 1); /* 333.33 */
    assert_int_equal(hr_sampler_window(&thirds, 666), 1);
    assert_int_equal(hr_sampler_window(&thirds, 667), 2); /* 666.67 */
    assert_int_equal(hr_sampler_window(&thirds, INT64_C(14400000)), 43200);
    /* No drift and no step back over four hours of 23.976 pictures a second. */
    struct hr_sampler sevens = hr_sampler_of(7, 1 / 24000.0);
    int64_t before = -1;
    for (int64_t frame = 0; frame < 345000; frame++) {
        int64_t ticks = frame * 1001, window = hr_sampler_window(&sevens, ticks);
        assert_true(window == before || window == before + 1);
        assert_in_range((window * 24000 * 2 + 7) / 14, 0, ticks);
        before = window;
    }
    assert_in_range(before, 100700, 100730);
    /* Nothing overflows. */
    assert_true(hr_sampler_window(&halves, INT64_MAX) > 0);
    assert_true(hr_sampler_window(&halves, INT64_MIN) < 0);
    struct hr_sampler all = hr_sampler_of(0, 0.001);
    assert_int_equal(hr_sampler_window(&all, 12345), 12345);
}

/* --- packet kinds --- */

static AVPacket packet_of(const void *data, int size, int flags)
{
    return (AVPacket){.data = (uint8_t *)data, .size = size, .flags = flags};
}

#define ACCESS(reader, packet_flags, ...)                                                                              \
    hr_access_of(&(reader), &(AVPacket){.data = (uint8_t[]){__VA_ARGS__},                                              \
                                        .size = sizeof((uint8_t[]){__VA_ARGS__}),                                      \
                                        .flags = (packet_flags)})

static void h264_packets_are_told_apart(void **state)
{
    (void)state;
    uint8_t avcc[] = {1, 100, 0, 31, 0xFF, 0xE0, 0}; /* lengths of four bytes */
    struct hr_access_reader reader = hr_access_reader_of(
        &(AVCodecParameters){.codec_id = AV_CODEC_ID_H264, .extradata = avcc, .extradata_size = sizeof avcc});
    assert_int_equal(reader.length_bytes, 4);
    assert_int_equal(ACCESS(reader, 0, 0, 0, 0, 2, 0x65, 9), HR_ACCESS_ENTRY);
    assert_int_equal(ACCESS(reader, 0, 0, 0, 0, 2, 0x41, 9), HR_ACCESS_NEEDED);
    assert_int_equal(ACCESS(reader, 0, 0, 0, 0, 2, 0x01, 9), HR_ACCESS_DISPOSABLE);
    /* A key frame by its flag that is no IDR picture. */
    assert_int_equal(ACCESS(reader, AV_PKT_FLAG_KEY, 0, 0, 0, 1, 0x41), HR_ACCESS_NEEDED);
    /* One slice that others refer to, one that they do not. */
    assert_int_equal(ACCESS(reader, 0, 0, 0, 0, 1, 0x01, 0, 0, 0, 1, 0x21), HR_ACCESS_NEEDED);
    assert_int_equal(ACCESS(reader, 0, 0, 0, 0, 1, 0x06, 0, 0, 0, 1, 0x01), HR_ACCESS_DISPOSABLE);
    assert_int_equal(ACCESS(reader, 0, 0, 0, 0, 1, 0x67, 0, 0, 0, 1, 0x65), HR_ACCESS_ENTRY | HR_ACCESS_PARAMETERS);
    assert_int_equal(ACCESS(reader, 0, 0, 0, 0, 1, 0x68, 0, 0, 0, 1, 0x01), HR_ACCESS_PARAMETERS);
    /* Lengths that lie. */
    assert_int_equal(ACCESS(reader, 0, 0, 0, 0, 9, 0x01), HR_ACCESS_FOREIGN);
    assert_int_equal(ACCESS(reader, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1), HR_ACCESS_FOREIGN);
    assert_int_equal(ACCESS(reader, 0, 0, 0), HR_ACCESS_FOREIGN);
    AVPacket empty = packet_of(NULL, 0, 0);
    assert_int_equal(hr_access_of(&reader, &empty), HR_ACCESS_NEEDED);

    struct hr_access_reader annex_b = hr_access_reader_of(&(AVCodecParameters){.codec_id = AV_CODEC_ID_H264});
    assert_int_equal(ACCESS(annex_b, 0, 0, 0, 0, 1, 0x09, 0, 0, 1, 0x01, 1, 1), HR_ACCESS_DISPOSABLE);
    assert_int_equal(ACCESS(annex_b, 0, 0, 0, 1, 0x65, 1, 1), HR_ACCESS_ENTRY);
    assert_int_equal(ACCESS(annex_b, 0, 1, 1, 0, 0, 1), HR_ACCESS_NEEDED);
}

static struct hr_access_reader hevc_reader(int temporal_layers)
{
    uint8_t hvcc[23] = {1, [21] = (uint8_t)(temporal_layers << 3 | 3)};
    return hr_access_reader_of(
        &(AVCodecParameters){.codec_id = AV_CODEC_ID_HEVC, .extradata = hvcc, .extradata_size = sizeof hvcc});
}

static void hevc_packets_are_told_apart(void **state)
{
    (void)state;
    struct hr_access_reader one = hevc_reader(1), two = hevc_reader(2), unknown = hevc_reader(0);
    enum { TRAIL_N = 0 << 1, TRAIL_R = 1 << 1, RASL_N = 8 << 1, IDR = 19 << 1, CRA = 21 << 1, SPS = 33 << 1 };
    enum { LAYER_0 = 1, LAYER_1 = 2 };
    assert_int_equal(ACCESS(one, 0, 0, 0, 0, 2, TRAIL_N, LAYER_0), HR_ACCESS_DISPOSABLE);
    assert_int_equal(ACCESS(one, 0, 0, 0, 0, 2, RASL_N, LAYER_0), HR_ACCESS_DISPOSABLE);
    assert_int_equal(ACCESS(one, 0, 0, 0, 0, 2, TRAIL_R, LAYER_0), HR_ACCESS_NEEDED);
    assert_int_equal(ACCESS(one, 0, 0, 0, 0, 2, IDR, LAYER_0), HR_ACCESS_ENTRY);
    assert_int_equal(ACCESS(one, 0, 0, 0, 0, 2, CRA, LAYER_0), HR_ACCESS_ENTRY_OPEN);
    assert_int_equal(ACCESS(one, 0, 0, 0, 0, 2, SPS, LAYER_0), HR_ACCESS_PARAMETERS);
    /* A higher temporal layer may refer to what its own layer does not. */
    assert_int_equal(ACCESS(two, 0, 0, 0, 0, 2, TRAIL_N, LAYER_0), HR_ACCESS_NEEDED);
    assert_int_equal(ACCESS(two, 0, 0, 0, 0, 2, TRAIL_N, LAYER_1), HR_ACCESS_DISPOSABLE);
    assert_int_equal(ACCESS(unknown, 0, 0, 0, 0, 2, TRAIL_N, LAYER_0), HR_ACCESS_NEEDED);
}

static void packets_of_other_codecs_are_told_apart(void **state)
{
    (void)state;
    struct hr_access_reader reader = {.codec = AV_CODEC_ID_MPEG4};
    enum { KEY = AV_PKT_FLAG_KEY };
    assert_int_equal(ACCESS(reader, KEY, 0, 0, 1, 0xB6, 0x10), HR_ACCESS_ENTRY_OPEN);
    assert_int_equal(ACCESS(reader, 0, 0, 0, 1, 0xB6, 0x50), HR_ACCESS_NEEDED);
    assert_int_equal(ACCESS(reader, 0, 0, 0, 1, 0xB6, 0x90), HR_ACCESS_DISPOSABLE);
    assert_int_equal(ACCESS(reader, 0, 0, 0, 1, 0xB6, 0x50, 0, 0, 1, 0xB6, 0x90), HR_ACCESS_FOREIGN);
    reader.codec = AV_CODEC_ID_VP9;
    assert_int_equal(ACCESS(reader, KEY, 0x82, 0x49), HR_ACCESS_ENTRY);
    assert_int_equal(ACCESS(reader, KEY, 0x86, 0x49), HR_ACCESS_NEEDED); /* not a key frame */
    assert_int_equal(ACCESS(reader, KEY, 0x88, 0x49), HR_ACCESS_NEEDED); /* shows an old one */
    assert_int_equal(ACCESS(reader, KEY, 0xB0, 0x49), HR_ACCESS_ENTRY);  /* profile 3 */
    reader.codec = AV_CODEC_ID_VP8;
    assert_int_equal(ACCESS(reader, KEY, 0x10), HR_ACCESS_ENTRY);
    assert_int_equal(ACCESS(reader, KEY, 0x11), HR_ACCESS_NEEDED);
    reader.codec = AV_CODEC_ID_THEORA;
    assert_int_equal(ACCESS(reader, KEY, 0x10), HR_ACCESS_NEEDED);
    reader = hr_access_reader_of(&(AVCodecParameters){.codec_id = AV_CODEC_ID_MJPEG});
    assert_int_equal(ACCESS(reader, KEY, 0xFF), HR_ACCESS_DISPOSABLE | HR_ACCESS_ENTRY);
}

/* --- the queue --- */

/* Runs packets, one letter each, through the queue at one window per ten ticks, and writes the
 * letters of those that get through; '|' where the decoder has to begin anew. I: closed entry, C:
 * open entry (HEVC), P: needed, b: disposable. `pts` in decoding order. */
static void run_queue(const char *kinds, const int *pts, char *out)
{
    uint8_t hvcc[23] = {1, [21] = 1 << 3 | 3};
    AVCodecParameters parameters = {.codec_id = AV_CODEC_ID_HEVC, .extradata = hvcc, .extradata_size = sizeof hvcc};
    struct hr_lookahead lookahead;
    assert_true(hr_lookahead_init(&lookahead, &parameters, hr_sampler_of(1, 0.1), true));
    AVPacket *packet = av_packet_alloc();
    assert_non_null(packet);
    size_t next = 0, total = strlen(kinds);
    bool first = true;
    for (;;) {
        while (hr_lookahead_wants_more(&lookahead)) {
            if (next == total) {
                hr_lookahead_end(&lookahead);
                break;
            }
            assert_int_equal(av_new_packet(packet, 7), 0);
            char kind = kinds[next];
            uint8_t type = kind == 'I' ? 19 : kind == 'C' ? 21 : kind == 'b' ? 0 : 1;
            memcpy(packet->data, (uint8_t[]){0, 0, 0, 3, (uint8_t)(type << 1), 1, (uint8_t)kind}, 7);
            packet->pts = packet->dts = pts[next++];
            assert_true(hr_lookahead_put(&lookahead, packet));
        }
        enum hr_lookahead_step step = hr_lookahead_take(&lookahead, packet);
        if (step == HR_LOOKAHEAD_DONE)
            break;
        if (step == HR_LOOKAHEAD_MORE)
            continue;
        if (step == HR_LOOKAHEAD_RESTART)
            *out++ = '|';
        *out++ = (char)packet->data[6];
        if (first)
            hr_lookahead_start(&lookahead, packet->pts);
        first = false;
        av_packet_unref(packet);
    }
    *out = '\0';
    av_packet_free(&packet);
    hr_lookahead_clear(&lookahead);
}

static void only_what_a_due_frame_needs_gets_through(void **state)
{
    (void)state;
    char out[64];
    /* Due are 0, 10, 20: the b at 10, the P at 20; the rest of the b are not, nor what comes last.
     */
    run_queue("IPbPbPbPbPPb", (int[]){0, 6, 3, 12, 10, 16, 14, 20, 18, 24, 28, 26}, out);
    assert_string_equal(out, "IPPbPP");
    /* The group in the middle holds no due frame: the decoder begins anew at the next. */
    run_queue("IPPPIPPPIPPP", (int[]){0, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13}, out);
    assert_string_equal(out, "I|IP");
    /* An open entry can be begun at when the pictures shown before it are not due ... */
    run_queue("IPPPCbbPP", (int[]){0, 2, 3, 4, 10, 7, 8, 11, 20}, out);
    assert_string_equal(out, "I|CPP");
    /* ... but not when one of them is. */
    run_queue("IPPPCbbPP", (int[]){0, 2, 3, 4, 13, 10, 11, 14, 20}, out);
    assert_string_equal(out, "IPPPCbPP");
    /* A gap in time: the first picture behind it is due. */
    run_queue("IPPPPP", (int[]){0, 3, 6, 47, 49, 51}, out);
    assert_string_equal(out, "IPPPPP");
    /* Two pictures of one time: either may be shown first. */
    run_queue("Ibbbb", (int[]){0, 10, 10, 11, 12}, out);
    assert_string_equal(out, "Ibb");
}

static void a_stream_without_times_passes_whole(void **state)
{
    (void)state;
    AVCodecParameters parameters = {.codec_id = AV_CODEC_ID_MJPEG};
    struct hr_lookahead lookahead;
    assert_true(hr_lookahead_init(&lookahead, &parameters, hr_sampler_of(1, 0.1), true));
    AVPacket *packet = av_packet_alloc();
    assert_non_null(packet);
    hr_lookahead_start(&lookahead, 0);
    size_t passed = 0;
    for (int i = 0; i < 40; i++) {
        assert_int_equal(av_new_packet(packet, 1), 0);
        packet->pts = AV_NOPTS_VALUE;
        assert_true(hr_lookahead_wants_more(&lookahead));
        assert_true(hr_lookahead_put(&lookahead, packet));
        passed += hr_lookahead_take(&lookahead, packet) == HR_LOOKAHEAD_DECODE;
        av_packet_unref(packet);
    }
    assert_int_equal(passed, 40);
    av_packet_free(&packet);
    hr_lookahead_clear(&lookahead);
}

/* A group too long for the queue: it is bounded, and nothing due is lost. */
static void the_queue_is_bounded(void **state)
{
    (void)state;
    enum { COUNT = HR_LOOKAHEAD_PACKETS * 3 };
    AVCodecParameters parameters = {.codec_id = AV_CODEC_ID_VP8};
    struct hr_lookahead lookahead;
    assert_true(hr_lookahead_init(&lookahead, &parameters, hr_sampler_of(1, 1e-6), true));
    hr_lookahead_start(&lookahead, 0);
    AVPacket *packet = av_packet_alloc();
    assert_non_null(packet);
    int put = 0, taken = 0;
    while (taken < COUNT) {
        while (put < COUNT && hr_lookahead_wants_more(&lookahead)) {
            assert_int_equal(av_new_packet(packet, 1), 0);
            packet->data[0] = 1;
            /* All in one window, but for the last. */
            packet->pts = ++put < COUNT ? put : 1000000;
            assert_true(hr_lookahead_put(&lookahead, packet));
            assert_true(lookahead.count <= HR_LOOKAHEAD_PACKETS);
        }
        if (put == COUNT)
            hr_lookahead_end(&lookahead);
        assert_int_equal(hr_lookahead_take(&lookahead, packet), HR_LOOKAHEAD_DECODE);
        av_packet_unref(packet);
        taken++;
    }
    assert_int_equal(hr_lookahead_take(&lookahead, packet), HR_LOOKAHEAD_DONE);
    assert_int_equal(lookahead.packets_left_out, 0);
    assert_int_equal(lookahead.bytes, 0);
    av_packet_free(&packet);
    hr_lookahead_clear(&lookahead);
}

/* --- bytes --- */

static void bytes_are_recognised(void **state)
{
    (void)state;
    assert_int_equal(hr_sniff_still(hr_view_text("\xFF\xD8\xFF\xE0")), HR_STILL_JPEG);
    assert_int_equal(hr_sniff_still(hr_view_of("\0\0\0\x18"
                                               "ftypheic",
                                               12)),
                     HR_STILL_HEIF);
    assert_int_equal(hr_sniff_still(hr_view_of("\0\0\0\x18"
                                               "ftypavif",
                                               12)),
                     HR_STILL_HEIF);
    assert_int_equal(hr_sniff_still(hr_view_of("\0\0\0\x18"
                                               "ftypisom",
                                               12)),
                     HR_STILL_NONE);
    assert_int_equal(hr_sniff_still(hr_view_of("\0\0\0\x18"
                                               "ftyphei",
                                               11)),
                     HR_STILL_NONE);
    assert_int_equal(hr_sniff_still(hr_view_text("RIFF....AVI ")), HR_STILL_NONE);
    assert_int_equal(hr_sniff_still(hr_view_of(NULL, 0)), HR_STILL_NONE);
    assert_true(hr_sniff_is_mp4(hr_view_of("\0\0\0\x08"
                                           "moov",
                                           8)));
    assert_string_equal(hr_sniff_foreign(hr_view_of(NULL, 0), true), "an empty file");
    assert_string_equal(hr_sniff_foreign(hr_view_text("Gr\xC3\xBC\xC3\x9F"
                                                      "e"),
                                         true),
                        "a text file");
    /* A character that is cut: forgiven in the middle of a file, not at its end. */
    assert_string_equal(hr_sniff_foreign(hr_view_text("Gr\xC3"), false), "a text file");
    assert_null(hr_sniff_foreign(hr_view_text("Gr\xC3"), true));
    assert_null(hr_sniff_foreign(hr_view_of("\x1A\x45\xDF\xA3\x01\x00", 6), true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_orientation_moves_every_pixel_to_its_place),
        cmocka_unit_test(a_crooked_or_empty_matrix_gives_the_nearest_turn),
        cmocka_unit_test(windows_begin_at_the_nearest_tick),
        cmocka_unit_test(h264_packets_are_told_apart),
        cmocka_unit_test(hevc_packets_are_told_apart),
        cmocka_unit_test(packets_of_other_codecs_are_told_apart),
        cmocka_unit_test(only_what_a_due_frame_needs_gets_through),
        cmocka_unit_test(a_stream_without_times_passes_whole),
        cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(bytes_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
