/* A student: the record, photos, consent, everything that is held. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classroom/about.h"
#include "classroom/enroll.h"
#include "classroom/roll.h"
#include "records/audit.h"
#include "records/consent.h"
#include "records/lessons.h"
#include "web/albums.h"
#include "web/api.h"
#include "web/events.h"

/* NOT_FOUND, as if there were none, when the account may not see him. */
static enum hr_status check_student(struct hr_request *request, struct hr_error *error)
{
    bool may = false;
    const char *id = request->words[0];
    enum hr_status status = hr_account_may_see_student(request->database, &request->account, id, &may, error);
    if (status == HR_OK && !may)
        return hr_error_named(error, HR_ERR_NOT_FOUND, "no_student", id,
                              "there is no student '%s' in a class that you may see", id);
    struct hr_student_standing standing;
    return status == HR_OK ? hr_database_standing(request->database, id, &standing, error) : status;
}

/* What concerns all of his classes is for who may see them all. */
static enum hr_status check_all_of_student(struct hr_request *request, struct hr_error *error)
{
    bool all = false;
    enum hr_status status = check_student(request, error);
    if (status == HR_OK)
        status = hr_account_sees_all_of(request->database, &request->account, request->words[0], &all, error);
    if (status == HR_OK && !all)
        return hr_error_named(error, HR_ERR_PERMISSION, "student_other_classes", request->words[0],
                              "student '%s' is in classes that you may not see, too: an administrator can do it",
                              request->words[0]);
    return status;
}

/* A photo gives several records, one for each model: it is shown once. */
static enum hr_status take_face(void *context, const struct hr_face_record *face, struct hr_error *error)
{
    struct hr_json *list = context, *one;
    char at[HR_CLOCK_ISO8601_SIZE];
    (void)error;
    for (size_t i = 0; i < hr_json_size(list); i++) {
        const char *origin = hr_json_text(hr_json_get(hr_json_at(list, i), "origin"));
        if (origin != NULL && strcmp(origin, face->origin) == 0)
            return HR_OK;
    }
    one = hr_json_object_new();
    hr_clock_iso8601(face->created_us, at);
    hr_json_set(one, "origin", hr_json_any_text_new(face->origin));
    hr_json_set(one, "added", hr_json_text_new(at));
    hr_json_set(one, "face_px", hr_json_real_new(face->face_px));
    hr_json_set(one, "quality", hr_json_real_new(face->quality));
    hr_json_set(one, "verdict", hr_json_text_new(face->verdict != NULL ? face->verdict : ""));
    hr_json_append(list, one);
    return HR_OK;
}

static enum hr_status take_lesson(void *context, const struct hr_student_lesson_record *lesson, struct hr_error *error)
{
    struct hr_json *one = hr_json_object_new();
    bool corrected = false;
    enum hr_roll_reason reason =
        lesson->final_why != NULL ? hr_roll_reason_of_text(lesson->final_why, &corrected) : HR_ROLL_REASON_NONE;
    (void)error;
    hr_json_set(one, "class", hr_json_text_new(lesson->class_id));
    hr_json_set(one, "day", hr_json_text_new(lesson->day));
    hr_json_set(one, "status", hr_json_text_new(lesson->final_status != NULL ? lesson->final_status : lesson->mark));
    hr_json_set(one, "reason", hr_json_text_new(hr_roll_reason_name(reason)));
    hr_json_set(one, "corrected", hr_json_boolean_new(corrected));
    hr_json_set(one, "why", hr_json_any_text_new(lesson->final_why != NULL ? lesson->final_why : lesson->note));
    hr_json_append(context, one);
    return HR_OK;
}

static const char *consent_word(enum hr_consent consent)
{
    return consent == HR_CONSENT_GIVEN ? "given" : consent == HR_CONSENT_REFUSED ? "refused" : "unknown";
}

