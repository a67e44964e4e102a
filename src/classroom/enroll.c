#include "classroom/enroll.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "video/video.h"

/* Vectors nearer than this come from the same picture saved twice: measured re-encodings stay below
 * it, two moments of one person lie above. */
static const float same_picture_distance = 0.05f;

static const char *const verdict_names[HR_ENROLL_VERDICT_COUNT] = {
    [HR_ENROLL_ENROLLED] = "enrolled",     [HR_ENROLL_DUPLICATE] = "duplicate",
    [HR_ENROLL_NO_FACE] = "no_face",       [HR_ENROLL_SEVERAL_FACES] = "several_faces",
    [HR_ENROLL_TOO_SMALL] = "too_small",   [HR_ENROLL_BLURRED] = "blurred",
    [HR_ENROLL_LOOKS_LIKE] = "looks_like", [HR_ENROLL_UNREADABLE] = "unreadable"};

const char *hr_enroll_verdict_name(enum hr_enroll_verdict verdict)
{
    return verdict_names[verdict];
}

HR_PRINTF(3, 4)
static enum hr_status verdict(struct hr_enroll_outcome *out, enum hr_enroll_verdict what,
                              const char *format, ...)
{
    out->verdict = what;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->text, sizeof out->text, format, arguments);
    va_end(arguments);
    return HR_OK;
}

static float face_width_px(const struct hr_face *face)
{
    return face->box.right_px - face->box.left_px;
}

/* The face the picture is of, or NULL with the verdict: bystanders less than half as wide do not
 * count. */
static const struct hr_face *the_one_face(const struct hr_faces *faces,
                                          struct hr_enroll_outcome *out)
{
    if (faces->count == 0) {
        (void)verdict(out, HR_ENROLL_NO_FACE, "no face found");
        return NULL;
    }
    const struct hr_face *largest = &faces->items[0];
    for (size_t i = 1; i < faces->count; i++)
        if (face_width_px(&faces->items[i]) > face_width_px(largest))
            largest = &faces->items[i];
    size_t rivals = 0;
    for (size_t i = 0; i < faces->count; i++)
        rivals += face_width_px(&faces->items[i]) > 0.5f * face_width_px(largest);
    if (rivals > 1) {
        (void)verdict(out, HR_ENROLL_SEVERAL_FACES, "%zu faces: crop the picture to the student",
                      rivals);
        return NULL;
    }
    return largest;
}

/* Aligns the face and judges the view. False, with the verdict, when it is not good enough. */
static bool good_view(const struct hr_frame *frame, const struct hr_face *face,
                      struct hr_chip *chip, struct hr_enroll_outcome *out)
{
    hr_face_align(frame, face, chip);
    struct hr_view_quality quality = hr_face_quality(face, chip);
    if (face_width_px(face) < HR_ENROLL_FACE_MIN_PX) {
        (void)verdict(out, HR_ENROLL_TOO_SMALL, "the face is %.0f px wide, %d needed",
                      (double)face_width_px(face), HR_ENROLL_FACE_MIN_PX);
        return false;
    }
    if (quality.sharpness < HR_SHARPNESS_MIN) {
        (void)verdict(out, HR_ENROLL_BLURRED, "the face is blurred (sharpness %.0f, %.0f needed)",
                      (double)quality.sharpness, (double)HR_SHARPNESS_MIN);
        return false;
    }
    return true;
}

/* Is the vector this student's? Compares with the own vectors and everybody else's. */
static bool acceptable(const struct hr_session *session, const char *student_id,
                       const float *vector, const struct hr_enroll_options *options,
                       struct hr_enroll_outcome *out)
{
    const struct hr_gallery *gallery = session->engine->gallery;
    size_t count = hr_gallery_students(gallery);
    struct hr_match_pair near = hr_gallery_nearest(gallery, vector);
    struct hr_match own = {SIZE_MAX, INFINITY}, other = {SIZE_MAX, INFINITY};
    if (count > 0 && near.best.student != SIZE_MAX) {
        bool best_is_own = strcmp(hr_gallery_student(gallery, near.best.student), student_id) == 0;
        own = best_is_own ? near.best : own;
        other = best_is_own ? near.runner_up : near.best;
    }
    if (own.distance < same_picture_distance) {
        (void)verdict(out, HR_ENROLL_DUPLICATE, "the same picture is enrolled already");
        return false;
    }
    /* When another student is nearest, the own vectors are farther: own stays infinite and `other`
     * decides. */
    bool lookalike =
        other.distance < hr_decide_options_default().distance_max && other.distance < own.distance;
    if (lookalike && !(options != NULL && options->accept_lookalike)) {
        const char *id = hr_gallery_student(gallery, other.student);
        snprintf(out->lookalike_id, sizeof out->lookalike_id, "%s", id);
        (void)verdict(out, HR_ENROLL_LOOKS_LIKE, "looks like student %s (distance %.2f)", id,
                      (double)other.distance);
        return false;
    }
    return true;
}

