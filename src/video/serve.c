#include "video/serve.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "video/decoding.h"
#include "video/heif.h"
#include "video/photo.h"
#include "video/unpack.h"
#include "video/wire.h"

struct servant {
    int socket;
    int memory;
    uint8_t *pixels; /* mapped; NULL at first */
    size_t mapped_bytes;
    bool pixels_follow; /* the answer: there is no shared memory */
    size_t following_bytes;
    struct hr_picture_room room; /* where pixels are made: as they are to be shown */
    struct hr_stream stream;     /* the parent's */
    struct hr_wire_order order;
    uint8_t bytes[HR_WIRE_BYTES_MAX]; /* behind the order */
    size_t byte_count;
};

/* The next order; false when the parent is gone. */
static bool listen_to_parent(struct servant *servant)
{
    struct iovec parts[] = {{&servant->order, sizeof servant->order}, {servant->bytes, sizeof servant->bytes}};
    ssize_t got;
    do
        got = readv(servant->socket, parts, 2);
    while (got < 0 && errno == EINTR);
    if (got < (ssize_t)sizeof servant->order)
        return false;
    servant->byte_count = (size_t)got - sizeof servant->order;
    return true;
}

/* --- the parent's stream --- */

static bool wish(struct servant *servant, enum hr_wire_kind kind, uint64_t value)
{
    struct hr_wire_wish message = {.kind = kind, .value = value};
    return hr_wire_send(servant->socket, &message, sizeof message) && listen_to_parent(servant);
}

/* What it was that failed the parent knows better. */
static enum hr_status failed(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_IO, "the bytes can't be had");
}

static enum hr_status read_from_parent(void *context, void *into, size_t size, size_t *got, struct hr_error *error)
{
    struct servant *servant = context;
    if (!wish(servant, HR_WIRE_READ, size < HR_WIRE_BYTES_MAX ? size : HR_WIRE_BYTES_MAX))
        return failed(error);
    if (servant->order.status == HR_END)
        return HR_END;
    if (servant->order.status != HR_OK || servant->byte_count == 0 || servant->byte_count > size)
        return failed(error);
    memcpy(into, servant->bytes, servant->byte_count);
    *got = servant->byte_count;
    return HR_OK;
}

static enum hr_status seek_in_parent(void *context, uint64_t offset_bytes, struct hr_error *error)
{
    struct servant *servant = context;
    if (!wish(servant, HR_WIRE_SEEK, offset_bytes) || servant->order.status != HR_OK)
        return failed(error);
    return HR_OK;
}

static void take_stream(struct servant *servant)
{
    servant->pixels_follow = servant->order.pixels_follow;
    servant->stream = (struct hr_stream){.read = read_from_parent,
                                         .seek = servant->order.can_seek ? seek_in_parent : NULL,
                                         .size_bytes = servant->order.size_bytes,
                                         .context = servant};
}

/* --- answers --- */

static bool map_pixels(struct servant *servant, size_t bytes)
{
    if (bytes <= servant->mapped_bytes)
        return true;
    if (servant->pixels != NULL)
        munmap(servant->pixels, servant->mapped_bytes);
    servant->mapped_bytes = 0;
    servant->pixels = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                           servant->pixels_follow ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE,
                           servant->pixels_follow ? -1 : servant->memory, 0);
    if (servant->pixels == MAP_FAILED) {
        servant->pixels = NULL;
        return false;
    }
    servant->mapped_bytes = bytes;
    return true;
}

static uint8_t *give_room(void *context, size_t bytes)
{
    struct servant *servant = context;
    return map_pixels(servant, bytes) ? servant->pixels : NULL;
}

/* Pixels that were not made there (of a still image) are copied. */
static enum hr_status show(struct servant *servant, const struct hr_frame *frame, struct hr_wire_answer *answer,
                           struct hr_error *error)
{
    size_t stride = hr_picture_stride(frame->size.width_px), row_bytes = (size_t)frame->size.width_px * 3;
    bool is_there = frame->rgb == servant->pixels && frame->stride_bytes == (ptrdiff_t)stride;
    if (!is_there && !map_pixels(servant, hr_picture_bytes(frame->size)))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a picture");
    for (int y = 0; !is_there && y < frame->size.height_px; y++)
        memcpy(servant->pixels + (size_t)y * stride, frame->rgb + y * frame->stride_bytes, row_bytes);
    servant->following_bytes = servant->pixels_follow ? stride * (size_t)frame->size.height_px : 0;
    answer->width_px = frame->size.width_px;
    answer->height_px = frame->size.height_px;
    answer->pts_us = frame->pts_us;
    return HR_OK;
}

