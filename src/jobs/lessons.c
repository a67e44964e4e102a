#include "jobs/lessons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "classroom/again.h"
#include "classroom/keep.h"
#include "classroom/zone.h"
#include "records/audit.h"
#include "records/classes.h"
#include "records/work.h"
#include "video/video.h"

/* So long before the bell. */
#define EARLY_CAMERA_US (INT64_C(30) * 60 * 1000000)

enum hr_status hr_class_publish(struct hr_class_place *place, struct hr_engine *engine, const char *class_id,
                                const char *day, struct hr_error *error)
{
    struct hr_snapshot_parts parts = {0};
    enum hr_status status = hr_class_open_database(place, HR_DATABASE_READ, &parts.database, error);
    if (status != HR_OK)
        return status;
    hr_database_only_class(parts.database, class_id, day);
    return hr_engine_publish(engine, &parts, error);
}

/* --- when a recording began --- */

/* The year 2200. */
#define LATEST_US (INT64_C(7258118400) * 1000000)

const char *hr_start_by_name(enum hr_start_by by)
{
    static const char *const names[HR_START_BY_COUNT] = {"said",   "follows",  "name",   "file",
                                                         "lesson", "modified", "arrival"};
    return names[by];
}

static enum hr_status parse_start(const struct hr_start_clues *clues, int64_t *start_us, struct hr_error *error)
{
    const char *said = clues->said;
    char day[HR_ZONE_DAY_SIZE] = "";
    bool has_day = strlen(said) > HR_ZONE_DAY_SIZE && (said[10] == ' ' || said[10] == 'T');
    int seconds = hr_zone_parse_clock(has_day ? said + HR_ZONE_DAY_SIZE : said);
    snprintf(day, sizeof day, "%.10s", has_day ? said : clues->day);
    if (seconds < 0 || day[0] == '\0')
        return hr_error_named(error, HR_ERR_ARGUMENT, "start", said,
                              "a recording begins at 08:02:30, or 2026-11-27T08:02:30, not '%s'", said);
    return hr_zone_to_utc(clues->zone, day, seconds, start_us, error);
}

enum hr_status hr_recording_start(const struct hr_start_clues *clues, int64_t *start_us, enum hr_start_by *by,
                                  struct hr_error *error)
{
    const struct {
        enum hr_start_by by;
        int64_t at_us;
    } guesses[] = {{HR_START_CONTAINER, clues->created_us},
                   {HR_START_LESSON, clues->lesson_us},
                   {HR_START_MODIFIED, clues->ended_us != 0 ? clues->ended_us - clues->duration_us : 0},
                   {HR_START_ARRIVAL, clues->arrived_us != 0 ? clues->arrived_us - clues->duration_us : 0}};
    const char *slash = strrchr(clues->video, '/');
    char day[HR_ZONE_DAY_SIZE];
    int seconds;
    *by = HR_START_SAID;
    if (clues->said != NULL && clues->said[0] != '\0')
        return parse_start(clues, start_us, error);
    *by = HR_START_FOLLOWS;
    *start_us = clues->follows_us;
    if (*start_us != 0)
        return HR_OK;
    *by = HR_START_NAME;
    if (hr_zone_parse_name(slash != NULL ? slash + 1 : clues->video, day, &seconds))
        return hr_zone_to_utc(clues->zone, day, seconds, start_us, error);
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses && *start_us == 0; i++) {
        *by = guesses[i].by;
        *start_us = guesses[i].at_us;
    }
    if (*start_us == 0)
        return hr_error_named(error, HR_ERR_NOT_FOUND, "no_start", NULL, "nothing says when '%s' was recorded",
                              clues->video);
    if (*start_us < 0 || *start_us > LATEST_US)
        return hr_error_named(error, HR_ERR_ARGUMENT, "start_impossible", NULL,
                              "it says a time at which nobody made a video: say when it began");
    return HR_OK;
}

/* --- a recording --- */

