/* Engine and session as the program's own rooms see them; include/homeroom.h is what the world
 * sees.
 *
 * The engine is shared: networks and gallery are read-only, the student table is asked under a
 * lock. Enrolment opens an engine of its own for writing and uses it from one thread. */
#ifndef HR_CLASSROOM_ENGINE_H
#define HR_CLASSROOM_ENGINE_H

#include <pthread.h>

#include "base/clock.h"
#include "face/tracks.h"
#include "roster/database.h"

struct hr_models {
    struct hr_network *detector;
    struct hr_network *embedder;
};

/* File names inside the model folder. */
#define HR_MODEL_DETECTOR_FILE "centerface.hrm"
#define HR_MODEL_EMBEDDER_FILE "dlib-resnet.hrm"

enum hr_status hr_models_open(struct hr_models *out, const char *model_dir,
                              struct hr_error *error) HR_MUST_USE;
void hr_models_close(struct hr_models *models); /* safe on a zeroed one */

struct hr_engine {
    struct hr_models models;
    struct hr_database *database;
    struct hr_roster roster;
    struct hr_gallery *gallery; /* of models.embedder's id */
    size_t foreign_vectors;     /* in the database, but made by another model: not in the gallery */
    pthread_mutex_t roster_lock;
};

/* As hr_engine_open, with the database opened in `mode`. */
enum hr_status hr_engine_open_mode(struct hr_engine **out, const struct hr_engine_options *options,
                                   enum hr_database_mode mode, struct hr_error *error) HR_MUST_USE;

/* An engine of what somebody else has opened: a database in memory, a roster of its own. */
struct hr_engine_parts {
    const char *model_dir;
    struct hr_database *database; /* taken over, also on failure */
    struct hr_roster roster;      /* the same; `get` NULL: the database is the roster. May ask the
                                     database: it is closed first. Asked by one thread at a time. */
};
enum hr_status hr_engine_open_parts(struct hr_engine **out, const struct hr_engine_parts *parts,
                                    struct hr_error *error) HR_MUST_USE;
const char *hr_engine_model_id(const struct hr_engine *engine); /* of the embedding model */

struct hr_session {
    struct hr_engine *engine; /* borrowed */
    int threads;
    struct hr_pool *pool;
    struct hr_detector *detector;
    struct hr_embedder *embedder;
    struct hr_tracks *tracks;
    struct hr_faces faces; /* scratch of the frame in hand */
    atomic_bool stop;
};

#endif
