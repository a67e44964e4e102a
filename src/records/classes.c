#include "records/classes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "records/audit.h"
#include "records/sql.h"
#include "roster/student.h"

static enum hr_status no_class(const char *id, struct hr_error *error)
{
    return hr_error_named(error, HR_ERR_NOT_FOUND, "no_class", NULL,
                          "there is no class '%s' ('homeroom class new %s' makes it)", id, id);
}

int hr_day_part(const char *day, int at, int count)
{
    int number = 0;
    for (int i = at; i < at + count; i++)
        number = 10 * number + day[i] - '0';
    return number;
}

int hr_day_weekday(const char *day)
{
    static const int days_in[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4}; /* Sakamoto's */
    for (int i = 0; i < HR_DAY_SIZE - 1; i++)
        if (i == 4 || i == 7 ? day[i] != '-' : day[i] < '0' || day[i] > '9')
            return 0;
    int year = hr_day_part(day, 0, 4), month = hr_day_part(day, 5, 2), number = hr_day_part(day, 8, 2);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day[HR_DAY_SIZE - 1] != '\0' || year < 1970 || month < 1 || month > 12 || number < 1 ||
        number > days_in[month - 1] + (month == 2 && leap))
        return 0;
    if (month < 3)
        year--;
    int sunday_is_0 = (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + number) % 7;
    return sunday_is_0 == 0 ? 7 : sunday_is_0;
}

static enum hr_status check_day(const char *day, struct hr_error *error)
{
    return hr_day_weekday(day) > 0 ? HR_OK
                                   : hr_error_named(error, HR_ERR_ARGUMENT, "day", NULL,
                                                    "'%s' is no day: 2026-11-27 is how one is written", day);
}

/* Binds one text each, runs, and counts what changed. */
static enum hr_status run(struct hr_database *database, enum hr_sql which, const char *first, const char *second,
                          const char *third, size_t *changed, struct hr_error *error)
{
    sqlite3_stmt *statement;
    const char *const texts[] = {first, second, third};
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    for (int i = 0; i < 3; i++)
        if (texts[i] != NULL)
            hr_sql_bind_text(statement, i + 1, texts[i]);
    return hr_sql_finish(database, statement, "changing a class", changed, error);
}

/* Whether a statement of one text has a row. */
static enum hr_status class_is_there(struct hr_database *database, const char *id, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CLASS, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    status = hr_sql_step(database, statement, "looking for a class", error);
    hr_sql_end(statement);
    return status == HR_END ? no_class(id, error) : status;
}

/* --- classes --- */

static enum hr_status check_class(const struct hr_class_record *record, struct hr_error *error)
{
    enum { MOST_MIN = 12 * 60 };
    if (strpbrk(record->id, " \t\r\n/") != NULL)
        return hr_error_named(error, HR_ERR_ARGUMENT, "class_id", NULL,
                              "a class is called by a word without blanks or '/', not '%s'", record->id);
    if (record->late_min > MOST_MIN || record->early_min > MOST_MIN)
        return hr_error_named(error, HR_ERR_ARGUMENT, "minutes", NULL, "a grace of more than %d minutes", MOST_MIN);
    enum hr_status status = hr_student_id_check(hr_view_text(record->id), error);
    if (status == HR_OK && record->title != NULL)
        status = hr_cell_check(hr_view_text(record->title), "title of a class", error);
    if (status == HR_OK && record->zone != NULL)
        status = hr_cell_check(hr_view_text(record->zone), "time zone", error);
    return status;
}

static enum hr_status write_class(struct hr_database *database, enum hr_sql which, const struct hr_class_record *record,
                                  size_t *changed, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, record->id);
    if (record->title != NULL)
        hr_sql_bind_text(statement, 2, record->title);
    if (record->zone != NULL)
        hr_sql_bind_text(statement, 3, record->zone);
    if (record->late_min >= 0)
        sqlite3_bind_int(statement, 4, record->late_min);
    if (record->early_min >= 0)
        sqlite3_bind_int(statement, 5, record->early_min);
    return hr_sql_finish(database, statement, "writing a class", changed, error);
}

