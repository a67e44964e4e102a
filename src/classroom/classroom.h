/* The whole story of one video: source -> frames -> faces -> tracks -> students -> result. The
 * command line, the folder watcher and everything that comes later call hr_classroom_recognize;
 * each brings a stream. */
#ifndef HR_CLASSROOM_CLASSROOM_H
#define HR_CLASSROOM_CLASSROOM_H

#include "base/stream.h"
#include "classroom/engine.h"
#include "report/report.h"
#include "video/video.h"

/* Where the time of a video went, microseconds of wall clock in the calling thread. */
struct hr_stage_times {
    int64_t decode_us;
    int64_t detect_us;
    int64_t track_us; /* embedding included */
    int64_t total_us;
    int64_t processor_us;  /* of all threads of the program meanwhile, and of the process that decoded */
    uint64_t memory_bytes; /* the most that the program has had so far, with the most of that process */
};

/* As hr_recognize_file, from a stream (borrowed), with a snapshot that the caller holds. `name` appears in errors and
 * in the report. */
enum hr_status hr_classroom_recognize(struct hr_session *session, struct hr_snapshot *snapshot,
                                      struct hr_stream *stream, const char *name,
                                      const struct hr_recognize_options *options, struct hr_result **out,
                                      struct hr_error *error) HR_MUST_USE;

/* A video that takes longer than whoever looks at it may stay: the work is suspended between two frames and goes on
 * from a checkpoint, here or elsewhere, with the same result as in one go. The checkpoint holds vectors, places and
 * times; no picture. */
struct hr_part {
    struct hr_view state;        /* the checkpoint of an earlier part; empty: from the beginning */
    int64_t suspend_at_us;       /* monotonic time after which to stop; INT64_MAX: never */
    struct hr_buffer checkpoint; /* initialised by the caller; filled when `unfinished` */
    bool unfinished;             /* then there is no result yet */
    int64_t position_us;         /* of the video, reached so far */
    int64_t duration_us;         /* of the video; 0: not known */
    size_t frames;               /* that were looked at so far */
    struct hr_video_work work;   /* what decoding cost in this part, of all cameras */
};
/* Most that a checkpoint takes: every track that there may be. */
#define HR_PART_STATE_BYTES_MAX ((size_t)64 << 20)

/* As hr_classroom_recognize. HR_OK with *out NULL when the part ended unfinished; at least one
 * frame further than the part before. CONFLICT when `state` was made with other options or
 * another model, FORMAT when it makes no sense: begin again without it. */
enum hr_status hr_classroom_recognize_part(struct hr_session *session, struct hr_snapshot *snapshot,
                                           struct hr_stream *stream, const char *name,
                                           const struct hr_recognize_options *options, struct hr_part *part,
                                           struct hr_result **out, struct hr_error *error) HR_MUST_USE;

/* The result's observation; borrowed from the result. */
const struct hr_observation *hr_result_observation(const struct hr_result *result);
/* Whether hr_result_warning of that index names a student. */
bool hr_result_warning_names_student(const struct hr_result *result, size_t index);
const struct hr_stage_times *hr_result_times(const struct hr_result *result);
/* From now on its JSON says what it took, and is another one each time. */
void hr_result_say_took(struct hr_result *result);

#endif
