#include "face/gallery.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/plural.h"
#include "base/secret.h"
#include "face/distance.h"

struct student {
    char *id;     /* owned */
    size_t part;  /* of `known` until the gallery is closed, then of `layout` */
    size_t place; /* among that part's templates */
    size_t vectors;
    double face_px;
    float cohesion; /* once the gallery is closed */
};

/* The templates of one model. */
struct templates {
    size_t size;    /* numbers of one */
    float *numbers; /* [template][size]; sums until the gallery is closed. Of base/secret.h, as the codes */
    size_t numbers_bytes, codes_bytes;
    uint32_t *owners; /* student, or NOBODY: he has moved to a better model */
    size_t count, capacity;
    int8_t *codes; /* the same, rounded to multiples of `step`: a quarter of the bytes to read */
    float step;
    float rounding_max; /* distance of a template from its code, at most */
};

struct hr_gallery {
    struct hr_vector_layout known, layout;
    struct templates parts[HR_VECTOR_PARTS_MAX]; /* as `known`, then as `layout` */
    struct student *students;
    size_t student_count, student_capacity;
    size_t *slots; /* open-addressing hash table: student index + 1, or 0 */
    size_t slot_count;
    size_t vector_count;
    struct hr_gallery_likeness likeness;
};

static const uint32_t NOBODY = UINT32_MAX;

/* Codes reach from -CODE_MAX to CODE_MAX. */
enum { CODE_MAX = 127 };

