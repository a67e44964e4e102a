#include "video/decoding.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "video/decoder.h"
#include "video/demux.h"
#include "video/flipbook.h"
#include "video/lookahead.h"
#include "video/moving.h"
#include "video/photo.h"
#include "video/picture.h"
#include "video/sniff.h"

enum { WARNING_MAX = 400, DRAIN_FAILURES_MAX = 64 };

enum feed { FEEDING, DRAINING_TO_RESTART, DRAINING_TO_END, ENDED };

struct hr_decoding {
    const struct hr_deadline *deadline;
    struct hr_video_info info;
    struct hr_reason reason;

    struct hr_source source;
    struct hr_demux demux;
    struct hr_lookahead lookahead;
    AVCodecContext *decoder;  /* owned; NULL: a still image or an animated WebP */
    struct hr_flipbook *book; /* owned; an animated WebP */
    atomic_bool no_memory;    /* for a picture: what comes of the video would lack some */
    AVPacket *packet;         /* owned; in DRAINING_TO_RESTART the one that waits */
    AVFrame *frame;           /* owned; the first from the decoder */
    enum feed feed;
    int drain_failures;

    enum hr_orientation orientation;
    struct hr_picture picture;
    struct hr_image still; /* owned; a still image's pixels */
    struct hr_frame first; /* decoded while opening, handed out by the first hr_video_next */
    bool first_waits;

    struct hr_sampler sampler;
    bool started;
    int64_t first_pts;   /* the container's start: time 0 */
    int64_t last_pts;    /* of the last frame that was shown, due or not */
    int64_t last_window; /* of the last frame that was due */
    uint64_t samples;
    uint64_t packets_decoded;

    bool too_long; /* there are more pictures than a video may have; those before are given */
    struct hr_error too_long_error;
    size_t broken_packets;
    size_t broken_frames;
    double broken_at_s; /* where the first damage was met */
    char broken_reason[HR_REASON_TEXT_MAX + AV_ERROR_MAX_STRING_SIZE];
    char warning[WARNING_MAX]; /* "" while nothing was wrong */
};

/* --- opening --- */

/* Everything the stream has, for pictures that are decoded from memory. *bytes is the caller's. */
static enum hr_status read_whole(struct hr_source *source, struct hr_buffer *bytes, struct hr_error *error)
{
    uint8_t chunk[16 * 1024];
    int got;
    while ((got = avio_read(source->avio, chunk, sizeof chunk)) > 0) {
        hr_buffer_append(bytes, hr_view_of(chunk, (size_t)got));
        if (bytes->failed)
            return hr_buffer_check(bytes, error);
    }
    return hr_source_check(source, error);
}

static enum hr_status open_still(struct hr_decoding *video, enum hr_still kind, struct hr_error *error)
{
    struct hr_buffer bytes;
    struct hr_reason damage;
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES);
    enum hr_status status = read_whole(&video->source, &bytes, error);
    if (status == HR_OK)
        status = hr_photo_decode(&video->still, hr_buffer_view(&bytes), &damage, error);
    hr_buffer_clear(&bytes);
    if (status != HR_OK)
        return status;
    if (damage.first[0] != '\0')
        snprintf(video->warning, sizeof video->warning, "the picture is damaged (%s)", damage.first);
    video->first = hr_image_frame(&video->still);
    video->info = (struct hr_video_info){
        .size = video->still.size, .cameras = 1, .container = "image", .codec = hr_photo_codec(kind)};
    video->feed = ENDED;
    video->first_waits = true;
    return HR_OK;
}

static enum hr_status next_page(struct hr_decoding *video, struct hr_frame *out, struct hr_error *error);

static enum hr_status open_book(struct hr_decoding *video, const struct hr_video_options *options,
                                struct hr_error *error)
{
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES);
    enum hr_status status = read_whole(&video->source, &bytes, error);
    if (status == HR_OK)
        status = hr_flipbook_open(&video->book, &bytes, error);
    hr_buffer_clear(&bytes);
    if (status != HR_OK)
        return status;
    video->sampler = hr_sampler_of(options->samples_per_s, 1e-6);
    video->last_window = -1;
    status = next_page(video, &video->first, error);
    if (status == HR_END)
        return hr_error_set(error, HR_ERR_FORMAT, "the animated WebP has no whole picture");
    video->info = (struct hr_video_info){.size = video->first.size,
                                         .duration_us = hr_flipbook_duration_us(video->book),
                                         .cameras = 1,
                                         .container = "webp",
                                         .codec = hr_photo_codec(HR_STILL_WEBP)};
    video->first_waits = true;
    return status;
}

