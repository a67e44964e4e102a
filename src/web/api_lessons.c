/* A lesson: its roll, what was seen in it, and what is said of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classroom/roll_forms.h"
#include "classroom/show.h"
#include "classroom/standing.h"
#include "jobs/correcting.h"
#include "records/audit.h"
#include "records/views.h"
#include "web/api.h"
#include "web/events.h"

/* --- showing --- */

/* What is put together for a page. */
struct shown {
    struct hr_request *request;
    const struct hr_lesson_found *lesson;
    struct hr_standing *standing;
    struct hr_json *tracks, *recordings;
    int64_t recording_us, observation;
    struct hr_json *names; /* id -> name */
};

static void set_clock(struct hr_json *object, const char *key, const char *zone, int64_t wall_us)
{
    char clock[HR_ZONE_CLOCK_SIZE];
    if (wall_us != 0)
        hr_zone_from_utc(zone, wall_us, NULL, clock);
    hr_json_set(object, key, hr_json_text_new(wall_us != 0 ? clock : NULL));
}

static const char *name_of(const struct shown *shown, const char *student_id)
{
    const char *name = student_id != NULL ? hr_json_text(hr_json_get(shown->names, student_id)) : NULL;
    return name != NULL ? name : student_id;
}

static struct hr_json *candidates_of(const struct shown *shown, const struct hr_track_record *track)
{
    struct hr_json *list = hr_json_array_new();
    for (size_t i = 0; i < track->candidate_count; i++) {
        struct hr_json *one = hr_json_object_new();
        hr_json_set(one, "id", hr_json_text_new(track->candidates[i].student_id));
        hr_json_set(one, "name", hr_json_any_text_new(name_of(shown, track->candidates[i].student_id)));
        hr_json_set(one, "similarity", hr_json_real_new(track->candidates[i].similarity));
        hr_json_append(list, one);
    }
    return list;
}

static enum hr_status take_track(void *context, const struct hr_standing_track *track, struct hr_error *error)
{
    struct shown *shown = context;
    const struct hr_track_record *record = &track->record;
    struct hr_json *one = hr_json_object_new();
    (void)error;
    hr_json_set(one, "track", hr_json_integer_new(record->key));
    hr_json_set(one, "recording", hr_json_integer_new(shown->observation));
    hr_json_set(one, "student", hr_json_text_new(record->student_id));
    hr_json_set(one, "name", hr_json_any_text_new(name_of(shown, record->student_id)));
    hr_json_set(one, "band", hr_json_text_new(record->band));
    hr_json_set(one, "by_hand", hr_json_boolean_new(track->by_hand));
    hr_json_set(one, "nobody", hr_json_boolean_new(track->is_nobody));
    set_clock(one, "from", shown->lesson->zone, shown->recording_us + record->first_us);
    set_clock(one, "to", shown->lesson->zone, shown->recording_us + record->last_us);
    hr_json_set(one, "face_px", hr_json_real_new(record->face_px));
    hr_json_set(one, "reason", hr_json_any_text_new(record->reason));
    hr_json_set(one, "candidates", candidates_of(shown, record));
    hr_json_set(one, "picture", hr_json_boolean_new(false));
    hr_json_append(shown->tracks, one);
    return HR_OK;
}

/* The tracks of this recording that have one. */
struct having {
    int64_t *keys;
    size_t count, capacity;
};