enum hr_status hr_gallery_new(struct hr_gallery **out, const struct hr_vector_layout *known, struct hr_error *error)
{
    *out = NULL;
    struct hr_gallery *gallery = calloc(1, sizeof *gallery);
    if (gallery == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a gallery");
    gallery->known = *known;
    for (size_t i = 0; i < known->count; i++)
        gallery->parts[i].size = known->parts[i].model->vector_size;
    *out = gallery;
    return HR_OK;
}

static void clear_templates(struct templates *templates)
{
    hr_secret_free(templates->numbers, templates->numbers_bytes);
    hr_secret_free(templates->codes, templates->codes_bytes);
    free(templates->owners);
    *templates = (struct templates){0};
}

void hr_gallery_free(struct hr_gallery *gallery)
{
    if (gallery == NULL)
        return;
    for (size_t i = 0; i < gallery->student_count; i++)
        free(gallery->students[i].id);
    for (size_t i = 0; i < HR_VECTOR_PARTS_MAX; i++)
        clear_templates(&gallery->parts[i]);
    free(gallery->students);
    free(gallery->slots);
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
    while (gallery->slots[at] != 0 && strcmp(gallery->students[gallery->slots[at] - 1].id, student_id) != 0)
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
    size_t capacity = gallery->student_capacity > 0 ? 2 * gallery->student_capacity : 64;
    struct student *students = realloc(gallery->students, capacity * sizeof *students);
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
        gallery->slots[find_slot(gallery, gallery->students[i].id)] = i + 1;
    return HR_OK;
}

size_t hr_gallery_find(const struct hr_gallery *gallery, const char *student_id)
{
    if (gallery->slot_count == 0)
        return SIZE_MAX;
    size_t slot = find_slot(gallery, student_id);
    return gallery->slots[slot] == 0 ? SIZE_MAX : gallery->slots[slot] - 1;
}

/* A place among the part's templates, all zeros. */
static enum hr_status add_template(struct templates *templates, size_t owner, size_t *place, struct hr_error *error)
{
    if (templates->count == templates->capacity) {
        size_t capacity = templates->capacity > 0 ? 2 * templates->capacity : 64;
        size_t bytes = capacity * templates->size * sizeof(float);
        float *numbers = hr_secret_grow(templates->numbers, templates->numbers_bytes, bytes);
        if (numbers == NULL)
            return no_memory(error);
        templates->numbers = numbers;
        templates->numbers_bytes = bytes;
        uint32_t *owners = realloc(templates->owners, capacity * sizeof *owners);
        if (owners == NULL)
            return no_memory(error);
        templates->owners = owners;
        templates->capacity = capacity;
    }
    *place = templates->count++;
    templates->owners[*place] = (uint32_t)owner;
    memset(templates->numbers + *place * templates->size, 0, templates->size * sizeof *templates->numbers);
    return HR_OK;
}

static enum hr_status add_student(struct hr_gallery *gallery, const char *student_id, size_t part, size_t *index,
                                  struct hr_error *error)
{
    enum hr_status status = grow_students(gallery, error);
    if (status != HR_OK)
        return status;
    struct student student = {.id = strdup(student_id), .part = part};
    if (student.id == NULL)
        return no_memory(error);
    *index = gallery->student_count;
    status = add_template(&gallery->parts[part], *index, &student.place, error);
    if (status != HR_OK) {
        free(student.id);
        return status;
    }
    gallery->slots[find_slot(gallery, student_id)] = *index + 1;
    gallery->students[gallery->student_count++] = student;
    return HR_OK;
}

/* The student leaves what he has in another model behind. */
static enum hr_status move_student(struct hr_gallery *gallery, size_t index, size_t part, struct hr_error *error)
{
    struct student *student = &gallery->students[index];
    size_t place;
    enum hr_status status = add_template(&gallery->parts[part], index, &place, error);
    if (status != HR_OK)
        return status;
    gallery->parts[student->part].owners[student->place] = NOBODY;
    student->part = part;
    student->place = place;
    student->vectors = 0;
    student->face_px = 0;
    return HR_OK;
}

static enum hr_status check_vector(const struct hr_gallery_vector *vector, const struct hr_vector_part *part,
                                   struct hr_error *error)
{
    if (part == NULL)
        return hr_error_set(error, HR_ERR_MODEL, "a face vector of the model '%s', which is not among those in use",
                            vector->model_id);
    if (vector->size != part->model->vector_size)
        return hr_error_set(error, HR_ERR_FORMAT,
                            "a face vector of student '%s' has %zu number%s, those of '%s' have %u", vector->student_id,
                            vector->size, hr_plural(vector->size), part->model_id, part->model->vector_size);
    for (size_t k = 0; k < vector->size; k++)
        if (!isfinite(vector->numbers[k]))
            return hr_error_set(error, HR_ERR_FORMAT,
                                "a face vector of student '%s' holds something that is not a number",
                                vector->student_id);
    return HR_OK;
}

/* Before anything is changed. Of a new student's vector the students are the reason, whichever limit is lower. */
static enum hr_status check_room(const struct hr_gallery *gallery, const char *student_id, struct hr_error *error)
{
    if (gallery->student_count >= HR_LIMIT_STUDENTS && hr_gallery_find(gallery, student_id) == SIZE_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "a gallery holds at most %d students", HR_LIMIT_STUDENTS);
    if (gallery->vector_count >= HR_LIMIT_GALLERY_VECTORS)
        return hr_error_set(error, HR_ERR_LIMIT, "a gallery holds at most %d face vectors", HR_LIMIT_GALLERY_VECTORS);
    return HR_OK;
}

static enum hr_status find_or_add(struct hr_gallery *gallery, const char *student_id, size_t part, size_t *index,
                                  struct hr_error *error)
{
    *index = hr_gallery_find(gallery, student_id);
    if (*index == SIZE_MAX)
        return add_student(gallery, student_id, part, index, error);
    return part < gallery->students[*index].part ? move_student(gallery, *index, part, error) : HR_OK;
}

/* Adds the vector, made length 1, to the sum that becomes the template. */
static void add_to_sum(struct templates *templates, size_t place, const float *numbers)
{
    float *sum = templates->numbers + place * templates->size;
    double squares = 0;
    for (size_t k = 0; k < templates->size; k++)
        squares += (double)numbers[k] * (double)numbers[k];
    double factor = squares > 0 ? 1 / sqrt(squares) : 0;
    for (size_t k = 0; k < templates->size; k++)
        sum[k] += (float)(numbers[k] * factor);
}

enum hr_status hr_gallery_add(struct hr_gallery *gallery, const struct hr_gallery_vector *vector,
                              struct hr_error *error)
{
    const struct hr_vector_part *known = hr_vector_part_of(&gallery->known, vector->model_id);
    enum hr_status status = check_vector(vector, known, error);
    if (status == HR_OK)
        status = check_room(gallery, vector->student_id, error);
    if (status != HR_OK)
        return status;
    size_t part = (size_t)(known - gallery->known.parts), index;
    status = find_or_add(gallery, vector->student_id, part, &index, error);
    if (status != HR_OK)
        return status;
    gallery->vector_count++;
    struct student *student = &gallery->students[index];
    if (student->part != part)
        return HR_OK; /* compared in a better model */
    add_to_sum(&gallery->parts[part], student->place, vector->numbers);
    student->vectors++;
    student->face_px = fmax(student->face_px, vector->face_px);
    return HR_OK;
}

/* --- closing --- */

/* Rounds a vector to its code; returns how far it lies from it. */
static float encode(const float *vector, size_t size, float step, int8_t *code)
{
    float squares = 0;
    for (size_t k = 0; k < size; k++) {
        float whole = step > 0 ? roundf(vector[k] / step) : 0;
        whole = whole > CODE_MAX ? CODE_MAX : whole < -CODE_MAX ? -CODE_MAX : whole;
        float off = vector[k] - whole * step;
        squares += off * off;
        code[k] = (int8_t)whole;
    }
    return sqrtf(squares);
}

/* Sums become templates of length 1, places of nobody are closed up, and all get their codes. */
static enum hr_status finish_templates(struct hr_gallery *gallery, struct templates *templates, struct hr_error *error)
{
    size_t kept = 0, size = templates->size;
    float largest = 0;
    for (size_t i = 0; i < templates->count; i++) {
        uint32_t owner = templates->owners[i];
        if (owner == NOBODY)
            continue;
        float *to = templates->numbers + kept * size;
        memmove(to, templates->numbers + i * size, size * sizeof *to);
        struct student *student = &gallery->students[owner];
        student->cohesion = sqrtf(hr_vector_cosine(to, to, size)) / (float)student->vectors;
        hr_vector_normalise(to, size);
        for (size_t k = 0; k < size; k++)
            largest = fmaxf(largest, fabsf(to[k]));
        templates->owners[kept] = owner;
        student->place = kept++;
    }
    templates->count = kept;
    templates->codes_bytes = kept * size;
    templates->codes = hr_secret_alloc(templates->codes_bytes);
    if (templates->codes == NULL)
        return no_memory(error);
    templates->step = largest / CODE_MAX;
    for (size_t i = 0; i < kept; i++)
        templates->rounding_max = fmaxf(templates->rounding_max, encode(templates->numbers + i * size, size,
                                                                        templates->step, templates->codes + i * size));
    return HR_OK;
}

/* From the known models to those that somebody is compared in. */
static void keep_used_parts(struct hr_gallery *gallery)
{
    size_t new_place[HR_VECTOR_PARTS_MAX] = {0};
    for (size_t i = 0; i < gallery->known.count; i++) {
        struct templates templates = gallery->parts[i];
        gallery->parts[i] = (struct templates){0};
        if (templates.count == 0) {
            clear_templates(&templates);
            continue;
        }
        size_t place = gallery->layout.count++;
        gallery->layout.parts[place] = gallery->known.parts[i];
        gallery->layout.parts[place].first = gallery->layout.size;
        gallery->layout.size += templates.size;
        gallery->parts[place] = templates;
        new_place[i] = place;
    }
    for (size_t i = 0; i < gallery->student_count; i++)
        gallery->students[i].part = new_place[gallery->students[i].part];
}

static struct hr_gallery_likeness measure_likeness(const struct hr_gallery *gallery)
{
    enum { COMPARED_MAX = 300 }; /* 45,000 pairs: a few milliseconds */
    struct hr_gallery_likeness likeness = {0};
    size_t step = (gallery->student_count + COMPARED_MAX - 1) / COMPARED_MAX;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < gallery->student_count; i += step) {
        struct hr_gallery_student a = hr_gallery_student(gallery, i);
        likeness.students++;
        for (size_t j = i + step; j < gallery->student_count; j += step) {
            struct hr_gallery_student b = hr_gallery_student(gallery, j);
            if (a.part != b.part)
                continue;
            const struct hr_model_face *model = a.part->model;
            double score = (double)hr_vector_score(model, hr_vector_cosine(a.template, b.template, model->vector_size));
            likeness.pairs++;
            sum += score;
            squares += score * score;
        }
    }
    if (likeness.pairs > 0) {
        likeness.mean = sum / (double)likeness.pairs;
        likeness.deviation = sqrt(fmax(0, squares / (double)likeness.pairs - likeness.mean * likeness.mean));
    }
    return likeness;
}

