/* Classes: who is in them, when they meet, their lessons. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classroom/closeness.h"
#include "classroom/enroll.h"
#include "classroom/roll_forms.h"
#include "classroom/unknown.h"
#include "jobs/lessons.h"
#include "records/classes.h"
#include "records/lessons.h"
#include "records/views.h"
#include "tables/import.h"
#include "web/api.h"
#include "web/events.h"

/* --- showing --- */

static struct hr_json *head_of(const struct hr_class_record *class)
{
    struct hr_json *one = hr_json_object_new();
    hr_json_set(one, "id", hr_json_text_new(class->id));
    hr_json_set(one, "title", hr_json_any_text_new(class->title));
    hr_json_set(one, "zone", hr_json_any_text_new(class->zone));
    hr_json_set(one, "late_min", hr_json_integer_new(class->late_min));
    hr_json_set(one, "early_min", hr_json_integer_new(class->early_min));
    hr_json_set(one, "keep_days", hr_json_integer_new(class->keep_days));
    hr_json_set(one, "members", hr_json_integer_new((int64_t) class->member_count));
    hr_json_set(one, "lessons", hr_json_integer_new((int64_t) class->lesson_count));
    return one;
}

static enum hr_status take_head(void *context, const struct hr_class_record *class, struct hr_error *error)
{
    (void)error;
    hr_json_append(context, head_of(class));
    return HR_OK;
}

enum hr_status hr_api_classes(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *all, *list = hr_json_array_new(), *seen = NULL;
    enum hr_status status = hr_database_each_class(request->database, take_head, list, error);
    if (status == HR_OK)
        status = hr_request_seen(request, list, "id", &seen, error);
    else
        hr_json_free(list);
    if (status != HR_OK)
        return status;
    all = hr_json_object_new();
    hr_json_set(all, "classes", seen);
    return hr_answer_with(answer, all, error);
}

static enum hr_status take_member(void *context, const struct hr_member_record *member, struct hr_error *error)
{
    struct hr_json *one = hr_json_object_new();
    (void)error;
    hr_json_set(one, "id", hr_json_text_new(member->student_id));
    hr_json_set(one, "name", hr_json_any_text_new(member->name));
    hr_json_set(one, "from", hr_json_text_new(member->from_day[0] != '\0' ? member->from_day : NULL));
    hr_json_set(one, "to", hr_json_text_new(member->to_day[0] != '\0' ? member->to_day : NULL));
    hr_json_set(one, "refuses", hr_json_boolean_new(member->refuses));
    hr_json_set(one, "faces", hr_json_integer_new((int64_t)member->faces));
    hr_json_append(context, one);
    return HR_OK;
}

static enum hr_status take_slot(void *context, const struct hr_slot_record *slot, struct hr_error *error)
{
    struct hr_json *one = hr_json_object_new();
    char clock[8];
    (void)error;
    hr_json_set(one, "weekday", hr_json_integer_new(slot->weekday));
    snprintf(clock, sizeof clock, "%02d:%02d", slot->start_min / 60 % 100, slot->start_min % 60);
    hr_json_set(one, "start", hr_json_text_new(clock));
    snprintf(clock, sizeof clock, "%02d:%02d", slot->end_min / 60 % 100, slot->end_min % 60);
    hr_json_set(one, "end", hr_json_text_new(clock));
    hr_json_append(context, one);
    return HR_OK;
}

static struct hr_json *lesson_json(const struct hr_lesson_record *lesson, const char *zone)
{
    struct hr_json *one = hr_json_object_new();
    char start[HR_ZONE_CLOCK_SIZE], end[HR_ZONE_CLOCK_SIZE];
    hr_zone_from_utc(zone, lesson->start_us, NULL, start);
    hr_zone_from_utc(zone, lesson->end_us, NULL, end);
    hr_json_set(one, "lesson", hr_json_integer_new(lesson->key));
    hr_json_set(one, "class", hr_json_text_new(lesson->class_id));
    hr_json_set(one, "day", hr_json_text_new(lesson->day));
    hr_json_set(one, "start", hr_json_text_new(start));
    hr_json_set(one, "end", hr_json_text_new(end));
    hr_json_set(one, "title", hr_json_any_text_new(lesson->title));
    hr_json_set(one, "recordings", hr_json_integer_new((int64_t)lesson->recording_count));
    hr_json_set(one, "finished", hr_json_boolean_new(lesson->finished_us != 0));
    return one;
}

