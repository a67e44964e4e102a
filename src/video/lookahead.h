/* A short queue of packets between demuxer and decoder, which leaves out what no due frame needs.
 *
 * At one or two samples a second most pictures are never looked at, but most of them must be
 * decoded because later ones refer to them. Not needed, and left out here, are
 *   - disposable pictures that are not due;
 *   - everything up to an entry point that lies before the next due picture;
 *   - everything after the last due picture.
 * A picture is certainly not due when another one of the same window (video/sampler.h) comes before
 * it; which pictures come is known by looking ahead, never guessed from the frame rate. In doubt a
 * packet is needed. The due frames are the same, bit for bit, as when everything is decoded.
 *
 * In a damaged file a due picture may turn out undecodable, and another of its window has to stand
 * in: the first damage ends the economy (hr_lookahead_give_up).
 *
 * Until the first frame is known (hr_lookahead_start) every packet passes. */
#ifndef HR_VIDEO_LOOKAHEAD_H
#define HR_VIDEO_LOOKAHEAD_H

#include "video/access.h"
#include "video/sampler.h"

enum {
    HR_LOOKAHEAD_PACKETS = 512,
    HR_LOOKAHEAD_BYTES = 32 << 20,
    HR_LOOKAHEAD_WINDOWS = 32,     /* remembered of the packets that passed */
    HR_LOOKAHEAD_EARLY = 64,       /* packets before the first frame is known, remembered */
    HR_LOOKAHEAD_REORDER_MAX = 16, /* pictures by which decoding and showing order differ */
    HR_LOOKAHEAD_BACK_MAX_S = 4    /* a packet this much earlier than another: the clock was set */
};

struct hr_lookahead_entry {
    AVPacket *packet; /* owned */
    int64_t window;
    unsigned access;
    bool due; /* may be due: nothing earlier of its window is known */
};

/* The earliest picture of a window that went to the decoder. */
struct hr_lookahead_passed {
    int64_t window;
    int64_t pts;
};

struct hr_lookahead {
    struct hr_access_reader reader;
    struct hr_sampler sampler;
    bool enabled; /* false for good once the stream turns out to be of a kind that is not understood
                   */
    bool started;
    bool ended; /* the demuxer has no more */
    int64_t first_pts;
    int64_t first_window; /* earlier ones are not due: another look at the video has seen them */
    int64_t latest_pts;   /* of all that were put in; INT64_MIN at first */

    struct hr_lookahead_entry *ring; /* HR_LOOKAHEAD_PACKETS, owned */
    size_t first;
    size_t count;
    size_t bytes;
    bool restart;               /* packets were left out that the decoder would have needed */
    int64_t leading_before_pts; /* after an open entry: pictures shown before this are left out */

    struct hr_lookahead_passed passed[HR_LOOKAHEAD_WINDOWS];
    size_t passed_count;
    int64_t early_pts[HR_LOOKAHEAD_EARLY];
    size_t early_count;

    uint64_t packets_left_out;
};

/* False: out of memory. `sampler` with every frame due, or not `economical`: everything passes. */
bool hr_lookahead_init(struct hr_lookahead *lookahead, const AVCodecParameters *parameters, struct hr_sampler sampler,
                       bool economical);
void hr_lookahead_clear(struct hr_lookahead *lookahead);

/* The first frame was shown at `first_pts`: from now on the windows are known. */
void hr_lookahead_start(struct hr_lookahead *lookahead, int64_t first_pts);

/* No picture of an earlier window than this is due. Once started. */
void hr_lookahead_skip(struct hr_lookahead *lookahead, int64_t first_window);

/* From now on everything passes, for good. */
void hr_lookahead_give_up(struct hr_lookahead *lookahead);

/* Whether another packet should be put in before one is taken. */
bool hr_lookahead_wants_more(const struct hr_lookahead *lookahead);
/* Takes over what `packet` refers to, leaving it blank. False: out of memory. Only while
 * hr_lookahead_wants_more. */
bool hr_lookahead_put(struct hr_lookahead *lookahead, AVPacket *packet);
/* The demuxer has no more. */
void hr_lookahead_end(struct hr_lookahead *lookahead);

enum hr_lookahead_step {
    HR_LOOKAHEAD_DECODE,  /* *packet goes to the decoder */
    HR_LOOKAHEAD_RESTART, /* the same, but the decoder has to be drained and flushed before */
    HR_LOOKAHEAD_MORE,    /* put in more packets first */
    HR_LOOKAHEAD_DONE     /* no due frame is left */
};
/* The next packet to be decoded, moved into the blank `packet`. */
enum hr_lookahead_step hr_lookahead_take(struct hr_lookahead *lookahead, AVPacket *packet);

#endif
