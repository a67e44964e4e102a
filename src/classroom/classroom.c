#include "classroom/classroom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/usage.h"
#include "classroom/part.h"
#include "classroom/result.h"
#include "store/store.h"
#include "video/video.h"

/* Adds the time since *mark to *sum and moves the mark. */
static void lap(int64_t *mark, int64_t *sum)
{
    int64_t now = hr_clock_now_us();
    *sum += now - *mark;
    *mark = now;
}

/* What one call works with. */
struct lesson {
    struct hr_session *session;
    struct hr_snapshot *snapshot;
    const struct hr_recognize_options *options;
    struct hr_deadline deadline;
    struct hr_video *video;
    struct hr_result *result;
    struct hr_part *part;
    struct hr_part_position position; /* reached so far */
    int cameras;                      /* in the video; 0 until one was opened */
    bool goes_on;                     /* an earlier part has seen what lies before the position */
};

/* Frames from one that is looked at everywhere to the next: five seconds' of them, but ten at most. What they give is
 * known by them alone, so that a part can end between such groups, and only there. */
static size_t group_size(const struct hr_recognize_options *options)
{
    double frames = 5 * options->samples_per_s;
    return options->whole_frames || frames < 1 ? 1 : frames > 10 ? 10 : (size_t)frames;
}

static enum hr_status look_at(struct lesson *lesson, const struct hr_frame *frame, int64_t *mark,
                              struct hr_error *error)
{
    struct hr_session *session = lesson->session;
    struct hr_stage_times *times = &lesson->result->times;
    enum hr_status status =
        lesson->options->whole_frames
            ? hr_faces_find(session->detector, frame, &session->faces, error)
            : hr_faces_follow(session->detector, frame, lesson->position.frames % group_size(lesson->options) == 0,
                              &session->faces, error);
    lap(mark, &times->detect_us);
    if (status == HR_OK)
        status = hr_tracks_add(session->tracks, frame, &session->faces, error);
    lap(mark, &times->track_us);
    if (status != HR_OK)
        return hr_error_prefix(error, "frame at %.1f s", (double)frame->pts_us / 1e6);
    lesson->position.pts_us = frame->pts_us;
    lesson->position.frames++;
    lesson->position.faces += session->faces.count;
    return HR_OK;
}

/* Every frame that is due: find the faces and follow them. HR_END when the time of this part is
 * over before the video is. */
static enum hr_status follow_faces(struct lesson *lesson, struct hr_error *error)
{
    const struct hr_recognize_options *options = lesson->options;
    int64_t duration_us = hr_video_info(lesson->video)->duration_us;
    int64_t mark = hr_clock_now_us();
    int64_t began_us = mark;
    for (size_t looked = 0;; looked++) {
        struct hr_frame frame;
        if (lesson->position.frames % group_size(options) == 0) {
            int64_t now_us = hr_clock_now_us();
            int64_t group_us = options->whole_frames ? 0 : now_us - began_us; /* the next one takes as long */
            began_us = now_us;
            if (looked > 0 && now_us >= lesson->part->suspend_at_us - group_us)
                return HR_END;
        }
        enum hr_status status = hr_video_next(lesson->video, &frame, error);
        lap(&mark, &lesson->result->times.decode_us);
        if (status == HR_END)
            return HR_OK;
        if (status != HR_OK)
            return hr_error_from(error, HR_ORIGIN_INPUT);
        if (hr_deadline_passed(&lesson->deadline))
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped at %.1f s of the video", (double)frame.pts_us / 1e6);
        status = look_at(lesson, &frame, &mark, error);
        if (status != HR_OK) /* more faces or tracks than can be */
            return hr_error_from(error, HR_ORIGIN_INPUT);
        struct hr_progress progress = {.position_us = lesson->position.pts_us,
                                       .duration_us = duration_us,
                                       .frames = lesson->position.frames,
                                       .faces = lesson->position.faces};
        if (options->progress != NULL)
            options->progress(options->progress_context, &progress);
    }
}

