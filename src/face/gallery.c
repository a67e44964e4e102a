#include "face/gallery.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "face/distance.h"

struct hr_gallery {
    char *model_id;
    char **students;
    size_t student_count, student_capacity;
    size_t *slots; /* open-addressing hash table: student index + 1, or 0 */
    size_t slot_count;
    float *vectors; /* [vector][HR_EMBEDDING_SIZE], in the order of adding */
    uint32_t *owners;
    size_t vector_count, vector_capacity;
};

enum hr_status hr_gallery_new(struct hr_gallery **out, const char *model_id, struct hr_error *error)
{
    *out = NULL;
    struct hr_gallery *gallery = calloc(1, sizeof *gallery);
    if (gallery != NULL)
        gallery->model_id = strdup(model_id);
    if (gallery == NULL || gallery->model_id == NULL) {
        hr_gallery_free(gallery);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a gallery");
    }
    *out = gallery;
    return HR_OK;
}

void hr_gallery_free(struct hr_gallery *gallery)
{
    if (gallery == NULL)
        return;
    for (size_t i = 0; i < gallery->student_count; i++)
        free(gallery->students[i]);
    free(gallery->students);
    free(gallery->slots);
    free(gallery->vectors);
    free(gallery->owners);
    free(gallery->model_id);
    free(gallery);
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static size_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return (size_t)hash;
}

/* The slot that holds the student, or the free one where it belongs. */
static size_t find_slot(const struct hr_gallery *gallery, const char *student_id)
{
    size_t at = hash_of(student_id) & (gallery->slot_count - 1);
    while (gallery->slots[at] != 0 &&
           strcmp(gallery->students[gallery->slots[at] - 1], student_id) != 0)
        at = (at + 1) & (gallery->slot_count - 1);
    return at;
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a larger gallery");
}

/* Room for one more student, in a table at most half full. */
static enum hr_status grow_students(struct hr_gallery *gallery, struct hr_error *error)
{
    if (gallery->student_count < gallery->student_capacity)
        return HR_OK;
    if (gallery->student_count >= HR_LIMIT_STUDENTS)
        return hr_error_set(error, HR_ERR_LIMIT, "a gallery holds at most %d students",
                            HR_LIMIT_STUDENTS);
    size_t capacity = gallery->student_capacity > 0 ? 2 * gallery->student_capacity : 64;
    char **students = realloc(gallery->students, capacity * sizeof *students);
    if (students == NULL)
        return no_memory(error);
    gallery->students = students;
    size_t *slots = calloc(2 * capacity, sizeof *slots);
    if (slots == NULL)
        return no_memory(error);
    free(gallery->slots);
    gallery->slots = slots;
    gallery->slot_count = 2 * capacity;
    gallery->student_capacity = capacity;
    for (size_t i = 0; i < gallery->student_count; i++)
        gallery->slots[find_slot(gallery, gallery->students[i])] = i + 1;
    return HR_OK;
}

static enum hr_status find_or_add_student(struct hr_gallery *gallery, const char *student_id,
                                          size_t *index, struct hr_error *error)
{
    enum hr_status status = grow_students(gallery, error);
    if (status != HR_OK)
        return status;
    size_t slot = find_slot(gallery, student_id);
    if (gallery->slots[slot] == 0) {
        char *copy = strdup(student_id);
        if (copy == NULL)
            return no_memory(error);
        gallery->students[gallery->student_count++] = copy;
        gallery->slots[slot] = gallery->student_count;
    }
    *index = gallery->slots[slot] - 1;
    return HR_OK;
}

static enum hr_status grow_vectors(struct hr_gallery *gallery, struct hr_error *error)
{
    if (gallery->vector_count < gallery->vector_capacity)
        return HR_OK;
    if (gallery->vector_count >= HR_LIMIT_GALLERY_VECTORS)
        return hr_error_set(error, HR_ERR_LIMIT, "a gallery holds at most %d face vectors",
                            HR_LIMIT_GALLERY_VECTORS);
    size_t capacity = gallery->vector_capacity > 0 ? 2 * gallery->vector_capacity : 64;
    float *vectors =
        realloc(gallery->vectors, capacity * HR_EMBEDDING_SIZE * sizeof *vectors);
    if (vectors == NULL)
        return no_memory(error);
    gallery->vectors = vectors;
    uint32_t *owners = realloc(gallery->owners, capacity * sizeof *owners);
    if (owners == NULL)
        return no_memory(error);
    gallery->owners = owners;
    gallery->vector_capacity = capacity;
    return HR_OK;
}