struct lessons {
    struct hr_json *list;
    const char *zone;
};

static enum hr_status take_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct lessons *lessons = context;
    (void)error;
    hr_json_append(lessons->list, lesson_json(lesson, lessons->zone));
    return HR_OK;
}

struct head {
    struct hr_json *json;
    char zone[256], today[HR_DAY_SIZE];
};

static enum hr_status take_class(void *context, const struct hr_class_record *class, struct hr_error *error)
{
    struct head *head = context;
    (void)error;
    head->json = head_of(class);
    snprintf(head->zone, sizeof head->zone, "%.255s", class->zone);
    return HR_OK;
}

static enum hr_status answer_class(struct hr_request *request, const char *class_id, struct hr_answer *answer,
                                   struct hr_error *error)
{
    struct head head = {0};
    struct hr_json *members = hr_json_array_new(), *slots = hr_json_array_new(), *list = hr_json_array_new();
    struct lessons lessons = {.list = list, .zone = head.zone};
    enum hr_status status = hr_database_class(request->database, class_id, take_class, &head, error);
    if (status == HR_OK) {
        hr_zone_today(head.zone, head.today);
        status = hr_database_each_member(request->database, class_id, NULL, take_member, members, error);
    }
    if (status == HR_OK)
        status = hr_database_each_slot(request->database, class_id, NULL, take_slot, slots, error);
    if (status == HR_OK)
        status = hr_database_each_lesson(request->database, class_id, take_lesson, &lessons, error);
    if (status != HR_OK) {
        hr_json_free(head.json);
        hr_json_free(members);
        hr_json_free(slots);
        hr_json_free(list);
        return status;
    }
    hr_json_set(head.json, "today", hr_json_text_new(head.today));
    hr_json_set(head.json, "students", members);
    hr_json_set(head.json, "slots", slots);
    hr_json_set(head.json, "lessons", list);
    return hr_answer_with(answer, head.json, error);
}

enum hr_status hr_api_class(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    enum hr_status status = hr_request_class(request, request->words[0], error);
    return status == HR_OK ? answer_class(request, request->words[0], answer, error) : status;
}

/* --- changing --- */

static enum hr_status minutes_of(const struct hr_json *asked, const char *key, int *out, struct hr_error *error)
{
    const struct hr_json *value = hr_json_get(asked, key);
    int64_t number = hr_json_integer(value);
    *out = -1;
    if (value == NULL)
        return HR_OK;
    if (hr_json_type(value) != HR_JSON_INTEGER || number < 0 || number > HR_MINUTES_PER_DAY)
        return hr_error_named(error, HR_ERR_ARGUMENT, "minutes", NULL, "\"%s\" is a number of minutes", key);
    *out = (int)number;
    return HR_OK;
}

static enum hr_status record_of(const struct hr_json *asked, struct hr_class_record *out, struct hr_error *error)
{
    enum hr_status status = hr_json_text_of(asked, "title", &out->title, error);
    if (status == HR_OK)
        status = hr_json_text_of(asked, "zone", &out->zone, error);
    if (status == HR_OK && out->zone != NULL)
        status = hr_zone_check(out->zone, error);
    if (status == HR_OK)
        status = minutes_of(asked, "late_min", &out->late_min, error);
    return status == HR_OK ? minutes_of(asked, "early_min", &out->early_min, error) : status;
}

