#include "video/lookahead.h"

#include <stdlib.h>

static struct hr_lookahead_entry *entry_at(const struct hr_lookahead *lookahead, size_t index)
{
    return &lookahead->ring[(lookahead->first + index) % HR_LOOKAHEAD_PACKETS];
}

bool hr_lookahead_init(struct hr_lookahead *lookahead, const AVCodecParameters *parameters, struct hr_sampler sampler,
                       bool economical)
{
    *lookahead = (struct hr_lookahead){
        .reader = hr_access_reader_of(parameters),
        .sampler = sampler,
        /* Fields that come in packets of their own cannot be told from whole pictures. */
        .enabled = economical && sampler.ticks_per_sample > 0 &&
                   (parameters->field_order == AV_FIELD_UNKNOWN || parameters->field_order == AV_FIELD_PROGRESSIVE),
        .latest_pts = INT64_MIN,
        .leading_before_pts = INT64_MIN,
    };
    lookahead->ring = calloc(HR_LOOKAHEAD_PACKETS, sizeof *lookahead->ring);
    return lookahead->ring != NULL;
}

void hr_lookahead_clear(struct hr_lookahead *lookahead)
{
    if (lookahead->ring != NULL)
        for (size_t i = 0; i < HR_LOOKAHEAD_PACKETS; i++)
            av_packet_free(&lookahead->ring[i].packet);
    free(lookahead->ring);
    *lookahead = (struct hr_lookahead){0};
}

static bool is_shown(const AVPacket *packet)
{
    return (packet->flags & AV_PKT_FLAG_DISCARD) == 0;
}

static int64_t window_of(const struct hr_lookahead *lookahead, int64_t pts)
{
    int64_t ticks;
    if (__builtin_sub_overflow(pts, lookahead->first_pts, &ticks))
        return INT64_MIN;
    return hr_sampler_window(&lookahead->sampler, ticks);
}

/* Remembers that a picture goes to the decoder, so that later ones of its window are known not to
 * be due. Forgets the oldest window when there is no room. */
static void note_passed(struct hr_lookahead *lookahead, int64_t pts)
{
    int64_t window = window_of(lookahead, pts);
    size_t oldest = 0;
    for (size_t i = 0; i < lookahead->passed_count; i++) {
        struct hr_lookahead_passed *passed = &lookahead->passed[i];
        if (passed->window == window) {
            passed->pts = pts < passed->pts ? pts : passed->pts;
            return;
        }
        if (passed->window < lookahead->passed[oldest].window)
            oldest = i;
    }
    size_t slot = lookahead->passed_count < HR_LOOKAHEAD_WINDOWS ? lookahead->passed_count++ : oldest;
    lookahead->passed[slot] = (struct hr_lookahead_passed){window, pts};
}

/* Decides whether the entry may be due, and which of the queued ones no longer are because of it.
 */
static void weigh(struct hr_lookahead *lookahead, struct hr_lookahead_entry *entry)
{
    const AVPacket *packet = entry->packet;
    entry->window = window_of(lookahead, packet->pts);
    entry->due = is_shown(packet) && entry->window >= lookahead->first_window;
    if (!is_shown(packet))
        return;
    for (size_t i = 0; i < lookahead->passed_count; i++)
        if (lookahead->passed[i].window == entry->window && lookahead->passed[i].pts < packet->pts)
            entry->due = false;
    for (size_t i = 0; i < lookahead->count; i++) {
        struct hr_lookahead_entry *other = entry_at(lookahead, i);
        if (other == entry || other->window != entry->window || !is_shown(other->packet))
            continue;
        if (other->packet->pts < packet->pts)
            entry->due = false;
        else if (packet->pts < other->packet->pts)
            other->due = false;
    }
}

void hr_lookahead_start(struct hr_lookahead *lookahead, int64_t first_pts)
{
    lookahead->started = true;
    lookahead->first_pts = first_pts;
    for (size_t i = 0; i < lookahead->early_count; i++)
        note_passed(lookahead, lookahead->early_pts[i]);
}

