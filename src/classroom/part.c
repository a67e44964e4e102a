#include "classroom/part.h"

#include <stdio.h>
#include <string.h>

static const char part_magic[8] = "HRPART02";

struct part_head {
    char magic[8];
    char detector_id[64];
    char embedder_ids[HR_VECTOR_PARTS_MAX][64];
    double samples_per_s;
    int64_t pts_us;
    uint64_t frames;
    uint64_t faces;
};
_Static_assert(sizeof(struct part_head) == 360, "no padding");

/* Everything that must be alike for the parts to make one whole. */
static struct part_head head_of(const struct hr_session *session, double samples_per_s)
{
    struct part_head head = {.samples_per_s = samples_per_s};
    memcpy(head.magic, part_magic, sizeof head.magic);
    snprintf(head.detector_id, sizeof head.detector_id, "%s",
             hr_network_card(session->engine->models.detector)->id);
    const struct hr_vector_layout *layout = hr_embedders_layout(session->embedders);
    for (size_t i = 0; i < layout->count; i++)
        snprintf(head.embedder_ids[i], sizeof head.embedder_ids[i], "%s",
                 layout->parts[i].model_id);
    return head;
}

enum hr_status hr_part_save(const struct hr_session *session, double samples_per_s,
                            const struct hr_part_position *position, struct hr_buffer *out,
                            struct hr_error *error)
{
    struct part_head head = head_of(session, samples_per_s);
    head.pts_us = position->pts_us;
    head.frames = position->frames;
    head.faces = position->faces;
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
        return hr_error_set(error, HR_ERR_CONFLICT,
                            "the saved state was made with other models or another rate");
    if (head.pts_us < 0 || head.pts_us > HR_LIMIT_VIDEO_TIME_US || head.frames == 0 ||
        head.frames > HR_LIMIT_SAMPLES_PER_VIDEO ||
        head.faces > head.frames * HR_LIMIT_FACES_PER_FRAME)
        return hr_error_set(error, HR_ERR_FORMAT, "the saved state makes no sense");
    *position = (struct hr_part_position){
        .pts_us = head.pts_us, .frames = (size_t)head.frames, .faces = (size_t)head.faces};
    state.data += sizeof head;
    state.size -= sizeof head;
    return hr_tracks_load(session->tracks, state, error);
}
