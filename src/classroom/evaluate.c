#include "classroom/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/plural.h"
#include "classroom/enroll.h"
#include "face/decide.h"
#include "video/video.h"

struct seen_face {
    struct hr_track track; /* of one sight; its vector is the picture's */
    float prominence;
};

struct picture {
    size_t person;           /* SIZE_MAX: a stranger */
    struct seen_face *faces; /* owned */
    float *vectors;          /* owned: [face][layout] */
    size_t face_count;
    size_t main; /* the face that would be enrolled; SIZE_MAX: none is large enough */
};

struct hr_evaluation {
    struct hr_session *session; /* borrowed */
    const struct hr_vector_layout *layout;
    struct picture *pictures;
    size_t count, capacity;
    char **people; /* owned */
    size_t people_count, people_capacity;
    size_t strangers;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory to evaluate");
}

enum hr_status hr_evaluation_new(struct hr_evaluation **out, struct hr_session *session, struct hr_error *error)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return no_memory(error);
    (*out)->session = session;
    (*out)->layout = hr_embedders_layout(session->embedders);
    return HR_OK;
}

void hr_evaluation_free(struct hr_evaluation *evaluation)
{
    if (evaluation == NULL)
        return;
    for (size_t i = 0; i < evaluation->count; i++) {
        free(evaluation->pictures[i].faces);
        free(evaluation->pictures[i].vectors);
    }
    for (size_t i = 0; i < evaluation->people_count; i++)
        free(evaluation->people[i]);
    free(evaluation->pictures);
    free(evaluation->people);
    free(evaluation);
}

size_t hr_evaluation_people(const struct hr_evaluation *evaluation)
{
    return evaluation->people_count;
}

size_t hr_evaluation_strangers(const struct hr_evaluation *evaluation)
{
    return evaluation->strangers;
}

/* --- pictures --- */

static enum hr_status person_of(struct hr_evaluation *evaluation, const char *name, size_t *person,
                                struct hr_error *error)
{
    *person = SIZE_MAX;
    if (name == NULL)
        return HR_OK;
    /* Pictures come person by person: the last one is mostly the one. */
    for (size_t i = evaluation->people_count; i-- > 0;)
        if (strcmp(evaluation->people[i], name) == 0) {
            *person = i;
            return HR_OK;
        }
    if (evaluation->people_count == evaluation->people_capacity) {
        size_t capacity = evaluation->people_capacity > 0 ? 2 * evaluation->people_capacity : 64;
        char **people = reallocarray(evaluation->people, capacity, sizeof *people);
        if (people == NULL)
            return no_memory(error);
        evaluation->people = people;
        evaluation->people_capacity = capacity;
    }
    char *copy = strdup(name);
    if (copy == NULL)
        return no_memory(error);
    *person = evaluation->people_count;
    evaluation->people[evaluation->people_count++] = copy;
    return HR_OK;
}

static enum hr_status embed_one(const struct hr_evaluation *evaluation, const struct hr_frame *frame,
                                const struct hr_face *face, struct seen_face *seen, float *vector,
                                struct hr_error *error)
{
    struct hr_embedders *embedders = evaluation->session->embedders;
    struct hr_chip *chip = malloc(sizeof *chip);
    uint8_t *chips = malloc(hr_embedders_chip_bytes(embedders) + 1);
    enum hr_status status = chip != NULL && chips != NULL ? HR_OK : no_memory(error);
    if (status == HR_OK) {
        const uint8_t *view = chips;
        hr_face_align(frame, face, chip);
        struct hr_view_quality quality = hr_face_quality(face, chip);
        hr_embedders_cut(embedders, frame, face, chips);
        hr_embed(embedders, &view, 1, vector);
        *seen = (struct seen_face){.prominence = hr_enroll_prominence(face, frame->size)};
        seen->track = (struct hr_track){.sightings = 1,
                                        .views = 1,
                                        .face_px = quality.size_px,
                                        .best_box = face->box,
                                        .best_sharpness = quality.sharpness,
                                        .best_frontal = quality.frontal};
    }
    free(chips);
    free(chip);
    return status;
}

static enum hr_status take_faces(struct hr_evaluation *evaluation, struct picture *picture,
                                 const struct hr_image *image, struct hr_error *error)
{
    struct hr_session *session = evaluation->session;
    struct hr_frame frame = hr_image_frame(image);
    size_t size = evaluation->layout->size;
    enum hr_status status = hr_faces_find(session->detector, &frame, &session->faces, error);
    if (status != HR_OK)
        return status;
    picture->faces = calloc(session->faces.count + 1, sizeof *picture->faces);
    picture->vectors = calloc((session->faces.count + 1) * size, sizeof *picture->vectors);
    if (picture->faces == NULL || picture->vectors == NULL)
        return no_memory(error);
    float least = hr_tracks_options_default().face_min_px;
    for (size_t i = 0; status == HR_OK && i < session->faces.count; i++) {
        const struct hr_face *face = &session->faces.items[i];
        if (fminf(face->box.right_px - face->box.left_px, face->box.bottom_px - face->box.top_px) < least)
            continue;
        size_t at = picture->face_count++;
        struct seen_face *seen = &picture->faces[at];
        float *vector = picture->vectors + at * size;
        status = embed_one(evaluation, &frame, face, seen, vector, error);
        seen->track.vector = vector;
        if (picture->main == SIZE_MAX || seen->prominence > picture->faces[picture->main].prominence)
            picture->main = at;
    }
    return status;
}

