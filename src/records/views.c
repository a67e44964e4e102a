#include "records/views.h"

#include "records/audit.h"
#include "records/observations.h"
#include "records/sql.h"
#include "records/vault.h"

static enum hr_status run_of_class(struct hr_database *database, enum hr_sql which, const char *class_id, int days,
                                   size_t *changed, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, class_id);
    if (days >= 0)
        sqlite3_bind_int(statement, 2, days);
    return hr_sql_finish(database, statement, "setting what a class keeps", changed, error);
}

static enum hr_status set_days(struct hr_database *database, const char *class_id, int days, size_t *removed,
                               struct hr_error *error)
{
    size_t changed = 0;
    enum hr_status status = run_of_class(database, HR_SQL_CLASS_KEEP, class_id, days, &changed, error);
    if (status == HR_OK && changed == 0)
        status = hr_error_set(error, HR_ERR_NOT_FOUND, "there is no class '%s'", class_id);
    if (status == HR_OK && days == 0)
        status = run_of_class(database, HR_SQL_VIEWS_DELETE_CLASS, class_id, -1, removed, error);
    if (status == HR_OK && *removed > 0)
        status = hr_sql_note_removal(database, error);
    return status == HR_OK ? hr_database_note(database, "class_keep", NULL, (size_t)days, error) : status;
}

enum hr_status hr_database_set_keep_days(struct hr_database *database, const char *class_id, int days, size_t *removed,
                                         struct hr_error *error)
{
    *removed = 0;
    if (days < 0 || days > HR_KEEP_DAYS_MAX)
        return hr_error_named(error, HR_ERR_ARGUMENT, "days", NULL, "a class keeps pictures for up to %d days, not %d",
                              HR_KEEP_DAYS_MAX, days);
    if (days > 0 && hr_database_is_sealed(database))
        return hr_error_set(error, HR_ERR_UNSUPPORTED,
                            "'%s' is sealed, and has no keys for the faces of people who are not enrolled: nothing is "
                            "kept of what a camera saw of them",
                            hr_database_name(database));
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_end(database, set_days(database, class_id, days, removed, error), error);
    return status == HR_OK && *removed > 0 ? hr_sql_tidy(database, error) : status;
}

enum hr_status hr_database_keep_view(struct hr_database *database, const struct hr_view_record *view,
                                     struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_VIEW_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, view->track);
    hr_sql_bind_bytes(statement, 2, view->vector);
    sqlite3_bind_double(statement, 3, view->sharpness);
    sqlite3_bind_double(statement, 4, view->frontal);
    hr_sql_bind_bytes(statement, 5, view->picture);
    return hr_sql_finish(database, statement, "keeping a picture", NULL, error);
}

static struct hr_view bytes_of(sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column); /* before the size */
    return hr_view_of(bytes, (size_t)sqlite3_column_bytes(statement, column));
}

/* Rows of a statement that was given its values. */
static enum hr_status walk(struct hr_database *database, sqlite3_stmt *statement, hr_view_record_fn *each,
                           void *context, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    while (hr_sql_next(database, statement, "reading kept pictures", &status, error)) {
        struct hr_view_record view = {.track = sqlite3_column_int64(statement, 0),
                                      .vector = bytes_of(statement, 1),
                                      .sharpness = sqlite3_column_double(statement, 2),
                                      .frontal = sqlite3_column_double(statement, 3),
                                      .picture = bytes_of(statement, 4)};
        status = each(context, &view, hr_sql_text(statement, 5), error);
    }
    return status;
}

enum hr_status hr_database_each_view(struct hr_database *database, int64_t observation, hr_view_record_fn *each,
                                     void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_VIEWS_OF, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, observation);
    hr_sql_bind_now(statement, 2);
    return walk(database, statement, each, context, error);
}

enum hr_status hr_database_has_picture(struct hr_database *database, int64_t track, bool *out, struct hr_error *error)
{
    sqlite3_stmt *statement;
    *out = false;
    enum hr_status status = hr_sql_start(database, HR_SQL_VIEW_HAS_PICTURE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, track);
    hr_sql_bind_now(statement, 2);
    status = hr_sql_step(database, statement, "reading kept pictures", error);
    *out = status == HR_OK;
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

enum hr_status hr_database_each_view_of(struct hr_database *database, const char *student_id, hr_view_record_fn *each,
                                        void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_VIEWS_OF_STUDENT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student_id);
    return walk(database, statement, each, context, error);
}

static enum hr_status remove_views(struct hr_database *database, const int64_t *tracks, size_t count, size_t *removed,
                                   struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        sqlite3_stmt *statement;
        size_t one = 0;
        status = hr_sql_start(database, HR_SQL_VIEW_DELETE, &statement, error);
        if (status != HR_OK)
            return status;
        sqlite3_bind_int64(statement, 1, tracks[i]);
        status = hr_sql_finish(database, statement, "removing kept pictures", &one, error);
        *removed += one;
    }
    if (status == HR_OK && *removed > 0)
        status = hr_sql_note_removal(database, error);
    return status == HR_OK ? hr_database_note(database, "forget_views", NULL, *removed, error) : status;
}

enum hr_status hr_database_forget_views(struct hr_database *database, const int64_t *tracks, size_t count,
                                        size_t *removed, struct hr_error *error)
{
    *removed = 0;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_end(database, remove_views(database, tracks, count, removed, error), error);
    return status == HR_OK && *removed > 0 ? hr_sql_tidy(database, error) : status;
}

/* --- compared again --- */

enum hr_status hr_database_decide_again(struct hr_database *database, const struct hr_track_record *track,
                                        struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_DECISION_DELETE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, track->key);
    status = hr_sql_finish(database, statement, "deciding again", NULL, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_DECISION_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, track->key);
    if (track->student_id != NULL)
        hr_sql_bind_text(statement, 2, track->student_id);
    hr_sql_bind_text(statement, 3, track->band);
    hr_sql_bind_text(statement, 4, track->reason);
    hr_sql_bind_text(statement, 5, track->model_id);
    hr_sql_bind_real(statement, 6, track->similarity);
    hr_sql_bind_real(statement, 7, track->margin);
    sqlite3_bind_double(statement, 8, track->stranger_chance);
    status = hr_sql_finish(database, statement, "deciding again", NULL, error);
    return status == HR_OK ? hr_sql_add_candidates(database, HR_SQL_CHOICE_INSERT, track, error) : status;
}

enum hr_status hr_database_note_enrolled(struct hr_database *database, int64_t change, struct hr_error *error)
{
    sqlite3_stmt *statement;
    sqlite3_int64 face = sqlite3_last_insert_rowid(database->handle);
    enum hr_status status = hr_sql_start(database, HR_SQL_ENROLLED_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, face);
    sqlite3_bind_int64(statement, 2, change);
    return hr_sql_finish(database, statement, "enrolling a face", NULL, error);
}
