#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "face/assign.h"
#include "face/decide.h"

const char *hr_decision_reason_name(enum hr_decision_reason reason)
{
    static const char *const names[] = {
        [HR_DECISION_ACCEPTED] = "accepted",   [HR_DECISION_NO_GALLERY] = "no_gallery",
        [HR_DECISION_TOO_SMALL] = "too_small", [HR_DECISION_TOO_FAR] = "too_far",
        [HR_DECISION_AMBIGUOUS] = "ambiguous", [HR_DECISION_TAKEN] = "taken"};
    return names[reason];
}

/* The threshold is the one that dlib's network was trained for. The margin: in the course's clips
 * the right student is ahead by 0.11 at least, and where that student is not enrolled, whoever is
 * nearest by 0.05 at most as long as he is anywhere near the threshold. */
struct hr_decide_options hr_decide_options_default(void)
{
    return (struct hr_decide_options){.distance_max = 0.6f, .margin_min = 0.07f};
}

/* The nearest students of a track are kept, nearest first; more never matter. */
enum { NEAREST = 8 };

struct claim {
    const struct hr_track *track;
    struct hr_match nearest[NEAREST]; /* student SIZE_MAX behind the last */
    size_t candidates;                /* of those, within distance_max */
    size_t choice;                    /* index in `nearest`; `candidates`: none is left */
    size_t group;                     /* claims that may be in each other's way share one */
};

struct decider {
    const struct hr_gallery *gallery;
    const struct hr_decide_options *options;
    struct claim *claims;
    size_t count;
    struct hr_decision *out;
};

static bool overlap_in_time(const struct claim *a, const struct claim *b)
{
    return a->track->first_us <= b->track->last_us && b->track->first_us <= a->track->last_us;
}

static void find_nearest(struct decider *decider)
{
    for (size_t i = 0; i < decider->count; i++) {
        struct claim *claim = &decider->claims[i];
        for (size_t k = 0; k < NEAREST; k++)
            claim->nearest[k] = (struct hr_match){SIZE_MAX, INFINITY};
        if (claim->track->views == 0)
            continue;
        hr_gallery_search(decider->gallery, claim->track->embedding, claim->nearest, NEAREST);
        while (claim->candidates < NEAREST &&
               claim->nearest[claim->candidates].distance <= decider->options->distance_max)
            claim->candidates++;
    }
}

/* --- groups of tracks that may want the same student at the same time --- */

static bool share_candidate(const struct claim *a, const struct claim *b)
{
    for (size_t i = 0; i < a->candidates; i++)
        for (size_t j = 0; j < b->candidates; j++)
            if (a->nearest[i].student == b->nearest[j].student)
                return true;
    return false;
}

static size_t root_of(struct claim *claims, size_t index)
{
    while (claims[index].group != index)
        index = claims[index].group = claims[claims[index].group].group;
    return index;
}

static void find_groups(struct decider *decider)
{
    struct claim *claims = decider->claims;
    for (size_t i = 0; i < decider->count; i++)
        claims[i].group = i;
    for (size_t i = 0; i < decider->count; i++) {
        if (claims[i].candidates == 0)
            continue;
        /* Tracks are in the order of their beginning: behind one that begins too late, all do. */
        for (size_t j = i + 1;
             j < decider->count && claims[j].track->first_us <= claims[i].track->last_us; j++)
            if (overlap_in_time(&claims[i], &claims[j]) && share_candidate(&claims[i], &claims[j]))
                claims[root_of(claims, j)].group = root_of(claims, i);
    }
    for (size_t i = 0; i < decider->count; i++)
        claims[i].group = root_of(claims, i);
}

static bool all_overlap(const struct decider *decider, const size_t *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (!overlap_in_time(&decider->claims[members[i]], &decider->claims[members[j]]))
                return false;
    return true;
}

/* --- everybody at the same time: the assignment problem --- */

static size_t column_of(size_t *students, size_t *count, size_t student)
{
    for (size_t i = 0; i < *count; i++)
        if (students[i] == student)
            return i;
    students[*count] = student;
    return (*count)++;
}

