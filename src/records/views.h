/* What a class keeps of the faces that were seen in its lessons, enrolled or not, for as many days as it says: a vector
 * of each track, by which it can be compared again, and up to three small pictures. Off until somebody sets a number of
 * days (docs/privacy.md). What is too old is removed by hr_database_purge and read by nobody. A student who is
 * forgotten, or no longer agrees, leaves none.
 *
 * Not in a sealed database: there are no keys for the faces of people who are not enrolled. */
#ifndef HR_RECORDS_VIEWS_H
#define HR_RECORDS_VIEWS_H

#include "records/database.h"

struct hr_view_record {
    int64_t track;         /* its key */
    struct hr_view vector; /* float32 little-endian: of the models of the observation, side by side, in their order */
    double sharpness, frontal; /* of the best view */
    /* JPEG, 150 pixels high: the best view, 120 wide, and to the right of it up to two of other times. May be empty. */
    struct hr_view picture;
};

enum { HR_KEEP_DAYS_MAX = 365 };
/* 0: none is kept from now on, and those that there are are removed with their traces. ARGUMENT above the most;
 * UNSUPPORTED in a sealed database; NOT_FOUND: no such class. Noted in the audit log. */
enum hr_status hr_database_set_keep_days(struct hr_database *database, const char *class_id, int days, size_t *removed,
                                         struct hr_error *error) HR_MUST_USE;

/* Within a transaction. Nothing is kept where the class of its lesson keeps none. */
enum hr_status hr_database_keep_view(struct hr_database *database, const struct hr_view_record *view,
                                     struct hr_error *error) HR_MUST_USE;

/* Those of an observation that are not too old, by their tracks, with the ids of the models that the vectors are of, as
 * the observation has them; all is borrowed during the call. */
typedef enum hr_status hr_view_record_fn(void *context, const struct hr_view_record *view, const char *models,
                                         struct hr_error *error);
enum hr_status hr_database_each_view(struct hr_database *database, int64_t observation, hr_view_record_fn *each,
                                     void *context, struct hr_error *error) HR_MUST_USE;

/* Whether there is a picture of a track that is not too old. */
enum hr_status hr_database_has_picture(struct hr_database *database, int64_t track, bool *out,
                                       struct hr_error *error) HR_MUST_USE;

/* Those of tracks that were, or are, taken for a student, by the program or by somebody; of whatever age. */
enum hr_status hr_database_each_view_of(struct hr_database *database, const char *student_id, hr_view_record_fn *each,
                                        void *context, struct hr_error *error) HR_MUST_USE;

/* Removes those of tracks, with their traces: of somebody who does not want to be there. *removed: how many there
 * were. Not within a transaction. */
enum hr_status hr_database_forget_views(struct hr_database *database, const int64_t *tracks, size_t count,
                                        size_t *removed, struct hr_error *error) HR_MUST_USE;

/* --- compared again --- */

/* What a track is taken for now takes the place of what it was taken for before; what was seen stays as it is
 * (records/observations.h). student_id, band, reason, model_id, similarity, margin, stranger_chance and candidates of
 * the record, by its key. Within a transaction. */
struct hr_track_record;
enum hr_status hr_database_decide_again(struct hr_database *database, const struct hr_track_record *track,
                                        struct hr_error *error) HR_MUST_USE;
/* The faces that a correction enrols: taken back with it. Within its transaction, behind hr_database_add_face. */
enum hr_status hr_database_note_enrolled(struct hr_database *database, int64_t change,
                                         struct hr_error *error) HR_MUST_USE;

#endif
