#include "records/observations.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "records/sql.h"
#include "roster/student.h"

static double real_of(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL ? (double)NAN
                                                                 : sqlite3_column_double(statement, column);
}

/* --- keeping --- */

static enum hr_status add_observation(struct hr_database *database, const struct hr_observation_record *observation,
                                      int64_t *key, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_cell_check(hr_view_text(observation->video), "name of a video", error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_OBSERVATION_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, observation->video);
    hr_sql_bind_text(statement, 2, observation->version);
    sqlite3_bind_int64(statement, 3, observation->made_us);
    sqlite3_bind_int64(statement, 4, observation->duration_us);
    sqlite3_bind_int(statement, 5, observation->width_px);
    sqlite3_bind_int(statement, 6, observation->height_px);
    hr_sql_bind_text(statement, 7, observation->codec);
    sqlite3_bind_int64(statement, 8, (sqlite3_int64)observation->frames);
    sqlite3_bind_int64(statement, 9, (sqlite3_int64)observation->faces);
    sqlite3_bind_double(statement, 10, observation->samples_per_s);
    sqlite3_bind_double(statement, 11, observation->false_present);
    sqlite3_bind_int(statement, 12, observation->includes_review);
    sqlite3_bind_int64(statement, 13, (sqlite3_int64)observation->class_generation);
    hr_sql_bind_text(statement, 14, observation->models);
    sqlite3_bind_int64(statement, 15, (sqlite3_int64)observation->unknown_people);
    status = hr_sql_finish(database, statement, "keeping what was seen", NULL, error);
    *key = sqlite3_last_insert_rowid(database->handle);
    return status;
}

enum hr_status hr_sql_add_candidates(struct hr_database *database, enum hr_sql insert,
                                     const struct hr_track_record *track, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < track->candidate_count; i++) {
        sqlite3_stmt *statement;
        status = hr_sql_start(database, insert, &statement, error);
        if (status != HR_OK)
            return status;
        sqlite3_bind_int64(statement, 1, track->key);
        sqlite3_bind_int64(statement, 2, (sqlite3_int64)i);
        sqlite3_bind_double(statement, 3, track->candidates[i].similarity);
        hr_sql_bind_text(statement, 4, track->candidates[i].student_id);
        status = hr_sql_finish(database, statement, "keeping what was seen", NULL, error);
    }
    return status;
}

static enum hr_status add_track(struct hr_database *database, int64_t observation, struct hr_track_record *track,
                                struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_TRACK_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, observation);
    if (track->student_id != NULL)
        hr_sql_bind_text(statement, 2, track->student_id);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)track->person);
    hr_sql_bind_text(statement, 4, track->band);
    hr_sql_bind_text(statement, 5, track->reason);
    hr_sql_bind_text(statement, 6, track->model_id);
    sqlite3_bind_int(statement, 7, track->camera);
    sqlite3_bind_int64(statement, 8, track->first_us);
    sqlite3_bind_int64(statement, 9, track->last_us);
    sqlite3_bind_int64(statement, 10, (sqlite3_int64)track->sightings);
    sqlite3_bind_int64(statement, 11, (sqlite3_int64)track->views);
    sqlite3_bind_double(statement, 12, track->face_px);
    hr_sql_bind_real(statement, 13, track->similarity);
    hr_sql_bind_real(statement, 14, track->margin);
    sqlite3_bind_double(statement, 15, track->stranger_chance);
    hr_sql_bind_text(statement, 16, track->best);
    hr_sql_bind_text(statement, 17, track->places);
    status = hr_sql_finish(database, statement, "keeping what was seen", NULL, error);
    track->key = sqlite3_last_insert_rowid(database->handle);
    return status == HR_OK ? hr_sql_add_candidates(database, HR_SQL_CANDIDATE_INSERT, track, error) : status;
}

enum hr_status hr_database_keep_within(struct hr_database *database, const struct hr_observation_record *observation,
                                       struct hr_track_record *tracks, size_t count, int64_t *key,
                                       struct hr_error *error)
{
    enum hr_status status = add_observation(database, observation, key, error);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = add_track(database, *key, &tracks[i], error);
    return status;
}

enum hr_status hr_database_keep(struct hr_database *database, const struct hr_observation_record *observation,
                                struct hr_track_record *tracks, size_t count, struct hr_error *error)
{
    int64_t key = 0;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_keep_within(database, observation, tracks, count, &key, error);
    return hr_database_end(database, status, error);
}

/* --- reading --- */

/* Rows of a statement that was given its values. */
static enum hr_status walk_observations(struct hr_database *database, sqlite3_stmt *statement,
                                        hr_observation_record_fn *each, void *context, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    while (hr_sql_next(database, statement, "reading what was kept", &status, error)) {
        struct hr_observation_record observation = {.key = sqlite3_column_int64(statement, 0),
                                                    .video = hr_sql_text(statement, 1),
                                                    .version = hr_sql_text(statement, 2),
                                                    .made_us = sqlite3_column_int64(statement, 3),
                                                    .duration_us = sqlite3_column_int64(statement, 4),
                                                    .width_px = sqlite3_column_int(statement, 5),
                                                    .height_px = sqlite3_column_int(statement, 6),
                                                    .codec = hr_sql_text(statement, 7),
                                                    .frames = (size_t)sqlite3_column_int64(statement, 8),
                                                    .faces = (size_t)sqlite3_column_int64(statement, 9),
                                                    .samples_per_s = sqlite3_column_double(statement, 10),
                                                    .false_present = sqlite3_column_double(statement, 11),
                                                    .includes_review = sqlite3_column_int(statement, 12) != 0,
                                                    .class_generation = (uint64_t)sqlite3_column_int64(statement, 13),
                                                    .models = hr_sql_text(statement, 14),
                                                    .unknown_people = (size_t)sqlite3_column_int64(statement, 15)};
        status = each(context, &observation, error);
    }
    return status;
}

