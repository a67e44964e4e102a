#include "records/lessons.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/classes.h"
#include "records/sql.h"
#include "roster/student.h"

static enum hr_status no_lesson(int64_t key, struct hr_error *error)
{
    return hr_error_named(error, HR_ERR_NOT_FOUND, "no_lesson", NULL,
                          "there is no lesson %lld ('homeroom lesson' lists them)", (long long)key);
}

/* Runs a statement of one key. */
static enum hr_status run(struct hr_database *database, enum hr_sql which, int64_t key, size_t *changed,
                          struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    return hr_sql_finish(database, statement, "changing a lesson", changed, error);
}

/* CONFLICT unless the lesson's state is the wanted one. */
static enum hr_status check_state(struct hr_database *database, int64_t key, bool finished, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_LESSON_STATE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    status = hr_sql_step(database, statement, "looking for a lesson", error);
    bool is_finished = status == HR_OK && sqlite3_column_int64(statement, 0) != 0;
    hr_sql_end(statement);
    if (status == HR_END)
        return no_lesson(key, error);
    if (status == HR_OK && is_finished != finished)
        return hr_error_set(error, HR_ERR_CONFLICT,
                            is_finished ? "lesson %lld is finished: 'homeroom lesson reopen %lld' opens it again"
                                        : "lesson %lld is not finished",
                            (long long)key, (long long)key);
    return status;
}

/* --- lessons --- */

static enum hr_status check_lesson(const struct hr_lesson_record *lesson, struct hr_error *error)
{
    const int64_t longest_us = INT64_C(24) * 3600 * 1000000;
    if (hr_day_weekday(lesson->day) == 0)
        return hr_error_named(error, HR_ERR_ARGUMENT, "day", NULL, "'%s' is no day: 2026-11-27 is how one is written",
                              lesson->day);
    if (lesson->end_us <= lesson->start_us || lesson->end_us - lesson->start_us > longest_us)
        return hr_error_named(error, HR_ERR_ARGUMENT, "lesson_times", NULL,
                              "a lesson ends after it begins, and within a day");
    return lesson->title != NULL ? hr_cell_check(hr_view_text(lesson->title), "title of a lesson", error) : HR_OK;
}

static enum hr_status find_at(struct hr_database *database, const struct hr_lesson_record *lesson, int64_t *key,
                              int64_t *finished_us, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_LESSON_AT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, lesson->class_id);
    sqlite3_bind_int64(statement, 2, lesson->start_us);
    status = hr_sql_step(database, statement, "looking for a lesson", error);
    if (status == HR_OK) {
        *key = sqlite3_column_int64(statement, 0);
        *finished_us = sqlite3_column_int64(statement, 1);
    }
    hr_sql_end(statement);
    return status;
}

static enum hr_status write_lesson(struct hr_database *database, const struct hr_lesson_record *lesson,
                                   struct hr_error *error)
{
    sqlite3_stmt *statement;
    size_t changed = 0;
    enum hr_status status = hr_sql_start(database, HR_SQL_LESSON_PUT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, lesson->class_id);
    if (lesson->title != NULL)
        hr_sql_bind_text(statement, 2, lesson->title);
    hr_sql_bind_text(statement, 3, lesson->day);
    sqlite3_bind_int64(statement, 4, lesson->start_us);
    sqlite3_bind_int64(statement, 5, lesson->end_us);
    status = hr_sql_finish(database, statement, "writing a lesson", &changed, error);
    if (status == HR_OK && changed == 0)
        return hr_error_set(error, HR_ERR_NOT_FOUND, "there is no class '%s'", lesson->class_id);
    return status;
}

enum hr_status hr_database_put_lesson(struct hr_database *database, const struct hr_lesson_record *lesson, int64_t *key,
                                      struct hr_error *error)
{
    int64_t finished_us = 0;
    enum hr_status status = check_lesson(lesson, error);
    if (status == HR_OK)
        status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = find_at(database, lesson, key, &finished_us, error);
    if (status == HR_OK && finished_us != 0)
        status = check_state(database, *key, false, error);
    if (status == HR_OK || status == HR_END)
        status = write_lesson(database, lesson, error);
    if (status == HR_OK)
        status = find_at(database, lesson, key, &finished_us, error);
    return hr_database_end(database, status, error);
}