/* What the class asks of a name, in the similarity of its best model. */
static void describe_class(const struct hr_snapshot *snapshot, const struct hr_decide_options *options,
                           struct hr_observation *observation)
{
    const struct hr_model_face *model = snapshot->layout.parts[0].model;
    struct hr_class_rule rule = hr_class_rule(snapshot->gallery, options);
    double deviation = (double)model->stranger_deviation;
    observation->class_students = hr_gallery_students(snapshot->gallery);
    observation->class_crowding = rule.crowding;
    observation->class_similarity = (double)model->stranger_mean + rule.score_certain * deviation;
    observation->class_margin = rule.margin_certain * deviation;
}

/* When all frames are seen: one decision per track, then the students' records. */
static enum hr_status decide_and_look_up(struct lesson *lesson, struct hr_error *error)
{
    struct hr_session *session = lesson->session;
    struct hr_result *result = lesson->result;
    int64_t mark = hr_clock_now_us();
    enum hr_status status = hr_tracks_finish(session->tracks, error);
    if (status != HR_OK)
        return hr_error_from(error, HR_ORIGIN_INPUT);
    size_t count = hr_tracks_count(session->tracks);
    struct hr_decision *decisions = calloc(count + 1, sizeof *decisions);
    if (decisions == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu decisions", count);
    struct hr_decide_options decide = {.false_present = lesson->options->false_present,
                                       .frames = result->observation.frames};
    describe_class(lesson->snapshot, &decide, &result->observation);
    status = hr_decide(session->tracks, lesson->snapshot->gallery, &decide, decisions, error);
    if (status == HR_OK)
        status = hr_result_fill(result, session->tracks, lesson->snapshot, decisions, error);
    if (status == HR_OK && session->keeps_views)
        status = hr_result_take_views(result, session->tracks, error);
    free(decisions);
    lap(&mark, &result->times.track_us);
    return status;
}

static enum hr_status check_options(const struct hr_recognize_options *options, struct hr_error *error)
{
    if (options->size != sizeof *options)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "options of %zu bytes: their size is not set, or they are those of another version",
                            options->size);
    if (!(options->samples_per_s > 0 && options->samples_per_s <= HR_LIMIT_SAMPLE_FPS))
        return hr_error_set(error, HR_ERR_ARGUMENT, "%g samples per second: it must be above 0, and the limit is %d",
                            options->samples_per_s, HR_LIMIT_SAMPLE_FPS);
    if (!(options->false_present > 0 && options->false_present < 1))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "a chance of %g that a stranger is named: it must lie above 0 and below 1",
                            options->false_present);
    return HR_OK;
}

/* The report names the size and codec of the first camera, and the longest duration. */
static void note_camera(struct hr_part_position *position, const struct hr_video_info *info)
{
    if (info->duration_us > position->duration_us || position->camera == 0)
        position->duration_us = info->duration_us;
    if (position->camera > 0)
        return;
    position->size = info->size;
    snprintf(position->codec, sizeof position->codec, "%s", info->codec);
}

/* What is known of one camera's video, once all of it was seen. */
static void describe_camera(struct lesson *lesson)
{
    const struct hr_video_info *info = hr_video_info(lesson->video);
    const char *damage = hr_video_warning(lesson->video);
    if (damage != NULL && lesson->position.camera > 0)
        hr_result_warn(lesson->result, "camera %d: %s", lesson->position.camera + 1, damage);
    else if (damage != NULL)
        hr_result_warn(lesson->result, "%s", damage);
    note_camera(&lesson->position, info);
}

/* What is known of the video as a whole. */
static void describe(struct lesson *lesson)
{
    struct hr_observation *observation = &lesson->result->observation;
    observation->duration_us = lesson->position.duration_us;
    observation->width_px = lesson->position.size.width_px;
    observation->height_px = lesson->position.size.height_px;
    observation->codec = lesson->result->codec = strdup(lesson->position.codec);
    observation->samples_per_s = lesson->options->samples_per_s;
    observation->false_present = lesson->options->false_present;
    observation->includes_review =
        lesson->options->include == HR_INCLUDE_REVIEW ||
        (lesson->options->include == HR_INCLUDE_DEFAULT && hr_snapshot_is_imported(lesson->snapshot));
    observation->frames = lesson->position.frames;
    observation->faces = lesson->position.faces;
}

