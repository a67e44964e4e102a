#include "video/remote.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "video/picture.h"
#include "video/reason.h"
#include "video/unpack.h"
#include "video/wire.h"

enum { LOOK_MS = 100 }; /* how often somebody's wish to stop is looked for while the child works */

struct hr_remote {
    const struct hr_sandbox *sandbox;
    const struct hr_deadline *deadline;
    struct hr_stream *stream;
    struct hr_sandbox_child child;
    unsigned layers;       /* that hold */
    const uint8_t *pixels; /* mapped; NULL at first. What followed an answer, where there is no shared memory */
    size_t mapped_bytes;
    uint64_t samples;
    struct hr_wire_answer answer; /* the latest, checked */
    struct hr_video_info info;
    char container[HR_WIRE_NAME_MAX];
    char codec[HR_WIRE_NAME_MAX];
    uint8_t bytes[HR_WIRE_BYTES_MAX]; /* on their way to the child */
};

/* --- the child's end --- */

static enum hr_status stopped(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_DEADLINE, "stopped before the end of the video");
}

static enum hr_status nonsense(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_FORMAT, "the decoder gave an answer that makes no sense");
}

static enum hr_status too_much_memory(const struct hr_remote *remote, const char *said, struct hr_error *error)
{
    uint64_t bytes = hr_sandbox_memory_bytes(remote->sandbox);
    if (bytes == 0)
        return hr_error_set(error, HR_ERR_MEMORY, "%s", said);
    return hr_error_set(error, HR_ERR_LIMIT, "%s: it may take %llu MB", said, (unsigned long long)(bytes >> 20));
}

/* Why there is nobody at the other end any more. */
static enum hr_status explain_ending(const struct hr_remote *remote, struct hr_error *error)
{
    int status = hr_sandbox_child_ending(&remote->child);
    if (status == -1 || !WIFSIGNALED(status))
        return hr_error_set(error, HR_ERR_INTERNAL, "the process that decodes ended before it was done");
    int number = WTERMSIG(status);
    if (number == SIGKILL)
        return hr_error_set(error, HR_ERR_MEMORY, "the system ended the decoder, most likely for want of memory");
    if (number == SIGXCPU)
        return hr_error_set(error, HR_ERR_LIMIT, "decoding took more processor time than it may");
    const char *name = sigdescr_np(number);
    return hr_error_set(error, HR_ERR_FORMAT, "the decoder crashed on it (signal %d, %s)", number,
                        name != NULL ? name : "unknown");
}

/* --- what the child may say --- */