/* What this process has taken: of processors, and of memory. */
static void describe_process(struct hr_video_work *work)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    work->processor_us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
                         usage.ru_stime.tv_usec;
    work->memory_bytes = (uint64_t)usage.ru_maxrss * 1024; /* Linux: kibibytes */
}

static void describe(const struct hr_decoding *decoding, struct hr_wire_answer *answer)
{
    const struct hr_video_info *info = hr_decoding_info(decoding);
    const char *warning = hr_decoding_warning(decoding);
    answer->shown_width_px = info->size.width_px;
    answer->shown_height_px = info->size.height_px;
    answer->rotation_deg = info->rotation_deg;
    answer->cameras = info->cameras;
    answer->duration_us = info->duration_us;
    answer->created_us = info->created_us;
    answer->work = hr_decoding_work(decoding);
    describe_process(&answer->work);
    snprintf(answer->container, sizeof answer->container, "%s", info->container);
    snprintf(answer->codec, sizeof answer->codec, "%s", info->codec);
    snprintf(answer->warning, sizeof answer->warning, "%s", warning != NULL ? warning : "");
}

/* The pixels behind an answer. */
static bool send_pixels(struct servant *servant)
{
    bool good = true;
    for (size_t at = 0, size; good && at < servant->following_bytes; at += size) {
        size = servant->following_bytes - at;
        size = size < HR_WIRE_BYTES_MAX ? size : HR_WIRE_BYTES_MAX;
        good = hr_wire_send(servant->socket, servant->pixels + at, size);
    }
    servant->following_bytes = 0;
    return good;
}

static bool send_answer(struct servant *servant, struct hr_wire_answer *answer, enum hr_status status,
                        const struct hr_error *error)
{
    answer->kind = HR_WIRE_ANSWER;
    answer->status = (int32_t)status;
    if (status != HR_OK && status != HR_END)
        snprintf(answer->text, sizeof answer->text, "%s", error->text);
    return hr_wire_send(servant->socket, answer, sizeof *answer) && send_pixels(servant);
}

/* --- orders --- */

static bool open_video(struct servant *servant, struct hr_decoding **decoding)
{
    struct hr_wire_answer answer = {0};
    struct hr_error error = {0};
    const struct hr_video_options options = {.samples_per_s = servant->order.samples_per_s,
                                             .decoder_threads = servant->order.decoder_threads,
                                             .camera = servant->order.camera,
                                             .decode_everything = servant->order.decode_everything};
    take_stream(servant);
    enum hr_status status = hr_decoding_open(decoding, &servant->stream, &options, &servant->room, &error);
    if (status == HR_OK)
        describe(*decoding, &answer);
    return send_answer(servant, &answer, status, &error);
}

static bool next_frame(struct servant *servant, struct hr_decoding *decoding)
{
    struct hr_wire_answer answer = {0};
    struct hr_error error = {0};
    struct hr_frame frame;
    enum hr_status status = hr_decoding_next(decoding, &frame, &error);
    if (status == HR_OK)
        status = show(servant, &frame, &answer, &error);
    describe(decoding, &answer);
    return send_answer(servant, &answer, status, &error);
}

static enum hr_status read_all(struct servant *servant, struct hr_buffer *bytes, struct hr_error *error)
{
    uint8_t chunk[HR_WIRE_BYTES_MAX];
    size_t got = 0;
    enum hr_status status;
    while ((status = read_from_parent(servant, chunk, sizeof chunk, &got, error)) == HR_OK) {
        hr_buffer_append(bytes, hr_view_of(chunk, got));
        if (bytes->failed)
            return hr_buffer_check(bytes, error);
    }
    return status == HR_END ? HR_OK : status;
}

static bool read_photo(struct servant *servant)
{
    struct hr_wire_answer answer = {0};
    struct hr_error error = {0};
    struct hr_image image = {0};
    struct hr_reason damage = {0};
    struct hr_buffer bytes;
    take_stream(servant);
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES + 1);
    enum hr_status status = read_all(servant, &bytes, &error);
    if (status == HR_OK)
        status = hr_photo_decode(&image, hr_buffer_view(&bytes), &damage, &error);
    hr_buffer_clear(&bytes);
    if (status == HR_OK) {
        const struct hr_frame frame = hr_image_frame(&image);
        status = show(servant, &frame, &answer, &error);
    }
    snprintf(answer.warning, sizeof answer.warning, "%s", damage.first);
    hr_image_clear(&image);
    return send_answer(servant, &answer, status, &error);
}