static enum hr_status set_keep_days(struct hr_request *request, const char *class_id, const struct hr_json *asked,
                                    struct hr_error *error)
{
    const struct hr_json *days = hr_json_get(asked, "keep_days");
    size_t removed = 0;
    if (days == NULL)
        return HR_OK;
    if ((hr_json_type(days) != HR_JSON_INTEGER && hr_json_type(days) != HR_JSON_NULL) || hr_json_integer(days) < 0 ||
        hr_json_integer(days) > HR_KEEP_DAYS_MAX)
        return hr_error_named(error, HR_ERR_ARGUMENT, "days", NULL, "\"keep_days\" is a number of days from 0 to %d",
                              HR_KEEP_DAYS_MAX);
    return hr_database_set_keep_days(request->database, class_id, (int)hr_json_integer(days), &removed, error);
}

static void tell(struct hr_request *request, const char *class_id)
{
    hr_events_tell(hr_web_events(request->web), class_id, "class", class_id);
}

enum hr_status hr_api_new_class(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    struct hr_class_record class = {0};
    bool added = false;
    char id[256] = "";
    enum hr_status status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "id", &class.id, error);
    if (status == HR_OK)
        status = record_of(asked, &class, error);
    if (status == HR_OK && class.zone == NULL)
        class.zone = "UTC";
    if (status == HR_OK)
        status = hr_database_begin(request->database, error);
    if (status == HR_OK) {
        snprintf(id, sizeof id, "%.255s", class.id);
        status = hr_database_put_class(request->database, &class, &added, error);
        if (status == HR_OK && !added)
            status = hr_error_named(error, HR_ERR_CONFLICT, "class_taken", class.id, "there is a class '%s'", class.id);
        if (status == HR_OK && request->account.role == HR_ROLE_TEACHER)
            status = hr_account_give_class(request->database, request->account.key, class.id, error);
        status = hr_database_end(request->database, status, error);
    }
    hr_json_free(asked);
    if (status != HR_OK)
        return status;
    if (request->account.role == HR_ROLE_TEACHER)
        hr_events_rights_changed(hr_web_events(request->web), request->account.key);
    tell(request, id);
    answer->status = 201;
    return answer_class(request, id, answer, error);
}

enum hr_status hr_api_change_class(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    const char *class_id = request->words[0];
    struct hr_class_record class = {.id = class_id};
    enum hr_status status = hr_request_class(request, class_id, error);
    if (status == HR_OK)
        status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = record_of(asked, &class, error);
    if (status == HR_OK) /* first: it may be refused */
        status = set_keep_days(request, class_id, asked, error);
    if (status == HR_OK)
        status = hr_database_put_class(request->database, &class, NULL, error);
    hr_json_free(asked);
    if (status != HR_OK)
        return status;
    tell(request, class_id);
    return answer_class(request, class_id, answer, error);
}

enum hr_status hr_api_remove_class(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    enum hr_status status = hr_request_class(request, request->words[0], error);
    if (status == HR_OK)
        status = hr_database_remove_class(request->database, request->words[0], error);
    if (status == HR_OK)
        tell(request, request->words[0]);
    if (status == HR_OK) /* another one may get its id */
        hr_events_rights_changed(hr_web_events(request->web), 0);
    answer->status = 204;
    return status;
}

/* --- who is in it --- */

struct import_count {
    size_t added, changed, same, enrolled;
};

static enum hr_status put_one(struct hr_request *request, const char *class_id, const char *day,
                              const struct hr_student *student, struct import_count *count, struct hr_error *error)
{
    enum hr_upsert what;
    bool changed = false;
    enum hr_status status = hr_database_put_student(request->database, student, &what, error);
    if (status != HR_OK)
        return status;
    count->added += what == HR_UPSERT_ADDED;
    count->changed += what == HR_UPSERT_CHANGED;
    count->same += what == HR_UPSERT_SAME;
    status = hr_database_enrol(request->database, class_id, student->id, day, &changed, error);
    count->enrolled += changed;
    return status;
}

