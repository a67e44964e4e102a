/* The state of a video that was suspended: where it stood, and the tracks. Inside this room only. */
#ifndef HR_CLASSROOM_PART_H
#define HR_CLASSROOM_PART_H

#include "classroom/classroom.h"

enum { HR_PART_CODEC_SIZE = 32 };

struct hr_part_position {
    int64_t pts_us;       /* of the last frame that was looked at */
    int camera;           /* it is of */
    size_t frames, faces; /* of all cameras so far */
    /* What the report says of the video: of its first camera, the duration of the longest. */
    struct hr_size size;
    int64_t duration_us;
    char codec[HR_PART_CODEC_SIZE];
};

enum hr_status hr_part_save(const struct hr_session *session, double samples_per_s,
                            const struct hr_part_position *position, struct hr_buffer *out,
                            struct hr_error *error) HR_MUST_USE;
/* Also loads the session's tracks. */
enum hr_status hr_part_load(struct hr_session *session, double samples_per_s, struct hr_view state,
                            struct hr_part_position *position, struct hr_error *error) HR_MUST_USE;

#endif