enum hr_status hr_evaluation_add(struct hr_evaluation *evaluation, const char *person, struct hr_view bytes,
                                 const char *name, size_t *faces, struct hr_error *error)
{
    struct hr_image image = {0};
    *faces = 0;
    if (evaluation->count == evaluation->capacity) {
        size_t capacity = evaluation->capacity > 0 ? 2 * evaluation->capacity : 256;
        struct picture *pictures = reallocarray(evaluation->pictures, capacity, sizeof *pictures);
        if (pictures == NULL)
            return no_memory(error);
        evaluation->pictures = pictures;
        evaluation->capacity = capacity;
    }
    struct picture picture = {.main = SIZE_MAX};
    const struct hr_photo_options reading = {.sandbox = evaluation->session->sandbox};
    enum hr_status status = hr_photo_read(&image, bytes, name, &reading, error);
    if (status == HR_OK)
        status = take_faces(evaluation, &picture, &image, error);
    if (status == HR_OK)
        status = person_of(evaluation, person, &picture.person, error);
    hr_image_clear(&image);
    if (status != HR_OK) {
        free(picture.faces);
        free(picture.vectors);
        return status;
    }
    *faces = picture.face_count;
    evaluation->strangers += picture.person == SIZE_MAX;
    evaluation->pictures[evaluation->count++] = picture;
    return HR_OK;
}

/* --- one draw --- */

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Fisher and Yates. The remainder is uneven by less than 2^-40 for any number of people there are. */
static void shuffle(size_t *items, size_t count, uint64_t *random)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)(next_random(random) % i), item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}

struct draw {
    const struct hr_evaluation *evaluation;
    struct hr_gallery *gallery;
    bool *enrolled; /* of each person */
    bool *used;     /* of each picture: it was enrolled */
    double false_present;
};

static enum hr_status enroll_person(struct draw *draw, size_t person, size_t photos, uint64_t *random,
                                    struct hr_error *error)
{
    const struct hr_evaluation *evaluation = draw->evaluation;
    const struct hr_vector_part *part = &evaluation->layout->parts[0];
    size_t *own = malloc((evaluation->count + 1) * sizeof *own), count = 0;
    if (own == NULL)
        return no_memory(error);
    for (size_t i = 0; i < evaluation->count; i++)
        if (evaluation->pictures[i].person == person && evaluation->pictures[i].main != SIZE_MAX)
            own[count++] = i;
    shuffle(own, count, random);
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < photos && i < count; i++) {
        const struct picture *picture = &evaluation->pictures[own[i]];
        struct hr_gallery_vector vector = {.student_id = evaluation->people[person],
                                           .model_id = part->model_id,
                                           .numbers = picture->vectors + picture->main * evaluation->layout->size +
                                                      part->first,
                                           .size = part->model->vector_size,
                                           .face_px = (double)(picture->faces[picture->main].track.best_box.right_px -
                                                               picture->faces[picture->main].track.best_box.left_px)};
        status = hr_gallery_add(draw->gallery, &vector, error);
        draw->used[own[i]] = true;
    }
    free(own);
    draw->enrolled[person] = true;
    return status;
}

struct names {
    bool right_certain, right_review, wrong_certain, wrong_review;
};

/* Everybody who is named in a picture, all its faces decided together. */
static enum hr_status name_faces(const struct draw *draw, const struct picture *picture, struct names *out,
                                 struct hr_error *error)
{
    *out = (struct names){0};
    const struct hr_track **tracks = calloc(picture->face_count + 1, sizeof *tracks);
    struct hr_decision *decisions = calloc(picture->face_count + 1, sizeof *decisions);
    enum hr_status status = tracks != NULL && decisions != NULL ? HR_OK : no_memory(error);
    for (size_t i = 0; status == HR_OK && i < picture->face_count; i++)
        tracks[i] = &picture->faces[i].track;
    struct hr_decide_options options = {.false_present = draw->false_present, .frames = 1};
    if (status == HR_OK)
        status = hr_decide_each(tracks, picture->face_count, draw->gallery, &options, decisions, error);
    for (size_t i = 0; status == HR_OK && i < picture->face_count; i++) {
        if (decisions[i].band == HR_BAND_UNKNOWN)
            continue;
        bool right = picture->person != SIZE_MAX && strcmp(hr_gallery_student(draw->gallery, decisions[i].student).id,
                                                           draw->evaluation->people[picture->person]) == 0;
        bool certain = decisions[i].band == HR_BAND_CERTAIN;
        out->right_certain |= right && certain;
        out->right_review |= right && !certain;
        out->wrong_certain |= !right && certain;
        out->wrong_review |= !right && !certain;
    }
    free(decisions);
    free(tracks);
    return status;
}