static enum hr_status add_vector(struct hr_session *session, const char *student_id,
                                 const float *vector, const char *origin, const char *sha256,
                                 double quality, struct hr_error *error)
{
    struct hr_engine *engine = session->engine;
    const struct hr_clock *clock = hr_clock_system();
    struct hr_face_record record = {.student_id = student_id,
                                    .model_id = hr_engine_model_id(engine),
                                    .vector =
                                        hr_view_of(vector, HR_EMBEDDING_SIZE * sizeof *vector),
                                    .origin = origin,
                                    .origin_sha256 = sha256,
                                    .created_us = clock->wall_us(clock->context),
                                    .quality = quality};
    enum hr_status status = hr_database_add_face(engine->database, &record, error);
    if (status == HR_OK)
        status = hr_gallery_add(engine->gallery, student_id, record.model_id, vector, error);
    return status;
}

/* Student and vectors go into the database together or not at all. */
static enum hr_status enroll_vectors(struct hr_session *session, const char *student_id,
                                     const float *vectors, size_t count, const char *origin,
                                     const char *sha256, double quality,
                                     struct hr_enroll_outcome *out, struct hr_error *error)
{
    struct hr_database *database = session->engine->database;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_ensure_student(database, student_id, NULL, error);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = add_vector(session, student_id, vectors + i * HR_EMBEDDING_SIZE, origin, sha256,
                            quality, error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK) {
        hr_database_rollback(database);
        return status;
    }
    out->vectors = count;
    return verdict(out, HR_ENROLL_ENROLLED, "enrolled");
}

static enum hr_status known_already(struct hr_session *session, const char *student_id,
                                    const char *sha256, bool *known, struct hr_enroll_outcome *out,
                                    struct hr_error *error)
{
    enum hr_status status =
        hr_database_has_face(session->engine->database, student_id,
                             hr_engine_model_id(session->engine), sha256, known, error);
    if (status == HR_OK && *known)
        status = verdict(out, HR_ENROLL_DUPLICATE, "enrolled already");
    return status;
}

/* Whether an error is the input's fault (a verdict) or ours (an error). */
static bool fault_of_input(enum hr_status status)
{
    return status == HR_ERR_FORMAT || status == HR_ERR_UNSUPPORTED || status == HR_ERR_LIMIT;
}

enum hr_status hr_enroll_photo(struct hr_session *session, const char *student_id,
                               struct hr_view bytes, const char *origin,
                               const struct hr_enroll_options *options,
                               struct hr_enroll_outcome *out, struct hr_error *error)
{
    *out = (struct hr_enroll_outcome){0};
    struct hr_image image = {0};
    struct hr_chip *chip = NULL;
    char sha256[HR_SHA256_HEX_SIZE];
    bool known = false;
    enum hr_status status = hr_sha256_hex(bytes, sha256, error);
    if (status == HR_OK)
        status = known_already(session, student_id, sha256, &known, out, error);
    if (status != HR_OK || known)
        return status;