static enum hr_status take_view(void *context, const struct hr_view_record *view, const char *models,
                                struct hr_error *error)
{
    struct having *having = context;
    (void)models;
    if (view->picture.size == 0)
        return HR_OK;
    if (having->count == having->capacity) {
        size_t capacity = having->capacity > 0 ? 2 * having->capacity : 64;
        int64_t *keys = reallocarray(having->keys, capacity, sizeof *keys);
        if (keys == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for a lesson");
        having->keys = keys;
        having->capacity = capacity;
    }
    having->keys[having->count++] = view->track; /* by their tracks, rising */
    return HR_OK;
}

static int by_key(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static void mark_pictures(struct hr_json *tracks, const struct having *having)
{
    for (size_t i = 0; having->count > 0 && i < hr_json_size(tracks); i++) {
        struct hr_json *track = (struct hr_json *)(uintptr_t)hr_json_at(tracks, i);
        int64_t key = hr_json_integer(hr_json_get(track, "track"));
        if (bsearch(&key, having->keys, having->count, sizeof key, by_key) != NULL)
            hr_json_set(track, "picture", hr_json_boolean_new(true));
    }
}

struct recordings {
    struct recording {
        int64_t observation, start_us, duration_us;
        char *video, *camera, *start_by;
    } items[256];
    size_t count;
};

static enum hr_status take_recording(void *context, const struct hr_recording_record *recording, struct hr_error *error)
{
    struct recordings *all = context;
    (void)error;
    if (all->count == sizeof all->items / sizeof *all->items)
        return HR_OK;
    all->items[all->count++] =
        (struct recording){recording->observation,   recording->start_us,       recording->duration_us,
                           strdup(recording->video), strdup(recording->camera), strdup(recording->start_by)};
    return HR_OK;
}

static struct hr_json *recording_json(const struct recording *recording, const char *zone)
{
    struct hr_json *one = hr_json_object_new();
    const char *slash = recording->video != NULL ? strrchr(recording->video, '/') : NULL;
    hr_json_set(one, "recording", hr_json_integer_new(recording->observation));
    hr_json_set(one, "video", hr_json_any_text_new(slash != NULL ? slash + 1 : recording->video));
    hr_json_set(one, "camera", hr_json_any_text_new(recording->camera));
    set_clock(one, "start", zone, recording->start_us);
    hr_json_set(one, "start_by", hr_json_text_new(recording->start_by));
    hr_json_set(one, "duration_s", hr_json_real_new((double)recording->duration_us / 1e6));
    return one;
}

static enum hr_status show_recordings(struct shown *shown, struct hr_error *error)
{
    struct hr_database *database = shown->request->database;
    struct recordings *all = calloc(1, sizeof *all);
    struct having having = {0};
    if (all == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a lesson");
    enum hr_status status = hr_database_each_recording(database, shown->lesson->key, take_recording, all, error);
    for (size_t i = 0; status == HR_OK && i < all->count; i++) {
        shown->recording_us = all->items[i].start_us;
        shown->observation = all->items[i].observation;
        hr_json_append(shown->recordings, recording_json(&all->items[i], shown->lesson->zone));
        status = hr_standing_each_track(shown->standing, database, all->items[i].observation, take_track, shown, error);
        if (status == HR_OK && shown->lesson->keep_days > 0)
            status = hr_database_each_view(database, all->items[i].observation, take_view, &having, error);
    }
    if (having.count > 0)
        qsort(having.keys, having.count, sizeof *having.keys, by_key);
    mark_pictures(shown->tracks, &having);
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].video);
        free(all->items[i].camera);
        free(all->items[i].start_by);
    }
    free(having.keys);
    free(all);
    return status;
}

static enum hr_status take_name(void *context, const struct hr_member_record *member, struct hr_error *error)
{
    (void)error;
    hr_json_set(context, member->student_id, hr_json_any_text_new(member->name));
    return HR_OK;
}

/* Of the certain tracks of a student, the one with a picture and the largest face. */
static struct hr_json *best_picture(const struct hr_json *tracks, const char *student_id)
{
    const struct hr_json *best = NULL;
    double most = -1;
    for (size_t i = 0; i < hr_json_size(tracks); i++) {
        const struct hr_json *track = hr_json_at(tracks, i);
        const char *student = hr_json_text(hr_json_get(track, "student"));
        double size = hr_json_number(hr_json_get(track, "face_px"));
        if (student != NULL && strcmp(student, student_id) == 0 && hr_json_boolean(hr_json_get(track, "picture")) &&
            size > most) {
            most = size;
            best = hr_json_get(track, "track");
        }
    }
    return best != NULL ? hr_json_integer_new(hr_json_integer(best)) : hr_json_text_new(NULL);
}

