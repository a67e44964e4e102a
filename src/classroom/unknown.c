#include "classroom/unknown.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "classroom/kept_vector.h"
#include "classroom/standing.h"
#include "face/people.h"
#include "homeroom.h"
#include "records/views.h"

/* A track that nobody is taken for. */
struct sight {
    int64_t track, lesson, observation;
    size_t person; /* of its observation's unknown people; 0: none */
    double face_px;
    struct hr_track seen; /* for comparing: `camera` is the recording, times are by the wall clock */
    float *vector;        /* owned; NULL: none is kept */
    size_t group;         /* from 1 on; 0: nothing can be told */
};

struct gathering {
    struct hr_database *database;
    const struct hr_vector_layout *known;
    struct hr_vector_layout best; /* the first of them alone */
    struct hr_standing *standing;
    int64_t only, lesson, observation, start_us;
    int camera;
    struct sight *sights; /* owned; by track */
    size_t count, capacity;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for unknown people");
}

/* --- gathering --- */

static enum hr_status take_track(void *context, const struct hr_standing_track *track, struct hr_error *error)
{
    struct gathering *gathering = context;
    const struct hr_track_record *record = &track->record;
    if (record->student_id != NULL || track->is_nobody)
        return HR_OK;
    struct sight *sights = hr_array_room(gathering->sights, gathering->count, &gathering->capacity, sizeof *sights);
    if (sights == NULL)
        return no_memory(error);
    gathering->sights = sights;
    gathering->sights[gathering->count++] = (struct sight){.track = record->key,
                                                           .lesson = gathering->lesson,
                                                           .observation = gathering->observation,
                                                           .person = record->person,
                                                           .face_px = record->face_px,
                                                           .seen = {.first_us = gathering->start_us + record->first_us,
                                                                    .last_us = gathering->start_us + record->last_us,
                                                                    .camera = gathering->camera,
                                                                    .sightings = record->sightings}};
    return HR_OK;
}

static struct sight *find_sight(struct gathering *gathering, int64_t track)
{
    for (size_t i = gathering->count; i > 0 && gathering->sights[i - 1].observation == gathering->observation; i--)
        if (gathering->sights[i - 1].track == track)
            return &gathering->sights[i - 1];
    return NULL;
}

static enum hr_status take_view(void *context, const struct hr_view_record *view, const char *models,
                                struct hr_error *error)
{
    struct gathering *gathering = context;
    struct sight *sight = find_sight(gathering, view->track);
    if (sight == NULL)
        return HR_OK;
    sight->vector = calloc(gathering->best.size, sizeof *sight->vector);
    if (sight->vector == NULL)
        return no_memory(error);
    if (hr_kept_vector_read(view->vector, models, gathering->known, &gathering->best, sight->vector))
        return HR_OK;
    free(sight->vector);
    sight->vector = NULL;
    return HR_OK;
}

static enum hr_status take_recording(void *context, const struct hr_recording_record *recording, struct hr_error *error)
{
    struct gathering *gathering = context;
    gathering->observation = recording->observation;
    gathering->start_us = recording->start_us;
    gathering->camera++;
    enum hr_status status = hr_standing_each_track(gathering->standing, gathering->database, recording->observation,
                                                   take_track, gathering, error);
    if (status == HR_OK && gathering->known != NULL)
        status = hr_database_each_view(gathering->database, recording->observation, take_view, gathering, error);
    return status;
}

struct lesson_list {
    int64_t *keys; /* owned */
    size_t count, capacity;
    int64_t only;
};

static enum hr_status take_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct lesson_list *list = context;
    if (lesson->recording_count == 0 || (list->only != 0 && lesson->key != list->only))
        return HR_OK;
    int64_t *keys = hr_array_room(list->keys, list->count, &list->capacity, sizeof *keys);
    if (keys == NULL)
        return no_memory(error);
    list->keys = keys;
    list->keys[list->count++] = lesson->key;
    return HR_OK;
}

static int by_track(const void *a, const void *b)
{
    const struct sight *left = a, *right = b;
    return (left->track > right->track) - (left->track < right->track);
}

/* In the order in which tracks were kept: what was put together stays so when a lesson is added. */
static enum hr_status gather(struct gathering *gathering, const char *class_id, struct hr_error *error)
{
    struct lesson_list list = {.only = gathering->only};
    enum hr_status status = hr_standing_load(&gathering->standing, gathering->database, class_id, error);
    if (status == HR_OK)
        status = hr_database_each_lesson(gathering->database, class_id, take_lesson, &list, error);
    for (size_t i = 0; status == HR_OK && i < list.count; i++) {
        gathering->lesson = list.keys[i];
        status = hr_database_each_recording(gathering->database, list.keys[i], take_recording, gathering, error);
    }
    free(list.keys);
    if (status == HR_OK && gathering->count > 0)
        qsort(gathering->sights, gathering->count, sizeof *gathering->sights, by_track);
    return status;
}

/* --- putting together --- */