enum hr_status hr_gallery_close(struct hr_gallery *gallery, struct hr_error *error)
{
    for (size_t i = 0; i < gallery->known.count; i++) {
        enum hr_status status = finish_templates(gallery, &gallery->parts[i], error);
        if (status != HR_OK)
            return status;
    }
    keep_used_parts(gallery);
    gallery->likeness = measure_likeness(gallery);
    return HR_OK;
}

/* --- asking --- */

size_t hr_gallery_students(const struct hr_gallery *gallery)
{
    return gallery->student_count;
}

size_t hr_gallery_vectors(const struct hr_gallery *gallery)
{
    return gallery->vector_count;
}

const struct hr_vector_layout *hr_gallery_layout(const struct hr_gallery *gallery)
{
    return &gallery->layout;
}

struct hr_gallery_student hr_gallery_student(const struct hr_gallery *gallery, size_t index)
{
    const struct student *student = &gallery->students[index];
    const struct templates *templates = &gallery->parts[student->part];
    return (struct hr_gallery_student){.id = student->id,
                                       .part = &gallery->layout.parts[student->part],
                                       .vectors = student->vectors,
                                       .face_px = student->face_px,
                                       .cohesion = student->cohesion,
                                       .template = templates->numbers + student->place * templates->size};
}

struct hr_gallery_likeness hr_gallery_likeness(const struct hr_gallery *gallery)
{
    return gallery->likeness;
}

