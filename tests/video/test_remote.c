/* A child that is in the hands of whoever made the video: whatever it says or does costs that video, and no more. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "sandbox/sandbox.h"
#include "support/check.h"
#include "video/remote.h"
#include "video/serve.h"
#include "video/wire.h"

/* What it does when it was told to open; the "video" says which. */
enum deed {
    CRASH = 'a',
    ENDLESS,
    SHORT_MESSAGE,
    LONG_MESSAGE,
    UNENDED_TEXT,
    CONTROLS_IN_TEXT,
    NO_SIZE,
    HUGE_SIZE,
    NEGATIVE_SIZE,
    SIZE_THAT_OVERFLOWS,
    STATUS_OF_OURS,
    STATUS_UNKNOWN,
    NO_MEMORY,
    CAMERAS,
    ROTATION,
    TIME_BEFORE,
    TIME_BEHIND,
    SEEK_IN_A_PIPE,
    READ_NOTHING,
    FRAMES_WITHOUT_END,
    FRAME_WHEN_OPENED
};

static struct hr_wire_answer good_answer(void)
{
    return (struct hr_wire_answer){.kind = HR_WIRE_ANSWER,
                                   .shown_width_px = 8,
                                   .shown_height_px = 8,
                                   .cameras = 1,
                                   .container = "none",
                                   .codec = "none"};
}

static void say(int socket, const struct hr_wire_answer *answer)
{
    (void)!send(socket, answer, sizeof *answer, 0);
}

static void answer_frames(int socket, struct hr_wire_answer *answer)
{
    struct hr_wire_order order;
    while (recv(socket, &order, sizeof order, 0) == (ssize_t)sizeof order)
        say(socket, answer);
}

static void do_it(int socket, enum deed deed)
{
    struct hr_wire_answer opened = good_answer(), frame = good_answer();
    struct hr_wire_wish wish = {.kind = HR_WIRE_SEEK};
    frame.width_px = frame.height_px = 8;
    switch (deed) {
    case CRASH:
        __builtin_trap();
    case ENDLESS:
        for (volatile unsigned i = 0;; i++)
            continue;
    case SHORT_MESSAGE:
        (void)!send(socket, "x", 1, 0);
        return;
    case LONG_MESSAGE: {
        static char much[100000];
        (void)!send(socket, much, sizeof much, 0);
        return;
    }
    case SEEK_IN_A_PIPE:
        (void)!send(socket, &wish, sizeof wish, 0);
        break;
    case READ_NOTHING:
        wish.kind = HR_WIRE_READ;
        (void)!send(socket, &wish, sizeof wish, 0);
        break;
    case UNENDED_TEXT:
        opened.status = HR_ERR_FORMAT;
        memset(opened.text, 'x', sizeof opened.text);
        break;
    case CONTROLS_IN_TEXT:
        opened.status = HR_ERR_FORMAT;
        snprintf(opened.text, sizeof opened.text, "\033[2J\n\xe2\x80\xae said the file");
        break;
    case STATUS_OF_OURS:
        opened.status = HR_ERR_DATABASE;
        break;
    case STATUS_UNKNOWN:
        opened.status = -7;
        break;
    case NO_MEMORY:
        opened.status = HR_ERR_MEMORY;
        snprintf(opened.text, sizeof opened.text, "no memory to decode the video");
        break;
    case FRAME_WHEN_OPENED:
        opened.width_px = opened.height_px = 8;
        break;
    case CAMERAS:
        opened.cameras = INT32_MAX;
        break;
    case ROTATION:
        opened.rotation_deg = 45;
        break;
    case NO_SIZE:
        frame.width_px = 0;
        break;
    case NEGATIVE_SIZE:
        frame.width_px = -8;
        break;
    case HUGE_SIZE:
        frame.width_px = HR_LIMIT_FRAME_SIDE_PX;
        frame.height_px = HR_LIMIT_FRAME_SIDE_PX;
        break;
    case SIZE_THAT_OVERFLOWS:
        frame.width_px = frame.height_px = INT32_MAX;
        break;
    case TIME_BEFORE:
        frame.pts_us = -1;
        break;
    case TIME_BEHIND:
        frame.pts_us = INT64_MAX;
        break;
    default:
        break;
    }
    say(socket, &opened);
    answer_frames(socket, &frame);
}