static struct hr_json *problems_of(const struct hr_import_problems *problems)
{
    struct hr_json *list = hr_json_array_new();
    for (size_t i = 0; i < problems->count; i++) {
        const struct hr_import_problem *problem = &problems->items[i];
        struct hr_json *one = hr_json_object_new();
        hr_json_set(one, "line", hr_json_integer_new((int64_t)problem->line));
        hr_json_set(one, "text", hr_json_any_text_new(problem->text));
        hr_json_set(one, "reason", hr_json_text_new(problem->reason));
        hr_json_set(one, "value", hr_json_any_text_new(problem->value));
        hr_json_append(list, one);
    }
    if (problems->note != NULL) {
        struct hr_json *one = hr_json_object_new();
        hr_json_set(one, "line", hr_json_integer_new(0));
        hr_json_set(one, "text", hr_json_any_text_new(problems->note));
        hr_json_set(one, "reason", hr_json_text_new("encoding"));
        hr_json_append(list, one);
    }
    return list;
}

/* A teacher's table adds students, and changes those of the classes that he sees; nobody's else. */
static enum hr_status may_change(struct hr_request *request, const char *class_id, const struct hr_student *student,
                                 struct hr_error *error)
{
    bool may = false;
    struct hr_student_standing standing;
    if (request->account.role == HR_ROLE_ADMINISTRATOR)
        return HR_OK;
    enum hr_status status = hr_database_standing(request->database, student->id, &standing, error);
    if (status == HR_ERR_NOT_FOUND)
        return HR_OK;
    if (status == HR_OK)
        status = hr_account_may_see_student(request->database, &request->account, student->id, &may, error);
    if (status == HR_OK && !may)
        return hr_error_named(error, HR_ERR_PERMISSION, "student_elsewhere", student->id,
                              "student '%s' is in no class that you may see: an administrator can put him into '%s'",
                              student->id, class_id);
    return status;
}

static enum hr_status check_new(struct hr_request *request, const struct hr_student *student, struct hr_error *error)
{
    struct hr_student_standing standing;
    enum hr_status status = hr_database_standing(request->database, student->id, &standing, error);
    if (status == HR_OK)
        return hr_error_named(error, HR_ERR_CONFLICT, "student_taken", student->id, "there is a student '%s' already",
                              student->id);
    return status == HR_ERR_NOT_FOUND ? HR_OK : status;
}

static enum hr_status count_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    (void)lesson;
    (void)error;
    ++*(size_t *)context;
    return HR_OK;
}

/* Whoever comes into a class that has met is in it from today on. The first ones always were: videos of last week are
 * often the first that somebody has. */
static enum hr_status first_day(struct hr_request *request, const char *class_id, char day[HR_DAY_SIZE],
                                struct hr_error *error)
{
    char zone[256];
    size_t lessons = 0;
    enum hr_status status = hr_class_zone(request->database, class_id, zone, error);
    if (status == HR_OK)
        status = hr_database_each_lesson(request->database, class_id, count_lesson, &lessons, error);
    if (status == HR_OK)
        hr_zone_today(zone, day);
    if (lessons == 0)
        day[0] = '\0';
    return status;
}

static enum hr_status import(struct hr_request *request, const char *class_id, struct import_count *count,
                             struct hr_import_problems *problems, struct hr_error *error)
{
    struct hr_student *students = NULL;
    size_t student_count = 0;
    char day[HR_DAY_SIZE];
    const char *from = hr_request_query(request, "from"), *only_new = hr_request_query(request, "only_new");
    enum hr_status status = first_day(request, class_id, day, error);
    if (from != NULL)
        snprintf(day, sizeof day, "%.10s", from);
    if (status == HR_OK)
        status = hr_import_students(hr_buffer_view(&request->body), NULL, &students, &student_count, problems, error);
    if (status == HR_OK)
        status = hr_database_begin(request->database, error);
    if (status == HR_OK) {
        for (size_t i = 0; status == HR_OK && i < student_count; i++) {
            status = only_new != NULL ? check_new(request, &students[i], error)
                                      : may_change(request, class_id, &students[i], error);
            if (status == HR_OK)
                status = put_one(request, class_id, day, &students[i], count, error);
        }
        status = hr_database_end(request->database, status, error);
    }
    hr_students_free(students, student_count);
    return status;
}