    status = hr_photo_read(&image, bytes, origin, error);
    if (fault_of_input(status)) {
        status = verdict(out, HR_ENROLL_UNREADABLE, "%s", error->text);
        goto out;
    }
    if (status != HR_OK)
        goto out;
    struct hr_frame frame = hr_image_frame(&image);
    status = hr_faces_find(session->detector, &frame, &session->faces, error);
    if (status != HR_OK)
        goto out;
    const struct hr_face *face = the_one_face(&session->faces, out);
    if (face == NULL)
        goto out;
    chip = malloc(sizeof *chip);
    if (chip == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a face");
        goto out;
    }
    if (!good_view(&frame, face, chip, out))
        goto out;
    float vector[HR_EMBEDDING_SIZE];
    hr_embed(session->embedder, chip, 1, vector);
    if (acceptable(session, student_id, vector, options, out))
        status = enroll_vectors(session, student_id, vector, 1, origin, sha256,
                                (double)hr_face_quality(face, chip).overall, out, error);
out:
    free(chip);
    hr_image_clear(&image);
    return status;
}

/* --- video --- */

enum { VIDEO_CHIPS_MAX = 40, VIDEO_CHIPS_MIN = 3 };

struct video_views {
    struct hr_chip *chips; /* VIDEO_CHIPS_MAX */
    float *vectors;
    size_t count;
    size_t frames;
    struct hr_enroll_outcome last_refusal; /* why the latest frame was not used */
};

/* Two frames a second that show the one person well. */
static enum hr_status collect_views(struct hr_session *session, struct hr_stream *stream,
                                    const char *origin, struct video_views *views,
                                    struct hr_error *error)
{
    struct hr_deadline deadline = {hr_clock_system(), INT64_MAX, &session->stop};
    struct hr_video_options sampling = {
        .samples_per_s = 4.0, .decoder_threads = session->threads, .deadline = &deadline};
    struct hr_video *video = NULL;
    struct hr_frame frame;
    enum hr_status status = hr_video_open(&video, stream, origin, &sampling, error);
    if (status != HR_OK)
        return status;
    while (views->count < VIDEO_CHIPS_MAX &&
           (status = hr_video_next(video, &frame, error)) == HR_OK) {
        views->frames++;
        status = hr_faces_find(session->detector, &frame, &session->faces, error);
        if (status != HR_OK)
            break;
        const struct hr_face *face = the_one_face(&session->faces, &views->last_refusal);
        if (face != NULL &&
            good_view(&frame, face, &views->chips[views->count], &views->last_refusal))
            views->count++;
    }
    hr_video_close(video);
    return status == HR_END ? HR_OK : status;
}

/* Drops views that are not of the person in the middle, then picks views as unlike each other as
 * possible, the most typical first. The chosen vectors are moved to the front; returns their
 * number. */
static size_t choose_views(float *vectors, size_t count)
{
    float mean[HR_EMBEDDING_SIZE] = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < HR_EMBEDDING_SIZE; k++)
            mean[k] += vectors[i * HR_EMBEDDING_SIZE + k] / (float)count;
    float far = hr_decide_options_default().distance_max;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (hr_distance(vectors + i * HR_EMBEDDING_SIZE, mean) < far)
            memmove(vectors + kept++ * HR_EMBEDDING_SIZE, vectors + i * HR_EMBEDDING_SIZE,
                    sizeof mean);

    size_t chosen = 0;
    while (chosen < kept && chosen < HR_ENROLL_VIDEO_VECTORS) {
        size_t best = chosen;
        float best_score = -INFINITY;
        for (size_t i = chosen; i < kept; i++) {
            const float *candidate = vectors + i * HR_EMBEDDING_SIZE;
            float score = chosen == 0 ? -hr_distance(candidate, mean) : INFINITY;
            for (size_t j = 0; j < chosen; j++)
                score = fminf(score, hr_distance(candidate, vectors + j * HR_EMBEDDING_SIZE));
            if (score > best_score)
                best_score = score, best = i;
        }
        float swap[HR_EMBEDDING_SIZE];
        memcpy(swap, vectors + chosen * HR_EMBEDDING_SIZE, sizeof swap);
        memcpy(vectors + chosen * HR_EMBEDDING_SIZE, vectors + best * HR_EMBEDDING_SIZE,
               sizeof swap);
        memcpy(vectors + best * HR_EMBEDDING_SIZE, swap, sizeof swap);
        chosen++;
    }
    return chosen;
}

