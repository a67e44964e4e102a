/* Looking: what one photo or video by itself is worth. */
#include "base/plural.h"
#include "classroom/enroll_plan.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/wipe.h"
#include "records/consent.h"
#include "video/video.h"

static const char *const verdict_names[HR_ENROLL_VERDICT_COUNT] = {
    [HR_ENROLL_ENROLLED] = "enrolled",           [HR_ENROLL_DUPLICATE] = "duplicate",   [HR_ENROLL_NO_FACE] = "no_face",
    [HR_ENROLL_SEVERAL_FACES] = "several_faces", [HR_ENROLL_TOO_SMALL] = "too_small",   [HR_ENROLL_BLURRED] = "blurred",
    [HR_ENROLL_DISAGREES] = "disagrees",         [HR_ENROLL_LOOKS_LIKE] = "looks_like", [HR_ENROLL_DAMAGED] = "damaged",
    [HR_ENROLL_UNREADABLE] = "unreadable",       [HR_ENROLL_NO_CONSENT] = "no_consent"};

const char *hr_enroll_verdict_name(enum hr_enroll_verdict verdict)
{
    return verdict_names[verdict];
}

void hr_enroll_say(struct hr_enroll_outcome *out, enum hr_enroll_verdict what, const char *format, ...)
{
    out->verdict = what;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->text, sizeof out->text, format, arguments);
    va_end(arguments);
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for an enrolment");
}

enum hr_status hr_enrolment_new(struct hr_enrolment **out, struct hr_engine *engine, struct hr_session *session,
                                const struct hr_enroll_options *options, struct hr_error *error)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return no_memory(error);
    (*out)->session = session;
    (*out)->snapshot = hr_engine_hold(engine);
    (*out)->options = options != NULL ? *options : (struct hr_enroll_options){0};
    (*out)->layout = hr_embedders_layout(session->embedders);
    return HR_OK;
}

void hr_enrolment_free(struct hr_enrolment *plan)
{
    if (plan == NULL)
        return;
    size_t vector_bytes = plan->layout->size * sizeof(float);
    for (size_t i = 0; i < plan->count; i++) {
        struct hr_enroll_item *item = &plan->items[i];
        free(item->student_id);
        free(item->origin);
        hr_wipe_free(item->vectors, item->count * vector_bytes);
        hr_wipe_free(item->mean, vector_bytes);
    }
    for (size_t i = 0; i < plan->record_count; i++) {
        struct hr_enroll_record *record = &plan->records[i];
        free(record->origin);
        hr_wipe_free(record->numbers, plan->layout->parts[record->part].model->vector_size * sizeof(float));
    }
    free(plan->items);
    free(plan->records);
    free(plan->students);
    hr_snapshot_release(plan->snapshot);
    free(plan);
}

size_t hr_enrolment_count(const struct hr_enrolment *plan)
{
    return plan->count;
}

const struct hr_enroll_outcome *hr_enrolment_outcome(const struct hr_enrolment *plan, size_t index)
{
    return &plan->items[index].outcome;
}

static enum hr_status add_item(struct hr_enrolment *plan, const char *student_id, const char *origin,
                               struct hr_enroll_item **out, struct hr_error *error)
{
    if (plan->count == plan->capacity) {
        size_t capacity = plan->capacity > 0 ? 2 * plan->capacity : 16;
        struct hr_enroll_item *items = reallocarray(plan->items, capacity, sizeof *items);
        if (items == NULL)
            return no_memory(error);
        plan->items = items;
        plan->capacity = capacity;
    }
    struct hr_enroll_item *item = &plan->items[plan->count];
    *item = (struct hr_enroll_item){.student_id = strdup(student_id), .origin = strdup(origin)};
    if (item->student_id == NULL || item->origin == NULL) {
        free(item->student_id);
        free(item->origin);
        return no_memory(error);
    }
    item->outcome.student_id = item->student_id;
    item->outcome.origin = item->origin;
    plan->count++;
    *out = item;
    return HR_OK;
}

enum hr_status hr_enrolment_unreadable(struct hr_enrolment *plan, const char *student_id, const char *origin,
                                       const char *text, struct hr_error *error)
{
    struct hr_enroll_item *item;
    enum hr_status status = add_item(plan, student_id, origin, &item, error);
    if (status == HR_OK)
        hr_enroll_say(&item->outcome, HR_ENROLL_UNREADABLE, "%s", text);
    return status;
}