static void serve(int socket, int memory)
{
    struct hr_wire_order order;
    struct hr_wire_wish wish = {.kind = HR_WIRE_READ, .value = 1};
    char bytes[sizeof order + 1];
    (void)memory;
    if (recv(socket, &order, sizeof order, 0) == (ssize_t)sizeof order && send(socket, &wish, sizeof wish, 0) > 0 &&
        recv(socket, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes)
        do_it(socket, (enum deed)bytes[sizeof order]);
}

static const struct hr_sandbox_work hostile = {.serve = serve};
static struct hr_sandbox *sandbox;

static int set_up(void **state)
{
    (void)state;
    struct hr_error error;
    return hr_sandbox_fork(&sandbox, &hostile, 0, &error);
}

static int tear_down(void **state)
{
    (void)state;
    hr_sandbox_stop(sandbox);
    return 0;
}

/* Opens it, and looks at frames to the end. */
static enum hr_status watch(enum deed deed, const struct hr_deadline *deadline, size_t *frames, struct hr_error *error)
{
    const uint8_t byte = (uint8_t)deed;
    struct hr_stream stream;
    struct hr_remote *remote = NULL;
    struct hr_frame frame;
    const struct hr_video_options options = {.samples_per_s = 1, .deadline = deadline, .sandbox = sandbox};
    assert_ok(hr_stream_open_memory(&stream, hr_view_of(&byte, 1), error), error);
    stream.seek = NULL;
    enum hr_status status = hr_remote_open(&remote, &stream, &options, error);
    for (*frames = 0; status == HR_OK; ++*frames) {
        status = hr_remote_next(remote, &frame, error);
        if (status == HR_OK) { /* whatever is there can be read */
            volatile unsigned sum = 0;
            for (int y = 0; y < frame.size.height_px; y++)
                for (int x = 0; x < frame.size.width_px * 3; x++)
                    sum += frame.rgb[y * frame.stride_bytes + x];
        }
    }
    hr_remote_close(remote);
    hr_stream_close(&stream);
    return status;
}

static void lies_cost_the_video(void **state)
{
    (void)state;
    static const enum deed lies[] = {SHORT_MESSAGE,       LONG_MESSAGE,   UNENDED_TEXT,   NO_SIZE,
                                     HUGE_SIZE,           NEGATIVE_SIZE,  STATUS_OF_OURS, STATUS_UNKNOWN,
                                     SIZE_THAT_OVERFLOWS, CAMERAS,        ROTATION,       TIME_BEFORE,
                                     TIME_BEHIND,         SEEK_IN_A_PIPE, READ_NOTHING,   FRAME_WHEN_OPENED};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct hr_error error = {0};
        size_t frames;
        assert_error(watch(lies[i], NULL, &frames, &error), HR_ERR_FORMAT, &error, "makes no sense");
        assert_true(frames <= 1);
    }
}

static void a_crash_costs_the_video(void **state)
{
    (void)state;
    struct hr_error error;
    size_t frames;
    assert_error(watch(CRASH, NULL, &frames, &error), HR_ERR_FORMAT, &error, "the decoder crashed on it (signal ");
}

static void what_it_says_is_made_printable(void **state)
{
    (void)state;
    struct hr_error error;
    size_t frames;
    assert_error(watch(CONTROLS_IN_TEXT, NULL, &frames, &error), HR_ERR_FORMAT, &error, "?[2J???? said the file");
}

