#include "face/people.h"

#include <math.h>
#include <stdlib.h>

/* Bounds on the work: more people than this are no class, and more tracks of one tell nothing new. The latest are
 * compared. */
enum { COMPARED_MAX = 1000, TRACKS_COMPARED_MAX = 8 };

/* The tracks of a person as a list: next[i] is the one before track i, SIZE_MAX none. */
struct people {
    const struct hr_track *const *tracks;
    const struct hr_vector_layout *layout;
    size_t *last; /* of each person, the track that joined last */
    size_t *next;
    size_t count;
};

static bool at_the_same_time(const struct hr_track *a, const struct hr_track *b)
{
    return a->camera == b->camera && a->first_us <= b->last_us && b->first_us <= a->last_us;
}

/* To the one of the person's tracks that is least alike; -INFINITY when the person can't be meant. */
static float likeness_to(const struct people *people, size_t person, size_t track)
{
    float least = INFINITY;
    size_t compared = 0;
    for (size_t i = people->last[person]; i != SIZE_MAX; i = people->next[i]) {
        const struct hr_track *other = people->tracks[i];
        if (at_the_same_time(other, people->tracks[track]))
            return -INFINITY;
        if (compared++ < TRACKS_COMPARED_MAX)
            least = fminf(least, hr_vector_likeness(people->layout, other->vector, people->tracks[track]->vector));
    }
    return least;
}

/* The number of the person whom the track shows. */
static size_t join(struct people *people, size_t track)
{
    size_t best = people->count, first = people->count > COMPARED_MAX ? people->count - COMPARED_MAX : 0;
    float best_likeness = hr_vector_same_person_score(people->layout);
    for (size_t i = first; i < people->count; i++) {
        float likeness = likeness_to(people, i, track);
        if (likeness >= best_likeness) {
            best = i;
            best_likeness = likeness;
        }
    }
    people->next[track] = best < people->count ? people->last[best] : SIZE_MAX;
    people->last[best] = track;
    people->count += best == people->count;
    return best + 1;
}

/* Faces without a view at the moment when most of them were seen by one camera. Tracks are in the order of their
 * beginning, so that such a moment is the beginning of one of them. */
static size_t viewless_at_once(const struct hr_tracks *tracks, const struct hr_decision *decisions)
{
    size_t most = 0, count = hr_tracks_count(tracks), oldest = 0;
    for (size_t i = 0; i < count; i++) {
        const struct hr_track *track = hr_tracks_get(tracks, i);
        size_t at_once = 0;
        if (track->vector != NULL || decisions[i].student != SIZE_MAX)
            continue;
        while (oldest < i && (hr_tracks_get(tracks, oldest)->camera < track->camera ||
                              hr_tracks_get(tracks, oldest)->last_us < track->first_us))
            oldest++;
        for (size_t k = oldest; k <= i; k++) {
            const struct hr_track *other = hr_tracks_get(tracks, k);
            at_once += other->vector == NULL && decisions[k].student == SIZE_MAX && other->camera == track->camera &&
                       other->last_us >= track->first_us;
        }
        most = at_once > most ? at_once : most;
    }
    return most;
}

enum hr_status hr_people_of_each(const struct hr_track *const *tracks, const bool *unknown, size_t count,
                                 const struct hr_vector_layout *layout, size_t *person, size_t *people,
                                 struct hr_error *error)
{
    struct people found = {.tracks = tracks,
                           .layout = layout,
                           .last = calloc(count + 1, sizeof *found.last),
                           .next = calloc(count + 1, sizeof *found.next)};
    enum hr_status status = HR_OK;
    if (found.last == NULL || found.next == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu people", count);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        person[i] = unknown[i] && tracks[i]->vector != NULL ? join(&found, i) : 0;
    *people = found.count;
    free(found.last);
    free(found.next);
    return status;
}

enum hr_status hr_people_of_tracks(const struct hr_tracks *tracks, const struct hr_decision *decisions, size_t *person,
                                   size_t *people, struct hr_error *error)
{
    size_t count = hr_tracks_count(tracks);
    const struct hr_track **each = malloc((count + 1) * sizeof *each);
    bool *unknown = malloc((count + 1) * sizeof *unknown);
    enum hr_status status = HR_OK;
    if (each == NULL || unknown == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu people", count);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        each[i] = hr_tracks_get(tracks, i);
        unknown[i] = decisions[i].student == SIZE_MAX;
    }
    if (status == HR_OK)
        status = hr_people_of_each(each, unknown, count, hr_tracks_layout(tracks), person, people, error);
    if (status == HR_OK)
        *people += viewless_at_once(tracks, decisions);
    free(each);
    free(unknown);
    return status;
}