static struct hr_lesson_record lesson_of(sqlite3_stmt *statement)
{
    return (struct hr_lesson_record){.key = sqlite3_column_int64(statement, 0),
                                     .class_id = hr_sql_text(statement, 1),
                                     .title = hr_sql_text(statement, 2),
                                     .start_us = sqlite3_column_int64(statement, 3),
                                     .end_us = sqlite3_column_int64(statement, 4),
                                     .day = hr_sql_text(statement, 5),
                                     .finished_us = sqlite3_column_int64(statement, 6),
                                     .recording_count = (size_t)sqlite3_column_int64(statement, 7),
                                     .has_guests = sqlite3_column_int(statement, 8) != 0};
}

enum hr_status hr_database_each_lesson(struct hr_database *database, const char *class_id, hr_lesson_record_fn *each,
                                       void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_LESSONS, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, class_id != NULL ? class_id : "");
    while (hr_sql_next(database, statement, "reading the lessons", &status, error)) {
        struct hr_lesson_record lesson = lesson_of(statement);
        status = each(context, &lesson, error);
    }
    return status;
}

enum hr_status hr_database_lesson(struct hr_database *database, int64_t key, hr_lesson_record_fn *each, void *context,
                                  struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_LESSON, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    status = hr_sql_step(database, statement, "looking for a lesson", error);
    if (status == HR_OK) {
        struct hr_lesson_record lesson = lesson_of(statement);
        status = each(context, &lesson, error);
    } else if (status == HR_END) {
        status = no_lesson(key, error);
    }
    hr_sql_end(statement);
    return status;
}

enum hr_status hr_database_remove_lesson(struct hr_database *database, int64_t key, struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = check_state(database, key, false, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_LESSON_OBSERVATIONS_DELETE, key, NULL, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_LESSON_DELETE, key, NULL, error);
    if (status == HR_OK)
        status = hr_database_note(database, "remove_lesson", NULL, 1, error);
    if (status == HR_OK)
        status = hr_sql_note_removal(database, error);
    status = hr_database_end(database, status, error);
    return status == HR_OK ? hr_sql_tidy(database, error) : status;
}

/* --- recordings --- */

static enum hr_status drop_replaced(struct hr_database *database, int64_t lesson, int64_t observation,
                                    const char *camera, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_RECORDING_REPLACED, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    sqlite3_bind_int64(statement, 2, observation);
    hr_sql_bind_text(statement, 3, camera);
    return hr_sql_finish(database, statement, "replacing a recording", NULL, error);
}

enum hr_status hr_database_add_recording(struct hr_database *database, int64_t observation,
                                         const struct hr_recording_place *place, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_cell_check(hr_view_text(place->camera), "name of a camera", error);
    if (status == HR_OK)
        status = check_state(database, place->lesson, false, error);
    if (status == HR_OK)
        status = drop_replaced(database, place->lesson, observation, place->camera, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_RECORDING_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, place->lesson);
    sqlite3_bind_int64(statement, 2, observation);
    hr_sql_bind_text(statement, 3, place->camera);
    sqlite3_bind_int64(statement, 4, place->start_us);
    sqlite3_bind_int(statement, 5, place->guests);
    hr_sql_bind_text(statement, 6, place->start_by != NULL ? place->start_by : "");
    return hr_sql_finish(database, statement, "writing a recording", NULL, error);
}

static enum hr_status lesson_of_recording(struct hr_database *database, int64_t observation, int64_t *lesson,
                                          struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_RECORDING_LESSON, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, observation);
    status = hr_sql_step(database, statement, "looking for a recording", error);
    *lesson = status == HR_OK ? sqlite3_column_int64(statement, 0) : 0;
    hr_sql_end(statement);
    return status == HR_END
               ? hr_error_named(error, HR_ERR_NOT_FOUND, "no_recording", NULL, "there is no such recording")
               : status;
}

static enum hr_status move(struct hr_database *database, int64_t observation, const struct hr_recording_place *place,
                           struct hr_error *error)
{
    sqlite3_stmt *statement;
    int64_t lesson = 0;
    enum hr_status status = lesson_of_recording(database, observation, &lesson, error);
    if (status == HR_OK)
        status = check_state(database, lesson, false, error);
    if (status == HR_OK)
        status = check_state(database, place->lesson, false, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_RECORDING_MOVE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, observation);
    sqlite3_bind_int64(statement, 2, place->lesson);
    sqlite3_bind_int64(statement, 3, place->start_us);
    hr_sql_bind_text(statement, 4, place->start_by != NULL ? place->start_by : "");
    status = hr_sql_finish(database, statement, "moving a recording", NULL, error);
    return status == HR_OK ? hr_database_note(database, "move_recording", NULL, 1, error) : status;
}