enum hr_status hr_database_put_class(struct hr_database *database, const struct hr_class_record *record, bool *added,
                                     struct hr_error *error)
{
    size_t changed = 0;
    enum hr_status status = check_class(record, error);
    bool own;
    if (status == HR_OK)
        status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    status = write_class(database, HR_SQL_CLASS_INSERT, record, &changed, error);
    if (added != NULL)
        *added = changed > 0;
    if (status == HR_OK && changed == 0)
        status = write_class(database, HR_SQL_CLASS_UPDATE, record, NULL, error);
    return hr_sql_end_own(database, own, status, error);
}

static struct hr_class_record class_of(sqlite3_stmt *statement)
{
    return (struct hr_class_record){.id = hr_sql_text(statement, 0),
                                    .title = hr_sql_text(statement, 1),
                                    .zone = hr_sql_text(statement, 2),
                                    .late_min = sqlite3_column_int(statement, 3),
                                    .early_min = sqlite3_column_int(statement, 4),
                                    .keep_days = sqlite3_column_int(statement, 7),
                                    .member_count = (size_t)sqlite3_column_int64(statement, 5),
                                    .lesson_count = (size_t)sqlite3_column_int64(statement, 6)};
}

enum hr_status hr_database_each_class(struct hr_database *database, hr_class_record_fn *each, void *context,
                                      struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CLASSES, &statement, error);
    if (status != HR_OK)
        return status;
    while (hr_sql_next(database, statement, "reading the classes", &status, error)) {
        struct hr_class_record record = class_of(statement);
        status = each(context, &record, error);
    }
    return status;
}

enum hr_status hr_database_class(struct hr_database *database, const char *id, hr_class_record_fn *each, void *context,
                                 struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_CLASS, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, id);
    status = hr_sql_step(database, statement, "looking for a class", error);
    if (status == HR_OK) {
        struct hr_class_record record = class_of(statement);
        status = each(context, &record, error);
    } else if (status == HR_END) {
        status = no_class(id, error);
    }
    hr_sql_end(statement);
    return status;
}

enum hr_status hr_database_remove_class(struct hr_database *database, const char *id, struct hr_error *error)
{
    size_t removed = 0;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = run(database, HR_SQL_CLASS_OBSERVATIONS_DELETE, id, NULL, NULL, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_CLASS_DELETE, id, NULL, NULL, &removed, error);
    if (status == HR_OK && removed == 0)
        status = no_class(id, error);
    if (status == HR_OK)
        status = hr_database_note(database, "remove_class", NULL, removed, error);
    if (status == HR_OK)
        status = hr_sql_note_removal(database, error);
    status = hr_database_end(database, status, error);
    return status == HR_OK ? hr_sql_tidy(database, error) : status;
}

/* --- members --- */

enum hr_status hr_database_enrol(struct hr_database *database, const char *class_id, const char *student_id,
                                 const char *from_day, bool *changed, struct hr_error *error)
{
    sqlite3_stmt *statement;
    size_t added = 0;
    bool own;
    enum hr_status status = from_day[0] != '\0' ? check_day(from_day, error) : HR_OK;
    if (status == HR_OK)
        status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    status = class_is_there(database, class_id, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_MEMBER_NOW, &statement, error);
    if (status == HR_OK) {
        hr_sql_bind_text(statement, 1, class_id);
        hr_sql_bind_text(statement, 2, student_id);
        hr_sql_bind_text(statement, 3, from_day);
        status = hr_sql_step(database, statement, "looking for an enrolment", error);
        hr_sql_end(statement);
    }
    if (changed != NULL)
        *changed = status == HR_END;
    if (status == HR_END) {
        status = run(database, HR_SQL_MEMBER_INSERT, class_id, student_id, from_day, &added, error);
        if (status == HR_OK && added == 0)
            status = hr_sql_no_student(student_id, error);
        if (status == HR_OK)
            status = hr_database_note(database, "enter_class", student_id, 1, error);
    }
    return hr_sql_end_own(database, own, status == HR_END ? HR_OK : status, error);
}

enum hr_status hr_database_leave(struct hr_database *database, const char *class_id, const char *student_id,
                                 const char *last_day, struct hr_error *error)
{
    size_t changed = 0;
    bool own;
    enum hr_status status = check_day(last_day, error);
    if (status == HR_OK)
        status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    status = class_is_there(database, class_id, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_MEMBER_LEAVE, class_id, student_id, last_day, &changed, error);
    if (status == HR_OK && changed == 0)
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "not_in_class", student_id,
                                "student '%s' is not in class '%s' on %s", student_id, class_id, last_day);
    if (status == HR_OK)
        status = hr_database_note(database, "leave_class", student_id, 1, error);
    return hr_sql_end_own(database, own, status, error);
}