static enum hr_status count_picture(const struct draw *draw, const struct picture *picture,
                                    struct hr_evaluate_counts *counts, struct hr_error *error)
{
    struct names names;
    enum hr_status status = name_faces(draw, picture, &names, error);
    if (status != HR_OK)
        return status;
    bool known = picture->person != SIZE_MAX && draw->enrolled != NULL && draw->enrolled[picture->person];
    counts->without_face += picture->face_count == 0;
    if (!known) {
        counts->strangers++;
        counts->strangers_certain += names.wrong_certain;
        counts->strangers_review += !names.wrong_certain && names.wrong_review;
        return HR_OK;
    }
    bool right = names.right_certain || names.right_review;
    counts->probes++;
    counts->found_certain += names.right_certain;
    counts->found_review += !names.right_certain && names.right_review;
    counts->misnamed_certain += names.wrong_certain && !names.right_certain;
    counts->misnamed_review += !names.wrong_certain && names.wrong_review && !right;
    return HR_OK;
}

static size_t pictures_of(const struct hr_evaluation *evaluation, size_t person)
{
    size_t count = 0;
    for (size_t i = 0; i < evaluation->count; i++)
        count += evaluation->pictures[i].person == person && evaluation->pictures[i].main != SIZE_MAX;
    return count;
}

static enum hr_status run_draw(struct draw *draw, const struct hr_evaluate_options *options, uint64_t *random,
                               struct hr_evaluate_counts *counts, struct hr_error *error)
{
    const struct hr_evaluation *evaluation = draw->evaluation;
    size_t *people = malloc((evaluation->people_count + 1) * sizeof *people), count = 0;
    if (people == NULL)
        return no_memory(error);
    for (size_t i = 0; i < evaluation->people_count; i++)
        if (pictures_of(evaluation, i) >= options->photos)
            people[count++] = i;
    enum hr_status status = HR_OK;
    if (count < options->gallery || count == 0)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "%zu %s %zu picture%s with a face, a gallery of %zu is wanted",
                              count, count == 1 ? "person has" : "people have", options->photos,
                              hr_plural(options->photos), options->gallery);
    shuffle(people, count, random);
    size_t students = options->gallery > 0 ? options->gallery : count;
    for (size_t i = 0; status == HR_OK && i < students; i++)
        status = enroll_person(draw, people[i], options->photos, random, error);
    if (status == HR_OK)
        status = hr_gallery_close(draw->gallery, error);
    for (size_t i = 0; status == HR_OK && i < evaluation->count; i++)
        if (!draw->used[i])
            status = count_picture(draw, &evaluation->pictures[i], counts, error);
    counts->students = students;
    free(people);
    return status;
}

enum hr_status hr_evaluation_run(const struct hr_evaluation *evaluation, const struct hr_evaluate_options *options,
                                 struct hr_evaluate_counts *out, struct hr_error *error)
{
    *out = (struct hr_evaluate_counts){0};
    if (options->photos == 0 || options->draws == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "at least one photo and one draw are needed");
    uint64_t random = options->seed;
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < options->draws; i++) {
        struct draw draw = {.evaluation = evaluation,
                            .false_present = options->false_present,
                            .enrolled = calloc(evaluation->people_count + 1, sizeof *draw.enrolled),
                            .used = calloc(evaluation->count + 1, sizeof *draw.used)};
        status = draw.enrolled != NULL && draw.used != NULL ? hr_gallery_new(&draw.gallery, evaluation->layout, error)
                                                            : no_memory(error);
        if (status == HR_OK)
            status = run_draw(&draw, options, &random, out, error);
        hr_gallery_free(draw.gallery);
        free(draw.enrolled);
        free(draw.used);
    }
    return status;
}

enum hr_status hr_evaluation_run_class(const struct hr_evaluation *evaluation, const struct hr_gallery *gallery,
                                       double false_present, struct hr_evaluate_counts *out, struct hr_error *error)
{
    *out = (struct hr_evaluate_counts){.students = hr_gallery_students(gallery)};
    struct draw draw = {
        .evaluation = evaluation, .gallery = (struct hr_gallery *)(uintptr_t)gallery, .false_present = false_present};
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < evaluation->count; i++)
        status = count_picture(&draw, &evaluation->pictures[i], out, error);
    return status;
}

struct hr_interval hr_share_interval(size_t count, size_t of)
{
    if (of == 0)
        return (struct hr_interval){0, 1};
    const double z = 1.959964;
    double n = (double)of, p = (double)count / n;
    double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    return (struct hr_interval){fmax(0, middle - half), fmin(1, middle + half)};
}
