/* One FFmpeg decoder with homeroom's limits set. */
#ifndef HR_VIDEO_DECODER_H
#define HR_VIDEO_DECODER_H

#include <libavcodec/avcodec.h>
#include <stdatomic.h>

#include "base/status.h"
#include "video/reason.h"

/* `threads`: 0: one per processor. `parameters` may be NULL where `codec_id` says all. `refused` (may be NULL, outlives
 * the decoder) is set when there was no memory for a picture: a decoder may go on without it, as if it were damaged.
 * *out is the caller's (avcodec_free_context). Errors: UNSUPPORTED (no such decoder), FORMAT, MEMORY. */
enum hr_status hr_decoder_open(AVCodecContext **out, enum AVCodecID codec_id, const AVCodecParameters *parameters,
                               int threads, atomic_bool *refused, const struct hr_reason *reason,
                               struct hr_error *error) HR_MUST_USE;

/* Whether what FFmpeg said is about the size of the picture; then `error` is LIMIT, with the limit. */
bool hr_decoder_refused_size(const char *said, struct hr_error *error);

#endif