enum hr_status hr_api_import_students(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct import_count count = {0};
    struct hr_import_problems problems = {0};
    const char *class_id = request->words[0];
    enum hr_status status = hr_request_class(request, class_id, error);
    if (status == HR_OK)
        status = import(request, class_id, &count, &problems, error);
    if (status == HR_OK) {
        struct hr_json *told = hr_json_object_new();
        hr_json_set(told, "added", hr_json_integer_new((int64_t)count.added));
        hr_json_set(told, "changed", hr_json_integer_new((int64_t)count.changed));
        hr_json_set(told, "same", hr_json_integer_new((int64_t)count.same));
        hr_json_set(told, "enrolled", hr_json_integer_new((int64_t)count.enrolled));
        hr_json_set(told, "problems", problems_of(&problems));
        tell(request, class_id);
        status = hr_answer_with(answer, told, error);
    }
    hr_import_problems_clear(&problems);
    return status;
}

enum hr_status hr_api_leave_class(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    char zone[256], today[HR_DAY_SIZE];
    const char *class_id = request->words[0];
    enum hr_status status = hr_request_class(request, class_id, error);
    if (status == HR_OK)
        status = hr_class_zone(request->database, class_id, zone, error);
    if (status != HR_OK)
        return status;
    hr_zone_today(zone, today);
    status = hr_database_leave(request->database, class_id, request->words[1], today, error);
    if (status == HR_OK)
        tell(request, class_id);
    answer->status = 204;
    return status;
}

/* --- when it meets --- */

enum { SLOTS_MAX = 100 };

struct slots {
    struct hr_slot_record items[SLOTS_MAX];
    size_t count;
};

static enum hr_status keep_slot(void *context, const struct hr_slot_record *slot, struct hr_error *error)
{
    struct slots *slots = context;
    (void)error;
    if (slots->count < sizeof slots->items / sizeof *slots->items)
        slots->items[slots->count++] = *slot;
    return HR_OK;
}

static enum hr_status slot_of(const struct hr_json *asked, struct hr_slot_record *out, struct hr_error *error)
{
    const char *start = hr_json_text(hr_json_get(asked, "start")), *end = hr_json_text(hr_json_get(asked, "end"));
    int start_s = start != NULL ? hr_zone_parse_clock(start) : -1, end_s = end != NULL ? hr_zone_parse_clock(end) : -1;
    int64_t weekday = hr_json_integer(hr_json_get(asked, "weekday"));
    if (weekday < 1 || weekday > 7 || start_s < 0 || end_s <= start_s)
        return hr_error_named(error, HR_ERR_ARGUMENT, "slot", NULL,
                              "a slot has a weekday from 1 (Monday) to 7, a start and a later end, like 08:00");
    *out = (struct hr_slot_record){(int)weekday, start_s / 60, end_s / 60};
    return HR_OK;
}

