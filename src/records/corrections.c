#include "records/corrections.h"

#include <math.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/consent.h"
#include "records/sql.h"

static const struct {
    const char *word, *noted; /* in the audit log */
} kinds[HR_CORRECTION_COUNT] = {
    [HR_CORRECTION_IS] = {"is", "correct_is"},
    [HR_CORRECTION_NOT] = {"not", "correct_not"},
    [HR_CORRECTION_NOBODY] = {"nobody", "correct_nobody"},
};

const char *hr_correction_name(enum hr_correction_kind kind)
{
    return kinds[kind].word;
}

bool hr_correction_parse(const char *word, enum hr_correction_kind *out)
{
    for (int i = 0; i < HR_CORRECTION_COUNT; i++) {
        if (strcmp(kinds[i].word, word) != 0)
            continue;
        *out = (enum hr_correction_kind)i;
        return true;
    }
    return false;
}

static enum hr_status read_kind(sqlite3_stmt *statement, int column, enum hr_correction_kind *out,
                                struct hr_error *error)
{
    const char *word = hr_sql_text(statement, column);
    if (hr_correction_parse(word, out))
        return HR_OK;
    return hr_error_set(error, HR_ERR_DATABASE, "a correction of the kind '%.20s': none of this program's", word);
}

/* --- saying --- */

static enum hr_status add_change(struct hr_database *database, enum hr_correction_kind kind, const char *student_id,
                                 int64_t *change, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CHANGE_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, kinds[kind].word);
    if (student_id != NULL)
        hr_sql_bind_text(statement, 2, student_id);
    hr_sql_bind_text(statement, 3, hr_audit_user(database));
    sqlite3_bind_int64(statement, 4, hr_clock_wall_now_us());
    status = hr_sql_finish(database, statement, "writing a correction", NULL, error);
    *change = sqlite3_last_insert_rowid(database->handle);
    return status;
}

static enum hr_status add_correction(struct hr_database *database, int64_t track, int64_t change,
                                     struct hr_error *error)
{
    sqlite3_stmt *statement;
    int64_t lesson, observation;
    enum hr_status status = hr_database_track_lesson(database, track, &lesson, &observation, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_CORRECTION_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, track);
    sqlite3_bind_int64(statement, 2, change);
    return hr_sql_finish(database, statement, "writing a correction", NULL, error);
}

/* CONFLICT when a lesson that the change says anything of is finished. */
static enum hr_status check_open(struct hr_database *database, int64_t change, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CORRECTION_FINISHED, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, change);
    status = hr_sql_step(database, statement, "looking for the lesson", error);
    if (status == HR_OK) {
        long long lesson = sqlite3_column_int64(statement, 0);
        status = hr_error_named(error, HR_ERR_CONFLICT, "lesson_finished", NULL,
                                "lesson %lld is finished: 'homeroom lesson reopen %lld' first", lesson, lesson);
    }
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

static enum hr_status check_student(struct hr_database *database, const char *student_id, struct hr_error *error)
{
    struct hr_consent_record consent;
    enum hr_status status = hr_database_consent(database, student_id, &consent, error);
    if (status == HR_OK && consent.consent == HR_CONSENT_REFUSED)
        status = hr_error_named(
            error, HR_ERR_PERMISSION, "student_refuses", student_id,
            "student '%s' does not agree to be recognised: 'homeroom lesson mark' says where he was", student_id);
    return status;
}

static enum hr_status say(struct hr_database *database, enum hr_correction_kind kind, const char *student_id,
                          const int64_t *tracks, size_t count, int64_t *change, struct hr_error *error)
{
    enum hr_status status = student_id != NULL ? check_student(database, student_id, error) : HR_OK;
    if (status == HR_OK)
        status = add_change(database, kind, student_id, change, error);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = add_correction(database, tracks[i], *change, error);
    if (status == HR_OK)
        status = check_open(database, *change, error);
    return status == HR_OK ? hr_database_note(database, kinds[kind].noted, student_id, count, error) : status;
}

enum hr_status hr_database_correct(struct hr_database *database, enum hr_correction_kind kind, const char *student_id,
                                   const int64_t *tracks, size_t count, int64_t *change, struct hr_error *error)
{
    *change = 0;
    if ((kind == HR_CORRECTION_NOBODY) != (student_id == NULL) || count == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a correction says of tracks that they are somebody, or nobody");
    bool own;
    enum hr_status status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    return hr_sql_end_own(database, own, say(database, kind, student_id, tracks, count, change, error), error);
}

/* --- taking back --- */

static enum hr_status last_change(struct hr_database *database, int64_t *change, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CHANGE_LAST, &statement, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_step(database, statement, "looking for the last correction", error);
    *change = status == HR_OK ? sqlite3_column_int64(statement, 0) : 0;
    hr_sql_end(statement);
    if (status == HR_OK && *change == 0)
        return hr_error_named(error, HR_ERR_NOT_FOUND, "no_correction", NULL, "there is no correction to take back");
    return status;
}

static enum hr_status read_change(sqlite3_stmt *statement, struct hr_change_record *out, struct hr_error *error)
{
    bool known = sqlite3_column_type(statement, 2) != SQLITE_NULL;
    *out = (struct hr_change_record){.key = sqlite3_column_int64(statement, 0),
                                     .student_id = known ? hr_sql_text(statement, 2) : NULL,
                                     .who = hr_sql_text(statement, 3),
                                     .at_us = sqlite3_column_int64(statement, 4),
                                     .undone_by = hr_sql_text(statement, 5),
                                     .undone_us = sqlite3_column_int64(statement, 6),
                                     .track_count = (size_t)sqlite3_column_int64(statement, 7),
                                     .track = sqlite3_column_int64(statement, 8)};
    return read_kind(statement, 1, &out->kind, error);
}

/* Rows of CHANGE_COLUMNS to their end. */
static enum hr_status walk(struct hr_database *database, sqlite3_stmt *statement, hr_change_record_fn *each,
                           void *context, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    while (hr_sql_next(database, statement, "reading corrections", &status, error)) {
        struct hr_change_record change;
        status = read_change(statement, &change, error);
        if (status == HR_OK)
            status = each(context, &change, error);
    }
    return status;
}

/* What it says of itself, before it is taken back. */
struct undoing {
    hr_change_record_fn *each;
    void *context;
    enum hr_correction_kind kind;
    bool found, was_undone;
    size_t faces; /* that it had enrolled */
    int64_t track;
};

static enum hr_status take_change(void *context, const struct hr_change_record *change, struct hr_error *error)
{
    struct undoing *undoing = context;
    undoing->found = true;
    undoing->kind = change->kind;
    undoing->track = change->track;
    undoing->was_undone = change->undone_us != 0;
    return undoing->was_undone ? HR_OK : undoing->each(undoing->context, change, error);
}

static enum hr_status mark_undone(struct hr_database *database, int64_t change, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CHANGE_UNDO, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, change);
    hr_sql_bind_text(statement, 2, hr_audit_user(database));
    sqlite3_bind_int64(statement, 3, hr_clock_wall_now_us());
    return hr_sql_finish(database, statement, "taking a correction back", NULL, error);
}