static enum hr_status open_camera(struct lesson *lesson, struct hr_stream *stream, const char *name,
                                  struct hr_error *error)
{
    struct hr_video_options sampling = {.samples_per_s = lesson->options->samples_per_s,
                                        .decoder_threads = lesson->session->threads,
                                        .camera = lesson->position.camera,
                                        .deadline = &lesson->deadline,
                                        .sandbox = lesson->session->sandbox};
    int64_t mark = hr_clock_now_us();
    enum hr_status status = HR_OK;
    if (lesson->cameras > 0) /* one was looked at: back to the beginning */
        status = stream->seek(stream->context, 0, error);
    if (status == HR_OK)
        status = hr_video_open(&lesson->video, stream, name, &sampling, error);
    lap(&mark, &lesson->result->times.decode_us);
    if (status != HR_OK)
        return hr_error_from(error, HR_ORIGIN_INPUT);
    lesson->cameras = hr_video_info(lesson->video)->cameras;
    hr_faces_forget(lesson->session->detector);
    note_camera(&lesson->position, hr_video_info(lesson->video));
    return HR_OK;
}

/* One camera after the other: memory is not added up. */
static void add_work(struct hr_video_work *sum, struct hr_video_work work)
{
    sum->packets_decoded += work.packets_decoded;
    sum->packets_left_out += work.packets_left_out;
    sum->processor_us += work.processor_us;
    sum->memory_bytes = work.memory_bytes > sum->memory_bytes ? work.memory_bytes : sum->memory_bytes;
}

/* Moves on to the next camera of the video; false where there is none that can be looked at. */
static bool turn_to_next_camera(struct lesson *lesson, const struct hr_stream *stream)
{
    if (lesson->video != NULL) /* it could be opened */
        add_work(&lesson->part->work, hr_video_work(lesson->video));
    hr_video_close(lesson->video);
    lesson->video = NULL;
    if (lesson->position.camera + 1 >= lesson->cameras)
        return false;
    if (stream->seek == NULL) {
        hr_result_warn(lesson->result,
                       "it has %d cameras, and this source can't go back for the others: only the first was looked "
                       "at; give it as a file",
                       lesson->cameras);
        return false;
    }
    lesson->position.camera++;
    lesson->position.pts_us = 0;
    hr_tracks_next_camera(lesson->session->tracks);
    return true;
}

/* All of one camera. HR_END when the time of this part is over before. */
static enum hr_status look_through(struct lesson *lesson, struct hr_stream *stream, const char *name,
                                   struct hr_error *error)
{
    enum hr_status status = open_camera(lesson, stream, name, error);
    bool unreadable = status == HR_ERR_FORMAT || status == HR_ERR_UNSUPPORTED || status == HR_ERR_LIMIT;
    if (unreadable && lesson->cameras > 0) { /* the others count nevertheless */
        hr_result_warn(lesson->result, "camera %d was not looked at: %s", lesson->position.camera + 1, error->text);
        return HR_OK;
    }
    if (status != HR_OK)
        return status;
    if (lesson->goes_on)
        hr_video_skip_past(lesson->video, lesson->position.pts_us);
    lesson->goes_on = false;
    status = follow_faces(lesson, error);
    if (status == HR_OK)
        describe_camera(lesson);
    return status;
}