/* Whether an error is the input's fault (an outcome) or ours (an error). */
static bool fault_of_input(enum hr_status status)
{
    return status == HR_ERR_FORMAT || status == HR_ERR_UNSUPPORTED || status == HR_ERR_LIMIT;
}

/* Who has refused is not looked at. */
static enum hr_status refused(const struct hr_enrolment *plan, struct hr_enroll_item *item, bool *out,
                              struct hr_error *error)
{
    struct hr_consent_record consent;
    enum hr_status status = hr_database_consent(plan->snapshot->database, item->student_id, &consent, error);
    *out = status == HR_OK && consent.consent == HR_CONSENT_REFUSED;
    if (*out)
        hr_enroll_say(&item->outcome, HR_ENROLL_NO_CONSENT,
                      "student '%s' does not agree to be recognised ('homeroom consent %s yes' says otherwise)",
                      item->student_id, item->student_id);
    return status == HR_ERR_NOT_FOUND ? HR_OK : status; /* made with the commit */
}

/* Enrolled before, or offered before in this call. */
static enum hr_status known_already(const struct hr_enrolment *plan, struct hr_enroll_item *item, bool *known,
                                    struct hr_error *error)
{
    *known = false;
    for (size_t i = 0; i < plan->count && !*known; i++) {
        const struct hr_enroll_item *other = &plan->items[i];
        if (other == item || strcmp(other->sha256, item->sha256) != 0 ||
            strcmp(other->student_id, item->student_id) != 0)
            continue;
        *known = true;
        hr_enroll_say(&item->outcome, HR_ENROLL_DUPLICATE, "the same file as '%s'", other->origin);
    }
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < plan->layout->count && !*known; i++) {
        status = hr_database_has_face(plan->snapshot->database, item->student_id, plan->layout->parts[i].model_id,
                                      item->sha256, known, error);
        /* Enrolled when only a lesser model was here: the better one is still wanted. */
        if (i == 0 && !*known)
            break;
        if (*known)
            hr_enroll_say(&item->outcome, HR_ENROLL_DUPLICATE, "enrolled already");
    }
    return status;
}

/* --- one face --- */

static float face_width_px(const struct hr_face *face)
{
    return face->box.right_px - face->box.left_px;
}

float hr_enroll_prominence(const struct hr_face *face, struct hr_size size)
{
    float x = (face->box.left_px + face->box.right_px) / (float)size.width_px - 1;
    float y = (face->box.top_px + face->box.bottom_px) / (float)size.height_px - 1;
    return face_width_px(face) * (1 - 0.5f * fminf(1, sqrtf(x * x + y * y)));
}

/* The face the picture is of, or NULL with the verdict. One face among bystanders is taken when it is clearly the most
 * prominent one; of equal ones nobody can know which is the student. */
static const struct hr_face *the_one_face(const struct hr_faces *faces, struct hr_size size,
                                          struct hr_enroll_item *item)
{
    const float dominant = 1.4f;
    if (faces->count == 0) {
        hr_enroll_say(&item->outcome, HR_ENROLL_NO_FACE, "no face found");
        return NULL;
    }
    const struct hr_face *best = &faces->items[0];
    for (size_t i = 1; i < faces->count; i++)
        if (hr_enroll_prominence(&faces->items[i], size) > hr_enroll_prominence(best, size))
            best = &faces->items[i];
    size_t rivals = 0, bystanders = 0;
    for (size_t i = 0; i < faces->count; i++) {
        const struct hr_face *face = &faces->items[i];
        if (face == best || face_width_px(face) < 0.25f * face_width_px(best))
            continue;
        bystanders++;
        rivals += dominant * hr_enroll_prominence(face, size) > hr_enroll_prominence(best, size);
    }
    if (rivals > 0) {
        hr_enroll_say(&item->outcome, HR_ENROLL_SEVERAL_FACES, "%zu faces: crop the picture to the student",
                      rivals + 1);
        return NULL;
    }
    if (bystanders > 0) {
        snprintf(item->word, sizeof item->word, "bystanders");
        snprintf(item->outcome.text, sizeof item->outcome.text, "the most prominent of %zu faces was taken",
                 bystanders + 1);
    }
    return best;
}