static bool open_album(struct servant *servant, struct hr_unpack **unpack)
{
    struct hr_wire_answer answer = {0};
    struct hr_error error = {0};
    take_stream(servant);
    enum hr_status status = hr_unpack_open(unpack, &servant->stream, &error);
    return send_answer(servant, &answer, status, &error);
}

static enum hr_status show_bytes(struct servant *servant, struct hr_view bytes, struct hr_error *error)
{
    if (bytes.size == 0)
        return HR_OK;
    if (!map_pixels(servant, bytes.size))
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a photo");
    memcpy(servant->pixels, bytes.data, bytes.size);
    servant->following_bytes = servant->pixels_follow ? bytes.size : 0;
    return HR_OK;
}

static bool next_entry(struct servant *servant, struct hr_unpack *unpack)
{
    struct hr_wire_answer answer = {0};
    struct hr_error error = {0};
    struct hr_album_entry entry;
    enum hr_status status = hr_unpack_next(unpack, &entry, &error);
    if (status == HR_OK)
        status = show_bytes(servant, entry.bytes, &error);
    if (status == HR_OK) {
        answer.entry_bytes = entry.bytes.size;
        answer.entry_verdict = entry.verdict;
        snprintf(answer.entry_name, sizeof answer.entry_name, "%s", entry.name);
    }
    return send_answer(servant, &answer, status, &error);
}

static void serve(int socket, int memory)
{
    struct servant *servant = calloc(1, sizeof *servant);
    struct hr_decoding *decoding = NULL;
    struct hr_unpack *unpack = NULL;
    if (servant == NULL)
        return;
    servant->socket = socket;
    servant->memory = memory;
    servant->room = (struct hr_picture_room){give_room, servant};
    bool goes_on = true;
    while (goes_on && listen_to_parent(servant)) {
        if (servant->order.kind == HR_WIRE_OPEN && decoding == NULL)
            goes_on = open_video(servant, &decoding);
        else if (servant->order.kind == HR_WIRE_PHOTO)
            goes_on = read_photo(servant);
        else if (servant->order.kind == HR_WIRE_ALBUM && unpack == NULL)
            goes_on = open_album(servant, &unpack);
        else if (servant->order.kind == HR_WIRE_ENTRY && unpack != NULL)
            goes_on = next_entry(servant, unpack);
        else if (servant->order.kind == HR_WIRE_NEXT && decoding != NULL)
            goes_on = next_frame(servant, decoding);
        else if (servant->order.kind == HR_WIRE_SKIP && decoding != NULL)
            hr_decoding_skip_past(decoding, servant->order.pts_us);
    }
    /* What is left goes with the process. */
}

/* Each child's pages are new: half of what a child costs was the kernel giving them, four kilobytes at a time. So the
 * heap reaches ahead, of pages as large as there are, and what a decoder frees stays for its next picture. Reserved is
 * not used: a child takes what it touches. Its limit counts what is reserved, so it is a quarter of that at most. */
static void reach_ahead(uint64_t memory_bytes)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    enum { AHEAD_BYTES = 128 << 20, PARTS = 4, MMAP_BYTES = 32 << 20, STEP_BYTES = 4 << 20, PAGE_BYTES = 2 << 20 };
    int ahead = memory_bytes > 0 && memory_bytes / PARTS < AHEAD_BYTES ? (int)(memory_bytes / PARTS) : AHEAD_BYTES;
    struct rlimit addresses;
    if (getrlimit(RLIMIT_AS, &addresses) != 0 || addresses.rlim_cur != RLIM_INFINITY)
        return; /* there they count, used or not */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_TOP_PAD, ahead);
    void *block = malloc(PAGE_BYTES);
    uintptr_t end = (uintptr_t)sbrk(0), start = (uintptr_t)block;
    if (block != NULL && end > start && end - start >= (uintptr_t)ahead) {
        start = (start + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
        (void)madvise((void *)start, end - start, MADV_HUGEPAGE);
    }
    free(block);
    mallopt(M_TOP_PAD, STEP_BYTES);
#else
    (void)memory_bytes;
#endif
}

static void prepare(uint64_t memory_bytes)
{
    hr_heif_load();
    hr_unpack_load();
    reach_ahead(memory_bytes);
}

const struct hr_sandbox_work hr_serve_videos = {.prepare = prepare, .serve = serve};