static enum hr_status fill(struct hr_request *request, struct hr_json *all, struct hr_error *error)
{
    const char *id = request->words[0];
    struct hr_json *photos = hr_json_array_new(), *lessons = hr_json_array_new(), *seen = NULL;
    struct hr_roster roster = hr_database_roster(request->database);
    struct hr_consent_record consent = {0};
    struct hr_student student = {0};
    enum hr_status status = hr_roster_get(&roster, &id, 1, &student, error);
    if (status == HR_OK)
        status = hr_database_consent(request->database, id, &consent, error);
    if (status == HR_OK)
        status = hr_database_each_face_of(request->database, id, take_face, photos, error);
    if (status == HR_OK)
        status = hr_database_each_lesson_of_student(request->database, id, take_lesson, lessons, error);
    if (status == HR_OK)
        status = hr_request_seen(request, lessons, "class", &seen, error);
    else
        hr_json_free(lessons);
    if (status == HR_OK) {
        hr_json_set(all, "id", hr_json_text_new(id));
        hr_json_set(all, "name", hr_json_any_text_new(student.name));
        hr_json_set(all, "major", hr_json_any_text_new(student.major));
        hr_json_set(all, "year", hr_json_any_text_new(student.year));
        hr_json_set(all, "consent", hr_json_text_new(consent_word(consent.consent)));
    }
    hr_json_set(all, "photos", photos);
    hr_json_set(all, "lessons", seen);
    hr_student_clear(&student);
    return status;
}

enum hr_status hr_api_student(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    enum hr_status status = check_student(request, error);
    if (status != HR_OK)
        return status;
    struct hr_json *all = hr_json_object_new();
    status = fill(request, all, error);
    if (status == HR_OK)
        return hr_answer_with(answer, all, error);
    hr_json_free(all);
    return status;
}

static enum hr_status take_class(void *context, const char *class_id, struct hr_error *error)
{
    struct hr_buffer *classes = context;
    hr_buffer_append(classes, hr_view_of(class_id, strlen(class_id) + 1));
    return hr_buffer_check(classes, error);
}

/* Those of the student, before he may be gone, with a zero behind each. The caller clears *out. */
static enum hr_status note_classes(struct hr_request *request, struct hr_buffer *out, struct hr_error *error)
{
    hr_buffer_init(out, 1 << 20);
    return hr_database_each_class_of(request->database, request->words[0], take_class, out, error);
}

/* Who is in no class concerns administrators alone. */
static void tell(struct hr_request *request, const struct hr_buffer *classes)
{
    struct hr_view all = hr_buffer_view(classes);
    struct hr_events *events = hr_web_events(request->web);
    for (size_t at = 0; at < all.size; at += strlen((const char *)all.data + at) + 1)
        hr_events_tell(events, (const char *)all.data + at, "class", (const char *)all.data + at);
    if (all.size == 0)
        hr_events_tell(events, "", "class", "");
}

enum hr_status hr_api_consent(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    struct hr_buffer classes;
    size_t removed = 0;
    enum hr_status status = note_classes(request, &classes, error);
    if (status == HR_OK)
        status = check_all_of_student(request, error);
    if (status == HR_OK)
        status = hr_request_json(request, &asked, error);
    const struct hr_json *given = hr_json_get(asked, "consent");
    if (status == HR_OK && hr_json_type(given) != HR_JSON_BOOLEAN)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "\"consent\" is true or false");
    if (status == HR_OK)
        status = hr_database_set_consent(request->database, request->words[0], hr_json_boolean(given), &removed, error);
    hr_json_free(asked);
    if (status == HR_OK)
        tell(request, &classes);
    hr_buffer_clear(&classes);
    answer->status = 204;
    return status;
}

/* --- photos --- */

struct enrolment {
    struct hr_engine *engine;
    struct hr_session *session;
    struct hr_enrolment *plan;
};

/* On an engine of its own: enrolling writes through its snapshot. */
static enum hr_status prepare(struct hr_request *request, struct enrolment *enrolment, struct hr_error *error)
{
    const struct hr_web_options *options = hr_web_options_of(request->web);
    struct hr_enroll_options enrol = {.stop = options->stop};
    enum hr_status status = hr_class_open_engine(options->class, HR_DATABASE_CREATE, &enrolment->engine, error);
    if (status == HR_OK) {
        struct hr_snapshot *snapshot = hr_engine_hold(enrolment->engine);
        hr_database_act_as(snapshot->database, request->account.name);
        hr_snapshot_release(snapshot);
        status = hr_session_new_enrolling(&enrolment->session, enrolment->engine, options->threads, error);
    }
    return status == HR_OK ? hr_enrolment_new(&enrolment->plan, enrolment->engine, enrolment->session, &enrol, error)
                           : status;
}