static enum hr_status assign_at_once(struct decider *decider, const size_t *members, size_t count,
                                     struct hr_error *error)
{
    size_t columns = count * NEAREST, used = 0;
    size_t *students = malloc(columns * sizeof *students);
    size_t *chosen = malloc(count * sizeof *chosen);
    float *cost = malloc(count * columns * sizeof *cost);
    enum hr_status status = HR_OK;
    if (students == NULL || chosen == NULL || cost == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory to assign %zu tracks", count);
        goto out;
    }
    for (size_t i = 0; i < count * columns; i++)
        cost[i] = INFINITY;
    for (size_t i = 0; i < count; i++) {
        const struct claim *claim = &decider->claims[members[i]];
        for (size_t k = 0; k < claim->candidates; k++)
            cost[i * columns + column_of(students, &used, claim->nearest[k].student)] =
                claim->nearest[k].distance;
    }
    struct hr_assign_size size = {.rows = count, .columns = columns};
    status = hr_assign(size, cost, decider->options->distance_max, chosen, error);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        struct claim *claim = &decider->claims[members[i]];
        claim->choice = 0;
        while (
            claim->choice < claim->candidates &&
            (chosen[i] == SIZE_MAX || claim->nearest[claim->choice].student != students[chosen[i]]))
            claim->choice++;
    }
out:
    free(students);
    free(chosen);
    free(cost);
    return status;
}

/* --- tracks that come and go: rounds of claims --- */

/* What the claim loses if it does not get its choice. */
static float stake_of(const struct decider *decider, const struct claim *claim)
{
    size_t next = claim->choice + 1;
    float otherwise =
        next < claim->candidates ? claim->nearest[next].distance : decider->options->distance_max;
    /* Among equal losses the nearer one goes first. */
    float mine = claim->nearest[claim->choice].distance;
    return otherwise - mine + 1e-3f * (decider->options->distance_max - mine) + 1e-6f;
}

struct bid {
    struct claim *claim;
    float stake;
    float best;    /* the most that can be kept among the bids up to this one */
    size_t before; /* bids that end before this one begins */
    bool kept;
};

static int by_end(const void *a, const void *b)
{
    const struct bid *left = a, *right = b;
    int64_t x = left->claim->track->last_us, y = right->claim->track->last_us;
    return (x > y) - (x < y);
}

/* Weighted interval scheduling: of the tracks that claim one student, those that do not overlap and
 * stand to lose most keep the claim; the others turn to their next candidate. */
static bool settle(struct bid *bids, size_t count)
{
    qsort(bids, count, sizeof *bids, by_end);
    for (size_t i = 0; i < count; i++) {
        struct bid *bid = &bids[i];
        bid->before = i;
        while (bid->before > 0 &&
               bids[bid->before - 1].claim->track->last_us >= bid->claim->track->first_us)
            bid->before--;
        float with = bid->stake + (bid->before > 0 ? bids[bid->before - 1].best : 0);
        float without = i > 0 ? bids[i - 1].best : 0;
        bid->kept = with > without;
        bid->best = bid->kept ? with : without;
    }
    bool all = true;
    size_t i = count;
    while (i > 0) {
        struct bid *bid = &bids[i - 1];
        if (bid->kept) {
            /* Those that overlap it, between its beginning and its end, lose. */
            for (size_t k = bid->before; k < i - 1; k++, all = false)
                bids[k].claim->choice++;
            i = bid->before;
        } else {
            bid->claim->choice++;
            all = false;
            i--;
        }
    }
    return all;
}