enum hr_status hr_gallery_add(struct hr_gallery *gallery, const char *student_id,
                              const char *model_id, const float *vector, struct hr_error *error)
{
    if (strcmp(model_id, gallery->model_id) != 0)
        return hr_error_set(error, HR_ERR_MODEL,
                            "a face vector of the model '%s' cannot be compared with those of '%s'",
                            model_id, gallery->model_id);
    for (size_t k = 0; k < HR_EMBEDDING_SIZE; k++)
        if (!isfinite(vector[k]))
            return hr_error_set(error, HR_ERR_FORMAT,
                                "a face vector of student '%s' holds something that is no number",
                                student_id);
    size_t student = 0;
    enum hr_status status = grow_vectors(gallery, error);
    if (status == HR_OK)
        status = find_or_add_student(gallery, student_id, &student, error);
    if (status != HR_OK)
        return status;
    memcpy(gallery->vectors + gallery->vector_count * HR_EMBEDDING_SIZE, vector,
           HR_EMBEDDING_SIZE * sizeof *vector);
    gallery->owners[gallery->vector_count++] = (uint32_t)student;
    return HR_OK;
}

size_t hr_gallery_students(const struct hr_gallery *gallery)
{
    return gallery->student_count;
}

size_t hr_gallery_vectors(const struct hr_gallery *gallery)
{
    return gallery->vector_count;
}

const char *hr_gallery_model(const struct hr_gallery *gallery)
{
    return gallery->model_id;
}

const char *hr_gallery_student(const struct hr_gallery *gallery, size_t index)
{
    return gallery->students[index];
}

/* Squared distances are computed for so many vectors at a time, which stay in the first cache. */
enum { CHUNK = 256 };

static void meet(struct hr_match_pair *pair, size_t student, float squared)
{
    if (student == pair->best.student) {
        pair->best.distance = fminf(pair->best.distance, squared);
    } else if (squared < pair->best.distance) {
        pair->runner_up = pair->best;
        pair->best = (struct hr_match){student, squared};
    } else if (squared < pair->runner_up.distance) {
        pair->runner_up = (struct hr_match){student, squared};
    }
}

struct hr_match_pair hr_gallery_nearest(const struct hr_gallery *gallery, const float *probe)
{
    struct hr_match none = {SIZE_MAX, INFINITY};
    struct hr_match_pair pair = {none, none};
    float squared[CHUNK];
    for (size_t first = 0; first < gallery->vector_count; first += CHUNK) {
        size_t left = gallery->vector_count - first;
        size_t count = left < CHUNK ? left : CHUNK;
        hr_distances_squared(probe, gallery->vectors + first * HR_EMBEDDING_SIZE, count, squared);
        for (size_t i = 0; i < count; i++)
            if (squared[i] < pair.runner_up.distance)
                meet(&pair, gallery->owners[first + i], squared[i]);
    }
    pair.best.distance = sqrtf(pair.best.distance);
    pair.runner_up.distance = sqrtf(pair.runner_up.distance);
    return pair;
}

void hr_gallery_distances(const struct hr_gallery *gallery, const float *probe, float *distances)
{
    float squared[CHUNK];
    for (size_t i = 0; i < gallery->student_count; i++)
        distances[i] = INFINITY;
    for (size_t first = 0; first < gallery->vector_count; first += CHUNK) {
        size_t left = gallery->vector_count - first;
        size_t count = left < CHUNK ? left : CHUNK;
        hr_distances_squared(probe, gallery->vectors + first * HR_EMBEDDING_SIZE, count, squared);
        for (size_t i = 0; i < count; i++) {
            float *own = &distances[gallery->owners[first + i]];
            *own = squared[i] < *own ? squared[i] : *own;
        }
    }
    for (size_t i = 0; i < gallery->student_count; i++)
        distances[i] = sqrtf(distances[i]);
}