static struct hr_json *entry_json(const struct hr_roll *roll, const struct hr_roll_entry *entry,
                                  const struct hr_json *tracks)
{
    struct hr_json *one = hr_json_object_new();
    hr_json_set(one, "id", hr_json_text_new(entry->student_id));
    hr_json_set(one, "name", hr_json_any_text_new(entry->name));
    hr_json_set(one, "status", hr_json_text_new(hr_presence_name(entry->presence)));
    hr_json_set(one, "seen", hr_json_text_new(hr_presence_name(entry->seen)));
    hr_json_set(one, "by_hand", hr_json_boolean_new(entry->by_hand));
    set_clock(one, "arrived", roll->zone, entry->arrived_us);
    set_clock(one, "left", roll->zone, entry->left_us);
    hr_json_set(one, "seen_s", hr_json_real_new((double)entry->seen_us / 1e6));
    hr_json_set(one, "refuses", hr_json_boolean_new(entry->refuses));
    hr_json_set(one, "reason", hr_json_text_new(hr_roll_reason_name(entry->reason)));
    hr_json_set(one, "corrected", hr_json_boolean_new(entry->corrected));
    hr_json_set(one, "why", hr_json_any_text_new(entry->why));
    hr_json_set(one, "note", hr_json_any_text_new(entry->note));
    hr_json_set(one, "picture", best_picture(tracks, entry->student_id));
    return one;
}

static void set_roll(struct hr_json *all, const struct hr_roll *roll, const struct hr_json *tracks)
{
    struct hr_json *students = hr_json_array_new(), *gaps = hr_json_array_new();
    for (size_t i = 0; i < roll->count; i++)
        hr_json_append(students, entry_json(roll, &roll->entries[i], tracks));
    for (size_t i = 0; i < roll->gap_count; i++) {
        struct hr_json *gap = hr_json_object_new();
        set_clock(gap, "start", roll->zone, roll->gaps[i].start_us);
        set_clock(gap, "end", roll->zone, roll->gaps[i].end_us);
        hr_json_append(gaps, gap);
    }
    hr_json_set(all, "students", students);
    hr_json_set(all, "gaps", gaps);
}

static enum hr_status take_change(void *context, const struct hr_change_record *change, struct hr_error *error)
{
    struct hr_json *one = hr_json_object_new();
    char at[HR_CLOCK_ISO8601_SIZE];
    (void)error;
    hr_clock_iso8601(change->at_us, at);
    hr_json_set(one, "correction", hr_json_integer_new(change->key));
    hr_json_set(one, "kind", hr_json_text_new(hr_correction_name(change->kind)));
    hr_json_set(one, "student", hr_json_text_new(change->student_id));
    hr_json_set(one, "who", hr_json_any_text_new(change->who));
    hr_json_set(one, "at", hr_json_text_new(at));
    hr_json_set(one, "undone", hr_json_boolean_new(change->undone_us != 0));
    hr_json_append(context, one);
    return HR_OK;
}

static struct hr_json *lesson_head(const struct hr_lesson_found *lesson)
{
    struct hr_json *all = hr_json_object_new();
    hr_json_set(all, "lesson", hr_json_integer_new(lesson->key));
    hr_json_set(all, "class", hr_json_text_new(lesson->class_id));
    hr_json_set(all, "title", hr_json_any_text_new(lesson->title));
    hr_json_set(all, "day", hr_json_text_new(lesson->day));
    set_clock(all, "start", lesson->zone, lesson->start_us);
    set_clock(all, "end", lesson->zone, lesson->end_us);
    hr_json_set(all, "zone", hr_json_any_text_new(lesson->zone));
    hr_json_set(all, "finished", hr_json_boolean_new(lesson->finished_us != 0));
    hr_json_set(all, "keeps", hr_json_boolean_new(lesson->keep_days > 0));
    return all;
}

static enum hr_status fill(struct shown *shown, struct hr_json *all, struct hr_error *error)
{
    struct hr_database *database = shown->request->database;
    const struct hr_lesson_found *lesson = shown->lesson;
    struct hr_json *changes = hr_json_array_new(), *unknown = NULL;
    struct hr_roll roll = {0};
    enum hr_status status = hr_database_each_member(database, lesson->class_id, NULL, take_name, shown->names, error);
    if (status == HR_OK)
        status = hr_standing_load(&shown->standing, database, lesson->class_id, error);
    if (status == HR_OK)
        status = show_recordings(shown, error);
    if (status == HR_OK)
        status = hr_roll_make(&roll, database, lesson->key, error);
    if (status == HR_OK)
        set_roll(all, &roll, shown->tracks);
    hr_roll_clear(&roll);
    if (status == HR_OK)
        status = hr_unknown_json(shown->request, lesson->class_id, lesson->key, lesson->zone, &unknown, error);
    if (status == HR_OK)
        status = hr_database_each_change(database, lesson->key, NULL, take_change, changes, error);
    hr_json_set(all, "tracks", hr_json_share(shown->tracks));
    hr_json_set(all, "recordings", hr_json_share(shown->recordings));
    hr_json_set(all, "unknown", unknown != NULL ? unknown : hr_json_array_new());
    hr_json_set(all, "corrections", changes);
    return status;
}

