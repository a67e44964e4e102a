#include "classroom/engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "records/vault.h"

/* --- engine --- */

enum hr_status hr_engine_new(struct hr_engine **out, const char *model_dir, const struct hr_sandbox *sandbox,
                             struct hr_error *error)
{
    struct hr_engine *engine = calloc(1, sizeof *engine);
    *out = NULL;
    if (engine == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the engine");
    engine->sandbox = sandbox;
    pthread_mutex_init(&engine->lock, NULL);
    enum hr_status status = hr_models_open(&engine->models, model_dir, error);
    if (status == HR_OK)
        status = hr_models_layout(&engine->models, &engine->known, error);
    if (status == HR_OK)
        *out = engine;
    else
        hr_engine_close(engine);
    return status;
}

static enum hr_status open_vault(struct hr_vault **out, const char *path, const char *key_file, struct hr_error *error)
{
    struct hr_master_key key;
    struct hr_buffer ring;
    hr_buffer_init(&ring, SIZE_MAX / 8);
    hr_buffer_append_format(&ring, "%s.keys", path);
    enum hr_status status = hr_buffer_check(&ring, error);
    if (status == HR_OK)
        status = hr_master_key_read_file(key_file, &key, error);
    if (status == HR_OK)
        status = hr_vault_open_file(out, hr_buffer_text(&ring), &key, error);
    explicit_bzero(&key, sizeof key);
    hr_buffer_clear(&ring);
    return status;
}

enum hr_status hr_engine_open_database(struct hr_database **out, const char *path, const char *key_file,
                                       enum hr_database_mode mode, struct hr_error *error)
{
    struct hr_vault *vault = NULL;
    enum hr_status status = hr_database_open(out, path, mode, error);
    if (status == HR_OK && key_file != NULL)
        status = open_vault(&vault, path, key_file, error);
    if (status == HR_OK)
        status = hr_database_unlock(*out, vault, error);
    if (status != HR_OK) {
        hr_database_close(*out);
        *out = NULL;
    }
    return status;
}

static enum hr_status publish_file(struct hr_engine *engine, enum hr_database_mode mode, struct hr_error *error)
{
    struct hr_snapshot_parts parts = {0};
    enum hr_status status =
        hr_engine_open_database(&parts.database, engine->database_path, engine->key_file, mode, error);
    return status == HR_OK ? hr_engine_publish(engine, &parts, error) : status;
}

enum hr_status hr_engine_open_mode(struct hr_engine **out, const struct hr_engine_options *options,
                                   enum hr_database_mode mode, struct hr_error *error)
{
    struct hr_engine *engine = NULL;
    *out = NULL;
    if (options->size != sizeof *options)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "engine options of %zu bytes: their size is not set, or they "
                            "are those of another version",
                            options->size);
    if (options->database_path == NULL || options->model_dir == NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT, "an engine needs a database and a model folder");
    enum hr_status status = hr_engine_new(&engine, options->model_dir, options->sandbox, error);
    if (status != HR_OK)
        return status;
    engine->database_path = strdup(options->database_path);
    engine->key_file = options->key_file != NULL ? strdup(options->key_file) : NULL;
    if (engine->database_path == NULL || (engine->key_file == NULL) != (options->key_file == NULL))
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for the engine");
    if (status == HR_OK)
        status = publish_file(engine, mode, error);
    if (status == HR_OK)
        *out = engine;
    else
        hr_engine_close(engine);
    return status;
}

enum hr_status hr_engine_open(struct hr_engine **out, const struct hr_engine_options *options, struct hr_error *error)
{
    return hr_engine_open_mode(out, options, HR_DATABASE_READ, error);
}

enum hr_status hr_engine_refresh(struct hr_engine *engine, struct hr_error *error)
{
    return publish_file(engine, HR_DATABASE_READ, error);
}

void hr_engine_close(struct hr_engine *engine)
{
    if (engine == NULL)
        return;
    hr_snapshot_release(engine->current);
    hr_models_close(&engine->models);
    pthread_mutex_destroy(&engine->lock);
    free(engine->database_path);
    free(engine->key_file);
    free(engine);
}

static void replace(struct hr_engine *engine, struct hr_snapshot *snapshot)
{
    pthread_mutex_lock(&engine->lock);
    struct hr_snapshot *before = engine->current;
    if (snapshot != NULL && before != NULL && before->generation > snapshot->generation)
        before = snapshot; /* two at once: the one that began later stays */
    else
        engine->current = snapshot;
    pthread_mutex_unlock(&engine->lock);
    hr_snapshot_release(before);
}

