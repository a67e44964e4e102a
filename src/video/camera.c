#include "video/camera.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A fragment of the file: so much is lost when the program is killed. */
#define FRAGMENT_US 1000000
/* What of a stream is looked at to know what it is. */
#define PROBE_BYTES (4 << 20)
#define PROBE_DURATION_US 1000000
/* A packet that has to be waited for so long was not lying about since the stream was looked at: it is of now. */
#define LIVE_US 10000
/* A camera of this machine, by Video4Linux; and what is asked of it, as near as it can. Pictures a second: more would
 * only be more bytes, as each of them is whole. */
#define DEVICE "/dev/video"
#define DEVICE_SIZE "1280x720"
#define DEVICE_RATE "5"
#define DEVICE_WAIT_US 5000
/* Of the same FFmpeg as the reader of streams: the two have one number. */
#define DEVICE_LIBRARY "libavdevice.so." AV_STRINGIFY(LIBAVFORMAT_VERSION_MAJOR)

struct hr_camera {
    AVFormatContext *input;
    AVPacket *packet; /* the first of the next part, once `is_waiting` */
    int stream;
    bool is_waiting, is_device;
    bool is_live; /* what had come while it was looked at is behind us */
    const struct hr_stop *stop;
    int64_t patience_us, since_us; /* monotonic: since when it is waited for */
};

static const char *const schemes[] = {"rtsp", "rtsps", "http", "https", "srt", "udp", "file"};

bool hr_camera_knows(const char *url)
{
    const char *end = strstr(url, "://");
    if (end == NULL)
        return true;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strlen(schemes[i]) == (size_t)(end - url) && strncmp(url, schemes[i], (size_t)(end - url)) == 0)
            return true;
    return false;
}

/* FFmpeg asks whether to go on waiting. */
static int interrupted(void *context)
{
    const struct hr_camera *camera = context;
    return hr_stop_requested(camera->stop) || hr_clock_now_us() - camera->since_us > camera->patience_us;
}

static enum hr_status gone(const struct hr_camera *camera, int code, const char *doing, struct hr_error *error)
{
    char said[AV_ERROR_MAX_STRING_SIZE] = "";
    if (hr_stop_requested(camera->stop))
        return hr_error_set(error, HR_ERR_DEADLINE, "stopped");
    if (code == AVERROR(ENOMEM))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to record");
    if (code == AVERROR_EXIT || hr_clock_now_us() - camera->since_us > camera->patience_us)
        return hr_error_set(error, HR_ERR_UNAVAILABLE, "%s: no picture for %lld s", doing,
                            (long long)(camera->patience_us / 1000000));
    if (code == AVERROR_EOF)
        return hr_error_set(error, HR_ERR_UNAVAILABLE, "%s: the camera has ended the stream", doing);
    av_strerror(code, said, sizeof said);
    return hr_error_set(error, HR_ERR_UNAVAILABLE, "%s: %s", doing, said);
}

static bool is_device(const char *url)
{
    return strncmp(url, DEVICE, sizeof DEVICE - 1) == 0;
}

/* Asked for when there is a device to read: the library brings much that nothing else here needs. */
static enum hr_status find_device_reader(const AVInputFormat **out, struct hr_error *error)
{
    void *library = dlopen(DEVICE_LIBRARY, RTLD_NOW); /* stays */
    void (*begin)(void) = NULL;
    void *found = library != NULL ? dlsym(library, "avdevice_register_all") : NULL;
    memcpy(&begin, &found, sizeof begin);
    if (begin == NULL)
        return hr_error_set(error, HR_ERR_UNSUPPORTED,
                            "a camera of this machine is read by FFmpeg's %s, which is not installed (Debian's "
                            "package libavdevice%d)",
                            DEVICE_LIBRARY, LIBAVFORMAT_VERSION_MAJOR);
    begin();
    *out = av_find_input_format("video4linux2");
    return *out != NULL ? HR_OK : hr_error_set(error, HR_ERR_UNSUPPORTED, "this FFmpeg reads no cameras");
}

static void set_options(AVDictionary **options, const char *url, int64_t patience_us)
{
    if (is_device(url)) {
        av_dict_set(options, "input_format", "mjpeg", 0);
        av_dict_set(options, "video_size", DEVICE_SIZE, 0);
        av_dict_set(options, "framerate", DEVICE_RATE, 0);
        return;
    }
    if (strncmp(url, "rtsp", 4) == 0) {
        av_dict_set(options, "rtsp_transport", "tcp", 0); /* no lost packets, and through most networks */
        av_dict_set(options, "allowed_media_types", "video", 0);
        av_dict_set_int(options, "timeout", patience_us, 0);
    }
    av_dict_set(options, "protocol_whitelist", "rtsp,rtp,tcp,tls,udp,http,https,srt,file,crypto", 0);
}