/* Whether there is memory for another picture. Decoders call much that fails for want of memory damage. */
static bool has_room(const struct hr_decoding *video)
{
    enum { LEAST_BYTES = 1 << 20, BYTES_PER_PIXEL = 2 };
    int64_t bytes = LEAST_BYTES;
    if (video->decoder != NULL && video->decoder->width > 0 && video->decoder->height > 0)
        bytes += (int64_t)video->decoder->width * video->decoder->height * BYTES_PER_PIXEL;
    void *block = av_malloc((size_t)bytes);
    av_free(block);
    return block != NULL;
}

static void note_broken(struct hr_decoding *video, size_t *counter, int code)
{
    if (video->broken_packets + video->broken_frames == 0) {
        hr_reason_text(&video->reason, code, video->broken_reason, sizeof video->broken_reason);
        if (video->started)
            video->broken_at_s =
                (double)av_sat_sub64(video->last_pts, video->first_pts) * av_q2d(video->demux.stream->time_base);
    }
    ++*counter;
    if (!has_room(video))
        atomic_store(&video->no_memory, true);
    /* A due frame may be among what is lost; then another of its window has to stand in. */
    hr_lookahead_give_up(&video->lookahead);
}

/* --- packets to the decoder --- */

static enum hr_status send_packet(struct hr_decoding *video, const AVPacket *packet, struct hr_error *error)
{
    video->reason.first[0] = '\0';
    int code = avcodec_send_packet(video->decoder, packet);
    if (packet != NULL)
        video->packets_decoded++;
    if (code == AVERROR(ENOMEM))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to decode the video");
    if (code < 0 && code != AVERROR_EOF)
        note_broken(video, &video->broken_packets, code);
    return HR_OK;
}

static enum hr_status fill_lookahead(struct hr_decoding *video, struct hr_error *error)
{
    while (hr_lookahead_wants_more(&video->lookahead)) {
        size_t jumps = video->demux.timeline.jumps;
        enum hr_status status = hr_demux_read(&video->demux, video->packet, &video->reason, error);
        if (video->demux.timeline.jumps > jumps) /* another recording may begin here */
            hr_lookahead_give_up(&video->lookahead);
        if (status == HR_ERR_LIMIT) {
            video->too_long = true;
            video->too_long_error = *error;
        }
        if (status == HR_END || status == HR_ERR_LIMIT)
            hr_lookahead_end(&video->lookahead);
        else if (status != HR_OK)
            return status;
        else if (!hr_lookahead_put(&video->lookahead, video->packet))
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for the video's data");
    }
    return HR_OK;
}

/* Gives the decoder what it needs next. */
static enum hr_status feed_decoder(struct hr_decoding *video, struct hr_error *error)
{
    enum hr_lookahead_step step;
    do {
        enum hr_status status = fill_lookahead(video, error);
        if (status != HR_OK)
            return status;
        step = hr_lookahead_take(&video->lookahead, video->packet);
    } while (step == HR_LOOKAHEAD_MORE);
    video->drain_failures = 0;
    if (step == HR_LOOKAHEAD_DONE) {
        video->feed = DRAINING_TO_END;
        return send_packet(video, NULL, error);
    }
    if (step == HR_LOOKAHEAD_RESTART) {
        video->feed = DRAINING_TO_RESTART; /* the packet waits */
        return send_packet(video, NULL, error);
    }
    enum hr_status status = send_packet(video, video->packet, error);
    av_packet_unref(video->packet);
    return status;
}