static bool is_looking(const struct hr_lookahead *lookahead)
{
    return lookahead->enabled && lookahead->started;
}

/* Index of the first entry that may be due; count when there is none. */
static size_t first_due(const struct hr_lookahead *lookahead)
{
    size_t index = 0;
    while (index < lookahead->count && !entry_at(lookahead, index)->due)
        index++;
    return index;
}

bool hr_lookahead_wants_more(const struct hr_lookahead *lookahead)
{
    if (lookahead->ended)
        return false;
    if (lookahead->count == 0)
        return true;
    if (!is_looking(lookahead))
        return false;
    if (lookahead->count == HR_LOOKAHEAD_PACKETS || lookahead->bytes >= HR_LOOKAHEAD_BYTES)
        return false;
    return lookahead->count - first_due(lookahead) <= HR_LOOKAHEAD_REORDER_MAX;
}

void hr_lookahead_skip(struct hr_lookahead *lookahead, int64_t first_window)
{
    lookahead->first_window = first_window;
    for (size_t i = 0; i < lookahead->count; i++)
        if (entry_at(lookahead, i)->window < first_window)
            entry_at(lookahead, i)->due = false;
}

void hr_lookahead_give_up(struct hr_lookahead *lookahead)
{
    lookahead->enabled = false;
}

/* Whether the packet is so much earlier than one before that the clock must have been set back. */
static bool jumps_back(struct hr_lookahead *lookahead, int64_t pts)
{
    double back = (double)lookahead->latest_pts - (double)pts;
    if (pts > lookahead->latest_pts)
        lookahead->latest_pts = pts;
    return back > HR_LOOKAHEAD_BACK_MAX_S * lookahead->sampler.ticks_per_s;
}

static bool has_new_parameters(const AVPacket *packet)
{
    for (int i = 0; i < packet->side_data_elems; i++)
        if (packet->side_data[i].type == AV_PKT_DATA_NEW_EXTRADATA ||
            packet->side_data[i].type == AV_PKT_DATA_PARAM_CHANGE)
            return true;
    return false;
}

bool hr_lookahead_put(struct hr_lookahead *lookahead, AVPacket *packet)
{
    struct hr_lookahead_entry *entry = entry_at(lookahead, lookahead->count);
    if (entry->packet == NULL && (entry->packet = av_packet_alloc()) == NULL)
        return false;
    av_packet_move_ref(entry->packet, packet);
    entry->access = HR_ACCESS_NEEDED;
    entry->due = true;
    lookahead->count++;
    lookahead->bytes += (size_t)entry->packet->size;
    if (!lookahead->enabled)
        return true;

    entry->access = hr_access_of(&lookahead->reader, entry->packet);
    if (entry->packet->pts == AV_NOPTS_VALUE || (entry->access & HR_ACCESS_FOREIGN) ||
        has_new_parameters(entry->packet) || jumps_back(lookahead, entry->packet->pts))
        hr_lookahead_give_up(lookahead);
    else if (lookahead->started)
        weigh(lookahead, entry);
    return true;
}

void hr_lookahead_end(struct hr_lookahead *lookahead)
{
    lookahead->ended = true;
}

static void leave_out(struct hr_lookahead *lookahead, size_t packets)
{
    for (size_t i = 0; i < packets; i++) {
        struct hr_lookahead_entry *entry = entry_at(lookahead, 0);
        lookahead->bytes -= (size_t)entry->packet->size;
        av_packet_unref(entry->packet);
        lookahead->first = (lookahead->first + 1) % HR_LOOKAHEAD_PACKETS;
        lookahead->count--;
    }
    lookahead->packets_left_out += packets;
}

/* Whether everything before the entry point at `index` may be left out. Nothing before it is due
 * (the caller has seen to that); what must be shown is that nothing after it needs what was before.
 */
