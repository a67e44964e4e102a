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
    int8_t *codes;  /* the same, rounded to multiples of `step`: a quarter of the bytes to read */
    float step;
    float rounding_max; /* distance of a vector from its code, at most */
    uint32_t *owners;
    size_t vector_count, vector_capacity;
};

/* Codes reach from -CODE_MAX to CODE_MAX. */
enum { CODE_MAX = 127 };

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
    free(gallery->codes);
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
    float *vectors = realloc(gallery->vectors, capacity * HR_EMBEDDING_SIZE * sizeof *vectors);
    if (vectors == NULL)
        return no_memory(error);
    gallery->vectors = vectors;
    int8_t *codes = realloc(gallery->codes, capacity * HR_EMBEDDING_SIZE);
    if (codes == NULL)
        return no_memory(error);
    gallery->codes = codes;
    uint32_t *owners = realloc(gallery->owners, capacity * sizeof *owners);
    if (owners == NULL)
        return no_memory(error);
    gallery->owners = owners;
    gallery->vector_capacity = capacity;
    return HR_OK;
}

/* Rounds a vector to its code; returns how far it lies from it. */
static float encode(const float *vector, float step, int8_t *code)
{
    float squares = 0;
    for (size_t k = 0; k < HR_EMBEDDING_SIZE; k++) {
        float whole = step > 0 ? roundf(vector[k] / step) : 0;
        whole = whole > CODE_MAX ? CODE_MAX : whole < -CODE_MAX ? -CODE_MAX : whole;
        float off = vector[k] - whole * step;
        squares += off * off;
        code[k] = (int8_t)whole;
    }
    return sqrtf(squares);
}

static float largest_of(const float *vector)
{
    float largest = 0;
    for (size_t k = 0; k < HR_EMBEDDING_SIZE; k++)
        largest = fmaxf(largest, fabsf(vector[k]));
    return largest;
}

static void encode_from(struct hr_gallery *gallery, size_t first)
{
    for (size_t i = first; i < gallery->vector_count; i++)
        gallery->rounding_max = fmaxf(
            gallery->rounding_max, encode(gallery->vectors + i * HR_EMBEDDING_SIZE, gallery->step,
                                          gallery->codes + i * HR_EMBEDDING_SIZE));
}

/* The code of the newest vector; of all, when it does not fit the step so far. */
static void encode_newest(struct hr_gallery *gallery)
{
    float largest = largest_of(gallery->vectors + (gallery->vector_count - 1) * HR_EMBEDDING_SIZE);
    if (largest <= gallery->step * CODE_MAX) {
        encode_from(gallery, gallery->vector_count - 1);
        return;
    }
    gallery->step = 1.25f * largest / CODE_MAX;
    gallery->rounding_max = 0;
    encode_from(gallery, 0);
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
    encode_newest(gallery);
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

/* Put a student at a distance into the list, which is sorted and names nobody twice. */
static void note_match(struct hr_match *matches, size_t count, size_t student, float distance)
{
    size_t at = 0;
    while (at < count && matches[at].student != student)
        at++;
    if (at == count)
        at = count - 1; /* not in the list: the last one would go */
    if (!(distance < matches[at].distance))
        return;
    for (; at > 0 && distance < matches[at - 1].distance; at--)
        matches[at] = matches[at - 1];
    matches[at] = (struct hr_match){student, distance};
}

/* Coarse distances are computed for so many vectors at a time, which stay in the first cache. */
enum { CHUNK = 128 };

/* The coarse distance, in squared steps, from which on no vector can be nearer than `limit`: by the
 * triangle inequality a true distance and a coarse one differ by the two roundings at most. The
 * last factor covers the rounding of these few operations themselves. */
static float coarse_limit(const struct hr_gallery *gallery, float probe_rounding, float limit)
{
    float steps = (limit + gallery->rounding_max + probe_rounding) / gallery->step;
    return steps * steps * 1.0001f;
}

void hr_gallery_search(const struct hr_gallery *gallery, const float *probe,
                       struct hr_match *matches, size_t count)
{
    for (size_t i = 0; i < count; i++)
        matches[i] = (struct hr_match){SIZE_MAX, INFINITY};
    if (count == 0)
        return;
    int8_t code[HR_EMBEDDING_SIZE];
    float probe_rounding = encode(probe, gallery->step, code);
    float limit = INFINITY;
    int32_t coarse[CHUNK];
    for (size_t first = 0; first < gallery->vector_count; first += CHUNK) {
        size_t left = gallery->vector_count - first;
        size_t chunk = left < CHUNK ? left : CHUNK;
        hr_distances_coarse(code, gallery->codes + first * HR_EMBEDDING_SIZE, chunk, coarse);
        for (size_t i = 0; i < chunk; i++) {
            if (!((float)coarse[i] < limit))
                continue;
            float distance = hr_distance(probe, gallery->vectors + (first + i) * HR_EMBEDDING_SIZE);
            note_match(matches, count, gallery->owners[first + i], distance);
            if (gallery->step > 0)
                limit = coarse_limit(gallery, probe_rounding, matches[count - 1].distance);
        }
    }
}

struct hr_match_pair hr_gallery_nearest(const struct hr_gallery *gallery, const float *probe)
{
    struct hr_match matches[2];
    hr_gallery_search(gallery, probe, matches, 2);
    return (struct hr_match_pair){.best = matches[0], .runner_up = matches[1]};
}