static enum hr_status compare(struct gathering *gathering, size_t *groups, struct hr_error *error)
{
    size_t count = gathering->count;
    const struct hr_track **tracks = malloc((count + 1) * sizeof *tracks);
    bool *unknown = malloc((count + 1) * sizeof *unknown);
    size_t *person = calloc(count + 1, sizeof *person);
    enum hr_status status = tracks != NULL && unknown != NULL && person != NULL ? HR_OK : no_memory(error);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        struct sight *sight = &gathering->sights[i];
        sight->seen.vector = sight->vector;
        tracks[i] = &sight->seen;
        unknown[i] = sight->vector != NULL;
    }
    if (status == HR_OK)
        status = hr_people_of_each(tracks, unknown, count, &gathering->best, person, groups, error);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        gathering->sights[i].group = person[i];
    free(tracks);
    free(unknown);
    free(person);
    return status;
}

/* Where nothing can be compared: as the recording's own people were. */
static void group_by_person(struct gathering *gathering, size_t *groups)
{
    for (size_t i = 0; i < gathering->count; i++) {
        struct sight *sight = &gathering->sights[i];
        if (sight->group != 0 || sight->vector != NULL)
            continue;
        for (size_t k = i; k > 0 && sight->person > 0 && sight->group == 0; k--) {
            const struct sight *other = &gathering->sights[k - 1];
            if (other->observation == sight->observation && other->person == sight->person && other->vector == NULL)
                sight->group = other->group;
        }
        if (sight->group == 0 && sight->person > 0)
            sight->group = ++*groups;
    }
}

static enum hr_status add_sight(struct hr_unknown_person *person, const struct sight *sight, double *best_px,
                                int64_t *lesson, struct hr_error *error)
{
    if (person->track_count % 16 == 0) {
        int64_t *tracks = reallocarray(person->tracks, person->track_count + 16, sizeof *tracks);
        if (tracks == NULL)
            return no_memory(error);
        person->tracks = tracks;
    }
    bool first = person->track_count == 0;
    person->tracks[person->track_count++] = sight->track;
    person->sightings += sight->seen.sightings;
    if (first)
        person->key = sight->track;
    if (first || sight->seen.first_us < person->first_us)
        person->first_us = sight->seen.first_us;
    if (first || sight->seen.last_us > person->last_us)
        person->last_us = sight->seen.last_us;
    if (first || sight->face_px > *best_px) {
        person->best = sight->track;
        *best_px = sight->face_px;
    }
    person->lesson_count += first || sight->lesson != *lesson;
    *lesson = sight->lesson;
    return HR_OK;
}

static int by_key(const void *a, const void *b)
{
    const struct hr_unknown_person *left = a, *right = b;
    return (left->key > right->key) - (left->key < right->key);
}

static enum hr_status give(const struct gathering *gathering, size_t groups, struct hr_unknown_people *out,
                           struct hr_error *error)
{
    double *best_px = calloc(groups + 1, sizeof *best_px);
    int64_t *lesson = calloc(groups + 1, sizeof *lesson);
    out->items = calloc(groups + 1, sizeof *out->items);
    enum hr_status status = out->items != NULL && best_px != NULL && lesson != NULL ? HR_OK : no_memory(error);
    if (status == HR_OK)
        out->count = groups;
    for (size_t i = 0; status == HR_OK && i < gathering->count; i++) {
        size_t group = gathering->sights[i].group;
        if (group > 0)
            status = add_sight(&out->items[group - 1], &gathering->sights[i], &best_px[group - 1], &lesson[group - 1],
                               error);
    }
    if (status == HR_OK)
        qsort(out->items, out->count, sizeof *out->items, by_key);
    free(best_px);
    free(lesson);
    return status;
}

enum hr_status hr_unknown_people_find(struct hr_unknown_people *out, struct hr_database *database, const char *class_id,
                                      int64_t lesson, const struct hr_vector_layout *known, struct hr_error *error)
{
    struct gathering gathering = {.database = database, .known = known, .only = lesson};
    size_t groups = 0;
    *out = (struct hr_unknown_people){0};
    if (known != NULL && known->count > 0) {
        gathering.best = (struct hr_vector_layout){.parts = {known->parts[0]}, .count = 1};
        gathering.best.parts[0].first = 0;
        gathering.best.size = known->parts[0].model->vector_size;
    } else {
        gathering.known = NULL;
    }
    enum hr_status status = gather(&gathering, class_id, error);
    if (status == HR_OK)
        status = compare(&gathering, &groups, error);
    if (status == HR_OK) {
        group_by_person(&gathering, &groups);
        status = give(&gathering, groups, out, error);
    }
    for (size_t i = 0; i < gathering.count; i++)
        free(gathering.sights[i].vector);
    free(gathering.sights);
    hr_standing_free(gathering.standing);
    if (status != HR_OK)
        hr_unknown_people_clear(out);
    return status;
}

void hr_unknown_people_clear(struct hr_unknown_people *people)
{
    for (size_t i = 0; i < people->count; i++)
        free(people->items[i].tracks);
    free(people->items);
    *people = (struct hr_unknown_people){0};
}

const struct hr_unknown_person *hr_unknown_people_of(const struct hr_unknown_people *people, int64_t track)
{
    for (size_t i = 0; i < people->count; i++)
        for (size_t k = 0; k < people->items[i].track_count; k++)
            if (people->items[i].tracks[k] == track)
                return &people->items[i];
    return NULL;
}