static bool may_begin_at(const struct hr_lookahead *lookahead, size_t index)
{
    const struct hr_lookahead_entry *entry = entry_at(lookahead, index);
    if ((entry->access & (HR_ACCESS_ENTRY | HR_ACCESS_ENTRY_OPEN)) == 0)
        return false;
    for (size_t i = 0; i < index; i++)
        if (entry_at(lookahead, i)->access & HR_ACCESS_PARAMETERS)
            return false;
    if (entry->access & HR_ACCESS_ENTRY)
        return true;
    /* An open entry: the pictures shown before it follow it at once, up to the first that is shown
     * later. None of them may be due, for they cannot be decoded. */
    for (size_t i = index + 1; i < lookahead->count; i++) {
        const struct hr_lookahead_entry *next = entry_at(lookahead, i);
        if (next->packet->pts > entry->packet->pts)
            return true;
        if (next->due)
            return false;
    }
    return lookahead->ended;
}

/* Leaves out what stands before the last entry point from which the due packet at `due` (count:
 * none known) can be reached. */
static void jump(struct hr_lookahead *lookahead, size_t due)
{
    size_t entry = due < lookahead->count ? due : lookahead->count - 1;
    while (entry > 0 && !may_begin_at(lookahead, entry))
        entry--;
    if (entry == 0)
        return;
    bool all_disposable = true;
    for (size_t i = 0; i < entry; i++)
        all_disposable = all_disposable && (entry_at(lookahead, i)->access & HR_ACCESS_DISPOSABLE);
    if (entry_at(lookahead, entry)->access & HR_ACCESS_ENTRY)
        lookahead->leading_before_pts = INT64_MIN;
    else
        lookahead->leading_before_pts = entry_at(lookahead, entry)->packet->pts;
    leave_out(lookahead, entry);
    lookahead->restart = lookahead->restart || !all_disposable;
}

/* Whether the first packet of the queue can be left out by itself. */
static bool head_is_useless(const struct hr_lookahead *lookahead)
{
    const struct hr_lookahead_entry *head = entry_at(lookahead, 0);
    return !head->due && ((head->access & HR_ACCESS_DISPOSABLE) || head->packet->pts < lookahead->leading_before_pts);
}

/* Moves the first packet out. */
static void pass(struct hr_lookahead *lookahead, AVPacket *packet)
{
    struct hr_lookahead_entry *head = entry_at(lookahead, 0);
    av_packet_move_ref(packet, head->packet);
    lookahead->bytes -= (size_t)packet->size;
    lookahead->first = (lookahead->first + 1) % HR_LOOKAHEAD_PACKETS;
    lookahead->count--;
    if (!lookahead->enabled || packet->pts == AV_NOPTS_VALUE || !is_shown(packet))
        return;
    if (lookahead->started)
        note_passed(lookahead, packet->pts);
    else if (lookahead->early_count < HR_LOOKAHEAD_EARLY)
        lookahead->early_pts[lookahead->early_count++] = packet->pts;
}

/* Leaves out what stands at the front of the queue and is not needed. */
static void trim(struct hr_lookahead *lookahead)
{
    while (lookahead->count > 0) {
        size_t due = first_due(lookahead);
        if (due == lookahead->count && lookahead->ended) {
            leave_out(lookahead, lookahead->count);
            return;
        }
        jump(lookahead, due);
        if (!head_is_useless(lookahead))
            return;
        leave_out(lookahead, 1);
    }
}

enum hr_lookahead_step hr_lookahead_take(struct hr_lookahead *lookahead, AVPacket *packet)
{
    if (is_looking(lookahead))
        trim(lookahead);
    if (lookahead->count == 0)
        return lookahead->ended ? HR_LOOKAHEAD_DONE : HR_LOOKAHEAD_MORE;
    pass(lookahead, packet);
    bool restart = lookahead->restart;
    lookahead->restart = false;
    return restart ? HR_LOOKAHEAD_RESTART : HR_LOOKAHEAD_DECODE;
}