/* Put a student into the list, which is sorted by score. */
static void note_match(struct hr_match *matches, size_t count, const struct hr_match *match)
{
    if (!(match->score > matches[count - 1].score))
        return;
    size_t at = count - 1;
    for (; at > 0 && match->score > matches[at - 1].score; at--)
        matches[at] = matches[at - 1];
    matches[at] = *match;
}

/* Coarse distances are computed for so many templates at a time, which stay in the first cache. */
enum { CHUNK = 64 };

struct search {
    const struct templates *templates;
    const struct hr_model_face *model;
    const float *probe;
    float squares;  /* of the probe's length */
    float rounding; /* distance of the probe from its code */
    int8_t code[HR_VECTOR_SIZE_MAX];
    struct hr_match *matches;
    size_t count;
};

/* The coarse distance, in squared steps, from which on no template can have a higher score than the last of the list:
 * a score says a cosine, and that a distance (the templates have length 1); by the triangle inequality a true distance
 * and a coarse one differ by the two roundings at most. The last factor covers the rounding of these few operations. */
static float coarse_limit(const struct search *search)
{
    float score = search->matches[search->count - 1].score;
    if (isinf(score) || !(search->templates->step > 0))
        return INFINITY;
    float cosine = score * search->model->stranger_deviation + search->model->stranger_mean;
    float distance = sqrtf(fmaxf(0, search->squares + 1 - 2 * cosine));
    float steps = (distance + search->templates->rounding_max + search->rounding) / search->templates->step;
    return steps * steps * 1.001f + 1;
}

static void search_templates(struct search *search)
{
    const struct templates *templates = search->templates;
    size_t size = templates->size;
    int32_t coarse[CHUNK];
    float limit = coarse_limit(search);
    for (size_t first = 0; first < templates->count; first += CHUNK) {
        size_t left = templates->count - first;
        size_t chunk = left < CHUNK ? left : CHUNK;
        hr_distances_coarse(search->code, templates->codes + first * size, size, chunk, coarse);
        for (size_t i = 0; i < chunk; i++) {
            if (!((float)coarse[i] < limit))
                continue;
            struct hr_match match = {.student = templates->owners[first + i]};
            match.similarity = hr_vector_cosine(search->probe, templates->numbers + (first + i) * size, size);
            match.score = hr_vector_score(search->model, match.similarity);
            note_match(search->matches, search->count, &match);
            limit = coarse_limit(search);
        }
    }
}

void hr_gallery_search(const struct hr_gallery *gallery, const float *probe, struct hr_match *matches, size_t count)
{
    for (size_t i = 0; i < count; i++)
        matches[i] = (struct hr_match){SIZE_MAX, 0, -INFINITY};
    for (size_t i = 0; i < gallery->layout.count && count > 0; i++) {
        const struct hr_vector_part *part = &gallery->layout.parts[i];
        struct search search = {.templates = &gallery->parts[i],
                                .model = part->model,
                                .probe = probe + part->first,
                                .matches = matches,
                                .count = count};
        size_t size = part->model->vector_size;
        search.squares = hr_vector_cosine(search.probe, search.probe, size);
        search.rounding = encode(search.probe, size, search.templates->step, search.code);
        search_templates(&search);
    }
}