enum hr_status hr_database_each_observation(struct hr_database *database, hr_observation_record_fn *each, void *context,
                                            struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_OBSERVATIONS, &statement, error);
    return status == HR_OK ? walk_observations(database, statement, each, context, error) : status;
}

enum hr_status hr_database_each_observation_of(struct hr_database *database, const char *student_id,
                                               hr_observation_record_fn *each, void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_OBSERVATIONS_OF, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student_id);
    return walk_observations(database, statement, each, context, error);
}

/* Candidates who are forgotten are left out. Their ids live until the statement ends. */
static enum hr_status read_candidates(struct hr_database *database, enum hr_sql which, struct hr_track_record *track,
                                      char ids[HR_CANDIDATE_RECORDS_MAX][HR_LIMIT_STUDENT_ID_BYTES + 1],
                                      struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, track->key);
    while (track->candidate_count < HR_CANDIDATE_RECORDS_MAX &&
           (status = hr_sql_step(database, statement, "reading what was kept", error)) == HR_OK) {
        char *id = ids[track->candidate_count];
        snprintf(id, HR_LIMIT_STUDENT_ID_BYTES + 1, "%s", hr_sql_text(statement, 0));
        track->candidates[track->candidate_count++] =
            (struct hr_candidate_record){id, sqlite3_column_double(statement, 1)};
    }
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

/* Which statements read the tracks of an observation, and the candidates of each. */
struct track_reading {
    enum hr_sql tracks, candidates;
};

static enum hr_status read_tracks(struct hr_database *database, struct track_reading reading, int64_t observation,
                                  hr_track_record_fn *each, void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    char ids[HR_CANDIDATE_RECORDS_MAX][HR_LIMIT_STUDENT_ID_BYTES + 1];
    enum hr_status status = hr_sql_start(database, reading.tracks, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, observation);
    while (hr_sql_next(database, statement, "reading what was kept", &status, error)) {
        bool known = sqlite3_column_type(statement, 1) != SQLITE_NULL;
        struct hr_track_record track = {.key = sqlite3_column_int64(statement, 0),
                                        .student_id = known ? hr_sql_text(statement, 1) : NULL,
                                        .person = (size_t)sqlite3_column_int64(statement, 2),
                                        .band = hr_sql_text(statement, 3),
                                        .reason = hr_sql_text(statement, 4),
                                        .model_id = hr_sql_text(statement, 5),
                                        .camera = sqlite3_column_int(statement, 6),
                                        .first_us = sqlite3_column_int64(statement, 7),
                                        .last_us = sqlite3_column_int64(statement, 8),
                                        .sightings = (size_t)sqlite3_column_int64(statement, 9),
                                        .views = (size_t)sqlite3_column_int64(statement, 10),
                                        .face_px = sqlite3_column_double(statement, 11),
                                        .similarity = real_of(statement, 12),
                                        .margin = real_of(statement, 13),
                                        .stranger_chance = sqlite3_column_double(statement, 14),
                                        .best = hr_sql_text(statement, 15),
                                        .places = hr_sql_text(statement, 16)};
        status = read_candidates(database, reading.candidates, &track, ids, error);
        if (status == HR_OK)
            status = each(context, &track, error);
    }
    return status;
}

enum hr_status hr_database_each_track(struct hr_database *database, int64_t observation, hr_track_record_fn *each,
                                      void *context, struct hr_error *error)
{
    const struct track_reading reading = {HR_SQL_TRACKS_OF, HR_SQL_CANDIDATES};
    return read_tracks(database, reading, observation, each, context, error);
}

enum hr_status hr_database_each_track_now(struct hr_database *database, int64_t observation, hr_track_record_fn *each,
                                          void *context, struct hr_error *error)
{
    const struct track_reading reading = {HR_SQL_TRACKS_NOW, HR_SQL_CANDIDATES_NOW};
    return read_tracks(database, reading, observation, each, context, error);
}

/* --- forgetting --- */

enum hr_status hr_database_forget_video(struct hr_database *database, const char *video, size_t *removed,
                                        struct hr_error *error)
{
    sqlite3_stmt *statement;
    size_t of_work = 0;
    *removed = 0;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_start(database, HR_SQL_OBSERVATIONS_DELETE, &statement, error);
    if (status == HR_OK) {
        hr_sql_bind_text(statement, 1, video);
        status = hr_sql_finish(database, statement, "removing what was kept", removed, error);
    }
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_WORK_FORGET, &statement, error);
    if (status == HR_OK) {
        hr_sql_bind_text(statement, 1, video);
        status = hr_sql_finish(database, statement, "removing what was kept", &of_work, error);
    }
    if (status == HR_OK && *removed + of_work == 0)
        status = hr_error_set(error, HR_ERR_NOT_FOUND, "nothing is kept of a video '%s'", video);
    if (status == HR_OK)
        status = hr_sql_note_removal(database, error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK) {
        hr_database_rollback(database);
        return status;
    }
    return hr_sql_tidy(database, error);
}