/* The decoder has given all it had. */
static enum hr_status finish_drain(struct hr_decoding *video, struct hr_error *error)
{
    if (video->feed == DRAINING_TO_END) {
        video->feed = ENDED;
        return HR_OK;
    }
    avcodec_flush_buffers(video->decoder);
    video->feed = FEEDING;
    enum hr_status status = send_packet(video, video->packet, error);
    av_packet_unref(video->packet);
    return status;
}

/* The next decoded frame in showing order, due or not, in video->frame. */
static enum hr_status next_shown(struct hr_decoding *video, struct hr_error *error)
{
    while (video->feed != ENDED) {
        if (hr_deadline_passed(video->deadline))
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped before the end of the video");
        video->reason.first[0] = '\0';
        int code = avcodec_receive_frame(video->decoder, video->frame);
        if (code == AVERROR(ENOMEM) || atomic_load(&video->no_memory))
            return hr_error_set(error, HR_ERR_MEMORY, "no memory to decode the video");
        if (code >= 0)
            return HR_OK;
        enum hr_status status = HR_OK;
        if (code == AVERROR_EOF || (video->feed != FEEDING && ++video->drain_failures > DRAIN_FAILURES_MAX)) {
            status = finish_drain(video, error);
        } else if (code == AVERROR(EAGAIN)) {
            status = feed_decoder(video, error);
        } else {
            note_broken(video, &video->broken_packets, code);
            if (video->feed == FEEDING)
                status = feed_decoder(video, error);
        }
        if (status != HR_OK)
            return status;
    }
    if (atomic_load(&video->no_memory))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to decode the video");
    return HR_END;
}

/* --- frames --- */

static int64_t ticks_per_frame(const struct hr_decoding *video)
{
    const AVStream *stream = video->demux.stream;
    AVRational rate =
        stream->avg_frame_rate.num > 0 && stream->avg_frame_rate.den > 0 ? stream->avg_frame_rate : (AVRational){25, 1};
    int64_t ticks = av_rescale_q(1, av_inv_q(rate), stream->time_base);
    return ticks > 0 ? ticks : 1;
}

/* The frame's time in ticks of the stream; when it has none, one frame after the last. */
static int64_t pts_of(const struct hr_decoding *video)
{
    const AVFrame *frame = video->frame;
    if (frame->pts != AV_NOPTS_VALUE)
        return frame->pts;
    if (frame->best_effort_timestamp != AV_NOPTS_VALUE)
        return frame->best_effort_timestamp;
    if (!video->started)
        return 0;
    return av_sat_add64(video->last_pts, ticks_per_frame(video));
}

/* Takes note of the shown frame's time; *ticks: since the start. True when it is due. */
static bool is_due(struct hr_decoding *video, int64_t *ticks)
{
    int64_t pts = pts_of(video);
    if (!video->started) {
        video->started = true;
        int64_t start = hr_demux_start(&video->demux);
        video->first_pts = start < pts ? start : pts;
        hr_lookahead_start(&video->lookahead, video->first_pts);
    }
    video->last_pts = pts;
    *ticks = av_sat_sub64(pts, video->first_pts);
    if (video->sampler.ticks_per_sample <= 0)
        return true;
    int64_t window = hr_sampler_window(&video->sampler, *ticks);
    if (window <= video->last_window)
        return false;
    video->last_window = window;
    return true;
}

static enum hr_status check_sample(const struct hr_decoding *video, int64_t pts_us, struct hr_error *error)
{
    if (pts_us > HR_LIMIT_VIDEO_TIME_US || pts_us == INT64_MIN) /* av_rescale_q: too large */
        return hr_error_set(error, HR_ERR_LIMIT, "with its pauses the video goes on past %.0f hours; cut it into parts",
                            (double)HR_LIMIT_VIDEO_TIME_US / 3.6e9);
    if (video->samples >= HR_LIMIT_SAMPLES_PER_VIDEO)
        return hr_error_set(error, HR_ERR_LIMIT, "more than %d frames to look at; take fewer per second",
                            HR_LIMIT_SAMPLES_PER_VIDEO);
    return HR_OK;
}

