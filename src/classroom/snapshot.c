#include "classroom/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "tables/import.h"

/* What is put together. */
struct making {
    struct hr_snapshot *snapshot;
    const struct hr_vector_layout *known;
};

/* A face record of the database goes into the gallery if its model is here. */
static enum hr_status add_to_gallery(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    struct making *making = context;
    struct hr_snapshot *snapshot = making->snapshot;
    float numbers[HR_VECTOR_SIZE_MAX];
    if (hr_vector_part_of(making->known, record->model_id) == NULL) {
        snapshot->foreign_vectors++;
        return HR_OK;
    }
    if (record->vector.size > sizeof numbers)
        return hr_error_set(error, HR_ERR_DATABASE, "a face record of %zu bytes: the database is damaged",
                            record->vector.size);
    memcpy(numbers, record->vector.data, /* little-endian on every machine we build for */
           record->vector.size);
    struct hr_gallery_vector vector = {.student_id = record->student_id,
                                       .model_id = record->model_id,
                                       .numbers = numbers,
                                       .size = record->vector.size / sizeof *numbers,
                                       .face_px = record->face_px};
    snapshot->imported_vectors += strcmp(record->origin, HR_ENCODING_ORIGIN) == 0;
    if (record->created_us < snapshot->oldest_face_us)
        snapshot->oldest_face_us = record->created_us;
    enum hr_status status = hr_gallery_add(snapshot->gallery, &vector, error);
    return status == HR_ERR_FORMAT ? hr_error_set(error, HR_ERR_DATABASE, "the database is damaged: %s", error->text)
                                   : status;
}

static void choose_layout(struct hr_snapshot *snapshot, const struct hr_vector_layout *known)
{
    const struct hr_vector_part *best = &known->parts[0];
    snapshot->layout = *hr_gallery_layout(snapshot->gallery);
    if (snapshot->layout.count == 0)
        snapshot->layout = (struct hr_vector_layout){.parts = {*best}, .count = 1, .size = best->model->vector_size};
}

static enum hr_status load(struct making *making, struct hr_error *error)
{
    struct hr_snapshot *snapshot = making->snapshot;
    enum hr_status status = hr_gallery_new(&snapshot->gallery, making->known, error);
    if (status != HR_OK)
        return status;
    snapshot->oldest_face_us = INT64_MAX;
    status = hr_database_keeping(snapshot->database, &snapshot->keeping, error);
    if (status == HR_OK)
        status = hr_database_each_face(snapshot->database, NULL, add_to_gallery, making, error);
    if (status == HR_OK)
        status = hr_gallery_close(snapshot->gallery, error);
    if (status != HR_OK)
        return hr_error_prefix(error, "loading the faces of '%s'", hr_database_name(snapshot->database));
    choose_layout(snapshot, making->known);
    return HR_OK;
}

static void close_roster(struct hr_roster *roster)
{
    if (roster->close != NULL)
        roster->close(roster->context);
}

enum hr_status hr_snapshot_new(struct hr_snapshot **out, const struct hr_snapshot_parts *parts,
                               const struct hr_vector_layout *known, uint64_t generation, struct hr_error *error)
{
    struct hr_snapshot *snapshot = calloc(1, sizeof *snapshot);
    struct hr_roster roster = parts->roster;
    *out = NULL;
    if (snapshot == NULL) {
        close_roster(&roster);
        hr_database_close(parts->database);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a gallery");
    }
    atomic_init(&snapshot->holders, 1);
    pthread_mutex_init(&snapshot->roster_lock, NULL);
    snapshot->generation = generation;
    snapshot->database = parts->database;
    snapshot->roster = roster.get != NULL ? roster : hr_database_roster(parts->database);
    struct making making = {snapshot, known};
    enum hr_status status = load(&making, error);
    if (status == HR_OK)
        *out = snapshot;
    else
        hr_snapshot_release(snapshot);
    return status;
}

struct hr_snapshot *hr_snapshot_hold(struct hr_snapshot *snapshot)
{
    atomic_fetch_add(&snapshot->holders, 1);
    return snapshot;
}

void hr_snapshot_release(struct hr_snapshot *snapshot)
{
    if (snapshot == NULL || atomic_fetch_sub(&snapshot->holders, 1) > 1)
        return;
    hr_gallery_free(snapshot->gallery);
    close_roster(&snapshot->roster);
    hr_database_close(snapshot->database);
    pthread_mutex_destroy(&snapshot->roster_lock);
    free(snapshot);
}

enum hr_status hr_snapshot_look_up(struct hr_snapshot *snapshot, const char *const *ids, size_t count,
                                   struct hr_student *out, struct hr_error *error)
{
    if (count == 0)
        return HR_OK;
    pthread_mutex_lock(&snapshot->roster_lock);
    enum hr_status status = hr_roster_get(&snapshot->roster, ids, count, out, error);
    pthread_mutex_unlock(&snapshot->roster_lock);
    return status == HR_OK ? HR_OK : hr_error_from(error, HR_ORIGIN_RECORDS);
}

bool hr_snapshot_is_over(const struct hr_snapshot *snapshot)
{
    return snapshot->oldest_face_us < hr_keeping_from_us(&snapshot->keeping, HR_KEPT_FACES);
}

bool hr_snapshot_is_imported(const struct hr_snapshot *snapshot)
{
    return snapshot->imported_vectors > 0 && snapshot->imported_vectors == hr_gallery_vectors(snapshot->gallery);
}
