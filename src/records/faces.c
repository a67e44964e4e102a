/* The face records: opaque vectors with where they come from. */
#include "base/limits.h"
#include "records/consent.h"
#include "records/sql.h"
#include "roster/student.h"

static enum hr_status check_record(const struct hr_face_record *record, struct hr_error *error)
{
    size_t size = record->vector.size;
    if (size == 0 || size % sizeof(float) != 0 || size > HR_LIMIT_FACE_VECTOR_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT,
                            "a face vector of %zu bytes: it must have a multiple of 4, and the limit is %d", size,
                            HR_LIMIT_FACE_VECTOR_BYTES);
    if (!(record->quality >= 0 && record->quality <= 1))
        return hr_error_set(error, HR_ERR_ARGUMENT, "a face's quality of %g is not between 0 and 1", record->quality);
    if (record->model_id[0] == '\0')
        return hr_error_set(error, HR_ERR_ARGUMENT, "a face record without the model that made it");
    if (!(record->face_px >= 0 && record->face_px <= HR_LIMIT_FRAME_SIDE_PX))
        return hr_error_set(error, HR_ERR_ARGUMENT, "a face of %g px", record->face_px);
    enum hr_status status = hr_student_id_check(hr_view_text(record->student_id), error);
    if (status == HR_OK && record->verdict != NULL)
        status = hr_cell_check(hr_view_text(record->verdict), "word on a face", error);
    if (status == HR_OK)
        status = hr_cell_check(hr_view_text(record->model_id), "model's id", error);
    if (status == HR_OK)
        status = hr_cell_check(hr_view_text(record->origin), "origin of a face", error);
    if (status == HR_OK)
        status = hr_cell_check(hr_view_text(record->origin_sha256), "hash of an origin", error);
    return status;
}

enum hr_status hr_database_add_face(struct hr_database *database, const struct hr_face_record *record,
                                    struct hr_error *error)
{
    enum hr_status status = check_record(record, error);
    if (status != HR_OK)
        return status;
    sqlite3_stmt *statement;
    status = hr_sql_start(database, HR_SQL_FACE_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, record->student_id);
    hr_sql_bind_text(statement, 2, record->model_id);
    hr_sql_bind_bytes(statement, 3, record->vector);
    hr_sql_bind_text(statement, 4, record->origin);
    hr_sql_bind_text(statement, 5, record->origin_sha256);
    sqlite3_bind_int64(statement, 6, record->created_us);
    sqlite3_bind_double(statement, 7, record->quality);
    sqlite3_bind_double(statement, 8, record->face_px);
    hr_sql_bind_text(statement, 9, record->verdict != NULL ? record->verdict : "");
    size_t added = 0;
    status = hr_sql_finish(database, statement, "writing a face record", &added, error);
    if (status == HR_OK && added == 0)
        status = hr_database_take_consent(database, record->student_id, error); /* which he refused; else: not there */
    else
        return status;
    return status == HR_OK ? hr_sql_no_student(record->student_id, error) : status;
}

enum hr_status hr_database_has_face(struct hr_database *database, const char *student_id, const char *model_id,
                                    const char *origin_sha256, bool *out, struct hr_error *error)
{
    *out = false;
    if (origin_sha256[0] == '\0') /* not known: nothing can be told from it */
        return HR_OK;
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_FACE_EXISTS, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student_id);
    hr_sql_bind_text(statement, 2, model_id);
    hr_sql_bind_text(statement, 3, origin_sha256);
    hr_sql_bind_now(statement, 4);
    status = hr_sql_step(database, statement, "looking for a face record", error);
    *out = status == HR_OK;
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

/* The columns stand in the order in which struct hr_face_record has them. */
static struct hr_face_record record_of(sqlite3_stmt *statement)
{
    return (struct hr_face_record){
        .student_id = hr_sql_text(statement, 0),
        .model_id = hr_sql_text(statement, 1),
        .vector = hr_view_of(sqlite3_column_blob(statement, 2), (size_t)sqlite3_column_bytes(statement, 2)),
        .origin = hr_sql_text(statement, 3),
        .origin_sha256 = hr_sql_text(statement, 4),
        .created_us = sqlite3_column_int64(statement, 5),
        .quality = sqlite3_column_double(statement, 6),
        .face_px = sqlite3_column_double(statement, 7),
        .verdict = hr_sql_text(statement, 8)};
}

void hr_database_only_class(struct hr_database *database, const char *class_id, const char *day)
{
    database->only_class = class_id;
    database->only_day = day;
}

/* Of a statement whose values are bound. */
static enum hr_status walk(struct hr_database *database, sqlite3_stmt *statement, hr_face_record_fn *each,
                           void *context, struct hr_error *error)
{
    enum hr_status status;
    while ((status = hr_sql_step(database, statement, "reading the face records", error)) == HR_OK) {
        struct hr_face_record record = record_of(statement);
        status = each(context, &record, error);
        if (status != HR_OK)
            goto out;
    }
    if (status == HR_END)
        status = HR_OK;
out:
    hr_sql_end(statement);
    return status;
}

enum hr_status hr_database_each_face(struct hr_database *database, const char *model_id, hr_face_record_fn *each,
                                     void *context, struct hr_error *error)
{
    enum hr_sql which = model_id != NULL ? HR_SQL_FACES_OF_MODEL : HR_SQL_FACES_ALL;
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_now(statement, 1);
    if (model_id != NULL)
        hr_sql_bind_text(statement, 2, model_id);
    hr_sql_bind_text(statement, 4, database->only_class != NULL ? database->only_class : "");
    hr_sql_bind_text(statement, 5, database->only_day != NULL ? database->only_day : "");
    return walk(database, statement, each, context, error);
}

enum hr_status hr_database_each_face_of(struct hr_database *database, const char *student_id, hr_face_record_fn *each,
                                        void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_FACES_OF_STUDENT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, student_id);
    return walk(database, statement, each, context, error);
}

enum hr_status hr_database_each_model(struct hr_database *database, hr_face_model_fn *each, void *context,
                                      struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_FACES_MODELS, &statement, error);
    if (status != HR_OK)
        return status;
    while (hr_sql_next(database, statement, "counting the face records", &status, error)) {
        status = each(context, hr_sql_text(statement, 0), hr_sql_text(statement, 1),
                      (size_t)sqlite3_column_int64(statement, 2), error);
    }
    return status;
}
