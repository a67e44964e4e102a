/* A class as it was at one moment: the gallery of its students' faces, and the roster that knows their records.
 *
 * A snapshot never changes and is counted: whoever works on a video holds one until the video is done, while a newer
 * one may have taken its place in the engine. It borrows the models' descriptions: the engine outlives it. */
#ifndef HR_CLASSROOM_SNAPSHOT_H
#define HR_CLASSROOM_SNAPSHOT_H

#include <pthread.h>
#include <stdatomic.h>

#include "face/gallery.h"
#include "records/keeping.h"

struct hr_snapshot {
    atomic_size_t holders;
    uint64_t generation; /* of one engine's snapshots the newer has the higher one; from 1 on */
    struct hr_gallery *gallery;
    struct hr_vector_layout layout; /* the models that a face's vector is made with when students are recognised: those
                                       that the gallery needs; the best one when nobody is enrolled */
    size_t foreign_vectors;         /* in the database, but of models that are not here: not in the gallery */
    size_t imported_vectors;        /* of the gallery's: what another system made */
    struct hr_keeping keeping;      /* how long faces may be used */
    int64_t oldest_face_us;         /* of the gallery's: when it was enrolled; INT64_MAX: there is none */
    struct hr_database *database;   /* enrolment writes into it, and then takes a new snapshot */
    struct hr_roster roster;
    pthread_mutex_t roster_lock;
};

/* What a snapshot is made of; taken over, also on failure. */
struct hr_snapshot_parts {
    struct hr_database *database;
    struct hr_roster roster; /* `get` NULL: the database is the roster. May ask the database: it is closed first. */
};

/* `known`: the parts that the models here can make. Reads the whole gallery. Held once, by the caller. */
enum hr_status hr_snapshot_new(struct hr_snapshot **out, const struct hr_snapshot_parts *parts,
                               const struct hr_vector_layout *known, uint64_t generation,
                               struct hr_error *error) HR_MUST_USE;
struct hr_snapshot *hr_snapshot_hold(struct hr_snapshot *snapshot); /* gives it back */
void hr_snapshot_release(struct hr_snapshot *snapshot);             /* the last one frees it; NULL is allowed */

/* The students' records, in the order asked; the caller clears each out[i]. Any thread. */
enum hr_status hr_snapshot_look_up(struct hr_snapshot *snapshot, const char *const *ids, size_t count,
                                   struct hr_student *out, struct hr_error *error) HR_MUST_USE;

/* Whether a face in the gallery has become too old since it was made: then it is not to be used any more. */
bool hr_snapshot_is_over(const struct hr_snapshot *snapshot);

/* Whether everybody is enrolled with vectors of another system only: then nobody could be seen otherwise, and names in
 * doubt are in the report as they were in that system's. */
bool hr_snapshot_is_imported(const struct hr_snapshot *snapshot);

#endif