static enum hr_status look(struct hr_engine *engine, const struct hr_lesson_recording *recording,
                           struct hr_stream *stream, struct hr_result **result, struct hr_error *error)
{
    struct hr_session *session = NULL;
    enum hr_status status = hr_session_new(&session, engine, recording->threads, error);
    if (status != HR_OK)
        return status;
    if (recording->lesson->keep_days > 0)
        hr_session_keep_views(session);
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    status = hr_classroom_recognize(session, snapshot, stream, recording->video, &recording->options, result, error);
    hr_snapshot_release(snapshot);
    hr_session_free(session);
    return status;
}

static enum hr_status keep_work(struct hr_database *database, const struct hr_lesson_recording *recording,
                                const struct hr_stage_times *times, struct hr_error *error)
{
    struct hr_work took = {times->total_us, times->processor_us, (int64_t)times->memory_bytes};
    return hr_database_put_took(database, recording->lesson->key, recording->video, &took, error);
}

static enum hr_status keep(struct hr_class_place *place, struct hr_engine *engine,
                           const struct hr_lesson_recording *recording, const struct hr_result *result,
                           struct hr_error *error)
{
    const struct hr_lesson_found *lesson = recording->lesson;
    struct hr_recording_place where = {.lesson = lesson->key,
                                       .start_us = recording->start_us,
                                       .start_by = hr_start_by_name(recording->start_by),
                                       .camera = recording->camera,
                                       .guests = recording->guests};
    struct hr_database *database = NULL;
    size_t changed = 0;
    enum hr_status status = hr_class_open_database(place, HR_DATABASE_WRITE, &database, error);
    if (status == HR_OK && recording->account != NULL)
        hr_database_act_as(database, recording->account);
    if (status == HR_OK)
        status = hr_result_keep_for_lesson(result, recording->version != NULL ? recording->version : "", &where,
                                           database, error);
    if (status == HR_OK && lesson->keep_days > 0) /* a face of which it was said that it is not a student */
        status = hr_lessons_decide_again(place, engine, database, lesson->class_id, lesson->key, &changed, error);
    if (status == HR_OK)
        status = keep_work(database, recording, hr_result_times(result), error);
    hr_database_close(database);
    return status;
}

enum hr_status hr_lesson_take(struct hr_class_place *place, struct hr_engine *engine,
                              const struct hr_lesson_recording *recording, struct hr_stream *stream,
                              struct hr_result **result, struct hr_error *error)
{
    bool all = recording->guests;
    *result = NULL;
    enum hr_status status = hr_class_publish(place, engine, all ? NULL : recording->lesson->class_id,
                                             all ? NULL : recording->lesson->day, error);
    if (status == HR_OK)
        status = look(engine, recording, stream, result, error);
    hr_engine_drop(engine); /* it borrows the lesson's texts */
    return status == HR_OK ? keep(place, engine, recording, *result, error) : status;
}

enum hr_status hr_recording_ask(const struct hr_class_place *place, struct hr_stream *stream, const char *video,
                                const struct hr_deadline *deadline, int64_t *created_us, int64_t *duration_us,
                                struct hr_error *error)
{
    struct hr_video *opened = NULL;
    struct hr_video_options decoding = {.decoder_threads = 1, .deadline = deadline, .sandbox = place->sandbox};
    enum hr_status status = hr_video_open(&opened, stream, video, &decoding, error);
    *created_us = status == HR_OK ? hr_video_info(opened)->created_us : 0;
    *duration_us = status == HR_OK ? hr_video_info(opened)->duration_us : 0;
    hr_video_close(opened);
    return status;
}

struct hour {
    int64_t start_us, lesson;
    struct hr_slot_record slots[24];
    size_t slot_count;
};

static enum hr_status take_covering(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct hour *hour = context;
    (void)error;
    if (hour->start_us >= lesson->start_us - EARLY_CAMERA_US && hour->start_us < lesson->end_us && hour->lesson == 0)
        hour->lesson = lesson->key;
    return HR_OK;
}