/* Whom it looks like is not said of a student whom the account may not see: that would be a way to ask who somebody
 * is. */
static enum hr_status answer_outcome(struct hr_request *request, const struct hr_enroll_outcome *outcome,
                                     struct hr_answer *answer, struct hr_error *error)
{
    bool names = outcome->lookalike_id[0] != '\0', may = true;
    enum hr_status status =
        names ? hr_account_may_see_student(request->database, &request->account, outcome->lookalike_id, &may, error)
              : HR_OK;
    if (status != HR_OK)
        return status;
    struct hr_json *told = hr_json_object_new();
    hr_json_set(told, "verdict", hr_json_text_new(hr_enroll_verdict_name(outcome->verdict)));
    hr_json_set(told, "text", hr_json_any_text_new(may ? outcome->text : "it looks like a student of another class"));
    hr_json_set(told, "views", hr_json_integer_new((int64_t)outcome->views));
    if (names && may)
        hr_json_set(told, "lookalike", hr_json_text_new(outcome->lookalike_id));
    return hr_answer_with(answer, told, error);
}

static enum hr_status enrol(struct hr_request *request, const char *name, struct hr_answer *answer,
                            struct hr_error *error)
{
    struct enrolment enrolment = {0};
    enum hr_status status = prepare(request, &enrolment, error);
    if (status == HR_OK)
        status = hr_enrolment_photo(enrolment.plan, request->words[0], hr_buffer_view(&request->body), name, error);
    if (status == HR_OK)
        status = hr_enrolment_judge(enrolment.plan, error);
    if (status == HR_OK)
        status = hr_enrolment_commit(enrolment.plan, error);
    if (status == HR_OK)
        status = answer_outcome(request, hr_enrolment_outcome(enrolment.plan, 0), answer, error);
    hr_enrolment_free(enrolment.plan);
    hr_session_free(enrolment.session);
    hr_engine_close(enrolment.engine);
    return status;
}

enum hr_status hr_api_enrol(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    const char *name = hr_request_query(request, "name");
    struct hr_buffer classes;
    enum hr_status status = note_classes(request, &classes, error);
    if (status == HR_OK)
        status = check_student(request, error);
    if (status == HR_OK)
        status = hr_album_read(request, error);
    if (status == HR_OK && request->body.size == 0)
        status = hr_error_named(error, HR_ERR_ARGUMENT, "no_picture", NULL, "there is no picture");
    if (status == HR_OK && (name == NULL || name[0] == '\0' || !hr_view_is_utf8(hr_view_text(name))))
        status = hr_error_set(error, HR_ERR_ARGUMENT, "?name= says what the picture is called");
    if (status == HR_OK)
        status = enrol(request, name, answer, error);
    if (status == HR_OK) {
        hr_album_done(request);
        tell(request, &classes);
    }
    hr_buffer_clear(&classes);
    return status;
}

enum hr_status hr_api_forget_photo(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    const char *origin = hr_request_query(request, "origin");
    struct hr_buffer classes;
    enum hr_status status = note_classes(request, &classes, error);
    if (status == HR_OK)
        status = check_all_of_student(request, error);
    if (status == HR_OK && origin == NULL)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "?origin= says which photo");
    if (status == HR_OK)
        status = hr_database_forget_photo(request->database, request->words[0], origin, NULL, error);
    if (status == HR_OK)
        tell(request, &classes);
    hr_buffer_clear(&classes);
    answer->status = 204;
    return status;
}

/* --- what is held --- */

enum hr_status hr_api_held(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    enum hr_status status = check_all_of_student(request, error);
    if (status == HR_OK)
        status = hr_export_student_json(request->database, request->words[0], &answer->body, error);
    if (status == HR_OK)
        status = hr_database_note(request->database, "export_student", request->words[0], 1, error);
    snprintf(answer->file_name, sizeof answer->file_name, "everything-held.json");
    return status;
}

enum hr_status hr_api_forget(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_buffer classes;
    enum hr_status status = note_classes(request, &classes, error);
    if (status == HR_OK)
        status = check_all_of_student(request, error);
    if (status == HR_OK)
        status = hr_database_forget(request->database, request->words[0], NULL, error);
    if (status == HR_OK)
        tell(request, &classes);
    hr_buffer_clear(&classes);
    answer->status = 204;
    return status;
}
