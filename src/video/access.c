#include "video/access.h"

#include <libavcodec/codec_desc.h>

#include "base/view.h"

struct hr_access_reader hr_access_reader_of(const AVCodecParameters *parameters)
{
    const AVCodecDescriptor *descriptor = avcodec_descriptor_get(parameters->codec_id);
    struct hr_access_reader reader = {
        .codec = parameters->codec_id,
        .every_picture_alone = descriptor != NULL && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY),
    };
    const uint8_t *extra = parameters->extradata;
    int size = parameters->extradata_size;
    if (reader.codec == AV_CODEC_ID_H264 && size >= 7 && extra[0] == 1)
        reader.length_bytes = (extra[4] & 3) + 1;
    if (reader.codec == AV_CODEC_ID_HEVC && size >= 23 && extra[0] == 1) {
        reader.length_bytes = (extra[21] & 3) + 1;
        reader.temporal_layers = (extra[21] >> 3) & 7;
    }
    return reader;
}

/* Takes the next NAL unit, with a length in front, off `rest`. False at the end or when the length
 * is wrong (then `rest` is not empty). */
static bool next_by_length(int length_bytes, struct hr_view *rest, struct hr_view *unit)
{
    if (rest->size < (size_t)length_bytes)
        return false;
    size_t length = 0;
    for (int i = 0; i < length_bytes; i++)
        length = length << 8 | rest->data[i];
    size_t left = rest->size - (size_t)length_bytes;
    if (length > left)
        return false;
    *unit = hr_view_of(rest->data + length_bytes, length);
    *rest = hr_view_of(unit->data + length, left - length);
    return true;
}

/* Moves `rest` behind the next 00 00 01; false when there is none. */
static bool skip_start_code(struct hr_view *rest)
{
    for (size_t at = 2; at < rest->size; at++) {
        const uint8_t *one = memchr(rest->data + at, 1, rest->size - at);
        if (one == NULL)
            break;
        at = (size_t)(one - rest->data);
        if (one[-1] == 0 && one[-2] == 0) {
            *rest = hr_view_of(one + 1, rest->size - at - 1);
            return true;
        }
    }
    *rest = hr_view_of(rest->data + rest->size, 0);
    return false;
}

static bool next_unit(const struct hr_access_reader *reader, struct hr_view *rest, struct hr_view *unit)
{
    if (reader->length_bytes > 0)
        return next_by_length(reader->length_bytes, rest, unit);
    if (!skip_start_code(rest))
        return false;
    *unit = *rest; /* reaches too far, but only its first bytes are looked at */
    return true;
}

struct nal_census {
    unsigned pictures;   /* slices */
    unsigned disposable; /* of them */
    unsigned entries;
    unsigned open_entries;
    unsigned parameter_sets;
};

static void count_h264(struct hr_view unit, struct nal_census *census)
{
    unsigned type = unit.data[0] & 31, reference = (unit.data[0] >> 5) & 3;
    if (type >= 1 && type <= 5) {
        census->pictures++;
        census->disposable += reference == 0;
        census->entries += type == 5; /* IDR */
    } else if (type == 7 || type == 8 || type == 13 || type == 15) {
        census->parameter_sets++;
    }
}

static void count_hevc(const struct hr_access_reader *reader, struct hr_view unit, struct nal_census *census)
{
    if (unit.size < 2)
        return;
    int type = (unit.data[0] >> 1) & 63, layer = (unit.data[1] & 7) - 1;
    if (type < 32) {
        census->pictures++;
        /* Even types below 16 are not referred to within their temporal layer; only in the highest
         * layer does that mean not at all. */
        census->disposable +=
            type < 16 && type % 2 == 0 && reader->temporal_layers > 0 && layer + 1 >= reader->temporal_layers;
        census->entries += type >= 16 && type <= 20; /* BLA, IDR */
        census->open_entries += type == 21;          /* CRA */
    } else if (type <= 34) {
        census->parameter_sets++;
    }
}

static unsigned access_of_nal_units(const struct hr_access_reader *reader, struct hr_view data)
{
    struct nal_census census = {0};
    struct hr_view rest = data, unit;
    while (next_unit(reader, &rest, &unit)) {
        if (unit.size == 0)
            continue;
        if (reader->codec == AV_CODEC_ID_H264)
            count_h264(unit, &census);
        else
            count_hevc(reader, unit, &census);
    }
    if (rest.size > 0)
        return HR_ACCESS_FOREIGN;
    unsigned access = census.parameter_sets > 0 ? HR_ACCESS_PARAMETERS : 0;
    if (census.pictures == 0)
        return access;
    if (census.disposable == census.pictures && census.parameter_sets == 0)
        access |= HR_ACCESS_DISPOSABLE;
    if (census.entries == census.pictures)
        access |= HR_ACCESS_ENTRY;
    if (census.open_entries == census.pictures)
        access |= HR_ACCESS_ENTRY_OPEN;
    return access;
}

static unsigned access_of_mpeg4(struct hr_view data, bool key)
{
    enum { VOP = 0xB6, TYPE_I = 0, TYPE_B = 2 };
    unsigned pictures = 0, type = 0;
    while (skip_start_code(&data)) {
        if (data.size < 2 || data.data[0] != VOP)
            continue;
        pictures++;
        type = data.data[1] >> 6;
    }
    if (pictures != 1)
        return HR_ACCESS_FOREIGN; /* B-frames packed into one packet with another frame */
    if (type == TYPE_B)
        return HR_ACCESS_DISPOSABLE;
    return type == TYPE_I && key ? HR_ACCESS_ENTRY_OPEN : HR_ACCESS_NEEDED;
}

static bool is_vp9_key_frame(struct hr_view data)
{
    if (data.size == 0 || data.data[0] >> 6 != 2)
        return false;
    unsigned bits = data.data[0];
    bool profile_3 = (bits & 0x30) == 0x30; /* one reserved bit more */
    unsigned show_existing_and_type = profile_3 ? bits >> 1 & 3 : bits >> 2 & 3;
    return show_existing_and_type == 0;
}

unsigned hr_access_of(const struct hr_access_reader *reader, const AVPacket *packet)
{
    struct hr_view data = hr_view_of(packet->data, packet->size > 0 ? (size_t)packet->size : 0);
    bool key = packet->flags & AV_PKT_FLAG_KEY;
    if (reader->every_picture_alone)
        return HR_ACCESS_DISPOSABLE | HR_ACCESS_ENTRY;
    switch (reader->codec) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
        return access_of_nal_units(reader, data);
    case AV_CODEC_ID_MPEG4:
        return access_of_mpeg4(data, key);
    case AV_CODEC_ID_VP8:
        return key && data.size > 0 && (data.data[0] & 1) == 0 ? HR_ACCESS_ENTRY : HR_ACCESS_NEEDED;
    case AV_CODEC_ID_VP9:
        return key && is_vp9_key_frame(data) ? HR_ACCESS_ENTRY : HR_ACCESS_NEEDED;
    case AV_CODEC_ID_AV1:
        return key ? HR_ACCESS_ENTRY : HR_ACCESS_NEEDED;
    default:
        return HR_ACCESS_NEEDED;
    }
}