/* What came of a correction. */
struct outcome {
    int64_t change;
    size_t enrolled, changed; /* tracks that a face was learnt from; that are taken for somebody else now */
};

/* `outcome`: of a correction that was just made; NULL: none. */
static enum hr_status answer_lesson(struct hr_request *request, const struct outcome *outcome, struct hr_answer *answer,
                                    struct hr_error *error)
{
    struct hr_lesson_found lesson;
    struct shown shown = {.request = request, .lesson = &lesson};
    enum hr_status status = hr_request_lesson(request, &lesson, error);
    if (status != HR_OK)
        return status;
    shown.tracks = hr_json_array_new();
    shown.recordings = hr_json_array_new();
    shown.names = hr_json_object_new();
    struct hr_json *all = lesson_head(&lesson);
    status = fill(&shown, all, error);
    if (outcome != NULL) {
        hr_json_set(all, "correction", hr_json_integer_new(outcome->change));
        hr_json_set(all, "learnt", hr_json_integer_new((int64_t)outcome->enrolled));
        hr_json_set(all, "changed", hr_json_integer_new((int64_t)outcome->changed));
    }
    hr_json_free(shown.tracks);
    hr_json_free(shown.recordings);
    hr_json_free(shown.names);
    hr_standing_free(shown.standing);
    if (status == HR_OK)
        return hr_answer_with(answer, all, error);
    hr_json_free(all);
    return status;
}

enum hr_status hr_api_lesson(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    return answer_lesson(request, NULL, answer, error);
}

static void tell(struct hr_request *request, const struct hr_lesson_found *lesson)
{
    hr_events_tell_key(hr_web_events(request->web), lesson->class_id, "lesson", lesson->key);
}

/* --- the roll --- */

enum hr_status hr_api_remove_lesson(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    enum hr_status status = hr_request_lesson(request, &lesson, error);
    if (status == HR_OK)
        status = hr_database_remove_lesson(request->database, lesson.key, error);
    if (status == HR_OK)
        tell(request, &lesson);
    answer->status = 204;
    return status;
}

/* Of a student who is or was in the class. */
static enum hr_status check_member(struct hr_request *request, const struct hr_lesson_found *lesson,
                                   const char *student_id, struct hr_error *error)
{
    struct hr_json *names = hr_json_object_new();
    enum hr_status status = hr_database_each_member(request->database, lesson->class_id, NULL, take_name, names, error);
    if (status == HR_OK && hr_json_get(names, student_id) == NULL)
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "not_in_class", student_id,
                                "student '%s' is not in class '%s'", student_id, lesson->class_id);
    hr_json_free(names);
    return status;
}

/* Said here, in the words of the page: what is below says it in those of the command line. */
static enum hr_status check_open(const struct hr_lesson_found *lesson, struct hr_error *error)
{
    return lesson->finished_us == 0 ? HR_OK
                                    : hr_error_named(error, HR_ERR_CONFLICT, "lesson_finished", NULL,
                                                     "this lesson is finished: open it again to change it");
}

static enum hr_status mark(struct hr_request *request, const struct hr_lesson_found *lesson, const char *word,
                           const char *note, struct hr_answer *answer, struct hr_error *error)
{
    enum hr_presence presence;
    enum hr_status status = check_open(lesson, error);
    if (status == HR_OK)
        status = check_member(request, lesson, request->words[1], error);
    if (status == HR_OK && word != NULL)
        status = hr_presence_parse(word, &presence, error);
    if (status == HR_OK)
        status = hr_database_mark(request->database, lesson->key, request->words[1], word, note, error);
    if (status != HR_OK)
        return status;
    tell(request, lesson);
    return answer_lesson(request, NULL, answer, error);
}

