/* Engine and session as the program's own rooms see them; include/homeroom.h is what the world sees.
 *
 * The engine has the models, which never change, and the current snapshot of the class, which a refresh replaces while
 * the work that holds the one before goes on with it. A session has models and scratch memory only: which class it
 * works for is said with each call. */
#ifndef HR_CLASSROOM_ENGINE_H
#define HR_CLASSROOM_ENGINE_H

#include <pthread.h>

#include "base/clock.h"
#include "classroom/models.h"
#include "classroom/snapshot.h"
#include "face/tracks.h"

struct hr_engine {
    struct hr_models models;
    struct hr_vector_layout known;    /* the parts that the models here can make */
    const struct hr_sandbox *sandbox; /* borrowed; NULL: decode in this process */
    char *key_file;                   /* owned; NULL: the database is not sealed */
    char *database_path;              /* owned; NULL: whoever opened the engine publishes what there is */
    pthread_mutex_t lock;             /* of what follows */
    struct hr_snapshot *current;      /* NULL: none */
    uint64_t generation;              /* of the newest */
};

/* The models alone. `sandbox` is borrowed and may be NULL. */
enum hr_status hr_engine_new(struct hr_engine **out, const char *model_dir, const struct hr_sandbox *sandbox,
                             struct hr_error *error) HR_MUST_USE;
/* As hr_engine_open, with the database opened in `mode`. */
enum hr_status hr_engine_open_mode(struct hr_engine **out, const struct hr_engine_options *options,
                                   enum hr_database_mode mode, struct hr_error *error) HR_MUST_USE;

/* The database at a path, opened with the key of `key_file` (NULL: it is not sealed), its ring being the file beside
 * it. */
enum hr_status hr_engine_open_database(struct hr_database **out, const char *path, const char *key_file,
                                       enum hr_database_mode mode, struct hr_error *error) HR_MUST_USE;

/* A new snapshot takes the place of the current one; when it cannot be made, that one stays. The parts are taken over,
 * also on failure. Any thread. */
enum hr_status hr_engine_publish(struct hr_engine *engine, const struct hr_snapshot_parts *parts,
                                 struct hr_error *error) HR_MUST_USE;
/* The current snapshot is given up: its files are closed when the last one who holds it is done. */
void hr_engine_drop(struct hr_engine *engine);
/* The current snapshot, held for the caller (hr_snapshot_release); NULL when there is none. Any thread. */
struct hr_snapshot *hr_engine_hold(struct hr_engine *engine);
/* Whether a face of the current snapshot has become too old: a newer snapshot is wanted. Any thread. */
bool hr_engine_is_over(struct hr_engine *engine);

struct hr_session {
    struct hr_models *models;         /* borrowed from the engine */
    const struct hr_sandbox *sandbox; /* likewise */
    int threads;
    struct hr_pool *pool;
    struct hr_detector *detector;
    struct hr_vector_layout layout; /* of the embedders */
    struct hr_embedders *embedders; /* NULL until it is known which are needed */
    struct hr_tracks *tracks;       /* likewise */
    struct hr_faces faces;          /* scratch of the frame in hand */
    bool keeps_views;               /* results have vectors and pictures of the tracks */
};

/* From now on its results have what a class keeps of faces (records/views.h), for hr_result_keep_for_lesson. */
void hr_session_keep_views(struct hr_session *session);

/* As hr_session_new, for enrolment: with every model that is here. */
enum hr_status hr_session_new_enrolling(struct hr_session **out, struct hr_engine *engine, int threads,
                                        struct hr_error *error) HR_MUST_USE;
/* The networks that make vectors of this layout, and tracks without a face; nothing to do when they are there. */
enum hr_status hr_session_prepare(struct hr_session *session, const struct hr_vector_layout *layout,
                                  struct hr_error *error) HR_MUST_USE;

#endif
