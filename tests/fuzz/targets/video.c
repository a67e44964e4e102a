/* A video, through a stream of our own as every video comes, decoded in this process. The last byte says how it is
 * looked at. Sampled, as it always is but in tests, times begin at 0 and never go back, whatever the file says. */
#include "fuzz/target.h"

#include "base/limits.h"
#include "video/video.h"

enum { FRAMES_MAX = 12, TIME_MS = 2000 };

static void check_frame(const struct hr_frame *frame)
{
    volatile uint8_t sum = 0;
    FUZZ_CHECK(frame->size.width_px > 0 && frame->size.width_px <= HR_LIMIT_FRAME_SIDE_PX);
    FUZZ_CHECK(frame->size.height_px > 0 && frame->size.height_px <= HR_LIMIT_FRAME_SIDE_PX);
    FUZZ_CHECK(frame->stride_bytes >= (ptrdiff_t)frame->size.width_px * 3);
    for (int y = 0; y < frame->size.height_px; y++) /* all that it says is there */
        for (int x = 0; x < frame->size.width_px * 3; x += 61)
            sum = (uint8_t)(sum + frame->rgb[y * frame->stride_bytes + x]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t how = size > 0 ? data[size - 1] : 0;
    const struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), TIME_MS, NULL);
    const struct hr_video_options options = {.samples_per_s = (how & 1) != 0 ? 2 : 0,
                                             .decoder_threads = 1,
                                             .camera = how >> 7,
                                             .deadline = &deadline,
                                             .decode_everything = (how & 2) != 0};
    struct hr_stream stream;
    struct hr_error error = {0};
    struct hr_video *video = NULL;
    struct hr_frame frame;
    int64_t before_us = -1;
    FUZZ_CHECK(hr_stream_open_memory(&stream, hr_view_of(data, size), &error) == HR_OK);
    if ((how & 12) == 12) { /* a pipe */
        stream.seek = NULL;
        stream.size_bytes = HR_STREAM_SIZE_UNKNOWN;
    }
    enum hr_status status = hr_video_open(&video, &stream, "a video", &options, &error);
    for (int i = 0; status == HR_OK && i < FRAMES_MAX; i++) {
        status = hr_video_next(video, &frame, &error);
        if (status != HR_OK)
            break;
        check_frame(&frame);
        FUZZ_CHECK(options.samples_per_s == 0 || frame.pts_us > before_us);
        before_us = frame.pts_us;
    }
    if (status != HR_OK && status != HR_END)
        fuzz_check_refusal(status, &error);
    hr_video_close(video);
    hr_stream_close(&stream);
    return 0;
}
