#include "classroom/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tables/import.h"

/* A face record of the database goes into the gallery if its model is here. */
static enum hr_status add_to_gallery(void *context, const struct hr_face_record *record,
                                     struct hr_error *error)
{
    struct hr_engine *engine = context;
    float numbers[HR_VECTOR_SIZE_MAX];
    if (hr_vector_part_of(&engine->known, record->model_id) == NULL) {
        engine->foreign_vectors++;
        return HR_OK;
    }
    if (record->vector.size > sizeof numbers)
        return hr_error_set(error, HR_ERR_DATABASE,
                            "a face record of %zu bytes: the database is damaged",
                            record->vector.size);
    memcpy(numbers, record->vector.data, /* little-endian on every machine we build for */
           record->vector.size);
    struct hr_gallery_vector vector = {.student_id = record->student_id,
                                       .model_id = record->model_id,
                                       .numbers = numbers,
                                       .size = record->vector.size / sizeof *numbers,
                                       .face_px = record->face_px};
    engine->imported_vectors += strcmp(record->origin, HR_ENCODING_ORIGIN) == 0;
    enum hr_status status = hr_gallery_add(engine->gallery, &vector, error);
    return status == HR_ERR_FORMAT
               ? hr_error_set(error, HR_ERR_DATABASE, "the database is damaged: %s", error->text)
               : status;
}

static struct hr_engine *engine_new(void)
{
    struct hr_engine *engine = calloc(1, sizeof *engine);
    if (engine != NULL)
        pthread_mutex_init(&engine->roster_lock, NULL);
    return engine;
}

/* Models and database are open. */
static enum hr_status load_gallery(struct hr_engine *engine, struct hr_error *error)
{
    enum hr_status status = hr_models_layout(&engine->models, &engine->known, error);
    if (status == HR_OK)
        status = hr_gallery_new(&engine->gallery, &engine->known, error);
    if (status != HR_OK)
        return status;
    if (engine->roster.get == NULL)
        engine->roster = hr_database_roster(engine->database);
    status = hr_database_each_face(engine->database, NULL, add_to_gallery, engine, error);
    if (status == HR_OK)
        status = hr_gallery_close(engine->gallery, error);
    if (status != HR_OK)
        return hr_error_prefix(error, "loading the faces of '%s'",
                               hr_database_name(engine->database));
    /* Opened now: sessions are made by many threads, and a damaged model must show at the start. */
    const struct hr_network *networks[HR_VECTOR_PARTS_MAX];
    struct hr_vector_layout layout = hr_engine_layout(engine);
    return hr_models_need(&engine->models, &layout, networks, error);
}

