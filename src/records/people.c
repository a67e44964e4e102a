/* Changes that concern who a student is: another id or name, two records of one person. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/consent.h"
#include "records/seal.h"
#include "records/vault.h"
#include "roster/student.h"

static enum hr_status run(struct hr_database *database, enum hr_sql which, const char *first, const char *second,
                          size_t *changed, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, first);
    if (second != NULL)
        hr_sql_bind_text(statement, 2, second);
    return hr_sql_finish(database, statement, "changing a student", changed, error);
}

/* Within a transaction. */
static enum hr_status change_id(struct hr_database *database, const char *id, const char *new_id,
                                struct hr_error *error)
{
    size_t changed = 0;
    enum hr_status status = run(database, HR_SQL_STUDENT_ID, id, new_id, &changed, error);
    if (status == HR_ERR_CONFLICT)
        return hr_error_set(error, HR_ERR_CONFLICT,
                            "there is a student '%s' already: 'homeroom merge' joins two students", new_id);
    return status == HR_OK && changed == 0 ? hr_sql_no_student(id, error) : status;
}

static enum hr_status change(struct hr_database *database, const char *id, const char *new_id, const char *new_name,
                             struct hr_error *error)
{
    enum hr_status status = HR_OK;
    size_t changed = 1;
    bool other_id = new_id != NULL && strcmp(new_id, id) != 0;
    if (other_id)
        status = change_id(database, id, new_id, error);
    if (status == HR_OK && new_name != NULL)
        status = run(database, HR_SQL_STUDENT_NAME, other_id ? new_id : id, new_name, &changed, error);
    if (status == HR_OK && changed > 0)
        status = hr_database_note(database, "rename", other_id ? new_id : id, 0, error);
    return status == HR_OK && changed == 0 ? hr_sql_no_student(id, error) : status;
}

/* What was `body` between begin and commit, and the file without what is gone. */
static enum hr_status finish(struct hr_database *database, enum hr_status status, struct hr_error *error)
{
    if (status == HR_OK)
        status = hr_sql_note_removal(database, error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK) {
        hr_database_rollback(database);
        return status;
    }
    status = hr_seal_destroy_keys(database, error);
    return status == HR_OK ? hr_sql_tidy(database, error) : status;
}

enum hr_status hr_database_rename(struct hr_database *database, const char *id, const char *new_id,
                                  const char *new_name, struct hr_error *error)
{
    char *kept_id = new_id != NULL ? hr_text_normal_copy(new_id) : NULL;
    char *kept_name = new_name != NULL ? hr_text_normal_copy(new_name) : NULL;
    enum hr_status status = HR_OK;
    if ((new_id != NULL && kept_id == NULL) || (new_name != NULL && kept_name == NULL))
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a student's name");
    if (status == HR_OK && kept_id != NULL)
        status = hr_student_id_check(hr_view_text(kept_id), error);
    if (status == HR_OK && kept_name != NULL)
        status = hr_cell_check(hr_view_text(kept_name), "name", error);
    if (status == HR_OK)
        status = hr_database_begin(database, error);
    if (status == HR_OK)
        status = finish(database, change(database, id, kept_id, kept_name, error), error);
    free(kept_id);
    free(kept_name);
    return status;
}