enum hr_status hr_api_mark(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    const char *word, *note;
    struct hr_lesson_found lesson;
    enum hr_status status = hr_request_lesson(request, &lesson, error);
    if (status == HR_OK)
        status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "status", &word, error);
    if (status == HR_OK)
        status = hr_json_text_of(asked, "note", &note, error);
    if (status == HR_OK)
        status = mark(request, &lesson, word, note != NULL ? note : "", answer, error);
    hr_json_free(asked);
    return status;
}

enum hr_status hr_api_unmark(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    enum hr_status status = hr_request_lesson(request, &lesson, error);
    return status == HR_OK ? mark(request, &lesson, NULL, "", answer, error) : status;
}

enum hr_status hr_api_finish(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    struct hr_roll roll = {0};
    enum hr_status status = hr_request_lesson(request, &lesson, error);
    if (status == HR_OK && lesson.finished_us != 0)
        status = hr_error_named(error, HR_ERR_CONFLICT, "lesson_finished", NULL, "the lesson is finished already");
    if (status == HR_OK) /* what is marked meanwhile is in it, or comes too late */
        status = hr_database_begin(request->database, error);
    if (status != HR_OK)
        return status;
    status = hr_roll_make(&roll, request->database, lesson.key, error);
    if (status == HR_OK)
        status = hr_roll_finish(&roll, request->database, error);
    status = hr_database_end(request->database, status, error);
    hr_roll_clear(&roll);
    if (status != HR_OK)
        return status;
    tell(request, &lesson);
    return answer_lesson(request, NULL, answer, error);
}

enum hr_status hr_api_reopen(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    enum hr_status status = hr_request_lesson(request, &lesson, error);
    if (status == HR_OK)
        status = hr_database_reopen_lesson(request->database, lesson.key, error);
    if (status != HR_OK)
        return status;
    tell(request, &lesson);
    return answer_lesson(request, NULL, answer, error);
}

/* What is asked for a lesson that is open. */
static enum hr_status read_change(struct hr_request *request, struct hr_lesson_found *lesson, struct hr_json **asked,
                                  struct hr_error *error)
{
    enum hr_status status = hr_request_lesson(request, lesson, error);
    if (status == HR_OK)
        status = check_open(lesson, error);
    return status == HR_OK ? hr_request_json(request, asked, error) : status;
}