/* Judges the view. False, with the verdict, when it is not good enough; a small face is left for later, when it is
 * known what else the student has. */
static bool good_view(const struct hr_frame *frame, const struct hr_face *face, struct hr_chip *chip,
                      struct hr_enroll_item *item)
{
    float width = face_width_px(face);
    hr_face_align(frame, face, chip);
    struct hr_view_quality quality = hr_face_quality(face, chip);
    item->quality = (double)quality.overall;
    item->face_px = (double)width;
    if (width < HR_ENROLL_FACE_MIN_PX) {
        hr_enroll_say(&item->outcome, HR_ENROLL_TOO_SMALL, "the face is %.0f px wide, %d needed", (double)width,
                      HR_ENROLL_FACE_GOOD_PX);
        return false;
    }
    /* A small face has less detail in it, sharp or not. */
    float share = fminf(1, width / HR_ENROLL_FACE_GOOD_PX);
    float needed = HR_SHARPNESS_MIN * share * share;
    if (quality.sharpness < needed) {
        hr_enroll_say(&item->outcome, HR_ENROLL_BLURRED, "the face is blurred (sharpness %.0f, %.0f needed)",
                      (double)quality.sharpness, (double)needed);
        return false;
    }
    return true;
}

/* Room for `count` vectors and their mean. */
static enum hr_status make_room(const struct hr_enrolment *plan, struct hr_enroll_item *item, size_t count,
                                struct hr_error *error)
{
    item->vectors = calloc(count * plan->layout->size, sizeof *item->vectors);
    item->mean = calloc(plan->layout->size, sizeof *item->mean);
    return item->vectors != NULL && item->mean != NULL ? HR_OK : no_memory(error);
}

static enum hr_status embed_face(const struct hr_enrolment *plan, const struct hr_frame *frame,
                                 const struct hr_face *face, struct hr_enroll_item *item, struct hr_error *error)
{
    struct hr_embedders *embedders = plan->session->embedders;
    enum hr_status status = make_room(plan, item, 1, error);
    if (status != HR_OK)
        return status;
    uint8_t *chips = malloc(hr_embedders_chip_bytes(embedders));
    if (chips == NULL)
        return no_memory(error);
    const uint8_t *view = chips;
    hr_embedders_cut(embedders, frame, face, chips);
    hr_embed(embedders, &view, 1, item->vectors);
    free(chips);
    memcpy(item->mean, item->vectors, plan->layout->size * sizeof *item->mean);
    item->count = 1;
    item->pending = true;
    return HR_OK;
}

/* --- a photo --- */

static enum hr_status look_at_photo(struct hr_enrolment *plan, struct hr_enroll_item *item,
                                    const struct hr_image *image, struct hr_error *error)
{
    struct hr_session *session = plan->session;
    struct hr_frame frame = hr_image_frame(image);
    enum hr_status status = hr_faces_find(session->detector, &frame, &session->faces, error);
    if (status != HR_OK)
        return status;
    const struct hr_face *face = the_one_face(&session->faces, image->size, item);
    if (face == NULL)
        return HR_OK;
    struct hr_chip *chip = malloc(sizeof *chip);
    if (chip == NULL)
        return no_memory(error);
    if (good_view(&frame, face, chip, item))
        status = embed_face(plan, &frame, face, item, error);
    free(chip);
    return status;
}

enum hr_status hr_enrolment_photo(struct hr_enrolment *plan, const char *student_id, struct hr_view bytes,
                                  const char *origin, struct hr_error *error)
{
    struct hr_enroll_item *item;
    struct hr_image image = {0};
    char damage[HR_PHOTO_DAMAGE_SIZE];
    bool known = false;
    enum hr_status status = add_item(plan, student_id, origin, &item, error);
    if (status == HR_OK)
        status = refused(plan, item, &known, error);
    if (status != HR_OK || known)
        return status;
    status = hr_sha256_hex(bytes, item->sha256, error);
    if (status == HR_OK)
        status = known_already(plan, item, &known, error);
    if (status != HR_OK || known)
        return status;
    const struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), 0, plan->options.stop);
    const struct hr_photo_options reading = {.sandbox = plan->session->sandbox, .deadline = &deadline};
    status = hr_photo_read_damaged(&image, bytes, origin, &reading, damage, error);
    if (fault_of_input(status)) {
        hr_enroll_say(&item->outcome, HR_ENROLL_UNREADABLE, "%s", error->text);
        status = HR_OK;
    } else if (status == HR_OK && damage[0] != '\0') {
        hr_enroll_say(&item->outcome, HR_ENROLL_DAMAGED,
                      "a part of the picture is missing or wrong (%s): get the file again", damage);
    } else if (status == HR_OK) {
        status = look_at_photo(plan, item, &image, error);
    }
    hr_image_clear(&image);
    return status;
}