enum hr_status hr_database_move_recording(struct hr_database *database, int64_t observation,
                                          const struct hr_recording_place *place, struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    return hr_database_end(database, move(database, observation, place, error), error);
}

enum hr_status hr_database_each_recording(struct hr_database *database, int64_t lesson, hr_recording_record_fn *each,
                                          void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_RECORDINGS, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    while (hr_sql_next(database, statement, "reading a lesson's recordings", &status, error)) {
        struct hr_recording_record recording = {.observation = sqlite3_column_int64(statement, 0),
                                                .video = hr_sql_text(statement, 1),
                                                .version = hr_sql_text(statement, 2),
                                                .camera = hr_sql_text(statement, 3),
                                                .start_us = sqlite3_column_int64(statement, 4),
                                                .duration_us = sqlite3_column_int64(statement, 5),
                                                .samples_per_s = sqlite3_column_double(statement, 6),
                                                .unknown_people = (size_t)sqlite3_column_int64(statement, 7),
                                                .false_present = sqlite3_column_double(statement, 8),
                                                .frames = (size_t)sqlite3_column_int64(statement, 9),
                                                .start_by = hr_sql_text(statement, 10)};
        status = each(context, &recording, error);
    }
    return status;
}

/* --- marks --- */

static enum hr_status add_mark(struct hr_database *database, int64_t lesson, const char *student_id,
                               const char *status_word, const char *note, struct hr_error *error)
{
    sqlite3_stmt *statement;
    size_t added = 0;
    enum hr_status status = hr_cell_check(hr_view_text(note), "note", error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_MARK_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    hr_sql_bind_text(statement, 2, student_id);
    hr_sql_bind_text(statement, 3, status_word);
    hr_sql_bind_text(statement, 4, note);
    hr_sql_bind_text(statement, 5, hr_audit_user(database));
    sqlite3_bind_int64(statement, 6, hr_clock_wall_now_us());
    status = hr_sql_finish(database, statement, "writing a mark", &added, error);
    return status == HR_OK && added == 0 ? hr_sql_no_student(student_id, error) : status;
}

static enum hr_status take_mark_back(struct hr_database *database, int64_t lesson, const char *student_id,
                                     struct hr_error *error)
{
    sqlite3_stmt *statement;
    size_t removed = 0;
    enum hr_status status = hr_sql_start(database, HR_SQL_MARK_DELETE_LAST, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    hr_sql_bind_text(statement, 2, student_id);
    status = hr_sql_finish(database, statement, "taking a mark back", &removed, error);
    if (status == HR_OK && removed == 0)
        return hr_error_named(error, HR_ERR_NOT_FOUND, "no_mark", NULL, "student '%s' has no mark in lesson %lld",
                              student_id, (long long)lesson);
    return status;
}

enum hr_status hr_database_mark(struct hr_database *database, int64_t lesson, const char *student_id,
                                const char *status_word, const char *note, struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = check_state(database, lesson, false, error);
    if (status == HR_OK)
        status = status_word != NULL ? add_mark(database, lesson, student_id, status_word, note, error)
                                     : take_mark_back(database, lesson, student_id, error);
    if (status == HR_OK)
        status = hr_database_note(database, status_word != NULL ? "mark" : "unmark", student_id, 1, error);
    return hr_database_end(database, status, error);
}

enum hr_status hr_database_each_mark(struct hr_database *database, int64_t lesson, hr_mark_record_fn *each,
                                     void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_MARKS, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    while (hr_sql_next(database, statement, "reading the marks", &status, error)) {
        struct hr_mark_record mark = {.student_id = hr_sql_text(statement, 0),
                                      .status = hr_sql_text(statement, 1),
                                      .note = hr_sql_text(statement, 2),
                                      .who = hr_sql_text(statement, 3),
                                      .at_us = sqlite3_column_int64(statement, 4)};
        status = each(context, &mark, error);
    }
    return status;
}

/* --- finished --- */

static enum hr_status set_state(struct hr_database *database, int64_t lesson, int64_t finished_us,
                                struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_LESSON_SET_STATE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    sqlite3_bind_int64(statement, 2, finished_us);
    return hr_sql_finish(database, statement, "finishing a lesson", NULL, error);
}

static enum hr_status add_final(struct hr_database *database, int64_t lesson, const struct hr_final_record *row,
                                struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_FINAL_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    hr_sql_bind_text(statement, 2, row->student_id);
    hr_sql_bind_text(statement, 3, row->status);
    hr_sql_bind_text(statement, 4, row->why);
    sqlite3_bind_int(statement, 5, row->by_hand);
    sqlite3_bind_int64(statement, 6, row->arrived_us);
    sqlite3_bind_int64(statement, 7, row->left_us);
    sqlite3_bind_int64(statement, 8, row->seen_us);
    sqlite3_bind_int64(statement, 9, (sqlite3_int64)row->sightings);
    if (isfinite(row->similarity))
        sqlite3_bind_double(statement, 10, row->similarity);
    return hr_sql_finish(database, statement, "finishing a lesson", NULL, error);
}

enum hr_status hr_database_finish_lesson(struct hr_database *database, int64_t lesson,
                                         const struct hr_final_record *rows, size_t count, struct hr_error *error)
{
    bool own;
    enum hr_status status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    status = check_state(database, lesson, false, error);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = add_final(database, lesson, &rows[i], error);
    if (status == HR_OK)
        status = set_state(database, lesson, hr_clock_wall_now_us(), error);
    if (status == HR_OK)
        status = hr_database_note(database, "finish_lesson", NULL, count, error);
    return hr_sql_end_own(database, own, status, error);
}

enum hr_status hr_database_reopen_lesson(struct hr_database *database, int64_t lesson, struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = check_state(database, lesson, true, error);
    if (status == HR_OK)
        status = run(database, HR_SQL_FINALS_DELETE, lesson, NULL, error);
    if (status == HR_OK)
        status = set_state(database, lesson, 0, error);
    if (status == HR_OK)
        status = hr_database_note(database, "reopen_lesson", NULL, 1, error);
    return hr_database_end(database, status, error);
}

enum hr_status hr_database_each_final(struct hr_database *database, int64_t lesson, hr_final_record_fn *each,
                                      void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_FINALS, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, lesson);
    while (hr_sql_next(database, statement, "reading a finished roll", &status, error)) {
        bool compared = sqlite3_column_type(statement, 9) != SQLITE_NULL;
        struct hr_final_record row = {.student_id = hr_sql_text(statement, 0),
                                      .name = hr_sql_text(statement, 1),
                                      .status = hr_sql_text(statement, 2),
                                      .why = hr_sql_text(statement, 3),
                                      .by_hand = sqlite3_column_int(statement, 4) != 0,
                                      .arrived_us = sqlite3_column_int64(statement, 5),
                                      .left_us = sqlite3_column_int64(statement, 6),
                                      .seen_us = sqlite3_column_int64(statement, 7),
                                      .sightings = (size_t)sqlite3_column_int64(statement, 8),
                                      .similarity = compared ? sqlite3_column_double(statement, 9) : (double)NAN};
        status = each(context, &row, error);
    }
    return status;
}

/* --- what is held of one student --- */

/* NULL for none. */
static const char *text_or_null(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) != SQLITE_NULL ? hr_sql_text(statement, column) : NULL;
}

enum hr_status hr_database_each_lesson_of_student(struct hr_database *database, const char *student_id,
                                                  hr_student_lesson_fn *each, void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_LESSONS_OF_STUDENT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student_id);
    while (hr_sql_next(database, statement, "reading a student's lessons", &status, error)) {
        struct hr_student_lesson_record lesson = {.class_id = hr_sql_text(statement, 0),
                                                  .day = hr_sql_text(statement, 1),
                                                  .start_us = sqlite3_column_int64(statement, 2),
                                                  .end_us = sqlite3_column_int64(statement, 3),
                                                  .mark = text_or_null(statement, 4),
                                                  .note = text_or_null(statement, 5),
                                                  .marked_us = sqlite3_column_int64(statement, 6),
                                                  .final_status = text_or_null(statement, 7),
                                                  .final_why = text_or_null(statement, 8),
                                                  .arrived_us = sqlite3_column_int64(statement, 9),
                                                  .left_us = sqlite3_column_int64(statement, 10)};
        status = each(context, &lesson, error);
    }
    return status;
}
