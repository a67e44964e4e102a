/* What libhomeroom does with a class beside recognising it: students, enrolment, forgetting. */
#include <stdlib.h>
#include <string.h>

#include "classroom/engine.h"
#include "classroom/enroll.h"
#include "records/audit.h"
#include "store/store.h"

size_t hr_engine_student_count(struct hr_engine *engine)
{
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    size_t count = snapshot != NULL ? hr_gallery_students(snapshot->gallery) : 0;
    hr_snapshot_release(snapshot);
    return count;
}

/* NULL is "". */
static char *text_or_empty(const char *text)
{
    return (char *)(text != NULL ? text : "");
}

enum hr_status hr_class_put_student(const char *database_path, const char *key_file,
                                    const struct hr_student_record *record, struct hr_error *error)
{
    struct hr_database *database = NULL;
    if (record->size != sizeof *record)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "a record of %zu bytes: its size is not set, or it is that of another version",
                            record->size);
    struct hr_student student = {.id = text_or_empty(record->id),
                                 .name = text_or_empty(record->name != NULL ? record->name : record->id),
                                 .major = text_or_empty(record->major),
                                 .year = text_or_empty(record->year)};
    enum hr_status status = hr_engine_open_database(&database, database_path, key_file, HR_DATABASE_CREATE, error);
    if (status == HR_OK)
        status = hr_database_begin(database, error);
    if (status == HR_OK)
        status = hr_database_put_student(database, &student, NULL, error);
    if (status == HR_OK)
        status = hr_database_note(database, "import", student.id, 1, error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    else if (database != NULL)
        hr_database_rollback(database);
    hr_database_close(database);
    return status;
}

enum hr_status hr_class_forget_student(const char *database_path, const char *key_file, const char *id,
                                       struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_engine_open_database(&database, database_path, key_file, HR_DATABASE_WRITE, error);
    if (status == HR_OK)
        status = hr_database_forget(database, id, NULL, error);
    hr_database_close(database);
    return status;
}

/* --- enrolment --- */

static enum hr_status look_at_photo(struct hr_enrolment *plan, const struct hr_photo *photo, struct hr_error *error)
{
    struct hr_buffer bytes;
    const char *slash = strrchr(photo->path, '/');
    const char *origin = slash != NULL ? slash + 1 : photo->path;
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES);
    enum hr_status status = hr_file_read(&bytes, photo->path, NULL, error);
    if (status == HR_OK)
        status = hr_enrolment_photo(plan, photo->student_id, hr_buffer_view(&bytes), origin, error);
    else if (status != HR_ERR_MEMORY)
        status = hr_enrolment_unreadable(plan, photo->student_id, origin, error->text, error);
    hr_buffer_clear(&bytes);
    return status;
}

static enum hr_status look_at_photos(struct hr_enrolment *plan, const struct hr_photo *photos, size_t count,
                                     const struct hr_stop *stop, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        if (hr_stop_requested(stop))
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped before photo %zu; nothing was enrolled", i + 1);
        status = look_at_photo(plan, &photos[i], error);
    }
    return status;
}

static void tell(const struct hr_enrolment *plan, const struct hr_photo *photos,
                 const struct hr_enroll_photos_options *options)
{
    for (size_t i = 0; options->each != NULL && i < hr_enrolment_count(plan); i++) {
        const struct hr_enroll_outcome *outcome = hr_enrolment_outcome(plan, i);
        struct hr_enrolled_photo photo = {.photo = photos[i],
                                          .is_enrolled = outcome->verdict == HR_ENROLL_ENROLLED ||
                                                         outcome->verdict == HR_ENROLL_DUPLICATE,
                                          .verdict = hr_enroll_verdict_name(outcome->verdict),
                                          .text = outcome->text};
        options->each(options->context, &photo);
    }
}

static enum hr_status enroll(struct hr_engine *engine, struct hr_session *session,
                             const struct hr_enroll_photos_options *options, const struct hr_photo *photos,
                             size_t count, struct hr_error *error)
{
    struct hr_enrolment *plan = NULL;
    struct hr_enroll_options how = {.accept_lookalike = options->accept_lookalike, .stop = options->stop};
    enum hr_status status = hr_enrolment_new(&plan, engine, session, &how, error);
    if (status == HR_OK)
        status = look_at_photos(plan, photos, count, options->stop, error);
    if (status == HR_OK)
        status = hr_enrolment_judge(plan, error);
    if (status == HR_OK)
        status = hr_enrolment_commit(plan, error);
    if (status == HR_OK)
        tell(plan, photos, options);
    hr_enrolment_free(plan);
    return status;
}

enum hr_status hr_enroll_photos(const struct hr_engine_options *where, const struct hr_enroll_photos_options *options,
                                const struct hr_photo *photos, size_t count, struct hr_error *error)
{
    struct hr_engine *engine = NULL;
    struct hr_session *session = NULL;
    if (options->size != sizeof *options)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "options of %zu bytes: their size is not set, or they are those of another version",
                            options->size);
    enum hr_status status = hr_engine_open_mode(&engine, where, HR_DATABASE_CREATE, error);
    if (status == HR_OK)
        status = hr_session_new_enrolling(&session, engine, options->threads, error);
    if (status == HR_OK)
        status = enroll(engine, session, options, photos, count, error);
    hr_session_free(session);
    hr_engine_close(engine);
    return status;
}