static enum hr_status connect_to(struct hr_camera *camera, const char *url, struct hr_error *error)
{
    AVDictionary *options = NULL;
    camera->input = avformat_alloc_context();
    camera->packet = av_packet_alloc();
    if (camera->input == NULL || camera->packet == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to record");
    camera->input->interrupt_callback = (AVIOInterruptCB){.callback = interrupted, .opaque = camera};
    camera->input->probesize = PROBE_BYTES;
    camera->input->max_analyze_duration = PROBE_DURATION_US;
    const AVInputFormat *reader = NULL;
    camera->is_device = is_device(url);
    if (camera->is_device) {
        enum hr_status status = find_device_reader(&reader, error);
        if (status != HR_OK)
            return status;
        camera->input->flags |= AVFMT_FLAG_NONBLOCK; /* else nothing ends a wait for it */
    }
    set_options(&options, url, camera->patience_us);
    int code = avformat_open_input(&camera->input, url, reader, &options); /* frees on failure */
    av_dict_free(&options);
    if (code < 0)
        return gone(camera, code, "connecting", error);
    if (!camera->is_device) /* it says all by itself */
        code = avformat_find_stream_info(camera->input, NULL);
    if (code < 0)
        return gone(camera, code, "connecting", error);
    camera->stream = av_find_best_stream(camera->input, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (camera->stream < 0)
        return hr_error_set(error, HR_ERR_UNAVAILABLE, "connecting: there is no video in the stream");
    for (unsigned i = 0; i < camera->input->nb_streams; i++)
        camera->input->streams[i]->discard = (int)i == camera->stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    return HR_OK;
}

enum hr_status hr_camera_open(struct hr_camera **out, const char *url, int64_t patience_us, const struct hr_stop *stop,
                              struct hr_error *error)
{
    struct hr_camera *camera = calloc(1, sizeof *camera);
    *out = NULL;
    if (camera == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to record");
    av_log_set_level(AV_LOG_QUIET); /* it would say the URL, with its password */
    camera->stop = stop;
    camera->patience_us = patience_us;
    camera->since_us = hr_clock_now_us();
    enum hr_status status = connect_to(camera, url, error);
    if (status == HR_OK)
        *out = camera;
    else
        hr_camera_close(camera);
    return status;
}

void hr_camera_close(struct hr_camera *camera)
{
    if (camera == NULL)
        return;
    camera->since_us = hr_clock_now_us(); /* the camera is told, and not for long */
    av_packet_free(&camera->packet);
    avformat_close_input(&camera->input);
    free(camera);
}

/* The next packet of the video. */
static enum hr_status next(struct hr_camera *camera, struct hr_error *error)
{
    camera->since_us = hr_clock_now_us();
    for (;;) {
        int code = av_read_frame(camera->input, camera->packet);
        if (code == AVERROR(EAGAIN) && interrupted(camera))
            code = AVERROR_EXIT;
        if (code == AVERROR(EAGAIN)) {
            usleep(DEVICE_WAIT_US);
            continue;
        }
        if (code < 0)
            return gone(camera, code, "recording", error);
        if (camera->packet->stream_index == camera->stream && camera->packet->size > 0)
            return HR_OK;
        av_packet_unref(camera->packet);
        camera->since_us = hr_clock_now_us();
    }
}

static bool is_file(const struct hr_camera *camera)
{
    const char *url = camera->input->url;
    return !camera->is_device && (strstr(url, "://") == NULL || strncmp(url, "file:", 5) == 0);
}

enum hr_status hr_camera_await(struct hr_camera *camera, int64_t *wall_us, struct hr_error *error)
{
    const struct hr_clock *clock = hr_clock_system();
    int64_t begin_us = hr_clock_now_us();
    enum hr_status status = HR_OK;
    while (status == HR_OK && !camera->is_waiting) {
        int64_t asked_us = hr_clock_now_us();
        status = next(camera, error);
        /* What lies about would be taken for later than it is. A file gives all at once. */
        camera->is_live = camera->is_live || hr_clock_now_us() - asked_us >= LIVE_US ||
                          asked_us - begin_us > PROBE_DURATION_US || is_file(camera);
        camera->is_waiting = status == HR_OK && camera->is_live && (camera->packet->flags & AV_PKT_FLAG_KEY) != 0;
        if (status == HR_OK && !camera->is_waiting)
            av_packet_unref(camera->packet);
        if (status == HR_OK && !camera->is_waiting && hr_clock_now_us() - begin_us > 4 * camera->patience_us)
            status =
                hr_error_set(error, HR_ERR_UNAVAILABLE,
                             "recording: the camera gives no whole picture to begin with: set it to send one every "
                             "two seconds");
    }
    *wall_us = clock->wall_us(clock->context);
    return status;
}

/* --- a part --- */

struct part {
    AVFormatContext *output;
    AVStream *stream;
    int64_t first_dts, last_dts; /* in the input's time */
    bool has_first;
    int64_t whole_bytes; /* of the file, up to the end of its last fragment */
};

static enum hr_status cannot_write(int code, const char *path, struct hr_error *error)
{
    char said[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, said, sizeof said);
    return hr_error_set(error, HR_ERR_IO, "writing '%s': %s", path, said);
}

static enum hr_status make_file(const char *path, struct hr_error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (file < 0 && errno == EEXIST)
        return hr_error_set(error, HR_ERR_CONFLICT, "'%s' is there already", path);
    if (file < 0)
        return hr_error_set_errno(error, errno, "making '%s'", path);
    close(file);
    return HR_OK;
}

static int describe(const struct hr_camera *camera, struct part *part, int64_t wall_us)
{
    char at[HR_CLOCK_ISO8601_SIZE];
    const AVStream *from = camera->input->streams[camera->stream];
    part->stream = avformat_new_stream(part->output, NULL);
    if (part->stream == NULL)
        return AVERROR(ENOMEM);
    int code = avcodec_parameters_copy(part->stream->codecpar, from->codecpar);
    part->stream->codecpar->codec_tag = 0;
    part->stream->time_base = from->time_base;
    part->stream->avg_frame_rate = from->avg_frame_rate;
    part->output->interrupt_callback = (AVIOInterruptCB){0};
    part->output->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    hr_clock_iso8601(wall_us, at);
    return code >= 0 ? av_dict_set(&part->output->metadata, "creation_time", at, 0) : code;
}

static enum hr_status begin(const struct hr_camera *camera, struct part *part, const char *path, int64_t wall_us,
                            struct hr_error *error)
{
    AVDictionary *options = NULL;
    char url[4096];
    snprintf(url, sizeof url, "file:%s", path);
    int code = avformat_alloc_output_context2(&part->output, NULL, "mp4", url);
    if (code >= 0)
        code = describe(camera, part, wall_us);
    if (code >= 0)
        code = avio_open(&part->output->pb, url, AVIO_FLAG_WRITE);
    av_dict_set(&options, "movflags", "+frag_keyframe+empty_moov+default_base_moof", 0);
    av_dict_set_int(&options, "frag_duration", FRAGMENT_US, 0);
    if (code >= 0)
        code = avformat_write_header(part->output, &options);
    av_dict_free(&options);
    return code >= 0 ? HR_OK : cannot_write(code, path, error);
}

/* Times from 0 on, and never back: cameras jump. */
static void set_times(const struct hr_camera *camera, struct part *part)
{
    AVPacket *packet = camera->packet;
    int64_t dts = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    if (dts == AV_NOPTS_VALUE)
        dts = part->has_first ? part->last_dts + (packet->duration > 0 ? packet->duration : 1) : 0;
    if (!part->has_first)
        part->first_dts = dts;
    else if (dts <= part->last_dts)
        dts = part->last_dts + 1;
    int64_t ahead = packet->pts != AV_NOPTS_VALUE && packet->dts != AV_NOPTS_VALUE ? packet->pts - packet->dts : 0;
    part->has_first = true;
    part->last_dts = dts;
    packet->dts = dts - part->first_dts;
    packet->pts = packet->dts + (ahead > 0 ? ahead : 0);
    packet->pos = -1;
    packet->stream_index = 0;
    av_packet_rescale_ts(packet, camera->input->streams[camera->stream]->time_base, part->stream->time_base);
}

static enum hr_status copy(struct hr_camera *camera, struct part *part, const char *path, int64_t until_us,
                           struct hr_error *error)
{
    const struct hr_clock *clock = hr_clock_system();
    enum hr_status status = HR_OK;
    while (status == HR_OK) {
        bool key = (camera->packet->flags & AV_PKT_FLAG_KEY) != 0;
        if (part->has_first && key && clock->wall_us(clock->context) >= until_us) {
            camera->is_waiting = true; /* the next part begins with it */
            return HR_OK;
        }
        set_times(camera, part);
        int code = av_write_frame(part->output, camera->packet);
        av_packet_unref(camera->packet);
        camera->is_waiting = false;
        if (code >= 0 && part->output->pb->error < 0)
            code = part->output->pb->error;
        if (code < 0)
            return cannot_write(code, path, error);
        part->whole_bytes = avio_tell(part->output->pb);
        if (hr_stop_requested(camera->stop))
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped");
        status = next(camera, error);
    }
    return status;
}

enum hr_status hr_camera_record(struct hr_camera *camera, const char *path, int64_t wall_us, int64_t until_us,
                                int64_t *recorded_us, struct hr_error *error)
{
    struct part part = {0};
    *recorded_us = 0;
    enum hr_status status = make_file(path, error);
    if (status != HR_OK)
        return status;
    status = begin(camera, &part, path, wall_us, error);
    if (status == HR_OK) {
        status = copy(camera, &part, path, until_us, error);
        int code = status == HR_ERR_IO ? 0 : av_write_trailer(part.output);
        if (code >= 0 && status != HR_ERR_IO)
            code = part.output->pb->error;
        if (code < 0)
            status = cannot_write(code, path, error);
        *recorded_us = av_rescale_q(part.last_dts - part.first_dts, camera->input->streams[camera->stream]->time_base,
                                    AV_TIME_BASE_Q);
    }
    if (part.output != NULL) {
        int code = avio_closep(&part.output->pb);
        if (code < 0 && status == HR_OK)
            status = cannot_write(code, path, error);
    }
    /* Half a fragment would be damage. */
    if (status == HR_ERR_IO && part.whole_bytes > 0 && truncate(path, part.whole_bytes) != 0)
        hr_error_prefix(error, "its end is damaged");
    avformat_free_context(part.output);
    return status;
}