static enum hr_status take_slot(void *context, const struct hr_slot_record *slot, struct hr_error *error)
{
    struct hour *hour = context;
    (void)error;
    if (hour->slot_count < sizeof hour->slots / sizeof *hour->slots)
        hour->slots[hour->slot_count++] = *slot;
    return HR_OK;
}

static enum hr_status make_of_slot(struct hr_database *database, const char *class_id, const char *zone,
                                   const char *day, const struct hr_slot_record *slot, int64_t *key,
                                   struct hr_error *error)
{
    struct hr_lesson_record lesson = {.class_id = class_id, .day = day};
    enum hr_status status = hr_zone_to_utc(zone, day, slot->start_min * 60, &lesson.start_us, error);
    if (status == HR_OK)
        status = hr_zone_to_utc(zone, day, slot->end_min * 60, &lesson.end_us, error);
    return status == HR_OK ? hr_database_put_lesson(database, &lesson, key, error) : status;
}

enum hr_status hr_lesson_of_clock(struct hr_database *database, const char *class_id, const char *zone,
                                  int64_t start_us, int64_t *key, struct hr_error *error)
{
    char day[HR_ZONE_DAY_SIZE], clock[HR_ZONE_CLOCK_SIZE];
    struct hour hour = {.start_us = start_us};
    hr_zone_from_utc(zone, start_us, day, clock);
    int64_t at_us = hr_zone_parse_clock(clock) * INT64_C(1000000);
    enum hr_status status = hr_database_each_lesson(database, class_id, take_covering, &hour, error);
    if (status == HR_OK && hour.lesson == 0)
        status = hr_database_each_slot(database, class_id, day, take_slot, &hour, error);
    for (size_t i = 0; status == HR_OK && hour.lesson == 0 && i < hour.slot_count; i++) {
        int64_t begins_us = hour.slots[i].start_min * INT64_C(60000000);
        if (at_us >= begins_us - EARLY_CAMERA_US && at_us < hour.slots[i].end_min * INT64_C(60000000))
            status = make_of_slot(database, class_id, zone, day, &hour.slots[i], &hour.lesson, error);
    }
    *key = hour.lesson;
    return status;
}

/* A lesson as long as the video, where neither a lesson nor the timetable has that hour. */
static enum hr_status make_for(struct hr_database *database, const char *class_id, const char *zone, int64_t start_us,
                               int64_t duration_us, int64_t *key, struct hr_error *error)
{
    char day[HR_ZONE_DAY_SIZE];
    struct hr_lesson_record lesson = {.class_id = class_id,
                                      .day = day,
                                      .start_us = start_us - start_us % 1000000,
                                      .end_us = start_us + (duration_us > 1000000 ? duration_us : 1000000)};
    hr_zone_from_utc(zone, start_us, day, NULL);
    return hr_database_put_lesson(database, &lesson, key, error);
}

enum hr_status hr_lesson_for_recording(struct hr_database *database, const char *class_id, const char *zone,
                                       int64_t start_us, int64_t duration_us, int64_t *key, struct hr_error *error)
{
    enum hr_status status = hr_lesson_of_clock(database, class_id, zone, start_us, key, error);
    return status == HR_OK && *key == 0 ? make_for(database, class_id, zone, start_us, duration_us, key, error)
                                        : status;
}

/* --- a recording that began at another time --- */

struct moving {
    int64_t recording, duration_us;
    bool found, is_last;
};

static enum hr_status take_moving(void *context, const struct hr_recording_record *recording, struct hr_error *error)
{
    struct moving *moving = context;
    (void)error;
    moving->is_last = moving->is_last && recording->observation == moving->recording;
    if (recording->observation == moving->recording) {
        moving->found = true;
        moving->duration_us = recording->duration_us;
    }
    return HR_OK;
}

static enum hr_status take_any_mark(void *context, const struct hr_mark_record *mark, struct hr_error *error)
{
    (void)mark;
    (void)error;
    *(bool *)context = true;
    return HR_OK;
}

