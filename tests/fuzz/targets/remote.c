/* What a decoding child says, when it is in the hands of whoever made the video: the input is its messages, each behind
 * its length in two bytes. The functions of the sandbox are this file's: there is no child. */
#include "fuzz/target.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "video/remote.h"
#include "video/wire.h"

enum { FRAMES_MAX = 8, TIME_MS = 2000 };

static struct hr_view said;

uint64_t hr_sandbox_memory_bytes(const struct hr_sandbox *sandbox)
{
    (void)sandbox;
    return 1 << 30;
}

/* All of its messages wait in the socket, and then it is gone: shut for writing, as whoever is killed. */
enum hr_status hr_sandbox_child_start(const struct hr_sandbox *sandbox, const struct hr_sandbox_limits *limits,
                                      struct hr_sandbox_child *child, struct hr_error *error)
{
    const struct hr_sandbox_greeting greeting = {.layers = 0};
    int ends[2];
    (void)sandbox;
    (void)error;
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    child->socket = ends[0];
    child->life = ends[1];
    child->memory = memfd_create("frames", MFD_CLOEXEC);
    FUZZ_CHECK(child->memory >= 0 && ftruncate(child->memory, (off_t)limits->shared_bytes) == 0);
    FUZZ_CHECK(send(ends[1], &greeting, sizeof greeting, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof greeting);
    for (size_t at = 0; at + 2 <= said.size;) {
        size_t length = (size_t)said.data[at] | (size_t)said.data[at + 1] << 8;
        at += 2;
        if (length > said.size - at)
            length = said.size - at;
        if (send(ends[1], said.data + at, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            break;
        at += length;
    }
    shutdown(ends[1], SHUT_WR);
    return HR_OK;
}

void hr_sandbox_child_stop(struct hr_sandbox_child *child)
{
    if (child->socket > 0) {
        close(child->socket);
        close(child->life);
        close(child->memory);
    }
    *child = (struct hr_sandbox_child){.socket = -1, .memory = -1, .life = -1};
}

int hr_sandbox_child_ending(const struct hr_sandbox_child *child)
{
    (void)child;
    return said.size > 0 ? said.data[said.size - 1] : -1;
}

static void look_at_a_video(void)
{
    static const uint8_t bytes[1000];
    const struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), TIME_MS, NULL);
    const struct hr_video_options options = {.samples_per_s = 2, .deadline = &deadline};
    struct hr_stream stream;
    struct hr_error error = {0};
    struct hr_remote *remote = NULL;
    FUZZ_CHECK(hr_stream_open_memory(&stream, hr_view_of(bytes, sizeof bytes), &error) == HR_OK);
    enum hr_status status = hr_remote_open(&remote, &stream, &options, &error);
    if (status == HR_OK) {
        const struct hr_video_info *info = hr_remote_info(remote);
        FUZZ_CHECK(hr_size_check(info->size, NULL) == HR_OK);
        FUZZ_CHECK(info->cameras >= 1 && info->cameras <= HR_LIMIT_VIDEO_STREAMS && info->duration_us >= 0);
        FUZZ_CHECK(hr_view_is_utf8(hr_view_text(info->container)) && hr_view_is_utf8(hr_view_text(info->codec)));
    }
    for (int i = 0; status == HR_OK && i < FRAMES_MAX; i++) {
        struct hr_frame frame;
        status = hr_remote_next(remote, &frame, &error);
        if (status != HR_OK)
            break;
        volatile uint8_t sum = 0;
        size_t size = (size_t)frame.stride_bytes * (size_t)frame.size.height_px;
        for (size_t at = 0; at < size; at += 1 << 18)
            sum = (uint8_t)(sum + frame.rgb[at]);
        sum = (uint8_t)(sum + frame.rgb[size - 1]);
        FUZZ_CHECK(frame.pts_us >= 0);
    }
    if (remote != NULL && hr_remote_warning(remote) != NULL)
        FUZZ_CHECK(strlen(hr_remote_warning(remote)) < HR_WIRE_WARNING_MAX);
    if (status != HR_OK && status != HR_END) {
        FUZZ_CHECK(error.code == status);
        FUZZ_CHECK(hr_view_is_utf8(hr_view_text(error.text)));
    }
    hr_remote_close(remote);
    hr_stream_close(&stream);
}

static void look_at_a_photo(void)
{
    struct hr_image image = {0};
    struct hr_error error = {0};
    char damage[HR_PHOTO_DAMAGE_SIZE] = "";
    const struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), TIME_MS, NULL);
    const struct hr_photo_options options = {.deadline = &deadline};
    if (hr_remote_photo(&image, hr_view_text("a photo"), &options, damage, &error) == HR_OK)
        hr_image_clear(&image);
    FUZZ_CHECK(memchr(damage, '\0', sizeof damage) != NULL);
}

static void look_at_an_album(void)
{
    static const uint8_t bytes[1000];
    struct hr_stream stream;
    struct hr_error error = {0};
    struct hr_remote *remote = NULL;
    struct hr_album_entry entry;
    const struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), TIME_MS, NULL);
    const struct hr_photo_options options = {.deadline = &deadline};
    FUZZ_CHECK(hr_stream_open_memory(&stream, hr_view_of(bytes, sizeof bytes), &error) == HR_OK);
    enum hr_status status = hr_remote_album_open(&remote, &stream, &options, &error);
    for (int i = 0; status == HR_OK && i < FRAMES_MAX; i++) {
        status = hr_remote_album_next(remote, &entry, &error);
        if (status != HR_OK)
            break;
        volatile uint8_t last = entry.bytes.size > 0 ? entry.bytes.data[entry.bytes.size - 1] : 0;
        (void)last;
        FUZZ_CHECK(entry.verdict < HR_ALBUM_VERDICT_COUNT && hr_view_is_utf8(hr_view_text(entry.name)));
        FUZZ_CHECK(entry.bytes.size <= HR_LIMIT_ALBUM_PHOTO_BYTES);
        FUZZ_CHECK((entry.verdict == HR_ALBUM_PICTURE) == (entry.bytes.size > 0));
    }
    if (status != HR_OK && status != HR_END)
        FUZZ_CHECK(error.code == status);
    hr_remote_close(remote);
    hr_stream_close(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    said = hr_view_of(data, size);
    look_at_a_video();
    look_at_a_photo();
    look_at_an_album();
    return 0;
}
