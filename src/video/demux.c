#include "video/demux.h"

#include <libavutil/avstring.h>
#include <libavutil/common.h>
#include <libavutil/dict.h>
#include <libavutil/parseutils.h>

#include "base/image.h"
#include "base/limits.h"
#include "video/sniff.h"

enum {
    FAILURES_MAX = 32,               /* failed reads in a row after which the rest is given up */
    PROBE_BYTES = 2 << 20,           /* FFmpeg's guesses where the container is silent */
    PROBE_DURATION_US = 2 * 1000000, /* likewise */
};

/* Containers whose content names other files or addresses would make FFmpeg open those. */
static int refuse_other_files(AVFormatContext *format, AVIOContext **avio, const char *url, int flags,
                              AVDictionary **options)
{
    (void)format;
    (void)avio;
    (void)url;
    (void)flags;
    (void)options;
    return AVERROR(EPERM);
}

/* Formats that FFmpeg finds in nearly any text, or that only name other files. */
static bool is_unwanted(const AVInputFormat *format)
{
    static const char unwanted[] = "tty,bin,xbin,adf,idf,hls,dash,concat,sdp,rtsp,image2,lavfi";
    return av_match_name(format->name, unwanted) != 0;
}

/* FFmpeg 5 does not open such a file; FFmpeg 7 leaves the streams out that are too many. */
static bool has_too_many_streams(const struct hr_reason *reason)
{
    return strstr(reason->first, "max_streams") != NULL;
}

static enum hr_status refuse_streams(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_LIMIT, "more streams than the limit of %d", HR_LIMIT_VIDEO_STREAMS);
}

/* Why FFmpeg could not open the bytes, for a person. */
static enum hr_status explain_open(const struct hr_source *source, const struct hr_reason *reason, int code,
                                   struct hr_error *error)
{
    struct hr_view head = hr_source_head(source);
    const char *foreign = hr_sniff_foreign(head, head.size < HR_SOURCE_HEAD_BYTES);
    if (foreign != NULL)
        return hr_error_set(error, HR_ERR_FORMAT, "not a video: it is %s", foreign);
    if (has_too_many_streams(reason))
        return refuse_streams(error);
    /* Tables of absurd length, not a machine that is short of memory. */
    if (code == AVERROR(ENOMEM))
        return hr_error_set(error, HR_ERR_FORMAT, "its index asks for more memory than there is: it is damaged");
    char said[HR_REASON_TEXT_MAX + AV_ERROR_MAX_STRING_SIZE];
    hr_reason_text(reason, code, said, sizeof said);
    if (hr_sniff_is_mp4(head) && strstr(reason->first, "moov atom not found") != NULL)
        return hr_error_set(error, HR_ERR_FORMAT,
                            "the index is missing (moov atom not found): the recording was cut "
                            "off before it was finished, or its upload was");
    if (hr_sniff_is_mp4(head))
        return hr_error_set(error, HR_ERR_FORMAT, "the index of the MP4 or MOV file is damaged or cut off (%s)", said);
    return hr_error_set(error, HR_ERR_FORMAT, "not a video that can be read (%s)", said);
}