static enum hr_status assign_in_rounds(struct decider *decider, const size_t *members, size_t count,
                                       struct hr_error *error)
{
    struct bid *bids = malloc(count * sizeof *bids);
    if (bids == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to assign %zu tracks", count);
    for (bool settled = false; !settled;) {
        settled = true;
        for (size_t i = 0; i < count; i++) {
            const struct claim *first = &decider->claims[members[i]];
            if (first->choice >= first->candidates)
                continue;
            size_t student = first->nearest[first->choice].student, bidders = 0;
            for (size_t j = i; j < count; j++) {
                struct claim *claim = &decider->claims[members[j]];
                if (claim->choice < claim->candidates &&
                    claim->nearest[claim->choice].student == student)
                    bids[bidders++] =
                        (struct bid){.claim = claim, .stake = stake_of(decider, claim)};
            }
            if (bidders > 1 && !settle(bids, bidders))
                settled = false;
        }
    }
    free(bids);
    return HR_OK;
}

static enum hr_status assign_groups(struct decider *decider, struct hr_error *error)
{
    size_t *members = malloc((decider->count + 1) * sizeof *members);
    if (members == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to assign %zu tracks", decider->count);
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < decider->count; i++) {
        if (decider->claims[i].group != i)
            continue;
        size_t count = 0;
        for (size_t j = 0; j < decider->count; j++)
            if (decider->claims[j].group == i)
                members[count++] = j;
        if (count == 1)
            continue; /* its nearest is its choice */
        status = all_overlap(decider, members, count)
                     ? assign_at_once(decider, members, count, error)
                     : assign_in_rounds(decider, members, count, error);
    }
    free(members);
    return status;
}

/* --- the decision --- */

/* Whether a track seen at the same time was given that student for good. */
static bool held_by_other(const struct decider *decider, size_t index, size_t student)
{
    for (size_t i = 0; i < decider->count; i++)
        if (i != index && decider->out[i].student == student &&
            overlap_in_time(&decider->claims[i], &decider->claims[index]))
            return true;
    return false;
}

/* The nearest student besides the chosen one who could be meant: not one who is nearer, but known
 * to be another face at that time. */
static struct hr_match rival_of(const struct decider *decider, size_t index)
{
    const struct claim *claim = &decider->claims[index];
    for (size_t k = 0; k < NEAREST; k++) {
        const struct hr_match *match = &claim->nearest[k];
        if (k == claim->choice ||
            (k < claim->choice && held_by_other(decider, index, match->student)))
            continue;
        return *match;
    }
    return (struct hr_match){SIZE_MAX, INFINITY};
}

static void decide_one(struct decider *decider, size_t index)
{
    const struct claim *claim = &decider->claims[index];
    struct hr_decision *out = &decider->out[index];
    out->nearest = claim->nearest[0];
    out->runner_up = claim->nearest[1];
    out->distance = out->nearest.distance;
    out->margin = out->runner_up.student == SIZE_MAX
                      ? INFINITY
                      : out->runner_up.distance - out->nearest.distance;
    if (hr_gallery_students(decider->gallery) == 0) {
        out->reason = HR_DECISION_NO_GALLERY;
    } else if (claim->track->views == 0) {
        out->reason = HR_DECISION_TOO_SMALL;
    } else if (claim->candidates == 0) {
        out->reason = HR_DECISION_TOO_FAR;
    } else if (claim->choice >= claim->candidates) {
        out->reason = HR_DECISION_TAKEN;
    } else {
        struct hr_match rival = rival_of(decider, index);
        out->distance = claim->nearest[claim->choice].distance;
        out->margin = rival.student == SIZE_MAX ? INFINITY : rival.distance - out->distance;
        out->reason = out->margin >= decider->options->margin_min ? HR_DECISION_ACCEPTED
                                                                  : HR_DECISION_AMBIGUOUS;
        if (out->reason == HR_DECISION_ACCEPTED)
            out->student = claim->nearest[claim->choice].student;
    }
}

enum hr_status hr_decide_each(const struct hr_track *const *tracks, size_t count,
                              const struct hr_gallery *gallery,
                              const struct hr_decide_options *options, struct hr_decision *out,
                              struct hr_error *error)
{
    struct decider decider = {.gallery = gallery, .options = options, .count = count, .out = out};
    decider.claims = calloc(count + 1, sizeof *decider.claims);
    if (decider.claims == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu decisions", count);
    for (size_t i = 0; i < count; i++) {
        decider.claims[i].track = tracks[i];
        out[i] = (struct hr_decision){.student = SIZE_MAX};
    }
    find_nearest(&decider);
    find_groups(&decider);
    enum hr_status status = assign_groups(&decider, error);
    if (status == HR_OK) {
        /* Those who got their nearest first: the others' rivals depend on them. */
        for (size_t i = 0; i < count; i++)
            if (decider.claims[i].choice == 0)
                decide_one(&decider, i);
        for (size_t i = 0; i < count; i++)
            if (decider.claims[i].choice != 0)
                decide_one(&decider, i);
    }
    free(decider.claims);
    return status;
}

enum hr_status hr_decide(const struct hr_tracks *tracks, const struct hr_gallery *gallery,
                         const struct hr_decide_options *options, struct hr_decision *out,
                         struct hr_error *error)
{
    size_t count = hr_tracks_count(tracks);
    const struct hr_track **each = malloc((count + 1) * sizeof *each);
    if (each == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu decisions", count);
    for (size_t i = 0; i < count; i++)
        each[i] = hr_tracks_get(tracks, i);
    enum hr_status status = hr_decide_each(each, count, gallery, options, out, error);
    free(each);
    return status;
}
