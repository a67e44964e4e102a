/* Engine and session as the program's own rooms see them; include/homeroom.h is what the world
 * sees.
 *
 * The engine is shared: networks and gallery are read-only, the student table is asked under a
 * lock. Enrolment opens an engine of its own for writing and uses it from one thread. */
#ifndef HR_CLASSROOM_ENGINE_H
#define HR_CLASSROOM_ENGINE_H

#include <pthread.h>

#include "base/clock.h"
#include "classroom/models.h"
#include "face/tracks.h"
#include "records/database.h"

struct hr_engine {
    struct hr_models models;
    struct hr_database *database;
    struct hr_roster roster;
    struct hr_vector_layout known; /* the parts that the models here can make */
    struct hr_gallery *gallery;
    size_t foreign_vectors;  /* in the database, but of models that are not here: not in the gallery */
    size_t imported_vectors; /* of the gallery's: what another system made */
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
/* The models that a face's vector is made with when students are recognised: those that the gallery needs; the best
 * one when nobody is enrolled. */
struct hr_vector_layout hr_engine_layout(const struct hr_engine *engine);
/* Whether everybody is enrolled with vectors of another system only: then nobody could be seen otherwise, and names in
 * doubt are in the report as they were in that system's. */
bool hr_engine_is_imported(const struct hr_engine *engine);

/* As hr_session_new, for enrolment: with every model that is here. */
enum hr_status hr_session_new_enrolling(struct hr_session **out, struct hr_engine *engine,
                                        int threads, struct hr_error *error) HR_MUST_USE;

struct hr_session {
    struct hr_engine *engine; /* borrowed */
    int threads;
    struct hr_pool *pool;
    struct hr_detector *detector;
    struct hr_embedders *embedders;
    struct hr_tracks *tracks;
    struct hr_faces faces; /* scratch of the frame in hand */
    atomic_bool stop;
};

#endif