static enum hr_status open_container(struct hr_demux *demux, const char *kind, struct hr_reason *reason,
                                     struct hr_error *error)
{
    demux->format = avformat_alloc_context();
    if (demux->format == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a container");
    demux->format->pb = demux->source->avio;
    demux->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    demux->format->interrupt_callback = (AVIOInterruptCB){.callback = hr_source_interrupted, .opaque = demux->source};
    demux->format->io_open = refuse_other_files;
    demux->format->max_streams = HR_LIMIT_VIDEO_STREAMS;
    demux->format->probesize = PROBE_BYTES;
    demux->format->max_analyze_duration = PROBE_DURATION_US;
    AVDictionary *options = NULL;
    int code = av_dict_set(&options, "protocol_whitelist", "none", 0);
    if (code >= 0)
        code = avformat_open_input(&demux->format, NULL, kind != NULL ? av_find_input_format(kind) : NULL,
                                   &options); /* frees on failure */
    av_dict_free(&options);
    if (code >= 0 && has_too_many_streams(reason))
        return refuse_streams(error);
    if (code >= 0 && !is_unwanted(demux->format->iformat))
        return HR_OK;
    code = code < 0 ? code : AVERROR_INVALIDDATA;
    enum hr_status status = hr_source_check(demux->source, error);
    return status != HR_OK ? status : explain_open(demux->source, reason, code, error);
}

/* Whether the container itself has said what a decoder must know. */
static bool is_described(const AVFormatContext *format)
{
    if (format->nb_streams == 0 || (format->ctx_flags & AVFMTCTX_NOHEADER))
        return false;
    for (unsigned i = 0; i < format->nb_streams; i++) {
        const AVCodecParameters *parameters = format->streams[i]->codecpar;
        if (parameters->codec_type == AVMEDIA_TYPE_VIDEO &&
            (parameters->codec_id == AV_CODEC_ID_NONE || parameters->width <= 0 || parameters->height <= 0))
            return false;
    }
    /* Both keep width, height and the decoder's set-up in their headers. */
    return strncmp(format->iformat->name, "mov,", 4) == 0 || strncmp(format->iformat->name, "matroska", 8) == 0;
}

static enum hr_status probe(struct hr_demux *demux, struct hr_error *error)
{
    if (is_described(demux->format))
        return HR_OK;
    int code = avformat_find_stream_info(demux->format, NULL);
    enum hr_status status = hr_source_check(demux->source, error);
    if (status == HR_OK && code == AVERROR(ENOMEM))
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory to open the video");
    return status; /* other failures show when frames are wanted */
}

static enum hr_status no_video(const struct hr_demux *demux, struct hr_error *error)
{
    struct hr_view head = hr_source_head(demux->source);
    const char *foreign = hr_sniff_foreign(head, head.size < HR_SOURCE_HEAD_BYTES);
    if (foreign != NULL)
        return hr_error_set(error, HR_ERR_FORMAT, "not a video: it is %s", foreign);
    for (unsigned i = 0; i < demux->format->nb_streams; i++)
        if (demux->format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
            return hr_error_set(error, HR_ERR_FORMAT, "no video in it, only sound");
    if (demux->format->nb_streams == 0)
        return hr_error_set(error, HR_ERR_FORMAT, "no video in it: the container's index is damaged or empty (%s)",
                            demux->format->iformat->name);
    return hr_error_set(error, HR_ERR_FORMAT, "no video in it (container: %s)", demux->format->iformat->name);
}

/* Not the cover of a piece of music, nor the pictures of chapters. */
static bool is_camera(const AVStream *stream)
{
    return stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           (stream->disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) == 0;
}

/* The camera of this number: first the one that a player shows, then the others as they stand in the
 * file. NULL where there is none. Counts them, too. */
static AVStream *choose_camera(struct hr_demux *demux, int camera)
{
    AVFormatContext *format = demux->format;
    int best = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    AVStream *chosen = NULL;
    if (best >= 0 && is_camera(format->streams[best])) {
        demux->cameras = 1;
        chosen = camera == 0 ? format->streams[best] : NULL;
    }
    for (int i = 0; i < (int)format->nb_streams; i++)
        if (is_camera(format->streams[i]) && (i != best)) {
            if (demux->cameras == camera)
                chosen = format->streams[i];
            demux->cameras++;
        }
    return chosen;
}

static const uint8_t *side_data(const AVStream *stream, enum AVPacketSideDataType type, size_t size_min)
{
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVPacketSideData *data =
        av_packet_side_data_get(stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, type);
    return data != NULL && data->size >= size_min ? data->data : NULL;
#else
    size_t size = 0;
    const uint8_t *data = av_stream_get_side_data(stream, type, &size);
    return data != NULL && size >= size_min ? data : NULL;
#endif
}

static bool is_encrypted(const AVStream *stream)
{
    uint32_t tag = stream->codecpar->codec_tag;
    return tag == MKTAG('e', 'n', 'c', 'v') || tag == MKTAG('d', 'r', 'm', 'i') ||
           side_data(stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, 1) != NULL;
}

static enum hr_status refuse_encrypted(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_UNSUPPORTED,
                        "the video is encrypted (copy protection); it can't be read without its "
                        "key");
}

static enum hr_status refuse_length(double seconds, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_LIMIT,
                        "it has pictures for %.1f hours: more than the limit of %.0f; cut it into "
                        "parts",
                        seconds / 3600, (double)HR_LIMIT_VIDEO_DURATION_US / 3.6e9);
}

/* What the container claims of its length is not work. Pictures in its index are: a video that has
 * too many is refused before hours are spent on it. */
static enum hr_status check_index(const struct hr_demux *demux, struct hr_error *error)
{
    const int entries = avformat_index_get_entries_count(demux->stream);
    const double tick_s = av_q2d(demux->stream->time_base);
    double pictured_s = 0, last_s = 0;
    for (int i = 0; i < entries; i++) {
        double at_s = (double)avformat_index_get_entry(demux->stream, i)->timestamp * tick_s;
        double ahead_s = i > 0 && at_s > last_s ? at_s - last_s : 0;
        pictured_s += ahead_s < HR_TIMELINE_PAUSE_S ? ahead_s : HR_TIMELINE_PAUSE_S;
        last_s = at_s;
    }
    return pictured_s * 1e6 > (double)HR_LIMIT_VIDEO_DURATION_US + 1 ? refuse_length(pictured_s, error) : HR_OK;
}