/* What one of two records says against the other must not be lost, nor outweigh it. */
static enum hr_status check_consent(struct hr_database *database, const char *id, const char *other,
                                    struct hr_error *error)
{
    sqlite3_stmt *statement;
    int64_t refused = 0;
    enum hr_status status = hr_sql_start(database, HR_SQL_CONSENT_REFUSED, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    hr_sql_bind_text(statement, 2, other);
    status = hr_sql_step(database, statement, "looking for consent", error);
    if (status == HR_OK)
        refused = sqlite3_column_int64(statement, 0);
    hr_sql_end(statement);
    if (status == HR_OK && refused == 1)
        return hr_error_set(error, HR_ERR_CONFLICT,
                            "one of '%s' and '%s' does not agree to be recognised, and the other one does or was not "
                            "asked: 'homeroom consent' says it of both, then they can be joined",
                            id, other);
    return status;
}

/* --- joining, so that it can be taken back --- */

static enum hr_status run_on(struct hr_database *database, enum hr_sql which, const char *id, const char *other,
                             int64_t change, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    hr_sql_bind_text(statement, 2, other);
    sqlite3_bind_int64(statement, 3, change);
    return hr_sql_finish(database, statement, "joining two students", NULL, error);
}

/* Whom it removes, and what is his. Not in a sealed database, where his keys are destroyed. */
static enum hr_status note_join(struct hr_database *database, const char *id, const char *other, struct hr_error *error)
{
    sqlite3_stmt *statement;
    if (hr_database_is_sealed(database))
        return HR_OK;
    enum hr_status status = hr_sql_start(database, HR_SQL_MERGE_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    hr_sql_bind_text(statement, 2, hr_audit_user(database));
    sqlite3_bind_int64(statement, 3, hr_clock_wall_now_us());
    status = hr_sql_finish(database, statement, "joining two students", NULL, error);
    int64_t change = sqlite3_last_insert_rowid(database->handle);
    if (status == HR_OK)
        status = run_on(database, HR_SQL_JOINED_INSERT, id, other, change, error);
    return status == HR_OK ? run_on(database, HR_SQL_MOVES_INSERT, id, other, change, error) : status;
}

static enum hr_status join(struct hr_database *database, const char *id, const char *other, size_t *moved,
                           struct hr_error *error)
{
    size_t filled = 0;
    enum hr_status status = check_consent(database, id, other, error);
    if (status == HR_OK)
        status = note_join(database, id, other, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_STUDENT_FILL, id, other, &filled, error);
    if (status == HR_OK && filled == 0)
        status = hr_error_set(error, HR_ERR_NOT_FOUND, "there is no student '%s', or no student '%s'", id, other);
    if (status == HR_OK)
        status = run(database, HR_SQL_FACES_MOVE, other, id, moved, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_TRACKS_MOVE, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_CANDIDATES_JOIN, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_CANDIDATES_MOVE, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_DECISIONS_MOVE, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_CHOICES_JOIN, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_CHOICES_MOVE, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_CHANGES_MOVE, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_AUDIT_MOVE, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_MEMBERS_MOVE, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_MARKS_MOVE, other, id, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_FINALS_MOVE, other, id, NULL, error);
    if (status == HR_OK)
        status = hr_database_note(database, "merge", id, *moved, error);
    if (status == HR_OK)
        status = hr_seal_note_destroyed(database, other, error);
    return status == HR_OK ? run(database, HR_SQL_STUDENT_DELETE, other, NULL, NULL, error) : status;
}

enum hr_status hr_database_merge(struct hr_database *database, const char *id, const char *other, size_t *moved,
                                 struct hr_error *error)
{
    *moved = 0;
    if (strcmp(id, other) == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is one student already", id);
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    return finish(database, join(database, id, other, moved, error), error);
}

static enum hr_status last_merge(struct hr_database *database, int64_t *change, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_MERGE_LAST, &statement, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_step(database, statement, "looking for what was joined", error);
    *change = status == HR_OK ? sqlite3_column_int64(statement, 0) : 0;
    hr_sql_end(statement);
    if (status == HR_OK && *change == 0)
        return hr_error_set(error, HR_ERR_NOT_FOUND,
                            "no two students were joined whom this database could part again (a sealed one cannot)");
    return status;
}

static enum hr_status run_undo(struct hr_database *database, enum hr_sql which, int64_t change, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, change);
    return hr_sql_finish(database, statement, "parting two students", NULL, error);
}

/* Whom the change joined. NOT_FOUND when it is none. */
static enum hr_status look_up_merge(struct hr_database *database, int64_t change, struct hr_parted *out,
                                    struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_MERGE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, change);
    status = hr_sql_step(database, statement, "looking for what was joined", error);
    if (status == HR_OK) {
        snprintf(out->id, sizeof out->id, "%s", hr_sql_text(statement, 0));
        snprintf(out->other, sizeof out->other, "%s", hr_sql_text(statement, 1));
    }
    hr_sql_end(statement);
    return status == HR_END
               ? hr_error_set(error, HR_ERR_NOT_FOUND, "nothing was joined by the change %lld", (long long)change)
               : status;
}

static enum hr_status part(struct hr_database *database, struct hr_parted *out, struct hr_error *error)
{
    static const enum hr_sql steps[] = {HR_SQL_UNMERGE_FILL,    HR_SQL_UNMERGE_FACES,      HR_SQL_UNMERGE_COPIES,
                                        HR_SQL_UNMERGE_TRACKS,  HR_SQL_UNMERGE_CANDIDATES, HR_SQL_UNMERGE_DECISIONS,
                                        HR_SQL_UNMERGE_CHOICES, HR_SQL_UNMERGE_CHANGES,    HR_SQL_UNMERGE_LEAVE,
                                        HR_SQL_UNMERGE_MEMBERS, HR_SQL_UNMERGE_MARKS,      HR_SQL_UNMERGE_FINALS,
                                        HR_SQL_UNMERGE_AUDIT};
    int64_t change = 0;
    enum hr_status status = last_merge(database, &change, error);
    if (status == HR_OK)
        status = look_up_merge(database, change, out, error);
    if (status == HR_OK)
        status = run_undo(database, HR_SQL_UNMERGE_STUDENT, change, error);
    if (status == HR_ERR_CONFLICT)
        return hr_error_set(error, HR_ERR_CONFLICT, "the id '%s' has another student now: rename that one first",
                            out->other);
    for (size_t i = 0; status == HR_OK && i < sizeof steps / sizeof *steps; i++)
        status = run_undo(database, steps[i], change, error);
    if (status == HR_OK) /* with what was kept of him for it */
        status = run(database, HR_SQL_MERGES_FORGET, out->other, NULL, NULL, error);
    return status == HR_OK ? hr_database_note(database, "unmerge", out->id, 1, error) : status;
}

enum hr_status hr_database_unmerge(struct hr_database *database, struct hr_parted *out, struct hr_error *error)
{
    *out = (struct hr_parted){0};
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    return hr_database_end(database, part(database, out, error), error);
}

/* --- two people in one record --- */

static enum hr_status move_photos(struct hr_database *database, const char *id, const char *other,
                                  const char *const *origins, size_t count, size_t *moved, struct hr_error *error)
{
    enum hr_status status = hr_database_ensure_student(database, other, NULL, error);
    if (status == HR_OK)
        status = hr_database_take_consent(database, other, error);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        sqlite3_stmt *statement;
        size_t one = 0;
        status = hr_sql_start(database, HR_SQL_FACES_SPLIT, &statement, error);
        if (status != HR_OK)
            return status;
        hr_sql_bind_text(statement, 1, id);
        hr_sql_bind_text(statement, 2, other);
        hr_sql_bind_text(statement, 3, origins[i]);
        status = hr_sql_finish(database, statement, "parting two students", &one, error);
        if (status == HR_OK && one == 0)
            status = hr_error_set(error, HR_ERR_NOT_FOUND,
                                  "student '%s' has no photo '%s' ('homeroom export --what student' lists them)", id,
                                  origins[i]);
        *moved += one;
    }
    if (status == HR_OK)
        status = hr_seal_renew_faces(database, id, error);
    return status == HR_OK ? hr_database_note(database, "split", id, *moved, error) : status;
}

enum hr_status hr_database_split(struct hr_database *database, const char *id, const char *other,
                                 const char *const *origins, size_t count, size_t *moved, struct hr_error *error)
{
    *moved = 0;
    if (strcmp(id, other) == 0 || count == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "photos go from one student to another");
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    return finish(database, move_photos(database, id, other, origins, count, moved, error), error);
}

enum hr_status hr_database_has_table(struct hr_database *database, bool *out, struct hr_error *error)
{
    sqlite3_stmt *statement;
    *out = false;
    enum hr_status status = hr_sql_start(database, HR_SQL_STUDENTS_LISTED, &statement, error);
    if (status != HR_OK)
        return status;
    status = hr_sql_step(database, statement, "looking for a table of students", error);
    *out = status == HR_OK;
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}
