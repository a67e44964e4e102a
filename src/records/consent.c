#include "records/consent.h"

#include "base/clock.h"
#include "records/audit.h"
#include "records/sql.h"

static const char *const names[] = {
    [HR_CONSENT_NOT_ASKED] = "not_asked", [HR_CONSENT_GIVEN] = "yes", [HR_CONSENT_REFUSED] = "no"};

const char *hr_consent_name(enum hr_consent consent)
{
    return names[consent];
}

/* What stands in the column, read with care: whatever is neither word is no agreement that anybody gave. */
static enum hr_consent consent_of(const char *text)
{
    if (strcmp(text, names[HR_CONSENT_REFUSED]) == 0)
        return HR_CONSENT_REFUSED;
    return strcmp(text, names[HR_CONSENT_GIVEN]) == 0 ? HR_CONSENT_GIVEN : HR_CONSENT_NOT_ASKED;
}

enum hr_status hr_database_consent(struct hr_database *database, const char *id, struct hr_consent_record *out,
                                   struct hr_error *error)
{
    sqlite3_stmt *statement;
    *out = (struct hr_consent_record){0};
    enum hr_status status =
        hr_sql_student_row(database, HR_SQL_CONSENT, id, "looking for a student's consent", &statement, error);
    if (status == HR_OK) {
        out->consent = consent_of(hr_sql_text(statement, 0));
        out->since_us = sqlite3_column_int64(statement, 1);
    }
    hr_sql_end(statement);
    return status;
}

static enum hr_status write_consent(struct hr_database *database, const char *id, bool given, bool only_new,
                                    size_t *changed, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CONSENT_SET, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    hr_sql_bind_text(statement, 2, names[given ? HR_CONSENT_GIVEN : HR_CONSENT_REFUSED]);
    sqlite3_bind_int64(statement, 3, hr_clock_wall_now_us());
    sqlite3_bind_int(statement, 4, only_new);
    return hr_sql_finish(database, statement, "writing a student's consent", changed, error);
}

static enum hr_status run(struct hr_database *database, enum hr_sql which, const char *id, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    return hr_sql_finish(database, statement, "writing a student's consent", NULL, error);
}

/* Within a transaction. */
static enum hr_status say(struct hr_database *database, const char *id, bool given, struct hr_error *error)
{
    size_t changed = 0;
    enum hr_status status = write_consent(database, id, given, false, &changed, error);
    if (status == HR_OK && changed == 0)
        status = hr_sql_no_student(id, error);
    if (status == HR_OK && !given) /* while it is known which are his */
        status = run(database, HR_SQL_VIEWS_DELETE_STUDENT, id, error);
    if (status == HR_OK && !given)
        status = run(database, HR_SQL_TRACKS_UNNAME, id, error);
    if (status == HR_OK && !given)
        status = run(database, HR_SQL_CANDIDATES_UNNAME, id, error);
    if (status == HR_OK && !given)
        status = run(database, HR_SQL_DECISIONS_UNNAME, id, error);
    if (status == HR_OK && !given)
        status = run(database, HR_SQL_CHOICES_UNNAME, id, error);
    if (status == HR_OK && !given)
        status = run(database, HR_SQL_CHANGES_UNNAME, id, error);
    return status == HR_OK ? hr_database_note(database, given ? "consent_yes" : "consent_no", id, 0, error) : status;
}

enum hr_status hr_database_set_consent(struct hr_database *database, const char *id, bool given, size_t *faces_removed,
                                       struct hr_error *error)
{
    *faces_removed = 0;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = say(database, id, given, error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK) {
        hr_database_rollback(database);
        return status;
    }
    /* From here on no gallery has him, whatever comes of the rest. */
    return given ? HR_OK : hr_database_forget_faces(database, id, faces_removed, error);
}

enum hr_status hr_database_take_consent(struct hr_database *database, const char *id, struct hr_error *error)
{
    struct hr_consent_record record;
    size_t changed = 0;
    enum hr_status status = hr_database_consent(database, id, &record, error);
    if (status == HR_ERR_NOT_FOUND)
        return HR_OK;
    if (status == HR_OK && record.consent == HR_CONSENT_REFUSED)
        return hr_error_named(error, HR_ERR_PERMISSION, "student_refuses", id,
                              "student '%s' does not agree to be recognised: no face is kept "
                              "('homeroom consent %s yes' says otherwise)",
                              id, id);
    if (status != HR_OK || record.consent == HR_CONSENT_GIVEN)
        return status;
    status = write_consent(database, id, true, true, &changed, error);
    return status == HR_OK ? hr_database_note(database, "consent_by_enrolment", id, 0, error) : status;
}

enum hr_status hr_database_each_consent(struct hr_database *database, hr_consent_record_fn *each, void *context,
                                        struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CONSENT_ALL, &statement, error);
    if (status != HR_OK)
        return status;
    while (hr_sql_next(database, statement, "reading who has agreed", &status, error)) {
        struct hr_consent_record record = {.id = hr_sql_text(statement, 0),
                                           .name = hr_sql_text(statement, 1),
                                           .consent = consent_of(hr_sql_text(statement, 2)),
                                           .since_us = sqlite3_column_int64(statement, 3)};
        status = each(context, &record, error);
    }
    return status;
}