static enum hr_status check_claims(const struct hr_demux *demux, struct hr_error *error)
{
    const AVCodecParameters *parameters = demux->stream->codecpar;
    if (is_encrypted(demux->stream))
        return refuse_encrypted(error);
    if (parameters->codec_id == AV_CODEC_ID_NONE)
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "a codec that FFmpeg does not know (%s)",
                            av_fourcc2str(parameters->codec_tag));
    struct hr_size size = {parameters->width, parameters->height};
    if (size.width_px > 0 || size.height_px > 0) {
        enum hr_status status = hr_size_check(size, error);
        if (status != HR_OK)
            return status;
    }
    return check_index(demux, error);
}

/* Whether the container has something to be seen or heard in it, by which its clock starts. */
static bool has_a_start(const AVStream *stream)
{
    return (stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO || stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) &&
           (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
}

static bool all_starts_are_known(const AVFormatContext *format)
{
    for (unsigned i = 0; i < format->nb_streams; i++)
        if (has_a_start(format->streams[i]) && format->streams[i]->start_time == AV_NOPTS_VALUE)
            return false;
    return true;
}

/* The earliest start of a stream in ticks of the video, or `first` where that is earlier. */
static int64_t find_start(const struct hr_demux *demux, int64_t first)
{
    int64_t earliest = first;
    for (unsigned i = 0; i < demux->format->nb_streams; i++) {
        const AVStream *stream = demux->format->streams[i];
        if (!has_a_start(stream) || stream->start_time == AV_NOPTS_VALUE)
            continue;
        int64_t start = av_rescale_q(stream->start_time, stream->time_base, demux->stream->time_base);
        earliest = start < earliest ? start : earliest;
    }
    return earliest;
}

static void read_only_the_video(struct hr_demux *demux)
{
    for (unsigned i = 0; i < demux->format->nb_streams; i++)
        if (demux->format->streams[i] != demux->stream)
            demux->format->streams[i]->discard = AVDISCARD_ALL;
}

enum hr_status hr_demux_open(struct hr_demux *demux, struct hr_source *source, const char *kind, int camera,
                             struct hr_reason *reason, struct hr_error *error)
{
    *demux = (struct hr_demux){.source = source, .end_pts = AV_NOPTS_VALUE};
    enum hr_status status = open_container(demux, kind, reason, error);
    if (status == HR_OK)
        status = probe(demux, error);
    if (status != HR_OK)
        return status;
    demux->stream = choose_camera(demux, camera);
    if (demux->cameras == 0)
        return no_video(demux, error);
    if (demux->stream == NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT, "camera %d of %d, counted from 0", camera, demux->cameras);
    if (all_starts_are_known(demux->format)) /* else its first packets tell */
        read_only_the_video(demux);
    return check_claims(demux, error);
}

void hr_demux_close(struct hr_demux *demux)
{
    avformat_close_input(&demux->format);
    *demux = (struct hr_demux){0};
}

static void note_damage(struct hr_demux *demux, const struct hr_reason *reason, int code)
{
    if (demux->damaged++ == 0)
        hr_reason_text(reason, code, demux->damage.first, sizeof demux->damage.first);
}

static void note_end(struct hr_demux *demux, const AVPacket *packet)
{
    if (packet->pts == AV_NOPTS_VALUE)
        return;
    int64_t end = av_sat_add64(packet->pts, packet->duration > 0 ? packet->duration : 0);
    if (demux->end_pts == AV_NOPTS_VALUE || end > demux->end_pts)
        demux->end_pts = end;
}

/* The first packet of the video: the sound that lies before it was seen by now. */
static void start_clock(struct hr_demux *demux, int64_t first)
{
    demux->started = true;
    demux->start = find_start(demux, first);
    hr_timeline_init(&demux->timeline, demux->start, av_q2d(demux->stream->time_base));
    read_only_the_video(demux);
}

/* Puts the packet's times onto the steady clock. */
static enum hr_status keep_time(struct hr_demux *demux, AVPacket *packet, struct hr_error *error)
{
    int64_t time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (time == AV_NOPTS_VALUE)
        return HR_OK;
    /* What an edit list leaves out is not shown, and lies before the start. */
    bool shown = (packet->flags & AV_PKT_FLAG_DISCARD) == 0;
    if (!demux->started)
        start_clock(demux, shown || demux->stream->start_time == AV_NOPTS_VALUE ? time : demux->stream->start_time);
    int64_t offset = demux->timeline.offset;
    if (shown)
        offset = hr_timeline_add(&demux->timeline, time, packet->flags & AV_PKT_FLAG_KEY);
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts = av_sat_add64(packet->pts, offset);
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts = av_sat_add64(packet->dts, offset);
    double pictured_s = demux->timeline.pictured_ticks * av_q2d(demux->stream->time_base);
    if (pictured_s * 1e6 <= (double)HR_LIMIT_VIDEO_DURATION_US + 1)
        return HR_OK;
    av_packet_unref(packet);
    return refuse_length(pictured_s, error);
}

enum hr_status hr_demux_read(struct hr_demux *demux, AVPacket *packet, struct hr_reason *reason, struct hr_error *error)
{
    while (demux->failures < FAILURES_MAX) {
        reason->first[0] = '\0';
        int code = av_read_frame(demux->format, packet);
        enum hr_status status = hr_source_check(demux->source, error);
        if (status != HR_OK) {
            av_packet_unref(packet);
            return status;
        }
        if (code == AVERROR_EOF) {
            if (reason->first[0] != '\0') /* the file ended before its structure did */
                note_damage(demux, reason, AVERROR_INVALIDDATA);
            return HR_END;
        }
        if (code == AVERROR(ENOMEM))
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for the video's data");
        if (code < 0) {
            demux->failures++;
            if (code != AVERROR(EAGAIN))
                note_damage(demux, reason, code);
            continue;
        }
        demux->failures = 0;
        if (packet->stream_index != demux->stream->index) {
            av_packet_unref(packet);
            continue;
        }
        if (av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, NULL) != NULL) {
            av_packet_unref(packet);
            return refuse_encrypted(error);
        }
        if (packet->flags & AV_PKT_FLAG_CORRUPT)
            note_damage(demux, reason, AVERROR_INVALIDDATA);
        note_end(demux, packet);
        return keep_time(demux, packet, error);
    }
    return HR_END;
}

