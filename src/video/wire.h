/* What is said between the process that has a video and the child that decodes it, in messages of one socket. Both are
 * the same program. The child may be in the hands of whoever made the video: nothing it says is taken unchecked.
 *
 * The parent orders, and serves the child's wishes for bytes until the answer is there:
 *     OPEN, PHOTO or ALBUM -> (READ -> BYTES | SEEK -> MOVED)* -> ANSWER
 *     SKIP                 -> nothing
 *     NEXT or ENTRY        -> (READ -> BYTES | SEEK -> MOVED)* -> ANSWER
 * Pixels are RGB, rows hr_picture_stride apart, and lie in the shared memory from its beginning, as the bytes of an
 * archive's entry do. Where there can be none they follow the answer, as messages of HR_WIRE_BYTES_MAX bytes; the last
 * may be shorter. */
#ifndef HR_VIDEO_WIRE_H
#define HR_VIDEO_WIRE_H

#include "video/album.h"

enum { HR_WIRE_BYTES_MAX = 64 * 1024, HR_WIRE_NAME_MAX = 64, HR_WIRE_WARNING_MAX = 400 };

enum hr_wire_kind {
    HR_WIRE_OPEN = 1,
    HR_WIRE_PHOTO,
    HR_WIRE_SKIP,
    HR_WIRE_NEXT,
    HR_WIRE_BYTES,
    HR_WIRE_MOVED,
    HR_WIRE_READ,
    HR_WIRE_SEEK,
    HR_WIRE_ANSWER,
    HR_WIRE_ALBUM,
    HR_WIRE_ENTRY
};

/* To the child; behind BYTES follow the bytes themselves. */
struct hr_wire_order {
    uint32_t kind;
    int32_t status;       /* BYTES, MOVED: HR_OK, HR_END; anything else: it failed */
    int64_t pts_us;       /* SKIP */
    double samples_per_s; /* from here on: OPEN */
    int32_t decoder_threads;
    int32_t camera;
    uint32_t decode_everything;
    uint32_t pixels_follow; /* there is no shared memory; PHOTO and ALBUM, too */
    uint32_t can_seek;      /* likewise */
    uint64_t size_bytes;    /* of the stream; likewise */
};

/* From the child. */
struct hr_wire_wish {
    uint32_t kind;
    uint32_t padding;
    uint64_t value; /* READ: how many bytes at most; SEEK: the offset */
};

struct hr_wire_answer {
    uint32_t kind;
    int32_t status;
    char text[HR_ERROR_TEXT_MAX]; /* of the error */
    int32_t width_px;             /* of the pixels; 0: there are none */
    int32_t height_px;
    int64_t pts_us;
    int32_t shown_width_px; /* from here on: hr_video_info */
    int32_t shown_height_px;
    int32_t rotation_deg;
    int32_t cameras;
    int64_t duration_us;
    int64_t created_us;
    char container[HR_WIRE_NAME_MAX];
    char codec[HR_WIRE_NAME_MAX];
    struct hr_video_work work;
    char warning[HR_WIRE_WARNING_MAX]; /* PHOTO: its damage */
    uint64_t entry_bytes;              /* from here on: of an archive's entry */
    uint32_t entry_verdict;
    char entry_name[HR_ALBUM_NAME_SIZE];
};

/* The shared memory: the largest picture, with its rows as far apart as they may be. */
#define HR_WIRE_SHARED_BYTES (HR_LIMIT_FRAME_PIXELS * 3 + (uint64_t)64 * (HR_LIMIT_FRAME_SIDE_PX + 1))

/* One message; false when the other side is gone, or the message is not of `size` bytes. */
bool hr_wire_send(int socket, const void *message, size_t size);
bool hr_wire_receive(int socket, void *message, size_t size);

#endif
