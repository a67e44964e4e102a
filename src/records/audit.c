#include "records/audit.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "records/sql.h"

/* Whose account it is that this process was started from, and not what a variable says. */
static void describe_user(char *out, size_t size)
{
    struct passwd entry, *found = NULL;
    char text[4096];
    uid_t user = getuid();
    if (getpwuid_r(user, &entry, text, sizeof text, &found) == 0 && found != NULL)
        snprintf(out, size, "user %s", found->pw_name);
    else
        snprintf(out, size, "user %lu", (unsigned long)user);
}

const char *hr_audit_user(struct hr_database *database)
{
    if (database->user[0] == '\0')
        describe_user(database->user, sizeof database->user);
    return database->user;
}

void hr_database_act_as(struct hr_database *database, const char *who)
{
    snprintf(database->user, sizeof database->user, "%s", who);
}

enum hr_status hr_database_note(struct hr_database *database, const char *what, const char *student_id, size_t count,
                                struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_AUDIT_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, hr_clock_wall_now_us());
    hr_sql_bind_text(statement, 2, hr_audit_user(database));
    hr_sql_bind_text(statement, 3, what);
    if (student_id != NULL)
        hr_sql_bind_text(statement, 4, student_id);
    sqlite3_bind_int64(statement, 5, (sqlite3_int64)count);
    return hr_sql_finish(database, statement, "writing the audit log", NULL, error);
}

enum hr_status hr_audit_removal(struct hr_database *database, const char *student_id, bool whole, size_t faces,
                                struct hr_error *error)
{
    sqlite3_stmt *statement;
    if (!whole)
        return hr_database_note(database, "forget_photo", student_id, faces, error);
    enum hr_status status = hr_sql_start(database, HR_SQL_AUDIT_FORGET, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student_id);
    status = hr_sql_finish(database, statement, "writing the audit log", NULL, error);
    return status == HR_OK ? hr_database_note(database, "forget", NULL, 1, error) : status;
}

enum hr_status hr_database_each_note(struct hr_database *database, const char *student_id, hr_audit_record_fn *each,
                                     void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status =
        hr_sql_start(database, student_id != NULL ? HR_SQL_AUDIT_OF : HR_SQL_AUDIT_ALL, &statement, error);
    if (status != HR_OK)
        return status;
    if (student_id != NULL)
        hr_sql_bind_text(statement, 1, student_id);
    while (hr_sql_next(database, statement, "reading the audit log", &status, error)) {
        struct hr_audit_record record = {.at_us = sqlite3_column_int64(statement, 0),
                                         .who = hr_sql_text(statement, 1),
                                         .what = hr_sql_text(statement, 2),
                                         .student = sqlite3_column_int64(statement, 3),
                                         .count = sqlite3_column_int64(statement, 4)};
        status = each(context, &record, error);
    }
    return status;
}