/* What it had enrolled. */
static enum hr_status remove_faces(struct hr_database *database, int64_t change, size_t *removed,
                                   struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_ENROLLED_DELETE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, change);
    status = hr_sql_finish(database, statement, "taking a correction back", removed, error);
    return status == HR_OK && *removed > 0 ? hr_sql_note_removal(database, error) : status;
}

static enum hr_status take_back(struct hr_database *database, int64_t change, struct undoing *undoing,
                                struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = change == 0 ? last_change(database, &change, error) : HR_OK;
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_CHANGE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, change);
    status = walk(database, statement, take_change, undoing, error);
    if (status == HR_OK && !undoing->found)
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_correction", NULL, "there is no correction %lld",
                                (long long)change);
    if (status == HR_OK && undoing->was_undone)
        status = hr_error_named(error, HR_ERR_CONFLICT, "undone_before", NULL, "correction %lld was taken back before",
                                (long long)change);
    if (status == HR_OK)
        status = check_open(database, change, error);
    if (status == HR_OK)
        status = mark_undone(database, change, error);
    if (status == HR_OK)
        status = remove_faces(database, change, &undoing->faces, error);
    return status == HR_OK ? hr_database_note(database, "correct_undo", NULL, 1, error) : status;
}

enum hr_status hr_database_undo(struct hr_database *database, int64_t change, hr_change_record_fn *each, void *context,
                                int64_t *track, struct hr_error *error)
{
    struct undoing undoing = {.each = each, .context = context};
    *track = 0;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_end(database, take_back(database, change, &undoing, error), error);
    *track = undoing.track;
    return status == HR_OK && undoing.faces > 0 ? hr_sql_tidy(database, error) : status;
}

/* --- reading --- */

enum hr_status hr_database_each_change(struct hr_database *database, int64_t lesson, const char *class_id,
                                       hr_change_record_fn *each, void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CHANGES, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    hr_sql_bind_text(statement, 2, class_id != NULL ? class_id : "");
    return walk(database, statement, each, context, error);
}

enum hr_status hr_database_each_change_of(struct hr_database *database, const char *student_id,
                                          hr_change_record_fn *each, void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CHANGES_OF_STUDENT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student_id);
    return walk(database, statement, each, context, error);
}

enum hr_status hr_database_each_correction(struct hr_database *database, const char *class_id,
                                           hr_correction_record_fn *each, void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CORRECTIONS_OF_CLASS, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, class_id);
    while (hr_sql_next(database, statement, "reading corrections", &status, error)) {
        bool known = sqlite3_column_type(statement, 2) != SQLITE_NULL;
        bool compared = sqlite3_column_type(statement, 5) != SQLITE_NULL;
        struct hr_correction_record correction = {.track = sqlite3_column_int64(statement, 0),
                                                  .student_id = known ? hr_sql_text(statement, 2) : NULL,
                                                  .was_taken_for = sqlite3_column_int(statement, 3) != 0,
                                                  .model_id = hr_sql_text(statement, 4),
                                                  .similarity =
                                                      compared ? sqlite3_column_double(statement, 5) : (double)NAN};
        status = read_kind(statement, 1, &correction.kind, error);
        if (status == HR_OK)
            status = each(context, &correction, error);
    }
    return status;
}

enum hr_status hr_database_track_lesson(struct hr_database *database, int64_t track, int64_t *lesson,
                                        int64_t *observation, struct hr_error *error)
{
    sqlite3_stmt *statement;
    *lesson = *observation = 0;
    enum hr_status status = hr_sql_start(database, HR_SQL_TRACK_LESSON, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, track);
    status = hr_sql_step(database, statement, "looking for the lesson", error);
    if (status == HR_OK) {
        *lesson = sqlite3_column_int64(statement, 0);
        *observation = sqlite3_column_int64(statement, 1);
    }
    hr_sql_end(statement);
    if (status == HR_END)
        return hr_error_named(error, HR_ERR_NOT_FOUND, "no_track", NULL,
                              "no lesson has a track %lld ('homeroom seen LESSON' lists them)", (long long)track);
    return status;
}
