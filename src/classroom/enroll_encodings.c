/* The vectors of the replaced system: judged among each other and against who is enrolled, then written. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/plural.h"
#include "base/wipe.h"
#include "classroom/enroll.h"
#include "records/audit.h"
#include "records/consent.h"
#include "records/find.h"
#include "roster/student.h"

/* One pair of strangers in 10,000 is so alike, see hr_rarity; and what two photos of one person have, less one
 * deviation of strangers: as hr_enrolment_judge asks of single photos. */
static const float lookalike_score = 3.72f, lookalike_gap = 1;
/* Everybody is compared with everybody, which grows with the square: above this only with who is enrolled. */
enum { COMPARED_MAX = 20000 };
/* Of students of one name. */
enum { IDS_SHOWN = 5 };

struct entry {
    const struct hr_encoding *encoding;
    char *id; /* owned: of the student with that name or id, or the name; NULL: several have the name */
    bool found;
    size_t siblings; /* entries with this id */
    float unit[HR_ENCODING_SIZE];
};

struct import {
    struct hr_snapshot *snapshot; /* held */
    struct hr_student_finder *finder;
    struct hr_enroll_options options;
    const struct hr_model_face *model; /* NULL: it is not here, and nothing can be compared */
    struct entry *entries;
    size_t count;
    struct hr_encoding_summary *summary;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for an import");
}

/* Several students have the name: the vector does not say which of them it shows. */
static enum hr_status note_namesakes(struct import *import, const char *name, const char *const *ids, size_t count,
                                     struct hr_error *error)
{
    struct hr_encoding_summary *summary = import->summary;
    struct hr_encoding_namesakes now = {.name = name, .vectors = 1};
    for (size_t i = 0, length = 0; i < count && i < IDS_SHOWN && length < sizeof now.ids; i++)
        length += (size_t)snprintf(now.ids + length, sizeof now.ids - length, "%s%.40s", i > 0 ? ", " : "", ids[i]);
    for (size_t i = 0; i < summary->namesakes_count; i++) {
        if (strcmp(summary->namesakes[i].ids, now.ids) == 0) {
            summary->namesakes[i].vectors++;
            return HR_OK;
        }
    }
    struct hr_encoding_namesakes *namesakes =
        reallocarray(summary->namesakes, summary->namesakes_count + 1, sizeof *namesakes);
    if (namesakes == NULL)
        return no_memory(error);
    summary->namesakes = namesakes;
    namesakes[summary->namesakes_count++] = now;
    return HR_OK;
}

static enum hr_status find_student(struct import *import, struct entry *entry, struct hr_error *error)
{
    const char *ids[IDS_SHOWN], *name = entry->encoding->name;
    size_t count = 0;
    enum hr_status status = hr_student_find_same(import->finder, name, true, ids, IDS_SHOWN, &count, error);
    if (status == HR_OK && count == 0)
        status = hr_student_find_same(import->finder, name, false, ids, IDS_SHOWN, &count, error);
    if (status != HR_OK)
        return status;
    if (count > 1)
        return note_namesakes(import, name, ids, count, error);
    entry->found = count == 1;
    entry->id = entry->found ? strdup(ids[0]) : hr_text_normal_copy(name);
    return entry->id != NULL ? HR_OK : no_memory(error);
}

/* Whose it is, and the vector made length 1. */
static enum hr_status prepare(struct import *import, struct entry *entry, struct hr_error *error)
{
    memcpy(entry->unit, entry->encoding->vector, sizeof entry->unit);
    hr_vector_normalise(entry->unit, HR_ENCODING_SIZE);
    return find_student(import, entry, error);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

/* Entries that are nobody's for certain come off the list. */
static enum hr_status drop_namesakes(struct import *import, struct hr_error *error)
{
    const struct hr_encoding_summary *summary = import->summary;
    size_t kept = 0;
    if (summary->namesakes_count > 0 && !import->options.skip_namesakes)
        return hr_error_set(error, HR_ERR_CONFLICT,
                            "%zu name%s in it that several students have (of the first: %s), and a vector does not say "
                            "whose it is: --namesakes skip leaves such vectors out; nothing was changed",
                            summary->namesakes_count, hr_plural_are(summary->namesakes_count),
                            summary->namesakes[0].ids);
    for (size_t i = 0; i < import->count; i++) {
        struct entry *entry = &import->entries[i];
        if (entry->id == NULL)
            continue;
        if (kept < i) {
            import->entries[kept] = *entry;
            entry->id = NULL;
        }
        kept++;
    }
    import->count = kept;
    return HR_OK;
}

/* In the order of the ids, so that siblings stand together; the order in the file counts for nothing. */
static void find_siblings(struct import *import)
{
    qsort(import->entries, import->count, sizeof *import->entries, by_id);
    for (size_t first = 0, end; first < import->count; first = end) {
        for (end = first + 1; end < import->count && strcmp(import->entries[end].id, import->entries[first].id) == 0;
             end++)
            ;
        for (size_t i = first; i < end; i++)
            import->entries[i].siblings = end - first;
    }
}

static enum hr_status prepare_all(struct import *import, const struct hr_encoding *encodings, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < import->count; i++) {
        import->entries[i].encoding = &encodings[i];
        status = encodings[i].size == HR_ENCODING_SIZE
                     ? prepare(import, &import->entries[i], error)
                     : hr_error_set(error, HR_ERR_FORMAT, "entry %zu has %zu number%s, %d expected", i + 1,
                                    encodings[i].size, hr_plural(encodings[i].size), HR_ENCODING_SIZE);
    }
    if (status == HR_OK)
        status = drop_namesakes(import, error);
    if (status == HR_OK)
        find_siblings(import);
    return status;
}

