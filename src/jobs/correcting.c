#include "jobs/correcting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classroom/again.h"

/* --- which tracks --- */

static enum hr_status find_lesson(struct hr_database *database, int64_t track, struct hr_lesson_found *out,
                                  struct hr_error *error)
{
    char word[32];
    int64_t lesson, observation;
    enum hr_status status = hr_database_track_lesson(database, track, &lesson, &observation, error);
    snprintf(word, sizeof word, "%lld", (long long)lesson);
    return status == HR_OK ? hr_lesson_find(database, word, out, error) : status;
}

enum hr_status hr_correcting_lesson(struct hr_correcting *correcting, int64_t track, struct hr_error *error)
{
    return find_lesson(correcting->database, track, &correcting->lesson, error);
}

/* Those of lessons that are not finished; when all are, it is for the correction to say so. */
static enum hr_status leave_out_finished(struct hr_correcting *correcting, struct hr_error *error)
{
    size_t kept = 0;
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < correcting->count; i++) {
        struct hr_lesson_found lesson;
        status = find_lesson(correcting->database, correcting->tracks[i], &lesson, error);
        if (status == HR_OK && lesson.finished_us == 0)
            correcting->tracks[kept++] = correcting->tracks[i];
    }
    if (kept > 0) {
        correcting->finished = correcting->count - kept;
        correcting->count = kept;
    }
    return status;
}

static enum hr_status tracks_of_person(struct hr_correcting *correcting, int64_t track, struct hr_error *error)
{
    struct hr_unknown_people people;
    const struct hr_vector_layout *known = correcting->engine != NULL ? &correcting->engine->known : NULL;
    enum hr_status status =
        hr_unknown_people_find(&people, correcting->database, correcting->lesson.class_id, 0, known, error);
    if (status != HR_OK)
        return status;
    const struct hr_unknown_person *person = hr_unknown_people_of(&people, track);
    if (person == NULL) {
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_person", NULL,
                                "track %lld is of no unknown person ('homeroom seen %s' lists them)", (long long)track,
                                correcting->lesson.class_id);
    } else {
        correcting->tracks = calloc(person->track_count, sizeof *correcting->tracks);
        correcting->count = person->track_count;
        if (correcting->tracks != NULL)
            memcpy(correcting->tracks, person->tracks, person->track_count * sizeof *correcting->tracks);
    }
    hr_unknown_people_clear(&people);
    if (status == HR_OK && correcting->tracks == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a person's tracks");
    return status == HR_OK ? leave_out_finished(correcting, error) : status;
}

enum hr_status hr_correcting_tracks(struct hr_correcting *correcting, int64_t track, struct hr_error *error)
{
    if (correcting->is_person)
        return tracks_of_person(correcting, track, error);
    correcting->tracks = malloc(sizeof *correcting->tracks);
    if (correcting->tracks == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a track");
    correcting->tracks[0] = track;
    correcting->count = 1;
    return HR_OK;
}

/* --- saying --- */

/* All of it or nothing: the correction, and what the student is enrolled from. */
enum hr_status hr_correcting_say(struct hr_correcting *correcting, enum hr_correction_kind kind, const char *student_id,
                                 struct hr_error *error)
{
    bool enrols = kind == HR_CORRECTION_IS && correcting->is_person && correcting->engine != NULL;
    enum hr_status status = hr_database_begin(correcting->database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_correct(correcting->database, kind, student_id, correcting->tracks, correcting->count,
                                 &correcting->change, error);
    if (status == HR_OK && enrols)
        status = hr_enrol_from_tracks(correcting->database, student_id, correcting->change, correcting->tracks,
                                      correcting->count, &correcting->engine->known, &correcting->enrolled, error);
    return hr_database_end(correcting->database, status, error);
}

enum hr_status hr_correcting_undo(struct hr_correcting *correcting, int64_t change, hr_change_record_fn *each,
                                  void *context, struct hr_error *error)
{
    int64_t track = 0;
    enum hr_status status = hr_database_undo(correcting->database, change, each, context, &track, error);
    return status == HR_OK && track != 0 ? hr_correcting_lesson(correcting, track, error) : status;
}

enum hr_status hr_correcting_follow(struct hr_correcting *correcting, struct hr_error *error)
{
    if (correcting->engine == NULL || correcting->lesson.keep_days == 0)
        return HR_OK;
    return hr_lessons_decide_again(correcting->place, correcting->engine, correcting->database,
                                   correcting->lesson.class_id, 0, &correcting->changed, error);
}

void hr_correcting_clear(struct hr_correcting *correcting)
{
    free(correcting->tracks);
    correcting->tracks = NULL;
    correcting->count = 0;
}