static uint64_t next_generation(struct hr_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    uint64_t generation = ++engine->generation;
    pthread_mutex_unlock(&engine->lock);
    return generation;
}

enum hr_status hr_engine_publish(struct hr_engine *engine, const struct hr_snapshot_parts *parts,
                                 struct hr_error *error)
{
    struct hr_snapshot *snapshot = NULL;
    const struct hr_network *networks[HR_VECTOR_PARTS_MAX];
    enum hr_status status = hr_snapshot_new(&snapshot, parts, &engine->known, next_generation(engine), error);
    if (status == HR_OK) /* a damaged model must show now, and not with the first video */
        status = hr_models_need(&engine->models, &snapshot->layout, networks, error);
    if (status == HR_OK)
        replace(engine, snapshot);
    else
        hr_snapshot_release(snapshot);
    return status;
}

void hr_engine_drop(struct hr_engine *engine)
{
    replace(engine, NULL);
}

struct hr_snapshot *hr_engine_hold(struct hr_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    struct hr_snapshot *current = engine->current != NULL ? hr_snapshot_hold(engine->current) : NULL;
    pthread_mutex_unlock(&engine->lock);
    return current;
}

bool hr_engine_is_over(struct hr_engine *engine)
{
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    bool over = snapshot != NULL && hr_snapshot_is_over(snapshot);
    hr_snapshot_release(snapshot);
    return over;
}

/* --- session --- */

static int processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > HR_LIMIT_THREADS ? HR_LIMIT_THREADS : (int)count;
}

static bool same_layout(const struct hr_vector_layout *a, const struct hr_vector_layout *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->parts[i].model_id, b->parts[i].model_id) == 0;
    return same;
}

void hr_session_keep_views(struct hr_session *session)
{
    session->keeps_views = true;
    hr_tracks_free(session->tracks); /* made anew when they are needed */
    session->tracks = NULL;
}

enum hr_status hr_session_prepare(struct hr_session *session, const struct hr_vector_layout *layout,
                                  struct hr_error *error)
{
    const struct hr_network *networks[HR_VECTOR_PARTS_MAX];
    struct hr_embedders_options embed = {.pool = session->pool};
    struct hr_tracks_options follow = hr_tracks_options_default();
    follow.portraits = session->keeps_views;
    if (session->tracks != NULL && same_layout(layout, &session->layout))
        return HR_OK;
    hr_tracks_free(session->tracks);
    hr_embedders_free(session->embedders);
    session->tracks = NULL;
    session->embedders = NULL;
    session->layout = *layout;
    enum hr_status status = hr_models_need(session->models, layout, networks, error);
    if (status == HR_OK)
        status = hr_embedders_new(&session->embedders, networks, layout->count, &embed, error);
    return status == HR_OK ? hr_tracks_new(&session->tracks, session->embedders, &follow, error) : status;
}

static enum hr_status open_scratch(struct hr_session *session, struct hr_error *error)
{
    struct hr_detector_options find = hr_detector_options_default();
    enum hr_status status = hr_pool_new(&session->pool, session->threads, error);
    find.pool = session->pool;
    return status == HR_OK ? hr_detector_new(&session->detector, session->models->detector, &find, error) : status;
}

static enum hr_status new_session(struct hr_session **out, struct hr_engine *engine,
                                  const struct hr_vector_layout *layout, int threads, struct hr_error *error)
{
    *out = NULL;
    if (threads < 0 || threads > HR_LIMIT_THREADS)
        return hr_error_set(error, HR_ERR_ARGUMENT, "%d threads: from 0 (as many as processors) to %d can be used",
                            threads, HR_LIMIT_THREADS);
    struct hr_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a session");
    session->models = &engine->models;
    session->sandbox = engine->sandbox;
    session->threads = threads > 0 ? threads : processors();
    enum hr_status status = open_scratch(session, error);
    if (status == HR_OK && layout != NULL)
        status = hr_session_prepare(session, layout, error);
    if (status == HR_OK)
        *out = session;
    else
        hr_session_free(session);
    return status;
}

enum hr_status hr_session_new(struct hr_session **out, struct hr_engine *engine, int threads, struct hr_error *error)
{
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    enum hr_status status = new_session(out, engine, snapshot != NULL ? &snapshot->layout : NULL, threads, error);
    hr_snapshot_release(snapshot);
    return status;
}

enum hr_status hr_session_new_enrolling(struct hr_session **out, struct hr_engine *engine, int threads,
                                        struct hr_error *error)
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