/* The shown frame in *out, upright and with square pixels. */
static enum hr_status convert(struct hr_decoding *video, struct hr_frame *out, struct hr_error *error)
{
    AVRational pixel = av_guess_sample_aspect_ratio(video->demux.format, video->demux.stream,
                                                    video->frame); /* the container, else the frame */
    return hr_picture_convert(&video->picture, video->frame, pixel, video->orientation, out, error);
}

static enum hr_status next_due(struct hr_decoding *video, struct hr_frame *out, struct hr_error *error)
{
    for (;;) {
        enum hr_status status = next_shown(video, error);
        if (status != HR_OK)
            return status;
        if (video->frame->decode_error_flags != 0 || (video->frame->flags & AV_FRAME_FLAG_CORRUPT))
            note_broken(video, &video->broken_frames, AVERROR_INVALIDDATA);
        int64_t ticks;
        if (!is_due(video, &ticks))
            continue;
        int64_t pts_us = av_rescale_q(ticks, video->demux.stream->time_base, AV_TIME_BASE_Q);
        status = check_sample(video, pts_us, error);
        if (status == HR_OK)
            status = convert(video, out, error);
        if (status != HR_OK)
            return status;
        out->pts_us = pts_us;
        video->samples++;
        return HR_OK;
    }
}

/* The next frame of an animated WebP that is due. */
static enum hr_status next_page(struct hr_decoding *video, struct hr_frame *out, struct hr_error *error)
{
    for (;;) {
        if (hr_deadline_passed(video->deadline))
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped before the end of the video");
        struct hr_reason damage;
        hr_reason_listen(&damage);
        enum hr_status status = hr_flipbook_next(video->book, out, &damage, error);
        hr_reason_listen(&video->reason);
        if (status == HR_END && damage.first[0] != '\0' && video->demux.damaged++ == 0)
            video->demux.damage = damage;
        if (status != HR_OK)
            return status;
        if (damage.first[0] != '\0') {
            video->reason = damage;
            if (video->broken_frames == 0)
                video->broken_at_s = (double)out->pts_us / 1e6;
            note_broken(video, &video->broken_frames, AVERROR_INVALIDDATA);
        }
        if (video->sampler.ticks_per_sample > 0) {
            int64_t window = hr_sampler_window(&video->sampler, out->pts_us);
            if (window <= video->last_window)
                continue;
            video->last_window = window;
        }
        status = check_sample(video, out->pts_us, error);
        video->samples++;
        return status;
    }
}

static enum hr_status nothing_decoded(struct hr_decoding *video, struct hr_error *error)
{
    const char *codec = avcodec_get_name(video->demux.stream->codecpar->codec_id);
    if (video->packets_decoded == 0 && video->demux.damaged > 0 && !hr_source_can_seek(&video->source) &&
        hr_sniff_is_mp4(hr_source_head(&video->source)))
        return hr_error_set(error, HR_ERR_UNSUPPORTED,
                            "the index (moov) lies behind the pictures, and this source can't go "
                            "back to them; give it as a file, or store it with 'faststart'");
    if (video->packets_decoded == 0)
        return hr_error_set(error, HR_ERR_FORMAT,
                            "the video has no pictures: it is of zero length, or cut off before the "
                            "first%s%s",
                            video->demux.damaged > 0 ? ": " : "", video->demux.damage.first);
    if (hr_decoder_refused_size(video->broken_reason, error))
        return HR_ERR_LIMIT;
    return hr_error_set(error, HR_ERR_FORMAT, "not one picture of the %s video can be decoded (%s)", codec,
                        video->broken_reason[0] != '\0' ? video->broken_reason : "no reason given");
}

/* A rotation that only the pictures themselves carry (a message in the H.264 or HEVC stream). */
static enum hr_orientation orientation_of_frame(const AVFrame *frame)
{
    const AVFrameSideData *data = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
    int32_t matrix[9];
    if (data == NULL || data->size < sizeof matrix)
        return HR_ORIENT_UPRIGHT;
    memcpy(matrix, data->data, sizeof matrix);
    return hr_orientation_of_matrix(matrix);
}