static enum hr_status replace_slots(struct hr_request *request, const char *class_id, const struct hr_json *asked,
                                    struct hr_error *error)
{
    const struct hr_json *list = hr_json_get(asked, "slots");
    struct slots before = {0};
    enum hr_status status = hr_database_begin(request->database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_each_slot(request->database, class_id, NULL, keep_slot, &before, error);
    for (size_t i = 0; status == HR_OK && i < before.count; i++) {
        before.items[i].end_min = 0;
        status = hr_database_put_slot(request->database, class_id, &before.items[i], error);
    }
    for (size_t i = 0; status == HR_OK && i < hr_json_size(list); i++) {
        struct hr_slot_record slot;
        status = slot_of(hr_json_at(list, i), &slot, error);
        if (status == HR_OK)
            status = hr_database_put_slot(request->database, class_id, &slot, error);
    }
    return hr_database_end(request->database, status, error);
}

enum hr_status hr_api_slots(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    const char *class_id = request->words[0];
    enum hr_status status = hr_request_class(request, class_id, error);
    if (status == HR_OK)
        status = hr_request_json(request, &asked, error);
    if (status == HR_OK && (hr_json_type(hr_json_get(asked, "slots")) != HR_JSON_ARRAY ||
                            hr_json_size(hr_json_get(asked, "slots")) > SLOTS_MAX))
        status = hr_error_set(error, HR_ERR_ARGUMENT, "\"slots\" is a list of up to %d", SLOTS_MAX);
    if (status == HR_OK)
        status = replace_slots(request, class_id, asked, error);
    hr_json_free(asked);
    if (status != HR_OK)
        return status;
    tell(request, class_id);
    return answer_class(request, class_id, answer, error);
}

static enum hr_status put_lesson(struct hr_request *request, const char *class_id, const struct hr_json *asked,
                                 int64_t *key, struct hr_error *error)
{
    const char *start, *end;
    char zone[256];
    struct hr_lesson_record lesson = {.class_id = class_id};
    enum hr_status status = hr_json_need(asked, "day", &lesson.day, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "start", &start, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "end", &end, error);
    if (status == HR_OK)
        status = hr_json_text_of(asked, "title", &lesson.title, error);
    if (status == HR_OK)
        status = hr_class_zone(request->database, class_id, zone, error);
    if (status == HR_OK && (hr_zone_parse_clock(start) < 0 || hr_zone_parse_clock(end) <= hr_zone_parse_clock(start)))
        status = hr_error_named(error, HR_ERR_ARGUMENT, "lesson_times", NULL,
                                "a lesson has a start and a later end, like 08:00");
    if (status == HR_OK)
        status = hr_zone_to_utc(zone, lesson.day, hr_zone_parse_clock(start), &lesson.start_us, error);
    if (status == HR_OK)
        status = hr_zone_to_utc(zone, lesson.day, hr_zone_parse_clock(end), &lesson.end_us, error);
    return status == HR_OK ? hr_database_put_lesson(request->database, &lesson, key, error) : status;
}

enum hr_status hr_api_new_lesson(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL, *list = hr_json_array_new();
    char zone[256];
    int64_t key = 0;
    struct lessons lessons = {.list = list, .zone = zone};
    const char *class_id = request->words[0];
    enum hr_status status = hr_request_class(request, class_id, error);
    if (status == HR_OK)
        status = hr_class_zone(request->database, class_id, zone, error);
    if (status == HR_OK)
        status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = put_lesson(request, class_id, asked, &key, error);
    if (status == HR_OK)
        status = hr_database_lesson(request->database, key, take_lesson, &lessons, error);
    if (status == HR_OK) {
        tell(request, class_id);
        answer->status = 201;
        status = hr_json_write(hr_json_at(list, 0), false, &answer->body, error);
    }
    hr_json_free(asked);
    hr_json_free(list);
    return status;
}

/* --- over the lessons --- */

enum hr_status hr_unknown_json(struct hr_request *request, const char *class_id, int64_t lesson, const char *zone,
                               struct hr_json **out, struct hr_error *error)
{
    struct hr_unknown_people people = {0};
    enum hr_status status =
        hr_unknown_people_find(&people, request->database, class_id, lesson, hr_web_known(request->web), error);
    if (status != HR_OK)
        return status;
    *out = hr_json_array_new();
    for (size_t i = 0; status == HR_OK && i < people.count; i++) {
        const struct hr_unknown_person *person = &people.items[i];
        struct hr_json *one = hr_json_object_new();
        char name[32], first[HR_ZONE_DAY_SIZE], last[HR_ZONE_DAY_SIZE];
        snprintf(name, sizeof name, "u%lld", (long long)person->key);
        hr_zone_from_utc(zone, person->first_us, first, NULL);
        hr_zone_from_utc(zone, person->last_us, last, NULL);
        hr_json_set(one, "person", hr_json_text_new(name));
        hr_json_set(one, "track", hr_json_integer_new(person->best));
        hr_json_set(one, "tracks", hr_json_integer_new((int64_t)person->track_count));
        hr_json_set(one, "lessons", hr_json_integer_new((int64_t)person->lesson_count));
        hr_json_set(one, "sightings", hr_json_integer_new((int64_t)person->sightings));
        hr_json_set(one, "first_day", hr_json_text_new(first));
        hr_json_set(one, "last_day", hr_json_text_new(last));
        bool pictured = false;
        status = hr_database_has_picture(request->database, person->best, &pictured, error);
        hr_json_set(one, "picture", hr_json_boolean_new(pictured));
        hr_json_append(*out, one);
    }
    hr_unknown_people_clear(&people);
    if (status != HR_OK) {
        hr_json_free(*out);
        *out = NULL;
    }
    return status;
}

enum hr_status hr_api_unknown(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *all, *people = NULL;
    char zone[256];
    enum hr_status status = hr_request_class(request, request->words[0], error);
    if (status == HR_OK)
        status = hr_class_zone(request->database, request->words[0], zone, error);
    if (status == HR_OK)
        status = hr_unknown_json(request, request->words[0], 0, zone, &people, error);
    if (status != HR_OK)
        return status;
    all = hr_json_object_new();
    hr_json_set(all, "people", people);
    return hr_answer_with(answer, all, error);
}

/* --- how alike its students are --- */

static struct hr_json *pairs_json(const struct hr_closeness *closeness, const struct hr_gallery *gallery)
{
    struct hr_json *list = hr_json_array_new();
    for (size_t i = 0; i < closeness->pair_count; i++) {
        struct hr_json *one = hr_json_object_new(), *students = hr_json_array_new();
        hr_json_append(students, hr_json_text_new(hr_gallery_student(gallery, closeness->pairs[i].first).id));
        hr_json_append(students, hr_json_text_new(hr_gallery_student(gallery, closeness->pairs[i].second).id));
        hr_json_set(one, "students", students);
        hr_json_set(one, "similarity", hr_json_real_new(closeness->pairs[i].similarity));
        hr_json_append(list, one);
    }
    return list;
}

/* Students who have a face, and few or small ones. */
static struct hr_json *thin_json(const struct hr_gallery *gallery)
{
    struct hr_json *list = hr_json_array_new();
    for (size_t i = 0; i < hr_gallery_students(gallery); i++) {
        struct hr_gallery_student student = hr_gallery_student(gallery, i);
        bool small = student.face_px > 0 && student.face_px < HR_ENROLL_FACE_GOOD_PX;
        if (student.vectors >= HR_PHOTOS_ENOUGH && !small)
            continue;
        struct hr_json *one = hr_json_object_new();
        hr_json_set(one, "student", hr_json_text_new(student.id));
        hr_json_set(one, "photos", hr_json_integer_new((int64_t)student.vectors));
        hr_json_set(one, "small", hr_json_boolean_new(small));
        hr_json_append(list, one);
    }
    return list;
}

static struct hr_json *closeness_json(const struct hr_closeness *closeness, const struct hr_gallery *gallery,
                                      double false_present)
{
    struct hr_json *all = hr_json_object_new(), *bins = hr_json_array_new(), *points = hr_json_array_new();
    for (size_t i = 0; i < HR_CLOSENESS_BINS; i++)
        hr_json_append(bins, hr_json_integer_new((int64_t)closeness->bins[i]));
    for (size_t i = 0; i < HR_CLOSENESS_POINTS; i++) {
        struct hr_json *one = hr_json_object_new();
        hr_json_set(one, "accepted", hr_json_real_new(closeness->points[i].accepted));
        hr_json_set(one, "similarity", hr_json_real_new(closeness->points[i].similarity));
        hr_json_append(points, one);
    }
    hr_json_set(all, "students", hr_json_integer_new((int64_t)closeness->students));
    hr_json_set(all, "accepted", hr_json_real_new(false_present));
    hr_json_set(all, "similarity", hr_json_real_new(closeness->similarity_certain));
    hr_json_set(all, "margin", hr_json_real_new(closeness->margin_certain));
    hr_json_set(all, "crowding", hr_json_real_new(closeness->crowding));
    hr_json_set(all, "bins", bins);
    hr_json_set(all, "curve", points);
    hr_json_set(all, "pairs", pairs_json(closeness, gallery));
    hr_json_set(all, "photos_enough", hr_json_integer_new(HR_PHOTOS_ENOUGH));
    hr_json_set(all, "thin", thin_json(gallery));
    return all;
}

enum hr_status hr_api_closeness(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    const struct hr_web_options *web = hr_web_options_of(request->web);
    struct hr_decide_options options = hr_decide_options_default();
    struct hr_closeness closeness;
    struct hr_engine *engine = NULL;
    struct hr_json *all = NULL;
    char zone[256], today[HR_DAY_SIZE];
    enum hr_status status = hr_request_class(request, request->words[0], error);
    if (status == HR_OK)
        status = hr_class_zone(request->database, request->words[0], zone, error);
    if (status == HR_OK)
        status = hr_web_take_engine(request->web, &engine, error);
    if (status != HR_OK)
        return status;
    hr_zone_today(zone, today);
    if (web->recognize->false_present > 0)
        options.false_present = web->recognize->false_present;
    status = hr_class_publish(web->class, engine, request->words[0], today, error);
    if (status == HR_OK) {
        struct hr_snapshot *snapshot = hr_engine_hold(engine);
        hr_closeness_of(snapshot->gallery, &options, &closeness);
        all = closeness_json(&closeness, snapshot->gallery, options.false_present);
        hr_snapshot_release(snapshot);
    }
    hr_web_return_engine(request->web);
    return status == HR_OK ? hr_answer_with(answer, all, error) : status;
}

/* Letters that every system takes in a file's name. */
static void name_file(struct hr_answer *answer, const char *class_id, const char *suffix)
{
    char plain[64];
    size_t length = 0;
    for (const char *at = class_id; *at != '\0' && length < sizeof plain - 1; at++)
        plain[length++] = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-", *at) ? *at : '_';
    plain[length] = '\0';
    snprintf(answer->file_name, sizeof answer->file_name, "attendance-%s%s", plain, suffix);
}

static enum hr_status write_term(struct hr_request *request, const char *form, struct hr_answer *answer,
                                 struct hr_error *error)
{
    const char *class_id = request->words[0];
    struct hr_term term = {0};
    enum hr_status status = hr_term_make(&term, request->database, class_id, error);
    answer->type = "text/csv; charset=utf-8";
    if (status == HR_OK && strcmp(form, "csv") == 0) {
        hr_term_write_csv(&term, &answer->body);
        name_file(answer, class_id, ".csv");
    } else if (status == HR_OK && strcmp(form, "moodle") == 0) {
        (void)hr_term_write_moodle(&term, &answer->body);
        name_file(answer, class_id, "-moodle.csv");
    } else if (status == HR_OK && strcmp(form, "canvas") == 0) {
        (void)hr_term_write_canvas(&term, class_id, &answer->body);
        name_file(answer, class_id, "-canvas.csv");
    } else if (status == HR_OK && strcmp(form, "svg") == 0) {
        answer->type = "image/svg+xml";
        status = hr_term_write_svg(&term, class_id, &answer->body, error);
    } else if (status == HR_OK && strcmp(form, "json") == 0) {
        answer->type = NULL;
        name_file(answer, class_id, ".json");
        status = hr_term_write_json(&term, class_id, &answer->body, error);
    } else if (status == HR_OK) {
        status = hr_error_set(error, HR_ERR_ARGUMENT, "\"as\" is csv, json, moodle, canvas or svg");
    }
    hr_term_clear(&term);
    return status == HR_OK ? hr_buffer_check(&answer->body, error) : status;
}

enum hr_status hr_api_term(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    const char *form = hr_request_query(request, "as");
    enum hr_status status = hr_request_class(request, request->words[0], error);
    return status == HR_OK ? write_term(request, form != NULL ? form : "json", answer, error) : status;
}