/* --- a video --- */

enum { VIDEO_VIEWS_MAX = 40, VIDEO_VIEWS_MIN = 3 };

struct video_views {
    uint8_t *chips; /* VIDEO_VIEWS_MAX views, side by side */
    float *vectors;
    struct hr_chip *chip;
    size_t count;
    double face_px, quality; /* of the best one */
};

static void free_views(const struct hr_enrolment *plan, struct video_views *views)
{
    free(views->chips);
    hr_wipe_free(views->vectors, VIDEO_VIEWS_MAX * plan->layout->size * sizeof *views->vectors);
    free(views->chip);
}

/* Four frames a second that show the one person well. Why the latest frame was not used stays in the item's outcome. */
static enum hr_status collect_views(struct hr_enrolment *plan, struct hr_stream *stream, struct hr_enroll_item *item,
                                    struct video_views *views, struct hr_error *error)
{
    struct hr_session *session = plan->session;
    struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), 0, plan->options.stop);
    struct hr_video_options sampling = {
        .samples_per_s = 4.0, .decoder_threads = session->threads, .deadline = &deadline, .sandbox = session->sandbox};
    struct hr_video *video = NULL;
    struct hr_frame frame;
    size_t view_bytes = hr_embedders_chip_bytes(session->embedders);
    enum hr_status status = hr_video_open(&video, stream, item->origin, &sampling, error);
    if (status != HR_OK)
        return status;
    while (views->count < VIDEO_VIEWS_MAX && (status = hr_video_next(video, &frame, error)) == HR_OK) {
        status = hr_faces_find(session->detector, &frame, &session->faces, error);
        if (status != HR_OK)
            break;
        const struct hr_face *face = the_one_face(&session->faces, frame.size, item);
        if (face == NULL || !good_view(&frame, face, views->chip, item))
            continue;
        hr_embedders_cut(session->embedders, &frame, face, views->chips + views->count++ * view_bytes);
        views->face_px = fmax(views->face_px, item->face_px);
        views->quality = fmax(views->quality, item->quality);
    }
    hr_video_close(video);
    return status == HR_END ? HR_OK : status;
}

/* Likeness of two vectors in the best model. */
static float likeness(const struct hr_vector_layout *layout, const float *a, const float *b)
{
    return hr_vector_cosine(a, b, layout->parts[0].model->vector_size);
}

/* The mean of all, each part of length 1. */
static void mean_of(const struct hr_vector_layout *layout, const float *vectors, size_t count, float *mean)
{
    memset(mean, 0, layout->size * sizeof *mean);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < layout->size; k++)
            mean[k] += vectors[i * layout->size + k];
    hr_vector_normalise_all(layout, mean);
}

static void swap_vectors(float *a, float *b, size_t size)
{
    for (size_t k = 0; k < size; k++) {
        float number = a[k];
        a[k] = b[k];
        b[k] = number;
    }
}

/* The next view to take: the most typical first, then always the one least like those that are taken. */
static size_t next_view(const struct hr_vector_layout *layout, const float *vectors, size_t count, size_t chosen,
                        const float *mean)
{
    size_t best = chosen;
    float best_score = -INFINITY;
    for (size_t i = chosen; i < count; i++) {
        const float *candidate = vectors + i * layout->size;
        float score = chosen == 0 ? likeness(layout, candidate, mean) : INFINITY;
        for (size_t j = 0; j < chosen; j++)
            score = fminf(score, -likeness(layout, candidate, vectors + j * layout->size));
        if (score > best_score)
            best_score = score, best = i;
    }
    return best;
}

