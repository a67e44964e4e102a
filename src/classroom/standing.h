/* What stands of what was seen in a class's lessons: what was decided, and what people have said of it since.
 *
 * The last word on a track counts. A student of whom two tracks or more were said not to be him is taken for certain
 * only by what is more alike than the most alike of those: what is as alike may be another face, and is for review. */
#ifndef HR_CLASSROOM_STANDING_H
#define HR_CLASSROOM_STANDING_H

#include "records/corrections.h"
#include "records/observations.h"

struct hr_standing; /* opaque; one thread */

/* One rejection may be a slip or an unlucky view; so many are another face. */
enum { HR_REJECTIONS_MIN = 2 };

/* Reads what holds in the class. */
enum hr_status hr_standing_load(struct hr_standing **out, struct hr_database *database, const char *class_id,
                                struct hr_error *error) HR_MUST_USE;
void hr_standing_free(struct hr_standing *standing);

/* A track as it stands. */
struct hr_standing_track {
    struct hr_track_record record; /* student_id, band, reason and candidates are what stands */
    bool by_hand;                  /* somebody has said who it is, or that it is nobody */
    bool is_nobody;                /* that it is nobody */
    bool is_corrected;             /* somebody has said anything of it */
};
/* In the order of their making; strings are borrowed during the call; a status other than HR_OK stops the walk and is
 * returned. */
typedef enum hr_status hr_standing_track_fn(void *context, const struct hr_standing_track *track,
                                            struct hr_error *error);
enum hr_status hr_standing_each_track(const struct hr_standing *standing, struct hr_database *database,
                                      int64_t observation, hr_standing_track_fn *each, void *context,
                                      struct hr_error *error) HR_MUST_USE;

#endif