enum hr_status hr_api_move_recording(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    struct hr_json *asked = NULL;
    const char *start;
    int64_t key = 0;
    char word[32];
    enum hr_status status = read_change(request, &lesson, &asked, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "start", &start, error);
    if (status == HR_OK)
        status =
            hr_recording_move(request->database, &lesson, strtoll(request->words[1], NULL, 10), start, &key, error);
    hr_json_free(asked);
    if (status != HR_OK)
        return status;
    tell(request, &lesson);
    if (key != lesson.key) { /* what is answered is the lesson that it is in now */
        hr_events_tell_key(hr_web_events(request->web), lesson.class_id, "lesson", key);
        snprintf(word, sizeof word, "%lld", (long long)key);
        free(request->words[0]);
        request->words[0] = strdup(word);
        if (request->words[0] == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for a lesson");
    }
    return answer_lesson(request, NULL, answer, error);
}

/* --- corrections --- */

struct saying {
    const char *student_id;
    enum hr_correction_kind kind;
    int64_t track;
    bool is_person;
};

static enum hr_status read_saying(const struct hr_json *asked, struct saying *out, struct hr_error *error)
{
    const char *kind, *person;
    char *end = NULL;
    enum hr_status status = hr_json_need(asked, "kind", &kind, error);
    if (status == HR_OK)
        status = hr_json_text_of(asked, "person", &person, error);
    if (status == HR_OK)
        status = hr_json_text_of(asked, "student", &out->student_id, error);
    if (status != HR_OK)
        return status;
    out->is_person = person != NULL;
    out->track = hr_json_integer(hr_json_get(asked, "track"));
    if (person != NULL && person[0] == 'u')
        out->track = strtoll(person + 1, &end, 10);
    if (out->track <= 0 || (end != NULL && *end != '\0'))
        return hr_error_set(error, HR_ERR_ARGUMENT, "\"track\" is a number, or \"person\" like u17");
    if (!hr_correction_parse(kind, &out->kind))
        return hr_error_set(error, HR_ERR_ARGUMENT, "\"kind\" is is, not or nobody");
    if ((out->kind == HR_CORRECTION_NOBODY) != (out->student_id == NULL))
        return hr_error_set(error, HR_ERR_ARGUMENT, "\"student\" says who; with nobody there is none");
    return HR_OK;
}

/* With the models where the class keeps vectors, which are compared then. */
static enum hr_status with_models(struct hr_request *request, struct hr_correcting *correcting, struct hr_error *error)
{
    return correcting->lesson.keep_days > 0 ? hr_web_take_engine(request->web, &correcting->engine, error) : HR_OK;
}

static void without_models(struct hr_request *request, struct hr_correcting *correcting)
{
    if (correcting->engine != NULL)
        hr_web_return_engine(request->web);
    correcting->engine = NULL;
}

static enum hr_status say(struct hr_request *request, const struct saying *saying, const struct hr_lesson_found *lesson,
                          struct outcome *outcome, struct hr_error *error)
{
    struct hr_correcting correcting = {
        .place = hr_web_options_of(request->web)->class, .database = request->database, .is_person = saying->is_person};
    enum hr_status status = hr_correcting_lesson(&correcting, saying->track, error);
    if (status == HR_OK && (saying->is_person ? strcmp(correcting.lesson.class_id, lesson->class_id) != 0
                                              : correcting.lesson.key != lesson->key))
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_track", NULL, "there is no such track in this lesson");
    if (status == HR_OK && saying->student_id != NULL)
        status = check_member(request, lesson, saying->student_id, error);
    if (status == HR_OK)
        status = with_models(request, &correcting, error);
    if (status == HR_OK)
        status = hr_correcting_tracks(&correcting, saying->track, error);
    if (status == HR_OK)
        status = hr_correcting_say(&correcting, saying->kind, saying->student_id, error);
    if (status == HR_OK)
        status = hr_correcting_follow(&correcting, error);
    without_models(request, &correcting);
    hr_correcting_clear(&correcting);
    *outcome = (struct outcome){correcting.change, correcting.enrolled, correcting.changed};
    return status;
}

enum hr_status hr_api_correct(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    struct hr_json *asked = NULL;
    struct saying saying = {0};
    struct outcome outcome = {0};
    enum hr_status status = read_change(request, &lesson, &asked, error);
    if (status == HR_OK)
        status = read_saying(asked, &saying, error);
    if (status == HR_OK)
        status = say(request, &saying, &lesson, &outcome, error);
    hr_json_free(asked);
    if (outcome.change != 0) /* it was said, whatever could not follow */
        tell(request, &lesson);
    if (status != HR_OK)
        return status;
    answer->status = 201;
    return answer_lesson(request, &outcome, answer, error);
}

static enum hr_status take_nothing(void *context, const struct hr_change_record *change, struct hr_error *error)
{
    (void)context;
    (void)change;
    (void)error;
    return HR_OK;
}

struct search {
    int64_t wanted;
    bool found;
};

static enum hr_status search_change(void *context, const struct hr_change_record *change, struct hr_error *error)
{
    struct search *search = context;
    (void)error;
    search->found = search->found || change->key == search->wanted;
    return HR_OK;
}

enum hr_status hr_api_undo(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    struct search search = {.wanted = strtoll(request->words[1], NULL, 10)};
    struct hr_correcting correcting = {.place = hr_web_options_of(request->web)->class, .database = request->database};
    enum hr_status status = hr_request_lesson(request, &lesson, error);
    if (status == HR_OK)
        status = check_open(&lesson, error);
    if (status == HR_OK) /* of this lesson, and so of a class that may be seen */
        status = hr_database_each_change(request->database, lesson.key, NULL, search_change, &search, error);
    if (status == HR_OK && !search.found)
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_correction", NULL,
                                "there is no correction '%s' in this lesson", request->words[1]);
    correcting.lesson = lesson;
    if (status == HR_OK) /* before anything is taken back */
        status = with_models(request, &correcting, error);
    if (status == HR_OK)
        status = hr_correcting_undo(&correcting, search.wanted, take_nothing, NULL, error);
    bool undone = status == HR_OK;
    if (undone)
        status = hr_correcting_follow(&correcting, error);
    without_models(request, &correcting);
    if (undone)
        tell(request, &lesson);
    if (status != HR_OK)
        return status;
    return answer_lesson(request, NULL, answer, error);
}