int64_t hr_demux_start(const struct hr_demux *demux)
{
    return demux->start;
}

int64_t hr_demux_latest_us(const struct hr_demux *demux)
{
    return av_rescale_q(av_sat_sub64(demux->timeline.latest, demux->start), demux->stream->time_base, AV_TIME_BASE_Q);
}

enum hr_orientation hr_demux_orientation(const struct hr_demux *demux)
{
    const uint8_t *data = side_data(demux->stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(int32_t));
    if (data == NULL)
        return HR_ORIENT_UPRIGHT;
    int32_t matrix[9];
    memcpy(matrix, data, sizeof matrix);
    return hr_orientation_of_matrix(matrix);
}

/* A camera whose clock was never set says 1904 or 1970. */
#define CREATED_MIN_US INT64_C(946684800000000)  /* 2000-01-01 */
#define CREATED_MAX_US INT64_C(4102444800000000) /* 2100-01-01 */

static int64_t created_us(const AVDictionary *metadata)
{
    int64_t wall_us = 0;
    const AVDictionaryEntry *entry = av_dict_get(metadata, "creation_time", NULL, 0);
    if (entry == NULL || av_parse_time(&wall_us, entry->value, 0) != 0)
        return 0;
    return wall_us >= CREATED_MIN_US && wall_us <= CREATED_MAX_US ? wall_us : 0;
}

int64_t hr_demux_created_us(const struct hr_demux *demux)
{
    int64_t wall_us = created_us(demux->format->metadata);
    return wall_us != 0 ? wall_us : created_us(demux->stream->metadata);
}

int64_t hr_demux_duration_us(const struct hr_demux *demux)
{
    int64_t duration_us = demux->format->duration;
    if (demux->stream->duration > 0)
        duration_us = av_rescale_q(demux->stream->duration, demux->stream->time_base, AV_TIME_BASE_Q);
    return duration_us > 0 ? duration_us : 0;
}

int64_t hr_demux_missing_us(const struct hr_demux *demux)
{
    /* Without a duration of its own the video may well end before the sound does. */
    const int64_t tolerance_us = demux->stream->duration > 0 ? 500000 : 1500000;
    int64_t duration_us = hr_demux_duration_us(demux);
    if (duration_us == 0 || demux->end_pts == AV_NOPTS_VALUE)
        return 0;
    /* A stream's own duration counts from its own start, the container's from the container's. */
    int64_t start = demux->stream->duration > 0 ? demux->stream->start_time : demux->start;
    start = start != AV_NOPTS_VALUE ? start : 0;
    int64_t end_us;
    if (__builtin_sub_overflow(demux->end_pts, start, &end_us))
        return 0;
    end_us = av_rescale_q(end_us, demux->stream->time_base, AV_TIME_BASE_Q);
    int64_t missing_us = duration_us - end_us;
    return missing_us > tolerance_us ? missing_us : 0;
}