enum hr_status hr_database_each_member(struct hr_database *database, const char *class_id, const char *day,
                                       hr_member_record_fn *each, void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = class_is_there(database, class_id, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_MEMBERS, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, class_id);
    hr_sql_bind_text(statement, 2, day != NULL ? day : "");
    while (hr_sql_next(database, statement, "reading who is in a class", &status, error)) {
        struct hr_member_record record = {.student_id = hr_sql_text(statement, 0),
                                          .name = hr_sql_text(statement, 1),
                                          .from_day = hr_sql_text(statement, 2),
                                          .to_day = hr_sql_text(statement, 3),
                                          .refuses = sqlite3_column_int(statement, 4) != 0,
                                          .faces = (size_t)sqlite3_column_int64(statement, 5)};
        status = each(context, &record, error);
    }
    return status;
}

enum hr_status hr_database_each_class_of(struct hr_database *database, const char *student_id, hr_class_id_fn *each,
                                         void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_STUDENT_CLASSES, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student_id);
    while (hr_sql_next(database, statement, "reading the classes of a student", &status, error))
        status = each(context, hr_sql_text(statement, 0), error);
    return status;
}

/* --- the timetable --- */

static enum hr_status write_slot(struct hr_database *database, const char *class_id, const struct hr_slot_record *slot,
                                 struct hr_error *error)
{
    sqlite3_stmt *statement;
    bool removes = slot->end_min == 0;
    enum hr_status status = hr_sql_start(database, removes ? HR_SQL_SLOT_DELETE : HR_SQL_SLOT_PUT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, class_id);
    sqlite3_bind_int(statement, 2, slot->weekday);
    sqlite3_bind_int(statement, 3, slot->start_min);
    if (!removes)
        sqlite3_bind_int(statement, 4, slot->end_min);
    return hr_sql_finish(database, statement, "writing the timetable", NULL, error);
}

enum hr_status hr_database_put_slot(struct hr_database *database, const char *class_id,
                                    const struct hr_slot_record *slot, struct hr_error *error)
{
    if (slot->weekday < 1 || slot->weekday > 7 || slot->start_min < 0 || slot->start_min >= HR_MINUTES_PER_DAY ||
        (slot->end_min != 0 && slot->end_min <= slot->start_min) || slot->end_min > HR_MINUTES_PER_DAY)
        return hr_error_named(error, HR_ERR_ARGUMENT, "slot", NULL,
                              "a lesson begins and ends on one day, and ends after it begins");
    bool own;
    enum hr_status status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    status = class_is_there(database, class_id, error);
    if (status == HR_OK)
        status = write_slot(database, class_id, slot, error);
    return hr_sql_end_own(database, own, status, error);
}

enum hr_status hr_database_put_day_off(struct hr_database *database, const char *class_id, const char *day, bool off,
                                       struct hr_error *error)
{
    bool own;
    enum hr_status status = check_day(day, error);
    if (status == HR_OK)
        status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    status = class_is_there(database, class_id, error);
    if (status == HR_OK)
        status = run(database, off ? HR_SQL_DAY_OFF_PUT : HR_SQL_DAY_OFF_DELETE, class_id, day, NULL, NULL, error);
    return hr_sql_end_own(database, own, status, error);
}

enum hr_status hr_database_each_slot(struct hr_database *database, const char *class_id, const char *day,
                                     hr_slot_record_fn *each, void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = class_is_there(database, class_id, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_SLOTS, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, class_id);
    hr_sql_bind_text(statement, 2, day != NULL ? day : "");
    sqlite3_bind_int(statement, 3, day != NULL ? hr_day_weekday(day) : 0);
    while (hr_sql_next(database, statement, "reading the timetable", &status, error)) {
        struct hr_slot_record slot = {sqlite3_column_int(statement, 0), sqlite3_column_int(statement, 1),
                                      sqlite3_column_int(statement, 2)};
        status = each(context, &slot, error);
    }
    return status;
}
