/* Saying who somebody is in what was seen, with what follows: he is enrolled from what the class keeps of him, and its
 * open lessons are decided again. What the command line and the page do alike. */
#ifndef HR_JOBS_CORRECTING_H
#define HR_JOBS_CORRECTING_H

#include "jobs/lessons.h"
#include "records/corrections.h"

struct hr_correcting {
    struct hr_class_place *place;
    struct hr_database *database;  /* borrowed, to write */
    struct hr_engine *engine;      /* borrowed, the models alone; NULL: they could not be opened */
    struct hr_lesson_found lesson; /* that the track is of */
    bool is_person;                /* all tracks of the unknown person whom the track shows */
    int64_t *tracks;               /* owned */
    size_t count;
    size_t finished; /* tracks of finished lessons, which are left out */
    int64_t change;  /* the correction's key */
    size_t enrolled, changed;
};

/* The lesson of a track: its class says whether models are needed (keep_days). NOT_FOUND. */
enum hr_status hr_correcting_lesson(struct hr_correcting *correcting, int64_t track,
                                    struct hr_error *error) HR_MUST_USE;
/* And the tracks that are meant. */
enum hr_status hr_correcting_tracks(struct hr_correcting *correcting, int64_t track,
                                    struct hr_error *error) HR_MUST_USE;
/* `student_id` NULL for nobody. As hr_database_correct. */
enum hr_status hr_correcting_say(struct hr_correcting *correcting, enum hr_correction_kind kind, const char *student_id,
                                 struct hr_error *error) HR_MUST_USE;
/* As hr_database_undo. */
enum hr_status hr_correcting_undo(struct hr_correcting *correcting, int64_t change, hr_change_record_fn *each,
                                  void *context, struct hr_error *error) HR_MUST_USE;
/* The class's lessons follow: behind what was said, or taken back. Nothing to do without an engine. */
enum hr_status hr_correcting_follow(struct hr_correcting *correcting, struct hr_error *error) HR_MUST_USE;
/* The tracks. */
void hr_correcting_clear(struct hr_correcting *correcting);

#endif
