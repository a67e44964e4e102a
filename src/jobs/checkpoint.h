/* What is kept of a video whose job was suspended: a file of a store, until the report is written. Vectors and places
 * of faces, and of each face in sight a grey thumbnail of 12 by 12 cells; whoever keeps such files protects them and
 * lets them expire. Its name says nothing of the video or its students. Inside this room only. */
#ifndef HR_JOBS_CHECKPOINT_H
#define HR_JOBS_CHECKPOINT_H

#include "classroom/classroom.h"
#include "store/store.h"

struct hr_checkpoint {
    const struct hr_store *store; /* NULL: nothing is kept */
    char name[96];
    struct hr_buffer state; /* what was kept; empty: nothing */
    struct hr_part part;    /* for the classroom */
};

/* Reads what was kept for `source`, unless it is known that nothing can be there (`look`). */
enum hr_status hr_checkpoint_open(struct hr_checkpoint *checkpoint, const struct hr_store *store, const char *source,
                                  bool look, struct hr_error *error) HR_MUST_USE;
void hr_checkpoint_close(struct hr_checkpoint *checkpoint); /* frees */

/* Whether recognition failed because of what was kept. */
bool hr_checkpoint_is_unusable(const struct hr_checkpoint *checkpoint, enum hr_status status);
/* Begin again without it. */
void hr_checkpoint_forget(struct hr_checkpoint *checkpoint);

/* Keeps what the part in hand gave. */
enum hr_status hr_checkpoint_save(struct hr_checkpoint *checkpoint, struct hr_error *error) HR_MUST_USE;
/* The report is written: nothing is kept any more. Only when something was. */
void hr_checkpoint_remove(struct hr_checkpoint *checkpoint);

#endif