/* --- files and pictures --- */

static void clock_of(const char *zone, int64_t wall_us, char out[9])
{
    hr_zone_from_utc(zone, wall_us, NULL, out);
}

static enum hr_status write_page(struct hr_request *request, const struct hr_lesson_found *lesson,
                                 struct hr_answer *answer, struct hr_error *error)
{
    struct hr_show_options options = {.clock = clock_of, .pictures_max = 400};
    options.known = lesson->keep_days > 0 ? hr_web_known(request->web) : NULL;
    enum hr_status status = hr_lesson_show(request->database, lesson->key, &options, &answer->body, error);
    return status == HR_OK ? hr_database_note(request->database, "show_lesson", NULL, 1, error) : status;
}

static enum hr_status write_roll(struct hr_request *request, const struct hr_lesson_found *lesson, const char *form,
                                 struct hr_answer *answer, struct hr_error *error)
{
    struct hr_roll roll = {0};
    char name[96];
    enum hr_status status = hr_roll_make(&roll, request->database, lesson->key, error);
    snprintf(name, sizeof name, "roll-%s-%lld", lesson->day, (long long)lesson->key);
    answer->type = "text/csv; charset=utf-8";
    snprintf(answer->file_name, sizeof answer->file_name, "%s.%s", name, strcmp(form, "json") == 0 ? "json" : "csv");
    if (status == HR_OK && strcmp(form, "csv") == 0) {
        hr_roll_write_csv(&roll, &answer->body);
    } else if (status == HR_OK && strcmp(form, "moodle") == 0) {
        (void)hr_roll_write_moodle(&roll, &answer->body);
        snprintf(answer->file_name, sizeof answer->file_name, "%s-moodle.csv", name);
    } else if (status == HR_OK && strcmp(form, "json") == 0) {
        answer->type = NULL;
        status = hr_roll_write_json(&roll, &answer->body, error);
    } else if (status == HR_OK) {
        status = hr_error_set(error, HR_ERR_ARGUMENT, "\"as\" is csv, json, moodle or html");
    }
    hr_roll_clear(&roll);
    return status == HR_OK ? hr_buffer_check(&answer->body, error) : status;
}

enum hr_status hr_api_attendance(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    const char *form = hr_request_query(request, "as");
    enum hr_status status = hr_request_lesson(request, &lesson, error);
    if (status != HR_OK)
        return status;
    if (form == NULL || strcmp(form, "html") != 0)
        return write_roll(request, &lesson, form != NULL ? form : "json", answer, error);
    answer->type = "text/html; charset=utf-8";
    snprintf(answer->file_name, sizeof answer->file_name, "lesson-%s-%lld.html", lesson.day, (long long)lesson.key);
    return write_page(request, &lesson, answer, error);
}

struct wanted_picture {
    int64_t track;
    struct hr_buffer *out;
};

static enum hr_status take_picture(void *context, const struct hr_view_record *view, const char *models,
                                   struct hr_error *error)
{
    struct wanted_picture *wanted = context;
    (void)models;
    (void)error;
    if (view->track == wanted->track)
        hr_buffer_append(wanted->out, view->picture);
    return HR_OK;
}

enum hr_status hr_api_picture(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_correcting correcting = {.database = request->database};
    struct wanted_picture wanted = {.track = strtoll(request->words[0], NULL, 10), .out = &answer->body};
    int64_t lesson, observation = 0;
    enum hr_status status = hr_database_track_lesson(request->database, wanted.track, &lesson, &observation, error);
    if (status == HR_OK)
        status = hr_correcting_lesson(&correcting, wanted.track, error);
    if (status == HR_OK)
        status = hr_request_class(request, correcting.lesson.class_id, error);
    if (status == HR_OK)
        status = hr_database_each_view(request->database, observation, take_picture, &wanted, error);
    if (status == HR_OK && answer->body.size == 0)
        status = hr_error_set(error, HR_ERR_NOT_FOUND, "there is no picture of it");
    answer->type = "image/jpeg";
    return status;
}
