#include "classroom/classroom.h"

#include <stdlib.h>
#include <string.h>

#include "classroom/result.h"
#include "store/store.h"
#include "video/video.h"

struct hr_recognize_options hr_recognize_options_default(void)
{
    struct hr_decide_options decide = hr_decide_options_default();
    return (struct hr_recognize_options){
        .samples_per_s = 2.0, .distance_max = decide.distance_max, .margin_min = decide.margin_min};
}

static int64_t now_us(void)
{
    const struct hr_clock *clock = hr_clock_system();
    return clock->monotonic_us(clock->context);
}

/* Adds the time since *mark to *sum and moves the mark. */
static void lap(int64_t *mark, int64_t *sum)
{
    int64_t now = now_us();
    *sum += now - *mark;
    *mark = now;
}

/* Every frame that is due: find the faces and follow them. */
static enum hr_status follow_faces(struct hr_session *session, struct hr_video *video,
                                   const struct hr_recognize_options *options,
                                   const struct hr_deadline *deadline, struct hr_result *result,
                                   struct hr_error *error)
{
    struct hr_stage_times *times = &result->times;
    struct hr_progress progress = {.duration_us = hr_video_info(video)->duration_us};
    int64_t mark = now_us();
    for (;;) {
        struct hr_frame frame;
        enum hr_status status = hr_video_next(video, &frame, error);
        lap(&mark, &times->decode_us);
        if (status == HR_END)
            return HR_OK;
        if (status != HR_OK)
            return status;
        if (hr_deadline_passed(deadline))
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped at %.1f s of the video",
                                (double)frame.pts_us / 1e6);

        status = hr_faces_find(session->detector, &frame, &session->faces, error);
        lap(&mark, &times->detect_us);
        if (status == HR_OK)
            status = hr_tracks_add(session->tracks, &frame, &session->faces, error);
        lap(&mark, &times->track_us);
        if (status != HR_OK)
            return hr_error_prefix(error, "frame at %.1f s", (double)frame.pts_us / 1e6);

        progress.position_us = frame.pts_us;
        progress.frames++;
        progress.faces += session->faces.count;
        result->report.frames = progress.frames;
        result->report.faces = progress.faces;
        if (options->progress != NULL)
            options->progress(options->progress_context, &progress);
    }
}

/* When all frames are seen: one decision per track, then the students' records. */
static enum hr_status decide_and_look_up(struct hr_session *session,
                                         const struct hr_recognize_options *options,
                                         struct hr_result *result, struct hr_error *error)
{
    int64_t mark = now_us();
    enum hr_status status = hr_tracks_finish(session->tracks, error);
    if (status != HR_OK)
        return status;
    size_t count = hr_tracks_count(session->tracks);
    struct hr_decision *decisions = calloc(count + 1, sizeof *decisions);
    if (decisions == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu decisions", count);
    struct hr_decide_options decide = hr_decide_options_default();
    decide.distance_max = (float)options->distance_max;
    decide.margin_min = (float)options->margin_min;
    status = hr_decide(session->tracks, session->engine->gallery, &decide, decisions, error);
    if (status == HR_OK)
        status = hr_result_fill(result, session, decisions, error);
    free(decisions);
    lap(&mark, &result->times.track_us);
    return status;
}

static enum hr_status check_options(const struct hr_recognize_options *options,
                                    struct hr_error *error)
{
    if (!(options->samples_per_s > 0 && options->samples_per_s <= HR_LIMIT_SAMPLE_FPS))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "%g samples per second: above 0 and at most %d are possible",
                            options->samples_per_s, HR_LIMIT_SAMPLE_FPS);
    if (!(options->distance_max > 0) || !(options->margin_min >= 0))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "the distance must be above 0 and the margin not below 0");
    return HR_OK;
}

enum hr_status hr_classroom_recognize(struct hr_session *session, struct hr_stream *stream,
                                      const char *name, const struct hr_recognize_options *options,
                                      struct hr_result **out, struct hr_error *error)
{
    *out = NULL;
    struct hr_recognize_options defaults = hr_recognize_options_default();
    if (options == NULL)
        options = &defaults;
    enum hr_status status = check_options(options, error);
    if (status != HR_OK)
        return status;

    int64_t start_us = now_us();
    int64_t mark = start_us;
    struct hr_deadline deadline = {.clock = hr_clock_system(),
                                   .at_monotonic_us = options->timeout_ms > 0
                                                          ? start_us + options->timeout_ms * 1000
                                                          : INT64_MAX,
                                   .stop = &session->stop};
    struct hr_video_options sampling = {.samples_per_s = options->samples_per_s,
                                        .decoder_threads = session->threads,
                                        .deadline = &deadline};
    struct hr_video *video = NULL;
    struct hr_result *result = hr_result_new(name, hr_engine_model_id(session->engine));
    if (result == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a result");
    hr_tracks_reset(session->tracks);

    status = hr_video_open(&video, stream, name, &sampling, error);
    lap(&mark, &result->times.decode_us);
    if (status != HR_OK)
        goto out;
    status = follow_faces(session, video, options, &deadline, result, error);
    if (status != HR_OK)
        goto out;
    const char *damage = hr_video_warning(video);
    if (damage != NULL)
        hr_result_warn(result, "%s", damage);

    const struct hr_video_info *info = hr_video_info(video);
    struct hr_report *report = &result->report;
    report->duration_us = info->duration_us;
    report->width_px = info->size.width_px;
    report->height_px = info->size.height_px;
    report->codec = result->codec = strdup(info->codec);
    report->samples_per_s = options->samples_per_s;
    report->distance_max = options->distance_max;
    report->margin_min = options->margin_min;
    status = decide_and_look_up(session, options, result, error);
    if (status != HR_OK)
        goto out;
    result->times.total_us = now_us() - start_us;
    *out = result;
    result = NULL;
out:
    hr_video_close(video);
    hr_result_free(result);
    hr_tracks_reset(session->tracks); /* no face outlives its video */
    return status;
}

enum hr_status hr_recognize_file(struct hr_session *session, const char *path,
                                 const struct hr_recognize_options *options, struct hr_result **out,
                                 struct hr_error *error)
{
    struct hr_stream stream = {0};
    *out = NULL;
    enum hr_status status = hr_file_open_stream(&stream, path, error);
    if (status != HR_OK)
        return status;
    status = hr_classroom_recognize(session, &stream, path, options, out, error);
    hr_stream_close(&stream);
    return status;
}