static bool is_line(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool entry_makes_sense(struct hr_wire_answer *answer)
{
    bool has_bytes = (answer->entry_verdict == HR_ALBUM_PICTURE || answer->entry_verdict == HR_ALBUM_TABLE) &&
                     answer->entry_name[0] != '\0';
    if (!is_line(answer->entry_name, sizeof answer->entry_name) || !hr_view_is_utf8(hr_view_text(answer->entry_name)) ||
        answer->entry_verdict >= HR_ALBUM_VERDICT_COUNT)
        return false;
    hr_album_clean_name(answer->entry_name);
    return has_bytes ? answer->entry_bytes > 0 && answer->entry_bytes <= HR_LIMIT_ALBUM_PHOTO_BYTES
                     : answer->entry_bytes == 0;
}

static bool answer_makes_sense(struct hr_wire_answer *answer)
{
    if (!is_line(answer->text, sizeof answer->text) || !is_line(answer->warning, sizeof answer->warning) ||
        !is_line(answer->container, sizeof answer->container) || !is_line(answer->codec, sizeof answer->codec) ||
        !entry_makes_sense(answer))
        return false;
    hr_reason_make_printable(answer->text);
    hr_reason_make_printable(answer->warning);
    hr_reason_make_printable(answer->container);
    hr_reason_make_printable(answer->codec);
    const struct hr_size size = {answer->width_px, answer->height_px},
                         shown = {answer->shown_width_px, answer->shown_height_px};
    struct hr_error ignored;
    bool has_pixels = size.width_px != 0 || size.height_px != 0, is_described = shown.width_px != 0;
    if (has_pixels && hr_size_check(size, &ignored) != HR_OK)
        return false;
    if (answer->pts_us < 0 || answer->pts_us > HR_LIMIT_VIDEO_TIME_US)
        return false;
    if (!is_described)
        return true;
    return hr_size_check(shown, &ignored) == HR_OK && answer->cameras >= 1 &&
           answer->cameras <= HR_LIMIT_VIDEO_STREAMS && answer->duration_us >= 0 && answer->created_us >= 0 &&
           answer->rotation_deg >= 0 && answer->rotation_deg < 360 && answer->rotation_deg % 90 == 0;
}

/* What the child says of the bytes is believed; what only its parent can know is not. */
static enum hr_status status_of(const struct hr_remote *remote, enum hr_wire_kind order, struct hr_error *error)
{
    const struct hr_wire_answer *answer = &remote->answer;
    switch (answer->status) {
    case HR_OK:
        return (answer->width_px > 0) == (order == HR_WIRE_NEXT || order == HR_WIRE_PHOTO) &&
                       (answer->entry_name[0] != '\0') == (order == HR_WIRE_ENTRY)
                   ? HR_OK
                   : nonsense(error);
    case HR_END:
        return order == HR_WIRE_NEXT || order == HR_WIRE_ENTRY ? HR_END : nonsense(error);
    case HR_ERR_FORMAT:
    case HR_ERR_UNSUPPORTED:
    case HR_ERR_LIMIT:
    case HR_ERR_ARGUMENT:
        return hr_error_set(error, (enum hr_status)answer->status, "%s", answer->text);
    case HR_ERR_MEMORY:
        return too_much_memory(remote, answer->text, error);
    default:
        return nonsense(error);
    }
}

/* --- the child's wishes --- */

static bool send_bytes(struct hr_remote *remote, enum hr_wire_kind kind, enum hr_status status, size_t count)
{
    struct hr_wire_order order = {.kind = kind, .status = (int32_t)status};
    struct iovec parts[] = {{&order, sizeof order}, {remote->bytes, count}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;
    do
        sent = sendmsg(remote->child.socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)(sizeof order + count);
}

/* The stream's own failure ends the video: the child is not asked. A child that is gone shows with the next message. */
static enum hr_status grant(struct hr_remote *remote, const struct hr_wire_wish *wish, struct hr_error *error)
{
    struct hr_stream *stream = remote->stream;
    struct hr_error failure = {0};
    enum hr_status status = HR_OK;
    size_t got = 0;
    if (wish->kind == HR_WIRE_READ && wish->value > 0) {
        size_t size = wish->value < sizeof remote->bytes ? (size_t)wish->value : sizeof remote->bytes;
        status = stream->read(stream->context, remote->bytes, size, &got, &failure);
        if (status == HR_OK && got == 0)
            status = HR_END;
    } else if (wish->kind == HR_WIRE_SEEK && stream->seek != NULL) {
        status = stream->seek(stream->context, wish->value, &failure);
    } else {
        return nonsense(error);
    }
    if (status != HR_OK && status != HR_END)
        return hr_error_set(error, status, "reading failed: %s", failure.text);
    (void)send_bytes(remote, wish->kind == HR_WIRE_READ ? HR_WIRE_BYTES : HR_WIRE_MOVED, status,
                     status == HR_OK ? got : 0);
    return HR_OK;
}

/* --- the conversation --- */

union message {
    struct hr_wire_wish wish;
    struct hr_wire_answer answer;
};

/* Until the child says something. */
static enum hr_status wait_for_child(const struct hr_remote *remote, struct hr_error *error)
{
    struct pollfd polled = {.fd = remote->child.socket, .events = POLLIN};
    const struct hr_clock *clock = remote->deadline != NULL ? remote->deadline->clock : hr_clock_system();
    for (int64_t begin_us = clock->monotonic_us(clock->context);;) {
        if (hr_deadline_passed(remote->deadline))
            return stopped(error);
        int ready = poll(&polled, 1, LOOK_MS);
        if (ready > 0)
            return HR_OK;
        if (ready < 0 && errno != EINTR)
            return hr_error_set_errno(error, errno, "waiting for the decoder failed");
        if (clock->monotonic_us(clock->context) - begin_us > HR_LIMIT_DECODER_SILENCE_US)
            return hr_error_set(error, HR_ERR_LIMIT, "the decoder stood still for %d s",
                                (int)(HR_LIMIT_DECODER_SILENCE_US / 1000000));
    }
}

/* Serves the child until it answers. */
static enum hr_status await_answer(struct hr_remote *remote, enum hr_wire_kind order, struct hr_error *error)
{
    for (;;) {
        union message message;
        enum hr_status status = wait_for_child(remote, error);
        if (status != HR_OK)
            return status;
        ssize_t got = recv(remote->child.socket, &message, sizeof message, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return explain_ending(remote, error);
        if (got == (ssize_t)sizeof message.wish) {
            status = grant(remote, &message.wish, error);
            if (status != HR_OK)
                return status;
        } else if (got == (ssize_t)sizeof message.answer && message.answer.kind == HR_WIRE_ANSWER &&
                   answer_makes_sense(&message.answer)) {
            remote->answer = message.answer;
            return status_of(remote, order, error);
        } else {
            return nonsense(error);
        }
    }
}

/* The first thing that it says. */
static enum hr_status await_greeting(struct hr_remote *remote, struct hr_error *error)
{
    struct hr_sandbox_greeting greeting;
    enum hr_status status = wait_for_child(remote, error);
    if (status != HR_OK)
        return status;
    if (!hr_wire_receive(remote->child.socket, &greeting, sizeof greeting))
        return explain_ending(remote, error);
    remote->layers = greeting.layers;
    return HR_OK;
}

static enum hr_status ask(struct hr_remote *remote, const struct hr_wire_order *order, struct hr_error *error)
{
    (void)hr_wire_send(remote->child.socket, order, sizeof *order); /* to a child that is gone: await_answer sees it */
    enum hr_status status = await_answer(remote, (enum hr_wire_kind)order->kind, error);
    if (status != HR_OK && status != HR_END)
        hr_sandbox_child_stop(&remote->child); /* it is not asked again */
    return status;
}

/* Processor time by what the job may take; without a time limit, as long as the longest video may need. */
static uint64_t cpu_limit_s(const struct hr_deadline *deadline)
{
    enum { SPARE_S = 10, TIMES_REAL_TIME = 16 };
    uint64_t most = (uint64_t)HR_LIMIT_VIDEO_DURATION_US / 1000000 * TIMES_REAL_TIME;
    if (deadline == NULL || deadline->at_monotonic_us == INT64_MAX)
        return most;
    int64_t left_us = deadline->at_monotonic_us - deadline->clock->monotonic_us(deadline->clock->context);
    uint64_t left_s = left_us > 0 ? (uint64_t)left_us / 1000000 : 0;
    uint64_t by_time = (left_s + SPARE_S) * (uint64_t)HR_LIMIT_THREADS;
    return by_time < most ? by_time : most;
}

static enum hr_status begin(struct hr_remote **out, const struct hr_sandbox *sandbox, struct hr_stream *stream,
                            const struct hr_deadline *deadline, struct hr_error *error)
{
    struct hr_remote *remote = calloc(1, sizeof *remote);
    *out = NULL;
    if (remote == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a video");
    remote->sandbox = sandbox;
    remote->stream = stream;
    remote->deadline = deadline;
    const struct hr_sandbox_limits limits = {.cpu_s = cpu_limit_s(deadline), .shared_bytes = HR_WIRE_SHARED_BYTES};
    enum hr_status status = hr_sandbox_child_start(sandbox, &limits, &remote->child, error);
    if (status == HR_OK)
        status = await_greeting(remote, error);
    if (status == HR_OK)
        *out = remote;
    else
        hr_remote_close(remote);
    return status;
}

/* Room for pixels: the child's memory, or where there is none some of our own. */
static bool map_pixels(struct hr_remote *remote, size_t bytes)
{
    bool shared = remote->child.memory >= 0;
    if (bytes <= remote->mapped_bytes)
        return true;
    if (remote->pixels != NULL)
        munmap((void *)remote->pixels, remote->mapped_bytes);
    remote->mapped_bytes = 0;
    remote->pixels = mmap(NULL, bytes, shared ? PROT_READ : PROT_READ | PROT_WRITE,
                          shared ? MAP_SHARED | MAP_POPULATE : MAP_PRIVATE | MAP_ANONYMOUS, remote->child.memory, 0);
    if (remote->pixels == MAP_FAILED)
        remote->pixels = NULL;
    remote->mapped_bytes = remote->pixels != NULL ? bytes : 0;
    return remote->pixels != NULL;
}

/* The messages behind an answer. */
static enum hr_status receive_pixels(struct hr_remote *remote, size_t bytes, struct hr_error *error)
{
    for (size_t at = 0, size; at < bytes; at += size) {
        size = bytes - at < HR_WIRE_BYTES_MAX ? bytes - at : HR_WIRE_BYTES_MAX;
        enum hr_status status = wait_for_child(remote, error);
        if (status != HR_OK)
            return status;
        if (!hr_wire_receive(remote->child.socket, (uint8_t *)remote->pixels + at, size))
            return explain_ending(remote, error);
    }
    return HR_OK;
}

/* The pixels of the answer, which in shared memory are the child's to change: any values are good ones. */
static enum hr_status find_pixels(struct hr_remote *remote, struct hr_frame *out, struct hr_error *error)
{
    const struct hr_size size = {remote->answer.width_px, remote->answer.height_px};
    size_t bytes = hr_picture_stride(size.width_px) * (size_t)size.height_px;
    if (!map_pixels(remote, bytes))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a picture");
    enum hr_status status = remote->child.memory < 0 ? receive_pixels(remote, bytes, error) : HR_OK;
    if (status != HR_OK)
        return status;
    *out = (struct hr_frame){.size = size,
                             .stride_bytes = (ptrdiff_t)hr_picture_stride(size.width_px),
                             .rgb = remote->pixels,
                             .pts_us = remote->answer.pts_us};
    return HR_OK;
}

/* --- a video --- */

enum hr_status hr_remote_open(struct hr_remote **out, struct hr_stream *stream, const struct hr_video_options *options,
                              struct hr_error *error)
{
    enum hr_status status = begin(out, options->sandbox, stream, options->deadline, error);
    if (status != HR_OK)
        return status;
    struct hr_remote *remote = *out;
    const struct hr_wire_order order = {.kind = HR_WIRE_OPEN,
                                        .samples_per_s = options->samples_per_s,
                                        .decoder_threads = options->decoder_threads,
                                        .camera = options->camera,
                                        .decode_everything = options->decode_everything,
                                        .pixels_follow = remote->child.memory < 0,
                                        .can_seek = stream->seek != NULL,
                                        .size_bytes = stream->size_bytes};
    status = ask(remote, &order, error);
    if (status == HR_OK && remote->answer.shown_width_px <= 0)
        status = nonsense(error);
    if (status != HR_OK) {
        hr_remote_close(remote);
        *out = NULL;
        return status;
    }
    memcpy(remote->container, remote->answer.container, sizeof remote->container);
    memcpy(remote->codec, remote->answer.codec, sizeof remote->codec);
    remote->info = (struct hr_video_info){
        .size = {remote->answer.shown_width_px, remote->answer.shown_height_px},
        .rotation_deg = remote->answer.rotation_deg,
        .duration_us = remote->answer.duration_us,
        .created_us = remote->answer.created_us,
        .cameras = remote->answer.cameras,
        .container = remote->container,
        .codec = remote->codec,
    };
    return HR_OK;
}

void hr_remote_close(struct hr_remote *remote)
{
    if (remote == NULL)
        return;
    hr_sandbox_child_stop(&remote->child);
    if (remote->pixels != NULL)
        munmap((void *)remote->pixels, remote->mapped_bytes);
    free(remote);
}

const struct hr_video_info *hr_remote_info(const struct hr_remote *remote)
{
    return &remote->info;
}

enum hr_status hr_remote_next(struct hr_remote *remote, struct hr_frame *out, struct hr_error *error)
{
    const struct hr_wire_order order = {.kind = HR_WIRE_NEXT};
    enum hr_status status = ask(remote, &order, error);
    if (status == HR_END)
        remote->info.duration_us = remote->answer.duration_us;
    if (status != HR_OK)
        return status;
    if (remote->samples++ >= HR_LIMIT_SAMPLES_PER_VIDEO)
        return nonsense(error);
    return find_pixels(remote, out, error);
}

struct hr_video_work hr_remote_work(const struct hr_remote *remote)
{
    return remote->answer.work;
}

void hr_remote_skip_past(struct hr_remote *remote, int64_t pts_us)
{
    const struct hr_wire_order order = {.kind = HR_WIRE_SKIP, .pts_us = pts_us};
    (void)hr_wire_send(remote->child.socket, &order, sizeof order); /* hr_remote_next sees when nobody is there */
}

const char *hr_remote_warning(const struct hr_remote *remote)
{
    return remote->answer.warning[0] != '\0' ? remote->answer.warning : NULL;
}

/* --- a photo --- */

static enum hr_status copy_pixels(struct hr_remote *remote, struct hr_image *out, struct hr_error *error)
{
    struct hr_frame frame;
    enum hr_status status = find_pixels(remote, &frame, error);
    if (status == HR_OK)
        status = hr_image_init(out, frame.size, error);
    if (status == HR_OK)
        for (int y = 0; y < frame.size.height_px; y++)
            memcpy(out->rgb + y * out->stride_bytes, frame.rgb + y * frame.stride_bytes,
                   (size_t)frame.size.width_px * 3);
    return status;
}

enum hr_status hr_remote_photo(struct hr_image *out, struct hr_view bytes, const struct hr_photo_options *options,
                               char damage[HR_PHOTO_DAMAGE_SIZE], struct hr_error *error)
{
    struct hr_stream stream;
    struct hr_remote *remote = NULL;
    *out = (struct hr_image){0};
    enum hr_status status = hr_stream_open_memory(&stream, bytes, error);
    if (status != HR_OK)
        return status;
    status = begin(&remote, options->sandbox, &stream, options->deadline, error);
    if (status == HR_OK) {
        const struct hr_wire_order order = {
            .kind = HR_WIRE_PHOTO, .pixels_follow = remote->child.memory < 0, .size_bytes = bytes.size};
        status = ask(remote, &order, error);
    }
    if (status == HR_OK)
        status = copy_pixels(remote, out, error);
    if (status == HR_OK)
        snprintf(damage, HR_PHOTO_DAMAGE_SIZE, "%.*s", HR_PHOTO_DAMAGE_SIZE - 1, remote->answer.warning);
    hr_remote_close(remote);
    hr_stream_close(&stream);
    return status;
}

/* --- an archive of photos --- */

enum hr_status hr_remote_album_open(struct hr_remote **out, struct hr_stream *stream,
                                    const struct hr_photo_options *options, struct hr_error *error)
{
    enum hr_status status = begin(out, options->sandbox, stream, options->deadline, error);
    if (status != HR_OK)
        return status;
    const struct hr_wire_order order = {.kind = HR_WIRE_ALBUM,
                                        .pixels_follow = (*out)->child.memory < 0,
                                        .can_seek = stream->seek != NULL,
                                        .size_bytes = stream->size_bytes};
    status = ask(*out, &order, error);
    if (status != HR_OK) {
        hr_remote_close(*out);
        *out = NULL;
    }
    return status;
}

enum hr_status hr_remote_album_next(struct hr_remote *remote, struct hr_album_entry *out, struct hr_error *error)
{
    const struct hr_wire_order order = {.kind = HR_WIRE_ENTRY};
    enum hr_status status = ask(remote, &order, error);
    if (status != HR_OK)
        return status;
    size_t size = (size_t)remote->answer.entry_bytes;
    if (size > 0 && !map_pixels(remote, size))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a photo");
    if (size > 0 && remote->child.memory < 0)
        status = receive_pixels(remote, size, error);
    *out = (struct hr_album_entry){.name = remote->answer.entry_name,
                                   .verdict = (enum hr_album_verdict)remote->answer.entry_verdict,
                                   .bytes = hr_view_of(size > 0 ? remote->pixels : NULL, size)};
    return status;
}

/* --- the sandbox itself --- */

enum hr_status hr_remote_try(const struct hr_sandbox *sandbox, unsigned *layers, struct hr_error *error)
{
    struct hr_remote *remote = NULL;
    *layers = 0;
    enum hr_status status = begin(&remote, sandbox, NULL, NULL, error);
    if (status == HR_OK)
        *layers = remote->layers;
    hr_remote_close(remote);
    return status;
}