/* Drops views that are not of the person in the middle, then picks views as unlike each other as
 * possible. The chosen vectors are moved to the front; returns their number. */
static size_t choose_views(const struct hr_vector_layout *layout, float *vectors, size_t count, float *mean)
{
    const float same_person_score = 3.1f; /* of strangers, one pair in a thousand is so alike */
    size_t size = layout->size, kept = 0;
    mean_of(layout, vectors, count, mean);
    for (size_t i = 0; i < count; i++) {
        float cosine = likeness(layout, vectors + i * size, mean);
        if (hr_vector_score(layout->parts[0].model, cosine) >= same_person_score)
            memmove(vectors + kept++ * size, vectors + i * size, size * sizeof *vectors);
    }
    size_t chosen = 0;
    while (chosen < kept && chosen < HR_ENROLL_VIDEO_VECTORS) {
        size_t next = next_view(layout, vectors, kept, chosen, mean);
        if (next != chosen)
            swap_vectors(vectors + chosen * size, vectors + next * size, size);
        chosen++;
    }
    return chosen;
}

static enum hr_status take_views(struct hr_enrolment *plan, struct hr_enroll_item *item, struct video_views *views,
                                 struct hr_error *error)
{
    const struct hr_vector_layout *layout = plan->layout;
    if (views->count < VIDEO_VIEWS_MIN) {
        if (item->outcome.verdict == HR_ENROLL_ENROLLED)
            hr_enroll_say(&item->outcome, HR_ENROLL_NO_FACE, "the video is too short: %zu good view%s, %d needed",
                          views->count, hr_plural(views->count), VIDEO_VIEWS_MIN);
        return HR_OK;
    }
    item->outcome.verdict = HR_ENROLL_ENROLLED; /* of single frames something else may have been said */
    item->outcome.text[0] = item->word[0] = '\0';
    enum hr_status status = make_room(plan, item, HR_ENROLL_VIDEO_VECTORS, error);
    if (status != HR_OK)
        return status;
    const uint8_t *chips[VIDEO_VIEWS_MAX];
    for (size_t i = 0; i < views->count; i++)
        chips[i] = views->chips + i * hr_embedders_chip_bytes(plan->session->embedders);
    hr_embed(plan->session->embedders, chips, views->count, views->vectors);
    item->count = choose_views(layout, views->vectors, views->count, item->mean);
    if (item->count == 0) {
        hr_enroll_say(&item->outcome, HR_ENROLL_SEVERAL_FACES, "the video does not show one and the same person");
        return HR_OK;
    }
    memcpy(item->vectors, views->vectors, item->count * layout->size * sizeof *item->vectors);
    mean_of(layout, item->vectors, item->count, item->mean);
    item->face_px = views->face_px;
    item->quality = views->quality;
    item->pending = true;
    return HR_OK;
}

enum hr_status hr_enrolment_video(struct hr_enrolment *plan, const char *student_id, struct hr_stream *stream,
                                  const char *origin, const char *sha256, struct hr_error *error)
{
    struct hr_enroll_item *item;
    bool known = false;
    enum hr_status status = add_item(plan, student_id, origin, &item, error);
    if (status != HR_OK)
        return status;
    status = refused(plan, item, &known, error);
    if (status != HR_OK || known)
        return status;
    snprintf(item->sha256, sizeof item->sha256, "%s", sha256);
    status = known_already(plan, item, &known, error);
    if (status != HR_OK || known)
        return status;
    size_t view_bytes = hr_embedders_chip_bytes(plan->session->embedders);
    struct video_views views = {.chips = calloc(VIDEO_VIEWS_MAX, view_bytes),
                                .vectors = calloc(VIDEO_VIEWS_MAX * plan->layout->size, sizeof *views.vectors),
                                .chip = malloc(sizeof *views.chip)};
    status = views.chips != NULL && views.vectors != NULL && views.chip != NULL ? HR_OK : no_memory(error);
    if (status == HR_OK)
        status = collect_views(plan, stream, item, &views, error);
    if (fault_of_input(status)) {
        hr_enroll_say(&item->outcome, HR_ENROLL_UNREADABLE, "%s", error->text);
        status = HR_OK;
    } else if (status == HR_OK) {
        status = take_views(plan, item, &views, error);
    }
    free_views(plan, &views);
    return status;
}