static void want_of_memory_is_its_own(void **state)
{
    (void)state;
    struct hr_error error;
    size_t frames;
    assert_error(watch(NO_MEMORY, NULL, &frames, &error), HR_ERR_MEMORY, &error, "no memory to decode the video");
    struct hr_sandbox *before = sandbox;
    assert_ok(hr_sandbox_fork(&sandbox, &hostile, UINT64_C(300) << 20, &error), &error);
    assert_error(watch(NO_MEMORY, NULL, &frames, &error), HR_ERR_LIMIT, &error, "it may take 300 MB");
    hr_sandbox_stop(sandbox);
    sandbox = before;
}

static void frames_come_to_an_end(void **state)
{
    (void)state;
    struct hr_error error;
    size_t frames;
    assert_error(watch(FRAMES_WITHOUT_END, NULL, &frames, &error), HR_ERR_FORMAT, &error, "makes no sense");
    assert_int_equal(frames, HR_LIMIT_SAMPLES_PER_VIDEO + 1);
}

static void whoever_does_not_answer_is_left(void **state)
{
    (void)state;
    struct hr_error error;
    size_t frames;
    struct hr_deadline soon = hr_deadline_after(hr_clock_system(), 300, NULL);
    int64_t begin_us = hr_clock_now_us();
    assert_error(watch(ENDLESS, &soon, &frames, &error), HR_ERR_DEADLINE, &error, "stopped");
    assert_true(hr_clock_now_us() - begin_us < 60 * INT64_C(1000000)); /* and not when the child likes */
    struct hr_stop *stop = hr_stop_new();
    hr_stop_request(stop);
    struct hr_deadline stopped = {hr_clock_system(), INT64_MAX, stop};
    assert_error(watch(ENDLESS, &stopped, &frames, &error), HR_ERR_DEADLINE, &error, "stopped");
    hr_stop_free(stop);
}

/* A clock that goes on by a quarter of what is waited at most, each time that somebody looks at it. */
static int64_t hasty_us(void *context)
{
    return *(int64_t *)context += HR_LIMIT_DECODER_SILENCE_US / 4;
}

static void silence_has_a_limit(void **state)
{
    (void)state;
    struct hr_error error;
    size_t frames;
    int64_t now_us = 0;
    const struct hr_clock hasty = {hasty_us, hasty_us, NULL, &now_us};
    const struct hr_deadline never = {&hasty, INT64_MAX, NULL};
    assert_error(watch(ENDLESS, &never, &frames, &error), HR_ERR_LIMIT, &error, "stood still");
}

static void without_a_word_the_limit_is_the_named_one(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_sandbox *usual;
    char held[128];
    bool whole;
    assert_ok(hr_sandbox_start(&usual, NULL, &error), &error);
    assert_true(hr_sandbox_memory_bytes(usual) == HR_LIMIT_DECODER_BYTES);
    assert_ok(hr_video_try_sandbox(usual, held, sizeof held, &whole, &error), &error);
    assert_non_null(strstr(held, "limits"));
    hr_sandbox_stop(usual);
    struct hr_sandbox_options options = {.size = 3};
    assert_error(hr_sandbox_start(&usual, &options, &error), HR_ERR_ARGUMENT, &error, "size is not set");
    options = (struct hr_sandbox_options){.size = sizeof options, .memory_bytes = 1 << 28};
    assert_ok(hr_sandbox_start(&usual, &options, &error), &error);
    assert_true(hr_sandbox_memory_bytes(usual) == 1 << 28);
    hr_sandbox_stop(usual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies_cost_the_video),
        cmocka_unit_test(a_crash_costs_the_video),
        cmocka_unit_test(what_it_says_is_made_printable),
        cmocka_unit_test(want_of_memory_is_its_own),
        cmocka_unit_test(frames_come_to_an_end),
        cmocka_unit_test(whoever_does_not_answer_is_left),
        cmocka_unit_test(silence_has_a_limit),
        cmocka_unit_test(without_a_word_the_limit_is_the_named_one),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