enum hr_status hr_enroll_video(struct hr_session *session, const char *student_id,
                               struct hr_stream *stream, const char *origin, const char *sha256,
                               const struct hr_enroll_options *options,
                               struct hr_enroll_outcome *out, struct hr_error *error)
{
    *out = (struct hr_enroll_outcome){0};
    bool known = false;
    enum hr_status status = known_already(session, student_id, sha256, &known, out, error);
    if (status != HR_OK || known)
        return status;
    struct video_views views = {
        .chips = calloc(VIDEO_CHIPS_MAX, sizeof *views.chips),
        .vectors = calloc(VIDEO_CHIPS_MAX * HR_EMBEDDING_SIZE, sizeof *views.vectors)};
    if (views.chips == NULL || views.vectors == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for the video's faces");
        goto out;
    }
    status = collect_views(session, stream, origin, &views, error);
    if (fault_of_input(status)) {
        status = verdict(out, HR_ENROLL_UNREADABLE, "%s", error->text);
        goto out;
    }
    if (status != HR_OK)
        goto out;
    if (views.count < VIDEO_CHIPS_MIN) {
        *out = views.last_refusal;
        if (out->verdict == HR_ENROLL_ENROLLED)
            status =
                verdict(out, HR_ENROLL_NO_FACE, "the video is too short: %zu good views, %d needed",
                        views.count, VIDEO_CHIPS_MIN);
        goto out;
    }
    hr_embed(session->embedder, views.chips, views.count, views.vectors);
    size_t chosen = choose_views(views.vectors, views.count);
    if (chosen == 0) {
        status = verdict(out, HR_ENROLL_SEVERAL_FACES,
                         "the video does not show one and the same person");
        goto out;
    }
    if (acceptable(session, student_id, views.vectors, options, out))
        status = enroll_vectors(session, student_id, views.vectors, chosen, origin, sha256, 1.0,
                                out, error);
out:
    free(views.chips);
    free(views.vectors);
    return status;
}

/* --- vectors of the replaced system --- */

static enum hr_status add_encoding(struct hr_database *database, const char *model_id,
                                   const struct hr_encoding *encoding,
                                   struct hr_encoding_summary *summary, struct hr_error *error)
{
    struct hr_student student = {0};
    const char *id = encoding->name;
    enum hr_status status = hr_database_find_by_name(database, encoding->name, &student, error);
    if (status == HR_ERR_NOT_FOUND) {
        status = hr_database_ensure_student(database, encoding->name, NULL, error);
        summary->without_record++;
    } else if (status == HR_OK) {
        id = student.id;
    }
    if (status != HR_OK)
        goto out;

    struct hr_view bytes = hr_view_of(encoding->vector, encoding->size * sizeof *encoding->vector);
    char sha256[HR_SHA256_HEX_SIZE]; /* of the vector: there is no photo to know it by */
    bool known = false;
    status = hr_sha256_hex(bytes, sha256, error);
    if (status == HR_OK)
        status = hr_database_has_face(database, id, model_id, sha256, &known, error);
    if (status != HR_OK)
        goto out;
    if (known) {
        summary->duplicates++;
        goto out;
    }
    const struct hr_clock *clock = hr_clock_system();
    struct hr_face_record record = {.student_id = id,
                                    .model_id = model_id,
                                    .vector = bytes,
                                    .origin = "import encoding",
                                    .origin_sha256 = sha256,
                                    .created_us = clock->wall_us(clock->context),
                                    .quality = 1.0};
    status = hr_database_add_face(database, &record, error);
    if (status == HR_OK)
        summary->added++;
out:
    hr_student_clear(&student);
    return status;
}

enum hr_status hr_enroll_encodings(struct hr_database *database, const char *model_id,
                                   const struct hr_encoding *encodings, size_t count,
                                   struct hr_encoding_summary *out, struct hr_error *error)
{
    *out = (struct hr_encoding_summary){0};
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        if (encodings[i].size != HR_EMBEDDING_SIZE)
            status = hr_error_set(error, HR_ERR_FORMAT, "entry %zu has %zu numbers, %d expected",
                                  i + 1, encodings[i].size, HR_EMBEDDING_SIZE);
        else
            status = add_encoding(database, model_id, &encodings[i], out, error);
    }
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK)
        hr_database_rollback(database);
    return status;
}