enum hr_status hr_engine_open_mode(struct hr_engine **out, const struct hr_engine_options *options,
                                   enum hr_database_mode mode, struct hr_error *error)
{
    *out = NULL;
    if (options->database_path == NULL || options->model_dir == NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "an engine needs a database and a model folder");
    struct hr_engine *engine = engine_new();
    if (engine == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the engine");
    enum hr_status status = hr_models_open(&engine->models, options->model_dir, error);
    if (status == HR_OK)
        status = hr_database_open(&engine->database, options->database_path, mode, error);
    if (status == HR_OK)
        status = load_gallery(engine, error);
    if (status == HR_OK)
        *out = engine;
    else
        hr_engine_close(engine);
    return status;
}

enum hr_status hr_engine_open_parts(struct hr_engine **out, const struct hr_engine_parts *parts,
                                    struct hr_error *error)
{
    *out = NULL;
    struct hr_engine *engine = engine_new();
    if (engine == NULL) {
        if (parts->roster.close != NULL)
            parts->roster.close(parts->roster.context);
        hr_database_close(parts->database);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the engine");
    }
    engine->database = parts->database;
    engine->roster = parts->roster;
    enum hr_status status = hr_models_open(&engine->models, parts->model_dir, error);
    if (status == HR_OK)
        status = load_gallery(engine, error);
    if (status == HR_OK)
        *out = engine;
    else
        hr_engine_close(engine);
    return status;
}

enum hr_status hr_engine_open(struct hr_engine **out, const struct hr_engine_options *options,
                              struct hr_error *error)
{
    return hr_engine_open_mode(out, options, HR_DATABASE_READ, error);
}

void hr_engine_close(struct hr_engine *engine)
{
    if (engine == NULL)
        return;
    hr_gallery_free(engine->gallery);
    if (engine->roster.close != NULL)
        engine->roster.close(engine->roster.context);
    hr_database_close(engine->database);
    hr_models_close(&engine->models);
    pthread_mutex_destroy(&engine->roster_lock);
    free(engine);
}

struct hr_vector_layout hr_engine_layout(const struct hr_engine *engine)
{
    const struct hr_vector_layout *layout = hr_gallery_layout(engine->gallery);
    if (layout->count > 0)
        return *layout;
    const struct hr_vector_part *best = &engine->known.parts[0];
    struct hr_vector_layout only = {.parts = {*best}, .count = 1, .size = best->model->vector_size};
    return only;
}

bool hr_engine_is_imported(const struct hr_engine *engine)
{
    return engine->imported_vectors > 0 &&
           engine->imported_vectors == hr_gallery_vectors(engine->gallery);
}

static int processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > HR_LIMIT_THREADS ? HR_LIMIT_THREADS : (int)count;
}

static enum hr_status new_session(struct hr_session **out, struct hr_engine *engine,
                                  const struct hr_vector_layout *layout, int threads,
                                  struct hr_error *error)
{
    *out = NULL;
    if (threads < 0 || threads > HR_LIMIT_THREADS)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "%d threads: from 0 (as many as processors) to %d can be used", threads,
                            HR_LIMIT_THREADS);
    struct hr_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a session");
    session->engine = engine;
    session->threads = threads > 0 ? threads : processors();
    atomic_init(&session->stop, false);

    struct hr_detector_options find = hr_detector_options_default();
    struct hr_embedders_options embed = {0};
    const struct hr_network *networks[HR_VECTOR_PARTS_MAX];
    struct hr_tracks_options follow = hr_tracks_options_default();
    enum hr_status status = hr_pool_new(&session->pool, session->threads, error);
    if (status != HR_OK)
        goto out;
    find.pool = embed.pool = session->pool;
    status = hr_detector_new(&session->detector, engine->models.detector, &find, error);
    if (status != HR_OK)
        goto out;
    status = hr_models_need(&engine->models, layout, networks, error);
    if (status == HR_OK)
        status = hr_embedders_new(&session->embedders, networks, layout->count, &embed, error);
    if (status != HR_OK)
        goto out;
    status = hr_tracks_new(&session->tracks, session->embedders, &follow, error);
    if (status != HR_OK)
        goto out;
    *out = session;
    session = NULL;
out:
    hr_session_free(session);
    return status;
}

enum hr_status hr_session_new(struct hr_session **out, struct hr_engine *engine, int threads,
                              struct hr_error *error)
{
    struct hr_vector_layout layout = hr_engine_layout(engine);
    return new_session(out, engine, &layout, threads, error);
}

enum hr_status hr_session_new_enrolling(struct hr_session **out, struct hr_engine *engine,
                                        int threads, struct hr_error *error)
{
    return new_session(out, engine, &engine->known, threads, error);
}

void hr_session_free(struct hr_session *session)
{
    if (session == NULL)
        return;
    hr_faces_clear(&session->faces);
    hr_tracks_free(session->tracks);
    hr_embedders_free(session->embedders);
    hr_detector_free(session->detector);
    hr_pool_free(session->pool);
    free(session);
}

void hr_session_stop(struct hr_session *session)
{
    atomic_store_explicit(&session->stop, true, memory_order_relaxed);
}