/* Decodes the first frame: only then is it known that this is a video, and how large it is. */
static enum hr_status show_first(struct hr_decoding *video, struct hr_error *error)
{
    video->orientation = hr_demux_orientation(&video->demux);
    enum hr_status status = next_due(video, &video->first, error);
    if (status == HR_END)
        return nothing_decoded(video, error);
    if (status != HR_OK)
        return status;
    if (video->orientation == HR_ORIENT_UPRIGHT) {
        video->orientation = orientation_of_frame(video->frame);
        if (video->orientation != HR_ORIENT_UPRIGHT)
            status = convert(video, &video->first, error);
    }
    video->first_waits = true;
    return status;
}

static enum hr_status open_moving(struct hr_decoding *video, const char *container,
                                  const struct hr_video_options *options, struct hr_error *error)
{
    enum hr_status status =
        hr_demux_open(&video->demux, &video->source, container, options->camera, &video->reason, error);
    if (status != HR_OK)
        return status;
    const AVStream *stream = video->demux.stream;
    status = hr_decoder_open(&video->decoder, stream->codecpar->codec_id, stream->codecpar, options->decoder_threads,
                             &video->no_memory, &video->reason, error);
    if (status != HR_OK)
        return status;
    video->decoder->pkt_timebase = stream->time_base;
    video->sampler = hr_sampler_of(options->samples_per_s, av_q2d(stream->time_base));
    video->last_window = -1;
    video->packet = av_packet_alloc();
    video->frame = av_frame_alloc();
    if (video->packet == NULL || video->frame == NULL ||
        !hr_lookahead_init(&video->lookahead, stream->codecpar, video->sampler, !options->decode_everything))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a video");
    status = show_first(video, error);
    if (status != HR_OK)
        return status;
    video->info = (struct hr_video_info){
        .size = video->first.size,
        .rotation_deg = hr_orientation_rotation_deg(video->orientation),
        .duration_us = hr_demux_duration_us(&video->demux),
        .created_us = hr_demux_created_us(&video->demux),
        .cameras = video->demux.cameras,
        .container = video->demux.format->iformat->name,
        .codec = avcodec_get_name(stream->codecpar->codec_id),
    };
    return HR_OK;
}

static enum hr_status open_kind(struct hr_decoding *video, const struct hr_video_options *options,
                                struct hr_error *error)
{
    enum hr_still kind = hr_sniff_still(hr_source_head(&video->source));
    if (kind == HR_STILL_NONE)
        return open_moving(video, NULL, options, error);
    if (!hr_moving(&video->source, kind))
        return open_still(video, kind, error);
    if (kind == HR_STILL_WEBP)
        return open_book(video, options, error);
    if (hr_moving_needs_seeking(kind) && !hr_source_can_seek(&video->source) &&
        !hr_source_keep_all(&video->source, HR_LIMIT_PHOTO_BYTES)) {
        enum hr_status status = hr_source_check(&video->source, error);
        return status != HR_OK ? status
                               : hr_error_set(error, HR_ERR_LIMIT,
                                              "more than %d MB, and this source can't go back in "
                                              "them; give it as a file",
                                              (int)(HR_LIMIT_PHOTO_BYTES >> 20));
    }
    return open_moving(video, hr_moving_container(kind), options, error);
}

static enum hr_status check_options(const struct hr_video_options *options, struct hr_error *error)
{
    if (!(options->samples_per_s >= 0 && options->samples_per_s <= HR_LIMIT_SAMPLE_FPS) ||
        options->decoder_threads < 0 || options->camera < 0)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "%g samples per second by %d threads: neither may be below 0, and the limit is %d samples",
                            options->samples_per_s, options->decoder_threads, HR_LIMIT_SAMPLE_FPS);
    return HR_OK;
}