/* The story of one video. */
static enum hr_status tell(struct lesson *lesson, struct hr_stream *stream, const char *name, struct hr_error *error)
{
    struct hr_session *session = lesson->session;
    const struct hr_recognize_options *options = lesson->options;
    enum hr_status status = HR_OK;
    if (lesson->part->state.size > 0) {
        status = hr_part_load(session, options->samples_per_s, lesson->part->state, &lesson->position, error);
        lesson->goes_on = true;
    }
    bool more = true;
    while (status == HR_OK && more) {
        status = look_through(lesson, stream, name, error);
        more = status == HR_OK && turn_to_next_camera(lesson, stream);
    }
    if (status == HR_END) {
        lesson->part->unfinished = true;
        return hr_part_save(session, options->samples_per_s, &lesson->position, &lesson->part->checkpoint, error);
    }
    if (status != HR_OK)
        return status;
    describe(lesson);
    return decide_and_look_up(lesson, error);
}

enum hr_status hr_classroom_recognize_part(struct hr_session *session, struct hr_snapshot *snapshot,
                                           struct hr_stream *stream, const char *name,
                                           const struct hr_recognize_options *options, struct hr_part *part,
                                           struct hr_result **out, struct hr_error *error)
{
    *out = NULL;
    part->unfinished = false;
    part->work = (struct hr_video_work){0};
    struct hr_recognize_options defaults = hr_recognize_options_default();
    if (options == NULL)
        options = &defaults;
    enum hr_status status = check_options(options, error);
    if (status == HR_OK)
        status = hr_session_prepare(session, &snapshot->layout, error);
    if (status != HR_OK)
        return status;

    int64_t start_us = hr_clock_now_us(), processor_us = hr_usage_processor_us();
    struct lesson lesson = {.session = session, .snapshot = snapshot, .options = options, .part = part};
    lesson.deadline = hr_deadline_after(hr_clock_system(), options->timeout_ms, options->stop);
    lesson.result = hr_result_new(name, hr_embedders_layout(session->embedders));
    if (lesson.result == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a result");
    hr_tracks_reset(session->tracks);
    hr_faces_forget(session->detector);
    status = tell(&lesson, stream, name, error);
    part->position_us = lesson.position.pts_us;
    part->duration_us = lesson.position.duration_us;
    part->frames = lesson.position.frames;
    if (lesson.video != NULL)
        add_work(&part->work, hr_video_work(lesson.video));
    if (status == HR_OK && !part->unfinished) {
        struct hr_stage_times *times = &lesson.result->times;
        times->total_us = hr_clock_now_us() - start_us;
        times->processor_us = hr_usage_processor_us() - processor_us + part->work.processor_us;
        times->memory_bytes = hr_usage_memory_bytes() + part->work.memory_bytes;
        *out = lesson.result;
        lesson.result = NULL;
    }
    hr_video_close(lesson.video);
    hr_result_free(lesson.result);
    hr_tracks_reset(session->tracks); /* no face outlives its video */
    hr_faces_forget(session->detector);
    return status;
}

enum hr_status hr_classroom_recognize(struct hr_session *session, struct hr_snapshot *snapshot,
                                      struct hr_stream *stream, const char *name,
                                      const struct hr_recognize_options *options, struct hr_result **out,
                                      struct hr_error *error)
{
    struct hr_part whole = {.suspend_at_us = INT64_MAX};
    return hr_classroom_recognize_part(session, snapshot, stream, name, options, &whole, out, error);
}

enum hr_status hr_recognize_file(struct hr_engine *engine, struct hr_session *session, const char *path,
                                 const struct hr_recognize_options *options, struct hr_result **out,
                                 struct hr_error *error)
{
    struct hr_recognize_options defaults = hr_recognize_options_default();
    struct hr_stream stream = {0};
    *out = NULL;
    if (options == NULL)
        options = &defaults;
    enum hr_status status = check_options(options, error);
    if (status != HR_OK)
        return status;
    struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), options->timeout_ms, options->stop);
    status = hr_file_open_stream(&stream, path, &deadline, error);
    if (status != HR_OK)
        return status;
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    status = hr_classroom_recognize(session, snapshot, &stream, path, options, out, error);
    hr_snapshot_release(snapshot);
    hr_stream_close(&stream);
    return status;
}
