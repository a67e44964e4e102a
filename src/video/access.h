/* What may be left out: the part that one packet plays for the packets around it, read from its
 * first bytes without decoding.
 *
 * Says "needed" whenever it isn't sure. H.264: ITU-T H.264 7.3.1 (NAL units) and ISO/IEC 14496-15
 * (avcC); HEVC: ITU-T H.265 7.3.1.2, 7.4.2.2 (NAL unit types) and 14496-15 (hvcC); MPEG-4: ISO/IEC
 * 14496-2 6.2.5 (VOP); VP9: bitstream specification 6.2; VP8: RFC 6386 9.1. */
#ifndef HR_VIDEO_ACCESS_H
#define HR_VIDEO_ACCESS_H

#include <libavcodec/avcodec.h>
#include <stdbool.h>

enum hr_access {
    HR_ACCESS_NEEDED = 0,
    /* No other picture refers to this one. */
    HR_ACCESS_DISPOSABLE = 1,
    /* Decoding can begin here, and all that follows in decoding order comes out exact. */
    HR_ACCESS_ENTRY = 2,
    /* As ENTRY, except for pictures that follow in decoding order and are shown before this one. */
    HR_ACCESS_ENTRY_OPEN = 4,
    /* Carries parameter sets, which later packets may rely on. */
    HR_ACCESS_PARAMETERS = 8,
    /* The stream is not of the kind that the other answers are true for (packed B-frames, broken
     * lengths): from here on everything is needed. */
    HR_ACCESS_FOREIGN = 16
};

/* How the packets of one stream are read. */
struct hr_access_reader {
    enum AVCodecID codec;
    bool every_picture_alone; /* intra-only codec */
    int length_bytes;         /* of the NAL unit length; 0: start codes (Annex B) */
    int temporal_layers;      /* HEVC; 0: not known */
};

struct hr_access_reader hr_access_reader_of(const AVCodecParameters *parameters);

/* Flags of enum hr_access. */
unsigned hr_access_of(const struct hr_access_reader *reader, const AVPacket *packet);

#endif