enum hr_status hr_decoding_open(struct hr_decoding **out, struct hr_stream *stream,
                                const struct hr_video_options *options, const struct hr_picture_room *room,
                                struct hr_error *error)
{
    *out = NULL;
    enum hr_status status = check_options(options, error);
    if (status != HR_OK)
        return status;
    struct hr_decoding *video = calloc(1, sizeof *video);
    if (video == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a video");
    video->deadline = options->deadline;
    video->picture.room = room;
    hr_reason_listen(&video->reason);
    status = hr_source_init(&video->source, stream, options->deadline, error);
    if (status == HR_OK)
        status = open_kind(video, options, error);
    hr_reason_listen(NULL);
    if (status != HR_OK) {
        hr_decoding_close(video);
        return status;
    }
    *out = video;
    return HR_OK;
}

void hr_decoding_close(struct hr_decoding *video)
{
    if (video == NULL)
        return;
    hr_reason_listen(&video->reason); /* FFmpeg may speak while it tidies up */
    avcodec_free_context(&video->decoder);
    hr_flipbook_close(video->book);
    hr_lookahead_clear(&video->lookahead);
    av_packet_free(&video->packet);
    av_frame_free(&video->frame);
    hr_demux_close(&video->demux);
    hr_source_clear(&video->source);
    hr_picture_clear(&video->picture);
    hr_image_clear(&video->still);
    hr_reason_listen(NULL);
    free(video);
}

/* --- using --- */

const struct hr_video_info *hr_decoding_info(const struct hr_decoding *video)
{
    return &video->info;
}

struct hr_video_work hr_decoding_work(const struct hr_decoding *video)
{
    return (struct hr_video_work){.packets_decoded = video->packets_decoded,
                                  .packets_left_out = video->lookahead.packets_left_out};
}

/* Once all is read: what was wrong, in one line. */
static void sum_up(struct hr_decoding *video)
{
    struct hr_buffer text;
    hr_buffer_init(&text, WARNING_MAX - 1);
    int64_t missing_us = video->book == NULL ? hr_demux_missing_us(&video->demux) : 0;
    if (missing_us > 0)
        hr_buffer_append_format(&text, "the file is cut off: its last %.1f s are missing", (double)missing_us / 1e6);
    else if (video->demux.damaged > 0)
        hr_buffer_append_format(&text, "the file is damaged or cut off (%s)", video->demux.damage.first);
    size_t broken = video->broken_packets + video->broken_frames;
    if (broken > 0)
        hr_buffer_append_format(&text, "%s%zu damaged picture%s, the first near %.1f s (%s)", text.size > 0 ? "; " : "",
                                broken, broken > 1 ? "s" : "", video->broken_at_s, video->broken_reason);
    size_t jumps = video->demux.timeline.jumps;
    if (jumps > 0) {
        hr_buffer_append_format(&text, "%sits clock jumps %zu time%s; time is counted on", text.size > 0 ? "; " : "",
                                jumps, jumps > 1 ? "s" : "");
        video->info.duration_us = hr_demux_latest_us(&video->demux);
    }
    snprintf(video->warning, sizeof video->warning, "%s", hr_buffer_text(&text));
    hr_buffer_clear(&text);
}

enum hr_status hr_decoding_next(struct hr_decoding *video, struct hr_frame *out, struct hr_error *error)
{
    if (video->first_waits) {
        video->first_waits = false;
        *out = video->first;
        return HR_OK;
    }
    if (video->decoder == NULL && video->book == NULL) /* a still image had its one frame */
        return HR_END;
    hr_reason_listen(&video->reason);
    enum hr_status status = video->book != NULL ? next_page(video, out, error) : next_due(video, out, error);
    hr_reason_listen(NULL);
    if (status == HR_END && video->too_long) {
        *error = video->too_long_error;
        status = HR_ERR_LIMIT;
    }
    if (status == HR_END && video->warning[0] == '\0')
        sum_up(video);
    return status;
}

void hr_decoding_skip_past(struct hr_decoding *video, int64_t pts_us)
{
    video->first_waits = false;
    if (video->sampler.ticks_per_sample <= 0) /* a still image has no other */
        return;
    int64_t ticks = pts_us;
    if (video->book == NULL)
        ticks = av_rescale_q(pts_us, AV_TIME_BASE_Q, video->demux.stream->time_base);
    int64_t window = hr_sampler_window(&video->sampler, ticks);
    if (window <= video->last_window)
        return;
    video->last_window = window;
    if (video->book == NULL)
        hr_lookahead_skip(&video->lookahead, window + 1);
}

const char *hr_decoding_warning(const struct hr_decoding *video)
{
    return video->warning[0] != '\0' ? video->warning : NULL;
}