static bool alike(const struct import *import, const float *a, const float *b, float *similarity)
{
    *similarity = hr_vector_cosine(a, b, HR_ENCODING_SIZE);
    float limit = fmaxf(lookalike_score, hr_vector_score(import->model, import->model->same_mean) - lookalike_gap);
    return hr_vector_score(import->model, *similarity) >= limit;
}

/* The other student whom the entry looks like: one who is enrolled, or one of this file with as many vectors or more.
 * So of a mislabelled vector and the five of the student whom it shows, it is the one that is left out. */
static const char *lookalike_of(const struct import *import, const struct entry *entry, float *similarity)
{
    const struct hr_gallery *gallery = import->snapshot->gallery;
    if (import->model == NULL)
        return NULL;
    size_t own = hr_gallery_find(gallery, entry->id);
    for (size_t i = 0; i < hr_gallery_students(gallery); i++) {
        struct hr_gallery_student student = hr_gallery_student(gallery, i);
        if (i != own && strcmp(student.part->model_id, HR_ENCODING_MODEL_ID) == 0 &&
            alike(import, entry->unit, student.template, similarity))
            return student.id;
    }
    for (size_t i = 0; i < import->count && import->count <= COMPARED_MAX && own == SIZE_MAX; i++) {
        const struct entry *other = &import->entries[i];
        if (other->siblings >= entry->siblings && strcmp(other->id, entry->id) != 0 &&
            alike(import, entry->unit, other->unit, similarity))
            return other->id;
    }
    return NULL;
}

static enum hr_status write_entry(struct import *import, const struct entry *entry, struct hr_error *error)
{
    struct hr_database *database = import->snapshot->database;
    const struct hr_encoding *encoding = entry->encoding;
    struct hr_view bytes = hr_view_of(encoding->vector, encoding->size * sizeof *encoding->vector);
    char sha256[HR_SHA256_HEX_SIZE]; /* of the vector: there is no photo to know it by */
    bool known = false, added = false;
    enum hr_status status = hr_sha256_hex(bytes, sha256, error);
    if (status == HR_OK && !entry->found)
        status = hr_database_ensure_student(database, entry->id, &added, error);
    import->summary->without_record += added;
    if (status == HR_OK)
        status = hr_database_has_face(database, entry->id, HR_ENCODING_MODEL_ID, sha256, &known, error);
    if (status != HR_OK)
        return status;
    if (known) {
        import->summary->duplicates++;
        return HR_OK;
    }
    struct hr_face_record record = {.student_id = entry->id,
                                    .model_id = HR_ENCODING_MODEL_ID,
                                    .vector = bytes,
                                    .origin = HR_ENCODING_ORIGIN,
                                    .origin_sha256 = sha256,
                                    .created_us = hr_clock_wall_now_us(),
                                    .quality = 1.0,
                                    .verdict = ""};
    status = hr_database_take_consent(database, entry->id, error);
    if (status == HR_ERR_PERMISSION) {
        import->summary->without_consent++;
        return HR_OK;
    }
    if (status == HR_OK)
        status = hr_database_add_face(database, &record, error);
    if (status == HR_OK)
        status = hr_database_note(database, "enrol", entry->id, 1, error);
    import->summary->added += status == HR_OK;
    return status;
}

static enum hr_status write_all(struct import *import, struct hr_error *error)
{
    struct hr_encoding_summary *summary = import->summary;
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < import->count; i++) {
        const struct entry *entry = &import->entries[i];
        float similarity = 0;
        const char *other = import->options.accept_lookalike ? NULL : lookalike_of(import, entry, &similarity);
        if (other == NULL) {
            status = write_entry(import, entry, error);
            continue;
        }
        struct hr_encoding_lookalike *left = &summary->lookalikes[summary->lookalike_count++];
        left->similarity = similarity;
        snprintf(left->id, sizeof left->id, "%s", entry->id);
        snprintf(left->other, sizeof left->other, "%s", other);
    }
    return status;
}

static enum hr_status run(struct import *import, const struct hr_encoding *encodings, struct hr_error *error)
{
    struct hr_database *database = import->snapshot->database;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_student_finder_new(&import->finder, database, error);
    if (status == HR_OK)
        status = prepare_all(import, encodings, error);
    if (status == HR_OK)
        status = write_all(import, error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK)
        hr_database_rollback(database);
    hr_student_finder_free(import->finder);
    return status;
}

void hr_encoding_summary_clear(struct hr_encoding_summary *summary)
{
    free(summary->lookalikes);
    free(summary->namesakes);
    *summary = (struct hr_encoding_summary){0};
}

enum hr_status hr_enroll_encodings(struct hr_engine *engine, const struct hr_encoding *encodings, size_t count,
                                   const struct hr_enroll_options *options, struct hr_encoding_summary *out,
                                   struct hr_error *error)
{
    *out = (struct hr_encoding_summary){0};
    const struct hr_vector_part *part = hr_vector_part_of(&engine->known, HR_ENCODING_MODEL_ID);
    struct import import = {.snapshot = hr_engine_hold(engine),
                            .options = options != NULL ? *options : (struct hr_enroll_options){0},
                            .model = part != NULL ? part->model : NULL,
                            .entries = calloc(count + 1, sizeof *import.entries),
                            .count = count,
                            .summary = out};
    out->lookalikes = calloc(count + 1, sizeof *out->lookalikes);
    enum hr_status status =
        import.entries != NULL && out->lookalikes != NULL ? run(&import, encodings, error) : no_memory(error);
    for (size_t i = 0; import.entries != NULL && i < count; i++)
        free(import.entries[i].id);
    hr_wipe_free(import.entries, (count + 1) * sizeof *import.entries);
    hr_snapshot_release(import.snapshot);
    return status;
}
