#include "classroom/part.h"

#include <stdio.h>
#include <string.h>

static const char part_magic[8] = "HRPART03";

struct part_head {
    char magic[8];
    char detector_id[64];
    char embedder_ids[HR_VECTOR_PARTS_MAX][64];
    double samples_per_s;
    int64_t pts_us;
    uint64_t frames;
    uint64_t faces;
    uint64_t camera;
    int64_t duration_us;
    int32_t width_px, height_px;
    char codec[HR_PART_CODEC_SIZE];
};
_Static_assert(sizeof(struct part_head) == 416, "no padding");

/* Everything that must be alike for the parts to make one whole. */
static struct part_head head_of(const struct hr_session *session, double samples_per_s)
{
    struct part_head head = {.samples_per_s = samples_per_s};
    memcpy(head.magic, part_magic, sizeof head.magic);
    snprintf(head.detector_id, sizeof head.detector_id, "%s", hr_network_card(session->models->detector)->id);
    const struct hr_vector_layout *layout = hr_embedders_layout(session->embedders);
    for (size_t i = 0; i < layout->count; i++)
        snprintf(head.embedder_ids[i], sizeof head.embedder_ids[i], "%s", layout->parts[i].model_id);
    return head;
}

/* As codecs are called, with a zero behind it. */
static bool is_name(const char codec[HR_PART_CODEC_SIZE])
{
    size_t length = strnlen(codec, HR_PART_CODEC_SIZE);
    return length > 0 && length < HR_PART_CODEC_SIZE &&
           strspn(codec, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

enum hr_status hr_part_save(const struct hr_session *session, double samples_per_s,
                            const struct hr_part_position *position, struct hr_buffer *out, struct hr_error *error)
{
    struct part_head head = head_of(session, samples_per_s);
    head.pts_us = position->pts_us;
    head.frames = position->frames;
    head.faces = position->faces;
    head.camera = (uint64_t)position->camera;
    head.duration_us = position->duration_us;
    head.width_px = position->size.width_px;
    head.height_px = position->size.height_px;
    memcpy(head.codec, position->codec, sizeof head.codec);
    hr_buffer_append(out, hr_view_of(&head, sizeof head));
    return hr_tracks_save(session->tracks, out, error);
}

enum hr_status hr_part_load(struct hr_session *session, double samples_per_s, struct hr_view state,
                            struct hr_part_position *position, struct hr_error *error)
{
    struct part_head head, wanted = head_of(session, samples_per_s);
    if (state.size < sizeof head)
        return hr_error_set(error, HR_ERR_FORMAT, "the saved state is cut off");
    memcpy(&head, state.data, sizeof head);
    if (memcmp(head.magic, wanted.magic, sizeof head.magic) != 0)
        return hr_error_set(error, HR_ERR_FORMAT, "the saved state makes no sense");
    if (memcmp(head.detector_id, wanted.detector_id, sizeof head.detector_id) != 0 ||
        memcmp(head.embedder_ids, wanted.embedder_ids, sizeof head.embedder_ids) != 0 ||
        head.samples_per_s != wanted.samples_per_s)
        return hr_error_set(error, HR_ERR_CONFLICT, "the saved state was made with other models or another rate");
    if (head.pts_us < 0 || head.pts_us > HR_LIMIT_VIDEO_TIME_US || head.frames == 0 ||
        head.camera >= HR_LIMIT_VIDEO_STREAMS || head.duration_us < 0 || head.width_px <= 0 || head.height_px <= 0 ||
        !is_name(head.codec) || head.frames > (head.camera + 1) * HR_LIMIT_SAMPLES_PER_VIDEO ||
        head.faces > head.frames * HR_LIMIT_FACES_PER_FRAME)
        return hr_error_set(error, HR_ERR_FORMAT, "the saved state makes no sense");
    *position = (struct hr_part_position){.pts_us = head.pts_us,
                                          .camera = (int)head.camera,
                                          .frames = (size_t)head.frames,
                                          .faces = (size_t)head.faces,
                                          .size = {head.width_px, head.height_px},
                                          .duration_us = head.duration_us};
    memcpy(position->codec, head.codec, sizeof position->codec);
    state.data += sizeof head;
    state.size -= sizeof head;
    return hr_tracks_load(session->tracks, state, error);
}