/* Of which nothing was ever said. */
static enum hr_status drop_emptied(struct hr_database *database, const struct hr_lesson_found *lesson,
                                   struct hr_error *error)
{
    bool marked = lesson->title[0] != '\0';
    enum hr_status status = hr_database_each_mark(database, lesson->key, take_any_mark, &marked, error);
    return status == HR_OK && !marked ? hr_database_remove_lesson(database, lesson->key, error) : status;
}

enum hr_status hr_recording_move(struct hr_database *database, const struct hr_lesson_found *lesson, int64_t recording,
                                 const char *said, int64_t *key, struct hr_error *error)
{
    struct hr_start_clues clues = {.said = said, .video = "", .zone = lesson->zone, .day = lesson->day};
    struct moving moving = {.recording = recording, .is_last = true};
    enum hr_start_by by;
    int64_t start_us = 0;
    *key = lesson->key;
    enum hr_status status = hr_recording_start(&clues, &start_us, &by, error);
    if (status == HR_OK)
        status = hr_database_each_recording(database, lesson->key, take_moving, &moving, error);
    if (status == HR_OK && !moving.found)
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_recording", NULL, "there is no such recording of it");
    bool stays = start_us >= lesson->start_us - EARLY_CAMERA_US && start_us < lesson->end_us;
    if (status == HR_OK && !stays)
        status =
            hr_lesson_for_recording(database, lesson->class_id, lesson->zone, start_us, moving.duration_us, key, error);
    if (status == HR_OK)
        status = hr_database_move_recording(
            database, recording,
            &(struct hr_recording_place){.lesson = *key, .start_us = start_us, .start_by = hr_start_by_name(by)},
            error);
    return status == HR_OK && moving.is_last && *key != lesson->key ? drop_emptied(database, lesson, error) : status;
}

/* --- decided again --- */

struct lessons {
    struct lesson {
        int64_t key;
        char day[HR_DAY_SIZE];
        bool has_guests;
    } * items; /* owned */
    size_t count, capacity;
    int64_t only; /* 0: all */
};

static enum hr_status take_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct lessons *lessons = context;
    if (lesson->finished_us != 0 || lesson->recording_count == 0 ||
        (lessons->only != 0 && lesson->key != lessons->only))
        return HR_OK;
    struct lesson *items = hr_array_room(lessons->items, lessons->count, &lessons->capacity, sizeof *items);
    if (items == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a class's lessons");
    lessons->items = items;
    struct lesson *item = &lessons->items[lessons->count++];
    *item = (struct lesson){.key = lesson->key, .has_guests = lesson->has_guests};
    snprintf(item->day, sizeof item->day, "%s", lesson->day);
    return HR_OK;
}

static enum hr_status decide_one(struct hr_class_place *place, struct hr_engine *engine, struct hr_database *database,
                                 const char *class_id, const struct lesson *lesson, size_t *changed,
                                 struct hr_error *error)
{
    size_t count = 0;
    enum hr_status status = hr_class_publish(place, engine, lesson->has_guests ? NULL : class_id,
                                             lesson->has_guests ? NULL : lesson->day, error);
    if (status != HR_OK)
        return status;
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    status = hr_lesson_decide_again(database, lesson->key, snapshot, &engine->known, &count, error);
    hr_snapshot_release(snapshot);
    *changed += count;
    return status;
}

enum hr_status hr_lessons_decide_again(struct hr_class_place *place, struct hr_engine *engine,
                                       struct hr_database *database, const char *class_id, int64_t lesson,
                                       size_t *changed, struct hr_error *error)
{
    struct lessons lessons = {.only = lesson};
    enum hr_status status = hr_database_each_lesson(database, class_id, take_lesson, &lessons, error);
    for (size_t i = 0; status == HR_OK && i < lessons.count; i++)
        status = decide_one(place, engine, database, class_id, &lessons.items[i], changed, error);
    hr_engine_drop(engine); /* it borrows the texts of this lesson's day */
    free(lessons.items);
    return status;
}
