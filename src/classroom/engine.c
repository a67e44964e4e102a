#include "classroom/engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum hr_status open_model(struct hr_network **out, const char *dir, const char *file,
                                 struct hr_error *error)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the model folder's name is too long");
    return hr_network_open(out, path, error);
}

enum hr_status hr_models_open(struct hr_models *out, const char *model_dir, struct hr_error *error)
{
    *out = (struct hr_models){0};
    enum hr_status status = open_model(&out->detector, model_dir, HR_MODEL_DETECTOR_FILE, error);
    if (status == HR_OK)
        status = open_model(&out->embedder, model_dir, HR_MODEL_EMBEDDER_FILE, error);
    if (status != HR_OK)
        hr_models_close(out);
    return status;
}

void hr_models_close(struct hr_models *models)
{
    hr_network_close(models->detector);
    hr_network_close(models->embedder);
    *models = (struct hr_models){0};
}

/* A face record of the database goes into the gallery if the model in use made it. */
static enum hr_status add_to_gallery(void *context, const struct hr_face_record *record,
                                     struct hr_error *error)
{
    struct hr_engine *engine = context;
    float vector[HR_EMBEDDING_SIZE];
    if (strcmp(record->model_id, hr_engine_model_id(engine)) != 0) {
        engine->foreign_vectors++;
        return HR_OK;
    }
    if (record->vector.size != sizeof vector)
        return hr_error_set(error, HR_ERR_DATABASE,
                            "a face record of %zu bytes instead of %zu: the database is damaged",
                            record->vector.size, sizeof vector);
    memcpy(vector, record->vector.data,
           sizeof vector); /* little-endian on every machine we build for */
    return hr_gallery_add(engine->gallery, record->student_id, record->model_id, vector, error);
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
    enum hr_status status = hr_gallery_new(&engine->gallery, hr_engine_model_id(engine), error);
    if (status != HR_OK)
        return status;
    if (engine->roster.get == NULL)
        engine->roster = hr_database_roster(engine->database);
    status = hr_database_each_face(engine->database, NULL, add_to_gallery, engine, error);
    return status == HR_OK ? HR_OK
                           : hr_error_prefix(error, "loading the faces of '%s'",
                                             hr_database_name(engine->database));
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

const char *hr_engine_model_id(const struct hr_engine *engine)
{
    return hr_network_card(engine->models.embedder)->id;
}

static int processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > HR_LIMIT_THREADS ? HR_LIMIT_THREADS : (int)count;
}

enum hr_status hr_session_new(struct hr_session **out, struct hr_engine *engine, int threads,
                              struct hr_error *error)
{
    *out = NULL;
    if (threads < 0 || threads > HR_LIMIT_THREADS)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "%d threads: 0 (as many as processors) to %d are possible", threads,
                            HR_LIMIT_THREADS);
    struct hr_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a session");
    session->engine = engine;
    session->threads = threads > 0 ? threads : processors();
    atomic_init(&session->stop, false);

    struct hr_detector_options find = hr_detector_options_default();
    struct hr_embedder_options embed = hr_embedder_options_default();
    struct hr_tracks_options follow = hr_tracks_options_default();
    enum hr_status status = hr_pool_new(&session->pool, session->threads, error);
    if (status != HR_OK)
        goto out;
    find.pool = embed.pool = session->pool;
    status = hr_detector_new(&session->detector, engine->models.detector, &find, error);
    if (status != HR_OK)
        goto out;
    status = hr_embedder_new(&session->embedder, engine->models.embedder, &embed, error);
    if (status != HR_OK)
        goto out;
    status = hr_tracks_new(&session->tracks, session->embedder, &follow, error);
    if (status != HR_OK)
        goto out;
    *out = session;
    session = NULL;
out:
    hr_session_free(session);
    return status;
}

void hr_session_free(struct hr_session *session)
{
    if (session == NULL)
        return;
    hr_faces_clear(&session->faces);
    hr_tracks_free(session->tracks);
    hr_embedder_free(session->embedder);
    hr_detector_free(session->detector);
    hr_pool_free(session->pool);
    free(session);
}

void hr_session_stop(struct hr_session *session)
{
    atomic_store_explicit(&session->stop, true, memory_order_relaxed);
}
